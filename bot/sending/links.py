"""Links in letters to channels that take no files: a page for whoever the letter is for, or an address that shows a public picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.channels.base import Capabilities
from bot.clock import Clock
from bot.rendering.parts import Link
from handlers.kit.reply import File, Picture, Reply
from storage import files, page_links, people
from storage.connection import Effect, Snapshot, effect
from storage.outbox import Letter

FILE_SECONDS = 3 * 86_400
"""A letter may be read a day or two after it came."""

PICTURE_SECONDS = 86_400
"""The platform fetches it at once, and some show it from there for a while."""


class Links:
    """Makes the links of a letter. ``facts`` may hold ``public_url``; without it files have no link, and the letter says so."""

    def __init__(self, facts: Mapping[str, str], secret: Callable[[], str], clock: Clock) -> None:
        self._facts = facts
        self._secret = secret
        self._clock = clock

    def make(self, read: Snapshot, letter: Letter, reply: Reply, can: Capabilities) -> tuple[dict[int, Link], tuple[Effect, ...]]:
        """Links by the index of their block, and the effects that make them good: to be committed before anything is sent."""
        links: dict[int, Link] = {}
        effects: list[Effect] = []
        for index, block in enumerate(reply.blocks):
            if not isinstance(block, (File, Picture)) or shown_directly(block, can):
                continue
            link, made = self._link(read, letter, block, can, self._size(read, block))
            links[index] = link
            effects += made
        return links, tuple(effects)

    def possible(self, can: Capabilities) -> bool:
        """Whether a picture can be seen there, on the channel itself or by a link."""
        return can.pictures or (can.photo_by_url and bool(self._facts.get("public_url")))

    def stale(self, links: Mapping[int, Link]) -> bool:
        """Whether an address of a letter that was kept ends before anybody could use it."""
        now = self._clock.now()
        return any(link.url and link.until < now + PICTURE_SECONDS // 2 for link in links.values())

    def _link(
        self, read: Snapshot, letter: Letter, block: File | Picture, can: Capabilities, size: int | None
    ) -> tuple[Link, tuple[Effect, ...]]:
        root, now = self._facts.get("public_url"), self._clock.now()
        content = f"{block.sha256} {block.media_type}"
        if not root or size is None:
            return Link(size or 0), ()
        if isinstance(block, Picture) and block.public and can.photo_by_url:
            token, until = self._secret(), now + PICTURE_SECONDS
            made = effect(page_links.add, token, "picture", None, content, now, until)
            return Link(size, f"{root}/picture/{token}.png", until), (made,)
        owner = people.by_account(read, letter.channel, letter.address)
        if owner is None or (isinstance(block, Picture) and block.public):
            return Link(size), ()
        token, until = self._secret(), now + FILE_SECONDS
        subject = f"{content} {block.name if isinstance(block, File) else picture_name(block)}"
        made = effect(page_links.add, token, "file", owner.id, subject, now, until, (letter.channel, letter.address))
        return Link(size, f"{root}/p/#{token}", until), (made,)

    def _size(self, read: Snapshot, block: File | Picture) -> int | None:
        """Of what lies there, in bytes (0: of a drawn picture, whose size is told nowhere); None: nothing does."""
        if isinstance(block, Picture) and block.chart is not None:
            return 0 if block.sha256 else None
        stored = files.find(read, block.sha256)
        return None if stored is None else stored.size or None


def shown_directly(block: File | Picture, can: Capabilities) -> bool:
    return can.pictures if isinstance(block, Picture) else can.files


def picture_name(block: Picture) -> str:
    """The name under which a picture is saved."""
    return f"anh.{block.media_type.rpartition('/')[2] or 'png'}"
