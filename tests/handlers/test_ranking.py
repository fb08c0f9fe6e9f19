"""/xephang: what an officer reads in a meeting, and every question that it must survive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from handlers import ranking
from handlers.rules.scoring import Entry
from handlers.scores import standing
from storage import units
from storage.connection import Database, effect
from storage.scoring_tables import StoredAdjustment
from tests.handlers.scores_world import ask, build, choices, deadline, epoch, movement_figures, turn
from tests.sample_year import NOW


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await build(tmp_path / "t.sqlite3")
    yield opened
    await opened.close()


async def change(database: Database, year: int, changed: dict[str, dict[str, Entry]], at: int = NOW, basis: str = "verified") -> None:
    await database.write(await database.read(lambda read: standing.rescore(read, year, changed, basis, at)))  # type: ignore[arg-type]


async def test_the_first_of_the_ranking(database: Database) -> None:
    assert await ask(database, ranking.handle, "năm 2024") == [
        "Xếp hạng năm 2024 (tạm tính, đến 08:00 23/11/2026)",
        "1. Lạng Sơn · 938,85",
        "2. Lào Cai · 853,80",
        "3. Hà Giang · 853,55",
        "Lạng Sơn: hạng 1/7, 938,85 điểm, hơn Lào Cai 85,05 điểm",
        "Tính theo số đã thẩm định; còn 1 đơn vị chưa đủ số liệu.",
        "Gõ số để chọn:",
        "1. Cả bảng",
        "2. Cách tính điểm",
    ]


@pytest.mark.parametrize("unit", ["LANG_SON", "LAO_CAI", "HA_GIANG", "DIEN_BIEN", "LAI_CHAU", "SON_LA", "CAO_BANG", None])
async def test_the_answer_has_eight_lines_and_the_own_unit_between_its_neighbours(database: Database, unit: str | None) -> None:
    lines = await ask(database, ranking.handle, "2024", unit=unit, role="officer" if unit else "observer")
    text = [line for line in lines if line not in ("1. Cả bảng", "2. Cách tính điểm")]
    assert len(text) <= 8
    if unit == "SON_LA":
        assert text[1] == "Dẫn đầu: 1. Lạng Sơn (938,85), 2. Lào Cai (853,80), 3. Hà Giang (853,55)"
        assert text[2:5] == ["4. Lai Châu · 853,05", "6. Sơn La · 820,55", "7. Cao Bằng · 818,05"]


async def test_an_answer_that_is_kept_follows_every_change(database: Database) -> None:
    """The same question again and again: after another score, another name, a published ranking, another minute, the year's end."""
    before = await ask(database, ranking.handle, "năm 2024")
    assert await ask(database, ranking.handle, "năm 2024") == before
    await change(database, 2024, {"LAO_CAI": {"I.1": Entry(actual=Decimal(0))}})
    changed = await ask(database, ranking.handle, "năm 2024")
    assert changed[2] == "2. Hà Giang · 853,55"
    unit = await database.read(lambda read: units.unit(read, "LANG_SON"))
    assert unit is not None
    await database.write([effect(units.save_unit, replace(unit, name="Lạng Sơn mới"))])
    assert (await ask(database, ranking.handle, "năm 2024"))[1] == "1. Lạng Sơn mới · 938,85"
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, NOW + 5)))
    assert "giữ nguyên" in (await ask(database, ranking.handle, "năm 2024"))[4]
    assert (await ask(database, ranking.handle, "năm 2024", day="2026-11-24"))[0].endswith("đến 08:00 24/11/2026)")


@pytest.mark.parametrize("said", ["lao cai 2024", "Lào Cai năm 2024", "2024 tỉnh lào cai", "lao cai nam 2024 hien tai the nao", "lca 2024"])
async def test_a_named_unit_in_any_spelling(database: Database, said: str) -> None:
    lines = await ask(database, ranking.handle, said)
    assert lines[1] == "Lào Cai: hạng 2/7, 853,80 điểm, kém hạng 1 (Lạng Sơn) 85,05 điểm"


