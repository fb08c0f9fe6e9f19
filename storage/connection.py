"""Connections: one writer that commits in batches, and read-only snapshots beside it.

All work is done in one hop to a connection's thread. A turn reads in one hop (`Database.read`), on a snapshot that does not move under
it; its effects are written in one hop together with those of every other turn that waits (`Database.write`). aiosqlite offers such a
hop only as its ``_execute``; the version is pinned and `tests/storage/test_connection.py` holds the promise.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, NewType, ParamSpec, TypeVar

import aiosqlite

from storage.errors import Conflict, DatabaseBusy, DatabaseFull, StorageError
from storage.migrations import migrate

log = logging.getLogger(__name__)

Snapshot = NewType("Snapshot", sqlite3.Connection)
"""A connection that only reads, inside one read transaction."""

Transaction = NewType("Transaction", sqlite3.Connection)
"""The writer's connection, inside a savepoint of its own."""

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_MS = 5_000
READERS = 2


@dataclass(frozen=True, slots=True)
class Effect:
    """A typed storage function with its arguments, to be applied in the writer's transaction."""

    function: Callable[..., object]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def apply(self, tx: Transaction) -> object:
        return self.function(tx, *self.args, **self.kwargs)

    def __repr__(self) -> str:
        return f"effect({self.function.__module__}.{self.function.__name__})"


def effect(function: Callable[Concatenate[Transaction, P], object], /, *args: P.args, **kwargs: P.kwargs) -> Effect:
    """What a turn returns instead of writing: ``effect(reports.file, report_id=...)``."""
    return Effect(function, args, kwargs)


@dataclass(slots=True)
class _Waiting:
    effects: Sequence[Effect]
    done: asyncio.Future[list[object]]


class Database:
    """One SQLite file, open: `read` on snapshots, `write` through the batching writer. Use `Database.open`, and `close` it."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, readers: Sequence[aiosqlite.Connection]) -> None:
        self.path = path
        self._writer = writer
        self._readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        for reader in readers:
            self._readers.put_nowait(reader)
        self._reader_count = len(readers)
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._writing = asyncio.create_task(self._write_batches(), name="storage-writer")

    @classmethod
    async def open(cls, path: Path, *, readers: int = READERS) -> Database:
        """Open (and create or migrate) the database at ``path``. Raises StorageError when the file is not usable."""
        opened: list[aiosqlite.Connection] = []
        try:
            writer = await aiosqlite.connect(path, isolation_level=None)
        except sqlite3.Error as error:
            raise _translated(error) from error
        try:
            await _hop(writer, _prepare_writer)
            address = _read_only(path)
            for _ in range(readers):
                reader = await aiosqlite.connect(address, uri=True, isolation_level=None)
                opened.append(reader)
            for reader in opened:
                await _hop(reader, _prepare_reader)
        except (sqlite3.Error, StorageError) as error:
            for connection in (writer, *opened):
                await connection.close()
            raise _translated(error) if isinstance(error, sqlite3.Error) else error from error
        return cls(path, writer, opened)

    @property
    def files(self) -> Path:
        """The content-addressed folder of files beside the database."""
        return self.path.with_name(self.path.name + ".files")

    async def read(self, function: Callable[[Snapshot], T]) -> T:
        """Run ``function`` on one snapshot, in one hop to a reader's thread, and return what it returns."""
        reader = await self._readers.get()
        try:
            return await _hop(reader, _in_snapshot, function)
        except sqlite3.Error as error:
            raise _translated(error) from error
        finally:
            self._readers.put_nowait(reader)

    async def write(self, effects: Sequence[Effect]) -> list[object]:
        """Apply the effects in order and return what each returned, once they are committed (``synchronous=FULL``).

        Raises Conflict when an expectation among them failed (nothing of them is kept: decide again on fresh reads), and
        StorageError when the disk is full, the file locked or damaged (nothing is kept either).
        """
        if self._closing:
            raise StorageError("the database is closing")
        waiting = _Waiting(effects, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._wake.set()
        return await waiting.done

    async def close(self) -> None:
        """Write what waits, then close every connection."""
        self._closing = True
        self._wake.set()
        await self._writing
        for _ in range(self._reader_count):
            reader = await self._readers.get()
            await reader.close()
        await self._writer.close()

    async def _write_batches(self) -> None:
        while not (self._closing and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            if not batch:
                continue
            try:
                outcomes = await _hop(self._writer, _commit, [waiting.effects for waiting in batch])
            except sqlite3.Error as error:
                outcomes = [_translated(error) for _ in batch]
            for waiting, outcome in zip(batch, outcomes, strict=True):
                if waiting.done.cancelled():
                    continue
                if isinstance(outcome, Exception):
                    waiting.done.set_exception(outcome)
                else:
                    waiting.done.set_result(outcome)


def _read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"


async def _hop(
    connection: aiosqlite.Connection, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run the function on the connection's own thread, in one hop: the one place that uses aiosqlite's private door."""
    result: T = await connection._execute(function, connection._conn, *args, **kwargs)  # type: ignore[no-untyped-call]
    return result


def _prepare_writer(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    migrate(connection)
    connection.execute("PRAGMA foreign_keys = ON")


def _prepare_reader(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only = ON")


def _in_snapshot(connection: sqlite3.Connection, function: Callable[[Snapshot], T]) -> T:
    connection.execute("BEGIN")
    try:
        return function(Snapshot(connection))
    finally:
        connection.execute("ROLLBACK")


_Outcome = list[object] | Exception


def _commit(connection: sqlite3.Connection, batch: Sequence[Sequence[Effect]]) -> list[_Outcome]:
    """One transaction for the whole batch, a savepoint for each turn in it; returns results or what went wrong, turn by turn."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        outcomes = [_apply(connection, effects) for effects in batch]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise
    return outcomes


def _apply(connection: sqlite3.Connection, effects: Sequence[Effect]) -> _Outcome:
    connection.execute("SAVEPOINT turn")
    try:
        results = [each.apply(Transaction(connection)) for each in effects]
    except Exception as error:
        if not connection.in_transaction:
            raise  # SQLite itself gave the whole transaction up (disk full, input/output error)
        connection.execute("ROLLBACK TO turn")
        connection.execute("RELEASE turn")
        if not isinstance(error, Conflict):
            log.exception("An effect failed; nothing of its turn is kept")
        return _translated(error) if isinstance(error, sqlite3.Error) else error
    connection.execute("RELEASE turn")
    return results


def _translated(error: sqlite3.Error) -> StorageError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusy(str(error))
    if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return DatabaseFull(str(error))
    return StorageError(str(error))
