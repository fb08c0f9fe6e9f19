"""Differences of movements, the scoring table and targets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from bot.plan.content import CRITERIA, MOVEMENTS, TARGETS, MovementsPart, TablePart, Target
from bot.plan.difference import Difference
from bot.plan.stored import MOVEMENTS_EXTRAS
from handlers.kit.message import Message, Number, m
from handlers.rules.table import problems
from handlers.scores.scoring_data import to_table
from storage import movements as kept
from storage import plan as removal
from storage import scoring_tables, settings
from storage import targets as kept_targets
from storage.connection import effect
from storage.scoring_tables import StoredCriterion, StoredGroup, StoredItem, StoredTable


def movements(difference: Difference, part: MovementsPart) -> None:
    """movements.yaml. Entries that stay without being in the file come after those of the file."""
    old = difference.stored.movements
    before = {each.id: each for each in old.movements}
    given = {each.id for each in part.movements}
    for movement in part.movements:
        what = m("movement {id} {name}", id=movement.id, name=movement.name)
        if movement.id not in before:
            difference.add(MOVEMENTS, what, effect(kept.save_movement, movement))
        elif _facts(before[movement.id]) != _facts(movement):
            difference.change(MOVEMENTS, what, effect(kept.save_movement, movement))
        elif before[movement.id].position != movement.position:
            difference.quietly(effect(kept.save_movement, movement))
    _indicators(difference, part)
    position = len(part.movements)
    for movement in old.movements:
        if movement.id in given:
            continue
        own = [each for each in old.indicators if each.movement_id == movement.id]
        held = any(removal.indicator_is_held(difference.read, each.item_id) for each in own)
        what = m("movement {id} {name}", id=movement.id, name=movement.name)
        if not difference.missing(MOVEMENTS, what, held, effect(kept.remove_movement, movement.id)):
            if movement.position != position:
                difference.quietly(effect(kept.save_movement, replace(movement, position=position)))
            position += 1
    _narrative(difference, part)
    if json.loads(part.extras) != json.loads(old.extras):
        saved = effect(settings.put, MOVEMENTS_EXTRAS, part.extras)
        if old.movements:
            difference.change(MOVEMENTS, m("general remarks"), saved)
        else:
            difference.quietly(saved)


def _facts(movement: kept.Movement) -> tuple[object, ...]:
    return (replace(movement, columns="", position=0), json.loads(movement.columns))


def _indicators(difference: Difference, part: MovementsPart) -> None:
    before = {each.item_id: each for each in difference.stored.movements.indicators}
    given = {each.item_id for each in part.indicators}
    sizes: dict[str, int] = {}
    for each in part.indicators:
        sizes[each.movement_id] = sizes.get(each.movement_id, 0) + 1
        what = m("indicator {id} {name}", id=each.item_id, name=each.name)
        if each.item_id not in before:
            difference.add(MOVEMENTS, what, effect(kept.save_indicator, each))
        elif before[each.item_id] != replace(each, position=before[each.item_id].position):
            difference.change(MOVEMENTS, what, effect(kept.save_indicator, each))
        elif before[each.item_id] != each:
            difference.quietly(effect(kept.save_indicator, each))
    for each in before.values():
        if each.item_id in given or each.movement_id not in {movement.id for movement in part.movements}:
            continue
        held = difference.remove and removal.indicator_is_held(difference.read, each.item_id)
        what = m("indicator {id} {name}", id=each.item_id, name=each.name)
        if not difference.missing(MOVEMENTS, what, held, effect(kept.remove_indicator, each.movement_id, each.code)):
            position = sizes.get(each.movement_id, 0)
            sizes[each.movement_id] = position + 1
            if each.position != position:
                difference.quietly(effect(kept.save_indicator, replace(each, position=position)))


def _narrative(difference: Difference, part: MovementsPart) -> None:
    old = difference.stored.movements.narrative or ()
    if part.narrative is None or part.narrative == old:
        return
    titles = part.narrative
    rest = old[len(titles) :]
    held = any(removal.indicator_is_held(difference.read, f"narrative:{number + 1}") for number in range(len(titles), len(old)))
    if rest and (not difference.remove or held):
        titles = (*titles, *rest)
        difference.missing(MOVEMENTS, m("parts of the narrative: {titles}", titles=tuple(rest)), held)
    if titles != old:
        what = m("parts of the narrative: {titles}", titles=tuple(titles))
        saved = effect(kept.save_narrative_parts, titles)
        if old:
            difference.change(MOVEMENTS, what, saved)
        else:
            difference.add(MOVEMENTS, what, saved)


def table(difference: Difference, part: TablePart) -> None:
    """criteria.yaml: the whole table of a year is saved at once, as its next version."""
    new = part.table
    old_part = difference.stored.tables.get(new.year)
    if old_part is None:
        count = len(new.criteria)
        most = Number(Decimal(new.max_total))
        what = m("scoring table of {year}: {count} criteria, {max} points", year=str(new.year), count=count, max=most)
        difference.add(CRITERIA, what, effect(scoring_tables.save_table, new, difference.now))
        difference.years.add(new.year)
        return
    old = old_part.table
    merged = _merged(difference, old, new)
    if merged != new and (found := problems(to_table(merged))):
        for problem in found:
            text = m("with what the file lacks and the database keeps: {text}", text=problem)
            difference.findings.error(CRITERIA, part.lines.get("max_total", 0), text)
        return
    if _same_table(old, merged):
        return
    for label, before, after in (
        ("group", old.groups, merged.groups), ("criterion", old.criteria, merged.criteria), ("item", old.items, merged.items),
    ):  # fmt: skip
        _entries(difference, label, before, after)
    general = ("name", "max_total", "decimals", "bonus_cap", "ranking", "extras")
    if any(_json(getattr(old, name)) != _json(getattr(merged, name)) for name in general):
        difference.change(CRITERIA, m("general rules of the table of {year}", year=str(new.year)))
    difference.quietly(effect(scoring_tables.save_table, merged, difference.now))
    difference.years.add(new.year)


Entry = StoredGroup | StoredCriterion | StoredItem


def _entries(difference: Difference, label: str, before: Iterable[Entry], after: Iterable[Entry]) -> None:
    known = {each.id: each for each in before}
    for each in after:
        what = _label(label, each.id, each.name)
        if each.id not in known:
            difference.add(CRITERIA, what)
        elif _entry_facts(known[each.id]) != _entry_facts(each):
            difference.change(CRITERIA, what)


def _label(label: str, entry_id: str, name: str) -> Message:
    if label == "group":
        return m("group {id} {name}", id=entry_id, name=name)
    if label == "criterion":
        return m("criterion {id} {name}", id=entry_id, name=name)
    return m("item {id} {name}", id=entry_id, name=name)


def _entry_facts(entry: Entry) -> tuple[object, ...]:
    if isinstance(entry, StoredCriterion):
        return (replace(entry, details="", position=0), _json(entry.details))
    if isinstance(entry, StoredItem):
        return (replace(entry, extras="", position=0), _json(entry.extras))
    return (replace(entry, position=0),)


def _json(text: object) -> object:
    if isinstance(text, str) and text.startswith("{"):
        return json.loads(text)
    return text


def _same_table(old: StoredTable, new: StoredTable) -> bool:
    def facts(given: StoredTable) -> tuple[object, ...]:
        return (
            given.name, given.max_total, given.decimals, given.bonus_cap, _json(given.ranking), _json(given.extras),
            [(each.position, *_entry_facts(each)) for each in _every(given)],
        )  # fmt: skip

    return facts(old) == facts(new)


def _every(table: StoredTable) -> tuple[Entry, ...]:
    return (*table.groups, *table.criteria, *table.items)


def _merged(difference: Difference, old: StoredTable, new: StoredTable) -> StoredTable:
    """The file's table with what stays although the file lacks it."""
    year = new.year
    ids = {each.id for each in _every(new)}
    criteria: list[StoredCriterion] = []
    for criterion in (each for each in old.criteria if each.id not in ids):
        held = removal.criterion_is_held(difference.read, year, criterion.id)
        if not difference.missing(CRITERIA, _label("criterion", criterion.id, criterion.name), held):
            criteria.append(replace(criterion, position=len(new.criteria) + len(criteria)))
    groups: list[StoredGroup] = []
    for group in (each for each in old.groups if each.id not in ids):
        held = any(each.group_id == group.id for each in criteria)
        if not difference.missing(CRITERIA, _label("group", group.id, group.name), held):
            groups.append(replace(group, position=len(new.groups) + len(groups)))
    items: list[StoredItem] = []
    for item in (each for each in old.items if each.id not in ids):
        held = removal.adjustment_item_is_held(difference.read, year, item.id)
        if not difference.missing(CRITERIA, _label("item", item.id, item.name), held):
            items.append(replace(item, position=len(new.items) + len(items)))
    return replace(
        new, groups=(*new.groups, *groups), criteria=(*new.criteria, *criteria), items=(*new.items, *items), version=old.version
    )


