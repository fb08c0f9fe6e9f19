"""The one clock: everything that asks what time it is asks here, so that tests and the demo can move it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """The instant, in whole UTC epoch seconds."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return int(time.time())


class MovableClock:
    """A clock that stands still until it is moved; ``running`` adds the time that really passes (the demo's)."""

    def __init__(self, start: int, *, running: bool = False) -> None:
        self._at = start
        self._running_since = time.monotonic() if running else None

    def now(self) -> int:
        passed = 0 if self._running_since is None else int(time.monotonic() - self._running_since)
        return self._at + passed

    def advance(self, seconds: int) -> None:
        self._at += seconds

    def move_to(self, epoch: int) -> None:
        self._at += epoch - self.now()
