"""The instance lock: one running bot per database. It goes with the process, however that ends.

The lock lies beside the real file (links and relative paths lead to the same one) and holds who has it. After an orderly end it is
emptied: words left in a lock that nobody holds tell of a process that was killed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bot.clock import Clock, SystemClock
from handlers.kit.message import Message, Moment, m
from storage.database_file import lock_path
from storage.files import owned_like

log = logging.getLogger(__name__)

NAMED_WITHIN_SECONDS = 1.0
"""How long the one who is refused waits for the name of a holder that has just begun."""


class LockError(Exception):
    """The lock cannot be had; ``message`` is a sentence for the operator."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.msgid)
        self.message = message


class AlreadyRunning(LockError):
    """Another instance holds the database; ``holder`` names it (process and machine), ``since`` its start (epoch) where it is known."""

    def __init__(self, holder: str, since: int | None) -> None:
        if since is None:
            message = m("Another instance is running on this database: {holder}.", holder=holder)
        else:
            message = m(
                "Another instance is running on this database: {holder}, since {since}.", holder=holder, since=Moment(since)
            )
        super().__init__(message)
        self.holder = holder
        self.since = since


@dataclass(frozen=True, slots=True)
class Held:
    """The lock, held until `close` (or the end of a ``with``). ``unclean``: its last holder ended without farewell."""

    handle: int
    unclean: bool

    def close(self) -> None:
        """Give the lock back; the next one finds it clean."""
        os.ftruncate(self.handle, 0)
        os.close(self.handle)

    def __enter__(self) -> Held:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def hold(database: Path, clock: Clock | None = None) -> Held:
    """Take the lock of a database. Raises AlreadyRunning, or LockError where the lock cannot be written."""
    path = lock_path(database)
    try:
        new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LockError(_unusable(path, error)) from error
    words = f"{os.getpid()}@{socket.gethostname()} {(clock or SystemClock()).now()}".encode()
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        left = _read(handle)
        os.pwrite(handle, words, 0)
        os.ftruncate(handle, len(words))
        if new:
            owned_like(path, path.parent)
    except BlockingIOError:
        holder, _, since = _named(handle).partition(" ")
        os.close(handle)
        raise AlreadyRunning(holder or "?", int(since) if since.isascii() and since.isdigit() else None) from None
    except OSError as error:
        os.close(handle)
        raise LockError(_unusable(path, error)) from error
    if left:
        log.info("The last holder of the instance ended without farewell; what was committed stands")
    return Held(handle, bool(left))


def _named(handle: int) -> str:
    """What the holder has written of itself: at once, but a moment after it has the lock. Until then the words of one that was killed
    may stand there.
    """
    until = time.monotonic() + NAMED_WITHIN_SECONDS
    while (not (named := _read(handle)) or _ended(named)) and time.monotonic() < until:
        time.sleep(0.01)
    return named


def _ended(named: str) -> bool:
    """Whether the process that is named is surely gone; of another machine's nobody can say."""
    process, _, machine = named.partition(" ")[0].partition("@")
    if machine != socket.gethostname() or not (process.isascii() and process.isdigit()):
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False    # somebody else's
    return False


def _read(handle: int) -> str:
    return os.pread(handle, 200, 0).decode(errors="replace").strip()


def _unusable(path: Path, error: OSError) -> Message:
    reason = error.strerror or str(error)
    return m(
        "The lock {path} cannot be written: {reason}. Check the rights of the folder and the room on its disk.",
        path=str(path),
        reason=reason,
    )
