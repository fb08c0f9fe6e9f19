"""The inbox: every update, as it was understood, is committed before it is acknowledged, and its turn's effects commit with its mark.

An update is known by channel, ``account`` and key: a platform counts for each bot, so another bot's numbers say nothing of ours. Without
an account are the channels that have no bot, and what came before accounts were kept, until `adopt`.
"""

from __future__ import annotations

from dataclasses import dataclass

from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

KEEP_KEYS_SECONDS = 8 * 86_400
"""Platforms repeat an update for a day; Telegram's ids restart at random after a quiet week."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An update whose turn is not committed yet; ``payload``: what was understood of it, as JSON (`bot.understood`)."""

    id: int
    channel: str
    key: str
    payload: str
    received_at: int


def waiting(read: Snapshot, after: int = 0, limit: int = 500) -> tuple[Waiting, ...]:
    """Updates without a committed turn in the order they came: what a restart goes on with."""
    rows = read.execute(
        "SELECT id, channel, key, payload, received_at FROM inbox WHERE state = 'waiting' AND id > ? ORDER BY id LIMIT ?", (after, limit)
    )
    return tuple(Waiting(*row) for row in rows)


def find(read: Snapshot, channel: str, key: str, account: str = "") -> Waiting | None:
    """The stored update, if its turn is still to come."""
    row = read.execute(
        "SELECT id, channel, key, payload, received_at FROM inbox WHERE channel = ? AND account = ? AND key = ? AND state = 'waiting'",
        (channel, account, key),
    ).fetchone()
    return None if row is None else Waiting(*row)


def store(tx: Transaction, channel: str, key: str, payload: str, now: int, account: str = "") -> int | None:
    """Keep an update and return its number; one that is known already is left as it is (None)."""
    done = tx.execute(
        "INSERT OR IGNORE INTO inbox (channel, account, key, payload, received_at) VALUES (?, ?, ?, ?, ?)",
        (channel, account, key, payload, now),
    )
    return done.lastrowid if done.rowcount == 1 else None


def store_done(tx: Transaction, channel: str, key: str, now: int, account: str = "") -> None:
    """Keep only that the update has come: its turn commits together with it. Raises Conflict for one that had come before."""
    done = tx.execute(
        "INSERT OR IGNORE INTO inbox (channel, account, key, received_at, state, done_at) VALUES (?, ?, ?, ?, 'done', ?)",
        (channel, account, key, now, now),
    )
    if done.rowcount != 1:
        raise Conflict("the update had come before")


def finish(tx: Transaction, update_id: int, now: int, state: str = "done") -> None:
    """Mark the update's turn as taken and forget its payload. Raises Conflict when that has happened already."""
    done = tx.execute(
        "UPDATE inbox SET state = ?, done_at = ?, payload = NULL WHERE id = ? AND state = 'waiting'", (state, now, update_id)
    )
    if done.rowcount != 1:
        raise Conflict(f"update {update_id} has been answered already")


def position(read: Snapshot, channel: str, account: str = "") -> tuple[str, int] | None:
    """Where a polling channel goes on, and when it got there."""
    row = read.execute("SELECT position, at FROM channels WHERE channel = ? AND account = ?", (channel, account)).fetchone()
    return None if row is None else (row[0], row[1])


def move_position(tx: Transaction, channel: str, to: str, now: int, account: str = "") -> None:
    tx.execute("INSERT OR REPLACE INTO channels (channel, account, position, at) VALUES (?, ?, ?, ?)", (channel, account, to, now))


def ownerless(read: Snapshot, channel: str) -> bool:
    """Whether the channel has updates, or a position, from before accounts were kept."""
    found = read.execute(
        "SELECT EXISTS (SELECT 1 FROM inbox WHERE channel = :c AND account = '')"
        " OR EXISTS (SELECT 1 FROM channels WHERE channel = :c AND account = '')",
        {"c": channel},
    ).fetchone()
    return bool(found[0])


def adopt(tx: Transaction, channel: str, account: str) -> None:
    """What came before accounts were kept came to this one: it is dropped when it comes again, and polling goes on behind it."""
    for table in ("inbox", "channels"):
        tx.execute(f"UPDATE OR IGNORE {table} SET account = ? WHERE channel = ? AND account = ''", (account, channel))  # noqa: S608


def drop_old(tx: Transaction, now: int) -> None:
    tx.execute("DELETE FROM inbox WHERE state <> 'waiting' AND done_at < ?", (now - KEEP_KEYS_SECONDS,))
