"""The standing of a year: what is scored from what is stored, kept up to date with every change, read as rows, published.

Shared by reporting (a filing of criteria moves the ranking at once), the ranking commands and the command line. All functions read a
snapshot and return rows or effects; the effects expect what was read, so that a turn which was overtaken is decided again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

from handlers.kit.message import Number
from handlers.rules.ranking import listing, rank_key
from handlers.rules.scoring import SCALE, UnitScore, leaders, score_unit, to_stored
from handlers.rules.table import Exclusion, ScoringTable
from handlers.scores.score_inputs import HOME, NO_CHANGES, NO_FILINGS, Basis, Changes, Gathered, Lateness, gather, stored_value
from handlers.scores.score_leaders import leader_text, new_leaders, read_leaders, shifted
from handlers.scores.scoring_data import text_of, to_table
from storage import scoring_tables, snapshots, units
from storage import standings as kept
from storage.connection import Effect, Snapshot, effect
from storage.memory import once, remembered
from storage.scoring_tables import StoredAdjustment
from storage.snapshots import Snapshotted
from storage.standings import StoredScore, Total, UnitScores


@dataclass(frozen=True, slots=True)
class Row:
    """A unit's place. Points in ten-thousandths (`shown`). ``missing``: the criteria without a value, in the table's order.

    ``reported``/``verified``: how many criteria have a given value, and a verified one. ``rank`` None: not ranked (see ``exclusion``).
    """

    rank: int | None
    unit_id: str
    name: str
    groups: Mapping[str, int]
    base: int
    bonus: int
    penalty: int
    total: int
    late_reports: int
    missing: tuple[str, ...]
    reported: int
    verified: int
    exclusion: Exclusion | None
    rank_key: str | None
    updated_at: int


@lru_cache(maxsize=16_384)
def shown(points: int, decimals: int = 2) -> Number:
    """Stored points as a number to be shown."""
    return Number(Decimal(points) / SCALE, decimals)


@once
def load_table(read: Snapshot, year: int) -> ScoringTable | None:
    """The scoring table of a year, or None when none was planned."""

    def find() -> ScoringTable | None:
        stored = scoring_tables.table(read, year)
        return None if stored is None else to_table(stored)

    return remembered(read, ("scoring rules", year, scoring_tables.version(read, year)), find)


# Keeping scores -----------------------------------------------------------------------------------------------------------------


def to_kept(table: ScoringTable, unit_id: str, gathered: Gathered, score: UnitScore, now: int) -> UnitScores:
    """A unit's score as storage keeps it."""
    groups = {name: to_stored(points) for name, points in score.groups.items()}
    base, bonus, penalty = sum(groups.values()), to_stored(score.bonus), to_stored(score.penalty)
    total = base + bonus - penalty
    reported = {name: basis for name, basis in gathered.bases.items() if name in score.scores and not score.scores[name].missing}
    return UnitScores(
        Total(
            unit_id, base, bonus, penalty, total, score.late_reports, len(score.missing), len(reported),
            sum(basis == "verified" for basis in reported.values()), score.exclusion,
            rank_key(table, total, groups, score.late_reports, score.exclusion), now,
        ),
        groups,
        tuple(
            StoredScore(name, each.stored, each.missing, gathered.bases.get(name)) for name, each in score.scores.items()
        ),
    )  # fmt: skip


def rescore_all(read: Snapshot, year: int, now: int, *, zone: ZoneInfo = HOME) -> tuple[Effect, ...]:
    """Effects that score every member of a year anew: after a change of plan, table, membership, targets or adjustments."""
    return _whole_year(read, year, now, zone=zone)


