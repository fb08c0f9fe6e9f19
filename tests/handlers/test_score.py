"""/diem: the points by group and the working of each criterion, and who may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from handlers import score
from handlers.rules.scoring import Entry
from handlers.scores import score_words, standing
from storage import settings
from storage.connection import Database, effect
from storage.scoring_tables import StoredAdjustment
from tests.handlers.scores_world import ask, build, choices, epoch
from tests.sample_year import NOW


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await build(tmp_path / "t.sqlite3")
    yield opened
    await opened.close()


async def change(database: Database, year: int, changed: dict[str, dict[str, Entry]], basis: str = "verified") -> None:
    await database.write(await database.read(lambda read: standing.rescore(read, year, changed, basis, NOW)))  # type: ignore[arg-type]


async def test_the_totals_of_the_own_unit(database: Database) -> None:
    assert (await ask(database, score.handle, "2024"))[:7] == [
        "Điểm năm 2024 của Lạng Sơn (tạm tính, đến 08:00 23/11/2026)",
        "Nhóm I: 470,45/500",
        "Nhóm II: 178,80/200",
        "Nhóm III: 279,60/300",
        "Điểm thưởng: +10,00",
        "Tổng điểm: 938,85, hạng 1/7",
        "Thưởng, trừ: B1 Tập thể, cá nhân thuộc tỉnh được tặng danh hiệu Anh hùng, Huân chương: 3 × 5, tối đa 10.",
    ]


async def test_the_working_can_be_checked_with_a_pocket_calculator(database: Database) -> None:
    lines = await ask(database, score.handle, "I.2 cao bằng 2024", unit="CAO_BANG")
    assert lines[1] == (
        "I.2 Thu ngân sách nhà nước trên địa bàn so với dự toán: 23,75/50. 4.750/5.000 = 0,95; dưới kế hoạch: 0,5 × 50 × 0,95 = 23,75"
    )


async def test_every_criterion_of_every_group_has_a_working(database: Database) -> None:
    for group, count in (("I", 17), ("II", 9), ("III", 11)):
        seen: list[str] = []
        argument = f"nhóm {group} 2024"
        while argument:
            seen += [line for line in await ask(database, score.handle, argument) if line.startswith(f"{group}.")]
            argument = (await choices(database, score.handle, argument)).get("Trang sau", "")
        assert len(seen) == count
        assert len({line.partition(" ")[0] for line in seen}) == count


async def test_a_missing_figure_is_said_and_named_to_the_unit(database: Database) -> None:
    lines = await ask(database, score.handle, "2024", unit="CAO_BANG")
    assert "Chưa có số liệu, tạm tính 0: I.7." in lines
    working = await ask(database, score.handle, "I.7 2024", unit="CAO_BANG")
    assert "Chưa có số thực hiện" in working[1]
    assert "2.000 nghìn lượt" in working[1]


async def test_a_missing_plan_is_said(database: Database) -> None:
    await change(database, 2026, {"LANG_SON": {"I.3": Entry(actual=Decimal(40))}}, "self")
    line = (await ask(database, score.handle, "I.3"))[1]
    assert "40 triệu đồng" in line
    assert "kế hoạch" in line
    assert line.endswith("(tự chấm)")


async def test_while_the_best_unit_is_not_settled_the_answer_says_so(database: Database) -> None:
    await change(database, 2026, {"LANG_SON": {"I.2": Entry(plan=Decimal(100), actual=Decimal(110))}}, "self")
    lines = await ask(database, score.handle, "I.2")
    assert "I.2: chưa xác định đơn vị dẫn đầu, còn 6 đơn vị chưa có số liệu." in lines


async def test_a_criterion_counted_from_the_filings_says_so(database: Database) -> None:
    await change(database, 2026, {"LANG_SON": {"III.2": Entry(actual=Decimal(1))}}, "self")
    assert (await ask(database, score.handle, "III.9"))[1].endswith("(tính từ báo cáo đã nộp)")


@pytest.mark.parametrize("who", [{"unit": "SON_LA"}, {"unit": None, "role": "observer"}, {"unit": "SON_LA", "role": "leader"}])
async def test_others_read_totals_but_no_working_until_it_is_published(database: Database, who: dict[str, str]) -> None:
    lines = await ask(database, score.handle, "cao bằng 2024", **who)
    assert "Tổng điểm: 818,05, hạng 7/7" in lines
    assert "Còn 1 tiêu chí chưa có số liệu, tạm tính 0." in lines
    assert not any("I.7" in line for line in lines)
    for argument in ("I.2 cao bằng 2024", "nhóm I cao bằng 2024"):
        closed = await ask(database, score.handle, argument, **who)
        assert closed[0].startswith("Cách tính điểm năm 2024 của Cao Bằng chỉ đơn vị đó")
        assert "4.750" not in "".join(closed)
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, epoch("2025-02-10"))))
    assert "4.750/5.000" in (await ask(database, score.handle, "I.2 cao bằng 2024", **who))[1]
    await database.write([effect(settings.put, score_words.OPEN_WORKINGS, "no")])
    assert "4.750" not in "".join(await ask(database, score.handle, "I.2 cao bằng 2024", **who))


async def test_what_changed_after_publishing_is_not_open_yet(database: Database) -> None:
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, NOW)))
    changed = {"CAO_BANG": {"I.7": Entry(plan=Decimal(2000), actual=Decimal(1111))}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, changed, "self", NOW + 60)))
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, changed, "verified", NOW + 60)))
    assert "1.111" not in "".join(await ask(database, score.handle, "I.7 cao bằng 2024", unit="SON_LA"))
    assert "2.120" in "".join(await ask(database, score.handle, "I.7 hà giang 2024", unit="SON_LA"))


async def test_what_was_open_stays_open_when_a_colleague_files(database: Database) -> None:
    """Another unit's figures move the points of all where a criterion hangs on the best unit; nobody's working is closed by that."""
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, NOW)))
    before = await ask(database, score.handle, "nhóm I cao bằng 2024", unit="SON_LA")
    assert "4.750/5.000" in "".join(before)
    changed = {"LANG_SON": {"I.2": Entry(actual=Decimal(99_000)), "I.7": Entry(plan=Decimal(2000), actual=Decimal(9_999))}}
    for basis in ("self", "verified"):
        await database.write(await database.read(lambda read, basis=basis: standing.rescore(read, 2024, changed, basis, NOW + 60)))
    for place, unit in enumerate(("SON_LA", "HA_GIANG")):
        for other in ("cao bằng", "điện biên", "lai châu", "lào cai"):
            told = "".join(await ask(database, score.handle, f"nhóm I {other} 2024", unit=unit))
            assert "xem được cho đến khi công bố" not in told, (place, other)
            assert "thay đổi sau khi công bố" not in told, (place, other)
    own = await ask(database, score.handle, "nhóm I lạng sơn 2024", unit="SON_LA")
    assert "99.000" not in "".join(own)
    assert sum("thay đổi sau khi công bố" in line for line in own) == 1
    assert "9.999" not in "".join(await ask(database, score.handle, "I.7 lạng sơn 2024", unit="SON_LA"))
    assert "9.999" in "".join(await ask(database, score.handle, "I.7 lạng sơn 2024", unit="LANG_SON"))


@pytest.mark.parametrize("role", ["secretary", "verifier"])
async def test_secretary_and_verifier_read_every_working(database: Database, role: str) -> None:
    assert "4.750/5.000" in (await ask(database, score.handle, "I.2 cao bằng 2024", unit=None, role=role))[1]


async def test_without_a_unit_of_his_own_he_is_asked_whose_score(database: Database) -> None:
    lines = await ask(database, score.handle, "I.2 2024", unit=None, role="secretary")
    assert lines[0] == "Xem điểm năm 2024 của đơn vị nào?"
    chosen = await choices(database, score.handle, "I.2 2024", unit=None, role="secretary")
    assert (await ask(database, score.handle, chosen["Sơn La"], unit=None, role="secretary"))[0] == "I.2, Sơn La, năm 2024"


async def test_a_unit_that_was_no_member_then_is_asked_whose_score(database: Database) -> None:
    lines = await ask(database, score.handle, "2024", unit="TUYEN_QUANG")
    assert lines[0] == "Tuyên Quang không phải là thành viên Cụm năm 2024. Xem điểm của đơn vị nào?"


async def test_a_penalty_and_an_exclusion_show_in_the_totals(database: Database) -> None:
    assert "Điểm trừ: −10,00" in await ask(database, score.handle, "2024", unit="SON_LA")
    row = StoredAdjustment("SON_LA", "X1", "verified", 1)
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, {}, "verified", NOW, adjustments=(row,))))
    assert "Tổng điểm: 820,55, chưa xét (hoãn)" in await ask(database, score.handle, "2024", unit="SON_LA")
