"""``thidua backup PATH``: a consistent copy of database and evidence beside a running bot.

PATH a folder (or with a slash at its end): a dated backup in it, and old ones are let go. Any other PATH: that one file, with its
manifest (``PATH.json``) and its evidence (``PATH.files/``).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.progress import working
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import Message, Number, m, mn

if TYPE_CHECKING:
    from storage.backup import Manifest
    from storage.rotation import Keep

MOST_KEPT = 1_000


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("backup")
    parser.add_argument("path", metavar="PATH", help=m("a folder for dated backups, or the file to write"))
    parser.add_argument(
        "--keep", default="7,4,12", metavar="D,W,M",
        help=m("in a folder: of how many days, weeks and months the newest backup is kept; default: 7,4,12"),
    )  # fmt: skip


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run it; see the module."""
    from bot.clock import SystemClock
    from storage import backup, rotation
    from storage.errors import DatabaseBusy, StorageError

    language = Language.load(settings.language, settings.zone)
    keep = parse_keep(args.keep)
    if keep is None:
        return _say(language, m("--keep: three numbers like 7,4,12 (days, weeks, months), not {value}", value=args.keep), 2)
    path, now = Path(args.path), SystemClock().now()
    is_folder = args.path.endswith(os.sep) or path.is_dir()
    problem = None if is_folder else _taken(path, settings.database)
    if problem is not None:
        return _say(language, problem, 1 if path.parent.is_dir() else 2)
    if not settings.database.is_file():
        return _say(language, m("There is no database at {file}: nothing to back up.", file=str(settings.database)), 1)
    removed: tuple[str, ...] = ()
    try:
        if is_folder:
            try:
                with working(language, m("Copying database and evidence")):
                    made = rotation.into_folder(settings.database, path, now, settings.zone, keep)
            except DatabaseBusy:
                return _say(language, m("Another backup is being made in {path}, or the database is locked. Try again.", path=args.path), 1)
            target, manifest, removed = made.path, made.manifest, made.removed
        else:
            with working(language, m("Copying database and evidence")):
                target, manifest = path, backup.make(settings.database, path, path.with_name(f"{path.name}.files"), now)
    except backup.Refused as error:
        return _say(language, m("{path} cannot be written: {reason}", path=args.path, reason=str(error)), 1)
    for message in told(target, manifest, removed):
        print(language.text(message))
    if manifest.missing:
        print(language.text(missing_evidence(manifest.missing)), file=sys.stderr)
    try:
        backup.note_beside(settings.database, backup.Note(now, str(target.absolute()), missing=len(manifest.missing)))
    except StorageError:
        print(language.text(m("The backup is whole, but the database could not note that it was made.")), file=sys.stderr)
    return 0


def parse_keep(text: str) -> Keep | None:
    """``7,4,12`` as days, weeks and months; None for anything else, or where nothing would be kept."""
    from storage.rotation import Keep

    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and int(part) <= MOST_KEPT for part in parts):
        return None
    daily, weekly, monthly = map(int, parts)
    return Keep(daily, weekly, monthly) if daily + weekly + monthly else None


def told(target: Path, manifest: Manifest, removed: tuple[str, ...]) -> list[Message]:
    """What was made, how large it is, and what was let go."""
    said = [
        m("Backup made: {path}", path=str(target)),
        m("Database {size}, schema {schema}; evidence files {files}, {files_size}", size=size(manifest.size), schema=str(manifest.schema),
          files=manifest.files, files_size=size(manifest.files_size)),
    ]  # fmt: skip
    if removed:
        said.append(mn("{count} old backup removed: {names}", "{count} old backups removed: {names}", len(removed), names=removed))
    return said


def missing_evidence(hashes: tuple[str, ...]) -> Message:
    few = tuple(each[:12] for each in hashes[:5])
    return mn(
        "{count} evidence file is missing or damaged beside the database: {names}",
        "{count} evidence files are missing or damaged beside the database: {names}",
        len(hashes), names=few if len(hashes) <= 5 else (*few, "…"),
    )  # fmt: skip


def size(octets: int) -> Number:
    """A size an operator reads at a glance: kB below a megabyte, else MB."""
    from fractions import Fraction

    if octets < 1_000_000:
        return Number(Fraction(octets, 1_000), 0, "kB")
    return Number(Fraction(octets, 1_000_000), 1, "MB")


def _taken(path: Path, database: Path) -> Message | None:
    """Why the file cannot be the backup's; one that is a backup of ours is replaced."""
    from storage.backup import manifest_of

    if not path.parent.is_dir():
        return m("the folder of {path} does not exist", path=str(path))
    if path.exists() and database.exists() and path.samefile(database):
        return m("{path} is the database itself", path=str(path))
    if path.exists() and manifest_of(path) is None:
        return m("{path} exists and is no backup of this program: it is not overwritten", path=str(path))
    return None


def _say(language: Language, message: Message, status: int) -> int:
    print(language.text(message), file=sys.stderr)
    return status
