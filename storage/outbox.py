"""The outbox: replies and reminders, queued in the same commit as what they tell of, sent and retried afterwards."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from storage.connection import Snapshot, Transaction

KEEP_SENT_SECONDS = 90 * 86_400

NO_ROOM = "no room"
"""What stands beside a letter that waits because the channel's month has no room for it."""


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


@dataclass(frozen=True, slots=True)
class Queued:
    """A waiting letter, as little of it as its turn needs. ``held``: an attempt was made, and it keeps its address back until ``due``."""

    id: int
    address: str
    due: int
    held: bool


_LETTER = (
    "id, key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject, parts, attempts, not_before,"
    " expires_at, created_at"
)


def waiting(read: Snapshot, channel: str, lane: str, now: int, after: int, limit: int) -> tuple[Queued, ...]:
    """A page of what waits on a channel's lane beyond row ``after``, in the order it was queued, also what is not yet due.

    A letter that was queued "in the future" is of a clock that has gone back since: its time goes back with it.
    """
    rows = read.execute(
        "SELECT id, address, not_before - MAX(created_at - ?, 0), parts IS NOT NULL FROM outbox"
        " WHERE state = 'waiting' AND channel = ? AND lane = ? AND id > ? ORDER BY id LIMIT ?",
        (now, channel, lane, after, limit),
    )
    return tuple(Queued(row[0], row[1], row[2], bool(row[3])) for row in rows)


def letters(read: Snapshot, channel: str, ids: Sequence[int]) -> dict[int, Letter]:
    """The letters with these ids that still wait on the channel: what was dropped, or went to another one, is not among them."""
    rows = read.execute(
        f"SELECT {_LETTER} FROM outbox NOT INDEXED WHERE id IN (SELECT value FROM json_each(?)) AND state = 'waiting' AND channel = ?",  # noqa: S608
        (json.dumps(list(ids)), channel),
    )
    return {row[0]: Letter(*row) for row in rows}


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
) -> Letter | None:
    """Queue a letter. One with a key that was queued before is the same letter and is not queued again (None)."""
    due = now if not_before is None else not_before
    done = tx.execute(
        "INSERT OR IGNORE INTO outbox (key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject,"
        " not_before, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject,
            due, expires_at, now,
        ),
    )  # fmt: skip
    if done.rowcount != 1 or done.lastrowid is None:
        return None
    return Letter(
        done.lastrowid, key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject, None, 0, due,
        expires_at, now,
    )  # fmt: skip


_PARTS = """CASE WHEN scrubbed = 0 THEN :parts
 WHEN :parts IS NOT NULL AND json_array_length(parts, '$.ids') = json_array_length(:parts, '$.ids')
 THEN json_set(parts, '$.ids', json_extract(:parts, '$.ids')) ELSE parts END"""
"""What is noted of the parts of a letter; of one from which a name was taken (`storage.erasing`) only which of them have arrived."""


def keep_parts(tx: Transaction, letter_id: int, parts: str) -> None:
    """Note what was sent of a letter in the middle of it."""
    tx.execute(f"UPDATE outbox SET parts = {_PARTS} WHERE id = :id", {"parts": parts, "id": letter_id})  # noqa: S608


def postpone(tx: Transaction, letter_id: int, parts: str, until: int, error: str, *, attempt: bool) -> None:
    """Note what was sent so far, and when to go on. ``attempt``: it counts towards giving up (a platform's "wait" does not)."""
    tx.execute(
        f"UPDATE outbox SET parts = {_PARTS}, attempts = attempts + :attempt, not_before = :until, error = :error WHERE id = :id",  # noqa: S608
        {"parts": parts, "attempt": int(attempt), "until": until, "error": error, "id": letter_id},
    )


def settle(tx: Transaction, letter_id: int, state: str, parts: str | None, now: int, error: str | None = None) -> None:
    """The letter is ``sent``, ``failed``, ``blocked`` or ``dropped`` (no longer wanted).

    One that somebody dropped while it was on its way is noted as sent if it was, and stays dropped otherwise. The choices of a reminder
    are the last ones that its reader has before their eyes once it is sent, whatever was said while it waited.
    """
    tx.execute(
        f"UPDATE outbox SET state = :state, parts = COALESCE({_PARTS}, parts), sent_at = :now, error = :error"  # noqa: S608
        " WHERE id = :id AND (state = 'waiting' OR :state = 'sent')",
        {"state": state, "parts": parts, "now": now, "error": error, "id": letter_id},
    )
    if state == "sent":
        tx.execute(
            "UPDATE menus SET number = (SELECT MAX(number) + 1 FROM menus), created_at = ?"
            " WHERE id = (SELECT menu_id FROM outbox WHERE id = ? AND lane = 'broadcast')",
            (now, letter_id),
        )


def forget(tx: Transaction, letter_id: int) -> None:
    """Blank a letter that held a secret, once it is sent."""
    tx.execute("UPDATE outbox SET reply = '', parts = NULL WHERE id = ?", (letter_id,))


