"""A plan folder as a whole: every file that is there is read; other files are ignored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bot.plan import calendar, criteria, memberships, movements, targets, units
from bot.plan.content import CALENDAR, CRITERIA, FILES, MEMBERSHIPS, MOVEMENTS, TARGETS, UNITS, PlanFolder
from bot.plan.findings import Findings, Told, nobody
from handlers.kit.message import m

T = TypeVar("T")


def read_folder(path: Path, findings: Findings, told: Told = nobody) -> PlanFolder:
    """What the folder brings; everything that is wrong with single files goes to ``findings``. ``told`` hears which file is read."""
    there = {name for name in FILES if (path / name).is_file()}
    if not there:
        findings.error(path.name or str(path), 0, m("no file of a plan is here; expected any of {files}", files=FILES))
        return PlanFolder()

    def part(name: str, read: Callable[[Path, Findings], T | None]) -> T | None:
        if name not in there:
            return None
        told(m("Reading {file}", file=name))
        return read(path / name, findings)

    return PlanFolder(
        units=part(UNITS, units.read), memberships=part(MEMBERSHIPS, memberships.read), movements=part(MOVEMENTS, movements.read),
        table=part(CRITERIA, criteria.read), calendar=part(CALENDAR, calendar.read), targets=part(TARGETS, targets.read),
    )  # fmt: skip
