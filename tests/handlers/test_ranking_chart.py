"""The ranking as a chart: which lines, whose, what moved, and what a platform's servers may see of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from handlers import ranking
from handlers.kit.chart import Chart, windows
from handlers.kit.reply import Picture
from handlers.kit.turn import Turn
from handlers.rules.scoring import Entry
from handlers.scores import standing
from storage import units
from storage.connection import Database, effect
from storage.scoring_tables import StoredAdjustment
from tests.handlers.scores_world import LANGUAGE, ask, build, epoch, movement_figures, turn
from tests.sample_year import NOW


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await build(tmp_path / "t.sqlite3")
    yield opened
    await opened.close()


def with_pictures(given: Turn) -> Turn:
    return replace(given, place=replace(given.place, pictures=True))


async def picture(database: Database, argument: str, **who: str | None) -> Picture:
    outcome = await database.read(lambda read: ranking.handle(with_pictures(turn(read, **who)), argument))  # type: ignore[arg-type]
    (found,) = outcome.reply.blocks
    assert isinstance(found, Picture)
    return found


async def chart(database: Database, argument: str, **who: str | None) -> Chart:
    found = (await picture(database, argument, **who)).chart
    assert found is not None
    return found


def lines(shown: Chart) -> list[str]:
    return [f"{bar.rank} {bar.name} {LANGUAGE.value(bar.value)}{' *' if bar.own else ''}" for bar in shown.bars]


async def test_all_units_of_a_small_cluster_with_the_readers_own(database: Database) -> None:
    shown = await chart(database, "2024 hình", unit="LAI_CHAU")
    assert lines(shown) == [
        "1 Lạng Sơn 938,85", "2 Lào Cai 853,80", "3 Hà Giang 853,55", "4 Điện Biên 853,05", "4 Lai Châu 853,05 *", "6 Sơn La 820,55",
        "7 Cao Bằng 818,05",
    ]  # fmt: skip
    assert LANGUAGE.text(shown.title) == "Xếp hạng năm 2024 (tạm tính)"
    assert [LANGUAGE.text(note) for note in shown.notes] == ["Tính theo số đã thẩm định; còn 1 đơn vị chưa đủ số liệu."]
    assert {bar.moved for bar in shown.bars} == {None}      # no ranking was published yet


async def test_what_stands_below_says_all_that_is_shown(database: Database) -> None:
    said = LANGUAGE.text((await picture(database, "2024 bằng hình", unit="SON_LA")).alt).splitlines()
    assert said == [
        "Xếp hạng năm 2024 (tạm tính, đến 08:00 23/11/2026)",
        "Thứ tự: 1. Lạng Sơn (938,85), 2. Lào Cai (853,80), 3. Hà Giang (853,55), 4. Điện Biên (853,05), 4. Lai Châu (853,05),"
        " 6. Sơn La (820,55), 7. Cao Bằng (818,05)",
        "Sơn La: hạng 6/7, 820,55 điểm, kém hạng 4 (Điện Biên) 32,50 điểm",
        "Tính theo số đã thẩm định; còn 1 đơn vị chưa đủ số liệu.",
    ]


async def test_the_picture_is_the_same_until_a_figure_changes(database: Database) -> None:
    before = await chart(database, "2024 hình")
    assert await chart(database, "2024 hình", day="2026-12-24") == before
    changes = {"SON_LA": {"I.2": Entry(actual=None)}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, changes, "verified", epoch("2026-11-24"))))
    assert await chart(database, "2024 hình") != before


async def filed_late(database: Database) -> None:
    """Cao Bằng's missing figure comes, and with it a place."""
    late = {"CAO_BANG": {"I.7": Entry(plan=Decimal(2000), actual=Decimal(2000))}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, late, "verified", epoch("2025-03-01"))))


async def test_changes_of_rank_since_the_published_one(database: Database) -> None:
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, epoch("2025-02-10"))))
    shown = await chart(database, "2024 hình")
    assert {bar.moved for bar in shown.bars} == {None}      # nobody moved: nothing is said of it
    assert len(shown.notes) == 1
    await filed_late(database)
    shown = await chart(database, "2024 hình")
    assert {bar.name: bar.moved for bar in shown.bars if bar.moved} == {"Cao Bằng": 1, "Sơn La": -1}
    assert next(bar.moved for bar in shown.bars if bar.name == "Lào Cai") == 0
    assert LANGUAGE.text(shown.notes[0]) == "Tăng, giảm hạng: so với bảng công bố 10/02/2025."


