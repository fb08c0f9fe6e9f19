"""movements.yaml: the movements, their indicators, and the parts of a report's narrative."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from bot.plan import values
from bot.plan.content import MOVEMENTS, MovementsPart
from bot.plan.document import Mapped, Reader, Scalar, common, compact, load
from bot.plan.findings import Findings
from bot.plan.keys import REMARKS, TOP, Keys, Schema
from bot.plan.sources import read_text
from bot.plan.values import BadValue
from handlers.kit.message import m
from storage.movements import Indicator, Movement

KINDS = ("stock", "flow", "ratio")
DIRECTIONS = ("up", "down", "none")
MAX_REFS = ("communes",)
MOST_DECIMALS = 6

KEYS: Schema = {
    TOP: Keys(("movements", "report_template"), REMARKS, ("version",), keeps=True),
    "movements": Keys(
        ("id", "name", "aliases", "launched_by", "launched_on", "closed_on", "predecessor", "period", "plan_document", "indicators"),
        ("next_phase", *REMARKS), keeps=True,
    ),
    "period": Keys(("from", "to")),
    "indicators": Keys(("code", "name", "unit", "kind", "direction", "decimals", "range", "rule", "max_ref")),
    "report_template": Keys(("narrative",), ("header", "numbers", *REMARKS), keeps=True),
}  # fmt: skip


def read(path: Path, findings: Findings) -> MovementsPart | None:
    """The movements, or None when the file cannot be read at all."""
    text = read_text(path, MOVEMENTS, findings)
    document = None if text is None else load(text, MOVEMENTS, findings)
    if document is None:
        return None
    reader = Reader(document, MOVEMENTS, findings, KEYS)
    common(reader)
    movements: list[Movement] = []
    indicators: list[Indicator] = []
    lines: dict[str, int] = {}
    entries = tuple(reader.entries("movements", required=True))
    for entry in entries:
        movement = _movement(entry, len(movements), findings, indicators, lines)
        if movement is None:
            continue
        if movement.id in lines:
            first = str(lines[movement.id])
            findings.error(MOVEMENTS, entry.line, m("movement {id} stands there twice (first in line {line})", id=movement.id, line=first))
            continue
        lines[movement.id] = entry.line
        movements.append(movement)
    narrative, template = _template(reader.mapping("report_template"), findings)
    extras = reader.rest() | ({"report_template": template} if template else {})
    named = {node.text for entry in entries if isinstance(node := entry.items.get("id"), Scalar)}
    for each in movements:
        if each.predecessor == each.id:
            findings.error(MOVEMENTS, lines[each.id], m("movement {id} follows itself", id=each.id))
        elif each.predecessor is not None and each.predecessor not in named:
            unknown = m("movement {id} follows {other}, which is not in the file", id=each.id, other=each.predecessor)
            findings.warn(MOVEMENTS, lines[each.id], unknown)
    _codes(movements, indicators, lines, findings)
    return MovementsPart(tuple(movements), tuple(indicators), narrative, compact(extras), lines)


def _codes(movements: list[Movement], indicators: list[Indicator], lines: dict[str, int], findings: Findings) -> None:
    """A code alone names an indicator of the movements that are open: two in the same years cannot be told apart."""
    spans = {each.id: (each.year_from, each.year_to) for each in movements}
    seen: dict[str, list[Indicator]] = {}
    for each in indicators:
        if each.movement_id not in spans:
            continue
        first, last = spans[each.movement_id]
        for other in seen.setdefault(each.code, []):
            year = max(first, spans[other.movement_id][0])
            if year <= min(last, spans[other.movement_id][1]):
                both, at = other.item_id, str(year)
                text = m("{id}: the code is that of {other} too, and both are open in {year}", id=each.item_id, other=both, year=at)
                findings.warn(MOVEMENTS, lines[each.item_id], text)
        seen[each.code].append(each)


def _template(node: Mapped | None, findings: Findings) -> tuple[tuple[str, ...] | None, dict[str, object]]:
    if node is None:
        return None, {}
    reader = Reader(node, MOVEMENTS, findings, KEYS, "report_template")
    narrative = reader.texts("narrative") if "narrative" in node.items else None
    if narrative == ():
        reader.warn("narrative", m("{key} is empty", key="narrative"))
    return narrative, reader.rest()


def _movement(
    entry: Mapped, position: int, findings: Findings, indicators: list[Indicator], lines: dict[str, int]
) -> Movement | None:
    reader = Reader(entry, MOVEMENTS, findings, KEYS, "movements")
    movement_id = reader.parsed("id", values.identifier, required=True)
    reader.what = movement_id or ""
    if movement_id is not None and "." in movement_id:
        reader.error("id", m("an id of a movement has no point: it separates the indicator"))
        movement_id = None
    name = reader.required("name")
    period = reader.mapping("period", required=True)
    first = last = None
    if period is not None:
        span = Reader(period, MOVEMENTS, findings, KEYS, "period", reader.what)
        first, last = span.parsed("from", values.year, required=True), span.parsed("to", values.year, required=True)
        if first is not None and last is not None and last < first:
            span.error("to", m("the period ends before it begins"))
            last = None
    aliases = reader.texts("aliases")
    launched_by, plan_document, predecessor = reader.scalar("launched_by"), reader.scalar("plan_document"), reader.scalar("predecessor")
    launched_on, closed_on = reader.parsed("launched_on", values.day), reader.parsed("closed_on", values.day)
    if launched_on is not None and closed_on is not None and closed_on < launched_on:
        reader.error("closed_on", m("the movement is closed before it is launched"))
    if movement_id is not None and movement_id not in lines:
        _indicators(reader, movement_id, findings, indicators, lines)
    if movement_id is None or name is None or first is None or last is None:
        return None
    return Movement(
        movement_id, position, name, aliases, first, last, launched_by or "", launched_on, closed_on, predecessor, plan_document or "",
        compact(reader.rest()),
    )  # fmt: skip


def _indicators(reader: Reader, movement_id: str, findings: Findings, indicators: list[Indicator], lines: dict[str, int]) -> None:
    own: list[Indicator] = []
    entries = tuple(reader.entries("indicators"))
    if not entries and "indicators" not in reader.node.items:
        reader.absent("indicators", m("the movement has no indicators: nothing can be reported for it"))
    for entry in entries:
        indicator = _indicator(entry, movement_id, len(own), findings)
        if indicator is None:
            continue
        if indicator.item_id in lines:
            findings.error(
                MOVEMENTS, entry.line,
                m("indicator {id} stands there twice (first in line {line})", id=indicator.item_id, line=str(lines[indicator.item_id])),
            )  # fmt: skip
            continue
        lines[indicator.item_id] = entry.line
        own.append(indicator)
    codes = {node.text for entry in entries if isinstance(node := entry.items.get("code"), Scalar)}    # also of a faulty one
    for each in own:
        other = each.rule.partition(" ")[2] if each.rule else None
        if other is not None and (other not in codes or other == each.code):
            text = m("{id}: the rule names {other}, which the movement does not have", id=each.item_id, other=other)
            findings.error(MOVEMENTS, lines[each.item_id], text)
    indicators.extend(own)


def _indicator(entry: Mapped, movement_id: str, position: int, findings: Findings) -> Indicator | None:
    reader = Reader(entry, MOVEMENTS, findings, KEYS, "indicators")
    code = reader.parsed("code", values.identifier, required=True)
    reader.what = f"{movement_id}.{code}" if code else movement_id
    name, unit = reader.required("name"), reader.required("unit")
    kind, direction = reader.one_of("kind", KINDS), reader.one_of("direction", DIRECTIONS, "up")
    decimals = reader.parsed("decimals", values.whole)
    if decimals is not None and decimals > MOST_DECIMALS:
        reader.error("decimals", m("at most {count} decimals", count=MOST_DECIMALS))
        decimals = None
    low, high = _range(reader, findings)
    rule = reader.scalar("rule")
    if rule is not None:
        found = re.fullmatch(r"([<>]=)\s*(\S+)", rule)
        if found is None:
            reader.error("rule", m("{value} is not a rule; write it like {example}", value=rule[:40], example='"<= NTM01"'))
            rule = None
        else:
            rule = f"{found[1]} {found[2]}"
    max_ref = reader.one_of("max_ref", MAX_REFS) if reader.scalar("max_ref") is not None else None
    if code is None or name is None or unit is None or kind is None or direction is None:
        return None
    return Indicator(movement_id, code, position, name, unit, kind, direction, decimals or 0, low, high, rule, max_ref)


def _range(reader: Reader, findings: Findings) -> tuple[str | None, str | None]:
    nodes = reader.sequence("range")
    if nodes is None:
        return None, None
    ends: list[str | None] = []
    for node in nodes:
        try:
            empty = isinstance(node, Scalar) and node.kind == "null"
            ends.append(None if empty else values.number(node.text if isinstance(node, Scalar) else ""))
        except BadValue:
            reader.error("range", m("range: two numbers, the lowest and the highest"))
            return None, None
    if len(ends) != 2:
        reader.error("range", m("range: two numbers, the lowest and the highest"))
        return None, None
    low, high = ends
    if low is not None and high is not None and Decimal(low) > Decimal(high):
        reader.error("range", m("range: the lowest number is above the highest"))
        return None, None
    return low, high
