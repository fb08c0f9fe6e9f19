"""Writing the plan of a year as a folder. Applying that folder again changes nothing."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.plan import flow
from bot.plan.content import (
    CALENDAR,
    CRITERIA,
    MEMBERSHIPS,
    MOVEMENTS,
    TARGETS,
    UNITS,
    CalendarPart,
    MovementsPart,
    PlanFolder,
    UnitsPart,
)
from bot.plan.flow import Exact, given
from bot.plan.units import COMMUNES_KEY, KNOWN
from storage.calendar import Event
from storage.movements import Indicator
from storage.scoring_tables import StoredCriterion, StoredItem, StoredTable
from storage.units import Unit


def write(plan: PlanFolder, folder: Path) -> tuple[str, ...]:
    """Write the files of the plan that hold anything, and return their names. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = dict(_texts(plan))
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return tuple(written)


def commented(plan: PlanFolder, folder: Path) -> tuple[str, ...]:
    """The files in the folder that hold comments and would be written over: the plan as it is stored has none. Raises OSError."""
    return tuple(name for name in dict(_texts(plan)) if (folder / name).is_file() and _has_comments(folder / name))


def _has_comments(path: Path) -> bool:
    """Whether somebody wrote a comment into a file of a plan; a sign in doubt counts as one."""
    raw, quoted = path.read_bytes(), False
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for line in raw.decode("utf-16" if utf16 else "utf-8", "replace").lstrip("\ufeff").splitlines():
        if path.suffix == ".csv":
            if not quoted and line.lstrip().startswith("#"):
                return True
            quoted ^= line.count('"') % 2 == 1
        elif _COMMENT.search(_QUOTED.sub("", line)):
            return True
    return False


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"(?:^|\s)#")


def _texts(plan: PlanFolder) -> Iterator[tuple[str, str]]:
    if plan.units is not None and plan.units.units:
        yield UNITS, _units(plan.units)
    if plan.memberships:
        rows = [(str(each.year), each.unit_id, each.role) for each in sorted(plan.memberships, key=lambda each: (each.year, each.unit_id))]
        yield MEMBERSHIPS, _csv(("year", "unit_id", "role"), rows)
    if plan.movements is not None and plan.movements.movements:
        yield MOVEMENTS, _movements(plan.movements)
    if plan.table is not None:
        yield CRITERIA, _table(plan.table.table)
    if plan.calendar is not None:
        yield CALENDAR, _calendar(plan.calendar)
    if plan.targets:
        yield TARGETS, _csv(
            ("year", "unit_id", "item_id", "plan"), [(str(each.year), each.unit_id, each.item_id, each.plan) for each in plan.targets]
        )


