"""The lines of a year's ranking: one unit, its neighbours, a page. Read from the file one by one, or all of them at once.

One line costs a statement, whatever the number of units; all of them cost some milliseconds for thousands of units, and then nothing.
So a ranking that is asked for again and again, as in a meeting, is read as a whole; one that changes with every report is not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.connection import Snapshot
from storage.memory import current

ASKED_ENOUGH = 16
"""So many questions about one revision cost about as much as reading all of its lines."""


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


class Lines(Protocol):
    """A year's ranking, in order: by rank, equals in Vietnamese order, then the postponed, then the annulled.

    Neighbours are asked for of a ranked line of it.
    """

    def unit(self, unit_id: str) -> Line | None: ...

    def page(self, start: int, count: int) -> tuple[Line, ...]:
        """``count`` lines (-1: all) from the place ``start`` (from 0) on."""

    def place(self, unit_id: str) -> int | None:
        """Where a ranked unit stands, from 0; None when it is not ranked."""

    def before(self, line: Line) -> Line | None:
        """The ranked unit listed right before."""

    def after(self, line: Line) -> Line | None:
        """The ranked unit listed right after."""

    def above(self, line: Line) -> Line | None:
        """The next to overtake: the least rank key above; of several units the first in Vietnamese order."""

    def below(self, line: Line) -> Line | None:
        """The greatest rank key below; of several units the first in Vietnamese order."""


def lines(read: Snapshot, year: int, revision: int) -> Lines:
    """The year's ranking as of a revision of its totals."""
    asked = current(read, ("ranking", year), revision, _Asked)
    asked.times += 1
    if asked.whole is None and asked.times > ASKED_ENOUGH:
        asked.whole = InMemory(OnFile(read, year).page(0, -1))
    return asked.whole or OnFile(read, year)


class _Asked:
    """How often one revision was asked about, by whichever reader; and its lines, once they were read."""

    __slots__ = ("times", "whole")

    def __init__(self) -> None:
        self.times = 0
        self.whole: InMemory | None = None


