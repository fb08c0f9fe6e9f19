"""Offering the form's page in the chat, and filing what it holds: the receipt on the page and in the chat that gave the link."""

from __future__ import annotations

import json
from dataclasses import dataclass

from handlers.kit.message import Message, m
from handlers.kit.pages import Page, page
from handlers.kit.reply import Text, say
from handlers.kit.turn import Turn
from handlers.kit.wire import queue_effects
from handlers.reporting.confirming import Confirmed, confirm
from handlers.reporting.desk import Desk
from handlers.reporting.form import unanswered
from handlers.reporting.review import codes
from handlers.reporting.sharing import colleague
from storage import conversation
from storage.connection import Effect, effect

REPORT = "report"
MANY = 6
"""Items from which a table on a page is quicker than question by question."""

MINUTES = 120


@dataclass(frozen=True, slots=True)
class Offer:
    """A page for the whole form: how it is told, and the effect that makes its link good."""

    line: Message
    effect: Effect


def offer(turn: Turn, desk: Desk) -> Offer | None:
    """The page of a form with many items; None for a short one, or where the web side has no public address."""
    found = form_page(turn, desk.duty.id) if len(desk.paper.items) >= MANY else None
    if found is None:
        return None
    return Offer(m("The whole table can be entered on a page: {url}", url=found.url), found.effect)


def form_page(turn: Turn, duty_id: str) -> Page | None:
    return page(turn, "form", f"duty:{duty_id}", minutes=MINUTES)


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
    return Confirmed(done.reply, (*done.effects, *_chat_left(turn, desk), *_letter(turn, done)), done.report_id, done.revision)


def overtaken(turn: Turn, desk: Desk) -> Message:
    if desk.draft is None or desk.draft.updated_by == turn.person.id:
        return m("The draft was changed meanwhile in the chat or on another page. Please look at it again.")
    return m("{name} has changed the draft meanwhile. Please look at it again.", name=colleague(turn, desk))


def _chat_left(turn: Turn, desk: Desk) -> tuple[Effect, ...]:
    """The chat's questions about this very report are over, so that the receipt's choices can be answered there."""
    stands = conversation.dialogue(turn.read, turn.owner)
    if stands is None or stands.name != REPORT or json.loads(stands.answers).get("duty") != desk.duty.id:
        return ()
    return (effect(conversation.end_dialogue, turn.owner, stands.revision),)


def _letter(turn: Turn, done: Confirmed) -> tuple[Effect, ...]:
    if not turn.place.channel:
        return ()
    return queue_effects(
        say(Text(m("Filed on the page."), "note")) + done.reply, channel=turn.place.channel, address=turn.place.address,
        language=turn.language, now=turn.now, mint=turn.mint, person_id=turn.person.id, key=f"form:{done.report_id}:{done.revision}",
    )  # fmt: skip
