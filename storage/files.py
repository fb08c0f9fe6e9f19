"""Files: the content lies under its hash beside the database, written and synced before the row that names it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from storage.connection import Snapshot, Transaction
from storage.errors import DatabaseFull


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: str
    media_type: str
    size: int


def write_content(folder: Path, content: bytes) -> str:
    """Write and sync the content under its SHA-256 and return that. Raises DatabaseFull when the disk refuses it."""
    sha256 = hashlib.sha256(content).hexdigest()
    target = folder / sha256
    if not target.exists():
        write_whole(target, content)
    return sha256


def write_whole(target: Path, content: bytes) -> None:
    """Write and sync a file: it is there whole or not at all. Its folder is made if it is missing. Raises DatabaseFull."""
    folder, partial = target.parent, target.with_name(f"{target.name}.partial")
    try:
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            owned_like(folder, folder.parent)
        with partial.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(target)
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DatabaseFull(str(error)) from error


def owned_like(path: Path, model: Path) -> None:
    """Give what root has written to whoever owns the model (the bot's account), or the bot could not open it. Raises OSError."""
    if os.geteuid() == 0:
        owner = model.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def rights_like(model: Path) -> int:
    """The mode of a copy: its owner's alone, and the group's where the model's owner let the group in, but not everybody.

    What is open to everybody was opened by a umask, not by anybody's decision.
    """
    mode = model.stat().st_mode
    return mode & 0o660 if not mode & 0o007 else 0o600


def content_path(folder: Path, sha256: str) -> Path:
    """Where the content of a file lies. Raises ValueError for anything that is not a hash."""
    if len(sha256) != 64 or not all(letter in "0123456789abcdef" for letter in sha256):
        raise ValueError("not a SHA-256")
    return folder / sha256


def find(read: Snapshot, sha256: str) -> StoredFile | None:
    row = read.execute("SELECT sha256, media_type, size FROM files WHERE sha256 = ?", (sha256,)).fetchone()
    return None if row is None else StoredFile(*row)


def add(tx: Transaction, sha256: str, media_type: str, size: int, now: int) -> None:
    tx.execute("INSERT OR IGNORE INTO files (sha256, media_type, size, created_at) VALUES (?, ?, ?, ?)", (sha256, media_type, size, now))
