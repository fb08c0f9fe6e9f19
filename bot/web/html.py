"""HTML without a template engine: elements as functions, every text escaped unless it is an element itself."""

from __future__ import annotations

from html import escape

from aiohttp import web

from bot.language import Language
from handlers.kit.message import Message, m

VOID = frozenset({"input", "link", "meta", "img", "br"})
Attribute = str | int | bool | None


class Html(str):
    """Finished markup. A plain str is text and is escaped."""

    __slots__ = ()


def tag(name: str, /, *children: Html | str | None, **attributes: Attribute) -> Html:
    """An element. ``class_`` and ``aria_label`` become ``class`` and ``aria-label``; True is a bare attribute, None and False are none."""
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: Html | str | None) -> Html:
    """One after another; None is left out."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children if child is not None))


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value), quote=True)}"'


def page(
    language: Language, title: Message, *body: Html | str | None, status: int = 200, scripts: tuple[str, ...] = (), root: str = "..",
    styles: tuple[str, ...] = ("pages.css",),
) -> web.Response:  # fmt: skip
    """A whole page whose ``main`` holds the body below the title as its heading.

    ``root``: the way from the page's address to the root of the site, as public addresses may have a path of their own; ``styles`` and
    ``scripts``: names of static files.
    """
    name = language.text(title)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex, nofollow"),
        # To its own site alone it says where it comes from: older browsers have nothing else to show that a form is ours.
        tag("meta", name="referrer", content="same-origin"),
        tag("title", f"{name} – {language.text(m('Emulation'))}"),
        *(tag("link", rel="stylesheet", href=f"{root}/static/{each}") for each in styles),
        *(tag("script", src=f"{root}/static/{each}", defer=True) for each in scripts),
    )
    content = tag("body", tag("main", tag("h1", name), *body))
    whole = joined(Html("<!doctype html>"), tag("html", head, content, lang=language.code))
    return web.Response(text=str(whole), status=status, content_type="text/html", charset="utf-8")
