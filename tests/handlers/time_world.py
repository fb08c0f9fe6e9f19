"""What the tests of time and of changed dates share: letters that arrive, and a plan that changes."""

from __future__ import annotations

from dataclasses import replace

from handlers.schedule.planning import apply_replan
from storage import calendar
from storage.calendar import Event
from storage.connection import effect
from tests.handlers.small_cluster import EVENTS, ZONE, SmallCluster, at

START = "2026-11-20 09:00"
SEVEN = "2026-11-23 08:00"
DAY = 86_400


async def arrive(cluster: SmallCluster, state: str = "sent") -> None:
    """Every letter that waits is settled so."""
    await cluster.write(effect(settle, state))


def settle(tx: object, state: str) -> None:
    tx.execute("UPDATE outbox SET state = ?, sent_at = created_at WHERE state = 'waiting'", (state,))  # type: ignore[attr-defined]


async def waiting(cluster: SmallCluster, person: str = "lan") -> list[int]:
    """The letters of a person that would be sent."""
    query = "SELECT id FROM outbox WHERE person_id = ? AND state = 'waiting'"
    return await cluster.database.read(lambda read: [row[0] for row in read.execute(query, (person,))])


async def change(cluster: SmallCluster, when: str, event_id: str, **fields: object) -> None:
    """The plan is applied with an event changed, as `plan apply` does it."""
    before = await cluster.database.read(lambda read: calendar.event(read, event_id))
    event: Event = before or next(each for each in EVENTS if each.id == event_id)
    await cluster.write(effect(calendar.save_event, replace(event, **fields)), effect(apply_replan, ZONE, at(when)))  # type: ignore[arg-type]
