"""Recipients of broadcasts: who can be written to now, whom one was meant for, and what became of each letter."""

from __future__ import annotations

from dataclasses import dataclass

from storage.connection import Snapshot


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody with a post in force who has agreed to be written to.

    ``channel`` and ``address`` are None where no address takes messages; ``blocked``: he has addresses, but all of them refuse.
    """

    person_id: str
    language: str
    posts: tuple[tuple[str | None, str], ...]
    channel: str | None
    address: str | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class Target:
    """An addressee of one broadcast, with the unit (empty: the role of the cluster) that he is counted under."""

    to: Addressee
    unit_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many people of a unit (or of a role of the cluster) are in a state: waiting, sent, failed, unknown (no answer came, it may
    have arrived), blocked, dropped, unreachable.

    ``people`` is 0 for a unit in which nobody has joined.
    """

    unit_id: str
    role: str
    state: str
    people: int


_STATE = (
    "CASE WHEN r.state <> 'queued' THEN r.state WHEN o.state = 'failed' AND o.error LIKE 'unknown%' THEN 'unknown'"
    " ELSE COALESCE(o.state, 'dropped') END"
)
_LETTER = (
    "LEFT JOIN outbox o ON o.key = 'broadcast:' || r.broadcast_id || ':' || r.person_id"
    " || CASE r.round WHEN 1 THEN '' ELSE ':' || r.round END"
)

RECIPIENTS = (
    f"SELECT r.broadcast_id, r.unit_id, r.person_id, r.role, {_STATE}, r.round FROM broadcast_recipients r {_LETTER}"  # noqa: S608
    " ORDER BY r.broadcast_id, r.unit_id, r.person_id"
)
"""Every recipient with what became of his letter; for the export."""


def counts(read: Snapshot, broadcast_id: str) -> tuple[Count, ...]:
    """People by unit and state, in the Vietnamese order of the units, roles of the cluster last."""
    rows = read.execute(
        f"SELECT r.unit_id, r.role, {_STATE} AS now, SUM(r.person_id <> '') FROM broadcast_recipients r {_LETTER}"  # noqa: S608
        " LEFT JOIN units u ON u.id = r.unit_id WHERE r.broadcast_id = ? GROUP BY r.unit_id, r.role, now"
        " ORDER BY r.unit_id = '', u.sort_key, r.unit_id, r.role, now",
        (broadcast_id,),
    )
    return tuple(Count(*row) for row in rows)


def reached(read: Snapshot, broadcast_id: str) -> frozenset[str]:
    """The people who have it, or whose letter is still on its way."""
    rows = read.execute(
        f"SELECT r.person_id FROM broadcast_recipients r {_LETTER} WHERE r.broadcast_id = ? AND {_STATE} IN ('sent', 'waiting')",  # noqa: S608
        (broadcast_id,),
    )
    return frozenset(row[0] for row in rows)


def meant(read: Snapshot, broadcast_id: str) -> tuple[frozenset[str], frozenset[str]]:
    """The people it was sent or meant for in an earlier round, and the units in which nobody had joined."""
    rows = read.execute("SELECT person_id, unit_id FROM broadcast_recipients WHERE broadcast_id = ?", (broadcast_id,)).fetchall()
    return frozenset(row[0] for row in rows if row[0]), frozenset(row[1] for row in rows if not row[0])


def addressees(read: Snapshot, today: str) -> tuple[Addressee, ...]:
    """Everybody with a post in force on the local date who has agreed to be written to, by name."""
    addresses: dict[str, tuple[str, str]] = {}
    blocked: set[str] = set()
    for person_id, channel, address, blocked_at in read.execute(
        "SELECT person_id, channel, address, blocked_at FROM accounts ORDER BY preferred DESC, linked_at, channel, address"
    ):
        if blocked_at is None:
            addresses.setdefault(person_id, (channel, address))
        else:
            blocked.add(person_id)
    posts: dict[str, list[tuple[str | None, str]]] = {}
    for person_id, unit_id, role in read.execute(
        "SELECT person_id, unit_id, role FROM posts WHERE valid_from <= ? AND (valid_to IS NULL OR valid_to >= ?) ORDER BY valid_from, id",
        (today, today),
    ):
        posts.setdefault(person_id, []).append((unit_id, role))
    rows = read.execute("SELECT id, language FROM people WHERE consent_at IS NOT NULL AND erased_at IS NULL ORDER BY name, id")
    found = []
    for person_id, language in rows:
        if person_id in posts:
            channel, address = addresses.get(person_id, (None, None))
            refused = address is None and person_id in blocked
            found.append(Addressee(person_id, language, tuple(posts[person_id]), channel, address, refused))
    return tuple(found)
