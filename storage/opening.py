"""How a connection becomes the writer or a reader: its thread, its pragmas, the look through the file, the migrations."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from storage.database_file import FOLD_PAGES, fold_pages, instance_running, look_through
from storage.errors import DatabaseUnsuited, OlderProgramRunning
from storage.memory import attach
from storage.migrations import migrate, newest, recognised

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 5_000


def read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"


def prepare_writer(connection: sqlite3.Connection, path: Path, owner: bool, beside: bool) -> bool:
    """Whether the file was looked through: what is to be changed always is, before; what stands as it shall may be afterwards."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    schema = recognised(connection)    # before the first word is written into it
    if 0 < schema < newest() and not owner and instance_running(path):
        raise OlderProgramRunning("an instance of an older program is running")
    stands = schema == newest() and connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    look_first = owner and not (beside and stands)
    if look_first:
        look_through(connection)
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise DatabaseUnsuited("the folder cannot hold a write-ahead log")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {fold_pages(path) if owner else 0}")
    migrate(connection, path)
    connection.execute("PRAGMA temp_store = MEMORY")    # what a savepoint sets aside would go to a file of its own, again and again
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")    # what is deleted is overwritten: an erased name stands in no free page
    return look_first


def fold(connection: sqlite3.Connection, path: Path) -> None:
    if fold_pages(path) != FOLD_PAGES:
        return
    connection.execute("PRAGMA busy_timeout = 0")       # nobody waits for it
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        log.info("The log could not be folded now (%s); the next hour does it", type(error).__name__)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def prepare_reader(connection: sqlite3.Connection, memory: dict[Hashable, Any]) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only = ON")
    attach(connection, memory)
