"""The preview: the letter as its readers will see it, then how many they are, who cannot be reached and when it goes."""

from __future__ import annotations

from handlers.broadcasting import costing
from handlers.broadcasting.audience import EVERYBODY, Resolved, in_order, resolve, told
from handlers.broadcasting.draft import Draft
from handlers.broadcasting.letter import letter
from handlers.broadcasting.timing import after_quiet
from handlers.kit.message import Message, Moment, Value, m, mn, verbatim
from handlers.kit.reply import Answer, Choice, Choices, Fields, Reply, Text, say
from handlers.kit.turn import Turn
from handlers.rules.text import clip
from storage.connection import Snapshot

_PUBLIC = m("public; on Zalo it is shown at once")
_PERSONAL = m("for the recipients alone; on Zalo they get a link")

OPENING_CHARS = 60
"""How much of a text names the message in lists."""

BEFORE = Choice(m("Take the text before"), Answer("before"), numbered=False)


def full(turn: Turn, draft: Draft) -> Reply:
    """The letter itself, and below it the facts."""
    found = _resolved(turn, draft)
    shown = letter(turn.read, signed_as(turn), turn.person.id, draft.text, draft.attached)
    return say(Text(m("Preview, as the recipients will read it:"), "note")) + shown + _facts(turn, draft, found)


def brief(turn: Turn, draft: Draft) -> Reply:
    """The same question after a detour, without the letter."""
    notes = [m("The message has not been sent yet: “{text}”", text=opening(draft.text))]
    if draft.attached is not None:
        notes.append(m("Attached: {name}", name=verbatim(draft.attached.name)))
    return say(*notes) + _facts(turn, draft, _resolved(turn, draft))


def signed_as(turn: Turn) -> str:
    """In whose name it goes out."""
    return "secretary" if "secretary" in turn.roles else "admin"


def opening(text: str) -> Message:
    """The beginning of a text, on one line."""
    return verbatim(clip(" ".join(text.split()), OPENING_CHARS))


def people_and_units(found: Resolved) -> Message:
    """ "12 people in 6 units"."""
    people = mn("{count} person", "{count} people", len(found.reachable))
    within = found.units_reached
    return m("{people} in {units}", people=people, units=mn("{count} unit", "{count} units", within)) if within > 1 else people


def unreached(read: Snapshot, found: Resolved) -> list[tuple[Message, Value]]:
    """The units in which nobody has joined or can be reached, and those that refuse our messages."""
    places = found.places()
    alone = [(unit_id, "", 0, 0) for unit_id in found.silent]
    alone += [(each.unit_id, each.role, each.unreachable, each.people) for each in places if each.unreachable]
    refused = [(each.unit_id, each.role, each.blocked, each.people) for each in places if each.blocked]
    labelled = ((m("Not joined"), alone), (m("Blocked the bot"), refused))
    return [(label, told(read, in_order(read, some))) for label, some in labelled if some]


def _resolved(turn: Turn, draft: Draft) -> Resolved:
    return resolve(turn.read, draft.audience or EVERYBODY, turn.today, turn.person.id)


def _facts(turn: Turn, draft: Draft, found: Resolved) -> Reply:
    audience = draft.audience or EVERYBODY
    whom = m("{audience}: {count}", audience=audience.shown(turn.read), count=people_and_units(found))
    rows: list[tuple[Message, Value]] = [(m("Recipients"), whom), *unreached(turn.read, found)]
    rows += [*costing.rows(turn, draft, found), (m("To be sent"), _when(turn, draft))]
    choices = [Choice(m("Confirm"), Answer("confirm"), says="yes"), Choice(m("Set a time"), Answer("when"))]
    notes: list[Message] = []
    if not found.reachable:
        choices = []
        notes.append(m("Nobody of these can be reached. Please choose other recipients."))
    elif audience.event and draft.at is not None:
        notes.append(m("Who has filed by then will not get it."))
    notes += costing.warnings(turn, draft, found)
    if _may_be_public(turn, draft):
        rows.append((m("Picture"), _PUBLIC if draft.attached and draft.attached.public else _PERSONAL))
        other = m("Picture for the recipients alone") if draft.attached and draft.attached.public else m("The picture is public")
        choices.append(Choice(other, Answer("public")))
    choices += [Choice(m("Correct"), Answer("edit"), says="wrong"), Choice(m("Cancel"), Answer("cancel"), says="no")]
    if draft.before:
        choices.append(BEFORE)
    return say(Fields(tuple(rows)), *notes, Choices(tuple(choices), columns=2))


def _may_be_public(turn: Turn, draft: Draft) -> bool:
    """Whether it makes a difference: a platform can fetch a picture only from a public address."""
    return draft.attached is not None and draft.attached.is_picture and bool(turn.facts.get("public_url"))


def _when(turn: Turn, draft: Draft) -> Message:
    if draft.at is None:
        return m("{when} (in quiet hours)", when=m("at once")) if draft.anyway else m("at once")
    when = m("{when}", when=Moment(draft.at, "weekday_time"))
    if after_quiet(turn.read, draft.at, turn.zone) > draft.at:
        return m("{when} (in quiet hours)", when=when)
    return when


