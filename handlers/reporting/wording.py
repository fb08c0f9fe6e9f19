"""Who and when, in the words of a report: a colleague's name, how long ago."""

from __future__ import annotations

from handlers.kit.message import Message, Moment, Value, m, mn
from handlers.rules.text import sort_key
from storage import people
from storage.connection import Snapshot

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def name_of(read: Snapshot, person_id: str | None) -> Value:
    """The person's name; of one who was erased, or of an import, what he was."""
    person = None if person_id is None else people.person(read, person_id)
    return person.name if person is not None and person.name else m("an officer of the unit")


def ago(now: int, at: int) -> Message:
    """How long ago; after a day, when."""
    passed = max(0, now - at)
    if passed < MINUTE:
        return m("just now")
    if passed < HOUR:
        return mn("{count} minute ago", "{count} minutes ago", passed // MINUTE)
    if passed < DAY:
        return mn("{count} hour ago", "{count} hours ago", passed // HOUR)
    return m("{moment}", moment=Moment(at))


def secretary_names(read: Snapshot, today: str) -> tuple[str, ...]:
    """Who to turn to when a year is closed."""
    names = (person.name for person, _ in people.holders(read, today, role="secretary") if person.name)
    return tuple(sorted(names, key=sort_key))
