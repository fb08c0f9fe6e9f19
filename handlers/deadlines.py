"""/han: deadlines. The own unit's open duties and what comes next, or those of a day, a month, a period, with the time left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers import calendar_view
from handlers.kit.command import EVERYONE, Command
from handlers.kit.message import Message, Value, m
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Text, say
from handlers.kit.turn import Outcome, Said, Turn, answer
from handlers.reporting import others
from handlers.reporting.offering import alone_on_page
from handlers.rules.dates import Impossible
from handlers.rules.deadline import due_line, local_day, time_left
from handlers.rules.text import fold
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from handlers.schedule.asked_time import MEETINGS, Period, Span, Words, asked_time, names_meeting, names_paper, no_such_day
from handlers.schedule.cut import left_over, nearest
from storage import calendar, duties
from storage.calendar import Event
from storage.duties import Duty

MOST_AHEAD = 3
MOST_REPORTS = 3
SHIFT_DAYS = 14
"""How far a deadline may be moved by days off: a date asked for is looked up that much earlier in the plan."""


def handle(turn: Turn, argument: str) -> Outcome:
    """The deadlines that the text asks for; without one the open duties and the next dates."""
    other = others.named_in_question(turn, argument) if argument and turn.unit_ids else None
    if other is not None:
        return others.standing(turn, other, argument)
    free = agenda.free_days(turn.read)
    said = f"{turn.input.text} {argument}" if isinstance(turn.input, Said) else argument
    words = set(fold(said).split())
    if (words & MEETINGS or ("con" in words and names_meeting(said))) and not names_paper(said):
        return calendar_view.of_named(turn, argument, countdown=True)      # "còn mấy ngày nữa đến hội nghị"
    asked = asked_time(argument, turn.today)
    match asked:
        case Impossible():
            return answer(no_such_day(asked))
        case Span():
            return _shown(turn, _between(turn, asked), free, asked.shown())
        case Period():
            return _shown(turn, _of_period(turn, asked), free, asked.shown())
        case Words():
            found = [each for each in _concerning(turn) if asked.fits(each.event)]
            if not found:
                named = not names_paper(said) and any(asked.fits(event) for event in calendar.events(turn.read))
                return calendar_view.of_named(turn, argument, countdown=True) if named else _upcoming(turn, free)
            wanted = _nearest(turn, found)
            shown = _shown(turn, wanted, free, None)
            if any(each.effective > turn.now or _is_open(turn, each.event) for each in wanted):
                return shown
            return replace(shown, reply=say(m("The next one is not in the calendar yet. The last one:")) + shown.reply)
        case _:
            return _upcoming(turn, free)


def _upcoming(turn: Turn, free: Free) -> Outcome:
    blocks: list[Block] = []
    choices: list[Choice] = []
    open_events: set[str] = set()
    for unit_id in turn.unit_ids:
        owed = duties.open_for(turn.read, unit_id, turn.now)
        open_events |= {duty.event_id for duty in owed}
        if owed:
            blocks.append(Text(m("Open reports and tasks"), "title"))
            rows = [(agenda.titled(duty.title, duty.year), agenda.due_and_left(duty, turn.now, free, turn.zone)) for duty in owed]
            blocks.append(Fields(tuple(rows)))
            choices += _reports(turn, owed)
    ahead = [
        each
        for each in _concerning(turn)
        if each.effective > turn.now
        and each.event.id not in open_events
        and not any(agenda.met(turn.read, each.event, unit_id) for unit_id in turn.unit_ids)
    ]
    if ahead:
        blocks.append(Text(m("Next deadlines"), "title"))
        shown = sorted(ahead, key=agenda.instant)[:MOST_AHEAD]
        blocks.append(Fields(tuple(_row(turn, each, free) for each in shown)))
        blocks += left_over(ahead, shown, m("calendar"))
    if not blocks:
        blocks.append(Text(m("No further deadline is planned.")))
    return answer(*blocks, Choices((*choices, Choice(m("Calendar"), Go("lich")))))


def _shown(turn: Turn, found: list[Dated], free: Free, about: Message | None) -> Outcome:
    if not found:
        return _none(turn, free, about)
    blocks: list[Block] = [] if about is None else [Text(m("Deadlines {about}", about=about), "title")]
    blocks.append(Fields(tuple(_row(turn, each, free) for each in sorted(found, key=agenda.instant))))
    owed = [duty for each in found if (duty := _duty(turn, each.event)) is not None and duty.status == "open" and duty.opens <= turn.now]
    choices = (*_reports(turn, tuple(owed)), Choice(m("Other deadlines"), Go("han")))
    return answer(*blocks, Choices(choices))


def _none(turn: Turn, free: Free, about: Message | None) -> Outcome:
    nothing = m("No deadline was found.") if about is None else m("No deadline {about}.", about=about)
    ahead = [each for each in _concerning(turn) if each.effective > turn.now]
    if not ahead:
        return answer(nothing, m("No further deadline is planned."))
    return answer(nothing, m("The next deadline:"), Fields((_row(turn, min(ahead, key=agenda.instant), free),)))


def _concerning(turn: Turn) -> list[Dated]:
    """Deadlines and legal dates for the person's units (all, for somebody of the cluster)."""
    every = agenda.deadlines(turn.read, turn.zone)
    ids = turn.unit_ids
    if not ids:
        return list(every)
    roles = agenda.roles_by_year(turn.read, (each.event for each in every), ids)
    return [each for each in every if any(agenda.concerns(each.event, unit_id, roles[each.event.of_year]) for unit_id in ids)]


