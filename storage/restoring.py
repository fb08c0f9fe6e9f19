"""Putting a backup in the place of a database: first everything is checked and prepared beside it, then one rename does it.

Killed at any instant there stands either the old database or the new one, never one with the other's write-ahead log: the old log is
folded into its file, under an exclusive lock, before the rename. What stood there is kept under another name. Evidence lies under its
hash, so it is only ever added.

What a restored database says of its letters is of yesterday: those that waited may have been sent since. They stay, for a letter is
delivered at least once; only replies older than a day are dropped, for they answer what nobody waits for any more. Reminders are asked
about again before they are sent. Who has been erased since the backup stays erased, and no right that was ended since comes back
(`storage.ended_rights`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from storage import audit, backup, ended_rights, people
from storage.connection import Transaction
from storage.database_file import emptied, files_folder, translated
from storage.errors import DatabaseBusy, DatabaseDamaged, DatabaseForeign, StorageError
from storage.files import content_path, owned_like, rights_like, write_content
from storage.migrations import BESIDE, migrate, recognised, remove, sync_folder
from storage.rotation import CONTENT, dated

EXCLUSIVE_WAIT_MS = 2_000
STALE_REPLY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds, read from the copy itself. ``newest``: its last change (epoch, None: none); ``missing``: evidence that is
    neither with the backup nor beside the present database; ``changed``: the copy is not the one its manifest was written for."""

    path: Path
    schema: int
    made_at: int | None
    years: tuple[int, ...]
    units: int
    people: int
    reports: int
    newest: int | None
    files: int
    missing: tuple[str, ...]
    waiting: int
    changed: bool


def inspect(copy: Path, database: Path) -> Contents:
    """Check the copy and tell what it holds; nothing is written. Raises DatabaseDamaged, DatabaseForeign, StorageError."""
    if not copy.is_file():
        raise FileNotFoundError(copy)
    if copy.stat().st_size == 0:
        raise DatabaseDamaged("the file is empty")
    manifest = backup.manifest_of(copy)
    with backup.reading(copy) as connection:
        schema = recognised(connection)
        if not schema:
            raise DatabaseForeign("the database is empty")
        backup.check(connection)

        def one(statement: str) -> Any:
            return connection.execute(statement).fetchone()[0]

        named = connection.execute("SELECT sha256, size FROM files").fetchall()
        found = Contents(
            copy, schema, None if manifest is None else manifest.made_at,
            tuple(row[0] for row in connection.execute("SELECT year FROM years ORDER BY year")),
            one("SELECT COUNT(*) FROM units"), one("SELECT COUNT(*) FROM people WHERE erased_at IS NULL"),
            one("SELECT COUNT(*) FROM reports"),
            one("SELECT MAX(at) FROM (SELECT MAX(at) AS at FROM audit UNION SELECT MAX(filed_at) FROM revisions"
                " UNION SELECT MAX(received_at) FROM inbox)"),
            len(named), tuple(sha256 for sha256, size in named if _content(copy, database, sha256, size) is None),
            one("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'"), False,
        )  # fmt: skip
    changed = manifest is not None and (manifest.size != copy.stat().st_size or manifest.sha256 != backup.digest(copy))
    return replace(found, changed=changed)


@dataclass(frozen=True, slots=True)
class Later:
    """What the present database holds beyond a backup: reports filed or corrected since, by the names of their units; people who came."""

    reports: int
    units: tuple[str, ...]
    people: int


def later(contents: Contents, database: Path) -> Later | None:
    """What a restore would put aside; None where there is no present database that can be read."""
    since = contents.newest if contents.made_at is None else contents.made_at
    if since is None or not database.exists() or emptied(database):
        return None
    try:
        with backup.reading(database) as connection:
            filed = connection.execute(
                "SELECT u.name, COUNT(*) FROM revisions v JOIN reports r ON r.id = v.report_id JOIN units u ON u.id = r.unit_id"
                " WHERE v.filed_at > ? GROUP BY u.id ORDER BY u.sort_key, u.id", (since,),
            ).fetchall()  # fmt: skip
            came = connection.execute("SELECT COUNT(*) FROM people WHERE created_at > ?", (since,)).fetchone()[0]
    except StorageError:
        return None
    return Later(sum(count for _, count in filed), tuple(name for name, _ in filed), came)


def restore(contents: Contents, database: Path, now: int, stamp: str, at: Callable[[str], None] = lambda step: None) -> Path | None:
    """Put the checked backup in the place of ``database``; returns where the present one is kept (None: there was none).

    ``stamp`` ends the name of what is kept. ``at`` is told each step (tests end the process there). The caller holds the instance
    lock. Raises DatabaseBusy when another program has the present database open, StorageError or OSError when the disk refuses;
    in each case what stood there stands.
    """
    real = Path(os.path.realpath(database))
    prepared = real.with_name(f"{real.name}.restoring")
    try:
        remove(prepared)
        _bring_files(contents.path, real)
        at("files")
        _prepare(contents, real, prepared, now)
        at("prepared")
        aside = _aside(real, stamp) if real.exists() else None
        with _folded(real):
            at("folded")
            if aside is not None:
                _keep(real, aside)
            at("kept")
            remove(real, only_beside=True)
            at("cleared")
            model = real if real.exists() else real.parent
            prepared.chmod(rights_like(model))
            owned_like(prepared, model)
            os.replace(prepared, real)
            sync_folder(real.parent)
        at("replaced")
        return aside
    finally:
        remove(prepared)


