"""A Reply becomes parts: marked-up texts within the channel's limits, with buttons or numbered lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from bot.channels.base import Button, Capabilities, Part
from bot.rendering.charts import in_words
from bot.rendering.split import split
from bot.rendering.table import has_places, table_lines
from handlers.kit.chart import Chart
from handlers.kit.language import Language
from handlers.kit.menu import numbered
from handlers.kit.message import Message, Number, m, verbatim
from handlers.kit.reply import Block, Choice, Choices, Fields, File, Picture, Reply, Table, Text


@dataclass(frozen=True, slots=True)
class Markup:
    """How a channel writes strong, small and quoted text; every text of a person is escaped first."""

    html: bool

    def plain(self, text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") if self.html else text

    def strong(self, text: str) -> str:
        return f"<b>{self.plain(text)}</b>" if self.html and text else self.plain(text)

    def note(self, text: str) -> str:
        return f"<i>{self.plain(text)}</i>" if self.html and text else self.plain(text)

    def quote(self, text: str) -> str:
        return f"<blockquote>{self.plain(text)}</blockquote>" if self.html and text else f"“{text}”"


@dataclass(frozen=True, slots=True)
class Link:
    """What is told of a file or picture that the channel does not take: its size in bytes, and where it is to be had (``url`` "": nowhere).

    ``until``: the instant (epoch) at which the address ends.
    """

    size: int
    url: str = ""
    until: int = 0


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    apart: bool = False


TYPE_A_NUMBER = m("Type a number to choose:")
NUMBERED_CHARS = 20
"""Room for "(1/3)" above a part of several."""

MEGABYTE = 1024 * 1024
MOST_KEPT = 2048
_NO_LINKS: Mapping[int, Link] = MappingProxyType({})


def render(
    reply: Reply, language: Language, can: Capabilities, menu_id: str | None, repeated: bool = False, links: Mapping[int, Link] = _NO_LINKS
) -> tuple[Part, ...]:  # fmt: skip
    """The parts of a reply in their order.

    ``menu_id`` names the stored menu that its choices mean. ``repeated`` marks a letter whose first sending has an unknown outcome.
    ``links``: by the index of its block, where a file is to be had on a channel without files. The last text part carries the buttons.
    """
    markup = Markup(can.markup == "html")
    choices = reply.choices
    numbers = {} if can.buttons else {id(choice): number for number, choice in numbered(choices)}
    paragraphs: list[_Paragraph] = [_Paragraph(markup.note(language.text(m("(repeated)"))))] if repeated else []
    parts: list[Part] = []
    heading = bool(numbers) and any(isinstance(block, Table) and has_places(block) for block in reply.blocks)
    for index, block in enumerate(reply.blocks):
        if isinstance(block, (Picture, File)):
            shown = _file_part(block, language, markup, can, links.get(index))
            if shown is None:       # in one message with the rest: where messages are counted, each one costs
                if isinstance(block, Picture) and block.chart is not None:
                    paragraphs += _told(block.chart, language, markup, can)
                told = "\n".join(_file_lines(block, language, markup, links.get(index)))
                paragraphs += [_Paragraph(told, apart=True)] if told else []
            else:
                parts += [*_texts(paragraphs, can), shown]
                paragraphs = []
        else:
            apart = not isinstance(block, Text)
            found = _paragraphs(block, language, markup, can, numbers) if reply.once else _kept(block, language, markup, can, numbers)
            if heading and isinstance(block, Choices) and any(choice.numbered for choice in block.choices):
                heading, above = False, language.text(TYPE_A_NUMBER)      # below the numbers of places
                found = [f"{above}\n{text}" for text in found]
            paragraphs += [_Paragraph(text, apart) for text in found if text]
    if can.buttons and len(choices) > can.max_buttons:
        beyond = {id(choice) for choice in choices[can.max_buttons :]}      # these are typed
        listed = (f"{number}. {markup.plain(language.text(choice.label))}" for number, choice in numbered(choices) if id(choice) in beyond)
        paragraphs.append(_Paragraph("\n".join(listed), apart=True))
    words = [] if can.buttons else [language.text(choice.label) for choice in choices if not choice.numbered]
    if words:
        paragraphs.append(_Paragraph(markup.plain(language.text(m("Or type: {words}", words=verbatim(" · ".join(words))))), apart=True))
    parts += _texts(paragraphs, can)
    if can.buttons and choices and menu_id is not None:
        if not parts or parts[-1].kind != "text":
            parts.append(Part("text", markup.plain(language.text(m("Please choose:")))))
        parts[-1] = replace(parts[-1], buttons=_buttons(reply, language, can, menu_id, numbers))
    return tuple(replace(part, protect=True) for part in parts) if reply.protect else tuple(parts)


_texts_kept: dict[tuple[int, int, bool], tuple[Block, Language, tuple[str, ...]]] = {}
"""Rendered blocks by their identity and the language's: an answer that many are given is one object."""


def _kept(block: Block, language: Language, markup: Markup, can: Capabilities, numbers: dict[int, int]) -> Iterable[str]:
    if isinstance(block, Choices):
        return _paragraphs(block, language, markup, can, numbers)
    key = (id(block), id(language), markup.html)
    kept = _texts_kept.get(key)
    if kept is not None and kept[0] is block and kept[1] is language:
        return kept[2]
    texts = tuple(_paragraphs(block, language, markup, can, numbers))
    if len(_texts_kept) >= MOST_KEPT:
        _texts_kept.clear()
    _texts_kept[key] = (block, language, texts)
    return texts


