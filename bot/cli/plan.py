"""``thidua plan check|apply|export``: the year's plan from and to a folder of YAML and CSV files."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.parser import year
from bot.cli.progress import working
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import Message, m, mn

if TYPE_CHECKING:
    from bot.plan.difference import Change
    from bot.plan.findings import Finding

MOST_SHOWN = 40
"""Changes of one file that are listed one by one; the rest is counted."""


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("plan")
    actions = parser.subparsers(metavar="check|apply|export")
    actions.required = True
    actions.dest = "action"
    check = actions.add_parser("check", help=m("read a plan folder and say what is wrong with it"))
    check.add_argument("path", metavar="PATH", help=m("a folder of YAML and CSV files"))
    apply = actions.add_parser("apply", help=m("make the folder the plan in force, all of it or nothing"))
    apply.add_argument("path", metavar="PATH", help=m("a folder of YAML and CSV files"))
    apply.add_argument("--remove", action="store_true", help=m("also remove what the folder lacks, unless there are reports"))
    export = actions.add_parser("export", help=m("write the plan of a year as a folder"))
    export.add_argument("path", metavar="PATH", help=m("the folder to write"))
    export.add_argument("--force", action="store_true", help=m("also over files whose comments would be lost"))
    export.add_argument("--year", type=year, metavar="Y", help=m("the year of table, calendar and targets; default: the newest ones"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run it; see the module."""
    language = Language.load(settings.language, settings.zone)
    path = Path(args.path)
    if args.action != "export" and not path.is_dir():
        said = m("{path} is not a folder", path=args.path) if path.exists() else m("{path} does not exist", path=args.path)
        print(language.text(said), file=sys.stderr)
        return 2
    if args.action == "export" and path.exists() and not path.is_dir():
        print(language.text(m("{path} is not a folder", path=args.path)), file=sys.stderr)
        return 2
    job = {"check": _check, "apply": _apply, "export": _export}[args.action]
    return asyncio.run(job(path, args, settings, language))


async def _check(path: Path, args: argparse.Namespace, settings: Settings, language: Language) -> int:
    from bot.plan import stored
    from bot.plan.check import check
    from storage.connection import Database

    known = None
    with working(language, m("Opening the database")) as progress:
        if settings.database.exists():    # a check alone creates no database
            database = await Database.open(settings.database)
            try:
                known = await database.read(stored.load)
            finally:
                await database.close()
        plan, findings = check(path, known, settings.zone, progress.at)
    errors = _show(findings, language)
    warnings = len(findings) - errors
    if errors:
        print(language.text(mn("{count} error: the plan is refused", "{count} errors: the plan is refused", errors)))
        return 1
    parts = [name for name in plan.__slots__ if getattr(plan, name) is not None]
    print(language.text(mn("The plan is sound ({count} file read)", "The plan is sound ({count} files read)", len(parts))))
    if warnings:
        print(language.text(mn("{count} warning", "{count} warnings", warnings)))
    return 0


async def _apply(path: Path, args: argparse.Namespace, settings: Settings, language: Language) -> int:
    from bot.clock import SystemClock
    from bot.plan.apply import apply
    from storage.connection import Database

    with working(language, m("Opening the database")) as progress:
        database = await Database.open(settings.database)
        try:
            applied = await apply(database, path, remove=args.remove, now=SystemClock().now(), zone=settings.zone, told=progress.at)
        finally:
            await database.close()
    errors = _show(applied.findings, language)
    if applied.refused:
        print(language.text(mn("{count} error: nothing was changed", "{count} errors: nothing was changed", errors)))
        return 1
    for text in _lines(applied.changes):
        print(language.text(text))
    if not applied.changed:
        print(language.text(m("no change")))
        return 0
    signs = [each.sign for each in applied.changes]
    print(
        language.text(
            m("The plan was applied: {added} added, {changed} changed, {removed} removed", added=signs.count("add"),
              changed=signs.count("change"), removed=signs.count("remove"))
        )
    )  # fmt: skip
    return 0


def _lines(changes: tuple[Change, ...]) -> list[Message]:
    """The changes file by file; a long list is cut."""
    lines: list[Message] = []
    for file in dict.fromkeys(each.file for each in changes):
        own = [each for each in changes if each.file == file]
        lines.append(m("{file}:", file=file))
        lines += [m("  {change}", change=each.shown) for each in own[:MOST_SHOWN]]
        if len(own) > MOST_SHOWN:
            lines.append(mn("  … and {count} more", "  … and {count} more", len(own) - MOST_SHOWN))
    return lines


async def _export(path: Path, args: argparse.Namespace, settings: Settings, language: Language) -> int:
    from bot.plan import stored
    from bot.plan.export import commented, write
    from storage.connection import Database

    database = await Database.open(settings.database)
    try:
        known = await database.read(stored.load)
    finally:
        await database.close()
    if args.year is not None and args.year not in known.years:
        print(language.text(m("there is no plan of {year}", year=str(args.year))), file=sys.stderr)
        return 1
    plan = known.folder(args.year)
    try:
        lost = () if args.force else commented(plan, path)
        if lost:
            for name in lost:
                said = m("{path} holds comments, which an export would take away", path=str(path / name))
                print(language.text(said), file=sys.stderr)
            print(language.text(m("Nothing was written. Choose another folder, or give --force.")), file=sys.stderr)
            return 1
        files = write(plan, path)
    except OSError as error:
        print(language.text(m("{path} cannot be written: {reason}", path=args.path, reason=error.strerror or str(error))), file=sys.stderr)
        return 1
    if not files:
        print(language.text(m("the database holds no plan yet")), file=sys.stderr)
        return 1
    print(language.text(m("Written to {path}: {files}", path=args.path, files=files)))
    return 0


def _show(findings: tuple[Finding, ...], language: Language) -> int:
    """Print the findings on stderr and return how many are errors."""
    from bot.plan.findings import lines

    for line in lines(findings):
        print(language.text(line), file=sys.stderr)
    return sum(not each.warning for each in findings)
