"""The writer commits batches, a savepoint a turn; readers see a snapshot that does not move."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from storage import inbox, settings
from storage.connection import Database, Snapshot, Transaction, effect
from storage.errors import Conflict, DatabaseBusy, DatabaseFull, StorageError
from storage.migrations import migrate, numbered


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "a.sqlite3")
    yield opened
    await opened.close()


def put_then_conflict(tx: Transaction, name: str) -> None:
    settings.put(tx, name, "half")
    raise Conflict("somebody was faster")


async def test_effects_commit_together_and_give_their_results(database: Database, tmp_path: Path) -> None:
    results = await database.write((effect(inbox.store, "web", "k1", "{}", 5), effect(settings.put, "a", "1")))
    assert results == [1, None]
    assert await database.read(lambda read: settings.get(read, "a")) == "1"


async def test_a_turn_that_meets_a_conflict_leaves_nothing_and_the_others_of_its_batch_stay(database: Database, tmp_path: Path) -> None:
    turns = [database.write((effect(settings.put, f"before{n}", "1"), effect(put_then_conflict, f"half{n}"))) for n in range(3)]
    others = [database.write((effect(settings.put, f"other{n}", "1"),)) for n in range(3)]
    outcomes = await asyncio.gather(*turns, *others, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Conflict] * 3 + [list] * 3
    kept = await database.read(lambda read: [row[0] for row in read.execute("SELECT name FROM settings ORDER BY name")])
    assert kept == ["other0", "other1", "other2"]


async def test_writes_that_wait_share_one_commit(database: Database, tmp_path: Path) -> None:
    commits = []
    note = lambda statement: commits.append(statement) if statement == "COMMIT" else None  # noqa: E731
    await database._writer.hop(lambda connection: connection.set_trace_callback(note))
    await asyncio.gather(*(database.write((effect(settings.put, f"n{n}", "1"),)) for n in range(64)))
    assert len(commits) <= 3


async def test_a_reader_sees_a_snapshot_that_does_not_move(database: Database, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()

    def twice(read: Snapshot) -> tuple[str | None, str | None]:
        first = settings.get(read, "a")
        asyncio.run_coroutine_threadsafe(database.write((effect(settings.put, "a", "new"),)), loop).result(10)
        return first, settings.get(read, "a")

    assert await database.read(twice) == (None, None)
    assert await database.read(lambda read: settings.get(read, "a")) == "new"


async def test_a_reader_cannot_write(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        await database.read(lambda read: settings.put(Transaction(read), "a", "1"))


async def test_what_is_committed_survives_a_close_without_farewell(database: Database, tmp_path: Path) -> None:
    await database.write((effect(settings.put, "a", "1"),))
    other = await Database.open(tmp_path / "a.sqlite3")
    assert await other.read(lambda read: settings.get(read, "a")) == "1"
    await other.close()


async def test_a_locked_file_is_told_apart_from_a_full_disk(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    await database._writer.hop(lambda connection: connection.execute("PRAGMA busy_timeout = 1").close())
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy):
        await database.write((effect(settings.put, "a", "1"),))
    holder.execute("ROLLBACK")
    holder.close()
    pages = await database._writer.hop(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    await database._writer.hop(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").close())
    with pytest.raises(DatabaseFull):
        await database.write((effect(settings.put, "a", "x" * 1_000_000),))
    await database._writer.hop(lambda connection: connection.execute("PRAGMA max_page_count = 1000000").close())
    await database.write((effect(settings.put, "a", "1"),))
    assert await database.read(lambda read: settings.get(read, "a")) == "1"


def described(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {(kind, name, " ".join(sql.split())) for kind, name, sql in rows}


def test_the_schema_for_reading_is_what_the_migrations_give() -> None:
    migrated, read = sqlite3.connect(":memory:", isolation_level=None), sqlite3.connect(":memory:")
    migrate(migrated)
    read.executescript(files("storage").joinpath("schema.sql").read_text(encoding="utf-8"))
    assert described(migrated) == described(read)
    assert {row[5] for row in migrated.execute("PRAGMA table_list") if row[2] == "table" and not row[1].startswith("sqlite_")} == {1}
    migrated.close()
    read.close()


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in numbered()] == list(range(1, len(numbered()) + 1))


async def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    with pytest.raises(StorageError, match="newer program"):
        await Database.open(path)
