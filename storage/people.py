"""People, their accounts on channels, and their posts (unit + role, dated)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from storage import audit, page_links
from storage.connection import Snapshot, Transaction
from storage.erasing import forget_traces
from storage.errors import Conflict

UNIT_ROLES = ("officer", "leader")
CLUSTER_ROLES = ("verifier", "secretary", "observer", "admin")


@dataclass(frozen=True, slots=True)
class Person:
    """An officer as the bot knows him. ``consent_at`` is None until the personal-data notice is agreed to."""

    id: str
    name: str
    title: str
    language: str
    consent_at: int | None
    reminders: bool
    erased_at: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A role in a unit, or in the cluster (``unit_id`` None), from a local date to a last day (None: in force)."""

    id: str
    person_id: str
    unit_id: str | None
    role: str
    valid_from: str
    valid_to: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """An address on a channel that belongs to a person."""

    channel: str
    address: str
    person_id: str
    preferred: bool
    blocked_at: int | None
    linked_at: int = 0


_PERSON = "p.id, p.name, p.title, p.language, p.consent_at, p.reminders, p.erased_at"
_POST = "id, person_id, unit_id, role, valid_from, valid_to"
_ACCOUNT = "channel, address, person_id, preferred, blocked_at, linked_at"


def _person(row: tuple[str, str, str, str, int | None, int, int | None]) -> Person:
    return Person(row[0], row[1], row[2], row[3], row[4], bool(row[5]), row[6])


def _account(row: tuple[str, str, str, int, int | None, int]) -> Account:
    return Account(row[0], row[1], row[2], bool(row[3]), row[4], row[5])


def by_account(read: Snapshot, channel: str, address: str) -> Person | None:
    """Who writes from this address; None for a stranger."""
    row = read.execute(
        f"SELECT {_PERSON} FROM accounts a JOIN people p ON p.id = a.person_id WHERE a.channel = ? AND a.address = ?",  # noqa: S608
        (channel, address),
    ).fetchone()
    return None if row is None else _person(row)


def writing(read: Snapshot, channel: str, address: str, today: str) -> tuple[Person | None, tuple[Post, ...]]:
    """`by_account` and the person's `posts`, in one statement: every turn begins with it."""
    rows = read.execute(
        f"SELECT {_PERSON}, o.id, o.unit_id, o.role, o.valid_from, o.valid_to FROM accounts a JOIN people p ON p.id = a.person_id"  # noqa: S608
        " LEFT JOIN posts o ON o.person_id = p.id AND o.valid_from <= ? AND (o.valid_to IS NULL OR o.valid_to >= ?)"
        " WHERE a.channel = ? AND a.address = ?",
        (today, today, channel, address),
    ).fetchall()
    if not rows:
        return None, ()
    who = _person(rows[0][:7])
    held = (Post(row[7], who.id, *row[8:]) for row in rows if row[7] is not None)
    return who, tuple(held) if len(rows) == 1 else tuple(sorted(held, key=lambda post: (post.valid_from, post.id)))


def person(read: Snapshot, person_id: str) -> Person | None:
    row = read.execute(f"SELECT {_PERSON} FROM people p WHERE p.id = ?", (person_id,)).fetchone()  # noqa: S608
    return None if row is None else _person(row)


def accounts(read: Snapshot, person_id: str) -> tuple[Account, ...]:
    """A person's addresses, the preferred one first."""
    rows = read.execute(
        f"SELECT {_ACCOUNT} FROM accounts WHERE person_id = ? ORDER BY preferred DESC, linked_at, channel, address",  # noqa: S608
        (person_id,),
    )
    return tuple(_account(row) for row in rows)


def posts(read: Snapshot, person_id: str, today: str) -> tuple[Post, ...]:
    """A person's posts in force on the local date ``today``, the oldest first."""
    rows = read.execute(
        f"SELECT {_POST} FROM posts WHERE person_id = ? AND valid_from <= ? AND (valid_to IS NULL OR valid_to >= ?)"  # noqa: S608
        " ORDER BY valid_from, id",
        (person_id, today, today),
    )
    return tuple(Post(*row) for row in rows)


def post(read: Snapshot, post_id: str) -> Post | None:
    row = read.execute(f"SELECT {_POST} FROM posts WHERE id = ?", (post_id,)).fetchone()  # noqa: S608
    return None if row is None else Post(*row)


