"""The web chat: which browser may see which conversation, and what stands on the page.

A session belongs to one address of the channel ``web``; whose it is says the account of that address. When the account goes (unlinked,
erased) its session ends and its messages go with it: triggers of the schema see to that, whoever takes the account away. So do the pages
end that the session's browser has opened, a report form that is being filled in among them.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import NamedTuple

from storage import audit, linking, page_links, people
from storage.connection import Snapshot, Transaction
from storage.errors import Conflict

CHANNEL = "web"
STRANGER_SECONDS = 86_400
"""How long a browser whose person has not joined yet may come back to its conversation."""

SEEN_STEP = 3_600
KEEP_SECONDS = 90 * 86_400
PROTECT_SECONDS = 3_600
"""How long a code can be read on the page again."""

BROWSER = "browser:"
"""How the addresses begin under which the wrong codes of browsers that are not signed in are counted."""

MOST_MESSAGES = 1_000
"""Of one address; older ones go."""


class Lifetimes(NamedTuple):
    """How long a session lives, in seconds: not used, and however much it is used (`THIDUA_WEBCHAT`)."""

    idle: int
    longest: int


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's; ``name`` as typed at the sign-in, instants in epoch seconds. ``ended``: 1 while a last message may come, 2 when over."""

    address: str
    name: str
    created_at: int
    seen_at: int
    expires_at: int
    ends_at: int
    ended: int

    def lives(self, now: int) -> bool:
        return self.ended == 0 and now < min(self.expires_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on the page, or the new content of the one at ``place``. ``buttons`` is JSON, ``key`` the page's own of what it sent."""

    number: int
    place: int
    author: str
    key: str
    kind: str
    text: str
    buttons: str
    sha256: str
    name: str
    media_type: str
    at: int


_PAGE_LINK = re.compile(r"(/p/#?)[A-Za-z0-9_-]{43}")
"""The token of a page's link: of others only digests are kept."""

_SESSION = "address, name, created_at, seen_at, expires_at, ends_at, ended"
_SHOWN = "number, COALESCE(place, number), author, COALESCE(key, ''), kind, text, buttons, sha256, name, media_type, at"


def digest(secret: str) -> str:
    """What is kept of a cookie. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def by_secret(read: Snapshot, secret: str) -> Session | None:
    """The session of a cookie, also one that has ended."""
    row = read.execute(f"SELECT {_SESSION} FROM web_sessions WHERE secret_hash = ?", (digest(secret),)).fetchone()  # noqa: S608
    return None if row is None else Session(*row)


def at_address(read: Snapshot, address: str) -> Session | None:
    row = read.execute(f"SELECT {_SESSION} FROM web_sessions WHERE address = ?", (address,)).fetchone()  # noqa: S608
    return None if row is None else Session(*row)


def of_person(read: Snapshot, person_id: str, now: int) -> tuple[Session, ...]:
    """The browsers in which a person is signed in, the one used last in front."""
    rows = read.execute(
        f"SELECT {_SESSION} FROM web_sessions WHERE address IN (SELECT address FROM accounts WHERE channel = ? AND person_id = ?)"  # noqa: S608
        " ORDER BY seen_at DESC, address",
        (CHANNEL, person_id),
    )
    return tuple(session for session in (Session(*row) for row in rows) if session.lives(now))


def open_session(
    tx: Transaction, secret: str, address: str, name: str, now: int, lifetimes: Lifetimes, browser: str | None = None
) -> None:  # fmt: skip
    """A new session at an address of its own. Raises Conflict where the address is known: nobody gets another one's conversation.

    ``browser``: the secret of the browser, to which pages are bound.
    """
    if at_address(Snapshot(tx), address) is not None or people.by_account(Snapshot(tx), CHANNEL, address) is not None:
        raise Conflict("this address is somebody's")
    tx.execute(
        "INSERT INTO web_sessions (address, secret_hash, name, created_at, seen_at, expires_at, ends_at, browser_hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            address, digest(secret), name, now, now, now + lifetimes.idle, now + lifetimes.longest,
            None if browser is None else page_links.digest(browser),
        ),
    )  # fmt: skip


def opens_pages(tx: Transaction, secret: str, browser: str) -> None:
    """A page is opened in the browser of this session, whose own name changes every few days: it ends with the session."""
    tx.execute(
        "UPDATE web_sessions SET browser_hash = ? WHERE secret_hash = ? AND ended = 0", (page_links.digest(browser), digest(secret))
    )


def expect_open(tx: Transaction, address: str, now: int) -> None:
    """Raises Conflict when the session was ended between the look and the commit."""
    session = at_address(Snapshot(tx), address)
    if session is None or not session.lives(now):
        raise Conflict("the session was ended meanwhile")


def seen(tx: Transaction, address: str, now: int, lifetimes: Lifetimes) -> None:
    """The session was used: its time without use begins anew."""
    tx.execute(
        "UPDATE web_sessions SET seen_at = :now, expires_at = :until WHERE address = :address AND ended = 0 AND seen_at < :now",
        {"now": now, "until": now + lifetimes.idle, "address": address},
    )


def end(tx: Transaction, address: str, now: int) -> None:
    """End the session. The account goes too, unless it is the person's only one: then it counts as one that takes no messages."""
    tx.execute("UPDATE web_sessions SET ended = 2 WHERE address = ?", (address,))
    owner = people.by_account(Snapshot(tx), CHANNEL, address)
    if owner is None:
        return
    audit.note(tx, now, owner.id, "session.end", f"person:{owner.id}", before=CHANNEL)
    _let_go(tx, owner.id, address, now)


def end_all(tx: Transaction, person_id: str, now: int) -> None:
    """End a person's sessions in every browser."""
    for session in of_person(Snapshot(tx), person_id, now):
        end(tx, session.address, now)


def _let_go(tx: Transaction, person_id: str, address: str, now: int) -> None:
    if len(people.accounts(Snapshot(tx), person_id)) > 1:
        linking.unlink(tx, person_id, CHANNEL, address, now)
    else:
        people.mark_blocked(tx, CHANNEL, address, now)


def show(
    tx: Transaction, address: str, author: str, kind: str, text: str, buttons: str, now: int, *, key: str | None = None, sha256: str = "",
    name: str = "", media_type: str = "", protect: bool = False, replaces: int | None = None,
) -> int:  # fmt: skip
    """Put a message on the page and return its place there; the same ``key`` again changes nothing.

    ``replaces``: the place of the message it takes, where that still stands.
    """
    if key is not None:
        known = tx.execute("SELECT COALESCE(place, number) FROM web_messages WHERE address = ? AND key = ?", (address, key)).fetchone()
        if known is not None:
            return int(known[0])
    place = None
    if replaces is not None:
        gone = tx.execute("DELETE FROM web_messages WHERE address = ? AND COALESCE(place, number) = ?", (address, replaces))
        place = replaces if gone.rowcount else None
    done = tx.execute(
        "INSERT INTO web_messages (place, address, author, key, kind, text, buttons, sha256, name, media_type, protect, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (place, address, author, key, kind, text, buttons, sha256, name, media_type, int(protect), now),
    )
    return place or int(done.lastrowid or 0)


def deliver(
    tx: Transaction, address: str, kind: str, text: str, buttons: str, now: int, *, key: str | None, sha256: str, name: str,
    media_type: str, protect: bool, replaces: int | None,
) -> int | None:  # fmt: skip
    """Put an answer or a reminder on the page and return its place; None where no browser can see it any more.

    The same ``key`` again (the program ended before it had noted that it stands there) changes nothing.

    After an account has gone the answer to what took it away is still shown, and nothing else.
    """
    session = at_address(Snapshot(tx), address)
    if session is None or (not session.lives(now) and session.ended != 1):
        return None
    if session.ended == 1:
        tx.execute("UPDATE web_sessions SET ended = 2 WHERE address = ?", (address,))
    return show(
        tx, address, "bot", kind, text, buttons, now, key=key, sha256=sha256, name=name, media_type=media_type, protect=protect,
        replaces=replaces,
    )  # fmt: skip


def after(read: Snapshot, address: str, number: int, most: int) -> tuple[Shown, ...]:
    """What changed after ``number``, in that order: the latest ``most`` at the most."""
    rows = read.execute(
        f"SELECT {_SHOWN} FROM web_messages WHERE address = ? AND number > ? ORDER BY number DESC LIMIT ?",  # noqa: S608
        (address, number, most),
    ).fetchall()
    return tuple(Shown(*row) for row in reversed(rows))


def label(read: Snapshot, address: str, place: int, data: str) -> str:
    """What stands on the button that sends ``data`` in the message at ``place``; "" where it does not stand there any more."""
    row = read.execute(
        "SELECT buttons FROM web_messages WHERE address = ? AND COALESCE(place, number) = ? AND author = 'bot'", (address, place)
    ).fetchone()
    rows = [] if row is None else json.loads(row[0])
    return next((str(button["label"]) for line in rows for button in line if button["data"] == data), "")


def file_shown(read: Snapshot, address: str, sha256: str) -> tuple[str, str] | None:
    """(name, media type) of a file that stands on this page; None for any other."""
    row = read.execute(
        "SELECT name, media_type FROM web_messages WHERE address = ? AND sha256 = ? AND sha256 <> ''", (address, sha256)
    ).fetchone()
    return None if row is None else (row[0], row[1])


def drop_old(tx: Transaction, now: int) -> None:
    """Forget sessions that are over, yesterday's strangers, wrong codes and links to pages, messages after 90 days, codes after an hour.

    An account whose browser is gone goes too, as soon as its person has another one.
    """
    over = "ended > 0 OR expires_at <= :now OR ends_at <= :now"
    own = "EXISTS (SELECT 1 FROM accounts a WHERE a.channel = :web AND a.address = web_sessions.address)"
    given = {"now": now, "web": CHANNEL, "stranger": now - STRANGER_SECONDS}
    tx.execute(f"DELETE FROM web_sessions WHERE {over} OR (created_at <= :stranger AND NOT {own})", given)  # noqa: S608
    left = tx.execute(
        "SELECT person_id, address FROM accounts a WHERE channel = ?"
        " AND NOT EXISTS (SELECT 1 FROM web_sessions s WHERE s.address = a.address) ORDER BY linked_at",
        (CHANNEL,),
    )
    for person_id, address in left.fetchall():
        _let_go(tx, person_id, address, now)
    tx.execute("DELETE FROM web_messages WHERE at <= ? OR (protect = 1 AND at <= ?)", (now - KEEP_SECONDS, now - PROTECT_SECONDS))
    yesterday = now - STRANGER_SECONDS
    linked = tx.execute("SELECT number, text FROM web_messages WHERE at <= ? AND text LIKE '%/p/%'", (yesterday,))
    for number, text in linked.fetchall():
        tx.execute("UPDATE web_messages SET text = ? WHERE number = ?", (_PAGE_LINK.sub(r"\1…", text), number))
    tx.execute("DELETE FROM wrong_codes WHERE channel = ? AND address LIKE ? AND at <= ?", (CHANNEL, f"{BROWSER}%", yesterday))
    crowded = tx.execute("SELECT address FROM web_messages GROUP BY address HAVING COUNT(*) > ?", (MOST_MESSAGES,))
    for (address,) in crowded.fetchall():
        tx.execute(
            "DELETE FROM web_messages WHERE address = :a AND number <="
            " (SELECT number FROM web_messages WHERE address = :a ORDER BY number DESC LIMIT 1 OFFSET :most)",
            {"a": address, "most": MOST_MESSAGES},
        )
