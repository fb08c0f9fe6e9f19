"""The backup of the day: once a local day, at night or after a longer stop; a failure is noted, tried again, and then forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.backups import DailyBackup
from bot.clock import MovableClock
from storage import backup, rotation
from storage.backup import Note
from storage.connection import Database, effect
from storage.rotation import dated
from tests.chat import ZONE

EVENING = int(datetime(2026, 11, 23, 20, 0, tzinfo=ZONE).timestamp())
HOUR = 3_600


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "a.sqlite3")
    yield opened
    await opened.close()


async def ticked(daily: DailyBackup) -> None:
    await daily.tick()
    await daily.finish()


def times(folder: Path) -> list[str]:
    return [f"{datetime.fromtimestamp(each.manifest.made_at, ZONE):%d %H:%M}" for each in dated(folder)] if folder.exists() else []


async def test_the_first_at_once_then_one_each_night(database: Database, tmp_path: Path) -> None:
    clock, folder = MovableClock(EVENING), tmp_path / "copies"
    daily = DailyBackup(database, folder, clock, ZONE)
    for _ in range(3 * 48):
        await ticked(daily)
        clock.advance(HOUR // 2)
    assert times(folder) == ["23 20:00", "24 02:00", "25 02:00", "26 02:00"]
    assert await database.read(backup.last) == Note(dated(folder)[-1].manifest.made_at, str(dated(folder)[-1].path))


async def test_after_a_longer_stop_at_the_first_tick(database: Database, tmp_path: Path) -> None:
    clock, folder = MovableClock(EVENING), tmp_path / "copies"
    await ticked(DailyBackup(database, folder, clock, ZONE))
    clock.advance(3 * 24 * HOUR)
    await ticked(DailyBackup(database, folder, clock, ZONE))
    assert times(folder) == ["23 20:00", "26 20:00"]


async def test_a_clock_that_was_turned_back_does_not_stop_them(database: Database, tmp_path: Path) -> None:
    clock, folder = MovableClock(EVENING + 300 * 24 * HOUR), tmp_path / "copies"
    daily = DailyBackup(database, folder, clock, ZONE)
    await ticked(daily)
    clock.move_to(EVENING)
    await ticked(daily)
    await ticked(daily)
    assert len(times(folder)) == 2


async def test_a_failure_is_noted_and_tried_again_each_hour(database: Database, tmp_path: Path) -> None:
    clock, folder = MovableClock(EVENING), tmp_path / "copies"
    folder.write_text("a file where the folder should be", encoding="utf-8")
    daily = DailyBackup(database, folder, clock, ZONE)
    await ticked(daily)
    failed = await database.read(backup.failure)
    assert failed is not None
    assert (failed.at, failed.path, bool(failed.reason)) == (EVENING, str(folder), True)
    folder.unlink()
    clock.advance(HOUR - 1)
    await ticked(daily)
    assert times(folder) == []
    clock.advance(1)
    await ticked(daily)
    assert times(folder) == ["23 21:00"]
    assert await database.read(backup.failure) is None


async def test_one_made_by_hand_in_the_same_folder_counts(database: Database, tmp_path: Path) -> None:
    clock, folder = MovableClock(EVENING), tmp_path / "copies"
    made = rotation.into_folder(database.path, folder, EVENING - HOUR, ZONE, rotation.Keep())
    await database.write((effect(backup.note, Note(EVENING - HOUR, str(made.path))),))
    await ticked(DailyBackup(database, folder, clock, ZONE))
    assert times(folder) == ["23 19:00"]


async def test_one_that_is_under_way_is_given_up_at_the_end(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    daily = DailyBackup(database, folder, MovableClock(EVENING), ZONE)
    daily._ending.set()
    await daily.tick()
    await daily.stop()
    assert times(folder) == []
    assert await database.read(backup.failure) is None
