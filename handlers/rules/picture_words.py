"""Whether an answer is asked for as a picture: "bằng hình", "biểu đồ", "ảnh"."""

from __future__ import annotations

import re
import unicodedata

from handlers.rules.short_texts import remembering
from handlers.rules.text import fold

_FOLDED = re.compile(
    r"\b(?:bang|xem|gui|ve|tam|buc|dang|kem) (?:hinh|anh)\b|^hinh\b(?! thuc)|^anh$|\b(?:hinh anh|bieu do|chart|picture|graph|image)\b"
)
"""Without diacritics "ảnh" is also how a man is addressed, and "hình" a part of "tình hình", "mô hình": the words beside it must say it."""

_ABOVE_ALL = re.compile(r"(?:(?:cho|xin|gui|xem|tam|buc) )*anh (?:bang|xep hang|bxh|thu hang|ket qua)\b")
_WRITTEN = re.compile(r"\bảnh\b(?! hưởng)|\bđồ thị\b|\bbiểu đồ\b")


def take_picture(text: str, said: str) -> tuple[str, bool]:
    """(the folded text without what asks for a picture, whether it was asked for); ``said``: all that was typed, as it was."""
    word = _word(said)
    found = _FOLDED.search(text) if text else None
    if found is not None:
        return f"{text[: found.start()]} {text[found.end() :]}".strip(), True
    return (re.sub(rf"\b{word}\b", " ", text).strip(), True) if word else (text, False)


@remembering
def _word(said: str) -> str:
    """What asks for a picture beyond doubt, folded, wherever it stands; "" where nothing does."""
    written = _WRITTEN.search(unicodedata.normalize("NFC", said).lower())
    if written is not None:
        return fold(written[0])
    folded = fold(said)
    return "bieu do" if "bieu do" in folded else "anh" if _ABOVE_ALL.match(folded) else ""
