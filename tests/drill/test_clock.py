"""The machine's clock is set while the bot runs: the tick goes on, everybody is reminded once, and who writes is answered."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from datetime import datetime

import aiohttp
import pytest

from tests.chat import ZONE
from tests.drill import audit
from tests.drill.cluster import seats
from tests.drill.conftest import FULL, Begin
from tests.drill.drill import Drill
from tests.drill.platform import Delivery

REPORT = "Báo cáo tổng kết năm"
DAY = 86_400
BEFORE = int(datetime(2026, 11, 26, 17, 0, tzinfo=ZONE).timestamp())
LOOK = int(datetime(2026, 11, 27, 9, 0, tzinfo=ZONE).timestamp())
"""The report is due on 30/11: on the 27th it is reminded of, three days before."""

JUMPS = {"back ten minutes": -600, "back a day": -DAY, "a day ahead": DAY, "a year ahead": 365 * DAY}
SECONDS = 0.2
OFFICERS = 6


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
async def test_the_clock_is_set_while_the_bot_runs(begin: Begin, jump: int) -> None:
    name = next(each for each, by in JUMPS.items() if by == jump)
    async with begin(f"clock, {name}", reminders=True, webhook=True) as drill:
        chats = _prepare(drill)
        drill.clock.set(BEFORE, 1)
        living = await drill.start(tick_seconds=SECONDS)
        await drill.until(drill.up, "up")
        await _ticks(drill, 5)
        oldest = 0.0
        for by in (jump, -jump) * (3 if FULL else 1):       # set, and put right again
            drill.clock.advance(by)
            oldest = max(oldest, await _ticks(drill, 6))
        drill.clock.set(LOOK, 1)
        await drill.until(lambda: set(_told(drill)) == chats and drill.quiet(), "all reminded")
        for by in (jump, -jump):
            drill.clock.advance(by)
            oldest = max(oldest, await _ticks(drill, 6))
        await drill.until(drill.quiet, "quiet")
        await drill.end(living)
        assert list(audit.problems(drill.database, now=drill.clock.now())) == []
        assert drill.platform.violations == []
        of_the_day = Counter(each.chat for each in drill.platform.log if isinstance(each, Delivery) and "Còn 3 ngày" in each.text)
        assert of_the_day == dict.fromkeys(chats, 1)
        drill.note = f"reminded {len(chats)} once, oldest tick {oldest:.1f} s at one each {SECONDS} s"
        drill.say(len(drill.platform.log), 0)


async def _ticks(drill: Drill, count: int) -> float:
    """Wait for so many ticks, as `/healthz` tells of them: all is well at each look. The greatest age (seconds) of the last one."""
    oldest, before, seen = 0.0, 0.0, 0
    async with aiohttp.ClientSession() as session:
        while seen < count:
            async with session.get(f"http://{drill.web_side}/healthz") as response:
                told = await response.json()
            assert told["ok"], told
            age = float(told["tick_age"])
            seen += age < before
            oldest, before = max(oldest, age), age
            await drill.platform.news(SECONDS / 4)
    return oldest


def _prepare(drill: Drill) -> set[int]:
    """Only these have an account."""
    chosen = seats(OFFICERS)
    marks = ",".join("?" * len(chosen))
    with contextlib.closing(sqlite3.connect(drill.database, isolation_level=None)) as connection:
        connection.execute(f"DELETE FROM accounts WHERE person_id NOT IN ({marks})", [seat.person_id for seat in chosen])      # noqa: S608
    for seat in chosen:
        drill.open_chat(seat)
    return {seat.chat for seat in chosen}


def _told(drill: Drill) -> Counter[int]:
    return Counter(each.chat for each in drill.platform.log if isinstance(each, Delivery) and REPORT in each.text)
