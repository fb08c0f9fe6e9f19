"""The scoring tables of the years, and the figures they are applied to: criterion values and adjustments.

Exact figures are decimal text; rules are JSON text whose meaning `handlers.scores.scoring_data` knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from storage import audit
from storage.connection import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """A group of criteria; ``max`` is decimal text."""

    id: str
    position: int
    name: str
    max: str


@dataclass(frozen=True, slots=True)
class StoredCriterion:
    """A criterion; ``details`` is JSON: tiers, per_item, floor, events, decimals, note."""

    id: str
    group_id: str
    position: int
    name: str
    max: str
    unit: str
    rule: str
    direction: str = "up"
    details: str = "{}"


@dataclass(frozen=True, slots=True)
class StoredItem:
    """A bonus, penalty or exclusion item; ``extras`` is the rest of the plan file's entry (JSON)."""

    id: str
    kind: str
    position: int
    name: str
    per_item: str | None = None
    cap: str | None = None
    exclusion: str | None = None
    extras: str = "{}"


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A year's table as it is kept. ``version`` is given by `save_table`; ``ranking`` (order, late_reports) and ``extras`` are JSON."""

    year: int
    name: str
    max_total: str
    decimals: int
    bonus_cap: str | None
    ranking: str
    extras: str = "{}"
    groups: tuple[StoredGroup, ...] = ()
    criteria: tuple[StoredCriterion, ...] = ()
    items: tuple[StoredItem, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class StoredValue:
    """What a criterion of a unit is scored from, on one basis. ``events``: code -> count, None where nothing was given."""

    unit_id: str
    criterion_id: str
    basis: str
    plan: str | None
    actual: str | None
    events: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class StoredAdjustment:
    """How often an adjustment item holds for a unit, from and to a local date (None: without end)."""

    unit_id: str
    item_id: str
    basis: str
    count: int
    valid_from: str | None = None
    valid_to: str | None = None
    reason: str | None = None


def version(read: Snapshot, year: int) -> int | None:
    """The version of the year's table, which moves with every change of it; None: it has none."""
    row = read.execute("SELECT version FROM scoring_tables WHERE year = ?", (year,)).fetchone()
    return None if row is None else int(row[0])


def table(read: Snapshot | Transaction, year: int) -> StoredTable | None:
    row = read.execute(
        "SELECT year, name, max_total, decimals, bonus_cap, ranking, extras, version FROM scoring_tables WHERE year = ?", (year,)
    ).fetchone()
    if row is None:
        return None
    groups = read.execute("SELECT id, position, name, max FROM criterion_groups WHERE year = ? ORDER BY position, id", (year,))
    criteria = read.execute(
        "SELECT id, group_id, position, name, max, unit, rule, direction, details FROM criteria WHERE year = ? ORDER BY position, id",
        (year,),
    )
    items = read.execute(
        "SELECT id, kind, position, name, per_item, cap, exclusion, extras FROM adjustment_items WHERE year = ? ORDER BY position, id",
        (year,),
    )
    return StoredTable(
        year=row[0],
        name=row[1],
        max_total=row[2],
        decimals=row[3],
        bonus_cap=row[4],
        ranking=row[5],
        extras=row[6],
        groups=tuple(StoredGroup(*each) for each in groups),
        criteria=tuple(StoredCriterion(*each) for each in criteria),
        items=tuple(StoredItem(*each) for each in items),
        version=row[7],
    )


def years_with_table(read: Snapshot) -> tuple[int, ...]:
    """The years that have a scoring table, the newest first."""
    return tuple(row[0] for row in read.execute("SELECT year FROM scoring_tables ORDER BY year DESC"))


def save_table(tx: Transaction, given: StoredTable, now: int) -> None:
    """Make this the year's whole table: what it does not have any more is removed (a criterion that has values cannot be: StorageError).

    The version moves when something changed, and an audit row says so; the same table again changes nothing.
    """
    old = table(tx, given.year)
    if old is not None and replace(old, version=given.version) == given:
        return
    version = 1 if old is None else old.version + 1
    tx.execute("INSERT OR IGNORE INTO years (year) VALUES (?)", (given.year,))
    tx.execute(
        "INSERT INTO scoring_tables (year, version, name, max_total, decimals, bonus_cap, ranking, extras) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (year) DO UPDATE SET version = excluded.version, name = excluded.name, max_total = excluded.max_total,"
        " decimals = excluded.decimals, bonus_cap = excluded.bonus_cap, ranking = excluded.ranking, extras = excluded.extras",
        (given.year, version, given.name, given.max_total, given.decimals, given.bonus_cap, given.ranking, given.extras),
    )
    tx.executemany(
        "INSERT INTO criterion_groups (year, id, position, name, max) VALUES (?, ?, ?, ?, ?) ON CONFLICT (year, id) DO UPDATE SET"
        " position = excluded.position, name = excluded.name, max = excluded.max",
        [(given.year, each.id, each.position, each.name, each.max) for each in given.groups],
    )
    tx.executemany(
        "INSERT INTO criteria (year, id, group_id, position, name, max, unit, rule, direction, details)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (year, id) DO UPDATE SET group_id = excluded.group_id,"
        " position = excluded.position, name = excluded.name, max = excluded.max, unit = excluded.unit, rule = excluded.rule,"
        " direction = excluded.direction, details = excluded.details",
        [
            (given.year, e.id, e.group_id, e.position, e.name, e.max, e.unit, e.rule, e.direction, e.details)
            for e in given.criteria
        ],
    )
    tx.executemany(
        "INSERT INTO adjustment_items (year, id, kind, position, name, per_item, cap, exclusion, extras) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (year, id) DO UPDATE SET kind = excluded.kind, position = excluded.position, name = excluded.name,"
        " per_item = excluded.per_item, cap = excluded.cap, exclusion = excluded.exclusion, extras = excluded.extras",
        [(given.year, e.id, e.kind, e.position, e.name, e.per_item, e.cap, e.exclusion, e.extras) for e in given.items],
    )
    if old is not None:
        _remove(tx, "criteria", given.year, {e.id for e in old.criteria} - {e.id for e in given.criteria})
        _remove(tx, "adjustment_items", given.year, {e.id for e in old.items} - {e.id for e in given.items})
        _remove(tx, "criterion_groups", given.year, {e.id for e in old.groups} - {e.id for e in given.groups})
    audit.note(
        tx, now, None, "table.change", f"scoring_table:{given.year}", year=given.year,
        before=None if old is None else f"version {old.version}", after=f"version {version}",
    )  # fmt: skip


def _remove(tx: Transaction, name: str, year: int, ids: Iterable[str]) -> None:
    tx.executemany(f"DELETE FROM {name} WHERE year = ? AND id = ?", [(year, each) for each in sorted(ids)])  # noqa: S608


_VALUE = "unit_id, criterion_id, basis, plan, actual, events"


def _values(rows: Iterable[tuple[str, str, str, str | None, str | None, str | None]]) -> tuple[StoredValue, ...]:
    return tuple(
        StoredValue(unit_id, criterion_id, basis, plan, actual, None if events is None else json.loads(events))
        for unit_id, criterion_id, basis, plan, actual, events in rows
    )


def values(read: Snapshot, year: int, unit_id: str) -> tuple[StoredValue, ...]:
    """A unit's values of a year, on both bases."""
    rows = read.execute(f"SELECT {_VALUE} FROM criterion_values WHERE year = ? AND unit_id = ?", (year, unit_id))  # noqa: S608
    return _values(rows)


def values_of_year(read: Snapshot, year: int, criterion_id: str | None = None) -> tuple[StoredValue, ...]:
    """The values of all units, of one criterion where given."""
    which = "" if criterion_id is None else " AND criterion_id = :criterion"
    rows = read.execute(
        f"SELECT {_VALUE} FROM criterion_values WHERE year = :year{which}",  # noqa: S608
        {"year": year, "criterion": criterion_id},
    )
    return _values(rows)


def save_values(tx: Transaction, year: int, given: tuple[StoredValue, ...], now: int) -> None:
    """Each replaces the value of its unit, criterion and basis; others stay."""
    tx.executemany(
        f"INSERT OR REPLACE INTO criterion_values (year, {_VALUE}, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [
            (
                year, e.unit_id, e.criterion_id, e.basis, e.plan, e.actual,
                None if e.events is None else json.dumps(dict(e.events), sort_keys=True), now,
            )
            for e in given
        ],
    )  # fmt: skip


