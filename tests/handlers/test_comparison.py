"""/sosanh: two or three units side by side, and what cannot be compared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers import comparison
from storage.connection import Database
from tests.handlers.scores_world import ask, build, choices


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await build(tmp_path / "t.sqlite3")
    yield opened
    await opened.close()


async def test_two_units_group_by_group(database: Database) -> None:
    assert await ask(database, comparison.handle, "lạng sơn với sơn la 2024") == [
        "So sánh năm 2024 (tạm tính, đến 08:00 23/11/2026)",
        "Nhóm I (tối đa 500)", "   Lạng Sơn 470,45 · Sơn La 406,55",
        "Nhóm II (tối đa 200)", "   Lạng Sơn 178,80 · Sơn La 187,60",
        "Nhóm III (tối đa 300)", "   Lạng Sơn 279,60 · Sơn La 236,40",
        "Điểm thưởng, điểm trừ", "   Lạng Sơn 10,00 · Sơn La -10,00",
        "Tổng điểm", "   Lạng Sơn 938,85 · Sơn La 820,55",
        "Thứ hạng", "   Lạng Sơn hạng 1/7", "   Sơn La hạng 6/7",
    ]  # fmt: skip


async def test_three_units_and_missing_figures(database: Database) -> None:
    lines = await ask(database, comparison.handle, "2024 cao bang, dien bien va lai chau")
    assert lines[1:4] == ["Nhóm I (tối đa 500)", "   Cao Bằng 388,35", "   Điện Biên 405,75"]
    assert lines[-1] == "Số tiêu chí chưa có số liệu, tạm tính 0: Cao Bằng (1)."


async def test_one_unit_is_compared_with_the_own_one(database: Database) -> None:
    assert (await ask(database, comparison.handle, "sơn la 2024"))[2].endswith("Lạng Sơn 470,45 · Sơn La 406,55")


async def test_with_nobody_named_the_other_units_are_offered(database: Database) -> None:
    lines = await ask(database, comparison.handle, "2024")
    assert lines[0] == "So sánh Lạng Sơn năm 2024 với đơn vị nào?"
    chosen = await choices(database, comparison.handle, "2024")
    assert len(chosen) == 6
    assert (await ask(database, comparison.handle, chosen["Sơn La"]))[2].endswith("Lạng Sơn 470,45 · Sơn La 406,55")


async def test_four_units_are_too_many(database: Database) -> None:
    lines = await ask(database, comparison.handle, "2024 lạng sơn, sơn la, hà giang, cao bằng")
    assert lines == ["Chỉ so sánh được tối đa ba đơn vị; đã nêu 4 đơn vị."]


async def test_one_criterion_of_two_units(database: Database) -> None:
    lines = await ask(database, comparison.handle, "I.2 lạng sơn sơn la 2024")
    assert lines[1:] == ["1. Lạng Sơn · 50,00", "2. Sơn La · 24,50"]


async def test_an_ambiguous_name_is_asked_back_and_the_other_is_remembered(database: Database) -> None:
    assert (await ask(database, comparison.handle, "lạng sơn và LC 2024"))[0] == "“LC” là đơn vị nào?"
    chosen = await choices(database, comparison.handle, "lạng sơn và LC 2024")
    assert (await ask(database, comparison.handle, chosen["Lai Châu"]))[2].endswith("Lạng Sơn 470,45 · Lai Châu 405,75")


@pytest.mark.parametrize("said", ["lào cai 2024 với 2026", "lạng sơn năm 2024 và năm 2026", "2025 và 2026"])
async def test_years_before_and_after_the_merger_are_not_comparable(database: Database, said: str) -> None:
    lines = await ask(database, comparison.handle, said)
    assert "không so sánh được: từ 01/07/2025" in lines[0]


async def test_a_unit_of_before_the_merger_and_one_of_today(database: Database) -> None:
    lines = await ask(database, comparison.handle, "hà giang với lạng sơn")
    assert lines[0] == "Hà Giang chỉ có đến 30/06/2025 nên không so sánh được với Lạng Sơn hiện nay."
    chosen = await choices(database, comparison.handle, "hà giang với lạng sơn")
    assert (await ask(database, comparison.handle, chosen["Năm 2024"]))[2].endswith("Hà Giang 407,55 · Lạng Sơn 470,45")
    assert "Tuyên Quang" in (await ask(database, comparison.handle, "hà giang với tuyên quang"))[0]


async def test_nobody_has_filed(database: Database) -> None:
    assert await ask(database, comparison.handle, "lạng sơn, sơn la") == ["Năm 2026: chưa đơn vị nào có số liệu nên chưa xếp hạng."]
