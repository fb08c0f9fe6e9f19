"""Zalo in the drills: the strict fake of the channel's tests, writing into the log of the drill's platform, with faults on demand.

Its chats are numbers that no chat of Telegram has, so that one log and one account serve both. People there type what others tap.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tests.channels.fake_zalo import COUNTED, FakeZalo
from tests.channels.loopback import Refusal
from tests.drill.platform import Delivery, Platform, Trouble, broken

EVENT = "message.text.received"
HOOK = "https://drill.example/zalo"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote, by the key under which it must be stored."""

    key: str
    chat: int
    update: dict[str, Any]


class ZaloPlatform(FakeZalo):
    """``handed``: what is out of the platform's hands: handed out by a poll, or answered with 200 by the webhook.

    ``barred``: chats whose people have blocked the bot. ``given``: messages taken, by chat.
    """

    def __init__(self, beside: Platform, *, hooked: bool) -> None:
        super().__init__(monthly=1_000_000)
        self._beside = beside
        self.hooked = hooked
        self.handed: set[str] = set()
        self.said: dict[str, Said] = {}
        self.barred: set[int] = set()
        self.given: dict[int, int] = defaultdict(int)
        self.trouble: Trouble = lambda method, chat: None
        self._message_ids = itertools.count(1)
        self._queue: list[Said] = []

    @property
    def waiting(self) -> int:
        """How many messages are still the platform's to deliver."""
        return len(self._queue)

    def open_chat(self, chat: int) -> None:
        self._known.add(str(chat))

    async def write(self, chat: int, text: str) -> None:
        """Somebody writes."""
        number = f"m{next(self._message_ids):06d}"
        person = {"id": str(chat), "display_name": f"Người {chat}", "is_bot": False}
        place = {"id": str(chat), "chat_type": "PRIVATE"}
        message = {"from": person, "chat": place, "message_id": number, "date": 1, "text": text}
        said = Said(f"{EVENT}:{number}", chat, {"event_name": EVENT, "message": message})
        self.said[said.key] = said
        self._queue.append(said)
        await self._notify()

    async def write_again(self, key: str) -> None:
        """Who got no answer says the same once more."""
        said = self.said[key]
        await self.write(said.chat, said.update["message"]["text"])

    async def post(self, web_side: str) -> None:      # type: ignore[override]
        """Deliver to the webhook (its web side is at this root) until cancelled: to each chat one at a time, again until 200."""
        chats: dict[int, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            try:
                while True:
                    for chat in {said.chat for said in self._queue}:
                        if chat not in chats or chats[chat].done():
                            chats[chat] = asyncio.create_task(self._post_all(session, web_side, chat))
                    await self._beside.news(0.05)
            finally:
                for each in chats.values():
                    each.cancel()
                await asyncio.gather(*chats.values(), return_exceptions=True)

    async def _post_all(self, session: aiohttp.ClientSession, web_side: str, chat: int) -> None:
        while (said := next((each for each in self._queue if each.chat == chat), None)) is not None:
            headers = {"X-Bot-Api-Secret-Token": self.secret}
            try:
                body = {"ok": True, "result": said.update}
                async with session.post(web_side + urlsplit(HOOK).path, json=body, headers=headers) as response:
                    taken = response.status == 200 and not self._beside.gives_up()
            except (aiohttp.ClientError, TimeoutError):
                taken = False
            if taken:
                self._queue.remove(said)
                self.handed.add(said.key)
                await self._notify()
            else:
                await asyncio.sleep(0.02)

    async def _notify(self) -> None:
        await super()._notify()
        await self._beside._notify()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fault = self.trouble(method, await _chat(request))
        self._beside.current.set(None)
        if fault is None:
            if method in COUNTED and (lag := self._beside.lag()):
                await asyncio.sleep(lag)
            return await super()._handle(request)
        self._beside.faults.append(f"zalo {method}: {fault}")
        if fault.after:
            await super()._handle(request)
            delivery = self._beside.current.get()
            if delivery is not None:
                delivery.broken = fault.how
        return await broken(request, fault, self._ended)

    async def _get_updates(self, seconds: float) -> dict[str, Any]:
        """One update, handed out once, also to one who dies meanwhile."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: (bool(self._queue) and not self.webhook) or self._ended.is_set())
        except TimeoutError:
            raise Refusal("Request timeout", 408) from None
        if not self._queue or self.webhook:
            raise Refusal("Request timeout", 408)
        said = self._queue.pop(0)
        self.handed.add(said.key)
        return said.update

    async def _send(self, method: str, values: dict[str, Any]) -> dict[str, Any]:
        chat = int(values["chat_id"])
        if chat in self.barred:
            raise Refusal("User has blocked the bot", 400)
        shown = await super()._send(method, values)
        self.given[chat] += 1
        self._beside.take(Delivery(chat, values.get("text", values.get("caption", ""))))
        return shown


async def _chat(request: web.Request) -> int:
    try:
        return int(json.loads(await request.read() or b"{}").get("chat_id", 0))
    except ValueError:
        return 0