def holders(
    read: Snapshot, today: str, *, unit_id: str | None = None, role: str | None = None
) -> tuple[tuple[Person, Post], ...]:
    """People with a post in force today, of one unit and of one role where given, in Vietnamese order of the units."""
    rows = read.execute(
        f"SELECT {_PERSON}, o.id, o.person_id, o.unit_id, o.role, o.valid_from, o.valid_to"  # noqa: S608
        " FROM posts o JOIN people p ON p.id = o.person_id LEFT JOIN units u ON u.id = o.unit_id"
        " WHERE o.valid_from <= :today AND (o.valid_to IS NULL OR o.valid_to >= :today)"
        " AND (:unit IS NULL OR o.unit_id = :unit) AND (:role IS NULL OR o.role = :role)"
        " ORDER BY o.unit_id IS NULL, u.sort_key, o.unit_id, o.role DESC, p.name, o.id",
        {"today": today, "unit": unit_id, "role": role},
    )
    return tuple((_person(row[:7]), Post(*row[7:])) for row in rows)


def everyone(read: Snapshot, today: str) -> tuple[Person, ...]:
    """Everybody with any post in force today."""
    rows = read.execute(
        f"SELECT DISTINCT {_PERSON} FROM posts o JOIN people p ON p.id = o.person_id"  # noqa: S608
        " WHERE o.valid_from <= ? AND (o.valid_to IS NULL OR o.valid_to >= ?) ORDER BY p.name, p.id",
        (today, today),
    )
    return tuple(_person(row) for row in rows)


def addresses_with(read: Snapshot, channel: str, roles: tuple[str, ...], today: str) -> dict[tuple[str, str], frozenset[str]]:
    """(address, language) on a channel -> all roles in force today, of those who hold one of ``roles`` and do not block us."""
    rows = read.execute(
        "SELECT a.address, p.language, o.role FROM accounts a JOIN people p ON p.id = a.person_id JOIN posts o ON o.person_id = p.id"
        " WHERE a.channel = ? AND a.blocked_at IS NULL AND o.valid_from <= ? AND (o.valid_to IS NULL OR o.valid_to >= ?)"
        " AND EXISTS (SELECT 1 FROM posts h WHERE h.person_id = p.id AND h.valid_from <= ?"
        " AND (h.valid_to IS NULL OR h.valid_to >= ?) AND h.role IN (SELECT value FROM json_each(?)))",
        (channel, today, today, today, today, json.dumps(roles)),
    )
    found: dict[tuple[str, str], set[str]] = {}
    for address, language, role in rows:
        found.setdefault((address, language), set()).add(role)
    return {key: frozenset(held) for key, held in found.items()}


def add_person(tx: Transaction, person_id: str, name: str, title: str, language: str, now: int) -> None:
    tx.execute(
        "INSERT INTO people (id, name, title, language, created_at) VALUES (?, ?, ?, ?, ?)", (person_id, name, title, language, now)
    )


def link(tx: Transaction, channel: str, address: str, person_id: str, now: int) -> None:
    """Give an address to a person; the first one is where reminders go. Raises Conflict when it belongs to somebody else."""
    owner = tx.execute("SELECT person_id FROM accounts WHERE channel = ? AND address = ?", (channel, address)).fetchone()
    if owner is not None:
        if owner[0] != person_id:
            raise Conflict(f"{channel}:{address} belongs to another person")
        return
    first = tx.execute("SELECT 1 FROM accounts WHERE person_id = ?", (person_id,)).fetchone() is None
    tx.execute(
        "INSERT INTO accounts (channel, address, person_id, preferred, linked_at) VALUES (?, ?, ?, ?, ?)",
        (channel, address, person_id, int(first), now),
    )


def consent(tx: Transaction, person_id: str, now: int) -> None:
    tx.execute("UPDATE people SET consent_at = ? WHERE id = ? AND consent_at IS NULL", (now, person_id))


def rename(tx: Transaction, person_id: str, name: str, title: str, now: int) -> None:
    before = tx.execute("SELECT name, title FROM people WHERE id = ?", (person_id,)).fetchone()
    tx.execute("UPDATE people SET name = ?, title = ? WHERE id = ?", (name, title, person_id))
    audit.note(tx, now, person_id, "person.rename", f"person:{person_id}", before=" · ".join(before), after=f"{name} · {title}")


def set_language(tx: Transaction, person_id: str, language: str) -> None:
    tx.execute("UPDATE people SET language = ? WHERE id = ?", (language, person_id))


def set_reminders(tx: Transaction, person_id: str, wanted: bool) -> None:
    tx.execute("UPDATE people SET reminders = ? WHERE id = ?", (int(wanted), person_id))


def prefer(tx: Transaction, person_id: str, channel: str, address: str) -> None:
    """Reminders of the person go to this one of his addresses from now on."""
    tx.execute("UPDATE accounts SET preferred = (channel = ? AND address = ?) WHERE person_id = ?", (channel, address, person_id))


