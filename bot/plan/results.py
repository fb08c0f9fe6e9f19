"""Results of a year from CSV files: plan, actual and events per unit and criterion, and adjustments; told apart by their header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bot.plan import values
from bot.plan.findings import Findings
from bot.plan.sources import CsvFile, Row, read_csv
from bot.plan.values import BadValue
from handlers.kit.message import Number, m
from handlers.rules.scoring import Entry
from handlers.rules.table import Criterion, ScoringTable
from storage.scoring_tables import StoredAdjustment

VALUE_COLUMNS = ("unit_id", "criterion_id", "plan", "actual", "events")
ADJUSTMENT_COLUMNS = ("unit_id", "item_id", "count")
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
        self._places: dict[tuple[str, str], str] = {}

    def results(self) -> Results:
        return Results(self._entries, tuple(self._adjustments.values()))

    def read(self, path: Path, name: str) -> None:
        """Read one file. ``name``: how findings call it."""
        file = read_csv(path, name, self.findings)
        if file is None:
            return
        if {"unit_id", "criterion_id"} <= set(file.columns):
            kind = self._value
            wanted: tuple[str, ...] = VALUE_COLUMNS
        elif set(ADJUSTMENT_COLUMNS) <= set(file.columns):
            kind, wanted = self._adjustment, ADJUSTMENT_COLUMNS
        else:
            self.findings.error(
                name, file.header_line,
                m("expected the columns {values} or {adjustments}", values=VALUE_COLUMNS, adjustments=ADJUSTMENT_COLUMNS),
            )  # fmt: skip
            return
        missing = [column for column in wanted if column not in file.columns]
        for column in missing:
            self.findings.error(name, file.header_line, m("the column {column} is missing", column=column))
        if missing:
            return
        for row in file.rows:
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
        place = f"{file.name}:{row.line}"
        first = self._places.setdefault((unit_id, item_id), place)
        if first != place:
            raise BadValue(m("{unit} {item} stands there twice (first in {place})", unit=unit_id, item=item_id, place=first))

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
        self._entries.setdefault(unit_id, {})[criterion.id] = Entry(plan, actual, _events(criterion, row["events"]))

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
        self._adjustments[unit_id, item.id] = StoredAdjustment(
            unit_id, item.id, self.known.basis, values.whole(row["count"]), first, last, row["reason"] or None
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
