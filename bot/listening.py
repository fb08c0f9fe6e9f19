"""Listening: each channel asks its platform for updates, and what comes goes to whoever takes it.

A channel may listen before anybody can take: the platform is asked while the commands are still being loaded. What comes meanwhile waits
here, in its order, neither stored nor acknowledged; should the program end before `deliver`, the platform hands it out again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.channels.base import Channel, Receive, Redelivers, account_of
from bot.clock import Clock
from storage import inbox, settings
from storage.connection import Database, Snapshot, effect

log = logging.getLogger(__name__)

LISTEN_AGAIN_SECONDS = 5


class Listening:
    """The channels' listening, until `stop`. ``tasks`` are those under way."""

    def __init__(self, database: Database, channels: Sequence[Channel], clock: Clock) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._early: set[str] = set()
        self._takers: dict[str, Receive] = {}
        self._delivered = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def start_early(self) -> None:
        """Begin on the channels that lose nothing by it."""
        for channel in self._channels:
            if isinstance(channel, Redelivers) and channel.redelivers:
                self._early.add(channel.name)
                self._begin(channel, self._receiver(channel.name))

    def deliver(self, takers: Callable[[str], Receive]) -> None:
        """From now on ``takers(channel)`` takes what comes, after what waits; the channels that do not listen yet begin."""
        self._takers = {channel.name: takers(channel.name) for channel in self._channels}
        self._delivered.set()
        for channel in self._channels:
            if channel.name not in self._early:
                self._begin(channel, self._takers[channel.name])

    async def stop(self, within: float = 1.0) -> None:
        """Take no more updates: what is not stored yet stays with its platform. Ends after so many seconds, whatever hangs."""
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=within)

    def _receiver(self, channel: str) -> Receive:
        async def once_delivered(key: str, payload: str) -> None:
            await self._delivered.wait()
            await receive(key, payload)

        def receive(key: str, payload: str) -> Awaitable[None]:
            return self._takers[channel](key, payload) if self._takers else once_delivered(key, payload)

        return receive

    def _begin(self, channel: Channel, receive: Receive) -> None:
        self.tasks.append(asyncio.create_task(self._listen(channel, receive), name=f"listen {channel.name}"))

    async def _listen(self, channel: Channel, receive: Receive) -> None:
        account = account_of(channel)

        async def position() -> tuple[str, int] | None:
            return await self._database.read(lambda read: inbox.position(read, channel.name, account))

        async def moved(to: str) -> None:
            await self._database.write((effect(inbox.move_position, channel.name, to, self._clock.now(), account),))

        while True:
            try:
                await self._adopt(channel.name, account)
                await channel.listen(receive, position, moved)
            except Exception:
                log.exception("Listening on %s failed; it begins anew", channel.name)
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)
            else:
                return

    async def _adopt(self, channel: str, account: str) -> None:
        """What came before accounts were kept is this bot's own, unless only others are known to have been here (`bot.menus`)."""

        def ours(read: Snapshot) -> bool:
            if not inbox.ownerless(read, channel):
                return False
            seen = {rest.partition(":")[0] for rest in settings.beginning(read, f"menu:{channel}:")}
            return not seen or account in seen

        if not account:
            return
        if await self._database.read(ours):
            await self._database.write((effect(inbox.adopt, channel, account),))
