"""Single values of plan files: numbers, dates, hours, years, ids."""

from __future__ import annotations

import re
from datetime import date

from handlers.kit.message import Message, m

_PLAIN = re.compile(r"[+-]?\d+([.,]\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(([.,])\d{3})(\2\d{3})*([.,]\d+)?")
_DOUBTFUL_POINT = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_DOUBTFUL_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_ID = re.compile(r"[^\s,;|:\"'#]+")
MOST_DIGITS = 24


class BadValue(ValueError):
    """A cell that is not what its column holds; ``message`` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.msgid)
        self.message = message


def number(text: str, *, semicolons: bool = False) -> str:
    """Exact decimal text of a number written with point or comma ("885.5", "885,5", "1.234,5"). Raises BadValue.

    One that reads as two different figures ("7.600" beside decimal commas, "7,600") is refused rather than guessed.
    """
    compact = re.sub(r"[\s\u00a0\u202f]", "", text)
    if not compact.isascii() or len(compact) > MOST_DIGITS:
        raise BadValue(m("{text} is not a number", text=text[:40]))
    if (_DOUBTFUL_POINT if semicolons else _DOUBTFUL_COMMA).fullmatch(compact):
        whole = re.sub("[.,]", "", compact)
        raise BadValue(
            m("{text} can be read in two ways: write {whole} or {parts}", text=text, whole=whole, parts=_either(compact, semicolons))
        )
    if _PLAIN.fullmatch(compact):
        return _plain(compact.replace(",", "."))
    grouped = _GROUPED.fullmatch(compact)
    if grouped is None:
        raise BadValue(m("{text} is not a number", text=text[:40]))
    mark, tail = grouped[2], grouped[4]
    if tail is None:
        return _plain(compact.replace(mark, ""))
    if tail[0] == mark:
        raise BadValue(m("{text} is not a number", text=text[:40]))
    return _plain(compact[: -len(tail)].replace(mark, "") + "." + tail[1:])


def _either(compact: str, semicolons: bool) -> str:
    """The figure with a fraction, written so that nobody can take the mark for thousands."""
    return re.sub("[.,]", "," if semicolons else ".", compact) + "0"


def _plain(text: str) -> str:
    sign = "-" if text.startswith("-") else ""
    whole, point, rest = text.lstrip("+-").partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}{point}{rest}"


def whole(text: str) -> int:
    """A whole number from 0. Raises BadValue."""
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise BadValue(m("{text} is not a whole number from 0", text=text[:40]))
    return int(text)


def year(text: str) -> int:
    """An emulation year. Raises BadValue."""
    if not (text.isascii() and text.isdigit() and 2000 <= int(text[:6]) <= 2100):
        raise BadValue(m("{text} is not a year", text=text[:40] or '""'))
    return int(text)


def day(text: str) -> str:
    """A date as YYYY-MM-DD, from that form or dd/mm/yyyy. Raises BadValue, also for one that the calendar does not have."""
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    local = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", text)
    if iso is None and local is None:
        raise BadValue(m("{text} is not a date; write it like 2026-11-30", text=text[:40]))
    parts = iso.groups() if iso is not None else tuple(reversed(local.groups() if local is not None else ()))
    try:
        return date(*(int(part) for part in parts)).isoformat()
    except ValueError as error:
        raise BadValue(m("there is no day {text}", text=text)) from error


def hour(text: str) -> str:
    """A time of day as HH:MM. Raises BadValue."""
    found = re.fullmatch(r"(\d{1,2})[:hH](\d{2})", text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise BadValue(m("{text} is not a time of day; write it like 08:00", text=text[:40]))
    return f"{int(found[1]):02d}:{found[2]}"


def identifier(text: str) -> str:
    """An id: not empty, without spaces and without the signs that join ids. Raises BadValue."""
    if not text:
        raise BadValue(m("an id is empty"))
    if not _ID.fullmatch(text) or len(text) > 64:
        raise BadValue(m("{text} is not an id: no spaces, commas, colons or quotes", text=text[:64]))
    return text
