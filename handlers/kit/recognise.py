"""Plain words: which command a free text means, and what stands beside the phrase that said so.

"đồng chí cho hỏi hạn nộp báo cáo quý 3" means ``/han`` with the argument "quý 3". The phrases come from the catalogues of all
languages; the longest one that the text holds wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from handlers.rules.text import strip_courtesy, untelex
from handlers.rules.words import Spoken, spelling, trimmed

LONGEST = 120
"""Characters beyond which a text is talk, not a question to the bot."""

_RAW_LONGEST = 400          # before the courtesies are taken off
_TYPO_LETTERS = 4           # shorter words differ by one letter from too many others
_GAP = 2                    # words that may stand inside a phrase
_SIDE = 5                   # a phrase begins after, or ends before, at most so many other words
_COVERAGE = 0.3
_BEYOND = 5                 # so many other words are always fine: a name, a year, a period

_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?"
    r"(?:ieu|yeu|oai|oay|uay|uoi|uou|uye|uya|ia|ie|iu|oa|oe|oi|oo|ua|ue|ui|uo|uu|uy|ya|ye|ai|ao|au|ay|eo|eu|[aeiouy])"
    r"(?:ch|nh|ng|[cmnpt])?"
)

_LEADING = frozenset("cua ve thi xem o tai trong cac voi va cho nhu theo".split(" "))
_TRAILING = (
    ("nhu", "the", "nao"), ("la", "bao", "nhieu"), ("la", "the", "nao"), ("la", "khi", "nao"), ("bao", "nhieu"), ("the", "nao"),
    ("ra", "sao"), ("la", "gi"), ("la", "may"), ("o", "dau"), ("hien", "nay"), ("bay", "gio"), ("duoc", "khong"), ("roi",), ("may",),
    ("gi",), ("nhi",), ("vay",), ("day",), ("chua",), ("khong",), ("thi",), ("voi",), ("va",), ("cua",), ("di",),
)  # fmt: skip
"""Question words that say nothing when they stand at the end of what is left over."""

_OTHER_WORDS: Mapping[str, frozenset[str]] = {
    "lich": frozenset(("su", "thiep", "lam")),
    "han": frozenset(("che", "han", "muc", "quoc", "hep", "ngach")),
    "diem": frozenset(("danh", "tin", "nong", "hen", "cao", "mau", "nghen", "xuyet", "bao", "dan")),
    "sua": frozenset(("chua", "sang", "tuoi", "bot", "soan")),
    "viec": frozenset(("lam", "nay", "do", "kia")),
    "huy": frozenset(("dong", "hoai", "diet", "hieu")),
    "nguoi": frozenset(("dan", "ngheo", "lao", "ta", "viet", "cao")),
    "help": frozenset(("desk",)),
}
"""A phrase of one word is another word before these: lịch sử, hạn chế, điểm danh, việc làm, người nghèo."""


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
class _Heard:
    """A word of the text in the vocabulary's spelling: the choices it may mean, and whether only by mending a typing error."""

    index: int
    choices: frozenset[str]
    typo: bool
    typed: str


@dataclass(frozen=True, slots=True)
class _Match:
    phrase: _Phrase
    places: tuple[int, ...]       # among the words heard
    cost: int                     # typing errors, strange diacritics and gaps


