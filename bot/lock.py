"""The instance lock: one running bot per database. It goes with the process, however that ends."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import IO


class AlreadyRunning(Exception):
    """Another instance holds the database; ``holder`` names it (process and machine)."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


def hold(database: Path) -> IO[str]:
    """Take the lock of a database and keep the returned file open as long as it is held. Raises AlreadyRunning."""
    path = database.with_name(database.name + ".lock")
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise AlreadyRunning(holder or "?") from None
    file.truncate(0)
    file.write(f"{os.getpid()}@{socket.gethostname()}")
    file.flush()
    return file
