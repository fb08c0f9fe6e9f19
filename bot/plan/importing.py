"""Importing results: read and checked on a snapshot, then written as a whole, with the scores that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from bot.plan.findings import Finding, Findings
from bot.plan.results import Known, Reader, Results
from handlers.kit.message import m
from handlers.rules.scoring import Entry
from handlers.rules.table import ScoringTable
from handlers.scores import standing
from handlers.scores.scoring_data import text_of
from storage import audit, scoring_tables, targets, units
from storage.connection import Effect, Snapshot, effect

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
    read: Snapshot, files: Sequence[Path], year: int, *, basis: Basis, now: int, zone: ZoneInfo
) -> tuple[Imported, tuple[Effect, ...]]:
    """Read the files and return what importing them does. Every value replaces that of its unit and criterion; others stay."""
    findings = Findings()
    table = standing.load_table(read, year)
    if table is None:
        findings.error(str(files[0]), 0, m("there is no scoring table of {year}", year=str(year)))
        return Imported(findings.ordered(), Results()), ()
    reader = Reader(_known(read, table, basis), findings)
    for path in files:
        reader.read(path, str(path))
    imported = Imported(findings.ordered(tuple(str(path) for path in files)), reader.results())
    if imported.refused:
        return imported, ()
    results = imported.results
    return imported, (
        *_noted(read, year, results, basis, now),
        *standing.rescore(read, year, results.entries, basis, now, adjustments=results.adjustments, zone=zone),
    )


def _known(read: Snapshot, table: ScoringTable, basis: Basis) -> Known:
    return Known(
        table,
        frozenset(units.membership_roles(read, table.year)),
        frozenset(each.id for each in units.all_units(read)),
        {(unit_id, item_id): plan for unit_id, item_id, plan in targets.of_year(read, table.year)},
        basis,
    )


def _noted(read: Snapshot, year: int, results: Results, basis: Basis, now: int) -> tuple[Effect, ...]:
    """Audit rows: one for the import, and one for each value that it overwrites with another."""
    counts = f"{results.count} values, {len(results.adjustments)} adjustments"
    effects = [effect(audit.note, now, None, "results.import", f"results:{basis}", year=year, after=counts)]
    for before in scoring_tables.values_of_year(read, year):
        entry = results.entries.get(before.unit_id, {}).get(before.criterion_id)
        if entry is None or before.basis != basis:
            continue
        old, new = _shown(before.plan, before.actual, before.events), _entry_shown(entry)
        if old != new:
            effects.append(
                effect(
                    audit.note, now, None, "value.change", f"criterion:{before.criterion_id}", unit_id=before.unit_id, year=year,
                    before=old, after=new,
                )
            )  # fmt: skip
    return tuple(effects)


def _entry_shown(entry: Entry) -> str:
    plan, actual = (None if each is None else text_of(each) for each in (entry.plan, entry.actual))
    return _shown(plan, actual, entry.events)


def _shown(plan: str | None, actual: str | None, events: object) -> str:
    counts = "|".join(f"{code}={count}" for code, count in sorted(events.items())) if isinstance(events, dict) else ""
    return " ".join(filter(None, (f"plan {plan}" if plan is not None else "", actual or "", counts))) or "-"
