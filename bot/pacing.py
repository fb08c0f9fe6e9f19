"""Even pacing: when the next message may leave, so that the platform never counts more of them than it takes.

A strict platform counts every rolling second (and minute) at the moment in which it receives; what we see is the moment of handing over
and that of the answer. A request whose answer took longer than the quickest lately may have arrived so much later: it is counted from
then. A chat's next message waits for the answer to the one before. All messages together are planned to leave evenly: an answer goes at
once where there is room, and the broadcast after it waits for the answer's place in the plan. While people are asking one place is kept
for the next answer, and one for each that is being decided. Nothing here knows what is sent.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, runtime_checkable

from bot.channels.base import Pace

Lane = Literal["reply", "broadcast"]

FILL = 0.985
"""The part of the permitted rate that broadcasts use when nobody asks: the rest is for what arrives late."""

FILL_ASKED = 0.958
"""The part that answers and broadcasts use together while people are asking."""

MARGIN = 0.004
"""Seconds by which a rolling second of ours is longer than the platform's."""

MOST_LATE = 0.1
"""The longest delay on the way that is believed: a platform may also take long to answer."""

ROUND_TRIPS = 64
FEW_ROUND_TRIPS = 8
"""Before so many are known, nobody can say which was quick."""

CHAT_MARGIN = 0.05
GROUP_MARGIN = 0.5
CATCH_UP = 0.25
"""How far broadcasts may lag behind the even plan and still catch up; the windows hold all the same."""

REMEMBERED = 3.0
"""How long an answer, or an update that will have one, keeps a place free for the next."""

ANSWERED_WITHIN = 1.0
"""How long an update that has come keeps a place free for its own answer: some have none."""

FORGET_CHATS_AFTER = 512


