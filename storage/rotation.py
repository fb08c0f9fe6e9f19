"""Dated backups in one folder: how they are named, which are kept, and what no kept one needs any more.

Only what a backup of this program made is ever removed: a name of our form with its manifest, of the same database; temporary files
with our mark; and evidence under its hash that no remaining copy names.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

from storage import backup
from storage.backup import Manifest, Refused
from storage.errors import DatabaseBusy, StorageError

_NAME = re.compile(r".+-\d{8}-\d{6}(-\d+)?\.sqlite3")
_PARTIAL = re.compile(r"\..+-\d{8}-\d{6}(-\d+)?\.sqlite3(\.json)?\.\d+\.partial(-journal|-wal|-shm)?")
CONTENT = "files"
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days, weeks and months keep their newest backup."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


@dataclass(frozen=True, slots=True)
class Dated:
    """A backup in a folder, made; ``removed`` are the names of those that its keeping did without."""

    path: Path
    manifest: Manifest
    removed: tuple[str, ...] = ()


def into_folder(source: Path, folder: Path, now: int, zone: ZoneInfo, keep: Keep, stop: Event | None = None) -> Dated:
    """Make a dated backup in the folder (made when absent), then let go what need not be kept. Raises as `backup.make`, DatabaseBusy
    when another backup is being made there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            for left in [each for each in folder.iterdir() if _left_behind(each)]:
                left.unlink()
            target = _free(folder, f"{source.stem}-{datetime.fromtimestamp(now, zone):%Y%m%d-%H%M%S}")
            manifest = backup.make(source, target, folder / CONTENT, now, stop)
            return Dated(target, manifest, _rotate(folder, manifest, zone, keep))
    except OSError as error:
        raise Refused(error.strerror or str(error)) from error


def dated(folder: Path) -> tuple[Dated, ...]:
    """The whole backups of a folder, oldest first. Raises OSError."""
    found = []
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name) and path.is_file():
            manifest = backup.manifest_of(path)
            if manifest is not None:
                found.append(Dated(path, manifest))
    return tuple(sorted(found, key=lambda each: (each.manifest.made_at, each.path.name)))


def kept(instants: Sequence[int], zone: ZoneInfo, keep: Keep) -> set[int]:
    """Which of these instants are kept: all of the last 24 hours, and the newest of each of the last days, ISO weeks and months that
    have any."""
    newest_first = sorted(set(instants), reverse=True)
    chosen = {each for each in newest_first if newest_first[0] - each < DAY_SECONDS}
    for count, form in ((keep.daily, "%Y-%m-%d"), (keep.weekly, "%G-%V"), (keep.monthly, "%Y-%m")):
        seen: dict[str, int] = {}
        for instant in newest_first:
            seen.setdefault(datetime.fromtimestamp(instant, zone).strftime(form), instant)
        chosen.update(list(seen.values())[:count])
    return chosen


def _left_behind(path: Path) -> bool:
    """Whether a backup that was killed left this: whoever makes one holds the folder, so nobody is at it."""
    if path.name.endswith(".json"):
        copy = path.with_name(path.name.removesuffix(".json"))
        return _NAME.fullmatch(copy.name) is not None and not copy.exists() and backup.manifest_of(copy) is not None
    return _PARTIAL.fullmatch(path.name) is not None


def _rotate(folder: Path, made: Manifest, zone: ZoneInfo, keep: Keep) -> tuple[str, ...]:
    every = dated(folder)
    ours = [each for each in every if each.manifest.database == made.database]
    wanted = kept([each.manifest.made_at for each in ours], zone, keep)
    gone = [each for each in ours if each.manifest.made_at not in wanted and each.path.name != made.name]
    for each in gone:
        each.path.unlink()
        backup.manifest_path(each.path).unlink(missing_ok=True)
    if gone:
        _drop_unnamed(folder)
    return tuple(each.path.name for each in gone)


def _drop_unnamed(folder: Path) -> None:
    """Let go the evidence that no copy left in the folder names; where one cannot be read, nothing."""
    named: set[str] = set()
    for copy in folder.glob("*.sqlite3"):
        try:
            with backup.reading(copy) as connection:
                named.update(row[0] for row in connection.execute("SELECT sha256 FROM files"))
        except StorageError:
            return
    content = folder / CONTENT
    for path in content.iterdir() if content.is_dir() else ():
        if re.fullmatch(r"[0-9a-f]{64}(\.partial)?", path.name) and path.name not in named:
            path.unlink()


def _free(folder: Path, stem: str) -> Path:
    """A name that is not taken: two backups may be made within one second, and clocks are turned back."""
    target, number = folder / f"{stem}.sqlite3", 1
    while target.exists():
        number += 1
        target = folder / f"{stem}-{number}.sqlite3"
    return target


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder / ".thidua-backup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DatabaseBusy("another backup is being made in this folder") from error
        yield
    finally:
        os.close(handle)
