"""The door: a page with one button, its tap, and the few static files. Asking for it, previewing or forwarding it opens nothing.

The key stands in the link's fragment, which a browser sends nowhere. A small script puts it into the form and takes it out of the address;
without a script the link is pasted into the field. The tap sends it in its body.
"""

from __future__ import annotations

import re

from aiohttp import web

from bot.language import Language
from bot.web import html, security
from bot.web.pages import PAGE, PAGE_OF, STATIC, TOO_LARGE, Refusal, Site
from handlers.kit.message import Message, m

SERVED = re.compile(r"(?!demo)[a-z][a-z_]*\.(?:css|js|svg|png)")
KEY = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
LONGEST_PASTED = 4_096
NOT_WHOLE = m("The link is not whole. Please copy the message with the link in the chat once more and paste all of it here.")


def routes(site: Site) -> list[web.RouteDef]:
    """`/p/`, its tap `/p/open`, `/again/PAGE` and `/static/NAME`.

    The tap has an address of its own: were a refusal shown under `/p/`, the next link, which differs in its fragment alone, would not load.
    """

    async def shown(request: web.Request) -> web.StreamResponse:
        return _door(site.language(""))

    async def tapped(request: web.Request) -> web.StreamResponse:
        token = await _key(request)
        if not token:
            return _door(site.language(""), NOT_WHOLE)
        link, browser = await site.bind(request, token)
        response = web.Response(status=303, headers={"Location": f"../{PAGE_OF[link.kind]}/{link.token_hash}"})
        security.remember(response, browser, site.public_url)
        return response

    async def again(request: web.Request) -> web.StreamResponse:
        language = await site.send_again(request, await _key(request))
        return html.page(language, m("Sent to the chat"), html.tag("p", language.text(m("Please open the new link from there."))))

    async def to_the_door(request: web.Request) -> web.StreamResponse:
        """An address whose slash a messenger has left out: browsers take the fragment along."""
        return web.Response(status=301, headers={"Location": "p/"})

    async def old(request: web.Request) -> web.StreamResponse:
        """A link from before keys were fragments, perhaps with a full stop that a messenger took for a part of it."""
        return web.Response(status=303, headers={"Location": "./" + "".join(f"#{key}" for key in KEY.findall(request.match_info["old"]))})

    async def static(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = STATIC / name
        if not SERVED.fullmatch(name) or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path)

    return [
        web.get("/p/", site.guarded(shown)),
        web.post("/p/open", site.guarded(tapped)),
        web.get("/p", site.guarded(to_the_door)),
        web.get("/p/{old:[^/]+}", site.guarded(old)),
        web.post(f"/again/{PAGE}", site.guarded(again)),
        web.get("/static/{name:[a-z_.]+}", site.guarded(static)),
    ]


def _door(language: Language, wrong: Message | None = None) -> web.Response:
    text = language.text
    field = html.tag(
        "input", id="key", name="key", autocomplete="off", autocapitalize="none", spellcheck="false", required=True,
        maxlength=LONGEST_PASTED, aria_describedby="how", aria_invalid="true" if wrong is not None else None,
    )  # fmt: skip
    how = text(m("Please copy the message with the link in the chat and paste all of it here."))
    pasted = html.tag(
        "div", html.tag("label", text(m("Link from the chat")), for_="key"), field, html.tag("p", how, id="how", class_="note"), id="pasted"
    )
    note = text(m("The link is for the person who got it. It opens in one browser: the one in which this button is pressed."))
    return html.page(
        language,
        m("Page of the emulation bot"),
        None if wrong is None else html.tag("p", text(wrong), class_="notes", role="alert"),
        html.tag("form", pasted, html.tag("button", text(m("Open")), type="submit", class_="main"), method="post", action="open"),
        html.tag("p", note, class_="note"),
        status=200 if wrong is None else 422, scripts=("door.js",),
    )  # fmt: skip


async def _key(request: web.Request) -> str:
    """The key in what was sent: alone, as the end of a link, or within a whole message. "": there is none."""
    if (request.content_length or 0) > LONGEST_PASTED * 4:
        raise Refusal(*TOO_LARGE)
    given = (await request.post()).get("key", "")
    found = KEY.findall(given) if isinstance(given, str) else []
    return found[-1] if found else ""
