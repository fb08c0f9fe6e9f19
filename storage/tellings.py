"""What people were told of dates: the plan's dates as a look has seen them, the reminders dealt with, and who knows which date.

A letter is on its way until the sender has settled it. One that never arrived tells nothing: its rows say so, and the next look writes
what is true then.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from storage.connection import Snapshot, Transaction

KEEP_REMINDED_SECONDS = 800 * 86_400
"""How long it is remembered that a reminder was dealt with: longer than any clock is wrong by."""


@dataclass(frozen=True, slots=True)
class DateSeen:
    """An event's date as the plan had it. ``effective`` (epoch) is moved to the next working day where the kind moves."""

    number: int
    event_id: str
    year: int
    kind: str
    title: str
    day: str
    time: str | None
    place: str | None
    effective: int
    cancelled: bool

    @property
    def facts(self) -> tuple[str, str | None, str | None, int, bool]:
        """What people need to be told when it changes."""
        return self.day, self.time, self.place, self.effective, self.cancelled


@dataclass(frozen=True, slots=True)
class Told:
    """What a person knows of a subject (duty:ID, event:ID): the number of a date seen, and of the one in a letter on its way.

    ``state``: the letter's in the outbox (waiting, sent, failed, blocked, dropped; None: there is none); ``expires_at``: until when it
    may be sent.
    """

    person_id: str
    subject: str
    known: int | None
    pending: int | None
    letter: str | None
    at: int
    state: str | None
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class Telling:
    """A letter to one address, and what it tells: (subject, number of the date seen; None: of a date that no look has seen yet).

    ``reply`` is JSON, and so is ``choices``, of its menu if it has one. Instants are epochs.
    """

    key: str
    person_id: str
    channel: str
    address: str
    language: str
    reply: str
    choices: str | None
    menu_id: str | None
    subjects: tuple[tuple[str, int | None], ...]
    not_before: int
    expires_at: int | None


_DATE = "number, event_id, year, kind, title, day, time, place, effective, cancelled"


def _date(row: tuple[int, str, int, str, str, str, str | None, str | None, int, int]) -> DateSeen:
    return DateSeen(*row[:9], bool(row[9]))


def newest_dates(read: Snapshot) -> dict[str, DateSeen]:
    """event id -> its date as the last look saw it."""
    return {row[1]: _date(row) for row in read.execute(f"SELECT {_DATE} FROM dates_seen WHERE newest = 1")}  # noqa: S608


def date_seen(read: Snapshot, number: int) -> DateSeen | None:
    row = read.execute(f"SELECT {_DATE} FROM dates_seen WHERE number = ?", (number,)).fetchone()  # noqa: S608
    return None if row is None else _date(row)


def dates_of(read: Snapshot, event_ids: Collection[str]) -> dict[int, DateSeen]:
    """number -> every date that the events were ever seen at."""
    rows = read.execute(
        f"SELECT {_DATE} FROM dates_seen WHERE event_id IN (SELECT value FROM json_each(?))", (_list(event_ids),)  # noqa: S608
    )
    return {row[0]: _date(row) for row in rows}


def last_number(read: Snapshot) -> int:
    """The number given last to a date seen; 0: none."""
    return int(read.execute("SELECT COALESCE(MAX(number), 0) FROM dates_seen").fetchone()[0])


def reminded(read: Snapshot) -> set[tuple[str, int]]:
    """(event id, planned instant) of the reminders dealt with."""
    return set(read.execute("SELECT event_id, planned FROM reminded"))


def _list(values: Iterable[object]) -> str:
    return json.dumps(list(values))


_TOLD = (
    "t.person_id, t.subject, t.known, t.pending, t.letter, t.at, o.state, o.expires_at"
    " FROM told t LEFT JOIN outbox o ON o.key = t.letter"
)


def undelivered(read: Snapshot, now: int) -> tuple[Told, ...]:
    """What was told in letters that are settled and not yet noted (sent ones as well), or that wait and are no longer true."""
    rows = read.execute(
        f"SELECT {_TOLD} WHERE t.letter IS NOT NULL AND (o.state IS NULL OR o.state <> 'waiting' OR o.expires_at <= ?)",
        (now,),
    )
    return tuple(Told(*row) for row in rows)


def told_of(read: Snapshot, numbers: Collection[int]) -> tuple[Told, ...]:
    """Who knows one of the dates, or has a letter on its way that tells it."""
    rows = read.execute(
        f"SELECT {_TOLD} WHERE t.known IN (SELECT value FROM json_each(:numbers))"  # noqa: S608
        f" UNION SELECT {_TOLD} WHERE t.letter IS NOT NULL AND t.pending IN (SELECT value FROM json_each(:numbers))",
        {"numbers": _list(numbers)},
    )
    return tuple(Told(*row) for row in rows)


def told_in(read: Snapshot, letters: Collection[str]) -> tuple[Told, ...]:
    """Everything that these letters on their way tell."""
    rows = read.execute(f"SELECT {_TOLD} WHERE t.letter IN (SELECT value FROM json_each(?))", (_list(letters),))  # noqa: S608
    return tuple(Told(*row) for row in rows)


