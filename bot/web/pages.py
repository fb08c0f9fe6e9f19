"""The site of signed pages: a link from the chat opens nothing until its button is tapped, and then for that one browser alone.

The key is the fragment of the link, which no browser sends: it comes once, in the body of the tap. All later addresses name its digest,
so the log of no machine on the way holds anything that opens a page. `Site.open` is the door of every page: it looks the page up, asks
whose it is, whether they still have their post and account, and whether this is the browser it belongs to, in the same snapshot in which
the page then decides.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from bot.application import Application
from bot.language import Language
from bot.web import html, security
from bot.web.deciding import Decision, decide
from handlers.kit.message import Message, m
from handlers.kit.reply import File, say
from handlers.kit.turn import Input, Other, Place, Turn
from handlers.kit.wire import queue_effects
from storage import page_links, people, web_chat
from storage.connection import Snapshot, effect
from storage.errors import StorageError
from storage.page_links import Kind, PageLink
from storage.people import Person, Post

log = logging.getLogger(__name__)

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATIC = Path(__file__).with_name("static")
PAGE = "{page:[A-Za-z0-9_-]{1,100}}"
"""The digest of a link in an address; what cannot be one is answered like any unknown one."""

READS = frozenset({"GET", "HEAD"})
WRITE_TIMEOUT = 30.0
PAGE_OF: Mapping[Kind, str] = {"form": "form", "upload": "upload", "file": "file"}


class Refusal(Exception):
    """A page is not shown, or not done: the status, its heading, and a sentence on what to do."""

    def __init__(
        self, status: int, title: Message, advice: Message, language: str = "", action: tuple[str, Message, str] | None = None
    ) -> None:  # fmt: skip
        """``action``: where a button below leads, its label, and the key that goes with it ("": none)."""
        super().__init__(title.msgid)
        self.action = action
        self.status = status
        self.title = title
        self.advice = advice
        self.language = language


class Landing(Exception):
    """The link is not this browser's yet: back to its button."""


ASK_ANEW = m("Please ask for a new link in the chat with the bot.")
UNKNOWN = (404, m("This page does not exist"), m("Please open the link from the chat once more, or ask for a new one there."))
ENDED = (410, m("This link is no longer valid"), ASK_ANEW)
ENDED_FILE = (410, m("This link is no longer valid"), m("The file can be sent to your chat with the bot once more, with a new link."))
ELSEWHERE = (
    403, m("This page is open in another browser"),
    m("A link belongs to the browser in which it was opened first. Please ask for a new one in the chat."),
)  # fmt: skip
FOREIGN = (403, m("The request was refused"), m("It did not come from this page. Please open the link from the chat once more."))
TOO_MANY = (429, m("Too many attempts"), m("Please wait ten minutes, then open the link from the chat once more."))
TOO_LARGE = (413, m("Too much was sent at once"), m("Please send less at a time."))
TOO_SLOW = (408, m("It took too long"), m("The connection is slow or was interrupted. Please try again."))
NOT_OPENED = (401, m("This page is not open in this browser"), m("Please open the link from the chat once more."))
NOT_NOW = (503, m("Nothing was recorded"), m("The system cannot write at the moment. Please try again in a few minutes."))


@dataclass(frozen=True, slots=True)
class Bound:
    """An opened page: its link, its person with his posts in force, and the language to speak."""

    link: PageLink
    person: Person
    posts: tuple[Post, ...]
    language: Language

    @property
    def page(self) -> str:
        """What stands for it in addresses."""
        return self.link.token_hash


