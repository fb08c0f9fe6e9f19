"""The outbox: replies and reminders, queued in the same commit as what they tell of, sent and retried afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from storage.connection import Snapshot, Transaction

KEEP_SENT_SECONDS = 90 * 86_400


@dataclass(frozen=True, slots=True)
class Letter:
    """One reply or reminder to one address.

    ``reply`` is the neutral Reply as JSON; ``parts`` is JSON of the rendered parts with their platform ids once an attempt was made.
    ``lane``: a ``reply`` overtakes every ``broadcast``. ``subject``: what is asked about again before sending (duty:ID, event:ID).
    """

    id: int
    key: str | None
    channel: str
    address: str
    thread: str | None
    person_id: str | None
    lane: str
    language: str
    reply: str
    menu_id: str | None
    replaces: str | None
    subject: str | None
    parts: str | None
    attempts: int
    not_before: int
    expires_at: int | None
    created_at: int


_LETTER = (
    "id, key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject, parts, attempts, not_before,"
    " expires_at, created_at"
)


def due(read: Snapshot, channel: str, now: int, limit: int = 50) -> tuple[Letter, ...]:
    """What may be sent now on a channel: replies first, each lane in the order it was queued."""
    rows = read.execute(
        f"SELECT {_LETTER} FROM outbox WHERE state = 'waiting' AND channel = ? AND not_before <= ?"  # noqa: S608
        " ORDER BY lane DESC, id LIMIT ?",
        (channel, now, limit),
    )
    return tuple(Letter(*row) for row in rows)


def next_due(read: Snapshot, channel: str) -> int | None:
    """When the next letter of the channel may be sent (epoch); None: nothing waits."""
    row = read.execute("SELECT MIN(not_before) FROM outbox WHERE state = 'waiting' AND channel = ?", (channel,)).fetchone()
    return None if row[0] is None else int(row[0])


def known(read: Snapshot, key: str) -> bool:
    """Whether a letter with this key was ever queued."""
    return read.execute("SELECT 1 FROM outbox WHERE key = ?", (key,)).fetchone() is not None


def queue(
    tx: Transaction,
    channel: str,
    address: str,
    reply: str,
    language: str,
    now: int,
    *,
    lane: str = "reply",
    key: str | None = None,
    thread: str | None = None,
    person_id: str | None = None,
    menu_id: str | None = None,
    replaces: str | None = None,
    subject: str | None = None,
    not_before: int | None = None,
    expires_at: int | None = None,
) -> None:
    """Queue a letter. One with a key that was queued before is the same letter and is not queued again."""
    tx.execute(
        "INSERT OR IGNORE INTO outbox (key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject,"
        " not_before, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject,
            now if not_before is None else not_before, expires_at, now,
        ),
    )  # fmt: skip


def keep_parts(tx: Transaction, letter_id: int, parts: str, not_before: int, error: str | None) -> None:
    """Note an attempt: what was sent of it so far, and when to go on."""
    tx.execute(
        "UPDATE outbox SET parts = ?, attempts = attempts + 1, not_before = ?, error = ? WHERE id = ?",
        (parts, not_before, error, letter_id),
    )


def hold(tx: Transaction, letter_id: int, until: int) -> None:
    """Send it later (quiet hours, a rate limit); this is no attempt."""
    tx.execute("UPDATE outbox SET not_before = ? WHERE id = ?", (until, letter_id))


def settle(tx: Transaction, letter_id: int, state: str, parts: str | None, now: int, error: str | None = None) -> None:
    """The letter is ``sent``, ``failed``, ``blocked`` or ``dropped`` (no longer wanted)."""
    tx.execute(
        "UPDATE outbox SET state = ?, parts = COALESCE(?, parts), sent_at = ?, error = ? WHERE id = ?",
        (state, parts, now, error, letter_id),
    )


def forget(tx: Transaction, letter_id: int) -> None:
    """Blank a letter that held a secret, once it is sent."""
    tx.execute("UPDATE outbox SET reply = '', parts = NULL WHERE id = ?", (letter_id,))


def drop_old(tx: Transaction, now: int) -> None:
    """Forget what was sent long ago. Keys of reminders go with it: their instants are long past."""
    tx.execute("DELETE FROM outbox WHERE state <> 'waiting' AND created_at < ?", (now - KEEP_SENT_SECONDS,))
