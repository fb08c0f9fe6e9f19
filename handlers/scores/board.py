"""The ranking of a year read line by line: a page, a unit, its neighbours. Cheap for thousands of units."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from handlers.rules.ranking import Needed, after_total, needed
from handlers.scores import standing
from storage import snapshots, units
from storage import standings as kept
from storage.connection import Snapshot
from storage.memory import remembered
from storage.snapshots import Snapshotted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A unit's line. ``total`` in ten-thousandths; ``missing``: how many criteria have no value; ``rank`` None: not ranked."""

    rank: int | None
    unit_id: str
    name: str
    total: int
    missing: int
    exclusion: str | None
    rank_key: str | None


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

    def overview(self) -> Overview:
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
        if self._computed is not None:
            return tuple(_line(row) for row in self._computed[start : start + count])
        return self._remembered(("page", start, count), lambda: self._page(start, count))

    def _page(self, start: int, count: int) -> tuple[Line, ...]:
        lines: list[Line] = []
        for place, total in enumerate(kept.listed(self._read, self._year, count, start), start=start + 1):
            if total.rank_key is None:
                rank = None
            elif lines and lines[-1].rank_key == total.rank_key:
                rank = lines[-1].rank
            else:
                rank = place if lines or not start else kept.rank_of(self._read, self._year, total.rank_key)
            lines.append(self._of(total, rank))
        return tuple(lines)

    def unit(self, unit_id: str) -> Line | None:
        if self._computed is not None:
            return next((_line(row) for row in self._computed if row.unit_id == unit_id), None)
        return self._remembered(("unit", unit_id), lambda: self._unit(unit_id))

    def _unit(self, unit_id: str) -> Line | None:
        total = kept.total(self._read, self._year, unit_id)
        if total is None:
            return None
        return self._of(total, None if total.rank_key is None else kept.rank_of(self._read, self._year, total.rank_key))

    def place(self, unit_id: str) -> int | None:
        """Where a ranked unit stands among the lines, from 0."""
        if self._computed is not None:
            return next((place for place, row in enumerate(self._computed) if row.unit_id == unit_id and row.rank is not None), None)
        return kept.position_of(self._read, self._year, unit_id)

    def around(self, unit_id: str) -> tuple[Line, ...]:
        """A ranked unit between those listed right before and after it."""
        own = self.unit(unit_id)
        if own is None or own.rank_key is None:
            return ()
        if self._computed is not None:
            place = self.place(unit_id) or 0
            ranked = [row for row in self._computed if row.rank is not None]
            return tuple(_line(row) for row in ranked[max(0, place - 1) : place + 2])
        return self._remembered(("around", unit_id), lambda: self._around(own))

    def _around(self, own: Line) -> tuple[Line, ...]:
        before = kept.before(self._read, self._year, own.unit_id)
        after = kept.after(self._read, self._year, own.unit_id)
        return (
            *(() if before is None else (self._of(before, self._rank_above(own, before)),)),
            own,
            *(() if after is None else (self._of(after, self._rank_below(own, after)),)),
        )

    def above(self, line: Line) -> Line | None:
        """The unit to overtake next."""
        if line.rank_key is None:
            return None
        if self._computed is not None:
            better = [row for row in self._computed if row.rank_key is not None and row.rank_key > (line.rank_key or "")]
            return _line(next(row for row in better if row.rank_key == better[-1].rank_key)) if better else None
        return self._remembered(("above", line.unit_id), lambda: self._above(line))

    def _above(self, line: Line) -> Line | None:
        beside = self.around(line.unit_id)
        if beside and beside[0].rank is not None and beside[0].rank + 1 == line.rank:
            return beside[0]    # nobody shares its rank
        total = kept.just_above(self._read, self._year, line.rank_key or "")
        return None if total is None else self._of(total, self._rank_above(line, total))

    def below(self, line: Line) -> Line | None:
        """The first of those behind."""
        if line.rank_key is None:
            return None
        if self._computed is not None:
            worse = [row for row in self._computed if row.rank_key is not None and row.rank_key < (line.rank_key or "")]
            return _line(worse[0]) if worse else None
        return self._remembered(("below", line.unit_id), lambda: self._below(line))

    def _below(self, line: Line) -> Line | None:
        total = kept.just_below(self._read, self._year, line.rank_key or "")
        return None if total is None else self._of(total, self._rank_below(line, total))

    def _rank_above(self, line: Line, nearest: kept.Total) -> int:
        """The rank of the unit listed next above the line: counting those level with it is cheaper than counting all above."""
        level = nearest.rank_key == line.rank_key
        return (line.rank or 0) - (0 if level else kept.sharing(self._read, self._year, nearest.rank_key or ""))

    def _rank_below(self, line: Line, nearest: kept.Total) -> int:
        level = nearest.rank_key == line.rank_key
        return (line.rank or 0) + (0 if level else kept.sharing(self._read, self._year, line.rank_key or ""))

    def published(self) -> Snapshotted | None:
        """The last published ranking of the year."""
        return self.remembered("published", lambda: snapshots.last_snapshot(self._read, self._year))

    def remembered(self, what: Hashable, find: Callable[[], T]) -> T:
        """What follows from the totals, the units' names and the published rankings alone, found once as long as they stand."""
        return find() if self._computed is not None else self._remembered(what, find)

    def _remembered(self, what: Hashable, find: Callable[[], T]) -> T:
        return remembered(self._read, ("ranking", self._year, self._revision, what), find)

    def missing_units(self, limit: int = -1) -> tuple[str, ...]:
        """Names of the units that lack a value, in Vietnamese order."""
        if self._computed is not None:
            order = [unit.id for unit in units.members(self._read, self._year)]
            lacking = {row.unit_id: row.name for row in self._computed if row.missing}
            return tuple(lacking[each] for each in order if each in lacking)[: None if limit < 0 else limit]
        return tuple(units.name_of(self._read, each) for each in kept.incomplete(self._read, self._year, limit))

    def _of(self, total: kept.Total, rank: int | None) -> Line:
        return Line(
            rank, total.unit_id, units.name_of(self._read, total.unit_id), total.total, total.missing, total.exclusion, total.rank_key
        )


def to_reach(line: Line, other: Line) -> Needed:
    """What the unit of ``line`` needs to draw level with ``other``."""
    return needed(line.total, after_total(line.rank_key or ""), other.total, after_total(other.rank_key or ""))


def _line(row: standing.Row) -> Line:
    return Line(row.rank, row.unit_id, row.name, row.total, len(row.missing), row.exclusion, row.rank_key)