def waiting_for(read: Snapshot, people: Collection[str], before: int) -> set[str]:
    """Keys of letters to these people that wait since an instant (epoch) or longer: a newer one can take their place."""
    rows = read.execute(
        "SELECT DISTINCT t.letter FROM told t JOIN outbox o ON o.key = t.letter WHERE t.letter IS NOT NULL AND o.state = 'waiting'"
        " AND o.not_before <= ? AND t.at <= ? AND t.person_id IN (SELECT value FROM json_each(?))",
        (before, before, _list(people)),
    )
    return {row[0] for row in rows}


def told_to(read: Snapshot, person_id: str, subjects: Collection[str]) -> tuple[Told, ...]:
    """What one person was told of the subjects."""
    rows = read.execute(
        f"SELECT {_TOLD} WHERE t.person_id = ? AND t.subject IN (SELECT value FROM json_each(?))",  # noqa: S608
        (person_id, _list(subjects)),
    )
    return tuple(Told(*row) for row in rows)


def note_looked(tx: Transaction, dates: Sequence[DateSeen], marks: Sequence[tuple[str, int, bool]], now: int) -> None:
    """The look has seen these new dates, each the newest of its event, and dealt with the reminders (event id, planned instant, whether
    a later one stands for it: should the clock be set back before it, it comes in its own time)."""
    tx.executemany("UPDATE dates_seen SET newest = 0 WHERE event_id = ? AND newest = 1", [(each.event_id,) for each in dates])
    tx.executemany(
        f"INSERT INTO dates_seen ({_DATE}, newest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",  # noqa: S608
        [
            (
                each.number, each.event_id, each.year, each.kind, each.title, each.day, each.time, each.place, each.effective,
                int(each.cancelled),
            )
            for each in dates
        ],
    )  # fmt: skip
    tx.executemany(
        "INSERT INTO reminded (event_id, planned, folded, at) VALUES (?, ?, ?, ?) ON CONFLICT (event_id, planned)"
        " DO UPDATE SET folded = MIN(folded, excluded.folded)",
        [(event_id, planned, int(folded), now) for event_id, planned, folded in marks],
    )
    if marks:
        tx.execute("DELETE FROM reminded WHERE planned < ?", (now - KEEP_REMINDED_SECONDS,))


def note_delivered(tx: Transaction) -> None:
    """What was told in letters that have been sent is known now."""
    tx.execute(
        "UPDATE told SET known = pending, pending = NULL, letter = NULL WHERE letter IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM outbox o WHERE o.key = told.letter AND o.state = 'sent')"
    )


def take_back(tx: Transaction, letters: Collection[str], now: int) -> None:
    """The letters told nothing: those that still wait are dropped and blanked, and nobody knows what they would have told.

    The row stays, for the sender may hold it in hand: its number must not become another letter's.
    """
    given = _list(letters)
    tx.execute(
        "DELETE FROM menus WHERE id IN (SELECT menu_id FROM outbox WHERE key IN (SELECT value FROM json_each(?))"
        " AND state IN ('waiting', 'dropped'))",
        (given,),
    )
    tx.execute(
        "UPDATE outbox SET state = 'dropped', sent_at = COALESCE(sent_at, ?), error = COALESCE(error, 'no longer true'), reply = '',"
        " parts = NULL WHERE state IN ('waiting', 'dropped') AND key IN (SELECT value FROM json_each(?))",
        (now, given),
    )
    tx.execute("DELETE FROM told WHERE known IS NULL AND letter IN (SELECT value FROM json_each(?))", (given,))
    tx.execute("UPDATE told SET pending = NULL, letter = NULL WHERE letter IN (SELECT value FROM json_each(?))", (given,))


def forget(tx: Transaction, who: Sequence[tuple[str, str]]) -> None:
    """(person, subject) need not be told when the date changes again."""
    tx.executemany("DELETE FROM told WHERE person_id = ? AND subject = ?", who)


def drop_old(tx: Transaction, before: int) -> None:
    """Forget who knows of dates that are long past (effective before the epoch)."""
    tx.execute("DELETE FROM told WHERE letter IS NULL AND known IN (SELECT number FROM dates_seen WHERE effective < ?)", (before,))


def send(tx: Transaction, letters: Sequence[Telling], now: int, menu_seconds: int) -> None:
    """Queue the letters with their menus, and note what each one tells: a few statements, however many they are."""
    tx.executemany(
        "INSERT OR IGNORE INTO menus (id, channel, address, choices, dialogue, created_at, expires_at) VALUES (?, ?, ?, ?, NULL, ?, ?)",
        [(each.menu_id, each.channel, each.address, each.choices, now, now + menu_seconds) for each in letters if each.menu_id is not None],
    )
    tx.executemany(
        "INSERT OR IGNORE INTO outbox (key, channel, address, person_id, lane, language, reply, menu_id, subject, not_before, expires_at,"
        " created_at) VALUES (?, ?, ?, ?, 'broadcast', ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                each.key, each.channel, each.address, each.person_id, each.language, each.reply, each.menu_id,
                " ".join(subject for subject, _ in each.subjects), each.not_before, each.expires_at, now,
            )
            for each in letters
        ],
    )  # fmt: skip
    tx.executemany(
        "INSERT INTO told (person_id, subject, pending, letter, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (person_id, subject)"
        " DO UPDATE SET pending = excluded.pending, letter = excluded.letter, at = excluded.at",
        [
            (each.person_id, subject, number, each.key, each.not_before)
            for each in letters
            for subject, number in each.subjects
            if number is not None
        ],
    )
