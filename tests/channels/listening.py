"""A channel that listens, and what it is told by its application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.channels.base import Channel

CHANNEL = TypeVar("CHANNEL", bound=Channel)


class Ear:
    """What a channel calls while it listens: keeps updates, and tells when each was committed."""

    def __init__(self, position: tuple[str, int] | None = None) -> None:
        self.position = position
        self.received: list[tuple[str, str]] = []
        self.moves: list[str] = []
        self.pauses: list[float] = []
        self.before: Callable[[str], Awaitable[None]] | None = None
        self.changed = asyncio.Condition()

    async def receive(self, key: str, payload: str) -> None:
        if self.before is not None:
            await self.before(key)
        self.received.append((key, payload))
        await self._tell()

    async def moved(self, to: str) -> None:
        self.moves.append(to)
        await self._tell()

    async def where(self) -> tuple[str, int] | None:
        return self.position

    async def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self._tell()
        await asyncio.sleep(0)

    async def until(self, fulfilled: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(fulfilled)

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


class Listening(Generic[CHANNEL]):
    """A channel that listens as long as the block runs."""

    def __init__(self, channel: CHANNEL, ear: Ear) -> None:
        self._channel = channel
        self._ear = ear

    async def __aenter__(self) -> CHANNEL:
        self._task = asyncio.create_task(self._channel.listen(self._ear.receive, self._ear.where, self._ear.moved))
        return self._channel

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._channel.close()
