"""How a language writes numbers, dates and instants: Babel's data, and the officers' habits (dd/mm/yyyy, 17:00, 98,5%)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from handlers.kit.message import Day, Moment, Number

if TYPE_CHECKING:
    from babel.core import Locale

MOST_DECIMALS = 6


class Format:
    """The values of one language in one time zone."""

    def __init__(self, code: str, zone: ZoneInfo) -> None:
        self._code = code
        self._zone = zone

    @cached_property
    def _locale(self) -> Locale:
        """Imported with the first number: a command that writes none need not wait for it."""
        from babel.core import Locale

        return Locale.parse(self._code)

    @cached_property
    def _symbols(self) -> tuple[str, str, str]:
        """What groups digits, the decimal mark, the minus. Read on first use: a language's data are 2 MB, and most are never spoken."""
        symbols = self._locale.number_symbols["latn"]
        return str(symbols["group"]), str(symbols["decimal"]), str(symbols["minusSign"])

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
                return self._grouped(value)

    def _number(self, number: Number) -> str:
        """Babel's own formatting reads its pattern anew each time, which is most of what an answer costs: only its symbols are used."""
        places = MOST_DECIMALS if number.decimals is None else number.decimals
        scaled = _scaled(number.value, places)
        whole, fraction = divmod(abs(scaled), 10**places)
        digits = f"{fraction:0{places}d}" if places else ""
        if number.decimals is None:
            digits = digits.rstrip("0")
        _, decimal, minus = self._symbols
        sign = minus if scaled < 0 else ""
        text = f"{sign}{self._grouped(whole)}{decimal}{digits}" if digits else f"{sign}{self._grouped(whole)}"
        if not number.unit:
            return text
        return f"{text}{number.unit}" if number.unit.startswith("%") else f"{text} {number.unit}"

    def _grouped(self, value: int) -> str:
        group, _, minus = self._symbols
        text = f"{abs(value):,}".replace(",", group)
        return f"{minus}{text}" if value < 0 else text

    def _day(self, day: date, style: str) -> str:
        if style == "day_month":
            return f"{day:%d/%m}"
        if style == "weekday":
            return f"{self._weekday(day)}, {day:%d/%m/%Y}"
        return f"{day:%d/%m/%Y}"

    def _weekday(self, day: date) -> str:
        name = str(self._locale.days["format"]["wide"][day.weekday()])
        if self._code != "vi":
            return name
        return "Chủ nhật" if day.weekday() == 6 else name[0].lower() + name[1:]

    def _moment(self, moment: Moment) -> str:
        at = datetime.fromtimestamp(moment.epoch, self._zone)
        if moment.style == "time":
            return f"{at:%H:%M}"
        if moment.style == "weekday_time":
            return f"{at:%H:%M}, {self._day(at.date(), 'weekday')}"
        return f"{at:%H:%M} {at:%d/%m/%Y}"


def _scaled(value: Decimal | Fraction | int, places: int) -> int:
    """The value in units of its last decimal, rounded half up (away from zero), exactly."""
    numerator, denominator = value.as_integer_ratio()
    whole: int = (abs(numerator) * 10**places * 2 + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole
