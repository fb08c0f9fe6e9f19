"""`thidua run`: the bot on every channel that is configured. It starts also when one cannot be reached, and says which."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib
import logging
import os
import resource
import secrets
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

from bot import systemd
from bot.cli.parser import Subparsers
from bot.language import Language
from bot.settings import SettingError, Settings
from handlers.kit.message import Message, m
from storage.errors import StorageError

if TYPE_CHECKING:
    from aiohttp import web

    from bot.application import Application
    from bot.channels.base import Linked
    from bot.web.server import Server
    from storage.connection import Database

log = logging.getLogger(__name__)

END_SECONDS = 8.0
"""After this long the program ends whatever hangs: ten are promised, and service managers kill after that. What was committed stands."""

MOST_FILES = 8192
NO_CHANNEL = m("No channel is configured: set THIDUA_TELEGRAM_TOKEN or THIDUA_ZALO_TOKEN, or THIDUA_WEB and"
               " THIDUA_PUBLIC_URL for the chat page (see the README).")


def add(subparsers: Subparsers) -> None:
    """No options: settings say everything."""
    subparsers.add_parser("run")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C, then finish what is in hand: exit status 0, after ten seconds at most (a second signal: at once).

    Exit status 2 when no channel is configured or a setting cannot work, 1 when another instance holds the database.
    """
    from bot import channels, lock, logs

    language = Language.load(settings.language, settings.zone)
    if not channels.wanted(settings):
        return _complain(language, NO_CHANNEL, 2)
    logs.set_up(settings.log, (settings.telegram_token, settings.zalo_token))
    try:
        held = lock.hold(settings.database)
    except lock.LockError as error:
        return _complain(language, error.message, 1)
    with held:
        gc.disable()        # until all is loaded: next to nothing of it is garbage
        _allow_many_connections()
        return asyncio.run(_serve(settings, language))


def _complain(language: Language, message: Message, status: int) -> int:
    print(language.text(message), file=sys.stderr)
    return status


async def _serve(settings: Settings, language: Language) -> int:
    from storage.connection import Database

    ended = _ended_by_signal()
    # SQLite reads the whole file through, without Python's lock, while the channels are loaded and, once they listen, all the rest.
    # None is taken and nothing is sent before the file is known to be sound (`Database.sound`).
    loading = asyncio.create_task(asyncio.to_thread(_load_channels, settings))
    database = await Database.open(settings.database, owner=True, beside=True)
    async with contextlib.AsyncExitStack() as opened:
        opened.push_async_callback(database.close)
        await loading
        application = await _application(settings, database, opened)
        opened.pop_all()        # from here on the application closes them
    if not application.channels:
        await application.stop()
        return _complain(language, NO_CHANNEL, 2)
    if ended.is_set():      # while it was loaded: nothing was taken yet
        await application.stop()
        return 0
    servers = _servers(settings, application)
    try:
        for server in servers:
            await server.start()
    except SettingError:
        await _close(servers)
        await application.stop()
        raise
    # What was loaded stays until the end: the collector need not look through it again and again.
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()
    await application.start()
    try:
        await database.sound()
    except StorageError:
        await _close(servers)
        await application.stop()
        raise
    beating = asyncio.create_task(systemd.beat(), name="watchdog")
    systemd.notify("READY=1")
    print(language.text(m("The bot is running (Ctrl-C ends it).")), file=sys.stderr, flush=True)
    await ended.wait()
    systemd.notify("STOPPING=1")
    # The web side goes on answering 503 until the updates in hand are answered; then nobody waits for it.
    await application.stop_taking()
    await _close(servers)
    await application.stop()
    beating.cancel()
    return 0


async def _application(settings: Settings, database: Database, opened: contextlib.AsyncExitStack) -> Application:
    """The application on every channel that is configured. Those that lose nothing by it listen while the commands are loaded."""
    from bot import channels
    from bot.clock import SystemClock
    from bot.listening import Listening

    clock = SystemClock()
    found = await channels.configured(channels.Given(settings, clock.now, lambda name: _secret(database, name), database))
    for channel in found:
        opened.push_async_callback(channel.close)
    listening = Listening(database, found, clock)
    opened.push_async_callback(listening.stop)
    if settings.web is None and settings.metrics is None:
        listening.start_early()     # else no platform hears of us before our own ports are open
    await asyncio.to_thread(_load_application)
    from bot.application import Application
    from bot.backups import DailyBackup
    from bot.channels.base import Linked
    from bot.facts import Facts

    facts = Facts(
        {
            "bot_link": lambda: next((channel.link for channel in found if isinstance(channel, Linked) and channel.link), ""),
            **{f"{channel.name}_link": partial(_link, channel) for channel in found if isinstance(channel, Linked)},
            "public_url": lambda: (settings.public_url or "") if settings.web is not None else "",
            "chat_url": lambda: f"{settings.public_url}/chat" if any(channel.name == "web" for channel in found) else "",
        }
    )
    backups = None if settings.backup is None else DailyBackup(database, settings.backup, clock, settings.zone)
    return Application(
        database, found, clock, settings.zone, language=settings.language, facts=facts, backups=backups, listening=listening
    )


def _load_channels(settings: Settings) -> None:
    """Import the channels that are wanted."""
    from bot import channels

    channels.load(settings)


def _load_application() -> None:
    """Import the application with every command."""
    from handlers.registry import registry

    registry()
    importlib.import_module("bot.application")


def _link(channel: Linked) -> str:
    return channel.link


async def _secret(database: Database, name: str) -> str:
    """A secret of our own: minted once, kept in the database, never logged."""
    from bot import logs
    from storage import settings as remembered
    from storage.connection import effect

    (secret,) = await database.write((effect(remembered.mint, f"secret:{name}", secrets.token_urlsafe(32)),))
    logs.hide(str(secret))
    return str(secret)


def _servers(settings: Settings, application: Application) -> list[Server]:
    """The web side and the metrics, each on an address of its own, where they are wanted. They listen before the channels start."""
    if settings.web is None and settings.metrics is None:
        return []
    from bot.channels.base import Hooked
    from bot.web import server

    servers = []
    if settings.web is not None:
        hooks = [hook for channel in application.channels if isinstance(channel, Hooked) for hook in channel.hooks()]
        pages = [] if settings.public_url is None else _pages(application, settings.public_url)
        servers.append(server.Server(server.application(application.health.report, hooks, pages), "THIDUA_WEB", settings.web))
    if settings.metrics is not None:
        from bot import metrics

        app = server.application(application.health.report, pages=metrics.routes(application))
        servers.append(server.Server(app, "THIDUA_METRICS", settings.metrics))
    return servers


def _pages(application: Application, public_url: str) -> list[web.RouteDef]:
    """What people open in a browser; the platforms' webhooks need none of it."""
    from bot.web import site

    return site.routes(application, public_url)


async def _close(servers: list[Server]) -> None:
    await asyncio.gather(*(server.close() for server in servers), return_exceptions=True)


def _ended_by_signal() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT; from then on the time runs. A second one ends the program at once."""
    ended = asyncio.Event()

    def end(number: int) -> None:
        if ended.is_set():
            os._exit(128 + number)
        log.info("%s: no more updates are taken; what is in hand is finished", signal.Signals(number).name)
        ended.set()
        last = threading.Timer(END_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    return ended


def _allow_many_connections() -> None:
    """Many systems allow 1024 open files by default; the web side alone may hold as many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < MOST_FILES:
        most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
