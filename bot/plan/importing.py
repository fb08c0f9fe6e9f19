"""Importing results: read and checked on a snapshot, then written as a whole, with the scores that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from bot.plan.findings import Finding, Findings, Told, nobody
from bot.plan.results import Known, Reader, Results
from handlers.kit.message import Number, m
from handlers.rules.scoring import Entry
from handlers.rules.table import ScoringTable
from handlers.scores import standing
from handlers.scores.scoring_data import text_of
from storage import audit, scoring_tables, targets, units
from storage.connection import Effect, Snapshot, effect
from storage.scoring_tables import StoredValue

Basis = Literal["self", "verified"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brings, or why it was refused."""

    findings: tuple[Finding, ...]
    results: Results

    @property
    def refused(self) -> bool:
        return any(not each.warning for each in self.findings)


def decide(
    read: Snapshot, files: Sequence[Path], year: int, *, basis: Basis, now: int, zone: ZoneInfo, told: Told = nobody
) -> tuple[Imported, tuple[Effect, ...]]:
    """Read the files and return what importing them does. Every value replaces that of its unit and criterion; others stay.

    ``told`` hears what the work has come to.
    """
    findings = Findings()
    table = standing.load_table(read, year)
    if table is None:
        findings.error(str(files[0]), 0, m("there is no scoring table of {year}", year=str(year)))
        return Imported(findings.ordered(), Results()), ()
    reader = Reader(_known(read, table, basis), findings)
    for path in files:
        told(m("Reading {file}", file=str(path)))
        reader.read(path, str(path))
    results = reader.results()
    before = {
        (each.unit_id, each.criterion_id): each
        for each in scoring_tables.values_of_year(read, year)
        if each.basis == basis and each.criterion_id in results.entries.get(each.unit_id, ())
    }
    _erased(before, reader, findings)
    imported = Imported(findings.ordered(tuple(str(path) for path in files)), results)
    if imported.refused:
        return imported, ()
    told(m("Computing the scores of {year}", year=str(year)))
    effects = (
        *_noted(before, year, results, basis, now),
        *standing.rescore(read, year, results.entries, basis, now, adjustments=results.adjustments, zone=zone),
    )
    told(m("Writing"))
    return imported, effects


def _known(read: Snapshot, table: ScoringTable, basis: Basis) -> Known:
    return Known(
        table,
        frozenset(units.membership_roles(read, table.year)),
        frozenset(each.id for each in units.all_units(read)),
        {(unit_id, item_id): plan for unit_id, item_id, plan in targets.of_year(read, table.year)},
        basis,
    )


Before = Mapping[tuple[str, str], StoredValue]
"""(unit id, criterion id) -> the value that is stored and that the files replace."""


def _erased(before: Before, reader: Reader, findings: Findings) -> None:
    """Warn of each figure that an empty cell takes away."""
    results = reader.results()
    for (unit_id, criterion_id), value in before.items():
        if value.actual is not None and results.entries[unit_id][criterion_id].actual is None:
            file, line = reader.places[unit_id, criterion_id]
            figure = Number(Decimal(value.actual))
            lost = m("{id}: the figure that stands there so far ({value}) is taken away", id=criterion_id, value=figure)
            findings.warn(file, line, lost)


def _noted(before: Before, year: int, results: Results, basis: Basis, now: int) -> tuple[Effect, ...]:
    """Audit rows: one for the import, and one for each value that it overwrites with another."""
    counts = f"{results.count} values, {len(results.adjustments)} adjustments"
    effects = [effect(audit.note, now, None, "results.import", f"results:{basis}", year=year, after=counts)]
    for (unit_id, criterion_id), value in before.items():
        old, new = _shown(value.plan, value.actual, value.events), _entry_shown(results.entries[unit_id][criterion_id])
        if old != new:
            subject = f"criterion:{criterion_id}"
            effects.append(effect(audit.note, now, None, "value.change", subject, unit_id=unit_id, year=year, before=old, after=new))
    return tuple(effects)


def _entry_shown(entry: Entry) -> str:
    plan, actual = (None if each is None else text_of(each) for each in (entry.plan, entry.actual))
    return _shown(plan, actual, entry.events)


def _shown(plan: str | None, actual: str | None, events: object) -> str:
    counts = "|".join(f"{code}={count}" for code, count in sorted(events.items())) if isinstance(events, dict) else ""
    return " ".join(filter(None, (f"plan {plan}" if plan is not None else "", actual or "", counts))) or "-"
