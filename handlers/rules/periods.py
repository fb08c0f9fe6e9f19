"""Reporting periods: their titles, and which period's figure stands beside which. Pure.

Flow figures are cumulative from 1 January, so the period before is the shorter one of the same year.
"""

from __future__ import annotations

from handlers.kit.message import Message, m

ORDER = ("Q1", "H1", "M9", "year-estimate", "year", "year-final")
"""The periods of one emulation year in the order in which they are reported."""

_YEARLY = ("year-final", "year", "year-estimate")


def period_title(period: str, year: int) -> Message:
    """A period with its year, as officers call it. An unknown period shows as its code and year."""
    shown = str(year)
    match period:
        case "Q1":
            return m("first quarter of {year}", year=shown)
        case "H1":
            return m("first six months of {year}", year=shown)
        case "M9":
            return m("third quarter (nine months) of {year}", year=shown)
        case "year":
            return m("the year {year}", year=shown)
        case "year-estimate":
            return m("the year {year}, estimated", year=shown)
        case "year-final":
            return m("the year {year}, final figures", year=shown)
        case _:
            return m("{period} of {year}", period=period, year=shown)


def previous(period: str, year: int) -> tuple[tuple[str, int], ...]:
    """The periods before this one, the nearest first: those of the same year, then all of the year before.

    M9 2026 -> H1 2026, Q1 2026, year-final 2025, … Raises ValueError for a period that is not one.
    """
    place = ORDER.index(period)
    return tuple((each, year) for each in reversed(ORDER[:place])) + tuple((each, year - 1) for each in reversed(ORDER))


def same_period_last_year(period: str, year: int) -> tuple[tuple[str, int], ...]:
    """Where the figure of the same period of last year may stand, the best source first (a whole year has three)."""
    return tuple((each, year - 1) for each in (_YEARLY if period in _YEARLY else (period,)))
