"""A letter's way to its chat: rendered once, then part by part, each part's platform id noted before the next one leaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.channels.base import Channel, Forgotten, Part, Refused, Reuses
from bot.language import Language
from bot.pacing import Lane, Pacer
from bot.rendering.parts import Link, render
from bot.sending.links import Links, shown_directly
from bot.sending.progress import Progress
from bot.sending.ration import Ration
from handlers.kit.chart import Chart
from handlers.kit.language import Language as Speaks
from handlers.kit.reply import File, Picture, Reply
from handlers.kit.wire import decode
from storage import drawings, outbox, uploads
from storage.connection import Database, Effect, effect
from storage.errors import StorageError
from storage.outbox import Letter
from storage.uploads import Upload

log = logging.getLogger(__name__)

Paint = Callable[[Chart, Speaks], Awaitable[str | None]]
"""Gives the hash under which a chart's picture lies, once it is drawn; None where it could not be."""


class Delivery:
    """Hands letters to one channel."""

    def __init__(
        self, database: Database, channel: Channel, languages: Mapping[str, Language], pacer: Pacer, links: Links,
        now: Callable[[], int], ration: Ration | None = None, paint: Paint | None = None,
    ) -> None:  # fmt: skip
        self._database = database
        self._channel = channel
        self._languages = languages
        self._pacer = pacer
        self._links = links
        self._ration = ration
        self._now = now
        self._paint = paint

    def kept(self, letter: Letter) -> Progress:
        """How far the letter is; without parts where it is not rendered yet."""
        return Progress([], []) if letter.parts is None else Progress.load(letter.parts)

    async def progress(self, letter: Letter, reply: Reply, kept: Progress) -> Progress:
        """``kept``, rendered where it is not yet. Links are written down before, and kept with the letter. Raises StorageError."""
        if kept.parts and (kept.begun or not self._stale(kept)):
            return kept
        can = self._channel.capabilities
        charts = {index: block.chart for index, block in enumerate(reply.blocks) if isinstance(block, Picture) and block.chart is not None}
        drawn = await self._drawn(charts, letter) if charts else {}
        reply = _with(reply, drawn)
        if all(shown_directly(block, can) for block in reply.blocks if isinstance(block, (File, Picture))):
            return self._rendered(letter, reply, kept.unknown, {}, drawn)
        links, effects = await self._database.read(lambda read: self._links.make(read, letter, reply, can))
        if effects:
            await self._database.write(effects)
        return self._rendered(letter, reply, kept.unknown, links, drawn)

    def _stale(self, kept: Progress) -> bool:
        """Whether what it refers to ends before anybody could use it, or is not there any more (pictures are in no backup)."""
        gone = not all(drawings.shown(self._database.files, sha256).exists() for sha256 in kept.drawn.values())
        return gone or self._links.stale(kept.links)

    async def _drawn(self, charts: Mapping[int, Chart], letter: Letter) -> dict[int, str]:
        """The hashes of those pictures that could be drawn, by block; none where they cannot be seen."""
        if self._paint is None or not self._links.possible(self._channel.capabilities):
            return {}
        hashes = {index: await self._paint(chart, self._language(letter)) for index, chart in charts.items()}
        return {index: sha256 for index, sha256 in hashes.items() if sha256 is not None}

    def marked(self, letter: Letter, progress: Progress) -> Progress:
        """The outcome is unknown: what is sent again says that it may be a second time, unless a part of it has arrived."""
        if progress.begun:
            progress.unknown += 1
            return progress
        reply = _with(decode(letter.reply), progress.drawn)
        return self._rendered(letter, reply, progress.unknown + 1, progress.links, progress.drawn)

    async def send(self, letter: Letter, progress: Progress, lane: Lane, left: float) -> None:
        """Send what was not sent; the pacer has admitted the first request at ``left``. Raises what the channel raises."""
        admitted: float | None = left
        last = len(progress.parts) - 1
        for index, part in enumerate(progress.parts):
            if progress.ids[index] is not None:
                continue
            keyed = replace(part, key=f"letter:{letter.id}:{index}", known=await self._known(part))
            content = await self._content(keyed)
            if admitted is None:
                admitted = await self._pacer.admit(lane, letter.address)
            replaces = letter.replaces if index == 0 and self._channel.capabilities.edits else None
            try:
                progress.ids[index] = await self._handed(letter, keyed, content, replaces, admitted)
            except Forgotten:
                await self._forget(part)
                keyed = replace(keyed, known="")
                content = await self._content(keyed)
                admitted = await self._pacer.admit(lane, letter.address)
                progress.ids[index] = await self._handed(letter, keyed, content, replaces, admitted)
            admitted = None
            progress.uncounted += 1
            if index < last:
                counted = [] if self._ration is None else self._ration.count(letter, progress.uncounted)
                await self._database.write((effect(outbox.keep_parts, letter.id, progress.dump()), *counted))
                progress.uncounted = 0
            await self._keep_learned()

    async def _handed(self, letter: Letter, part: Part, content: bytes | None, replaces: str | None, admitted: float) -> str:
        try:
            return await self._channel.send(letter.address, letter.thread, part, content, replaces)
        finally:
            self._pacer.answered(admitted, letter.address)

    def _language(self, letter: Letter) -> Language:
        return self._languages.get(letter.language) or next(iter(self._languages.values()))

    def _rendered(self, letter: Letter, reply: Reply, unknown: int, links: dict[int, Link], drawn: dict[int, str]) -> Progress:
        parts = list(render(reply, self._language(letter), self._channel.capabilities, letter.menu_id, unknown > 0, links))
        return Progress(parts, [None] * len(parts), unknown, links, drawn)

    async def _known(self, part: Part) -> str:
        """The id under which the platform has the part's content already, or ""."""
        channel = self._channel
        if not part.sha256 or not isinstance(channel, Reuses):
            return ""
        upload = Upload(channel.name, channel.account, part.kind, part.sha256, part.name)
        try:
            return await self._database.read(lambda read: uploads.known(read, upload))
        except StorageError:
            return ""       # then it is uploaded once more

    async def _keep_learned(self) -> None:
        """Note the ids that the channel has learned of its platform since it was last asked."""
        channel = self._channel
        if isinstance(channel, Reuses) and channel.learned:
            found = dict(channel.learned)
            channel.learned.clear()
            now = self._now()
            whose = (channel.name, channel.account)
            await self._note(*(effect(uploads.save, Upload(*whose, *what), known, now) for what, known in found.items()))

    async def _forget(self, part: Part) -> None:
        """The platform does not have the part's content any more."""
        channel = self._channel
        if isinstance(channel, Reuses):
            await self._note(effect(uploads.forget, Upload(channel.name, channel.account, part.kind, part.sha256, part.name)))

    async def _note(self, *effects: Effect) -> None:
        """What only saves an upload: a message that has arrived is not sent again for it."""
        try:
            await self._database.write(effects)
        except StorageError as error:
            log.warning("What the platform keeps of our files could not be noted (%s)", type(error).__name__)

    async def _content(self, part: Part) -> bytes | None:
        """What is uploaded; None for a text, and for what the platform has."""
        if not part.sha256 or part.known:
            return None
        path = drawings.shown(self._database.files, part.sha256)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise Refused(f"the file {part.sha256[:8]} cannot be read: {error.strerror}") from error


def _with(reply: Reply, drawn: Mapping[int, str]) -> Reply:
    """The reply whose charts have their pictures' hashes, by block."""
    if not drawn:
        return reply
    blocks = tuple(
        replace(block, sha256=drawn[index]) if index in drawn and isinstance(block, Picture) else block
        for index, block in enumerate(reply.blocks)
    )
    return replace(reply, blocks=blocks)
