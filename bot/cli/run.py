"""`thidua run`: the bot on every channel that is configured. It starts also when one cannot be reached, and says which."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from bot.cli.parser import Subparsers
from bot.language import Language, languages
from bot.settings import Settings
from handlers.kit.message import m


def add(subparsers: Subparsers) -> None:
    """No options: settings say everything."""
    subparsers.add_parser("run")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C. Exit status 2 when no channel is configured, 1 when another instance holds the database."""
    from bot import lock, logs

    language = Language.load(settings.language)
    if settings.telegram_token is None:
        print(language.text(m("No channel is configured: set THIDUA_TELEGRAM_TOKEN (see the README).")), file=sys.stderr)
        return 2
    logs.set_up(settings.log)
    try:
        held = lock.hold(settings.database)
    except lock.AlreadyRunning as error:
        print(language.text(m("Another instance is running on this database: {holder}.", holder=error.holder)), file=sys.stderr)
        return 1
    with held:
        return asyncio.run(_serve(settings, language))


async def _serve(settings: Settings, language: Language) -> int:
    from bot.application import Application
    from bot.channels.telegram import MenuCommand, Telegram
    from bot.clock import SystemClock
    from bot.facts import Facts
    from handlers.kit.command import EVERYONE
    from handlers.registry import registry
    from storage.connection import Database

    spoken = languages(settings.zone)
    menu = tuple(
        MenuCommand(
            command.name,
            tuple(("" if code == settings.language else code, each.text(command.summary)) for code, each in spoken.items()),
        )
        for command in registry().commands
        if command.order is not None and command.roles == EVERYONE
    )
    clock = SystemClock()
    database = await Database.open(settings.database)
    telegram = Telegram(settings.telegram_token or "", clock.now, settings.telegram_api, menu)
    facts = Facts(
        {
            "bot_link": lambda: telegram.username and f"https://t.me/{telegram.username}",
            "public_url": lambda: settings.public_url or "",
        }
    )
    application = Application(database, (telegram,), clock, settings.zone, language=settings.language, facts=facts)
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await application.start()
    print(language.text(m("The bot is running (Ctrl-C ends it).")), file=sys.stderr)
    await ended.wait()
    await application.stop()
    return 0
