"""Results of a year from CSV files: plan, actual and events per unit and criterion, and adjustments; told apart by their header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bot.plan import values
from bot.plan.findings import Findings
from bot.plan.keys import REMARKS, Keys, nearest
from bot.plan.sources import CsvFile, Row, checked, open_csv
from bot.plan.values import BadValue
from handlers.kit.message import Message, Number, m
from handlers.rules.doubts import doubts
from handlers.rules.scoring import Entry
from handlers.rules.table import Criterion, ScoringTable
from storage.scoring_tables import StoredAdjustment

VALUE_COLUMNS = ("unit_id", "criterion_id", "plan", "actual", "events")
ADJUSTMENT_COLUMNS = ("unit_id", "item_id", "count")
VALUES = Keys((*VALUE_COLUMNS, "year"), REMARKS)
ADJUSTMENTS = Keys((*ADJUSTMENT_COLUMNS, "from", "to", "reason", "year"), REMARKS)
STEP = Decimal("0.25")
_YES_NO = {"đạt": "1", "có": "1", "không đạt": "0", "không": "0"}


@dataclass(frozen=True, slots=True)
class Results:
    """What the files bring: unit id -> criterion id -> entry, and adjustments. A plan equal to the target is left to the target."""

    entries: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    adjustments: tuple[StoredAdjustment, ...] = ()

    @property
    def count(self) -> int:
        return sum(len(each) for each in self.entries.values())


@dataclass(frozen=True, slots=True)
class Known:
    """What rows may name. ``members``: the units of the year; ``units``: every unit; ``targets``: (unit id, item id) -> plan."""

    table: ScoringTable
    members: frozenset[str]
    units: frozenset[str]
    targets: Mapping[tuple[str, str], str]
    basis: str


class Reader:
    """Reads several files into one `Results`; every fault is a finding at its line."""

    def __init__(self, known: Known, findings: Findings) -> None:
        self.known = known
        self.findings = findings
        self._entries: dict[str, dict[str, Entry]] = {}
        self._adjustments: dict[tuple[str, str], StoredAdjustment] = {}
        self.places: dict[tuple[str, str], tuple[str, int]] = {}
        """Where a unit's criterion or item stands: file and line."""

    def results(self) -> Results:
        return Results(self._entries, tuple(self._adjustments.values()))

    def read(self, path: Path, name: str) -> None:
        """Read one file. ``name``: how findings call it."""
        file = open_csv(path, name, self.findings)
        if file is None:
            return
        told = [sum(nearest(column, file.columns) is not None for column in own) for own in (VALUE_COLUMNS[1:], ADJUSTMENT_COLUMNS[1:])]
        if not any(told):
            self.findings.error(
                name, file.header_line,
                m("expected the columns {values} or {adjustments}", values=VALUE_COLUMNS, adjustments=ADJUSTMENT_COLUMNS),
            )  # fmt: skip
            return
        if told[0] >= told[1]:
            kind, whole = self._value, checked(file, self.findings, VALUES, VALUE_COLUMNS)
        else:
            kind, whole = self._adjustment, checked(file, self.findings, ADJUSTMENTS, ADJUSTMENT_COLUMNS)
        for row in () if whole is None else whole.rows:
            try:
                kind(row, file)
            except BadValue as error:
                self.findings.error(name, row.line, error.message)

    def _member(self, row: Row) -> str:
        unit_id, year = values.identifier(row["unit_id"]), self.known.table.year
        if unit_id not in self.known.units:
            raise BadValue(m("unit {id} is not known", id=unit_id))
        if unit_id not in self.known.members:
            raise BadValue(m("{unit} is not a member of the cluster in {year}", unit=unit_id, year=str(year)))
        if row["year"] and row["year"] != str(year):
            raise BadValue(m("the row is of {other}, not of {year}", other=row["year"], year=str(year)))
        return unit_id

    def _once(self, row: Row, file: CsvFile, unit_id: str, item_id: str) -> None:
        first = self.places.setdefault((unit_id, item_id), (file.name, row.line))
        if first != (file.name, row.line):
            place = f"{first[0]}:{first[1]}"
            raise BadValue(m("{unit} {item} stands there twice (first in {place})", unit=unit_id, item=item_id, place=place))

    def _value(self, row: Row, file: CsvFile) -> None:
        unit_id = self._member(row)
        criterion = self.known.table.criterion(row["criterion_id"])
        if criterion is None:
            raise BadValue(
                m("criterion {id} is not in the table of {year}", id=row["criterion_id"] or '""', year=str(self.known.table.year))
            )
        self._once(row, file, unit_id, criterion.id)
        plan = self._number(row["plan"], file)
        target = self.known.targets.get((unit_id, criterion.id))
        if plan is not None and target is not None and Decimal(target) == plan:
            plan = None
        text = row["actual"]
        if criterion.rule == "boolean":
            text = _YES_NO.get(text.lower(), text)
        actual = self._number(text, file)
        if actual is not None:
            _check_actual(criterion, actual)
        if criterion.rule == "deduction" and actual is not None and (actual != 0 or row["events"]):
            example = f"{criterion.events[0].code}={actual:f}" if criterion.events else ""
            raise BadValue(m("{id}: the column actual stays empty; events are written like {example}", id=criterion.id, example=example))
        entry = Entry(plan, actual, _events(criterion, row["events"]))
        planned = plan if plan is not None else None if target is None else Decimal(target)
        for doubt in _doubts(criterion, entry, planned):
            self.findings.warn(file.name, row.line, m("{what}: {text}", what=criterion.id, text=doubt))
        self._entries.setdefault(unit_id, {})[criterion.id] = entry

    def _number(self, text: str, file: CsvFile) -> Decimal | None:
        return Decimal(values.number(text, semicolons=file.semicolons)) if text else None

    def _adjustment(self, row: Row, file: CsvFile) -> None:
        unit_id = self._member(row)
        item = self.known.table.item(row["item_id"])
        if item is None:
            raise BadValue(
                m("item {id} is not in the table of {year}", id=row["item_id"] or '""', year=str(self.known.table.year))
            )
        self._once(row, file, unit_id, item.id)
        first, last = (values.day(row[column]) if row[column] else None for column in ("from", "to"))
        if first is not None and last is not None and last < first:
            raise BadValue(m("the adjustment ends before it begins"))
        count = values.whole(row["count"])
        if item.kind == "exclusion" and count > 1:
            self.findings.warn(file.name, row.line, m("{id}: an exclusion holds (1) or does not (0); {count} is taken for 1", id=item.id,
                                                      count=count))
        self._adjustments[unit_id, item.id] = StoredAdjustment(
            unit_id, item.id, self.known.basis, count, first, last, row["reason"] or None
        )


