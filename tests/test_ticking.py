"""The tick goes on whatever is done to the machine's clock: APScheduler itself, on a loop where time passes at once."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

import pytest

from bot.counters import Counters
from bot.health import Health
from bot.ticking import Ticking
from tests.chat import ZONE
from tests.conftest import START
from tests.virtual_time import VirtualTime

SECONDS = 15
MINUTE, DAY = 60, 86_400

JUMPS = {"back ten minutes": -10 * MINUTE, "back a day": -DAY, "a day ahead": DAY, "a year ahead": 365 * DAY, "back to 1970": -START}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    clock = VirtualTime(START)
    clock.shown_to_apscheduler(monkeypatch)
    return clock


class Ticks:
    """When (in steady seconds) the work began."""

    def __init__(self, clock: VirtualTime) -> None:
        self.clock = clock
        self.at: list[float] = []
        self.work: Callable[[], float] = lambda: 0.0
        self.working = 0

    async def __call__(self) -> None:
        self.at.append(self.clock.steady)
        self.working += 1
        assert self.working == 1, "two at the same time"
        await asyncio.sleep(self.work())
        self.working -= 1

    @property
    def pauses(self) -> list[float]:
        return [later - earlier for earlier, later in itertools.pairwise([0.0, *self.at, self.clock.steady])]


def play(clock: VirtualTime, ticks: Ticks, *steps: tuple[float, float]) -> None:
    """Let so many seconds pass, and then set the clock by so many, step by step; at last ten minutes more."""

    async def live() -> None:
        ticking = Ticking(ZONE, SECONDS, ticks)
        ticking.start()
        for pass_, jump in steps:
            await asyncio.sleep(pass_)
            clock.set_by(jump)
        await asyncio.sleep(10 * MINUTE)
        ticking.shutdown(wait=False)
        await asyncio.sleep(1)
        assert not ticking.running

    clock.run(live())


def test_a_clock_that_nobody_sets(clock: VirtualTime) -> None:
    ticks = Ticks(clock)
    play(clock, ticks, (0, 0))
    assert len(ticks.at) == 10 * MINUTE / SECONDS
    assert max(ticks.pauses) <= SECONDS + 1.1


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
@pytest.mark.parametrize("moment", [0.0, 7.5, 14.999, 15.0, 15.001])
def test_the_clock_is_set_and_the_tick_goes_on(clock: VirtualTime, jump: int, moment: float) -> None:
    ticks = Ticks(clock)
    play(clock, ticks, (MINUTE + moment, jump))
    assert max(ticks.pauses) <= 2 * SECONDS
    assert len(ticks.at) <= 12 * MINUTE / SECONDS, "it does not make up for what it believes to have missed"


def test_the_clock_is_set_again_and_again(clock: VirtualTime) -> None:
    ticks = Ticks(clock)
    play(clock, ticks, *((pass_, jump) for pass_ in (1, 40, 7, 90) for jump in (*JUMPS.values(), DAY * 365 * 56)))
    assert max(ticks.pauses) <= 2 * SECONDS


def test_a_year_ahead_is_not_counted_through(clock: VirtualTime) -> None:
    """APScheduler would go through two million runs that it believes to have missed, for seconds a year, and answer nobody meanwhile."""
    began = time.process_time()
    play(clock, Ticks(clock), (MINUTE, JUMPS["a year ahead"]), (MINUTE, 10 * JUMPS["a year ahead"]))
    assert time.process_time() - began < 2


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
def test_a_tick_that_takes_long_is_not_begun_twice(clock: VirtualTime, jump: int) -> None:
    ticks = Ticks(clock)
    ticks.work = lambda: 200.0 if len(ticks.at) == 3 else 0.0
    play(clock, ticks, (MINUTE, jump), (5 * MINUTE, -jump))
    assert sum(pause > 2 * SECONDS for pause in ticks.pauses) == 1


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
def test_health_follows_the_steady_clock(clock: VirtualTime, jump: int) -> None:
    counters = Counters(lambda: clock.steady)
    health = Health(counters, ())

    async def live() -> None:
        async def tick() -> None:
            counters.ticked(0.0, 0)

        ticking = Ticking(ZONE, SECONDS, tick)
        ticking.start()
        await asyncio.sleep(100)
        clock.set_by(jump)
        for _ in range(600):
            await asyncio.sleep(1)
            sound, told = health.report()
            assert sound
            assert 0 <= float(str(told["tick_age"])) <= 2 * SECONDS
        ticking.shutdown(wait=False)
        await asyncio.sleep(1)

    clock.run(live())
