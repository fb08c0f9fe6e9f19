"""Names with a typing error or without their spaces: "lang sonn", "dien bein", "laocai"."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import OSA

from handlers.rules.everyday import ORDINARY

Key = tuple[str, ...]
"""A name as folded words."""

LONGEST = 5             # words of a name that is still guessed at
_SHORTEST = 5           # letters
_TWO_ERRORS = 9         # letters from which on two errors are allowed instead of one
_LONGEST_LETTERS = 40


class NearNames:
    """The names that lie near to a mistyped one. Thousands of them cost a look into a dictionary, not a comparison each."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys: dict[str, tuple[Key, ...]] = {}
        for key in keys:
            joined = "".join(key)
            if len(joined) >= _SHORTEST and len(key) <= LONGEST:
                self._keys[joined] = (*self._keys.get(joined, ()), key)
        self._known: dict[str, tuple[str, ...]] | None = None

    def joined(self, word: str) -> tuple[Key, ...]:
        """The names that are this word when written without spaces."""
        return self._keys.get(word, ())

    def near(self, words: Key) -> tuple[tuple[Key, ...], int]:
        """The names nearest to the words, and how many errors lie between: none beyond one error, two in a long name."""
        joined = "".join(words)
        if not _SHORTEST - 1 <= len(joined) <= _LONGEST_LETTERS or any(word.isdecimal() for word in words):
            return (), 0
        limit = 1 if len(joined) < _TWO_ERRORS else 2
        best = limit
        found: dict[Key, None] = {}
        for candidate in self._candidates(joined, limit):
            if limit > 1 and len(candidate) < _TWO_ERRORS - 1:
                continue
            distance = OSA.distance(joined, candidate, score_cutoff=best)
            if distance > best:
                continue
            fitting = dict.fromkeys(key for key in self._keys[candidate] if _is_slip(words, key))
            if fitting and distance < best:
                found, best = fitting, distance
            else:
                found |= fitting
        return tuple(found), best

    def _candidates(self, joined: str, limit: int) -> Iterable[str]:
        """Two texts one error apart share a form when one letter is taken from each; for the second error one more is taken here."""
        forms = dict.fromkeys(_lessened(joined))
        if limit > 1:
            forms |= dict.fromkeys(smaller for form in tuple(forms) for smaller in _lessened(form))
        known = self._forms()
        return dict.fromkeys(candidate for form in forms for candidate in known.get(form, ()))

    def _forms(self) -> dict[str, tuple[str, ...]]:
        """Every name with each one of its letters taken away; made when it is first needed."""
        if self._known is None:
            known: dict[str, tuple[str, ...]] = {}
            for joined in self._keys:
                for form in dict.fromkeys(_lessened(joined)):
                    known[form] = (*known.get(form, ()), joined)
            self._known = known
        return self._known


def _lessened(text: str) -> list[str]:
    return [text, *(text[:place] + text[place + 1 :] for place in range(len(text)))]


def _is_slip(words: Key, key: Key) -> bool:
    """Whether the words look like this name mistyped, rather than like ordinary words that resemble it."""
    if len(words) == len(key):
        return not any(word != meant and word in ORDINARY for word, meant in zip(words, key, strict=True))
    return not all(word in ORDINARY or word in key for word in words)