async def test_only_what_is_official_and_about_nobodys_case_may_be_fetched_by_a_platform(database: Database) -> None:
    assert not (await picture(database, "2024 hình")).public
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, epoch("2025-02-10"))))
    assert not (await picture(database, "2024 hình")).public      # provisional: a figure is missing
    await filed_late(database)
    await database.write(await database.read(lambda read: standing.close(read, 2024, None, epoch("2025-03-02"))))
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, epoch("2025-03-03"))))
    official = await picture(database, "2024 hình")
    assert official.public
    assert official.chart is not None
    assert LANGUAGE.text(official.chart.title) == "Xếp hạng năm 2024 (chính thức)"
    excluded, at = (StoredAdjustment("LANG_SON", "X1", "verified", 1),), epoch("2025-03-04")
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, {}, "verified", at, adjustments=excluded)))
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, at)))
    assert not (await picture(database, "2024 hình")).public


async def test_criteria_groups_and_indicators_have_charts_too(database: Database) -> None:
    assert lines(await chart(database, "2024 nhóm I bằng hình"))[0].startswith("1 ")
    assert len(lines(await chart(database, "2024 I.2 hình ảnh"))) == 7
    await database.write(movement_figures({"SON_LA": "3", "LANG_SON": "12", "CAO_BANG": "7"}))
    shown = await chart(database, "ntm01 biểu đồ")
    assert lines(shown) == ["1 Lạng Sơn 12 xã *", "2 Cao Bằng 7 xã", "3 Sơn La 3 xã"]
    down = await chart(database, "ntm02 biểu đồ")
    assert [bar.name for bar in down.bars] == ["Sơn La", "Cao Bằng", "Lạng Sơn"]


async def test_nobody_filed_there_is_no_picture(database: Database) -> None:
    assert (await ask(database, ranking.handle, "2026 hình")) == ["Năm 2026: chưa đơn vị nào có số liệu nên chưa xếp hạng."]


async def test_a_question_for_a_year_that_is_not_there_and_for_a_former_unit_is_told_in_words(database: Database) -> None:
    assert "2019" in (await ask(database, ranking.handle, "2019 hình"))[0]
    assert "sáp nhập" in " ".join(await ask(database, ranking.handle, "Hà Giang 2026 bằng hình"))


async def test_the_choice_is_offered_where_a_picture_can_be_seen(database: Database) -> None:
    def labels(given: Turn) -> list[str]:
        return [LANGUAGE.text(choice.label) for choice in ranking.handle(given, "2024").reply.choices]

    found = await database.read(lambda read: (labels(turn(read)), labels(with_pictures(turn(read))), labels(turn(read))))
    assert found == (["Cả bảng", "Cách tính điểm"], ["Cả bảng", "Cách tính điểm", "Xem biểu đồ"], ["Cả bảng", "Cách tính điểm"])


async def test_of_many_units_the_top_and_the_own_neighbours_are_shown(database: Database) -> None:
    for number in range(60):
        unit = units.Unit(f"X{number:03d}", f"Xã {number:03d}", f"X{number:03d}", f"xa {number:03d}", (), None, None, None)
        await database.write((effect(units.save_unit, unit), effect(units.save_membership, 2024, unit.id, "member")))
    await database.write(await database.read(lambda read: standing.rescore_all(read, 2024, NOW)))
    shown = await chart(database, "2024 hình", unit="X040")
    assert len(shown.bars) == 10
    assert [bar.name for bar in shown.bars if bar.own] == ["Xã 040"]
    assert [bar.apart for bar in shown.bars].count(True) == 1
    assert shown.bars[5].apart


@pytest.mark.parametrize(
    ("count", "own", "shown"),
    [
        (7, 3, [0, 1, 2, 3, 4, 5, 6]), (0, None, []), (10, 9, list(range(10))), (34, None, list(range(10))), (34, 3, list(range(10))),
        (3_321, 3_320, [0, 1, 2, 3, 4, 3_316, 3_317, 3_318, 3_319, 3_320]), (34, 20, [0, 1, 2, 3, 4, 18, 19, 20, 21, 22]),
        (11, 10, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]),
    ],
)  # fmt: skip
def test_windows(count: int, own: int | None, shown: list[int]) -> None:
    assert [place for window in windows(count, own) for place in window] == shown


@pytest.mark.parametrize("count", [11, 12, 13, 34, 60])
def test_every_unit_finds_itself_and_no_line_stands_twice(count: int) -> None:
    for own in range(count):
        shown = [place for window in windows(count, own) for place in window]
        assert own in shown
        assert shown == sorted(set(shown))
        assert len(shown) <= 10
        assert shown[-1] < count