async def test_level_on_points_the_order_of_ties_is_told(database: Database) -> None:
    """Hà Giang loses half a point and is then level with Điện Biên and Lai Châu, but stronger in group I."""
    await change(database, 2024, {"HA_GIANG": {"I.15": Entry(actual=Decimal("29.50"))}})
    lines = await ask(database, ranking.handle, "2024 dien bien")
    assert lines[1] == "Điện Biên: hạng 4/7, 853,05 điểm, bằng điểm Hà Giang, xếp sau theo tiêu chí phụ"


async def test_an_ambiguous_name_is_asked_back(database: Database) -> None:
    assert await ask(database, ranking.handle, "LC 2024") == ["“LC” là đơn vị nào?", "1. Lai Châu", "2. Lào Cai"]
    chosen = await choices(database, ranking.handle, "LC 2024")
    assert (await ask(database, ranking.handle, chosen["Lào Cai"]))[1].startswith("Lào Cai: hạng 2/7")


async def test_an_unknown_unit_is_named_and_the_known_ones_offered(database: Database) -> None:
    lines = await ask(database, ranking.handle, "Nghệ An 2024")
    assert lines[0] == "Chưa rõ: năm 2024 không có đơn vị nào tên “Nghệ An”. Các đơn vị gồm:"
    assert len(lines) == 8


async def test_a_year_without_data_says_which_have_some(database: Database) -> None:
    assert (await ask(database, ranking.handle, "năm 2019"))[0] == "Chưa có bảng điểm năm 2019. Các năm có dữ liệu: 2026, 2025, 2024."


async def test_nobody_has_filed(database: Database) -> None:
    assert await ask(database, ranking.handle, "") == ["Năm 2026: chưa đơn vị nào có số liệu nên chưa xếp hạng."]


async def test_a_merged_unit_and_one_that_did_not_exist_yet(database: Database) -> None:
    assert await ask(database, ranking.handle, "hà giang") == [
        "Hà Giang đã sáp nhập vào Tuyên Quang từ 01/07/2025; năm 2026 không xếp hạng riêng.", "1. Năm 2025", "2. Năm 2024",
    ]  # fmt: skip
    lines = await ask(database, ranking.handle, "tuyên quang 2024")
    assert lines[0] == "Tuyên Quang hiện nay chỉ có từ 01/07/2025; năm 2024 chưa xếp hạng."


async def test_lao_cai_of_two_years_is_two_units(database: Database) -> None:
    await change(database, 2026, {"LAO_CAI_M": {"III.2": Entry(actual=Decimal(6))}}, basis="self")
    assert "853,80" in (await ask(database, ranking.handle, "lào cai 2024"))[1]
    assert (await ask(database, ranking.handle, "lào cai 2026"))[1].startswith("Lào Cai: hạng 1/7, 90,00 điểm")
    assert (await ask(database, ranking.handle, "lào cai 2025"))[1:] == ["1. Lào Cai (đến 30/06/2025)", "2. Lào Cai (từ 01/07/2025)"]


async def test_all_equal(database: Database) -> None:
    members = await database.read(lambda read: [unit.id for unit in units.members(read, 2026)])
    await change(database, 2026, {unit: {"III.2": Entry(actual=Decimal(1))} for unit in members}, basis="self")
    lines = await ask(database, ranking.handle, "")
    assert lines[1] == "Cả 7 đơn vị bằng điểm nhau: 40,00 điểm."


@pytest.mark.parametrize(
    ("day", "closed", "year"),
    [
        ("2026-01-10", False, "2025"),
        ("2026-03-31", False, "2025"),
        ("2026-04-01", False, "2026"),
        ("2026-02-01", True, "2026"),
        ("2028-05-01", False, "2026"),
    ],
)
async def test_the_year_that_is_meant_when_none_is_named(database: Database, day: str, closed: bool, year: str) -> None:
    for each in (2025, 2026):
        await change(database, each, {"SON_LA": {"III.2": Entry(actual=Decimal(1))}})
    if closed:
        await database.write(await database.read(lambda read: standing.close(read, 2025, None, NOW)))
    assert (await ask(database, ranking.handle, "", day=day))[0].startswith(f"Xếp hạng năm {year} (")


