"""What readers keep as long as their snapshot lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import settings
from storage.connection import Database, Snapshot, effect
from storage.memory import once


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "cluster.sqlite3")
    yield opened
    await opened.close()


@once
def counted(read: Snapshot, name: str) -> list[str | None]:
    """A new list each time that it is really read."""
    return [settings.get(read, name)]


async def test_it_is_read_once_on_a_snapshot_and_anew_on_the_next(database: Database) -> None:
    def twice(read: Snapshot) -> tuple[list[str | None], list[str | None]]:
        return counted(read, "a"), counted(read, "a")

    first, again = await database.read(twice)
    assert first is again
    await database.write((effect(settings.put, "a", "written"),))
    assert await database.read(twice) == (["written"], ["written"])


async def test_each_argument_has_its_own(database: Database) -> None:
    await database.write((effect(settings.put, "a", "one"), effect(settings.put, "b", "two")))
    assert await database.read(lambda read: (counted(read, "a"), counted(read, "b"))) == (["one"], ["two"])


async def test_a_snapshot_beside_a_newer_one_keeps_what_it_has(database: Database) -> None:
    loop = asyncio.get_running_loop()

    def slow(read: Snapshot) -> tuple[list[str | None], list[str | None]]:
        before = counted(read, "a")
        writing = asyncio.run_coroutine_threadsafe(database.write((effect(settings.put, "a", "written"),)), loop)
        writing.result()
        newer = asyncio.run_coroutine_threadsafe(database.read(lambda beside: counted(beside, "a")), loop).result()
        assert counted(read, "a") is before
        return before, newer

    assert await database.read(slow) == ([None], ["written"])


async def test_the_writer_reads_each_time(database: Database) -> None:
    def changing(tx: Snapshot) -> tuple[list[str | None], list[str | None]]:
        before = counted(tx, "a")
        settings.put(tx, "a", "written")        # type: ignore[arg-type]
        return before, counted(tx, "a")

    (told,) = await database.write((effect(changing),))  # type: ignore[arg-type]
    assert told == ([None], ["written"])


async def test_after_a_reader_that_failed_nothing_is_kept(database: Database) -> None:
    def failing(read: Snapshot) -> None:
        counted(read, "a")
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            await database.read(failing)
    await database.write((effect(settings.put, "a", "written"),))
    assert await database.read(lambda read: counted(read, "a")) == ["written"]
