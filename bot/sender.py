"""The sender: takes what is due from the outbox and hands it to a channel, part by part, and notes each part's platform id.

A reply overtakes every broadcast. After a failure only what was not sent is sent again. A time-out is *unknown*: the letter is sent once
more and marked as repeated. Before a reminder leaves, it is asked again whether it is still wanted.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from bot.channels.base import Blocked, Button, Channel, Migrated, OutcomeUnknown, Part, RateLimited, Refused, SendError
from bot.clock import Clock
from bot.language import Language
from bot.rendering import render
from handlers.kit.wire import decode
from storage import files, outbox, people
from storage.connection import Database, Snapshot, effect

log = logging.getLogger(__name__)

MOST_AT_ONCE = 32
LONGEST_PAUSE = 300
MOST_ATTEMPTS = 60
"""With pauses of up to five minutes this is more than four hours without the platform."""

BATCH = 200

StillWanted = Callable[[Snapshot, str, str | None, int], bool]
"""``still_wanted(read, subject, person_id, now)``, asked before a letter with a subject leaves."""


@dataclass(slots=True)
class _Progress:
    """A letter's rendered parts, and the platform's id of each one that was sent."""

    parts: list[Part]
    ids: list[str | None]
    unknown: int = 0

    def dump(self) -> str:
        return json.dumps(
            {"parts": [asdict(part) for part in self.parts], "ids": self.ids, "unknown": self.unknown}, ensure_ascii=False
        )

    @classmethod
    def load(cls, text: str) -> _Progress:
        raw = json.loads(text)
        parts = [
            Part(**{**part, "buttons": tuple(tuple(Button(**button) for button in row) for row in part["buttons"])})
            for part in raw["parts"]
        ]
        return cls(parts, raw["ids"], raw["unknown"])


class Sender:
    """Sends one channel's letters. `drain` sends all that is due now; `run` keeps doing so."""

    def __init__(
        self, database: Database, channel: Channel, clock: Clock, languages: Mapping[str, Language], still_wanted: StillWanted
    ) -> None:
        self._database = database
        self._channel = channel
        self._clock = clock
        self._languages = languages
        self._still_wanted = still_wanted
        self._held: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; looks every second, and at once when woken."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):      # not wait_for: before Python 3.12 it can swallow being cancelled
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.drain()
            except Exception:
                log.exception("Sending on %s failed; it goes on", self._channel.name)

    async def drain(self) -> None:
        """Send everything that is due now, one letter at a time to each address."""
        async with self._turn:
            while True:
                now = self._clock.now()
                letters = await self._database.read(lambda read, now=now: outbox.due(read, self._channel.name, now, BATCH))  # type: ignore[misc]
                first: dict[str, outbox.Letter] = {}
                for letter in letters:
                    if self._held.get(letter.address, 0) <= now:
                        first.setdefault(letter.address, letter)
                if not first:
                    return
                for some in _chunks(list(first.values()), MOST_AT_ONCE):
                    await asyncio.gather(*(self._deliver(letter) for letter in some))

    async def _deliver(self, letter: outbox.Letter) -> None:
        now = self._clock.now()
        if letter.expires_at is not None and letter.expires_at <= now:
            await self._settle(letter, "dropped", None, "expired")
            return
        subject = letter.subject
        if subject is not None and not await self._database.read(
            lambda read: self._still_wanted(read, subject, letter.person_id, now)
        ):
            await self._settle(letter, "dropped", None, "no longer wanted")
            return
        try:
            progress = _Progress.load(letter.parts) if letter.parts else self._render(letter, repeated=False)
        except Exception:
            log.exception("Letter %s cannot be rendered and is set aside", letter.id)
            await self._settle(letter, "failed", None, "cannot be rendered")
            return
        try:
            await self._send_parts(letter, progress)
        except SendError as error:
            await self._failed(letter, progress, error)
            return
        await self._settle(letter, "sent", progress, None)

    def _render(self, letter: outbox.Letter, *, repeated: bool) -> _Progress:
        language = self._languages.get(letter.language) or next(iter(self._languages.values()))
        parts = list(render(decode(letter.reply), language, self._channel.capabilities, letter.menu_id, repeated))
        return _Progress(parts, [None] * len(parts))

    async def _send_parts(self, letter: outbox.Letter, progress: _Progress) -> None:
        for index, part in enumerate(progress.parts):
            if progress.ids[index] is not None:
                continue
            content = await self._content(part) if part.sha256 else None
            replaces = letter.replaces if index == 0 and self._channel.capabilities.edits else None
            progress.ids[index] = await self._channel.send(letter.address, letter.thread, part, content, replaces)

    async def _content(self, part: Part) -> bytes:
        path = files.content_path(self._database.files, part.sha256)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise Refused(f"the file {part.sha256[:8]} cannot be read: {error.strerror}") from error

    async def _failed(self, letter: outbox.Letter, progress: _Progress, error: SendError) -> None:
        now = self._clock.now()
        log.warning("Letter %s on %s was not delivered: %s", letter.id, self._channel.name, type(error).__name__)
        match error:
            case Blocked():
                await self._database.write((effect(people.mark_blocked, self._channel.name, letter.address, now),))
                await self._settle(letter, "blocked", progress, str(error))
            case Migrated():
                await self._database.write((effect(people.move_address, self._channel.name, letter.address, error.to),))
            case RateLimited():
                until = now + max(1, round(error.retry_after))
                self._held[letter.address] = until
                await self._database.write((effect(outbox.keep_parts, letter.id, progress.dump(), until, str(error)),))
            case Refused():
                await self._settle(letter, "failed", progress, str(error))
            case _ if letter.attempts + 1 >= MOST_ATTEMPTS:
                await self._settle(letter, "failed", progress, str(error))
            case OutcomeUnknown():
                again = self._render(letter, repeated=True) if not any(progress.ids) else progress
                again.unknown = progress.unknown + 1
                await self._later(letter, again, "unknown")
            case _:
                await self._later(letter, progress, str(error))

    async def _later(self, letter: outbox.Letter, progress: _Progress, error: str) -> None:
        """Try again after a pause; until then nothing else goes to the address, so that answers keep their order."""
        again_at = self._clock.now() + _pause(letter)
        self._held[letter.address] = again_at
        await self._database.write((effect(outbox.keep_parts, letter.id, progress.dump(), again_at, error),))

    async def _settle(self, letter: outbox.Letter, state: str, progress: _Progress | None, error: str | None) -> None:
        parts = None if progress is None else progress.dump()
        settled = [effect(outbox.settle, letter.id, state, parts, self._clock.now(), error)]
        if state == "sent" and decode(letter.reply).once:
            settled.append(effect(outbox.forget, letter.id))
        await self._database.write(settled)


def _chunks(letters: list[outbox.Letter], size: int) -> list[list[outbox.Letter]]:
    return [letters[start : start + size] for start in range(0, len(letters), size)]


def _pause(letter: outbox.Letter) -> int:
    """Seconds until the next attempt: 1, 2, 4 … five minutes."""
    return int(min(LONGEST_PAUSE, 2 ** min(letter.attempts, 10)))
