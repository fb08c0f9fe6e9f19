"""What a group of digits with dots and commas can mean.

Vietnam writes 1.234,5; phones, spreadsheets and habit also give 1,234.5, 1 234 and 1234.5. A single separator before exactly three
digits is the trap: 1.234 is one thousand two hundred and thirty-four or one point two three four.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal

EXACT = Context(prec=100)
"""Wide enough that no figure of at most forty characters is ever rounded."""

NUMERAL = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,][0-9]+)*|[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+")
_GROUPED = {mark: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(mark)}[0-9]{{3}})+") for mark in ".,"}


@dataclass(frozen=True, slots=True)
class Numeral:
    """The possible values of a numeral: none when it is malformed, two when one separator stands before three digits."""

    grouped: Decimal | None = None
    """The value when the separator groups thousands."""
    decimal: Decimal | None = None
    """The value when the separator is the decimal sign (also for a numeral without separators)."""
    comma: bool = False
    """Whether the separator in doubt is a comma, which in Vietnam is the decimal sign."""


def read_numeral(text: str) -> Numeral:
    """Read one match of `NUMERAL`."""
    text = text.replace(" ", "")
    marks = [char for char in text if char in ".,"]
    if not marks:
        return Numeral(decimal=Decimal(text))
    last = marks[-1]
    if len(set(marks)) == 2:
        whole, _, fraction = text.rpartition(last)
        if marks.count(last) > 1 or not _GROUPED[marks[0]].fullmatch(whole):
            return Numeral()
        return Numeral(decimal=Decimal(f"{whole.replace(marks[0], '')}.{fraction}"))
    if len(marks) > 1:
        return Numeral(grouped=Decimal(text.replace(last, ""))) if _GROUPED[last].fullmatch(text) else Numeral()
    whole, _, fraction = text.partition(last)
    value = Decimal(f"{whole or '0'}.{fraction}")
    if len(fraction) == 3 and len(whole) <= 3 and not whole.startswith("0") and whole:
        return Numeral(grouped=Decimal(whole + fraction), decimal=value, comma=last == ",")
    return Numeral(decimal=value)


def plain(value: Decimal) -> Decimal:
    """The same value without trailing zeros, exponent or negative zero."""
    value = EXACT.normalize(value)
    if value == 0:
        return Decimal(0)
    return Decimal(format(value, "f"))


def places(value: Decimal) -> int:
    """How many digits after the decimal sign ``value`` needs."""
    exponent = EXACT.normalize(value).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
