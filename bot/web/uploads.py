"""Evidence for a report by a page: several files at once, each judged and kept as one that is sent in a chat, and the chat is told."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from aiohttp import BodyPartReader, web

from bot.keeping import LARGEST_FILE, keep
from bot.language import Language
from bot.rendering.parts import MEGABYTE
from bot.web import html
from bot.web.deciding import Decision
from bot.web.pages import PAGE, TOO_LARGE, UNKNOWN, Bound, Refusal, Site
from handlers.kit.message import Message, Number, m, verbatim
from handlers.kit.turn import Other, Sent, Turn
from handlers.reporting.correction_desk import desk_of, title_of
from handlers.reporting.desk import Desk, Shut
from handlers.reporting.filling import taken_kind
from handlers.reporting.form import SECRET
from handlers.reporting.items import ReportItem
from handlers.reporting.paper import label
from handlers.reporting.uploaded import attach
from storage import page_links
from storage.connection import Effect, effect

MOST_FILES = 10
MOST_AT_ONCE = 60 * MEGABYTE
"""Of one form; the reverse proxies of deploy/ let a little more through."""

AT_ONCE = 8
"""Uploads whose bytes are taken at the same time; others wait, so that memory holds a few files and no more."""

SECONDS = 600.0
CHUNK_SECONDS = 30.0
LONGEST_NAME = 120
RENEWED_SECONDS = 30 * 60
KINDS: tuple[page_links.Kind, ...] = ("upload", "form")
ACCEPTED = "image/*,.pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.odt,.ods,.csv,.txt,.zip,.heic,.tif,.tiff"


UNREADABLE = (400, m("The files could not be read"), m("Please choose them again and send them once more."))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: whose it is, the report, and what was received for it so far."""

    bound: Bound
    title: str
    items: tuple[ReportItem, ...]
    chosen: str
    received: tuple[str, ...]


@dataclass(slots=True)
class Taken:
    """What came in one form: the files that were kept with the effects that note them, and a sentence for each that was not."""

    item_id: str | None = None
    files: list[Sent] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    count: int = 0
    size: int = 0


def routes(site: Site) -> list[web.RouteDef]:
    """`/upload/PAGE`: the page and what it sends. The link of a form's page opens it too."""
    places = asyncio.Semaphore(AT_ONCE)

    async def shown(request: web.Request) -> web.StreamResponse:
        found = await site.open(request, KINDS, lambda turn, bound: _looked(turn, bound, request.query.get("item")))
        return _page(request, found, ())

    async def sent(request: web.Request) -> web.StreamResponse:
        await site.open(request, KINDS, lambda turn, bound: _looked(turn, bound, None))      # before a byte of the files is read
        async with places:
            taken = await _read(request, site)
        if not taken.files:
            found = await site.open(request, KINDS, lambda turn, bound: _looked(turn, bound, taken.item_id))
            return _page(request, found, tuple(taken.notes) or (m("No file was chosen."),), refused=True)
        notes = await site.open(request, KINDS, lambda turn, bound: _attached(turn, bound, taken))
        found = await site.open(request, KINDS, lambda turn, bound: _looked(turn, bound, taken.item_id))
        return _page(request, found, (*taken.notes, *notes), refused=bool(taken.notes))

    return [
        web.get(f"/upload/{PAGE}", site.guarded(shown)),
        web.post(f"/upload/{PAGE}", site.guarded(sent, seconds=SECONDS)),
    ]


# Deciding -----------------------------------------------------------------------------------------------------------------------


def _desk(turn: Turn, bound: Bound) -> Desk:
    desk = desk_of(turn, bound.link.subject)
    if desk is None:
        raise Refusal(*UNKNOWN)
    if isinstance(desk, Shut):
        raise Refusal(409 if desk.filed else 410, m("Nothing can be sent here any more"), desk.why, bound.language.code)
    return desk


def _looked(turn: Turn, bound: Bound, chosen: str | None) -> Decision[Shown]:
    desk = _desk(turn, bound)
    named = bound.link.subject.partition(" ")[2]
    paper = next((item.id for item in desk.paper.items if item.kind == "file"), "")
    wanted = next((each for each in (chosen, named) if each and desk.paper.item(each) is not None), paper)
    names = []
    for each in desk.sheet.files:
        item = desk.paper.item(each.item_id)
        names.append(each.name if item is None or item.kind == "file" else f"{item.code}: {each.name}")
    title = bound.language.text(title_of(turn, desk))
    return Decision(Shown(bound, title, desk.paper.items, wanted, tuple(names)))


def _attached(turn: Turn, bound: Bound, taken: Taken) -> Decision[tuple[Message, ...]]:
    desk = _desk(turn, bound)
    done = attach(turn, desk, desk.paper.item(taken.item_id or ""), taken.files)
    renewed = effect(page_links.renew, bound.link.token_hash, turn.now + RENEWED_SECONDS)
    return Decision(done.notes, (*taken.effects, *done.effects, renewed) if done.effects else ())


# Reading ------------------------------------------------------------------------------------------------------------------------


