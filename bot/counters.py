"""What the running instance counts: plain numbers, so that a turn pays an increment and no more. `bot.metrics` shows them.

Instants here are monotonic seconds; nothing in this file names a person, a unit or a figure.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

Outcome = Literal["done", "failed", "duplicate", "screened", "not_stored", "ignored"]
"""What became of an update. ``screened``: only the fact was kept (it is ``done`` afterwards); ``ignored``: it meant nothing to us."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Spread:
    """A histogram: how many values lie at or below each bound, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Counters:
    """Counts since the start. ``now`` gives monotonic seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.started = now()
        self.updates: Counter[tuple[str, Outcome]] = Counter()
        self.turn_seconds = Spread(SECONDS)
        self.commit_seconds = Spread(SECONDS)
        self.commit_turns = Spread(SIZES)
        self.commits_failed = 0
        self.last_commit_failed = False
        self.ticks_failed = 0
        self.tick_seconds = 0.0
        self.tick_letters = 0
        self.last_tick: float | None = None

    def update(self, channel: str, outcome: Outcome) -> None:
        self.updates[channel, outcome] += 1

    def committed(self, turns: int, seconds: float, failed: bool) -> None:
        """A batch of the writer ended. ``failed``: the file could not be written at all (full, locked, damaged)."""
        self.commit_turns.add(turns)
        self.commit_seconds.add(seconds)
        self.last_commit_failed = failed
        self.commits_failed += failed

    def ticked(self, seconds: float, letters: int) -> None:
        self.last_tick = self.now()
        self.tick_seconds = seconds
        self.tick_letters += letters

    def tick_age(self) -> float:
        """Seconds since the last tick that succeeded; before the first one, since the start."""
        return self.now() - (self.started if self.last_tick is None else self.last_tick)
