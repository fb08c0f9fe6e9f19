"""The application: one database, the configured channels, and what runs between them. `start` it, `stop` it; nothing is lost between."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.channels.base import Channel
from bot.clock import Clock
from bot.language import languages
from bot.sender import Sender
from bot.turns import Minting, Turns
from handlers.dispatch import Dispatcher
from handlers.registry import registry
from handlers.schedule.reminding import due_reminders, planned_instants, still_wanted
from storage import conversation, inbox, outbox
from storage.connection import Database, Snapshot, effect
from storage.errors import Conflict
from storage.invitations import ALPHABET, LENGTH
from storage.reminders import last_tick

log = logging.getLogger(__name__)

TICK_SECONDS = 15
LOOK_AHEAD_DAYS = 120


def random_minting() -> Minting:
    """New ids and joining codes from the operating system's randomness."""
    return Minting(lambda: secrets.token_hex(5), lambda: "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


class Application:
    """The bot on its channels. With ``background=False`` nothing runs by itself: `settle` and `tick` are called (tests)."""

    def __init__(
        self,
        database: Database,
        channels: Sequence[Channel],
        clock: Clock,
        zone: ZoneInfo,
        *,
        language: str = "vi",
        facts: Mapping[str, str] | None = None,
        minting: Minting | None = None,
        background: bool = True,
    ) -> None:
        self.database = database
        self.clock = clock
        self.zone = zone
        self._channels = {channel.name: channel for channel in channels}
        self._minting = minting or random_minting()
        spoken = languages(zone)
        self._senders = {channel.name: Sender(database, channel, clock, spoken, still_wanted) for channel in channels}
        self.turns = Turns(
            database, self._channels, clock, zone, Dispatcher(registry(), spoken), spoken, language, self._minting, facts or {}, self._wake
        )
        self._background = background
        self._tasks: list[asyncio.Task[None]] = []
        self._scheduler: AsyncIOScheduler | None = None

    async def start(self) -> None:
        """Go on where the last run ended, then listen, send and tick."""
        await self.turns.resume()
        if not self._background:
            return
        for channel in self._channels.values():
            self._tasks.append(asyncio.create_task(self._listen(channel), name=f"listen {channel.name}"))
            self._tasks.append(asyncio.create_task(self._senders[channel.name].run(), name=f"send {channel.name}"))
        self._scheduler = AsyncIOScheduler(timezone=self.zone)
        self._scheduler.add_job(
            self._tick_safely, "interval", seconds=TICK_SECONDS, coalesce=True, misfire_grace_time=None, max_instances=1
        )
        self._scheduler.start()

    async def stop(self) -> None:
        """Stop taking updates, finish the turns in hand, close the connections. What waits in the outbox is sent after the next start."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.turns.settle()
        for channel in self._channels.values():
            await channel.close()
        await self.database.close()

    async def settle(self) -> None:
        """Wait until every stored update is decided and everything that is due is sent."""
        await self.turns.settle()
        for sender in self._senders.values():
            await sender.drain()

    async def tick(self) -> None:
        """Turn the reminders that are due into letters, and forget what is old."""
        now = self.clock.now()
        await self.turns.retry()
        effects = await self.database.read(lambda read: due_reminders(read, now, self.zone, last_tick(read)))
        try:
            await self.database.write(effects)
        except Conflict:
            log.info("Another tick has looked in between; its letters stand")
        await self.database.write((effect(conversation.drop_old_menus, now), effect(inbox.drop_old, now), effect(outbox.drop_old, now)))
        self._wake()

    async def next_reminder(self) -> int | None:
        """When (epoch) a reminder will be due next; None within the next months. For the demo's clock."""
        now = self.clock.now()

        def first(read: Snapshot) -> int | None:
            instants = planned_instants(read, now, now + LOOK_AHEAD_DAYS * 86_400, self.zone)
            return next((each for each in instants if _queues(due_reminders(read, each, self.zone, now))), None)

        return await self.database.read(first)

    def receiver(self, channel: str) -> Callable[[str, str], Awaitable[None]]:
        """What a channel calls with each raw update."""

        async def receive(key: str, payload: str) -> None:
            await self.turns.receive(channel, key, payload)

        return receive

    def _wake(self) -> None:
        for sender in self._senders.values():
            sender.wake()

    async def _tick_safely(self) -> None:
        try:
            await self.tick()
        except Exception:
            log.exception("A tick failed; the next one takes up its reminders")

    async def _listen(self, channel: Channel) -> None:
        async def position() -> tuple[str, int] | None:
            return await self.database.read(lambda read: inbox.position(read, channel.name))

        async def moved(to: str) -> None:
            await self.database.write((effect(inbox.move_position, channel.name, to, self.clock.now()),))

        await channel.listen(self.receiver(channel.name), position, moved)


def _queues(effects: Sequence[object]) -> bool:
    """Whether a letter is among the effects."""
    return any(getattr(each, "function", None) is outbox.queue for each in effects)
