"""A sender at work: a platform that answers when the test lets it, and a clock that is set."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.channels.base import Part
from bot.clock import MovableClock
from bot.language import languages
from bot.sender import Sender
from handlers.kit.message import verbatim
from handlers.kit.reply import say
from handlers.kit.wire import encode
from storage import outbox
from storage.connection import Database, Effect, effect
from tests.chat import WITH_BUTTONS, ZONE, Double

START = 1_795_000_000
PATIENCE_SECONDS = 10


class Slow(Double):
    """Letters are under way until the gate is open for their address; ``under_way`` holds them."""

    def __init__(self) -> None:
        super().__init__("test", WITH_BUTTONS)
        self.gates: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.open = False
        self.under_way: list[str] = []
        self.arrived: list[tuple[str, str]] = []
        self.news = asyncio.Event()
        self.meanwhile: Callable[[str], Any] | None = None

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        self.under_way.append(address)
        self.news.set()
        if self.meanwhile is not None:
            await self.meanwhile(address)
        if not self.open:
            await self.gates[address].wait()
        number = await super().send(address, thread, part, content, replaces)
        self.under_way.remove(address)
        self.arrived.append((address, part.text))
        self.news.set()
        return number

    async def until(self, fulfilled: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not fulfilled():
                self.news.clear()
                await self.news.wait()


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = MovableClock(START)
        self.channel = Slow()
        self.asked: list[str] = []
        self.unwanted: set[str] = set()
        self.sender = self.started()

    def started(self) -> Sender:
        return Sender(self.database, self.channel, self.clock, languages(ZONE), self._wanted)

    def _wanted(self, read: object, subject: str, person_id: str | None, now: int) -> bool:
        self.asked.append(subject)
        return subject not in self.unwanted

    async def queue(self, address: str, *texts: str, **extra: object) -> None:
        effects: list[Effect] = [
            effect(outbox.queue, "test", address, encode(say(verbatim(text))), "vi", self.clock.now(), **extra)  # type: ignore[arg-type]
            for text in texts
        ]
        await self.database.write(effects)

    async def broadcast(self, count: int, **extra: object) -> None:
        reply = encode(say(verbatim("nhắc")))
        await self.database.write(
            [
                effect(outbox.queue, "test", f"p{number}", reply, "vi", self.clock.now(), lane="broadcast", **extra)  # type: ignore[arg-type]
                for number in range(count)
            ]
        )

    async def states(self) -> Counter[str]:
        return Counter(await self.database.read(lambda read: [row[0] for row in read.execute("SELECT state FROM outbox")]))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.sender.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def counting_reads(self, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        reads: list[object] = []
        read = self.database.read

        async def counted(function: Callable[..., object]) -> object:
            reads.append(function)
            return await read(function)

        monkeypatch.setattr(self.database, "read", counted)
        return reads
