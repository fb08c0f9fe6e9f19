"""A backup: one consistent copy of the database, the evidence it names, and a manifest that says what it holds.

The copy is taken from a snapshot, beside a running bot, and holds nobody up. It is written under a temporary name, read through, synced
and renamed, and so is the manifest. Evidence lies under its hash and is copied once:
the backups of one folder share it. A copy opens like a database of its own, and a plain `cp` of it is a restore, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event

from storage.connection import Snapshot, Transaction
from storage.database_file import files_folder, look_through, translated
from storage.errors import DatabaseDamaged, StorageError
from storage.files import content_path, rights_like, write_content
from storage.migrations import recognised, remove, sync_folder

FORMAT = "thidua backup 1"
LAST, FAILED, RESTORED = "backup.last", "backup.failed", "backup.restored"
STEP_PAGES = 2_000
BUSY_TIMEOUT_MS = 5_000


class Refused(StorageError):
    """The place of the backup cannot take it; what stood there stands."""


class Stopped(StorageError):
    """The program ends; the backup was given up and left nothing."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``database``: the file it was taken of; ``missing``: evidence that could not be read (its hashes)."""

    name: str
    database: str
    made_at: int
    schema: int
    size: int
    sha256: str
    files: int
    files_size: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What the database remembers of its own backups: when, where, and why one failed (``reason`` is empty for one that was made)."""

    at: int
    path: str
    reason: str = ""
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Restored:
    """That this database is a restored one: ``at`` an instant, with all that it held up to ``to`` (None: not known)."""

    at: int
    to: int | None


def make(source: Path, target: Path, content: Path, now: int, stop: Event | None = None) -> Manifest:
    """Copy the database ``source`` to ``target`` and its evidence into the folder ``content``.

    Raises Refused when the target cannot be written (nothing is left of it, what stood there stands), DatabaseDamaged when the source
    or the copy is damaged, StorageError when the source cannot be read.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    listed = target.with_name(f".{target.name}.json.{os.getpid()}.partial")
    evidence = files_folder(source)
    try:
        schema = _copy(source, partial, stop)
        with reading(partial) as copy:
            named = copy.execute("SELECT sha256, size FROM files ORDER BY sha256").fetchall()
        missing = tuple(sha256 for sha256, size in named if not _keep(evidence, content, sha256, size, stop))
        _mark(partial, Note(now, str(target.absolute()), missing=len(missing)))
        manifest = Manifest(
            target.name, os.path.realpath(source), now, schema, partial.stat().st_size, digest(partial), len(named) - len(missing),
            sum(size for sha256, size in named if sha256 not in set(missing)), missing,
        )  # fmt: skip
        partial.chmod(rights_like(source))
        _write_synced(listed, json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False, indent=1))
        # All that needs room is written. A new copy never stands without its manifest; one that is replaced does so for an instant.
        if target.exists():
            manifest_path(target).unlink(missing_ok=True)
            os.replace(partial, target)
            os.replace(listed, manifest_path(target))
        else:
            os.replace(listed, manifest_path(target))
            os.replace(partial, target)
        sync_folder(target.parent)
    except OSError as error:
        raise Refused(error.strerror or str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            listed.unlink(missing_ok=True)
            remove(partial)
    return manifest


def manifest_path(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.json")


def manifest_of(copy: Path) -> Manifest | None:
    """The manifest beside a copy; None where there is none, or it is not ours."""
    try:
        raw = json.loads(manifest_path(copy).read_text(encoding="utf-8"))
        if raw.pop("format") != FORMAT or raw["name"] != copy.name:
            return None
        return Manifest(**{**raw, "missing": tuple(raw["missing"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, not even a file beside. Raises StorageError for what SQLite says inside."""
    alone = not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    with _connected(address) as connection:
        yield connection


@contextlib.contextmanager
def _connected(address: str) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(address, uri=True, isolation_level=None)
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise translated(error) from error


def _copy(source: Path, partial: Path, stop: Event | None) -> int:
    """One snapshot of the source, checked and synced; returns its schema."""
    remove(partial)
    # The read transaction keeps the copy from beginning again with each commit beside it.
    with _connected(_beside_a_writer(source)) as live:
        live.execute("BEGIN")
        schema = recognised(live)
        if not schema:
            raise StorageError("the database is empty")

        def progress(status: int, remaining: int, total: int) -> None:
            _go_on(stop)

        try:
            copy = sqlite3.connect(partial, isolation_level=None)
            try:
                live.backup(copy, pages=STEP_PAGES, progress=progress)
                copy.execute("PRAGMA journal_mode = DELETE").fetchone()    # one file, that opens on a read-only disk, too
                check(copy)
            finally:
                copy.close()
        except sqlite3.Error as error:
            problem = translated(error)
            raise (problem if isinstance(problem, DatabaseDamaged) else Refused(str(error))) from error
        live.execute("ROLLBACK")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    return schema


def _mark(partial: Path, given: Note) -> None:
    """Have the copy know of itself: put in the database's place, by whatever way, it is one that was backed up."""
    with _connected(f"{partial.absolute().as_uri()}?mode=rw") as copy:
        copy.execute("BEGIN IMMEDIATE")
        note(Transaction(copy), given)
        copy.execute("COMMIT")
    with partial.open("rb") as file:
        os.fsync(file.fileno())


def _beside_a_writer(source: Path) -> str:
    """The address of a database that a bot may be writing: without a log in a folder that may not be written it is at rest."""
    at_rest = not os.access(source.parent, os.W_OK) and not source.with_name(f"{source.name}-wal").exists()
    return f"{source.absolute().as_uri()}?mode=ro{'&immutable=1' if at_rest else ''}"


def check(connection: sqlite3.Connection) -> None:
    """Read everything, indexes against their tables. Raises DatabaseDamaged, or sqlite3.Error."""
    look_through(connection)
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise DatabaseDamaged(str(found))
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise DatabaseDamaged(f"a row of {broken[0]} names a row of {broken[2]} that is not there")


def _keep(evidence: Path, content: Path, sha256: str, size: int, stop: Event | None) -> bool:
    """Have the content in the backup's folder; False where the original is missing or is not what its name says."""
    _go_on(stop)
    kept = content_path(content, sha256)
    if kept.is_file() and kept.stat().st_size == size:
        return True
    kept.unlink(missing_ok=True)    # cut short by hand: written anew
    try:
        original = content_path(evidence, sha256).read_bytes()
    except FileNotFoundError:
        return False
    if hashlib.sha256(original).hexdigest() != sha256:
        return False
    try:
        write_content(content, original)
    except StorageError as error:
        raise Refused(str(error)) from error
    return True


def _go_on(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise Stopped("the program ends")


def last(read: Snapshot) -> Note | None:
    """The last backup that was made of this database by the bot or the command; None: never."""
    return _note(read, LAST)


def failure(read: Snapshot) -> Note | None:
    """The last attempt that failed, until one is made again."""
    return _note(read, FAILED)


def note(tx: Transaction, given: Note) -> None:
    """Remember a backup that was made, or one that failed (a ``reason``)."""
    name = FAILED if given.reason else LAST
    tx.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, json.dumps(asdict(given), ensure_ascii=False)))
    if not given.reason:
        tx.execute("DELETE FROM settings WHERE name = ?", (FAILED,))


def restored(read: Snapshot) -> Restored | None:
    """The last restore that made this database what it is; None: it was never restored."""
    row = read.execute("SELECT value FROM settings WHERE name = ?", (RESTORED,)).fetchone()
    return None if row is None else Restored(**json.loads(row[0]))


def note_restored(tx: Transaction, given: Restored) -> None:
    """Remember a restore; what the old one knew of its backups is no longer so."""
    tx.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (RESTORED, json.dumps(asdict(given))))
    tx.execute("DELETE FROM settings WHERE name = ?", (FAILED,))


def note_beside(source: Path, given: Note) -> None:
    """As `note`, from beside a running bot, in whatever schema the file is. Raises StorageError."""
    with _connected(f"{source.absolute().as_uri()}?mode=rw") as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")    # the bot's to do
        connection.execute("BEGIN IMMEDIATE")
        note(Transaction(connection), given)
        connection.execute("COMMIT")


def _note(read: Snapshot, name: str) -> Note | None:
    row = read.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else Note(**json.loads(row[0]))
