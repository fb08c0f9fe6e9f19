"""What becomes of a letter that was not delivered: pure, from the failure and from how far it had come.

- *Not sent* (the platform was not reached) is tried for days; giving up takes both many attempts and a week.
- *Unknown* (no answer came) is sent once more and marked; after that only with long pauses, or once when the platform is back. It is set
  aside, and told of, when others were answered meanwhile, or when even patience did not help: at least once, and never in a loop.
- *Wait* (429) holds the chat and counts as no attempt. *Refused*, or a defect of ours, sets the letter aside at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bot.channels.base import Exhausted, OutcomeUnknown, RateLimited, SendError, Unreachable
from storage.outbox import Letter

LONGEST_PAUSE = 60
MOST_ATTEMPTS = 60
PATIENCE_SECONDS = 7 * 86_400
UNKNOWN_PAUSES = (1, 5, 15, 60, 300, 1200, 3600, 3600, 3600)
"""Seconds after the first unknown outcome, the second, …; after the last one the letter is set aside (after more than three hours)."""

MOST_UNKNOWN_BESIDE_OTHERS = 6
"""Then it is this letter and not the platform. Chance alone does not get there: a server that fails every fourth time, once in 4,000."""

QUOTA_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after ``pause`` seconds; until then nothing else goes to the chat, so that answers keep their order."""

    pause: int
    attempt: bool
    why: str
    counted: Literal["unknown", "unreachable", "rate_limited", "exhausted", "not_noted"]


@dataclass(frozen=True, slots=True)
class Aside:
    """It will not be sent: the organisers are told, without its content."""

    why: str


def verdict(error: Exception, letter: Letter, unknown: int, now: int, *, others_answered: bool) -> Again | Aside:
    """``unknown``: attempts without an answer, with this one; ``others_answered``: other letters got through since the first of them."""
    match error:
        case RateLimited():
            return Again(max(1, math.ceil(error.retry_after)), attempt=False, why="rate limited", counted="rate_limited")
        case Exhausted():   # the caller caps the pause at the turn of the month
            if now - letter.created_at >= PATIENCE_SECONDS:
                return Aside("quota")
            return Again(QUOTA_SECONDS, attempt=False, why="quota", counted="exhausted")
        case OutcomeUnknown():
            if unknown > len(UNKNOWN_PAUSES) or (unknown >= MOST_UNKNOWN_BESIDE_OTHERS and others_answered):
                return Aside("unknown")
            return Again(UNKNOWN_PAUSES[unknown - 1], attempt=True, why="unknown", counted="unknown")
        case Unreachable():
            if letter.attempts + 1 >= MOST_ATTEMPTS and now - letter.created_at >= PATIENCE_SECONDS:
                return Aside("unreachable")
            pause = min(LONGEST_PAUSE, 2 ** min(letter.attempts, 10))
            return Again(pause, attempt=True, why="unreachable", counted="unreachable")
        case SendError():
            return Aside("refused")
        case _:
            return Aside("defect")
