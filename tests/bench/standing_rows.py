"""Rank of one unit and the top 10 on 3,321 units beside 34, in turn. ``python -m tests.bench.standing_rows FOLDER``

On plain connections: what a running bot remembers of a ranking that has not changed is left out.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import time
from datetime import date
from pathlib import Path

from handlers.scores.board import Board
from storage.connection import Snapshot
from tests.bench import cluster

TIMES = 400


def _asked(read: Snapshot, count: int) -> list[float]:
    """Seconds of each question, of units all over the ranking."""
    took, year = [], date.today().year  # noqa: DTZ011
    for number in range(TIMES):
        began = time.perf_counter()
        board = Board(read, year)
        line = board.unit(cluster.unit_id(number * 7 % count))
        top = board.page(0, 10)
        took.append(time.perf_counter() - began)
        assert line is not None
        assert line.rank is not None
        assert top[0].rank == 1
    return took


async def main(folder: Path) -> dict[str, float]:
    large = Snapshot(sqlite3.connect(await cluster.copy(cluster.COMMUNES, folder / "large.sqlite3"), isolation_level=None))
    small = Snapshot(sqlite3.connect(await cluster.copy(34, folder / "small.sqlite3"), isolation_level=None))
    ratios, seconds = [], []
    for _ in range(5):
        of_large, of_small = statistics.median(_asked(large, cluster.COMMUNES)), statistics.median(_asked(small, 34))
        ratios.append(of_large / of_small)
        seconds.append(of_large)
    large.close()
    small.close()
    return {"ratio": statistics.median(ratios), "ms": statistics.median(seconds) * 1000}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
