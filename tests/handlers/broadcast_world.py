"""What the tests of broadcasts share: a message confirmed on the small cluster, its letters, and the tick."""

from __future__ import annotations

from handlers import broadcast
from handlers.broadcasting.composing import BroadcastDialogue
from handlers.broadcasting.due import due_broadcasts
from handlers.kit.dialogue import Chosen
from handlers.kit.turn import Outcome
from storage import broadcasts
from storage.connection import Snapshot, Transaction
from tests.handlers.small_cluster import ZONE, SmallCluster, at

NOW = "2026-11-23 09:00"
DIALOGUE = BroadcastDialogue()


async def confirmed(cluster: SmallCluster, text: str, when: str = NOW) -> Outcome:
    """The secretary writes "audience: text" and confirms."""
    shown = await cluster.turn("ha", when, broadcast.handle, text)
    return await cluster.advance("ha", when, DIALOGUE, shown, Chosen("confirm"))


async def look(cluster: SmallCluster, when: str) -> None:
    """The tick of broadcasts."""
    now = at(when)
    await cluster.database.write(await cluster.database.read(lambda read: due_broadcasts(read, now, ZONE)))


async def latest(cluster: SmallCluster) -> broadcasts.Broadcast:
    return (await cluster.database.read(lambda read: broadcasts.latest(read, 1)))[0]


async def letters(cluster: SmallCluster, state: str = "waiting") -> list[tuple[str, str]]:
    """(person, key) of the letters of broadcasts in a state."""
    def rows(read: Snapshot) -> list[tuple[str, str]]:
        query = "SELECT person_id, key FROM outbox WHERE broadcast_id IS NOT NULL AND state = ? ORDER BY id"
        return read.execute(query, (state,)).fetchall()

    return await cluster.database.read(rows)


async def people_of(cluster: SmallCluster) -> list[str]:
    return [person for person, _ in await letters(cluster)]


def settle_all(tx: Transaction, state: str = "sent") -> None:
    tx.execute("UPDATE outbox SET state = ? WHERE broadcast_id IS NOT NULL AND state = 'waiting'", (state,))
