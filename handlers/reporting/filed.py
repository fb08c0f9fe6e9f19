"""A filed report that may be corrected: its newest figures, its paper; and why it cannot be touched."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit.message import Message, m
from handlers.kit.turn import Turn
from handlers.reporting.desk import closed_year, officer_units
from handlers.reporting.draft import Sheet, loads
from handlers.reporting.filing import sheet_of
from handlers.reporting.paper import Paper, load_paper
from handlers.rules.periods import period_title
from handlers.schedule.agenda import titled
from storage import calendar, corrections, duties, reports, units
from storage.connection import Snapshot
from storage.corrections import Begun
from storage.reports import Report

VERIFIED = m("The verification of this report is closed: please turn to the cluster's secretary.")


@dataclass(frozen=True, slots=True)
class Filed:
    """A standing report with what it says, and what this person has begun to correct (None: nothing)."""

    report: Report
    paper: Paper
    sheet: Sheet
    begun: Begun | None = None

    @property
    def changes(self) -> Sheet:
        """The changed items and the added files alone."""
        return Sheet() if self.begun is None else loads(self.begun.content)

    @property
    def reason(self) -> str:
        return "" if self.begun is None else self.begun.reason

    @property
    def revision(self) -> int:
        """Of what was begun; 0: nothing."""
        return 0 if self.begun is None else self.begun.revision


@dataclass(frozen=True, slots=True)
class Locked:
    """Why the report cannot be corrected by this person now."""

    why: Message


def open_filed(turn: Turn, report_id: str) -> Filed | Locked:
    """The report as it stands, or why not. Asked anew at every answer."""
    report = reports.report(turn.read, report_id)
    if report is None:
        return Locked(m("There is no such report."))
    if report.unit_id not in officer_units(turn):
        return Locked(others_report(turn.read, report.unit_id))
    if report.review == "withdrawn":
        return Locked(m("This report was withdrawn: there is nothing to correct."))
    closed = closed_year(turn, report.year)
    if closed is not None:
        return Locked(closed)
    if report.review == "closed":
        return Locked(VERIFIED)
    paper = load_paper(turn.read, report.form, report.year, report.period, report.unit_id)
    items = reports.items(turn.read, report.id, report.revision)
    sheet = sheet_of(items, reports.evidence(turn.read, report.id, report.revision))
    return Filed(report, paper, sheet, corrections.begun(turn.read, report.id, turn.person.id))


def others_report(read: Snapshot, unit_id: str) -> Message:
    return m("Only the officers of {unit} can correct its reports.", unit=units.name_of(read, unit_id))


def report_title(read: Snapshot, report: Report) -> Message:
    """Its duty with the year, as officers call the report; the form with its period for a report without one."""
    title = event_title(read, report)
    if title:
        return titled(title, report.year)
    form = calendar.form(read, report.form)
    return m("{form}, {period}", form=report.form if form is None else form.name, period=period_title(report.period, report.year))


def event_title(read: Snapshot, report: Report) -> str:
    """The title of its duty, by which words may choose it; empty for a report without one."""
    duty = None if report.duty_id is None else duties.duty(read, report.duty_id)
    return "" if duty is None else duty.title