async def _read(request: web.Request, site: Site) -> Taken:
    """The form's fields in the order they come. Raises Refusal, TimeoutError for a sender that stops, StorageError for a full disk."""
    taken = Taken()
    if not request.content_type.startswith("multipart/"):
        raise Refusal(*UNREADABLE)
    if (request.content_length or 0) > MOST_AT_ONCE:
        raise Refusal(*TOO_LARGE)
    try:
        reader = await request.multipart()
        while (part := await asyncio.wait_for(reader.next(), CHUNK_SECONDS)) is not None:
            if not isinstance(part, BodyPartReader):
                raise ValueError("a form within the form")
            if part.name == "item":
                taken.item_id = (await _content(part, 200, taken) or b"").decode("utf-8", "replace")
            elif part.name == "file" and part.filename:
                await _take(part, site, taken)
    except (ValueError, AssertionError, LookupError) as error:
        raise Refusal(*UNREADABLE) from error
    return taken


async def _take(part: BodyPartReader, site: Site, taken: Taken) -> None:
    name = tidy(part.filename or "")
    media_type = (part.headers.get("Content-Type", "") or "application/octet-stream").partition(";")[0].strip().lower()[:100]
    taken.count += 1
    if taken.count > MOST_FILES or not taken_kind(name, media_type):
        await _content(part, 0, taken)
    if taken.count > MOST_FILES:
        if taken.count == MOST_FILES + 1:
            taken.notes.append(m("At most {count} files at once: the others were not taken.", count=MOST_FILES))
        return
    if not taken_kind(name, media_type):
        taken.notes.append(m("{name}: files of this kind are not taken.", name=verbatim(name)))
        return
    content = await _content(part, LARGEST_FILE, taken)
    if content is None:
        taken.notes.append(m("{name}: the file is too large: at most 20 MB.", name=verbatim(name)))
    elif not content:
        taken.notes.append(m("{name}: the file is empty.", name=verbatim(name)))
    else:
        given, effects = await keep(site.application.database, name, media_type, content, site.application.clock.now())
        if isinstance(given, Other):
            taken.notes.append(SECRET)
        else:
            taken.files.append(given)
            taken.effects += effects


async def _content(part: BodyPartReader, most: int, taken: Taken) -> bytes | None:
    """The whole part; None for one that is larger, whose rest is let go by. Raises Refusal once the form as a whole is too large."""
    held, size = bytearray(), 0
    while chunk := await asyncio.wait_for(part.read_chunk(65_536), CHUNK_SECONDS):
        size += len(chunk)
        taken.size += len(chunk)
        if taken.size > MOST_AT_ONCE:
            raise Refusal(*TOO_LARGE)
        if size <= most:
            held += chunk
        else:
            held.clear()
    return bytes(held) if size <= most else None


def tidy(name: str) -> str:
    """A file's name without a way to it and without control characters, and not endlessly long; its ending stays."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] != "C").strip() or "tep"
    if len(plain) <= LONGEST_NAME:
        return plain
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[: LONGEST_NAME - 20]}{dot}{ending[:19]}" if dot else plain[:LONGEST_NAME]


# Showing ------------------------------------------------------------------------------------------------------------------------


def _page(request: web.Request, found: Shown, notes: tuple[Message, ...], *, refused: bool = False) -> web.Response:
    language, page = found.bound.language, found.bound.page
    told = html.tag("ul", *(html.tag("li", language.text(note)) for note in notes), class_="notes", role="alert" if refused else "status")
    received = html.tag("section", html.tag("h2", language.text(m("Received so far"))), _list(found.received))
    back = html.tag("a", language.text(m("Back to the form")), href=f"../form/{page}", class_="button")
    return html.page(
        language,
        m("Send files for a report"),
        html.tag("p", html.tag("strong", found.title)),
        told if notes else None,
        _form(language, found, page),
        received if found.received else None,
        back if found.bound.link.kind == "form" else None,
        status=422 if refused else 200,
    )


def _form(language: Language, found: Shown, page: str) -> html.Html:
    whole = html.tag("option", language.text(m("The report as a whole")), value="", selected=not found.chosen)
    options = [
        html.tag("option", language.text(label(item)), value=item.id, selected=item.id == found.chosen) for item in found.items
    ]
    hint = m(
        "Photos, PDF, Word, Excel, up to {size} each; at most {count} files and {total} at once.",
        size=Number(LARGEST_FILE // MEGABYTE, 0, "MB"), count=MOST_FILES, total=Number(MOST_AT_ONCE // MEGABYTE, 0, "MB"),
    )  # fmt: skip
    return html.tag(
        "form",
        html.tag("label", language.text(m("What the files are for")), for_="item"),
        html.tag("select", whole, *options, id="item", name="item"),
        html.tag("label", language.text(m("Files")), for_="file"),
        html.tag("input", type="file", id="file", name="file", multiple=True, required=True, accept=ACCEPTED, aria_describedby="hint"),
        html.tag("p", language.text(hint), id="hint", class_="note"),
        html.tag("button", language.text(m("Send")), type="submit", class_="main"),
        method="post", enctype="multipart/form-data", action=page,
    )  # fmt: skip


def _list(names: tuple[str, ...]) -> html.Html:
    return html.tag("ul", *(html.tag("li", name) for name in names), class_="files")
