"""The organisers' own reminder to the units that have not filed: once a day for an event, to all their officers who can be reached."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.command import ORGANISERS
from handlers.kit.message import Message, Moment, Value, m, mn, verbatim
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Text, say
from handlers.kit.turn import Outcome, Turn, answer
from handlers.kit.wire import queue_effects
from handlers.rules.deadline import quiet_until
from handlers.schedule import agenda
from storage import calendar, duties, reminders, units
from storage.calendar import Event
from storage.connection import Effect, effect
from storage.duties import Duty
from storage.reminders import Nudge, Recipient

MOST_NAMES = 20


def handle(turn: Turn, event_id: str) -> Outcome:
    """Remind the missing units of one event, and say whom; units without anybody are named, nobody is reminded twice a day."""
    if not ORGANISERS & turn.roles:
        return answer(m("Only the secretary of the cluster sends this reminder."))
    event = calendar.event(turn.read, event_id)
    if event is None:
        return answer(m("This date is not in the calendar any more."))
    title = agenda.titled(event.title, event.of_year)
    missing = tuple(duty for duty in duties.of_event(turn.read, event_id) if duty.status == "open")
    if not missing:
        return answer(m("All units have filed: {title}.", title=title))
    nudged = reminders.nudge(turn.read, event_id, turn.today.isoformat())
    if nudged is not None:
        return answer(already(nudged))
    return _send(turn, event, missing)


def already(nudged: Nudge) -> Message:
    """When it was done today."""
    return m("The units were reminded at {time} today; once a day is enough.", time=Moment(nudged.at, "time"))


def _send(turn: Turn, event: Event, missing: tuple[Duty, ...]) -> Outcome:
    free = agenda.free_days(turn.read)
    at = quiet_until(turn.now, calendar.quiet_hours(turn.read, turn.today.year), turn.zone, None)
    officers: dict[str, list[Recipient]] = {}
    for each in reminders.recipients(turn.read, turn.today.isoformat()):
        for unit_id, role in each.posts:
            if role == "officer" and unit_id is not None:
                officers.setdefault(unit_id, []).append(each)
    effects: list[Effect] = []
    told: list[Message] = []
    silent: list[str] = []
    for duty in missing:
        name = units.name_of(turn.read, duty.unit_id)
        reached = [each for each in officers.get(duty.unit_id, ()) if each.reminders or turn.now > duty.effective]
        for each in reached:
            effects += _letter(turn, event, duty, each, free, at)
        if reached:
            told.append(m("{unit} ({people})", unit=name, people=tuple(each.name for each in reached)))
        else:
            silent.append(name)
    blocks: list[Message | Block] = [Text(agenda.titled(event.title, event.of_year), "title")]
    if told:
        effects.append(effect(reminders.save_nudge, Nudge(event.id, turn.today.isoformat(), turn.person.id, turn.now, len(told))))
        blocks.append(m("Reminded: {units}.", units=_named(told)))
        if at > turn.now:
            blocks.append(m("Quiet hours: the reminders go out at {when}.", when=Moment(at)))
    if silent:
        blocks.append(m("Nobody can be reached here: {units}. Please tell them another way.", units=_named(silent)))
    return Outcome(say(*blocks), tuple(effects))


def _named(some: Sequence[Value]) -> Value:
    """They by name, or how many when they are too many to be read."""
    return tuple(some) if len(some) <= MOST_NAMES else mn("{count} unit", "{count} units", len(some))


def _letter(turn: Turn, event: Event, duty: Duty, to: Recipient, free: agenda.Free, at: int) -> tuple[Effect, ...]:
    reply = say(
        m("To comrade {name}, {office}.", name=verbatim(to.name), office=verbatim(to.title or units.name_of(turn.read, duty.unit_id))),
        m("The secretary of the cluster asks for this report, which has not been filed yet:"),
        Fields(((agenda.titled(duty.title, duty.year), agenda.due_and_left(duty, at, free, turn.zone)),)),
        Choices((*agenda.duty_choices(duty, event, named=False), Choice(m("Other deadlines"), Go("han")))),
    )
    return queue_effects(
        reply, channel=to.channel, address=to.address, language=to.language, now=turn.now, mint=turn.mint, person_id=to.person_id,
        lane="broadcast", key=f"nudge:{event.id}:{turn.today.isoformat()}:{to.person_id}:{duty.unit_id}", subject=f"duty:{duty.id}",
        not_before=at,
    )  # fmt: skip
