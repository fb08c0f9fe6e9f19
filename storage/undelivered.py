"""What could not be delivered, and whether the organisers know: addresses that refuse messages, letters that were set aside."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

ALERT = "alert:"
"""How the key of a letter begins that tells of others; nobody is told of its own failure."""


@dataclass(frozen=True, slots=True)
class Refusing:
    """An address that refuses messages since ``at``. ``elsewhere``: the person has another one that does not."""

    channel: str
    address: str
    person_id: str
    at: int
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class SetAside:
    """A letter that will not be sent; ``person_id`` None: to nobody known. ``why``: refused, unknown, unreachable, quota or defect."""

    letter_id: int
    person_id: str | None
    why: str
    at: int


def refusing(read: Snapshot, channels: Collection[str]) -> tuple[Refusing, ...]:
    """Addresses whose refusal nobody was told of. ``channels``: those that run; an address on another one reaches nobody."""
    rows = read.execute(
        "SELECT channel, address, person_id, blocked_at, EXISTS (SELECT 1 FROM accounts o WHERE o.person_id = a.person_id"
        " AND o.blocked_at IS NULL AND o.channel IN (SELECT value FROM json_each(?)))"
        " FROM accounts a INDEXED BY accounts_untold WHERE blocked_at IS NOT NULL AND blocked_told = 0",
        (json.dumps(list(channels)),),
    )
    return tuple(Refusing(row[0], row[1], row[2], row[3], bool(row[4])) for row in sorted(rows))


def set_aside(read: Snapshot) -> tuple[SetAside, ...]:
    """Letters set aside that nobody was told of."""
    rows = read.execute(
        "SELECT id, person_id, COALESCE(error, ''), COALESCE(sent_at, created_at) FROM outbox"
        " WHERE state = 'failed' AND told = 0 AND COALESCE(key, '') NOT LIKE ? ORDER BY id",
        (ALERT + "%",),
    )
    return tuple(SetAside(row[0], row[1], str(row[2]).partition(":")[0], row[3]) for row in rows)


def told(tx: Transaction, addresses: Sequence[tuple[str, str]], letters: Sequence[int]) -> None:
    """The organisers know. Raises Conflict when somebody told them, or an address came back, in between."""
    for channel, address in addresses:
        changed = tx.execute(
            "UPDATE accounts SET blocked_told = 1 WHERE channel = ? AND address = ? AND blocked_at IS NOT NULL AND blocked_told = 0",
            (channel, address),
        )
        if changed.rowcount == 0:
            raise Conflict("an address has changed since it was looked at")
    for letter_id in letters:
        if tx.execute("UPDATE outbox SET told = 1 WHERE id = ? AND told = 0", (letter_id,)).rowcount == 0:
            raise Conflict("a letter was told of already")
