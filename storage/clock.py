"""What is mended in the file when the clock was set back: instants that a wrong clock wrote lie in the future, and would wait for it."""

from __future__ import annotations

import logging

from storage import audit
from storage.connection import Transaction

log = logging.getLogger(__name__)

LONGEST_AHEAD = 400 * 86_400
"""A clock that goes back further than this (seconds) is not one that was put right: it has lost the date (1970, an empty battery)."""

LONGEST_LOCK = 3_600
"""How long wrong joining codes lock an address at most (seconds)."""

LONGEST_SNOOZE = 2 * 86_400
"""How far ahead a person can ask to be reminded again (seconds)."""


def set_back(tx: Transaction, now: int, looked: int) -> None:
    """The clock says ``now``, yet there was a look at ``looked``, later than that. Leaves an audit row; what is asked once stays asked.

    Answers that waited for a later instant go now, reminders of a wrong day are dropped (the look writes anew what is true), planned
    reminders that were passed over for a later one come in their own time, locks and snoozes last no longer than they may. Letters that
    somebody planned for later keep their instant.
    """
    log.warning("The clock was set back by %d seconds; what waited for the wrong time is put right", looked - now)
    audit.note(tx, now, None, "clock.back", "clock:system", before=str(looked), after=str(now))
    tx.execute(
        "UPDATE outbox SET state = 'dropped', sent_at = ?, error = 'the clock was set back'"
        " WHERE state = 'waiting' AND created_at > ? AND key IN (SELECT letter FROM told WHERE letter IS NOT NULL)",
        (now, now),
    )
    if looked - now < LONGEST_AHEAD:
        tx.execute("DELETE FROM reminded WHERE folded = 1 AND planned > ?", (now,))
    tx.execute(
        "UPDATE outbox SET not_before = :now, created_at = MIN(created_at, :now) WHERE state = 'waiting' AND not_before > :now"
        " AND (created_at > :now OR attempts > 0)",
        {"now": now},
    )
    tx.execute("UPDATE wrong_codes SET locked_until = ? WHERE locked_until > ?", (now + LONGEST_LOCK, now + LONGEST_LOCK))
    tx.execute("UPDATE snoozes SET at = ? WHERE at > ?", (now, now + LONGEST_SNOOZE))
    tx.execute("UPDATE channels SET at = ? WHERE at > ?", (now, now))
    tx.execute("UPDATE inbox SET done_at = ? WHERE done_at > ?", (now, now))