class Pacer:
    """One channel's pace. ``monotonic`` and ``sleep`` are the machine's, or a test's own. With ``pace`` None nothing ever waits."""

    def __init__(
        self,
        pace: Pace | None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.pace = pace
        self._now = monotonic
        self._sleep = sleep
        self._sent: list[float] = []
        self._round_trips: deque[float] = deque(maxlen=ROUND_TRIPS)
        self._unjudged: list[tuple[float, float, float]] = []
        """The first requests: where they stand in ``_sent``, when they left, how long their answers took."""
        self._chats: dict[str, list[deque[float]]] = {}
        self._rests: dict[str, float] = {}
        self._expected: deque[float] = deque()
        """Until when each update that has come, and was not answered yet, keeps its place."""
        self._asked_until = 0.0
        self._asking = 0
        self._planned = 0.0
        self._paused_until = 0.0

    def now(self) -> float:
        """Monotonic seconds."""
        return self._now()

    def wait(self, lane: Lane) -> float:
        """Seconds until a message of the lane may leave, as far as the channel is concerned; 0: now."""
        if self.pace is None:
            return 0.0
        now = self._now()
        if lane == "reply":
            return max(0.0, self._room_at(0) - now)
        reserve = self._reserve(now)
        return max(0.0, self._room_at(reserve) - now, self._planned - now, self._paused_until - now)

    def chat_wait(self, address: str) -> float:
        """Seconds until the chat may be written to; 0: now."""
        at = self._rests.get(address, 0.0)
        if address in self._chats:
            at = max(at, self._chat_at(address))
        return max(0.0, at - self._now()) if at else 0.0

    def rest(self, address: str, seconds: float) -> None:
        """The platform wants this chat to wait: to the fraction of a second, which our clock does not know."""
        if self.pace is not None:
            now = self._now()
            self._rests = {each: until for each, until in self._rests.items() if until > now}
            self._rests[address] = now + seconds + CHAT_MARGIN

    def take(self, lane: Lane, address: str | None = None) -> float:
        """A request leaves now; ``address``: it is a message to this chat. Returns the instant, for `answered`."""
        if self.pace is None:
            return 0.0
        now = self._now()
        insort(self._sent, now)
        del self._sent[: -self.pace.overall]
        if lane == "reply":
            self._asked_until = now + REMEMBERED
            if self._expected:
                self._expected.popleft()
        planned = self._planned if self._planned > now - CATCH_UP else now
        self._planned = planned + 1 / (self.pace.overall * (FILL if self._reserve(now) == 0 else FILL_ASKED))
        if address is not None:
            for stamps in self._chat(address):
                stamps.append(now)
        return now

    def answered(self, left: float, address: str) -> None:
        """The platform has answered the message that left for the chat at ``left``: it was received now at the latest."""
        if self.pace is None:
            return
        now = self._now()
        self._round_trips.append(now - left)
        known = len(self._round_trips) >= FEW_ROUND_TRIPS
        quickest = min(self._round_trips) if known else 0.0
        counted = self._count_from(left, left, now - left - quickest)
        if not known:
            self._unjudged.append((counted, left, now - left))
        elif self._unjudged:
            for stamp, first_left, trip in self._unjudged:
                self._count_from(stamp, first_left, trip - quickest)
            self._unjudged = []
        for each in self._chats.get(address, ()):
            each[-1] = max(each[-1], now - CHAT_MARGIN)

    def _count_from(self, stamp: float, left: float, late: float) -> float:
        """Count the request that stands at ``stamp`` and left at ``left`` from ``late`` seconds after that. Returns where it stands now."""
        counted = left + min(max(late, 0.0), MOST_LATE)
        place = bisect_left(self._sent, stamp)
        if counted != stamp and place < len(self._sent) and self._sent[place] == stamp:
            del self._sent[place]
            insort(self._sent, counted)
        return counted

    async def admit(self, lane: Lane, address: str | None = None) -> float:
        """Wait until a request may leave, and count it. Returns the instant, for `answered`."""
        self._asking += lane == "reply"
        try:
            while (pause := max(self.wait(lane), 0.0 if address is None else self.chat_wait(address))) > 0:
                await self._sleep(pause)
            return self.take(lane, address)
        finally:
            self._asking -= lane == "reply"

    def expect(self) -> None:
        """Somebody has written: an answer will leave in a moment."""
        if self.pace is not None:
            now = self._now()
            self._asked_until = now + REMEMBERED
            self._expected.append(now + ANSWERED_WITHIN)

    def pause(self, seconds: float) -> None:
        """The platform has enough of us altogether: broadcasts wait so long. Answers go on; each chat that is refused waits by itself."""
        self._paused_until = max(self._paused_until, self._now() + seconds)

    # Windows ------------------------------------------------------------------------------------------------------------------

    def _room_at(self, reserve: int) -> float:
        """When a window of a second (and its margin) has room for one more beside ``reserve``."""
        assert self.pace is not None  # noqa: S101 - asked only with a pace
        place = len(self._sent) - max(1, self.pace.overall - reserve)
        return self._sent[place] + 1 + MARGIN if place >= 0 else 0.0

    def _reserve(self, now: float) -> int:
        """How many places are kept for answers: one for each that is about to leave, and while people are asking one for the next.

        A place that is kept and not used is a thirtieth of the rate that nobody has; who finds it taken waits for a thirtieth of a second.
        """
        assert self.pace is not None  # noqa: S101 - asked only with a pace
        while self._expected and self._expected[0] <= now:
            self._expected.popleft()
        coming = max(len(self._expected), self._asking, int(self._asked_until > now))
        return min(coming, self.pace.overall // 2)

    # Chats --------------------------------------------------------------------------------------------------------------------

    def _chat(self, address: str) -> list[deque[float]]:
        """The stamps of the chat's last second and, of a group, of its last minute."""
        assert self.pace is not None  # noqa: S101 - asked only with a pace
        if address not in self._chats:
            if len(self._chats) >= FORGET_CHATS_AFTER:
                self._forget_chats()
            stamps: list[deque[float]] = [deque(maxlen=self.pace.private)]
            if address.startswith(self.pace.group_prefix):
                stamps.append(deque(maxlen=self.pace.group))
            self._chats[address] = stamps
        return self._chats[address]

    def _chat_at(self, address: str) -> float:
        lengths = (1 + CHAT_MARGIN, 60 + GROUP_MARGIN)
        stamps = zip(self._chats[address], lengths, strict=False)
        return max((each[0] + length for each, length in stamps if len(each) == each.maxlen), default=0.0)

    def _forget_chats(self) -> None:
        """Those that have been silent for longer than any window."""
        before = self._now() - 60 - GROUP_MARGIN
        self._chats = {
            address: stamps
            for address, stamps in self._chats.items()
            if stamps[-1][-1] > (before if len(stamps) > 1 else self._now() - 1 - CHAT_MARGIN)
        }


@runtime_checkable
class Paced(Protocol):
    """A channel that makes requests of its own (menus, acknowledged taps) in the pace of its messages."""

    pacer: Pacer
