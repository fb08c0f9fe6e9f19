"""``thidua standings``: the ranking of a year, as text or CSV; published on request."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import sys
from typing import Any

from bot.cli.parser import year
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import Message, m, mn


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("standings")
    parser.add_argument("--year", type=year, required=True, metavar="Y", help=m("the emulation year"))
    parser.add_argument("--csv", action="store_true", help=m("as CSV, for other programs"))
    parser.add_argument("--publish", action="store_true", help=m("publish the ranking as it stands"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run it; see the module."""
    return asyncio.run(_standings(args, settings, Language.load(settings.language, settings.zone)))


async def _standings(args: argparse.Namespace, settings: Settings, language: Language) -> int:
    from bot.cli.writing import decide_and_write
    from bot.clock import SystemClock
    from handlers.scores import standing
    from storage.connection import Database

    now = SystemClock().now()
    database = await Database.open(settings.database)
    try:
        if await database.read(lambda read: standing.load_table(read, args.year)) is None:
            print(language.text(m("there is no scoring table of {year}", year=str(args.year))), file=sys.stderr)
            return 1
        if args.publish:
            await decide_and_write(database, lambda read: (None, standing.publish(read, args.year, None, now)))
        rows, cells, final = await database.read(
            lambda read: (standing.standings(read, args.year), standing.csv_rows(read, args.year), standing.is_final(read, args.year))
        )
    finally:
        await database.close()
    if args.csv:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(cells)
        _write(out.getvalue())
        return 0
    state = m("official") if final else m("provisional")
    lines = [m("Ranking of {year} ({state})", year=str(args.year), state=state)]
    for row in rows:
        rank = "–" if row.rank is None else str(row.rank)
        place = m("{rank}. {name}: {total}", rank=rank, name=row.name, total=standing.shown(row.total))
        lines.append(place if not row.missing else m("{place} ({missing})", place=place, missing=_missing(len(row.missing))))
    if args.publish:
        lines.append(m("The ranking was published."))
    _write("".join(language.text(line) + "\n" for line in lines))
    return 0


def _missing(count: int) -> Message:
    return mn("{count} criterion without a value", "{count} criteria without a value", count)


def _write(text: str) -> None:
    """UTF-8 with LF on every system."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        buffer.write(text.encode())
        buffer.flush()