def rescore(
    read: Snapshot,
    year: int,
    changed: Changes,
    basis: Basis,
    now: int,
    *,
    adjustments: tuple[StoredAdjustment, ...] = (),
    late: Lateness = NO_FILINGS,
    by: str | None = None,
    zone: ZoneInfo = HOME,
) -> tuple[Effect, ...]:
    """Effects that store changed values and bring scores, totals and, where the best unit changed, everybody's points up to date.

    ``late``: unit id -> duty id -> days late of a filing made in this very turn (None: withdrawn), since the snapshot does not show it
    yet; name the unit in ``changed`` too (with no entries if its figures stay). ``adjustments`` are stored as well. Nothing for a year
    without a scoring table. Raises in the writer Conflict when somebody else changed the same scores.
    """
    table = load_table(read, year)
    if table is None:
        return ()
    if not adjustments and not any(changed.values()) and not counts_filings(table) and kept.complete(read, year):
        return ()       # a filing that no criterion counts moves nobody
    values = tuple(
        stored_value(owner, name, basis, entry)
        for owner, entries in changed.items()
        for name, entry in entries.items()
        if entry is not None
    )
    gone = {owner: tuple(name for name, entry in entries.items() if entry is None) for owner, entries in changed.items()}
    effects = [effect(scoring_tables.remove_values, year, owner, names, basis) for owner, names in gone.items() if names]
    if values:
        effects.append(effect(scoring_tables.save_values, year, values, now))
    if adjustments:
        effects.append(effect(scoring_tables.save_adjustments, year, adjustments, by, now))
    if adjustments or not kept.complete(read, year):
        whole = _whole_year(read, year, now, changed=changed, basis=basis, adjustments=adjustments, late=late, zone=zone)
        return (*whole[:2], *effects, *whole[2:])
    best = read_leaders(read, year)
    before = {owner: gather(read, table, now, owner, zone=zone)[owner] for owner in changed if units.is_member(read, year, owner)}
    after = {
        owner: gather(read, table, now, owner, changed=changed, basis=basis, late=late, zone=zone)[owner] for owner in before
    }
    moved = new_leaders(read, table, best, before, after, changed, basis)
    shifts = shifted(read, table, best, moved, frozenset(after), now)
    known = units.year(read, year)
    totals = {owner: kept.total(read, year, owner) for owner in after} | {each.before.unit_id: each.before for each in shifts}
    fresh = (to_kept(table, owner, each, score_unit(table, each.given, moved), now) for owner, each in after.items())
    scored = tuple(each for each in fresh if not _same(read, year, totals[each.total.unit_id], each))
    effects = [
        effect(kept.expect_scores_revision, year, 0 if known is None else known.scores_revision),
        effect(kept.expect_totals, year, tuple(totals.items())),
        *effects,
        *((effect(kept.save_scores, year, scored),) if scored else ()),
    ]
    if moved != best:
        effects += [effect(kept.shift_scores, year, shifts), effect(kept.save_leaders, year, leader_text(moved))]
    return tuple(effects)


def counts_filings(table: ScoringTable) -> bool:
    """Whether a criterion is scored from when reports were filed."""
    return any(event.counted for criterion in table.criteria for event in criterion.events)


def _whole_year(
    read: Snapshot,
    year: int,
    now: int,
    *,
    changed: Changes = NO_CHANGES,
    basis: Basis = "self",
    adjustments: tuple[StoredAdjustment, ...] = (),
    late: Lateness = NO_FILINGS,
    closing: bool = False,
    zone: ZoneInfo = HOME,
) -> tuple[Effect, ...]:
    """The effects of scoring everybody: two expectations first, then what is written; units that keep their scores are not touched."""
    table = load_table(read, year)
    if table is None:
        return ()
    gathered = gather(
        read, table, now, changed=changed, basis=basis, adjustments=adjustments, late=late, closing=closing, zone=zone
    )  # fmt: skip
    best = leaders(table, {owner: each.given for owner, each in gathered.items()})
    totals = kept.totals_of_year(read, year)
    known = units.year(read, year)
    fresh = (
        to_kept(table, owner, each, score_unit(table, each.given, best), now) for owner, each in gathered.items()
    )  # fmt: skip
    scored = tuple(each for each in fresh if not _same(read, year, totals.get(each.total.unit_id), each))
    effects = [
        effect(kept.expect_scores_revision, year, 0 if known is None else known.scores_revision),
        effect(kept.expect_totals, year, tuple((owner, totals.get(owner)) for owner in gathered)),
        effect(kept.save_scores, year, scored),
        effect(kept.keep_only, year, tuple(gathered)),
    ]
    if best != read_leaders(read, year):
        effects.append(effect(kept.save_leaders, year, leader_text(best)))
    return tuple(effects)


def _same(read: Snapshot, year: int, before: Total | None, after: UnitScores) -> bool:
    if before is None or replace(before, updated_at=after.total.updated_at) != after.total:
        return False
    unit_id = before.unit_id
    return kept.group_points(read, year, unit_id) == after.groups and kept.scores(read, year, unit_id) == {
        each.criterion_id: each for each in after.scores
    }


def close(read: Snapshot, year: int, by: str | None, now: int, *, zone: ZoneInfo = HOME) -> tuple[Effect, ...]:
    """Effects that close a year: no more filings, and reports never filed now count."""
    return (effect(kept.close_year, year, by, now), *_whole_year(read, year, now, closing=True, zone=zone))


# Reading ------------------------------------------------------------------------------------------------------------------------


def standings(read: Snapshot, year: int) -> tuple[Row, ...]:
    """Every member of the year as it is listed: by rank, then the postponed, then the annulled. Empty without a scoring table."""
    table = load_table(read, year)
    if table is None:
        return ()
    return tuple(_rows(read, table))


