"""The backup of the day: made by the running bot once the night's hour has passed, in a thread, beside everything else.

Due once a local day, from two in the morning (or at the first tick after a longer stop). One that failed is tried again each hour; what
happened stands in the database (`storage.backup.last`, `storage.backup.failure`), where the doctor and the alerts read it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

from bot.clock import Clock
from storage import backup, rotation
from storage.backup import Note
from storage.connection import Database, Snapshot, effect
from storage.errors import StorageError
from storage.rotation import Keep

log = logging.getLogger(__name__)

HOUR = 2
AGAIN_SECONDS = 3_600


def due(read: Snapshot, now: int, zone: ZoneInfo, folder: Path) -> bool:
    """Whether the backup of this day is still to be made. One in another folder (by hand) is none of the bot's own."""
    local = datetime.fromtimestamp(now, zone)
    made, failed = backup.last(read), backup.failure(read)
    if failed is not None and 0 <= now - failed.at < AGAIN_SECONDS:
        return False
    if made is None or Path(made.path).parent != folder.absolute():
        return True
    return local.hour >= HOUR and datetime.fromtimestamp(made.at, zone).date() != local.date()


class DailyBackup:
    """Dated backups of one database in one folder. `tick` it; `stop` it in the end."""

    def __init__(self, database: Database, folder: Path, clock: Clock, zone: ZoneInfo, keep: Keep | None = None) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._zone = zone
        self._keep = keep or Keep()
        self._ending = Event()
        self._running: asyncio.Task[None] | None = None

    async def tick(self) -> None:
        """Begin the backup of the day when it is due and none is under way; returns at once."""
        now = self._clock.now()
        busy = self._running is not None and not self._running.done()
        if busy or not await self._database.read(lambda read: due(read, now, self._zone, self._folder)):
            return
        self._running = asyncio.create_task(self._make(now), name="backup")

    async def finish(self) -> None:
        """Wait for one that is under way."""
        if self._running is not None:
            await self._running

    async def stop(self) -> None:
        """Give up one that is under way; nothing is left of it."""
        self._ending.set()
        await self.finish()

    async def _make(self, now: int) -> None:
        database, folder = self._database, self._folder
        try:
            made = await asyncio.to_thread(rotation.into_folder, database.path, folder, now, self._zone, self._keep, self._ending)
            noted = Note(now, str(made.path.absolute()), missing=len(made.manifest.missing))
        except backup.Stopped:
            return
        except StorageError as error:
            log.error("The backup of the day failed: %s", type(error).__name__)
            noted = Note(now, str(folder.absolute()), reason=str(error) or type(error).__name__)
        try:
            await database.write((effect(backup.note, noted),))
        except StorageError:
            log.exception("That a backup was made or failed could not be noted")
