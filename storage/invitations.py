"""Joining codes: single use, hashed, dated; five wrong tries lock an address for an hour."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from storage import audit
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1: read aloud over the telephone they are taken for one another."""

LENGTH = 8
TRIES = 5
LOCK_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Invitation:
    """To which unit (None: the cluster) and role a code leads, and whether it still does."""

    code_hash: str
    unit_id: str | None
    role: str
    created_by: str | None
    created_at: int
    expires_at: int
    used_at: int | None
    used_by: str | None


def digest(code: str) -> str:
    """What is kept of a code. 32^8 codes that live for days and lock after five tries need no slow hash."""
    return hashlib.sha256(code.upper().encode()).hexdigest()


def by_hash(read: Snapshot, code_hash: str) -> Invitation | None:
    """The invitation of a code by its `digest`."""
    row = read.execute(
        "SELECT code_hash, unit_id, role, created_by, created_at, expires_at, used_at, used_by FROM invitations WHERE code_hash = ?",
        (code_hash,),
    ).fetchone()
    return None if row is None else Invitation(*row)


def pending(read: Snapshot, now: int) -> tuple[Invitation, ...]:
    """Codes that can still be used, the ones that end first in front."""
    rows = read.execute(
        "SELECT code_hash, unit_id, role, created_by, created_at, expires_at, used_at, used_by FROM invitations"
        " WHERE used_at IS NULL AND expires_at > ? ORDER BY expires_at",
        (now,),
    )
    return tuple(Invitation(*row) for row in rows)


def locked_until(read: Snapshot, channel: str, address: str) -> int:
    """Until when (epoch) the address may not try codes; 0: it may."""
    row = read.execute("SELECT locked_until FROM wrong_codes WHERE channel = ? AND address = ?", (channel, address)).fetchone()
    return 0 if row is None else int(row[0])


def tries(read: Snapshot, channel: str, address: str, now: int) -> int:
    """Wrong tries of the last hour."""
    row = read.execute(
        "SELECT tries FROM wrong_codes WHERE channel = ? AND address = ? AND at > ?", (channel, address, now - LOCK_SECONDS)
    ).fetchone()
    return 0 if row is None else int(row[0])


def add(
    tx: Transaction, code: str, unit_id: str | None, role: str, created_by: str | None, now: int, expires_at: int
) -> None:
    """Keep the hash of a new code. Raises Conflict in the unlikely case that the code exists."""
    if tx.execute("SELECT 1 FROM invitations WHERE code_hash = ?", (digest(code),)).fetchone() is not None:
        raise Conflict("the code exists already")
    tx.execute(
        "INSERT INTO invitations (code_hash, unit_id, role, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (digest(code), unit_id, role, created_by, now, expires_at),
    )
    audit.note(tx, now, created_by, "invitation.make", f"unit:{unit_id or '-'}", unit_id=unit_id, after=role)


def use(tx: Transaction, code_hash: str, person_id: str, now: int) -> None:
    """Mark the code used. Raises Conflict when somebody was faster or it has expired."""
    done = tx.execute(
        "UPDATE invitations SET used_at = ?, used_by = ? WHERE code_hash = ? AND used_at IS NULL AND expires_at > ?",
        (now, person_id, code_hash, now),
    )
    if done.rowcount != 1:
        raise Conflict("the code has been used or has expired")


def end_code(tx: Transaction, code_hash: str, now: int) -> None:
    """The code, if it is one and unused, is not good any more: others have seen it."""
    done = tx.execute(
        "UPDATE invitations SET expires_at = ?1 WHERE code_hash = ?2 AND used_at IS NULL AND expires_at > ?1", (now, code_hash)
    )
    if done.rowcount == 1:
        audit.note(tx, now, None, "invitation.end", "code")


def count_wrong(tx: Transaction, channel: str, address: str, now: int) -> None:
    """One more wrong try; the fifth within an hour locks the address for an hour."""
    tx.execute(
        "INSERT INTO wrong_codes (channel, address, tries, at) VALUES (:c, :a, 1, :now)"
        " ON CONFLICT (channel, address) DO UPDATE SET tries = CASE WHEN at > :now - :hour THEN tries + 1 ELSE 1 END, at = :now",
        {"c": channel, "a": address, "now": now, "hour": LOCK_SECONDS},
    )
    tx.execute(
        "UPDATE wrong_codes SET locked_until = ?, tries = 0 WHERE channel = ? AND address = ? AND tries >= ?",
        (now + LOCK_SECONDS, channel, address, TRIES),
    )


def forget_wrong(tx: Transaction, channel: str, address: str) -> None:
    tx.execute("DELETE FROM wrong_codes WHERE channel = ? AND address = ?", (channel, address))
