"""The audit trail: everything that changes a figure, a score, a role or a date leaves a row that the chat can show."""

from __future__ import annotations

from dataclasses import dataclass

from storage.connection import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """Who (None: the operator) did what, when (epoch), to which subject (``kind:id``), from what to what, and why."""

    at: int
    person_id: str | None
    action: str
    subject: str
    unit_id: str | None
    year: int | None
    before: str | None
    after: str | None
    reason: str | None


def note(
    tx: Transaction,
    at: int,
    person_id: str | None,
    action: str,
    subject: str,
    *,
    unit_id: str | None = None,
    year: int | None = None,
    before: str | None = None,
    after: str | None = None,
    reason: str | None = None,
) -> None:
    """Leave a row beside the change it tells of, in the same transaction."""
    tx.execute(
        "INSERT INTO audit (at, person_id, action, subject, unit_id, year, before, after, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (at, person_id, action, subject, unit_id, year, before, after, reason),
    )


def entries(
    read: Snapshot, *, unit_id: str | None = None, subject: str | None = None, person_id: str | None = None, limit: int = 20
) -> tuple[Entry, ...]:
    """The newest entries first, of one unit, one subject or one person where given."""
    rows = read.execute(
        "SELECT at, person_id, action, subject, unit_id, year, before, after, reason FROM audit"
        " WHERE (:unit IS NULL OR unit_id = :unit) AND (:subject IS NULL OR subject = :subject)"
        " AND (:person IS NULL OR person_id = :person) ORDER BY at DESC, id DESC LIMIT :limit",
        {"unit": unit_id, "subject": subject, "person": person_id, "limit": limit},
    )
    return tuple(Entry(*row) for row in rows)
