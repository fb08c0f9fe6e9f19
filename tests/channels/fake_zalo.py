"""A strict Zalo Bot Platform on loopback: refuses what the platform refuses, counts the month's messages, and fails on demand.

`violations` holds everything a request did that the documentation (v2.5) forbids. ``async with FakeZalo() as zalo``; it stops itself.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict, deque
from typing import Any

import aiohttp
from aiohttp import web

from tests.channels.loopback import Failure, Loopback, Refusal

TOKEN = "1459232241454765289:abcDEFghiJKLmnoPQRstuVWXyz012345"
IDENTITY = {"id": "1459232241454765289", "account_name": "bot.ThiDua", "account_type": "BASIC", "can_join_groups": True}
MONTHLY = 3_000
USERS = 50
COUNTED = ("sendMessage", "sendPhoto", "sendSticker", "sendVoice")

FIELDS: dict[str, dict[str, bool]] = {
    "getMe": {}, "deleteWebhook": {}, "getWebhookInfo": {}, "getUpdates": {"timeout": False},
    "setWebhook": {"url": True, "secret_token": True},
    "sendMessage": {"chat_id": True, "text": True, "parse_mode": False, "text_styles": False},
    "sendPhoto": {"chat_id": True, "photo": True, "caption": False},
    "sendSticker": {"chat_id": True, "sticker": True}, "sendVoice": {"chat_id": True, "voice_url": True},
    "sendChatAction": {"chat_id": True, "action": True},
}  # fmt: skip
"""Each method's fields, and whether they are required."""


