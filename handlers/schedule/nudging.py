"""The organisers' own reminder to the units that have not filed: once a day for an event, to all their officers who can be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.kit.command import ORGANISERS
from handlers.kit.message import Message, Moment, Value, m, mn
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Text, say
from handlers.kit.turn import Outcome, Turn, answer
from handlers.kit.wire import MENU_SECONDS, encode_blocks, encode_choices, encode_joined
from handlers.reporting.offering import alone_on_page
from handlers.rules.deadline import quiet_until, said_until
from handlers.rules.text import sort_key
from handlers.schedule import agenda, changed_dates
from handlers.schedule.reminder_letter import LATE_AFTER, Greetings
from storage import calendar, duties, reminders, tellings, units
from storage.calendar import Event
from storage.connection import Effect, effect
from storage.duties import Duty
from storage.reminders import Nudge, Recipient
from storage.tellings import Telling

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
    quiet = calendar.quiet_hours(turn.read, turn.today.year)
    at = quiet_until(turn.now, quiet, turn.zone, None)
    names = units.names(turn.read)
    officers: dict[str, list[Recipient]] = {}
    for each in reminders.recipients(turn.read, turn.today.isoformat()):
        for unit_id, role in each.posts:
            if role == "officer" and unit_id is not None:
                officers.setdefault(unit_id, []).append(each)
    write = _Nudges(turn, event, at, min(at + LATE_AFTER, said_until(at, quiet, turn.zone)), names)
    told: list[Message] = []
    silent: list[str] = []
    for duty in missing:
        name = names.get(duty.unit_id, duty.unit_id)
        reached = [each for each in officers.get(duty.unit_id, ()) if each.reminders or turn.now > duty.effective]
        if reached:
            write.to(duty, reached)
            in_order = sorted(reached, key=lambda each: sort_key(each.name))
            told.append(m("{unit} ({people})", unit=name, people=tuple(each.name for each in in_order)))
        else:
            silent.append(name)
    effects: list[Effect] = []
    blocks: list[Message | Block] = [Text(agenda.titled(event.title, event.of_year), "title")]
    if told:
        effects.append(effect(reminders.save_nudge, Nudge(event.id, turn.today.isoformat(), turn.person.id, turn.now, len(told))))
        effects.append(effect(tellings.send, tuple(write.letters), turn.now, MENU_SECONDS))
        blocks.append(m("Reminded: {units}.", units=_named(told)))
        if at > turn.now:
            blocks.append(m("Quiet hours: the reminders go out at {when}.", when=Moment(at)))
    if silent:
        blocks.append(m("Nobody can be reached here: {units}. Please tell them another way.", units=_named(silent)))
    return Outcome(say(*blocks), tuple(effects))


def _named(some: Sequence[Value]) -> Value:
    """They by name, or how many when they are too many to be read."""
    return tuple(some) if len(some) <= MOST_NAMES else mn("{count} unit", "{count} units", len(some))


class _Nudges:
    """The letters to the officers of the units that are missing: what is the same for a unit is put in words once."""

    def __init__(self, turn: Turn, event: Event, at: int, until: int, names: Mapping[str, str]) -> None:
        self._turn = turn
        self._event = event
        self._at = at
        self._until = until
        self._greetings = Greetings(names)
        self._free = agenda.free_days(turn.read)
        seen = tellings.newest_dates(turn.read).get(event.id)
        now_dated = changed_dates.date_of(agenda.dated(event, self._free, turn.zone))
        self._date = seen.number if seen is not None and seen.facts == now_dated.facts else None
        self._page: bool | None = None      # whether the report is offered on a page as well: the same for all units
        self.letters: list[Telling] = []

    def to(self, duty: Duty, officers: Sequence[Recipient]) -> None:
        """The letters about one unit's duty."""
        turn, event = self._turn, self._event
        if self._page is None:
            self._page = alone_on_page(turn, (duty,)) is not None
        fulfil = agenda.duty_choices(duty, event, named=False, page=self._page)
        choices = Choices((*fulfil, Choice(m("Other deadlines"), Go("han"))))
        due = Fields(((agenda.titled(duty.title, duty.year), agenda.due_and_left(duty, self._at, self._free, turn.zone)),))
        body = encode_blocks((Text(ASKED), due, choices))
        menu = encode_choices(choices.choices)
        until = min(self._until, duty.effective + 1) if duty.effective >= self._at else self._until
        for each in officers:
            key = f"nudge:{event.id}:{turn.today.isoformat()}:{each.person_id}:{duty.unit_id}"
            self.letters.append(
                Telling(
                    key, each.person_id, each.channel, each.address,
                    each.language, encode_joined(self._greetings.to(each), body), menu, turn.mint(),
                    ((f"duty:{duty.id}", self._date),), self._at, until,
                )
            )  # fmt: skip


ASKED = m("The secretary of the cluster asks for this report, which has not been filed yet:")
