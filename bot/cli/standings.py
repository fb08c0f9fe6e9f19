"""``thidua standings``: the ranking of a year, as text or CSV; published on request."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import sys
from typing import TYPE_CHECKING, Any

from bot.cli.parser import year
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import Message, Moment, m, mn

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from storage.connection import Effect, Snapshot
    from storage.snapshots import Snapshotted


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("standings")
    parser.add_argument("--year", type=year, required=True, metavar="Y", help=m("the emulation year"))
    parser.add_argument("--csv", action="store_true", help=m("as CSV, for other programs"))
    parser.add_argument("--publish", action="store_true", help=m("publish the ranking as it stands"))
    parser.add_argument("--close", action="store_true", help=m("close the year for good: nothing more is filed for it"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run it; see the module."""
    return asyncio.run(_standings(args, settings, Language.load(settings.language, settings.zone)))


async def _standings(args: argparse.Namespace, settings: Settings, language: Language) -> int:
    from bot.cli.progress import working
    from bot.cli.writing import decide_and_write
    from bot.clock import SystemClock
    from handlers.scores import standing
    from storage.connection import Database

    now = SystemClock().now()
    alike, refused = None, None
    with working(language, m("Computing the ranking of {year}", year=str(args.year))):
        database = await Database.open(settings.database)
        try:
            if await database.read(lambda read: standing.load_table(read, args.year)) is None:
                refused = m("there is no scoring table of {year}", year=str(args.year))
            elif args.close:
                refused = await decide_and_write(database, lambda read: _close(read, args.year, now, settings.zone))
            if refused is None and args.publish:
                refused, alike = await decide_and_write(database, lambda read: _publish(read, args.year, now))
            rows, cells, final = await database.read(
                lambda read: (standing.standings(read, args.year), standing.csv_rows(read, args.year), standing.is_final(read, args.year))
            )
        finally:
            await database.close()
    if refused is not None:
        print(language.text(refused), file=sys.stderr)
        return 1
    published = m("The ranking was published.")
    if alike is not None:
        at = Moment(alike.published_at)
        published = m("Nothing has changed since the ranking was published at {at}: it was not published a second time.", at=at)
    if args.csv:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(cells)
        _write(out.getvalue())
        if alike is not None:
            print(language.text(published), file=sys.stderr)
        return 0
    state = m("official") if final else m("provisional")
    lines = [m("Ranking of {year} ({state})", year=str(args.year), state=state)]
    for row in rows:
        rank = "–" if row.rank is None else str(row.rank)
        place = m("{rank}. {name}: {total}", rank=rank, name=row.name, total=standing.shown(row.total))
        lines.append(place if not row.missing else m("{place} ({missing})", place=place, missing=_missing(len(row.missing))))
    if args.close:
        lines.append(m("The year {year} is closed.", year=str(args.year)))
    if args.publish:
        lines.append(published)
    _write("".join(language.text(line) + "\n" for line in lines))
    return 0


def _close(read: Snapshot, year: int, now: int, zone: ZoneInfo) -> tuple[Message | None, tuple[Effect, ...]]:
    """Why the year is not closed; and what closes it (nothing, where that was done before)."""
    from handlers.scores import standing
    from storage import duties, units

    known = units.year(read, year)
    if known is not None and known.closed_at is not None:
        return None, ()
    until = duties.last_awaited(read, year, now)
    if until is not None:
        return m("{year} is not closed: reports of it are still awaited until {until}", year=str(year), until=Moment(until)), ()
    return None, standing.close(read, year, None, now, zone=zone)


def _publish(read: Snapshot, year: int, now: int) -> tuple[tuple[Message | None, Snapshotted | None], tuple[Effect, ...]]:
    """Why the ranking is not published, or the published one that it would only repeat; and what publishes it."""
    from handlers.scores import standing

    if not standing.has_results(read, year):
        return (m("no result of {year} has been reported or imported: there is no ranking to publish", year=str(year)), None), ()
    alike = standing.published_alike(read, year, now)
    return (None, alike), () if alike is not None else standing.publish(read, year, None, now)


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
