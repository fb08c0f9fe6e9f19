"""The scoring table as stored: the same one again changes nothing, a changed one moves the version; values replace their like."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from handlers.scores.scoring_data import to_stored, to_table
from storage import audit, scoring_tables
from storage.connection import Database, effect
from storage.errors import StorageError
from storage.scoring_tables import StoredAdjustment, StoredTable, StoredValue
from tests import sample_year
from tests.sample_year import NOW


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "t.sqlite3")
    await opened.write(sample_year.plan_effects(2024))
    yield opened
    await opened.close()


async def stored(database: Database) -> StoredTable:
    found = await database.read(lambda read: scoring_tables.table(read, 2024))
    assert found is not None
    return found


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_table_survives_storage(year: int) -> None:
    table = sample_year.table(year)
    assert to_table(to_stored(table)) == replace(table, version=0)


async def test_the_same_table_again_changes_nothing(database: Database) -> None:
    before = await stored(database)
    await database.write([effect(scoring_tables.save_table, to_stored(sample_year.table()), NOW + 1)])
    assert await stored(database) == before
    assert before.version == 1


async def test_a_changed_table_moves_the_version_and_leaves_an_audit_row(database: Database) -> None:
    before = await stored(database)
    criteria = (replace(before.criteria[0], max="40"), *before.criteria[1:-1])
    changed = replace(before, name="Bảng mới", criteria=criteria, items=before.items[1:])
    await database.write([effect(scoring_tables.save_table, changed, NOW + 1)])
    after = await stored(database)
    assert after == replace(changed, version=2)
    rows = await database.read(lambda read: audit.entries(read, subject="scoring_table:2024"))
    assert [(row.before, row.after) for row in rows] == [("version 1", "version 2"), (None, "version 1")]


async def test_a_criterion_with_values_is_not_removed(database: Database) -> None:
    await database.write(sample_year.result_effects())
    before = await stored(database)
    with pytest.raises(StorageError):
        await database.write([effect(scoring_tables.save_table, replace(before, criteria=before.criteria[1:]), NOW)])
    assert await stored(database) == before


async def test_values_replace_those_of_their_unit_criterion_and_basis(database: Database) -> None:
    own = StoredValue("SON_LA", "I.2", "self", None, "12.50", None)
    verified = StoredValue("SON_LA", "I.2", "verified", "10", None, None)
    events = StoredValue("SON_LA", "II.7", "self", None, None, {"vu_viec": 1})
    await database.write([effect(scoring_tables.save_values, 2024, (own, verified, events), NOW)])
    await database.write([effect(scoring_tables.save_values, 2024, (replace(own, actual="13"),), NOW)])
    assert set(map(repr, await database.read(lambda read: scoring_tables.values(read, 2024, "SON_LA")))) == set(
        map(repr, (replace(own, actual="13"), verified, events))
    )
    await database.write([effect(scoring_tables.remove_values, 2024, "SON_LA", ("I.2", "II.7"), "self")])
    assert await database.read(lambda read: scoring_tables.values_of_year(read, 2024)) == (verified,)
    assert await database.read(lambda read: scoring_tables.values_of_year(read, 2024, "I.3")) == ()


async def test_adjustments_leave_an_audit_row_when_they_change(database: Database) -> None:
    row = StoredAdjustment("SON_LA", "X1", "verified", 1, "2024-05-01", "2024-06-30", "đơn thư")
    for given in (row, row, replace(row, count=0, reason="đã kết luận")):
        await database.write([effect(scoring_tables.save_adjustments, 2024, (given,), "p", NOW)])
    lifted = replace(row, count=0, reason="đã kết luận")
    assert await database.read(lambda read: scoring_tables.adjustments(read, 2024, "SON_LA")) == (lifted,)
    rows = await database.read(lambda read: audit.entries(read, unit_id="SON_LA"))
    assert [(each.before, each.after, each.reason) for each in rows] == [("1", "0", "đã kết luận"), (None, "1", "đơn thư")]


async def test_years_with_a_table(database: Database) -> None:
    await database.write(sample_year.plan_effects(2026))
    assert await database.read(scoring_tables.years_with_table) == (2026, 2024)
    assert await database.read(lambda read: scoring_tables.table(read, 2023)) is None
