"""Differences of units, successions and memberships."""

from __future__ import annotations

import json

from bot.plan.content import MEMBERSHIPS, UNITS, Membership, PlanFolder
from bot.plan.difference import Difference
from handlers.kit.message import Message, m
from storage import audit
from storage import plan as removal
from storage import units as kept
from storage.connection import effect
from storage.units import Unit


def units(difference: Difference, plan: PlanFolder) -> None:
    """units.csv: units are compared in everything the file says of them."""
    part = plan.units
    if part is None:
        return
    old = {each.id: each for each in difference.stored.units.units}
    for unit in part.units:
        if unit.id not in old:
            difference.add(UNITS, _unit(unit), effect(kept.save_unit, unit))
        elif not _same(old[unit.id], unit):
            difference.change(UNITS, _unit(unit), effect(kept.save_unit, unit))
    known = difference.stored.units.successions
    fresh = tuple(sorted(part.successions - known))
    if fresh:
        what = m("successions: {pairs}", pairs=tuple(f"{before} → {after}" for before, after in fresh))
        difference.add(UNITS, what, effect(kept.save_successions, fresh))
    given = {unit.id for unit in part.units}
    gone = tuple(sorted(pair for pair in known - part.successions if set(pair) <= given))
    if gone:
        what = m("successions: {pairs}", pairs=tuple(f"{before} → {after}" for before, after in gone))
        difference.missing(UNITS, what, False, effect(removal.remove_successions, gone))
    staying = _staying(difference, plan)
    for unit_id in old.keys() - given:
        held = unit_id in staying or removal.unit_is_held(difference.read, unit_id)
        difference.missing(UNITS, _unit(old[unit_id]), held, effect(removal.remove_unit, unit_id))


def _staying(difference: Difference, plan: PlanFolder) -> set[str]:
    """The units that memberships or targets will still name."""
    named: set[str] = set()
    years = {each.year for each in plan.memberships or ()}
    given = {(each.year, each.unit_id) for each in plan.memberships or ()}
    for each in difference.stored.memberships:
        gone = each.year in years and (each.year, each.unit_id) not in given
        if not gone or removal.membership_is_held(difference.read, each.year, each.unit_id):
            named.add(each.unit_id)
    target_years = {each.year for each in plan.targets or ()}
    named |= {each.unit_id for each in difference.stored.targets if each.year not in target_years}
    return named | {each.unit_id for each in plan.memberships or ()}


def _same(old: Unit, new: Unit) -> bool:
    def facts(unit: Unit) -> tuple[object, ...]:
        return (
            unit.name, unit.short_code, unit.aliases, unit.communes, unit.valid_from, unit.valid_to, unit.note,
            json.loads(unit.columns), unit.sort_key,
        )  # fmt: skip

    return facts(old) == facts(new)


def _unit(unit: Unit) -> Message:
    return m("unit {id} {name}", id=unit.id, name=unit.name)


def memberships(difference: Difference, given: tuple[Membership, ...]) -> None:
    """memberships.csv, for the years that it names."""
    old = {(each.year, each.unit_id): each.role for each in difference.stored.memberships}
    years = sorted({each.year for each in given})
    for year in years:
        rows = [each for each in given if each.year == year]
        changed = [each for each in rows if old.get((year, each.unit_id)) != each.role]
        for each in changed:
            what = _membership(year, each.unit_id, each.role)
            before = old.get((year, each.unit_id))
            if before is None:
                difference.add(MEMBERSHIPS, what)
                continue
            note = effect(
                audit.note, difference.now, None, "membership.change", f"unit:{each.unit_id}", unit_id=each.unit_id, year=year,
                before=before, after=each.role,
            )  # fmt: skip
            difference.change(MEMBERSHIPS, what, note)
        if changed:
            difference.years.add(year)
            difference.quietly(effect(removal.replace_memberships, year, tuple((each.unit_id, each.role) for each in changed)))
        ids = {each.unit_id for each in rows}
        for unit_id, role in sorted((unit, role) for (of, unit), role in old.items() if of == year and unit not in ids):
            held = difference.remove and removal.membership_is_held(difference.read, year, unit_id)
            if difference.missing(MEMBERSHIPS, _membership(year, unit_id, role), held, effect(removal.remove_membership, year, unit_id)):
                difference.years.add(year)


def _membership(year: int, unit_id: str, role: str) -> Message:
    return m("{year}: {unit} ({role})", year=str(year), unit=unit_id, role=role)
