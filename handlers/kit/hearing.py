"""The words of a text as a vocabulary knows them: telex leftovers and single typing errors mended, joined words taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from handlers.rules.text import strip_courtesy, untelex
from handlers.rules.words import Spoken, trimmed

LONGEST = 120
"""Characters beyond which a text is talk, not a question to the bot."""

_TYPO_LETTERS = 4           # shorter words differ by one letter from too many others
_LONGEST_WORD = 20

_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?"
    r"(?:ieu|yeu|oai|oay|uay|uoi|uou|uye|uya|ia|ie|iu|oa|oe|oi|oo|ua|ue|ui|uo|uu|uy|ya|ye|ai|ao|au|ay|eo|eu|[aeiouy])"
    r"(?:ch|nh|ng|[cmnpt])?"
)
"""A Vietnamese syllable without its marks: such a word is meant as typed, and is no typing error."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A word of the text in the vocabulary's spelling: the choices it may mean, and whether only by mending a typing error."""

    index: int
    key: str
    choices: frozenset[str]
    typo: bool
    typed: str


class Vocabulary:
    """The words of all phrases."""

    def __init__(self, phrases: Iterable[tuple[str, ...]]) -> None:
        known = tuple(phrases)
        self._words = frozenset(key for phrase in known for key in phrase)
        self._targets = tuple(sorted(key for key in self._words if len(key) >= _TYPO_LETTERS))
        self._joined = {"".join(phrase): phrase for phrase in known if len(phrase) > 1}
        self._mend = lru_cache(maxsize=4096)(self._mended)

    def hear(self, spoken: Spoken, first: int, last: int) -> tuple[Heard, ...]:
        heard: list[Heard] = []
        index = first
        while index < last:
            word = spoken.words[index]
            following = spoken.words[index + 1] if index + 1 < last else None
            if word.key not in self._words and (keys := self._joined.get(word.key)) is not None:
                heard += (Heard(index, key, frozenset((key,)), False, key) for key in keys)
            elif (
                following is not None
                and not (word.key in self._words and following.key in self._words)
                and (keys := self._joined.get(word.key + following.key)) is not None
            ):      # "baoc ao"
                heard += (
                    Heard(index if place == 0 else index + 1, key, frozenset((key,)), True, key) for place, key in enumerate(keys)
                )
                index += 1
            else:
                choices, typo = self._mend(word.key)
                heard.append(Heard(index, word.key, choices, typo, word.typed))
            index += 1
        return tuple(heard)

    def _mended(self, key: str) -> tuple[frozenset[str], bool]:
        if key in self._words or not key.isascii() or len(key) > _LONGEST_WORD:
            return frozenset((key,)), False
        untyped = untelex(key, self._words)
        if untyped in self._words:
            return frozenset((untyped,)), False
        if len(key) < _TYPO_LETTERS or _SYLLABLE.fullmatch(key) or not key.isalpha():
            return frozenset((key,)), False
        near = frozenset(
            target
            for target in self._targets
            if abs(len(target) - len(key)) <= 1 and OSA.distance(key, target, score_cutoff=1) <= 1
        )
        return (near, True) if near else (frozenset((key,)), False)


def without_courtesy(spoken: Spoken) -> tuple[int, int]:
    """The range of words that is left without the polite ones at both ends."""
    stripped = strip_courtesy(trimmed(spoken.flat))
    start = spoken.flat.find(stripped)
    if not stripped or start < 0:
        return 0, len(spoken.words)
    inside = [index for index, word in enumerate(spoken.words) if start <= word.start and word.end <= start + len(stripped)]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)
