"""The chat page's channel. Messages reach the browser as server-sent events; the history of a demo lives in memory.

Two instances serve the demo's page: ``web`` with buttons and edits, and ``webplain``, the "Zalo view" without either. In production it
is `bot.channels.web_kept`, which keeps everything in the database.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bot.channels.base import Capabilities, Inbound, Part, Receive, RemoteFile, Unreachable
from handlers.kit.turn import Other, Said, Tapped

if TYPE_CHECKING:
    from bot.channels import Given
    from bot.channels.web_kept import Kept

RICH = Capabilities(4096, 1024, buttons=True, pictures=True, files=True, edits=True, markup="html")
PLAIN = Capabilities(2000, 2000, buttons=False, pictures=True, files=True, edits=False)
HISTORY = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: a bubble (or the new content of bubble ``replaces``); ``html`` holds the renderer's markup only."""

    id: int
    author: str
    kind: str
    text: str
    html: bool
    buttons: tuple[tuple[dict[str, str], ...], ...] = ()
    sha256: str = ""
    name: str = ""
    media_type: str = ""
    replaces: str = ""
    at: int = 0


class Web:
    """A page's conversations by address. What a browser posts is received like any platform's update."""

    def __init__(self, name: str, capabilities: Capabilities, now: Callable[[], int]) -> None:
        self.name = name
        self.capabilities = capabilities
        self._now = now
        self._numbers = itertools.count(1)
        self._keys = itertools.count(1)
        self._history: dict[str, list[Shown]] = defaultdict(list)
        self._news: dict[str, asyncio.Condition] = defaultdict(asyncio.Condition)
        self._uploads: dict[str, bytes] = {}
        self._receive: Receive | None = None

    def parse(self, payload: str) -> Inbound | None:
        return parse(payload)

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        buttons = tuple(tuple(asdict(button) for button in row) for row in part.buttons)
        shown = Shown(
            next(self._numbers), "bot", part.kind, part.text, self.capabilities.markup == "html", buttons, part.sha256, part.name,
            part.media_type, replaces or "", self._now(),
        )  # fmt: skip
        await self._show(address, shown)
        return replaces or str(shown.id)

    async def fetch(self, file: RemoteFile) -> bytes:
        try:
            return self._uploads.pop(file.id)
        except KeyError as error:
            raise Unreachable("the upload is gone") from error

    async def acknowledge(self, inbound: Inbound) -> None:
        """A browser waits for nothing."""

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        self._receive = receive
        await asyncio.Event().wait()

    async def close(self) -> None:
        for condition in self._news.values():
            async with condition:
                condition.notify_all()

    # What the page's server calls ---------------------------------------------------------------------------------------------

    async def post(self, address: str, message: dict[str, str | int], content: bytes | None = None) -> None:
        """Take what a browser sent: returns once it is committed. Raises Unreachable before the channel listens."""
        if self._receive is None:
            raise Unreachable("the application has not started")
        key = f"{address}:{message.get('key') or next(self._keys)}"
        message_id = f"u{key}"
        if content is not None:
            self._uploads[message_id] = content
        said = str(message.get("text") or message.get("name") or message.get("label") or "")
        if said:
            await self._show(address, Shown(next(self._numbers), "person", "text", said, False, at=self._now()))
        await self._receive(key, json.dumps({**message, "address": address, "id": message_id}, ensure_ascii=False))

    async def events(self, address: str, after: int) -> AsyncIterator[Shown]:
        """What there is to show after bubble number ``after``, then what comes."""
        condition = self._news[address]
        while True:
            fresh = [shown for shown in self._history[address] if shown.id > after]
            for shown in fresh:
                yield shown
                after = shown.id
            async with condition:
                if not any(shown.id > after for shown in self._history[address]):
                    await condition.wait()

    async def _show(self, address: str, shown: Shown) -> None:
        history = self._history[address]
        history.append(shown)
        del history[:-HISTORY]
        async with self._news[address]:
            self._news[address].notify_all()


async def configured(given: Given) -> Kept | None:
    """The chat page in production: where the web side has a public address, unless it is switched off."""
    settings = given.settings
    if given.database is None or settings.web is None or settings.public_url is None or settings.webchat is None:
        return None
    from bot.channels.web_kept import Kept
    from storage.web_chat import Lifetimes

    idle, longest = settings.webchat
    return Kept(given.database, given.now, Lifetimes(idle * 86_400, longest * 86_400))


def parse(payload: str) -> Inbound | None:
    """Understand what a page posted."""
    try:
        return _parse(json.loads(payload))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _parse(raw: dict[str, Any]) -> Inbound | None:
    address, name = raw["address"], raw.get("display_name", "")
    match raw["kind"]:
        case "text":
            return Inbound(address, Said(raw["text"]), message_id=raw["id"], display_name=name)
        case "tap":
            menu, _, index = raw["data"].removeprefix("m:").partition(":")
            if not index.isdecimal():
                return None
            return Inbound(address, Tapped(menu, int(index)), message_id=raw["message_id"], display_name=name)
        case "file":
            file = RemoteFile(raw["id"], raw["name"], raw["media_type"], raw["size"], raw.get("caption", ""))
            return Inbound(address, None, message_id=raw["id"], display_name=name, file=file)
        case _:
            return Inbound(address, Other("unsupported"), display_name=name)
