"""Rights that were ended since a backup was made, so that restoring it gives none of them back.

Compared are the backup and the database that stands in its place at the moment, as far as that can be read. What was given since is lost
with the rest; what was taken stays taken: accounts, posts, codes, sessions of the chat page, links to pages, locks after wrong codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from storage import backup, web_chat
from storage.connection import Transaction
from storage.database_file import emptied
from storage.errors import StorageError
from storage.migrations import recognised

FIRST_SCHEMA = 8
"""From this schema on there is each of the tables that are compared."""

Account = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rights:
    """What stands in the present database. ``accounts``: (channel, address) -> (person, since when it refuses messages);
    ``posts``: id -> last day; ``codes``: digest -> when it ended or was used (None: it is good); ``locks``: rows of ``wrong_codes``.
    """

    people: frozenset[str]
    accounts: dict[Account, tuple[str, int | None]]
    posts: dict[str, str | None]
    invitations: dict[str, int | None]
    link_codes: dict[str, int | None]
    sessions: frozenset[str]
    links: frozenset[str]
    locks: tuple[tuple[str, str, int, int, int], ...]


def present(database: Path, now: int) -> Rights | None:
    """The rights of the database at ``database``; None where there is none that can be read."""
    if not database.exists() or emptied(database):
        return None
    try:
        with backup.reading(database) as connection:
            if recognised(connection) < FIRST_SCHEMA:
                return None
            codes = "SELECT code_hash, CASE WHEN used_at IS NOT NULL THEN used_at WHEN expires_at <= ? THEN expires_at END FROM "
            return Rights(
                frozenset(row[0] for row in connection.execute("SELECT id FROM people")),
                {(row[0], row[1]): (row[2], row[3])
                 for row in connection.execute("SELECT channel, address, person_id, blocked_at FROM accounts")},
                dict(connection.execute("SELECT id, valid_to FROM posts").fetchall()),
                dict(connection.execute(codes + "invitations", (now,)).fetchall()),
                dict(connection.execute(codes + "link_codes", (now,)).fetchall()),
                frozenset(row[0] for row in connection.execute("SELECT address FROM web_sessions WHERE ended = 0")),
                frozenset(row[0] for row in connection.execute("SELECT token_hash FROM page_links WHERE revoked_at IS NULL")),
                tuple(connection.execute("SELECT channel, address, tries, locked_until, at FROM wrong_codes").fetchall()),
            )  # fmt: skip
    except StorageError:
        return None    # damaged: this is why it is restored


def end(tx: Transaction, rights: Rights | None, now: int) -> None:
    """End in the restored database what has been ended in the present one. People whom the present one does not know keep theirs: it is
    another database, or a new one."""
    if rights is None:
        return
    _end_pages(tx, rights, now)
    _end_accounts(tx, rights)
    _end_posts(tx, rights)
    _end_codes(tx, rights, now)
    tx.executemany("INSERT OR REPLACE INTO wrong_codes (channel, address, tries, locked_until, at) VALUES (?, ?, ?, ?, ?)", rights.locks)


def _end_accounts(tx: Transaction, rights: Rights) -> None:
    for channel, address, person_id in tx.execute("SELECT channel, address, person_id FROM accounts").fetchall():
        owner, blocked_at = rights.accounts.get((channel, address), ("", None))
        if owner == person_id:
            tx.execute(
                "UPDATE accounts SET blocked_at = COALESCE(blocked_at, ?) WHERE channel = ? AND address = ?",
                (blocked_at, channel, address),
            )
        elif owner or person_id in rights.people:
            tx.execute("DELETE FROM accounts WHERE channel = ? AND address = ?", (channel, address))


def _end_posts(tx: Transaction, rights: Rights) -> None:
    for post_id, last_day in rights.posts.items():
        if last_day is not None:
            tx.execute(
                "UPDATE posts SET valid_to = ?1 WHERE id = ?2 AND (valid_to IS NULL OR valid_to > ?1)", (last_day, post_id)
            )


def _end_codes(tx: Transaction, rights: Rights, now: int) -> None:
    for code_hash, ended_at in rights.invitations.items():
        if ended_at is not None:
            tx.execute("UPDATE invitations SET expires_at = MIN(expires_at, ?) WHERE code_hash = ?", (min(ended_at, now), code_hash))
    for code_hash, person_id in tx.execute("SELECT code_hash, person_id FROM link_codes WHERE used_at IS NULL").fetchall():
        known = code_hash in rights.link_codes
        if rights.link_codes.get(code_hash) is not None or (not known and person_id in rights.people):
            tx.execute("DELETE FROM link_codes WHERE code_hash = ?", (code_hash,))


def _end_pages(tx: Transaction, rights: Rights, now: int) -> None:
    owners = "SELECT s.address, a.person_id FROM web_sessions s LEFT JOIN accounts a ON a.channel = 'web' AND a.address = s.address"
    for address, person_id in tx.execute(f"{owners} WHERE s.ended = 0").fetchall():
        if address not in rights.sessions and (person_id is None or person_id in rights.people):
            web_chat.end(tx, address, now)
    for token_hash, person_id in tx.execute(
        "SELECT token_hash, person_id FROM page_links WHERE revoked_at IS NULL AND person_id IS NOT NULL"
    ).fetchall():
        if token_hash not in rights.links and person_id in rights.people:
            tx.execute("UPDATE page_links SET revoked_at = ? WHERE token_hash = ?", (now, token_hash))
