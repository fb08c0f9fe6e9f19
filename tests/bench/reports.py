"""Durable reports a second with 64 officers waiting, beside raw sqlite3 commits of one row each (``synchronous=FULL``), in turn.

*Received*: the report's message is stored, which is what is acknowledged and survives anything. *Filed*: a whole filing as the bot
decides it (figures, revision, duty, audit, dialogue, receipt in the outbox, mark in the inbox: some twenty statements beside the one
of a raw commit). What is timed is the writing; deciding is done before. ``python -m tests.bench.reports FOLDER COUNT``
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.language import languages
from handlers.kit.turn import Place, Said, Turn
from handlers.listening.dispatch import Dispatcher
from handlers.registry import registry
from storage import inbox, people
from storage.connection import Database, Effect, Snapshot, effect
from tests.bench import cluster

WAITING = 64
UPDATE = json.dumps({"update_id": 1, "message": {"message_id": 1, "text": "ntm01 85, ntm02 12", "chat": {"id": 1_000_000}}})
ROUNDS = 3


async def main(folder: Path, count: int) -> dict[str, float]:
    database = await Database.open(await cluster.copy(cluster.COMMUNES, folder / "reports.sqlite3"))
    try:
        filings = await decided(database, count * ROUNDS)
        raw, filed, received = [], [], []
        for turn in range(ROUNDS):
            raw.append(await asyncio.to_thread(_raw_commits, folder / "raw.sqlite3", count))
            filed.append(await _written(database, filings[turn * count : (turn + 1) * count]))
            updates = [(effect(inbox.store, "telegram", f"{turn}-{number}", UPDATE, turn),) for number in range(4 * count)]
            received.append(await _written(database, updates))
    finally:
        await database.close()
    return {
        "raw": statistics.median(raw), "filed": statistics.median(filed), "received": statistics.median(received),
        "filed_ratio": statistics.median(f / r for f, r in zip(filed, raw, strict=True)),
        "received_ratio": statistics.median(r / one for r, one in zip(received, raw, strict=True)),
    }  # fmt: skip


async def decided(database: Database, count: int) -> list[tuple[Effect, ...]]:
    """The effects of so many filings by officers of different units, each with the mark of its update."""
    spoken = languages(cluster.ZONE)
    dispatcher = Dispatcher(registry(), spoken)
    now = int(time.time())
    minted = iter(range(10**9, 10**9 + 10 * count))

    def decide(read: Snapshot, number: int, text: str) -> tuple[Effect, ...]:
        address = cluster.address(number)
        who = people.by_account(read, "telegram", address)
        assert who is not None
        posts = people.posts(read, who.id, time.strftime("%Y-%m-%d"))
        turn = Turn(
            read, now, cluster.ZONE, who, posts, Place("telegram", address, message_id="1"), Said(text), "vi",
            lambda: f"{next(minted):x}", lambda: "ABCDEFGH", lambda: "secret",
        )  # fmt: skip
        return dispatcher.decide(turn)

    # Two periods are open, so a unit files twice at most.
    filings: list[tuple[Effect, ...]] = []
    for start in range(0, count, cluster.COMMUNES):
        numbers = range(min(cluster.COMMUNES, count - start))
        entered = await database.read(lambda read: [decide(read, number, "ntm01 85, ntm02 12") for number in numbers])  # noqa: B023
        await database.write([each for effects in entered for each in effects])
        received = [effect(inbox.store, "telegram", str(start + number), "{}", now) for number in numbers]
        ids = await database.write(received)
        confirmed = await database.read(lambda read: [decide(read, number, "Xác nhận") for number in numbers])  # noqa: B023
        filings += [(effect(inbox.finish, int(str(ids[n])), now), *confirmed[n]) for n in numbers]
    return filings


async def _written(database: Database, filings: Sequence[Sequence[Effect]]) -> float:
    """Filings a second, `WAITING` of them at any time."""
    left = iter(filings)

    async def officer() -> None:
        for effects in left:
            await database.write(effects)

    began = time.perf_counter()
    await asyncio.gather(*(officer() for _ in range(WAITING)))
    return len(filings) / (time.perf_counter() - began)


def _raw_commits(path: Path, count: int) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS reports (id INTEGER PRIMARY KEY, unit TEXT, value TEXT, at INTEGER)")
        began = time.perf_counter()
        for number in range(count):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO reports (unit, value, at) VALUES (?, ?, ?)", (f"X{number}", "85", number))
            connection.execute("COMMIT")
        return count / (time.perf_counter() - began)
    finally:
        connection.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))))