class FakeZalo(Loopback):
    """The platform, and the hands of the people who use it."""

    def __init__(self, token: str = TOKEN, *, monthly: int = MONTHLY) -> None:
        super().__init__()
        self.token = token
        self.violations: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[str, list[str]] = defaultdict(list)
        self.photos: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        self.pictures: dict[str, bytes] = {}
        self.left = monthly
        self.webhook, self.secret = "", ""
        self.groups: set[str] = set()
        self.fetches_pictures = False
        self._known: set[str] = set()
        self._updates: deque[dict[str, Any]] = deque()
        self._numbers = itertools.count(1)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/picture/{name}", self._picture)
        return app

    # What people do -----------------------------------------------------------------------------------------------------------

    async def say(self, chat: str, text: str, *, sender: str = "", name: str = "Nguyễn Thị Hoa") -> str:
        """A text in a private chat, or by ``sender`` in a group (who mentions the bot there). Returns the message's id."""
        return await self.event("message.text.received", chat, {"text": text}, sender=sender, name=name)

    async def send_picture(self, chat: str, content: bytes, caption: str = "", *, field: str = "photo_url") -> str:
        name = f"p{next(self._numbers)}.jpg"
        self.pictures[name] = content
        return await self.event("message.image.received", chat, {field: f"{self.root}/picture/{name}", "caption": caption})

    async def event(
        self, event: str, chat: str, content: dict[str, Any], *, sender: str = "", name: str = "Nguyễn Thị Hoa", message_id: str = ""
    ) -> str:
        """Any event: polled, or posted to the webhook (again until it is taken)."""
        number = message_id or f"m{next(self._numbers):06d}"
        self._known.add(chat)
        if sender:
            self.groups.add(chat)
        message = {
            "from": {"id": sender or chat, "display_name": name, "is_bot": False},
            "chat": {"id": chat, "chat_type": "GROUP" if sender else "PRIVATE"},
            "message_id": number, "date": 1_766_619_597_466, **content,
        }  # fmt: skip
        update = {"event_name": event, "message": message}
        if self.webhook:
            await self.post(update)
        else:
            self._updates.append(update)
        await self._notify()
        return number

    async def post(self, update: dict[str, Any], *, secret: str | None = None, wrapped: bool = True, tries: int = 3) -> list[int]:
        """Deliver to the webhook; returns the statuses that came back, the last one of the delivery that was taken."""
        seen: list[int] = []
        async with aiohttp.ClientSession() as session:
            for _ in range(tries):
                headers = {"X-Bot-Api-Secret-Token": self.secret if secret is None else secret}
                body = {"ok": True, "result": update} if wrapped else update
                try:
                    async with session.post(self.webhook, json=body, headers=headers) as answer:
                        seen.append(answer.status)
                except aiohttp.ClientError:
                    seen.append(0)
                if seen[-1] == 200:
                    break
        return seen

    # What can be seen ---------------------------------------------------------------------------------------------------------

    def called(self, method: str) -> list[dict[str, Any]]:
        return [values for name, values in self.calls if name == method]

    def happened(self) -> str:
        return f"calls: {self.calls[-8:]}; texts: {dict(self.texts)}"

    async def answer(self, chat: str, text: str, after: int = 0) -> str:
        """The newest text of the bot that has ``text`` in it, once there is one beyond the first ``after``."""
        await self.until(lambda: any(text in each for each in self.texts[chat][after:]))
        return next(each for each in reversed(self.texts[chat]) if text in each)

    # The platform -------------------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method, body = request.match_info["method"], await request.read()
        failure = self._failures[method].popleft() if self._failures[method] else None
        try:
            if request.match_info["token"] != self.token:
                return web.Response(status=404, text=f"<html>Not found: {request.path}</html>", content_type="text/html")
            if failure is not None and failure.kind != "reset_after":
                return await self._failed(request, failure)
            values = self._checked(request, method, body)
            self.calls.append((method, values))
            result = await self._answer(method, values)
            if failure is not None:
                return await self._failed(request, failure)
            return web.json_response({"ok": True} if result is None else {"ok": True, "result": result})
        except Refusal as refusal:
            # As the platform does: an answer of HTTP 200 that says no.
            return web.json_response({"ok": False, "error_code": refusal.status, "description": refusal.description})
        finally:
            await self._notify()

    def refused(self, failure: Failure) -> web.Response:
        answer = {"ok": False, "error_code": failure.status, "description": failure.description}
        return web.json_response(answer, status=failure.status)

    def _checked(self, request: web.Request, method: str, body: bytes) -> dict[str, Any]:
        """The fields of a request. What the platform does not know or take is a violation."""
        fields = FIELDS.get(method)
        if fields is None:
            self._wrong(f"{method}: there is no such method", 404)
        assert fields is not None
        if request.method != "POST" or request.content_type != "application/json":
            self._wrong(f"{method}: {request.method} with {request.content_type} (no uploads, JSON only)", 400)
        values = json.loads(body or b"{}")
        if not isinstance(values, dict) or set(values) - set(fields):
            self._wrong(f"{method}: unknown fields in {sorted(values)}", 400)
        for name, required in fields.items():
            if required and not values.get(name):
                self._wrong(f"{method}: {name} is missing", 400)
        for name in ("chat_id", "text", "photo", "caption", "sticker", "url", "secret_token"):
            if name in values and not isinstance(values[name], str):
                self._wrong(f"{method}: {name} is no string", 400)
        for name in ("text", "caption"):
            if len(values.get(name, "")) > 2_000:
                self._wrong(f"{method}: {name} is too long", 400)
        return values

    def _wrong(self, what: str, status: int) -> None:
        self.violations.append(what)
        raise Refusal(f"Bad request: {what}", status)

    async def _answer(self, method: str, values: dict[str, Any]) -> Any:
        if method in COUNTED:
            return await self._send(method, values)
        match method:
            case "getMe":
                return IDENTITY
            case "getUpdates":
                return await self._get_updates(float(values.get("timeout", 30)))
            case "setWebhook":
                if not 8 <= len(values["secret_token"]) <= 256:
                    self._wrong("setWebhook: the secret has 8 to 256 characters", 400)
                self.webhook, self.secret = values["url"], values["secret_token"]
            case "deleteWebhook":
                self.webhook = self.secret = ""
            case "sendChatAction":
                if values["action"] != "typing":
                    self._wrong(f"sendChatAction: {values['action']}", 400)
                return None
        return {"url": self.webhook, "updated_at": 1_749_538_250_568}

    async def _get_updates(self, seconds: float) -> dict[str, Any]:
        """One update, handed out once. With a webhook set there never is one."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: (bool(self._updates) and not self.webhook) or self._ended.is_set())
        except TimeoutError:
            raise Refusal("Request timeout", 408) from None
        if not self._updates or self.webhook:
            raise Refusal("Request timeout", 408)
        return self._updates.popleft()

    async def _send(self, method: str, values: dict[str, Any]) -> dict[str, Any]:
        chat = values["chat_id"]
        if chat not in self._known:
            raise Refusal("Chat not found", 400)       # nobody can be written to before writing first
        if self.left <= 0:
            raise Refusal("Quota exceeded", 429)
        if method == "sendVoice" and (chat in self.groups or not values["voice_url"].endswith(".aac")):
            self._wrong("sendVoice: .aac by address, in private chats only", 400)
        self.left -= 1
        if method == "sendMessage":
            self.texts[chat].append(values["text"])
        if method == "sendPhoto":
            self.photos[chat].append((values["photo"], await self._fetched(values["photo"])))
            self.texts[chat].append(values.get("caption", ""))
        return {"message_id": f"b{next(self._numbers):06d}", "date": 1_749_632_637_199}

    async def _fetched(self, url: str) -> bytes:
        """The picture, as the platform's servers fetch it: without cookies, from a public address."""
        if not self.fetches_pictures:
            return b""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session, session.get(url, allow_redirects=False) as answer:
            if answer.status != 200 or not answer.content_type.startswith("image/"):
                raise Refusal("Photo cannot be fetched", 400)
            return await answer.read()

    async def _picture(self, request: web.Request) -> web.Response:
        content = self.pictures.get(request.match_info["name"])
        return web.Response(status=404) if content is None else web.Response(body=content, content_type="image/jpeg")
