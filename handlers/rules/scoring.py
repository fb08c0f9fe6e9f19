"""Points from figures: the seven rule kinds, bonus, penalty and exclusions of a year's scoring table.

Exact fractions throughout, rounded once per criterion, half up. The rules are those of the table (``rule_kinds`` in its file); where a
formula depends on the best unit of the cluster, that unit's ratio is handed in (`leaders`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from handlers.rules.table import EXCLUSIONS, Criterion, Exclusion, ScoringTable

SCALE = 10_000
"""Points are stored as integers in ten-thousandths."""

Ratio = Fraction | float
"""An exact ratio of actual to plan; the one float is `BEST`."""

BEST = math.inf
"""The ratio of an actual of 0 where less is better: nothing is better."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a criterion is scored from. ``plan`` None: the target stands (none at all: missing). ``actual`` None: not known yet.

    ``events``: code -> count; a code that is not named is 0. None for a rule with events: not known yet.
    """

    plan: Decimal | None = None
    actual: Decimal | None = None
    events: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class UnitInput:
    """All that one unit's year is scored from.

    ``entries``: criterion id -> entry (targets filled in). ``adjustments``: item id -> count, those in force. ``filings``: days late of
    each report's first filing. ``not_filed``: reports never filed, counted only once the year is closed.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    adjustments: Mapping[str, int] = field(default_factory=dict)
    filings: tuple[int, ...] = ()
    not_filed: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """Points of one criterion. ``missing``: it has no value yet and counts 0 for now. ``stored``: the points as `to_stored` gives them."""

    points: Fraction
    missing: bool = False
    stored: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stored", to_stored(self.points))


@dataclass(frozen=True, slots=True)
class UnitScore:
    """The score of a unit's year; ``missing`` names the criteria without a value, in the table's order."""

    scores: Mapping[str, Score]
    groups: Mapping[str, Fraction]
    base: Fraction
    bonus: Fraction
    penalty: Fraction
    late_reports: int
    missing: tuple[str, ...]
    exclusion: Exclusion | None = None

    @property
    def total(self) -> Fraction:
        return self.base + self.bonus - self.penalty


def round_half_up(value: Fraction, decimals: int) -> Fraction:
    """Rounded to so many decimals, a half away from zero."""
    scale: int = 10**decimals
    return value if scale % value.denominator == 0 else Fraction(_scaled(value, scale), scale)


def to_stored(points: Fraction) -> int:
    """Points as storage keeps them; finer than a ten-thousandth is rounded half up."""
    return _scaled(points, SCALE)


