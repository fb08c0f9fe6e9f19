"""What reminders remember: how far the tick has come, snoozes, the secretary's nudges, answers to conferences."""

from __future__ import annotations

from dataclasses import dataclass

from storage import audit
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

TICK = "reminders"


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


def last_tick(read: Snapshot) -> int | None:
    """Up to which instant (epoch, included) reminders have become letters; None before the first tick."""
    row = read.execute("SELECT at FROM ticks WHERE name = ?", (TICK,)).fetchone()
    return None if row is None else int(row[0])


def save_tick(tx: Transaction, now: int, expected: int | None) -> None:
    """The look has come up to ``now``. Raises Conflict when another look has come in between (``expected`` is where this one began)."""
    if last_tick(Snapshot(tx)) != expected:
        raise Conflict("another tick has looked in between")
    tx.execute("INSERT OR REPLACE INTO ticks (name, at) VALUES (?, ?)", (TICK, now))


def due_snoozes(read: Snapshot, now: int) -> tuple[Snooze, ...]:
    """Snoozes whose instant has come, by person."""
    rows = read.execute("SELECT person_id, subject, at FROM snoozes WHERE at <= ? ORDER BY person_id, at, subject", (now,))
    return tuple(Snooze(*row) for row in rows)


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


def recipients(read: Snapshot, today: str) -> tuple[Recipient, ...]:
    """Everybody with a post in force on the local date, consent given and an address that takes messages, by name."""
    addresses: dict[str, tuple[str, str]] = {}
    for person_id, channel, address in read.execute(
        "SELECT person_id, channel, address FROM accounts WHERE blocked_at IS NULL ORDER BY preferred DESC, linked_at, channel, address"
    ):
        addresses.setdefault(person_id, (channel, address))
    posts: dict[str, list[tuple[str | None, str]]] = {}
    for person_id, unit_id, role in read.execute(
        "SELECT person_id, unit_id, role FROM posts WHERE valid_from <= ? AND (valid_to IS NULL OR valid_to >= ?) ORDER BY valid_from, id",
        (today, today),
    ):
        posts.setdefault(person_id, []).append((unit_id, role))
    rows = read.execute(
        "SELECT id, name, title, language, reminders FROM people WHERE consent_at IS NOT NULL AND erased_at IS NULL ORDER BY name, id"
    )
    return tuple(
        Recipient(row[0], row[1], row[2], row[3], bool(row[4]), *addresses[row[0]], tuple(posts[row[0]]))
        for row in rows
        if row[0] in addresses and row[0] in posts
    )
