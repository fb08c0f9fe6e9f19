"""A channel's share-out: counts what its platform takes of the monthly budget, and says which letters must wait for room.

Replies are never asked about. How much is left is read each time; what is planned is looked up again after a while.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.channels.base import Channel
from bot.clock import Clock
from handlers.rules.deadline import local_day
from handlers.rules.quota import NICETY, Budget
from handlers.schedule.quota_forecast import month, month_ends, planned
from storage import outbox, quota
from storage.connection import Database, Effect, Snapshot, effect
from storage.outbox import Letter

LOOK_SECONDS = 300
"""For how long what is planned is taken to be so."""

HOLD_SECONDS = 3_600
"""When a letter that is held is asked about again, unless the month turns before."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """Letters that must wait here, those that went to another channel of their person, and the channels that were given some."""

    held: frozenset[int] = frozenset()
    moved: frozenset[int] = frozenset()
    channels: frozenset[str] = frozenset()


def budget_of(channel: Channel) -> Budget | None:
    """The channel's monthly budget, if its platform sets one."""
    can = channel.capabilities
    return None if can.quota is None else Budget(channel.name, can.quota.messages, can.quota.users, can.max_chars)


def rations(channels: Sequence[Channel], clock: Clock, zone: ZoneInfo) -> dict[str, Ration]:
    """Of the channels that have a budget; what finds no room goes to those that have none."""
    elsewhere = [each.name for each in channels if each.capabilities.quota is None]
    return {each.name: Ration(budget, clock, zone, elsewhere) for each in channels if (budget := budget_of(each)) is not None}


class Ration:
    """One channel's. ``elsewhere``: channels that run and have no budget, where what has no room here may go."""

    def __init__(self, budget: Budget, clock: Clock, zone: ZoneInfo, elsewhere: Collection[str] = ()) -> None:
        self.budget = budget
        self._clock = clock
        self._zone = zone
        self._elsewhere = tuple(elsewhere)
        self._planned: Mapping[int, int] = {}
        self._looked = (0, "")
        self._beside: Counter[str] = Counter()

    def beside(self, address: str) -> None:
        """A message went out that no letter tells of (the file could not be written): it is counted with the next one."""
        self._beside[address] += 1

    def count(self, letter: Letter, messages: int, *, taken: bool = True) -> list[Effect]:
        """What is written when ``messages`` of the letter were taken, or (``taken`` false) may have been."""
        if messages <= 0:
            return []
        counted = [self._count(letter.address, letter.lane, messages, taken)]
        while self._beside:
            address, more = self._beside.popitem()
            counted.append(self._count(address, "reply", more, taken))
        return counted

    def _count(self, address: str, lane: str, messages: int, taken: bool) -> Effect:
        day = local_day(self._clock.now(), self._zone).isoformat()
        return effect(quota.count, self.budget.channel, address, lane, day, messages, taken=taken)

    def refused(self) -> Effect:
        """What is written when the platform says that nothing is left."""
        now = self._clock.now()
        return effect(quota.note_refused, self.budget.channel, quota.month_of(local_day(now, self._zone)), now)

    def turns_at(self) -> int:
        """When (epoch) the month turns."""
        return month_ends(self._clock.now(), self._zone)

    def look_again_at(self) -> int:
        """When (epoch) what found no room is asked about again: after a while, or as soon as the month turns."""
        return min(self._clock.now() + HOLD_SECONDS, self.turns_at())

    async def sift(self, database: Database, letters: Collection[int], taken: Collection[int], leaving: Collection[int]) -> Sifted:
        """Which of the ``letters`` must not leave now. ``taken``: all that are in hand, with these; ``leaving``: those that leave first.

        What must not leave goes to another channel of its person, where there is one. Raises StorageError.
        """
        now = self._clock.now()
        held = await database.read(lambda read: self._held(read, letters, taken, leaving, now))
        if not held:
            return Sifted()
        (found,) = await database.write((effect(outbox.make_room, self.budget.channel, sorted(held), now, self._elsewhere),))
        moved, channels = found if isinstance(found, tuple) else ((), ())
        return Sifted(held - set(moved), frozenset(moved), frozenset(channels))

    def _held(self, read: Snapshot, letters: Collection[int], taken: Collection[int], leaving: Collection[int], now: int) -> frozenset[int]:
        day = local_day(now, self._zone).isoformat()
        at, looked_on = self._looked
        if looked_on != day or not at <= now < at + LOOK_SECONDS:
            self._planned, self._looked = planned(read, self.budget, now, self._zone), (now, day)
        stands = month(read, self.budget, now, self._zone, self._planned)
        waiting, weights = quota.waiting(read, self.budget.channel, taken), quota.classes(read, letters)
        before, held = quota.not_counted(read, leaving), set()
        for letter in sorted(letters, key=lambda each: (weights.get(each, NICETY), each)):
            if stands.room(weights.get(letter, NICETY), waiting, before) > 0:
                before += 1
            else:
                held.add(letter)
        return frozenset(held)