def leave_address(tx: Transaction, channel: str, address: str, now: int, channels: Collection[str]) -> set[str]:
    """An address refuses our messages: what waits for it in the broadcast lane goes to another address of the same person.

    The same row goes, so that it never goes to both; one of which a part has arrived stays where it is and is ``blocked``, like one
    without another address. Only ``channels`` that run are thought of. Returns the channels that were given letters.
    """
    rows = tx.execute(
        "SELECT id, person_id, menu_id, parts FROM outbox WHERE state = 'waiting' AND channel = ? AND address = ? AND lane = 'broadcast'"
        " ORDER BY id",
        (channel, address),
    ).fetchall()
    others: dict[str | None, tuple[str, str] | None] = {None: None}
    reached: set[str] = set()
    for letter_id, person_id, menu_id, parts in rows:
        if person_id not in others:
            others[person_id] = _another(tx, person_id, channel, address, channels)
        other = others[person_id]
        if other is None or _begun(tx, parts):
            settle(tx, letter_id, "blocked", None, now, "blocked")
            continue
        _move(tx, letter_id, menu_id, other, now)
        reached.add(other[0])
    return reached


def leave_channel(tx: Transaction, channel: str, now: int, channels: Collection[str], staying: Collection[int]) -> set[str]:
    """A channel takes nothing more from us: its broadcast letters go to the persons' addresses on other channels, where there are any.

    ``staying``: those on their way at this moment, which may yet arrive. Returns the channels that were given letters.
    """
    rows = tx.execute(
        "SELECT id, address, person_id, menu_id, parts FROM outbox WHERE state = 'waiting' AND channel = ? AND lane = 'broadcast'"
        " AND person_id IS NOT NULL ORDER BY id",
        (channel,),
    ).fetchall()
    elsewhere = [each for each in channels if each != channel]
    reached: set[str] = set()
    for letter_id, address, person_id, menu_id, parts in rows:
        other = None if letter_id in staying or _begun(tx, parts) else _another(tx, person_id, channel, address, elsewhere)
        if other is not None:
            _move(tx, letter_id, menu_id, other, now)
            reached.add(other[0])
    return reached


def make_room(tx: Transaction, channel: str, ids: Sequence[int], now: int, channels: Collection[str]) -> tuple[set[int], set[str]]:
    """For these letters the channel has no room in its month: they go to their person's addresses on other ``channels``, where there are
    any, or wait. Returns the letters that went, and the channels that were given some.
    """
    rows = tx.execute(
        "SELECT id, address, person_id, menu_id, parts FROM outbox WHERE state = 'waiting' AND channel = ?"
        " AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (channel, json.dumps(list(ids))),
    ).fetchall()
    moved: set[int] = set()
    reached: set[str] = set()
    for letter_id, address, person_id, menu_id, parts in rows:
        other = None if person_id is None or _begun(tx, parts) else _another(tx, person_id, channel, address, channels)
        if other is None:
            tx.execute("UPDATE outbox SET error = ? WHERE id = ?", (NO_ROOM, letter_id))
            continue
        _move(tx, letter_id, menu_id, other, now)
        moved.add(letter_id)
        reached.add(other[0])
    return moved, reached


def _another(tx: Transaction, person_id: str, channel: str, address: str, channels: Collection[str]) -> tuple[str, str] | None:
    rows = tx.execute(
        "SELECT channel, address FROM accounts WHERE person_id = ? AND blocked_at IS NULL AND NOT (channel = ? AND address = ?)"
        " ORDER BY preferred DESC, linked_at, channel, address",
        (person_id, channel, address),
    )
    return next(((row[0], row[1]) for row in rows if row[0] in channels), None)


def _begun(tx: Transaction, parts: str | None) -> bool:
    """Whether a part of the letter has arrived."""
    if parts is None:
        return False
    return tx.execute("SELECT 1 FROM json_each(?, '$.ids') WHERE value IS NOT NULL", (parts,)).fetchone() is not None


def _move(tx: Transaction, letter_id: int, menu_id: str | None, to: tuple[str, str], now: int) -> None:
    """The letter is rendered anew there; its menu becomes the newest one at that address. One whose outcome was unknown stays marked."""
    tx.execute(
        "UPDATE outbox SET channel = ?, address = ?, thread = NULL, replaces = NULL, attempts = 0, not_before = ?, error = NULL,"
        " parts = CASE WHEN json_extract(parts, '$.unknown') > 0 THEN json_set(parts, '$.parts', json('[]'), '$.ids', json('[]')) END"
        " WHERE id = ?",
        (*to, now, letter_id),
    )
    if menu_id is not None:
        tx.execute(
            "UPDATE menus SET channel = ?, address = ?, number = (SELECT MAX(number) + 1 FROM menus) WHERE id = ?", (*to, menu_id)
        )


def drop_old(tx: Transaction, now: int) -> None:
    """Forget what was sent long ago. Keys of reminders go with it: their instants are long past."""
    tx.execute(
        "DELETE FROM outbox WHERE state <> 'waiting' AND (created_at < ? OR (state = 'dropped' AND reply = '' AND created_at < ?))",
        (now - KEEP_SENT_SECONDS, now - 86_400),
    )
