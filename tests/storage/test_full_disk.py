"""A disk that is full and a file that is locked: told apart, nothing half is kept, and the next write goes through by itself."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import files, settings
from storage.connection import Database, Transaction, effect
from storage.errors import DatabaseBusy, DatabaseFull
from storage.migrations import numbered, version
from tests.storage.released_schemas import build

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "a.sqlite3")
    yield opened
    await opened.close()


async def fill(database: Database) -> None:
    """The file may grow no more; what is free inside it is used up."""
    await database._writer.hop(lambda c: c.execute(f"PRAGMA max_page_count = {c.execute('PRAGMA page_count').fetchone()[0]}").fetchall())


async def widen(database: Database) -> None:
    await database._writer.hop(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchall())


async def held(database: Database) -> dict[str, str]:
    return await database.read(lambda read: {row[0]: row[1] for row in read.execute("SELECT name, value FROM settings")})


def pair(tx: Transaction, name: str, size: int) -> None:
    settings.put(tx, f"{name}.first", name)
    settings.put(tx, f"{name}.second", "x" * size)


async def test_in_the_middle_of_a_batch_each_turn_is_whole_or_told(database: Database) -> None:
    await database.write((effect(settings.put, "before", "1"),))
    await fill(database)
    small = [database.write((effect(pair, f"small{number}", 10),)) for number in range(3)]
    large = [database.write((effect(pair, f"large{number}", 400_000),)) for number in range(2)]
    after = [database.write((effect(pair, f"after{number}", 10),)) for number in range(3)]
    outcomes = await asyncio.gather(*small, *large, *after, return_exceptions=True)
    names = [f"small{n}" for n in range(3)] + [f"large{n}" for n in range(2)] + [f"after{n}" for n in range(3)]
    kept = await held(database)
    for name, outcome in zip(names, outcomes, strict=True):
        whole = {f"{name}.first", f"{name}.second"} <= kept.keys()
        none = not {f"{name}.first", f"{name}.second"} & kept.keys()
        assert whole if isinstance(outcome, list) else (none and isinstance(outcome, DatabaseFull)), name
    assert all(isinstance(outcome, DatabaseFull) for outcome in outcomes[3:5])
    await widen(database)
    await database.write((effect(pair, "large0", 400_000),))
    assert (await held(database))["before"] == "1"
    assert await database.read(lambda read: read.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]


async def test_a_writer_elsewhere_that_holds_on_is_waited_for_and_then_told(database: Database, tmp_path: Path) -> None:
    await database._writer.hop(lambda connection: connection.execute("PRAGMA busy_timeout = 30").close())
    other = sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(*(database.write((effect(pair, f"n{n}", 1),)) for n in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [DatabaseBusy] * 3
    assert await held(database) == {}, "readers go on"
    other.execute("ROLLBACK")
    other.close()
    await database.write((effect(pair, "n0", 1),))
    assert set(await held(database)) == {"n0.first", "n0.second"}


async def test_a_commit_that_the_log_has_no_room_for_is_told_and_the_next_one_goes_through(tmp_path: Path) -> None:
    """A real limit on the size of files, in a process of its own: SQLite meets a write that fails, as on a full disk."""
    program = [sys.executable, "-c", GROWING, str(tmp_path / "a.sqlite3")]
    ran = await asyncio.to_thread(
        subprocess.run, program, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    acknowledged, refused, after = map(int, ran.stdout.split())
    assert refused > 0
    database = await Database.open(tmp_path / "a.sqlite3", owner=True)
    kept = await held(database)
    await database.close()
    assert len(kept) == acknowledged + after
    assert after == 5


GROWING = """
import asyncio, resource, sys
from pathlib import Path
from storage import settings
from storage.connection import Database, effect
from storage.errors import DatabaseFull

async def main():
    database = await Database.open(Path(sys.argv[1]))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    done = refused = 0
    while refused < 5:
        try:
            await database.write((effect(settings.put, f"n{done}", "x" * 3000),))
            done += 1
        except DatabaseFull:
            refused += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    for number in range(5):
        await database.write((effect(settings.put, f"after{number}", "1"),))
    await database.close()
    print(done, refused, 5)

asyncio.run(main())
"""


async def test_a_file_of_evidence_that_does_not_fit_leaves_nothing_half(tmp_path: Path) -> None:
    program = [sys.executable, "-c", EVIDENCE, str(tmp_path / "a.sqlite3.files")]
    ran = await asyncio.to_thread(
        subprocess.run, program, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
    assert ran.stdout == "full\n", ran.stderr
    content = b"y" * 200_000
    assert [path.name for path in (tmp_path / "a.sqlite3.files").iterdir()] == [hashlib.sha256(content).hexdigest()]


EVIDENCE = """
import resource, sys
from pathlib import Path
from storage.errors import DatabaseFull
from storage.files import write_content
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
try:
    write_content(Path(sys.argv[1]), b"x" * 200_000)
except DatabaseFull:
    print("full")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
write_content(Path(sys.argv[1]), b"y" * 200_000)
"""


@pytest.mark.parametrize("step", ["mkdir", "open", "fsync", "replace"])
def test_wherever_writing_a_file_of_evidence_fails_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*given: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    name = "storage.files.os.fsync" if step == "fsync" else f"storage.files.Path.{step}"
    with monkeypatch.context() as patched:
        patched.setattr(name, full)
        with pytest.raises(DatabaseFull):
            files.write_content(tmp_path / "files", b"content")
    assert not list((tmp_path / "files").glob("*")) if (tmp_path / "files").exists() else True
    assert files.content_path(tmp_path / "files", files.write_content(tmp_path / "files", b"content")).read_bytes() == b"content"


async def test_a_full_disk_in_the_middle_of_a_migration_leaves_the_old_version(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, 1)
    size = path.stat().st_size
    program = [sys.executable, "-c", UPGRADING, str(path), str(size + 20_000)]
    ran = await asyncio.to_thread(
        subprocess.run, program, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
    assert ran.stdout.startswith("DatabaseFull"), ran.stderr
    connection = sqlite3.connect(path)
    assert version(connection) in [number for number, _ in numbered()]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT COUNT(*) FROM reports").fetchone() == (28,)
    connection.close()
    await (await Database.open(path, owner=True)).close()


UPGRADING = """
import asyncio, resource, sys
from pathlib import Path
from storage import migrations
from storage.connection import Database
from storage.errors import StorageError

newest = migrations.numbered()[-1][0]
wide = "CREATE TABLE wide (a TEXT) STRICT;\\nINSERT INTO wide SELECT hex(randomblob(20000)) FROM reports;\\n"
known = [*migrations.numbered(), (newest + 1, wide)]
migrations.numbered = lambda: known

async def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
    try:
        await (await Database.open(Path(sys.argv[1]))).close()
    except StorageError as error:
        print(type(error).__name__, error)

asyncio.run(main())
"""
