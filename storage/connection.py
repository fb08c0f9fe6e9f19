"""Connections: one writer that commits in batches, and read-only snapshots beside it.

All work is done in one hop to a connection's thread. A turn reads in one hop (`Database.read`), on a snapshot that does not move under
it; its effects are written in one hop together with those of every other turn that waits (`Database.write`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Concatenate, NewType, ParamSpec, TypeVar, cast

from storage.database_file import emptied, files_folder, look_through, translated
from storage.errors import Conflict, DatabaseBusy, DatabaseDamaged, DatabaseFull, StorageError
from storage.hop import Hopping
from storage.memory import begin, detach, end
from storage.opening import fold, prepare_reader, prepare_writer, read_only

log = logging.getLogger(__name__)

Snapshot = NewType("Snapshot", sqlite3.Connection)
"""A connection that only reads, inside one read transaction."""

Transaction = NewType("Transaction", sqlite3.Connection)
"""The writer's connection, inside a transaction in which no other turn is half written."""

P = ParamSpec("P")
T = TypeVar("T")

READERS = 2

MOST_TOGETHER = 32
"""Short reads that share a hop: enough that the hop costs next to nothing, few enough that the first is not kept waiting by the last."""

LONG_SECONDS = 0.05
"""After this the next batch goes to another reader."""


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


Written = list[object] | Exception
"""What became of a turn's effects: what each returned, or why none of them is kept."""


@dataclass(slots=True)
class _Waiting:
    turns: Sequence[Sequence[Effect]]
    done: asyncio.Future[list[Written]]


@dataclass(slots=True)
class _Asking:
    function: Callable[[Snapshot], object]
    done: asyncio.Future[object]


