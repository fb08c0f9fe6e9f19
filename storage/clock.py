"""What is mended in the file when the clock was set back: instants that a wrong clock wrote lie in the future, and would wait for it."""

from __future__ import annotations

import logging

from storage import audit, linking
from storage.connection import Transaction

log = logging.getLogger(__name__)

DAY = 86_400

LONGEST_AHEAD = 400 * DAY
"""A clock that goes back further than this (seconds) is not one that was put right: it has lost the date (1970, an empty battery)."""

LONGEST_LOCK = 3_600
"""How long wrong joining codes lock an address at most (seconds)."""

LONGEST_SNOOZE = 2 * DAY
"""How far ahead a person can ask to be reminded again (seconds)."""

LONGEST_PAGE = 3 * DAY
"""How long a link to a page or a file is good at most (seconds)."""


def set_back(tx: Transaction, now: int, looked: int) -> None:
    """The clock says ``now``, yet there was a look at ``looked``, later than that. Leaves an audit row; what is asked once stays asked.

    Answers that waited for a later instant go now, reminders of a wrong day are dropped (the look writes anew what is true), planned
    reminders that were passed over for a later one come in their own time, also today's. Locks, snoozes, links, codes and sessions last no
    longer than they may. Letters that somebody planned for later keep their instant.
    """
    log.warning("The clock was set back by %d seconds; what waited for the wrong time is put right", looked - now)
    audit.note(tx, now, None, "clock.back", "clock:system", before=str(looked), after=str(now))
    tx.execute(
        "UPDATE outbox SET state = 'dropped', sent_at = ?, error = 'the clock was set back'"
        " WHERE state = 'waiting' AND created_at > ? AND key IN (SELECT letter FROM told WHERE letter IS NOT NULL)",
        (now, now),
    )
    if looked - now < LONGEST_AHEAD:
        tx.execute("DELETE FROM reminded WHERE folded = 1 AND at > ?1 AND planned > ?1 - ?2", (now, DAY))
    tx.execute(
        "UPDATE outbox SET not_before = :now, created_at = MIN(created_at, :now) WHERE state = 'waiting' AND not_before > :now"
        " AND (created_at > :now OR attempts > 0)",
        {"now": now},
    )
    tx.execute("UPDATE wrong_codes SET locked_until = ? WHERE locked_until > ?", (now + LONGEST_LOCK, now + LONGEST_LOCK))
    tx.execute("UPDATE snoozes SET at = ? WHERE at > ?", (now, now + LONGEST_SNOOZE))
    tx.execute(
        "UPDATE link_codes SET expires_at = MAX(:now, expires_at - :back) WHERE used_at IS NULL AND expires_at > :now + :short",
        {"now": now, "back": looked - now, "short": linking.LIVES_SECONDS},
    )
    for table in ("invitations", "menus", "page_links"):
        tx.execute(
            f"UPDATE {table} SET expires_at = expires_at - (created_at - ?1), created_at = ?1 WHERE created_at > ?1", (now,)  # noqa: S608
        )
    tx.execute("UPDATE page_links SET expires_at = ?1 WHERE expires_at > ?1", (now + LONGEST_PAGE,))     # of those that were renewed
    tx.execute(
        "UPDATE web_sessions SET expires_at = expires_at - (seen_at - :now), ends_at = ends_at - MAX(created_at - :now, 0),"
        " created_at = MIN(created_at, :now), seen_at = :now WHERE seen_at > :now",
        {"now": now},
    )
    for table, instant in (("dialogues", "updated_at"), ("corrections", "updated_at"), ("topics", "at"), ("uploads", "at")):
        tx.execute(f"UPDATE {table} SET {instant} = ?1 WHERE {instant} > ?1", (now,))  # noqa: S608
    tx.execute("UPDATE channels SET at = ? WHERE at > ?", (now, now))
    tx.execute("UPDATE inbox SET done_at = ? WHERE done_at > ?", (now, now))
