"""A demo served on loopback for one test, with a clock that stands still until the page moves it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext

from bot.cli.demo import START
from bot.demo.world import Demo, show
from bot.language import Language
from storage.connection import Database
from tests.web import form_world
from tests.web.small_phone import SMALL_PHONE, launched
from tests.web.webchat_world import Browser, World


@pytest.fixture
async def chromium() -> AsyncIterator[Chromium]:
    """A real browser."""
    async with launched() as opened:
        yield opened


@pytest.fixture
async def phone(chromium: Chromium) -> AsyncIterator[BrowserContext]:
    """A small phone; an error of the page's script, or a look at another host, fails the test."""
    context = await chromium.new_context(viewport=SMALL_PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("request", lambda request: problems.append(request.url) if not request.url.startswith("http://127.0.0.1:") else None)
    yield context
    assert problems == []
    await context.close()


@pytest.fixture
async def world(sample: Path, tmp_path: Path) -> AsyncIterator[form_world.World]:
    """The report form over the sample cluster."""
    made = form_world.World(Path(shutil.copy(sample, tmp_path / "cluster.sqlite3")))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def browser(world: form_world.World) -> AsyncIterator[form_world.Browser]:
    """A browser of the report form without a screen or a script."""
    made = form_world.Browser(world)
    yield made
    await made.close()


@pytest.fixture
async def demo(sample: Path, tmp_path: Path) -> AsyncIterator[tuple[Demo, str]]:
    """The demo and its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    database = await Database.open(Path(shutil.copy(sample, tmp_path / "demo.sqlite3")))
    opened = await show(database, START, Language.load("vi"), address=address, running=False)
    runner = web.AppRunner(opened.server.app(), shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    yield opened, address
    await runner.cleanup()
    await opened.application.stop()


@pytest.fixture
async def chat_world(sample: Path, tmp_path: Path) -> AsyncIterator[World]:
    """The chat page of production over the sample cluster."""
    made = World(Path(shutil.copy(sample, tmp_path / "cluster.sqlite3")))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def opened(chat_world: World) -> AsyncIterator[Callable[[], Browser]]:
    """Opens browsers of the chat page."""
    made: list[Browser] = []

    def another() -> Browser:
        made.append(Browser(chat_world))
        return made[-1]

    yield another
    for browser in made:
        await browser.close()
