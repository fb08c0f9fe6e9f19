"""What a folder would change in the database: additions, changes and removals, with the effects that make them."""

from __future__ import annotations

from bot.plan import changed_calendar, changed_table, changed_units
from bot.plan.content import PlanFolder
from bot.plan.difference import Difference
from bot.plan.findings import Findings
from bot.plan.stored import Stored
from storage.connection import Snapshot

__all__ = ["Difference", "compute"]


def compute(read: Snapshot, plan: PlanFolder, stored: Stored, findings: Findings, *, remove: bool, now: int) -> Difference:
    """Compare the folder with the database. What the folder lacks is removed only with ``remove``, and never when reports hold it."""
    difference = Difference(read, stored, findings, remove, now)
    if plan.units is not None:
        changed_units.units(difference, plan)
    if plan.memberships is not None:
        changed_units.memberships(difference, plan.memberships)
    if plan.movements is not None:
        changed_table.movements(difference, plan.movements)
    if plan.table is not None:
        changed_table.table(difference, plan.table)
    if plan.calendar is not None:
        changed_calendar.calendar(difference, plan.calendar)
    if plan.targets is not None:
        changed_table.targets(difference, plan.targets)
    return difference
