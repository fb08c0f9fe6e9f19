"""What a form asks a unit for, as an ordered list: figures of movements and criteria, plan figures, texts, files.

The list is data: a form's ``asks`` (calendar), the movements open in the year, the year's scoring table, the targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from handlers.rules.block import Item
from handlers.rules.table import Criterion, ScoringTable
from handlers.scores.standing import load_table
from storage import movements, targets, units
from storage.calendar import Form
from storage.connection import Snapshot
from storage.memory import once

Kind = Literal["figure", "yesno", "points", "events", "rank", "plan", "text", "file"]
"""``points``: the unit's own score where the rule is manual; ``events``: a count of deduction events; ``file``: the signed papers."""

FILES = "file:1"
PLAN = ":plan"
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class ReportItem:
    """One thing a form asks. ``code`` is what an officer types (NTM01, I.2); ``group`` the movement or standard it belongs to.

    ``low``/``high`` is the plausible range, ``limit`` how many there can be (communes). ``rule`` with ``other``: "<=" or ">=" the
    item of that id. ``plan``: the target of the year. ``criterion``: the criterion it is a value of.
    """

    id: str
    code: str
    name: str
    kind: Kind
    group: str = ""
    unit: str = ""
    decimals: int = 0
    low: Decimal | None = None
    high: Decimal | None = None
    limit: Decimal | None = None
    rule: str = ""
    other: str = ""
    plan: Decimal | None = None
    criterion: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it takes a figure (not a text, not a file)."""
        return self.kind not in ("text", "file")

    @property
    def named(self) -> Item:
        """The item as a pasted line may name it."""
        dense = self.code.replace(".", "").replace(" ", "")
        return Item(self.id, self.code, self.name, self.unit, self.decimals, (dense,) if dense != self.code else ())


@once
def items_of(read: Snapshot, form: Form, year: int, unit_id: str) -> tuple[ReportItem, ...]:
    """Everything the form asks this unit for in the year, in the order of asking. Of a form that asks nothing: files alone."""
    return tuple(_items(read, form, year, unit_id))


def _items(read: Snapshot, form: Form, year: int, unit_id: str) -> Iterator[ReportItem]:
    plans = targets.of_unit(read, year, unit_id)
    table = load_table(read, year) if {"criteria", "targets"} & set(form.asks) else None
    if "targets" in form.asks:
        yield from _targets(read, year, table, plans)
    if "movements" in form.asks:
        yield from _indicators(read, year, unit_id, plans)
    if "criteria" in form.asks and table is not None:
        for group in table.groups:
            for criterion in group.criteria:
                yield from _criterion(criterion, group.name, _figure(plans.get(criterion.id)))
    if "narrative" in form.asks:
        for number, title in movements.narrative_parts(read):
            yield ReportItem(f"narrative:{number}", f"TM{number}", title, "text")
    if "files" in form.asks or not form.asks:
        yield ReportItem(FILES, "FILE", form.name, "file")


def _indicators(read: Snapshot, year: int, unit_id: str, plans: dict[str, str]) -> Iterator[ReportItem]:
    unit = units.unit(read, unit_id)
    communes = Decimal(unit.communes) if unit is not None and unit.communes is not None else None
    for movement in movements.open_in(read, year):
        for each in movements.indicators(read, movement.id):
            sign, _, code = (each.rule or "").partition(" ")
            yield ReportItem(
                each.item_id, each.code, each.name, "figure", movement.name, each.unit, each.decimals,
                low=_figure(each.low),
                high=Decimal(each.high) if each.high is not None else HUNDRED if each.unit == "%" else None,
                limit=communes if each.max_ref == "communes" else None,
                rule=sign, other=f"{movement.id}.{code.strip()}" if sign else "", plan=_figure(plans.get(each.item_id)),
            )  # fmt: skip


def _criterion(criterion: Criterion, group: str, plan: Decimal | None) -> Iterator[ReportItem]:
    match criterion.rule:
        case "deduction":
            for event in criterion.asked_events:
                several = len(criterion.asked_events) > 1
                code = f"{criterion.id} {event.code}" if several else criterion.id
                name = f"{criterion.name}: {event.name}"
                yield ReportItem(f"{criterion.id}:{event.code}", code, name, "events", group, criterion.unit, criterion=criterion.id)
        case "boolean":
            yield ReportItem(criterion.id, criterion.id, criterion.name, "yesno", group, criterion.unit, criterion=criterion.id)
        case "manual":
            yield ReportItem(
                criterion.id, criterion.id, criterion.name, "points", group, criterion.unit, 2, low=Decimal(0),
                high=_decimal(criterion.max), criterion=criterion.id,
            )  # fmt: skip
        case _:
            yield ReportItem(
                criterion.id, criterion.id, criterion.name, "rank" if criterion.ranks else "figure", group, criterion.unit,
                criterion.decimals, high=HUNDRED if criterion.unit == "%" else None,
                plan=plan if criterion.planned else None, criterion=criterion.id,
            )  # fmt: skip


def _targets(read: Snapshot, year: int, table: ScoringTable | None, plans: dict[str, str]) -> Iterator[ReportItem]:
    if table is not None:
        for group in table.groups:
            for each in group.criteria:
                if each.planned:
                    yield _plan(each.id, each.id, each.name, group.name, each.unit, each.decimals, _figure(plans.get(each.id)), each.id)
    for movement in movements.open_in(read, year):
        for indicator in movements.indicators(read, movement.id):
            if indicator.direction != "none":
                yield _plan(
                    indicator.item_id, indicator.code, indicator.name, movement.name, indicator.unit, indicator.decimals,
                    _figure(plans.get(indicator.item_id)), "",
                )  # fmt: skip


def _plan(
    item_id: str, code: str, name: str, group: str, unit: str, decimals: int, plan: Decimal | None, criterion: str
) -> ReportItem:
    high = HUNDRED if unit == "%" else None
    return ReportItem(item_id + PLAN, code, name, "plan", group, unit, decimals, high=high, plan=plan, criterion=criterion)


def plan_of(item: ReportItem) -> ReportItem:
    """The item that changes the plan figure of a criterion's actual."""
    return _plan(item.id, item.code, item.name, item.group, item.unit, item.decimals, item.plan, item.criterion)


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)
