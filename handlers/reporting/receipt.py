"""The receipt of a filed report: unit, period, figures, what is missing, place in the ranking, in time or days late."""

from __future__ import annotations

from handlers.kit.message import Message, Moment, Value, m
from handlers.kit.reply import Choice, Choices, Fields, Go, Reply, Text, say
from handlers.kit.turn import Turn
from handlers.reporting.desk import filled, gaps
from handlers.reporting.draft import Sheet
from handlers.reporting.filing import Place, place_after, sheet_of
from handlers.reporting.paper import Paper, load_paper
from handlers.reporting.review import codes
from handlers.reporting.wording import ago, name_of
from handlers.rules.deadline import is_late, lateness, local_day, time_left
from handlers.rules.periods import period_title
from handlers.scores import standing
from storage import reports, units
from storage.duties import Duty
from storage.reports import Report


def receipt(turn: Turn, duty: Duty, report_id: str, paper: Paper, sheet: Sheet, filed_at: int, place: Place | None) -> Reply:
    """What was filed, in a few lines."""
    done, count = filled(paper, sheet)
    rows: list[tuple[Message, Value]] = [
        (m("Report"), duty.title),
        (m("Unit"), units.name_of(turn.read, duty.unit_id)),
        (m("Period"), period_title(duty.period, duty.year)),
    ]
    if paper.figures:
        rows.append((m("Figures"), m("{done} of {count}", done=done, count=count)))
    missing = [item for item in paper.figures if item.id in set(gaps(paper, sheet))]
    if missing:
        rows.append((m("Not yet there"), codes(missing)))
    if sheet.files:
        rows.append((m("Files"), len(sheet.files)))
    rows.append((m("Filed"), _when(turn, duty, filed_at)))
    if paper.scored and place is not None:
        rows.append((m("Ranking (provisional)"), place_words(place)))
    choices = [Choice(m("Correct"), Go("sua", f"report:{report_id}"))]
    if paper.scored:
        choices.append(Choice(m("See the ranking"), Go("xephang")))
    choices.append(Choice(m("My duties"), Go("viec")))
    return say(Text(m("Recorded"), "title"), Fields(tuple(rows)), Choices(tuple(choices), columns=2))


def place_words(place: Place) -> Message:
    points = standing.shown(place.total)
    if place.rank is None:
        return m("not ranked, {points} points", points=points)
    return m("rank {rank} of {count}, {points} points", rank=place.rank, count=place.count, points=points)


def _when(turn: Turn, duty: Duty, filed_at: int) -> Message:
    moment = Moment(filed_at)
    if is_late(duty.effective, filed_at):
        return m("{moment}, {late}", moment=moment, late=lateness(duty.effective, filed_at, turn.zone))
    if local_day(filed_at, turn.zone) >= local_day(duty.effective, turn.zone):
        return m("{moment}, in time", moment=moment)
    return m("{moment}, in time ({left})", moment=moment, left=time_left(filed_at, duty.effective, turn.zone))


def filed_already(turn: Turn, duty: Duty, *, confirming: bool) -> Reply | None:
    """Who filed it and when, and the way to correct it. None when nothing stands.

    ``confirming``: it is asked by a confirmation that comes twice: who filed it himself gets his receipt again.
    """
    report = None if duty.form is None else reports.find(turn.read, duty.unit_id, duty.year, duty.form, duty.period)
    if report is None or report.review == "withdrawn":
        return None
    newest = reports.revisions(turn.read, report.id)[-1]
    if confirming and newest.filed_by == turn.person.id:
        return _again(turn, duty, report, newest.filed_at)
    return say(
        m(
            "{title} was filed already: by {name}, {when}.",
            title=duty.title, name=name_of(turn.read, newest.filed_by), when=ago(turn.now, newest.filed_at),
        ),
        Choices((Choice(m("Correct"), Go("sua", f"report:{report.id}")), Choice(m("My duties"), Go("viec"))), columns=2),
    )  # fmt: skip


def _again(turn: Turn, duty: Duty, report: Report, filed_at: int) -> Reply:
    paper = load_paper(turn.read, report.form, report.year, report.period, report.unit_id)
    items = reports.items(turn.read, report.id, report.revision)
    sheet = sheet_of(items, reports.evidence(turn.read, report.id, report.revision))
    place = place_after(turn.read, report.year, report.unit_id, ()) if paper.scored else None
    return receipt(turn, duty, report.id, paper, sheet, filed_at, place)
