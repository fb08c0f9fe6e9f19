"""The sample year read straight into the rules' and storage's types, without the program's own plan reader."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from handlers.rules.scoring import Entry, UnitInput
from handlers.rules.table import AdjustmentItem, Criterion, Event, Group, ScoringTable, Tier, parse_order
from handlers.rules.text import sort_key
from handlers.scores.scoring_data import to_stored
from storage import scoring_tables, units
from storage.connection import Effect, effect
from storage.scoring_tables import StoredAdjustment, StoredValue

DATA = Path(__file__).parent.parent / "bot" / "demo" / "data"
NOW = 1_735_700_000    # 01/01/2025 in Viet Nam


def rows(path: Path) -> list[dict[str, str]]:
    """A machine file of the sample: lines with # at its head are comments."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@cache
def table(year: int = 2024) -> ScoringTable:
    document = YAML(typ="safe").load((DATA / str(year) / "criteria.yaml").read_text(encoding="utf-8"))
    items = [
        *(AdjustmentItem(e["id"], "bonus", e["name"], _exact(e["per_item"]), _exact(e.get("cap"))) for e in document["bonus"]["items"]),
        *(AdjustmentItem(e["id"], "penalty", e["name"], _exact(e["per_item"]), _exact(e.get("cap"))) for e in document["penalty"]["items"]),
        *(AdjustmentItem(e["id"], "exclusion", e["name"], exclusion=e["kind"]) for e in document["exclusions"]),
    ]
    return ScoringTable(
        document["year"], document["name"], Fraction(document["max_total"]),
        tuple(Group(g["id"], g["name"], Fraction(g["max"]), tuple(_criterion(c) for c in g["criteria"])) for g in document["groups"]),
        tuple(items), document["rounding"]["decimals"], _exact(document["bonus"]["cap"]),
        tuple(parse_order(each) for each in document["ranking"]["order"]), tuple(document["ranking"]["late_reports"]),
    )  # fmt: skip


def _exact(value: object) -> Fraction | None:
    return None if value is None else Fraction(str(value))


def _criterion(e: dict[str, Any]) -> Criterion:
    tiers = tuple(Tier(Fraction(str(t["score"])), _exact(t.get("min")), _exact(t.get("max_rank"))) for t in e.get("tiers", ()))
    events = tuple(
        Event(
            v["code"], v["name"], Fraction(str(v["points"])), v.get("counts", {}).get("late_from"), v.get("counts", {}).get("late_to"),
            v.get("counts", {}).get("missing", False),
        )
        for v in e.get("events", ())
    )
    return Criterion(
        e["id"], e["name"], Fraction(str(e["max"])), e["unit"], e["rule"], e.get("direction", "up"), tiers, _exact(e.get("per_item")),
        _exact(e.get("floor")) or Fraction(0), events,
    )  # fmt: skip


def _events(text: str) -> dict[str, int] | None:
    return {code: int(count) for code, count in (pair.split("=") for pair in text.split("|"))} if text else None


def inputs() -> dict[str, UnitInput]:
    """unit id -> what it is scored from, in 2024."""
    entries: dict[str, dict[str, Entry]] = {}
    for row in rows(DATA / "2024" / "results_2024_constructed.csv"):
        plan, actual = (Decimal(row[name]) if row[name] else None for name in ("plan", "actual"))
        entries.setdefault(row["unit_id"], {})[row["criterion_id"]] = Entry(plan, actual, _events(row["events"]))
    counts: dict[str, dict[str, int]] = {}
    for row in rows(DATA / "2024" / "adjustments_2024_constructed.csv"):
        counts.setdefault(row["unit_id"], {})[row["item_id"]] = int(row["count"])
    return {unit_id: UnitInput(found, counts.get(unit_id, {})) for unit_id, found in entries.items()}


def expected() -> list[dict[str, str]]:
    return rows(DATA / "2024" / "expected_scores_2024_constructed.csv")


def plan_effects(*years: int) -> tuple[Effect, ...]:
    """Units, memberships and scoring tables of these years, as a plan brings them."""
    source = rows(DATA / "2024" / "units.csv")
    effects = [
        effect(
            units.save_unit,
            units.Unit(
                r["unit_id"], r["name_vi"], r["short_code"], sort_key(r["name_vi"]), tuple(filter(None, r["aliases"].split("|"))),
                int(r["communes_2025"]) if r["communes_2025"] else None, r["valid_from"] or None, r["valid_to"] or None,
            ),
        )
        for r in source
    ]  # fmt: skip
    pairs = [(p, r["unit_id"]) for r in source for p in r["predecessor_ids"].split("|") if p]
    effects.append(effect(units.save_successions, tuple(pairs)))
    effects += [
        effect(units.save_membership, int(r["year"]), r["unit_id"], r["role"])
        for r in rows(DATA / "2024" / "memberships.csv")
        if int(r["year"]) in years
    ]
    effects += [effect(scoring_tables.save_table, to_stored(table(year)), NOW) for year in years]
    return tuple(effects)


def result_effects(basis: str = "verified") -> tuple[Effect, ...]:
    """The figures and adjustments of 2024."""
    values = tuple(
        StoredValue(r["unit_id"], r["criterion_id"], basis, r["plan"] or None, r["actual"] or None, _events(r["events"]))
        for r in rows(DATA / "2024" / "results_2024_constructed.csv")
    )
    items = tuple(
        StoredAdjustment(r["unit_id"], r["item_id"], basis, int(r["count"]))
        for r in rows(DATA / "2024" / "adjustments_2024_constructed.csv")
    )
    return (
        effect(scoring_tables.save_values, 2024, values, NOW),
        effect(scoring_tables.save_adjustments, 2024, items, None, NOW),
    )
