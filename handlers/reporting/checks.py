"""What is doubtful about a figure (said, and kept if confirmed) and the little that is refused: a score off its scale."""

from __future__ import annotations

from decimal import Decimal

from handlers.kit.message import Message, Number, m
from handlers.reporting.draft import Sheet
from handlers.reporting.items import ReportItem
from handlers.reporting.paper import Paper
from handlers.rules.numbers import breaks_rule, doubts, too_precise

STEP = Decimal("0.25")


def refusal(item: ReportItem, value: Decimal) -> Message | None:
    """Why the value cannot be one of this item at all; None when it can."""
    if item.kind == "points" and item.high is not None:
        if not 0 <= value <= item.high:
            return m("{code}: the own score lies between 0 and {max}.", code=item.code, max=Number(item.high))
        if value % STEP:
            return m("{code}: scores go in steps of {step}.", code=item.code, step=Number(STEP))
    if item.kind == "events" and value < 0:
        return m("{code}: a number of cases is not below 0.", code=item.code)
    if item.kind == "rank" and value < 1:
        return m("{code}: a rank is a whole number from 1.", code=item.code)
    return too_precise(value, item.decimals)


def doubts_of(
    paper: Paper, sheet: Sheet, item: ReportItem, value: Decimal, pending: frozenset[str] = frozenset()
) -> tuple[Message, ...]:
    """Everything implausible: out of range, ×10 of the last period or of the plan, more than there are, a cross-check broken, a plan of 0.

    ``pending``: items whose new value is still to come; nothing is compared with their old one.
    """
    if not item.numeric or item.kind in ("yesno", "points"):
        return ()
    last = paper.last.get(item.id)
    found = list(
        doubts(
            value, last=None if last is None else last.value, low=item.low, high=item.high, limit=item.limit, unit=item.unit,
            decimals=item.decimals, plan=item.plan if item.kind == "figure" else None,
        )
    )  # fmt: skip
    if item.kind == "plan" and value == 0:
        found.append(m("a plan of 0 gives no ratio, and so no points: is that right?"))
    for lower, value_of_lower, upper, value_of_upper in _compared(paper, sheet, item, value, pending):
        if breaks_rule(lower.rule, value_of_lower, value_of_upper):
            found.append(_broken(lower, value_of_lower, upper, value_of_upper))
    return tuple(found)


def _compared(
    paper: Paper, sheet: Sheet, item: ReportItem, value: Decimal, pending: frozenset[str]
) -> list[tuple[ReportItem, Decimal, ReportItem, Decimal]]:
    """(item with a rule, its value, item named there, its value) of every cross-check that this value takes part in."""
    pairs = []
    for each in paper.items:
        if not each.rule or item.id not in (each.id, each.other):
            continue
        other = paper.item(each.other)
        partner = each.other if each.id == item.id else each.id
        known = sheet.value(partner)
        if other is None or known is None or partner in pending:
            continue
        pairs.append((each, value, other, Decimal(known)) if each.id == item.id else (each, Decimal(known), other, value))
    return pairs


def _broken(item: ReportItem, value: Decimal, other: ReportItem, value_of_other: Decimal) -> Message:
    if item.rule == "<=":
        return m(
            "{code} ({value}) is more than {other} ({limit}): is that right?",
            code=item.code, value=Number(value), other=other.code, limit=Number(value_of_other),
        )  # fmt: skip
    return m(
        "{code} ({value}) is less than {other} ({limit}): is that right?",
        code=item.code, value=Number(value), other=other.code, limit=Number(value_of_other),
    )  # fmt: skip


def standing_doubts(paper: Paper, sheet: Sheet) -> dict[str, tuple[Message, ...]]:
    """item id -> its doubts, of everything entered; a broken cross-check is told once, at the item with the rule."""
    found = {}
    for item in paper.figures:
        value = sheet.value(item.id)
        if value is None:
            continue
        others = frozenset(each.id for each in paper.items if each.other == item.id)
        doubtful = doubts_of(paper, sheet, item, Decimal(value), others)
        if doubtful:
            found[item.id] = doubtful
    return found
