"""A clock that leaps by a year is not believed at once: what cannot be taken back waits until it is put right or has stayed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.application import Application
from bot.backups import DailyBackup
from bot.clock import MovableClock
from handlers.broadcasting.audience import Audience
from handlers.schedule.reminding import STEADY
from storage import broadcasts, inbox, reminders
from storage.broadcasts import Broadcast
from storage.connection import Database, effect
from storage.rotation import dated
from tests.chat import WITH_BUTTONS, ZONE, Double
from tests.conftest import START
from tests.sending_world import World

DAY, YEAR = 86_400, 365 * 86_400
TOMORROW = START + DAY


class Instance:
    """A bot whose ticks are called, with a scheduled message, a day's keys of updates and a folder of backups."""

    def __init__(self, application: Application, clock: MovableClock, copies: Path) -> None:
        self.application = application
        self.clock = clock
        self.copies = copies

    @property
    def database(self) -> Database:
        return self.application.database

    async def tick(self, after: int) -> None:
        self.clock.advance(after)
        await self.application.tick()

    async def state(self) -> tuple[str, bool, int]:
        """Of the scheduled message, whether the update is still known, and how many backups there are."""
        (given,) = await self.database.read(lambda read: broadcasts.latest(read, 1))
        known = "SELECT COUNT(*) FROM inbox WHERE key = 'key'"
        ((count,),) = await self.database.read(lambda read: read.execute(known).fetchall())
        return given.state, bool(count), len(dated(self.copies)) if self.copies.exists() else 0


@pytest.fixture
async def instance(cluster: Callable[[], Path], tmp_path: Path) -> AsyncIterator[Instance]:
    database, clock = await Database.open(cluster()), MovableClock(START)
    backups = DailyBackup(database, tmp_path / "copies", clock, ZONE)
    application = Application(database, (Double("test", WITH_BUTTONS),), clock, ZONE, background=False, backups=backups)
    await application.start()
    made = Instance(application, clock, tmp_path / "copies")
    secretary = "SELECT person_id FROM posts WHERE role = 'secretary'"
    ((person,), *_) = await database.read(lambda read: read.execute(secretary).fetchall())
    scheduled = Broadcast(
        "b", str(person), START, Audience().dump(), "Mai họp.", None, "", "", "secretary", TOMORROW, "scheduled"
    )
    await database.write([effect(broadcasts.add, scheduled, 3), effect(inbox.store_done, "test", "key", START)])
    await made.tick(0)
    await backups.finish()
    assert await made.state() == ("scheduled", True, 1)
    yield made
    await backups.finish()
    await application.stop()


async def test_nothing_is_sent_ended_forgotten_or_copied_by_a_clock_that_is_wrong_for_a_while(instance: Instance) -> None:
    for after in (YEAR, 15, 300):
        await instance.tick(after)
        assert await instance.state() == ("scheduled", True, 1)
        assert instance.application.health.report()[0]
    await instance.tick(-YEAR)
    assert await instance.state() == ("scheduled", True, 1)


async def test_a_clock_that_stays_is_believed(instance: Instance) -> None:
    await instance.tick(YEAR)
    await instance.tick(STEADY + 1)
    state, known, _ = await instance.state()
    assert (state, known) == ("missed", False)


async def test_a_day_ahead_is_a_day_without_the_program(instance: Instance) -> None:
    await instance.tick(DAY)
    state, known, _ = await instance.state()
    assert (state, known) == ("sending", True)
    looked = await instance.database.read(reminders.last_tick)
    await instance.tick(-DAY)
    assert (await instance.state())[0] == "sending"
    assert looked is not None
    assert (await instance.database.read(reminders.last_tick) or 0) < looked


async def test_letters_do_not_lapse_by_a_clock_that_is_wrong_for_a_while(world: World) -> None:
    world = world
    world.channel.open = True
    await world.sender.drain()
    await world.broadcast(3, expires_at=world.clock.now() + DAY)
    world.clock.advance(YEAR)
    await world.queue("an", "trả lời")
    await world.sender.drain()
    assert await world.states() == {"waiting": 3, "sent": 1}, "answers go on"
    world.clock.advance(60 - YEAR)
    await world.sender.drain()
    assert await world.states() == {"sent": 4}


async def test_letters_lapse_once_the_clock_has_stayed(world: World) -> None:
    world = world
    world.channel.open = True
    await world.sender.drain()
    await world.broadcast(3, expires_at=world.clock.now() + DAY)
    world.clock.advance(YEAR)
    await world.sender.drain()
    assert await world.states() == {"waiting": 3}
    world.clock.advance(STEADY)
    await world.sender.drain()
    assert await world.states() == {"dropped": 3}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = await Database.open(tmp_path / "a.sqlite3")
    yield World(database)
    await database.close()
