"""Signing in to the chat page with a one-time code, and out again.

The code is looked at by the same rules as in every chat, and counted when it is wrong; only a good one opens a session. What follows (the
notice, the consent, the question whether to link) is the conversation of `/start` itself, on the page.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from aiohttp import web

from bot.channels.web import PLAIN
from bot.rendering.parts import render
from bot.turns import Minting
from bot.web import security
from bot.web.chat_door import TOO_MANY_CODES, Denied, Door
from bot.web.chat_page import texts
from bot.web.deciding import Decision, decide
from handlers import start
from handlers.kit.message import Message, m, verbatim
from handlers.kit.roles import post_name
from handlers.kit.turn import Outcome, Place, Said, State, Turn
from handlers.rules.identity_numbers import personal_number
from handlers.rules.secret_marks import secret_mark
from storage import invitations, linking, page_links, people, web_chat
from storage.connection import Effect, Snapshot, effect

LONGEST_NAME = 80
BODY_BYTES = 4_096

NO_CODE = m("The code has 8 letters and digits.")
NO_NAME = m("Please type your full name, at most {count} characters.", count=LONGEST_NAME)


@dataclass(frozen=True, slots=True)
class _Form:
    """What was typed; ``replace``: whoever is signed in here goes out."""

    name: str
    code: str
    replace: bool


def routes(door: Door) -> list[web.RouteDef]:
    """`/chat/state` tells a page who is signed in, `/chat/signin` and `/chat/signout` change it."""

    async def state(request: web.Request) -> web.StreamResponse:
        try:
            visitor = await door.visitor(request)
        except Denied as denied:
            if denied.status != 401:
                raise
            language, ended = door.language(""), bool(denied.told.get("ended"))
            told = {"session": "", "ended": ended, "texts": texts(language), "language": language.code}
            response = web.json_response(told)
            if ended:
                door.forget(response)
            if not security.browser(request):
                security.remember(response, security.new_browser(), door.public_url)
            return response
        language = visitor.language
        posts, accounts = await door.application.database.read(lambda read: _held(read, visitor.person, visitor.posts))
        told = {
            "session": visitor.session.address,
            "name": visitor.session.name if visitor.person is None else visitor.person.name,
            "posts": ", ".join(language.text(post) for post in posts),
            "only": visitor.person is not None and accounts <= 1,
            "joined": visitor.person is not None,
            "texts": texts(language),
            "language": language.code,
            "zone": door.application.zone.key,
        }
        return web.json_response(told)

    async def sign_in(request: web.Request) -> web.StreamResponse:
        form = await _read(request)
        client = security.client(request)
        if door.wrong_codes.reached(client):
            raise Denied(429, TOO_MANY_CODES)
        known = security.browser(request)
        browser = known or security.new_browser()
        tries_of = f"{web_chat.BROWSER}{web_chat.digest(known or client)[:24]}"
        before = door.secret(request)
        secret, address = secrets.token_urlsafe(32), secrets.token_hex(8)

        def look(read: Snapshot, now: int) -> Decision[tuple[str, Message | None, str]]:
            """(why not, what to ask first, whose session it ends)."""
            outcome = start.look_at(_turn(door, read, now, tries_of, form), invitations.digest(form.code))
            if not isinstance(outcome.dialogue, State):
                return Decision((_said(door, outcome), None, ""), outcome.effects)
            effects: list[Effect] = [effect(invitations.forget_wrong, web_chat.CHANNEL, tries_of)]
            present = door.known(read, now, before)
            if present is not None:
                if present.person is not None and not form.replace:
                    return Decision(("", _ask(read, present.person), ""))
                effects.append(effect(web_chat.end, present.session.address, now))
            code = linking.by_hash(read, invitations.digest(form.code))
            effects.append(effect(page_links.leave_browser, browser, None if code is None else code.person_id, now))
            effects.append(effect(web_chat.open_session, secret, address, form.name, now, door.channel.lifetimes, browser))
            return Decision(("", None, "" if present is None else present.session.address), tuple(effects))

        refused, ask, ended = await decide(door.application, look)
        if refused:
            door.wrong_codes.count(client)
            raise Denied(422, verbatim(refused), field="code")
        if ask is not None:
            raise Denied(409, ask, ask=True)
        if ended:
            door.channel.wake(ended)
        # "/start" makes it a code whatever its letters are; the page and the inbox show dots in its place.
        await door.channel.post(address, {"kind": "text", "text": f"/start {form.code}", "key": "signin", "display_name": form.name})
        response = web.json_response({"session": address})
        door.remember(response, secret)
        if not known:
            security.remember(response, browser, door.public_url)
        return response

    async def sign_out(request: web.Request) -> web.StreamResponse:
        try:
            visitor = await door.visitor(request)
        except Denied as denied:
            if denied.status != 401:
                raise
        else:
            address = visitor.session.address
            now = door.application.clock.now()
            await door.application.database.write((effect(web_chat.end, address, now),))
            door.channel.wake(address)
        response = web.json_response({"session": ""})
        door.forget(response)
        return response

    return [
        web.get("/chat/state", door.guarded(state)),
        web.post("/chat/signin", door.guarded(sign_in)),
        web.post("/chat/signout", door.guarded(sign_out)),
    ]


async def _read(request: web.Request) -> _Form:
    """What was typed. Raises Denied with the name of the field that is wrong."""
    if (request.content_length or 0) > BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(BODY_BYTES, request.content_length or 0)
    try:
        body = await request.json()
    except (ValueError, UnicodeDecodeError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    name = " ".join(unicodedata.normalize("NFC", str(body.get("name", ""))).split())
    code = "".join(sign for sign in unicodedata.normalize("NFKC", str(body.get("code", ""))).upper() if sign not in " -\t\xa0")
    if len(code) != invitations.LENGTH or not set(code) <= set(invitations.ALPHABET):
        raise Denied(422, NO_CODE, field="code")
    control = any(unicodedata.category(sign)[0] == "C" for sign in name)
    if not 2 <= len(name) <= LONGEST_NAME or control or not any(map(str.isalpha, name)) or secret_mark(name) or personal_number(name):
        raise Denied(422, NO_NAME, field="name")
    return _Form(name, code, body.get("replace") is True)


def _turn(door: Door, read: Snapshot, now: int, tries_of: str, form: _Form) -> Turn:
    """The code as a turn of somebody who has not joined; wrong ones are counted for the browser."""
    application = door.application
    minting: Minting = application.minting
    return Turn(
        read=read, now=now, zone=application.zone, who=None, posts=(), place=Place(web_chat.CHANNEL, tries_of), input=Said(""),
        language=application.language, mint=minting.opaque, mint_code=minting.code, mint_secret=minting.secret, display_name=form.name,
        facts=application.facts,
    )  # fmt: skip


def _said(door: Door, outcome: Outcome) -> str:
    return "\n".join(part.text for part in render(outcome.reply, door.language(""), PLAIN, None))


def _ask(read: Snapshot, person: people.Person) -> Message:
    if len(people.accounts(read, person.id)) > 1:
        return m("Comrade {name} is signed in to this browser. Signing in with this code ends that session.", name=verbatim(person.name))
    return m(
        "Comrade {name} is signed in to this browser. Signing in with this code ends that session; comrade {name} will need a new code"
        " of the secretary to sign in again.",
        name=verbatim(person.name),
    )


def _held(read: Snapshot, person: people.Person | None, posts: tuple[people.Post, ...]) -> tuple[tuple[Message, ...], int]:
    """The names of the posts, and how many accounts the person has."""
    names = tuple(post_name(read, post.unit_id, post.role) for post in posts)
    return names, 0 if person is None else len(people.accounts(read, person.id))