def _paragraphs(block: Block, language: Language, markup: Markup, can: Capabilities, numbers: dict[int, int]) -> Iterator[str]:
    match block:
        case Text():
            text = language.text(block.message)
            write = {"plain": markup.plain, "title": markup.strong, "note": markup.note, "quote": markup.quote}[block.style]
            yield write(text)
        case Fields():
            yield "\n".join(
                f"{markup.plain(language.text(label))}: {markup.strong(language.value(value))}" for label, value in block.rows
            )
        case Table():
            yield "\n".join(
                markup.strong(line) if strong else markup.plain(line)
                for line, strong in table_lines(block, [[language.value(cell) for cell in row] for row in block.rows])
            )
        case Choices():
            if not can.buttons and block.choices:
                yield "\n".join(_choice_line(choice, language, markup, numbers) for choice in block.choices if choice.numbered)


def _told(chart: Chart, language: Language, markup: Markup, can: Capabilities) -> Iterator[_Paragraph]:
    """A chart that is not shown, in words."""
    for block in in_words(chart):
        yield from (_Paragraph(text, not isinstance(block, Text)) for text in _paragraphs(block, language, markup, can, {}))


def _choice_line(choice: Choice, language: Language, markup: Markup, numbers: dict[int, int]) -> str:
    return f"{numbers[id(choice)]}. {markup.plain(language.text(choice.label))}"


def _texts(paragraphs: list[_Paragraph], can: Capabilities) -> list[Part]:
    """Sentences follow each other line by line; a table, fields or choices stand apart."""
    text = ""
    for before, paragraph in zip([None, *paragraphs], paragraphs, strict=False):
        gap = "" if before is None else "\n\n" if before.apart or paragraph.apart else "\n"
        text += gap + paragraph.text
    if not text:
        return []
    html = can.markup == "html"
    pieces = split(text, can.max_chars, can.counts, html=html)
    if len(pieces) > 1:     # messages may arrive, or be forwarded, in another order
        pieces = split(text, can.max_chars - NUMBERED_CHARS, can.counts, html=html)
        pieces = [f"{_numbered(place, len(pieces), html)}\n{piece}" for place, piece in enumerate(pieces, start=1)]
    return [Part("text", piece) for piece in pieces]


def _numbered(place: int, count: int, html: bool) -> str:
    return f"<i>({place}/{count})</i>" if html else f"({place}/{count})"


def _file_part(block: Picture | File, language: Language, markup: Markup, can: Capabilities, link: Link | None) -> Part | None:
    """A file or picture that the channel shows; None: it is told of in text."""
    said = block.alt if isinstance(block, Picture) else block.caption
    caption = _fit("" if said is None else markup.plain(language.text(said)), can)
    if isinstance(block, File):
        return Part("file", caption, sha256=block.sha256, media_type=block.media_type, name=block.name) if can.files else None
    if can.pictures and block.sha256:
        return Part("picture", caption, sha256=block.sha256, media_type=block.media_type)
    if block.public and link is not None and link.url and can.photo_by_url:
        return Part("picture", caption, media_type=block.media_type, url=link.url)
    return None


def _file_lines(block: Picture | File, language: Language, markup: Markup, link: Link | None) -> Iterator[str]:
    """What is told of it instead. Of a picture of public facts its text says the same; a chart is told in words before (`_told`)."""
    if isinstance(block, Picture) and block.chart is not None:
        if link is not None and link.url and not block.public:
            yield markup.plain(language.text(m("See the chart (for this person alone): {url}", url=link.url)))
        return
    said = block.alt if isinstance(block, Picture) else block.caption
    if said is not None:
        yield markup.plain(language.text(said))
    if isinstance(block, File):
        yield from _where(verbatim(block.name), link, language, markup)
    elif not block.public:
        yield from _where(None, link, language, markup)


def _where(name: Message | None, link: Link | None, language: Language, markup: Markup) -> Iterator[str]:
    """The file's name and size, and the way to it."""
    if name is not None and link is not None and link.size:
        name = m("{name} ({size})", name=name, size=size_shown(link.size))
    if name is not None:
        yield markup.plain(language.text(name))
    if link is not None and link.url:
        yield markup.plain(language.text(m("Open it here (for this person alone): {url}", url=link.url)))
    else:
        elsewhere = m("This channel takes no files. Please get it in the bot on another channel, or from the secretary.")
        yield markup.plain(language.text(elsewhere))


def size_shown(size: int) -> Number:
    """Bytes as people say them."""
    if size >= MEGABYTE:
        return Number(Decimal(size) / MEGABYTE, 1, "MB")
    return Number(max(1, round(size / 1024)), 0, "KB")


def _fit(caption: str, can: Capabilities) -> str:
    return split(caption, can.caption_chars, can.counts, html=can.markup == "html")[0]


def _buttons(
    reply: Reply, language: Language, can: Capabilities, menu_id: str, numbers: dict[int, int]
) -> tuple[tuple[Button, ...], ...]:
    rows: list[tuple[Button, ...]] = []
    index = 0
    for block in reply.blocks:
        if not isinstance(block, Choices):
            continue
        width = max(1, min(block.columns, can.buttons_per_row))
        line: list[Button] = []
        for choice in block.choices[: max(0, can.max_buttons - index)]:
            line.append(Button(language.text(choice.label), f"m:{menu_id}:{index}"))
            index += 1
            if len(line) == width:
                rows.append(tuple(line))
                line = []
        if line:
            rows.append(tuple(line))
    return tuple(rows)
