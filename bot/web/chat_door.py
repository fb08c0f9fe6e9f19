"""The door of the chat page: whose browser asks, whether it may, and what it is told otherwise.

A browser's session is a cookie of its own, which no script can read and no other site can send. Each request also names the session that
its page shows: a page that was left open is not answered with the conversation of whoever has signed in since.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.application import Application
from bot.channels.base import Unreachable
from bot.channels.web_kept import Kept
from bot.language import Language
from bot.turns import NOT_STORED
from bot.web import security
from bot.web.deciding import Decision, decide
from handlers.kit.message import Message, m
from storage import people, web_chat
from storage.connection import Snapshot, effect
from storage.errors import Conflict, StorageError
from storage.people import Person, Post
from storage.web_chat import Session

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
READS = frozenset({"GET", "HEAD"})
PAGE = "X-Thidua-Session"

WRITES = 60
WRITE_SECONDS = 60.0
CLIENT_WRITES = 600
WRONG_CODES = 20
WRONG_SECONDS = 600.0
"""Wrong codes from one client, whatever browser it says it is. One browser has five an hour, as every chat."""

SIGN_IN = m("Please sign in with a code.")
ENDED = m("The session in this browser has ended. To sign in again, a new code is needed.")
OTHER = m("Somebody else has signed in to this browser since. This page shows nothing any more.")
FOREIGN = m("The request did not come from this page. Please open the chat page anew.")
TOO_FAST = m("Too much at once. Please wait a minute.")
TOO_MANY_CODES = m("Too many wrong codes from this network. Please try again in ten minutes.")
TOO_LARGE = m("The file is too large: at most 20 MB.")
STARTING = m("The system is just starting. What was sent is sent again by itself.")


class Denied(Exception):
    """A request is not done: its status, the sentence for the page, and what else the page needs to know."""

    def __init__(self, status: int, message: Message, **told: str | bool) -> None:
        super().__init__(message.msgid)
        self.status = status
        self.message = message
        self.told = told


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose browser it is: ``person`` is None as long as he has not agreed to join."""

    session: Session
    person: Person | None
    posts: tuple[Post, ...]
    language: Language


class Door:
    """What the routes of the chat page share. ``public_url``: where officers reach the site, without a slash at the end."""

    def __init__(self, application: Application, channel: Kept, public_url: str) -> None:
        self.application = application
        self.channel = channel
        self.public_url = public_url
        self.wrong_codes = security.Limit(WRONG_CODES, WRONG_SECONDS)
        self._writes = security.Limit(WRITES, WRITE_SECONDS)
        self._client_writes = security.Limit(CLIENT_WRITES, WRITE_SECONDS)
        secure = public_url.startswith("https:")
        self._secure = secure
        self._cookie = security.SECURE_CHAT_COOKIE if secure else security.CHAT_COOKIE

    # Who it is ----------------------------------------------------------------------------------------------------------------

    async def visitor(self, request: web.Request) -> Visitor:
        """Who asks. Raises Denied: 401 for a browser that is not signed in, 409 for a page of another session."""
        secret = self.secret(request)
        shown = request.headers.get(PAGE) or request.query.get("session") or ""
        if not secret:
            raise Denied(401, SIGN_IN, ended=False)

        def look(read: Snapshot, now: int) -> Decision[Visitor | None]:
            visitor = self.known(read, now, secret)
            if visitor is None:
                known = web_chat.by_secret(read, secret)
                # Who holds no post any more sees nothing here either: the session ends, and with it what it shows.
                over = known is not None and known.lives(now)
                return Decision(None, (effect(web_chat.end, known.address, now),) if known is not None and over else ())
            if shown and shown != visitor.session.address:
                raise Denied(409, OTHER, ended=True)
            stale = visitor.session.seen_at <= now - web_chat.SEEN_STEP
            touched = effect(web_chat.seen, visitor.session.address, now, self.channel.lifetimes)
            return Decision(visitor, (touched,) if stale else ())

        visitor = await decide(self.application, look)
        if visitor is None:
            raise Denied(401, ENDED, ended=True)
        return visitor

    def known(self, read: Snapshot, now: int, secret: str) -> Visitor | None:
        """The visitor of a cookie, if its session lives and its person may still see something."""
        session = web_chat.by_secret(read, secret) if secret else None
        if session is None or not session.lives(now):
            return None
        person = people.by_account(read, web_chat.CHANNEL, session.address)
        if person is None:
            begun = session.created_at > now - web_chat.STRANGER_SECONDS
            return Visitor(session, None, (), self.language("")) if begun else None
        posts = people.posts(read, person.id, self.today(now))
        if person.erased_at is not None or not posts:
            return None
        return Visitor(session, person, posts, self.language(person.language))

    def today(self, now: int) -> str:
        return datetime.fromtimestamp(now, self.application.zone).date().isoformat()

    def language(self, code: str) -> Language:
        return self.application.languages.get(code) or self.application.languages[self.application.language]

    # Cookies ------------------------------------------------------------------------------------------------------------------

    def secret(self, request: web.Request) -> str:
        """The session's secret; "" for a browser that has none, or something that we never gave it."""
        return security.chat_session(request, secure=self._secure)

    def remember(self, response: web.StreamResponse, secret: str) -> None:
        longest = self.channel.lifetimes.longest
        response.set_cookie(self._cookie, secret, max_age=longest, httponly=True, samesite="Strict", secure=self._secure, path="/")

    def forget(self, response: web.StreamResponse) -> None:
        response.del_cookie(self._cookie, httponly=True, samesite="Strict", secure=self._secure, path="/")

    # The guard ----------------------------------------------------------------------------------------------------------------

    def may_write(self, session: Session) -> None:
        """Raises Denied where a session writes faster than anybody types."""
        self._count(self._writes, session.address)

    def guarded(self, handler: Handler) -> Handler:
        """A route's handler behind the guard: own pages only, limits, strict headers, and a sentence for each refusal."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if request.method not in READS:
                    if not security.from_own_page(request, self.public_url):
                        raise Denied(403, FOREIGN)
                    self._count(self._client_writes, security.client(request))
                response = await handler(request)
            except Denied as denied:
                response = self._told(denied)
            except web.HTTPRequestEntityTooLarge:
                response = self._told(Denied(413, TOO_LARGE))
            except Conflict:
                response = self._told(Denied(401, ENDED, ended=True))
            except Unreachable:
                response = self._told(Denied(503, STARTING))
            except StorageError:
                log.exception("What a chat page sent could not be stored")
                response = self._told(Denied(503, NOT_STORED))
            security.harden(response)
            return response

        return guarded

    def _count(self, limit: security.Limit, key: str) -> None:
        if limit.reached(key):
            raise Denied(429, TOO_FAST)
        limit.count(key)

    def _told(self, denied: Denied) -> web.Response:
        told: Mapping[str, str | bool] = {"error": self.language("").text(denied.message), **denied.told}
        headers = {"Retry-After": "60"} if denied.status == 429 else {}
        return web.json_response(told, status=denied.status, headers=headers)
