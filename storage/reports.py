"""Reports as revisions, never overwrites; drafts a unit's officers share; the evidence behind them."""

from __future__ import annotations

from dataclasses import dataclass

from storage import audit
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a unit for a year, form and period. ``revision`` is the newest; ``review``: filed … withdrawn."""

    id: str
    unit_id: str
    year: int
    form: str
    period: str
    duty_id: str | None
    revision: int
    review: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One filing of a report. ``filed_by`` None: imported. ``days_late``: of the first filing, calendar days after the deadline."""

    report_id: str
    revision: int
    kind: str
    filed_at: int
    filed_by: str | None
    reason: str | None
    days_late: int


@dataclass(frozen=True, slots=True)
class Item:
    """A figure (decimal text) or a text of a revision. ``value`` None: reported as not yet known."""

    item_id: str
    value: str | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file behind a revision, or behind one item of it (``item_id`` not empty)."""

    sha256: str
    name: str
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a unit has entered for a duty and not yet filed; ``content`` is JSON."""

    duty_id: str
    revision: int
    report_id: str
    content: str
    updated_by: str
    updated_at: int


_REPORT = "id, unit_id, year, form, period, duty_id, revision, review"


def report(read: Snapshot, report_id: str) -> Report | None:
    row = read.execute(f"SELECT {_REPORT} FROM reports WHERE id = ?", (report_id,)).fetchone()  # noqa: S608
    return None if row is None else Report(*row)


def find(read: Snapshot, unit_id: str, year: int, form: str, period: str) -> Report | None:
    row = read.execute(
        f"SELECT {_REPORT} FROM reports WHERE unit_id = ? AND year = ? AND form = ? AND period = ?", (unit_id, year, form, period)  # noqa: S608
    ).fetchone()
    return None if row is None else Report(*row)


def of_unit(read: Snapshot, unit_id: str) -> tuple[Report, ...]:
    """A unit's reports that stand (not withdrawn), the last filed first."""
    rows = read.execute(
        f"SELECT {_REPORT} FROM reports r WHERE unit_id = ? AND review <> 'withdrawn' ORDER BY"  # noqa: S608
        " (SELECT MAX(filed_at) FROM revisions v WHERE v.report_id = r.id) DESC, id",
        (unit_id,),
    )
    return tuple(Report(*row) for row in rows)


def of_period(read: Snapshot, year: int, form: str, period: str) -> tuple[Report, ...]:
    rows = read.execute(
        f"SELECT {_REPORT} FROM reports WHERE year = ? AND form = ? AND period = ? AND review <> 'withdrawn'", (year, form, period)  # noqa: S608
    )
    return tuple(Report(*row) for row in rows)


def revisions(read: Snapshot, report_id: str) -> tuple[Revision, ...]:
    """All filings of a report, the first one first."""
    rows = read.execute(
        "SELECT report_id, revision, kind, filed_at, filed_by, reason, days_late FROM revisions WHERE report_id = ? ORDER BY revision",
        (report_id,),
    )
    return tuple(Revision(*row) for row in rows)


def filed_late(read: Snapshot) -> dict[str, tuple[Revision, ...]]:
    """duty id -> the revisions of its report, of every report that was filed late."""
    rows = read.execute(
        "SELECT r.duty_id, v.report_id, v.revision, v.kind, v.filed_at, v.filed_by, v.reason, v.days_late FROM reports r"
        " JOIN revisions v ON v.report_id = r.id WHERE r.duty_id IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM revisions w WHERE w.report_id = r.id AND w.days_late > 0) ORDER BY v.report_id, v.revision"
    )
    found: dict[str, tuple[Revision, ...]] = {}
    for duty_id, *values in rows:
        found[duty_id] = (*found.get(duty_id, ()), Revision(*values))
    return found


