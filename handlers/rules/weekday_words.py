"""Wednesday or order: "thứ tư" and "thứ tự" are one word without their marks, and "lịch thu tu" asks for a day.

"Thu tu" alone is the day, as "thu ba" and "thu nam" are.
"""

from __future__ import annotations

import re

from handlers.rules.words import Spoken, Word

_BEFORE = frozenset((
    "lich", "han", "hop", "nghi", "ngay", "sang", "chieu", "trua", "toi", "vao", "den", "truoc", "qua", "hom", "gio", "luc", "cong", "tac",
    "gui", "nop", "deadline", "du", "kien",
))  # fmt: skip
_AFTER = frozenset(("tuan", "nay", "sau", "toi", "ngay", "hop", "co", "phai", "luc", "sang", "chieu", "trua", "nop", "han", "lich"))
_RANKED = frozenset(("dung", "xep", "hang", "tri"))
_HOUR = re.compile(r"\d{1,2}(?:h|g)?\d{0,2}")


def is_wednesday(spoken: Spoken, place: int) -> bool:
    """Whether the word at ``place`` and the one behind it are the day: by its marks, else by the words beside it."""
    words = spoken.words
    if place + 1 >= len(words) or (words[place].key, words[place + 1].key) != ("thu", "tu"):
        return False
    if _beside(words, place - 1, _RANKED):
        return False
    first, second = words[place], words[place + 1]
    if second.marked or first.typed not in ("thu", "thứ"):
        return second.typed == "tư" and first.typed in ("thu", "thứ")
    return len(words) == 2 or _beside(words, place - 1, _BEFORE) or _beside(words, place + 2, _AFTER)


def _beside(words: tuple[Word, ...], place: int, known: frozenset[str]) -> bool:
    if not 0 <= place < len(words):
        return False
    return words[place].key in known or (known is not _RANKED and _HOUR.fullmatch(words[place].key) is not None)
