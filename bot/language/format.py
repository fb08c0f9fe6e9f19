"""How a language writes numbers, dates and instants: Babel's data, and the officers' habits (dd/mm/yyyy, 17:00, 98,5%)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from handlers.kit.message import Day, Moment, Number

MOST_DECIMALS = 6
MOST_DIGITS = 200
"""Babel quantizes in the current context, whose 28 digits a pasted figure can exceed."""


class Format:
    """The values of one language in one time zone."""

    def __init__(self, locale: Locale, zone: ZoneInfo) -> None:
        self._locale = locale
        self._zone = zone

    def value(self, value: int | Number | Day | Moment | date) -> str:
        match value:
            case Number():
                return self._number(value)
            case Day():
                return self._day(value.value, value.style)
            case Moment():
                return self._moment(value)
            case date():
                return self._day(value, "date")
            case _:
                return str(format_decimal(value, locale=self._locale))

    def _number(self, number: Number) -> str:
        places = MOST_DECIMALS if number.decimals is None else number.decimals
        with localcontext(prec=MOST_DIGITS):
            exact = rounded(number.value, places)
        pattern = "#,##0" + ("." + ("#" if number.decimals is None else "0") * places if places else "")
        with localcontext(prec=MOST_DIGITS):
            text = str(format_decimal(exact, format=pattern, locale=self._locale, decimal_quantization=False))
        if not number.unit:
            return text
        return f"{text}{number.unit}" if number.unit.startswith("%") else f"{text} {number.unit}"

    def _day(self, day: date, style: str) -> str:
        if style == "day_month":
            return f"{day:%d/%m}"
        if style == "weekday":
            return f"{self._weekday(day)}, {day:%d/%m/%Y}"
        return f"{day:%d/%m/%Y}"

    def _weekday(self, day: date) -> str:
        name = str(format_date(day, "EEEE", locale=self._locale))
        if self._locale.language != "vi":
            return name
        return "Chủ nhật" if day.weekday() == 6 else name[0].lower() + name[1:]

    def _moment(self, moment: Moment) -> str:
        at = datetime.fromtimestamp(moment.epoch, self._zone)
        if moment.style == "time":
            return f"{at:%H:%M}"
        if moment.style == "weekday_time":
            return f"{at:%H:%M}, {self._day(at.date(), 'weekday')}"
        return f"{at:%H:%M} {at:%d/%m/%Y}"


def rounded(value: Decimal | Fraction | int, places: int) -> Decimal:
    """The value rounded half up (away from zero) to a number of decimals, exactly."""
    if isinstance(value, Fraction):
        scaled = value * 10**places
        whole = (abs(scaled.numerator) * 2 + scaled.denominator) // (2 * scaled.denominator)
        return Decimal(whole if scaled >= 0 else -whole).scaleb(-places)
    return Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
