"""What an attempt means: for the letter, for its chat and person, for the channel. Everything becomes a `Note` to be written."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Collection

from bot.channels.base import Blocked, Exhausted, Migrated, OutcomeUnknown, RateLimited, Unreachable
from bot.clock import Clock
from bot.sending.delivery import Delivery
from bot.sending.desk import Desk
from bot.sending.lane import LetterLane
from bot.sending.notes import Note
from bot.sending.progress import Progress
from bot.sending.ration import Ration
from bot.sending.verdict import Again, verdict
from bot.sending.waiting import Entry
from storage import outbox, people
from storage.connection import Effect, effect
from storage.outbox import Letter

log = logging.getLogger(__name__)

QUOTA_HOLD_SECONDS = 3600
MOST_MOVES = 5
WHOLE_BOT_CHATS = 3
"""So many chats told to wait within a second: the platform means the whole bot."""


class Outcomes:
    """One channel's. ``channels``: the names of all that run; ``moved`` is called with the name of one that was given letters."""

    def __init__(
        self, channel: str, clock: Clock, desk: Desk, delivery: Delivery, channels: Collection[str], moved: Callable[[str], None],
        ration: Ration | None = None,
    ) -> None:  # fmt: skip
        self.counts: Counter[str] = Counter()
        self._channel = channel
        self._clock = clock
        self._desk = desk
        self._delivery = delivery
        self._channels = tuple(channels)
        self._moved = moved
        self._ration = ration
        self._waits: deque[tuple[float, str]] = deque(maxlen=WHOLE_BOT_CHATS)

    def sent(self, lane: LetterLane, entry: Entry, letter: Letter, progress: Progress, *, once: bool) -> Note:
        """All parts have arrived. ``once``: it held a secret and is blanked."""
        self.counts["sent"] += 1
        self.counts["repeated"] += progress.unknown > 0
        self._answered()
        settled = effect(outbox.settle, letter.id, "sent", progress.receipt(), self._clock.now(), None)
        effects = [settled, *self._counted(letter, progress.uncounted), effect(people.mark_reached, self._channel, letter.address)]
        if once:
            effects.append(effect(outbox.forget, letter.id))
        return Note(effects, lambda results: self._desk.settle(lane, entry), [settled])

    def _counted(self, letter: Letter, messages: int, *, taken: bool = True) -> list[Effect]:
        """The messages in the month of a channel that has a budget."""
        return [] if self._ration is None else self._ration.count(letter, messages, taken=taken)

    def not_noted(self, lane: LetterLane, entry: Entry, letter: Letter, progress: Progress) -> Note:
        """A part has arrived, and that could not be written down: the rest waits until it is."""
        return self._later(lane, entry, letter, progress, Again(1, attempt=False, why="not noted", counted="not_noted"))

    def interrupted(self, letter: Letter, progress: Progress) -> Note:
        """The stop could not wait for the answer: after the next start it is sent as one that may come a second time."""
        left = progress.uncounted + 1
        progress = self._delivery.marked(letter, progress)
        noted = effect(outbox.postpone, letter.id, progress.dump(), self._clock.now(), "stopped", attempt=True)
        return Note([noted, *self._counted(letter, left, taken=False)], lambda results: None, [noted])

    def not_sent(self, lane: LetterLane, entry: Entry, letter: Letter, progress: Progress | None, error: Exception) -> Note:
        """The attempt ended with ``error``. ``progress`` None: it could not even be rendered."""
        now = self._clock.now()
        self._heard(letter, error, now)
        if isinstance(error, Blocked):
            return self._blocked(lane, entry, letter, now)
        if isinstance(error, Migrated) and error.to != letter.address and entry.moves < MOST_MOVES:
            return self._migrated(lane, entry, letter, error.to)
        if isinstance(error, Exhausted) and lane.name == "broadcast":
            return self._exhausted(lane, entry)
        if isinstance(error, RateLimited):
            self._slow_down(letter.address, error.retry_after)
        if isinstance(error, OutcomeUnknown) and progress is not None:
            left = progress.uncounted + 1
            progress = self._delivery.marked(letter, progress)
            progress.uncounted = left
            entry.answers = self._desk.platform.answers if entry.answers is None else entry.answers
        others = entry.answers is not None and self._desk.platform.answers > entry.answers
        judged = verdict(error, letter, 0 if progress is None else progress.unknown, now, others_answered=others)
        if isinstance(judged, Again) and progress is not None:
            log.info("A letter is sent later (%s)", judged.why, extra={"channel": self._channel, "letter": letter.id})
            return self._later(lane, entry, letter, progress, judged)
        return self._aside(lane, entry, letter, progress, judged.why, error)

    def _heard(self, letter: Letter, error: Exception, now: int) -> None:
        """What the error says of the platform."""
        match error:
            case OutcomeUnknown() | Unreachable():
                if self._desk.platform.failed(letter.address, now):
                    log.warning("The platform does not answer; one letter at a time tries", extra={"channel": self._channel})
            case Blocked() | Migrated() | RateLimited() | Exhausted():
                self._answered()

    def _answered(self) -> None:
        if self._desk.answered():
            log.warning("The platform answers again", extra={"channel": self._channel})

    def _later(self, lane: LetterLane, entry: Entry, letter: Letter, progress: Progress, again: Again) -> Note:
        self.counts[again.counted] += 1
        until = self._clock.now() + again.pause
        if again.counted == "exhausted" and self._ration is not None:
            until = min(until, self._ration.turns_at())
        self._desk.chats.hold(letter.address, until, silent=again.attempt)
        noted = effect(outbox.postpone, letter.id, progress.dump(), until, again.why, attempt=again.attempt)
        counted = self._counted(letter, progress.uncounted, taken=again.counted != "unknown")
        refused = [self._ration.refused()] if again.counted == "exhausted" and self._ration is not None else []
        return Note([noted, *counted, *refused], lambda results: self._desk.put_back(lane, entry), [noted])

    def _aside(
        self, lane: LetterLane, entry: Entry, letter: Letter, progress: Progress | None, why: str, error: Exception
    ) -> Note:
        """It will not be sent; `handlers.schedule.alerts` tells the organisers."""
        facts = {"channel": self._channel, "letter": letter.id}
        if why == "defect":
            log.error("A letter is set aside: a defect", exc_info=error, extra=facts)
        else:
            log.error("A letter is set aside: %s", why, extra=facts)
        self.counts["failed"] += 1
        told = f"{why}: {type(error).__name__ if why == 'defect' else error}"
        settled = effect(outbox.settle, letter.id, "failed", None if progress is None else progress.dump(), self._clock.now(), told)
        counted = [] if progress is None else self._counted(letter, progress.uncounted, taken=False)
        return Note([settled, *counted], lambda results: self._desk.settle(lane, entry), [settled])

    def _blocked(self, lane: LetterLane, entry: Entry, letter: Letter, now: int) -> Note:
        """The address is marked. Reminders that wait for it go to another one of the same person, never a reply."""
        log.warning("An address refuses our messages", extra={"channel": self._channel, "letter": letter.id})
        self.counts["blocked"] += 1
        settled = effect(outbox.settle, letter.id, "blocked", None, now, "blocked")
        marked = effect(people.mark_blocked, self._channel, letter.address, now)
        left = effect(outbox.leave_address, self._channel, letter.address, now, self._channels)
        effects = [marked, settled, left] if lane.name == "reply" else [marked, left]

        def then(results: list[object]) -> None:
            self._desk.settle(lane, entry)
            self.gave(results[-1])

        return Note(effects, then, [settled])

    def _exhausted(self, lane: LetterLane, entry: Entry) -> Note:
        """The quota is used up: broadcasts go another way where there is one, the others wait, until the month turns at the longest."""
        log.warning("The quota is used up: broadcasts wait", extra={"channel": self._channel})
        self.counts["exhausted"] += 1
        now = self._clock.now()
        self._desk.broadcasts_from = now + QUOTA_HOLD_SECONDS if self._ration is None else self._ration.look_again_at()
        staying = lane.taken - {entry.id}

        def then(results: list[object]) -> None:
            self._desk.put_back(lane, entry)        # if it went, it is not found when its turn comes
            self.gave(results[-1])

        refused = [] if self._ration is None else [self._ration.refused()]
        return Note([*refused, effect(outbox.leave_channel, self._channel, now, self._channels, staying)], then, [])

    def _migrated(self, lane: LetterLane, entry: Entry, letter: Letter, to: str) -> Note:
        old = letter.address
        effects = [effect(people.move_address, self._channel, old, to)]
        self._desk.chats.occupy(to)     # what is read at the new address waits until what waits here has come there

        def then(results: list[object]) -> None:
            self._desk.move_chat(old, to)
            entry.moves += 1
            self._desk.put_back(lane, entry, to)

        return Note(effects, then, effects)

    def _slow_down(self, address: str, retry_after: float) -> None:
        """A 429 means its chat; several at once mean the whole bot, and then its broadcasts wait too."""
        now = self._desk.pacer.now()
        self._desk.pacer.rest(address, retry_after)
        self._waits.append((now, address))
        if len({each for at, each in self._waits if at > now - 1}) >= WHOLE_BOT_CHATS:
            self._desk.pacer.pause(retry_after)

    def gave(self, channels: object) -> None:
        """These channels were given letters."""
        for channel in channels if isinstance(channels, set) else ():
            self.counts["moved"] += 1
            if channel == self._channel:
                self._desk.look_again()
            else:
                self._moved(channel)