def newest_in(folder: Path, database: Path) -> Path | None:
    """The newest whole backup of a folder: of this database, else of the one database whose backups lie there. Raises OSError, and
    StorageError where several do."""
    every = dated(folder)
    ours = [each for each in every if each.manifest.database == os.path.realpath(database)]
    if not ours and len({each.manifest.database for each in every}) > 1:
        raise StorageError("backups of several databases lie in this folder")
    chosen = ours or list(every)
    return chosen[-1].path if chosen else None


def _content(copy: Path, database: Path, sha256: str, size: int) -> Path | None:
    """Where whole evidence of this hash lies: with the copy, in its folder's common store, or beside the present database."""
    for folder in (files_folder(copy), copy.with_name(CONTENT), files_folder(database)):
        path = content_path(folder, sha256)
        if path.is_file() and path.stat().st_size == size:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                    return path
    return None


def _bring_files(copy: Path, database: Path) -> None:
    """Have all evidence that the copy names beside the database. Raises StorageError when the disk refuses."""
    target = files_folder(database)
    with backup.reading(copy) as connection:
        named = connection.execute("SELECT sha256, size FROM files").fetchall()
    for sha256, size in named:
        path = _content(copy, database, sha256, size)
        if path is not None and path.parent != target:
            content_path(target, sha256).unlink(missing_ok=True)    # a damaged one would be taken for the whole
            write_content(target, path.read_bytes())


def _prepare(contents: Contents, database: Path, prepared: Path, now: int) -> None:
    """The database to be, beside the present one: copied, marked, checked, synced. Raises StorageError."""
    with backup.reading(contents.path) as source:
        connection = sqlite3.connect(prepared, isolation_level=None)
        try:
            source.backup(connection)
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            migrate(connection)    # a backup that cannot be brought to this program's schema is refused before anything is moved
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")    # who is erased again leaves no trace in the pages
            connection.execute("BEGIN IMMEDIATE")
            _mark(Transaction(connection), contents, _erased(database), now)
            ended_rights.end(Transaction(connection), ended_rights.present(database, now), now)
            connection.execute("COMMIT")
            backup.check(connection)
        finally:
            connection.close()
    with prepared.open("rb") as file:
        os.fsync(file.fileno())


def _mark(tx: Transaction, contents: Contents, erased: tuple[tuple[str, int, str], ...], now: int) -> None:
    """What changes by being restored: waiting letters may have gone out, who has been erased since stays erased, the audit tells."""
    tx.execute(
        "UPDATE outbox SET state = 'dropped', error = 'restored' WHERE state = 'waiting' AND lane = 'reply' AND created_at < ?",
        (now - STALE_REPLY_SECONDS,),
    )
    for person_id, erased_at, last_day in erased:
        if tx.execute("SELECT 1 FROM people WHERE id = ? AND erased_at IS NULL", (person_id,)).fetchone() is not None:
            people.erase(tx, person_id, last_day, erased_at)
    made_at = contents.newest if contents.made_at is None else contents.made_at
    audit.note(tx, now, None, "database.restore", "database:", after=None if made_at is None else str(made_at))
    backup.note_restored(tx, backup.Restored(now, made_at))


def _erased(database: Path) -> tuple[tuple[str, int, str], ...]:
    """(person, when, last day of the posts) of those erased in the present database, as far as it can be read."""
    if not database.exists():
        return ()
    try:
        with backup.reading(database) as connection:
            rows = connection.execute(
                "SELECT id, erased_at, COALESCE((SELECT MAX(valid_to) FROM posts WHERE person_id = people.id),"
                " date(erased_at, 'unixepoch')) FROM people WHERE erased_at IS NOT NULL ORDER BY id"
            )
            return tuple((str(person), int(at), str(day)) for person, at, day in rows)
    except StorageError:
        return ()    # damaged: this is why it is restored


@contextlib.contextmanager
def _folded(database: Path) -> Iterator[None]:
    """Hold the present database for oneself, its log folded into the file. A damaged one is left as it is."""
    if not database.exists() or emptied(database):
        yield
        return
    with contextlib.ExitStack() as held:
        try:
            connection = sqlite3.connect(database, isolation_level=None)
            held.callback(connection.close)
            connection.execute(f"PRAGMA busy_timeout = {EXCLUSIVE_WAIT_MS}")
            # Refused while anybody else has it open: nobody can commit into what is about to be put aside.
            if connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                raise DatabaseBusy("the database is open elsewhere")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            problem = translated(error)
            if not isinstance(problem, (DatabaseDamaged, DatabaseForeign)):
                raise problem from error
        yield


def _keep(database: Path, aside: Path) -> None:
    """Give what stands there a second name; for a damaged one its log, too."""
    for suffix in ("", *BESIDE):
        path = database.with_name(database.name + suffix)
        if path.exists() and suffix != "-shm":
            kept = aside.with_name(aside.name + suffix)
            try:
                os.link(path, kept)
            except OSError:    # no hard links on this disk
                shutil.copy2(path, kept)
            kept.chmod(rights_like(kept))
    sync_folder(database.parent)


def _aside(database: Path, stamp: str) -> Path:
    aside, number = database.with_name(f"{database.name}.before-restore-{stamp}"), 1
    while aside.exists():
        number += 1
        aside = database.with_name(f"{database.name}.before-restore-{stamp}-{number}")
    return aside
