"""The chat page in production: what its script asks for and posts. `chat_door` says who may, `chat_sign_in` lets in, `chat_page` shows it.

News come as server-sent events whose ids are the messages' own numbers: a page that was away, or a program that was restarted, goes on
after the last one that was seen.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from aiohttp import web

from bot.application import Application
from bot.channels.base import Unreachable
from bot.channels.web_kept import Kept
from bot.keeping import LARGEST_FILE
from bot.web import chat_page, chat_sign_in, security
from bot.web.chat_door import TOO_FAST, Denied, Door
from bot.web.downloads import IMAGES, attachment
from handlers.kit.message import m
from storage import drawings, web_chat
from storage.connection import Snapshot
from storage.web_chat import Shown

LONGEST_TEXT = 8_000
MOST_SHOWN = 200
MOST_STREAMS = 6
"""Pages of one browser that wait for news at once; further ones ask from time to time."""

HEARTBEAT_SECONDS = 10.0
"""How often a silent stream shows that it lives, and looks whether its session does."""

UPLOADS = 20
UPLOAD_SECONDS = 600.0
BODY_SECONDS = 120.0
KEY = re.compile(r"[A-Za-z0-9-]{8,40}")
DATA = re.compile(r"m:[A-Za-z0-9]{1,40}:\d{1,3}")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")

TOO_LONG = m("The message is too long: at most 8,000 characters. Please send it in parts, or as a file.")
EMPTY_FILE = m("The file is empty.")


def routes(application: Application, public_url: str) -> list[web.RouteDef]:
    """The routes of the chat page; none where the application has no such channel."""
    channel = next((each for each in application.channels if isinstance(each, Kept)), None)
    if channel is None:
        return []
    door = Door(application, channel, public_url)
    talk = _Talk(door)
    return [
        *chat_page.routes(door),
        *chat_sign_in.routes(door),
        web.get("/chat/messages", door.guarded(talk.messages)),
        web.get("/chat/events", door.guarded(talk.events)),
        web.post("/chat/say", door.guarded(talk.say)),
        web.post("/chat/tap", door.guarded(talk.tap)),
        web.post("/chat/upload", door.guarded(talk.upload)),
        web.get("/chat/file/{sha256:[0-9a-f]{64}}", door.guarded(talk.file)),
    ]


class _Talk:
    """A conversation's routes."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._channel = door.channel
        self._database = door.application.database
        self._uploads = security.Limit(UPLOADS, UPLOAD_SECONDS)

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """What there is after a number, once."""
        visitor = await self._door.visitor(request)
        after = _number(request.query.get("after"))
        fresh = await self._database.read(lambda read: web_chat.after(read, visitor.session.address, after, MOST_SHOWN))
        return web.json_response({"messages": [_told(shown) for shown in fresh]})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What there is after a number, then what comes, until the page goes away or its session ends."""
        visitor = await self._door.visitor(request)
        address, secret = visitor.session.address, self._door.secret(request)
        if self._channel.streams(address) >= MOST_STREAMS:
            raise Denied(429, TOO_FAST)
        after = _number(request.headers.get("Last-Event-ID") or request.query.get("after"))
        # X-Accel-Buffering: a proxy must pass each message on at once.
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        security.harden(response)
        await response.prepare(request)
        await response.write(b"retry: 2000\n\n")
        leaving = False

        def look(read: Snapshot, now: int, after: int) -> tuple[bool, bool, tuple[Shown, ...]]:
            """(may see, is just leaving, what is new)."""
            session = web_chat.by_secret(read, secret)
            last = session is not None and session.ended > 0
            open_still = self._door.known(read, now, secret) is not None
            shown = web_chat.after(read, address, after, MOST_SHOWN) if open_still or last else ()
            return open_still, session is not None and session.ended == 1, shown

        while not self._channel.stopping:
            now = self._door.application.clock.now()
            may_see, goes, fresh = await self._database.read(lambda read: look(read, now, after))  # noqa: B023
            for shown in fresh:
                told = json.dumps(_told(shown), ensure_ascii=False)
                await response.write(f"id: {shown.number}\ndata: {told}\n\n".encode())
                after = shown.number
            if not may_see and (leaving or not goes):
                await response.write(b"event: ended\ndata: {}\n\n")
                break
            leaving = not may_see
            if not fresh:
                await response.write(b": \n\n")
            if request.transport is None or request.transport.is_closing():
                break
            await self._channel.news(address, HEARTBEAT_SECONDS, lambda: self._is_news(address, after))  # noqa: B023
        return response

    async def _is_news(self, address: str, after: int) -> bool:
        return bool(await self._database.read(lambda read: web_chat.after(read, address, after, 1)))

    async def say(self, request: web.Request) -> web.StreamResponse:
        visitor = await self._door.visitor(request)
        body = await _json(request)
        text = str(body.get("text", ""))
        if not text.strip():
            raise web.HTTPBadRequest
        if len(text) > LONGEST_TEXT:
            raise Denied(413, TOO_LONG)
        self._door.may_write(visitor.session)
        message: dict[str, str | int] = {"kind": "text", "text": text}
        return await self._post(visitor.session, _key(body.get("key")), message)

    async def tap(self, request: web.Request) -> web.StreamResponse:
        """A button. What it says is looked up: a page shows nothing in the person's name that was not offered."""
        visitor = await self._door.visitor(request)
        body = await _json(request)
        data, place = str(body.get("data", "")), _number(body.get("place"))
        if not DATA.fullmatch(data):
            raise web.HTTPBadRequest
        self._door.may_write(visitor.session)
        label = await self._database.read(lambda read: web_chat.label(read, visitor.session.address, place, data))
        message: dict[str, str | int] = {"kind": "tap", "data": data, "label": label, "message_id": str(place)}
        return await self._post(visitor.session, _key(body.get("key")), message)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """A file as the body, its name in a header (percent-encoded): nothing of it stands in an address."""
        visitor = await self._door.visitor(request)
        key = _key(request.headers.get("X-Key"))
        if self._uploads.reached(visitor.session.address):
            raise Denied(429, TOO_FAST)
        self._uploads.count(visitor.session.address)
        content = await _content(request)
        if not content:
            raise Denied(422, EMPTY_FILE)
        name = PureWindowsPath(PurePosixPath(unquote(request.headers.get("X-Name", ""))).name).name[:120] or "tep"
        media_type = request.content_type if _MEDIA_TYPE.fullmatch(request.content_type) else "application/octet-stream"
        message: dict[str, str | int] = {"kind": "file", "name": name, "media_type": media_type, "size": len(content)}
        return await self._post(visitor.session, key, message, content)

    async def _post(
        self, session: web_chat.Session, key: str, message: dict[str, str | int], content: bytes | None = None
    ) -> web.StreamResponse:
        await self._channel.post(session.address, {**message, "key": key, "display_name": session.name}, content)
        return web.json_response({}, status=202)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file or picture that stands on this very page."""
        visitor = await self._door.visitor(request)
        sha256 = request.match_info["sha256"]
        found = await self._database.read(lambda read: web_chat.file_shown(read, visitor.session.address, sha256))
        path = drawings.shown(self._database.files, sha256)
        if found is None or not path.is_file():
            raise web.HTTPNotFound
        name, media_type = found
        view = media_type in IMAGES
        headers = {"Content-Type": media_type if view else "application/octet-stream"}
        return web.FileResponse(path, headers={**headers, "Content-Disposition": "inline" if view else attachment(name)})


def _told(shown: Shown) -> dict[str, object]:
    """A message as the page's script reads it; the bot's texts hold the renderer's markup only."""
    return {
        "id": shown.number, "place": shown.place, "author": shown.author, "key": shown.key, "kind": shown.kind, "text": shown.text,
        "html": shown.author == "bot", "buttons": json.loads(shown.buttons), "sha256": shown.sha256, "name": shown.name,
        "media_type": shown.media_type, "at": shown.at,
    }  # fmt: skip


def _number(given: object) -> int:
    text = str(given or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0


def _key(given: object) -> str:
    """The page's own name of what it sends: sent again under the same one, it counts once."""
    key = str(given or "")
    if not KEY.fullmatch(key):
        raise web.HTTPBadRequest
    return key


async def _json(request: web.Request) -> dict[str, object]:
    try:
        body = await request.json()
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


async def _content(request: web.Request) -> bytes:
    """The body, as far as it is not too large. Raises HTTPRequestEntityTooLarge, and Unreachable where it never ends."""
    if (request.content_length or 0) > LARGEST_FILE:
        raise web.HTTPRequestEntityTooLarge(LARGEST_FILE, request.content_length or 0)
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_chunked(65_536):
                content += chunk
                if len(content) > LARGEST_FILE:
                    raise web.HTTPRequestEntityTooLarge(LARGEST_FILE, len(content))
    except TimeoutError as error:
        raise Unreachable("the upload did not end") from error
    return bytes(content)
