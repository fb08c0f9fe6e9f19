"""What was taken of an answer, said back with its item and unit: who meant another item, or nothing of the kind, sees it at once."""

from __future__ import annotations

from handlers.kit.message import Message, Value, m
from handlers.reporting.draft import Sheet
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import Paper, label, shown

NAME = 60


def echo(paper: Paper, before: Sheet, after: Sheet) -> tuple[Message, ...]:
    """One line: the item and its figure; of many figures their codes with them."""
    taken = [(item, shown(item, after.value(item.id))) for item in _known(paper, after) if _taken(item, before, after)]
    if len(taken) == 1:
        item, value = taken[0]
        return (m("Saved: {value}", value=m("{item}: {figure}", item=label(item, NAME), figure=value)),)
    figures: tuple[Value, ...] = tuple(m("{code} {value}", code=item.code, value=value) for item, value in taken)
    return (m("Saved: {value}", value=figures),) if figures else ()


def _known(paper: Paper, sheet: Sheet) -> list[ReportItem]:
    """The items that are asked, and the plans that were changed beside them."""
    asked = {item.id for item in paper.items}
    changed = [paper.item(item_id) for item_id in sheet.entries if item_id.endswith(PLAN) and item_id not in asked]
    return [*paper.items, *(item for item in changed if item is not None)]


def _taken(item: ReportItem, before: Sheet, after: Sheet) -> bool:
    entry = after.entries.get(item.id)
    return item.kind not in ("text", "file") and entry is not None and not entry.skipped and before.entries.get(item.id) != entry
