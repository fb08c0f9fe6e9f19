"""The application over Telegram's channel, as `thidua run` builds it, and its sudden death."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.application import Application
from bot.channels.base import Channel
from bot.clock import MovableClock
from storage import invitations
from storage.connection import Database, effect
from tests.chat import ZONE
from tests.conftest import START

CODE = "THDU2345"
OFFICER = 900


async def start(path: Path, channel: Channel, *, background: bool = True) -> Application:
    """The application, running in the background unless it is driven by hand."""
    application = Application(await Database.open(path), (channel,), MovableClock(START), ZONE, background=background)
    await application.start()
    return application


@asynccontextmanager
async def serving(path: Path, channel: Channel) -> AsyncIterator[Application]:
    application = await start(path, channel)
    try:
        yield application
    finally:
        await application.stop()


@asynccontextmanager
async def killed(path: Path, channel: Channel) -> AsyncIterator[Application]:
    """An application that ends in the middle of what it does: nothing is finished, nothing is sent any more."""
    application = await start(path, channel)
    try:
        yield application
    finally:
        if application._scheduler is not None:
            application._scheduler.shutdown(wait=False)
        tasks = [*application._tasks, *application._listening.tasks, *application.turns._working]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await channel.close()
        await application.database.close()


async def invite(path: Path, code: str = CODE, unit: str = "LANG_SON") -> None:
    """A joining code for an officer of the unit."""
    database = await Database.open(path)
    await database.write((effect(invitations.add, code, unit, "officer", None, START, START + 86_400),))
    await database.close()
