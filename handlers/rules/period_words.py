"""Reporting periods and years as officers say them: quý 3/2025, 6 tháng đầu năm, ước thực hiện, năm ngoái.

Quarters are cumulative in the cluster's forms: the second is reported as six months, the third as nine, the fourth as the year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from handlers.rules.short_texts import remembering
from handlers.rules.words import Spoken, mended

_QUARTERS = ("Q1", "H1", "M9", "year")
_QUARTER_NUMBERS = {
    "1": 1, "i": 1, "mot": 1, "nhat": 1, "2": 2, "ii": 2, "hai": 2, "3": 3, "iii": 3, "ba": 3, "4": 4, "iv": 4, "bon": 4, "tu": 4,
}  # fmt: skip
_QUARTER = r"(?:iii|ii|iv|i|[1-4]|mot|nhat|hai|ba|bon|tu)"
_SHIFTS = {"truoc": -1, "vua roi": -1, "vua qua": -1, "roi": -1, "nay": 0, "hien tai": 0, "sau": 1, "toi": 1}
_WHICH = r"(?:truoc|vua roi|vua qua|roi|nay|hien tai|sau|toi)"
_ASIDE = r"(?:(?:cua|trong|o|cho|ky|vao)\s+)*"
_NAMELESS_YEAR = r"nam(?!\s+(?:ngoai|truoc|nay|sau|toi|kia|qua|hien tai|\d))"
_OF_YEAR = rf"(?:\s+dau)?(?:\s+(?:cua\s+)?{_NAMELESS_YEAR})?"


@dataclass(frozen=True, slots=True)
class PeriodFound:
    """A period (Q1, H1, M9, year, year-estimate, year-final), the year if one was named, and the text without both."""

    period: str
    year: int | None
    rest: str


_VOCABULARY = frozenset((
    "quy", "nam", "thang", "ngoai", "truoc", "nay", "sau", "toi", "dau", "cuoi", "nua", "ca", "uoc", "chinh", "thuc", "so", "ket", "hien",
))  # fmt: skip

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), period)
    for pattern, period in (
        (rf"\b{_ASIDE}(?:quy\s*|q\s?)(?P<quarter>{_QUARTER})\b", "quarter"),
        (rf"\b{_ASIDE}quy\s+(?P<which>{_WHICH})\b", "quarter"),
        (rf"\b{_ASIDE}(?:so lieu\s+)?(?:nam\s+)?chinh thuc(?:\s+ca)?(?:\s+{_NAMELESS_YEAR})?", "year-final"),
        (rf"(?<!giao )(?<!quy )(?<!hiep )(?<!mo )\b{_ASIDE}(?:so lieu\s+)?uoc"
         rf"(?:\s+(?:thuc hien|tinh|dat))?(?:\s+ca)?(?:\s+{_NAMELESS_YEAR})?\b", "year-estimate"),
        (rf"\b{_ASIDE}(?:9|chin)\s+thang{_OF_YEAR}(?!\s+\d{{1,2}}\b)", "M9"),
        (rf"\b{_ASIDE}(?:(?:6|sau)\s+thang|nua)\s+cuoi\s+(?:{_NAMELESS_YEAR}|(?=nam\b))", "year"),
        (rf"\b{_ASIDE}(?:so ket\s+)?(?:6|sau)\s+thang{_OF_YEAR}(?!\s+\d{{1,2}}\b)", "H1"),
        (rf"\b{_ASIDE}(?:3|ba)\s+thang{_OF_YEAR}(?!\s+\d{{1,2}}\b)", "Q1"),
        (rf"\b{_ASIDE}12\s+thang{_OF_YEAR}(?!\s+\d{{1,2}}\b)", "year"),
        (rf"\b{_ASIDE}(?:nua dau nam|nua nam(?:\s+dau)?|giua nam|so ket(?:{_OF_YEAR}))", "H1"),
        (rf"\b{_ASIDE}(?:ca nam|tong ket(?:{_OF_YEAR})|cuoi nam|het nam|nguyen nam)\b", "year"),
    )
)

_YEAR_WORDS = _SHIFTS | {"ngoai": -1, "qua": -1, "kia": -2}
_RELATIVE_YEAR = re.compile(rf"\b{_ASIDE}nam\s+(?P<which>ngoai|truoc|vua roi|vua qua|qua|roi|nay|hien tai|sau|toi|kia)\b")
_NAMED_YEAR = re.compile(rf"\b{_ASIDE}nam\s*(?P<year>(?:19|20)\d{{2}})\b(?![.,]\d)")
_SHORT_YEAR = re.compile(rf"(?<!viet )\b{_ASIDE}nam\s+'?(?P<year>[12]\d)(?![\w%]|[.,/]\d|\s+(?:ngay|thang|tuan|xa|ha|ty|don vi|tinh))")
_BARE_YEAR = re.compile(r"(?<![\w.,])(?<!\d[/.\-]\d[/.\-])(?<!\d[/.\-]\d\d[/.\-])(?:[/\-]\s?)?(?P<year>20\d{2})(?![\w%]|[.,/\-]\d)")
_YEAR_ALONE = re.compile(r"\b(?:(?:bao cao|ky|trong|theo)\s+)?(?P<nam>nam)\s*\W*$|^\W*(?P<nam2>nam)\b(?!\s+(?:don vi|tinh|xa|ngay|nguoi))")
_NOT_A_YEAR = re.compile(r"\b(?:thu|viet|quy|ngay|thang)\s*$")


def parse_year(text: str, today: date) -> int | None:
    """The year that the text names: 2024, năm 2024, năm ngoái; None when it names none."""
    return take_year(text, today)[0]


@remembering
def take_year(text: str, today: date) -> tuple[int | None, str]:
    """The year that the text names, or None, and the text without it."""
    spoken = Spoken.of(mended(text, _VOCABULARY))
    found = _year_match(spoken, today)
    if found is None:
        return None, spoken.text
    return found[0], spoken.cut(*found[1])


def _year_match(spoken: Spoken, today: date) -> tuple[int, tuple[int, int]] | None:
    for pattern in (_RELATIVE_YEAR, _NAMED_YEAR, _SHORT_YEAR, _BARE_YEAR):
        for found in pattern.finditer(spoken.flat):
            if pattern is not _BARE_YEAR and not _spelt(spoken, found.start(), found.end()):
                continue
            if pattern is _RELATIVE_YEAR:
                if _NOT_A_YEAR.search(spoken.flat[: found.start()]):      # "thứ năm sau"
                    continue
                return today.year + _YEAR_WORDS[found["which"]], found.span()
            year = int(found["year"])
            return (2000 + year if year < 100 else year), found.span()
    return None


@remembering
def parse_period(text: str, today: date) -> PeriodFound | None:
    """The reporting period that the text names; None when it names none.

    "năm", "năm 2025" and "năm ngoái" alone mean the whole year; "quý này" and "quý trước" are counted from ``today``.
    """
    spoken = Spoken.of(mended(text, _VOCABULARY))
    for pattern, period in _PATTERNS:
        for found in pattern.finditer(spoken.flat):
            if not _spelt(spoken, found.start(), found.end()):
                continue
            rest = spoken.cut(*found.span())
            if period == "quarter":
                return _quarter(found, rest, today)
            year, rest = take_year(rest, today)
            return PeriodFound(period, year, _without_year_word(rest))
    year, rest = take_year(spoken.text, today)
    if year is not None:
        named = _year_match(spoken, today)
        if named is not None and "nam" in spoken.flat[slice(*named[1])]:
            return PeriodFound("year", year, rest)
        return None
    alone = _YEAR_ALONE.search(spoken.flat)
    if alone is not None:
        start, end = alone.span("nam") if alone["nam"] else alone.span("nam2")
        if _spelt(spoken, start, end) and not _NOT_A_YEAR.search(spoken.flat[:start]):
            return PeriodFound("year", None, spoken.cut(start, end))
    return None


def _quarter(found: re.Match[str], rest: str, today: date) -> PeriodFound:
    if "which" in found.re.groupindex:
        place = today.year * 4 + (today.month - 1) // 3 + _SHIFTS[found["which"]]
        return PeriodFound(_QUARTERS[place % 4], place // 4, rest)
    year, rest = take_year(rest, today)
    return PeriodFound(_QUARTERS[_QUARTER_NUMBERS[found["quarter"]] - 1], year, _without_year_word(rest))


def _without_year_word(rest: str) -> str:
    spoken = Spoken.of(rest)
    alone = re.fullmatch(r"(?:cua\s+|trong\s+)?nam", spoken.flat)
    return "" if alone else rest


_SPELLINGS = {"nam": "năm", "quy": "quý", "thang": "tháng", "uoc": "ước", "truoc": "trước", "chinh": "chính", "so": "số sơ", "ket": "kết"}


def _spelt(spoken: Spoken, start: int, end: int) -> bool:
    """Whether no typed diacritics contradict: "quỹ", "Nam", "nằm" are other words."""
    return all(
        word.typed in _SPELLINGS[word.key].split() or (word.key == "quy" and word.typed == "qúy")
        for word in spoken.words
        if start <= word.start < end and word.marked and word.key in _SPELLINGS
    )
