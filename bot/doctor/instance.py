"""Who runs on the database now, seen without taking its lock away from anybody."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path

from storage.database_file import lock_path


@dataclass(frozen=True, slots=True)
class Instance:
    """What the lock says: its holder (process@machine), since when (epoch), and whether it is held or was left by a killed process."""

    holder: str
    since: int | None
    running: bool


def instance(database: Path) -> Instance | None:
    """None: nobody runs, and the last one ended orderly. A shared lock is tried for an instant, which a running bot does not notice."""
    try:
        with lock_path(database).open(encoding="utf-8", errors="replace") as file:
            holder, _, since = file.read(200).strip().partition(" ")
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                running = False
            except OSError:
                running = True
    except OSError:
        return None
    if not holder and not running:
        return None
    return Instance(holder or "?", int(since) if since.isascii() and since.isdigit() else None, running)
