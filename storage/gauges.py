"""Figures about the instance itself, for those who watch over it: counts, ages and sizes, and nothing of what people wrote."""

from __future__ import annotations

from dataclasses import dataclass

from storage.connection import Snapshot


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits in the outbox of a channel and a lane: how much, and since when the oldest that is due (epoch; None: none is due)."""

    channel: str
    lane: str
    count: int
    oldest: int | None


@dataclass(frozen=True, slots=True)
class Gauges:
    """One look at the database. Ages are epochs of the oldest (None: nothing waits); sizes in bytes."""

    inbox_waiting: int
    inbox_oldest: int | None
    outbox: tuple[Queue, ...]
    duties_open: int
    duties_late: int
    people: int
    blocked: int
    database_bytes: int
    files_bytes: int


def look(read: Snapshot, now: int, today: str) -> Gauges:
    """All figures of one snapshot. ``today`` is the local date: people are those who hold a post in force."""
    waiting, oldest = read.execute("SELECT count(*), min(received_at) FROM inbox WHERE state = 'waiting'").fetchone()
    queues = read.execute(
        "SELECT channel, lane, count(*), min(CASE WHEN not_before <= ? THEN not_before END)"
        " FROM outbox WHERE state = 'waiting' GROUP BY channel, lane ORDER BY channel, lane",
        (now,),
    ).fetchall()
    duties, late = read.execute(
        "SELECT count(*), count(CASE WHEN effective < ? THEN 1 END) FROM duties WHERE status = 'open' AND opens <= ?", (now, now)
    ).fetchone()
    (people,) = read.execute(
        "SELECT count(DISTINCT person_id) FROM posts WHERE valid_from <= :today AND (valid_to IS NULL OR valid_to >= :today)",
        {"today": today},
    ).fetchone()
    (blocked,) = read.execute("SELECT count(*) FROM accounts WHERE blocked_at IS NOT NULL").fetchone()
    (pages,) = read.execute("PRAGMA page_count").fetchone()
    (page_size,) = read.execute("PRAGMA page_size").fetchone()
    (files,) = read.execute("SELECT coalesce(sum(size), 0) FROM files").fetchone()
    return Gauges(waiting, oldest, tuple(Queue(*row) for row in queues), duties, late, people, blocked, pages * page_size, files)
