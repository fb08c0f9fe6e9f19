"""Reporting periods of an emulation year: their titles, and which period a figure is compared with. Pure.

Flow figures are cumulative from 1 January, so Q1 < H1 < M9 < the whole year; the year is reported up to three times, each time better
known: estimated in November (year-estimate), as it stands (year), final in January (year-final).
"""

from __future__ import annotations

from handlers.kit.message import Message, m

ORDER = ("Q1", "H1", "M9", "year-estimate", "year", "year-final")
"""The periods of one emulation year in the order in which they are reported."""

YEARLY = ("year-final", "year", "year-estimate")
"""The same twelve months, best known first."""


def period_title(period: str, year: int) -> Message:
    """A period with its year as it stands in a sentence. An unknown period shows as its code and year."""
    shown = str(year)      # an identifier: 2026, never 2.026
    match period:
        case "Q1":
            return m("first quarter of {year}", year=shown)
        case "H1":
            return m("first six months of {year}", year=shown)
        case "M9":
            return m("nine months of {year}", year=shown)
        case "year":
            return m("year {year}", year=shown)
        case "year-estimate":
            return m("year {year} (estimate)", year=shown)
        case "year-final":
            return m("year {year} (final figures)", year=shown)
        case _:
            return m("{period} of {year}", period=period, year=shown)


def previous(period: str, year: int) -> tuple[tuple[str, int], ...]:
    """The periods before this one, the nearest first: those of the same year, then all of the year before.

    M9 2026 -> H1 2026, Q1 2026, year-final 2025, … Raises ValueError for a period that is not one.
    """
    place = ORDER.index(period)
    return tuple((each, year) for each in reversed(ORDER[:place])) + tuple((each, year - 1) for each in reversed(ORDER))


def same_period_last_year(period: str, year: int) -> tuple[tuple[str, int], ...]:
    """Where the figure of the same period of last year may stand, the best source first (a whole year has three).

    A unit's name is not its identity: whether last year's unit is the same one is for the caller to ask.
    """
    return tuple((each, year - 1) for each in (YEARLY if period in YEARLY else (period,)))
