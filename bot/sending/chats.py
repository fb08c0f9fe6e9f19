"""Which chats may be written to now: not the busy ones, not those that are held, not those written to within the last second."""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush

from bot.pacing import Pacer


class Chats:
    """One channel's addresses. Holds end at an epoch; the rest after a message ends at a monotonic instant."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._busy: Counter[str] = Counter()
        self._held: dict[str, tuple[int, bool]] = {}
        self._ends: list[tuple[int, str]] = []
        self._resting: list[tuple[float, str]] = []

    def free(self, address: str, now: int) -> bool:
        """Whether a letter may go there now. A chat that rests is named by `release` once it does not."""
        if address in self._busy or self._held.get(address, (0, False))[0] > now:
            return False
        rest = self._pacer.chat_wait(address)
        if rest > 0:
            heappush(self._resting, (self._pacer.now() + rest, address))
        return rest <= 0

    def occupy(self, address: str) -> None:
        """Nothing else goes there until as many have left as have come."""
        self._busy[address] += 1

    def leave(self, address: str) -> None:
        self._busy[address] -= 1
        if not self._busy[address]:
            del self._busy[address]

    def hold(self, address: str, until: int, *, silent: bool) -> None:
        """Nothing goes there before ``until``; a ``silent`` hold ends as soon as the platform answers again."""
        self._held[address] = (until, silent)
        heappush(self._ends, (until, address))

    def release(self, now: int) -> list[str]:
        """Chats whose hold or rest is over."""
        over = []
        while self._ends and self._ends[0][0] <= now:
            _, address = heappop(self._ends)
            if self._held.get(address, (now + 1, False))[0] <= now:
                del self._held[address]
                over.append(address)
        while self._resting and self._resting[0][0] <= self._pacer.now():
            over.append(heappop(self._resting)[1])
        return over

    def release_silent(self) -> list[str]:
        """Chats that were held because there was no answer."""
        over = [address for address, (_, silent) in self._held.items() if silent]
        for address in over:
            del self._held[address]
        return over

    def rest(self) -> float | None:
        """Seconds until the next chat has rested; None: none rests."""
        return max(0.0, self._resting[0][0] - self._pacer.now()) if self._resting else None

    def clock_went_back(self, seconds: int) -> None:
        """A hold of a minute still takes a minute."""
        self._held = {address: (until - seconds, silent) for address, (until, silent) in self._held.items()}
        self._ends = sorted((until, address) for address, (until, _) in self._held.items())
