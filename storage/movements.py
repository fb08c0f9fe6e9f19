"""Emulation movements, their indicators, and the parts of a report's narrative."""

from __future__ import annotations

from dataclasses import dataclass

from storage.connection import Snapshot, Transaction
from storage.memory import once


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement with its first and last emulation year; ``columns`` is the rest of the plan file's entry (JSON)."""

    id: str
    position: int
    name: str
    aliases: tuple[str, ...]
    year_from: int
    year_to: int
    launched_by: str = ""
    launched_on: str | None = None
    closed_on: str | None = None
    predecessor: str | None = None
    plan_document: str = ""
    columns: str = "{}"


@dataclass(frozen=True, slots=True)
class Indicator:
    """What a movement counts. A figure is named by (movement, code): `item_id`. ``low``/``high`` are decimal text.

    ``kind``: stock (a value at a date), flow (cumulative from 1 January), ratio. ``direction``: up, down, none.
    ``rule``: "<= CODE" or ">= CODE" of the same movement. ``max_ref`` "communes": not more than the unit's communes.
    """

    movement_id: str
    code: str
    position: int
    name: str
    unit: str
    kind: str
    direction: str
    decimals: int
    low: str | None = None
    high: str | None = None
    rule: str | None = None
    max_ref: str | None = None

    @property
    def item_id(self) -> str:
        return f"{self.movement_id}.{self.code}"


_MOVEMENT = "id, position, name, aliases, year_from, year_to, launched_by, launched_on, closed_on, predecessor, plan_document, columns"
_INDICATOR = "movement_id, code, position, name, unit, kind, direction, decimals, low, high, rule, max_ref"


def _movement(row: tuple[str, int, str, str, int, int, str, str | None, str | None, str | None, str, str]) -> Movement:
    return Movement(row[0], row[1], row[2], tuple(filter(None, row[3].split("|"))), *row[4:])


def all_movements(read: Snapshot) -> tuple[Movement, ...]:
    return tuple(_movement(row) for row in read.execute(f"SELECT {_MOVEMENT} FROM movements ORDER BY position, id"))  # noqa: S608


@once
def open_in(read: Snapshot, year: int) -> tuple[Movement, ...]:
    """The movements open in an emulation year: it lies in their period, and they were not closed before it."""
    rows = read.execute(
        f"SELECT {_MOVEMENT} FROM movements WHERE ? BETWEEN year_from AND year_to"  # noqa: S608
        " AND (closed_on IS NULL OR closed_on >= ?) ORDER BY position, id",
        (year, f"{year}-01-01"),
    )
    return tuple(_movement(row) for row in rows)


@once
def indicators(read: Snapshot, movement_id: str) -> tuple[Indicator, ...]:
    rows = read.execute(f"SELECT {_INDICATOR} FROM indicators WHERE movement_id = ? ORDER BY position", (movement_id,))  # noqa: S608
    return tuple(Indicator(*row) for row in rows)


def narrative_parts(read: Snapshot) -> tuple[tuple[int, str], ...]:
    """(number, title) of each part of a report's narrative; its item id is ``narrative:NUMBER``."""
    return tuple(read.execute("SELECT number, title FROM narrative_parts ORDER BY number"))


def save_movement(tx: Transaction, given: Movement) -> None:
    tx.execute(
        f"INSERT INTO movements ({_MOVEMENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        " ON CONFLICT (id) DO UPDATE SET position = excluded.position, name = excluded.name, aliases = excluded.aliases,"
        " year_from = excluded.year_from, year_to = excluded.year_to, launched_by = excluded.launched_by,"
        " launched_on = excluded.launched_on, closed_on = excluded.closed_on, predecessor = excluded.predecessor,"
        " plan_document = excluded.plan_document, columns = excluded.columns",
        (
            given.id, given.position, given.name, "|".join(given.aliases), given.year_from, given.year_to, given.launched_by,
            given.launched_on, given.closed_on, given.predecessor, given.plan_document, given.columns,
        ),
    )  # fmt: skip


def save_indicator(tx: Transaction, given: Indicator) -> None:
    tx.execute(
        f"INSERT OR REPLACE INTO indicators ({_INDICATOR}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            given.movement_id, given.code, given.position, given.name, given.unit, given.kind, given.direction, given.decimals,
            given.low, given.high, given.rule, given.max_ref,
        ),
    )  # fmt: skip


def remove_indicator(tx: Transaction, movement_id: str, code: str) -> None:
    tx.execute("DELETE FROM indicators WHERE movement_id = ? AND code = ?", (movement_id, code))


def remove_movement(tx: Transaction, movement_id: str) -> None:
    tx.execute("DELETE FROM indicators WHERE movement_id = ?", (movement_id,))
    tx.execute("DELETE FROM movements WHERE id = ?", (movement_id,))


def save_narrative_parts(tx: Transaction, titles: tuple[str, ...]) -> None:
    tx.execute("DELETE FROM narrative_parts")
    tx.executemany("INSERT INTO narrative_parts (number, title) VALUES (?, ?)", list(enumerate(titles, start=1)))
