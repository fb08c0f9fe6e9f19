"""Filing what a draft holds, and the receipt that says so: the same from a chat and from a page."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit.message import Message, m
from handlers.kit.reply import Reply
from handlers.kit.turn import Turn
from handlers.reporting.desk import Desk
from handlers.reporting.draft import Sheet
from handlers.reporting.filing import file_effects, place_after
from handlers.reporting.receipt import receipt
from storage import reports
from storage.connection import Effect

NOTHING = m("Nothing was entered yet, so there is nothing to file.")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The receipt, what it stands for, and the effects that make it true. ``revision``: of the report, once they are written."""

    reply: Reply
    effects: tuple[Effect, ...]
    report_id: str
    revision: int


def is_empty(sheet: Sheet) -> bool:
    """Whether there is nothing at all to be filed."""
    return not any(entry.value for entry in sheet.entries.values()) and not sheet.files


def confirm(turn: Turn, desk: Desk) -> Confirmed | Message:
    """File the desk's draft; the reason where it cannot be. Whether it is still the one that was shown is asked before."""
    if is_empty(desk.sheet):
        return NOTHING
    duty = desk.duty
    effects = file_effects(turn, duty, desk.paper, desk.sheet, desk.draft)
    before = None if duty.form is None else reports.find(turn.read, duty.unit_id, duty.year, duty.form, duty.period)
    report_id = before.id if before is not None else desk.draft.report_id if desk.draft is not None else ""
    place = place_after(turn.read, duty.year, duty.unit_id, effects) if desk.paper.scored else None
    told = receipt(turn, duty, report_id, desk.paper, desk.sheet, turn.now, place)
    return Confirmed(told, effects, report_id, 1 if before is None else before.revision + 1)
