"""Totals and ranks: one rank by counting, neighbours, missing units, snapshots that stay, expectations that fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage import ranking, scoring_tables, snapshots, units
from storage import standings as kept
from storage.connection import Database, effect
from storage.errors import Conflict
from storage.standings import StoredScore, Total, UnitScores

NAMES = {"A": "an", "B": "binh", "C": "cao", "D": "dien", "E": "em"}


def scored(unit_id: str, key: str | None, *, missing: int = 0, exclusion: str | None = None, total: int = 0) -> UnitScores:
    return UnitScores(
        Total(unit_id, total, 0, 0, total, 0, missing, 2 - missing, 1, exclusion, key, 100),
        {"I": total},
        (StoredScore("I.1", total, False, "verified"), StoredScore("I.2", 0, bool(missing), None)),
    )


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Five members: B first, A and C level, D postponed, E annulled."""
    opened = await Database.open(tmp_path / "t.sqlite3")
    await opened.write(
        [
            *(effect(units.save_unit, units.Unit(each, name, "", name, (), None, None, None)) for each, name in NAMES.items()),
            *(effect(units.save_membership, 2024, each, "member") for each in NAMES),
            effect(
                kept.save_scores,
                2024,
                (
                    scored("E", None, exclusion="annulled", total=9),
                    scored("D", None, exclusion="postponed", total=8),
                    scored("C", "1.5", missing=1, total=5),
                    scored("A", "1.5", total=5),
                    scored("B", "1.7", total=7),
                ),
            ),
        ]
    )
    yield opened
    await opened.close()


async def rank(database: Database, unit_id: str) -> int | None:
    line = await database.read(lambda read: ranking.OnFile(read, 2024).unit(unit_id))
    return None if line is None else line.rank


async def test_listed_by_rank_then_name_then_the_unranked(database: Database) -> None:
    found = await database.read(lambda read: kept.listed(read, 2024))
    assert [total.unit_id for total in found] == ["B", "A", "C", "D", "E"]
    assert [total.unit_id for total in await database.read(lambda read: kept.listed(read, 2024, 2, 1))] == ["A", "C"]


async def test_the_year_in_one_line_and_who_is_missing(database: Database) -> None:
    assert await database.read(lambda read: kept.summary(read, 2024)) == kept.Summary(5, 3, 1, 9, 5, 100)
    assert await database.read(lambda read: kept.missing(read, 2024)) == {"C": frozenset({"I.2"})}
    assert await database.read(lambda read: kept.summary(read, 2023)) == kept.Summary(0, 0, 0, 0, 0, 0)


async def test_complete_means_members_and_nobody_else(database: Database) -> None:
    assert await database.read(lambda read: kept.complete(read, 2024))
    await database.write([effect(units.remove_membership, 2024, "E")])
    assert not await database.read(lambda read: kept.complete(read, 2024))
    await database.write([effect(kept.keep_only, 2024, tuple("ABCD"))])
    assert await database.read(lambda read: kept.complete(read, 2024))
    assert await database.read(lambda read: kept.scores(read, 2024, "E")) == {}


async def test_scores_replace_those_of_the_unit_and_leave_the_others(database: Database) -> None:
    await database.write([effect(kept.save_scores, 2024, (scored("C", "1.9", total=9),))])
    assert await rank(database, "B") == 2
    assert await database.read(lambda read: kept.groups_of_year(read, 2024)) == {
        "A": {"I": 5}, "B": {"I": 7}, "C": {"I": 9}, "D": {"I": 8}, "E": {"I": 9},
    }  # fmt: skip
    found = await database.read(lambda read: kept.scores_of_criterion(read, 2024, "I.2"))
    assert not any(score.missing for score in found.values())


async def test_an_expectation_that_fails_keeps_nothing(database: Database) -> None:
    seen = await database.read(lambda read: kept.total(read, 2024, "A"))
    assert seen is not None
    for expected in (None, replace(seen, total=seen.total + 1)):
        with pytest.raises(Conflict):
            await database.write(
                [
                    effect(kept.save_scores, 2024, (scored("B", "0"),)),
                    effect(kept.expect_totals, 2024, (("A", expected),)),
                ]
            )
    assert await rank(database, "A") == 2
    await database.write([effect(kept.expect_totals, 2024, (("A", seen), ("nobody", None)))])


async def test_leaders_move_the_revision(database: Database) -> None:
    await database.write([effect(kept.expect_scores_revision, 2024, 0), effect(kept.save_leaders, 2024, {"I.1": ("11", "10")})])
    assert await database.read(lambda read: kept.leaders(read, 2024)) == {"I.1": ("11", "10")}
    with pytest.raises(Conflict):
        await database.write([effect(kept.expect_scores_revision, 2024, 0)])
    await database.write([effect(kept.expect_scores_revision, 2024, 1), effect(kept.save_leaders, 2024, {})])
    assert await database.read(lambda read: kept.leaders(read, 2024)) == {}


async def test_a_published_ranking_stays_as_it_was(database: Database) -> None:
    await database.write([effect(scoring_tables.save_table, scoring_tables.StoredTable(2024, "Bảng", "10", 2, None, "{}"), 1)])
    await database.write([effect(snapshots.publish, 2024, True, "p", 200)])
    await database.write([effect(kept.save_scores, 2024, (scored("C", "1.9", total=9),))])
    snapshot = await database.read(lambda read: snapshots.last_snapshot(read, 2024))
    assert snapshot == snapshots.Snapshotted(1, 2024, 1, True, 200, "p")
    totals = await database.read(lambda read: snapshots.snapshot_totals(read, 1))
    assert {unit_id: total.rank for unit_id, total in totals.items()} == {"A": 2, "B": 1, "C": 2, "D": None, "E": None}
    assert await database.read(lambda read: snapshots.snapshot_total(read, 1, "C")) == totals["C"]
    assert totals["C"].total == 5
    await database.write([effect(snapshots.publish, 2024, False, None, 300)])
    assert (await database.read(lambda read: snapshots.snapshot_total(read, 2, "C"))).rank == 1  # type: ignore[union-attr]


async def test_a_year_without_a_table_cannot_be_published(database: Database) -> None:
    with pytest.raises(Conflict):
        await database.write([effect(snapshots.publish, 2024, False, None, 1)])


async def test_a_year_is_closed_once(database: Database) -> None:
    await database.write([effect(kept.close_year, 2024, "p", 500)])
    with pytest.raises(Conflict):
        await database.write([effect(kept.close_year, 2024, "p", 501)])
    year = await database.read(lambda read: units.year(read, 2024))
    assert year is not None
    assert year.closed_at == 500
