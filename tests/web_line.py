"""The page's line: what a browser posts on the channel of production, and what stands on its page."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Literal

from bot.application import Application
from bot.channels.base import Button, Channel, Part, Receive
from bot.channels.web_kept import Kept
from storage import web_chat
from storage.connection import Database, Snapshot, Transaction, effect
from storage.web_chat import Lifetimes
from tests.lines import CannotBeSaid, display_name, matching, read_plain

LIFETIMES = Lifetimes(3_650 * 86_400, 3_650 * 86_400)


def _signed_in(tx: Transaction, address: str, now: int, again: bool) -> None:
    """The address is a browser's that is signed in; ``again``: also where its session has ended."""
    session = web_chat.at_address(Snapshot(tx), address)
    if session is not None and session.ended and again:
        tx.execute("DELETE FROM web_sessions WHERE address = ?", (address,))
        session = None
    if session is None:
        tx.execute(
            "INSERT INTO web_sessions (address, secret_hash, name, created_at, seen_at, expires_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (address, web_chat.digest(address), address, now, now, now + LIFETIMES.idle, now + LIFETIMES.longest),
        )


class _Page(Kept):
    """The channel, at whose addresses somebody is always signed in: a transcript's people are there without having typed a code."""

    # People of the sample have accounts here before they have a session: they are not forgotten for that.
    drop_old = staticmethod(lambda tx, now: None)       # type: ignore[assignment]

    def __init__(self) -> None:
        self.now = 0

    def use(self, database: Database, application: Application) -> None:
        super().__init__(database, application.clock.now, LIFETIMES)

    async def sign_in(self, address: str, *, again: bool) -> None:
        await self._database.write((effect(_signed_in, address, self._now(), again),))

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        await self.sign_in(address, again=False)
        return await super().send(address, thread, part, content, replaces)


class WebLine:
    """What a browser posts, and the page's bubbles."""

    group = ""

    def __init__(self) -> None:
        self._page = _Page()
        self.channel: Channel = self._page
        self._listening: asyncio.Task[None] | None = None
        self._read: dict[str, int] = defaultdict(int)
        self._key = 0
        self._database: Database

    async def open(self, receive: Receive, application: Application) -> None:
        await self._stop_listening()
        self._database = application.database
        self._page.use(application.database, application)

        async def position() -> None:
            return None

        async def moved(to: str) -> None: ...

        self._listening = asyncio.create_task(self._page.listen(receive, position, moved))
        await asyncio.sleep(0)      # it takes what is posted once it has begun

    def address(self, who: str) -> str:
        return who

    def enter(self, group: str) -> None:
        if group:
            raise CannotBeSaid("the page has no groups")

    def meet(self, who: str) -> None: ...

    async def say(self, who: str, text: str) -> None:
        await self._post(who, {"kind": "text", "text": text})

    async def edit(self, who: str, text: str) -> None:
        raise CannotBeSaid("the page has no edits")

    async def tap(self, who: str, label: str) -> None:
        place, rows = next(
            ((place, json.loads(buttons)) for _, place, _, _, buttons, _ in reversed([*self._bubbles(who, 0)]) if buttons != "[]"), (0, [])
        )
        assert rows, f"no buttons at {who}"
        data = matching(label, {button["label"]: button["data"] for row in rows for button in row})
        await self._post(who, {"kind": "tap", "data": data, "label": label, "message_id": str(place)})

    async def send_file(self, who: str, name: str, content: bytes) -> None:
        await self._post(who, {"kind": "file", "name": name, "media_type": "application/pdf", "size": len(content), "caption": ""}, content)

    async def _post(self, who: str, message: dict[str, str | int], content: bytes | None = None) -> None:
        self._key += 1
        await self._page.sign_in(who, again=True)
        await self._page.post(who, {**message, "key": f"k{self._key}", "display_name": display_name(who)}, content)

    def new(self, who: str) -> list[Part]:
        parts = []
        for number, _, kind, text, buttons, name in self._bubbles(who, self._read[who]):
            rows = tuple(tuple(Button(**button) for button in row) for row in json.loads(buttons))
            parts.append(Part(kind, read_plain(text), rows, name=name))
            self._read[who] = number
        return parts

    def _bubbles(self, who: str, after: int) -> Iterator[tuple[int, int, Literal["text", "picture", "file"], str, str, str]]:
        query = (
            "SELECT number, COALESCE(place, number), kind, text, buttons, name FROM web_messages"
            " WHERE address = ? AND author = 'bot' AND number > ? ORDER BY number"
        )
        with closing(sqlite3.connect(f"{self._database.path.as_uri()}?mode=ro", uri=True)) as read:
            yield from read.execute(query, (self.address(who), after)).fetchall()

    async def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def close(self) -> None:
        await self._stop_listening()