class Database:
    """One SQLite file, open: `read` on snapshots, `write` through the batching writer. Use `Database.open`, and `close` it."""

    def __init__(self, path: Path, writer: Hopping, readers: Sequence[Hopping], *, owner: bool = False) -> None:
        self.path = path
        self._owner = owner
        self._writer = writer
        self._readers: asyncio.LifoQueue[Hopping] = asyncio.LifoQueue()
        for reader in readers:
            self._readers.put_nowait(reader)
        self._reader_count = len(readers)
        self._asking: list[_Asking] = []
        self._reading: asyncio.Task[None] | None = None
        self._hops: set[asyncio.Task[None]] = set()
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._closing = False
        self.watch: Callable[[int, float, bool], None] | None = None
        """Told of each batch: how many turns, how many seconds, whether the file could not be written."""
        self._looking: asyncio.Task[StorageError | None] | None = None
        self._writing = asyncio.create_task(self._write_batches(), name="storage-writer")

    @classmethod
    async def open(cls, path: Path, *, readers: int = READERS, owner: bool = False, beside: bool = False) -> Database:
        """Open (and create or migrate) the database at ``path``.

        ``owner``: for whoever holds the instance lock. He looks the whole file through first, and he alone folds the log into the file
        as it grows; others leave that to him (or to the close of the last of them). ``beside``: reads need not wait for that look, where
        no migration is to be made; writes do (`sound`).

        Raises StorageError when the file is not usable (DatabaseDamaged, DatabaseForeign, DatabaseFull, DatabaseBusy, DatabaseUnsuited
        tell why); nothing of it is changed then.
        """
        opened: list[Hopping] = []
        if emptied(path):
            raise DatabaseDamaged("the file is empty, and what belongs to it is not")
        try:
            writer = await Hopping.open(path)
        except sqlite3.Error as error:
            raise translated(error) from error
        try:
            looked = await writer.hop(prepare_writer, path, owner, beside)
            address = read_only(path)
            memory: dict[Hashable, Any] = {}
            for _ in range(readers):
                reader = await Hopping.open(address, uri=True)
                opened.append(reader)
            for reader in opened:
                await reader.hop(prepare_reader, memory)
        except (sqlite3.Error, StorageError, OSError) as error:
            for connection in (writer, *opened):
                await connection.close()
            if isinstance(error, OSError):
                raise DatabaseFull(str(error)) from error    # the copy aside before a migration
            raise translated(error) if isinstance(error, sqlite3.Error) else error from error
        database = cls(path, writer, opened, owner=owner)
        if owner and not looked:
            database._looking = asyncio.create_task(database._look(), name="storage-look")
        return database

    @property
    def files(self) -> Path:
        """The content-addressed folder of files beside the database."""
        return files_folder(self.path)

    async def read(self, function: Callable[[Snapshot], T]) -> T:
        """Run ``function`` on one snapshot, in one hop to a reader's thread, and return what it returns."""
        reader = await self._readers.get()
        try:
            return await reader.hop(_in_snapshot, function)
        except sqlite3.Error as error:
            raise translated(error) from error
        finally:
            self._readers.put_nowait(reader)

    async def read_together(self, function: Callable[[Snapshot], T]) -> T:
        """As `read`, for what is short: all that wait share one hop and one snapshot. One that takes long keeps only its own batch."""
        waiting = _Asking(function, asyncio.get_running_loop().create_future())
        self._asking.append(waiting)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_batches(), name="storage-reader")
        return cast(T, await waiting.done)

    async def _read_batches(self) -> None:
        try:
            while self._asking:
                batch, self._asking = self._asking[:MOST_TOGETHER], self._asking[MOST_TOGETHER:]
                hop = asyncio.create_task(self._read_batch(batch))
                self._hops.add(hop)
                hop.add_done_callback(self._hops.discard)
                await asyncio.wait({hop}, timeout=LONG_SECONDS)
        finally:
            self._reading = None

    async def _read_batch(self, batch: Sequence[_Asking]) -> None:
        outcomes: Sequence[tuple[object, Exception | None]]
        try:
            outcomes = await self.read(lambda read: [_answer(read, waiting.function) for waiting in batch])
        except StorageError as error:
            outcomes = [(None, error) for _ in batch]
        for waiting, (found, wrong) in zip(batch, outcomes, strict=True):
            if waiting.done.done():
                continue
            if wrong is not None:
                waiting.done.set_exception(wrong)
            else:
                waiting.done.set_result(found)

    async def write(self, effects: Sequence[Effect]) -> list[object]:
        """Apply the effects in order and return what each returned, once they are committed (``synchronous=FULL``).

        Raises Conflict when an expectation among them failed (nothing of them is kept: decide again on fresh reads), and
        StorageError when the disk is full, the file locked or damaged (nothing is kept either).
        """
        (outcome,) = await self.write_each((effects,))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def write_each(self, turns: Sequence[Sequence[Effect]]) -> list[Written]:
        """`write` of several turns together: what each returned, or the exception that it met, which leaves the others as they are."""
        if self._closing:
            raise StorageError("the database is closing")
        waiting = _Waiting(turns, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._wake.set()
        return await waiting.done

    async def fold(self) -> None:
        """Fold the log into the file and empty it: what was erased is gone from both.

        Nothing for who is not the owner, nor where Litestream replicates the log; while somebody reads, it is left to the next time.
        """
        if self._owner and not self._closing:
            await self._writer.hop(fold, self.path)

    async def sound(self) -> None:
        """Wait until the whole file was looked through. Raises DatabaseDamaged (or what else was found); then nothing is ever written."""
        found = None if self._looking is None else await asyncio.shield(self._looking)
        if found is not None:
            raise found

    async def _look(self) -> StorageError | None:
        try:
            await self._writer.hop(look_through)
        except DatabaseDamaged as error:
            return error
        except sqlite3.Error as error:
            return translated(error)
        return None

    async def close(self) -> None:
        """Write what waits, then close every connection."""
        self._closing = True
        self._wake.set()
        await self._writing
        for _ in range(self._reader_count):
            reader = await self._readers.get()
            detach(reader.sqlite)
            await reader.close()
        await self._writer.close()

    async def _write_batches(self) -> None:
        while not (self._closing and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            if not batch:
                continue
            began = time.monotonic()
            turns = [effects for waiting in batch for effects in waiting.turns]
            try:
                await self.sound()
                outcomes = await self._writer.hop(_commit, turns)
                failed = any(isinstance(outcome, DatabaseFull | DatabaseBusy) for outcome in outcomes)
            except sqlite3.Error as error:
                outcomes, failed = [translated(error) for _ in turns], True
            except StorageError as error:
                outcomes, failed = [error for _ in turns], True
            if self.watch is not None:
                self.watch(len(turns), time.monotonic() - began, failed)
            told = iter(outcomes)
            for waiting in batch:
                of_its_turns = list(islice(told, len(waiting.turns)))
                if not waiting.done.cancelled():
                    waiting.done.set_result(of_its_turns)


def _in_snapshot(connection: sqlite3.Connection, function: Callable[[Snapshot], T]) -> T:
    connection.execute("BEGIN")
    begin(connection)
    try:
        return function(Snapshot(connection))
    finally:
        end(connection)
        connection.execute("ROLLBACK")


def _answer(read: Snapshot, function: Callable[[Snapshot], object]) -> tuple[object, Exception | None]:
    try:
        return function(read), None
    except sqlite3.Error as error:
        return None, translated(error)
    except Exception as error:
        return None, error


def _commit(connection: sqlite3.Connection, batch: Sequence[Sequence[Effect]]) -> list[Written]:
    """One transaction for the whole batch; returns results or what went wrong, turn by turn.

    Hardly ever does a turn fail. Where one does, all is taken back and written once more with a savepoint for each.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        outcomes = _apply_all(connection, batch)
        if outcomes is None:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [_apply(connection, effects) for effects in batch]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise
    return outcomes


def _apply_all(connection: sqlite3.Connection, batch: Sequence[Sequence[Effect]]) -> list[Written] | None:
    """None: one of them has failed; which one, and why, is seen when each has its savepoint."""
    try:
        return [[each.apply(Transaction(connection)) for each in effects] for effects in batch]
    except Exception:
        return None


def _apply(connection: sqlite3.Connection, effects: Sequence[Effect]) -> Written:
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
        return translated(error) if isinstance(error, sqlite3.Error) else error
    connection.execute("RELEASE turn")
    return results
