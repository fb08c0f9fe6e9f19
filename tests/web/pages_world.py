"""The signed pages served on loopback over the sample cluster, and browsers that open them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from bot.application import Application
from bot.channels.base import Part
from bot.settings import HostPort
from bot.web import site
from bot.web.server import Server, application
from handlers.kit.pages import MINUTES
from storage import page_links, people
from storage.connection import Database, effect
from tests.chat import WITH_BUTTONS, WITHOUT_BUTTONS, ZONE, Chat, Double, counting
from tests.conftest import START

PUBLIC = "https://thidua.example.vn/trang"
LANGSON, LAOCAI, SECRETARY = "langson", "laocai", "secretary"
OWN = {"Sec-Fetch-Site": "same-origin"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(2_000)
PDF = b"%PDF-1.7\n" + bytes(3_000)
page_of = page_links.digest
"""What stands for a link in the addresses of its pages."""


class World(Chat):
    """A chat on ``webplain`` (no buttons, files or pictures; public ones by address) whose application serves its pages."""

    def __init__(self, path: Path, public_url: str = PUBLIC) -> None:
        super().__init__(path, START, replace(WITHOUT_BUTTONS, photo_by_url=True), "webplain")
        self.other = Double("web", WITH_BUTTONS)
        self.public_url = public_url
        self.browsers: list[Browser] = []

    async def open(self) -> None:
        database = await Database.open(self.path)
        self.minting = counting()
        facts = {"public_url": self.public_url} if self.public_url else {}
        self.application = Application(
            database, (self.channel, self.other), self.clock, ZONE, minting=self.minting, background=False, facts=facts
        )  # fmt: skip
        pages = site.routes(self.application, self.public_url)
        self.server = Server(application(self.application.health.report, pages=pages), "THIDUA_WEB", HostPort("127.0.0.1", 0))
        await self.server.start()
        await self.application.start()

    async def close(self) -> None:
        for browser in self.browsers:
            await browser.close()
        await self.server.close()
        await super().close()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def browser(self) -> Browser:
        self.browsers.append(Browser(self.root))
        return self.browsers[-1]

    async def person(self, address: str) -> str:
        found = await self.application.database.read(lambda read: people.by_account(read, "webplain", address))
        assert found is not None
        return found.id

    async def link(self, kind: page_links.Kind, address: str | None, subject: str, *, seconds: int = MINUTES * 60) -> str:
        """A new link, made as a handler makes one: its token."""
        token, now = self.minting.secret(), self.clock.now()
        person_id = None if address is None else await self.person(address)
        account = None if address is None else ("webplain", address)
        await self.application.database.write((effect(page_links.add, token, kind, person_id, subject, now, now + seconds, account),))
        return token

    async def duty(self, unit: str) -> str:
        """An open report of the unit."""
        found = await self.application.database.read(
            lambda read: read.execute(
                "SELECT id FROM duties WHERE unit_id = ? AND status = 'open' AND form IS NOT NULL AND opens <= ? ORDER BY id",
                (unit, self.clock.now()),
            ).fetchall()
        )
        return str(found[0][0])

    async def rows(self, query: str, *values: object) -> list[Any]:
        return await self.application.database.read(lambda read: list(read.execute(query, values)))


@dataclass
class Browser:
    """Cookies of its own, sent as over TLS (the proxy's part); asks as a browser does that stands on a page of the site."""

    root: str
    headers: dict[str, str] = field(default_factory=lambda: dict(OWN))
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    """Every address it asked for."""

    def __post_init__(self) -> None:
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        await self._http.close()

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._ask("GET", path, headers)

    async def head(self, path: str) -> Answer:
        return await self._ask("HEAD", path, {})

    async def post(self, path: str, data: Any = None, **headers: str) -> Answer:
        return await self._ask("POST", path, headers, data)

    async def tap(self, token: str) -> Answer:
        """The button of the landing page."""
        return await self.post("/p/open", {"key": token})

    async def _ask(self, method: str, path: str, headers: dict[str, str], data: Any = None) -> Answer:
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.seen.append(path)
        given = {**self.headers, "Cookie": held, **{name.replace("_", "-"): value for name, value in headers.items()}}
        given = {name: value for name, value in given.items() if value}
        async with self._http.request(method, self.root + path, headers=given, data=data, allow_redirects=False) as response:
            self.cookies |= {name: morsel.value for name, morsel in response.cookies.items()}
            return Answer(response.status, dict(response.headers.items()), await response.read())


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers["Location"]


def form(*files: tuple[str, bytes, str], item: str = "") -> aiohttp.FormData:
    """What the upload page sends."""
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("item", item)
    for name, content, media_type in files:
        data.add_field("file", BytesIO(content), filename=name, content_type=media_type)
    return data


def address_in(parts: list[Part]) -> str:
    """The path of a public picture in what a chat was told, below the public address."""
    found = re.search(rf"{re.escape(PUBLIC)}(\S+)", "\n".join(part.text for part in parts))
    assert found is not None, [part.text for part in parts]
    return found.group(1)


def key_in(parts: list[Part]) -> str:
    """The key of the page in what a chat was told: the fragment of its link."""
    root, _, key = address_in(parts).partition("#")
    assert (root, len(key)) == ("/p/", 43)
    return key
