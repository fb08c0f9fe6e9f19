"""``thidua export DIR``: everything as UTF-8 CSV, one file a concept. Instants are local time with their offset from UTC."""

from __future__ import annotations

import argparse
import asyncio
import csv
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.cli.progress import working
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import m

if TYPE_CHECKING:
    from storage.connection import Snapshot
    from storage.export import Cell


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("export")
    parser.add_argument("folder", metavar="DIR", help=m("the folder to write"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run it; see the module."""
    language = Language.load(settings.language, settings.zone)
    if Path(args.folder).exists() and not Path(args.folder).is_dir():
        print(language.text(m("{path} is not a folder", path=args.folder)), file=sys.stderr)
        return 2
    return asyncio.run(_export(args, settings, language))


async def _export(args: argparse.Namespace, settings: Settings, language: Language) -> int:
    from storage.connection import Database

    folder = Path(args.folder)
    try:
        with working(language, m("Writing to {path}", path=args.folder)):
            database = await Database.open(settings.database)
            try:
                count = await database.read(lambda read: write(read, folder, settings.zone))
            finally:
                await database.close()
    except OSError as error:
        reason = error.strerror or str(error)
        print(language.text(m("{path} cannot be written: {reason}", path=args.folder, reason=reason)), file=sys.stderr)
        return 1
    print(language.text(m("Written to {path}: {count} files", path=args.folder, count=count)))
    return 0


def write(read: Snapshot, folder: Path, zone: ZoneInfo) -> int:
    """Write every sheet from one snapshot; returns how many files. Raises OSError."""
    from storage import export

    folder.mkdir(parents=True, exist_ok=True)
    for sheet in export.SHEETS:
        kinds = tuple(export.cell_kinds(sheet))
        with (folder / f"{sheet.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(sheet.columns)
            writer.writerows([_cell(value, kind, zone) for value, kind in zip(row, kinds, strict=True)] for row in export.rows(read, sheet))
    return len(export.SHEETS)


def _cell(value: Cell, kind: str, zone: ZoneInfo) -> str:
    from fractions import Fraction

    from handlers.scores.scoring_data import text_of

    if value is None:
        return ""
    if kind == "instant" and isinstance(value, int):
        return datetime.fromtimestamp(value, zone).isoformat()
    if kind == "points" and isinstance(value, int):
        return text_of(Fraction(value, 10_000))
    return str(value)
