"""Applying a folder: checked on a snapshot, then written as a whole in one transaction, with the duties and scores that follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.plan import changes, stored
from bot.plan.check import check
from bot.plan.content import FILES
from bot.plan.difference import Change, Difference
from bot.plan.findings import Finding, Findings, Told, nobody
from handlers.kit.message import m
from handlers.schedule import planning
from handlers.scores import standing
from storage import audit
from storage.connection import Database, Effect, Snapshot, Transaction, effect


@dataclass(frozen=True, slots=True)
class Applied:
    """What an application did, or why it was refused (``findings`` with an error: nothing was changed)."""

    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    refused: bool
    changed: bool


async def apply(database: Database, path: Path, *, remove: bool, now: int, zone: ZoneInfo, told: Told = nobody) -> Applied:
    """Apply the folder to the database: all of it or nothing. ``told`` hears what the work has come to."""
    applied, effects = await database.read(lambda read: decide(read, path, remove=remove, now=now, zone=zone, told=told))
    if effects and not applied.refused:
        told(m("Writing, with the duties and scores that follow"))
        await database.write(effects)
    return applied


def decide(
    read: Snapshot, path: Path, *, remove: bool, now: int, zone: ZoneInfo, told: Told = nobody
) -> tuple[Applied, tuple[Effect, ...]]:
    """What applying would do, and the effects that do it."""
    known = stored.load(read)
    plan, found = check(path, known, zone, told)
    if any(not each.warning for each in found):
        return Applied(found, (), refused=True, changed=False), ()
    told(m("Comparing with the plan in force"))
    findings = Findings(list(found))
    difference = changes.compute(read, plan, known, findings, remove=remove, now=now)
    found = findings.ordered(FILES)
    if findings.refused:
        return Applied(found, (), refused=True, changed=False), ()
    applied = Applied(found, tuple(difference.changes), refused=False, changed=difference.changed)
    return applied, _effects(difference, zone)


def _effects(difference: Difference, zone: ZoneInfo) -> tuple[Effect, ...]:
    if not difference.effects and not difference.changed:
        return ()
    counts = " ".join(f"{mark}{difference.count(sign)}" for mark, sign in (("+", "add"), ("~", "change"), ("-", "remove")))  # type: ignore[arg-type]
    return (
        *difference.effects,
        effect(planning.apply_replan, zone, difference.now),
        *(effect(_rescore, year, zone, difference.now) for year in sorted(difference.years)),
        effect(audit.note, difference.now, None, "plan.apply", "plan:folder", after=counts),
    )


def _rescore(tx: Transaction, year: int, zone: ZoneInfo, now: int) -> None:
    """Score the year anew, in the transaction that changed its plan."""
    _apply_each(tx, standing.rescore_all(Snapshot(tx), year, now, zone=zone))


def _apply_each(tx: Transaction, effects: Iterable[Effect]) -> None:
    for each in effects:
        each.apply(tx)
