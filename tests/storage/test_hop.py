"""One hop: work is done on the connection's thread, in order, and what it raises reaches who asked for it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from storage.hop import Hopping


async def test_work_is_done_on_one_thread_of_its_own_in_the_order_it_was_asked_for(tmp_path: Path) -> None:
    connection = await Hopping.open(tmp_path / "a.sqlite3")
    done: list[int] = []

    def work(sqlite: sqlite3.Connection, number: int) -> int:
        assert sqlite is connection.sqlite
        done.append(number)
        return threading.get_ident()

    threads = await asyncio.gather(*(connection.hop(work, number) for number in range(100)))
    await connection.close()
    assert done == list(range(100))
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


async def test_what_it_raises_is_raised_and_the_next_work_is_not_touched(tmp_path: Path) -> None:
    connection = await Hopping.open(tmp_path / "a.sqlite3")
    failing = connection.hop(lambda sqlite: sqlite.execute("SELECT nothing FROM nowhere").fetchall())
    following = connection.hop(lambda sqlite: sqlite.execute("SELECT 7").fetchone()[0])
    failed, seven = await asyncio.gather(failing, following, return_exceptions=True)
    await connection.close()
    assert isinstance(failed, sqlite3.OperationalError)
    assert seven == 7


async def test_who_stops_waiting_does_not_get_the_next_ones_answer(tmp_path: Path) -> None:
    connection = await Hopping.open(tmp_path / "a.sqlite3")
    begun, go_on = threading.Event(), threading.Event()

    def slow(sqlite: sqlite3.Connection) -> str:
        begun.set()
        go_on.wait()
        return "slow"

    waiting = asyncio.create_task(connection.hop(slow))
    await asyncio.to_thread(begun.wait)
    behind = asyncio.create_task(connection.hop(lambda sqlite: "given up"))
    last = asyncio.create_task(connection.hop(lambda sqlite: "last"))
    await asyncio.sleep(0)
    behind.cancel()
    go_on.set()
    assert (await waiting, await last) == ("slow", "last")
    with pytest.raises(asyncio.CancelledError):
        await behind
    await connection.close()


async def test_a_file_that_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(sqlite3.OperationalError):
        await Hopping.open(tmp_path / "nowhere" / "a.sqlite3")
    assert [thread for thread in threading.enumerate() if "_connection_worker" in thread.name] == []
    assert threading.active_count() <= before + 1    # the pool's own may stay
