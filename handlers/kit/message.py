"""Messages: what the bot wants to say, before any language is chosen.

A handler never writes a finished sentence. It names a message by its English text (the gettext *msgid*) and adds named values; the
edge (`bot.language`) looks the text up in the catalogue of the reader's language and formats numbers, dates and plurals there.

Values may be

- ``str``: shown as it is (a name, a code, a year: a year is an identifier, so pass ``str(year)``),
- ``int``: a count, shown with the language's thousands separator,
- `Number`: an exact figure with a number of decimals, shown with decimal comma,
- ``datetime.date``: a local date; `Moment`: an instant, shown in the cluster's time zone,
- another `Message`, or a tuple of values (shown joined by commas).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Literal

DateStyle = Literal["date", "weekday", "day_month"]
MomentStyle = Literal["datetime", "time", "weekday_time"]


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number to be shown.

    ``decimals`` is the number of digits after the comma; None shows as many as the value has (at most six, rounded half up).
    ``unit`` is appended as the field writes it (``%`` without a space, any other after a space).
    """

    value: Decimal | Fraction | int
    decimals: int | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A local date with a style: ``date`` 05/03/2024, ``weekday`` "thứ Ba, 05/03/2024", ``day_month`` 05/03."""

    value: date
    style: DateStyle = "date"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (UTC epoch seconds) shown in the cluster's zone: ``datetime`` "17:00 ngày 05/03/2024", ``time`` 17:00,
    ``weekday_time`` "17:00, thứ Ba, 05/03/2024"."""

    epoch: int
    style: MomentStyle = "datetime"


@dataclass(frozen=True, slots=True)
class Message:
    """A text to be translated: the English msgid, its plural, its gettext context, and the named values it holds.

    ``plural`` is used with ``count`` to choose a plural form; both are None for a text without plural.
    """

    msgid: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    plural: str | None = None
    count: int | None = None
    context: str | None = None

    def __hash__(self) -> int:
        return hash((self.msgid, tuple(self.values.items()), self.plural, self.count, self.context))


Value = str | int | Number | Day | Moment | date | Message | tuple["Value", ...]


def m(msgid: str, /, **values: Value) -> Message:
    """A message without plural. The msgid is a literal (it is extracted from the source by Babel)."""
    return Message(msgid, MappingProxyType(values)) if values else _bare(msgid)


@cache
def _bare(msgid: str) -> Message:
    return Message(msgid)


def mn(singular: str, plural: str, count: int, /, **values: Value) -> Message:
    """A message with a plural form chosen by ``count``, which the texts name ``{count}``."""
    return Message(singular, MappingProxyType({"count": count, **values}), plural, count)


def mc(context: str, msgid: str, /, **values: Value) -> Message:
    """A message whose English text means different things in different places; ``context`` tells the translator which."""
    return Message(msgid, MappingProxyType(values), context=context)


def verbatim(text: str) -> Message:
    """A text that is not translated: what a person wrote, a name, a code."""
    return Message("{verbatim}", MappingProxyType({"verbatim": text}))
