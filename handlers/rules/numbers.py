"""Figures as officers type them, into exact decimals in the unit of the item.

Nothing is guessed and nothing is refused silently: what may be read in two ways is asked, what cannot be read is answered with what is
expected. Money and counts may carry their own magnitude ("1,2 tỷ" for an item in triệu đồng is 1200).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from handlers.kit.message import Message, Number, m
from handlers.rules.digits import EXACT, NUMERAL, places, plain, read_numeral
from handlers.rules.doubts import breaks_rule, doubts
from handlers.rules.list_marks import is_list_mark, spelled_out
from handlers.rules.text import clip, fold, strip_courtesy

__all__ = [
    "MAX_LENGTH", "Ambiguous", "Figure", "NotYet", "NothingArose", "Parsed", "Refused", "SameAsLast",
    "breaks_rule", "doubts", "parse_figure", "reading_label", "reading_question", "too_precise",
]

MAX_LENGTH = 40
_MAX_VALUE = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Figure:
    """An exact value in the item's unit. ``note`` tells how an unusual spelling was read; None when there is nothing to tell."""

    value: Decimal
    note: Message | None = None


@dataclass(frozen=True, slots=True)
class NothingArose:
    """"Không phát sinh": the value is 0, said in words."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """"Chưa có số liệu": the value is missing and stays so."""


@dataclass(frozen=True, slots=True)
class SameAsLast:
    """"Như kỳ trước": the last period's value is taken."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The figure can be read in two ways; the officer chooses (see `reading_question`, `reading_label`). A reading may have more
    decimals than the item takes: check the chosen one with `too_precise`."""

    readings: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The text holds no usable figure; ``message`` says why and what is expected."""

    message: Message


Parsed = Figure | NothingArose | NotYet | SameAsLast | Ambiguous | Refused

_NOTHING = re.compile(r"khong|ko|(?:khong|ko|k|kh|0|hong) (?:co|co phat sinh|phat sinh|co gi)|chua(?: co)? phat sinh|(?:khong|ko|k) ps|kps")
_NOT_YET = re.compile(
    r"(?:hien |den nay |tam thoi )*chua(?! (?:dung|phai|chac|chuan|chinh xac|hop ly|khop|dat|hoan thanh|nop|gui|dong y|duoc|on|hieu)\b)"
    r"(?: [^0-9]*)?|(?:van )?dang (?:tong hop|cap nhat|ra soat|cho|doi|xu ly)[^0-9]*|"
    r"(?:khong|ko) co (?:so lieu|so|bao cao)|(?:thieu|cho|doi) (?:so lieu|so|bao cao)"
)
_SAME = re.compile(
    r"(?:van )?(?:nhu|bang|giong)(?: (?:so|so lieu|muc))?(?: (?:ky|lan|quy|dot|bao cao))?(?: bao cao)? (?:truoc|cu)|"
    r"tuong tu(?: (?:ky|lan|quy|dot))? truoc|giu nguyen[^0-9]*|"
    r"(?:van )?(?:nhu|giong) (?:cu|truoc)|khong (?:thay )?doi|van (?:vay|the)"
)
_YES = frozenset(("dat", "co", "yes", "y", "1", "dat roi", "da dat", "x", "hoan thanh", "da hoan thanh"))
_NO = frozenset(("khong dat", "chua dat", "khong", "ko", "k", "ko dat", "no", "n", "0", "khong co", "khong hoan thanh", "chua hoan thanh"))
_FILLER = re.compile(
    r"(?:[=:]|(?:la|dat|duoc|bang|co|tong|tong so|tong cong|uoc|uoc dat|uoc tinh|cong|bao|van|so|dung thu|xep thu|thu)\b)[\s:=]*"
)
_ROUGH = re.compile(r"[~≈<>≤≥±]|\b(?:khoang|hon|gan|tren|duoi|tam|chung|xap xi|it nhat|toi da|toi thieu|co le|tu)\b")
_SPAN = re.compile(r"\s*(?:[-–—/~+]|den\b|toi\b|hoac\b|hay\b|tro len\b|tro xuong\b)")
_MAGNITUDE = re.compile(r"\s*(?:(nghin|ngan|tram|chuc|k)\s*)?(?:(ty|ti|trieu|tr)\b)?")
_TENS = {"chuc": 1, "tram": 2, "nghin": 3, "ngan": 3, "k": 3, "trieu": 6, "tr": 6, "ty": 9, "ti": 9}
_UNIT_WORDS = {
    "dong": ("d", "vnd", "dong viet nam"), "usd": ("do la", "do", "$", "dola", "us"), "%": ("phan tram",), "m2": ("met vuong", "m 2"),
    "ha": ("hecta", "hec ta"), "diem %": ("diem phan tram",), "km": ("kilomet", "cay so", "ki lo met"), "kg": ("ky", "can", "kilogam"),
}


