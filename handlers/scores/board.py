"""The ranking of a year read line by line: a page, a unit, its neighbours. Cheap for thousands of units."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from handlers.rules.ranking import Needed, after_total, needed
from handlers.scores import standing
from storage import ranking, snapshots, units
from storage import standings as kept
from storage.connection import Snapshot
from storage.memory import remembered
from storage.ranking import Line
from storage.snapshots import Snapshotted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Overview:
    """The year as a whole"""

    units: int
    ranked: int
    incomplete: int
    reported: int
    verified: int
    updated_at: int


class Board:
    """The ranking of one year on one snapshot. Where totals are not complete yet, they are computed for this answer.

    What is read of one revision of the totals is remembered (`storage.memory.remembered`): a meeting asks for the same lines.
    """

    def __init__(self, read: Snapshot, year: int) -> None:
        self._read = read
        self._year = year
        complete, self._revision, self._summary = kept.overview(read, year)
        self._computed: tuple[standing.Row, ...] | None = None if complete else standing.standings(read, year)
        self._lines: ranking.Lines
        if self._computed is None:
            self._lines = ranking.lines(read, year, self._revision)
        else:
            self._lines = ranking.InMemory([_line(row) for row in self._computed])
        self._found: dict[str, Line | None] = {}
        self._overview = self._counted()

    def overview(self) -> Overview:
        return self._overview

    def _counted(self) -> Overview:
        rows = self._computed
        if rows is None:
            found = self._summary
            return Overview(found.units, found.ranked, found.incomplete, found.reported, found.verified, found.updated_at)
        return Overview(
            len(rows), sum(row.rank is not None for row in rows), sum(bool(row.missing) for row in rows),
            sum(row.reported for row in rows), sum(row.verified for row in rows), max((row.updated_at for row in rows), default=0),
        )  # fmt: skip

    def page(self, start: int, count: int) -> tuple[Line, ...]:
        """``count`` lines from the place ``start`` (from 0) on."""
        return self.remembered(("page", start, count), lambda: self._lines.page(start, count))

    def unit(self, unit_id: str) -> Line | None:
        if unit_id not in self._found:
            self._found[unit_id] = self._lines.unit(unit_id)
        return self._found[unit_id]

    def place(self, unit_id: str) -> int | None:
        """Where a ranked unit stands among the lines, from 0."""
        return self._lines.place(unit_id)

    def around(self, unit_id: str) -> tuple[Line, ...]:
        """A ranked unit between those listed right before and after it."""
        own = self.unit(unit_id)
        if own is None or own.rank_key is None:
            return ()
        beside = (self._lines.before(own), own, self._lines.after(own))
        return tuple(line for line in beside if line is not None)

    def above(self, line: Line) -> Line | None:
        """The unit to overtake next."""
        return None if line.rank_key is None else self._lines.above(line)

    def below(self, line: Line) -> Line | None:
        """The first of those behind."""
        return None if line.rank_key is None else self._lines.below(line)

    def published(self) -> Snapshotted | None:
        """The last published ranking of the year."""
        return self.remembered("published", lambda: snapshots.last_snapshot(self._read, self._year))

    def remembered(self, what: Hashable, find: Callable[[], T]) -> T:
        """What follows from the totals, the units' names and the published rankings alone, found once as long as they stand."""
        return find() if self._computed is not None else remembered(self._read, ("ranking", self._year, self._revision, what), find)

    def missing_units(self, limit: int = -1) -> tuple[str, ...]:
        """Names of the units that lack a value, in Vietnamese order."""
        if self._computed is not None:
            order = [unit.id for unit in units.members(self._read, self._year)]
            lacking = {row.unit_id: row.name for row in self._computed if row.missing}
            return tuple(lacking[each] for each in order if each in lacking)[: None if limit < 0 else limit]
        return ranking.lacking(self._read, self._year, limit)


def to_reach(line: Line, other: Line) -> Needed:
    """What the unit of ``line`` needs to draw level with ``other``."""
    return needed(line.total, after_total(line.rank_key or ""), other.total, after_total(other.rank_key or ""))


def _line(row: standing.Row) -> Line:
    return Line(row.rank, row.unit_id, row.name, row.total, len(row.missing), row.exclusion, row.rank_key)