def mark_blocked(tx: Transaction, channel: str, address: str, now: int) -> None:
    """The address refuses our messages since ``now``; the first time counts until a message is taken again."""
    tx.execute(
        "UPDATE accounts SET blocked_at = ?, blocked_told = 0 WHERE channel = ? AND address = ? AND blocked_at IS NULL",
        (now, channel, address),
    )


def mark_reached(tx: Transaction, channel: str, address: str) -> None:
    """A message was taken there: it does not refuse ours (any more). Who writes again is answered, and so comes back."""
    tx.execute("UPDATE accounts SET blocked_at = NULL WHERE channel = ? AND address = ? AND blocked_at IS NOT NULL", (channel, address))


def move_address(tx: Transaction, channel: str, old: str, new: str) -> None:
    """The platform gave a chat another id (a Telegram group that became a supergroup). What stands under the new one already stays."""
    tx.execute("UPDATE OR IGNORE accounts SET address = ? WHERE channel = ? AND address = ?", (new, channel, old))
    tx.execute("UPDATE outbox SET address = ? WHERE channel = ? AND address = ? AND state = 'waiting'", (new, channel, old))
    tx.execute("UPDATE menus SET address = ? WHERE channel = ? AND address = ?", (new, channel, old))
    tx.execute("UPDATE OR IGNORE wrong_codes SET address = ? WHERE channel = ? AND address = ?", (new, channel, old))
    for table in ("dialogues", "topics"):
        tx.execute(f"UPDATE OR IGNORE {table} SET owner = ? WHERE owner = ?", (f"{channel}:{new}", f"{channel}:{old}"))  # noqa: S608


def add_post(tx: Transaction, given: Post, by: str | None, now: int) -> None:
    """Give a post. Giving the same one twice changes nothing."""
    same = tx.execute(
        "SELECT 1 FROM posts WHERE person_id = ? AND unit_id IS ? AND role = ? AND valid_to IS NULL",
        (given.person_id, given.unit_id, given.role),
    ).fetchone()
    if same is not None:
        return
    tx.execute(
        "INSERT INTO posts (id, person_id, unit_id, role, valid_from, valid_to) VALUES (?, ?, ?, ?, ?, ?)",
        (given.id, given.person_id, given.unit_id, given.role, given.valid_from, given.valid_to),
    )
    audit.note(tx, now, by, "post.give", f"person:{given.person_id}", unit_id=given.unit_id, after=given.role)


def end_post(tx: Transaction, post_id: str, last_day: str, by: str | None, now: int) -> None:
    """End a post after ``last_day`` (a local date). Raises Conflict when it has ended already."""
    row = tx.execute("SELECT person_id, unit_id, role FROM posts WHERE id = ? AND valid_to IS NULL", (post_id,)).fetchone()
    if row is None:
        raise Conflict(f"post {post_id} has ended already")
    tx.execute("UPDATE posts SET valid_to = ? WHERE id = ?", (last_day, post_id))
    page_links.revoke_all(tx, row[0], now)
    audit.note(tx, now, by, "post.end", f"person:{row[0]}", unit_id=row[1], before=row[2], after=last_day)


def erase(tx: Transaction, person_id: str, last_day: str, now: int) -> None:
    """Blank name and office, end the posts, drop the addresses. What was filed stays with the unit; the audit keeps the id alone."""
    addresses = tx.execute("SELECT channel, address FROM accounts WHERE person_id = ?", (person_id,)).fetchall()
    forget_traces(tx, person_id, addresses)
    tx.execute("UPDATE people SET name = '', title = '', erased_at = ? WHERE id = ?", (now, person_id))
    tx.execute("UPDATE posts SET valid_to = ? WHERE person_id = ? AND valid_to IS NULL", (last_day, person_id))
    tx.execute("DELETE FROM accounts WHERE person_id = ?", (person_id,))
    tx.execute("UPDATE dialogues SET answers = '{}' WHERE owner = ?", (f"person:{person_id}",))
    tx.execute("DELETE FROM topics WHERE owner = ?", (f"person:{person_id}",))
    tx.execute("DELETE FROM snoozes WHERE person_id = ?", (person_id,))
    tx.execute("DELETE FROM told WHERE person_id = ?", (person_id,))
    tx.execute("DELETE FROM link_codes WHERE person_id = ?", (person_id,))
    tx.execute("DELETE FROM page_links WHERE person_id = ?", (person_id,))
    tx.execute("DELETE FROM corrections WHERE person_id = ?", (person_id,))
    tx.execute(
        "UPDATE audit SET before = NULL, after = NULL WHERE subject = ? AND action = 'person.rename'", (f"person:{person_id}",)
    )
    audit.note(tx, now, person_id, "person.erase", f"person:{person_id}")
