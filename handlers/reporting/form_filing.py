"""Filing what the form's page holds, a report or a correction: the receipt on the page and in the chat that gave the link."""

from __future__ import annotations

import json
from dataclasses import dataclass

from handlers.kit.message import Message, m
from handlers.kit.reply import Text, say
from handlers.kit.turn import Turn
from handlers.kit.wire import queue_effects
from handlers.reporting.changes import anything, reason_of, stamp, whole
from handlers.reporting.confirming import Confirmed, confirm
from handlers.reporting.corrected import NEEDS_REASON, UNCHANGED, record
from handlers.reporting.corrected import overtaken as overtaken_correction
from handlers.reporting.correction_desk import CorrectionDesk
from handlers.reporting.desk import Desk
from handlers.reporting.form import screened, unanswered
from handlers.reporting.review import codes
from handlers.reporting.sharing import colleague
from storage import conversation
from storage.connection import Effect, effect

REPORT, CORRECTION = "report", "correction"
CHANGED_MEANWHILE = m("The correction was changed meanwhile in the chat or on another page. Please look at it again.")


def file_form(turn: Turn, desk: Desk, seen: int) -> Confirmed | Message:
    """File the draft as it was reviewed in its revision ``seen``, and queue the receipt for the chat; or why not yet."""
    if desk.revision != seen:
        return overtaken(turn, desk)
    doubtful = [item for item in desk.paper.items if item.id in unanswered(desk.paper, desk.sheet)]
    if doubtful:
        return m("Please confirm or change first what is marked: {codes}", codes=codes(doubtful))
    done = confirm(turn, desk)
    if isinstance(done, Message):
        return done
    letter = _letter(turn, done, m("Filed on the page."))
    return Confirmed(done.reply, (*done.effects, *chat_left(turn, desk), *letter), done.report_id, done.revision)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A correction as it stood on the page that confirms it: the report's revision, the `stamp` of the changes, and the reason typed."""

    revision: int
    stamp: str
    reason: str


def file_correction(turn: Turn, desk: CorrectionDesk, given: Reviewed) -> Confirmed | tuple[Message, ...]:
    """Record exactly the correction that was reviewed, and queue the receipt for the chat; or why not yet."""
    filed = desk.filed
    if filed.report.revision != given.revision:
        return overtaken_correction(turn, filed, given.revision)
    if stamp(filed) != given.stamp:
        return (CHANGED_MEANWHILE,)
    if not anything(filed, whole(filed)):
        return (UNCHANGED,)
    doubtful = [item for item in desk.paper.items if item.id in unanswered(desk.paper, desk.sheet)]
    if doubtful:
        return (m("Please confirm or change first what is marked: {codes}", codes=codes(doubtful)),)
    refused = screened(given.reason)
    reason = reason_of(given.reason)
    if refused is not None or reason is None:
        return (refused or NEEDS_REASON,)
    done = record(turn, filed, reason)
    letter = _letter(turn, done, m("Corrected on the page."))
    return Confirmed(done.reply, (*done.effects, *chat_left(turn, desk), *letter), done.report_id, done.revision)


def overtaken(turn: Turn, desk: Desk) -> Message:
    if desk.draft is None or desk.draft.updated_by == turn.person.id:
        return m("The draft was changed meanwhile in the chat or on another page. Please look at it again.")
    return m("{name} has changed the draft meanwhile. Please look at it again.", name=colleague(turn, desk))


def chat_left(turn: Turn, desk: Desk) -> tuple[Effect, ...]:
    """The chat's questions about this very report are over, so that the receipt's choices can be answered there."""
    stands = conversation.dialogue(turn.read, turn.owner)
    answers = {} if stands is None else json.loads(stands.answers)
    if isinstance(desk, CorrectionDesk):
        here = stands is not None and stands.name == CORRECTION and answers.get("report") == desk.filed.report.id
    else:
        here = stands is not None and stands.name == REPORT and answers.get("duty") == desk.duty.id
    return (effect(conversation.end_dialogue, turn.owner, stands.revision),) if stands is not None and here else ()


def _letter(turn: Turn, done: Confirmed, note: Message) -> tuple[Effect, ...]:
    if not turn.place.channel:
        return ()
    return queue_effects(
        say(Text(note, "note")) + done.reply, channel=turn.place.channel, address=turn.place.address,
        language=turn.language, now=turn.now, mint=turn.mint, person_id=turn.person.id, key=f"form:{done.report_id}:{done.revision}",
    )  # fmt: skip