class Recogniser:
    """Recognises commands by their phrases; built once from the catalogues."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self._phrases: list[_Phrase] = []
        for command, texts in phrases.items():
            for text in dict.fromkeys((*texts, command)):
                words = Spoken.of(text).words
                phrase = _Phrase(command, tuple(word.key for word in words), tuple(word.typed for word in words))
                if words and not any(known.command == command and known.keys == phrase.keys for known in self._phrases):
                    self._phrases.append(phrase)
        self._vocabulary = frozenset(key for phrase in self._phrases for key in phrase.keys)
        self._typo_targets = tuple(sorted(key for key in self._vocabulary if len(key) >= _TYPO_LETTERS))
        self._joined = {"".join(phrase.keys): phrase.keys for phrase in self._phrases if len(phrase.keys) > 1}
        self._by_first: dict[str, list[_Phrase]] = {}
        for phrase in self._phrases:
            self._by_first.setdefault(phrase.keys[0], []).append(phrase)
        self._mend = lru_cache(maxsize=4096)(self._mended)

    def recognise(self, text: str) -> Recognised | Unsure | None:
        """What the text asks for; None for talk and for what no phrase explains."""
        if len(text) > _RAW_LONGEST:
            return None
        spoken = Spoken.of(text)
        first, last = _without_courtesy(spoken)
        if first >= last or spoken.words[last - 1].end - spoken.words[first].start > LONGEST:
            return None
        heard = self._hear(spoken, first, last)
        matches = [match for match in self._matches(heard) if self._sensible(spoken, heard, match)]
        if not matches:      # a courtesy may be a word of the phrase: "trợ giúp"
            heard = self._hear(spoken, 0, len(spoken.words))
            matches = [match for match in self._matches(heard) if self._sensible(spoken, heard, match)]
        return self._decide(spoken, heard, matches)

    def _decide(self, spoken: Spoken, heard: tuple[_Heard, ...], matches: Sequence[_Match]) -> Recognised | Unsure | None:
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
        used = {heard[place].index for place in winner.places}
        kept = [index for index in dict.fromkeys(each.index for each in heard) if index not in used]
        kept = _trimmed_words(spoken, kept)
        argument = spoken.without(frozenset(range(len(spoken.words))) - frozenset(kept)) if kept else ""
        score = max(0.0, (len(winner.places) - 0.25 * winner.cost) / (len(winner.places) + len(kept)))
        return Recognised(winner.phrase.command, argument, round(score, 3), exact=not argument)

    # Hearing ------------------------------------------------------------------------------------------------------------------

    def _hear(self, spoken: Spoken, first: int, last: int) -> tuple[_Heard, ...]:
        heard: list[_Heard] = []
        index = first
        while index < last:
            word = spoken.words[index]
            following = spoken.words[index + 1] if index + 1 < last else None
            if word.key not in self._vocabulary and (keys := self._joined.get(word.key)) is not None:
                heard += (_Heard(index, frozenset((key,)), False, key) for key in keys)
            elif (
                following is not None
                and not (word.key in self._vocabulary and following.key in self._vocabulary)
                and (keys := self._joined.get(word.key + following.key)) is not None
            ):      # "baoc ao"
                heard += (
                    _Heard(index if place == 0 else index + 1, frozenset((key,)), True, key) for place, key in enumerate(keys)
                )
                index += 1
            else:
                choices, typo = self._mend(word.key)
                heard.append(_Heard(index, choices, typo, word.typed))
            index += 1
        return tuple(heard)

    def _mended(self, key: str) -> tuple[frozenset[str], bool]:
        if key in self._vocabulary or not key.isascii() or len(key) > 20:
            return frozenset((key,)), False
        untyped = untelex(key, self._vocabulary)
        if untyped in self._vocabulary:
            return frozenset((untyped,)), False
        if len(key) < _TYPO_LETTERS or _SYLLABLE.fullmatch(key) or not key.isalpha():
            return frozenset((key,)), False
        near = frozenset(
            target
            for target in self._typo_targets
            if abs(len(target) - len(key)) <= 1 and OSA.distance(key, target, score_cutoff=1) <= 1
        )
        return (near, True) if near else (frozenset((key,)), False)

    # Matching -----------------------------------------------------------------------------------------------------------------

    def _matches(self, heard: tuple[_Heard, ...]) -> Iterator[_Match]:
        present = frozenset(choice for each in heard for choice in each.choices)
        for key in present:
            for phrase in self._by_first.get(key, ()):
                if present.issuperset(phrase.keys):
                    yield from _placed(phrase, heard)

    def _sensible(self, spoken: Spoken, heard: tuple[_Heard, ...], match: _Match) -> bool:
        places, size = match.places, len(match.phrase.keys)
        before, after = places[0], len(heard) - 1 - places[-1]
        others = len(heard) - size
        if size == 1 and not self._sensible_word(heard, match, before, after):
            return False
        if min(before, after) > 0 and before > _SIDE and after > _SIDE:
            return False
        if others and _is_quantity(spoken, heard, match):
            return False
        if others <= _BEYOND or size / len(heard) >= _COVERAGE:
            return True
        return before == 0 and size > 1 and others <= 2 * _BEYOND + 2

    def _sensible_word(self, heard: tuple[_Heard, ...], match: _Match, before: int, after: int) -> bool:
        """A phrase of one word counts only at an end of the text, spelt as it should be, and not as half of another word."""
        if match.cost or min(before, after) > 0:
            return False
        following = heard[match.places[0] + 1].typed if after else ""
        return Spoken.of(following).flat not in _OTHER_WORDS.get(match.phrase.keys[0], frozenset())


def _placed(phrase: _Phrase, heard: tuple[_Heard, ...]) -> Iterator[_Match]:
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
        yield _Match(phrase, tuple(places), cost)


def _oddness(heard: _Heard, typed: str) -> int:
    """1 for a mended typing error, and 1 where diacritics were typed and are not those of the phrase."""
    if heard.typo:
        return 1
    return int(not heard.typed.isascii() and spelling(heard.typed) != spelling(typed))


def _is_quantity(spoken: Spoken, heard: tuple[_Heard, ...], match: _Match) -> bool:
    """Whether the rest is only a figure before the phrase: "85 điểm" and "3 báo cáo" are amounts, "2024 xếp hạng" is none."""
    used = {heard[place].index for place in match.places}
    others = [spoken.words[each.index].key for each in heard if each.index not in used]
    if match.places[0] == 0 or not all(other.isdecimal() for other in others):
        return False
    return not (len(others) == 1 and re.fullmatch(r"20\d\d", others[0]))


def _without_courtesy(spoken: Spoken) -> tuple[int, int]:
    """The range of words that is left without the polite ones at both ends."""
    stripped = strip_courtesy(trimmed(spoken.flat))
    start = spoken.flat.find(stripped)
    if not stripped or start < 0:
        return 0, len(spoken.words)
    inside = [index for index, word in enumerate(spoken.words) if start <= word.start and word.end <= start + len(stripped)]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _trimmed_words(spoken: Spoken, kept: Iterable[int]) -> list[int]:
    """The indexes without connecting words at the beginning and question words at the end."""
    left = list(kept)
    while left and spoken.words[left[0]].key in _LEADING:
        left.pop(0)
    moved = True
    while moved and left:
        moved = False
        keys = tuple(spoken.words[index].key for index in left)
        for words in _TRAILING:
            if keys[-len(words) :] == words:
                del left[-len(words) :]
                moved = True
                break
    return left


# --- follow-ups ---

_FOLLOW_UP = re.compile(
    r"(?P<before>(?:the|vay|a|u|uh)\s+con|con|the|vay|and|what about|how about)\s+(?:ve\s+|cua\s+|doi voi\s+|tinh\s+|voi\s+)*(?P<name>.+?)"
    r"(?:\s+(?:thi\s+sao|thi\s+the\s+nao|thi|the\s+nao|nhu\s+the\s+nao|ra\s+sao|sao|nhi|a|vay|day|nhe))*\W*"
)
_FOLLOW_UP_TAIL = re.compile(r"(?:tinh\s+)?(?P<name>.+?)\s+(?:thi\s+sao|thi\s+the\s+nao)(?:\s+(?:a|nhi|vay|nhe))*\W*")
_NO_NAME = frozenset(
    "ai gi bao may nao a ha thoi nua khong u ok roi chu sao day do la duoc co ma minh toi em anh chi nay kia vay thi dang phai chua lai".split(" ")
)
_LONGEST_NAME = 5      # words


def follow_up(text: str) -> str | None:
    """What a short follow-up asks about ("Sơn La" in "còn Sơn La thì sao"); None when the text is no follow-up."""
    if len(text) > LONGEST:
        return None
    spoken = Spoken.of(text)
    first, last = _without_courtesy(spoken)
    if first >= last:
        return None
    start, end = spoken.words[first].start, spoken.words[last - 1].end
    found = _FOLLOW_UP.fullmatch(spoken.flat, start, end) or _FOLLOW_UP_TAIL.fullmatch(spoken.flat, start, end)
    if found is None:
        return None
    name = spoken.text[found.start("name") : found.end("name")]
    words = Spoken.of(name).words
    opening = spoken.words[first]
    if opening.marked and found.re is _FOLLOW_UP and opening.typed not in ("còn", "thế", "vậy", "à", "ừ", "ờ"):
        return None
    if not words or len(words) > _LONGEST_NAME or words[0].key in _NO_NAME:
        return None
    return trimmed(name) or None
