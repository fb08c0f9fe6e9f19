"""/viec: the first screen. What this person has to do now, with one tap to do it; for the secretary, how far everybody is."""

from __future__ import annotations

from collections.abc import Iterator

from handlers import progress
from handlers.kit.command import EVERYONE, ORGANISERS, Command
from handlers.kit.message import Message, m, mn, verbatim
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Text, say
from handlers.kit.roles import post_name
from handlers.kit.turn import Outcome, Turn
from handlers.reporting import others
from handlers.reporting.offering import alone_on_page
from handlers.schedule import agenda
from handlers.schedule.cut import left_over, nearest
from storage import duties, units

MOST = 5
"""How many duties the screen shows; the rest is a tap away."""


def handle(turn: Turn, argument: str) -> Outcome:
    """The person's posts, open duties (overdue first), conferences that wait for an answer; else the next date."""
    other = others.named_in_question(turn, argument) if argument else None
    if other is not None:
        return others.standing(turn, other, "")
    free = agenda.free_days(turn.read)
    blocks: list[Message | Block] = [Text(m("My tasks"), "title"), Text(_posts(turn))]
    choices: list[Choice] = []
    for unit_id in turn.unit_ids:
        more, offered = _of_unit(turn, unit_id, free, named=len(turn.unit_ids) > 1)
        blocks += more
        choices += offered
    if ORGANISERS & turn.roles:
        blocks += progress.overview(turn, free)
        choices.append(Choice(m("Progress"), Go("tiendo")))
    if len(blocks) == 2:
        blocks += _nothing(turn, free, None)
    choices.append(Choice(m("Other deadlines"), Go("han")))
    return Outcome(say(*blocks, Choices(tuple(choices))))


def _posts(turn: Turn) -> Message:
    """ "Hoàng Thị Lan, cán bộ, Lạng Sơn", posts of the cluster after those of units."""
    first, *others = [post_name(turn.read, post.unit_id, post.role) for post in turn.posts]
    for each in others:
        first = m("{posts}; {post}", posts=first, post=each)
    return m("Comrade {name}: {posts}", name=verbatim("" if turn.who is None else turn.who.name), posts=first)


def _of_unit(turn: Turn, unit_id: str, free: agenda.Free, *, named: bool) -> tuple[list[Block], list[Choice]]:
    blocks: list[Block] = []
    choices: list[Choice] = []
    files = any(post.unit_id == unit_id and post.role == "officer" for post in turn.posts)
    if named:
        blocks.append(Text(verbatim(units.name_of(turn.read, unit_id)), "title"))
    owed = duties.open_for(turn.read, unit_id, turn.now)
    shown = nearest(owed, turn.now, MOST, lambda duty: duty.effective)
    if owed:
        rows = tuple((agenda.titled(duty.title, duty.year), agenda.due_and_left(duty, turn.now, free, turn.zone)) for duty in shown)
        blocks += [Text(mn("{count} task is open:", "{count} tasks are open:", len(owed))), Fields(rows)]
        blocks += left_over(owed, shown, m("deadlines"))
    if files:
        on_page = None if named else alone_on_page(turn, owed)
        for duty in shown:
            choices += agenda.ways_to_fulfil(turn.read, duty, page=duty is on_page)
    elif owed:
        blocks.append(Text(m("The officers of the unit file these reports."), "note"))
    for each in agenda.awaiting(turn.read, unit_id, turn.now, free, turn.zone):
        blocks.append(Text(m("Waiting for an answer: {title}", title=verbatim(each.event.title))))
        blocks.append(Fields(tuple(agenda.meeting_rows(each, turn.zone, free))))
        choices.append(Choice(m("Answer: {title}", title=agenda.short(each.event.title)), Go("du", each.event.id)))
    if not owed:
        blocks += _nothing(turn, free, unit_id)
    return blocks, choices


def _nothing(turn: Turn, free: agenda.Free, unit_id: str | None) -> Iterator[Block]:
    if unit_id is not None:
        yield Text(m("No task is open now."))
    ahead = agenda.next_deadline(turn.read, turn.now, turn.zone, unit_id=unit_id)
    if ahead is None:
        yield Text(m("No further date is planned."))
        return
    yield Text(m("Next date:"))
    yield Fields(((agenda.titled(ahead.event.title, ahead.event.of_year), agenda.when(ahead, turn.zone, free)),))


COMMAND = Command(
    name="viec",
    alias="tasks",
    summary=m("My tasks"),
    words=m("tasks|my tasks|what to do|what is there to do today|duties|my duties|what do I have to do|to do"),
    handle=handle,
    examples=(m("what is there to do today"),),
    roles=EVERYONE,
    quick=True,
    order=10,
)
