"""`thidua console`: the same bot in the terminal, as one of its people; it can record a transcript test."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.cli.parser import Subparsers
from bot.language import Language
from bot.rendering.transcript import transcript_lines
from bot.settings import Settings
from handlers.kit.message import m
from handlers.kit.roles import ROLE_NAMES
from handlers.kit.wire import decode_choices
from handlers.rules.text import fold
from storage import conversation, people, units
from storage.connection import Database, Snapshot, effect


def add(subparsers: Subparsers) -> None:
    """``--as "NAME@UNIT"`` and ``--record FILE``."""
    parser = subparsers.add_parser("console")
    parser.add_argument("--as", dest="who", metavar="NAME@UNIT", help=m("speak as this person; without it as somebody who has not joined"))
    parser.add_argument("--record", metavar="FILE", help=m("write the conversation as a transcript test"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Talk until the input ends. Exit status 2 when the person is not known."""
    return asyncio.run(_talk(settings, args.who, Path(args.record) if args.record else None))


async def _talk(settings: Settings, who: str | None, record: Path | None) -> int:
    from bot.application import Application
    from bot.channels.console import Console
    from bot.clock import SystemClock

    language = Language.load(settings.language)
    clock = SystemClock()
    database = await Database.open(settings.database)
    today = datetime.fromtimestamp(clock.now(), settings.zone).date().isoformat()
    person = None if who is None else await database.read(lambda read: _find(read, who, today))
    if who is not None and person is None:
        print(language.text(m("Nobody called {who} holds a post.", who=who)), file=sys.stderr)
        await database.close()
        return 2
    lines: list[str] = []
    said: list[str] = []
    console = Console(f"console-{person.id}" if person else "console-stranger", _shower(said))
    if person is not None:
        await database.write((effect(people.link, "console", console.address, person.id, clock.now()),))
        header = await database.read(lambda read: _header(read, person, today, language))
        lines.append(header)
    lines.insert(0, f"# clock {datetime.fromtimestamp(clock.now(), settings.zone):%Y-%m-%d %H:%M}")
    application = Application(database, (console,), clock, settings.zone, language=settings.language, background=False)
    await application.start()
    receive = application.receiver("console")
    number = 0
    while (text := await asyncio.to_thread(_read_line)) is not None:
        if not text.strip():
            continue
        number += 1
        lines.append(f"> {text}")
        await receive(*console.typed(text, f"{clock.now()}-{number}"))
        await application.settle()
        lines += [f"< {line}" for line in await _recorded(application.database, console.address, said, language)]
        said.clear()
    await application.stop()
    if record is not None:
        await asyncio.to_thread(record.write_text, "\n".join(lines) + "\n", encoding="utf-8")
    return 0


def _shower(said: list[str]) -> Callable[[str], None]:
    def show(text: str) -> None:
        print(text, end="\n\n")
        said.append(text)

    return show


async def _recorded(database: Database, address: str, said: list[str], language: Language) -> list[str]:
    """The answer as a transcript writes it; the latest menu is the answer's own if its first choice was shown."""
    menu = await database.read(lambda read: conversation.latest_menu(read, "console", address))
    choices = () if menu is None else decode_choices(menu.choices)
    own = bool(choices) and any(language.text(choices[0].label) in text for text in said)
    return transcript_lines(said, choices if own else (), language, buttons=False)


def _read_line() -> str | None:
    try:
        return input("> " if sys.stdin.isatty() else "")
    except EOFError:
        return None


def _find(read: Snapshot, who: str, today: str) -> people.Person | None:
    """The one person of that name (and unit, where given) with a post in force."""
    name, _, unit = who.partition("@")
    found = {
        person.id: person
        for person, post in people.holders(read, today)
        if fold(person.name).endswith(fold(name)) and (not unit or _is(read, post.unit_id, unit))
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _is(read: Snapshot, unit_id: str | None, text: str) -> bool:
    if unit_id is None:
        return False
    unit = units.unit(read, unit_id)
    return unit is not None and fold(text) in {fold(unit.id), fold(unit.name), *map(fold, unit.aliases)}


def _header(read: Snapshot, person: people.Person, today: str, language: Language) -> str:
    posts = people.posts(read, person.id, today)
    described = ", ".join(
        f"{language.text(ROLE_NAMES[post.role])}" + (f", {units.name_of(read, post.unit_id)}" if post.unit_id else "") for post in posts
    )
    return f"# as {person.name} ({described})"
