"""Targets: the plan figures of a unit for a year. An item is a criterion (I.2) or an indicator (NTM26.NTM01)."""

from __future__ import annotations

from storage import audit
from storage.connection import Snapshot, Transaction


def of_unit(read: Snapshot, year: int, unit_id: str) -> dict[str, str]:
    """item id -> plan, as decimal text."""
    return dict(read.execute("SELECT item_id, plan FROM targets WHERE year = ? AND unit_id = ?", (year, unit_id)))


def of_year(read: Snapshot, year: int) -> tuple[tuple[str, str, str], ...]:
    """(unit id, item id, plan) of a whole year."""
    return tuple(read.execute("SELECT unit_id, item_id, plan FROM targets WHERE year = ? ORDER BY unit_id, item_id", (year,)))


def of_item(read: Snapshot, year: int, item_id: str) -> dict[str, str]:
    """unit id -> plan, of one item."""
    return dict(read.execute("SELECT unit_id, plan FROM targets WHERE year = ? AND item_id = ?", (year, item_id)))


def save(
    tx: Transaction, year: int, unit_id: str, item_id: str, plan: str, by: str | None, now: int, reason: str | None = None
) -> None:
    """Set a plan figure; one that changes leaves an audit row."""
    tx.execute("INSERT OR IGNORE INTO years (year) VALUES (?)", (year,))
    row = tx.execute("SELECT plan FROM targets WHERE year = ? AND unit_id = ? AND item_id = ?", (year, unit_id, item_id)).fetchone()
    if row is not None and row[0] == plan:
        return
    tx.execute("INSERT OR REPLACE INTO targets (year, unit_id, item_id, plan) VALUES (?, ?, ?, ?)", (year, unit_id, item_id, plan))
    if row is not None:
        audit.note(
            tx, now, by, "target.change", f"item:{item_id}", unit_id=unit_id, year=year, before=row[0], after=plan, reason=reason
        )


def remove(tx: Transaction, year: int, unit_id: str, item_id: str) -> None:
    tx.execute("DELETE FROM targets WHERE year = ? AND unit_id = ? AND item_id = ?", (year, unit_id, item_id))
