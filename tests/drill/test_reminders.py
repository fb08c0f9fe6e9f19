"""Reminders that fall due while the process is being killed: every entitled officer hears each one, twice only in the window."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime

import pytest

from tests.chat import ZONE
from tests.drill import audit
from tests.drill.cluster import seats
from tests.drill.conftest import FULL, SEED, Begin
from tests.drill.drill import Drill
from tests.drill.platform import Delivery

LOOKS = tuple(int(datetime(2026, 11, day, 9, 0, tzinfo=ZONE).timestamp()) for day in (27, 30))
"""The year's report is due on 30/11: reminders go out three days before and on the day."""

REPORT = "Báo cáo tổng kết năm"
ENTITLED = 8
FILED = 2


def prepare(drill: Drill) -> list[int]:
    """The first units want reminders, the last of them have filed already; who is entitled, by chat."""
    chosen = [*seats(ENTITLED + FILED), *seats(ENTITLED + FILED, second=True)]
    connection = sqlite3.connect(drill.database, isolation_level=None)
    try:
        marks = ",".join("?" * len(chosen))
        connection.execute(f"UPDATE people SET reminders = 0 WHERE id NOT IN ({marks})", [seat.person_id for seat in chosen])   # noqa: S608
        for seat in seats(ENTITLED + FILED)[ENTITLED:]:
            connection.execute("UPDATE duties SET status = 'done', done_at = 1 WHERE id = ?", (f"E16:{seat.unit_id}",))
    finally:
        connection.close()
    for seat in chosen:
        drill.platform.open_chat(seat.chat)
    filed = {seat.unit_id for seat in seats(ENTITLED + FILED)[ENTITLED:]}
    return [seat.chat for seat in chosen if seat.unit_id not in filed]


def heard(drill: Drill) -> Counter[int]:
    """How often each chat was told of the report."""
    return Counter(each.chat for each in drill.platform.log if isinstance(each, Delivery) and REPORT in each.text)


def account(drill: Drill, entitled: list[int], reminders: int) -> None:
    """Each of them queued once, delivered at least once, and told twice only of what a death found unnoted."""
    letters = audit.read(drill.database, "SELECT address, key, state FROM outbox WHERE channel = 'telegram'")
    assert Counter(int(str(address)) for address, _, _ in letters) == dict.fromkeys(entitled, reminders)
    assert len({key for _, key, _ in letters}) == len(letters)
    assert {state for _, _, state in letters} == {"sent"}
    told = heard(drill)
    assert set(told) == set(entitled)
    deaths = [each.unnoted for each in drill.platform.log if not isinstance(each, Delivery)]
    for chat, times in told.items():
        possible = sum(any(where == chat for where, _ in each) for each in deaths)
        assert reminders <= times <= reminders + possible, f"chat {chat} was reminded {times} times, with {possible} deaths in the window"
    drill.updates = 0
    drill.note = f"reminders {reminders} to each of {len(entitled)}"
    drill.say(sum(told.values()), sum(told.values()) - reminders * len(entitled))


async def test_a_tick_is_killed_at_one_commit_after_the_other(begin: Begin) -> None:
    async with begin("reminders, killed at the 1st, 2nd, 3rd … commit", reminders=True) as drill:
        entitled = prepare(drill)
        for look in LOOKS:
            drill.clock.set(look, 1)
            before = sum(heard(drill).values())
            for number in range(1, 30 if FULL else 4):
                living = await drill.start(die_at=number, die=drill.rng.choice(("before", "after")), tick_seconds=0.2)
                told_all = lambda: sum(heard(drill).values()) >= before + len(entitled) and drill.quiet()        # noqa: E731, B023
                if not await drill.until_dead_or(living, told_all):
                    await drill.kill(living)
                    break
            living = await drill.start(tick_seconds=0.2)
            await drill.until(lambda: set(_told_since(drill, before)) == set(entitled) and drill.quiet(), "all reminded")     # noqa: B023
            await drill.end(living)
        account(drill, entitled, len(LOOKS))


def _told_since(drill: Drill, before: int) -> list[int]:
    told = [each.chat for each in drill.platform.log if isinstance(each, Delivery) and REPORT in each.text]
    return told[before:]


@pytest.mark.skipif(not FULL, reason="make drill")
@pytest.mark.parametrize("die", ["before", "after"])
async def test_a_tick_is_killed_at_every_commit(begin: Begin, die: str) -> None:
    kills = 0
    for number in range(1, 200):
        async with begin(f"reminders, kill {die} commit {number}", silent=True, reminders=True) as drill:
            entitled = prepare(drill)
            drill.clock.set(LOOKS[0], 1)
            done = lambda: set(heard(drill)) == set(entitled) and drill.quiet()       # noqa: E731, B023
            living = await drill.start(die_at=number, die=die, tick_seconds=0.2)
            died = await drill.until_dead_or(living, done)
            if died:
                living = await drill.start(tick_seconds=0.2)
                await drill.until(done, "all reminded")
                await drill.end(living)
            else:
                await drill.kill(living)        # its commit may yet come
            account(drill, entitled, 1)
        kills += died
        if not died or number > 3 * len(entitled):        # ticks go on for ever; by then every letter of this one has left
            break
    else:
        pytest.fail("the tick never came to its end")
    print(f"drill reminders, kill {die} every commit: seed {SEED}, kills {kills}, one a tick")      # noqa: T201
    assert kills >= 5, "a tick and its letters have more commits than this"
