"""``thidua results import`` without adjustments: CPU for 3,321 units beside 124, in turn.

``python -m tests.bench.importing FOLDER TIMES``
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.bench import cluster

FEW = 124
THIDUA = Path(sys.executable).with_name("thidua")


def _written(path: Path, count: int) -> Path:
    """A figure for every unit and criterion."""
    chance = random.Random(2027)
    criteria = tuple(cluster.scoring_table(2026).criteria)
    rows = [f"{cluster.unit_id(number)},{each.id},,{cluster.actual(each, chance)},\n" for number in range(count) for each in criteria]
    path.write_text("unit_id,criterion_id,plan,actual,events\n" + "".join(rows), encoding="utf-8")
    return path


def _cpu(database: Path, results: Path) -> float:
    """Seconds of the whole program, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    year = str(date.today().year)  # noqa: DTZ011
    subprocess.run(
        [THIDUA, "results", "import", results, "--year", year], check=True, stdout=subprocess.DEVNULL,
        env={**os.environ, "THIDUA_DATABASE": str(database)},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def main(folder: Path, times: int) -> dict[str, float]:
    results = {count: _written(folder / f"results-{count}.csv", count) for count in (FEW, cluster.COMMUNES)}
    ratios, seconds = [], []
    for _ in range(times):
        cpu = {}
        for count, path in results.items():
            with tempfile.TemporaryDirectory(dir=folder) as own:
                cpu[count] = _cpu(await cluster.copy(count, Path(own) / "cluster.sqlite3"), path)
        ratios.append(cpu[cluster.COMMUNES] / cpu[FEW])
        seconds.append(cpu[cluster.COMMUNES])
    return {"ratio": statistics.median(ratios), "seconds": statistics.median(seconds)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))))
