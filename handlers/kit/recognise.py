"""Plain words: which command a free text means, and what stands beside the phrase that said so.

"đồng chí cho hỏi hạn nộp báo cáo quý 3" means ``/han`` with the argument "quý 3". The phrases come from the catalogues of all
languages; the longest one that the text holds wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from handlers.kit.follow_up import follow_up
from handlers.kit.hearing import LONGEST, Heard, Vocabulary, without_courtesy
from handlers.kit.small_words import (
    BETWEEN,
    LEADING,
    NEGATIONS,
    OTHER_WORDS,
    OTHER_WORDS_BEFORE,
    PREAMBLES,
    SMALL_WORDS,
    TRAILING,
    TRAILING_WORDS,
)
from handlers.rules.weekday_words import is_wednesday
from handlers.rules.words import Spoken, spelling

__all__ = ["Recognised", "Recogniser", "Unsure", "follow_up"]

_RAW_LONGEST = 400          # before the courtesies are taken off
_SHORT = 40                 # what people ask in few words they all ask alike
_GAP = 2                    # words that may stand inside a phrase
_SIDE = 5                   # a phrase begins after, or ends before, at most so many other words
_COVERAGE = 0.34            # the part of a longer text that its phrase must explain, beyond small words
_BEYOND = 5                 # so many other words are always fine: a name, a year, a period

_FIGURE = re.compile(r"(?!20\d\d$)\d[\d.,\s]*%?")


@dataclass(frozen=True, slots=True)
class Recognised:
    """The command, the rest of the text as typed, how much of the text the phrase explains (0 to 1), and whether that is all of it."""

    command: str
    argument: str
    score: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Unsure:
    """Several commands fit equally well."""

    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    command: str
    keys: tuple[str, ...]
    typed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Match:
    phrase: _Phrase
    places: tuple[int, ...]       # among the words heard
    cost: int                     # typing errors, strange diacritics and gaps


class Recogniser:
    """Recognises commands by their phrases; built once from the catalogues."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        known: dict[tuple[str, tuple[str, ...]], _Phrase] = {}
        for command, texts in phrases.items():
            for text in (*texts, command):
                words = Spoken.of(text).words
                keys = tuple(word.key for word in words)
                if keys:
                    known.setdefault((command, keys), _Phrase(command, keys, tuple(word.typed for word in words)))
        self._vocabulary = Vocabulary(phrase.keys for phrase in known.values())
        self._by_first: dict[str, list[_Phrase]] = {}
        for phrase in known.values():
            self._by_first.setdefault(phrase.keys[0], []).append(phrase)
        self._short = lru_cache(maxsize=1_024)(self._recognise)

    def recognise(self, text: str) -> Recognised | Unsure | None:
        """What the text asks for; None for talk and for what no phrase explains."""
        return self._short(text) if len(text) <= _SHORT else None if len(text) > _RAW_LONGEST else self._recognise(text)

    def _recognise(self, text: str) -> Recognised | Unsure | None:
        spoken = Spoken.of(text)
        first, last = without_courtesy(spoken)
        if first >= last or spoken.words[last - 1].end - spoken.words[first].start > LONGEST:
            return None
        heard = self._vocabulary.hear(spoken, first, last)
        matches = [match for match in self._matches(heard) if self._sensible(spoken, heard, match)]
        if not matches:      # a courtesy may be a word of the phrase: "trợ giúp"
            heard = self._vocabulary.hear(spoken, 0, len(spoken.words))
            matches = [match for match in self._matches(heard) if self._sensible(spoken, heard, match)]
        return self._decide(spoken, heard, matches)

    def _decide(self, spoken: Spoken, heard: tuple[Heard, ...], matches: Sequence[_Match]) -> Recognised | Unsure | None:
        if not matches:
            return None

        def rank(match: _Match) -> tuple[int, int]:
            return len(match.phrase.keys), -match.cost

        best = max(map(rank, matches))
        winners = [match for match in matches if rank(match) == best]
        commands = tuple(dict.fromkeys(match.phrase.command for match in winners))
        if len(commands) > 1:
            leading = [match for match in winners if match.places[0] == 0]
            if len({match.phrase.command for match in leading}) != 1:
                return Unsure(commands)
            winners = leading
        winner = winners[0]
        same = [match for match in matches if match.phrase.command == winner.phrase.command]
        used = {heard[place].index for match in same for place in match.places}
        kept = [index for index in dict.fromkeys(each.index for each in heard) if index not in used]
        kept = _trimmed_words(spoken, _without_preamble(spoken, kept, max(used)))
        argument = spoken.without(frozenset(range(len(spoken.words))) - frozenset(kept)) if kept else ""
        score = max(0.0, (len(used) - 0.25 * winner.cost) / (len(used) + len(kept)))
        return Recognised(winner.phrase.command, argument, round(score, 3), exact=not argument)

    # Matching -----------------------------------------------------------------------------------------------------------------

    def _matches(self, heard: tuple[Heard, ...]) -> Iterator[_Match]:
        present = dict.fromkeys(choice for each in heard for choice in sorted(each.choices))
        for key in present:
            for phrase in self._by_first.get(key, ()):
                if all(key in present for key in phrase.keys):
                    yield from _placed(phrase, heard)

    def _sensible(self, spoken: Spoken, heard: tuple[Heard, ...], match: _Match) -> bool:
        places, size = match.places, len(match.phrase.keys)
        before, after = places[0], len(heard) - 1 - places[-1]
        others = len(heard) - size
        weight = sum(not (each.key in SMALL_WORDS or each.key.isdecimal()) for each in _besides(heard, match))
        if size == 1 and not self._sensible_word(heard, match, before, after):
            return False
        if match.cost > size or (min(before, after) > 0 and before > _SIDE and after > _SIDE):
            return False
        if any(is_wednesday(spoken, heard[place].index) for place in places):
            return False
        if before and spoken.words[heard[places[0] - 1].index].key in NEGATIONS.get(match.phrase.keys[0], frozenset()):
            return False
        if others and _is_quantity(spoken, heard, match):
            return False
        if weight <= _BEYOND or size / (size + weight) >= _COVERAGE:
            return True
        return before == 0 and size > 1 and weight <= 2 * _BEYOND + 2

    def _sensible_word(self, heard: tuple[Heard, ...], match: _Match, before: int, after: int) -> bool:
        """A phrase of one word counts only at an end of the text, spelt as it should be, and not as half of another word."""
        key, place = match.phrase.keys[0], match.places[0]
        if (min(before, after) > 0 and key not in BETWEEN) or (match.cost and (before or after)):
            return False
        if after and heard[place + 1].key in OTHER_WORDS.get(key, frozenset()):
            return False
        return not (before and heard[place - 1].key in OTHER_WORDS_BEFORE.get(key, frozenset()))


