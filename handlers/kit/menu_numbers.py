"""The numbers of a menu that a text names: "2", "(2)", "số 2", "chọn ý hai", "1, 3", "1 và 3", "2-4"; with any other word it names none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from handlers.kit.language import Language
from handlers.kit.message import m
from handlers.rules.text import fold

LEADS = m("choose|pick|take|option|number|no|item|line|answer|from")
"""Words in front of a number, in any order and number: "chọn số 2"."""

COUNTED = m("one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve")
"""The numbers as words, from 1. They count behind one of the `LEADS` only: "sáu" without its mark is "sau", "năm" also a year."""

ORDINAL = m("the")
"""A word between the two, which alone would be a day of the week: "cái thứ hai"."""

POLITE = m("please|thanks")
"""Words that say nothing beside a number."""

JOINING = m("and|with")
UP_TO = m("to|until")

_CATALOGUED = (LEADS, COUNTED, ORDINAL, POLITE, JOINING, UP_TO)

MOST = 60
"""A text that names more numbers is no answer to a menu."""

_TOKEN = re.compile(r"\d+|[^\W\d_]+|\S")
_SIGNS = frozenset(",;+&.")
_DASHES = frozenset("-–—")


def numbers_in(text: str, languages: Sequence[Language]) -> tuple[int, ...]:
    """The numbers in the order in which they are named, each once; none where the text says anything else."""
    said = fold(text)
    if not any(char.isdigit() for char in said) and " " not in said:
        return ()
    return _read(said, _words(tuple(languages)))


def without_lead(said: str, languages: Sequence[Language]) -> str:
    """The folded text without a "choose" in front."""
    first, _, rest = said.partition(" ")
    return rest if first in _words(tuple(languages)).leads and rest else said


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of the catalogues, folded."""

    leads: frozenset[str]
    counted: Mapping[str, int]
    ordinals: frozenset[str]
    polite: frozenset[str]
    joining: frozenset[str]
    ranges: frozenset[str]


@lru_cache(maxsize=16)
def _words(languages: tuple[Language, ...]) -> _Words:
    texts = [[language.text(each) for each in _CATALOGUED] for language in languages]
    leads, counted, ordinals, polite, joining, up_to = ([text.split("|") for text in each] for each in zip(*texts, strict=True))
    return _Words(
        frozenset(word for phrases in leads for phrase in phrases for word in fold(phrase).split()),
        {fold(word): number for numbers in counted for number, word in enumerate(numbers, start=1)},
        frozenset(fold(word) for every in ordinals for word in every),
        frozenset(word for phrases in polite for phrase in phrases for word in fold(phrase).split()),
        frozenset(fold(word) for every in joining for word in every),
        frozenset(fold(word) for every in up_to for word in every) | _DASHES,
    )


def _read(said: str, words: _Words) -> tuple[int, ...]:
    found: list[int] = []
    before, up_to = "", False
    for token in _TOKEN.findall(said):
        number = _number(token, before, words)
        if number is not None:
            if up_to and not 0 < number - found[-1] < MOST:
                return ()
            found += range(found[-1] + 1, number + 1) if up_to else (number,)
            before, up_to = "number", False
        elif before == "number" and token in words.ranges and not up_to:
            before, up_to = "", True
        elif token in words.polite:
            continue
        elif token in words.leads or (token in words.ordinals and before == "lead"):
            before = "lead"
        elif found and before != "lead" and (token in words.joining or token in _SIGNS):
            before = ""
        else:
            return ()
    return tuple(dict.fromkeys(found)) if before == "number" and len(found) <= MOST else ()


def _number(token: str, before: str, words: _Words) -> int | None:
    if token.isdecimal():
        return int(token) if len(token) <= 3 else None
    return words.counted.get(token) if before == "lead" else None
