"""/lich: what comes next: conferences, deadlines, legal dates and ceremonies, with the answer to a conference one tap away."""

from __future__ import annotations

import re
from datetime import date, timedelta

from handlers.kit.command import EVERYONE, Command
from handlers.kit.message import Message, Value, m, verbatim
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Text
from handlers.kit.turn import Outcome, Said, Turn, answer
from handlers.rules.dates import Impossible
from handlers.rules.deadline import local_day, time_left
from handlers.rules.text import fold
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from handlers.schedule.asked_time import MEETINGS, Period, Span, Words, asked_time, dates_of, names_meeting, names_paper, no_such_day
from storage import calendar, duties, reminders
from storage.calendar import Event

PAGE = 6
WINDOW_DAYS = 60
FEWEST = 3
_PAGE = re.compile(r"^\s*(?:trang|page)\s+(\d{1,3})\s*$")


def handle(turn: Turn, argument: str) -> Outcome:
    """The next events, or those of a day, a month, a period or with these words in the title."""
    free = agenda.free_days(turn.read)
    page = _PAGE.match(fold(argument))
    if page is not None:
        return _next(turn, free, int(page[1]))
    return of_named(turn, argument)


def of_named(turn: Turn, argument: str, *, countdown: bool = False) -> Outcome:
    """The events that the text names: the next one of a name, those of a day or a period. ``countdown``: with the time left."""
    free = agenda.free_days(turn.read)
    said = turn.input.text if isinstance(turn.input, Said) else argument
    meetings = names_meeting(f"{said} {argument}")
    asked = asked_time(argument, turn.today)
    if meetings and asked is None:      # "bao giờ sơ kết": the name of the meeting is of the phrase that found the command
        asked = asked_time(said, turn.today)
    dates = None if meetings or names_paper(argument) else dates_of(argument, turn.today)
    asked = asked if dates is None else dates
    every = [each for each in _concerning(turn, free) if not meetings or each.event.kind == "conference"]
    match asked:
        case Impossible():
            return answer(no_such_day(asked))
        case Span():
            return _shown(turn, [each for each in every if _within(turn, each, asked.first, asked.last)], every, free, asked.shown())
        case Period():
            found = asked.narrowed(_of_period(turn, asked, every), lambda each: each.event)
            if not meetings or not found:
                return _shown(turn, found, every, free, asked.shown())
        case Words():
            wanted = Words(asked.words - MEETINGS)
            found = [each for each in every if wanted.fits(each.event)] or (every if meetings else [])
        case _:
            found = every if meetings else []
    if not found:
        return _next(turn, free, 1)
    ahead = sorted((each for each in found if each.effective > turn.now), key=agenda.instant)
    held = [each for each in ahead if not each.event.cancelled] or ahead
    open_ended = not isinstance(asked, Period) or asked.open_ended
    if not ahead and open_ended:
        return answer(m("The next one is not in the calendar yet. The last one:"), _fields(turn, found[-1:], free), _CALENDAR)
    shown = (held[:1] if meetings or countdown else ahead) or found[-1:]
    if countdown and ahead:
        return answer(_fields(turn, shown, free, left=True), Choices((*_answers(turn, shown), Choice(m("Next dates"), Go("lich")))))
    return _shown(turn, shown, every, free, None)


_CALENDAR = Choices((Choice(m("Next dates"), Go("lich")),))


def _of_period(turn: Turn, asked: Period, every: list[Dated]) -> list[Dated]:
    """The period's events in the year that is meant: the next one where none was named, and the last where none is ahead."""
    by_year = [found for year in sorted(asked.years) if (found := [each for each in every if asked.fits(each.event, year)])]
    ahead = next((found for found in by_year if any(each.effective > turn.now for each in found)), [])
    return ahead or (by_year[-1] if by_year else [])


def _next(turn: Turn, free: Free, page: int) -> Outcome:
    ahead = sorted((each for each in _concerning(turn, free) if each.effective > turn.now), key=agenda.instant)
    if not ahead:
        return answer(m("No further date is planned."))
    near = [each for each in ahead if each.day <= turn.today + timedelta(days=WINDOW_DAYS)]
    first_page = ahead[: max(FEWEST, min(len(near), PAGE))]
    pages = [first_page, *(ahead[start : start + PAGE] for start in range(len(first_page), len(ahead), PAGE))]
    number = min(max(page, 1), len(pages))
    blocks: list[Block] = [Text(m("Next dates"), "title"), _fields(turn, pages[number - 1], free)]
    choices = _answers(turn, pages[number - 1])
    if number < len(pages):
        choices.append(Choice(m("Later dates"), Go("lich", f"page {number + 1}")))
    choices.append(Choice(m("Deadlines"), Go("han")))
    return answer(*blocks, Choices(tuple(choices)))


