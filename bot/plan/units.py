"""units.csv: the units with their validity, aliases, predecessors and successors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bot.plan import values
from bot.plan.content import UNITS, UnitsPart
from bot.plan.document import compact
from bot.plan.findings import Findings
from bot.plan.keys import REMARKS, Keys
from bot.plan.sources import CsvFile, Row, read_csv
from bot.plan.values import BadValue
from handlers.kit.message import m
from handlers.rules.text import sort_key
from storage.units import Unit

COMMUNES = re.compile(r"communes(_\d{4})?")
"""The column of the number of communes may carry the year it was counted in."""

KNOWN = ("unit_id", "name_vi", "short_code", "aliases", "valid_from", "valid_to", "successor_id", "predecessor_ids", "note")
FURTHER = ("name_ascii", "province_code", "cluster_from", "cluster_to", "cluster_membership_status", "admin_seat", *REMARKS)
"""Columns that are kept as they are."""

COMMUNES_KEY = "communes column"
COLUMNS = Keys((*KNOWN[:-1], "communes"), FURTHER, pattern=COMMUNES)


def read(path: Path, findings: Findings) -> UnitsPart | None:
    """The units, or None when the file cannot be read at all."""
    file = read_csv(path, UNITS, findings, COLUMNS, ("unit_id", "name_vi"))
    if file is None:
        return None
    counts = [column for column in file.columns if COMMUNES.fullmatch(column)]
    communes = counts[0] if counts else None
    if len(counts) > 1:
        findings.error(UNITS, file.header_line, m("the communes are counted in two columns: {columns}", columns=tuple(counts)))
    units: list[Unit] = []
    lines: dict[str, int] = {}
    successions: set[tuple[str, str]] = set()
    for row in file.rows:
        try:
            unit = _unit(row, file, communes)
        except BadValue as error:
            findings.error(UNITS, row.line, error.message)
            continue
        if unit.id in lines:
            first = str(lines[unit.id])
            findings.error(UNITS, row.line, m("unit {id} stands there twice (first in line {line})", id=unit.id, line=first))
            continue
        lines[unit.id] = row.line
        units.append(unit)
        successions |= {(unit.id, each) for each in _ids(row["successor_id"])} | {(each, unit.id) for each in _ids(row["predecessor_ids"])}
    _names(units, lines, findings)
    return UnitsPart(tuple(units), frozenset(successions), lines)


def _names(units: list[Unit], lines: dict[str, int], findings: Findings) -> None:
    """Two units of one name at one time cannot be told apart by whoever writes it."""
    seen: dict[str, list[Unit]] = {}
    for unit in units:
        for other in seen.setdefault(unit.name, []):
            if (unit.valid_from or "") <= (other.valid_to or "9999") and (other.valid_from or "") <= (unit.valid_to or "9999"):
                line = str(lines[other.id])
                text = m("{id} has the name of {other} (line {line}): {name}", id=unit.id, other=other.id, line=line, name=unit.name)
                findings.warn(UNITS, lines[unit.id], text)
                break
        seen[unit.name].append(unit)


def _unit(row: Row, file: CsvFile, communes: str | None) -> Unit:
    unit_id = values.identifier(row["unit_id"])
    name = row["name_vi"]
    if not name:
        raise BadValue(m("unit {id} has no name", id=unit_id))
    valid_from, valid_to = (values.day(row[column]) if row[column] else None for column in ("valid_from", "valid_to"))
    if valid_from and valid_to and valid_from > valid_to:
        raise BadValue(m("unit {id} ends before it begins", id=unit_id))
    if unit_id in (*_ids(row["successor_id"]), *_ids(row["predecessor_ids"])):
        raise BadValue(m("unit {id} follows itself", id=unit_id))
    count = row[communes] if communes else ""
    rest = {column: row[column] for column in file.columns if column not in KNOWN and column != communes}
    if communes is not None and communes != "communes":
        rest[COMMUNES_KEY] = communes
    return Unit(
        unit_id, name, row["short_code"], sort_key(name), tuple(dict.fromkeys(_ids(row["aliases"]))),
        values.whole(count) if count else None, valid_from, valid_to, row["note"], compact(rest),
    )  # fmt: skip


def _ids(text: str) -> Iterator[str]:
    return (each.strip() for each in text.split("|") if each.strip())