def remove_values(tx: Transaction, year: int, unit_id: str, criterion_ids: tuple[str, ...], basis: str) -> None:
    """Forget the values of one basis (a self-scoring report was withdrawn)."""
    tx.executemany(
        "DELETE FROM criterion_values WHERE year = ? AND unit_id = ? AND criterion_id = ? AND basis = ?",
        [(year, unit_id, each, basis) for each in criterion_ids],
    )


_ADJUSTMENT = "unit_id, item_id, basis, count, valid_from, valid_to, reason"


def adjustments(read: Snapshot, year: int, unit_id: str | None = None) -> tuple[StoredAdjustment, ...]:
    """The adjustments of a year, of one unit where given, on both bases."""
    whose = "" if unit_id is None else " AND unit_id = :unit"
    rows = read.execute(
        f"SELECT {_ADJUSTMENT} FROM adjustments WHERE year = :year{whose} ORDER BY unit_id, item_id, basis",  # noqa: S608
        {"year": year, "unit": unit_id},
    )
    return tuple(StoredAdjustment(*row) for row in rows)


def save_adjustments(tx: Transaction, year: int, given: tuple[StoredAdjustment, ...], by: str | None, now: int) -> None:
    """Each replaces that of its unit, item and basis; a count of 0 stays as "none". What changes leaves an audit row."""
    for each in given:
        row = tx.execute(
            "SELECT count FROM adjustments WHERE year = ? AND unit_id = ? AND item_id = ? AND basis = ?",
            (year, each.unit_id, each.item_id, each.basis),
        ).fetchone()
        tx.execute(
            f"INSERT OR REPLACE INTO adjustments (year, {_ADJUSTMENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (year, each.unit_id, each.item_id, each.basis, each.count, each.valid_from, each.valid_to, each.reason),
        )
        if (None if row is None else row[0]) != each.count:
            audit.note(
                tx, now, by, "adjustment.change", f"item:{each.item_id}", unit_id=each.unit_id, year=year,
                before=None if row is None else str(row[0]), after=str(each.count), reason=each.reason,
            )  # fmt: skip
