"""Recording a correction, and the receipt that says so: the same from a chat and from a page."""

from __future__ import annotations

from dataclasses import replace

from handlers.kit.message import Message, Value, m
from handlers.kit.reply import Choice, Choices, Fields, Go, Reply, Text, say
from handlers.kit.turn import Turn
from handlers.reporting.changes import give_up, lines, whole
from handlers.reporting.confirming import Confirmed
from handlers.reporting.draft import Sheet
from handlers.reporting.filed import Filed, Locked, open_filed, report_title
from handlers.reporting.filing import Place, correct_effects, place_after, sheet_of
from handlers.reporting.paper import shown
from handlers.reporting.receipt import place_words
from handlers.reporting.wording import ago, name_of
from storage import reports, units

NEEDS_REASON = m("A correction needs a reason; it cannot be skipped.")
UNCHANGED = m("Nothing was changed yet.")


def record(turn: Turn, filed: Filed, reason: str) -> Confirmed:
    """File what was begun as the report's next revision, with its receipt. Whether it is what was shown is asked before."""
    sheet = whole(filed)
    effects = (*correct_effects(turn, filed.report, filed.paper, sheet, reason), *give_up(filed))
    place = place_after(turn.read, filed.report.year, filed.report.unit_id, effects) if filed.paper.scored else None
    return Confirmed(_receipt(turn, filed, sheet, reason, place), effects, filed.report.id, filed.report.revision + 1)


def _receipt(turn: Turn, filed: Filed, sheet: Sheet, reason: str, place: Place | None) -> Reply:
    """``filed``: as it was before."""
    rows: list[tuple[Message, Value]] = [
        (m("Report"), report_title(turn.read, filed.report)), (m("Unit"), units.name_of(turn.read, filed.report.unit_id)),
    ]  # fmt: skip
    after: list[tuple[Message, Value]] = [(m("Reason"), reason)]
    if place is not None:
        after.append((m("Ranking (provisional)"), place_words(place)))
    choices = [Choice(m("Correct more"), Go("sua", f"report:{filed.report.id}"))]
    if filed.paper.scored:
        choices.append(Choice(m("See the ranking"), Go("xephang")))
    choices.append(Choice(m("My duties"), Go("viec")))
    return say(
        Text(m("Recorded: correction"), "title"), Fields(tuple(rows)), *lines(filed, sheet), Fields(tuple(after)),
        Text(m("The earlier figures stay in the history."), "note"), Choices(tuple(choices), columns=2),
    )  # fmt: skip


def recorded(turn: Turn, report_id: str, since: int) -> Reply | None:
    """The receipt once more, of the correction that this person has made over revision ``since``; None: of none, or more was begun.

    It answers a confirmation that comes twice, and the page whose correction was confirmed in the chat.
    """
    filed = open_filed(turn, report_id)
    if isinstance(filed, Locked) or filed.begun is not None:
        return None
    done = [each for each in reports.revisions(turn.read, report_id) if each.revision > since and each.kind == "correction"]
    mine = next((each for each in reversed(done) if each.filed_by == turn.person.id), None)
    if mine is None:
        return None
    before = sheet_of(
        reports.items(turn.read, report_id, mine.revision - 1), reports.evidence(turn.read, report_id, mine.revision - 1)
    )  # fmt: skip
    after = sheet_of(reports.items(turn.read, report_id, mine.revision), reports.evidence(turn.read, report_id, mine.revision))
    place = place_after(turn.read, filed.report.year, filed.report.unit_id, ()) if filed.paper.scored else None
    return _receipt(turn, replace(filed, sheet=before), after, mine.reason or "", place)


def overtaken(turn: Turn, filed: Filed, seen: int) -> tuple[Message, ...]:
    """A colleague has corrected the report since its revision ``seen``: who and when, and what he has changed."""
    newest = reports.revisions(turn.read, filed.report.id)[-1]
    name, when = name_of(turn.read, newest.filed_by), ago(turn.now, newest.filed_at)
    found = [m("{name} has corrected this report meanwhile ({when}). Please look at it again.", name=name, when=when)]
    before = reports.items(turn.read, filed.report.id, seen)
    for item in filed.paper.figures:
        was, now = before.get(item.id), filed.sheet.value(item.id)
        if was is not None and was.value != now:
            found.append(m("{code}: {before} → {after}", code=item.code, before=shown(item, was.value), after=shown(item, now)))
    return tuple(found)
