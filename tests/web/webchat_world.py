"""The chat page in production, served on loopback over the sample cluster, and browsers that talk to it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from bot.application import Application
from bot.channels.web_kept import Kept
from bot.clock import MovableClock
from bot.settings import HostPort
from bot.web import site
from bot.web.server import Server, application
from storage import invitations, linking, people
from storage.connection import Database, effect
from storage.web_chat import Lifetimes
from tests.chat import WITH_BUTTONS, ZONE, Double
from tests.conftest import START

DAY = 86_400
LIFETIMES = Lifetimes(30 * DAY, 180 * DAY)
CODES = itertools.count()


class World:
    """The application with the page's channel and a telephone's, its server, and the browsers that were opened."""

    def __init__(self, path: Path, clock: MovableClock | None = None) -> None:
        self.path = path
        self.clock = clock or MovableClock(START)
        self.phone = Double("phone", WITH_BUTTONS)
        self.port = 0

    async def start(self) -> None:
        database = await Database.open(self.path)
        self.kept = Kept(database, self.clock.now, LIFETIMES)
        facts = {"chat_url": "https://thidua.example.vn/chat"}
        self.app = Application(database, (self.kept, self.phone), self.clock, ZONE, facts=facts)
        pages = site.routes(self.app, "http://127.0.0.1")
        self.server = Server(application(self.app.health.report, pages=pages), "THIDUA_WEB", HostPort("127.0.0.1", self.port))
        await self.server.start()
        self.port = self.server.port
        await self.app.start()

    async def stop(self) -> None:
        await self.app.stop_taking()
        await self.server.close()
        await self.app.stop()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Database:
        return self.app.database

    async def invitation(self, unit: str = "TUYEN_QUANG", role: str = "officer") -> str:
        """A fresh joining code."""
        code = self._code()
        now = self.clock.now()
        await self.database.write((effect(invitations.add, code, unit, role, None, now, now + 14 * DAY),))
        return code

    async def link_code(self, name: str) -> str:
        """A code of /lienket, shown on the telephone of the person so called."""
        person_id = await self.person(name)
        account = ("phone", f"phone-{person_id}")
        code = self._code()
        now = self.clock.now()
        await self.database.write(
            (effect(people.link, *account, person_id, now), effect(linking.add, code, person_id, *account, now))
        )
        return code

    async def person(self, name: str) -> str:
        found = await self.database.read(lambda read: read.execute("SELECT id FROM people WHERE name = ?", (name,)).fetchone())
        return str(found[0])

    async def ask(self, query: str, *values: object) -> Any:
        """One value of the database."""
        row = await self.database.read(lambda read: read.execute(query, values).fetchone())
        return None if row is None else row[0]

    @staticmethod
    def _code() -> str:
        number = next(CODES)
        return "CHAT" + "".join(invitations.ALPHABET[24 + number // 8**place % 8] for place in (3, 2, 1, 0))


class Serves(Protocol):
    """Where a chat page is: a world in this process, or a program."""

    @property
    def root(self) -> str: ...


@dataclass
class Browser:
    """A browser without a screen: cookies of its own, requests as the page's script makes them."""

    world: Serves
    headers: dict[str, str] = field(default_factory=lambda: {"Sec-Fetch-Site": "same-origin"})
    session: str = ""
    streams: list[aiohttp.ClientResponse] = field(default_factory=list)
    keys: Any = field(default_factory=lambda: itertools.count(10_000_000))

    def __post_init__(self) -> None:
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def close(self) -> None:
        for stream in self.streams:
            stream.close()
        await self.http.close()

    def _headers(self, more: dict[str, str] | None = None) -> dict[str, str]:
        page = {"X-Thidua-Session": self.session} if self.session else {}
        return {**self.headers, **page, **(more or {})}

    async def get(self, path: str, **more: str) -> tuple[int, Any]:
        async with self.http.get(f"{self.world.root}{path}", headers=self._headers(more)) as answer:
            told = await answer.json() if answer.content_type == "application/json" else await answer.read()
            return answer.status, told

    async def post(self, path: str, body: object = None, data: bytes | None = None, **more: str) -> tuple[int, Any]:
        sent: dict[str, Any] = {"json": body} if data is None else {"data": BytesIO(data)}
        async with self.http.post(f"{self.world.root}{path}", headers=self._headers(more), **sent) as answer:
            told = await answer.json() if answer.content_type == "application/json" else await answer.text()
            return answer.status, told

    async def sign_in(self, code: str, name: str = "Nguyễn Văn Tạo", *, replace: bool = False) -> tuple[int, Any]:
        await self.get("/chat/state")
        status, told = await self.post("/chat/signin", {"name": name, "code": code, "replace": replace})
        if status == 200:
            self.session = told["session"]
            await self._settled()
        return status, told

    def key(self) -> str:
        return str(next(self.keys))

    async def say(self, text: str, key: str = "") -> list[dict[str, Any]]:
        """Say it, and what stands on the page afterwards."""
        status, _ = await self.post("/chat/say", {"text": text, "key": key or self.key()})
        assert status == 202
        return await self.shown()

    async def tap(self, label: str) -> list[dict[str, Any]]:
        """Tap the newest button with that label."""
        for shown in reversed(await self.shown()):
            for button in (each for row in shown["buttons"] for each in row if each["label"] == label):
                body = {"data": button["data"], "place": str(shown["place"]), "key": self.key()}
                assert (await self.post("/chat/tap", body))[0] == 202
                return await self.shown()
        raise AssertionError(f"no button {label}")

    async def shown(self, after: int = 0) -> list[dict[str, Any]]:
        await self._settled()
        status, told = await self.get(f"/chat/messages?after={after}")
        assert status == 200, told
        return list(told["messages"])

    async def join(self, code: str, name: str = "Nguyễn Văn Tạo") -> list[dict[str, Any]]:
        """Sign in and agree."""
        assert (await self.sign_in(code, name))[0] == 200
        return await self.tap("Đồng ý")

    async def _settled(self) -> None:
        if isinstance(self.world, World):
            await self.world.app.settle()

    async def stream(self, after: int = 0) -> aiohttp.ClientResponse:
        headers = {**self._headers(), "Last-Event-ID": str(after)}
        self.streams.append(await self.http.get(f"{self.world.root}/chat/events?session={self.session}", headers=headers))
        return self.streams[-1]


async def events(answer: aiohttp.ClientResponse, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """What the stream says until there is enough of it, or it ends. The last one is {"event": "ended"} where the session has."""
    got: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while not enough(got):
            line = (await answer.content.readline()).decode()
            if not line:
                break
            if line.startswith("event: "):
                got.append({"event": line[7:].strip()})
            elif line.startswith("data: ") and line.strip() != "data: {}":
                got.append(json.loads(line[6:]))
    return got