def _between(turn: Turn, span: Span) -> list[Dated]:
    """What falls into the span as planned or as moved."""
    found = []
    for each in _concerning(turn):
        moved = local_day(each.effective, turn.zone)
        if span.first - timedelta(days=SHIFT_DAYS) <= each.day <= span.last and (
            span.first <= each.day <= span.last or span.first <= moved <= span.last
        ):
            found.append(each)
    return found


def _of_period(turn: Turn, period: Period) -> list[Dated]:
    """The period's report that is the next or still open; else the last one."""
    every = [each for each in _concerning(turn) if each.event.kind == "deadline"]
    by_year = [[each for each in every if period.fits(each.event, year) and each.event.form is not None] for year in period.years]
    for found in by_year if len(by_year) < 2 else (by_year[0], by_year[2], by_year[1]):      # this year, the next, the last one
        wanted = [each for each in found if each.effective > turn.now or _is_open(turn, each.event)]
        if wanted:      # of a year's several reports those that are still to be filed
            return wanted
    return next((found for found in by_year if found), [])


def _nearest(turn: Turn, found: list[Dated]) -> list[Dated]:
    """Of what the words could mean: what is ahead or still open, else the last that was."""
    ahead = [each for each in found if each.effective > turn.now or _is_open(turn, each.event)]
    return ahead or sorted(found, key=agenda.instant)[-1:]


def _is_open(turn: Turn, event: Event) -> bool:
    duty = _duty(turn, event)
    return duty is not None and duty.status == "open"


def _duty(turn: Turn, event: Event) -> Duty | None:
    """The own unit's duty of the event."""
    for unit_id in turn.unit_ids:
        duty = duties.duty(turn.read, f"{event.id}:{unit_id}")
        if duty is not None and duty.status != "cancelled":
            return duty
    return None


def _row(turn: Turn, each: Dated, free: Free) -> tuple[Message, Value]:
    title = agenda.titled(each.event.title, each.event.of_year)
    duty = _duty(turn, each.event)
    due = due_line(each.due, each.effective, turn.zone, free.names)
    if duty is not None and duty.status == "done":
        return title, m("{due}; {done}", due=due, done=agenda.done_line(duty, turn.zone))
    if each.effective < turn.now and duty is None:
        return title, m("{due}; past", due=due)
    return title, m("{left}, due {due}", left=time_left(turn.now, each.effective, turn.zone), due=due)


def _reports(turn: Turn, owed: tuple[Duty, ...]) -> list[Choice]:
    files = {post.unit_id for post in turn.posts if post.role == "officer"}
    on_page = alone_on_page(turn, [duty for duty in owed if duty.unit_id in files])
    choices: list[Choice] = []
    for duty in nearest(owed, turn.now, MOST_REPORTS, lambda duty: duty.effective):
        if duty.unit_id in files:
            choices += agenda.ways_to_fulfil(turn.read, duty, page=duty is on_page)
    return choices


COMMAND = Command(
    name="han",
    alias="deadlines",
    summary=m("Deadlines"),
    words=m("deadline|deadlines|when is it due|due date|due|when is the report due|next deadline"),
    handle=handle,
    examples=(m("deadline of the third quarter"),),
    roles=EVERYONE,
    quick=True,
    public=True,
    order=40,
)