def _scaled(value: Fraction, scale: int) -> int:
    """The value times ``scale``, as the nearest integer, a half away from zero."""
    if scale % value.denominator == 0:
        return value.numerator * (scale // value.denominator)
    whole = (2 * abs(value.numerator) * scale + value.denominator) // (2 * value.denominator)
    return whole if value.numerator >= 0 else -whole


def ratio(criterion: Criterion, entry: Entry | None) -> Ratio | None:
    """Actual to plan (plan to actual where less is better), or None when one is missing or the plan is 0.

    A plan below 0 is taken as 0: a ratio to it would reward the worse result. We decided this, the tables are silent.
    """
    if entry is None or entry.actual is None or entry.plan is None or entry.plan <= 0:
        return None
    if criterion.direction == "up":
        return _divided(entry.actual, entry.plan)
    return BEST if entry.actual <= 0 else _divided(entry.plan, entry.actual)


@lru_cache(maxsize=4_096)
def _divided(one: Decimal, other: Decimal) -> Fraction:
    """Exact. A turn asks for the same ratios several times: before and after the change, for the best unit and for the points."""
    above, below = one.as_integer_ratio()
    times, by = other.as_integer_ratio()
    return Fraction(above * by, below * times)


def is_missing(criterion: Criterion, entry: Entry | None) -> bool:
    """Whether the criterion has no value yet: no entry, no actual, or no plan where the rule needs one."""
    if entry is None:
        return True
    if criterion.rule == "deduction":
        return entry.events is None
    if criterion.planned:
        return ratio(criterion, entry) is None
    return entry.actual is None


def exact_points(criterion: Criterion, entry: Entry | None, leader: Ratio | None = None) -> Fraction | None:
    """The criterion's points before rounding, from 0 to its maximum; None when it has no value yet.

    ``leader``: the best ratio of the cluster, for the rule that depends on it.
    """
    if entry is None:
        return None
    if criterion.rule == "deduction":
        return None if entry.events is None else max(criterion.floor, criterion.max - deducted(criterion, entry.events))
    if criterion.planned:
        found = ratio(criterion, entry)
        points = None if found is None else _of_ratio(criterion, found, leader)
    else:
        points = None if entry.actual is None else _of_actual(criterion, Fraction(entry.actual))
    return None if points is None else max(Fraction(0), min(criterion.max, points))


def deducted(criterion: Criterion, events: Mapping[str, int]) -> Fraction:
    """The points that the events cost, before the floor."""
    return sum((event.points * events.get(event.code, 0) for event in criterion.events), Fraction(0))


def _of_ratio(criterion: Criterion, found: Ratio, leader: Ratio | None) -> Fraction:
    half = criterion.max / 2
    if not isinstance(found, Fraction):
        return criterion.max
    if criterion.rule == "ratio":
        return criterion.max * min(Fraction(1), found)
    if found <= 1:
        return half * found
    if leader is None or found >= leader:
        return criterion.max    # the best unit; or better than it, while its own case is postponed
    if not isinstance(leader, Fraction):
        return half             # measured against a perfect unit every finite excess is nothing
    return half + half * (found - 1) / (leader - 1)


def _of_actual(criterion: Criterion, actual: Fraction) -> Fraction:
    match criterion.rule:
        case "tiers":
            return next((tier.score for tier in criterion.tiers if tier.holds(actual)), Fraction(0))
        case "boolean":
            return criterion.max if actual > 0 else Fraction(0)
        case "count":
            return actual * (criterion.per_item or 0)
    return actual


def score_criterion(criterion: Criterion, entry: Entry | None, leader: Ratio | None, decimals: int) -> Score:
    """The criterion's points, rounded once."""
    if criterion.planned:
        return _score_of_ratio(criterion, entry, leader, decimals)
    points = exact_points(criterion, entry, leader)
    return MISSING if points is None else _rounded(points, decimals)


MISSING = Score(Fraction(0), missing=True)


def _score_of_ratio(criterion: Criterion, entry: Entry | None, leader: Ratio | None, decimals: int) -> Score:
    """`exact_points` and `round_half_up` of the two rules that most criteria of thousands of units have, in whole numbers: no fraction
    is brought to its lowest terms on the way."""
    if entry is None or entry.actual is None or entry.plan is None or entry.plan <= 0:
        return MISSING
    above, below = entry.actual.as_integer_ratio()
    times, by = entry.plan.as_integer_ratio()
    above, below = above * by, below * times
    if criterion.direction == "down":
        if above <= 0:
            return _rounded(criterion.max, decimals)
        above, below = below, above
    if above <= 0:
        return _score(0, 1)
    points, parts = criterion.max.numerator * above, criterion.max.denominator * below
    if criterion.rule == "ratio":
        if above >= below:
            return _rounded(criterion.max, decimals)
    elif above <= below:
        parts *= 2
    elif leader is None or (isinstance(leader, Fraction) and above * leader.denominator >= leader.numerator * below):
        return _rounded(criterion.max, decimals)
    elif not isinstance(leader, Fraction):
        points, parts = criterion.max.numerator, criterion.max.denominator * 2
    else:
        ahead = leader.numerator - leader.denominator
        points = criterion.max.numerator * (below * ahead + (above - below) * leader.denominator)
        parts = criterion.max.denominator * 2 * below * ahead
    scale: int = 10**decimals
    return _score((2 * points * scale + parts) // (2 * parts), scale)


def _rounded(points: Fraction, decimals: int) -> Score:
    scale: int = 10**decimals
    return _score(_scaled(points, scale), scale)


@lru_cache(maxsize=16_384)
def _score(points: int, scale: int) -> Score:
    """Points in units of their last decimal: those of thousands of units are often the same."""
    return Score(Fraction(points, scale))


def effective_entry(criterion: Criterion, entry: Entry | None, filings: Iterable[int], not_filed: int) -> Entry | None:
    """The entry with the events that the bot counts itself filled in from the year's filings; a value that was given wins.

    Where one counted event of the criterion was given, those not named beside it are 0.
    """
    if criterion.rule != "deduction":
        return entry
    counted = [event for event in criterion.events if event.counted]
    if not counted:
        return entry
    given = {} if entry is None or entry.events is None else entry.events
    if any(event.code in given for event in counted):
        return entry
    if criterion.asked_events and (entry is None or entry.events is None):
        return entry
    days = tuple(filings)
    computed = {
        event.code: sum(event.covers(late) for late in days) + (not_filed if event.missing else 0) for event in counted
    }  # fmt: skip
    return replace(entry or Entry(), events={**given, **computed})


def effective_entries(table: ScoringTable, given: UnitInput) -> dict[str, Entry | None]:
    """criterion id -> what it is scored from, of every criterion of the table."""
    return {
        each.id: effective_entry(each, given.entries.get(each.id), given.filings, given.not_filed) for each in table.criteria
    }  # fmt: skip


def exclusion_of(table: ScoringTable, adjustments: Mapping[str, int]) -> Exclusion | None:
    """The gravest exclusion among a unit's adjustments."""
    found = {item.exclusion for item in table.items if item.exclusion is not None and adjustments.get(item.id, 0) > 0}
    return next((each for each in EXCLUSIONS if each in found), None)


def leaders(table: ScoringTable, units: Mapping[str, UnitInput]) -> dict[str, Ratio]:
    """criterion id -> the best ratio, over the units that have one and are not postponed; only where the rule asks for it."""
    taking_part = [given for given in units.values() if exclusion_of(table, given.adjustments) != "postponed"]
    best: dict[str, Ratio] = {}
    for criterion in table.criteria:
        if criterion.rule == "ratio_leader":
            found = [each for each in (ratio(criterion, given.entries.get(criterion.id)) for given in taking_part) if each is not None]
            if found:
                best[criterion.id] = max(found)
    return best


def adjusted(table: ScoringTable, adjustments: Mapping[str, int]) -> tuple[Fraction, Fraction]:
    """Bonus and penalty points: each item up to its cap, the bonus as a whole up to the table's."""
    sums = {"bonus": Fraction(0), "penalty": Fraction(0), "exclusion": Fraction(0)}
    for item in table.items:
        points = (item.per_item or Fraction(0)) * adjustments.get(item.id, 0)
        sums[item.kind] += points if item.cap is None else min(points, item.cap)
    bonus = sums["bonus"]
    return (bonus if table.bonus_cap is None else min(bonus, table.bonus_cap)), sums["penalty"]


def score_unit(table: ScoringTable, given: UnitInput, best: Mapping[str, Ratio]) -> UnitScore:
    """The score of one unit, measured against the best ratios ``best`` (see `leaders`)."""
    entries = effective_entries(table, given)
    scores = {each.id: score_criterion(each, entries[each.id], best.get(each.id), table.decimals) for each in table.criteria}
    # No table rounds finer than points are stored (four decimals): their sum in stored points is exact.
    groups = {group.id: Fraction(sum(scores[each.id].stored for each in group.criteria), SCALE) for group in table.groups}
    bonus, penalty = adjusted(table, given.adjustments)
    late = sum(
        entry.events.get(event.code, 0)
        for each in table.criteria
        for event in each.events
        if event.code in table.late_reports and (entry := entries[each.id]) is not None and entry.events is not None
    )
    return UnitScore(
        scores, groups, sum(groups.values(), Fraction(0)), bonus, penalty, late,
        tuple(each.id for each in table.criteria if scores[each.id].missing), exclusion_of(table, given.adjustments),
    )  # fmt: skip


def score_year(table: ScoringTable, units: Mapping[str, UnitInput]) -> dict[str, UnitScore]:
    """unit id -> score, of all members of a year."""
    best = leaders(table, units)
    return {unit_id: score_unit(table, given, best) for unit_id, given in units.items()}
