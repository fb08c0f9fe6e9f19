"""The desk of a filed report that is being corrected: like the one of a duty, so that the same form fills in both."""

from __future__ import annotations

from dataclasses import dataclass, replace

from handlers.kit.message import Message, m, verbatim
from handlers.kit.reply import Go
from handlers.kit.turn import Turn
from handlers.reporting.changes import keep, whole
from handlers.reporting.corrected import recorded
from handlers.reporting.desk import Desk, Shut, open_desk, save_effects
from handlers.reporting.draft import Sheet
from handlers.reporting.filed import Filed, Locked, open_filed, report_title
from storage import duties, reports
from storage.connection import Effect


@dataclass(frozen=True, slots=True)
class CorrectionDesk(Desk):
    """``sheet``: what the report will say; what was filed counts as confirmed, whatever was doubtful about it then. No ``draft``."""

    filed: Filed

    @property
    def revision(self) -> int:
        return self.filed.revision


def subject_of(filed: Filed) -> str:
    """What a page of the correction is for: the report, and the revision over which it is opened."""
    return f"report:{filed.report.id} {filed.report.revision}"


def parts_of(subject: str) -> tuple[str, str, int]:
    """Of a page's subject: "duty" or "report", its id, and the report's revision over which the page was opened (0: of none)."""
    kind, _, rest = subject.partition(":")
    ident, _, since = rest.partition(" ")
    return kind, ident, int(since) if since.isascii() and since.isdecimal() else 0


def desk_of(turn: Turn, subject: str) -> Desk | Shut | None:
    """The desk of a page's subject, "duty:ID …" or "report:ID [REVISION]"; None for anything else.

    A page whose correction was confirmed since, there or in the chat, is shut as filed; it does not begin another one.
    """
    kind, ident, since = parts_of(subject)
    if kind == "duty" and ident:
        return open_desk(turn, ident)
    if kind != "report" or not ident:
        return None
    if since and recorded(turn, ident, since) is not None:
        return Shut(m("This correction was recorded already."), filed=True)
    return open_correction(turn, ident)


def open_correction(turn: Turn, report_id: str) -> CorrectionDesk | Shut:
    """The desk of a filed report, or why it is shut for this person now. Asked anew at every answer."""
    filed = open_filed(turn, report_id)
    if isinstance(filed, Locked):
        return Shut(filed.why)
    duty = None if filed.report.duty_id is None else duties.duty(turn.read, filed.report.duty_id)
    if duty is None:
        return Shut(m("This report is corrected in the chat."))
    known = Sheet({item_id: replace(entry, kept=True) for item_id, entry in filed.sheet.entries.items()}, filed.sheet.files)
    return CorrectionDesk(duty, filed.paper, None, whole(replace(filed, sheet=known)), filed)


def kept(turn: Turn, desk: Desk, sheet: Sheet) -> tuple[Effect, ...]:
    """Keep the sheet: as the duty's draft, or as what was begun to correct."""
    return keep(turn, desk.filed, sheet, desk.filed.reason)[1] if isinstance(desk, CorrectionDesk) else save_effects(turn, desk, sheet)


def written(turn: Turn, desk: Desk, item_id: str) -> tuple[str | None, int]:
    """Who has entered what stands at the item, and when (epoch); None: nobody known."""
    if not isinstance(desk, CorrectionDesk):
        return (None, 0) if desk.draft is None else (desk.draft.updated_by, desk.draft.updated_at)
    begun = desk.filed.begun
    if begun is not None and item_id in desk.filed.changes.entries:
        return begun.person_id, begun.updated_at
    newest = reports.revisions(turn.read, desk.filed.report.id)[-1]
    return newest.filed_by, newest.filed_at


def title_of(turn: Turn, desk: Desk) -> Message:
    return report_title(turn.read, desk.filed.report) if isinstance(desk, CorrectionDesk) else verbatim(desk.duty.title)


def way_back(desk: Desk) -> Go:
    """What goes on with it in the chat."""
    return Go("sua", f"report:{desk.filed.report.id}") if isinstance(desk, CorrectionDesk) else Go("baocao", desk.duty.id)
