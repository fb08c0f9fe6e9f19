"""What became of letters, written into the outbox; what cannot be written now is remembered, and nothing is sent before it is.

Without this a full disk would make a flood: a letter that went out and could not be noted would go out again every second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from storage.connection import Database, Effect
from storage.errors import DatabaseBusy, DatabaseFull, StorageError

log = logging.getLogger(__name__)

TRIES = 3


@dataclass(slots=True, eq=False)
class Note:
    """What is to be written of a letter, and what follows in memory with the results; ``least``: what must be written in any case."""

    effects: list[Effect]
    then: Callable[[list[object]], None]
    least: list[Effect]
    tries: int = 0


class Notes:
    """One channel's notes. Concurrent ones share a commit."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._unwritten: list[Note] = []

    async def write(self, note: Note) -> None:
        """Write it, or remember it. Its chat stays busy meanwhile."""
        try:
            results = await self._database.write(note.effects)
        except StorageError as error:
            log.error("What became of a letter cannot be noted yet: %s", type(error).__name__, extra={"channel": self._channel})
            self._unwritten.append(note)
            return
        note.then(results)

    async def catch_up(self) -> bool:
        """Write what could not be written before. False: it still cannot, and nothing may be sent."""
        while self._unwritten:
            note = self._unwritten[0]
            try:
                results = await self._database.write(note.effects)
            except (DatabaseFull, DatabaseBusy):
                return False
            except StorageError:
                note.tries += 1
                if note.tries >= TRIES:
                    note.effects = note.least       # a defect in what follows must not stop the channel
                return False
            if note in self._unwritten:
                self._unwritten.remove(note)
                note.then(results)
        return True
