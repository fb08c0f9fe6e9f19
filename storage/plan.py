"""What stands between the plan and its removal: figures and reports that hold on to an entry; and removing one that nothing holds."""

from __future__ import annotations

from storage.connection import Snapshot, Transaction


def _any(read: Snapshot, statement: str, *values: object) -> bool:
    return bool(read.execute(f"SELECT EXISTS ({statement})", values).fetchone()[0])


def unit_is_held(read: Snapshot, unit_id: str) -> bool:
    """Whether anything beyond the plan tells of the unit: people's posts, codes, reports, values, adjustments."""
    tables = ("posts", "invitations", "reports", "criterion_values", "adjustments", "attendances")
    return any(_any(read, f"SELECT 1 FROM {name} WHERE unit_id = ?", unit_id) for name in tables)  # noqa: S608


def membership_is_held(read: Snapshot, year: int, unit_id: str) -> bool:
    """Whether the unit has filed, or has figures, in that year."""
    return (
        _any(read, "SELECT 1 FROM reports WHERE unit_id = ? AND year = ?", unit_id, year)
        or _any(read, "SELECT 1 FROM duties WHERE unit_id = ? AND year = ? AND status = 'done'", unit_id, year)
        or _any(read, "SELECT 1 FROM drafts d JOIN duties o ON o.id = d.duty_id WHERE o.unit_id = ? AND o.year = ?", unit_id, year)
        or _any(read, "SELECT 1 FROM criterion_values WHERE unit_id = ? AND year = ?", unit_id, year)
        or _any(read, "SELECT 1 FROM adjustments WHERE unit_id = ? AND year = ?", unit_id, year)
    )


def indicator_is_held(read: Snapshot, item_id: str) -> bool:
    """Whether a report or a target tells of the figure (MOVEMENT.CODE)."""
    return _any(read, "SELECT 1 FROM report_items WHERE item_id = ?", item_id) or _any(
        read, "SELECT 1 FROM targets WHERE item_id = ?", item_id
    )


def criterion_is_held(read: Snapshot, year: int, criterion_id: str) -> bool:
    """Whether the criterion has values, or a report of the year tells of it."""
    return _any(read, "SELECT 1 FROM criterion_values WHERE year = ? AND criterion_id = ?", year, criterion_id) or _any(
        read,
        "SELECT 1 FROM report_items i JOIN reports r ON r.id = i.report_id WHERE r.year = ?"
        " AND (i.item_id = ? OR substr(i.item_id, 1, length(?) + 1) = ? || ':')",
        year, criterion_id, criterion_id, criterion_id,
    )  # fmt: skip


def adjustment_item_is_held(read: Snapshot, year: int, item_id: str) -> bool:
    return _any(read, "SELECT 1 FROM adjustments WHERE year = ? AND item_id = ?", year, item_id)


def event_is_held(read: Snapshot, event_id: str) -> bool:
    """Whether one of its duties was fulfilled, filed for, or begun; or somebody answered whether he comes."""
    return (
        _any(read, "SELECT 1 FROM duties WHERE event_id = ? AND status = 'done'", event_id)
        or _any(read, "SELECT 1 FROM reports r JOIN duties d ON d.id = r.duty_id WHERE d.event_id = ?", event_id)
        or _any(read, "SELECT 1 FROM drafts f JOIN duties d ON d.id = f.duty_id WHERE d.event_id = ?", event_id)
        or _any(read, "SELECT 1 FROM attendances WHERE event_id = ?", event_id)
    )


def form_is_held(read: Snapshot, form_id: str) -> bool:
    """Whether reports were filed on the form."""
    return _any(read, "SELECT 1 FROM reports WHERE form = ?", form_id)


def remove_unit(tx: Transaction, unit_id: str) -> None:
    tx.execute("DELETE FROM successions WHERE from_id = ? OR to_id = ?", (unit_id, unit_id))
    tx.execute("DELETE FROM units WHERE id = ?", (unit_id,))


def remove_successions(tx: Transaction, pairs: tuple[tuple[str, str], ...]) -> None:
    tx.executemany("DELETE FROM successions WHERE from_id = ? AND to_id = ?", pairs)


def remove_membership(tx: Transaction, year: int, unit_id: str) -> None:
    """The unit does not belong to the year: its duties and its place in the ranking go too. Only for one without reports."""
    for name in ("duties", "scores", "group_points", "totals", "memberships"):
        tx.execute(f"DELETE FROM {name} WHERE year = ? AND unit_id = ?", (year, unit_id))  # noqa: S608


def replace_memberships(tx: Transaction, year: int, given: tuple[tuple[str, str], ...]) -> None:
    """Set (unit id, role) of a year. Leads are laid down first, so that a lead handed on never makes two."""
    tx.execute("INSERT OR IGNORE INTO years (year) VALUES (?)", (year,))
    tx.executemany(
        "UPDATE memberships SET role = 'member' WHERE year = ? AND unit_id = ?", [(year, unit_id) for unit_id, _ in given]
    )
    tx.executemany(
        "INSERT INTO memberships (year, unit_id, role) VALUES (?, ?, ?) ON CONFLICT (year, unit_id) DO UPDATE SET role = excluded.role",
        [(year, unit_id, role) for unit_id, role in given],
    )


def remove_event(tx: Transaction, event_id: str) -> None:
    """An event with its duties. Only for one that nothing holds (`event_is_held`)."""
    tx.execute("DELETE FROM duties WHERE event_id = ?", (event_id,))
    tx.execute("DELETE FROM nudges WHERE event_id = ?", (event_id,))
    tx.execute("DELETE FROM events WHERE id = ?", (event_id,))


def remove_form(tx: Transaction, form_id: str) -> None:
    tx.execute("DELETE FROM forms WHERE id = ?", (form_id,))
