"""Short transactions beside a running bot: decide on fresh reads, write, and decide again when somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from storage.connection import Database, Effect, Snapshot
from storage.errors import Conflict

T = TypeVar("T")

TRIES = 5


async def decide_and_write(database: Database, decide: Callable[[Snapshot], tuple[T, Sequence[Effect]]]) -> T:
    """What ``decide`` returned once its effects are committed. Raises Conflict when others wrote in between five times in a row."""
    for _ in range(TRIES - 1):
        decided, effects = await database.read(decide)
        try:
            if effects:
                await database.write(effects)
        except Conflict:
            continue
        return decided
    decided, effects = await database.read(decide)
    if effects:
        await database.write(effects)
    return decided
