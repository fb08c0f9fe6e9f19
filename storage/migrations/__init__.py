"""Numbered migrations: each file is applied once, in order, in one transaction with its record in ``user_version``.

A database that holds something is copied aside before it is migrated (``<name>.before-v<N>``): the program of yesterday can
still open that copy. A migration that fails leaves the version before it, whole.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from storage.errors import DatabaseForeign, StorageError

BESIDE = ("-wal", "-shm", "-journal")
APPLICATION_ID = 0x54444431
"""Written into the file's header ("TDD1"), so that `file` and we can tell whose it is. Files made before it was written hold 0."""


def numbered() -> list[tuple[int, str]]:
    """The migrations as (number, SQL), ascending; the number is the beginning of the file's name."""
    found = [
        (int(entry.name.split("_", 1)[0]), entry.read_text(encoding="utf-8"))
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(found)


def migrate(connection: sqlite3.Connection, path: Path | None = None) -> int:
    """Bring the database to the newest schema and return its number.

    ``path``: where the file lies; with it, a database that holds something is copied aside first. The connection is in autocommit.
    Raises StorageError when the file is of a newer program, so that an old one never writes into it, DatabaseForeign when it is
    some other program's, and sqlite3.Error (disk full, locked) with the old version untouched.
    """
    migrations = numbered()
    goal = migrations[-1][0]
    current = recognised(connection)
    if 0 < current < goal and path is not None:
        connection.execute("BEGIN IMMEDIATE")    # where nothing can be written, nothing is copied either
        connection.execute("ROLLBACK")
        copy_aside(connection, path.with_name(f"{path.name}.before-v{goal}"))
    for number, script in migrations:
        if number > current:
            _apply(connection, number, script)
    return goal


def newest() -> int:
    """The number of the schema that this program knows."""
    return numbered()[-1][0]


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration applied (0: an empty file)."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def recognised(connection: sqlite3.Connection) -> int:
    """The schema's number of a database of ours, 0 for an empty file.

    Raises DatabaseForeign for a database of some other program, StorageError for one of a newer version of this one.
    """
    known = newest()
    current = version(connection)
    owner: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    ours = {name for name in tables if not name.startswith(("sqlite_", "_litestream"))}
    if owner not in (0, APPLICATION_ID) or (ours and not {"inbox", "duties", "settings"} <= ours) or (ours and current == 0):
        raise DatabaseForeign("the database is of some other program")
    if current > known:
        raise StorageError(f"the database is of schema {current}, this program knows {known}: use the newer program")
    return current


def copy_aside(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the whole database to ``target``, synced; what stood there is replaced at once or not at all. Raises sqlite3.Error."""
    partial = target.with_name(f"{target.name}.partial")
    remove(partial)
    try:
        copy = sqlite3.connect(partial, isolation_level=None)
        try:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        finally:
            copy.close()
        os.replace(partial, target)
    finally:
        remove(partial)
    sync_folder(target.parent)


def remove(path: Path, *, only_beside: bool = False) -> None:
    """Remove a database with what SQLite keeps beside it (or only that), as far as it is there. Raises OSError."""
    for suffix in BESIDE if only_beside else ("", *BESIDE):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version(connection) < number:    # another process may have been faster while we waited
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            if broken is not None:
                raise StorageError(f"migration {number} leaves a row of {broken[0]} without the row of {broken[2]} it names")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one (``executescript`` would commit before it begins)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
