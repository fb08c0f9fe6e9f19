"""memberships.csv: which unit belongs to the cluster in which year, and who leads it."""

from __future__ import annotations

from pathlib import Path

from bot.plan import values
from bot.plan.content import MEMBERSHIPS, ROLES, Membership
from bot.plan.findings import Findings
from bot.plan.keys import REMARKS, Keys
from bot.plan.sources import read_csv
from bot.plan.values import BadValue
from handlers.kit.message import m

COLUMNS = Keys(("year", "unit_id", "role"), REMARKS)


def read(path: Path, findings: Findings) -> tuple[Membership, ...] | None:
    """The memberships of every year the file names, or None when it cannot be read at all."""
    file = read_csv(path, MEMBERSHIPS, findings, COLUMNS, COLUMNS.read)
    if file is None:
        return None
    before = findings.errors
    found: dict[tuple[int, str], Membership] = {}
    leads: dict[int, Membership] = {}
    for row in file.rows:
        try:
            each = Membership(values.year(row["year"]), values.identifier(row["unit_id"]), row["role"], row.line)
        except BadValue as error:
            findings.error(MEMBERSHIPS, row.line, error.message)
            continue
        if each.role not in ROLES:
            unknown = m("{key}: {value} is not one of {allowed}", key="role", value=each.role or '""', allowed=ROLES)
            findings.error(MEMBERSHIPS, row.line, unknown)
            continue
        first = found.get((each.year, each.unit_id))
        if first is not None:
            findings.error(
                MEMBERSHIPS, row.line,
                m("{unit} stands in {year} twice (first in line {line})", unit=each.unit_id, year=str(each.year), line=str(first.line)),
            )  # fmt: skip
            continue
        if each.role == "lead" and each.year in leads:
            findings.error(
                MEMBERSHIPS, row.line,
                m("{year} has two leads: {first} (line {line}) and {second}", year=str(each.year), first=leads[each.year].unit_id,
                  line=str(leads[each.year].line), second=each.unit_id),
            )  # fmt: skip
            continue
        if each.role == "lead":
            leads[each.year] = each
        found[each.year, each.unit_id] = each
    without = {each.year for each in found.values()} - leads.keys()
    for year in sorted(without if findings.errors == before else ()):    # a lead may be in a row that could not be read
        line = next(each.line for each in found.values() if each.year == year)
        findings.warn(MEMBERSHIPS, line, m("{year} has no lead", year=str(year)))
    return tuple(found.values())
