"""The platform of the drills: the strict Bot API of the channel's tests, with rates that are enforced, a log, and faults on demand.

The log tells, in the platform's own order, what it took for delivery, when the bot died, and which answers it broke: every double must be
explained by it.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tests.channels.botapi import Upload, read_html
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.loopback import Refusal

SENDING = ("sendMessage", "editMessageText")
How = Literal["reset", "hang", "500", "garbage", "401", "429", "403"]


@dataclass(slots=True)
class Delivery:
    """The platform took a message (or an edit). ``broken``: its answer was not the one that the bot should have had."""

    chat: int
    text: str
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Death:
    """The process ended without farewell, or could note nothing. ``unnoted``: the letters that wait then, as (chat, place in the chat)."""

    unnoted: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a request meets: ``after`` the platform took it, or before (then it had no effect)."""

    how: How
    after: bool = False

    def __str__(self) -> str:
        return f"{self.how} {'after' if self.after else 'before'}"


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages that the platform takes: overall within a second, and to one chat within a second; more are refused with 429."""

    overall: int = 30
    chat: int = 1


Trouble = Callable[[str, int], Fault | None]
"""What a request meets, by its method and chat (0: none)."""


class Platform(FakeTelegram):
    """``trouble`` is asked for each request's fault; ``order`` may rearrange what a poll hands out; ``lag`` (seconds) lies
    on a message's way, and on its answer's. ``forgotten``: updates that were acknowledged."""

    def __init__(self, rates: Rates | None = None) -> None:
        super().__init__()
        self.log: list[Delivery | Death] = []
        self.taken: dict[int, list[Delivery]] = defaultdict(list)
        self.asked_from = 0
        self.asked: Counter[str] = Counter()
        self.posted = 0
        self.gives_up: Callable[[], bool] = lambda: False
        self.forgotten: set[int] = set()
        self.trouble: Trouble = lambda method, chat: None
        self.order: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda updates: updates
        self.lag: Callable[[], float] = lambda: 0.0
        self.faults: list[str] = []
        self.refused_by_rate = 0
        self._rates = rates
        self._clocked: dict[int, deque[float]] = defaultdict(deque)
        self.current: ContextVar[Delivery | None] = ContextVar("delivery", default=None)

    @property
    def waiting(self) -> int:
        """How many updates are not confirmed yet."""
        return len(self._updates)

    def died(self, unnoted: frozenset[tuple[int, int]]) -> None:
        self.log.append(Death(unnoted))

    async def news(self, within: float) -> None:
        """Wait until anything happens, but not long."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait()
        except TimeoutError:
            return

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.asked[method] += 1
        fault = self.trouble(method, await _chat(request))
        self.current.set(None)
        if fault is None:
            if method in SENDING and (lag := self.lag()):
                await asyncio.sleep(lag)
            answer = await super()._handle(request)
            if method in SENDING and (lag := self.lag()):
                await asyncio.sleep(lag)
            return answer
        self.faults.append(f"{method}: {fault}")
        if fault.after:
            await super()._handle(request)
            delivery = self.current.get()
            if delivery is not None:
                delivery.broken = fault.how
        return await broken(request, fault, self._ended)

    async def post(self, web_side: str) -> None:
        """Deliver updates to the webhook (its web side is at this root) until cancelled: one at a time to each person, again until 200.

        Now and then it gives up waiting for the answer, as Telegram does, and posts the same update again.
        """
        chats: dict[int, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            try:
                while True:
                    for chat in {chat_of(update) for update in self._updates}:
                        if chat not in chats or chats[chat].done():
                            chats[chat] = asyncio.create_task(self._post_all(session, web_side, chat))
                    await self.news(0.05)
            finally:
                for each in chats.values():
                    each.cancel()
                await asyncio.gather(*chats.values(), return_exceptions=True)

    async def _post_all(self, session: aiohttp.ClientSession, web_side: str, chat: int) -> None:
        while (update := next((each for each in self._updates if chat_of(each) == chat), None)) is not None:
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook_secret}
            self.posted += 1
            try:
                async with session.post(web_side + urlsplit(self.webhook).path, json=update, headers=headers) as response:
                    taken = response.status == 200 and not self.gives_up()
            except (aiohttp.ClientError, TimeoutError):
                taken = False
            if taken:
                self._updates.remove(update)
                self.forgotten.add(update["update_id"])
                await self._notify()
            else:
                await asyncio.sleep(0.02)

    async def _get_updates(self, fields: dict[str, str]) -> list[dict[str, Any]]:
        self.asked_from = int(fields.get("offset", "0"))
        if self.asked_from > 0 and not self.webhook:
            self.forgotten |= {update["update_id"] for update in self._updates if update["update_id"] < self.asked_from}
        return self.order(await super()._get_updates(fields))

    def _send(self, fields: dict[str, str], uploads: dict[str, Upload]) -> dict[str, Any]:
        chat = self._chat(fields)
        self._keep_rates(chat)
        shown = super()._send(fields, uploads)
        self._take(chat, fields)
        return shown

    def _edit(self, fields: dict[str, str]) -> dict[str, Any]:
        self._keep_rates(self._chat(fields))
        shown = super()._edit(fields)
        self._take(self._chat(fields), fields)
        return shown

    def _take(self, chat: int, fields: dict[str, str]) -> None:
        self.take(Delivery(chat, read_html(fields.get("text", fields.get("caption", "")))[0]))

    def take(self, delivery: Delivery) -> None:
        """It is delivered: it stands in the log."""
        self.log.append(delivery)
        self.taken[delivery.chat].append(delivery)
        self.current.set(delivery)

    def _keep_rates(self, chat: int) -> None:
        if self._rates is None:
            return
        now = asyncio.get_running_loop().time()
        for key, most in ((0, self._rates.overall), (chat, self._rates.chat)):
            times = self._clocked[key]
            while times and times[0] <= now - 1:
                times.popleft()
            if len(times) >= most + (most + 9) // 10:       # a tenth more: clocks and wires tremble
                self.refused_by_rate += 1
                raise Refusal("Too Many Requests: retry after 1", 429, {"retry_after": 1})
        for key in (0, chat):
            self._clocked[key].append(now)


