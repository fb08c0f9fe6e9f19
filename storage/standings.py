"""Scores, totals and ranks as they stand. Points are integers in ten-thousandths.

Totals are kept with every change, so that a rank is one count over an index and never a sum over all figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage import audit
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict
from storage.memory import once


@dataclass(frozen=True, slots=True)
class Total:
    """A unit's total. ``reported``: criteria with a given value, ``verified``: those of them that are verified.

    ``rank_key``: greater is better, equal shares the rank, None is unranked.
    """

    unit_id: str
    base: int
    bonus: int
    penalty: int
    total: int
    late_reports: int
    missing: int
    reported: int
    verified: int
    exclusion: str | None
    rank_key: str | None
    updated_at: int


@dataclass(frozen=True, slots=True)
class StoredScore:
    """Points of one criterion; ``basis`` self or verified, None where nothing was given or the bot counts itself."""

    criterion_id: str
    points: int
    missing: bool
    basis: str | None


@dataclass(frozen=True, slots=True)
class UnitScores:
    """Everything kept of one unit's score; ``groups``: group id -> points."""

    total: Total
    groups: Mapping[str, int]
    scores: tuple[StoredScore, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """What moves in a unit's score when the best unit of a criterion changes: its total from ``before``, points by criterion, by group."""

    before: Total
    total: Total
    points: Mapping[str, int]
    groups: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """The year in one line: units, those ranked, those without a missing value, sums of reported and verified criteria, last change."""

    units: int
    ranked: int
    incomplete: int
    reported: int
    verified: int
    updated_at: int


_TOTAL = (
    "t.unit_id, t.base, t.bonus, t.penalty, t.total, t.late_reports, t.missing, t.reported, t.verified, t.exclusion, t.rank_key,"
    " t.updated_at"
)
_LISTED = "t.rank_key DESC, t.exclusion IS NOT 'postponed', u.sort_key, t.unit_id"


def total(read: Snapshot | Transaction, year: int, unit_id: str) -> Total | None:
    row = read.execute(f"SELECT {_TOTAL} FROM totals t WHERE t.year = ? AND t.unit_id = ?", (year, unit_id)).fetchone()  # noqa: S608
    return None if row is None else Total(*row)


def listed(read: Snapshot, year: int, limit: int = -1, offset: int = 0) -> tuple[Total, ...]:
    """Totals as they are listed: by rank, equals in Vietnamese order, then the postponed, then the annulled."""
    rows = read.execute(
        f"SELECT {_TOTAL} FROM totals t INDEXED BY totals_by_rank CROSS JOIN units u ON u.id = t.unit_id WHERE t.year = ?"  # noqa: S608
        f" ORDER BY {_LISTED} LIMIT ? OFFSET ?",
        (year, limit, offset),
    )
    return tuple(Total(*row) for row in rows)


def totals_of_year(read: Snapshot, year: int) -> dict[str, Total]:
    """unit id -> total, in no order."""
    return {row[0]: Total(*row) for row in read.execute(f"SELECT {_TOTAL} FROM totals t WHERE t.year = ?", (year,))}  # noqa: S608


def complete(read: Snapshot, year: int) -> bool:
    """Whether every member of the year has a total. Scores are computed anew with each change of membership, so counting tells."""
    row = read.execute("SELECT members = units FROM year_totals WHERE year = ?", (year,)).fetchone()
    return row is None or bool(row[0])


@once
def overview(read: Snapshot, year: int) -> tuple[bool, int, Summary]:
    """`complete`, a revision, and `summary` at once.

    The revision moves with each change of a total and each published ranking: what is read of one stays true while it lasts.
    """
    row = read.execute(
        "SELECT members = units, revision, units, ranked, incomplete, reported, verified, updated_at FROM year_totals WHERE year = ?",
        (year,),
    ).fetchone()
    return (True, 0, Summary(0, 0, 0, 0, 0, 0)) if row is None else (bool(row[0]), row[1], Summary(*row[2:]))


def announce(tx: Transaction, year: int) -> None:
    """Something of the year's ranking has changed beside its totals."""
    tx.execute("UPDATE year_totals SET revision = revision + 1 WHERE year = ?", (year,))


def summary(read: Snapshot, year: int) -> Summary:
    return overview(read, year)[2]


def group_points(read: Snapshot, year: int, unit_id: str) -> dict[str, int]:
    """group id -> points, of one unit."""
    return dict(read.execute("SELECT group_id, points FROM group_points WHERE year = ? AND unit_id = ?", (year, unit_id)))


def groups_of_year(read: Snapshot, year: int) -> dict[str, dict[str, int]]:
    """unit id -> group id -> points."""
    found: dict[str, dict[str, int]] = {}
    for unit_id, group_id, points in read.execute("SELECT unit_id, group_id, points FROM group_points WHERE year = ?", (year,)):
        found.setdefault(unit_id, {})[group_id] = points
    return found


def scores(read: Snapshot, year: int, unit_id: str) -> dict[str, StoredScore]:
    """criterion id -> score, of one unit."""
    rows = read.execute("SELECT criterion_id, points, missing, basis FROM scores WHERE year = ? AND unit_id = ?", (year, unit_id))
    return {row[0]: StoredScore(row[0], row[1], bool(row[2]), row[3]) for row in rows}


def scores_of_criterion(read: Snapshot, year: int, criterion_id: str) -> dict[str, StoredScore]:
    """unit id -> score, of one criterion."""
    rows = read.execute(
        "SELECT unit_id, criterion_id, points, missing, basis FROM scores WHERE year = ? AND criterion_id = ?", (year, criterion_id)
    )
    return {row[0]: StoredScore(row[1], row[2], bool(row[3]), row[4]) for row in rows}


def points_of_criterion(read: Snapshot, year: int, criterion_id: str) -> dict[str, int]:
    """unit id -> points, of one criterion: answered by its index alone."""
    return dict(read.execute("SELECT unit_id, points FROM scores WHERE year = ? AND criterion_id = ?", (year, criterion_id)))


def missing(read: Snapshot, year: int) -> dict[str, frozenset[str]]:
    """unit id -> the criteria without a value, of the units that lack any."""
    found: dict[str, set[str]] = {}
    for unit_id, criterion_id in read.execute("SELECT unit_id, criterion_id FROM scores WHERE year = ? AND missing = 1", (year,)):
        found.setdefault(unit_id, set()).add(criterion_id)
    return {unit_id: frozenset(names) for unit_id, names in found.items()}


def missing_of(read: Snapshot, year: int, unit_id: str) -> frozenset[str]:
    """The criteria of a unit without a value."""
    rows = read.execute("SELECT criterion_id FROM scores WHERE year = ? AND unit_id = ? AND missing = 1", (year, unit_id))
    return frozenset(row[0] for row in rows)


def postponed(read: Snapshot, year: int) -> frozenset[str]:
    """The units whose case is postponed: they keep their points and are nobody's measure."""
    return frozenset(row[0] for row in read.execute("SELECT unit_id FROM totals WHERE year = ? AND exclusion = 'postponed'", (year,)))


def leaders(read: Snapshot, year: int) -> dict[str, tuple[str, str]]:
    """criterion id -> (numerator, denominator) of the best ratio; denominator 0: nothing can be better."""
    rows = read.execute("SELECT criterion_id, numerator, denominator FROM leaders WHERE year = ?", (year,))
    return {row[0]: (row[1], row[2]) for row in rows}


def filings(read: Snapshot, year: int, unit_id: str | None = None) -> tuple[tuple[str, str, int], ...]:
    """(unit id, duty id or report id, days late) of each standing report of a year: its first filing since it last was withdrawn."""
    where = "r.year = :year" if unit_id is None else "r.unit_id = :unit AND r.year = :year"
    rows = read.execute(
        "SELECT r.unit_id, COALESCE(r.duty_id, r.id), v.days_late FROM reports r JOIN revisions v ON v.report_id = r.id"  # noqa: S608
        f" WHERE {where} AND r.review <> 'withdrawn' AND v.revision ="
        " (SELECT MIN(w.revision) FROM revisions w WHERE w.report_id = r.id AND w.kind <> 'withdrawal' AND w.revision >"
        "  (SELECT COALESCE(MAX(x.revision), 0) FROM revisions x WHERE x.report_id = r.id AND x.kind = 'withdrawal'))",
        {"year": year, "unit": unit_id},
    )
    return tuple(rows)


def not_filed(read: Snapshot, year: int, unit_id: str | None = None) -> tuple[tuple[str, str], ...]:
    """(unit id, duty id) of each report of a year that is still owed."""
    whose = "" if unit_id is None else " AND unit_id = :unit"
    return tuple(
        read.execute(
            f"SELECT unit_id, id FROM duties WHERE year = :year AND form IS NOT NULL AND status = 'open'{whose}",  # noqa: S608
            {"year": year, "unit": unit_id},
        )
    )


@once
def first_deadline(read: Snapshot, year: int) -> int | None:
    """The effective instant of the year's first report that asks the criteria, or None when none is planned."""
    row = read.execute(
        "SELECT MIN((SELECT d.effective FROM duties d WHERE d.event_id = e.id AND d.status <> 'cancelled' LIMIT 1))"
        " FROM events e JOIN forms f ON f.id = e.form WHERE e.of_year = ? AND e.kind = 'deadline'"
        " AND EXISTS (SELECT 1 FROM json_each(f.asks) WHERE value = 'criteria')",
        (year,),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def expect_scores_revision(tx: Transaction, year: int, revision: int) -> None:
    """Raise Conflict when the best unit of a criterion has changed since the scores were computed."""
    row = tx.execute("SELECT scores_revision FROM years WHERE year = ?", (year,)).fetchone()
    if row is None or row[0] != revision:
        raise Conflict(f"the leaders of {year} have changed")


def expect_totals(tx: Transaction, year: int, expected: tuple[tuple[str, Total | None], ...]) -> None:
    """Raise Conflict when the total of one of these units is not the one that was seen: somebody else changed its score."""
    for unit_id, before in expected:
        if total(tx, year, unit_id) != before:
            raise Conflict(f"the score of {unit_id} in {year} has changed")


def save_scores(tx: Transaction, year: int, given: tuple[UnitScores, ...]) -> None:
    """Keep the scores, group points and totals of these units, in the transaction of whatever changed them. Only what moved is written."""
    for each in given:
        unit_id = each.total.unit_id
        stored = scores(Snapshot(tx), year, unit_id)
        moved = [score for score in each.scores if stored.pop(score.criterion_id, None) != score]
        tx.executemany(
            "INSERT OR REPLACE INTO scores (year, unit_id, criterion_id, points, missing, basis) VALUES (?, ?, ?, ?, ?, ?)",
            [(year, unit_id, s.criterion_id, s.points, int(s.missing), s.basis) for s in moved],
        )
        tx.executemany(
            "DELETE FROM scores WHERE year = ? AND unit_id = ? AND criterion_id = ?", [(year, unit_id, name) for name in stored]
        )
        groups = group_points(Snapshot(tx), year, unit_id)
        tx.executemany(
            "INSERT OR REPLACE INTO group_points (year, unit_id, group_id, points) VALUES (?, ?, ?, ?)",
            [(year, unit_id, group_id, points) for group_id, points in each.groups.items() if groups.pop(group_id, None) != points],
        )
        tx.executemany(
            "DELETE FROM group_points WHERE year = ? AND unit_id = ? AND group_id = ?", [(year, unit_id, name) for name in groups]
        )
        _save_total(tx, year, each.total)


def _save_total(tx: Transaction, year: int, kept: Total) -> None:
    """Not by INSERT OR REPLACE: what that replaces, it takes away without a word to the triggers that keep `year_totals`."""
    values = (
        kept.base, kept.bonus, kept.penalty, kept.total, kept.late_reports, kept.missing, kept.reported, kept.verified, kept.exclusion,
        kept.rank_key, kept.updated_at, year, kept.unit_id,
    )  # fmt: skip
    changed = tx.execute(
        "UPDATE totals SET base = ?, bonus = ?, penalty = ?, total = ?, late_reports = ?, missing = ?, reported = ?, verified = ?,"
        " exclusion = ?, rank_key = ?, updated_at = ? WHERE year = ? AND unit_id = ?",
        values,
    )
    if changed.rowcount == 0:
        tx.execute(
            "INSERT INTO totals (base, bonus, penalty, total, late_reports, missing, reported, verified, exclusion, rank_key, updated_at,"
            " year, unit_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )


def shift_scores(tx: Transaction, year: int, given: tuple[Shift, ...]) -> None:
    """Keep what moved."""
    tx.executemany(
        "UPDATE scores SET points = ? WHERE year = ? AND unit_id = ? AND criterion_id = ?",
        [(points, year, each.total.unit_id, name) for each in given for name, points in each.points.items()],
    )
    tx.executemany(
        "UPDATE group_points SET points = ? WHERE year = ? AND unit_id = ? AND group_id = ?",
        [(points, year, each.total.unit_id, name) for each in given for name, points in each.groups.items()],
    )
    tx.executemany(
        "UPDATE totals SET base = ?, total = ?, rank_key = ?, updated_at = ? WHERE year = ? AND unit_id = ?",
        [(e.total.base, e.total.total, e.total.rank_key, e.total.updated_at, year, e.total.unit_id) for e in given],
    )


def keep_only(tx: Transaction, year: int, unit_ids: tuple[str, ...]) -> None:
    """Forget the scores of units that are not members of the year any more; their figures stay."""
    kept = set(unit_ids)
    for (unit_id,) in tx.execute("SELECT unit_id FROM totals WHERE year = ?", (year,)).fetchall():
        if unit_id not in kept:
            for name in ("scores", "group_points", "totals"):
                tx.execute(f"DELETE FROM {name} WHERE year = ? AND unit_id = ?", (year, unit_id))  # noqa: S608


def save_leaders(tx: Transaction, year: int, best: Mapping[str, tuple[str, str]]) -> None:
    """Keep the best ratios; scores computed on the old ones meet a Conflict."""
    tx.execute("DELETE FROM leaders WHERE year = ?", (year,))
    tx.executemany(
        "INSERT INTO leaders (year, criterion_id, numerator, denominator) VALUES (?, ?, ?, ?)",
        [(year, criterion_id, *parts) for criterion_id, parts in best.items()],
    )
    tx.execute("UPDATE years SET scores_revision = scores_revision + 1 WHERE year = ?", (year,))


def close_year(tx: Transaction, year: int, by: str | None, now: int) -> None:
    """Close an emulation year for filing. Raises Conflict when it is closed already."""
    if tx.execute("UPDATE years SET closed_at = ? WHERE year = ? AND closed_at IS NULL", (now, year)).rowcount != 1:
        raise Conflict(f"{year} is closed already")
    audit.note(tx, now, by, "year.close", f"year:{year}", year=year)


def changed_after(read: Snapshot, year: int, unit_id: str, instant: int) -> frozenset[str]:
    """The criteria of which a figure of the unit, its own or the verified one, was given or changed after an instant (epoch)."""
    rows = read.execute(
        "SELECT DISTINCT criterion_id FROM criterion_values WHERE year = ? AND unit_id = ? AND at > ?", (year, unit_id, instant)
    )
    return frozenset(row[0] for row in rows)