def _csv(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        if row and row[0].startswith("#"):    # it would read as a comment
            out.write('"' + row[0].replace('"', '""') + '",')
            writer.writerow(row[1:])
        else:
            writer.writerow(row)
    return out.getvalue()


def _units(part: UnitsPart) -> str:
    further = {unit.id: json.loads(unit.columns) for unit in part.units}
    names = dict.fromkeys(name for columns in further.values() for name in columns if name != COMMUNES_KEY)
    communes = next((columns[COMMUNES_KEY] for columns in further.values() if COMMUNES_KEY in columns), "communes")
    header = (*KNOWN[:-1], communes, *names, "note")
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for from_id, to_id in sorted(part.successions):
        after.setdefault(from_id, []).append(to_id)
        before.setdefault(to_id, []).append(from_id)
    rows = [
        (
            *_unit_cells(unit), "|".join(after.get(unit.id, [])), "|".join(before.get(unit.id, [])),
            "" if unit.communes is None else str(unit.communes), *(str(further[unit.id].get(name, "")) for name in names), unit.note,
        )
        for unit in part.units
    ]  # fmt: skip
    return _csv(header, rows)


def _unit_cells(unit: Unit) -> tuple[str, ...]:
    return (unit.id, unit.name, unit.short_code, "|".join(unit.aliases), unit.valid_from or "", unit.valid_to or "")


def _movements(part: MovementsPart) -> str:
    extras = json.loads(part.extras)
    template = extras.pop("report_template", {})
    out = "".join(flow.line(name, data) for name, data in extras.items()) + "movements:\n"
    for movement in part.movements:
        fields = given(
            id=movement.id, name=movement.name, aliases=movement.aliases, launched_by=movement.launched_by,
            launched_on=movement.launched_on, closed_on=movement.closed_on, predecessor=movement.predecessor,
            period={"from": movement.year_from, "to": movement.year_to}, plan_document=movement.plan_document,
        ) | json.loads(movement.columns)  # fmt: skip
        block = "".join(flow.line(name, data, 4) for name, data in fields.items())
        out += "  - " + block[4:]
        own = [_indicator(each) for each in part.indicators if each.movement_id == movement.id]
        if own:
            out += flow.entries("indicators", own, 4)
    if template or part.narrative:
        out += "report_template:\n" + "".join(flow.line(name, data, 2) for name, data in template.items())
        out += "".join(["  narrative:\n", *(f"    - {flow.value(title)}\n" for title in part.narrative or ())]) if part.narrative else ""
    return out


def _indicator(each: Indicator) -> dict[str, Any]:
    bounds = None
    if each.low is not None or each.high is not None:
        bounds = [None if end is None else Exact(end) for end in (each.low, each.high)]
    return given(
        code=each.code, name=each.name, unit=each.unit, kind=each.kind, direction=each.direction, decimals=each.decimals, range=bounds,
        rule=each.rule, max_ref=each.max_ref,
    )  # fmt: skip


def _table(table: StoredTable) -> str:
    extras = json.loads(table.extras)
    rounding = {"decimals": table.decimals, "mode": "half_up", "when": "per_criterion"} | extras.pop("rounding", {})
    ranking = json.loads(table.ranking) | extras.pop("ranking", {})
    group_extras = extras.pop("groups", {})
    out = flow.line("year", table.year) + flow.line("name", table.name) + flow.line("max_total", Exact(table.max_total))
    out += flow.line("rounding", rounding)
    out += "".join(flow.line(name, data) for name, data in extras.items())
    out += "groups:\n"
    for group in table.groups:
        fields = {"id": group.id, "name": group.name, "max": Exact(group.max)} | group_extras.get(group.id, {})
        block = "".join(flow.line(name, data, 4) for name, data in fields.items())
        out += "  - " + block[4:]
        out += flow.entries("criteria", [_criterion(each) for each in table.criteria if each.group_id == group.id], 4)
    for kind in ("bonus", "penalty"):
        items = [_item(each) for each in table.items if each.kind == kind]
        cap = table.bonus_cap if kind == "bonus" else None
        if items or cap is not None:
            out += f"{kind}:\n" + ("" if cap is None else flow.line("cap", Exact(cap), 2)) + flow.entries("items", items, 2)
    exclusions = [_item(each) for each in table.items if each.kind == "exclusion"]
    if exclusions:
        out += flow.entries("exclusions", exclusions)
    return out + "ranking:\n" + "".join(flow.line(name, data, 2) for name, data in ranking.items())


def _criterion(each: StoredCriterion) -> dict[str, Any]:
    details = json.loads(each.details)
    fields = given(
        id=each.id, name=each.name, max=Exact(each.max), unit=each.unit, rule=each.rule,
        direction=None if each.direction == "up" else each.direction,
        tiers=[{name: Exact(number) for name, number in tier.items()} for tier in details.get("tiers", ())],
        per_item=_exact(details.get("per_item")), floor=_exact(details.get("floor")),
        events=[_event_rule(event) for event in details.get("events", ())], decimals=details.get("decimals"), note=details.get("note"),
    )  # fmt: skip
    return {**fields, **details.get("extras", {})}


def _exact(text: Any) -> Exact | None:
    return None if text is None else Exact(text)


def _event_rule(event: Mapping[str, Any]) -> dict[str, Any]:
    counts = {name: event[name] for name in ("late_from", "late_to", "missing") if name in event}
    fields = {"code": event["code"], "name": event["name"], "points": Exact(event["points"])}
    return fields | ({"counts": counts} if counts else {})


def _item(each: StoredItem) -> dict[str, Any]:
    fields = given(id=each.id, kind=each.exclusion, name=each.name, per_item=_exact(each.per_item), cap=_exact(each.cap))
    return {**fields, **json.loads(each.extras)}


def _calendar(part: CalendarPart) -> str:
    extras = json.loads(part.extras)
    hours = extras.pop("working_hours", {}) | ({"quiet": list(part.quiet)} if part.quiet else {})
    out = flow.line("year", part.year) + "".join(flow.line(name, data) for name, data in extras.items() if name != "history")
    if hours:
        out += flow.line("working_hours", hours)
    out += flow.entries("events", [_event(each) for each in part.events])
    if part.holidays:
        out += flow.entries("holidays", list(_holidays(part.holidays)))
    if "history" in extras:
        history = extras["history"]
        plain = isinstance(history, list) and all(isinstance(each, dict) for each in history)
        out += flow.entries("history", history) if plain else flow.line("history", history)
    if part.forms is not None:
        out += "forms:\n" + "".join(flow.line(form.id, form.name, 2) for form in part.forms) if part.forms else "forms: {}\n"
        asked = [form for form in part.forms if form.asks]
        out += "asks:\n" + "".join(flow.line(form.id, form.asks, 2) for form in asked) if asked else ""
    return out


def _event(each: Event) -> dict[str, Any]:
    fields = given(
        id=each.id, of_year=each.of_year, period=each.period, date=each.day, time=each.time, kind=each.kind, title=each.title, who=each.who,
        form=each.form, done_by=each.done_by, place=each.place, opens=each.opens, remind=each.remind, overdue=each.overdue,
    )  # fmt: skip
    return {**fields, **json.loads(each.extras)}


def _holidays(days: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Days in a row with one name become a span."""
    ordered = sorted(days.items())
    start = 0
    for index, (day, name) in enumerate(ordered):
        following = ordered[index + 1] if index + 1 < len(ordered) else None
        tomorrow = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        if following == (tomorrow, name):
            continue
        first = ordered[start][0]
        yield {"date": day, "name": name} if first == day else {"from": first, "to": day, "name": name}
        start = index + 1
