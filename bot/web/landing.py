"""The door: a page with one button, its tap, and the few static files. Asking for it, previewing or forwarding it opens nothing."""

from __future__ import annotations

import re

from aiohttp import web

from bot.web import html, security
from bot.web.pages import PAGE_OF, STATIC, TOKEN, UNKNOWN, Refusal, Site
from handlers.kit.message import m

SERVED = re.compile(r"(?!demo)[a-z][a-z_]*\.(?:css|js|svg|png)")


def routes(site: Site) -> list[web.RouteDef]:
    """`/p/TOKEN` and `/static/NAME`."""

    async def shown(request: web.Request) -> web.StreamResponse:
        language = await site.landing(request)
        button = html.tag("button", language.text(m("Open")), type="submit", class_="main")
        form = html.tag("form", button, method="post", action=request.match_info["token"])
        note = language.text(m("The link is for the person who got it. It opens in one browser: the one in which this button is pressed."))
        return html.page(language, m("Page of the emulation bot"), form, html.tag("p", note, class_="note"))

    async def tapped(request: web.Request) -> web.StreamResponse:
        kind, browser = await site.bind(request)
        response = web.Response(status=303, headers={"Location": f"../{PAGE_OF[kind]}/{request.match_info['token']}"})
        security.remember(response, browser, site.public_url)
        return response

    async def again(request: web.Request) -> web.StreamResponse:
        language = await site.send_again(request)
        return html.page(language, m("Sent to the chat"), html.tag("p", language.text(m("Please open the new link from there."))))

    async def mangled(request: web.Request) -> web.StreamResponse:
        raise Refusal(*UNKNOWN)

    async def static(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = STATIC / name
        if not SERVED.fullmatch(name) or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path)

    return [
        web.get(f"/p/{TOKEN}", site.guarded(shown)),
        web.post(f"/p/{TOKEN}", site.guarded(tapped)),
        web.post(f"/again/{TOKEN}", site.guarded(again)),
        web.get("/p/{mangled:[^/]*}", site.guarded(mangled)),      # a full stop that a messenger took for a part of the address
        web.get("/static/{name:[a-z_.]+}", site.guarded(static)),
    ]
