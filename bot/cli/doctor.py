"""``thidua doctor``: what is wrong and how to mend it. It changes nothing, beside a running bot or without a database."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.parser import Subparsers
from bot.cli.progress import working
from bot.language import Language
from bot.settings import Settings, read_dotenv
from handlers.kit.message import m, mn

if TYPE_CHECKING:
    from bot.doctor.examination import Examined

SIGNS = {"serious": "✘", "warning": "!", "unknown": "?", "note": "·", "fine": "✔", "mend": "→"}
PLAIN_SIGNS = {"serious": "x", "warning": "!", "unknown": "?", "note": "-", "fine": "+", "mend": "->"}
DOTENV = Path(".env")


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("doctor")
    parser.add_argument("--brief", action="store_true", help=m("only what is to be done"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Say what was found. Exit status 1 when something is serious."""
    from bot.clock import SystemClock
    from bot.doctor.examination import examine

    language = Language.load(settings.language, settings.zone)
    encoding = sys.stdout.encoding or "ascii"
    with working(language, m("Looking at settings, database and platforms")):
        examined = examine(settings, os.environ, DOTENV, given_names(os.environ, DOTENV), SystemClock(), encoding)
    text = told(examined, language, brief=args.brief, signs=SIGNS if _writes(encoding) else PLAIN_SIGNS)
    for secret in filter(None, (settings.telegram_token, settings.zalo_token)):
        text = text.replace(secret, "…")      # no finding holds one; a platform's own words could
    print(text.encode(encoding, "replace").decode(encoding))
    return 1 if any(each.level == "serious" for group in examined for each in group.findings) else 0


def told(examined: list[Examined], language: Language, *, brief: bool, signs: Mapping[str, str]) -> str:
    """The findings group by group, and how many there are of each level."""
    from bot.doctor.finding import LEVELS

    lines = []
    counts = dict.fromkeys(LEVELS, 0)
    for each in examined:
        for finding in each.findings:
            counts[finding.level] += 1
        shown = [finding for finding in each.findings if not brief or finding.level in ("serious", "warning")]
        if shown:
            lines.append(language.text(each.group.title))
        for finding in shown:
            lines.append(f"  {signs[finding.level]} {_printable(language.text(finding.message))}")
            if finding.mend is not None:
                lines.append(f"    {signs['mend']} {_printable(language.text(finding.mend))}")
        if shown:
            lines.append("")
    summary = (
        mn("{count} serious", "{count} serious", counts["serious"]),
        mn("{count} warning", "{count} warnings", counts["warning"]),
        mn("{count} not checked", "{count} not checked", counts["unknown"]),
    )
    lines.append(language.text(m("In all: {counts}.", counts=summary)))
    return "\n".join(lines)


def given_names(environ: Mapping[str, str], dotenv: Path) -> dict[str, str]:
    """Every THIDUA_ name that is set, with its place: ``environment``, the file's name, or ``both`` when the two differ."""
    in_file = {name: value for name, value in read_dotenv(dotenv).items() if name.startswith("THIDUA_")}
    found = dict.fromkeys(in_file, str(dotenv))
    for name, value in environ.items():
        if name.startswith("THIDUA_"):
            found[name] = "both" if name in in_file and in_file[name] != value else str(dotenv) if name in in_file else "environment"
    return found


def _printable(text: str) -> str:
    """Without control characters: a platform's words, or a file's name, are shown as they are otherwise."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def _writes(encoding: str) -> bool:
    try:
        "".join(SIGNS.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