def relieve(tx: Transaction, given: Revision, days_late: int, now: int) -> None:
    """The deadline was moved back: the filing is late by fewer days now. The audit keeps what it was."""
    tx.execute(
        "UPDATE revisions SET days_late = ? WHERE report_id = ? AND revision = ?", (days_late, given.report_id, given.revision)
    )
    row = tx.execute("SELECT unit_id, year FROM reports WHERE id = ?", (given.report_id,)).fetchone()
    audit.note(
        tx, now, None, "report.relieve", f"report:{given.report_id}", unit_id=row[0], year=row[1], before=str(given.days_late),
        after=str(days_late),
    )  # fmt: skip


def items(read: Snapshot, report_id: str, revision: int) -> dict[str, Item]:
    """item id -> item, of one revision."""
    rows = read.execute("SELECT item_id, value, note FROM report_items WHERE report_id = ? AND revision = ?", (report_id, revision))
    return {row[0]: Item(*row) for row in rows}


def evidence(read: Snapshot, report_id: str, revision: int) -> tuple[Evidence, ...]:
    rows = read.execute(
        "SELECT sha256, name, item_id FROM evidence WHERE report_id = ? AND revision = ? ORDER BY item_id, name", (report_id, revision)
    )
    return tuple(Evidence(*row) for row in rows)


def figures(read: Snapshot, year: int, period: str, item_id: str) -> dict[str, str | None]:
    """unit id -> the item's value in the newest revision of any standing report of that year and period."""
    return dict(
        read.execute(
            "SELECT r.unit_id, i.value FROM reports r JOIN report_items i ON i.report_id = r.id AND i.revision = r.revision"
            " WHERE r.year = ? AND r.period = ? AND i.item_id = ? AND r.review <> 'withdrawn'",
            (year, period, item_id),
        )
    )


def figures_of_unit(read: Snapshot, unit_id: str, first: int, last: int) -> dict[tuple[str, int], dict[str, str | None]]:
    """(period, year) -> item id -> value, of all standing reports of a unit for the years from ``first`` to ``last``."""
    rows = read.execute(
        "SELECT r.period, r.year, i.item_id, i.value FROM reports r JOIN report_items i ON i.report_id = r.id AND i.revision = r.revision"
        " WHERE r.unit_id = ? AND r.year BETWEEN ? AND ? AND r.review <> 'withdrawn'",
        (unit_id, first, last),
    )
    found: dict[tuple[str, int], dict[str, str | None]] = {}
    for period, year, item_id, value in rows:
        found.setdefault((period, year), {})[item_id] = value
    return found


def draft(read: Snapshot, duty_id: str) -> Draft | None:
    row = read.execute(
        "SELECT duty_id, revision, report_id, content, updated_by, updated_at FROM drafts WHERE duty_id = ?", (duty_id,)
    ).fetchone()
    return None if row is None else Draft(*row)


def save_draft(tx: Transaction, given: Draft, expected_revision: int) -> None:
    """Keep the draft as its next revision. Raises Conflict when another officer of the unit has written in between."""
    if expected_revision:
        done = tx.execute(
            "UPDATE drafts SET revision = revision + 1, report_id = ?, content = ?, updated_by = ?, updated_at = ?"
            " WHERE duty_id = ? AND revision = ?",
            (given.report_id, given.content, given.updated_by, given.updated_at, given.duty_id, expected_revision),
        )
    else:
        done = tx.execute(
            "INSERT OR IGNORE INTO drafts (duty_id, revision, report_id, content, updated_by, updated_at) VALUES (?, 1, ?, ?, ?, ?)",
            (given.duty_id, given.report_id, given.content, given.updated_by, given.updated_at),
        )
    if done.rowcount != 1:
        raise Conflict(f"the draft of {given.duty_id} has moved on")


def drop_draft(tx: Transaction, duty_id: str) -> None:
    tx.execute("DELETE FROM drafts WHERE duty_id = ?", (duty_id,))


def take_draft(tx: Transaction, duty_id: str, expected_revision: int) -> None:
    """The draft becomes a report. Raises Conflict when another officer of the unit has written in between."""
    if tx.execute("DELETE FROM drafts WHERE duty_id = ? AND revision = ?", (duty_id, expected_revision)).rowcount != 1:
        raise Conflict(f"the draft of {duty_id} has moved on")


