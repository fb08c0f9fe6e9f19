"""What has just come in: all that came together is decided on one snapshot, and each update is stored with what it changes, in one commit.

Nothing is acknowledged before that commit, so a kill in between loses nothing: the platform brings the update again. What cannot go
this way (somebody wrote in between, a defect, a slow handler, a file that cannot be written) is stored alone and decided in its lane.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from bot.channels.base import Inbound
from bot.clock import Clock
from storage import inbox
from storage.connection import Database, Effect, Snapshot, Written, effect
from storage.errors import StorageError

log = logging.getLogger(__name__)

MOST_TOGETHER = 24
"""Enough that a hop and a commit cost each of them next to nothing, few enough that the first is not kept waiting by the last."""

MOST_WAITING = 32
"""Where more wait already, what comes is stored at once: the platform can be asked for the next while these are decided."""

LONG_SECONDS = 0.05
"""After this the next ones are decided beside these."""

PATIENCE_SECONDS = 0.25
"""A decision that takes longer is not waited for: its update is stored, so that it can be acknowledged."""

Decided = tuple[Effect, ...] | Exception


@dataclass(slots=True, eq=False)
class Arrival:
    """An update that has come, understood: what is kept of it, and who waits until it is committed.

    ``alone``: it is to be stored before anything else happens with it. Updates of one ``lane`` keep their order.
    """

    channel: str
    key: str
    payload: str
    inbound: Inbound
    lane: str
    alone: bool
    committed: asyncio.Future[None]

    def told(self, error: StorageError | None = None) -> None:
        """Tell who waits, if somebody still does."""
        if self.committed.done():
            return
        if error is None:
            self.committed.set_result(None)
        else:
            self.committed.set_exception(error)


class Takes(Protocol):
    """Turns, as far as arrivals need them."""

    def busy(self, lane: str) -> bool:
        """Whether something that is stored already comes before."""

    def decided(self, read: Snapshot, arrival: Arrival, now: int) -> tuple[Effect, ...]:
        """What the update changes."""

    def done(self, arrival: Arrival, outcome: Sequence[object], seconds: float) -> None:
        """It is committed, and its turn with it."""

    def stored(self, arrival: Arrival, number: object, deciding: Awaitable[Decided] | None) -> None:
        """It is kept alone under a number (None: it had come before). ``deciding``: its decision, where it is not to be made anew."""

    async def not_stored(self, arrival: Arrival) -> None:
        """It could not be kept: say so to who sent it."""


class Arrivals:
    """Takes updates; ``under_way`` are the tasks that still work on some."""

    def __init__(self, database: Database, clock: Clock, turns: Takes, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._turns = turns
        self._monotonic = monotonic
        self._waiting: list[Arrival] = []
        self._to_store: list[Arrival] = []
        self._behind: dict[str, deque[Arrival]] = {}
        """By lane of an update that is taken at once: what came after it."""
        self._being_stored: Counter[str] = Counter()
        self._deciding = False
        self._storing = False
        self.under_way: set[asyncio.Task[None]] = set()

    def take(self, arrival: Arrival) -> None:
        if arrival.lane in self._behind:
            self._behind[arrival.lane].append(arrival)
        elif arrival.alone or len(self._waiting) >= MOST_WAITING or self._comes_after(arrival.lane):
            self._store_soon(arrival)
        else:
            self._behind[arrival.lane] = deque()
            self._at_once(arrival)

    def _comes_after(self, lane: str) -> bool:
        """Whether something of the lane is stored already, or about to be."""
        return lane in self._being_stored or self._turns.busy(lane)

    def _at_once(self, arrival: Arrival) -> None:
        self._waiting.append(arrival)
        if not self._deciding:
            self._deciding = True
            self._work(self._decide())

    async def _decide(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                now = self._clock.now()
                deciding = asyncio.create_task(self._database.read(partial(self._each, group, now)))
                self._work(self._commit(group, deciding, now))
                await asyncio.wait({deciding}, timeout=LONG_SECONDS)
        finally:
            self._deciding = False

    def _each(self, group: Sequence[Arrival], now: int, read: Snapshot) -> list[Decided]:
        decided: list[Decided] = []
        for arrival in group:
            try:
                decided.append(self._turns.decided(read, arrival, now))
            except Exception as error:      # told of in its lane
                decided.append(error)
        return decided

    async def _commit(self, group: Sequence[Arrival], deciding: asyncio.Task[list[Decided]], now: int) -> None:
        began = self._monotonic()
        await asyncio.wait({deciding}, timeout=PATIENCE_SECONDS)
        if not deciding.done():
            await asyncio.gather(*(self._instead(arrival, _of(deciding, index)) for index, arrival in enumerate(group)))
            return
        try:
            decided = deciding.result()
            turns = [_with(arrival, each, now) for arrival, each in zip(group, decided, strict=True) if not isinstance(each, Exception)]
            written = iter(await self._database.write_each(turns))
        except Exception as error:
            if not isinstance(error, StorageError):
                log.exception("Updates could not be decided together; each is decided by itself")
            await asyncio.gather(*(self._instead(arrival, None) for arrival in group))
            return
        for index, arrival in enumerate(group):
            outcome = next(written) if not isinstance(decided[index], Exception) else None
            if isinstance(outcome, list):
                arrival.told()
                try:
                    self._turns.done(arrival, outcome[1:], self._monotonic() - began)
                finally:
                    self._over(arrival.lane)
            else:   # a defect keeps its decision; where somebody wrote in between, or the file cannot be written, it is made anew
                self._work(self._instead(arrival, None if outcome is not None else _of(deciding, index)))

    def _over(self, lane: str) -> None:
        """An update was taken at once: what came after it follows."""
        behind = self._behind[lane]
        if behind and not behind[0].alone and not self._comes_after(lane):
            self._at_once(behind.popleft())
        else:
            for arrival in self._behind.pop(lane):
                self._store_soon(arrival)

    async def _instead(self, arrival: Arrival, deciding: Awaitable[Decided] | None) -> None:
        if await self._store([arrival], deciding):
            self._over(arrival.lane)
            return
        for after in self._behind.pop(arrival.lane):    # it must not overtake: the platform brings both again
            after.told(StorageError("what came before it could not be stored"))

    def _store_soon(self, arrival: Arrival) -> None:
        self._to_store.append(arrival)
        self._being_stored[arrival.lane] += 1
        if not self._storing:
            self._storing = True
            self._work(self._store_all())

    async def _store_all(self) -> None:
        self._storing = False
        together, self._to_store = self._to_store, []
        try:
            await self._store(together)
        finally:
            self._being_stored -= Counter(each.lane for each in together)

    async def _store(self, arrivals: Sequence[Arrival], deciding: Awaitable[Decided] | None = None) -> bool:
        """Keep each alone, in their order. Whether all could be."""
        now = self._clock.now()
        outcomes: Sequence[Written]
        try:
            outcomes = await self._database.write_each(
                [(effect(inbox.store, each.channel, each.key, each.payload, now),) for each in arrivals]
            )
        except StorageError as error:
            outcomes = [error for _ in arrivals]
        refused = []
        for arrival, outcome in zip(arrivals, outcomes, strict=True):
            if isinstance(outcome, list):
                arrival.told()
                self._turns.stored(arrival, outcome[0], deciding)
            else:
                refused.append(self._refuse(arrival, outcome if isinstance(outcome, StorageError) else StorageError("a defect")))
        await asyncio.gather(*refused)
        return not refused

    async def _refuse(self, arrival: Arrival, error: StorageError) -> None:
        try:
            await self._turns.not_stored(arrival)
        finally:
            arrival.told(error)

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="arrivals")
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)


def _with(arrival: Arrival, effects: Sequence[Effect], now: int) -> tuple[Effect, ...]:
    return effect(inbox.store_done, arrival.channel, arrival.key, now), *effects


async def _of(deciding: asyncio.Task[list[Decided]], index: int) -> Decided:
    """One of the decisions, once they are made."""
    try:
        return (await asyncio.shield(deciding))[index]
    except StorageError as error:
        return error
