"""The desk of one duty: the duty, its paper and the draft that the unit's officers share; and why it cannot be opened."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit.message import Message, m
from handlers.kit.turn import Turn
from handlers.reporting.draft import Sheet, dumps, loads
from handlers.reporting.paper import Paper, load_paper
from handlers.reporting.wording import secretary_names
from storage import duties, reports, units
from storage.connection import Effect, effect
from storage.duties import Duty
from storage.reports import Draft


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a question of a report needs. ``draft`` None: nothing entered yet."""

    duty: Duty
    paper: Paper
    draft: Draft | None
    sheet: Sheet

    @property
    def revision(self) -> int:
        return 0 if self.draft is None else self.draft.revision


@dataclass(frozen=True, slots=True)
class Shut:
    """Why the duty cannot be worked on; ``filed``: because its report is filed already."""

    why: Message
    filed: bool = False


def officer_units(turn: Turn) -> tuple[str, ...]:
    """The units for which the person may report now."""
    return tuple(dict.fromkeys(post.unit_id for post in turn.posts if post.role == "officer" and post.unit_id is not None))


def open_desk(turn: Turn, duty_id: str) -> Desk | Shut:
    """The desk of a duty, or why it is shut for this person now. Asked anew at every answer: rights and dates may have changed."""
    duty = duties.duty(turn.read, duty_id)
    if duty is None or duty.form is None or duty.status == "cancelled":
        return Shut(m("This report is not asked for any more."))
    if duty.unit_id not in officer_units(turn):
        return Shut(m("This report belongs to another unit: only its own officers can enter it."))
    if duty.status == "done":
        return Shut(m("This report was filed already."), filed=True)
    closed = closed_year(turn, duty.year)
    if closed is not None:
        return Shut(closed)
    if duty.opens > turn.now:
        return Shut(m("This report is not open for filing yet."))
    paper = load_paper(turn.read, duty.form, duty.year, duty.period, duty.unit_id)
    draft = reports.draft(turn.read, duty.id)
    return Desk(duty, paper, draft, Sheet() if draft is None else loads(draft.content))


def closed_year(turn: Turn, number: int) -> Message | None:
    """Whom to turn to when the year is closed; None for an open one."""
    year = units.year(turn.read, number)
    if year is None or year.closed_at is None:
        return None
    names = secretary_names(turn.read, turn.today.isoformat())
    if not names:
        return m(
            "The year {year} is closed: its figures are not changed any more. Please turn to the cluster's secretary.",
            year=str(number),
        )
    return m(
        "The year {year} is closed: its figures are not changed any more. Please turn to the cluster's secretary: {names}.",
        year=str(number), names=names,
    )  # fmt: skip


def save_effects(turn: Turn, desk: Desk, sheet: Sheet) -> tuple[Effect, ...]:
    """Keep the sheet as the draft's next revision; nothing where it did not change."""
    if sheet == desk.sheet:
        return ()
    report_id = turn.mint() if desk.draft is None else desk.draft.report_id
    draft = Draft(desk.duty.id, desk.revision + 1, report_id, dumps(sheet), turn.person.id, turn.now)
    return (effect(reports.save_draft, draft, desk.revision),)


def filled(paper: Paper, sheet: Sheet) -> tuple[int, int]:
    """How many of the figures have a value, and how many are asked. Of a paper without figures: its texts and files."""
    items = paper.figures or paper.items
    return sum(1 for item in items if sheet.value(item.id) is not None), len(items)


def gaps(paper: Paper, sheet: Sheet) -> tuple[str, ...]:
    """Ids of what has no value yet, in order."""
    return tuple(item.id for item in paper.items if sheet.value(item.id) is None)
