"""What a channel with a monthly budget has taken: messages by local day and lane, how many addresses, and whether the platform refused.

A message whose outcome is unknown counts: the platform may have taken it. It is counted in the transaction that notes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from storage.connection import Snapshot, Transaction
from storage.outbox import NO_ROOM

PACE_DAYS = 28
"""From how many days back the pace of replies is taken."""

KEEP_DAYS = 400

_CLASS = (
    "CASE WHEN key LIKE 'quota:%' OR subject LIKE '%duty:%' THEN 1 WHEN subject LIKE '%event:%' THEN 2"
    " WHEN broadcast_id IS NOT NULL THEN 3 ELSE 4 END"
)
"""The class of a letter of the broadcast lane, the weightiest first: 1 the reader's own deadline (and warnings of the quota itself),
2 conferences, legal dates and the organiser's view of deadlines, 3 what the secretary sends, 4 alerts and all else."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One channel in one local month. ``replies``: those of the ``days`` before today that were counted (at most `PACE_DAYS`);
    ``replies_today``: of today so far.

    ``refused_at``: when (epoch) the platform refused last with its quota in this month, if it has taken nothing since.
    """

    used: int
    replies: int
    days: int
    replies_today: int
    users: int
    refused_at: int | None


def month_of(day: date) -> str:
    """The local month, ``YYYY-MM``."""
    return day.isoformat()[:7]


def usage(read: Snapshot, channel: str, today: date) -> Usage:
    """How much of the month's budget is used on the local date."""
    month = month_of(today)
    (used,) = read.execute(
        "SELECT COALESCE(SUM(messages), 0) FROM quota_days WHERE channel = ? AND day BETWEEN ? AND ?",
        (channel, month + "-01", month + "-31"),
    ).fetchone()
    replies, first = read.execute(
        "SELECT COALESCE(SUM(CASE WHEN lane = 'reply' THEN messages END), 0), MIN(day) FROM quota_days"
        " WHERE channel = ? AND day >= ? AND day < ?",
        (channel, (today - timedelta(days=PACE_DAYS)).isoformat(), today.isoformat()),
    ).fetchone()
    (replies_today,) = read.execute(
        "SELECT COALESCE(SUM(messages), 0) FROM quota_days WHERE channel = ? AND day = ? AND lane = 'reply'", (channel, today.isoformat())
    ).fetchone()
    days = 0 if first is None else (today - date.fromisoformat(first)).days
    (users,) = read.execute("SELECT COUNT(*) FROM quota_users WHERE channel = ? AND month = ?", (channel, month)).fetchone()
    refused = read.execute("SELECT at FROM quota_spent WHERE channel = ? AND month = ?", (channel, month)).fetchone()
    return Usage(used, replies, days, replies_today, users, None if refused is None else refused[0])


def waiting(read: Snapshot, channel: str, without: Collection[int] = ()) -> dict[int, int]:
    """Class -> letters of the broadcast lane that wait on the channel, but for those ``without`` which it is asked."""
    rows = read.execute(
        f"SELECT {_CLASS} AS weight, COUNT(*) FROM outbox WHERE state = 'waiting' AND channel = ? AND lane = 'broadcast'"  # noqa: S608
        " AND id NOT IN (SELECT value FROM json_each(?)) GROUP BY weight",
        (channel, json.dumps(list(without))),
    )
    return dict(rows.fetchall())


def held(read: Snapshot, channel: str) -> int:
    """How many of them wait because the month has no room."""
    (count,) = read.execute(
        "SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND channel = ? AND lane = 'broadcast' AND error = ?", (channel, NO_ROOM)
    ).fetchone()
    return int(count)


def held_of(read: Snapshot, broadcast_id: str) -> int:
    """How many letters of a broadcast wait for that reason."""
    (count,) = read.execute(
        "SELECT COUNT(*) FROM outbox WHERE broadcast_id = ? AND state = 'waiting' AND error = ?", (broadcast_id, NO_ROOM)
    ).fetchone()
    return int(count)


def classes(read: Snapshot, letters: Collection[int]) -> dict[int, int]:
    """Letter id -> its class."""
    rows = read.execute(
        f"SELECT id, {_CLASS} FROM outbox WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(letters)),)  # noqa: S608
    )
    return dict(rows.fetchall())


def not_counted(read: Snapshot, letters: Collection[int]) -> int:
    """How many of these letters are still to be counted: a letter is settled in the transaction that counts its messages."""
    rows = read.execute(
        "SELECT COUNT(*) FROM outbox WHERE id IN (SELECT value FROM json_each(?)) AND state = 'waiting'", (json.dumps(list(letters)),)
    )
    return int(rows.fetchone()[0])


def people(read: Snapshot, channel: str) -> tuple[str, ...]:
    """Who has an address on the channel that takes messages."""
    rows = read.execute("SELECT DISTINCT person_id FROM accounts WHERE channel = ? AND blocked_at IS NULL", (channel,))
    return tuple(row[0] for row in rows)


def count(tx: Transaction, channel: str, address: str, lane: str, day: str, messages: int, *, taken: bool) -> None:
    """The platform has taken the messages, or nobody knows (``taken`` false). One that it took shows that its quota is not used up."""
    tx.execute(
        "INSERT INTO quota_days (channel, day, lane, messages) VALUES (?, ?, ?, ?) ON CONFLICT (channel, day, lane)"
        " DO UPDATE SET messages = messages + excluded.messages",
        (channel, day, lane, messages),
    )
    tx.execute(
        "INSERT OR IGNORE INTO quota_users (channel, month, address_hash) VALUES (?, ?, ?)",
        (channel, day[:7], hashlib.sha256(f"{channel}:{address}".encode()).hexdigest()),
    )
    if taken:
        tx.execute("DELETE FROM quota_spent WHERE channel = ?", (channel,))


def note_refused(tx: Transaction, channel: str, month: str, at: int) -> None:
    """The platform says that the month's quota is used up: believed until the month turns or it takes a message again."""
    tx.execute("INSERT OR REPLACE INTO quota_spent (channel, month, at) VALUES (?, ?, ?)", (channel, month, at))


def set_back(tx: Transaction, today: str) -> None:
    """The clock was set back to the local day: what it has counted on later ones was taken until now, and counts for this month."""
    month = today[:7]
    tx.execute(
        "INSERT INTO quota_days (channel, day, lane, messages) SELECT channel, ?1, lane, SUM(messages) FROM quota_days WHERE day > ?1"
        " GROUP BY channel, lane ON CONFLICT (channel, day, lane) DO UPDATE SET messages = messages + excluded.messages",
        (today,),
    )
    tx.execute("DELETE FROM quota_days WHERE day > ?", (today,))
    tx.execute(
        "INSERT OR IGNORE INTO quota_users (channel, month, address_hash)"
        " SELECT channel, ?1, address_hash FROM quota_users WHERE month > ?1",
        (month,),
    )
    tx.execute("DELETE FROM quota_users WHERE month > ?", (month,))
    tx.execute("UPDATE quota_spent SET month = ?1 WHERE month > ?1", (month,))


def drop_old(tx: Transaction, now: int) -> None:
    """Forget days and addresses of long ago."""
    before = (date(1970, 1, 1) + timedelta(days=now // 86_400 - KEEP_DAYS)).isoformat()
    tx.execute("DELETE FROM quota_days WHERE day < ?", (before,))
    tx.execute("DELETE FROM quota_users WHERE month < ?", (before[:7],))
