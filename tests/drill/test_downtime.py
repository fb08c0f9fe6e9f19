"""Weeks without the bot, played with the clock and over HTTP: one late message each, nothing for what is filed, and no second one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from datetime import datetime

import pytest

from tests.chat import ZONE
from tests.drill import audit
from tests.drill.cluster import Seat, on_zalo, seats
from tests.drill.conftest import FULL, Begin
from tests.drill.drill import Drill
from tests.drill.platform import Delivery

REPORT = "Báo cáo tổng kết năm"
"""Due on 30/11/2026, 17:00."""

OWING, FILED = 12, 4


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


def prepare(drill: Drill) -> tuple[set[int], set[int]]:
    """Two officers in each of sixteen units, some with a third one on Zalo; the last four units have filed. Chats that owe, and all."""
    with contextlib.closing(sqlite3.connect(drill.database, isolation_level=None)) as connection:
        everybody: list[Seat] = [*seats(130), *seats(130, second=True), *on_zalo(4)]
        units = sorted({seat.unit_id for seat in everybody})[-(OWING + FILED) :]
        chosen = [seat for seat in everybody if seat.unit_id in units]
        marks = ",".join("?" * len(chosen))
        people = [seat.person_id for seat in chosen]
        connection.execute(f"DELETE FROM accounts WHERE person_id NOT IN ({marks})", people)      # noqa: S608
        for unit_id in units[OWING:]:
            connection.execute("UPDATE duties SET status = 'done', done_at = 1 WHERE id = ?", (f"E16:{unit_id}",))
    for seat in chosen:
        drill.open_chat(seat)
    return {seat.chat for seat in chosen if seat.unit_id in units[:OWING]}, {seat.chat for seat in chosen}


def heard(drill: Drill, since: int) -> Counter[int]:
    return Counter(each.chat for each in drill.platform.log[since:] if isinstance(each, Delivery))


@pytest.mark.parametrize(
    ("down", "up", "late"),
    [
        ("2026-11-24 09:00", "2026-12-01 09:00", "chậm 1 ngày"),
        *([("2026-11-24 09:00", "2026-12-08 09:00", "chậm"), ("2026-11-30 07:00", "2026-11-30 15:00", "Hôm nay")] if FULL else []),
    ],
)
async def test_after_downtime_there_is_one_true_message(begin: Begin, down: str, up: str, late: str) -> None:
    """It is killed before it goes down, and once more while it tells what was missed."""
    async with begin(f"down from {down} to {up}", reminders=True, zalo="webhook") as drill:
        owing, everybody = prepare(drill)
        drill.clock.set(at(down), 1)
        living = await drill.start(tick_seconds=0.2)
        await drill.until(lambda: _looked(drill) >= at(down), "a look")
        await drill.until(drill.quiet, "quiet")
        await drill.kill(living)
        before = len(drill.platform.log)
        drill.clock.set(at(up), 1)
        living = await drill.start(tick_seconds=0.2)
        await drill.until(lambda: len(heard(drill, before)) >= OWING // 2, "some are told")
        await drill.kill(living)
        living = await drill.start(tick_seconds=0.2)
        await drill.until(lambda: set(heard(drill, before)) >= owing and drill.quiet(), "all are told")
        looked = _looked(drill)
        drill.clock.advance(3_600)
        await drill.until(lambda: _looked(drill) >= looked + 3_600 and drill.quiet(), "a look an hour later")
        await drill.end(living)
        _account(drill, before, owing, everybody, late)


def _looked(drill: Drill) -> int:
    ((last,),) = audit.read(drill.database, "SELECT at FROM ticks WHERE name = 'reminders'")
    return int(str(last))


def _account(drill: Drill, before: int, owing: set[int], everybody: set[int], late: str) -> None:
    """Everybody who owes has one letter of the report that says how it stands; who has filed hears nothing of it; nobody hears it twice."""
    since = [each for each in drill.platform.log[before:] if isinstance(each, Delivery)]
    told = [each for each in since if REPORT in each.text]
    assert {each.chat for each in told} == owing
    assert all(late in each.text for each in told), [each.text for each in told if late not in each.text][:2]
    deaths = [each.unnoted for each in drill.platform.log[before:] if not isinstance(each, Delivery)]
    for chat, times in heard(drill, before).items():
        possible = sum(any(where == chat for where, _ in each) for each in deaths)
        assert chat in everybody
        assert times <= 1 + possible, f"chat {chat} got {times} letters: {[each.text for each in since if each.chat == chat]}"
    assert list(audit.problems(drill.database, now=drill.clock.now())) == []
    assert drill.platform.violations + drill.zalo.violations == []
    drill.say(len(since), len(since) - len({each.chat for each in since}))