def file(
    tx: Transaction,
    report_id: str,
    unit_id: str,
    year: int,
    form: str,
    period: str,
    duty_id: str | None,
    expected_revision: int,
    kind: str,
    given: tuple[Item, ...],
    files: tuple[Evidence, ...],
    by: str | None,
    now: int,
    days_late: int,
    reason: str | None = None,
) -> None:
    """File a revision with all its items. ``expected_revision``: the newest one the filer saw (0: none).

    Raises Conflict when another revision came in between, or when this report was filed already (a double tap).
    """
    row = tx.execute("SELECT id, revision FROM reports WHERE unit_id = ? AND year = ? AND form = ? AND period = ?",
                     (unit_id, year, form, period)).fetchone()  # fmt: skip
    if (0 if row is None else row[1]) != expected_revision:
        raise Conflict(f"report {report_id} has another revision")
    revision = expected_revision + 1
    if row is None:
        tx.execute(
            f"INSERT INTO reports ({_REPORT}) VALUES (?, ?, ?, ?, ?, ?, ?, 'filed')",  # noqa: S608
            (report_id, unit_id, year, form, period, duty_id, revision),
        )
    else:
        report_id = row[0]
        tx.execute(
            "UPDATE reports SET revision = ?, review = 'filed', duty_id = COALESCE(?, duty_id) WHERE id = ?", (revision, duty_id, report_id)
        )
    before: dict[str, str | None] = {}
    if expected_revision:
        before.update(
            tx.execute("SELECT item_id, value FROM report_items WHERE report_id = ? AND revision = ?", (report_id, expected_revision))
        )
    tx.execute(
        "INSERT INTO revisions (report_id, revision, kind, filed_at, filed_by, reason, days_late) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (report_id, revision, kind, now, by, reason, days_late),
    )
    tx.executemany(
        "INSERT INTO report_items (report_id, revision, item_id, value, note) VALUES (?, ?, ?, ?, ?)",
        [(report_id, revision, item.item_id, item.value, item.note) for item in given],
    )
    if files:
        tx.executemany(
            "INSERT OR IGNORE INTO evidence (report_id, revision, sha256, item_id, name) VALUES (?, ?, ?, ?, ?)",
            [(report_id, revision, each.sha256, each.item_id, each.name) for each in files],
        )
    if expected_revision == 0:
        audit.note(tx, now, by, "report.file", f"report:{report_id}", unit_id=unit_id, year=year, after=f"{form} {period}", reason=reason)
        return
    for item in given:
        if before.get(item.item_id) != item.value:
            audit.note(
                tx, now, by, "report.correct", f"report:{report_id}", unit_id=unit_id, year=year,
                before=f"{item.item_id}={before.get(item.item_id)}", after=f"{item.item_id}={item.value}", reason=reason,
            )  # fmt: skip


def withdraw(tx: Transaction, report_id: str, expected_revision: int, by: str, now: int, reason: str) -> None:
    """Withdraw a report filed by mistake: its revisions stay, a withdrawal with the reason is the newest.

    Raises Conflict when the report has moved on.
    """
    row = tx.execute("SELECT unit_id, year, revision, form, period FROM reports WHERE id = ?", (report_id,)).fetchone()
    if row is None or row[2] != expected_revision:
        raise Conflict(f"report {report_id} has another revision")
    tx.execute("UPDATE reports SET revision = ?, review = 'withdrawn' WHERE id = ?", (expected_revision + 1, report_id))
    tx.execute(
        "INSERT INTO revisions (report_id, revision, kind, filed_at, filed_by, reason) VALUES (?, ?, 'withdrawal', ?, ?, ?)",
        (report_id, expected_revision + 1, now, by, reason),
    )
    audit.note(
        tx, now, by, "report.withdraw", f"report:{report_id}", unit_id=row[0], year=row[1], before=f"{row[3]} {row[4]}", reason=reason
    )