def targets(difference: Difference, given: tuple[Target, ...]) -> None:
    """targets.csv, for the years that it names. Figures are compared by value."""
    old = {(each.year, each.unit_id, each.item_id): each.plan for each in difference.stored.targets}
    for each in given:
        before = old.get((each.year, each.unit_id, each.item_id))
        if before is not None and Decimal(before) == Decimal(each.plan):
            continue
        saved = effect(kept_targets.save, each.year, each.unit_id, each.item_id, each.plan, None, difference.now)
        difference.years.add(each.year)
        name = {"year": str(each.year), "unit": each.unit_id, "item": each.item_id}
        if before is None:
            difference.add(TARGETS, m("{year}: {unit} {item} = {plan}", **name, plan=each.plan), saved)
        else:
            difference.change(TARGETS, m("{year}: {unit} {item} = {plan} (before: {before})", **name, plan=each.plan, before=before), saved)
    years = {each.year for each in given}
    wanted = {(each.year, each.unit_id, each.item_id) for each in given}
    for (year, unit_id, item_id), plan in old.items():
        if year in years and (year, unit_id, item_id) not in wanted:
            what = m("{year}: {unit} {item} = {plan}", year=str(year), unit=unit_id, item=item_id, plan=plan)
            if difference.missing(TARGETS, what, False, effect(kept_targets.remove, year, unit_id, item_id)):
                difference.years.add(year)
