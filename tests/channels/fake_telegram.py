"""A strict Bot API on loopback: checks every request against the specification, plays people and their chats, and fails on demand.

`violations` holds everything a request did that the real server refuses or that its documentation forbids. Use it as
``async with FakeTelegram() as telegram``; it stops itself.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tests.channels.botapi import Specification, Upload, read_html
from tests.channels.loopback import Failure, Loopback, Refusal

TOKEN = "123456789:AAHfaketokenfaketokenfaketokenfake0"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Thi Đua", "username": "thidua_bot"}
SPECIFICATION = Specification()


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    fields: dict[str, str]
    uploads: dict[str, Upload]


class FakeTelegram(Loopback):
    """The server, and the hands of the people who use it."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.violations: list[str] = []
        self.calls: list[Call] = []
        self.messages: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
        self.uploaded: dict[int, Upload] = {}
        self.kept: dict[str, tuple[str, Upload]] = {}
        self.files: dict[str, bytes] = {}
        self.topics: set[tuple[int, int]] = set()
        self.confirmed = 0
        self.webhook = ""
        self.webhook_secret = ""
        self.webhook_state: dict[str, Any] = {}
        self.menus: dict[str, list[dict[str, str]]] = {}
        self._updates: list[dict[str, Any]] = []
        self._update_ids = itertools.count(5001)
        self._message_ids = itertools.count(1)
        self._queries: set[str] = set()
        self._poll = 0

    def application(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        return app

    # What people do -----------------------------------------------------------------------------------------------------------

    async def update(self, content: dict[str, Any], update_id: int | None = None) -> int:
        """Queue a raw update; its number."""
        number = next(self._update_ids) if update_id is None else update_id
        self._updates.append({"update_id": number, **content})
        await self._notify()
        return number

    def open_chat(self, chat: int, *topics: int) -> None:
        """A chat the bot may write to (somebody started it, or the bot is a member), with its topics."""
        self.messages[chat].clear()
        self.topics |= {(chat, topic) for topic in topics}

    async def say(self, chat: int, text: str, *, first: str = "Hoa", last: str = "Nguyễn Thị", **extra: Any) -> int:
        """A private text. Returns the message's number."""
        return await self.write(chat, {"text": text, **extra}, first, last)

    async def write(self, chat: int, content: dict[str, Any], first: str = "Hoa", last: str = "Nguyễn Thị") -> int:
        """A private message of any kind."""
        number = next(self._message_ids)
        person = {"id": chat, "is_bot": False, "first_name": first, "last_name": last, "language_code": "vi"}
        self.messages[chat][number] = {"message_id": number, **content}
        message = {"message_id": number, "date": 1, "from": person, "chat": {"id": chat, "type": "private"}, **content}
        await self.update({"message": message})
        return number

    async def tap(self, chat: int, label: str) -> str:
        """Press the button with this label under the newest message that has it."""
        for number, message in sorted(self.messages[chat].items(), reverse=True):
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in (button for row in rows for button in row):
                if button["text"] == label:
                    return await self.press(chat, number, button["callback_data"])
        raise AssertionError(f"no button {label!r} in chat {chat}: {[self.buttons(chat, number) for number in self.messages[chat]]}")

    async def press(self, chat: int, number: int, data: str) -> str:
        query = f"q{len(self._queries) + 1}"
        self._queries.add(query)
        person = {"id": chat, "is_bot": False, "first_name": "Hoa", "last_name": "Nguyễn Thị"}
        message = {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "from": BOT}
        await self.update({"callback_query": {"id": query, "from": person, "message": message, "chat_instance": "1", "data": data}})
        return query

    def offer_file(self, name: str, content: bytes) -> dict[str, Any]:
        """A document as it stands in a message; the bot may fetch it."""
        self.files[f"documents/{name}"] = content
        return {"file_id": f"documents/{name}", "file_unique_id": name, "file_name": name, "file_size": len(content)}

    async def deliver(self, root: str, *, secret: str | None = None) -> list[int]:
        """Post every update that is still here to the webhook (at ``root``), all at once; the statuses, 0 for no answer. 200 confirms."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook_secret if secret is None else secret}
        address = root + urlsplit(self.webhook).path

        async def post(session: aiohttp.ClientSession, update: dict[str, Any]) -> int:
            try:
                async with session.post(address, json=update, headers=headers) as answer:
                    if answer.status == 200:
                        self._updates.remove(update)
                    return answer.status
            except aiohttp.ClientConnectionError:
                return 0

        async with aiohttp.ClientSession() as session:
            return list(await asyncio.gather(*(post(session, update) for update in list(self._updates))))

    # What can be seen ---------------------------------------------------------------------------------------------------------

    def sent(self, chat: int) -> list[str]:
        """The bot's texts and captions in the chat as they stand now, without markup."""
        mine = [message for _, message in sorted(self.messages.get(chat, {}).items()) if message.get("from") == BOT]
        return [read_html(message.get("text", message.get("caption", "")))[0] for message in mine]

    def buttons(self, chat: int, number: int) -> list[str]:
        rows = self.messages[chat][number].get("reply_markup", {}).get("inline_keyboard", [])
        return [button["text"] for row in rows for button in row]

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def happened(self) -> str:
        told = {chat: self.sent(chat) for chat in self.messages}
        return f"calls: {[call.method for call in self.calls][-20:]}; sent: {told}"

    async def answer(self, chat: int, text: str, after: int = 0) -> str:
        """The newest text of the bot that has ``text`` in it, once there is one beyond the first ``after``."""
        await self.until(lambda: any(text in each for each in self.sent(chat)[after:]))
        return next(each for each in reversed(self.sent(chat)) if text in each)

    # The server ---------------------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fields, uploads = await _read(request)
        failure = self._failures[method].popleft() if self._failures[method] else None
        try:
            if failure is not None and failure.kind != "reset_after":
                self.calls.append(Call(method, fields, uploads))
                return await self._failed(request, failure)
            if request.match_info["token"] != self.token:
                raise Refusal("Unauthorized", 401)
            result = await self._answer(method, fields, uploads)
            if failure is not None:
                return await self._failed(request, failure)
            return web.json_response({"ok": True, "result": result})
        except Refusal as refusal:
            return _no(refusal)
        finally:
            await self._notify()

    def refused(self, failure: Failure) -> web.Response:
        return _no(Refusal(failure.description, failure.status, failure.parameters))

    async def _answer(self, method: str, fields: dict[str, str], uploads: dict[str, Upload]) -> Any:
        self.calls.append(Call(method, fields, uploads))
        wrong = SPECIFICATION.check(method, fields, uploads)
        if wrong:
            self.violations += [f"{method}: {each}" for each in wrong]
            raise Refusal(f"Bad Request: {wrong[0]}")
        match method:
            case "getMe":
                return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
            case "getUpdates":
                return await self._get_updates(fields)
            case "getWebhookInfo":
                return {
                    "url": self.webhook, "has_custom_certificate": False, "pending_update_count": len(self._updates), **self.webhook_state,
                }  # fmt: skip
            case "setWebhook":
                if fields.get("drop_pending_updates", "false") == "true":
                    self.violations.append("setWebhook: pending updates were dropped")
                self.webhook, self.webhook_secret = fields["url"], fields.get("secret_token", "")
                self.webhook_state = {
                    "max_connections": int(fields.get("max_connections", "40")), "allowed_updates": json.loads(fields["allowed_updates"]),
                }  # fmt: skip
                return True
            case "deleteWebhook":
                if fields.get("drop_pending_updates", "false") == "true":
                    self.violations.append("deleteWebhook: pending updates were dropped")
                self.webhook = ""
                return True
            case "setMyCommands":
                self.menus[self._menu(fields)] = json.loads(fields["commands"])
                return True
            case "deleteMyCommands":
                self.menus.pop(self._menu(fields), None)
                return True
            case "sendMessage" | "sendPhoto" | "sendDocument":
                return self._send(fields, uploads)
            case "editMessageText":
                return self._edit(fields)
            case "answerCallbackQuery":
                if fields["callback_query_id"] not in self._queries:
                    raise Refusal("Bad Request: query is too old and response timeout expired or query ID is invalid")
                return True
            case "getFile":
                return self._file(fields["file_id"])
        self.violations.append(f"{method}: the fake does not play this method")
        raise Refusal("Not Found", 404)

    async def _get_updates(self, fields: dict[str, str]) -> list[dict[str, Any]]:
        self._poll += 1
        poll = self._poll
        if self.webhook:
            raise Refusal("Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first", 409)
        offset = int(fields.get("offset", "0"))
        if offset > 0:
            self.confirmed = max(self.confirmed, offset)
            self._updates = [update for update in self._updates if update["update_id"] >= offset]
        await self._notify()
        wanted = set(json.loads(fields["allowed_updates"]))
        timeout = int(fields.get("timeout", "0"))

        def ready() -> list[dict[str, Any]]:
            return [update for update in self._updates if wanted & set(update)]

        if timeout > 0:
            try:
                async with asyncio.timeout(timeout), self._news:
                    await self._news.wait_for(lambda: ready() or self._poll != poll or self._ended.is_set())
            except TimeoutError:
                return []
        if self._poll != poll:
            raise Refusal("Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", 409)
        return ready()[: int(fields.get("limit", "100"))]

    def _send(self, fields: dict[str, str], uploads: dict[str, Upload]) -> dict[str, Any]:
        chat = self._chat(fields)
        thread = fields.get("message_thread_id")
        if thread is not None and (chat, int(thread)) not in self.topics:
            raise Refusal("Bad Request: message thread not found")
        content = self._content(fields, uploads)
        number = next(self._message_ids)
        kept = {name: fields[name] for name in ("text", "caption", "message_thread_id", "protect_content") if name in fields}
        markup = {"reply_markup": json.loads(fields["reply_markup"])} if "reply_markup" in fields else {}
        self.messages[chat][number] = {"message_id": number, "from": BOT, **kept, **markup}
        for kind, remote in content.items():
            self.uploaded[number] = self.kept[remote][1]
            told = {"file_id": remote, "file_unique_id": remote}
            shown = {"photo": [{**told, "width": 1080, "height": 900}]} if kind == "photo" else {"document": told}
            self.messages[chat][number] |= shown
            return {**self._shown(chat, number), **shown}
        return self._shown(chat, number)

    def _content(self, fields: dict[str, str], uploads: dict[str, Upload]) -> dict[str, str]:
        """The photo or document of a message by its id: uploaded now, or earlier as the same kind."""
        for kind in ("photo", "document"):
            if kind in uploads:
                remote = f"{kind}-{len(self.kept) + 1}"
                self.kept[remote] = (kind, uploads[kind])
            elif kind in fields:
                remote = fields[kind]
                known = self.kept.get(remote)
                if known is None:
                    raise Refusal("Bad Request: wrong file identifier/HTTP URL specified")
                if known[0] != kind:
                    raise Refusal(f"Bad Request: can't use file of type {known[0].capitalize()} as {kind.capitalize()}")
            else:
                continue
            return {kind: remote}
        return {}

    def _edit(self, fields: dict[str, str]) -> dict[str, Any]:
        chat, number = self._chat(fields), int(fields["message_id"])
        old = self.messages[chat].get(number)
        if old is None:
            raise Refusal("Bad Request: message to edit not found")
        if old.get("from") != BOT:
            raise Refusal("Bad Request: message can't be edited")
        if "text" not in old:
            raise Refusal("Bad Request: there is no text in the message to edit")
        markup = {"reply_markup": json.loads(fields["reply_markup"])} if "reply_markup" in fields else {}
        if old["text"] == fields["text"] and old.get("reply_markup") == markup.get("reply_markup"):
            raise Refusal(
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current"
                " content and reply markup of the message"
            )
        self.messages[chat][number] = {**{key: old[key] for key in old if key != "reply_markup"}, "text": fields["text"], **markup}
        return self._shown(chat, number)

    def _menu(self, fields: dict[str, str]) -> str:
        """Whose menu it is: a chat's number, or a language code for everybody's."""
        scope = json.loads(fields.get("scope", "{}"))
        if scope.get("type") == "chat":
            return str(self._chat({"chat_id": str(scope["chat_id"])}))
        return fields.get("language_code", "")

    def _chat(self, fields: dict[str, str]) -> int:
        chat = int(fields["chat_id"])
        if chat not in self.messages:
            raise Refusal("Bad Request: chat not found")
        return chat

    def _shown(self, chat: int, number: int) -> dict[str, Any]:
        kind = "private" if chat > 0 else "supergroup"
        return {"message_id": number, "date": 1, "chat": {"id": chat, "type": kind}, "from": BOT}

    def _file(self, file_id: str) -> dict[str, Any]:
        content = self.files.get(file_id)
        if content is None:
            raise Refusal("Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > 20 * 1024 * 1024:
            raise Refusal("Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": "u", "file_size": len(content), "file_path": file_id}

    async def _download(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        failure = self._failures["download"].popleft() if self._failures["download"] else None
        if failure is not None:
            return web.Response(text=failure.body, status=failure.status)
        if request.match_info["token"] != self.token or path not in self.files:
            return web.Response(status=404, text=f"<html>Not found: {request.path}</html>")
        return web.Response(body=self.files[path])


def _no(refusal: Refusal) -> web.Response:
    answer: dict[str, Any] = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        answer["parameters"] = refusal.parameters
    return web.json_response(answer, status=refusal.status)


async def _read(request: web.Request) -> tuple[dict[str, str], dict[str, Upload]]:
    """The form fields and files of a request; file names as the header holds them."""
    if not request.content_type.startswith("multipart/"):
        return {name: str(value) for name, value in (await request.post()).items()}, {}
    fields, uploads = {}, {}
    async for part in await request.multipart():
        disposition = part.headers["Content-Disposition"]
        content = bytes(await part.read())
        name = re.search(r'[; ]name="([^"]*)"', disposition)
        file = re.search(r'filename="((?:[^"\\]|\\.)*)"', disposition)
        assert name is not None, disposition
        if file is None:
            fields[name[1]] = content.decode()
        else:
            uploads[name[1]] = Upload(file[1], content)
    return fields, uploads
