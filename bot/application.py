"""The application: one database, the configured channels, and what runs between them. `start` it, `stop` it; nothing is lost between."""

from __future__ import annotations

import asyncio
import importlib
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.backups import DailyBackup
from bot.channels.base import Channel, HasMenu, Keeps
from bot.clock import Clock
from bot.counters import Counters
from bot.drawing.painter import Painter
from bot.facts import Known
from bot.health import Health
from bot.language import languages
from bot.listening import Listening
from bot.menus import Menus
from bot.sender import Sender
from bot.sending.links import Links
from bot.sending.ration import rations
from bot.turns import Minting, Turns
from handlers.broadcasting.due import due_broadcasts
from handlers.listening.dispatch import Dispatcher
from handlers.registry import registry
from handlers.schedule.alerts import due_alerts
from handlers.schedule.quota_alerts import due_quota
from handlers.schedule.reminding import doubted, due_reminders, letters_in, look, planned_instants, still_wanted
from handlers.schedule.upkeep import due_upkeep
from storage import broadcasts, conversation, corrections, drawings, inbox, linking, outbox, page_links, quota, settings, uploads
from storage.connection import Database, Snapshot, effect
from storage.erasing import forget_the_erased
from storage.errors import Conflict, StorageError
from storage.invitations import ALPHABET, LENGTH
from storage.outbox import Letter

if TYPE_CHECKING:
    from bot.ticking import Ticking

log = logging.getLogger(__name__)

TICK_SECONDS = 15
SWEEP_SECONDS = 3_600
"""How often what is old is forgotten."""

LONGEST_TICK_SECONDS = 300
"""A tick that takes longer hangs; it is given up, and the next one takes up its reminders."""

STOP_SECONDS = 6.0
"""How long turns and letters in hand may take once the program ends. What one of the steps leaves of it goes to the next."""

LOOK_AHEAD_DAYS = 120


