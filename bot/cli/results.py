"""``thidua results import FILE…``: verified values (or self-scores) and adjustments of a year."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from bot.cli.parser import year
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import m, mn


def add(subparsers: Any) -> None:
    """Declare the command."""
    actions = subparsers.add_parser("results").subparsers(metavar="import")
    actions.required = True
    actions.dest = "action"
    parser = actions.add_parser("import", help=m("import results and adjustments"))
    parser.add_argument("files", nargs="+", metavar="FILE", help=m("CSV files: results or adjustments, told apart by their header"))
    parser.add_argument("--year", type=year, required=True, metavar="Y", help=m("the emulation year"))
    parser.add_argument("--self", dest="own", action="store_true", help=m("these are the units' own scores, not the verified ones"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run it; see the module."""
    language = Language.load(settings.language, settings.zone)
    for file in args.files:
        if not Path(file).is_file():
            said = m("{path} is not a file", path=file) if Path(file).exists() else m("{path} does not exist", path=file)
            print(language.text(said), file=sys.stderr)
            return 2
    return asyncio.run(_import(args, settings, language))


async def _import(args: argparse.Namespace, settings: Settings, language: Language) -> int:
    from bot.cli.progress import working
    from bot.cli.writing import decide_and_write
    from bot.clock import SystemClock
    from bot.plan.findings import lines
    from bot.plan.importing import decide
    from storage.connection import Database

    files = [Path(file) for file in args.files]
    now = SystemClock().now()
    with working(language, m("Opening the database")) as progress:
        database = await Database.open(settings.database)
        try:
            imported = await decide_and_write(
                database,
                lambda read: decide(
                    read, files, args.year, basis="self" if args.own else "verified", now=now, zone=settings.zone, told=progress.at
                ),
            )
        finally:
            await database.close()
    for line in lines(imported.findings):
        print(language.text(line), file=sys.stderr)
    if imported.refused:
        errors = sum(not each.warning for each in imported.findings)
        print(language.text(mn("{count} error: nothing was changed", "{count} errors: nothing was changed", errors)))
        return 1
    print(
        language.text(
            m("Results of {year}: {values} values, {adjustments} adjustments", year=str(args.year), values=imported.results.count,
              adjustments=len(imported.results.adjustments))
        )
    )  # fmt: skip
    return 0
