"""The terminal as a channel: numbered choices, plain text, one person."""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Callable

from bot.channels.base import Capabilities, FileTooLarge, Inbound, Part, Receive, Refused, RemoteFile, Unreachable
from handlers.kit.turn import Said

LARGEST = 20 * 1024 * 1024


class Console:
    """Prints what is sent; what is typed is given to `type`."""

    name = "console"
    capabilities = Capabilities(1_000_000, 4_000, buttons=False, pictures=False, files=False, edits=False)

    def __init__(self, address: str, show: Callable[[str], None]) -> None:
        self.address = address
        self._show = show
        self._numbers = itertools.count(1)

    def parse(self, payload: str) -> Inbound | None:
        try:
            raw = json.loads(payload)
            return Inbound(raw["address"], Said(raw["text"]), message_id=raw["id"], display_name=raw["address"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        if part.kind != "text":
            raise Refused("a terminal shows texts only")
        try:
            self._show(part.text)
        except OSError as error:        # its reader has gone
            raise Unreachable("the terminal is gone") from error
        return str(next(self._numbers))

    async def fetch(self, file: RemoteFile) -> bytes:
        if file.size > LARGEST:
            raise FileTooLarge(file.name)
        raise Unreachable("the terminal sends no files")

    async def acknowledge(self, inbound: Inbound) -> None:
        """Nobody waits."""

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        """The command line types; nothing comes by itself."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def typed(self, text: str, key: str) -> tuple[str, str]:
        """(key, payload) of a line, for `Application.receiver`."""
        return key, json.dumps({"address": self.address, "text": text, "id": key}, ensure_ascii=False)
