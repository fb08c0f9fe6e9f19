"""The questions of the dialogue that composes a broadcast, with their choices."""

from __future__ import annotations

from dataclasses import replace

from handlers.broadcasting import preview
from handlers.broadcasting.audience import MOST_NAMES, members, named
from handlers.broadcasting.draft import Draft
from handlers.broadcasting.naming import hear, missing_events
from handlers.broadcasting.timing import At, after_quiet, offered, read_time
from handlers.kit.message import Message, Moment, m, verbatim
from handlers.kit.reply import Answer, Choice, Choices, Reply, control_choices, say
from handlers.kit.turn import Turn
from handlers.schedule import agenda
from storage import units
from storage.units import Unit

MOST_UNIT_CHOICES = 12
"""How many units stand on buttons: beyond, they are typed."""

AUDIENCES: tuple[tuple[str, Message], ...] = (
    ("all", m("The whole cluster")),
    ("officer", m("Officers of the units")),
    ("leader", m("Leaders of the units")),
    ("verifier", m("Verifiers")),
    ("observer", m("Observers")),
    ("units", m("Choose units")),
)


def question(turn: Turn, step: str, draft: Draft, *, brief: bool) -> Reply:
    match step:
        case "audience":
            return _ask_audience(turn)
        case "units":
            return _ask_units(turn, draft)
        case "deadline":
            rows = tuple(Choice(agenda.short(event.title), Answer(f"event {event.id}")) for event in missing_events(turn))
            return say(m("Which report is missing?"), Choices(rows), control_choices("back", "cancel"))
        case "which":
            return _ask_which(turn, draft)
        case "text":
            whom = () if draft.audience is None else (m("Recipients: {audience}.", audience=draft.audience.shown(turn.read)),)
            asked = m("Please type the text of the message.")
            if draft.attached is None:
                asked = m("Please type the text of the message. A picture or a file can be sent along.")
            controls = control_choices("back", "cancel", numbered=False)
            if not draft.before:
                return say(*whom, asked, controls)
            kept = m("The text before was: “{text}”", text=preview.opening(draft.before))
            return say(*whom, kept, asked, Choices((preview.BEFORE,)), controls)
        case "typed":
            return _ask_typed(turn, draft)
        case "when":
            choices = [Choice(m("Send at once"), Answer("now"))]
            choices += [Choice(at_time(epoch), Answer(f"at {epoch}")) for epoch in offered(turn.now, turn.zone)]
            asked = m("When is it to be sent? For example: 14h, 8h Monday, 7h30 25/12.")
            return say(asked, Choices(tuple(choices)), control_choices("back", "cancel"))
        case "quiet":
            return _ask_quiet(turn)
        case "edit":
            return _ask_edit(draft)
        case _:
            return preview.brief(turn, draft) if brief else preview.full(turn, draft)


def _ask_audience(turn: Turn) -> Reply:
    choices = [Choice(label, Answer(value), several=value not in ("all", "units")) for value, label in AUDIENCES]
    if missing_events(turn):
        choices.append(Choice(m("Units that have not filed"), Answer("missing")))
    names = tuple(unit.name for unit in members(turn.read, turn.today)[:2])
    asked = m("To whom is the message?")
    if names:
        asked = m("To whom is the message? Units can also be typed, for example: {units}", units=names)
    return say(asked, Choices((*choices, Choice(m("Cancel"), Answer("cancel"))), columns=2))


def _ask_units(turn: Turn, draft: Draft) -> Reply:
    choices = [Choice(verbatim(unit.name), Answer(f"unit {unit.id}"), several=True) for unit in units_left(turn, draft)]
    if draft.picked:
        picked = named(tuple(units.name_of(turn.read, each) for each in draft.picked))
        asked = m("Chosen: {units}. Another unit, or “Done”?", units=picked)
        controls = (Choice(m("Done"), Answer("done")), *control_choices("back", "cancel").choices)
    else:
        asked = m("To which units? Please choose or type them, several with commas between.")
        controls = control_choices("back", "cancel").choices
    return say(asked, *((Choices(tuple(choices), columns=2),) if choices else ()), Choices(controls, columns=3))


def units_left(turn: Turn, draft: Draft) -> tuple[Unit, ...]:
    """The units that can still be picked from the list, in its order; none where they are too many for one."""
    known = members(turn.read, turn.today)
    return tuple(unit for unit in known if unit.id not in draft.picked) if len(known) <= MOST_UNIT_CHOICES else ()


def _ask_which(turn: Turn, draft: Draft) -> Reply:
    doubt = draft.doubts[0]
    choices = tuple(Choice(verbatim(units.name_of(turn.read, each)), Answer(f"unit {each}")) for each in doubt.ids[:MOST_NAMES])
    if doubt.merged and len(choices) == 1:
        choices = (replace(choices[0], says="yes"),)
    if doubt.merged:
        heirs = tuple(units.name_of(turn.read, each) for each in doubt.ids)
        asked = m("{unit} has gone into {heirs}. Is the message for that unit?", unit=verbatim(doubt.word), heirs=heirs)
    else:
        asked = m("Which unit is meant by “{word}”?", word=doubt.word)
    back, cancel = control_choices("back", "cancel").choices
    return say(asked, Choices(choices, columns=2), Choices((replace(back, says="wrong"), cancel), columns=2))


def _ask_quiet(turn: Turn) -> Reply:
    morning = after_quiet(turn.read, turn.now, turn.zone)
    choices = (
        Choice(m("Send at {time}", time=Moment(morning, "time")), Answer(f"at {morning}"), says="yes"),
        Choice(m("Send at once"), Answer("now")),
        Choice(m("Another time"), Answer("when"), says="wrong"),
    )
    asked = m("These are quiet hours. Is the message to wait until {when}?", when=Moment(morning, "weekday_time"))
    return say(asked, Choices(choices, columns=2), control_choices("cancel"))


def _ask_typed(turn: Turn, draft: Draft) -> Reply:
    choices = [Choice(m("New text of the message"), Answer("text"))]
    if isinstance(read_time(draft.typed, turn.now, turn.zone), At):
        choices.append(Choice(m("Time of sending"), Answer("time")))
    if hear(turn, draft.typed).clear:
        choices.append(Choice(m("Recipients"), Answer("whom")))
    choices.append(Choice(m("Leave the message as it is"), Answer("keep")))
    asked = m("What is “{text}” for this message?", text=preview.opening(draft.typed))
    return say(asked, Choices(tuple(choices)), control_choices("cancel"))


def _ask_edit(draft: Draft) -> Reply:
    labels = {"text": m("The text"), "audience": m("The recipients"), "when": m("The time")}
    choices = [Choice(label, Answer(value)) for value, label in labels.items()]
    if draft.attached is not None:
        choices.append(Choice(m("Leave the file out"), Answer("nofile")))
    asked = m("What is to be changed? To attach or exchange a file, just send it.")
    return say(asked, Choices(tuple(choices), columns=2), control_choices("back", "cancel"))


def ask_instead(why: Message, instead: int) -> Reply:
    """What may be meant by a time that has passed."""
    meant = Choices((Choice(at_time(instead), Answer(f"at {instead}"), says="yes"),))
    return say(why, m("Is this one meant? Or please type another time."), meant, control_choices("back", "cancel"))


def at_time(epoch: int) -> Message:
    """An instant on a button."""
    return m("{when}", when=Moment(epoch, "weekday_time"))
