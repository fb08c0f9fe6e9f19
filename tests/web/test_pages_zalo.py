"""What Zalo is sent of pictures and files, with its fake that fetches addresses as the platform's servers do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.application import Application
from bot.channels.zalo import Zalo
from bot.clock import MovableClock
from bot.settings import HostPort
from bot.web import site
from bot.web.server import Server, application
from handlers.kit.message import verbatim
from handlers.kit.reply import File, Picture, Reply, say
from handlers.kit.wire import queue_effects
from storage import files, people
from storage.connection import Database, effect
from tests.channels.fake_zalo import TOKEN, FakeZalo
from tests.chat import ZONE, counting
from tests.cli.service import free_port
from tests.conftest import START

CHAT = "zalo-langson"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(500)


class World:
    """The bot on Zalo alone, with its pages where Zalo's servers can fetch them."""

    def __init__(self, path: Path, zalo: FakeZalo) -> None:
        self.path, self.zalo, self.port = path, zalo, free_port()

    async def open(self) -> None:
        self.database = await Database.open(self.path)
        root = f"http://127.0.0.1:{self.port}"
        channel = Zalo(TOKEN, self.zalo.root)
        self.minting = counting()
        self.app = Application(
            self.database, (channel,), MovableClock(START), ZONE, minting=self.minting, background=False, facts={"public_url": root}
        )  # fmt: skip
        pages = site.routes(self.app, root)
        self.server = Server(application(self.app.health.report, pages=pages), "THIDUA_WEB", HostPort("127.0.0.1", self.port))
        await self.server.start()
        await self.database.write((effect(people.link, "zalo", CHAT, "langson-canbo", START),))
        await self.zalo.say(CHAT, "xin chào")

    async def close(self) -> None:
        await self.server.close()
        await self.app.stop()

    async def stored(self, content: bytes, media_type: str) -> str:
        sha256 = files.write_content(self.database.files, content)
        await self.database.write((effect(files.add, sha256, media_type, len(content), START),))
        return sha256

    async def send(self, reply: Reply) -> None:
        letter = queue_effects(reply, channel="zalo", address=CHAT, language="vi", now=START, mint=self.minting.opaque)
        await self.database.write(letter)
        await self.app.settle()


@pytest.fixture
async def world(cluster: Callable[[], Path]) -> AsyncIterator[World]:
    async with FakeZalo() as zalo:
        zalo.fetches_pictures = True
        opened = World(cluster(), zalo)
        await opened.open()
        yield opened
        await opened.close()
        assert zalo.violations == []


async def test_a_public_picture_is_fetched_and_shown(world: World) -> None:
    await world.send(say(Picture(await world.stored(PNG, "image/png"), "image/png", verbatim("Bảng xếp hạng"), public=True)))
    ((url, shown),) = world.zalo.photos[CHAT]
    assert (url.rpartition(".")[2], shown) == ("png", PNG)
    assert [(method, values.get("caption")) for method, values in world.zalo.calls] == [("sendPhoto", "Bảng xếp hạng")]


async def test_a_picture_that_cannot_be_fetched_goes_as_its_text(world: World) -> None:
    sha256 = await world.stored(PNG, "image/png")
    (world.database.files / sha256).unlink()
    await world.send(say(Picture(sha256, "image/png", verbatim("Bảng xếp hạng"), public=True)))
    assert world.zalo.photos[CHAT] == []
    assert world.zalo.texts[CHAT] == ["Bảng xếp hạng"]


async def test_a_file_and_a_picture_for_one_person_go_as_pages(world: World) -> None:
    picture, file = await world.stored(PNG, "image/png"), await world.stored(b"%PDF-1.7", "application/pdf")
    await world.send(say(Picture(picture, "image/png", verbatim("Ảnh đính kèm: a.png")), File(file, "application/pdf", "Kết luận.pdf")))
    assert world.zalo.photos[CHAT] == []
    text = "\n".join(world.zalo.texts[CHAT])
    assert text.count(f"http://127.0.0.1:{world.port}/p/#") == 2
    assert "Kết luận.pdf (1 KB)" in text
    assert "Ảnh đính kèm: a.png" in text
