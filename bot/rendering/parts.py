"""A Reply becomes parts: marked-up texts within the channel's limits, with buttons or numbered lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from bot.channels.base import Button, Capabilities, Part
from bot.rendering.split import split
from bot.rendering.table import table_lines
from handlers.kit.language import Language
from handlers.kit.menu import numbered
from handlers.kit.message import Message, Number, Value, m, verbatim
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
    """What is told of a file or picture that the channel does not take: its size in bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    apart: bool = False


MEGABYTE = 1024 * 1024
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
    for index, block in enumerate(reply.blocks):
        if isinstance(block, (Picture, File)):
            parts += _texts(paragraphs, can)
            paragraphs = []
            parts += _file_parts(block, language, markup, can, links.get(index))
        else:
            apart = not isinstance(block, Text)
            paragraphs += [_Paragraph(text, apart) for text in _paragraphs(block, language, markup, can, numbers) if text]
    parts += _texts(paragraphs, can)
    if can.buttons and choices and menu_id is not None:
        if not parts or parts[-1].kind != "text":
            parts.append(Part("text", markup.plain(language.text(m("Please choose:")))))
        parts[-1] = replace(parts[-1], buttons=_buttons(reply, language, can, menu_id, numbers))
    return tuple(replace(part, protect=True) for part in parts) if reply.protect else tuple(parts)


def _paragraphs(block: Block, language: Language, markup: Markup, can: Capabilities, numbers: dict[int, int]) -> Iterator[str]:
    match block:
        case Text():
            text = language.text(block.message)
            write = {"plain": markup.plain, "title": markup.strong, "note": markup.note, "quote": markup.quote}[block.style]
            yield write(text)
        case Fields():
            yield "\n".join(
                f"{markup.plain(language.text(label))}: {markup.strong(_cell(value, language))}" for label, value in block.rows
            )
        case Table():
            yield "\n".join(
                markup.strong(line) if strong else markup.plain(line)
                for line, strong in table_lines(block, [[_cell(cell, language) for cell in row] for row in block.rows])
            )
        case Choices():
            if not can.buttons and block.choices:
                yield "\n".join(_choice_line(choice, language, markup, numbers) for choice in block.choices if choice.numbered)
                words = [language.text(choice.label) for choice in block.choices if not choice.numbered]
                if words:
                    yield markup.plain(language.text(m("Or type: {words}", words=verbatim(" · ".join(words)))))


def _choice_line(choice: Choice, language: Language, markup: Markup, numbers: dict[int, int]) -> str:
    return f"{numbers[id(choice)]}. {markup.plain(language.text(choice.label))}"


def _cell(value: Value, language: Language) -> str:
    return value if isinstance(value, str) else language.text(Message("{value}", {"value": value}))


def _texts(paragraphs: list[_Paragraph], can: Capabilities) -> list[Part]:
    """Sentences follow each other line by line; a table, fields or choices stand apart."""
    text = ""
    for before, paragraph in zip([None, *paragraphs], paragraphs, strict=False):
        gap = "" if before is None else "\n\n" if before.apart or paragraph.apart else "\n"
        text += gap + paragraph.text
    return [Part("text", piece) for piece in split(text, can.max_chars, can.counts, html=can.markup == "html")] if text else []


def _file_parts(block: Picture | File, language: Language, markup: Markup, can: Capabilities, link: Link | None) -> list[Part]:
    said = block.alt if isinstance(block, Picture) else block.caption
    caption = "" if said is None else markup.plain(language.text(said))
    if isinstance(block, Picture) and can.pictures:
        return [Part("picture", _fit(caption, can), sha256=block.sha256, media_type=block.media_type)]
    if isinstance(block, Picture) and block.public:
        return _texts([_Paragraph(caption)], can)       # the text says the same
    if isinstance(block, File) and can.files:
        return [Part("file", _fit(caption, can), sha256=block.sha256, media_type=block.media_type, name=block.name)]
    name = None if isinstance(block, Picture) else verbatim(block.name)
    return _texts([_Paragraph(text) for text in (caption, *_where(name, link, language, markup)) if text], can)


def _where(name: Message | None, link: Link | None, language: Language, markup: Markup) -> Iterator[str]:
    """The file's name and size, and the way to it."""
    if name is not None and link is not None and link.size:
        name = m("{name} ({size})", name=name, size=size_shown(link.size))
    if name is not None:
        yield markup.plain(language.text(name))
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
        for choice in block.choices:
            line.append(Button(language.text(choice.label), f"m:{menu_id}:{index}"))
            index += 1
            if len(line) == width:
                rows.append(tuple(line))
                line = []
        if line:
            rows.append(tuple(line))
    return tuple(rows)[: can.max_buttons]
