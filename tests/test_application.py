"""The application in the background: it ticks at once and goes on whatever fails, and its end is orderly whatever hangs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot import application as module
from bot import listening
from bot.application import Application
from bot.channels.base import Inbound, Part, Receive, RemoteFile
from bot.clock import MovableClock
from storage import inbox
from storage.connection import Database, effect
from tests.chat import WITH_BUTTONS, ZONE, Double
from tests.conftest import START


class Steered(Double):
    """A channel whose doors hang or fail when the test wants it."""

    def __init__(self) -> None:
        super().__init__("test", WITH_BUTTONS)
        self.hang: set[str] = set()
        self.reached = asyncio.Event()
        self.listened = 0
        self.fail_listening = 0
        self.receive: Receive | None = None
        self.closed = False

    async def _door(self, name: str) -> None:
        if name in self.hang:
            self.reached.set()
            await asyncio.Event().wait()

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        await self._door("send")
        return await super().send(address, thread, part, content, replaces)

    async def fetch(self, file: RemoteFile) -> bytes:
        await self._door("fetch")
        return b""

    async def acknowledge(self, inbound: Inbound) -> None:
        await self._door("acknowledge")

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        self.listened += 1
        if self.listened <= self.fail_listening:
            raise RuntimeError("a defect")
        self.receive = receive
        self.reached.set()
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._door("close")
        self.closed = True


class World:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.channel = Steered()
        self.application: Application

    async def start(self) -> Application:
        self.application = Application(await Database.open(self.path), (self.channel,), MovableClock(START), ZONE)
        await self.application.start()
        return self.application

    async def say(self, key: str, **message: object) -> None:
        said = {"address": "an", "name": "An", "id": key, "kind": "text", "text": "xin chao", **message}
        await self.application.receiver("test")(key, json.dumps(said))

    async def waiting(self) -> int:
        """How many updates a new start would find undecided."""
        database = await Database.open(self.path)
        rows = await database.read(inbox.waiting)
        await database.close()
        return len(rows)


@pytest.fixture
def world(cluster: Callable[[], Path]) -> World:
    return World(cluster())


async def until(fulfilled: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        for _ in range(100_000):
            if fulfilled():
                return
            await asyncio.sleep(0.001)


async def test_the_first_tick_comes_at_once(world: World) -> None:
    application = await world.start()
    await until(lambda: application.counters.last_tick is not None)
    assert application.health.report()[0]
    await application.stop()
    assert world.channel.closed


async def test_it_is_not_well_before_it_takes_what_comes(world: World) -> None:
    """Its ports are open already: who asks there is told to wait, and nobody is sent to it yet."""
    application = Application(await Database.open(world.path), (world.channel,), MovableClock(START), ZONE)
    assert application.health.report() == (False, {**application.health.report()[1], "failed": ["starting"]})
    await application.start()
    assert application.health.report()[0]
    await application.stop()


async def test_a_tick_that_fails_or_hangs_does_not_hold_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(module, "LONGEST_TICK_SECONDS", 0.05)
    tick, ticks = Application.tick, 0

    async def odd(self: Application) -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 1:
            raise OSError("disk")
        if ticks == 2:
            await asyncio.Event().wait()
        await tick(self)

    monkeypatch.setattr(Application, "tick", odd)
    application = await world.start()
    await until(lambda: application.counters.ticks_failed == 2)
    monkeypatch.setattr(module, "LONGEST_TICK_SECONDS", 60)
    await until(lambda: application.counters.last_tick is not None)
    await application.stop()
    assert len([record for record in caplog.records if "A tick failed" in record.getMessage()]) >= 2


async def test_a_writer_that_failed_is_asked_again_by_the_tick(world: World) -> None:
    application = await world.start()
    await until(lambda: application.counters.last_tick is not None)
    application.counters.committed(1, 0.1, True)
    assert application.health.report()[1]["failed"] == ["writer"]
    await application.tick()
    assert application.health.report()[0]
    await application.stop()


async def test_a_channel_that_fails_listens_anew(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening, "LISTEN_AGAIN_SECONDS", 0)
    world.channel.fail_listening = 3
    application = await world.start()
    await asyncio.wait_for(world.channel.reached.wait(), 20)
    await application.stop()
    assert world.channel.listened == 4
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 3


async def test_the_end_finishes_what_is_in_hand(world: World) -> None:
    application = await world.start()
    for number in range(50):
        await world.say(f"k{number}", address=f"a{number}")
    await application.stop()
    assert await world.waiting() == 0


@pytest.mark.parametrize("door", ["fetch", "acknowledge"])
async def test_a_turn_that_hangs_is_left_for_the_next_start(world: World, door: str) -> None:
    world.channel.hang = {door}
    application = await world.start()
    await world.say("k", kind="file", file="a.pdf", media_type="application/pdf", size=3)
    await asyncio.wait_for(world.channel.reached.wait(), 20)
    await application.stop(within=0.5)
    assert await world.waiting() == 1
    world.channel = Steered()
    application = await world.start()
    await until(lambda: bool(world.channel.delivered["an"]))
    await application.stop()
    assert await world.waiting() == 0


@pytest.mark.parametrize("door", ["send", "close"])
async def test_a_platform_that_hangs_does_not_hold_the_end(world: World, door: str) -> None:
    world.channel.hang = {door}
    application = await world.start()
    await world.say("k")
    if door == "send":
        await asyncio.wait_for(world.channel.reached.wait(), 20)
    await application.stop(within=0.5)
    assert await world.waiting() == 0


async def test_what_is_stored_while_it_ends_is_taken_up_after_the_next_start(world: World) -> None:
    application = await world.start()
    said = {"address": "an", "name": "An", "id": "k", "kind": "text", "text": "xin chao"}
    await application.database.write((effect(inbox.store, "test", "k", json.dumps(said), START),))
    await application.stop()
    assert await world.waiting() == 1
    application = await world.start()
    await until(lambda: bool(world.channel.delivered["an"]))
    await application.stop()
    assert await world.waiting() == 0
