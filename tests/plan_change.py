"""Changing one event of the plan as an operator does: a folder is written, edited and applied beside the running bot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.plan import stored
from bot.plan.apply import apply
from bot.plan.content import PlanFolder
from bot.plan.export import write
from storage.calendar import Event
from storage.connection import Database

WORDS = {"ngày": "day", "giờ": "time", "địa điểm": "place", "tên": "title"}


async def change_plan(database: Database, folder: Path, zone: ZoneInfo, now: int, changes: dict[str, str]) -> None:
    """``changes``: event id -> "ngày 2027-03-19; giờ 14:00; địa điểm Lào Cai", "hủy", "khôi phục" or "bỏ" (out of the plan)."""
    plan = await database.read(stored.load)
    for year, part in plan.calendars.items():
        if not any(event.id in changes for event in part.events):
            continue
        events = tuple(_changed(event, changes.get(event.id)) for event in part.events if changes.get(event.id) != "bỏ")
        where = folder / f"plan-{year}"
        write(PlanFolder(calendar=replace(part, events=events)), where)
        applied = await apply(database, where, remove=True, now=now, zone=zone)
        assert not applied.refused, applied.findings
        assert applied.changed


def _changed(event: Event, change: str | None) -> Event:
    for one in () if change is None else change.split(";"):
        given = one.strip()
        if given in ("hủy", "khôi phục"):
            extras = {**json.loads(event.extras), "cancelled": given == "hủy"}
            event = replace(event, extras=json.dumps(extras, ensure_ascii=False))
            continue
        word = next(word for word in WORDS if given.startswith(word))
        event = replace(event, **{WORDS[word]: given.removeprefix(word).strip() or None})
    return event
