"""Days as officers say them: 5/3, thứ sáu tuần sau, cuối tháng.

A day without a year is the nearest one; "ngày 15" and a weekday are the next ones. What is no day of the calendar (31/02, 5/13) is
`Impossible`, never silently another day. Times of day (`handlers.rules.times`), periods and years
(`handlers.rules.period_words`) are to be had from here as well.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.rules.period_words import PeriodFound, parse_period, parse_year, take_year
from handlers.rules.times import Impossible, TimeFound, parse_time
from handlers.rules.words import Spoken, mended

__all__ = [
    "DayFound", "Impossible", "PeriodFound", "RangeFound", "TimeFound", "parse_day", "parse_period", "parse_time", "parse_year",
    "take_year",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class DayFound:
    """One day, and the text without it."""

    day: date
    rest: str


@dataclass(frozen=True, slots=True)
class RangeFound:
    """A week, a month or another run of days, both ends included, and the text without it."""

    first: date
    last: date
    rest: str


_Span = tuple[date, date]
_Reader = Callable[["re.Match[str]", date], "_Span | None"]

_NUMBERS = {
    "mot": 1, "gieng": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "nam": 5, "s6u": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10,
    "chap": 12, "muoi mot": 11, "muoi hai": 12,
}  # fmt: skip
_WEEKDAYS = {"hai": 0, "ba": 1, "tu": 2, "nam": 3, "sau": 4, "s6u": 4, "bay": 5} | {str(number): number - 2 for number in range(2, 8)}
_WORD_MARKS = {
    "thu": ("thứ",), "nay": ("này",), "mai": (), "nam": ("năm",), "tuan": ("tuần",), "thang": ("tháng",), "tu": ("từ", "tư"),
    "bay": ("bảy", "bẩy"), "hom": ("hôm",), "ngay": ("ngày",), "nhat": ("nhật",), "ba": (), "hai": (), "dau": ("đầu",),
}  # fmt: skip
"""Words that mean a time only in these spellings; typed without diacritics they always may."""

_VOCABULARY = frozenset((
    "ngay", "hom", "nay", "mai", "kia", "qua", "thu", "chu", "nhat", "tuan", "thang", "nam", "sau", "truoc", "toi", "dau", "giua", "cuoi",
    "hai", "ba", "tu", "bay", "sang", "chieu", "nua",
))  # fmt: skip

_SHIFT = {
    "truoc": -1, "vua roi": -1, "vua qua": -1, "qua": -1, "roi": -1, "nay": 0, "hien tai": 0, "sau": 1, "toi": 1, "ke": 1, "sau nua": 2,
}  # fmt: skip
_WHICH = r"(?:sau nua|truoc|vua roi|vua qua|qua|roi|sau|toi|ke|nay|hien tai)"
_MONTH_NAME = r"(?:muoi mot|muoi hai|gieng|chap|mot|hai|ba|tu|bon|nam|s6u|bay|tam|chin|muoi)"
_BEFORE = r"(?:(?:vao|trong|den|tu|truoc|hom|sang|trua|chieu|toi|dem)\s+)?"
_DAY_WORD = r"(?:ngay\s+mung|ngay\s+mong|ngay|hom|mung|mong)"
_WEEKDAY_BEFORE = r"(?:(?:thu(?:\s+|(?=\d))\w+|t[2-7]|chu\s+nhat|cn)\s*,?\s+)?"
_DMY = r"(?P<d{0}>\d{{1,2}})\s?(?P<s{0}>[/.\-])\s?(?P<m{0}>\d{{1,2}})(?:\s?(?P=s{0})\s?(?P<y{0}>\d{{4}}|\d{{2}}))?"
_EDGE = r"(?<![\w/.,\-])"
_END = r"(?![\w/]|[.,\-]\d)"


def _make(year: int, month: int, day: int) -> _Span | None:
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    made = date(year, month, day)
    return made, made


def _nearest(today: date, month: int, day: int) -> _Span | None:
    found = [span for year in (today.year - 1, today.year, today.year + 1) if (span := _make(year, month, day)) is not None]
    return min(found, key=lambda span: abs((span[0] - today).days), default=None)


def _month(year: int, month: int) -> _Span | None:
    return None if not 1 <= month <= 12 else (date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _shifted(today: date, months: int) -> tuple[int, int]:
    place = today.year * 12 + today.month - 1 + months
    return place // 12, place % 12 + 1


def _year_of(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _numeric(found: re.Match[str], today: date, part: str = "") -> _Span | None:
    day, month, year = int(found["d" + part]), int(found["m" + part]), found["y" + part]
    return _nearest(today, month, day) if year is None else _make(_year_of(year), month, day)


def _between(found: re.Match[str], today: date) -> _Span | None:
    last = _numeric(found, today, "2")
    if last is None:
        return None
    if found["m1"] is None:
        first = _make(last[0].year, last[0].month, int(found["d1"]))
    else:
        year = found["y1"] or str(last[0].year)
        first = _make(_year_of(year), int(found["m1"]), int(found["d1"]))
    if first is None or first[0] > last[0]:
        return None
    return first[0], last[0]


def _iso(found: re.Match[str], today: date) -> _Span | None:
    return _make(int(found[1]), int(found[2]), int(found[3]))


def _month_number(text: str) -> int:
    return int(text) if text.isdecimal() else _NUMBERS[text]


def _spoken_date(found: re.Match[str], today: date) -> _Span | None:
    day, month = int(found["day"]), _month_number(found["month"])
    return _nearest(today, month, day) if found["year"] is None else _make(_year_of(found["year"]), month, day)


def _day_of_month(found: re.Match[str], today: date) -> _Span | None:
    day = int(found["day"])
    if found["which"] is not None:
        return _make(*_shifted(today, _SHIFT[found["which"]]), day)
    ahead = (_make(*_shifted(today, months), day) for months in range(3))
    return next((span for span in ahead if span is not None and span[0] >= today), None)


def _ahead(days: int) -> _Reader:
    def read(found: re.Match[str], today: date) -> _Span | None:
        made = today + timedelta(days)
        return made, made

    return read


def _counted(found: re.Match[str], today: date) -> _Span | None:
    days = _month_number(found["count"]) * (7 if found["unit"] == "tuan" else 1)
    if found["which"] == "toi":
        return today, today + timedelta(days)
    made = today + timedelta(-days if found["which"] in ("truoc", "qua") else days)
    return made, made


def _weekday(found: re.Match[str], today: date) -> _Span | None:
    number = found["weekday"] or found["short"]
    if number is not None and number not in _WEEKDAYS:
        return None
    weekday = 6 if number is None else _WEEKDAYS[number]
    which = found["which"]
    monday = today - timedelta(today.weekday())
    if found["week"] is not None:
        made = monday + timedelta(7 * _SHIFT[which] + weekday)
    else:
        made = today + timedelta((weekday - today.weekday()) % 7)
        if which is not None and _SHIFT[which] < 0:
            made -= timedelta(7)
        elif which is not None and _SHIFT[which] > 0 and made == today:
            made += timedelta(7)
    return made, made


def _week(found: re.Match[str], today: date) -> _Span | None:
    which = found["which"] or found["which2"]
    first = today - timedelta(today.weekday()) + timedelta(7 * _SHIFT[which or "nay"])
    part = found["part"]
    if part == "dau":
        return first, first + timedelta(1)
    if part == "giua":
        return first + timedelta(2), first + timedelta(3)
    return (first + timedelta(5) if part == "cuoi" else first), first + timedelta(6)


def _month_words(found: re.Match[str], today: date) -> _Span | None:
    number, which, year = found["month"], found["which"], found["year"]
    if number is None:
        span = _month(*_shifted(today, _SHIFT[which or "nay"]))
    elif year is not None:
        span = _month(_year_of(year), _month_number(number))
    else:
        near = _nearest(today, _month_number(number), 15)
        span = None if near is None else _month(near[0].year, near[0].month)
    if span is None:
        return None
    first, last = span
    match found["part"]:
        case "dau":
            return first, first + timedelta(9)
        case "giua":
            return first + timedelta(10), first + timedelta(19)
        case "cuoi":
            return first + timedelta(20), last
        case _:
            return span


def _month_year(found: re.Match[str], today: date) -> _Span | None:
    return _month(int(found["year"]), int(found["month"]))


_PATTERNS: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"{_EDGE}(?:(?:tu\s+)?{_BEFORE}(?:{_DAY_WORD}\s+)?)?(?P<d1>\d{{1,2}})(?:[/.](?P<m1>\d{{1,2}})(?:[/.](?P<y1>\d{{4}}))?)?"
         rf"\s*(?:[-–]|den(?: het)?|toi)\s*(?:ngay\s+)?{_DMY.format(2)}{_END}", _between),
        (rf"{_EDGE}{_BEFORE}(?:{_DAY_WORD}\s+)?(\d{{4}})-(\d{{2}})-(\d{{2}}){_END}", _iso),
        (rf"{_EDGE}{_BEFORE}{_WEEKDAY_BEFORE}(?:{_DAY_WORD}\s+)?{_DMY.format('')}{_END}", _numeric),
        (rf"{_EDGE}{_BEFORE}{_WEEKDAY_BEFORE}(?:{_DAY_WORD}\s+)?(?P<day>\d{{1,2}})\s+thang\s+(?P<month>\d{{1,2}}|{_MONTH_NAME})"
         rf"(?:(?:\s*[/,\-]\s*|\s+)(?:nam\s+)?(?P<year>\d{{4}}))?{_END}", _spoken_date),
        (rf"{_EDGE}{_BEFORE}(?:ngay|mung|mong|hom)(?:\s+|(?=\d))(?P<day>\d{{1,2}})"
         rf"(?:\s+thang\s+(?P<which>{_WHICH}))?{_END}", _day_of_month),
        (rf"\b{_BEFORE}(?:thu(?:\s+|(?=\d))(?P<weekday>\w+)|t(?P<short>[2-7])(?![\w/.]|\s*/)|chu\s+nhat|cn)"
         rf"(?:,?\s+(?P<week>tuan\s+)?(?P<which>{_WHICH}))?\b", _weekday),
        (r"\b(?:trong\s+|sau\s+)?(?P<count>\d{1,2}|mot|hai|ba|bon|nam|s6u|bay|muoi)\s+(?P<unit>ngay|hom|tuan)"
         r"\s+(?P<which>nua|toi|truoc|qua)\b", _counted),
        (rf"\b(?:trong\s+|vao\s+)?(?:(?P<part>dau|giua|cuoi)\s+)?tuan(?:\s+(?P<which>{_WHICH})|(?P<which2>(?!)))\b", _week),
        (r"\b(?:vao\s+)?(?P<part>dau|giua|cuoi)\s+tuan(?P<which>(?!))?(?P<which2>(?!))?\b", _week),
        (r"\btrong\s+tuan(?P<part>(?!))?(?P<which>(?!))?(?P<which2>(?!))?\b", _week),
        (rf"\b(?:trong\s+|vao\s+)?(?:(?P<part>dau|giua|cuoi)\s+)?thang(?:\s+|(?=\d))(?:(?P<month>\d{{1,2}}|{_MONTH_NAME}(?!\s+(?:toi|ngay)))"
         rf"(?:(?:\s*[/,\-]\s*|\s+)(?:nam\s+)?(?P<year>\d{{4}}))?|(?P<which>{_WHICH})){_END}", _month_words),
        (r"\b(?:(?:vao\s+)?(?P<part>dau|giua|cuoi)|trong)\s+thang(?P<month>(?!))?(?P<year>(?!))?(?P<which>(?!))?\b", _month_words),
        (rf"{_EDGE}t?(?P<month>\d{{1,2}})\s?/\s?(?P<year>(?:19|20)\d{{2}}){_END}", _month_year),
        (rf"{_EDGE}t(?P<month>1[0-2]|[189])(?P<part>(?!))?(?P<year>(?!))?(?P<which>(?!))?{_END}", _month_words),
        (r"\b(?:sang|trua|chieu|toi|dem)?\s*\b(?:ngay\s+)?(?:hom|bua)\s+nay\b|\b(?:sang|trua|chieu|toi|dem)\s+nay\b", _ahead(0)),
        (rf"\b{_BEFORE}(?:ngay\s+kia|hom\s+mot|ngay\s+mot)\b", _ahead(2)),
        (rf"\b{_BEFORE}hom\s+kia\b", _ahead(-2)),
        (rf"\b{_BEFORE}(?:hom|bua|toi)\s+qua\b", _ahead(-1)),
        (r"\b(?:(?:sang|trua|chieu|toi|dem)\s+)?(?:ngay|hom)\s+mai\b|\b(?:sang|trua|chieu|toi|dem|den|vao)\s+mai\b"
         r"|\bmai\s*\W*$|^\W*mai\b", _ahead(1)),
        (r"(?<!nam )(?<!tuan )(?<!thang )(?<!quy )(?<!ky )(?<!thu )\bnay\s*\W*$|^\W*nay\b", _ahead(0)),
    )
)  # fmt: skip

_NO_WEEKDAY = re.compile(r"(?:\b(?:dung|hang|lan|xep|vi tri|theo|o|diem|nguon)\s+)$")
_HOUR_BEFORE = re.compile(r"\d\s*(?:h|g|gio|:)\s*(?:\d{2})?\s*$")
_PART_OF_DAY = re.compile(r"^(?:sang|trua|chieu|toi|dem)\s+")


def parse_day(text: str, today: date) -> DayFound | RangeFound | Impossible | None:
    """The day or the run of days that the text names, counted from ``today``; None when it names none."""
    spoken = Spoken.of(mended(text, _VOCABULARY))
    flat = _six_marked(spoken)
    for pattern, reader in _PATTERNS:
        for found in pattern.finditer(flat):
            if not _means_time(spoken, found, reader):
                continue
            span = reader(found, today)
            start, end = found.span()
            part = _PART_OF_DAY.match(found[0])
            if part is not None and _HOUR_BEFORE.search(spoken.flat[:start]):
                start += part.end()      # "2h chiều mai": the afternoon belongs to the hour
            written = spoken.text[start:end].strip()
            if span is None:
                return Impossible(written)
            rest = spoken.cut(start, end)
            return DayFound(span[0], rest) if span[0] == span[1] else RangeFound(*span, rest)
    return None


def _six_marked(spoken: Spoken) -> str:
    """The folded text in which "sáu" (six) is still told from "sau" (next): "tháng sáu" is June, "tháng sau" next month."""
    flat = spoken.flat
    for word in spoken.words:
        if word.typed == "sáu":
            flat = f"{flat[: word.start]}s6u{flat[word.end :]}"
    return flat


def _means_time(spoken: Spoken, found: re.Match[str], reader: _Reader) -> bool:
    """Whether it is no look-alike: "thủ tục" without its marks, a rank ("đứng thứ hai"), a quarter ("quý 3/2025"), a figure."""
    before = spoken.flat[: found.start()]
    for word in spoken.words:
        inside = found.start() <= word.start < found.end()
        if inside and word.marked and word.typed not in _WORD_MARKS.get(word.key, (word.typed,)):
            return False
    if reader is _weekday:
        number = found["weekday"]
        if number is not None and number not in _WEEKDAYS and not number.isdecimal():
            return False
        return "chu" in found[0] or _NO_WEEKDAY.search(before) is None or found["which"] is not None
    if found[0].strip(" .,!?") == "mai" and len(spoken.words) > 1 and "Mai" in spoken.text:
        return False      # somebody's name
    if reader is _numeric and found["s"] != "/" and found["y"] is None:
        return "ngay" in found[0] or "hom" in found[0]      # "1.2" and "5-3" alone are figures
    return re.search(r"\b(?:quy|q|ky)\s*$", before) is None
