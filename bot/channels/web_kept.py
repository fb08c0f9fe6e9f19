"""The chat page in production: what is said and sent stands in the database before it is shown, so it waits for a page that is away.

An address is a browser's session (`storage.web_chat`). We are the platform ourselves: a message that is written has arrived, sent again it
stands there once, and one to an address whose session has ended is refused, as nobody would see it.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from bot.channels.base import Blocked, Inbound, Part, Receive, RemoteFile, Unreachable
from bot.channels.web import RICH, parse
from bot.screening import screen
from storage import files, web_chat
from storage.connection import Database, effect
from storage.errors import StorageError
from storage.web_chat import Lifetimes

HIDDEN = "••••••••"
"""What stands on the page in place of a code, a State secret or an identity number that somebody typed."""


class Kept:
    """The channel ``web``. What a browser posts is received like any platform's update."""

    name = web_chat.CHANNEL
    capabilities = RICH
    drop_old = staticmethod(web_chat.drop_old)

    def __init__(self, database: Database, now: Callable[[], int], lifetimes: Lifetimes) -> None:
        self.lifetimes = lifetimes
        self.stopping = False
        self._database = database
        self._now = now
        self._receive: Receive | None = None
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    def parse(self, payload: str) -> Inbound | None:
        return parse(payload)

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        buttons = json.dumps([[asdict(button) for button in row] for row in part.buttons], ensure_ascii=False)
        place = int(replaces) if replaces is not None and replaces.isdecimal() else None
        shown = effect(
            web_chat.deliver, address, part.kind, part.text, buttons, self._now(), key=part.key or None, sha256=part.sha256,
            name=part.name, media_type=part.media_type, protect=part.protect, replaces=place,
        )  # fmt: skip
        try:
            (placed,) = await self._database.write((shown,))
        except StorageError as error:
            raise Unreachable("the page cannot be written") from error
        self.wake(address)
        if placed is None:
            raise Blocked("the session has ended")
        return str(placed)

    async def fetch(self, file: RemoteFile) -> bytes:
        """The content lies in the folder of files since it was posted: an upload survives a restart."""
        try:
            return await asyncio.to_thread(files.content_path(self._database.files, file.id).read_bytes)
        except (OSError, ValueError) as error:
            raise Unreachable("the upload is gone") from error

    async def acknowledge(self, inbound: Inbound) -> None:
        """A browser waits for nothing."""

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        self._receive = receive
        self.stopping = False
        try:
            await asyncio.Event().wait()
        finally:
            self._receive = None
            self._end_streams()

    async def close(self) -> None:
        self._end_streams()

    def _end_streams(self) -> None:
        """The program ends: the pages come again when it is back."""
        self.stopping = True
        for address in tuple(self._waiting):
            self.wake(address)

    # What the page's server calls ---------------------------------------------------------------------------------------------

    async def post(self, address: str, message: dict[str, str | int], content: bytes | None = None) -> None:
        """Take what a browser sent: returns once it is committed, on the page and in the inbox. The same ``key`` again changes nothing.

        What must not be kept (a code, a State secret) stands on the page as dots, and a file of that kind is not written at all.
        Raises Unreachable while the program does not listen, and StorageError when nothing can be written.
        """
        if self._receive is None:
            raise Unreachable("the application has not started")
        key = str(message["key"])
        full = {**message, "address": address, "id": f"u{address}:{key}" if content is None else "0" * 64}
        inbound = parse(json.dumps(full))
        hidden = inbound is None or screen(inbound) is not inbound
        said = HIDDEN if hidden else str(message.get("text") or message.get("name") or message.get("label") or "")
        if content is not None and not hidden:
            full["id"] = await asyncio.to_thread(files.write_content, self._database.files, content)
        if said:
            now = self._now()
            open_still = effect(web_chat.expect_open, address, now)
            await self._database.write((open_still, effect(web_chat.show, address, "person", "text", said, "[]", now, key=key)))
            self.wake(address)
        await self._receive(f"{address}:{key}", json.dumps(full, ensure_ascii=False))

    async def news(self, address: str, seconds: float, there: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is written to the address, or ``seconds`` long; not at all where ``there`` says that something is."""
        event = asyncio.Event()
        self._waiting[address].add(event)
        try:
            if not self.stopping and not await there():
                async with asyncio.timeout(seconds):
                    await event.wait()
        except TimeoutError:
            return
        finally:
            self._waiting[address].discard(event)
            if not self._waiting[address]:
                del self._waiting[address]

    def streams(self, address: str) -> int:
        """How many pages wait for news of the address."""
        return len(self._waiting.get(address, ()))

    def wake(self, address: str) -> None:
        """Something was written to the address, or its session has ended."""
        for event in self._waiting.get(address, ()):
            event.set()
