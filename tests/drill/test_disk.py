"""The disk is full, or somebody else holds the file, in the middle of the load: it says so, loses nothing, and goes on by itself."""

from __future__ import annotations

import contextlib
import sqlite3

from tests.drill import audit
from tests.drill.cluster import seats
from tests.drill.conftest import FULL, SEED, Begin
from tests.drill.drill import Drill
from tests.drill.load import officers
from tests.drill.platform import Delivery

ROOM = 16 * 1024
"""Bytes that the files may still grow before the disk is full."""


def told(drill: Drill) -> list[int]:
    """The chats that were told that nothing can be written, each as often as it was."""
    return [each.chat for each in drill.platform.log if isinstance(each, Delivery) and each.text.startswith(audit.NOT_STORED)]


async def test_the_disk_is_full_for_a_while(begin: Begin) -> None:
    plans = officers(seats(30 if FULL else 8), SEED, 4 if FULL else 2, patient=0)
    async with begin("disk full for a while") as drill:
        living = await drill.start(tick_seconds=0.5)
        drill.speak(plans, pause=0.05)
        await drill.until(lambda: sum(map(drill.answered, plans)) > len(plans), "under way")
        log = drill.database.with_name(drill.database.name + "-wal")
        living.limit_files(max(drill.database.stat().st_size if log.stat().st_size == 0 else 0, log.stat().st_size) + ROOM)
        await drill.until(lambda: len(told(drill)) >= 3 and drill.spoken(), "people told that the disk is full")
        drill.platform.died(audit.unnoted(drill.database))
        living.limit_files(None)
        await drill.finish(living, drill.all_answered(plans))
        drill.note = f"{len(told(drill))} told that nothing can be written"
        drill.account(plans)


def _told_or_nobody_to_tell(drill: Drill, before: int) -> bool:
    """Somebody was told, or nobody is left to tell: all that was said is stored, and what is not decided waits for a tick, its people know.

    They all wait for an answer then: it cannot leave, as what was sent could not be noted, or it cannot be decided before the lock ends.
    """
    now = told(drill)
    if len(now) > before or drill.spoken():
        return True
    return audit.all_stored(drill.database, drill.updates) and audit.undecided(drill.database) <= set(now)


async def test_the_file_is_locked_again_and_again(begin: Begin) -> None:
    """Each time until somebody is told; what one person says keeps its order over the pauses."""
    plans = officers(seats(30 if FULL else 8), SEED, 5 if FULL else 3)
    async with begin("database locked again and again") as drill:
        drill.platform.lag = lambda: drill.rng.uniform(0, 0.1)
        await drill.start(tick_seconds=0.3, busy_timeout_ms=20, hurry=0.05, tell_again=0.0)
        drill.speak(plans, pause=0.2)
        done = drill.all_answered(plans)
        await drill.until(lambda: any(map(drill.answered, plans)), "under way")
        locks = 0
        while not drill.spoken() and locks < (20 if FULL else 5):
            before = len(told(drill))
            with contextlib.closing(sqlite3.connect(drill.database, isolation_level=None, timeout=10)) as other:
                other.execute("BEGIN IMMEDIATE")
                await drill.until(lambda: _told_or_nobody_to_tell(drill, before), "somebody told that the file is locked")     # noqa: B023
                drill.platform.died(audit.unnoted(drill.database))
                other.execute("ROLLBACK")
            locks += 1
            await drill.wait(done, within=drill.rng.uniform(0.05, 0.3))
        await drill.finish(drill.living, done)
        drill.note = f"{locks} locks, {len(told(drill))} told that nothing can be written"
        drill.account(plans)
        assert told(drill)
