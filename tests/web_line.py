"""The page's line: what a browser posts, and the page's bubbles."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from bot.channels.base import Button, Channel, Part, Receive
from bot.channels.web import RICH, Shown, Web
from tests.lines import CannotBeSaid, display_name, matching, read_plain


class _Page(Web):
    """The page's channel, whose bubbles can be looked at."""

    def __init__(self) -> None:
        super().__init__("web", RICH, lambda: 0)
        self.bubbles: dict[str, list[Shown]] = defaultdict(list)

    async def _show(self, address: str, shown: Shown) -> None:
        self.bubbles[address].append(shown)
        await super()._show(address, shown)


class WebLine:
    """What a browser posts, and the page's bubbles."""

    def __init__(self) -> None:
        self._page = _Page()
        self.channel: Channel = self._page
        self._listening: asyncio.Task[None] | None = None
        self._read: dict[str, int] = defaultdict(int)

    async def open(self, receive: Receive) -> None:
        await self._stop_listening()

        async def position() -> None:
            return None

        async def moved(to: str) -> None: ...

        self._listening = asyncio.create_task(self._page.listen(receive, position, moved))
        await asyncio.sleep(0)      # it takes what is posted once it has begun

    def address(self, who: str) -> str:
        return who

    def meet(self, who: str) -> None: ...

    async def say(self, who: str, text: str) -> None:
        await self._page.post(who, {"kind": "text", "text": text, "display_name": display_name(who)})

    async def edit(self, who: str, text: str) -> None:
        raise CannotBeSaid("the page has no edits")

    async def tap(self, who: str, label: str) -> None:
        shown = next((shown for shown in reversed(self._page.bubbles[who]) if shown.buttons), None)
        assert shown is not None, f"no buttons at {who}"
        data = matching(label, {button["label"]: button["data"] for row in shown.buttons for button in row})
        message = {"kind": "tap", "data": data, "label": label, "message_id": shown.replaces or str(shown.id)}
        await self._page.post(who, {**message, "display_name": display_name(who)})

    async def send_file(self, who: str, name: str, content: bytes) -> None:
        message = {"kind": "file", "name": name, "media_type": "application/pdf", "size": len(content), "caption": ""}
        await self._page.post(who, {**message, "display_name": display_name(who)}, content)

    def new(self, who: str) -> list[Part]:
        bubbles = [shown for shown in self._page.bubbles[who] if shown.author == "bot"]
        fresh, self._read[who] = bubbles[self._read[who] :], len(bubbles)
        return [
            Part("file" if shown.name else "text", read_plain(shown.text), _buttons(shown), name=shown.name)
            for shown in fresh
        ]

    async def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def close(self) -> None:
        await self._stop_listening()


def _buttons(shown: Shown) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(Button(**button) for button in row) for row in shown.buttons)
