"""Turns: an update is decided on a snapshot, and everything it changes is committed at once.

Turns of one address run strictly one after another; different ones run side by side. An update whose turn it is at once is stored in the
same commit (`bot.arrivals`); any other is stored first and decided in its lane, as is what a restart finds waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from bot import understood
from bot.arrivals import Arrival, Arrivals, Decided
from bot.channels.base import Channel, FileTooLarge, HandsOutOnce, Inbound, Part, SendError, account_of
from bot.clock import Clock
from bot.counters import Counters
from bot.keeping import LARGEST_FILE, keep
from bot.language import Language
from bot.screening import only_the_fact, screen
from handlers.kit.message import m
from handlers.kit.reply import say
from handlers.kit.turn import Input, Other, Place, Sent, Turn
from handlers.kit.wire import queue_effects
from handlers.rules.deadline import local_day
from storage import inbox, people
from storage.connection import Database, Effect, Snapshot, effect
from storage.errors import Conflict, DatabaseBusy, DatabaseFull, StorageError
from storage.outbox import Letter

log = logging.getLogger(__name__)

MOST_TRIES = 8
"""How often a turn is decided again because somebody wrote in between; more means a defect, not a busy hour."""

NOT_STORED = m(
    "The system cannot write at the moment, so nothing was recorded yet. The message is taken up as soon as it can be;"
    " there is no need to send it again."
)
"""True of both cases: a stored update is taken up by `Turns.retry`, one that was not stored is not acknowledged and comes again."""

TELL_AGAIN_SECONDS = 600
FAILED = m("Something went wrong and nothing was recorded. Please try again.")


class Decides(Protocol):
    """The dispatcher, as far as turns need it."""

    def decide(self, turn: Turn) -> tuple[Effect, ...]: ...


@dataclass(frozen=True, slots=True)
class _Update:
    id: int
    channel: str
    deciding: Awaitable[Decided] | None = None


@dataclass(frozen=True, slots=True)
class Minting:
    """Where new ids, joining codes and the secrets of links come from."""

    opaque: Callable[[], str]
    code: Callable[[], str]
    secret: Callable[[], str]


class Turns:
    """Takes updates from channels and turns them into committed effects."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Clock,
        zone: ZoneInfo,
        dispatcher: Decides,
        languages: Mapping[str, Language],
        default_language: str,
        minting: Minting,
        facts: Mapping[str, str],
        committed: Callable[[Sequence[Letter]], None],
        counters: Counters | None = None,
        beside: Callable[[str, str], None] = lambda channel, address: None,
    ) -> None:
        self._beside = beside
        self._database = database
        self._channels = channels
        self._accounts = {name: account_of(each) for name, each in channels.items()}
        self._once = {name for name, each in channels.items() if isinstance(each, HandsOutOnce) and each.hands_out_once}
        self._clock = clock
        self._zone = zone
        self._dispatcher = dispatcher
        self._languages = languages
        self._default_language = default_language
        self._minting = minting
        self._facts = facts
        self._committed = committed
        self._counters = counters or Counters()
        self._arrivals = Arrivals(database, clock, self, self._counters.now)
        self._lanes: dict[str, deque[tuple[_Update, Inbound]]] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._unfinished: list[tuple[_Update, Inbound]] = []
        self._told: dict[str, float] = {}

    async def resume(self) -> None:
        """Take up what was stored but not decided when the program ended."""
        after = 0
        while rows := await self._database.read(lambda read, after=after: inbox.waiting(read, after)):  # type: ignore[misc]
            for row in rows:
                if row.channel in self._channels:
                    await self._schedule(_Update(row.id, row.channel), row.payload)
            after = rows[-1].id

    def receive(self, channel: str, key: str, payload: str) -> asyncio.Future[None]:
        """Take an update. What is returned ends once it is committed, with a StorageError when it could not be: then it must not be
        acknowledged.
        """
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            inbound = self._channels[channel].parse(payload)
        except Exception:
            log.exception("An update could not be understood", extra={"channel": channel})
            inbound = None
        if inbound is None:
            self._work(self._note_only(channel, key, committed))
            return committed
        kept = _screened(inbound)
        if kept is not inbound:
            self._counters.update(channel, "screened")
        alone = kept.file is not None or channel in self._once
        self._arrivals.take(Arrival(channel, key, kept, _lane(channel, kept), alone, committed, self._accounts[channel]))
        return committed

    async def _note_only(self, channel: str, key: str, committed: asyncio.Future[None]) -> None:
        """It says nothing to us: that it came is all that is kept."""
        try:
            await self._database.write((effect(inbox.store_done, channel, key, self._clock.now(), self._accounts[channel]),))
            self._counters.update(channel, "ignored")
        except Conflict:
            self._counters.update(channel, "duplicate")
        except StorageError as error:
            self._counters.update(channel, "not_stored")
            if not committed.done():
                committed.set_exception(error)
        if not committed.done():
            committed.set_result(None)

    # What arrivals ask -----------------------------------------------------------------------------------------------------------

    def busy(self, lane: str) -> bool:
        return lane in self._lanes or bool(self._unfinished)

    def decided(self, read: Snapshot, arrival: Arrival, now: int) -> tuple[Effect, ...]:
        return self._decide(read, arrival.channel, arrival.inbound, arrival.inbound.input or Other("unsupported"), now)

    def done(self, arrival: Arrival, outcome: Sequence[object], seconds: float) -> None:
        self._counters.update(arrival.channel, "done")
        self._counters.turn_seconds.add(seconds)
        if arrival.inbound.ack:
            self._work(self._channels[arrival.channel].acknowledge(arrival.inbound))
        self._committed(_letters(outcome))

    def stored(self, arrival: Arrival, number: object, deciding: Awaitable[Decided] | None) -> None:
        if not isinstance(number, int):
            self._counters.update(arrival.channel, "duplicate")
            return
        self._line_up(_Update(number, arrival.channel, deciding), arrival.inbound)

    async def not_stored(self, arrival: Arrival) -> None:
        self._counters.update(arrival.channel, "not_stored")
        await self._say_not_stored(arrival.channel, arrival.inbound)

    async def retry(self) -> None:
        """Take up again, in their order, the turns that could not be committed."""
        unfinished, self._unfinished = self._unfinished, []
        for update, inbound in unfinished:
            self._line_up(update, inbound)

    async def settle(self) -> None:
        """Wait until every stored update has been decided."""
        while under_way := self.under_way:
            await asyncio.gather(*under_way, return_exceptions=True)

    @property
    def under_way(self) -> set[asyncio.Task[None]]:
        """What still works on updates."""
        return {*self._working, *self._arrivals.under_way}

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="turns")
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _schedule(self, update: _Update, payload: str) -> None:
        inbound = self._understood(update, payload)
        if inbound is None:
            self._counters.update(update.channel, "ignored")
            await self._database.write((effect(inbox.finish, update.id, self._clock.now()),))
            return
        self._line_up(update, inbound)

    def _line_up(self, update: _Update, inbound: Inbound) -> None:
        lane = _lane(update.channel, inbound)
        if lane in self._lanes:
            self._lanes[lane].append((update, inbound))
            return
        # What could not be committed before comes first: an answer must not overtake the one before it.
        earlier = [each for each in self._unfinished if each[0].id < update.id and _lane(each[0].channel, each[1]) == lane]
        self._unfinished = [each for each in self._unfinished if each not in earlier]
        self._lanes[lane] = deque([*earlier, (update, inbound)])
        self._work(self._run_lane(lane))

    def _understood(self, update: _Update, payload: str) -> Inbound | None:
        try:
            return understood.read(payload) or self._channels[update.channel].parse(payload)
        except Exception:
            log.exception("An update could not be understood and is set aside", extra=_facts(update))
            return None

    async def _run_lane(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            update, inbound = waiting.popleft()
            if not await self._take(update, inbound):
                self._unfinished += [(update, inbound), *waiting]
                break
        del self._lanes[lane]

    async def _take(self, update: _Update, inbound: Inbound) -> bool:
        """Decide and commit a turn. False when the database cannot be written: it and those behind it wait for `retry`."""
        await self._channels[update.channel].acknowledge(inbound)
        began = self._counters.now()
        try:
            given, before = await self._input(update.channel, inbound)
            outcome = await self._decide_and_commit(update, inbound, given, before)
            self._counters.update(update.channel, "done")
            self._counters.turn_seconds.add(self._counters.now() - began)
        except (DatabaseFull, DatabaseBusy):
            log.exception("A turn could not be committed; it is taken up again", extra=_facts(update))
            await self._say_not_stored(update.channel, inbound)
            return False
        except Exception:
            self._counters.update(update.channel, "failed")
            log.exception("A turn failed", extra=_facts(update))
            outcome = await self._give_up(update, inbound)
        self._committed(_letters(outcome))
        return True

    async def _decide_and_commit(self, update: _Update, inbound: Inbound, given: Input, before: tuple[Effect, ...]) -> list[object]:
        deciding = update.deciding
        for _ in range(MOST_TRIES):
            now = self._clock.now()
            if deciding is None:
                effects = await self._database.read_together(lambda read: self._decide(read, update.channel, inbound, given, now))  # noqa: B023
            else:
                found, deciding = await deciding, None
                if isinstance(found, Exception):
                    raise found
                effects = found
            try:
                return await self._database.write((effect(inbox.finish, update.id, now), *before, *effects))
            except Conflict:
                log.info("A turn is decided again", extra=_facts(update))
        raise StorageError(f"update {update.id} met a conflict {MOST_TRIES} times")

    def _decide(self, read: Snapshot, channel: str, inbound: Inbound, given: Input, now: int) -> tuple[Effect, ...]:
        today = local_day(now, self._zone).isoformat()
        who, posts = people.writing(read, channel, inbound.sender or inbound.address, today)
        language = who.language if who is not None else self._default_language
        can = self._channels[channel].capabilities
        pictures = can.pictures or (can.photo_by_url and inbound.kind == "private" and "public_url" in self._facts)
        turn = Turn(
            read=read,
            now=now,
            zone=self._zone,
            who=who,
            posts=posts,
            place=Place(channel, inbound.address, inbound.kind, inbound.thread, inbound.message_id, can.files, pictures),
            input=given,
            language=language if language in self._languages else self._default_language,
            mint=self._minting.opaque,
            mint_code=self._minting.code,
            mint_secret=self._minting.secret,
            display_name=inbound.display_name,
            facts=self._facts,
        )
        return self._dispatcher.decide(turn)

    async def _input(self, channel: str, inbound: Inbound) -> tuple[Input, tuple[Effect, ...]]:
        """What was said; a file is fetched, written and synced before the row that names it."""
        if inbound.file is None:
            return inbound.input or Other("unsupported"), ()
        file = inbound.file
        sent = Sent("", file.media_type, file.name, file.size, file.caption)
        try:
            if file.size > LARGEST_FILE:
                raise FileTooLarge(file.name)
            content = await self._channels[channel].fetch(file)
        except FileTooLarge:
            return _problem(sent, "too_large"), ()
        except SendError:
            log.warning("A file could not be fetched", extra={"channel": channel})
            return _problem(sent, "unavailable"), ()
        return await keep(self._database, file.name, file.media_type, content, self._clock.now(), file.caption)

    async def _give_up(self, update: _Update, inbound: Inbound) -> list[object]:
        """A defect: the update is set aside so that it does not come back, and its sender is told."""
        now = self._clock.now()
        letter = queue_effects(
            say(FAILED), channel=update.channel, address=inbound.address, language=self._default_language, now=now,
            mint=self._minting.opaque, thread=inbound.thread,
        )  # fmt: skip
        try:
            return await self._database.write((effect(inbox.finish, update.id, now, "failed"), *letter))
        except StorageError:
            log.exception("An update could not be set aside; it waits for the next start", extra=_facts(update))
            await self._say_not_stored(update.channel, inbound)
            return []

    async def _say_not_stored(self, channel: str, inbound: Inbound) -> None:
        """The database cannot be written, so the outbox cannot either: say it directly, as well as it goes, not at every try."""
        lane, now = _lane(channel, inbound), self._counters.now()
        if lane in self._told and now - self._told[lane] < TELL_AGAIN_SECONDS:
            return
        self._told[lane] = now
        text = self._languages[self._default_language].text(NOT_STORED)
        try:
            await self._channels[channel].send(inbound.address, inbound.thread, Part("text", text), None, None)
            self._beside(channel, inbound.address)
        except SendError:
            log.warning("Somebody could not be told that nothing was recorded", extra={"channel": channel})


def _letters(outcome: Sequence[object]) -> list[Letter]:
    """Those that a turn has queued."""
    return [each for each in outcome if isinstance(each, Letter)]


def _facts(update: _Update) -> dict[str, object]:
    """What a line of the log says of an update: its number in the inbox and its channel, nothing of its content."""
    return {"update": update.id, "channel": update.channel}


def _lane(channel: str, inbound: Inbound) -> str:
    """Turns of one lane run strictly one after another."""
    return f"{channel}:{inbound.address}"


def _screened(inbound: Inbound) -> Inbound:
    """The update as it may be kept. What cannot be screened might be what must not be kept."""
    try:
        return screen(inbound)
    except Exception:
        log.exception("An update could not be screened; only the fact is kept")
        return only_the_fact(inbound)


def _problem(sent: Sent, problem: Literal["too_large", "unavailable"]) -> Sent:
    return replace(sent, problem=problem)