def _rows(read: Snapshot, table: ScoringTable) -> Iterator[Row]:
    year = table.year
    members = {unit.id: unit for unit in units.members(read, year)}
    groups, missing = kept.groups_of_year(read, year), kept.missing(read, year)
    totals = {each.unit_id: each for each in kept.listed(read, year) if each.unit_id in members}
    if len(totals) != len(members):    # a plan was applied and its scores not yet computed: show what they will be
        now = max((each.updated_at for each in totals.values()), default=0)
        gathered = gather(read, table, now)
        best = leaders(table, {owner: each.given for owner, each in gathered.items()})
        scored = {owner: to_kept(table, owner, each, score_unit(table, each.given, best), now) for owner, each in gathered.items()}
        totals = {owner: each.total for owner, each in scored.items()}
        groups = {owner: dict(each.groups) for owner, each in scored.items()}
        missing = {owner: frozenset(s.criterion_id for s in each.scores if s.missing) for owner, each in scored.items()}
    ordered = sorted(
        totals.values(), key=lambda each: listing(each.rank_key, each.exclusion, members[each.unit_id].sort_key, each.unit_id)
    )
    ordered.sort(key=lambda each: each.rank_key or "", reverse=True)
    rank, last = None, None
    for position, each in enumerate(ordered, start=1):
        if each.rank_key != last:
            rank, last = position, each.rank_key
        yield Row(
            rank if each.rank_key is not None else None, each.unit_id, members[each.unit_id].name, groups.get(each.unit_id, {}),
            each.base, each.bonus, each.penalty, each.total, each.late_reports,
            tuple(c.id for c in table.criteria if c.id in missing.get(each.unit_id, ())),
            each.reported, each.verified, cast("Exclusion | None", each.exclusion), each.rank_key, each.updated_at,
        )  # fmt: skip


def csv_rows(read: Snapshot, year: int) -> tuple[tuple[str, ...], ...]:
    """The ranking as cells of a CSV file, header first; an excluded unit keeps its row. Empty without a scoring table."""
    table = load_table(read, year)
    if table is None:
        return ()
    group_ids = [group.id for group in table.groups]
    header = ("rank", "unit_id", *group_ids, "base", "bonus", "penalty", "total", "late_reports", "missing")
    return (
        header,
        *(
            (
                "" if row.rank is None else str(row.rank), row.unit_id, *(_two(row.groups.get(each, 0)) for each in group_ids),
                _two(row.base), text_of(Fraction(row.bonus, SCALE)), text_of(Fraction(row.penalty, SCALE)), _two(row.total),
                str(row.late_reports), "|".join(row.missing),
            )
            for row in _rows(read, table)
        ),
    )  # fmt: skip


def _two(points: int) -> str:
    """Two decimals; a table that rounds finer shows the digits it has."""
    text = text_of(Fraction(points, SCALE))
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits.ljust(2, '0')}"


def is_final(read: Snapshot, year: int) -> bool:
    """Whether the ranking of a year is official now: closed, nothing missing, published since its last change."""
    return still_final(snapshots.last_snapshot(read, year), kept.summary(read, year).updated_at)


def still_final(published: Snapshotted | None, updated_at: int) -> bool:
    """Whether the last published ranking is official, and nothing has changed since."""
    return published is not None and published.final and published.published_at >= updated_at


def publish(read: Snapshot, year: int, by: str | None, now: int) -> tuple[Effect, ...]:
    """Effects that publish the ranking as it stands: as official once the year is closed and nothing is missing, else as provisional."""
    return (*_whole_year(read, year, now), effect(snapshots.publish, year, _would_be_final(read, year), by, now))


def _would_be_final(read: Snapshot, year: int) -> bool:
    known = units.year(read, year)
    return known is not None and known.closed_at is not None and all(not row.missing for row in standings(read, year))


def has_results(read: Snapshot, year: int) -> bool:
    """Whether anything of the year was reported or verified. Without, every unit shares the first rank with what nobody can lose."""
    return kept.summary(read, year).reported > 0


def published_alike(read: Snapshot, year: int, now: int) -> Snapshotted | None:
    """The last published ranking if publishing now would only repeat it; None: there is something new to say."""
    last = snapshots.last_snapshot(read, year)
    if last is None or last.final != _would_be_final(read, year) or not snapshots.unchanged(read, year, last):
        return None
    if last.final and not still_final(last, kept.summary(read, year).updated_at):
        return None     # changed and changed back: it must be published to be official again
    scored = next(each for each in _whole_year(read, year, now) if each.function is kept.save_scores)
    return None if scored.args[1] else last
