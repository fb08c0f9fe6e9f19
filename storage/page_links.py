"""Links to pages of one's own: random, short-lived, for one person and one browser. Only digests of tokens and browsers are kept.

A link can be forwarded, and messengers open it for a preview; so it opens nothing by itself. It is bound to the first browser in which
its button is tapped. The addresses of the pages behind it name the digest, which opens nothing: every machine on the way may log them.
Pictures are the exception: a platform's servers fetch them without cookies, so they show public facts only.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from storage import audit
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

Kind = Literal["form", "upload", "file", "picture"]
KEEP_ENDED_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class PageLink:
    """What a token leads to. ``subject``: ``duty:ID`` (form, upload), ``SHA256 MEDIA/TYPE NAME`` (file), ``SHA256 MEDIA/TYPE`` (picture).

    ``report:ID`` instead of the duty: its filed report is corrected; of a form with the revision over which it was opened.
    ``duty:ID ITEM`` and ``report:ID ITEM`` name the item that evidence is for. ``channel`` and ``address``: the account it was given to;
    the chat there is told what was done, and without the account the link is dead. ``person_id`` is None for pictures alone.
    ``bound_hash``: the digest of the browser it belongs to since ``opened_at``.
    """

    token_hash: str
    kind: Kind
    person_id: str | None
    subject: str
    channel: str | None
    address: str | None
    created_at: int
    expires_at: int
    bound_hash: str | None = None
    opened_at: int | None = None
    revoked_at: int | None = None

    def alive(self, now: int) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def belongs_to(self, browser: str) -> bool:
        """Whether it was opened in the browser with this secret."""
        return self.bound_hash is not None and hmac.compare_digest(self.bound_hash, digest(browser))


_LINK = "token_hash, kind, person_id, subject, channel, address, created_at, expires_at, bound_hash, opened_at, revoked_at"


def digest(secret: str) -> str:
    """What is kept of a token or a browser's cookie. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def by_token(read: Snapshot, token: str) -> PageLink | None:
    """The link of a token, also one that has ended: the page says so."""
    row = read.execute(f"SELECT {_LINK} FROM page_links WHERE token_hash = ?", (digest(token),)).fetchone()  # noqa: S608
    return None if row is None else PageLink(*row)


def by_page(read: Snapshot, page: str) -> PageLink | None:
    """The link of a page, by the digest in its address. A page that was opened before addresses named digests has its token there."""
    row = read.execute(f"SELECT {_LINK} FROM page_links WHERE token_hash = ?", (page,)).fetchone()  # noqa: S608
    return by_token(read, page) if row is None else PageLink(*row)


def add(
    tx: Transaction, token: str, kind: Kind, person_id: str | None, subject: str, now: int, expires_at: int,
    account: tuple[str, str] | None = None,
) -> None:  # fmt: skip
    """Keep a new link. A form or upload page of the same person and subject that nobody has opened yet ends with it."""
    if kind in ("form", "upload"):
        tx.execute(
            "UPDATE page_links SET revoked_at = ? WHERE kind = ? AND person_id = ? AND subject = ? AND opened_at IS NULL"
            " AND revoked_at IS NULL",
            (now, kind, person_id, subject),
        )
    tx.execute(
        "INSERT INTO page_links (token_hash, kind, person_id, subject, channel, address, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (digest(token), kind, person_id, subject, *(account or (None, None)), now, expires_at),
    )


def bind(tx: Transaction, token: str, browser: str, now: int) -> None:
    """Give the link to a browser, and note that it was opened. Raises Conflict when it belongs to another one or has ended."""
    found = by_token(Snapshot(tx), token)
    if found is None or not found.alive(now):
        raise Conflict("the link has ended")
    if found.bound_hash == digest(browser):
        return
    if found.bound_hash is not None:
        raise Conflict("the link belongs to another browser")
    tx.execute("UPDATE page_links SET bound_hash = ?, opened_at = ? WHERE token_hash = ?", (digest(browser), now, found.token_hash))
    audit.note(tx, now, found.person_id, "page.open", f"page:{found.kind}", after=found.subject.partition(" ")[0])


def expect_open(tx: Transaction, page: str, browser: str, now: int) -> None:
    """What a page changes, it changes only while it is open. Raises Conflict when it was ended between the look and the commit."""
    found = by_page(Snapshot(tx), page)
    if found is None or not found.alive(now) or not found.belongs_to(browser):
        raise Conflict("the page was ended meanwhile")


def renew(tx: Transaction, token_hash: str, expires_at: int) -> None:
    """A page that is being used stays open longer. Never shortens, never brings an ended one back."""
    tx.execute(
        "UPDATE page_links SET expires_at = ?2 WHERE token_hash = ?1 AND expires_at < ?2 AND revoked_at IS NULL", (token_hash, expires_at)
    )


def revoke(tx: Transaction, page: str, now: int) -> None:
    """End one page, by the digest in its address."""
    tx.execute("UPDATE page_links SET revoked_at = ? WHERE token_hash = ? AND revoked_at IS NULL", (now, page))


def revoke_all(tx: Transaction, person_id: str, now: int) -> None:
    """End every page of a person: he leaves, or asks for it."""
    tx.execute("UPDATE page_links SET revoked_at = ? WHERE person_id = ? AND revoked_at IS NULL", (now, person_id))


def open_pages(read: Snapshot, person_id: str, now: int) -> int:
    """How many of a person's pages can be used now."""
    row = read.execute(
        "SELECT COUNT(*) FROM page_links WHERE person_id = ? AND revoked_at IS NULL AND expires_at > ?", (person_id, now)
    ).fetchone()
    return int(row[0])


def leave_account(tx: Transaction, channel: str, address: str, now: int) -> None:
    """End the pages that were given to an account which is taken away."""
    tx.execute(
        "UPDATE page_links SET revoked_at = ? WHERE channel = ? AND address = ? AND revoked_at IS NULL", (now, channel, address)
    )


def leave_browser(tx: Transaction, browser: str, person_id: str | None, now: int) -> None:
    """Somebody signs in to this browser: what others have opened in it ends. ``person_id``: whose code it is; None: of somebody new."""
    tx.execute(
        "UPDATE page_links SET revoked_at = ? WHERE bound_hash = ? AND person_id IS NOT ? AND revoked_at IS NULL",
        (now, digest(browser), person_id),
    )


def opened(read: Snapshot, person_id: str, limit: int) -> tuple[PageLink, ...]:
    """The pages that were opened last, the newest first."""
    rows = read.execute(
        f"SELECT {_LINK} FROM page_links WHERE person_id = ? AND opened_at IS NOT NULL ORDER BY opened_at DESC LIMIT ?",  # noqa: S608
        (person_id, limit),
    )
    return tuple(PageLink(*row) for row in rows)


def drop_old(tx: Transaction, now: int) -> None:
    """Forget what ended a week ago."""
    tx.execute("DELETE FROM page_links WHERE expires_at < ?", (now - KEEP_ENDED_SECONDS,))
