"""Duties: what one unit owes by when. Reporting, reminders, progress, ranking and the late criterion all read them."""

from __future__ import annotations

from dataclasses import dataclass

from storage import audit
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty (id EVENT:UNIT). ``due``/``effective``/``opens`` are epochs; ``effective`` is moved to the next working day.

    ``form`` None: fulfilled by ticking it done, or as the event's ``done_by`` says. ``status``: open, done, cancelled.
    """

    id: str
    event_id: str
    unit_id: str
    year: int
    form: str | None
    period: str
    due: int
    effective: int
    opens: int
    status: str = "open"
    done_at: int | None = None
    done_by: str | None = None
    title: str = ""


_DUTY = (
    "d.id, d.event_id, d.unit_id, d.year, d.form, d.period, d.due, d.effective, d.opens, d.status, d.done_at, d.done_by, e.title"
)
_FROM = "FROM duties d JOIN events e ON e.id = d.event_id"


def duty(read: Snapshot, duty_id: str) -> Duty | None:
    row = read.execute(f"SELECT {_DUTY} {_FROM} WHERE d.id = ?", (duty_id,)).fetchone()
    return None if row is None else Duty(*row)


def of_unit(read: Snapshot, unit_id: str) -> tuple[Duty, ...]:
    """All duties of a unit, by effective instant."""
    rows = read.execute(f"SELECT {_DUTY} {_FROM} WHERE d.unit_id = ? ORDER BY d.effective, d.id", (unit_id,))
    return tuple(Duty(*row) for row in rows)


def open_for(read: Snapshot, unit_id: str, now: int) -> tuple[Duty, ...]:
    """What the unit can fulfil now: open, its opening reached, its year not closed; the one that is due first in front."""
    rows = read.execute(
        f"SELECT {_DUTY} {_FROM} LEFT JOIN years y ON y.year = d.year WHERE d.unit_id = ? AND d.status = 'open' AND d.opens <= ?"
        " AND y.closed_at IS NULL ORDER BY d.effective, d.id",
        (unit_id, now),
    )
    return tuple(Duty(*row) for row in rows)


def of_event(read: Snapshot, event_id: str) -> tuple[Duty, ...]:
    """The duties of every unit for one event, in Vietnamese order of the units."""
    rows = read.execute(
        f"SELECT {_DUTY} {_FROM} JOIN units u ON u.id = d.unit_id WHERE d.event_id = ? ORDER BY u.sort_key, u.id", (event_id,)
    )
    return tuple(Duty(*row) for row in rows)


def of_year(read: Snapshot, year: int) -> tuple[Duty, ...]:
    rows = read.execute(f"SELECT {_DUTY} {_FROM} WHERE d.year = ? ORDER BY d.effective, d.id", (year,))
    return tuple(Duty(*row) for row in rows)


def still_open(read: Snapshot) -> tuple[Duty, ...]:
    """Every open duty of the cluster, by effective instant."""
    return tuple(Duty(*row) for row in read.execute(f"SELECT {_DUTY} {_FROM} WHERE d.status = 'open' ORDER BY d.effective, d.id"))


def open_of_event(read: Snapshot, event_id: str) -> tuple[str, ...]:
    """The ids of the event's duties that nobody has fulfilled."""
    rows = read.execute("SELECT id FROM duties WHERE event_id = ? AND status = 'open'", (event_id,))
    return tuple(row[0] for row in rows)


def drafts(read: Snapshot, event_id: str) -> dict[str, str]:
    """duty id -> what its unit has entered and not yet filed (JSON), of one event's open duties."""
    rows = read.execute(
        "SELECT f.duty_id, f.content FROM duties d JOIN drafts f ON f.duty_id = d.id WHERE d.event_id = ? AND d.status = 'open'",
        (event_id,),
    )
    return dict(rows)


def plan(tx: Transaction, given: Duty) -> None:
    """Add a duty or move its dates; whether it is done stays."""
    tx.execute(
        "INSERT INTO duties (id, event_id, unit_id, year, form, period, due, effective, opens) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET year = excluded.year, form = excluded.form, period = excluded.period, due = excluded.due,"
        " effective = excluded.effective, opens = excluded.opens,"
        " status = CASE WHEN status = 'cancelled' THEN 'open' ELSE status END",
        (given.id, given.event_id, given.unit_id, given.year, given.form, given.period, given.due, given.effective, given.opens),
    )


def cancel(tx: Transaction, duty_id: str) -> None:
    """The unit no longer owes it (it left the cluster, the event is gone, the conference has begun). What was filed stays."""
    tx.execute("UPDATE duties SET status = 'cancelled' WHERE id = ? AND status = 'open'", (duty_id,))


def complete(tx: Transaction, duty_id: str, by: str | None, now: int) -> None:
    """The duty is fulfilled. Raises Conflict when it is not open any more."""
    row = tx.execute(
        "UPDATE duties SET status = 'done', done_at = ?, done_by = ? WHERE id = ? AND status = 'open' RETURNING unit_id, year",
        (now, by, duty_id),
    ).fetchone()
    if row is None:
        raise Conflict(f"duty {duty_id} is not open")
    audit.note(tx, now, by, "duty.done", f"duty:{duty_id}", unit_id=row[0], year=row[1])


def reopen(tx: Transaction, duty_id: str, by: str | None, now: int, reason: str) -> None:
    """The report that fulfilled it was withdrawn or moved: it is owed again."""
    row = tx.execute("SELECT unit_id, year FROM duties WHERE id = ?", (duty_id,)).fetchone()
    tx.execute("UPDATE duties SET status = 'open', done_at = NULL, done_by = NULL WHERE id = ?", (duty_id,))
    audit.note(tx, now, by, "duty.reopen", f"duty:{duty_id}", unit_id=row[0], year=row[1], reason=reason)


def last_awaited(read: Snapshot, year: int, now: int) -> int | None:
    """The last deadline of a year that is still ahead and has open duties; None: nothing is awaited any more."""
    last = read.execute("SELECT MAX(effective) FROM duties WHERE year = ? AND status = 'open' AND effective > ?", (year, now)).fetchone()[0]
    return None if last is None else int(last)
