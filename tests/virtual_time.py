"""Time that passes when a test has nothing else to do: an event loop whose timers come at once, beside a wall clock that can be set."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, tzinfo
from typing import Any

import pytest


class VirtualTime:
    """``steady`` are the seconds that have passed; ``wall`` (epoch) runs with them from ``start`` and is set by `set_by`."""

    def __init__(self, start: int) -> None:
        self.steady = 0.0
        self._ahead = float(start)

    @property
    def wall(self) -> float:
        return self._ahead + self.steady

    def now(self) -> int:
        return int(self.wall)

    def set_by(self, seconds: float) -> None:
        """Somebody sets the machine's clock."""
        self._ahead += seconds

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it on a loop on which waiting takes no time. Nothing in it may use a thread or the network."""
        with asyncio.Runner(loop_factory=lambda: _Loop(self)) as runner:
            runner.run(work)

    def shown_to_apscheduler(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on the scheduler's wall clock is this one."""
        time = self

        class Shown(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Shown:
                return cls.fromtimestamp(time.wall, tz)

        for module in ("apscheduler.schedulers.base", "apscheduler.executors.base", "apscheduler.triggers.interval"):
            monkeypatch.setattr(f"{module}.datetime", Shown)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, time: VirtualTime) -> None:
        self._virtual = time
        super().__init__(_Selector(time))

    def time(self) -> float:
        return self._virtual.steady


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """What would be waited for has passed."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if not found:
            assert timeout is not None, "nothing is left that could happen"
            self._time.steady += max(timeout, 0)
        return found
