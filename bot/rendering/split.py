"""Long texts in pieces: between paragraphs, else between lines, else between words; never inside a word or a grapheme, if it can."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from handlers.rules.text import joins

Counts = Literal["chars", "utf16"]

TAG = re.compile(r"<(/?)(b|i|blockquote)>")
HALF = re.compile(r"<[^<>]*$|&[a-z]{0,5}$")
"""The end of a piece that is half a tag or half an entity."""

ROOM_TO_CLOSE = len("</blockquote>")


def measure(text: str, counts: Counts) -> int:
    """How long a platform finds the text: characters, or UTF-16 units (after NFC, which is safe under either reading)."""
    normal = unicodedata.normalize("NFC", text)
    return len(normal) if counts == "chars" else len(normal.encode("utf-16-le")) // 2


def surely_fits(text: str, limit: int) -> bool:
    """Whether it need not be measured: a character is never more than six units, however it is normalised."""
    return len(text) * 6 <= limit


def split(text: str, limit: int, counts: Counts, *, html: bool = False) -> list[str]:
    """Pieces of at most ``limit``, whose paragraphs and lines stay whole where they can. Each piece has something to read.

    In ``html`` a passage that a cut divides is closed in front of the cut and opened again behind it.
    """
    if surely_fits(text, limit):
        return [text]
    pieces: list[str] = []
    rest = text
    while measure(rest, counts) > limit:
        head = _longest(rest, limit - (ROOM_TO_CLOSE if html else 0), counts)
        cut = _cut(rest, len(head), html)
        piece, rest = rest[:cut].rstrip(), rest[cut:].lstrip("\n ")
        still_open = _open_tags(piece) if html else ()
        pieces.append(piece + "".join(f"</{tag}>" for tag in reversed(still_open)))
        rest = "".join(f"<{tag}>" for tag in still_open) + rest
    every = [*pieces, rest]
    return [piece for piece in every if (TAG.sub("", piece) if html else piece).strip()] or every[:1]


def _longest(text: str, limit: int, counts: Counts) -> str:
    """The longest beginning within the limit."""
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle], counts) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def _cut(text: str, length: int, html: bool) -> int:
    """Where to end a piece of at most ``length``: the last blank line, line or space of its second half, else no grapheme or tag."""
    head = text[:length]
    for mark in ("\n\n", "\n", " "):
        at = head.rfind(mark, len(head) // 2)
        if at > 0:
            return at
    end = length
    while 1 < end < len(text) and (joins(text, end) or (html and HALF.search(head[max(0, end - 20) : end]))):
        end -= 1
    return end if end > 1 else length      # marks without end are no grapheme that anybody reads


def _open_tags(piece: str) -> tuple[str, ...]:
    """The tags of the renderer's markup that are open at the end of the piece, the outermost first."""
    opened: list[str] = []
    for closing, tag in TAG.findall(piece):
        if closing:
            opened.pop()
        else:
            opened.append(tag)
    return tuple(opened)
