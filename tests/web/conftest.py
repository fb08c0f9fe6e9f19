"""A demo served on loopback for one test, with a clock that stands still until the page moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.cli.demo import START
from bot.demo.world import Demo, open_demo
from bot.language import Language


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[tuple[Demo, str]]:
    """The demo and its address."""
    opened = await open_demo(tmp_path / "demo.sqlite3", START, Language.load("vi"), running=False)
    runner = web.AppRunner(opened.server.app(), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield opened, f"http://{host}:{port}"
    await runner.cleanup()
    await opened.application.stop()