def _shown(turn: Turn, found: list[Dated], every: list[Dated], free: Free, about: Message | None) -> Outcome:
    if not found:
        nothing = m("Nothing is planned.") if about is None else m("Nothing is planned {about}.", about=about)
        ahead = [each for each in every if each.effective > turn.now]
        if not ahead:
            return answer(nothing)
        return answer(nothing, m("Next date:"), _fields(turn, [min(ahead, key=agenda.instant)], free))
    blocks: list[Block] = [] if about is None else [Text(m("Calendar {about}", about=about), "title")]
    shown = sorted(found, key=agenda.instant)[: PAGE * 2]
    return answer(*blocks, _fields(turn, shown, free), Choices((*_answers(turn, shown), Choice(m("Next dates"), Go("lich")))))


def _concerning(turn: Turn, free: Free) -> list[Dated]:
    events = calendar.events(turn.read)
    ids = turn.unit_ids
    roles = agenda.roles_by_year(turn.read, events, ids)
    return [
        agenda.dated(event, free, turn.zone)
        for event in events
        if not ids or any(agenda.concerns(event, unit_id, roles[event.of_year]) for unit_id in ids)
    ]


def _within(turn: Turn, each: Dated, first: date, last: date) -> bool:
    return first <= each.day <= last or first <= local_day(each.effective, turn.zone) <= last


def _fields(turn: Turn, some: list[Dated], free: Free, *, left: bool = False) -> Fields:
    """Date first, as in a calendar; ``left``: with how long it is until then, where the line does not say so anyway."""
    return Fields(tuple((m("{when}", when=agenda.when(each, turn.zone, free)), _line(turn, each, left)) for each in some))


def _line(turn: Turn, each: Dated, left: bool) -> Value:
    what = _what(turn, each)
    if not left or each.event.kind == "deadline" or each.event.cancelled:
        return what
    return m("{title}; {state}", title=what, state=time_left(turn.now, each.effective, turn.zone))


def _what(turn: Turn, each: Dated) -> Value:
    event = each.event
    if event.cancelled:
        return m("{title}; called off", title=verbatim(event.title))
    if event.kind == "deadline":
        return m("{title}; {state}", title=agenda.titled(event.title, event.of_year), state=_state(turn, each))
    title: Message = verbatim(event.title)
    if event.place:
        title = m("{title}; place: {place}", title=title, place=verbatim(event.place))
    noted = _answered(turn, event)
    return title if noted is None else m("{title}; answered: {answer}", title=title, answer=agenda.ANSWER_LABELS[noted])


def _state(turn: Turn, each: Dated) -> Message:
    for unit_id in turn.unit_ids:
        duty = duties.duty(turn.read, f"{each.event.id}:{unit_id}")
        if duty is not None and duty.status == "done":
            return agenda.done_line(duty, turn.zone)
        if duty is not None and duty.status == "open":
            return time_left(turn.now, each.effective, turn.zone)
    return time_left(turn.now, each.effective, turn.zone) if each.effective > turn.now else m("past")


def _answered(turn: Turn, event: Event) -> str | None:
    """The own unit's answer to a conference."""
    for unit_id in turn.unit_ids if event.kind == "conference" else ():
        noted = reminders.attendance(turn.read, event.id, unit_id)
        if noted is not None:
            return noted.answer
    return None


def _answers(turn: Turn, some: list[Dated]) -> list[Choice]:
    """A conference ahead offers its answers: itself where it is alone, else by name."""
    if not {"officer", "leader"} & turn.roles:
        return []
    meetings = [each for each in some if each.event.kind == "conference" and each.effective > turn.now and not each.event.cancelled]
    if len(some) == 1 and meetings:
        return list(agenda.answer_choices(meetings[0].event.id))
    return [Choice(m("Answer: {title}", title=agenda.short(each.event.title)), Go("du", each.event.id)) for each in meetings]


COMMAND = Command(
    name="lich",
    alias="calendar",
    summary=m("Calendar"),
    words=m("calendar|conference|meeting|when is the meeting|events|schedule|meetings|next meeting"),
    handle=handle,
    examples=(m("calendar of next month"),),
    roles=EVERYONE,
    quick=True,
    public=True,
    order=50,
)
