"""Ticking a duty done that has no form: a paper sent, a plan issued. Behind the buttons of duties and reminders."""

from __future__ import annotations

from handlers.kit.command import Command
from handlers.kit.message import Message, m
from handlers.kit.reply import Choice, Choices, Fields, Go
from handlers.kit.turn import Outcome, Turn, answer
from handlers.schedule import agenda
from storage import calendar, duties
from storage.calendar import Event
from storage.connection import effect


def handle(turn: Turn, argument: str) -> Outcome:
    """ "E07:SON_LA": ask once; "E07:SON_LA confirm": done."""
    duty_id, _, confirmed = argument.strip().partition(" ")
    duty = duties.duty(turn.read, duty_id)
    mine = {post.unit_id for post in turn.posts if post.role == "officer"}
    if duty is None or duty.unit_id not in mine:
        return answer(m("This task is not among those of your unit."), Choices((Choice(m("My tasks"), Go("viec")),)))
    title = agenda.titled(duty.title, duty.year)
    if duty.status == "done":
        return answer(m("Already recorded: {title}, {done}.", title=title, done=agenda.done_line(duty, turn.zone)))
    if duty.status != "open":
        return answer(m("{title} is not required any more.", title=title))
    event = calendar.event(turn.read, duty.event_id)
    if duty.form is not None or _answers(turn, event):
        return answer(title, Choices(agenda.duty_choices(duty, event, named=False)))
    if confirmed != "confirm":
        free = agenda.free_days(turn.read)
        return answer(
            m("Has this been fulfilled?"),
            Fields(((title, agenda.due_and_left(duty, turn.now, free, turn.zone)),)),
            Choices(
                (
                    Choice(m("Confirm"), Go("xong", f"{duty_id} confirm"), says="yes"),
                    Choice(m("Not yet"), Go("viec"), says="no"),
                ),
                columns=2,
            ),
        )
    return answer(
        m("Recorded: {title} is done.", title=title),
        Choices((Choice(m("My tasks"), Go("viec")),)),
        effects=(effect(duties.complete, duty.id, turn.person.id, turn.now),),
    )


def _answers(turn: Turn, event: Event | None) -> bool:
    """Whether the answer to a conference that is still ahead fulfils it."""
    conference = None if event is None else agenda.answered_for(turn.read, event, turn.zone)
    return conference is not None and conference.effective > turn.now


COMMAND = Command(
    name="xong",
    alias="done",
    summary=m("Mark a task as done"),
    words=Message(""),
    handle=handle,
    roles=frozenset({"officer"}),
)
