"""/nhacnho: which reminders a person gets, and the switch; and "nhắc lại sau", the wish behind a reminder's buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from handlers.kit.command import EVERYONE, Command
from handlers.kit.message import Message, Moment, m
from handlers.kit.reply import Choice, Choices, Go, Text
from handlers.kit.turn import Outcome, Said, Turn, answer
from handlers.rules.deadline import effective_day, is_working_day, local_day, quiet_until
from handlers.rules.reminder_wish import read_wish
from handlers.schedule import agenda
from storage import calendar, duties, people, reminders
from storage.connection import effect

LATER_SECONDS = 3 * 3_600
AFTERNOON = time(14)
MORNING = time(8)


def handle(turn: Turn, argument: str) -> Outcome:
    """Show the switch, or turn it ("tắt", "bật", off, on); what is wanted for a part of them is asked back."""
    named = argument if argument in ("off", "on", "show") else ""      # as a choice names it, whatever was typed to choose it
    text = turn.input.text if isinstance(turn.input, Said) and not named else argument      # "tắt nhắc" is one phrase
    match read_wish(text):
        case "off":
            return _switch(turn, wanted=False)
        case "on":
            return _switch(turn, wanted=True)
        case "part":
            return _part(turn)
    wanted = turn.person.reminders
    state = m("Reminders are on: deadlines of the unit, conferences and legal dates.") if wanted else _OFF_TEXT
    turned = Choice(m("Turn reminders off"), Go("nhacnho", "off")) if wanted else Choice(m("Turn reminders on"), Go("nhacnho", "on"))
    return answer(state, *_quiet(turn), Choices((turned, Choice(m("Other deadlines"), Go("han")))))


def _quiet(turn: Turn) -> tuple[Text, ...]:
    quiet = calendar.quiet_hours(turn.read, turn.today.year)
    return () if not quiet else (Text(m("Quiet hours, without reminders: {hours}.", hours=quiet), "note"),)


def _part(turn: Turn) -> Outcome:
    """Fewer reminders, or at other hours: what can be set, and whether that is wanted."""
    only = m("Reminders can only be turned on or off as a whole, not for certain hours, days or reports.")
    leave = Choice(m("Leave it so"), Go("nhacnho", "show"), says="no")
    if turn.person.reminders:
        asked = m("They are on now, and nothing was changed. Are all of them to be turned off?")
        turned = Choice(m("Turn reminders off"), Go("nhacnho", "off"), says="yes")
    else:
        asked = m("They are off now. Are they to be turned on?")
        turned = Choice(m("Turn reminders on"), Go("nhacnho", "on"), says="yes")
    return answer(only, *_quiet(turn), asked, Choices((turned, leave), columns=2))


_OFF_TEXT = m("Reminders are off. Only overdue tasks of the own unit are still reminded of.")


def _switch(turn: Turn, *, wanted: bool) -> Outcome:
    text = m("Reminders are on.") if wanted else _OFF_TEXT
    back = Choice(m("Turn reminders off"), Go("nhacnho", "off")) if wanted else Choice(m("Turn reminders on"), Go("nhacnho", "on"))
    return answer(text, Choices((back,)), effects=(effect(people.set_reminders, turn.person.id, wanted),))


def again(turn: Turn, argument: str) -> Outcome:
    """ "duty:E16:LANG_SON later": remind this person once more, this afternoon or on the next working morning; several with commas."""
    given, _, when = argument.strip().rpartition(" ")
    if when not in ("later", "tomorrow"):
        return handle(turn, argument)
    subjects = [subject for subject in given.split(",") if _may(turn, subject)]
    wanted = [subject for subject in subjects if _open(turn, subject)]
    if not subjects:
        return answer(m("There is nothing to be reminded of any more."))
    if not wanted:
        return answer(m("This has been filed already; no reminder is needed."))
    at = _instant(turn, when, wanted)
    effects = tuple(effect(reminders.snooze, turn.person.id, subject, at) for subject in wanted)
    return answer(_promise(turn, at), effects=effects)


def _promise(turn: Turn, at: int) -> Message:
    day, tomorrow = local_day(at, turn.zone), turn.today + timedelta(days=1)
    if day == turn.today:
        return m("Another reminder will come at {time} today.", time=Moment(at, "time"))
    if day > tomorrow:
        return m("Tomorrow is a day off. Another reminder will come at {when}.", when=Moment(at, "weekday_time"))
    return m("Another reminder will come at {when}.", when=Moment(at, "weekday_time"))


def _instant(turn: Turn, when: str, subjects: Sequence[str]) -> int:
    """Not before the afternoon, three hours from now at least, out of quiet hours; else the next working morning.

    What comes before that morning (a conference on a Sunday) is reminded of on the day off: later would be of no use.
    """
    free, quiet = agenda.free_days(turn.read).days, calendar.quiet_hours(turn.read, turn.today.year)
    if when == "later":
        afternoon = int(datetime.combine(turn.today, AFTERNOON, turn.zone).timestamp())
        at = quiet_until(max(turn.now + LATER_SECONDS, afternoon), quiet, turn.zone, None)
        if local_day(at, turn.zone) == turn.today or is_working_day(local_day(at, turn.zone), free):
            return at
    tomorrow = turn.today + timedelta(days=1)
    morning, at_once = (int(datetime.combine(day, MORNING, turn.zone).timestamp()) for day in (effective_day(tomorrow, free), tomorrow))
    ahead = [end for subject in subjects if (end := _ends(turn, subject)) > turn.now]
    return at_once if any(end <= morning for end in ahead) else morning


def _ends(turn: Turn, subject: str) -> int:
    """When (epoch) it is due, or begins."""
    kind, _, ident = subject.partition(":")
    if kind == "duty":
        duty = duties.duty(turn.read, ident)
        return 0 if duty is None else duty.effective
    event = calendar.event(turn.read, ident)
    return 0 if event is None else agenda.dated(event, agenda.free_days(turn.read), turn.zone).effective


def _may(turn: Turn, subject: str) -> bool:
    """Whether it is the person's own: a duty of the unit, an event of the calendar."""
    kind, _, ident = subject.partition(":")
    if kind == "duty":
        duty = duties.duty(turn.read, ident)
        return duty is not None and duty.unit_id in turn.unit_ids
    return kind == "event" and calendar.event(turn.read, ident) is not None


def _open(turn: Turn, subject: str) -> bool:
    kind, _, ident = subject.partition(":")
    if kind == "duty":
        duty = duties.duty(turn.read, ident)
        return duty is not None and duty.status == "open"
    event = calendar.event(turn.read, ident)
    return event is not None and not event.cancelled and _ends(turn, subject) > turn.now


COMMANDS = (
    Command(
        name="nhacnho",
        alias="reminders",
        summary=m("Reminders: show, turn off or on"),
        words=m("reminders|remind me|turn off reminders|turn on reminders|stop reminders|reminder"),
        handle=handle,
        examples=(m("reminders"),),
        roles=EVERYONE,
        order=60,
    ),
    Command(
        name="nhac",
        alias="again",
        summary=m("Remind me again later"),
        words=Message(""),
        handle=again,
        roles=EVERYONE,
    ),
)
