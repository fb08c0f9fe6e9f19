"""Short follow-ups: "còn Sơn La?" after a question about another unit."""

from __future__ import annotations

import re

from handlers.kit.hearing import LONGEST, without_courtesy
from handlers.rules.words import Spoken, trimmed

_FOLLOW_UP = re.compile(
    r"(?P<before>(?:the|vay|a|u|uh)\s+con|con|the|vay|and|what about|how about)\s+(?:ve\s+|cua\s+|doi voi\s+|tinh\s+|voi\s+)*(?P<name>.+?)"
    r"(?:\s+(?:thi\s+sao|thi\s+the\s+nao|thi|the\s+nao|nhu\s+the\s+nao|ra\s+sao|sao|nhi|a|vay|day|nhe))*\W*"
)
_FOLLOW_UP_TAIL = re.compile(r"(?:tinh\s+)?(?P<name>.+?)\s+(?:thi\s+sao|thi\s+the\s+nao)(?:\s+(?:a|nhi|vay|nhe))*\W*")
_NEVER_FIRST = frozenset(("ai", "gi", "may", "nao", "neu", "viec", "khi", "luc"))
_NO_NAME = _NEVER_FIRST | frozenset((
    "bao", "nhieu", "ngay", "a", "ha", "thoi", "nua", "khong", "u", "ok", "roi", "chu", "sao", "day", "do", "la", "duoc", "co", "ma",
    "minh", "toi", "em", "anh", "chi", "nay", "kia", "vay", "thi", "dang", "phai", "chua", "lai", "cai", "het", "di",
))  # fmt: skip
"""Words that alone are no name; together with another they may be one ("Lai Châu", "Chi Lăng")."""

_LONGEST_NAME = 5      # words


def follow_up(text: str) -> str | None:
    """What a short follow-up asks about ("Sơn La" in "còn Sơn La thì sao"); None when the text is no follow-up."""
    if len(text) > LONGEST:
        return None
    spoken = Spoken.of(text)
    first, last = without_courtesy(spoken)
    if first >= last:
        return None
    start, end = spoken.words[first].start, spoken.words[last - 1].end
    found = _FOLLOW_UP.fullmatch(spoken.flat, start, end) or _FOLLOW_UP_TAIL.fullmatch(spoken.flat, start, end)
    if found is None:
        return None
    name = spoken.text[found.start("name") : found.end("name")]
    words = Spoken.of(name).words
    opening = spoken.words[first]
    if opening.marked and found.re is _FOLLOW_UP and opening.typed not in ("còn", "thế", "vậy", "à", "ừ", "ờ"):
        return None
    if not words or len(words) > _LONGEST_NAME or words[0].key in _NEVER_FIRST:
        return None
    if all(word.key in _NO_NAME for word in words):
        return None
    return trimmed(name) or None
