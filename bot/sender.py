"""The sender: takes what is due from the outbox and hands it to a channel, and notes what became of it.

Two lanes that do not wait for each other: a reply overtakes every broadcast. Letters to one address leave one at a time and in order,
those to different ones side by side. What waits is followed in memory by row id: a commit wakes the lanes, which read only what is new,
a page at a time, so that a backlog costs no more reads than it has letters. Before a letter of a broadcast leaves, one read asks of all
that are next whether they still stand and are still wanted. `bot.sending` holds the pieces.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from bot.channels.base import Channel
from bot.clock import Clock
from bot.language import Language
from bot.pacing import Lane, Paced, Pacer
from bot.sending.delivery import Delivery, Paint
from bot.sending.desk import Desk
from bot.sending.lane import LOOK_SECONDS, LetterLane
from bot.sending.links import Links
from bot.sending.notes import Notes
from bot.sending.outcome import Outcomes
from bot.sending.progress import Progress
from bot.sending.ration import Ration
from bot.sending.waiting import Entry
from handlers.kit.wire import decode
from storage import outbox
from storage.connection import Database, Snapshot, effect
from storage.errors import StorageError
from storage.outbox import Letter

log = logging.getLogger(__name__)

FINISH_SECONDS = 8.0

StillWanted = Callable[[Snapshot, str, str | None, int], bool]
"""``still_wanted(read, subject, person_id, now)``, asked before a letter with a subject leaves."""


class Sender:
    """Sends one channel's letters. `run` keeps doing so, `finish` ends it; `drain` sends all that is due now.

    ``channels``: the names of all that run, to which a refused reminder may go; ``moved`` is called with the name of one that was given
    letters. ``counts`` holds what became of attempts: sent, repeated, moved, blocked, failed, dropped, rate_limited, unknown,
    unreachable, exhausted, held, not_noted. ``links``: makes the addresses under which files are had on a channel that takes none;
    ``ration``: of a channel with a monthly budget; ``paint``: draws charts (without it their words are sent).
    """

    def __init__(
        self,
        database: Database,
        channel: Channel,
        clock: Clock,
        languages: Mapping[str, Language],
        still_wanted: StillWanted,
        *,
        channels: Collection[str] = (),
        moved: Callable[[str], None] = lambda channel: None,
        links: Links | None = None,
        ration: Ration | None = None,
        paint: Paint | None = None,
    ) -> None:
        self.pacer = channel.pacer if isinstance(channel, Paced) else Pacer(channel.capabilities.pace)
        self._database = database
        self._channel = channel.name
        self._clock = clock
        self._still_wanted = still_wanted
        self._delivery = Delivery(
            database, channel, languages, self.pacer, links or Links({}, str, clock), clock.now, ration, paint
        )
        self._desk = Desk(database, channel.name, self.pacer)
        self._ration = ration
        self._outcomes = Outcomes(channel.name, clock, self._desk, self._delivery, tuple(channels) or (channel.name,), moved, ration)
        self._notes = Notes(database, channel.name)
        self._flying: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()
        self._drained = 0

    # From outside -------------------------------------------------------------------------------------------------------------

    @property
    def counts(self) -> Counter[str]:
        return self._outcomes.counts

    @property
    def waiting(self) -> dict[Lane, int]:
        """Letters in memory that wait or are under way, by lane; a long backlog is followed a page at a time."""
        return {name: len(lane.waiting) for name, lane in self._desk.lanes.items()}

    @property
    def under_way(self) -> int:
        return len(self._flying)

    @property
    def down(self) -> bool:
        """Whether the platform answers nobody at the moment."""
        return self._desk.platform.down

    def wake(self) -> None:
        """Something was queued."""
        self._desk.wake()

    def take(self, letter: Letter) -> None:
        """This letter was queued, and it is known what it says: an answer need not be read again."""
        if letter.lane == "reply" and not _conditional(letter):
            self._desk.lanes["reply"].take(letter, self._clock.now())
        else:
            self.wake()

    def look_again(self) -> None:
        """Letters came in another way than by being queued (from another channel)."""
        self._desk.look_again()

    def expect_reply(self) -> None:
        """Somebody has written: broadcasts leave room for the answer."""
        self.pacer.expect()

    async def run(self) -> None:
        """Send until cancelled or finished."""
        await asyncio.gather(*(self._run(lane) for lane in self._desk.lanes.values()))

    @property
    def stirred(self) -> bool:
        """Whether there may be something to send that the last `drain` did not see."""
        return self._desk.stirs != self._drained

    async def drain(self) -> None:
        """Send everything that is due now: when it returns nothing is under way, and nothing was ready in either lane."""
        self.look_again()
        while not self._ending.is_set():
            seen = self._desk.stirs
            pauses = [pause for lane in self._desk.lanes.values() if (pause := await self._pump(lane)) is not None]
            if self._desk.stirs != seen:
                continue        # a letter has landed, or come in, while the other lane was looked through
            if self._flying:
                await asyncio.wait(self._flying, timeout=min(pauses, default=None), return_when=asyncio.FIRST_COMPLETED)
            elif pauses:
                await asyncio.sleep(min(pauses))
            else:
                break
        self._drained = self._desk.stirs

    async def finish(self, seconds: float = FINISH_SECONDS) -> None:
        """Start nothing more; let what is under way end and note it. What takes longer than ``seconds`` is noted as unknown."""
        self._ending.set()
        for lane in self._desk.lanes.values():
            lane.woken.set()
        if self._flying:
            _, late = await asyncio.wait(self._flying, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._notes.catch_up()

    # One lane -----------------------------------------------------------------------------------------------------------------

    async def _run(self, lane: LetterLane) -> None:
        while not self._ending.is_set():
            lane.woken.clear()
            pause: float | None = None
            try:
                pause = await self._pump(lane)
            except Exception:
                log.exception("Sending failed; it goes on", extra={"channel": self._channel})
            try:
                async with asyncio.timeout(LOOK_SECONDS if pause is None else min(pause, LOOK_SECONDS)):
                    await lane.woken.wait()     # not wait_for: before Python 3.12 it can swallow being cancelled
            except TimeoutError:
                continue

    async def _pump(self, lane: LetterLane) -> float | None:
        """Start what may start now. Returns in how many seconds there may be more; None: when something happens."""
        async with lane.lock:
            while not self._ending.is_set():
                if not await self._notes.catch_up():
                    return None
                now = self._clock.now()
                await self._desk.look(lane, now)
                pause = self._desk.pause(lane)
                if pause > 0 and lane.waiting.ready:
                    return pause
                entries = self._desk.take(lane, now)
                if not entries:
                    return self._desk.chats.rest()
                for entry, letter in await self._with_room(lane, await self._standing(lane, entries)):
                    left = await self.pacer.admit(lane.name, entry.address)
                    if self._ending.is_set():        # `finish` has looked already at what is under way, and would not wait for this one
                        self._desk.put_back(lane, entry)
                    else:
                        self._start(lane, entry, letter, left)
            return None

    async def _standing(self, lane: LetterLane, entries: list[Entry]) -> list[tuple[Entry, Letter]]:
        """Those that still wait here, in time and wanted, with their content; the others are settled or leave the memory."""
        loaded = [(entry, entry.letter) for entry in entries if entry.letter is not None and not _conditional(entry.letter)]
        if len(loaded) == len(entries):
            return loaded
        now = self._clock.now()

        def ask(read: Snapshot) -> dict[int, tuple[Letter, str | None]]:
            found = outbox.letters(read, self._channel, [entry.id for entry in entries])
            return {letter.id: (letter, self._why_not(read, letter, now)) for letter in found.values()}

        try:
            found = await self._database.read(ask)
            dropped = [effect(outbox.settle, letter.id, "dropped", None, now, why) for letter, why in found.values() if why is not None]
            if dropped:
                await self._database.write(dropped)
        except StorageError:
            for entry in entries:
                self._desk.put_back(lane, entry)
            raise
        self.counts["dropped"] += len(dropped)
        standing = []
        for entry in entries:
            letter, why = found.get(entry.id, (None, None))
            if letter is None or why is not None:
                self._desk.settle(lane, entry)
            elif letter.address != entry.address:
                self._desk.put_back(lane, entry, letter.address)
            else:
                standing.append((entry, letter))
        return standing

    async def _with_room(self, lane: LetterLane, standing: list[tuple[Entry, Letter]]) -> list[tuple[Entry, Letter]]:
        """Those for which the channel's month has room; the others go to another channel of their person, or wait."""
        asked = {letter.id for _, letter in standing if letter.parts is None or not Progress.load(letter.parts).begun}
        if self._ration is None or lane.name == "reply" or not asked:
            return standing
        leaving = (lane.taken - asked) | self._desk.lanes["reply"].waiting.ids      # replies that wait leave before it too
        try:
            found = await self._ration.sift(self._database, asked, lane.taken, leaving)
        except StorageError:
            for entry, _ in standing:
                self._desk.put_back(lane, entry)
            raise
        for entry, letter in standing:
            if letter.id in found.held:
                self._desk.hold_back(lane, entry, self._ration.look_again_at(), self._clock.now())
            elif letter.id in found.moved:
                self._desk.settle(lane, entry)
        self.counts["held"] += len(found.held)
        self._outcomes.gave(set(found.channels))
        return [(entry, letter) for entry, letter in standing if letter.id not in found.held | found.moved]

    def _why_not(self, read: Snapshot, letter: Letter, now: int) -> str | None:
        """Why a letter shall not leave any more; None: it shall."""
        if letter.parts is not None and Progress.load(letter.parts).begun:
            return None         # half of it has arrived: the other half belongs to it
        if letter.expires_at is not None and letter.expires_at <= now:
            return "expired"
        try:
            wanted = letter.subject is None or self._still_wanted(read, letter.subject, letter.person_id, now)
        except Exception:
            log.exception("It could not be asked whether a letter is still wanted", extra={"letter": letter.id})
            wanted = True
        return None if wanted else "no longer wanted"

    # One letter ---------------------------------------------------------------------------------------------------------------

    def _start(self, lane: LetterLane, entry: Entry, letter: Letter, left: float) -> None:
        lane.flying += 1
        task = asyncio.create_task(self._deliver(lane, entry, letter, left), name=f"letter {letter.id}")
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)

    async def _deliver(self, lane: LetterLane, entry: Entry, letter: Letter, left: float) -> None:
        progress: Progress | None = None
        try:
            progress = self._delivery.kept(letter)
            reply = decode(letter.reply)
            progress = await self._delivery.progress(letter, reply, progress)
            await self._delivery.send(letter, progress, lane.name, left)
            note = self._outcomes.sent(lane, entry, letter, progress, once=reply.once)
        except asyncio.CancelledError:
            if progress is not None:
                await self._notes.write(self._outcomes.interrupted(letter, progress))
            raise
        except Exception as error:
            if isinstance(error, StorageError) and progress is not None:
                note = self._outcomes.not_noted(lane, entry, letter, progress)
            else:
                note = self._outcomes.not_sent(lane, entry, letter, progress, error)
        finally:
            lane.flying -= 1
        await self._notes.write(note)


def _conditional(letter: Letter) -> bool:
    """Whether something must be asked before it leaves."""
    return letter.subject is not None or letter.expires_at is not None
