"""Linking a second account to a person: one-time codes, shown on the one account and typed on the other; and taking a link back."""

from __future__ import annotations

from dataclasses import dataclass

from storage import audit, invitations, page_links, people
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

LIVES_SECONDS = 10 * 60
HANDED_SECONDS = 86_400
"""How long a code is good that the secretary gives to somebody who has lost his way in."""


@dataclass(frozen=True, slots=True)
class LinkCode:
    """Whose account a code adds to, and where it was shown; instants in epoch seconds."""

    code_hash: str
    person_id: str
    channel: str
    address: str
    expires_at: int
    used_at: int | None


def by_hash(read: Snapshot, code_hash: str) -> LinkCode | None:
    """The link of a code by its `invitations.digest`."""
    row = read.execute(
        "SELECT code_hash, person_id, channel, address, expires_at, used_at FROM link_codes WHERE code_hash = ?", (code_hash,)
    ).fetchone()
    return None if row is None else LinkCode(*row)


def add(
    tx: Transaction, code: str, person_id: str, channel: str, address: str, now: int, *, lives: int = LIVES_SECONDS, by: str | None = None
) -> None:
    """Keep the hash of a new code; an older one of the person that was not used is no longer good. ``by``: somebody else asked for it."""
    tx.execute("DELETE FROM link_codes WHERE person_id = ? AND used_at IS NULL", (person_id,))
    code_hash = invitations.digest(code)
    if by_hash(Snapshot(tx), code_hash) is not None or invitations.by_hash(Snapshot(tx), code_hash) is not None:
        raise Conflict("the code exists already")
    tx.execute(
        "INSERT INTO link_codes (code_hash, person_id, channel, address, expires_at) VALUES (?, ?, ?, ?, ?)",
        (code_hash, person_id, channel, address, now + lives),
    )
    if by is not None:
        audit.note(tx, now, by, "account.code", f"person:{person_id}")


def use(tx: Transaction, code_hash: str, channel: str, address: str, now: int) -> None:
    """Link the account. Raises Conflict when the code was used or has expired, or the account belongs to somebody else."""
    done = tx.execute(
        "UPDATE link_codes SET used_at = ? WHERE code_hash = ? AND used_at IS NULL AND expires_at > ?", (now, code_hash, now)
    )
    if done.rowcount != 1:
        raise Conflict("the code has been used or has expired")
    person_id = tx.execute("SELECT person_id FROM link_codes WHERE code_hash = ?", (code_hash,)).fetchone()[0]
    people.link(tx, channel, address, person_id, now)
    audit.note(tx, now, person_id, "account.link", f"person:{person_id}", after=channel)


def end_code(tx: Transaction, code_hash: str, now: int) -> None:
    """The code, if it is one and unused, is not good any more: others have seen it."""
    tx.execute("UPDATE link_codes SET expires_at = ?1 WHERE code_hash = ?2 AND used_at IS NULL AND expires_at > ?1", (now, code_hash))


def unlink(tx: Transaction, person_id: str, channel: str, address: str, now: int) -> None:
    """Take an account from its person. Raises Conflict when it is not his, or his only one (then nobody could reach him)."""
    accounts = people.accounts(Snapshot(tx), person_id)
    others = [each for each in accounts if (each.channel, each.address) != (channel, address)]
    if len(others) != len(accounts) - 1 or not others:
        raise Conflict(f"{channel} is not an account that can be taken from {person_id}")
    tx.execute("DELETE FROM accounts WHERE channel = ? AND address = ?", (channel, address))
    if not any(each.preferred for each in others):
        people.prefer(tx, person_id, others[0].channel, others[0].address)
    tx.execute("DELETE FROM menus WHERE channel = ? AND address = ?", (channel, address))
    page_links.leave_account(tx, channel, address, now)
    audit.note(tx, now, person_id, "account.unlink", f"person:{person_id}", before=channel)


def drop_old(tx: Transaction, now: int) -> None:
    """Forget codes a day after they ended."""
    tx.execute("DELETE FROM link_codes WHERE expires_at < ?", (now - 86_400,))
