"""Offering the form's page in the chat: beside the first question, or alone to somebody who has chosen the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers.kit.message import Message, m, verbatim
from handlers.kit.pages import page
from handlers.kit.reply import Choice, Choices, Go, Text, say
from handlers.kit.turn import Outcome, Turn
from handlers.reporting.correction_desk import subject_of
from handlers.reporting.desk import Desk
from handlers.reporting.filed import Filed
from handlers.reporting.items import items_of
from handlers.reporting.sharing import deadline, shared
from storage import calendar
from storage.connection import Effect, Snapshot
from storage.duties import Duty

MANY = 6
"""Items from which a table on a page is quicker than question by question."""

MINUTES = 120


def is_long(read: Snapshot, duty: Duty) -> bool:
    """Whether the duty's report asks for many items."""
    form = None if duty.form is None else calendar.form(read, duty.form)
    return form is not None and len(items_of(read, form, duty.year, duty.unit_id)) >= MANY


def alone_on_page(turn: Turn, owed: Sequence[Duty]) -> Duty | None:
    """Of the duties in a list the one for whose report the list offers the page too: the only report there, where it is a long one."""
    asked = [duty for duty in owed if duty.form is not None]
    return asked[0] if len(asked) == 1 and turn.facts.get("public_url") and is_long(turn.read, asked[0]) else None


@dataclass(frozen=True, slots=True)
class Offer:
    """A page for the whole form: how it is told, and the effect that makes its link good."""

    line: Message
    effect: Effect


def offer(turn: Turn, desk: Desk) -> Offer | None:
    """The page of a form with many items; None for a short one, or where the web side has no public address."""
    return _of_duty(turn, desk) if len(desk.paper.items) >= MANY else None


def offer_correction(turn: Turn, filed: Filed) -> Offer | None:
    """The same for a filed report that is to be corrected."""
    if len(filed.paper.items) < MANY or filed.report.duty_id is None:
        return None
    found = page(turn, "form", subject_of(filed), minutes=MINUTES)
    return None if found is None else Offer(m("It can be corrected in the whole table on a page: {url}", url=found.url), found.effect)


def only_page(turn: Turn, desk: Desk) -> Outcome | None:
    """The page alone, for who chose it in a list: no question is opened in the chat, which is a choice away. None: there is no page."""
    offered = _of_duty(turn, desk)
    if offered is None:
        return None
    told = say(
        Text(verbatim(desk.duty.title), "title"), deadline(turn, desk.duty), *shared(turn, desk), offered.line,
        Text(m("The link is for this person alone; it is valid for two hours after it was last used."), "note"),
        Choices((Choice(m("Enter it here"), Go("baocao", desk.duty.id)), Choice(m("My duties"), Go("viec"))), columns=2),
    )  # fmt: skip
    return Outcome(replace(told, once=True), (offered.effect,))


def _of_duty(turn: Turn, desk: Desk) -> Offer | None:
    found = page(turn, "form", f"duty:{desk.duty.id}", minutes=MINUTES)
    return None if found is None else Offer(m("The whole table can be entered on a page: {url}", url=found.url), found.effect)
