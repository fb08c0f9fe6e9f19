"""``thidua restore PATH [--check]``: look a backup through, tell what it holds, and only then put it in the database's place.

PATH is a backup's file, or a folder of dated backups (the newest). The present database is kept as ``<name>.before-restore-<time>``.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.backup import missing_evidence
from bot.cli.progress import working
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import Message, Moment, m, mn

MOST_NAMED = 12

if TYPE_CHECKING:
    from storage.restoring import Contents


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("restore")
    parser.add_argument("path", metavar="PATH", help=m("a backup, or a folder of dated backups (its newest)"))
    parser.add_argument("--check", action="store_true", help=m("only look it through; nothing is changed"))
    parser.add_argument(
        "--force", action="store_true", help=m("also when evidence is missing, or the copy differs from its manifest")
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run it; see the module."""
    from bot import lock

    language = Language.load(settings.language, settings.zone)
    if not Path(args.path).exists():
        return _say(language, m("{path} does not exist", path=args.path), 1)
    try:
        if args.check:
            return _check(args, settings, language)[0]
        with lock.hold(settings.database):
            status, contents = _check(args, settings, language)
            return status if contents is None or status else _restore(contents, settings, language)
    except lock.LockError as error:
        return _say(language, error.message, 1)


def _check(args: argparse.Namespace, settings: Settings, language: Language) -> tuple[int, Contents | None]:
    """Look the backup through and tell what it holds; the status is 1 where it must not be restored."""
    from storage import restoring
    from storage.errors import DatabaseDamaged, DatabaseForeign, StorageError

    path = Path(args.path)
    try:
        newest = restoring.newest_in(path, settings.database) if path.is_dir() else path
        if newest is None:
            return _say(language, m("There is no backup in {path}", path=args.path), 1), None
        path = newest
        with working(language, m("Looking the backup through")):
            contents = restoring.inspect(path, settings.database)
    except DatabaseDamaged as error:
        return _say(language, m("{path} is damaged: {reason}. Nothing was changed.", path=str(path), reason=str(error)), 1), None
    except DatabaseForeign:
        return _say(language, m("{path} is no backup of this program. Nothing was changed.", path=str(path)), 1), None
    except StorageError as error:
        return _say(language, _unreadable(str(path), str(error)), 1), None
    except OSError as error:
        return _say(language, m("{path} cannot be read: {reason}", path=str(path), reason=error.strerror or str(error)), 1), None
    for message in told(contents):
        print(language.text(message))
    print_later(contents, settings, language)
    problems = []
    if contents.changed:
        problems.append(m("The copy is not the one its manifest was written for: it was changed or damaged afterwards."))
    if contents.missing:
        problems.append(missing_evidence(contents.missing))
    for problem in problems:
        print(language.text(problem), file=sys.stderr)
    if problems and not args.force:
        return _say(language, m("Not restored; --force does it all the same. Nothing was changed."), 1), contents
    print(language.text(m("The backup is whole.") if not problems else m("The database in the backup is whole.")))
    return 0, contents


def print_later(contents: Contents, settings: Settings, language: Language) -> None:
    """Say what the present database holds beyond the backup: who must file again is better known before."""
    from storage import restoring

    later = restoring.later(contents, settings.database)
    if later is None or not (later.reports or later.people):
        return
    if later.reports:
        named = later.units if len(later.units) <= MOST_NAMED else (*later.units[:MOST_NAMED], "…")
        said = mn(
            "Not in it: {count} report filed or corrected since ({units}).",
            "Not in it: {count} reports filed or corrected since ({units}).",
            later.reports, units=named,
        )  # fmt: skip
        print(language.text(said))
    if later.people:
        print(language.text(mn("Not in it: {count} person who joined since.", "Not in it: {count} people who joined since.", later.people)))


def told(contents: Contents) -> list[Message]:
    """What a backup holds, as an operator recognises it."""
    lines = [m("Backup: {path}", path=str(contents.path))]
    if contents.made_at is not None:
        lines.append(m("Made: {at}", at=Moment(contents.made_at)))
    if contents.newest is not None:
        lines.append(m("Newest change: {at}", at=Moment(contents.newest)))
    lines += [
        m("Schema {schema}; years {years}; units {units}; people {people}; reports {reports}; evidence files {files}",
          schema=str(contents.schema), years=tuple(map(str, contents.years)) or "—", units=contents.units, people=contents.people,
          reports=contents.reports, files=contents.files),
    ]  # fmt: skip
    return lines


def _restore(contents: Contents, settings: Settings, language: Language) -> int:
    from bot.clock import SystemClock
    from storage import restoring
    from storage.errors import DatabaseBusy

    now = SystemClock().now()
    stamp = datetime.fromtimestamp(now, settings.zone).strftime("%Y%m%d-%H%M%S")
    try:
        with working(language, m("Putting the backup in the database's place")):
            aside = restoring.restore(contents, settings.database, now, stamp)
    except DatabaseBusy:
        return _say(
            language,
            m("{file} is open in another program (a command, or Litestream): end it first. Nothing was changed.",
              file=str(settings.database)), 1,
        )  # fmt: skip
    except OSError as error:
        reason = error.strerror or str(error)
        return _say(language, m("{path} cannot be written: {reason}", path=str(settings.database.parent), reason=reason), 1)
    print(language.text(m("Restored: {file}", file=str(settings.database))))
    if aside is not None:
        print(language.text(m("What stood there is kept as {path}", path=str(aside))))
    if contents.waiting:
        print(language.text(mn(
            "{count} letter waited when the backup was made; it may arrive a second time.",
            "{count} letters waited when the backup was made; they may arrive a second time.", contents.waiting,
        )))  # fmt: skip
    return 0


def _unreadable(path: str, text: str) -> Message:
    if "several databases" in text:
        return m("Backups of several databases lie in {path}: name the file.", path=path)
    if "newer program" in text:
        return m("{file} was written by a newer version of this program. Use that version.", file=path)
    return m("{path} cannot be read: {reason}", path=path, reason=text)


def _say(language: Language, message: Message, status: int) -> int:
    print(language.text(message), file=sys.stderr)
    return status
