"""Files and pictures that a channel could not take: a page with the name, size and a button to save; public pictures by address."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from bot.rendering.parts import size_shown
from bot.web import html
from bot.web.deciding import Decision, decide
from bot.web.pages import ENDED, PAGE, UNKNOWN, Bound, Refusal, Site
from handlers.kit.message import Moment, m
from handlers.kit.turn import Turn
from storage import drawings, files, page_links
from storage.connection import Snapshot

IMAGES = frozenset({"image/png", "image/jpeg", "image/webp"})
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
TOKEN = "{token:[A-Za-z0-9_-]{1,100}}"  # noqa: S105 - a pattern
_OTHERWISE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Shared:
    """A file behind a link."""

    bound: Bound
    sha256: str
    media_type: str
    name: str
    size: int


def routes(site: Site) -> list[web.RouteDef]:
    """`/file/PAGE` shows what it is, `/content/PAGE` gives it, `/picture/TOKEN.png` is for a platform's servers."""

    shared = partial(_shared, site.application.database.files)

    async def shown(request: web.Request) -> web.StreamResponse:
        found = await site.open(request, "file", shared)
        language, page = found.bound.language, found.bound.page
        picture = html.tag("img", src=f"../content/{page}?view=1", alt=found.name) if found.media_type in IMAGES else None
        until = m("The link is for this browser alone and is valid until {when}.", when=Moment(found.bound.link.expires_at))
        return html.page(
            language,
            m("File from the emulation bot"),
            html.tag("p", html.tag("strong", found.name), html.tag("br"), language.value(size_shown(found.size)), class_="file"),
            picture,
            html.tag("a", language.text(m("Save the file")), href=f"../content/{page}", class_="button main", download=True),
            html.tag("p", language.text(until), class_="note"),
        )

    async def content(request: web.Request) -> web.StreamResponse:
        found = await site.open(request, "file", shared)
        path = drawings.shown(site.application.database.files, found.sha256)
        if not path.is_file():
            raise Refusal(*ENDED, found.bound.language.code)
        view = found.media_type in IMAGES and "view" in request.query
        headers = {"Content-Type": found.media_type, "Content-Disposition": "inline" if view else attachment(found.name)}
        return web.FileResponse(path, headers=headers)

    async def picture(request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]

        def look(read: Snapshot, now: int) -> Decision[tuple[str, str]]:
            link = page_links.by_token(read, token)
            if link is None or link.kind != "picture":
                raise Refusal(*UNKNOWN)
            if not link.alive(now):
                raise Refusal(*ENDED)
            sha256, _, media_type = link.subject.partition(" ")
            return Decision((sha256, media_type))

        sha256, media_type = await site.counted(request, decide(site.application, look))
        path = drawings.shown(site.application.database.files, sha256)
        if media_type not in IMAGES or not path.is_file():
            raise Refusal(*ENDED)
        # A platform's page may show it; it holds public facts only.
        return web.FileResponse(path, headers={"Content-Type": media_type, "Cross-Origin-Resource-Policy": "cross-origin"})

    return [
        web.get(f"/file/{PAGE}", site.guarded(shown)),
        web.get(f"/content/{PAGE}", site.guarded(content)),
        web.get(f"/picture/{TOKEN}.png", site.guarded(picture)),
    ]


def _shared(folder: Path, turn: Turn, bound: Bound) -> Decision[Shared]:
    """``folder``: of officers' files, beside which the drawn pictures lie."""
    sha256, _, rest = bound.link.subject.partition(" ")
    media_type, _, name = rest.partition(" ")
    stored = files.find(turn.read, sha256)
    size = stored.size if stored is not None else drawings.size(drawings.folder(folder), sha256)
    if not size:
        raise Refusal(*ENDED, bound.language.code)
    sound = media_type if _MEDIA_TYPE.fullmatch(media_type) and not media_type.startswith("text/html") else _OTHERWISE
    return Decision(Shared(bound, sha256, sound, name or sha256[:8], size))


def attachment(name: str) -> str:
    """A Content-Disposition that saves under ``name``, whatever stands in it."""
    sober = "".join("_" if unicodedata.category(sign)[0] == "C" or sign in '/\\:"*?<>|' else sign for sign in name).strip(". ") or "tep"
    plain = unicodedata.normalize("NFD", sober.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._ ()-]", "_", plain) or "tep"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(sober, safe='')}"
