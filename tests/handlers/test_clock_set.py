"""Days of reminders while the clock is set: each planned reminder is told once, none is lost, and what is said is true by the clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from storage import reminders
from storage.connection import effect
from storage.reminders import Nudge
from tests.handlers.small_cluster import ZONE, SmallCluster, at
from tests.handlers.time_world import arrive

BEGIN, END, DUE = at("2026-11-20 09:00"), at("2026-12-02 00:00"), date(2026, 11, 30)
MINUTE, HOUR, DAY = 60, 3_600, 86_400
REPORT = "Báo cáo tổng kết năm"
PLANNED = Counter({"7": 1, "3": 1, "hôm nay": 1, "chậm 1": 1})
"""What is planned of the report due on 30/11, a Monday, at 08:00: seven and three days before (the day before is a Sunday), the day itself,
and the day after."""

MOMENTS = ("2026-11-20 09:40", "2026-11-23 08:04", "2026-11-26 23:55", "2026-11-30 07:58")
JUMPS = {"back ten minutes": -10 * MINUTE, "back a day": -DAY, "a day ahead": DAY, "a year ahead": 365 * DAY}


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


async def live(cluster: SmallCluster, *jumps: tuple[int, int]) -> Counter[str]:
    """Ticks until the clock says `END`, every five minutes for two hours after each jump, else each hour; each letter is delivered at once.
    ``jumps``: after so many seconds the clock is set by so many. What the officer of Lạng Sơn is told of her report."""
    told: Counter[str] = Counter()
    passed = 0
    while (wall := BEGIN + passed + sum(by for when, by in jumps if when <= passed)) < END or passed < max(jumps, default=(0, 0))[0]:
        letters = await cluster.tick_at(wall)
        for text in letters.get("lan", ()):
            told.update(_said(text, wall))
        if letters:
            await arrive(cluster)
        near = any(when - 5 * MINUTE <= passed < when + 2 * HOUR for when, _ in jumps)
        passed += 5 * MINUTE if near else HOUR
    return told


def _said(text: str, wall: int) -> list[str]:
    """What the letter says of the report; it must be true on that day."""
    said = []
    today = datetime.fromtimestamp(wall, ZONE).date()
    for line in [each for each in text.splitlines() if REPORT in each]:
        if found := re.search(r"Còn (\d+) ngày", line):
            assert DUE - today == timedelta(days=int(found[1]))
            said.append(found[1])
        elif "Hôm nay là hạn" in line:
            assert today == DUE
            said.append("hôm nay")
        elif found := re.search(r"chậm (\d+) ngày", line):
            assert today - DUE == timedelta(days=int(found[1]))
            said.append(f"chậm {found[1]}")
    assert len(said) <= 1
    return said


async def test_nobody_sets_the_clock(cluster: SmallCluster) -> None:
    assert await live(cluster) == PLANNED


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("jump", [-10 * MINUTE, -DAY], ids=["ten minutes", "a day"])
async def test_a_clock_that_was_set_back_costs_no_reminder(cluster: SmallCluster, moment: str, jump: int) -> None:
    """It goes on from there: a stretch of time is lived twice, and what was told the first time is not told again."""
    assert await live(cluster, (at(moment) - BEGIN, jump)) == PLANNED


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_day_that_the_clock_leaves_out_is_made_up_for(cluster: SmallCluster, moment: str) -> None:
    """As after a day without the program: nothing twice, and what is still to be told is told."""
    told = await live(cluster, (at(moment) - BEGIN, DAY))
    assert max(told.values()) == 1
    left_out = {"2026-11-26 23:55": "3", "2026-11-30 07:58": "hôm nay"}.get(moment)
    assert set(PLANNED) - set(told) <= {left_out}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
async def test_a_clock_that_is_wrong_for_a_while_costs_no_reminder(cluster: SmallCluster, moment: str, jump: int) -> None:
    """For nine minutes. A reminder of a wrong day is told on that day's word; it is the only time that it is told."""
    wrong = at(moment) - BEGIN
    assert await live(cluster, (wrong, jump), (wrong + 9 * MINUTE, -jump)) == PLANNED


async def test_days_that_only_a_wrong_clock_has_seen_can_be_nudged_on(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-24 09:00")
    for day in ("2026-11-23", "2026-11-24"):
        await cluster.write(effect(reminders.save_nudge, Nudge("E16", day, "ha", BEGIN, 3)))
    await cluster.tick("2026-11-23 09:00")
    nudged = await cluster.database.read(lambda read: [reminders.nudge(read, "E16", f"2026-11-{day}") is not None for day in (23, 24)])
    assert nudged == [True, False]
