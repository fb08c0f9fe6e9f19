"""The answer to a conference: attend, not attend, or who comes instead. Behind the buttons of the calendar and of reminders.

The answer counts for the unit, may be changed until the conference begins, and fulfils the duty that the calendar ties to it.
"""

from __future__ import annotations

from handlers.kit.command import Command
from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Message, Moment, m, verbatim
from handlers.kit.reply import Choice, Choices, Fields, Go, Reply, control_choices, say
from handlers.kit.turn import Input, Outcome, Said, State, Turn, answer
from handlers.schedule import agenda
from storage import calendar, duties, reminders, units
from storage.connection import Effect, effect
from storage.duties import Duty
from storage.reminders import Attendance

LONGEST_NAME = 200


def handle(turn: Turn, argument: str) -> Outcome:
    """ "E05 attend": note it; "E05": ask; nothing: the conferences that wait for an answer."""
    event_id, _, given = argument.strip().partition(" ")
    if not event_id:
        return _waiting(turn)
    meeting = _meeting(turn, event_id)
    if isinstance(meeting, Message):
        mine = [post.unit_id for post in turn.posts if post.role == "officer" and post.unit_id is not None]
        owed = [duty for unit_id in mine for duty in _fulfilled_by(turn, event_id, unit_id)]
        return answer(meeting, Choices(tuple(Choice(m("Mark as done"), Go("xong", duty.id)) for duty in owed[:1])))
    each, unit_id = meeting
    if given in ("attend", "absent"):
        return _note(turn, each, unit_id, given, None)
    if given == "substitute":
        return Outcome(_ask_name(), dialogue=State(SUBSTITUTE.name, "name", {"event": event_id}))
    free = agenda.free_days(turn.read)
    noted = reminders.attendance(turn.read, event_id, unit_id)
    return answer(
        verbatim(each.event.title),
        Fields(tuple(agenda.meeting_rows(each, turn.zone, free))),
        *(() if noted is None else (_noted(turn, noted),)),
        Choices(agenda.answer_choices(event_id), columns=2),
    )


def _waiting(turn: Turn) -> Outcome:
    free = agenda.free_days(turn.read)
    waiting = {each.event.id: each for unit_id in turn.unit_ids for each in agenda.awaiting(turn.read, unit_id, turn.now, free, turn.zone)}
    if not waiting:
        return answer(m("No conference is waiting for an answer."), Choices((Choice(m("Calendar"), Go("lich")),)))
    choices = tuple(Choice(agenda.short(each.event.title), Go("du", event_id)) for event_id, each in waiting.items())
    return answer(m("Which conference is it about?"), Choices(choices))


def _meeting(turn: Turn, event_id: str) -> tuple[agenda.Dated, str] | Message:
    """The conference and the unit that answers, or why it cannot be answered."""
    event = calendar.event(turn.read, event_id)
    if event is None or event.kind != "conference":
        return m("This conference is not in the calendar any more.")
    if event.cancelled:
        return m("{title} was called off; an answer is no longer needed.", title=verbatim(event.title))
    each = agenda.dated(event, agenda.free_days(turn.read), turn.zone)
    if each.effective <= turn.now:
        return m("{title} began at {when}; an answer is no longer needed.", title=verbatim(event.title), when=Moment(each.effective))
    roles = units.membership_roles(turn.read, event.of_year)
    unit_id = next((unit_id for unit_id in turn.unit_ids if agenda.concerns(event, unit_id, roles)), None)
    if unit_id is None:
        return m("Only the units that are invited answer this conference.")
    return each, unit_id


def _note(turn: Turn, each: agenda.Dated, unit_id: str, given: str, substitute: str | None) -> Outcome:
    noted = Attendance(each.event.id, unit_id, given, substitute, turn.person.id, turn.now)
    effects: list[Effect] = [effect(reminders.save_attendance, noted)]
    effects += [
        effect(duties.complete, duty.id, turn.person.id, turn.now) for duty in _fulfilled_by(turn, each.event.id, unit_id)
    ]
    text = say(
        m("Recorded."),
        verbatim(each.event.title),
        _noted(turn, noted),
        m("The answer can be changed until {when}.", when=Moment(each.effective)),
        Choices(tuple(choice for choice in agenda.answer_choices(each.event.id) if choice.action != Go("du", f"{each.event.id} {given}"))),
    )
    return Outcome(text, tuple(effects))


def _fulfilled_by(turn: Turn, event_id: str, unit_id: str) -> tuple[Duty, ...]:
    """The unit's open duties that the answer to the conference fulfils."""
    tied = (event for event in calendar.events(turn.read) if agenda.rsvp_of(event) == event_id)
    owed = (duties.duty(turn.read, f"{event.id}:{unit_id}") for event in tied)
    return tuple(duty for duty in owed if duty is not None and duty.status == "open")


def _noted(turn: Turn, noted: Attendance) -> Message:
    unit = verbatim(units.name_of(turn.read, noted.unit_id))
    if noted.substitute is not None:
        return m("Answer of {unit}: a substitute attends, {name}.", unit=unit, name=verbatim(noted.substitute))
    if noted.answer == "attend":
        return m("Answer of {unit}: attends.", unit=unit)
    return m("Answer of {unit}: does not attend.", unit=unit)


def _ask_name() -> Reply:
    return say(m("Who attends instead? Please send name and office."), control_choices("cancel"))


class Substitute:
    """Asks for the name of who attends instead."""

    name = "substitute"
    version = 1

    def expects(self, state: State) -> Expects:
        return "text"

    def ask(self, turn: Turn, state: State) -> Reply:
        return _ask_name()

    def advance(self, turn: Turn, state: State, given: Input | Chosen) -> Outcome:
        """A text is the name; cancel and back leave the answer as it was."""
        if isinstance(given, Chosen) and given.value in ("cancel", "back"):
            return Outcome(say(m("Nothing was changed.")), dialogue="end")
        name = " ".join(given.text.split()) if isinstance(given, Said) else ""
        if not 2 <= len(name) <= LONGEST_NAME or name.isdecimal():
            return Outcome(say(m("Not clear.")) + _ask_name(), dialogue=state)
        meeting = _meeting(turn, str(state.answers["event"]))
        if isinstance(meeting, Message):
            return Outcome(say(meeting), dialogue="end")
        noted = _note(turn, *meeting, "substitute", name)
        return Outcome(noted.reply, noted.effects, "end")


SUBSTITUTE = Substitute()

COMMAND = Command(
    name="du",
    alias="attend",
    summary=m("Answer a conference"),
    words=Message(""),
    handle=handle,
    roles=frozenset({"officer", "leader"}),
    dialogues=(SUBSTITUTE,),
)
