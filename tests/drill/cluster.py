"""The database of the drills: the sample cluster with many more units, each with two officers who have joined over Telegram.

Some have a third one, on Zalo.
"""

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
UNITS = 130
ON_ZALO = 40
"""With two officers in each unit on Telegram three hundred people can be written to."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An officer's place: his unit, and the chat he writes from (its number says on which channel)."""

    unit_id: str
    unit: str
    person_id: str
    chat: int
    channel: str = "telegram"


SECRETARY = Seat("", "", "drill-secretary", 40_001)
"""A secretary, who is not linked before a drill needs him: he would be told of much."""


def seats(count: int, *, second: bool = False) -> tuple[Seat, ...]:
    """The first (or second) officers of ``count`` units."""
    mark, base = ("b", 50_001) if second else ("a", 10_001)
    return tuple(Seat(f"D{n:03}", f"Mường Drill {n:03}", f"d{n:03}{mark}", base + n) for n in range(count))


def on_zalo(count: int) -> tuple[Seat, ...]:
    """Third officers of the last ``count`` units, who are on Zalo alone."""
    numbers = range(UNITS - count, UNITS)
    return tuple(Seat(f"D{n:03}", f"Mường Drill {n:03}", f"d{n:03}c", 90_001 + n, "zalo") for n in numbers)


async def build(path: Path, sample: Path) -> None:
    """Write the database at ``path``: the sample's content and `UNITS` more."""
    shutil.copy(sample, path)
    database = await Database.open(path)
    effects: list[Effect] = []
    for seat in seats(UNITS):
        unit = units.Unit(seat.unit_id, seat.unit, "", seat.unit, (), COMMUNES, None, None)
        effects += [effect(units.save_unit, unit), effect(units.save_membership, YEAR, seat.unit_id, "member")]
    for seat in (*seats(UNITS), *seats(UNITS, second=True), *on_zalo(ON_ZALO), SECRETARY):
        role = "officer" if seat.unit_id else "secretary"
        post = people.Post(f"post-{seat.person_id}", seat.person_id, seat.unit_id or None, role, "2026-01-02", None)
        effects += [
            effect(people.add_person, seat.person_id, f"Cán bộ {seat.person_id}", "", "vi", START),
            effect(people.consent, seat.person_id, START),
            effect(people.add_post, post, None, START),
        ]
        if seat is not SECRETARY:
            effects.append(effect(people.link, seat.channel, str(seat.chat), seat.person_id, START))
    await database.write(effects)
    await database.write((effect(apply_replan, ZONE, START),))
    await database.write(await database.read(lambda read: standing.rescore_all(read, YEAR, START, zone=ZONE)))
    await database.write((effect(reminders.save_tick, START, None),))
    await database.close()
