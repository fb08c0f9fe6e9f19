"""Long texts in pieces: between paragraphs, else between lines, else between words; never inside a word or a grapheme, if it can."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Counts = Literal["chars", "utf16"]


def measure(text: str, counts: Counts) -> int:
    """How long a platform finds the text: characters, or UTF-16 units (after NFC, which is safe under either reading)."""
    normal = unicodedata.normalize("NFC", text)
    return len(normal) if counts == "chars" else len(normal.encode("utf-16-le")) // 2


def split(text: str, limit: int, counts: Counts) -> list[str]:
    """Pieces of at most ``limit``, whose paragraphs and lines stay whole where they can. Markup never spans lines here."""
    if measure(text, counts) <= limit:
        return [text]
    pieces: list[str] = []
    rest = text
    while measure(rest, counts) > limit:
        head = _longest(rest, limit, counts)
        cut = _cut(head, len(rest))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip("\n ")
    return [*pieces, rest] if rest else pieces


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


def _cut(head: str, whole: int) -> int:
    """Where to end the piece: at the last blank line, line or space of its second half, else before a combining mark or inside tag."""
    for mark in ("\n\n", "\n", " "):
        at = head.rfind(mark, len(head) // 2)
        if at > 0 and not _inside_tag(head[:at]):
            return at
    end = len(head)
    while end > 1 and end < whole and (unicodedata.combining(head[end - 1]) or _inside_tag(head[:end])):
        end -= 1
    return end


def _inside_tag(head: str) -> bool:
    """Whether a cut here would leave an HTML tag, an entity or a strong passage open."""
    if re.search(r"<[^<>]*$", head) or re.search(r"&[a-z]{0,5}$", head):
        return True
    return any(head.count(f"<{tag}>") != head.count(f"</{tag}>") for tag in ("b", "i", "blockquote"))
