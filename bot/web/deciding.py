"""What a page changes is decided like a turn: on a snapshot, committed at once, and decided again when somebody else wrote in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.application import Application
from bot.turns import MOST_TRIES
from storage.connection import Effect, Snapshot
from storage.errors import Conflict, StorageError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """What to answer, and the effects that must be committed first."""

    result: T
    effects: tuple[Effect, ...] = ()


async def decide(application: Application, function: Callable[[Snapshot, int], Decision[T]]) -> T:
    """Call ``function(read, now)`` and commit its effects; its result counts once they are. It may be called several times.

    Raises what it raises, and StorageError where nothing can be written.
    """
    for _ in range(MOST_TRIES):
        now = application.clock.now()
        decision = await application.database.read(lambda read: function(read, now))  # noqa: B023
        if not decision.effects:
            return decision.result
        try:
            await application.database.write(decision.effects)
        except Conflict:
            continue
        application.wake()
        return decision.result
    raise StorageError(f"a page met a conflict {MOST_TRIES} times")
