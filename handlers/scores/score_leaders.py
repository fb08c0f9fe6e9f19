"""The best units: whose ratio the others are measured against, and what moves when it changes.

Only the criteria that depend on the best unit are looked at, and only units above their plan can move: a cluster of thousands of
communes is brought up to date within one filing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import cast

from handlers.rules.ranking import rank_key
from handlers.rules.scoring import BEST, Entry, Ratio, exclusion_of, ratio, score_criterion
from handlers.rules.table import Criterion, Exclusion, ScoringTable
from handlers.scores.score_inputs import NO_CHANGES, Basis, Changes, Gathered, values_of
from storage import standings as kept
from storage import units
from storage.connection import Snapshot
from storage.standings import Shift, Total


def read_leaders(read: Snapshot, year: int) -> dict[str, Ratio]:
    """criterion id -> the best ratio that the stored scores are measured against."""
    return {
        criterion_id: BEST if denominator == "0" else Fraction(int(numerator), int(denominator))
        for criterion_id, (numerator, denominator) in kept.leaders(read, year).items()
    }


def leader_text(best: Mapping[str, Ratio]) -> dict[str, tuple[str, str]]:
    return {
        name: (str(value.numerator), str(value.denominator)) if isinstance(value, Fraction) else ("1", "0")
        for name, value in best.items()
    }


def new_leaders(
    read: Snapshot,
    table: ScoringTable,
    best: Mapping[str, Ratio],
    before: Mapping[str, Gathered],
    after: Mapping[str, Gathered],
    changed: Changes,
    basis: Basis,
) -> dict[str, Ratio]:
    """The best ratios once these units have changed. All units are looked at only when the best one itself falls back."""
    found = dict(best)
    for criterion in (each for each in table.criteria if each.rule == "ratio_leader"):
        had, has = _best_of(table, criterion, before), _best_of(table, criterion, after)
        if had == has:
            continue
        leader = best.get(criterion.id)
        if has is not None and (leader is None or has >= leader):
            found[criterion.id] = has
        elif had is not None and had == leader:
            taking_part = _ratios(read, table, criterion, changed, basis, without_postponed=True)
            if taking_part:
                found[criterion.id] = max(taking_part.values())
            else:
                del found[criterion.id]
    return found


def _best_of(table: ScoringTable, criterion: Criterion, gathered: Mapping[str, Gathered]) -> Ratio | None:
    ratios = (
        ratio(criterion, each.given.entries.get(criterion.id))
        for each in gathered.values()
        if exclusion_of(table, each.given.adjustments) != "postponed"
    )
    return max((each for each in ratios if each is not None), default=None)


def _ratios(
    read: Snapshot, table: ScoringTable, criterion: Criterion, changed: Changes, basis: Basis, *, without_postponed: bool
) -> dict[str, Ratio]:
    """unit id -> ratio, of the members that have one, with this turn's changes laid over what is stored."""
    members = units.membership_roles(read, table.year)
    postponed = kept.postponed(read, table.year) if without_postponed else frozenset()
    entries: Mapping[str, Entry] = values_of(read, table.year, criterion.id, changed, basis)
    found = {owner: ratio(criterion, entry) for owner, entry in entries.items() if owner in members and owner not in postponed}
    return {owner: each for owner, each in found.items() if each is not None}


def _above_plan(criterion: Criterion, entry: Entry) -> bool:
    """Whether its ratio is above 1, without computing it: for most units of thousands it is not."""
    if entry.actual is None or entry.plan is None or entry.plan <= 0:
        return False
    return entry.actual > entry.plan if criterion.direction == "up" else entry.actual < entry.plan


def shifted(
    read: Snapshot, table: ScoringTable, best: Mapping[str, Ratio], moved: Mapping[str, Ratio], scored: frozenset[str], now: int
) -> tuple[Shift, ...]:
    """What moves in the scores of all units but ``scored`` (which are computed anew) when the best ratios become ``moved``."""
    changing = [each for each in table.criteria if best.get(each.id) != moved.get(each.id)]
    if not changing:
        return ()
    members = units.membership_roles(read, table.year)
    points: dict[str, dict[str, int]] = {}
    gained: dict[str, dict[str, int]] = {}
    for criterion in changing:
        group = table.group_of(criterion.id)
        stored = kept.points_of_criterion(read, table.year, criterion.id)
        for owner, entry in values_of(read, table.year, criterion.id, NO_CHANGES, "self").items():
            if owner in scored or group is None or owner not in stored or owner not in members or not _above_plan(criterion, entry):
                continue
            reached = score_criterion(criterion, entry, moved.get(criterion.id), table.decimals).stored
            if reached != stored[owner]:
                points.setdefault(owner, {})[criterion.id] = reached
                of_unit = gained.setdefault(owner, {})
                of_unit[group.id] = of_unit.get(group.id, 0) + reached - stored[owner]
    totals, groups = kept.totals_of_year(read, table.year), kept.groups_of_year(read, table.year)
    return tuple(
        _shift(table, totals[owner], groups[owner], reached, gained[owner], now) for owner, reached in points.items() if owner in totals
    )


def _shift(
    table: ScoringTable, before: Total, groups: Mapping[str, int], points: Mapping[str, int], gained: Mapping[str, int], now: int
) -> Shift:
    """A unit's new total, reckoned once however many criteria moved; ``gained``: group id -> points more (or fewer)."""
    moved = {name: groups[name] + difference for name, difference in gained.items()}
    difference = sum(gained.values())
    total = before.total + difference
    key = rank_key(table, total, {**groups, **moved}, before.late_reports, cast("Exclusion | None", before.exclusion))
    return Shift(before, replace(before, base=before.base + difference, total=total, rank_key=key, updated_at=now), points, moved)
