"""The file itself: what belongs to it, whether it is whole, who folds its log, and what SQLite says of it in words we can act on."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

from storage.errors import DatabaseBusy, DatabaseDamaged, DatabaseForeign, DatabaseFull, StorageError

FOLD_PAGES, REPLICATED_FOLD_PAGES = 1_000, 20_000


def files_folder(path: Path) -> Path:
    """Where the evidence of the database at ``path`` lies: beside the file itself, whatever link leads to it (as its log does)."""
    real = Path(os.path.realpath(path))
    return real.with_name(f"{real.name}.files")


def lock_path(path: Path) -> Path:
    """Where the instance lock of a database lies: beside the file that a link leads to."""
    real = Path(os.path.realpath(path))
    return real.with_name(f"{real.name}.lock")


def instance_running(path: Path) -> bool:
    """Whether somebody holds the instance lock (not to be asked by who holds it himself)."""
    try:
        handle = os.open(lock_path(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False    # no lock was ever taken, or it is not for us to see
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def emptied(path: Path) -> bool:
    """Whether the file was cut to nothing: what is new has neither a log nor evidence beside it (and SQLite would drop the log)."""
    real = Path(os.path.realpath(path))
    beside = (real.with_name(f"{real.name}-wal"), files_folder(path))
    return path.is_file() and path.stat().st_size == 0 and any(each.exists() and _holds(each) for each in beside)


def _holds(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.stat().st_size > 0


def fold_pages(path: Path) -> int:
    """After how many pages of log the owner folds it. SQLite before 3.51.3 may tear the file when one process folds while another one
    folds and commits; so one process folds. Where Litestream replicates it is Litestream, and we only when it does not come to it."""
    real = Path(os.path.realpath(path))
    return REPLICATED_FOLD_PAGES if real.with_name(f".{real.name}-litestream").is_dir() else FOLD_PAGES


def look_through(connection: sqlite3.Connection) -> None:
    """Read every page (0.1 s for 110 MB). Raises DatabaseDamaged with the first thing found, or sqlite3.Error."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DatabaseDamaged(str(found))


def translated(error: sqlite3.Error) -> StorageError:
    """What SQLite says, told apart by what can be done about it."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusy(str(error))
    if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return DatabaseFull(str(error))
    if primary == sqlite3.SQLITE_CORRUPT:
        return DatabaseDamaged(str(error))
    if primary == sqlite3.SQLITE_NOTADB:
        return DatabaseForeign(str(error))
    return StorageError(str(error))
