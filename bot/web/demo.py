"""The demo's server: one page on loopback that talks to the whole bot, with a role picker, a "Zalo view" and a clock to move."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.application import Application
from bot.channels.web import Web
from bot.clock import MovableClock
from bot.language import Language
from bot.web.texts import PAGE_TEXTS
from storage import drawings, files, invitations
from storage.connection import effect

STATIC = Path(__file__).with_name("static")
PERSONAS = ("langson", "laocai", "secretary", "leader")
LARGEST_BODY = 21 * 1024 * 1024
LONGEST_TEXT = 8_000
LOCAL_HOST = re.compile(r"^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$")
STRANGER = re.compile(r"^stranger-[a-z0-9]{4,12}$")
LONGEST_STEP = 31 * 86_400

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class DemoServer:
    """Routes of the page; ``channels`` are the two views of it, ``pages`` the signed pages."""

    def __init__(
        self, application: Application, channels: Mapping[str, Web], clock: MovableClock, language: Language,
        pages: Sequence[web.RouteDef] = (),
    ) -> None:  # fmt: skip
        self._application = application
        self._channels = channels
        self._clock = clock
        self._language = language
        self._pages = pages
        self._closing = asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application(middlewares=[_guard], client_max_size=LARGEST_BODY)
        app.router.add_get("/", self._page)
        app.router.add_get("/static/{name:[a-z]+\\.(?:js|css|svg)}", self._static)
        app.router.add_get("/texts", self._texts)
        app.router.add_get("/events", self._events)
        app.router.add_post("/say", self._say)
        app.router.add_post("/tap", self._tap)
        app.router.add_post("/upload", self._upload)
        app.router.add_get("/attachment/{sha256:[0-9a-f]{64}}", self._file)
        app.router.add_post("/clock", self._move_clock)
        app.router.add_post("/invite", self._invite)
        app.router.add_routes(self._pages)
        app.on_shutdown.append(self._close_streams)
        return app

    async def _close_streams(self, _: web.Application) -> None:
        self._closing.set()
        for channel in self._channels.values():
            await channel.close()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "demo.html")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        path = STATIC / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path)

    async def _texts(self, request: web.Request) -> web.Response:
        return web.json_response({name: self._language.text(message) for name, message in PAGE_TEXTS.items()} | {"now": self._local_now()})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        channel, address = self._who(request.query)
        last = request.headers.get("Last-Event-ID") or request.query.get("after") or "0"
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **HEADERS})
        await response.prepare(request)
        await response.write(b"retry: 1000\n\n")
        stream = channel.events(address, int(last) if last.isdecimal() else 0)
        closing = asyncio.create_task(self._closing.wait())
        try:
            while not self._closing.is_set():
                coming = asyncio.ensure_future(anext(stream))
                await asyncio.wait({coming, closing}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    break
                shown = coming.result()
                await response.write(f"id: {shown.id}\ndata: {json.dumps(asdict(shown), ensure_ascii=False)}\n\n".encode())
        finally:
            closing.cancel()
        return response

    async def _say(self, request: web.Request) -> web.Response:
        body = await _json(request)
        text = str(body.get("text", ""))[:LONGEST_TEXT]
        if not text.strip():
            raise web.HTTPBadRequest
        return await self._post(body, {"kind": "text", "text": text})

    async def _tap(self, request: web.Request) -> web.Response:
        body = await _json(request)
        tap = {name: str(body.get(name, "")) for name in ("data", "message_id", "label")}
        return await self._post(body, {"kind": "tap", **tap})

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        upload = form.get("file")
        if not isinstance(upload, web.FileField):
            raise web.HTTPBadRequest
        content = await asyncio.to_thread(upload.file.read)
        message: dict[str, str | int] = {
            "kind": "file", "name": Path(upload.filename or "tep").name[:120], "media_type": upload.content_type, "size": len(content),
        }  # fmt: skip
        return await self._post({name: str(form.get(name, "")) for name in ("as", "view", "key")}, message, content)

    async def _post(
        self, body: Mapping[str, object], message: dict[str, str | int], content: bytes | None = None
    ) -> web.Response:
        channel, address = self._who({name: str(body.get(name, "")) for name in ("as", "view")})
        name = "Đồng chí mới" if address.startswith("stranger") else address
        await channel.post(address, {**message, "key": str(body.get("key", ""))[:40], "display_name": name}, content)
        return web.json_response({"now": self._local_now()}, status=202)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        sha256 = request.match_info["sha256"]
        database = self._application.database
        stored = await database.read(lambda read: files.find(read, sha256))
        path = drawings.shown(database.files, sha256)
        if not path.is_file():
            raise web.HTTPNotFound
        media_type = "image/png" if stored is None else stored.media_type      # what no officer sent was drawn
        headers = {"Content-Disposition": "attachment"} if not media_type.startswith("image/png") else {}
        return web.FileResponse(path, headers={**headers, "Content-Type": media_type})

    async def _move_clock(self, request: web.Request) -> web.Response:
        by = (await _json(request)).get("by")
        if by == "next":
            at = await self._application.next_reminder()
            if at is not None:
                self._clock.move_to(at)
        elif isinstance(by, int) and 0 < by <= LONGEST_STEP:
            self._clock.advance(by)
        else:
            raise web.HTTPBadRequest
        await self._application.tick()
        return web.json_response({"now": self._local_now()})

    async def _invite(self, request: web.Request) -> web.Response:
        """A fresh code for the stranger of the demo: an officer of Tuyên Quang, where nobody has joined."""
        code = "".join(secrets.choice(invitations.ALPHABET) for _ in range(invitations.LENGTH))
        now = self._clock.now()
        await self._application.database.write(
            (effect(invitations.add, code, "TUYEN_QUANG", "officer", None, now, now + 14 * 86_400),)
        )
        return web.json_response({"code": code})

    def _who(self, given: Mapping[str, str]) -> tuple[Web, str]:
        persona, view = given.get("as", ""), given.get("view", "web")
        if (persona not in PERSONAS and not STRANGER.match(persona)) or view not in self._channels:
            raise web.HTTPBadRequest
        return self._channels[view], persona

    def _local_now(self) -> str:
        return datetime.fromtimestamp(self._clock.now(), self._application.zone).strftime("%Y-%m-%dT%H:%M")


async def _json(request: web.Request) -> dict[str, object]:
    try:
        body = await request.json()
    except (ValueError, UnicodeDecodeError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


@web.middleware
async def _guard(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Loopback only: a foreign Host (DNS rebinding) and a foreign Origin (another page posting here) are refused."""
    origin = request.headers.get("Origin")
    host = request.headers.get("Host", "")
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        origin = None       # the forms of pages without a referrer come with the origin "null"
    if not LOCAL_HOST.match(host) or (origin is not None and origin.partition("://")[2] != host):
        raise web.HTTPForbidden
    response = await handler(request)
    if not response.prepared:
        response.headers.update({name: value for name, value in HEADERS.items() if name not in response.headers})
    return response
