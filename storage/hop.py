"""One hop: a function on a connection's own thread, by what aiosqlite offers to everybody.

aiosqlite runs each statement in a hop of its own, which costs more than a short statement does. It also lets its user choose the class of
the connection, and runs that class's `commit` on its thread: ours does the work that waits.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiosqlite

P = ParamSpec("P")
T = TypeVar("T")


class WorkingConnection(sqlite3.Connection):
    """A connection in autocommit whose `commit` does what waits longest in ``work``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.work: deque[Callable[[], None]] = deque()

    def commit(self) -> None:
        self.work.popleft()()


class Hopping:
    """An open SQLite file with a thread of its own. ``sqlite`` belongs to that thread: use it within `hop`."""

    def __init__(self, opened: aiosqlite.Connection, sqlite: WorkingConnection) -> None:
        self._opened = opened
        self.sqlite = sqlite

    @classmethod
    async def open(cls, address: str | Path, **given: Any) -> Hopping:
        """Raises sqlite3.Error where the file cannot be opened; no thread is left behind then."""
        await asyncio.to_thread(lambda: sqlite3.connect(address, **given).close())
        made: list[WorkingConnection] = []

        def factory(*args: Any, **kwargs: Any) -> WorkingConnection:
            made.append(WorkingConnection(*args, **kwargs))
            return made[0]

        opened = await aiosqlite.connect(address, isolation_level=None, factory=factory, **given)
        return cls(opened, made[0])

    async def hop(self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(connection, …)`` on the thread and return what it returns, or raise what it raises."""
        results: list[T] = []
        self.sqlite.work.append(lambda: results.append(function(self.sqlite, *args, **kwargs)))
        await self._opened.commit()     # asked for in the order in which the work was put there
        return results[0]

    async def close(self) -> None:
        await self._opened.close()
