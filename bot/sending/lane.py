"""One of a channel's two lanes: its letters in memory, followed in the table by row id, a page at a time."""

from __future__ import annotations

import asyncio

from bot.pacing import Lane, Pacer
from bot.sending.chats import Chats
from bot.sending.waiting import Entry, Waiting
from storage import outbox
from storage.connection import Database, Snapshot
from storage.errors import StorageError
from storage.outbox import Letter

AT_ONCE: dict[Lane, int] = {"reply": 256, "broadcast": 24}
"""Letters under way; a broadcast must leave connections to the replies when the platform is slow."""

PAGE: dict[Lane, int] = {"reply": 100, "broadcast": 200}
ENOUGH_READY = 64
LONGEST_HOLD_SECONDS = 3600
"""No pause that was noted before a stop is longer; what seems so is of a clock that was ahead."""

LOOK_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 600.0
"""How often it reads from the beginning, though every letter is found by its id: a promise needs no luck."""


class LetterLane:
    """Its letters, those under way, and how far the table was read.

    ``woken`` is set when there may be something to do; ``stirs`` counts how often, for who cannot wait on a flag that another clears.
    """

    def __init__(self, database: Database, channel: str, name: Lane, pacer: Pacer, chats: Chats) -> None:
        self.name: Lane = name
        self.waiting = Waiting()
        self.flying = 0
        self.taken: set[int] = set()
        self.woken = asyncio.Event()
        self.stirs = 0
        self.lock = asyncio.Lock()
        self._database = database
        self._channel = channel
        self._pacer = pacer
        self._chats = chats
        self._cursor = 0
        self._round = 0
        self._unread = True
        self._reading = False
        self._looked_at = self._looked_again_at = pacer.now()
        self._gone: set[int] = set()

    @property
    def places(self) -> int:
        """How many more letters may be under way."""
        return AT_ONCE[self.name] - self.flying

    def stir(self) -> None:
        """There may be something to do."""
        self.stirs += 1
        self.woken.set()

    def wake(self) -> None:
        """Something was queued."""
        self._unread = True
        self.stir()

    def take(self, letter: Letter, now: int) -> None:
        """A letter that was just queued. Where there may be earlier ones that were not read yet, it is read with them."""
        if self._unread or self._reading or letter.id in self.waiting:
            self.wake()
            return
        self.waiting.add(Entry(letter.id, letter.address, letter), letter.not_before, now)
        self.stir()

    def look_again(self) -> None:
        """Read from the beginning: letters came in another way than by being queued."""
        self._cursor = 0
        self._round += 1
        self.wake()

    def forget(self, entry: Entry) -> None:
        """Settled, or not ours any more."""
        self.waiting.forget(entry)
        self.taken.discard(entry.id)
        self._gone.add(entry.id)

    async def look(self, now: int) -> None:
        """Take up what has become due, and read what is new until there is enough to do."""
        monotonic = self._pacer.now()
        self.waiting.come_due(now)
        if monotonic - self._looked_again_at >= LOOK_AGAIN_SECONDS:
            self._looked_again_at = monotonic
            self.look_again()
        if monotonic - self._looked_at >= LOOK_SECONDS:
            self._unread = True
        while self._unread and self.waiting.ready < ENOUGH_READY:
            self._looked_at = monotonic
            await self._read_page(now)

    async def _read_page(self, now: int) -> None:
        """Replies are read with their content; a broadcast's when its turn comes, and what was tried before too."""
        size, after, this_round = PAGE[self.name], self._cursor, self._round

        def page(read: Snapshot) -> tuple[tuple[outbox.Queued, ...], dict[int, Letter]]:
            rows = outbox.waiting(read, self._channel, self.name, now, after, size)
            fresh = [row.id for row in rows if self.name == "reply" and not row.held]
            return rows, outbox.letters(read, self._channel, fresh) if fresh else {}

        # What is settled while the read is under way still waits in its snapshot: it must not come back.
        self._gone.clear()
        self._unread, self._reading = False, True
        try:
            rows, letters = await self._database.read(page)
        except StorageError:
            self._unread = True
            raise
        finally:
            self._reading = False
        if self._round == this_round and rows:
            self._cursor = rows[-1].id
        self._unread |= len(rows) == size
        for row in rows:
            if row.id not in self.waiting and row.id not in self._gone:
                self._add(row, letters.get(row.id), now)

    def _add(self, row: outbox.Queued, letter: Letter | None, now: int) -> None:
        due = row.due
        if row.held and due > now:      # a failed attempt before the last stop: what comes after it waits as well
            self._chats.hold(row.address, min(due, now + LONGEST_HOLD_SECONDS), silent=False)
            due = now
        self.waiting.add(Entry(row.id, row.address, letter), due, now)
