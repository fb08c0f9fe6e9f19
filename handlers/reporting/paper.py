"""The paper to be filled: the items of a form for one unit, year and period, with the figures of the period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from handlers.kit.message import Message, Number, Value, m, verbatim
from handlers.reporting.items import PLAN, ReportItem, items_of, plan_of
from handlers.rules.periods import previous
from handlers.rules.text import clip
from handlers.scores.standing import load_table
from storage import calendar, reports, targets
from storage.calendar import Form
from storage.connection import Snapshot


@dataclass(frozen=True, slots=True)
class Last:
    """An item's figure of an earlier period."""

    value: Decimal
    period: str
    year: int


@dataclass(frozen=True, slots=True)
class Paper:
    """What is asked (``items``, in order) and the last figures by item id."""

    form: Form
    unit_id: str
    year: int
    period: str
    items: tuple[ReportItem, ...]
    last: Mapping[str, Last]

    def item(self, item_id: str) -> ReportItem | None:
        """The item of that id; of a criterion also the item that changes its plan."""
        found = next((each for each in self.items if each.id == item_id), None)
        if found is None and item_id.endswith(PLAN):
            actual = next((each for each in self.items if each.id == item_id.removesuffix(PLAN) and each.kind == "figure"), None)
            return None if actual is None or not actual.criterion else plan_of(actual)
        return found

    @property
    def figures(self) -> tuple[ReportItem, ...]:
        return tuple(each for each in self.items if each.numeric)

    @property
    def scored(self) -> bool:
        """Whether what it asks is scored by the year's table."""
        return any(each.criterion and each.kind != "plan" for each in self.items)


def load_paper(read: Snapshot, form_id: str, year: int, period: str, unit_id: str) -> Paper:
    """The paper of a form, with last figures. A form that is not planned any more asks for files alone."""
    form = calendar.form(read, form_id) or Form(form_id, form_id, ())
    items = items_of(read, form, year, unit_id)
    return Paper(form, unit_id, year, period, items, _last(read, unit_id, year, period, items))


def _last(read: Snapshot, unit_id: str, year: int, period: str, items: tuple[ReportItem, ...]) -> dict[str, Last]:
    found: dict[str, Last] = {}
    wanted = {each.id: each for each in items if each.numeric and each.kind != "plan"}
    figures = reports.figures_of_unit(read, unit_id, year - 1, year) if wanted else {}
    for earlier, in_year in previous(period, year) if wanted else ():
        for item_id, value in figures.get((earlier, in_year), {}).items():
            item = wanted.get(item_id)
            if item is not None and item_id not in found and value is not None and _same(read, item, year, in_year):
                found[item_id] = Last(Decimal(value), earlier, in_year)
    if any(each.kind == "plan" for each in items):
        for item_id, plan in targets.of_unit(read, year - 1, unit_id).items():
            item = next((each for each in items if each.id == item_id + PLAN), None)
            if item is not None and _same(read, item, year, year - 1):
                found[item.id] = Last(Decimal(plan), "year", year - 1)
    return found


def _same(read: Snapshot, item: ReportItem, year: int, in_year: int) -> bool:
    """Whether the id meant the same in the other year: a criterion's number may stand for something else there."""
    if not item.criterion or year == in_year:
        return True
    table = load_table(read, in_year)
    before = None if table is None else table.criterion(item.criterion)
    return before is not None and before.unit == item.unit and item.name.startswith(before.name)


SHORT_NAME = 60


def shown(item: ReportItem, value: str | None) -> Value:
    """An entered value as people read it; None is "not known yet"."""
    if value is None:
        return m("not known yet")
    if item.kind == "yesno":
        return m("Met") if Decimal(value) else m("Not met")
    if item.kind in ("text", "file"):
        return value
    return Number(Decimal(value), None, item.unit)


def label(item: ReportItem, length: int = SHORT_NAME) -> Message:
    """Code and (shortened) name."""
    name = clip(item.name, length)
    if item.kind == "file":
        return m("Files: {name}", name=name)
    if item.kind == "plan":
        return m("Plan for {code}: {name}", code=item.code, name=name)
    return verbatim(f"{item.code}. {name}")
