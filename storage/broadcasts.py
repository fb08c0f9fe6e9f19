"""Broadcasts: what the secretary sends to many, now or at a time, in one round or more.

A letter's own state stands in the outbox; a recipient row says only that one was queued, or why none could be. So counts are always those
of this moment, and cancelling is one statement over the letters that still wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage import audit
from storage.broadcast_recipients import Addressee, Target
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

KEEP_SECONDS = 89 * 86_400
"""How long text and recipients are kept: a day less than the outbox keeps letters, so that the counts are taken while they are there."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast. ``audience`` is JSON text; ``state``: scheduled, sending, done, cancelled or missed; ``round`` 0: not sent yet.

    ``counts`` is JSON text (state -> people) once the letters are forgotten; until then `broadcast_recipients.counts` reads them.
    ``public_picture``: 1 where its picture may be fetched by a platform's servers.
    """

    id: str
    created_by: str
    created_at: int
    audience: str
    body: str
    sha256: str | None
    media_type: str
    file_name: str
    signed_as: str
    send_at: int
    state: str
    round: int = 0
    started_at: int | None = None
    ended_at: int | None = None
    counts: str | None = None
    public_picture: int = 0


_BROADCAST = (
    "id, created_by, created_at, audience, body, sha256, media_type, file_name, signed_as, send_at, state, round, started_at, ended_at,"
    " counts, public_picture"
)
_WAITING = "SELECT 1 FROM outbox o WHERE o.broadcast_id = b.id AND o.state = 'waiting' AND o.expires_at > ?"
_PERHAPS = '{"parts": [], "ids": [], "unknown": 1}'
"""How far a letter is whose forerunner may have arrived: the sender marks it as repeated."""


def letter_key(broadcast_id: str, person_id: str, round_: int) -> str:
    """The identity of one letter: the same one is never queued twice."""
    return f"broadcast:{broadcast_id}:{person_id}" + (f":{round_}" if round_ > 1 else "")


def broadcast(read: Snapshot, broadcast_id: str) -> Broadcast | None:
    row = read.execute(f"SELECT {_BROADCAST} FROM broadcasts WHERE id = ?", (broadcast_id,)).fetchone()  # noqa: S608
    return None if row is None else Broadcast(*row)


def latest(read: Snapshot, limit: int) -> tuple[Broadcast, ...]:
    """The newest first."""
    rows = read.execute(f"SELECT {_BROADCAST} FROM broadcasts ORDER BY created_at DESC, id LIMIT ?", (limit,))  # noqa: S608
    return tuple(Broadcast(*row) for row in rows)


def due(read: Snapshot, now: int) -> tuple[Broadcast, ...]:
    """Scheduled ones whose time has come."""
    rows = read.execute(
        f"SELECT {_BROADCAST} FROM broadcasts WHERE state = 'scheduled' AND send_at <= ? ORDER BY send_at, id", (now,)  # noqa: S608
    )
    return tuple(Broadcast(*row) for row in rows)


def next_due(read: Snapshot, after: int) -> int | None:
    """When (epoch) the next scheduled one goes out after an instant; None: none is scheduled."""
    row = read.execute("SELECT MIN(send_at) FROM broadcasts WHERE state = 'scheduled' AND send_at > ?", (after,)).fetchone()
    return None if row[0] is None else int(row[0])


def finished(read: Snapshot, now: int) -> tuple[Broadcast, ...]:
    """Those being sent of which no letter waits any more, but for expired ones (of a channel that does not run)."""
    rows = read.execute(
        f"SELECT {_BROADCAST} FROM broadcasts b WHERE state = 'sending' AND NOT EXISTS ({_WAITING}) ORDER BY id", (now,)  # noqa: S608
    )
    return tuple(Broadcast(*row) for row in rows)


def outdated(read: Snapshot, now: int) -> tuple[Broadcast, ...]:
    """Those whose letters are about to be forgotten, and which have not been reduced to their counts."""
    rows = read.execute(
        f"SELECT {_BROADCAST} FROM broadcasts WHERE created_at < ? AND counts IS NULL"  # noqa: S608
        " AND COALESCE(started_at, send_at) < ? AND state NOT IN ('scheduled', 'sending') ORDER BY id",
        (now - KEEP_SECONDS, now - KEEP_SECONDS),
    )
    return tuple(Broadcast(*row) for row in rows)


def add(tx: Transaction, given: Broadcast, people: int) -> None:
    """Note a confirmed broadcast. Raises Conflict when it was confirmed before. ``people``: how many it reaches as of now."""
    if broadcast(Snapshot(tx), given.id) is not None:
        raise Conflict(f"broadcast {given.id} was confirmed already")
    tx.execute(
        f"INSERT INTO broadcasts ({_BROADCAST}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            given.id, given.created_by, given.created_at, given.audience, given.body, given.sha256, given.media_type, given.file_name,
            given.signed_as, given.send_at, "scheduled", 0, None, None, None,
            given.public_picture,
        ),
    )  # fmt: skip
    told = f"{given.audience} · {people} · {given.send_at}"
    audit.note(tx, given.created_at, given.created_by, "broadcast.confirm", f"broadcast:{given.id}", after=told)


def send(
    tx: Transaction, broadcast_id: str, expected: str, round_: int, targets: Sequence[Target], silent: Sequence[str], reply: str, now: int,
    expires_at: int, by: str | None = None, not_before: int | None = None,
) -> None:  # fmt: skip
    """Queue the letters of a round, in one go however many they are.

    ``silent`` are the units in which nobody has joined, ``reply`` is the neutral letter as JSON, the same for all. Raises Conflict when
    the broadcast is no longer ``expected`` or another round has begun.
    """
    row = tx.execute("SELECT state, round FROM broadcasts WHERE id = ?", (broadcast_id,)).fetchone()
    if row is None or (row[0], row[1] + 1) != (expected, round_):
        raise Conflict(f"broadcast {broadcast_id} has moved on")
    tx.execute(
        "UPDATE broadcasts SET state = 'sending', round = ?, started_at = COALESCE(started_at, ?), ended_at = NULL WHERE id = ?",
        (round_, now, broadcast_id),
    )
    tx.execute("DELETE FROM broadcast_recipients WHERE broadcast_id = ? AND person_id = ''", (broadcast_id,))
    if round_ > 1:      # somebody who has changed his unit since is one recipient, not two
        tx.executemany(
            "DELETE FROM broadcast_recipients WHERE broadcast_id = ? AND person_id = ?",
            [(broadcast_id, each.to.person_id) for each in targets],
        )
    tx.executemany(
        "INSERT INTO broadcast_recipients (broadcast_id, unit_id, person_id, role, state, round) VALUES (?, ?, ?, ?, ?, ?)",
        [
            *((broadcast_id, each.unit_id, each.to.person_id, each.role, _first_state(each.to), round_) for each in targets),
            *((broadcast_id, unit_id, "", "", "unreachable", round_) for unit_id in silent),
        ],
    )
    perhaps = {
        row[0]
        for row in tx.execute(
            "SELECT person_id FROM outbox WHERE broadcast_id = ? AND state = 'failed' AND error LIKE 'unknown%'", (broadcast_id,)
        )
    }
    letters = [
        (
            letter_key(broadcast_id, each.to.person_id, round_), each.to.channel, each.to.address, each.to.person_id, each.to.language,
            reply, now if not_before is None else not_before, expires_at, now, broadcast_id,
            _PERHAPS if each.to.person_id in perhaps else None,
        )
        for each in targets
        if each.to.address is not None
    ]  # fmt: skip
    tx.executemany(
        "INSERT OR IGNORE INTO outbox (key, channel, address, person_id, lane, language, reply, not_before, expires_at, created_at,"
        " broadcast_id, parts) VALUES (?, ?, ?, ?, 'broadcast', ?, ?, ?, ?, ?, ?, ?)",
        letters,
    )
    action = "broadcast.send" if round_ == 1 else "broadcast.resend"
    audit.note(tx, now, by, action, f"broadcast:{broadcast_id}", after=str(len(letters)))


def _first_state(to: Addressee) -> str:
    return "queued" if to.address is not None else "blocked" if to.blocked else "unreachable"


def cancel(tx: Transaction, broadcast_id: str, by: str, now: int) -> None:
    """Stop it: what still waits is dropped. Raises Conflict when there is nothing to stop any more."""
    stopped = tx.execute(
        "UPDATE broadcasts SET state = 'cancelled', ended_at = ? WHERE id = ? AND state IN ('scheduled', 'sending')", (now, broadcast_id)
    )
    if stopped.rowcount == 0:
        raise Conflict(f"broadcast {broadcast_id} has ended already")
    dropped = tx.execute(
        "UPDATE outbox SET state = 'dropped', error = 'cancelled' WHERE broadcast_id = ? AND state = 'waiting'", (broadcast_id,)
    )
    audit.note(tx, now, by, "broadcast.cancel", f"broadcast:{broadcast_id}", after=str(dropped.rowcount))


def end(tx: Transaction, broadcast_id: str, state: str, now: int) -> None:
    """It is ``done``, or was ``missed`` (its time passed while the program was down).

    Nothing happens when it has ended already, or when another round has begun since it was looked at. Expired letters are dropped.
    """
    ended = tx.execute(
        "UPDATE broadcasts AS b SET state = ?, ended_at = ? WHERE id = ? AND state IN ('scheduled', 'sending')"  # noqa: S608
        f" AND NOT EXISTS ({_WAITING})",
        (state, now, broadcast_id, now),
    )
    if ended.rowcount:
        tx.execute("UPDATE outbox SET state = 'dropped', error = 'expired' WHERE broadcast_id = ? AND state = 'waiting'", (broadcast_id,))


def mark_told(tx: Transaction, broadcast_id: str) -> None:
    """Its sender reads who has not got it: no further alert tells the same of its letters and of the addresses that refused them."""
    tx.execute("UPDATE outbox SET told = 1 WHERE broadcast_id = ? AND state = 'failed'", (broadcast_id,))
    tx.execute(
        "UPDATE accounts SET blocked_told = 1 WHERE blocked_at IS NOT NULL AND EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast_id = ?"
        " AND o.state = 'blocked' AND o.channel = accounts.channel AND o.address = accounts.address)",
        (broadcast_id,),
    )


def reduce(tx: Transaction, broadcast_id: str, counted: str) -> None:
    """Keep only the counts (JSON): text, file and recipients are forgotten with the letters."""
    tx.execute("UPDATE broadcasts SET body = '', sha256 = NULL, file_name = '', counts = ? WHERE id = ?", (counted, broadcast_id))
    tx.execute("DELETE FROM broadcast_recipients WHERE broadcast_id = ?", (broadcast_id,))
