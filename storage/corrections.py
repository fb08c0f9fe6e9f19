"""Corrections of filed reports that were begun and not confirmed: each officer's own, the same in the chat and on the page."""

from __future__ import annotations

from dataclasses import dataclass

from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

KEEP_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Begun:
    """What a person has changed so far: ``content`` is JSON like a draft's, of the changed items alone; ``reason`` empty: not given yet."""

    report_id: str
    person_id: str
    revision: int
    content: str
    reason: str
    updated_at: int


def begun(read: Snapshot, report_id: str, person_id: str) -> Begun | None:
    row = read.execute(
        "SELECT report_id, person_id, revision, content, reason, updated_at FROM corrections WHERE report_id = ? AND person_id = ?",
        (report_id, person_id),
    ).fetchone()
    return None if row is None else Begun(*row)


def save(tx: Transaction, given: Begun) -> None:
    """Keep it as the revision after the one that was read. Raises Conflict when it has moved on since, in the chat or on another page."""
    values = (given.revision, given.content, given.reason, given.updated_at, given.report_id, given.person_id)
    if given.revision > 1:
        done = tx.execute(
            "UPDATE corrections SET revision = ?, content = ?, reason = ?, updated_at = ?"
            " WHERE report_id = ? AND person_id = ? AND revision = ?",
            (*values, given.revision - 1),
        )
    else:
        done = tx.execute(
            "INSERT OR IGNORE INTO corrections (revision, content, reason, updated_at, report_id, person_id) VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )
    if done.rowcount != 1:
        raise Conflict(f"the correction of {given.report_id} has moved on")


def take(tx: Transaction, report_id: str, person_id: str, revision: int) -> None:
    """It becomes a revision of the report, or is given up. Raises Conflict when it has moved on since it was read."""
    done = tx.execute("DELETE FROM corrections WHERE report_id = ? AND person_id = ? AND revision = ?", (report_id, person_id, revision))
    if done.rowcount != 1:
        raise Conflict(f"the correction of {report_id} has moved on")


def drop(tx: Transaction, report_id: str) -> None:
    """Nothing of the report is left to be corrected: it was withdrawn."""
    tx.execute("DELETE FROM corrections WHERE report_id = ?", (report_id,))


def drop_old(tx: Transaction, now: int) -> None:
    """Forget what nobody has gone on with for a week."""
    tx.execute("DELETE FROM corrections WHERE updated_at < ?", (now - KEEP_SECONDS,))
