"""``make bench``: every row of the table, goal beside figure. ``BENCH=full`` takes longer; names of rows measure those alone."""

from __future__ import annotations

import asyncio
import os
import sys
import time

from tests.bench import cluster, machine
from tests.bench.programs import YARDSTICKS, platform
from tests.bench.rows import Bench, Row


def _table(rows: list[Row]) -> str:
    width = max(len(row.name) for row in rows)
    goals = max(len(row.goal) for row in rows)
    marks = {True: "met   ", False: "MISSED", None: "–     "}
    return "\n".join(f"{row.name:<{width}}  {row.goal:<{goals}}  {marks[row.met]}  {row.figure}" for row in rows)


async def main(wanted: list[str]) -> int:
    if not YARDSTICKS.exists():
        sys.stderr.write("The yardsticks are not installed: run `make bench-setup`.\n")
        return 2
    full = os.environ.get("BENCH") == "full"
    began = time.monotonic()
    cluster.CACHE.mkdir(exist_ok=True)
    sys.stdout.write(f"{machine.facts()}\n")
    rows: list[Row] = []
    async with platform() as talk:
        bench = Bench(talk, 10.0 if full else 3.0, 5 if full else 3)
        for name, measure in bench.groups():
            if wanted and name not in wanted:
                continue
            sys.stderr.write(f"{time.monotonic() - began:4.0f} s  {name} …\n")
            rows += await measure()
    sys.stdout.write(f"{_table(rows)}\n")
    missed = sum(row.met is False for row in rows)
    sys.stdout.write(f"{len(rows)} rows, {missed} missed, {time.monotonic() - began:.0f} s; load at the end {os.getloadavg()[0]:.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
