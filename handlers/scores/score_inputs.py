"""What the scores of a year are computed from, as it is stored: targets, values on two bases, adjustments in force, filings.

A turn's own changes are laid over what is stored, since they are written together with the scores that follow from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, cast
from zoneinfo import ZoneInfo

from handlers.rules.scoring import Entry, UnitInput, effective_entries
from handlers.rules.table import ScoringTable
from handlers.scores.scoring_data import text_of
from storage import scoring_tables, targets, units
from storage import standings as kept
from storage.connection import Snapshot
from storage.scoring_tables import StoredAdjustment, StoredValue

Basis = Literal["self", "verified"]
Changes = Mapping[str, Mapping[str, Entry | None]]
"""unit id -> criterion id -> its new entry; None takes the value away (a report was withdrawn)."""

Lateness = Mapping[str, Mapping[str, int | None]]
"""unit id -> duty id -> days late of a filing made in this very turn; None: withdrawn."""

HOME = ZoneInfo("Asia/Ho_Chi_Minh")
NO_CHANGES: Changes = MappingProxyType({})
NO_FILINGS: Lateness = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one unit is scored from, and on which basis each given value stands."""

    given: UnitInput
    bases: Mapping[str, Basis]


def gather(
    read: Snapshot,
    table: ScoringTable,
    now: int,
    unit_id: str | None = None,
    *,
    changed: Changes = NO_CHANGES,
    basis: Basis = "self",
    adjustments: tuple[StoredAdjustment, ...] = (),
    late: Lateness = NO_FILINGS,
    closing: bool = False,
    zone: ZoneInfo = HOME,
) -> dict[str, Gathered]:
    """unit id -> what it is scored from, of all members or of one unit, with the changes of this turn laid over what is stored."""
    year = table.year
    known = units.year(read, year)
    closed = closing or (known is not None and known.closed_at is not None)
    wanted = tuple(units.membership_roles(read, year)) if unit_id is None else (unit_id,)
    plans: dict[str, dict[str, str]] = {each: {} for each in wanted}
    if unit_id is None:
        for owner, item_id, plan in targets.of_year(read, year):
            plans.setdefault(owner, {})[item_id] = plan
        stored = scoring_tables.values_of_year(read, year)
    else:
        # Only its own changes: an import brings those of thousands of units, and each unit would look at all of them.
        changed, late = {unit_id: changed.get(unit_id, {})}, {unit_id: late.get(unit_id, {})}
        plans[unit_id] = targets.of_unit(read, year, unit_id)
        stored = scoring_tables.values(read, year, unit_id)
    best: dict[str, dict[str, tuple[Basis, StoredValue]]] = {each: {} for each in wanted}
    for value in _overlaid(stored, changed, basis):
        of_unit = best.get(value.unit_id)
        if of_unit is not None and (value.basis == "verified" or value.criterion_id not in of_unit):
            of_unit[value.criterion_id] = (cast(Basis, value.basis), value)
    in_force = _adjustments(read, year, unit_id, adjustments, datetime.fromtimestamp(now, zone).date())
    filed = _filings(read, year, unit_id, late)
    owed = _owed(read, year, unit_id, late) if closed else {}
    return {
        owner: Gathered(
            UnitInput(
                {name: _entry(value, plans.get(owner, {}).get(name)) for name, (_, value) in best[owner].items()},
                in_force.get(owner, {}),
                filed.get(owner, ()),
                owed.get(owner, 0),
            ),
            {name: on for name, (on, _) in best[owner].items()},
        )
        for owner in wanted
    }


def _overlaid(stored: tuple[StoredValue, ...], changed: Changes, basis: Basis) -> Iterator[StoredValue]:
    """What is stored, with this turn's changes in the place of what they replace."""
    for value in stored:
        if value.basis != basis or value.criterion_id not in changed.get(value.unit_id, ()):
            yield value
    for owner, entries in changed.items():
        for criterion_id, entry in entries.items():
            if entry is not None:
                yield stored_value(owner, criterion_id, basis, entry)


def _entry(value: StoredValue, target: str | None) -> Entry:
    plan = value.plan if value.plan is not None else target
    return Entry(
        None if plan is None else Decimal(plan), None if value.actual is None else Decimal(value.actual), value.events
    )  # fmt: skip


def stored_value(unit_id: str, criterion_id: str, basis: Basis, entry: Entry) -> StoredValue:
    return StoredValue(
        unit_id, criterion_id, basis, None if entry.plan is None else text_of(entry.plan),
        None if entry.actual is None else text_of(entry.actual), entry.events,
    )  # fmt: skip


def _adjustments(
    read: Snapshot, year: int, unit_id: str | None, given: tuple[StoredAdjustment, ...], today: date
) -> dict[str, dict[str, int]]:
    """unit id -> item id -> count of what is in force today; a verified one counts before the unit's own."""
    rows = {(each.unit_id, each.item_id, each.basis): each for each in (*scoring_tables.adjustments(read, year, unit_id), *given)}
    found: dict[str, dict[str, int]] = {}
    for (owner, item_id, basis), row in rows.items():
        if basis == "self" and (owner, item_id, "verified") in rows:
            continue
        holds = (row.valid_from is None or row.valid_from <= today.isoformat()) and (
            row.valid_to is None or today.isoformat() <= row.valid_to
        )
        found.setdefault(owner, {})[item_id] = row.count if holds else 0
    return found


def _filings(
    read: Snapshot, year: int, unit_id: str | None, late: Lateness
) -> dict[str, tuple[int, ...]]:
    found: dict[str, dict[str, int | None]] = {}
    for owner, duty_id, days in kept.filings(read, year, unit_id):
        found.setdefault(owner, {})[duty_id] = days
    for owner, changes in late.items():
        found.setdefault(owner, {}).update(changes)
    return {owner: tuple(days for days in filed.values() if days is not None) for owner, filed in found.items()}


def _owed(read: Snapshot, year: int, unit_id: str | None, late: Lateness) -> dict[str, int]:
    found: dict[str, int] = {}
    for owner, duty_id in kept.not_filed(read, year, unit_id):
        if late.get(owner, {}).get(duty_id) is None:
            found[owner] = found.get(owner, 0) + 1
    return found


def values_of(read: Snapshot, year: int, criterion_id: str, changed: Changes, basis: Basis) -> dict[str, Entry]:
    """unit id -> entry, of one criterion, targets filled in and this turn's changes laid over what is stored."""
    values = {(each.unit_id, each.basis): each for each in scoring_tables.values_of_year(read, year, criterion_id)}
    for owner, entries in changed.items():
        if criterion_id in entries:
            entry = entries[criterion_id]
            values.pop((owner, basis), None)
            if entry is not None:
                values[owner, basis] = stored_value(owner, criterion_id, basis, entry)
    plans = targets.of_item(read, year, criterion_id)
    counted = {owner: value for (owner, on), value in values.items() if on == "verified" or (owner, "verified") not in values}
    return {owner: _entry(value, plans.get(owner)) for owner, value in counted.items()}


def entries_of(read: Snapshot, table: ScoringTable, unit_id: str, now: int) -> tuple[dict[str, Entry | None], Mapping[str, Basis]]:
    """criterion id -> what it is scored from (targets and computed events filled in), and the basis of those that were given."""
    gathered = gather(read, table, now, unit_id)[unit_id]
    return effective_entries(table, gathered.given), gathered.bases