def random_minting() -> Minting:
    """New ids, joining codes and secrets from the operating system's randomness."""
    return Minting(_Opaque(), lambda: "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)), lambda: secrets.token_urlsafe(32))


class _Opaque:
    """Ten hexadecimal digits a call; asking the operating system for many at once costs a fraction."""

    def __init__(self) -> None:
        self._left: deque[str] = deque()

    def __call__(self) -> str:
        try:
            return self._left.popleft()     # from several readers' threads: either of two gets its own
        except IndexError:
            digits = secrets.token_hex(5 * 256)
            self._left.extend(digits[start : start + 10] for start in range(10, len(digits), 10))
            return digits[:10]


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
        counters: Counters | None = None,
        backups: DailyBackup | None = None,
        listening: Listening | None = None,
    ) -> None:
        self.database = database
        self.counters = counters or Counters()
        self.health = Health(self.counters, channels, starting=background)
        database.watch = self.counters.committed
        self.clock = clock
        self.zone = zone
        self._channels = {channel.name: channel for channel in channels}
        self.minting = minting or random_minting()
        self.rations = rations(channels, clock, zone)
        self.facts = Known(dict(each.budget.fact for each in self.rations.values()), {} if facts is None else facts)
        self.language = language
        self.languages = spoken = languages(zone)
        links = Links(self.facts, self.minting.secret, clock)
        self._painter = Painter(drawings.folder(database.files), clock)
        self.senders = {
            channel.name: Sender(
                database, channel, clock, spoken, still_wanted, channels=self._channels, moved=self._moved, links=links,
                ration=self.rations.get(channel.name), paint=self._painter.painted,
            )
            for channel in channels
        }  # fmt: skip
        self.turns = Turns(
            database, self._channels, clock, zone, Dispatcher(registry(), spoken), spoken, language, self.minting, self.facts, self._queued,
            self.counters, self._beside,
        )  # fmt: skip
        self._menus = [
            Menus(database, channel, clock, zone, spoken, language) for channel in channels if isinstance(channel, HasMenu)
        ]
        self._backups = backups
        self._background = background
        self._swept = 0
        self._listening = listening or Listening(database, channels, clock)
        self._tasks: list[asyncio.Task[None]] = []
        self._ticking = False
        self._scheduler: Ticking | None = None

    @property
    def channels(self) -> tuple[Channel, ...]:
        return tuple(self._channels.values())

    async def start(self) -> None:
        """Go on where the last run ended, then listen, send and tick, the first time at once."""
        await self.turns.resume()
        if not self._background:
            return
        self._tasks += [asyncio.create_task(self._send(name), name=f"send {name}") for name in self._channels]
        self._listening.deliver(self.receiver)
        self.health.starting = False
        self._tasks += [asyncio.create_task(menus.run(), name="menus") for menus in self._menus]
        self._tasks.append(asyncio.create_task(self._tick_safely(), name="first tick"))
        # Loaded when all the rest runs already.
        ticking = await asyncio.to_thread(importlib.import_module, "bot.ticking")
        self._scheduler = ticking.Ticking(self.zone, TICK_SECONDS, self._tick_safely)
        self._scheduler.start()

    async def stop_taking(self) -> None:
        """Take no more updates: what is not stored yet stays with its platform. Ticks end too."""
        self.health.stopping = True
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        await self._listening.stop()

    async def stop(self, within: float = STOP_SECONDS) -> None:
        """Stop taking updates, finish the turns and letters in hand, close the connections, whatever hangs.

        A turn that is not finished in time is taken up after the next start, and what waits in the outbox is sent then.
        """
        await self.stop_taking()
        clock = asyncio.get_running_loop().time
        until = clock() + within

        def share(of_what_is_left: float) -> float:
            return max(0.1, until - clock()) * of_what_is_left

        if not await _within(share(0.4), self.turns.settle()):
            log.warning("Some turns could not be finished; they are taken up after the next start")
        patience = share(0.7)
        await asyncio.gather(*(sender.finish(patience) for sender in self.senders.values()))
        if self._backups is not None:
            await _within(share(0.3), self._backups.stop())
        for task in self._tasks:
            task.cancel()
        await _within(share(0.2), asyncio.gather(*self._tasks, return_exceptions=True))
        closing = [channel.close() for channel in self._channels.values()]
        if not await _within(share(0.4), asyncio.gather(*closing, return_exceptions=True)):
            log.warning("A channel's connections could not be closed in time")
        if not await _within(share(1.0), self.database.close()):
            log.warning("The database could not be closed in time; what was committed stands")

    async def settle(self) -> None:
        """Wait until every stored update is decided and everything that is due is sent."""
        waiting = list(self.senders.values())
        while waiting or self.turns.under_way:
            await self.turns.settle()
            for sender in waiting:
                await sender.drain()
            # A letter that one channel refuses may go to another, and somebody may have written meanwhile.
            waiting = [sender for sender in self.senders.values() if sender.stirred]

    async def tick(self) -> None:
        """Turn the reminders that are due into letters, and forget what is old."""
        now, began = self.clock.now(), self.counters.now()
        if self.counters.last_commit_failed:
            # Ask again whether the file can be written: with nothing to write nobody would find out.
            await self.database.write((effect(settings.put, "tick.probe", str(now)),))
        await self.turns.retry()
        pages = bool(self.facts.get("public_url"))
        effects, doubt = await self.database.read(lambda read: (look(read, now, self.zone, pages=pages), doubted(read, now)))
        try:
            if effects:
                await self.database.write(effects)
        except Conflict:
            effects = ()
            log.info("Another tick has looked in between; its letters stand")
        if not doubt:
            await self._go_on(now)
        self.counters.ticked(self.counters.now() - began, letters_in(effects))
        self.wake()

    async def _go_on(self, now: int) -> None:
        """What a tick does beside reminding. Nothing of it is done by a clock that may be about to be corrected."""
        told = await self.database.read(lambda read: due_broadcasts(read, now, self.zone))
        try:
            if told:
                await self.database.write(told)
        except Conflict:
            log.info("A broadcast has moved on in between; the next tick looks again")
        alert = await self.database.read(
            lambda read: (
                *due_alerts(read, now, self.zone, self._channels), *due_upkeep(read, now, self.zone),
                *due_quota(read, now, self.zone, self.facts, self._channels),
            )
        )  # fmt: skip
        try:
            if alert:
                await self.database.write(alert)
        except Conflict:
            log.info("What could not be sent has changed in between; the next tick tells of it")
        if not self._swept <= now < self._swept + SWEEP_SECONDS:
            self._swept = now
            kept = tuple(channel.drop_old for channel in self.channels if isinstance(channel, Keeps))
            forgotten = (conversation.drop_old_menus, inbox.drop_old, outbox.drop_old, linking.drop_old, page_links.drop_old)
            more = (quota.drop_old, corrections.drop_old, uploads.drop_old, forget_the_erased)
            await self.database.write(tuple(effect(each, now) for each in (*forgotten, *more, *kept)))
            await self.database.fold()
            await asyncio.to_thread(drawings.drop_old, self._painter.folder, now)
        if self._backups is not None:
            await self._backups.tick()

    async def next_reminder(self) -> int | None:
        """When (epoch) a reminder or a scheduled broadcast will be due next; None within the next months. For the demo's clock."""
        now = self.clock.now()

        def first(read: Snapshot) -> int | None:
            instants = planned_instants(read, now, now + LOOK_AHEAD_DAYS * 86_400, self.zone)
            reminder = next((each for each in instants if letters_in(due_reminders(read, each, self.zone, now))), None)
            return min((each for each in (reminder, broadcasts.next_due(read, now)) if each is not None), default=None)

        return await self.database.read(first)

    def receiver(self, channel: str) -> Callable[[str, str], Awaitable[None]]:
        """What a channel calls with each raw update."""

        sender = self.senders[channel]

        def receive(key: str, payload: str) -> Awaitable[None]:
            sender.expect_reply()
            return self.turns.receive(channel, key, payload)

        return receive

    def _queued(self, letters: Sequence[Letter]) -> None:
        """A turn has queued these. What it has caused otherwise (a broadcast that begins) is found by the lanes' next look."""
        for letter in letters:
            if letter.channel in self.senders:
                self.senders[letter.channel].take(letter)

    def _moved(self, channel: str) -> None:
        """Letters went from one channel to another."""
        self.senders[channel].look_again()

    def _beside(self, channel: str, address: str) -> None:
        """A message went out that no letter tells of."""
        if channel in self.rations:
            self.rations[channel].beside(address)

    def wake(self) -> None:
        """Letters were queued."""
        for sender in self.senders.values():
            sender.wake()

    async def _tick_safely(self) -> None:
        if self._ticking:
            return
        self._ticking = True
        try:
            async with asyncio.timeout(LONGEST_TICK_SECONDS):
                await self.tick()
        except Exception:
            self.counters.ticks_failed += 1
            log.exception("A tick failed; the next one takes up its reminders")
        finally:
            self._ticking = False

    async def _send(self, channel: str) -> None:
        """Nothing leaves before the file is known to be sound: it could not be noted, and would leave again."""
        try:
            await self.database.sound()
        except StorageError:
            return      # told by who opened it
        await self.senders[channel].run()


async def _within(seconds: float, work: Awaitable[object]) -> bool:
    """Whether the work ended in time. What did not is cancelled, and not waited for for long: it may hang."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.2)
        return False
    if not task.cancelled() and task.exception() is not None:
        log.error("The end was not orderly", exc_info=task.exception())
    return True
