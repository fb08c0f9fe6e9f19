"""A plan folder as a whole: every file that is there is read; other files are ignored."""

from __future__ import annotations

from pathlib import Path

from bot.plan import calendar, criteria, memberships, movements, targets, units
from bot.plan.content import CALENDAR, CRITERIA, FILES, MEMBERSHIPS, MOVEMENTS, TARGETS, UNITS, PlanFolder
from bot.plan.findings import Findings
from handlers.kit.message import m


def read_folder(path: Path, findings: Findings) -> PlanFolder:
    """What the folder brings; everything that is wrong with single files goes to ``findings``."""
    there = {name for name in FILES if (path / name).is_file()}
    if not there:
        findings.error(path.name or str(path), 0, m("no file of a plan is here; expected any of {files}", files=FILES))
        return PlanFolder()
    return PlanFolder(
        units=units.read(path / UNITS, findings) if UNITS in there else None,
        memberships=memberships.read(path / MEMBERSHIPS, findings) if MEMBERSHIPS in there else None,
        movements=movements.read(path / MOVEMENTS, findings) if MOVEMENTS in there else None,
        table=criteria.read(path / CRITERIA, findings) if CRITERIA in there else None,
        calendar=calendar.read(path / CALENDAR, findings) if CALENDAR in there else None,
        targets=targets.read(path / TARGETS, findings) if TARGETS in there else None,
    )
