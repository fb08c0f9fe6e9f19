"""Which time a question is about: a day, a week, a month, a reporting period; and what is said when there is no such day."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from handlers.kit.message import Day, Message, m, verbatim
from handlers.rules.dates import DayFound, Impossible, RangeFound, parse_day, parse_period, parse_year
from handlers.rules.periods import YEARLY, period_title
from handlers.rules.short_texts import remembering
from handlers.rules.text import fold
from storage.calendar import Event

T = TypeVar("T")

_SAYS_NOTHING = frozenset(
    (
        "bao", "cao", "nop", "gui", "han", "lich", "hop", "khi", "nao", "gio", "ngay", "may", "la", "cua", "cac", "cho", "den", "con",
        "tiep", "theo", "sap", "toi", "ve", "xem", "cum", "don", "vi", "toi", "nhung", "co", "gi", "khong", "trong", "vao", "su", "kien",
        "thang",
    )
)  # fmt: skip
"""Words of a question that name no event."""


@dataclass(frozen=True, slots=True)
class Span:
    """Local dates, both included; ``rest`` is the text without them."""

    first: date
    last: date
    rest: str

    def shown(self) -> Message:
        if self.first == self.last:
            return m("on {day}", day=Day(self.first, "weekday"))
        return m("from {first} to {last}", first=self.first, last=self.last)


@dataclass(frozen=True, slots=True)
class Period:
    """A reporting period, with the years that may be meant, the likelier first."""

    period: str
    years: tuple[int, ...]
    rest: str

    @property
    def open_ended(self) -> bool:
        """Whether no year was named: then the next one is meant."""
        return len(self.years) > 1

    def fits(self, event: Event, year: int) -> bool:
        wanted = YEARLY if self.period == "year" else (self.period,)
        return event.of_year == year and event.period in wanted

    def shown(self) -> Message:
        return period_title(self.period, self.years[0])

    def narrowed(self, events: Sequence[T], event_of: Callable[[T], Event]) -> list[T]:
        """Those that the other words name as well ("kiểm tra chéo năm 2026"); all where they name none."""
        words = Words(frozenset(fold(self.rest).split()) - _SAYS_NOTHING - MEETINGS)
        return [each for each in events if words.fits(event_of(each))] or list(events)


@dataclass(frozen=True, slots=True)
class Words:
    """Words that may stand in a title, folded."""

    words: frozenset[str]

    def fits(self, event: Event) -> bool:
        return bool(self.words) and self.words <= set(fold(event.title).split())


MEETINGS = frozenset(("hop", "nghi", "meeting", "conference"))
_REVIEWS = re.compile(r"\b(?:so|tong) ket\b")
_PAPERS = re.compile(r"\b(?:bao cao|bc|nop|han|so lieu|tu cham|gui|deadline|report)\b")


def names_meeting(text: str) -> bool:
    """Whether the text is about a meeting: "hội nghị", "họp", "sơ kết"; a "báo cáo sơ kết" is a paper."""
    said = fold(text)
    return bool(MEETINGS & set(said.split())) or (_REVIEWS.search(said) is not None and not names_paper(said))


def names_paper(text: str) -> bool:
    """Whether the text is about something to be filed."""
    return _PAPERS.search(fold(text)) is not None


_QUARTER = re.compile(r"\b(?:quy|q)\s*(?P<number>iii|ii|iv|i|[1-4]|mot|nhat|hai|ba|bon|tu)\b")
_HALF = re.compile(r"\b(?:(?:6|sau) thang|nua)(?: nam)? (?P<half>dau|cuoi)\b|\bnua nam (?P<half2>dau|cuoi)\b")
_NUMBERS = {"i": 1, "mot": 1, "nhat": 1, "ii": 2, "hai": 2, "iii": 3, "ba": 3, "iv": 4, "bon": 4, "tu": 4}


def dates_of(text: str, today: date) -> Span | None:
    """The dates of a quarter or half a year for a calendar, those that are still to come unless a year is named."""
    said = fold(text)
    quarter, half = _QUARTER.search(said), _HALF.search(said)
    if quarter is not None:
        number = _NUMBERS.get(quarter["number"]) or int(quarter["number"])
        months = (3 * number - 2, 3 * number)
    elif half is not None:
        months = (1, 6) if (half["half"] or half["half2"]) == "dau" else (7, 12)
    else:
        return None
    year = parse_year(text, today)
    if year is None:
        year = today.year if today.month <= months[1] else today.year + 1
    return Span(date(year, months[0], 1), date(year, months[1], monthrange(year, months[1])[1]), "")


@remembering
def asked_time(text: str, today: date) -> Span | Period | Words | Impossible | None:
    """What the text asks about; None when it names nothing."""
    found = parse_day(text, today)
    match found:
        case DayFound():
            return Span(found.day, found.day, found.rest)
        case RangeFound():
            return Span(found.first, found.last, found.rest)
        case Impossible():
            return found
    period = parse_period(text, today)
    if period is not None:
        years = (period.year,) if period.year is not None else (today.year, today.year - 1, today.year + 1)
        return Period(period.period, years, period.rest)
    words = Words(frozenset(fold(text).split()) - _SAYS_NOTHING)
    return words if words.words else None


def no_such_day(found: Impossible) -> Message:
    return m("There is no day {day} in the calendar. Please give another date, such as 15/12.", day=verbatim(found.text))