class Site:
    """The pages' common ground. ``public_url``: where officers reach it, without a slash at the end."""

    def __init__(self, application: Application, public_url: str) -> None:
        self.application = application
        self.public_url = public_url
        self.secure = public_url.startswith("https:")
        self._wrong = security.Limit(security.WRONG_TOKENS, security.WRONG_SECONDS)
        self._writes = security.Limit(security.WRITES, security.WRITE_SECONDS)
        self._client_writes = security.Limit(security.CLIENT_WRITES, security.WRITE_SECONDS)

    # For the pages ------------------------------------------------------------------------------------------------------------

    async def open(
        self, request: web.Request, kinds: Kind | tuple[Kind, ...], function: Callable[[Turn, Bound], Decision[T]],
        given: Input | None = None,
    ) -> T:  # fmt: skip
        """Decide something on the page of ``request`` (whose route names `PAGE`) and commit it.

        ``function(turn, bound)`` is called in the snapshot in which the link was found good, perhaps several times. Raises Refusal or
        Landing, which `guarded` turns into an answer, and whatever the function raises.
        """
        page, browser = request.match_info["page"], security.browser(request, secure=self.secure)
        wanted = (kinds,) if isinstance(kinds, str) else kinds

        def decided(read: Snapshot, now: int) -> Decision[T]:
            bound = self._bound(read, now, page, browser, wanted)
            decision = function(self._turn(read, now, bound, given), bound)
            still = effect(page_links.expect_open, page, browser, now)
            return Decision(decision.result, (still, *decision.effects)) if decision.effects else decision

        return await self.counted(request, decide(self.application, decided))

    async def bound_link(self, request: web.Request, kinds: Kind | tuple[Kind, ...]) -> Bound:
        """Whose page it is. Raises Refusal or Landing."""
        return await self.open(request, kinds, lambda turn, bound: Decision(bound))

    def language(self, code: str) -> Language:
        return self.application.languages.get(code) or self.application.languages[self.application.language]

    def guarded(self, handler: Handler, *, seconds: float = WRITE_TIMEOUT) -> Handler:
        """A route's handler behind the guard: own pages only, limits, strict headers, and one clear page for each refusal.

        ``seconds``: how long it may take, the body's way here included.
        """

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if request.method not in READS:
                    self._may_write(request)
                async with asyncio.timeout(seconds):
                    response = await handler(request)
            except Refusal as refusal:
                response = self._refused(request, refusal)
            except Landing:
                response = self._not_opened(request)
            except TimeoutError:
                response = self._refused(request, Refusal(*TOO_SLOW))
            except web.HTTPRequestEntityTooLarge:
                response = self._refused(request, Refusal(*TOO_LARGE))
            except StorageError:
                log.exception("A page could not be committed")
                response = self._refused(request, Refusal(*NOT_NOW))
            security.harden(response)
            return response

        return guarded

    # Looking at a link --------------------------------------------------------------------------------------------------------

    async def bind(self, request: web.Request, token: str) -> tuple[PageLink, str]:
        """Give the link to the browser that tapped its button. Returns it and the browser's secret. Raises Refusal."""
        self._count_write(page_links.digest(token))
        browser = security.browser(request, secure=self.secure) or security.new_browser()
        signed_in = security.chat_session(request, secure=self.secure)

        def look(read: Snapshot, now: int) -> Decision[tuple[PageLink, str]]:
            link, bound = self._alive(read, now, page_links.by_token(read, token), token)
            if link.bound_hash is not None and not link.belongs_to(browser):
                raise Refusal(*ELSEWHERE, bound.language.code)
            effects = [effect(page_links.bind, token, browser, now)] if link.bound_hash is None else []
            if effects and signed_in:
                effects.append(effect(web_chat.opens_pages, signed_in, browser))
            return Decision((link, browser), tuple(effects))

        return await self.counted(request, decide(self.application, look))

    async def send_again(self, request: web.Request, token: str) -> Language:
        """A file whose link's time is over goes to the chat of its reader once more; once for each link. Raises Refusal.

        It is asked for by whoever has the ``token`` of the link, or by the browser it belongs to.
        """
        page, browser = request.match_info["page"], security.browser(request, secure=self.secure)

        def look(read: Snapshot, now: int) -> Decision[Language]:
            link, bound = self._alive(read, now, page_links.by_page(read, page), expired=True)
            if not link.belongs_to(browser) and page_links.digest(token) != link.token_hash:
                raise Refusal(*UNKNOWN)
            if link.kind != "file" or link.alive(now) or link.channel is None or link.address is None:
                raise Refusal(*ENDED, bound.language.code)
            sha256, media_type, name = link.subject.split(" ", 2)
            letter = queue_effects(
                say(m("The file that was asked for once more:"), File(sha256, media_type, name)), channel=link.channel,
                address=link.address, language=bound.language.code, now=now, mint=self.application.minting.opaque,
                person_id=bound.person.id, key=f"again:{link.token_hash}",
            )  # fmt: skip
            return Decision(bound.language, (effect(page_links.revoke, link.token_hash, now), *letter))

        return await self.counted(request, decide(self.application, look))

    def _bound(self, read: Snapshot, now: int, page: str, browser: str, kinds: tuple[Kind, ...]) -> Bound:
        link, bound = self._alive(read, now, page_links.by_page(read, page))
        if link.kind not in kinds:
            raise Refusal(*UNKNOWN)
        if link.bound_hash is None or not browser:
            raise Landing
        if not link.belongs_to(browser):
            raise Refusal(*ELSEWHERE, bound.language.code)
        return bound

    def _alive(
        self, read: Snapshot, now: int, link: PageLink | None, token: str = "", *, expired: bool = False
    ) -> tuple[PageLink, Bound]:
        """A link that is good now, whoever's browser it is. Its person must still have the account that it was given to, and a post.

        ``token``: its key, where it is known. ``expired``: one whose time is over will do as well.
        """
        if link is None or link.person_id is None:
            raise Refusal(*UNKNOWN)
        person = people.person(read, link.person_id)
        language = self.language("" if person is None else person.language)
        if person is None or person.erased_at is not None or person.consent_at is None or link.revoked_at is not None:
            raise Refusal(*ENDED, language.code)
        if link.channel is not None and link.address is not None:
            owner = people.by_account(read, link.channel, link.address)
            if owner is None or owner.id != person.id:
                raise Refusal(*ENDED, language.code)
        posts = people.posts(read, person.id, self._today(now))
        if not posts:
            raise Refusal(*ENDED, language.code)
        if not link.alive(now) and not expired:
            again = (f"../again/{link.token_hash}", m("Send it to the chat again"), token) if link.kind == "file" else None
            raise Refusal(*(ENDED if again is None else ENDED_FILE), language.code, again)
        return link, Bound(link, person, posts, language)

    def _today(self, now: int) -> str:
        return self._local(now).date().isoformat()

    def _local(self, now: int) -> datetime:
        return datetime.fromtimestamp(now, self.application.zone)

    def _turn(self, read: Snapshot, now: int, bound: Bound, given: Input | None) -> Turn:
        """The page as a turn of its person, in the chat that gave the link."""
        app = self.application
        return Turn(
            read=read, now=now, zone=app.zone, who=bound.person, posts=bound.posts,
            place=Place(bound.link.channel or "", bound.link.address or ""), input=given or Other("unsupported"),
            language=bound.language.code, mint=app.minting.opaque, mint_code=app.minting.code, mint_secret=app.minting.secret,
            facts=app.facts,
        )  # fmt: skip

    # Limits -------------------------------------------------------------------------------------------------------------------

    async def counted(self, request: web.Request, work: Awaitable[T]) -> T:
        """Unknown tokens are counted, and who tries many is told nothing more. What is good opens: others may share the address."""
        try:
            return await work
        except Refusal as refusal:
            if refusal.status == 404:
                who = security.client(request)
                if self._wrong.reached(who):
                    raise Refusal(*TOO_MANY) from None
                self._wrong.count(who)
            raise

    def _may_write(self, request: web.Request) -> None:
        if not security.from_own_page(request, self.public_url):
            raise Refusal(*FOREIGN)
        _count(self._client_writes, security.client(request))
        if page := request.match_info.get("page"):
            self._count_write(page)

    def _count_write(self, page: str) -> None:
        _count(self._writes, page)

    # Answers ------------------------------------------------------------------------------------------------------------------

    def _not_opened(self, request: web.Request) -> web.Response:
        """To the button; a script of ours is told so instead."""
        if wants_json(request):
            return self._refused(request, Refusal(*NOT_OPENED))
        return web.Response(status=303, headers={"Location": "../p/"})

    def _refused(self, request: web.Request, refusal: Refusal) -> web.Response:
        language = self.language(refusal.language)
        headers = {"Retry-After": str(int(security.WRONG_SECONDS))} if refusal.status == 429 else {}
        if wants_json(request):
            told = {"error": f"{language.text(refusal.title)}. {language.text(refusal.advice)}"}
            return web.json_response(told, status=refusal.status, headers=headers)
        button = None
        if refusal.action is not None:
            path, label, key = refusal.action
            held = html.tag("input", type="hidden", name="key", value=key) if key else None
            sent = html.tag("button", language.text(label), type="submit", class_="main")
            button = html.tag("form", held, sent, method="post", action=path)
        response = html.page(language, refusal.title, html.tag("p", language.text(refusal.advice)), button, status=refusal.status)
        response.headers.update(headers)
        return response


def _count(limit: security.Limit, key: str) -> None:
    if limit.reached(key):
        raise Refusal(*TOO_MANY)
    limit.count(key)


def wants_json(request: web.Request) -> bool:
    """Whether a script of ours asks, not a browser's navigation."""
    return request.headers.get("Accept", "").startswith("application/json")
