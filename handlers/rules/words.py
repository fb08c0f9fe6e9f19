"""A text beside its folded form of the same length, so that what is recognised in one can be cut out of the other.

`fold` compares whole texts; names, dates and phrases must also say which of the typed characters they have used, and give the rest
back in the person's own spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from handlers.rules.short_texts import remembering
from handlers.rules.text import fold, untelex

_MARKS = re.compile("[\u0300-\u036f\u200b-\u200f\u2060\ufeff]")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LEFT = " \t,.;:?!…–—-/|)>”\"'»"
_RIGHT = " \t,.;:?!…–—-/|(<“\"'«"


class _Flat(dict[int, str]):
    """Translation table, filled as characters are met: each becomes one folded character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = fold(char)
        if len(folded) != 1:      # a space, a sign at an end, a ligature
            folded = char.lower() if len(char.lower()) == 1 else char
        self[code] = folded
        return folded


_FLAT = _Flat()


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters and digits: folded (``key``), as typed in lower case (``typed``), and where it stands."""

    key: str
    typed: str
    start: int
    end: int

    @property
    def marked(self) -> bool:
        """Whether it was typed with diacritics."""
        return self.key != self.typed


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text in NFC with single spaces, the same text folded character by character, and its words."""

    text: str
    flat: str
    words: tuple[Word, ...]

    @classmethod
    def of(cls, text: str) -> Spoken:
        tidy = " ".join(_MARKS.sub("", unicodedata.normalize("NFC", text)).split())
        flat = tidy.translate(_FLAT)
        words = tuple(
            Word(found[0], tidy[found.start() : found.end()].lower(), found.start(), found.end()) for found in _WORD.finditer(flat)
        )
        return cls(tidy, flat, words)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(word.key for word in self.words)

    def without(self, taken: Collection[int]) -> str:
        """The typed text without the words of these indexes; signs between two words that stay are kept."""
        pieces: list[str] = []
        kept = [index for index in range(len(self.words)) if index not in taken]
        for place, index in enumerate(kept):
            word = self.words[index]
            start, end = word.start, word.end
            if place == 0:
                start = self.words[index - 1].end if index else 0
            elif kept[place - 1] == index - 1:
                start = self.words[index - 1].end
            else:
                pieces.append(" ")
            if place == len(kept) - 1:
                end = self.words[index + 1].start if index + 1 < len(self.words) else len(self.text)
            pieces.append(self.text[start:end])
        return trimmed("".join(pieces))

    def cut(self, start: int, end: int) -> str:
        """The typed text without the characters from ``start`` to ``end``."""
        return trimmed(f"{self.text[:start].rstrip(_RIGHT)} {self.text[end:].lstrip(_LEFT)}")


def mended(text: str, vocabulary: frozenset[str]) -> str:
    """The text with telex leftovers taken out of the words that then are of the vocabulary; digits and all else stay."""
    return _LETTERS.sub(lambda found: _untelexed(found[0], vocabulary), unicodedata.normalize("NFC", text))


_untelexed = remembering(untelex)


def trimmed(text: str) -> str:
    """Without spaces and dangling signs at both ends."""
    return text.lstrip(_LEFT).rstrip(_RIGHT)


def spelling(word: str) -> str:
    """A form in which two spellings of one marked word agree: the place of the tone (hoà, hòa) and the case do not count."""
    return "".join(sorted(unicodedata.normalize("NFD", word.lower())))
