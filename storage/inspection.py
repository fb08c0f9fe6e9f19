"""Looking at a database from outside: read only, beside a running bot or after a crash, and without making or migrating anything."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.connection import Snapshot
from storage.errors import DatabaseBusy, StorageError
from storage.migrations import numbered

BUSY_MS = 2_000
STEPS = 20_000
"""How many of SQLite's steps pass between two looks at the time."""


class OutOfTime(StorageError):
    """What was asked takes longer than the caller would wait."""


@contextmanager
def reading(path: Path, seconds: float) -> Iterator[Snapshot]:
    """A snapshot of an existing database for at most ``seconds``. Raises StorageError; nothing is created beside the file.

    Without a write-ahead log nobody writes, and the file is read as if it could not change: a reader in WAL mode would leave files behind.
    """
    log = path.with_name(path.name + "-wal")
    alone = "" if log.exists() else "&immutable=1"
    until = time.monotonic() + seconds
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{alone}", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise _translated(error) from error
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA query_only = ON")
        connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        connection.execute("BEGIN")
        yield Snapshot(connection)
    except sqlite3.Error as error:
        raise _translated(error) from error
    finally:
        connection.close()


def problem(error: Exception) -> StorageError | None:
    """What went wrong with the database, where it was that; None for any other failure."""
    if isinstance(error, sqlite3.Error):
        return _translated(error)
    return error if isinstance(error, StorageError) else None


def schema(read: Snapshot) -> int:
    """The number of the schema the file has; 0: it is empty."""
    return int(read.execute("PRAGMA user_version").fetchone()[0])


def newest_schema() -> int:
    """The number of the schema this program brings a file to."""
    return numbered()[-1][0]


def damage(read: Snapshot, most: int = 3) -> tuple[str, ...]:
    """What SQLite's quick check finds; empty for a sound file. Raises StorageError (OutOfTime for a file too large to be checked now)."""
    try:
        rows = read.execute(f"PRAGMA quick_check({most})").fetchall()
    except sqlite3.DatabaseError as error:
        translated = _translated(error)
        if isinstance(translated, OutOfTime | DatabaseBusy):
            raise translated from error
        return (str(error),)
    found = tuple(str(row[0]) for row in rows)
    # A quick check that is stopped says "interrupted" in its rows or raises, by SQLite's version.
    if any("interrupt" in each for each in found):
        raise OutOfTime("the check was stopped")
    return () if found == ("ok",) else found


def broken_references(read: Snapshot) -> tuple[str, ...]:
    """The tables with rows that name something which is not there."""
    return tuple(sorted({str(row[0]) for row in read.execute("PRAGMA foreign_key_check")}))


@dataclass(frozen=True, slots=True)
class Queue:
    """One channel's rows of the inbox or the outbox: how many in each state, and the oldest instant (epoch) that waits already."""

    channel: str
    states: dict[str, int]
    oldest: int | None


def inbox_queues(read: Snapshot) -> tuple[Queue, ...]:
    return _queues(read.execute("SELECT channel, state, COUNT(*), MIN(received_at) FROM inbox GROUP BY channel, state ORDER BY 1, 2"))


def outbox_queues(read: Snapshot, now: int, since: int) -> tuple[Queue, ...]:
    """What waits and is due at ``now``; of the rest what was queued after ``since``."""
    return _queues(
        read.execute(
            "SELECT channel, state, COUNT(*), MIN(not_before) FROM outbox"
            " WHERE (state = 'waiting' AND not_before <= ?) OR (state <> 'waiting' AND created_at >= ?)"
            " GROUP BY channel, state ORDER BY 1, 2",
            (now, since),
        )
    )


def _queues(rows: sqlite3.Cursor) -> tuple[Queue, ...]:
    states: dict[str, dict[str, int]] = {}
    oldest: dict[str, int] = {}
    for channel, state, count, first in rows:
        states.setdefault(channel, {})[state] = count
        if state == "waiting":
            oldest[channel] = first
    return tuple(Queue(channel, counts, oldest.get(channel)) for channel, counts in states.items())


def files(read: Snapshot) -> tuple[tuple[str, int], ...]:
    """(SHA-256, size) of every file that a row names, the newest first."""
    return tuple(read.execute("SELECT sha256, size FROM files ORDER BY created_at DESC, sha256"))


def blocked_units(read: Snapshot) -> tuple[str, ...]:
    """Names of the units whose officers and leaders, all of them, cannot be reached on any address any more."""
    rows = read.execute(
        "SELECT u.name FROM units u JOIN posts p ON p.unit_id = u.id AND p.valid_to IS NULL JOIN accounts a ON a.person_id = p.person_id"
        " GROUP BY u.id HAVING MIN(a.blocked_at IS NOT NULL) = 1 ORDER BY u.sort_key, u.id"
    )
    return tuple(str(row[0]) for row in rows)


def staffed_units(read: Snapshot, today: str) -> frozenset[str]:
    """Ids of the units with an officer or leader in office who has agreed to the notice and has an address."""
    rows = read.execute(
        "SELECT DISTINCT p.unit_id FROM posts p JOIN people e ON e.id = p.person_id JOIN accounts a ON a.person_id = p.person_id"
        " WHERE p.unit_id IS NOT NULL AND e.consent_at IS NOT NULL AND e.erased_at IS NULL"
        " AND p.valid_from <= ? AND (p.valid_to IS NULL OR p.valid_to >= ?)",
        (today, today),
    )
    return frozenset(row[0] for row in rows)


def cluster_roles(read: Snapshot, today: str) -> dict[str, int]:
    """role -> how many people hold it for the cluster and have joined."""
    return dict(
        read.execute(
            "SELECT p.role, COUNT(DISTINCT p.person_id) FROM posts p JOIN people e ON e.id = p.person_id"
            " WHERE p.unit_id IS NULL AND e.erased_at IS NULL AND p.valid_from <= ? AND (p.valid_to IS NULL OR p.valid_to >= ?) GROUP BY 1",
            (today, today),
        )
    )


def open_codes(read: Snapshot, now: int) -> int:
    """Joining codes that were handed out and can still be used."""
    return int(read.execute("SELECT COUNT(*) FROM invitations WHERE used_at IS NULL AND expires_at > ?", (now,)).fetchone()[0])


def cluster_code(read: Snapshot, role: str, now: int) -> int | None:
    """Until when a joining code for a role of the cluster can still be used; None: there is none."""
    until = read.execute(
        "SELECT MAX(expires_at) FROM invitations WHERE unit_id IS NULL AND role = ? AND used_at IS NULL AND expires_at > ?", (role, now)
    ).fetchone()[0]
    return None if until is None else int(until)


def unplanned_deadlines(read: Snapshot, year: int) -> tuple[str, ...]:
    """Titles of the year's deadlines that no unit has a duty for."""
    rows = read.execute(
        "SELECT e.title FROM events e WHERE e.of_year = ? AND e.kind = 'deadline'"
        " AND NOT EXISTS (SELECT 1 FROM duties d WHERE d.event_id = e.id) ORDER BY e.day, e.id",
        (year,),
    )
    return tuple(str(row[0]) for row in rows)


def _translated(error: sqlite3.Error) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    text = str(error).partition(" with text ")[0]       # what follows is content, when it is no valid UTF-8
    if code == sqlite3.SQLITE_INTERRUPT:
        return OutOfTime(text)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusy(text)
    return StorageError(text)
