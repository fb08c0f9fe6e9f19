"""targets.csv: the plan figures of units, for criteria and for indicators of movements."""

from __future__ import annotations

from pathlib import Path

from bot.plan import values
from bot.plan.content import TARGETS, Target
from bot.plan.findings import Findings
from bot.plan.keys import REMARKS, Keys
from bot.plan.sources import read_csv
from bot.plan.values import BadValue
from handlers.kit.message import m

COLUMNS = Keys(("year", "unit_id", "item_id", "plan"), REMARKS)


def read(path: Path, findings: Findings) -> tuple[Target, ...] | None:
    """The targets, or None when the file cannot be read at all. A row without a plan figure sets none."""
    file = read_csv(path, TARGETS, findings, COLUMNS, COLUMNS.read, may_be_empty=True)
    if file is None:
        return None
    found: dict[tuple[int, str, str], Target] = {}
    for row in file.rows:
        try:
            year, unit_id, item_id = values.year(row["year"]), values.identifier(row["unit_id"]), values.identifier(row["item_id"])
            if not row["plan"]:
                continue
            each = Target(year, unit_id, item_id, values.number(row["plan"], semicolons=file.semicolons), row.line)
        except BadValue as error:
            findings.error(TARGETS, row.line, error.message)
            continue
        first = found.get((year, unit_id, item_id))
        if first is not None:
            findings.error(
                TARGETS, row.line,
                m("{unit} {item} stands there twice (first in line {line})", unit=unit_id, item=item_id, line=str(first.line)),
            )  # fmt: skip
            continue
        found[year, unit_id, item_id] = each
    return tuple(found.values())
