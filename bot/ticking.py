"""What is done again and again, every so many seconds, whatever is done to the machine's clock.

APScheduler keeps when a job runs next as an instant of the wall clock. Set back, that clock would leave the job standing for as long as it
was set back; set forward a year, the scheduler would count through every run that it believes to have missed. So the next run is always
counted from now, and one that does not come in its time, by the monotonic clock of the event loop, is planned anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

log = logging.getLogger(__name__)

LOOKS = 3
"""How often within one interval it is looked whether the run that is due has come."""


class Every(BaseTrigger):  # type: ignore[misc]
    """Next in ``seconds`` from now, however many runs were missed; the first time after ``first`` seconds."""

    def __init__(self, seconds: float, first: float) -> None:
        self._seconds = timedelta(seconds=seconds)
        self._first = timedelta(seconds=first)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now + (self._first if previous_fire_time is None else self._seconds)


class Ticking:
    """Calls ``work`` every so many ``seconds``, never twice at the same time, from `start` until `shutdown`."""

    def __init__(self, zone: ZoneInfo, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._work = work
        self._working = False
        self._began = 0.0
        self._next_look: asyncio.TimerHandle | None = None
        self._scheduler = AsyncIOScheduler(timezone=zone)
        self._job = self._scheduler.add_job(
            self._run, Every(seconds, seconds), coalesce=True, misfire_grace_time=None, max_instances=1
        )

    @property
    def running(self) -> bool:
        return bool(self._scheduler.running)

    def start(self) -> None:
        """The first time in one interval from now."""
        self._began = asyncio.get_running_loop().time()
        self._scheduler.start()
        self._look_later()

    def shutdown(self, wait: bool = True) -> None:
        """Begin no more of it."""
        if self._next_look is not None:
            self._next_look.cancel()
        self._scheduler.shutdown(wait=wait)

    async def _run(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._working = True
        try:
            await self._work()
        finally:
            self._working = False

    def _look_later(self) -> None:
        self._next_look = asyncio.get_running_loop().call_later(self._seconds / LOOKS, self._look)

    def _look(self) -> None:
        """A run that has not come in its time waits for a clock that was set back."""
        overdue = asyncio.get_running_loop().time() - self._began - self._seconds
        if overdue > self._seconds / LOOKS and not self._working:
            log.info("A tick did not come in its time (a clock that was set, a busy machine): it is planned anew")
            self._job.reschedule(Every(self._seconds, 0))
        self._look_later()
