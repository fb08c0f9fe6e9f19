"""Rankings that were published, as they stood: later changes leave them alone. Points are integers in ten-thousandths."""

from __future__ import annotations

from dataclasses import dataclass

from storage import audit, standings
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict


@dataclass(frozen=True, slots=True)
class Snapshotted:
    """A published ranking."""

    id: int
    year: int
    table_version: int
    final: bool
    published_at: int
    published_by: str | None


@dataclass(frozen=True, slots=True)
class SnapshotTotal:
    """A unit's place in a published ranking."""

    unit_id: str
    rank: int | None
    base: int
    bonus: int
    penalty: int
    total: int
    late_reports: int
    missing: int
    exclusion: str | None


def publish(tx: Transaction, year: int, final: bool, by: str | None, now: int) -> None:
    """Keep the ranking as it stands as a published one, with the table's version and the points of each criterion."""
    row = tx.execute("SELECT version FROM scoring_tables WHERE year = ?", (year,)).fetchone()
    if row is None:
        raise Conflict(f"{year} has no scoring table")
    snapshot_id = tx.execute(
        "INSERT INTO snapshots (year, table_version, final, published_at, published_by) VALUES (?, ?, ?, ?, ?)",
        (year, row[0], int(final), now, by),
    ).lastrowid
    tx.execute(
        "INSERT INTO snapshot_totals (snapshot_id, unit_id, rank, base, bonus, penalty, total, late_reports, missing, exclusion)"
        " SELECT ?, unit_id, CASE WHEN rank_key IS NOT NULL THEN RANK() OVER (ORDER BY rank_key DESC) END, base, bonus, penalty, total,"
        " late_reports, missing, exclusion FROM totals WHERE year = ?",
        (snapshot_id, year),
    )
    tx.execute(
        "INSERT INTO snapshot_points (snapshot_id, unit_id, criterion_id, points, missing)"
        " SELECT ?, unit_id, criterion_id, points, missing FROM scores WHERE year = ?",
        (snapshot_id, year),
    )
    standings.announce(tx, year)
    audit.note(tx, now, by, "standings.publish", f"year:{year}", year=year, after="final" if final else "provisional")


def unchanged(read: Snapshot, year: int, last: Snapshotted) -> bool:
    """Whether a published ranking still says what the totals and scores say: publishing again would only repeat it."""
    version = read.execute("SELECT version FROM scoring_tables WHERE year = ?", (year,)).fetchone()
    if version is None or version[0] != last.table_version:
        return False
    totals = "unit_id, base, bonus, penalty, total, late_reports, missing, exclusion"
    points = "unit_id, criterion_id, points, missing"
    pairs = ((totals, "totals", "snapshot_totals"), (points, "scores", "snapshot_points"))
    return all(
        read.execute(
            f"SELECT NOT EXISTS (SELECT {columns} FROM {now} WHERE year = :year EXCEPT"  # noqa: S608
            f" SELECT {columns} FROM {kept} WHERE snapshot_id = :id) AND NOT EXISTS (SELECT {columns} FROM {kept} WHERE snapshot_id = :id"
            f" EXCEPT SELECT {columns} FROM {now} WHERE year = :year)",
            {"year": year, "id": last.id},
        ).fetchone()[0]
        for columns, now, kept in pairs
    )


def last_snapshot(read: Snapshot, year: int) -> Snapshotted | None:
    row = read.execute(
        "SELECT id, year, table_version, final, published_at, published_by FROM snapshots WHERE year = ?"
        " ORDER BY published_at DESC, id DESC LIMIT 1",
        (year,),
    ).fetchone()
    return None if row is None else Snapshotted(row[0], row[1], row[2], bool(row[3]), row[4], row[5])


_SNAPSHOT_TOTAL = "unit_id, rank, base, bonus, penalty, total, late_reports, missing, exclusion"


def snapshot_total(read: Snapshot, snapshot_id: int, unit_id: str) -> SnapshotTotal | None:
    row = read.execute(
        f"SELECT {_SNAPSHOT_TOTAL} FROM snapshot_totals WHERE snapshot_id = ? AND unit_id = ?", (snapshot_id, unit_id)  # noqa: S608
    ).fetchone()
    return None if row is None else SnapshotTotal(*row)


def ranks(read: Snapshot, snapshot_id: int) -> dict[str, int | None]:
    """unit id -> its rank in a published ranking."""
    return dict(read.execute("SELECT unit_id, rank FROM snapshot_totals WHERE snapshot_id = ?", (snapshot_id,)))


def snapshot_totals(read: Snapshot, snapshot_id: int) -> dict[str, SnapshotTotal]:
    """unit id -> its place in a published ranking."""
    rows = read.execute(f"SELECT {_SNAPSHOT_TOTAL} FROM snapshot_totals WHERE snapshot_id = ?", (snapshot_id,))  # noqa: S608
    return {row[0]: SnapshotTotal(*row) for row in rows}
