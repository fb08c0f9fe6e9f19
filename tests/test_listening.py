"""Listening: what comes before anybody can take it waits in its order, and nothing of it is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.channels.base import Receive
from bot.clock import MovableClock
from bot.listening import Listening
from storage.connection import Database
from tests.chat import WITH_BUTTONS, Double
from tests.conftest import START


class Asking(Double):
    """A channel whose platform brings what ``come`` says; ``acknowledged`` are the updates whose taking has ended."""

    def __init__(self, name: str, *, redelivers: bool) -> None:
        super().__init__(name, WITH_BUTTONS)
        self.redelivers = redelivers
        self.listens = False
        self.acknowledged: list[str] = []
        self._receive: asyncio.Future[Receive] = asyncio.get_running_loop().create_future()
        self._taking: set[asyncio.Task[None]] = set()

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        self.listens = True
        self._receive.set_result(receive)
        try:
            await asyncio.Event().wait()
        finally:
            for task in self._taking:
                task.cancel()

    async def come(self, *keys: str) -> None:
        """Updates arrive together; returns when all that can happen at once has happened."""
        receive = await self._receive
        self._taking |= {asyncio.create_task(self._take(receive, key)) for key in keys}
        for _ in range(5):
            await asyncio.sleep(0)

    async def settled(self) -> None:
        await asyncio.gather(*self._taking, return_exceptions=True)

    async def _take(self, receive: Receive, key: str) -> None:
        await receive(key, "{}")
        self.acknowledged.append(key)


class Taker:
    """Takes updates and keeps who took what."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    def __call__(self, channel: str) -> Receive:
        async def receive(key: str, payload: str) -> None:
            self.taken.append((channel, key))

        return receive


@pytest.fixture
async def channels() -> tuple[Asking, Asking]:
    return Asking("first", redelivers=True), Asking("second", redelivers=False)


@pytest.fixture
async def listening(tmp_path: Path, channels: tuple[Asking, Asking]) -> AsyncIterator[Listening]:
    database = await Database.open(tmp_path / "cluster.sqlite3")
    found = Listening(database, channels, MovableClock(START))
    yield found
    await found.stop()
    await database.close()


async def test_what_comes_early_waits_in_its_order_and_is_acknowledged_once_it_is_taken(
    listening: Listening, channels: tuple[Asking, Asking]
) -> None:
    channel, taker = channels[0], Taker()
    listening.start_early()
    await channel.come("1", "2", "3")
    assert channel.acknowledged == []
    listening.deliver(taker)
    await channel.settled()
    await channel.come("4")
    assert taker.taken == [("first", key) for key in "1234"]
    assert channel.acknowledged == ["1", "2", "3", "4"]


async def test_a_platform_that_hands_out_once_is_asked_only_when_somebody_takes(
    listening: Listening, channels: tuple[Asking, Asking]
) -> None:
    channel, taker = channels[1], Taker()
    listening.start_early()
    await channels[0].come()
    assert not channel.listens
    listening.deliver(taker)
    await channel.come("1")
    assert taker.taken == [("second", "1")]
    assert len(listening.tasks) == 2


async def test_what_nobody_has_taken_when_it_ends_was_not_acknowledged(listening: Listening, channels: tuple[Asking, Asking]) -> None:
    channel = channels[0]
    listening.start_early()
    await channel.come("1")
    await listening.stop()
    await channel.settled()
    assert channel.acknowledged == []
    assert all(task.cancelled() for task in listening.tasks)


async def test_without_an_early_start_all_channels_begin_together(listening: Listening, channels: tuple[Asking, Asking]) -> None:
    taker = Taker()
    listening.deliver(taker)
    for channel in channels:
        await channel.come("1")
    assert taker.taken == [("first", "1"), ("second", "1")]
