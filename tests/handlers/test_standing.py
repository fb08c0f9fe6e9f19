"""The standing of a year on a real database: the sample year cell by cell, and every change against a fresh computation."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.rules.scoring import Entry
from handlers.scores import score_inputs, standing
from handlers.scores.score_leaders import read_leaders
from storage import calendar, duties, reports, snapshots, units
from storage import standings as kept
from storage.connection import Database, Snapshot, effect
from storage.errors import Conflict
from storage.scoring_tables import StoredAdjustment, StoredValue
from tests import sample_year
from tests.sample_year import NOW

DAY = 86_400


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """The sample year, scored."""
    opened = await Database.open(tmp_path / "t.sqlite3")
    await opened.write(sample_year.plan_effects(2024, 2026))
    await opened.write(sample_year.result_effects())
    for year in (2024, 2026):
        await opened.write(await opened.read(lambda read, year=year: standing.rescore_all(read, year, NOW)))
    yield opened
    await opened.close()


async def rows(database: Database, year: int = 2024) -> dict[str, standing.Row]:
    found = await database.read(lambda read: standing.standings(read, year))
    return {row.unit_id: row for row in found}


async def same_as_fresh(database: Database, year: int = 2024) -> None:
    """What is stored equals what a computation from nothing gives."""
    before = await database.read(lambda read: standing.standings(read, year))
    assert await database.read(lambda read: _unstored(read, year)) == before


def _unstored(read: Snapshot, year: int) -> tuple[standing.Row, ...]:
    effects = standing.rescore_all(read, year, NOW)
    scored = next(each for each in effects if each.function is kept.save_scores)
    assert scored.args[1] == (), "a full computation would change something"
    return standing.standings(read, year)


async def test_the_sample_year_cell_by_cell(database: Database) -> None:
    cells = await database.read(lambda read: standing.csv_rows(read, 2024))
    expected = sample_year.expected()
    assert cells[0] == tuple(expected[0])
    assert [dict(zip(cells[0], row, strict=True)) for row in cells[1:]] == expected


async def test_a_year_without_a_table_has_no_standing(database: Database) -> None:
    assert await database.read(lambda read: standing.standings(read, 2023)) == ()
    assert await database.read(lambda read: standing.csv_rows(read, 2023)) == ()
    assert await database.read(lambda read: standing.rescore(read, 2023, {}, "self", NOW)) == ()


async def test_units_without_any_figure_are_listed_with_everything_missing(database: Database) -> None:
    found = await rows(database, 2026)
    assert len(found) == 7
    assert {row.rank for row in found.values()} == {1}
    assert {len(row.missing) for row in found.values()} == {36}    # III.9 is counted from the filings


async def test_standings_before_the_first_scoring_are_the_same(database: Database, tmp_path: Path) -> None:
    fresh = await Database.open(tmp_path / "fresh.sqlite3")
    await fresh.write(sample_year.plan_effects(2024))
    await fresh.write(sample_year.result_effects())
    unscored = await fresh.read(lambda read: standing.csv_rows(read, 2024))
    await fresh.close()
    assert unscored == await database.read(lambda read: standing.csv_rows(read, 2024))


async def test_a_new_value_moves_only_its_unit(database: Database) -> None:
    changed = {"CAO_BANG": {"I.7": Entry(actual=Decimal(2000), plan=Decimal(2000))}}
    effects = await database.read(lambda read: standing.rescore(read, 2024, changed, "verified", NOW + 5))
    await database.write(effects)
    found = await rows(database)
    assert (found["CAO_BANG"].total, found["CAO_BANG"].rank, found["CAO_BANG"].missing) == (8_380_500, 6, ())
    assert found["LANG_SON"].updated_at == NOW
    await same_as_fresh(database)


@pytest.mark.parametrize("actual", ["6000", "5501", "5000", "1"])
async def test_when_the_best_unit_changes_everybody_is_scored_anew(database: Database, actual: str) -> None:
    """I.2 is measured against the best unit, Lạng Sơn with 5,500 of 5,000."""
    before = await rows(database)
    changed = {"LANG_SON": {"I.2": Entry(plan=Decimal(5000), actual=Decimal(actual))}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, changed, "verified", NOW + 5)))
    await same_as_fresh(database)
    best = await database.read(lambda read: read_leaders(read, 2024))
    assert best["I.2"] == max(Decimal(actual) / 5000, best["I.2"])
    assert (await rows(database))["LANG_SON"].total <= before["LANG_SON"].total


async def test_a_unit_that_becomes_the_best_in_several_criteria_at_once_moves_the_others_in_each(database: Database) -> None:
    table = await database.read(lambda read: standing.load_table(read, 2024))
    assert table is not None
    measured = [each.id for each in table.criteria if each.rule == "ratio_leader"]
    ratios = {"LANG_SON": 120, "CAO_BANG": 130, "LAI_CHAU": 140, "SON_LA": 90}
    figures = {name: {each: Entry(plan=Decimal(100), actual=Decimal(actual)) for each in measured} for name, actual in ratios.items()}
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, figures, "verified", NOW + 5)))
    best = {each: Entry(plan=Decimal(100), actual=Decimal(190)) for each in measured}
    effects = await database.read(lambda read: standing.rescore(read, 2024, {"LANG_SON": best}, "verified", NOW + 6))
    moved = next(each for each in effects if each.function is kept.shift_scores).args[1]
    assert {each.total.unit_id for each in moved if set(each.points) == set(measured)} == {"CAO_BANG", "LAI_CHAU"}
    assert len(measured) > 1
    await database.write(effects)
    await same_as_fresh(database)


async def test_the_verified_value_counts_before_the_units_own(database: Database) -> None:
    changed = {"CAO_BANG": {"I.3": Entry(plan=Decimal(55), actual=Decimal(0))}}
    before = (await rows(database))["CAO_BANG"]
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, changed, "self", NOW + 5)))
    after = (await rows(database))["CAO_BANG"]
    assert (after.total, after.verified) == (before.total, before.verified)


async def test_the_target_is_the_plan_unless_the_report_changes_it(database: Database) -> None:
    from storage import targets

    await database.write([effect(targets.save, 2026, "SON_LA", "I.3", "50", None, NOW)])
    changed = {"SON_LA": {"I.3": Entry(actual=Decimal(25))}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2026, changed, "self", NOW)))
    assert (await rows(database, 2026))["SON_LA"].total == 450_000    # 15 of 30, and 30 for no late report
    changed = {"SON_LA": {"I.3": Entry(plan=Decimal(25), actual=Decimal(25))}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2026, changed, "self", NOW)))
    row = (await rows(database, 2026))["SON_LA"]
    assert (row.total, row.reported, row.verified) == (600_000, 1, 0)


async def test_a_withdrawn_value_is_missing_again(database: Database) -> None:
    given = {"SON_LA": {"III.2": Entry(actual=Decimal(3))}}
    before = (await rows(database, 2026))["SON_LA"]
    await database.write(await database.read(lambda read: standing.rescore(read, 2026, given, "self", NOW)))
    assert "III.2" not in (await rows(database, 2026))["SON_LA"].missing
    await database.write(await database.read(lambda read: standing.rescore(read, 2026, {"SON_LA": {"III.2": None}}, "self", NOW)))
    assert (await rows(database, 2026))["SON_LA"] == before


async def test_two_changes_at_once_of_one_unit_do_not_overwrite_each_other(database: Database) -> None:
    def change(criterion: str) -> object:
        given = {"SON_LA": {criterion: Entry(actual=Decimal(3))}}
        return lambda read: standing.rescore(read, 2026, given, "self", NOW)

    first, second = await database.read(change("III.2")), await database.read(change("III.3"))
    await database.write(first)
    with pytest.raises(Conflict):
        await database.write(second)
    await database.write(await database.read(change("III.3")))
    assert (await rows(database, 2026))["SON_LA"].reported == 2
    await same_as_fresh(database, 2026)


async def test_a_score_measured_against_the_old_best_unit_is_refused(database: Database) -> None:
    own = {"SON_LA": {"I.3": Entry(plan=Decimal(55), actual=Decimal(40))}}
    late = await database.read(lambda read: standing.rescore(read, 2024, own, "verified", NOW + 5))
    best = {"LANG_SON": {"I.2": Entry(plan=Decimal(5000), actual=Decimal(7000))}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, best, "verified", NOW + 5)))
    with pytest.raises(Conflict):
        await database.write(late)


async def exclude(database: Database, item_id: str, **dates: str) -> dict[str, standing.Row]:
    row = StoredAdjustment("LANG_SON", item_id, "verified", 1, reason="test", **dates)
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, {}, "verified", NOW + 5, adjustments=(row,))))
    await same_as_fresh(database)
    return await rows(database)


async def test_a_postponed_unit_keeps_its_points_and_is_listed_last(database: Database) -> None:
    found = await exclude(database, "X1")
    assert (found["LANG_SON"].rank, found["LANG_SON"].exclusion) == (None, "postponed")
    assert list(found)[-1] == "LANG_SON"
    assert found["LAO_CAI"].rank == 1
    assert found["LANG_SON"].total == 9_388_500    # itself still the best of I.2; the others are now measured without it
    cells = await database.read(lambda read: standing.csv_rows(read, 2024))
    assert cells[-1][:2] == ("", "LANG_SON")


async def test_ranked_last_ranked_without_award_and_annulled(database: Database) -> None:
    assert (await exclude(database, "X3"))["LANG_SON"].rank == 1
    assert (await exclude(database, "X2"))["LANG_SON"].rank == 7
    assert (await exclude(database, "X4"))["LANG_SON"].rank is None


async def test_an_exclusion_holds_only_in_its_time(database: Database) -> None:
    assert (await exclude(database, "X1", valid_to="2024-12-31"))["LANG_SON"].rank == 1
    assert (await exclude(database, "X1", valid_from="2025-01-01"))["LANG_SON"].rank is None


async def filed(database: Database, unit_id: str, event: str, days_late: int) -> None:
    given = calendar.Event(
        event, 2026, 1, 2026, "Q1", "2026-04-05", None, "deadline", "Báo cáo", ("member",), "BC-QUY", None, None, None, (), ()
    )  # fmt: skip
    duty = duties.Duty(f"{event}:{unit_id}", event, unit_id, 2026, "BC-QUY", event, NOW, NOW, NOW - DAY)
    await database.write(
        [
            effect(calendar.save_calendar_year, 2026, ()),
            effect(calendar.save_event, given),
            effect(duties.plan, duty),
        ]
    )
    if days_late >= 0:
        effects = await database.read(
            lambda read: standing.rescore(read, 2026, {unit_id: {}}, "self", NOW, late={unit_id: {duty.id: days_late}})
        )
        await database.write(
            [
                *effects,
                effect(
                    reports.file, f"r-{duty.id}", unit_id, 2026, "BC-QUY", event.replace("E", "Q")[:2], duty.id, 0, "filing", (), (),
                    None, NOW, days_late,
                ),
                effect(duties.complete, duty.id, None, NOW),
            ]
        )  # fmt: skip


async def test_late_and_missing_reports_are_counted_from_the_filings(database: Database) -> None:
    await filed(database, "LAI_CHAU", "E1", 3)
    assert (await rows(database, 2026))["LAI_CHAU"].total == 250_000
    await filed(database, "LAI_CHAU", "E2", 6)
    row = (await rows(database, 2026))["LAI_CHAU"]
    assert (row.total, row.late_reports) == (150_000, 2)
    await same_as_fresh(database, 2026)

    await filed(database, "LAI_CHAU", "E3", -1)
    await database.write(await database.read(lambda read: standing.rescore_all(read, 2026, NOW)))
    assert (await rows(database, 2026))["LAI_CHAU"].total == 150_000    # not missing while the year is open
    await database.write(await database.read(lambda read: standing.close(read, 2026, None, NOW)))
    assert (await rows(database, 2026))["LAI_CHAU"].total == 0
    await same_as_fresh(database, 2026)


async def test_a_correction_does_not_change_how_late_the_first_filing_was(database: Database) -> None:
    await filed(database, "LAI_CHAU", "E1", 3)
    await database.write(
        [effect(reports.file, "r", "LAI_CHAU", 2026, "BC-QUY", "Q1", None, 1, "correction", (), (), None, NOW, 30, reason="nhầm")]
    )
    await same_as_fresh(database, 2026)


async def test_an_imported_count_wins_over_the_computed_one(database: Database) -> None:
    await filed(database, "LAI_CHAU", "E1", 3)
    changed = {"LAI_CHAU": {"III.9": Entry(events={"cham_1_5": 0})}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2026, changed, "verified", NOW)))
    row = (await rows(database, 2026))["LAI_CHAU"]
    assert (row.total, row.late_reports) == (300_000, 0)


async def test_publishing_keeps_the_ranking_and_says_whether_it_is_official(database: Database) -> None:
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, NOW + 9)))
    snapshot = await database.read(lambda read: snapshots.last_snapshot(read, 2024))
    assert snapshot is not None
    assert (snapshot.final, snapshot.table_version) == (False, 1)
    places = await database.read(lambda read: snapshots.snapshot_totals(read, snapshot.id))
    assert {unit_id: place.rank for unit_id, place in places.items()} == {
        row["unit_id"]: int(row["rank"]) for row in sample_year.expected()
    }
    assert not await database.read(lambda read: standing.is_final(read, 2024))

    changed = {"CAO_BANG": {"I.7": Entry(plan=Decimal(2000), actual=Decimal(1000))}}
    await database.write(await database.read(lambda read: standing.rescore(read, 2024, changed, "verified", NOW + 10)))
    await database.write(await database.read(lambda read: standing.close(read, 2024, None, NOW + 11)))
    assert not await database.read(lambda read: standing.is_final(read, 2024))
    await database.write(await database.read(lambda read: standing.publish(read, 2024, None, NOW + 12)))
    assert await database.read(lambda read: standing.is_final(read, 2024))
    assert await database.read(lambda read: snapshots.snapshot_totals(read, snapshot.id)) == places


async def test_a_unit_that_leaves_the_cluster_leaves_the_ranking(database: Database) -> None:
    await database.write([effect(units.remove_membership, 2024, "LANG_SON")])
    assert "LANG_SON" not in await rows(database)
    await database.write(await database.read(lambda read: standing.rescore_all(read, 2024, NOW)))
    found = await rows(database)
    assert found["LAO_CAI"].rank == 1
    assert await database.read(lambda read: kept.complete(read, 2024))


@pytest.mark.parametrize("seed", range(4))
async def test_any_sequence_of_changes_leaves_what_a_fresh_computation_gives(database: Database, seed: int) -> None:
    """Units overtake each other, fall back, lose their figures; one of them is postponed and never the measure."""
    chance = random.Random(seed)
    names = list(await rows(database))
    await exclude(database, "X1")
    for step in range(12):
        changed: dict[str, dict[str, Entry | None]] = {}
        for name in chance.sample(names, chance.choice((1, 1, 2))):
            figures = [None, *(Entry(plan=Decimal(100), actual=Decimal(each)) for each in (0, 90, 100, 101, 115, 130, 131))]
            changed[name] = {each: chance.choice(figures) for each in chance.sample(("I.1", "I.2", "I.3"), 2)}
        basis = chance.choice(("self", "verified", "verified"))
        effects = await database.read(lambda read, c=changed, b=basis, s=step: standing.rescore(read, 2024, c, b, NOW + 10 + s))
        await database.write(effects)
        await same_as_fresh(database)
        best = await database.read(lambda read: read_leaders(read, 2024))
        fresh = await database.read(lambda read: standing.rescore_all(read, 2024, NOW))
        assert not any(each.function is kept.save_leaders for each in fresh), best


async def test_what_many_units_bring_is_looked_at_once_a_unit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import of every unit costs what its figures cost: not every figure again for each unit."""
    names = list(await rows(database))
    table = await database.read(lambda read: standing.load_table(read, 2024))
    assert table is not None
    ids = [each.id for each in table.criteria if each.rule == "ratio"]
    changed = {name: {each: Entry(plan=Decimal(100), actual=Decimal(90)) for each in ids} for name in names}
    looked = 0
    original = score_inputs.stored_value

    def counted(unit_id: str, criterion_id: str, basis: score_inputs.Basis, entry: Entry) -> StoredValue:
        nonlocal looked
        looked += 1
        return original(unit_id, criterion_id, basis, entry)

    monkeypatch.setattr(score_inputs, "stored_value", counted)
    statements: list[str] = []

    def scored(read: Snapshot, units: int) -> int:
        statements.clear()
        read.set_trace_callback(statements.append)
        standing.rescore(read, 2024, dict(list(changed.items())[:units]), "verified", NOW + 5)
        read.set_trace_callback(None)
        return len(statements)

    few, many = [await database.read(lambda read, n=n: scored(read, n)) for n in (2, len(names))]
    assert looked <= (2 + len(names)) * len(ids)
    assert many / few < len(names) / 2
