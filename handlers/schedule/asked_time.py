"""Which time a question is about: a day, a week, a month, a reporting period; and what is said when there is no such day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers.kit.message import Day, Message, m, verbatim
from handlers.rules.dates import DayFound, Impossible, RangeFound, parse_day, parse_period
from handlers.rules.periods import YEARLY, period_title
from handlers.rules.short_texts import remembering
from handlers.rules.text import fold
from storage.calendar import Event

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

    def fits(self, event: Event, year: int) -> bool:
        wanted = YEARLY if self.period == "year" else (self.period,)
        return event.of_year == year and event.period in wanted

    def shown(self) -> Message:
        return period_title(self.period, self.years[0])


@dataclass(frozen=True, slots=True)
class Words:
    """Words that may stand in a title, folded."""

    words: frozenset[str]

    def fits(self, event: Event) -> bool:
        return bool(self.words) and self.words <= set(fold(event.title).split())


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
