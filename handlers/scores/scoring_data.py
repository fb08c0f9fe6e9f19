"""A scoring table between storage (decimal text and JSON) and the rules (exact fractions)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast

from handlers.rules.table import (
    DEFAULT_ORDER,
    AdjustmentItem,
    Criterion,
    Direction,
    Event,
    Exclusion,
    Group,
    ItemKind,
    OrderKey,
    Rule,
    ScoringTable,
    Tier,
    entry_decimals,
    parse_order,
)
from storage.scoring_tables import StoredCriterion, StoredGroup, StoredItem, StoredTable


@lru_cache(maxsize=16)
def to_table(stored: StoredTable) -> ScoringTable:
    """The table as the rules read it."""
    ranking = json.loads(stored.ranking)
    groups = tuple(
        Group(group.id, group.name, Fraction(group.max), tuple(_criterion(each) for each in stored.criteria if each.group_id == group.id))
        for group in stored.groups
    )
    items = tuple(
        AdjustmentItem(
            item.id, cast(ItemKind, item.kind), item.name, _fraction(item.per_item), _fraction(item.cap),
            cast("Exclusion | None", item.exclusion),
        )
        for item in stored.items
    )  # fmt: skip
    order: tuple[OrderKey, ...] = tuple(parse_order(each) for each in ranking.get("order", ())) or DEFAULT_ORDER
    return ScoringTable(
        stored.year, stored.name, Fraction(stored.max_total), groups, items, stored.decimals, _fraction(stored.bonus_cap), order,
        tuple(ranking.get("late_reports", ())), stored.version,
    )  # fmt: skip


def to_stored(table: ScoringTable, extras: str = "{}", item_extras: Mapping[str, str] | None = None) -> StoredTable:
    """The table as storage keeps it. ``extras`` and ``item_extras`` (item id -> JSON): what the plan file says beyond it."""
    criteria = [(group.id, each) for group in table.groups for each in group.criteria]
    ranking = {"order": [str(key) for key in table.order], "late_reports": list(table.late_reports)}
    return StoredTable(
        table.year,
        table.name,
        text_of(table.max_total),
        table.decimals,
        None if table.bonus_cap is None else text_of(table.bonus_cap),
        json.dumps(ranking),
        extras,
        tuple(StoredGroup(group.id, index, group.name, text_of(group.max)) for index, group in enumerate(table.groups)),
        tuple(
            StoredCriterion(
                each.id, group_id, index, each.name, text_of(each.max), each.unit, each.rule, each.direction, _details(each)
            )
            for index, (group_id, each) in enumerate(criteria)
        ),
        tuple(
            StoredItem(
                item.id, item.kind, index, item.name, None if item.per_item is None else text_of(item.per_item),
                None if item.cap is None else text_of(item.cap), item.exclusion, (item_extras or {}).get(item.id, "{}"),
            )
            for index, item in enumerate(table.items)
        ),
    )  # fmt: skip


def text_of(value: Fraction | Decimal | int) -> str:
    """An exact figure as decimal text, without needless zeros. Raises ValueError for one that no decimal equals."""
    exact = Fraction(value)
    for decimals in range(13):
        scaled = exact * 10**decimals
        if scaled.denominator == 1:
            return f"{Decimal(scaled.numerator).scaleb(-decimals):f}"
    raise ValueError(f"{exact} is not a decimal figure")


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _criterion(stored: StoredCriterion) -> Criterion:
    details: dict[str, Any] = json.loads(stored.details)
    tiers = tuple(
        Tier(Fraction(str(each["score"])), _part(each, "min"), _part(each, "max_rank")) for each in details.get("tiers", ())
    )
    events = tuple(
        Event(
            each["code"], each["name"], Fraction(str(each["points"])), each.get("late_from"), each.get("late_to"),
            each.get("missing", False),
        )
        for each in details.get("events", ())
    )
    ranks = any(tier.max_rank is not None for tier in tiers)
    return Criterion(
        stored.id, stored.name, Fraction(stored.max), stored.unit, cast(Rule, stored.rule), cast(Direction, stored.direction), tiers,
        _part(details, "per_item"), _part(details, "floor") or Fraction(0), events,
        details.get("decimals", entry_decimals(stored.rule, stored.unit, ranks)), details.get("note", ""),
    )  # fmt: skip


def _part(details: Mapping[str, Any], name: str) -> Fraction | None:
    return None if details.get(name) is None else Fraction(str(details[name]))


def _details(criterion: Criterion) -> str:
    details: dict[str, Any] = {}
    if criterion.tiers:
        details["tiers"] = [
            {"score": text_of(tier.score)}
            | ({} if tier.min is None else {"min": text_of(tier.min)})
            | ({} if tier.max_rank is None else {"max_rank": text_of(tier.max_rank)})
            for tier in criterion.tiers
        ]
    if criterion.per_item is not None:
        details["per_item"] = text_of(criterion.per_item)
    if criterion.rule == "deduction":
        details["floor"] = text_of(criterion.floor)
        details["events"] = [_event(event) for event in criterion.events]
    if criterion.decimals != entry_decimals(criterion.rule, criterion.unit, criterion.ranks):
        details["decimals"] = criterion.decimals
    if criterion.note:
        details["note"] = criterion.note
    return json.dumps(details, ensure_ascii=False)


def _event(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {"code": event.code, "name": event.name, "points": text_of(event.points)}
    for name in ("late_from", "late_to"):
        if getattr(event, name) is not None:
            found[name] = getattr(event, name)
    return found | ({"missing": True} if event.missing else {})