class InMemory:
    """A ranking whose lines are all known."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)
        self._places = {line.unit_id: place for place, line in enumerate(self._lines)}
        self._ranked = sum(line.rank is not None for line in self._lines)
        self._keys = [line.rank_key or "" for line in reversed(self._lines[: self._ranked])]    # ascending

    def unit(self, unit_id: str) -> Line | None:
        place = self._places.get(unit_id)
        return None if place is None else self._lines[place]

    def page(self, start: int, count: int) -> tuple[Line, ...]:
        return self._lines[start : None if count < 0 else start + count]

    def place(self, unit_id: str) -> int | None:
        place = self._places.get(unit_id, self._ranked)
        return place if place < self._ranked else None

    def before(self, line: Line) -> Line | None:
        return self._at(self._places[line.unit_id] - 1)

    def after(self, line: Line) -> Line | None:
        return self._at(self._places[line.unit_id] + 1)

    def above(self, line: Line) -> Line | None:
        better = bisect_right(self._keys, line.rank_key or "")
        if better == self._ranked:
            return None
        return self._at(self._ranked - bisect_right(self._keys, self._keys[better]))

    def below(self, line: Line) -> Line | None:
        return self._at(self._ranked - bisect_left(self._keys, line.rank_key or ""))

    def _at(self, place: int) -> Line | None:
        """The ranked line there."""
        return self._lines[place] if 0 <= place < self._ranked else None


_LINE = "t.unit_id, u.name, t.total, t.missing, t.exclusion, t.rank_key"
_RANK = "(SELECT 1 + COUNT(*) FROM totals b WHERE b.year = t.year AND b.rank_key > t.rank_key)"
_LEVEL = "(SELECT COUNT(*) FROM totals s WHERE s.year = t.year AND s.rank_key = {})"
_ABOVE = f"CASE WHEN t.rank_key = :key THEN :rank ELSE :rank - {_LEVEL.format('t.rank_key')} END"
_BELOW = f"CASE WHEN t.rank_key = :key THEN :rank ELSE :rank + {_LEVEL.format(':key')} END"
"""Ranks of neighbours: counting those level with one of the two is cheaper than counting all that stand above."""


class OnFile:
    """A ranking of which each line is read when it is asked for, with its unit's name and its rank."""

    def __init__(self, read: Snapshot, year: int) -> None:
        self._read = read
        self._year = year

    def unit(self, unit_id: str) -> Line | None:
        row = self._read.execute(
            f"SELECT CASE WHEN t.rank_key IS NOT NULL THEN {_RANK} END, {_LINE} FROM totals t JOIN units u ON u.id = t.unit_id"  # noqa: S608
            " WHERE t.year = ? AND t.unit_id = ?",
            (self._year, unit_id),
        ).fetchone()
        return None if row is None else Line(*row)

    def page(self, start: int, count: int) -> tuple[Line, ...]:
        rows = self._read.execute(
            f"SELECT {_LINE} FROM totals t INDEXED BY totals_by_rank CROSS JOIN units u ON u.id = t.unit_id WHERE t.year = ?"  # noqa: S608
            " ORDER BY t.rank_key DESC, t.exclusion IS NOT 'postponed', u.sort_key, t.unit_id LIMIT ? OFFSET ?",
            (self._year, count, start),
        ).fetchall()
        found: list[Line] = []
        for place, row in enumerate(rows, start=start + 1):
            key = row[-1]
            if key is None:
                rank = None
            elif found and found[-1].rank_key == key:
                rank = found[-1].rank
            else:
                rank = place if found or not start else self._rank_of(key)
            found.append(Line(rank, *row))
        return tuple(found)

    def _rank_of(self, key: str) -> int:
        better = self._read.execute("SELECT COUNT(*) FROM totals WHERE year = ? AND rank_key > ?", (self._year, key))
        return 1 + int(better.fetchone()[0])

    def place(self, unit_id: str) -> int | None:
        row = self._read.execute(
            "SELECT (SELECT COUNT(*) FROM totals t WHERE t.year = :year AND t.rank_key > mine.rank_key)"
            " + (SELECT COUNT(*) FROM totals t JOIN units u ON u.id = t.unit_id WHERE t.year = :year AND t.rank_key = mine.rank_key"
            "    AND (u.sort_key, t.unit_id) < (me.sort_key, mine.unit_id))"
            " FROM totals mine JOIN units me ON me.id = mine.unit_id WHERE mine.year = :year AND mine.unit_id = :unit"
            " AND mine.rank_key IS NOT NULL",
            {"year": self._year, "unit": unit_id},
        ).fetchone()
        return None if row is None else int(row[0])

    def before(self, line: Line) -> Line | None:
        return self._beside(line, _ABOVE, ">", "<", "ASC", "DESC")

    def after(self, line: Line) -> Line | None:
        return self._beside(line, _BELOW, "<", ">", "DESC", "ASC")

    def _beside(self, line: Line, rank: str, beyond: str, named: str, keys: str, names: str) -> Line | None:
        return self._first(
            f"SELECT {rank}, {_LINE} FROM units me JOIN totals t INDEXED BY totals_by_rank"  # noqa: S608
            f" ON t.year = :year AND t.rank_key {beyond}= :key CROSS JOIN units u ON u.id = t.unit_id"
            f" WHERE me.id = :unit AND (t.rank_key <> :key OR (u.sort_key, t.unit_id) {named} (me.sort_key, :unit))"
            f" ORDER BY t.rank_key {keys}, u.sort_key {names}, t.unit_id {names} LIMIT 1",
            line,
        )

    def above(self, line: Line) -> Line | None:
        return self._nearest(line, _ABOVE, ">", "ASC")

    def below(self, line: Line) -> Line | None:
        return self._nearest(line, _BELOW, "<", "DESC")

    def _nearest(self, line: Line, rank: str, beyond: str, keys: str) -> Line | None:
        return self._first(
            f"SELECT {rank}, {_LINE} FROM totals t INDEXED BY totals_by_rank CROSS JOIN units u ON u.id = t.unit_id"  # noqa: S608
            f" WHERE t.year = :year AND t.rank_key {beyond} :key ORDER BY t.rank_key {keys}, u.sort_key, t.unit_id LIMIT 1",
            line,
        )

    def _first(self, statement: str, line: Line) -> Line | None:
        given = {"year": self._year, "key": line.rank_key, "rank": line.rank, "unit": line.unit_id}
        row = self._read.execute(statement, given).fetchone()
        return None if row is None else Line(*row)


def lacking(read: Snapshot, year: int, limit: int = -1) -> tuple[str, ...]:
    """Names of the units that lack a value, in Vietnamese order."""
    rows = read.execute(
        "SELECT u.name FROM totals t JOIN units u ON u.id = t.unit_id WHERE t.year = ? AND t.missing > 0 ORDER BY u.sort_key, u.id LIMIT ?",
        (year, limit),
    )
    return tuple(row[0] for row in rows)