async def test_who_is_missing_is_open_before_the_deadline_and_counted_after_it(database: Database) -> None:
    await database.write(deadline(2024, "2026-11-30"))
    assert "còn 1 đơn vị chưa đủ số liệu: Cao Bằng." in (await ask(database, ranking.handle, "2024"))[5]
    later = {"day": "2026-12-01"}
    assert "còn 1 đơn vị chưa đủ số liệu." in (await ask(database, ranking.handle, "2024", **later))[5]
    secretary = await ask(database, ranking.handle, "2024", unit=None, role="secretary", **later)
    assert "còn 1 đơn vị chưa đủ số liệu: Cao Bằng." in secretary[4]
    for role in ("officer", "leader"):
        own = await ask(database, ranking.handle, "2024", unit="CAO_BANG", role=role, **later)
        assert "chỉ còn Cao Bằng chưa đủ số liệu" in "\n".join(own)
    assert "Cao Bằng" not in "\n".join((await ask(database, ranking.handle, "2024", unit=None, role="observer", **later))[4:])


async def test_official_after_closing_and_the_change_since_the_last_published_ranking(database: Database) -> None:
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, epoch("2025-02-10"))))
    await change(database, 2024, {"CAO_BANG": {"I.7": Entry(plan=Decimal(2000), actual=Decimal(2000))}}, epoch("2025-03-01"))
    lines = await ask(database, ranking.handle, "2024 cao bằng")
    assert lines[0].startswith("Xếp hạng năm 2024 (tạm tính")
    assert lines[1].endswith("tăng 1 bậc so với bảng công bố 10/02/2025")
    assert (await ask(database, ranking.handle, "2024 sơn la"))[1].endswith("giảm 1 bậc so với bảng công bố 10/02/2025")
    assert (await ask(database, ranking.handle, "2024 lào cai"))[1].endswith("giữ nguyên hạng so với bảng công bố 10/02/2025")
    await database.write(await database.read(lambda read: standing.close(read, 2024, None, epoch("2025-03-02"))))
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, epoch("2025-03-03"))))
    assert (await ask(database, ranking.handle, "2024"))[0].startswith("Xếp hạng năm 2024 (chính thức, tính đến")


async def test_which_figures_were_counted(database: Database) -> None:
    await change(database, 2026, {"SON_LA": {"III.2": Entry(actual=Decimal(1)), "III.3": Entry(actual=Decimal(1))}}, basis="self")
    assert "Tính theo số tự chấm;" in "\n".join(await ask(database, ranking.handle, ""))
    await change(database, 2026, {"SON_LA": {"III.3": Entry(actual=Decimal(2))}})
    assert "Tính theo thẩm định 1, tự chấm 1 mục;" in "\n".join(await ask(database, ranking.handle, ""))


async def test_an_excluded_unit_is_told_why_it_has_no_rank(database: Database) -> None:
    row = StoredAdjustment("LANG_SON", "X1", "verified", 1)
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, {}, "verified", NOW, adjustments=(row,))))
    lines = await ask(database, ranking.handle, "2024")
    assert lines[4:6] == ["– Lạng Sơn", "   938,85 · chưa xét (hoãn)"]
    assert lines[6] == "Lạng Sơn: chưa xét (hoãn), 938,85 điểm"


async def test_pages(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "PAGE", 3)
    assert await ask(database, ranking.handle, "trang 2 năm 2024") == [
        "Xếp hạng năm 2024 (tạm tính, đến 08:00 23/11/2026)", "Trang 2/3", "4. Điện Biên · 853,05", "4. Lai Châu · 853,05",
        "6. Sơn La · 820,55", "Gõ số để chọn:", "1. Trang trước", "2. Trang sau",
    ]  # fmt: skip
    assert (await ask(database, ranking.handle, "trang 3 2024"))[2] == "7. Cao Bằng · 818,05"
    assert (await ask(database, ranking.handle, "trang 9 2024"))[0] == "Bảng xếp hạng chỉ có 3 trang."


