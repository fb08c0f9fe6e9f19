"""The database of the drills: the sample cluster with many more units, each with two officers who have joined over Telegram."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from handlers.schedule.planning import apply_replan
from handlers.scores import standing
from storage import people, reminders, units
from storage.connection import Database, Effect, effect
from tests.chat import ZONE

START = int(datetime(2026, 11, 23, 9, 0, tzinfo=ZONE).timestamp())
"""When the drills' clock begins: the reminders of that morning are out."""

YEAR = 2026
COMMUNES = 500


@dataclass(frozen=True, slots=True)
class Seat:
    """An officer's place: his unit, and the chat he writes from."""

    unit_id: str
    unit: str
    person_id: str
    chat: int


def seats(count: int, *, second: bool = False) -> tuple[Seat, ...]:
    """The first (or second) officers of ``count`` units."""
    mark, base = ("b", 50_001) if second else ("a", 10_001)
    return tuple(Seat(f"D{n:03}", f"Mường Drill {n:03}", f"d{n:03}{mark}", base + n) for n in range(count))


async def build(path: Path, sample: Path, count: int) -> None:
    """Write the database at ``path``: the sample's content and ``count`` units more."""
    shutil.copy(sample, path)
    database = await Database.open(path)
    effects: list[Effect] = []
    for seat in seats(count):
        unit = units.Unit(seat.unit_id, seat.unit, "", seat.unit, (), COMMUNES, None, None)
        effects += [effect(units.save_unit, unit), effect(units.save_membership, YEAR, seat.unit_id, "member")]
    for seat in (*seats(count), *seats(count, second=True)):
        post = people.Post(f"post-{seat.person_id}", seat.person_id, seat.unit_id, "officer", "2026-01-02", None)
        effects += [
            effect(people.add_person, seat.person_id, f"Cán bộ {seat.person_id}", "", "vi", START),
            effect(people.consent, seat.person_id, START),
            effect(people.add_post, post, None, START),
            effect(people.link, "telegram", str(seat.chat), seat.person_id, START),
        ]
    await database.write(effects)
    await database.write((effect(apply_replan, ZONE, START),))
    await database.write(await database.read(lambda read: standing.rescore_all(read, YEAR, START, zone=ZONE)))
    await database.write((effect(reminders.save_tick, START, None),))
    await database.close()
