"""What reminders remember: how far the tick has come, snoozes, the secretary's nudges, answers to conferences."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass

from storage import audit
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

log = logging.getLogger(__name__)

TICK = "reminders"
LEAP = "leap"


@dataclass(frozen=True, slots=True)
class Snooze:
    """A person wants to be reminded once more, at an instant (epoch); ``subject`` is duty:ID or event:ID."""

    person_id: str
    subject: str
    at: int


@dataclass(frozen=True, slots=True)
class Nudge:
    """The organiser reminded those who are missing, on a local day; ``units`` is how many."""

    event_id: str
    day: str
    person_id: str
    at: int
    units: int


@dataclass(frozen=True, slots=True)
class Attendance:
    """A unit's answer to a conference: attend, absent or substitute (then ``substitute`` names who comes)."""

    event_id: str
    unit_id: str
    answer: str
    substitute: str | None
    person_id: str
    at: int


def last_tick(read: Snapshot, name: str = TICK) -> int | None:
    """The instant (epoch) of the last look that was noted; None before the first one. ``name``: `LEAP` of a leap that was noticed."""
    row = read.execute("SELECT at FROM ticks WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])


def save_tick(tx: Transaction, now: int, expected: int | None) -> None:
    """A look has come up to ``now``. Raises Conflict when another look has come in between (``expected``: the look before this one)."""
    if last_tick(Snapshot(tx)) != expected:
        raise Conflict("another tick has looked in between")
    tx.execute("INSERT OR REPLACE INTO ticks (name, at) VALUES (?, ?)", (TICK, now))
    tx.execute("DELETE FROM ticks WHERE name = ?", (LEAP,))


def note_leap(tx: Transaction, now: int, since: int) -> None:
    """The clock says that there was no look for very long. That may be about to be corrected: nothing is written yet."""
    tx.execute("INSERT OR REPLACE INTO ticks (name, at) VALUES (?, ?)", (LEAP, now))
    log.warning("The clock is %d days ahead of the last look; reminders wait to see whether it stays so", (now - since) // 86_400)


def due_snoozes(read: Snapshot, now: int) -> tuple[Snooze, ...]:
    """Snoozes whose instant has come, by person."""
    rows = read.execute("SELECT person_id, subject, at FROM snoozes WHERE at <= ? ORDER BY person_id, at, subject", (now,))
    return tuple(Snooze(*row) for row in rows)


def drop_snoozes(tx: Transaction, now: int) -> None:
    """The snoozes whose instant has come have been looked at."""
    tx.execute("DELETE FROM snoozes WHERE at <= ?", (now,))


def next_snooze(read: Snapshot, after: int) -> int | None:
    """The first snooze after an instant."""
    row = read.execute("SELECT MIN(at) FROM snoozes WHERE at > ?", (after,)).fetchone()
    return None if row[0] is None else int(row[0])


def snooze(tx: Transaction, person_id: str, subject: str, at: int) -> None:
    """Remind the person once more at ``at``; a second wish takes the place of the first."""
    tx.execute("INSERT OR REPLACE INTO snoozes (person_id, subject, at) VALUES (?, ?, ?)", (person_id, subject, at))


def drop_snooze(tx: Transaction, person_id: str, subject: str) -> None:
    tx.execute("DELETE FROM snoozes WHERE person_id = ? AND subject = ?", (person_id, subject))


def nudge(read: Snapshot, event_id: str, day: str) -> Nudge | None:
    """The nudge of a local day, if there was one."""
    row = read.execute(
        "SELECT event_id, day, person_id, at, units FROM nudges WHERE event_id = ? AND day = ?", (event_id, day)
    ).fetchone()
    return None if row is None else Nudge(*row)


def save_nudge(tx: Transaction, given: Nudge) -> None:
    """Note a nudge. Raises Conflict when somebody has nudged on this day already."""
    if nudge(Snapshot(tx), given.event_id, given.day) is not None:
        raise Conflict(f"{given.event_id} was nudged on {given.day} already")
    tx.execute(
        "INSERT INTO nudges (event_id, day, person_id, at, units) VALUES (?, ?, ?, ?, ?)",
        (given.event_id, given.day, given.person_id, given.at, given.units),
    )
    audit.note(tx, given.at, given.person_id, "reminder.nudge", f"event:{given.event_id}", after=str(given.units))


def forget_nudges(tx: Transaction, today: str) -> None:
    """Days that only a wrong clock has seen are still to come: whoever is missing then can be reminded then."""
    tx.execute("DELETE FROM nudges WHERE day > ?", (today,))


def attendance(read: Snapshot, event_id: str, unit_id: str) -> Attendance | None:
    row = read.execute(
        "SELECT event_id, unit_id, answer, substitute, person_id, at FROM attendances WHERE event_id = ? AND unit_id = ?",
        (event_id, unit_id),
    ).fetchone()
    return None if row is None else Attendance(*row)


def attendances(read: Snapshot, event_id: str) -> dict[str, Attendance]:
    """unit id -> its answer to a conference."""
    rows = read.execute(
        "SELECT event_id, unit_id, answer, substitute, person_id, at FROM attendances WHERE event_id = ? ORDER BY unit_id", (event_id,)
    )
    return {row[1]: Attendance(*row) for row in rows}


def save_attendance(tx: Transaction, given: Attendance) -> None:
    """Note the answer; a later one takes its place, and the audit keeps both."""
    before = attendance(Snapshot(tx), given.event_id, given.unit_id)
    if before is not None and (before.answer, before.substitute) == (given.answer, given.substitute):
        return
    tx.execute(
        "INSERT OR REPLACE INTO attendances (event_id, unit_id, answer, substitute, person_id, at) VALUES (?, ?, ?, ?, ?, ?)",
        (given.event_id, given.unit_id, given.answer, given.substitute, given.person_id, given.at),
    )
    audit.note(
        tx, given.at, given.person_id, "conference.answer", f"event:{given.event_id}", unit_id=given.unit_id,
        before=None if before is None else before.answer, after=given.answer, reason=given.substitute,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who can be reached: his address (the preferred one that is not blocked), and (unit id or None, role) of each post."""

    person_id: str
    name: str
    title: str
    language: str
    reminders: bool
    channel: str
    address: str
    posts: tuple[tuple[str | None, str], ...]


def recipients(read: Snapshot, today: str, only: Collection[str] | None = None) -> tuple[Recipient, ...]:
    """Everybody with a post in force on the local date, consent given and an address that takes messages, by name; or ``only`` these."""
    some = "" if only is None else " AND {} IN (SELECT value FROM json_each(:only))"
    given = {"today": today} if only is None else {"today": today, "only": json.dumps(sorted(only))}
    addresses: dict[str, tuple[str, str]] = {}
    for person_id, channel, address in read.execute(
        f"SELECT person_id, channel, address FROM accounts WHERE blocked_at IS NULL{some.format('person_id')}"  # noqa: S608
        " ORDER BY preferred DESC, linked_at, channel, address",
        given,
    ):
        addresses.setdefault(person_id, (channel, address))
    posts: dict[str, list[tuple[str | None, str]]] = {}
    for person_id, unit_id, role in read.execute(
        "SELECT person_id, unit_id, role FROM posts WHERE valid_from <= :today AND (valid_to IS NULL OR valid_to >= :today)"  # noqa: S608
        f"{some.format('person_id')} ORDER BY valid_from, id",
        given,
    ):
        posts.setdefault(person_id, []).append((unit_id, role))
    rows = read.execute(
        "SELECT id, name, title, language, reminders FROM people WHERE consent_at IS NOT NULL AND erased_at IS NULL"  # noqa: S608
        f"{some.format('id')} ORDER BY name, id",
        given,
    )
    return tuple(
        Recipient(row[0], row[1], row[2], row[3], bool(row[4]), *addresses[row[0]], tuple(posts[row[0]]))
        for row in rows
        if row[0] in addresses and row[0] in posts
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """How the officers of a unit who have joined can be written to: how many addresses they have, how many of them refuse messages."""

    addresses: int
    blocked: int


def reach(read: Snapshot, today: str) -> dict[str, Reach]:
    """unit id -> its reach, of every unit that has an officer who has joined."""
    rows = read.execute(
        "SELECT o.unit_id, COUNT(a.address), COUNT(a.blocked_at) FROM posts o JOIN people p ON p.id = o.person_id"
        " LEFT JOIN accounts a ON a.person_id = o.person_id WHERE o.role = 'officer' AND o.valid_from <= :today"
        " AND (o.valid_to IS NULL OR o.valid_to >= :today) AND p.consent_at IS NOT NULL GROUP BY o.unit_id",
        {"today": today},
    )
    return {row[0]: Reach(row[1], row[2]) for row in rows}
