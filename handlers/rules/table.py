"""A year's scoring table: groups of criteria with their rules, bonus and penalty items, exclusions, and the order of the ranking.

It is data (the plan's ``criteria.yaml``); nothing in the program knows a criterion by name. Points are exact fractions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from handlers.kit.message import Message, Number, m

Rule = Literal["ratio", "ratio_leader", "tiers", "boolean", "count", "deduction", "manual"]
Direction = Literal["up", "down"]
Exclusion = Literal["annulled", "postponed", "ranked_last", "ranked_without_award"]
ItemKind = Literal["bonus", "penalty", "exclusion"]

RULES: tuple[Rule, ...] = get_args(Rule)
EXCLUSIONS: tuple[Exclusion, ...] = get_args(Exclusion)
"""The gravest first: of several that hold for a unit, the first one counts."""

PLANNED: frozenset[Rule] = frozenset({"ratio", "ratio_leader"})
"""The rules that compare with a plan figure."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of a criterion: ``score`` points from ``min`` upwards, or up to the national rank ``max_rank``."""

    score: Fraction
    min: Fraction | None = None
    max_rank: Fraction | None = None

    def holds(self, actual: Fraction) -> bool:
        if self.max_rank is not None:
            return actual <= self.max_rank
        return self.min is not None and actual >= self.min


@dataclass(frozen=True, slots=True)
class Event:
    """Something that costs ``points`` each time. Counted from the year's filings when ``late_from``/``late_to`` (days late, both
    included; no upper end: None) or ``missing`` (never filed) is given; then it is shown and never asked."""

    code: str
    name: str
    points: Fraction
    late_from: int | None = None
    late_to: int | None = None
    missing: bool = False

    @property
    def counted(self) -> bool:
        """Whether the bot counts it itself."""
        return self.missing or self.late_from is not None or self.late_to is not None

    def covers(self, days_late: int) -> bool:
        """Whether a report filed so many days late is one of these."""
        if self.late_from is None and self.late_to is None:
            return False
        return (self.late_from or 1) <= days_late and (self.late_to is None or days_late <= self.late_to)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the table. ``max`` points; ``direction`` down: less is better, every ratio is turned round.

    ``per_item``: points of one counted item. ``floor``: the least a deduction leaves. ``decimals``: digits its actual is entered with.
    """

    id: str
    name: str
    max: Fraction
    unit: str
    rule: Rule
    direction: Direction = "up"
    tiers: tuple[Tier, ...] = ()
    per_item: Fraction | None = None
    floor: Fraction = Fraction(0)
    events: tuple[Event, ...] = ()
    decimals: int = 2
    note: str = ""

    @property
    def planned(self) -> bool:
        """Whether its score needs a plan figure."""
        return self.rule in PLANNED

    @property
    def computed(self) -> bool:
        """Whether the bot knows its figure by itself: every event is counted from the filings."""
        return self.rule == "deduction" and bool(self.events) and all(event.counted for event in self.events)

    @property
    def asked_events(self) -> tuple[Event, ...]:
        """The events whose number an officer is asked for."""
        return tuple(event for event in self.events if not event.counted)

    @property
    def ranks(self) -> bool:
        """Whether its actual is a rank (1 is the best)."""
        return any(tier.max_rank is not None for tier in self.tiers)


@dataclass(frozen=True, slots=True)
class Group:
    """A standard of the table with its criteria; ``max`` is the sum of theirs."""

    id: str
    name: str
    max: Fraction
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class AdjustmentItem:
    """A bonus or penalty item (``per_item`` points each, at most ``cap``), or an exclusion."""

    id: str
    kind: ItemKind
    name: str
    per_item: Fraction | None = None
    cap: Fraction | None = None
    exclusion: Exclusion | None = None


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One step of the ranking's order: ``total``, ``group`` (with its id) or ``late_reports``."""

    what: Literal["total", "group", "late_reports"]
    group_id: str = ""
    descending: bool = True

    def __str__(self) -> str:
        name = f"group {self.group_id}" if self.what == "group" else self.what
        return f"{name} {'desc' if self.descending else 'asc'}"


def parse_order(text: str) -> OrderKey:
    """``total desc``, ``group I desc``, ``late_reports asc``; without a direction: ``desc``, for late reports ``asc``.

    Raises ValueError for anything else.
    """
    words = text.split()
    direction = words.pop() if words and words[-1] in ("asc", "desc") else None
    match words:
        case ["total"]:
            return OrderKey("total", descending=direction != "asc")
        case ["group", group_id]:
            return OrderKey("group", group_id, descending=direction != "asc")
        case ["late_reports"]:
            return OrderKey("late_reports", descending=direction == "desc")
    raise ValueError(f"not an order of ranking: {text!r}")


DEFAULT_ORDER = (OrderKey("total"),)


