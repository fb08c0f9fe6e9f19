"""Drawn pictures: a folder beside the database of what can be drawn again at any time, so no row names it and no backup takes it.

A picture lies under the hash of what it shows, 64 hexadecimal digits, as an officer's file lies under its content's.
"""

from __future__ import annotations

import os
from pathlib import Path

from storage.files import content_path, write_whole

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEEP_SECONDS = 90 * 86_400
"""A picture that nobody has asked for in that time goes; a chat page shows its messages as long."""

MOST_BYTES = 256 * 1024 * 1024
"""Of more than that the longest unused go."""


def folder(files: Path) -> Path:
    """Where the pictures lie of a database whose officers' files lie in ``files``."""
    return files.with_name(f"{files.name.removesuffix('.files')}.drawn")


def use(folder: Path, key: str, now: int) -> bool:
    """Whether the picture is there; from now on it was used at ``now`` (epoch)."""
    try:
        os.utime(content_path(folder, key), (now, now))
    except OSError:
        return False
    return True


def size(folder: Path, key: str) -> int:
    """Of the picture, in bytes; 0: it is not there."""
    try:
        return content_path(folder, key).stat().st_size
    except (OSError, ValueError):
        return 0


def keep(folder: Path, key: str, png: bytes, now: int) -> None:
    """Write and sync a picture. Raises DatabaseFull when the disk refuses it."""
    write_whole(content_path(folder, key), png)
    use(folder, key, now)


def shown(files: Path, sha256: str) -> Path:
    """Where the content of a message's file or picture lies, an officer's or a drawn one."""
    given = content_path(files, sha256)
    return given if given.exists() else content_path(folder(files), sha256)


def drop_old(folder: Path, now: int) -> None:
    """Let go what was not used for long, and the longest unused of more than the folder may hold."""
    try:
        found = sorted(((path.stat(), path) for path in folder.iterdir()), key=lambda each: each[0].st_mtime, reverse=True)
    except FileNotFoundError:       # none was drawn yet, or one has gone meanwhile
        return
    room = MOST_BYTES
    for status, path in found:
        room -= status.st_size
        if room < 0 or status.st_mtime <= now - KEEP_SECONDS:
            path.unlink(missing_ok=True)