@dataclass(frozen=True, slots=True)
class _Unit:
    """An item's unit taken apart: "triệu đồng" is ten to the ``tens`` = 6 of the ``base`` "dong"."""

    shown: str
    base: str
    tens: int

    @property
    def percent(self) -> bool:
        return "%" in self.base

    @property
    def money(self) -> bool:
        return self.base in ("dong", "usd", "vnd")

    def takes(self, word: str) -> bool:
        """Whether ``word`` (folded) names this unit or the telling part of it."""
        if not word or word == self.base or word in _UNIT_WORDS.get(self.base, ()):
            return True
        if "%" in word and not self.base.startswith("%"):
            return word.replace(" ", "") == self.base.replace(" ", "")
        words = self.base.replace("/", " ").split()
        return all(part in words for part in word.replace("%", " % ").replace("/", " ").split())


@lru_cache(maxsize=256)
def _unit(shown: str) -> _Unit:
    words = fold(shown).split()
    if len(words) > 1 and words[0] in ("nghin", "ngan", "trieu", "ty", "ti"):
        return _Unit(shown, " ".join(words[1:]), _TENS[words[0]])
    return _Unit(shown, " ".join(words), 0)


def _said(folded: str) -> Parsed | None:
    """The answers in words that need no figure."""
    if _NOTHING.fullmatch(folded):
        return NothingArose()
    if _SAME.fullmatch(folded):
        return SameAsLast()
    if _NOT_YET.fullmatch(folded):
        return NotYet()
    return None


def _yes_no(folded: str) -> Parsed:
    if folded in _YES:
        return Figure(Decimal(1))
    if folded in _NO:
        return Figure(Decimal(0))
    return _said(folded) or Refused(m('The figure is not clear: answer "Met" or "Not met".'))


def too_precise(value: Decimal, decimals: int) -> Message | None:
    """The refusal when ``value`` has more decimals than the item takes, else None."""
    if places(value) <= decimals:
        return None
    if decimals == 0:
        return m("The figure is not clear: {value} is not a whole number. This item takes whole numbers.", value=Number(value))
    return m(
        "The figure is not clear: {value} has too many decimals. Decimals allowed: {count}.",
        value=Number(value, places(value)),
        count=decimals,
    )


def _exact(typed: str) -> Refused:
    return Refused(m("The figure is not clear: {typed}. Please give one exact figure.", typed=typed))


def _wrong_unit(typed: str, unit: _Unit) -> Refused:
    if not unit.shown:
        return Refused(m("The figure is not clear: {typed}. Please give the figure alone.", typed=typed))
    return Refused(m("The figure is not clear: {typed}. The unit is {unit}.", typed=typed, unit=unit.shown))


def parse_figure(text: str, unit: str, decimals: int) -> Parsed:
    """Read one figure for an item with ``unit`` (as the plan writes it: ``%``, ``xã``, ``triệu đồng``, ``đạt/không``) that takes
    ``decimals`` digits after the comma. Never raises; the outcome's type says what to do."""
    return _parsed(text, unit, decimals) if len(text) <= MAX_LENGTH else _parse(text, unit, decimals)


def _parse(text: str, unit: str, decimals: int) -> Parsed:
    typed = " ".join(unicodedata.normalize("NFKC", spelled_out(text)).split())
    shown = clip(" ".join(text.split()), MAX_LENGTH)
    signed = re.sub(r"^[-−–—]\s*(?=[0-9.,])", "-", typed)
    folded = fold(signed)
    if len(typed) > MAX_LENGTH or not folded:
        return Refused(m("The figure is not clear: please give one figure, for example {example}.", example=_example(unit, decimals)))
    polite = strip_courtesy(folded)
    target = _unit(unit)
    if is_list_mark(typed, polite, rank=target.base == "hang"):
        return _list_mark(shown, unit, decimals)
    if target.base == "dat/khong":
        return _yes_no(polite)
    said = _said(polite) or _said(folded)
    if said is not None:
        return said
    if _ROUGH.search(typed.lower()) or _ROUGH.search(polite):
        return _exact(shown) if re.search("[0-9]", polite) else _no_figure(shown, unit, decimals)
    return _read(polite, shown, target, decimals)


_parsed = lru_cache(maxsize=4_096)(_parse)
"""A turn reads the same figures again and again: as part of a block, for each report that may be meant, and to take them."""


def _example(unit: str, decimals: int) -> Number:
    return Number(Decimal("85.5") if decimals else 85, None, unit)


def _list_mark(shown: str, unit: str, decimals: int) -> Refused:
    message = m("The figure is not clear: {typed} may be a place in a list. Please give the figure alone, for example {example}.",
                typed=shown, example=_example(unit, decimals))
    return Refused(message)


def _no_figure(shown: str, unit: str, decimals: int) -> Refused:
    message = m("The figure is not clear: {typed}. Please give one figure, for example {example}.",
                typed=shown, example=_example(unit, decimals))
    return Refused(message)


