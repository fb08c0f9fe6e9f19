"""SIGKILL does not test the disk. Here the write-ahead log of a killed writer is cut or soiled at random: what is left opens whole and
holds a beginning of what was acknowledged, never a gap. ``DRILL=full`` takes more of them.

What a checkpoint has folded into the file was synced in the log before; so only frames that are not folded yet can be lost by a disk.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage import settings
from storage.connection import Database

ROOT = Path(__file__).parents[2]
ROUNDS = 400 if os.environ.get("DRILL") == "full" else 25

WRITING = """
import asyncio, os, sys
from pathlib import Path
from storage import settings
from storage.connection import Database, effect

def pair(tx, number):
    settings.put(tx, f"first{number}", "x" * (number * 37 % 2000))
    settings.put(tx, "last", str(number))
    settings.put(tx, f"second{number}", "y" * (number * 53 % 3000))

async def main():
    database = await Database.open(Path(sys.argv[1]))
    await database._writer.hop(lambda connection: connection.execute("PRAGMA wal_autocheckpoint = " + sys.argv[2]).close())
    for number in range(150):
        await database.write((effect(pair, number),))
    print("acknowledged", flush=True)
    os._exit(9)

asyncio.run(main())
"""


@pytest.fixture(scope="module", params=["0", "100"], ids=["never folded", "folded now and then"])
def killed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A database whose writer was killed after 150 acknowledged commits, its log beside it."""
    path = tmp_path_factory.mktemp("killed") / "a.sqlite3"
    program = [sys.executable, "-c", WRITING, str(path), request.param]
    ran = subprocess.run(program, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=120)
    assert ran.stdout == "acknowledged\n", ran.stderr
    assert path.with_name("a.sqlite3-wal").stat().st_size > 100_000
    return path


async def opened(path: Path) -> tuple[int, set[str]]:
    """The last commit that the database holds (-1: none) and all names in it, after a look through the whole file."""
    database = await Database.open(path, owner=True)
    try:
        assert await database.read(lambda read: read.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
        names = await database.read(lambda read: {str(row[0]) for row in read.execute("SELECT name FROM settings")})
        return int(await database.read(lambda read: settings.get(read, "last")) or -1), names
    finally:
        await database.close()


def copied(killed: Path, to: Path) -> tuple[Path, Path]:
    for suffix in ("", "-wal"):
        shutil.copy(f"{killed}{suffix}", to / f"a.sqlite3{suffix}")
    return to / "a.sqlite3", to / "a.sqlite3-wal"


def everything_up_to(last: int) -> set[str]:
    return {f"{which}{number}" for which in ("first", "second") for number in range(last + 1)} | ({"last"} if last >= 0 else set())


async def test_the_whole_log_holds_every_acknowledged_commit(killed: Path, tmp_path: Path) -> None:
    path, _ = copied(killed, tmp_path)
    last, names = await opened(path)
    assert last == 149
    assert names == everything_up_to(149)


async def test_a_log_cut_or_soiled_anywhere_leaves_a_beginning(killed: Path, tmp_path: Path) -> None:
    drawn = random.Random(20_261_124)
    whole = killed.with_name("a.sqlite3-wal").read_bytes()
    held = []
    for round_ in range(ROUNDS):
        (tmp_path / str(round_)).mkdir()
        path, log = copied(killed, tmp_path / str(round_))
        at = drawn.randrange(len(whole) + 1)
        match drawn.choice(("cut", "garbage after", "zeros after", "bit", "page")):
            case "cut":
                left = whole[:at]
            case "garbage after":
                left = whole[:at] + drawn.randbytes(drawn.randrange(20_000))
            case "zeros after":
                left = whole[:at] + bytes(len(whole) - at)
            case "bit":
                at = min(at, len(whole) - 1)
                left = whole[:at] + bytes([whole[at] ^ 1 << drawn.randrange(8)]) + whole[at + 1 :]
            case _:
                left = whole[:at] + drawn.randbytes(4096) + whole[at + 4096 :]
        log.write_bytes(left)
        last, names = await opened(path)
        assert names == everything_up_to(last), (round_, at)
        held.append(last)
        await asyncio.to_thread(shutil.rmtree, tmp_path / str(round_))
    assert len(set(held)) > 3, "cuts fell on different commits"