async def test_highest_and_lowest(database: Database) -> None:
    assert (await ask(database, ranking.handle, "2024 thấp nhất"))[1:3] == ["Thấp nhất", "7. Cao Bằng · 818,05"]
    assert (await ask(database, ranking.handle, "2024", text="tỉnh nào cao nhất 2024"))[1:3] == ["Cao nhất", "1. Lạng Sơn · 938,85"]


async def test_by_group_and_by_criterion(database: Database) -> None:
    lines = await ask(database, ranking.handle, "nhóm II 2024")
    assert lines[0].startswith("Nhóm II năm 2024 (tối đa 200 điểm)")
    assert lines[1:3] == ["1. Lào Cai · 188,80", "2. Sơn La · 187,60"]
    assert await ask(database, ranking.handle, "nhom 2 nam 2024") == lines
    for said in ("I.2 2024", "i2 năm 2024", "thu ngân sách 2024"):
        assert (await ask(database, ranking.handle, said))[1:3] == ["1. Lạng Sơn · 50,00", "2. Sơn La · 24,50"]
    assert (await ask(database, ranking.handle, "I.7 2024"))[-1] == "Còn 1 đơn vị chưa có số liệu."
    assert (await ask(database, ranking.handle, "I.2 lào cai 2024"))[1:] == ["7. Lào Cai · 23,00"]


async def test_by_indicator_and_movement(database: Database) -> None:
    await database.write(movement_figures({"SON_LA": "12", "LANG_SON": "40", "LAO_CAI_M": "40", "CAO_BANG": None}))
    lines = await ask(database, ranking.handle, "ntm01")
    assert lines[1:4] == ["1. Lạng Sơn · 40 xã", "1. Lào Cai · 40 xã", "3. Sơn La · 12 xã"]
    assert lines[4] == "Còn 4 đơn vị chưa có số liệu."
    assert "M9" not in lines[0]
    assert (await ask(database, ranking.handle, "ntm02"))[1] == "1. Sơn La · 12,00%"      # less is better
    assert (await ask(database, ranking.handle, "ntm02 cao nhất"))[1:4] == ["Cao nhất", "2. Lạng Sơn · 40,00%", "2. Lào Cai · 40,00%"]
    assert (await ask(database, ranking.handle, "ntm01 sơn la"))[1:] == ["3. Sơn La · 12 xã"]
    found = await choices(database, ranking.handle, "phong trào nông thôn mới")
    assert list(found) == ["NTM01 Số xã đạt chuẩn", "NTM02 Tỷ lệ hộ nghèo"]
    assert (await ask(database, ranking.handle, found["NTM01 Số xã đạt chuẩn"])) == lines


async def test_an_indicator_nobody_reported(database: Database) -> None:
    await database.write(movement_figures({}))
    assert await ask(database, ranking.handle, "ntm01") == ["Năm 2026: chưa đơn vị nào có số liệu về nội dung này."]


async def test_the_topic_asks_the_same_of_another_unit(database: Database) -> None:
    outcome = await database.read(lambda read: ranking.handle(turn(read), "lào cai 2024"))
    assert outcome.topic == ("xephang", "{} năm 2024")


async def test_no_table_at_all(tmp_path: Path) -> None:
    empty = await Database.open(tmp_path / "empty.sqlite3")
    assert await ask(empty, ranking.handle, "") == ["Chưa ban hành bảng điểm nên chưa có xếp hạng."]
    await empty.close()


async def test_totals_not_computed_yet_give_the_same_answer(database: Database) -> None:
    before = await ask(database, ranking.handle, "2024", unit="SON_LA")
    await database.write([effect(_forget, 2024)])
    assert await ask(database, ranking.handle, "2024", unit="SON_LA") == before


def _forget(tx: object, year: int) -> None:
    tx.execute("DELETE FROM totals WHERE year = ?", (year,))  # type: ignore[attr-defined]
