"""Killed with SIGKILL under load: at random instants, before and after every commit, amid a burst and amid two hundred a second."""

from __future__ import annotations

import time
from typing import Literal

import pytest

from tests.drill.cluster import UNITS, seats
from tests.drill.conftest import FULL, SEED, Begin
from tests.drill.drill import OFFICERS_PATIENCE
from tests.drill.load import officers

MOST_COMMITS = 400
RATE = 200
"""Messages a second."""


async def test_killed_at_random_instants(begin: Begin) -> None:
    plans = officers(seats(60 if FULL else 16), SEED, 6 if FULL else 2)
    async with begin("kills at random instants") as drill:
        drill.platform.lag = lambda: drill.rng.uniform(0, 0.05)
        drill.speak(plans)
        await drill.lives(80 if FULL else 6, drill.all_answered(plans), longest=0.8 if FULL else 0.3)
        drill.account(plans)


async def test_killed_before_and_after_commits_of_choice(begin: Begin) -> None:
    """One load; every process dies before or after one of its first commits (those of a start among them)."""
    plans = officers(seats(16 if FULL else 8), SEED, 4 if FULL else 2)
    async with begin("kills before or after commits of choice") as drill:
        drill.speak(plans, pause=0.3)
        done = drill.all_answered(plans)
        for _ in range(60 if FULL else 10):
            living = await drill.start(die_at=drill.rng.randrange(1, 11), die=drill.rng.choice(("before", "after")))
            if not await drill.until_dead_or(living, lambda: done() and drill.quiet()):
                break
        else:
            living = await drill.start()
        await drill.finish(living, done)
        drill.account(plans)


@pytest.mark.skipif(not FULL, reason="make drill")
@pytest.mark.parametrize("die", ["before", "after"])
async def test_killed_at_every_commit_of_a_load(begin: Begin, die: Literal["before", "after"]) -> None:
    """The same load again and again; each time the first process dies a commit later, until there is none left to die at."""
    kills = doubles = 0
    for number in range(1, MOST_COMMITS):
        plans = officers(seats(2), SEED, 2)
        async with begin(f"kill {die} commit {number}", silent=True) as drill:
            drill.speak(plans, pause=0)
            done = drill.all_answered(plans)
            living = await drill.start(die_at=number, die=die)
            died = await drill.until_dead_or(living, lambda: done() and drill.quiet())        # noqa: B023
            if died:
                living = await drill.start()
            await drill.finish(living, done)
            doubles += drill.account(plans)
        if not died:
            break
        kills += 1
    else:
        pytest.fail("the load never came to its end")
    print(f"drill kill {die} every commit: seed {SEED}, kills {kills}, one a load, doubles {doubles}")      # noqa: T201
    assert kills > 20, "a load of two officers has more commits than this"


async def test_killed_under_a_burst(begin: Begin) -> None:
    """Everybody sends at once, and nobody waits: the platform hands out batches of a hundred."""
    plans = officers(seats(UNITS if FULL else 40), SEED, 4 if FULL else 1, patient=0)
    async with begin("kills under a burst") as drill:
        drill.platform.lag = lambda: drill.rng.uniform(0, 0.02)
        drill.speak(plans, pause=0.02)
        began = time.monotonic()
        await drill.until(drill.spoken, "everything said")
        offered = drill.updates / (time.monotonic() - began)
        drill.note = f"{offered:.0f} updates/s offered"
        await drill.lives(20 if FULL else 3, drill.all_answered(plans), longest=1.2 if FULL else 0.4)
        drill.account(plans)


async def test_killed_in_the_middle_of_two_hundred_a_second(begin: Begin) -> None:
    """Two hundred messages of reporting arrive each second, whatever the bot does; it is killed twice amid them and catches up."""
    plans = officers(seats(UNITS if FULL else 30), SEED, 6 if FULL else 1, patient=0)
    steps = sum(len(officer.steps) for officer in plans)
    async with begin("kills amid 200 a second") as drill:
        began = time.monotonic()
        drill.speak_evenly(plans, RATE)
        for third in (1, 2):
            living = await drill.start()
            await drill.until(lambda: drill.updates >= steps * third // 3 and len(drill.platform.log) > 0, "a third said")     # noqa: B023
            await drill.kill(living)
        living, done = await drill.start(), drill.all_answered(plans)
        await drill.until(done, "everything answered", OFFICERS_PATIENCE)
        took = time.monotonic() - began
        await drill.finish(living, done)
        filed = sum(each.revisions for officer in plans for each in officer.filed)
        drill.note = (
            f"{steps} messages in {steps / RATE:.0f} s, all answered after {took:.0f} s ({steps / took:.0f}/s,"
            f" {filed / took:.0f} reports and corrections filed a second)"
        )
        drill.account(plans)


async def test_killed_while_updates_are_posted_to_the_webhook(begin: Begin) -> None:
    """200 only after the commit: until then the platform posts an update again, also when our answer did not reach it."""
    plans = officers(seats(40 if FULL else 12), SEED, 5 if FULL else 2)
    async with begin("kills with a webhook", webhook=True) as drill:
        drill.platform.lag = lambda: drill.rng.uniform(0, 0.03)
        drill.platform.gives_up = lambda: drill.rng.random() < 0.1
        drill.speak(plans)
        await drill.lives(40 if FULL else 4, drill.all_answered(plans), longest=0.8 if FULL else 0.3)
        drill.note = f"posted {drill.platform.posted} times"
        drill.account(plans)
