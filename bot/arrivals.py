"""What has just come in: all that came together is decided on one snapshot, and each update is stored with what it changes, in one commit.

Nothing is acknowledged before that commit, so a kill in between loses nothing: the platform brings the update again. Where many wait,
they are stored first and decided group by group. What cannot go this way (somebody wrote in between, a defect, a slow handler, a platform
that never repeats itself) is stored alone and decided in its lane.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, takewhile
from typing import Any, Protocol

from bot import understood
from bot.channels.base import Inbound
from bot.clock import Clock
from storage import inbox
from storage.connection import Database, Effect, Snapshot, Written, effect
from storage.errors import StorageError

log = logging.getLogger(__name__)

MOST_TOGETHER = 12
"""Enough that a hop and a commit cost each of them little, few enough that the first is not kept waiting by the last."""

MOST_AT_ONCE = 12
"""Where more wait, all are stored before they are decided: then their platform need not wait for the decisions."""

LONG_SECONDS = 0.05
"""After this the next ones are decided beside these."""

PATIENCE_SECONDS = 0.25
"""A decision that takes longer is not waited for: its update is stored, so that it can be acknowledged."""

Decided = tuple[Effect, ...] | Exception


@dataclass(slots=True, eq=False)
class Arrival:
    """An update that has come, as it may be kept, and who waits until it is committed.

    ``alone``: it is to be stored before anything else happens with it. Updates of one ``lane`` keep their order.
    """

    channel: str
    key: str
    inbound: Inbound
    lane: str
    alone: bool
    committed: asyncio.Future[None]
    account: str = ""
    keeping: asyncio.Task[None] | None = None
    number: object = None
    refused: StorageError | None = None
    """Where it is stored before it is decided: the task that does so, and what came of it (no number: it had come before)."""

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
        elif arrival.alone or self._comes_after(arrival.lane):
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
                if len(self._waiting) > MOST_AT_ONCE:
                    self._keep_waiting()
                group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                now = self._clock.now()
                deciding = asyncio.create_task(self._database.read(partial(self._each, group, now)))
                self._work(self._commit(group, deciding, now))
                await asyncio.wait({deciding}, timeout=LONG_SECONDS)
        finally:
            self._deciding = False

    def _keep_waiting(self) -> None:
        """Store what waits; of one lane in its order, so what waits behind an update that is stored goes with it."""
        lanes = ((arrival, *takewhile(lambda behind: not behind.alone, self._behind[arrival.lane])) for arrival in self._waiting)
        self._keep_soon(chain.from_iterable(lanes))

    def _keep_soon(self, arrivals: Iterable[Arrival]) -> None:
        """Store those that are not stored yet, each alone, in their order and in one commit."""
        unkept = [arrival for arrival in arrivals if arrival.keeping is None]
        if unkept:
            keeping = self._work(self._keep(unkept))
            for arrival in unkept:
                arrival.keeping = keeping

    async def _keep(self, arrivals: Sequence[Arrival]) -> None:
        now = self._clock.now()
        turns = [
            (effect(inbox.store, each.channel, each.key, understood.write(each.inbound), now, each.account),) for each in arrivals
        ]
        outcomes: Sequence[Written]
        try:
            outcomes = await self._database.write_each(turns)
        except Exception as error:
            outcomes = [error for _ in arrivals]
        for arrival, outcome in zip(arrivals, outcomes, strict=True):
            if isinstance(outcome, list):
                arrival.number = outcome[0]
                arrival.told()
            else:
                arrival.refused = outcome if isinstance(outcome, StorageError) else StorageError("a defect")

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
        await self._kept(group)
        if not deciding.done():
            await asyncio.gather(*(self._instead(arrival, _Made(deciding, index)) for index, arrival in enumerate(group)))
            return
        try:
            decided = deciding.result()
            good = [index for index, arrival in enumerate(group) if not isinstance(decided[index], Exception) and _goes_on(arrival)]
            written = await self._database.write_each([_with(group[index], decided[index], now) for index in good])
        except Exception as error:
            if not isinstance(error, StorageError):
                log.exception("Updates could not be decided together; each is decided by itself")
            await asyncio.gather(*(self._instead(arrival, None) for arrival in group))
            return
        outcomes = dict(zip(good, written, strict=True))
        for index, arrival in enumerate(group):
            outcome = outcomes.get(index)
            if isinstance(outcome, list):
                arrival.told()
                try:
                    self._turns.done(arrival, outcome[1:], self._monotonic() - began)
                finally:
                    self._over(arrival.lane)
            else:   # a defect keeps its decision; where somebody wrote in between, or the file cannot be written, it is made anew
                self._work(self._instead(arrival, None if outcome is not None else _Made(deciding, index)))

    def _over(self, lane: str) -> None:
        """An update was taken at once: what came after it follows."""
        behind = self._behind[lane]
        if behind and not behind[0].alone and not self._comes_after(lane):
            self._at_once(behind.popleft())
        else:
            for arrival in self._behind.pop(lane):
                self._store_soon(arrival)

    async def _instead(self, arrival: Arrival, deciding: Awaitable[Decided] | None) -> None:
        """It is stored alone, if it is not yet, and decided in its lane."""
        self._keep_soon([arrival])
        await self._kept([arrival])
        if arrival.refused is None:
            self._turns.stored(arrival, arrival.number, deciding)
            self._over(arrival.lane)
            return
        behind = self._behind.pop(arrival.lane)
        await self._refuse(arrival)
        for after in behind:
            if after.keeping is not None:
                self._store_soon(after)
            else:   # it must not overtake: the platform brings both again
                after.told(StorageError("what came before it could not be stored"))

    def _store_soon(self, arrival: Arrival) -> None:
        self._to_store.append(arrival)
        self._being_stored[arrival.lane] += 1
        if not self._storing:
            self._storing = True
            self._work(self._store())

    async def _store(self) -> None:
        """One commit after the other, so that all are lined up in the order in which they came."""
        try:
            while self._to_store:
                together, self._to_store = self._to_store, []
                self._keep_soon(together)
                await self._kept(together)
                for arrival in together:
                    if arrival.refused is None:
                        self._turns.stored(arrival, arrival.number, None)
                    else:
                        self._work(self._refuse(arrival))
                self._being_stored -= Counter(each.lane for each in together)
        finally:
            self._storing = False

    async def _kept(self, arrivals: Iterable[Arrival]) -> None:
        keeping = {arrival.keeping for arrival in arrivals if arrival.keeping is not None}
        if keeping:
            await asyncio.wait(keeping)

    async def _refuse(self, arrival: Arrival) -> None:
        try:
            await self._turns.not_stored(arrival)
        finally:
            arrival.told(arrival.refused)

    def _work(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="arrivals")
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task


def _goes_on(arrival: Arrival) -> bool:
    """Not where it was to be stored before it is decided, and had come before, or could not be."""
    return arrival.keeping is None or isinstance(arrival.number, int)


def _with(arrival: Arrival, decided: Decided, now: int) -> tuple[Effect, ...]:
    effects = decided if isinstance(decided, tuple) else ()
    if isinstance(arrival.number, int):
        return effect(inbox.finish, arrival.number, now), *effects
    return effect(inbox.store_done, arrival.channel, arrival.key, now, arrival.account), *effects


class _Made:
    """One of the decisions under way, to be awaited or not."""

    def __init__(self, deciding: asyncio.Task[list[Decided]], index: int) -> None:
        self._deciding = deciding
        self._index = index

    def __await__(self) -> Generator[Any, None, Decided]:
        try:
            decided = yield from asyncio.shield(self._deciding).__await__()
        except StorageError as error:
            return error
        return decided[self._index]
