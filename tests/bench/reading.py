"""Reading the top 10 beside a busy writer: our readers beside one connection that everybody shares, in turn.

``python -m tests.bench.reading FOLDER SECONDS``
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path

from handlers.scores.board import Board
from storage import connection as storage_connection
from storage import inbox, outbox
from storage.connection import Database, Effect, Snapshot, effect
from storage.hop import Hopping
from tests.bench import cluster

WRITERS = 64
ROUNDS = 3

Write = Callable[[tuple[Effect, ...]], Awaitable[object]]
Read = Callable[[Callable[[Snapshot], object]], Awaitable[object]]


def _top(read: Snapshot) -> object:
    return Board(read, date.today().year).page(0, 10)  # noqa: DTZ011


async def _p99(write: Write, read: Read, seconds: float, numbers: itertools.count[int]) -> float:
    """The 99th percentile of a read's latency while `WRITERS` letters are always waiting to be written."""
    ended = time.perf_counter() + seconds

    async def busy() -> None:
        while time.perf_counter() < ended:
            number = next(numbers)
            await write(
                (
                    effect(inbox.store, "bench", str(number), "{}", number),
                    effect(outbox.queue, "bench", str(number), "{}", "vi", number),
                )
            )

    writers = [asyncio.create_task(busy()) for _ in range(WRITERS)]
    took = []
    while time.perf_counter() < ended:
        began = time.perf_counter()
        await read(_top)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.001)
    await asyncio.gather(*writers)
    return sorted(took)[int(len(took) * 0.99)]


@contextlib.asynccontextmanager
async def _shared(path: Path) -> AsyncIterator[tuple[Write, Read]]:
    """One aiosqlite connection for everything, as most bots do it; its writes are batched as ours are, so that only sharing differs."""
    connection = await Hopping.open(path)
    await connection.hop(lambda sqlite: sqlite.execute("PRAGMA synchronous = FULL").close())
    waiting: list[tuple[tuple[Effect, ...], asyncio.Future[None]]] = []
    wake = asyncio.Event()

    async def writer() -> None:
        while True:
            await wake.wait()
            wake.clear()
            batch = waiting[:]
            waiting.clear()
            await connection.hop(storage_connection._commit, [effects for effects, _ in batch])
            for _, done in batch:
                done.set_result(None)

    async def write(effects: tuple[Effect, ...]) -> None:
        done = asyncio.get_running_loop().create_future()
        waiting.append((effects, done))
        wake.set()
        await done

    async def read(function: Callable[[Snapshot], object]) -> object:
        return await connection.hop(lambda sqlite: function(Snapshot(sqlite)))

    task = asyncio.create_task(writer())
    try:
        yield write, read
    finally:
        task.cancel()
        await connection.close()


async def main(folder: Path, seconds: float) -> dict[str, float]:
    path = await cluster.copy(cluster.COMMUNES, folder / "reading.sqlite3")
    numbers = itertools.count(1)
    ours, shared = [], []
    for _ in range(ROUNDS):
        database = await Database.open(path)
        try:
            ours.append(await _p99(database.write, database.read, seconds, numbers))
        finally:
            await database.close()
        async with _shared(path) as (write, read):
            shared.append(await _p99(write, read, seconds, numbers))
    return {
        "ours": statistics.median(ours) * 1000, "shared": statistics.median(shared) * 1000,
        "ratio": statistics.median(o / s for o, s in zip(ours, shared, strict=True)),
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))))
