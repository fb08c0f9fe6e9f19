"""Units, their succession, emulation years and who belongs to the cluster in which year. A unit's name is not its identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.connection import Snapshot, Transaction
from storage.memory import once


@dataclass(frozen=True, slots=True)
class Unit:
    """A province or a commune. ``valid_from``/``valid_to`` are local dates (first and last day).

    ``columns`` is the rest of the plan file's row (JSON).
    """

    id: str
    name: str
    short_code: str
    sort_key: str
    aliases: tuple[str, ...]
    communes: int | None
    valid_from: str | None
    valid_to: str | None
    note: str = ""
    columns: str = "{}"


@dataclass(frozen=True, slots=True)
class Year:
    """An emulation year; ``scores_revision`` moves when the best unit of a leader-based criterion changes."""

    year: int
    closed_at: int | None
    scores_revision: int


_UNIT = "u.id, u.name, u.short_code, u.sort_key, u.aliases, u.communes, u.valid_from, u.valid_to, u.note, u.columns"


def _unit(row: tuple[str, str, str, str, str, int | None, str | None, str | None, str, str]) -> Unit:
    return Unit(row[0], row[1], row[2], row[3], tuple(filter(None, row[4].split("|"))), *row[5:])


def unit(read: Snapshot, unit_id: str) -> Unit | None:
    row = read.execute(f"SELECT {_UNIT} FROM units u WHERE u.id = ?", (unit_id,)).fetchone()  # noqa: S608
    return None if row is None else _unit(row)


def name_of(read: Snapshot, unit_id: str) -> str:
    """The unit's name, or its id when it is not known (an old row)."""
    row = read.execute("SELECT name FROM units WHERE id = ?", (unit_id,)).fetchone()
    return unit_id if row is None else str(row[0])


def names(read: Snapshot) -> dict[str, str]:
    """unit id -> name, of every unit that was ever planned."""
    return dict(read.execute("SELECT id, name FROM units"))


def all_units(read: Snapshot) -> tuple[Unit, ...]:
    """Every unit that was ever planned, in Vietnamese order."""
    return tuple(_unit(row) for row in read.execute(f"SELECT {_UNIT} FROM units u ORDER BY u.sort_key, u.id"))  # noqa: S608


def members(read: Snapshot, year: int) -> tuple[Unit, ...]:
    """The units that are ranked and report in an emulation year, in Vietnamese order."""
    rows = read.execute(
        f"SELECT {_UNIT} FROM memberships m JOIN units u ON u.id = m.unit_id WHERE m.year = ? ORDER BY u.sort_key, u.id",  # noqa: S608
        (year,),
    )
    return tuple(_unit(row) for row in rows)


def membership_roles(read: Snapshot, year: int) -> dict[str, str]:
    """unit id -> lead | deputy | member, of one year."""
    return dict(read.execute("SELECT unit_id, role FROM memberships WHERE year = ?", (year,)))


def roles_of(read: Snapshot, year: int, unit_ids: Sequence[str]) -> dict[str, str]:
    """unit id -> lead | deputy | member, of those of these units that belong to the year."""
    marks = ", ".join("?" * len(unit_ids))
    return dict(read.execute(f"SELECT unit_id, role FROM memberships WHERE year = ? AND unit_id IN ({marks})", (year, *unit_ids)))  # noqa: S608


def is_member(read: Snapshot, year: int, unit_id: str) -> bool:
    """Whether the unit is ranked and reports in that year."""
    return read.execute("SELECT 1 FROM memberships WHERE year = ? AND unit_id = ?", (year, unit_id)).fetchone() is not None


def successors(read: Snapshot, unit_id: str) -> tuple[str, ...]:
    rows = read.execute(
        "SELECT s.to_id FROM successions s JOIN units u ON u.id = s.to_id WHERE s.from_id = ? ORDER BY u.sort_key, u.id", (unit_id,)
    )
    return tuple(row[0] for row in rows)


def predecessors(read: Snapshot, unit_id: str) -> tuple[str, ...]:
    rows = read.execute(
        "SELECT s.from_id FROM successions s JOIN units u ON u.id = s.from_id WHERE s.to_id = ? ORDER BY u.sort_key, u.id", (unit_id,)
    )
    return tuple(row[0] for row in rows)


def years(read: Snapshot) -> tuple[Year, ...]:
    """Every year that is known, the newest first."""
    return tuple(Year(*row) for row in read.execute("SELECT year, closed_at, scores_revision FROM years ORDER BY year DESC"))


@once
def year(read: Snapshot, number: int) -> Year | None:
    row = read.execute("SELECT year, closed_at, scores_revision FROM years WHERE year = ?", (number,)).fetchone()
    return None if row is None else Year(*row)


def add_year(tx: Transaction, number: int) -> None:
    tx.execute("INSERT OR IGNORE INTO years (year) VALUES (?)", (number,))


def save_unit(tx: Transaction, given: Unit) -> None:
    """Add the unit or bring it up to date. Under another name it is another line of every ranking that shows it."""
    named = tx.execute("SELECT name, sort_key FROM units WHERE id = ?", (given.id,)).fetchone()
    if named is not None and tuple(named) != (given.name, given.sort_key):
        tx.execute("UPDATE year_totals SET revision = revision + 1")
    tx.execute(
        "INSERT INTO units (id, name, short_code, sort_key, aliases, communes, valid_from, valid_to, note, columns)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, short_code = excluded.short_code,"
        " sort_key = excluded.sort_key, aliases = excluded.aliases, communes = excluded.communes, valid_from = excluded.valid_from,"
        " valid_to = excluded.valid_to, note = excluded.note, columns = excluded.columns",
        (
            given.id, given.name, given.short_code, given.sort_key, "|".join(given.aliases), given.communes, given.valid_from,
            given.valid_to, given.note, given.columns,
        ),
    )  # fmt: skip


def save_successions(tx: Transaction, pairs: tuple[tuple[str, str], ...]) -> None:
    tx.executemany("INSERT OR IGNORE INTO successions (from_id, to_id) VALUES (?, ?)", pairs)


def save_membership(tx: Transaction, year: int, unit_id: str, role: str) -> None:
    add_year(tx, year)
    if role == "lead":
        tx.execute("UPDATE memberships SET role = 'member' WHERE year = ? AND role = 'lead' AND unit_id <> ?", (year, unit_id))
    tx.execute("INSERT OR REPLACE INTO memberships (year, unit_id, role) VALUES (?, ?, ?)", (year, unit_id, role))


def remove_membership(tx: Transaction, year: int, unit_id: str) -> None:
    tx.execute("DELETE FROM memberships WHERE year = ? AND unit_id = ?", (year, unit_id))
