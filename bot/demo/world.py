"""The demo's world: the seeded database, the page's two views, the movable clock, and the application between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.application import Application
from bot.channels.web import PLAIN, RICH, Web
from bot.clock import MovableClock
from bot.demo.seed import seed
from bot.language import Language
from bot.web import site
from bot.web.demo import DemoServer
from storage.connection import Database


@dataclass(frozen=True, slots=True)
class Demo:
    application: Application
    server: DemoServer
    clock: MovableClock


async def open_demo(path: Path, start: datetime, language: Language, *, address: str = "", running: bool = True) -> Demo:
    """A fresh sample cluster at ``path`` whose clock starts at ``start``. The application is started; `stop` it in the end.

    ``address``: where its page will be served, without a slash at the end; "": there are no links to pages.
    """
    database = await Database.open(path)
    await seed(database, int(start.timestamp()))
    return await show(database, start, language, address=address, running=running)


async def show(database: Database, start: datetime, language: Language, *, address: str = "", running: bool = True) -> Demo:
    """As `open_demo`, over a sample cluster that is there already."""
    zone = start.tzinfo if isinstance(start.tzinfo, ZoneInfo) else ZoneInfo("Asia/Ho_Chi_Minh")
    clock = MovableClock(int(start.timestamp()), running=running)
    channels = {"web": Web("web", RICH, clock.now), "webplain": Web("webplain", PLAIN, clock.now)}
    facts = {"public_url": address} if address else {}
    application = Application(database, tuple(channels.values()), clock, zone, language=language.code, facts=facts)
    await application.tick()        # what is past when the demo begins is not reminded of
    await application.start()
    pages = site.routes(application, address) if address else []
    return Demo(application, DemoServer(application, channels, clock, language, pages), clock)