def _check_actual(criterion: Criterion, actual: Decimal) -> None:
    """Raises BadValue for an actual that the criterion's rule cannot have."""
    name, given = criterion.id, Number(actual)
    if criterion.rule == "manual":
        most = Decimal(criterion.max.numerator) / Decimal(criterion.max.denominator)
        if not 0 <= actual <= most:
            raise BadValue(m("{id}: {actual} points, but 0 to {max} can be given", id=name, actual=given, max=Number(most)))
        if actual % STEP != 0:
            raise BadValue(m("{id}: {actual} points is not a step of 0.25", id=name, actual=given))
    elif criterion.rule == "boolean" and actual not in (0, 1):
        raise BadValue(m("{id}: expected 1 (reached) or 0 (not reached), not {actual}", id=name, actual=given))
    elif (criterion.rule == "count" or criterion.ranks) and (actual != actual.to_integral_value() or actual < int(criterion.ranks)):
        raise BadValue(m("{id}: {actual} is not a whole number from {least}", id=name, actual=given, least=int(criterion.ranks)))


def _doubts(criterion: Criterion, entry: Entry, plan: Decimal | None) -> Iterator[Message]:
    """What is readable in a row but hardly true, or gives no points where some would be expected."""
    share = Decimal(100) if criterion.unit == "%" else None
    if entry.plan is not None:
        for doubt in doubts(entry.plan, last=None, low=None, high=share, limit=None, unit=criterion.unit, decimals=criterion.decimals):
            yield m("plan: {text}", text=doubt)
    if criterion.planned and plan is not None and plan <= 0:
        yield m("with a plan of 0 or less there is no score")
    if entry.actual is None or criterion.rule in ("manual", "boolean", "count", "deduction"):
        return
    if criterion.ranks:
        last = max(tier.max_rank for tier in criterion.tiers if tier.max_rank is not None)
        if entry.actual > last:
            rank = Number(entry.actual)
            yield m("rank {actual} lies behind the last tier, which ends at {last}: no points", actual=rank, last=Number(last))
        return
    ahead = plan if criterion.planned and plan is not None and plan > 0 else None
    yield from doubts(
        entry.actual, last=None, low=None, high=share, limit=None, unit=criterion.unit, decimals=criterion.decimals, plan=ahead
    )


def _events(criterion: Criterion, text: str) -> Mapping[str, int] | None:
    """Counts by event code. Where the rule has events, one that is not named is 0."""
    if criterion.rule != "deduction":
        if text:
            raise BadValue(m("{id}: the rule of this criterion has no events", id=criterion.id))
        return None
    counts = {event.code: 0 for event in criterion.events}
    named: set[str] = set()
    for part in filter(None, (each.strip() for each in text.split("|"))):
        code, sign, count = (each.strip() for each in part.partition("="))
        if not sign:
            raise BadValue(m("events are written like code=2|other=1, not {text}", text=part[:40]))
        if code not in counts:
            raise BadValue(m("{id} has no event {code}; it has {codes}", id=criterion.id, code=code[:40], codes=tuple(counts)))
        if code in named:
            raise BadValue(m("{id}: event {code} stands there twice", id=criterion.id, code=code))
        named.add(code)
        counts[code] = values.whole(count)
    return counts