@dataclass(frozen=True, slots=True)
class ScoringTable:
    """The table of one emulation year. ``decimals``: digits each criterion's score is rounded to, once, half up.

    ``late_reports``: codes of the events that count as a late report in the order of the ranking.
    """

    year: int
    name: str
    max_total: Fraction
    groups: tuple[Group, ...]
    items: tuple[AdjustmentItem, ...] = ()
    decimals: int = 2
    bonus_cap: Fraction | None = None
    order: tuple[OrderKey, ...] = DEFAULT_ORDER
    late_reports: tuple[str, ...] = ()
    version: int = 1

    @property
    def criteria(self) -> Iterator[Criterion]:
        """Every criterion in the table's order."""
        return (criterion for group in self.groups for criterion in group.criteria)

    def criterion(self, criterion_id: str) -> Criterion | None:
        return next((each for each in self.criteria if each.id == criterion_id), None)

    def group(self, group_id: str) -> Group | None:
        return next((each for each in self.groups if each.id == group_id), None)

    def group_of(self, criterion_id: str) -> Group | None:
        return next((group for group in self.groups if any(each.id == criterion_id for each in group.criteria)), None)

    def item(self, item_id: str) -> AdjustmentItem | None:
        return next((each for each in self.items if each.id == item_id), None)


def entry_decimals(rule: str, unit: str, ranks: bool = False) -> int:
    """Digits an actual is entered with when the table does not say: none for counts, ranks and yes/no, else two."""
    return 0 if ranks or rule in ("boolean", "count") or unit in ("hạng", "đạt/không") else 2


def problems(table: ScoringTable) -> tuple[Message, ...]:
    """Everything that makes the table unusable, in its order; empty for a sound one."""
    return (*_sums(table), *_names(table), *(found for each in table.criteria for found in _rule(each)), *_order(table))


def _sums(table: ScoringTable) -> Iterator[Message]:
    for group in table.groups:
        points = sum((each.max for each in group.criteria), Fraction(0))
        if points != group.max:
            yield m(
                "Group {group}: its criteria add up to {sum} points, not {max}", group=group.id, sum=Number(points), max=Number(group.max)
            )
    total = sum((group.max for group in table.groups), Fraction(0))
    if total != table.max_total:
        yield m("The groups add up to {sum} points, not {max}", sum=Number(total), max=Number(table.max_total))


def _names(table: ScoringTable) -> Iterator[Message]:
    ids: Sequence[str] = [
        *(group.id for group in table.groups), *(each.id for each in table.criteria), *(item.id for item in table.items)
    ]  # fmt: skip
    for name, count in Counter(ids).items():
        if count > 1:
            yield m("{id} stands in the table {count} times", id=name, count=count)
    for criterion in table.criteria:
        for code, count in Counter(event.code for event in criterion.events).items():
            if count > 1:
                yield m("{criterion}: event {code} stands there {count} times", criterion=criterion.id, code=code, count=count)


def _rule(criterion: Criterion) -> Iterator[Message]:
    if criterion.max < 0 or (criterion.max == 0 and criterion.rule != "manual"):
        yield m("{criterion}: the maximum must be above 0", criterion=criterion.id)
    match criterion.rule:
        case "tiers":
            if not criterion.tiers:
                yield m("{criterion}: the rule needs tiers", criterion=criterion.id)
            yield from _tiers(criterion)
        case "count":
            if criterion.per_item is None or criterion.per_item <= 0:
                yield m("{criterion}: the rule needs per_item above 0", criterion=criterion.id)
        case "deduction":
            if not criterion.events:
                yield m("{criterion}: the rule needs events", criterion=criterion.id)
            if criterion.floor > criterion.max:
                yield m("{criterion}: the floor is above the maximum", criterion=criterion.id)


def _tiers(criterion: Criterion) -> Iterator[Message]:
    name = criterion.id
    if len({tier.max_rank is None for tier in criterion.tiers}) > 1:
        yield m("{criterion}: tiers with min and tiers with max_rank do not go together", criterion=name)
    for number, tier in enumerate(criterion.tiers, start=1):
        if not 0 <= tier.score <= criterion.max:
            yield m("{criterion}: tier {number} gives {score} points, but 0 to {max} can be given", criterion=name, number=number,
                    score=Number(tier.score), max=Number(criterion.max))
        if (tier.min is None) == (tier.max_rank is None):
            yield m("{criterion}: tier {number} needs either min or max_rank", criterion=name, number=number)
        for place, earlier in enumerate(criterion.tiers[: number - 1], start=1):
            if _within(tier, earlier):
                yield m("{criterion}: tier {number} is never reached, since tier {earlier} already holds", criterion=name, number=number,
                        earlier=place)
                break


def _within(tier: Tier, earlier: Tier) -> bool:
    """Whether whatever reaches a tier has reached an earlier one."""
    if tier.min is not None and earlier.min is not None:
        return tier.min >= earlier.min
    return tier.max_rank is not None and earlier.max_rank is not None and tier.max_rank <= earlier.max_rank


def _order(table: ScoringTable) -> Iterator[Message]:
    codes = {event.code for criterion in table.criteria for event in criterion.events}
    for key in table.order:
        if key.what == "group" and table.group(key.group_id) is None:
            yield m("The order of the ranking names group {group}, which the table does not have", group=key.group_id)
    for code in table.late_reports:
        if code not in codes:
            yield m("late_reports names the event {code}, which no criterion has", code=code)
    for item in table.items:
        if item.kind == "exclusion" and item.exclusion is None:
            yield m("{id}: an exclusion needs its kind", id=item.id)
        if item.kind != "exclusion" and item.per_item is None:
            yield m("{id}: a bonus or penalty item needs per_item", id=item.id)