def _placed(phrase: _Phrase, heard: tuple[Heard, ...]) -> Iterator[_Match]:
    """The places at which the phrase stands, word after word, with few words in between."""
    for start, each in enumerate(heard):
        if phrase.keys[0] not in each.choices:
            continue
        places = [start]
        for key in phrase.keys[1:]:
            reach = range(places[-1] + 1, min(places[-1] + 2 + _GAP, len(heard)))
            place = next((place for place in reach if key in heard[place].choices), None)
            if place is None:
                break
            places.append(place)
        if len(places) < len(phrase.keys):
            continue
        gaps = places[-1] - places[0] + 1 - len(places)
        if gaps > _GAP:
            continue
        cost = gaps + sum(_oddness(heard[place], typed) for place, typed in zip(places, phrase.typed, strict=True))
        if len(places) == 2 and 0 < gaps < cost:
            continue        # "thông tin bảo mật" is not about "thông báo"
        yield _Match(phrase, tuple(places), cost)


def _oddness(heard: Heard, typed: str) -> int:
    """1 for a mended typing error, and 1 where diacritics were typed and are not those of the phrase."""
    if heard.typo:
        return 1
    return int(not heard.typed.isascii() and spelling(heard.typed) != spelling(typed))


def _besides(heard: tuple[Heard, ...], match: _Match) -> tuple[Heard, ...]:
    """The words that are not the phrase's."""
    return tuple(each for place, each in enumerate(heard) if place not in match.places)


def _is_quantity(spoken: Spoken, heard: tuple[Heard, ...], match: _Match) -> bool:
    """Whether the rest is only a figure: "85 điểm" and "hạng 5" answer the question for one; years and dates are none."""
    others = {each.index for each in _besides(heard, match)}
    rest = spoken.without(frozenset(range(len(spoken.words))) - others)
    return _FIGURE.fullmatch(rest) is not None


def _without_preamble(spoken: Spoken, kept: Sequence[int], phrase: int) -> list[int]:
    """The indexes without the address that stands before the phrase's last word."""
    before = [index for index in range(1, phrase) if (spoken.words[index - 1].key, spoken.words[index].key) in PREAMBLES]
    return [index for index in kept if not before or index > before[-1]]


def _trimmed_words(spoken: Spoken, kept: Iterable[int]) -> list[int]:
    """The indexes without connecting words at the beginning and question words at the end."""
    left = list(kept)
    while left and spoken.words[left[0]].typed in LEADING:
        left.pop(0)
    moved = True
    while moved and left:
        moved = False
        keys = tuple(spoken.words[index].key for index in left)
        length = next((len(words) for words in TRAILING if keys[-len(words) :] == words), 0)
        if not length and spoken.words[left[-1]].typed in TRAILING_WORDS:
            length = 1
        if length:
            del left[-length:]
            moved = True
    return left
