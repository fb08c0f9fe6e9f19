"""The chat page itself: its empty shell, what makes it installable on a phone, and the sentences that it says itself.

The shell is the same for everybody and holds nothing of anybody. The service worker keeps the page that tells of a lost network, its style
sheet and the icon, and nothing else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aiohttp import web

from bot.language import Language
from bot.web import html, security
from bot.web.html import Html, joined, tag
from bot.web.pages import STATIC
from handlers.kit.message import Message, m

if TYPE_CHECKING:
    from bot.web.chat_door import Door

THEME = "#9d1c20"
POLICY = security.HEADERS["Content-Security-Policy"] + "; manifest-src 'self'; worker-src 'self'"
ICONS = (("chat_icon_small.png", 192, "any"), ("chat_icon.png", 512, "any"), ("chat_icon_round.png", 512, "maskable"))
STYLES = ("bubbles.css", "chat.css")
SCRIPTS = ("bubbles.js", "chat.js", "chat_door.js", "chat_send.js")

NAME = m("Emulation")
TITLE = m("Thi Đua – the emulation cluster's chatbot")
TEXTS: dict[str, Message] = {
    "app": NAME,
    "title": TITLE,
    "sign_in": m("Sign in"),
    "code": m("Code"),
    "name": m("Full name"),
    "go": m("Sign in to the chat"),
    "how": m(
        "The joining code comes from the secretary of the cluster. Whoever uses the bot on Zalo or Telegram already types /lienket there"
        " and enters the linking code here."
    ),
    "shared": m("On a shared computer please end the session when the work is done."),
    "code_hint": m("8 letters and digits"),
    "ended": m("The session in this browser has ended. To sign in again, a new code is needed."),
    "out": m("The session has ended; nothing of it is left in this browser."),
    "cookies": m("The browser keeps no cookies, so nobody can stay signed in. Please allow them for this page, then sign in again."),
    "menu": m("Options"),
    "end": m("End the session"),
    "other": m("Somebody else signs in"),
    "end_sure": m("End the session in this browser? What stands on the page is removed."),
    "end_only": m(
        "End the session in this browser? What stands on the page is removed. It is the only way by which the bot reaches you: reminders"
        " will not come any more, and a new code of the secretary is needed to sign in again."
    ),
    "yes": m("Confirm"),
    "no": m("Keep"),
    "install": m("Install on the phone's home screen"),
    "install_hint": m("iPhone: Share, then Add to Home Screen. Android: the browser's menu, then Add to Home screen."),
    "log": m("Conversation"),
    "write": m("Message"),
    "placeholder": m("Type a message"),
    "send": m("Send"),
    "attach": m("Attach a file"),
    "lost": m("The connection is lost. Trying again; what was sent is kept."),
    "sending": m("being sent"),
    "not_sent": m("not sent"),
    "download": m("Download {name}", name="{name}"),
    "fresh": m("New messages"),
    "too_large": m("The file is too large: at most 20 MB."),
    "failed": m("The request was refused. Please open the page anew."),
    "hint_ranking": m("ranking"),
    "hint_tasks": m("my tasks"),
    "hint_deadlines": m("deadlines"),
}


def texts(language: Language) -> dict[str, str]:
    """What the page says itself, in the language of whoever is signed in."""
    return {name: language.text(message) for name, message in TEXTS.items()}


def routes(door: Door) -> list[web.RouteDef]:
    """`/chat`, and beside it what an installed page needs. `/` leads there: it is what people type."""
    language = door.language("")

    async def root(request: web.Request) -> web.StreamResponse:
        return web.Response(status=303, headers={"Location": "chat"})

    async def shell(request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": POLICY}
        return web.Response(text=_shell(language), content_type="text/html", charset="utf-8", headers=headers)

    async def offline(request: web.Request) -> web.StreamResponse:
        again = tag("a", language.text(m("Try again")), href="chat", class_="button")
        page = html.page(
            language, m("No connection"),
            tag("p", language.text(m("The phone has no network at the moment, or the system cannot be reached. Messages wait there."))),
            tag("p", again), styles=("chat.css",), scripts=("offline.js",), root=".",
        )  # fmt: skip
        page.headers["Content-Security-Policy"] = POLICY
        return page

    async def manifest(request: web.Request) -> web.StreamResponse:
        icons = [{"src": f"static/{name}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": use} for name, size, use in ICONS]
        told = {
            "id": "chat", "name": language.text(TITLE), "short_name": language.text(NAME), "lang": language.code, "start_url": "chat",
            "scope": "chat", "display": "standalone", "background_color": "#ffffff", "theme_color": THEME, "icons": icons,
        }  # fmt: skip
        return web.json_response(told, content_type="application/manifest+json")

    async def worker(request: web.Request) -> web.StreamResponse:
        text = (STATIC / "chat_worker.js").read_text(encoding="utf-8")
        kept = b"".join((STATIC / name).read_bytes() for name in ("chat.css", "offline.js", "chat_worker.js"))
        version = hashlib.sha256(kept).hexdigest()[:12]
        return web.Response(text=text.replace("VERSION", version), content_type="text/javascript", charset="utf-8")

    return [
        web.get("/", door.guarded(root)),
        web.get("/chat", door.guarded(shell)),
        web.get("/chat_offline", door.guarded(offline)),
        web.get("/chat.webmanifest", door.guarded(manifest)),
        web.get("/chat_worker.js", door.guarded(worker)),
    ]


def _shell(language: Language) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1, interactive-widget=resizes-content"),
        tag("meta", name="robots", content="noindex, nofollow"),
        tag("meta", name="theme-color", content=THEME),
        tag("title", language.text(TITLE)),
        tag("link", rel="manifest", href="chat.webmanifest"),
        tag("link", rel="icon", href="static/chat_icon_small.png"),
        tag("link", rel="apple-touch-icon", href="static/chat_icon_apple.png"),
        *(tag("link", rel="stylesheet", href=f"static/{name}") for name in STYLES),
        *(tag("script", src=f"static/{name}", defer=True) for name in SCRIPTS),
    )

    def said(element: str, name: str, **attributes: str | bool) -> Html:
        return tag(element, language.text(TEXTS[name]), data_text=name, **attributes)

    menu = tag(
        "details",
        said("summary", "menu"),
        tag(
            "div",
            said("button", "install", type="button", id="install", hidden=True),
            said("p", "install_hint", class_="note", id="install-hint"),
            said("button", "other", type="button", id="other"),
            said("button", "end", type="button", id="leave"),
            class_="items",
        ),
        id="menu", class_="menu", hidden=True,
    )  # fmt: skip
    header = tag("header", tag("div", said("h1", "app"), tag("p", id="who"), class_="names"), menu)
    door = tag(
        "section",
        said("h2", "sign_in"),
        tag("p", id="notice", class_="notice", role="status", hidden=True),
        tag(
            "form",
            said("label", "code", for_="code"),
            tag("input", id="code", autocomplete="one-time-code", autocapitalize="characters", spellcheck="false", required=True,
                maxlength=20, aria_describedby="code-hint"),
            said("p", "code_hint", id="code-hint", class_="note"),
            said("label", "name", for_="name"),
            tag("input", id="name", autocomplete="name", required=True, maxlength=80),
            tag("p", id="wrong", class_="wrong", role="alert", hidden=True),
            said("button", "go", type="submit", class_="main"),
            id="door-form",
        ),
        said("p", "how", class_="note"),
        said("p", "shared", class_="note"),
        id="door", class_="door", hidden=True,
    )  # fmt: skip
    plus = Html(
        '<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">'
        '<path d="M12 5v14M5 12h14" stroke="currentColor" stroke-width="2" stroke-linecap="round"/></svg>'
    )
    entry = tag(
        "form",
        tag("label", said("span", "attach", class_="hidden"), plus, tag("input", type="file", id="file"), class_="attach"),
        said("label", "write", for_="text", class_="hidden"),
        tag("textarea", id="text", rows=1, autocomplete="off", enterkeyhint="send"),
        said("button", "send", type="submit", id="send"),
        id="form", class_="entry",
    )  # fmt: skip
    room = tag(
        "section",
        tag("div", id="log", class_="log", role="log", aria_live="polite", tabindex=0, aria_label=language.text(TEXTS["log"])),
        tag("div", id="hints", class_="hints"),
        tag("p", id="problem", class_="wrong", role="alert", hidden=True),
        entry,
        id="room", class_="room", hidden=True,
    )  # fmt: skip
    sure = tag(
        "dialog",
        tag("p", id="sure-text"),
        tag("div", said("button", "no", type="button", id="sure-no"), said("button", "yes", type="button", id="sure-yes"), class_="pair"),
        id="sure", aria_labelledby="sure-text",
    )  # fmt: skip
    needs_script = m("This page needs JavaScript. Please switch it on in the browser.")
    without = tag("noscript", tag("p", language.text(needs_script), class_="notice"))
    lost = said("p", "lost", id="lost", class_="lost", role="alert", hidden=True)
    body = tag("body", header, without, lost, tag("main", door, room), sure)
    return str(joined(Html("<!doctype html>"), tag("html", head, body, lang=language.code)))
