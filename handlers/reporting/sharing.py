"""Two officers of one unit at one draft: who wrote last, what stands there, and whose answer counts."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.kit.message import Message, m, mn, verbatim
from handlers.kit.reply import Answer, Choice, Choices, Reply, say
from handlers.kit.turn import Json, Turn
from handlers.reporting.desk import Desk, filled
from handlers.reporting.draft import Sheet
from handlers.reporting.filling import item_of
from handlers.reporting.paper import shown
from handlers.reporting.wording import ago, name_of
from handlers.rules.deadline import due_line, time_left
from storage import calendar
from storage.duties import Duty


def moved(turn: Turn, desk: Desk, answers: Mapping[str, Json]) -> bool:
    """Whether a colleague has written into the draft since this officer saw it."""
    return desk.draft is not None and answers.get("seen") != desk.revision and desk.draft.updated_by != turn.person.id


def colleague(turn: Turn, desk: Desk) -> str | Message:
    name = name_of(turn.read, None if desk.draft is None else desk.draft.updated_by)
    return name if isinstance(name, (str, Message)) else ""


def clash_question(turn: Turn, desk: Desk, answers: Mapping[str, Json]) -> Reply:
    item = item_of(desk.paper, answers)
    if item is None or desk.draft is None:
        return say(m("Not clear."))
    value = shown(item, desk.sheet.value(item.id))
    when = ago(turn.now, desk.draft.updated_at)
    fact = m("{name} has entered {code} meanwhile: {value} ({when}).", name=colleague(turn, desk), code=item.code, value=value, when=when)
    choices = (Choice(m("Keep {value}", value=value), Answer("theirs")), Choice(m("Take my answer"), Answer("mine")))
    return say(fact, Choices(choices, columns=2))


def replaced(desk: Desk, sheet: Sheet) -> tuple[Message, ...]:
    """What a block put in place of figures that were there."""
    found = []
    for item in desk.paper.figures:
        before, after = desk.sheet.value(item.id), sheet.value(item.id)
        if before is not None and before != after:
            found.append(m("{code}: {before} → {after}", code=item.code, before=shown(item, before), after=shown(item, after)))
    return tuple(found)


def intro(turn: Turn, desk: Desk) -> tuple[Message, ...]:
    lines: list[Message] = [verbatim(desk.duty.title), deadline(turn, desk.duty)]
    so_far = shared(turn, desk)
    if so_far:
        return (*lines, *so_far)
    count = len(desk.paper.figures)
    if count:
        example = ", ".join(f"{item.code} {figure}" for item, figure in zip(desk.paper.figures, (85, 12), strict=False))
        lines.append(
            mn(
                "{count} figure. Please enter it, for example: {example}",
                "{count} figures. Please enter them one by one, or paste several lines, for example: {example}",
                count, example=example,
            )
        )  # fmt: skip
    return tuple(lines)


def deadline(turn: Turn, duty: Duty) -> Message:
    """When it is due, and how long that is."""
    due = due_line(duty.due, duty.effective, turn.zone, calendar.holidays(turn.read))
    return m("Deadline: {due}, {left}", due=due, left=time_left(turn.now, duty.effective, turn.zone))


def shared(turn: Turn, desk: Desk) -> tuple[Message, ...]:
    """Where the draft stands, and who wrote it."""
    if desk.draft is None:
        return ()
    done, count = filled(desk.paper, desk.sheet)
    when = ago(turn.now, desk.draft.updated_at)
    if desk.draft.updated_by == turn.person.id:
        return (m("The draft goes on ({done} of {count} figures, {when}).", done=done, count=count, when=when),)
    return (
        m("{name} is entering it ({done} of {count} figures so far, {when}). The draft goes on from there.",
          name=colleague(turn, desk), done=done, count=count, when=when),
    )  # fmt: skip
