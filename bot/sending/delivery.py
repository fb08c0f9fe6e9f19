"""A letter's way to its chat: rendered once, then part by part, each part's platform id noted before the next one leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.channels.base import Channel, Part, Refused
from bot.language import Language
from bot.pacing import Lane, Pacer
from bot.rendering.parts import Link, render
from bot.sending.links import Links, shown_directly
from bot.sending.progress import Progress
from bot.sending.ration import Ration
from handlers.kit.reply import File, Picture, Reply
from handlers.kit.wire import decode
from storage import files, outbox
from storage.connection import Database, effect
from storage.outbox import Letter


class Delivery:
    """Hands letters to one channel."""

    def __init__(
        self, database: Database, channel: Channel, languages: Mapping[str, Language], pacer: Pacer, links: Links,
        ration: Ration | None = None,
    ) -> None:  # fmt: skip
        self._database = database
        self._channel = channel
        self._languages = languages
        self._pacer = pacer
        self._links = links
        self._ration = ration

    def kept(self, letter: Letter) -> Progress:
        """How far the letter is; without parts where it is not rendered yet."""
        return Progress([], []) if letter.parts is None else Progress.load(letter.parts)

    async def progress(self, letter: Letter, reply: Reply, kept: Progress) -> Progress:
        """``kept``, rendered where it is not yet. Links are written down before, and kept with the letter. Raises StorageError."""
        if kept.parts and (kept.begun or not self._links.stale(kept.links)):
            return kept
        can = self._channel.capabilities
        if all(shown_directly(block, can) for block in reply.blocks if isinstance(block, (File, Picture))):
            return self._rendered(letter, reply, kept.unknown, {})
        links, effects = await self._database.read(lambda read: self._links.make(read, letter, reply, can))
        if effects:
            await self._database.write(effects)
        return self._rendered(letter, reply, kept.unknown, links)

    def marked(self, letter: Letter, progress: Progress) -> Progress:
        """The outcome is unknown: what is sent again says that it may be a second time, unless a part of it has arrived."""
        if progress.begun:
            progress.unknown += 1
            return progress
        return self._rendered(letter, decode(letter.reply), progress.unknown + 1, progress.links)

    async def send(self, letter: Letter, progress: Progress, lane: Lane, left: float) -> None:
        """Send what was not sent; the pacer has admitted the first request at ``left``. Raises what the channel raises."""
        admitted: float | None = left
        last = len(progress.parts) - 1
        for index, part in enumerate(progress.parts):
            if progress.ids[index] is not None:
                continue
            content = await self._content(part) if part.sha256 else None
            if admitted is None:
                admitted = await self._pacer.admit(lane, letter.address)
            replaces = letter.replaces if index == 0 and self._channel.capabilities.edits else None
            try:
                keyed = replace(part, key=f"letter:{letter.id}:{index}")
                progress.ids[index] = await self._channel.send(letter.address, letter.thread, keyed, content, replaces)
            finally:
                self._pacer.answered(admitted, letter.address)
                admitted = None
            progress.uncounted += 1
            if index < last:
                counted = [] if self._ration is None else self._ration.count(letter, progress.uncounted)
                await self._database.write((effect(outbox.keep_parts, letter.id, progress.dump()), *counted))
                progress.uncounted = 0

    def _rendered(self, letter: Letter, reply: Reply, unknown: int, links: dict[int, Link]) -> Progress:
        language = self._languages.get(letter.language) or next(iter(self._languages.values()))
        parts = list(render(reply, language, self._channel.capabilities, letter.menu_id, unknown > 0, links))
        return Progress(parts, [None] * len(parts), unknown, links)

    async def _content(self, part: Part) -> bytes:
        path = files.content_path(self._database.files, part.sha256)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise Refused(f"the file {part.sha256[:8]} cannot be read: {error.strerror}") from error
