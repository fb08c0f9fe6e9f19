"""The reporting period that a question about scores or figures names; figures are answered for exactly that one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from handlers.rules.period_words import parse_period
from handlers.rules.periods import YEARLY
from handlers.rules.text import fold
from handlers.rules.words import Spoken

NO_SUCH = "none"
"""A month, the second half of a year: nothing is reported for it."""

_PERIOD_WORDS = {
    "Q1": "quý 1", "H1": "6 tháng", "M9": "9 tháng", "year": "cả năm", "year-estimate": "ước thực hiện", "year-final": "số liệu chính thức",
}  # fmt: skip
_PARTS = ("Q1", "H1", "M9")
_QUARTER = re.compile(r"\b(?:quy|q)\s?(?:4|iv|tu|bon|nay|truoc|sau)\b")
_WHOLE = re.compile(r"\b(?:ca|het|nguyen|cuoi|12 thang)\s+nam\b|\b12 thang\b|\btong ket\b|\buoc\b|\bso lieu chinh thuc\b")
_SECOND_HALF = re.compile(r"\b(?:(?:6|sau) thang|nua) cuoi\b")
_MONTH = re.compile(
    r"\b(?:(?:trong|cua|o|den|het)\s+)*thang\s*"
    r"(?:\d{1,2}|mot|gieng|hai|ba|tu|bon|nam|sau|bay|tam|chin|muoi(?:\s+(?:mot|hai))?|chap|nay|truoc|toi)\b"
)
_MONTH_MARKS = frozenset((
    "tháng", "một", "giêng", "ba", "tư", "bốn", "năm", "sáu", "bảy", "bẩy", "tám", "chín", "mười", "chạp", "này", "trước", "tới", "của",
    "ở", "đến", "hết",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """The period ("": none named), its year if the words say one ("quý trước"), the text without it.

    ``several``: more than one was named.
    """

    period: str
    year: int | None
    rest: str
    several: bool = False


def take_asked(text: str, today: date) -> AskedPeriod:
    """The period that the text names, and the text without it."""
    found = _take(text, today)
    if not found.period:
        return found
    again = _take(found.rest, today)
    return AskedPeriod(found.period, found.year, found.rest, several=again.period not in ("", found.period))


def _take(text: str, today: date) -> AskedPeriod:
    found = parse_period(text, today) if text else None
    if found is not None:
        said = fold(text)
        if _SECOND_HALF.search(said):
            return AskedPeriod(NO_SUCH, found.year, found.rest)
        if found.period in _PARTS or _QUARTER.search(said) or _WHOLE.search(said):
            return AskedPeriod(found.period, found.year, found.rest)
    spoken = Spoken.of(text)
    month = _MONTH.search(spoken.flat)
    if month is not None and all(
        not word.marked or word.typed in _MONTH_MARKS for word in spoken.words if month.start() <= word.start < month.end()
    ):
        return AskedPeriod(NO_SUCH, None, spoken.cut(*month.span()))
    return AskedPeriod("", None, text)


def words_of(period: str) -> str:
    """The period as a choice's argument or a short follow-up names it."""
    return _PERIOD_WORDS.get(period, "")


def reported_as(period: str) -> tuple[str, ...]:
    """Under which periods figures of it are kept, the best known first."""
    return YEARLY if period == "year" else (period,)