async def broken(request: web.Request, fault: Fault, ended: asyncio.Event) -> web.StreamResponse:
    """What is answered in place of the answer."""
    match fault.how:
        case "reset":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        case "hang":
            await ended.wait()
            return web.Response()
        case "500":
            return web.Response(status=500, text="<html>Internal Server Error</html>", content_type="text/html")
        case "garbage":
            return web.Response(text='{"ok": true, "result": {"message_')
        case "401":
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        case "403":
            return web.json_response(
                {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}, status=403
            )
        case "429":
            answer = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 2"}
            return web.json_response({**answer, "parameters": {"retry_after": 2}}, status=429)


def chat_of(update: dict[str, Any]) -> int:
    """In which chat the update was made."""
    message = update["callback_query"]["message"] if "callback_query" in update else update["message"]
    return int(message["chat"]["id"])


async def _chat(request: web.Request) -> int:
    if request.content_type.startswith("multipart/"):
        return 0
    return int(str((await request.post()).get("chat_id", 0)))


def now_and_then(rng: random.Random, share: float, *faults: Fault, methods: tuple[str, ...] = SENDING, in_a_row: int = 2) -> Trouble:
    """Trouble for a share of the requests of these methods, to one chat at most so often in a row."""
    rows: dict[tuple[str, int], int] = defaultdict(int)

    def trouble(method: str, chat: int) -> Fault | None:
        if method not in methods:
            return None
        fault = rng.choice(faults) if rng.random() < share and rows[method, chat] < in_a_row else None
        rows[method, chat] = 0 if fault is None else rows[method, chat] + 1
        return fault

    return trouble