def _read(folded: str, shown: str, unit: _Unit, decimals: int) -> Parsed:
    """The figure proper: sign, one or more numerals with magnitudes ("1 tỷ 200 triệu"), unit."""
    rest = folded
    while (found := _FILLER.match(rest)) and found.end() < len(rest):
        rest = rest[found.end() :]
    rest = rest.removeprefix(f"{unit.base} ")  # "hạng 5"
    rest = re.sub(r"(?<![a-z])(tr|ty|ti)\.?d\b", r"\1 d", rest)  # "350 trđ"
    sign = -1 if rest.startswith("-") else 1
    rest = rest[1:] if rest[:1] in ("-", "+") else rest
    readings: tuple[Decimal, ...] = ()
    note: Message | None = None
    tens_before: int | None = None
    while (found := NUMERAL.match(rest)) is not None:
        numeral, rest = read_numeral(found[0]), rest[found.end() :]
        magnitude = _MAGNITUDE.match(rest)
        tens, rest = _tens(magnitude, rest)
        if readings and (tens is None or tens_before is None or tens >= tens_before or len(readings) > 1):
            return _exact(shown)
        if tens is not None and not _bears(unit, tens):
            return _wrong_unit(shown, unit)
        base_named = tens is None and rest.strip() != "" and unit.tens > 0 and unit.takes(fold(rest))
        shift = (0 if base_named else unit.tens if tens is None else tens) - unit.tens
        values = _choose(numeral.grouped, numeral.decimal, decimals + shift, unit)
        if not values:
            return _exact(shown)
        if numeral.comma and len(values) == 1 and values[0] == numeral.grouped and not unit.percent:
            note = m("{typed} was read as {value}.", typed=found[0], value=Number(values[0], 0))
        scaled = tuple(EXACT.multiply(value, EXACT.power(Decimal(10), shift)) for value in values)
        if readings and (len(scaled) > 1 or EXACT.divide(scaled[0], EXACT.power(Decimal(10), (tens_before or 0) - unit.tens)) >= 1):
            return _exact(shown)
        readings = scaled if not readings else (EXACT.add(readings[0], scaled[0]),)
        tens_before, rest = tens, rest.lstrip()
    if not readings:
        return _no_figure(shown, unit.shown, decimals)
    if _SPAN.match(rest) or re.search("[0-9]", re.sub("m[23]", "", rest)):
        return _exact(shown)
    if not unit.takes(fold(rest)):
        return _wrong_unit(shown, unit)
    return _finish(tuple(plain(sign * value) for value in readings), note, shown, decimals)


def _finish(readings: tuple[Decimal, ...], note: Message | None, shown: str, decimals: int) -> Parsed:
    if any(abs(value) >= _MAX_VALUE for value in readings):
        return _exact(shown)
    if len(readings) > 1:
        return Ambiguous(readings)
    refusal = too_precise(readings[0], decimals)
    return Refused(refusal) if refusal is not None else Figure(readings[0], note)


def _tens(found: re.Match[str] | None, rest: str) -> tuple[int | None, str]:
    """The power of ten behind a numeral ("nghìn tỷ" is 12), None when there is none, and the text after it."""
    if found is None or not (found[1] or found[2]):
        return None, rest
    after = rest[found.end() :]
    if not found[2] and (found[1] in ("tram", "chuc") or (after[:1].isalnum() and not rest[: found.end()].endswith(" "))):
        return None, rest
    return sum(_TENS[word] for word in (found[1], found[2]) if word), after


def _bears(unit: _Unit, tens: int) -> bool:
    """Whether the unit can be counted in this magnitude: tỷ (10^9) is for money, a percentage has none."""
    return not unit.percent and unit.base != "" and (unit.money or tens < 9)


def _choose(grouped: Decimal | None, decimal: Decimal | None, room: int, unit: _Unit) -> tuple[Decimal, ...]:
    """The readings that count, where ``room`` decimals are possible in the numeral itself."""
    if grouped is None or decimal is None:
        return tuple(value for value in (grouped, decimal) if value is not None)
    if unit.percent:
        return (decimal,)
    return (grouped,) if room <= 0 else (grouped, decimal)


def reading_label(value: Decimal, unit: str = "") -> Message:
    """A reading so that the two cannot be confused: "1 nghìn 234", "1 phẩy 234"."""
    size = abs(value)
    if places(value):
        whole, _, fraction = format(value, "f").partition(".")
        return m("{whole} point {fraction}", whole=whole, fraction=fraction)
    if 1000 <= size < 1_000_000:
        thousands, rest = divmod(int(size), 1000)
        if not rest:
            return m("{thousands} thousand", thousands=f"{'-' if value < 0 else ''}{thousands}")
        return m("{thousands} thousand {rest}", thousands=f"{'-' if value < 0 else ''}{thousands}", rest=f"{rest:03d}")
    return m("{value}", value=Number(value, None, unit))


def reading_question(text: str, ambiguous: Ambiguous) -> Message:
    """The question that goes with `Ambiguous`; its choices are the readings in their order."""
    first, second = (reading_label(value) for value in ambiguous.readings[:2])
    return m("The figure is not clear: is {typed} {first} or {second}? Answer 1 or 2.",
             typed=clip(" ".join(text.split()), MAX_LENGTH), first=first, second=second)
