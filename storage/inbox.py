"""The inbox: every update, as it was understood, is committed before it is acknowledged, and its turn's effects commit with its mark."""

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


def find(read: Snapshot, channel: str, key: str) -> Waiting | None:
    """The stored update, if its turn is still to come."""
    row = read.execute(
        "SELECT id, channel, key, payload, received_at FROM inbox WHERE channel = ? AND key = ? AND state = 'waiting'", (channel, key)
    ).fetchone()
    return None if row is None else Waiting(*row)


def store(tx: Transaction, channel: str, key: str, payload: str, now: int) -> int | None:
    """Keep an update and return its number; one that is known already is left as it is (None)."""
    done = tx.execute(
        "INSERT OR IGNORE INTO inbox (channel, key, payload, received_at) VALUES (?, ?, ?, ?)", (channel, key, payload, now)
    )
    return done.lastrowid if done.rowcount == 1 else None


def store_done(tx: Transaction, channel: str, key: str, now: int) -> None:
    """Keep only that the update has come: its turn commits together with it. Raises Conflict for one that had come before."""
    done = tx.execute(
        "INSERT OR IGNORE INTO inbox (channel, key, received_at, state, done_at) VALUES (?, ?, ?, 'done', ?)", (channel, key, now, now)
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


def position(read: Snapshot, channel: str) -> tuple[str, int] | None:
    """Where a polling channel goes on, and when it got there."""
    row = read.execute("SELECT position, at FROM channels WHERE channel = ?", (channel,)).fetchone()
    return None if row is None else (row[0], row[1])


def move_position(tx: Transaction, channel: str, to: str, now: int) -> None:
    tx.execute("INSERT OR REPLACE INTO channels (channel, position, at) VALUES (?, ?, ?)", (channel, to, now))


def drop_old(tx: Transaction, now: int) -> None:
    tx.execute("DELETE FROM inbox WHERE state <> 'waiting' AND done_at < ?", (now - KEEP_KEYS_SECONDS,))
