"""The command line. Each command is one file with ``add(subparsers)`` and ``run(args, settings) -> int``; only the chosen one is imported.

Exit status: 0 done, 1 the content is refused and nothing changed, 2 the command line or a setting is wrong.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.cli.parser import Parser
from bot.language import Language
from bot.settings import DEFAULT_LANGUAGE, LANGUAGES, SettingError, Settings, load, read_dotenv
from handlers.kit.message import Message, m
from storage.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseForeign,
    DatabaseFull,
    DatabaseUnsuited,
    OlderProgramRunning,
    StorageError,
)

COMMANDS: dict[str, Message] = {
    "run": m("serve the officers on every channel that is configured"),
    "demo": m("try the bot with a sample cluster in the browser"),
    "console": m("the same bot in the terminal"),
    "plan": m("check, apply or export the plan of a year"),
    "results": m("import results and adjustments"),
    "standings": m("the ranking of a year"),
    "invite": m("make a joining code"),
    "export": m("write everything as CSV files"),
    "backup": m("copy database and evidence beside a running bot"),
    "restore": m("check a backup and put it in the database's place"),
    "doctor": m("what is wrong, and how to mend it"),
}
"""The commands in the order of the help, with their summary."""

DONE, REFUSED, WRONG = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    os.umask(0o077)     # names, offices and figures are in all that is written: database, evidence, pictures, backups, exports
    words = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in words if not word.startswith("-")), None)
    # The demo stands alone: it reads no .env, so that a sample can never meet real data.
    dotenv = None if chosen == "demo" else Path(".env")
    language = Language.load(_language(dotenv))
    parser, module = _parser(language, chosen)
    try:
        args = parser.parse_args(words)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else WRONG
    if module is None:
        parser.print_help()
        return WRONG
    try:
        settings = load(os.environ, dotenv)
    except SettingError as error:
        return complain(language, error.message, status=WRONG)
    return _run(module, args, settings, language)


def complain(language: Language, message: Message, *, status: int = REFUSED) -> int:
    """Say on stderr what is wrong, and return the exit status."""
    print(language.text(message), file=sys.stderr)
    return status


def storage_problem(settings: Settings, error: StorageError) -> Message:
    """A sentence an operator can act on."""
    file = str(settings.database)
    text = str(error)
    if isinstance(error, DatabaseBusy):
        return m("{file} is in use by another program. Try again in a moment; nothing was changed.", file=file)
    if isinstance(error, DatabaseFull):
        return m("{file} cannot be written: the disk is full or read-only. Nothing was changed.", file=file)
    if isinstance(error, DatabaseDamaged):
        return m("{file} is damaged; nothing was changed. Restore the last backup: thidua restore PATH.", file=file)
    if isinstance(error, DatabaseForeign):
        return m("{file} is not a database of this program; nothing was changed. Check THIDUA_DATABASE.", file=file)
    if isinstance(error, OlderProgramRunning):
        return m("The bot of an older version is running on {file}. Restart it with this version first; nothing was changed.", file=file)
    if isinstance(error, DatabaseUnsuited):
        return m("{file} lies in a folder that cannot hold a write-ahead log (a network folder?). Use a disk of this machine.", file=file)
    if "newer program" in text:
        return m("{file} was written by a newer version of this program. Use that version.", file=file)
    if "readonly" in text:
        return m("{file} cannot be written: the disk is full or read-only. Nothing was changed.", file=file)
    if "unable to open" in text:
        return m("{file} cannot be opened. Check THIDUA_DATABASE and the rights of its folder.", file=file)
    return m("The database refused: {text}. Nothing was changed.", text=text)


def _run(module: Any, args: Any, settings: Settings, language: Language) -> int:
    try:
        status: int = module.run(args, settings)
    except SettingError as error:
        return complain(language, error.message, status=WRONG)
    except StorageError as error:
        return complain(language, storage_problem(settings, error))
    except BrokenPipeError:
        # `thidua standings | head`: the reader has gone. Python would complain once more when it flushes stdout at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except KeyboardInterrupt:
        return 130
    return status


def _parser(language: Language, chosen: str | None) -> tuple[Parser, Any]:
    parser = Parser(prog="thidua", description=m("Thi Đua: the chatbot of an emulation cluster."), language=language)
    subparsers = parser.subparsers(metavar=language.text(m("COMMAND")))
    module = None
    for name, summary in COMMANDS.items():
        text = language.text(summary)
        if name == chosen:
            module = importlib.import_module(f"bot.cli.{name}")
            subparsers.summary = text
            module.add(subparsers)
        else:
            subparsers.add_parser(name, help=text)
    return parser, module


def _language(dotenv: Path | None) -> str:
    """The operator's language as far as it can be known before the settings are checked."""
    code = os.environ.get("THIDUA_LANGUAGE", "")
    if not code and dotenv is not None:
        try:
            code = read_dotenv(dotenv).get("THIDUA_LANGUAGE", "")
        except SettingError:
            return DEFAULT_LANGUAGE    # said in full when the settings are read
    code = code.strip().lower()
    return code if code in LANGUAGES else DEFAULT_LANGUAGE
