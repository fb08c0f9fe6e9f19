"""Which unit a text means: by name, alias, initials or a name with a typing error; two that could be meant are asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from handlers.rules.everyday import ABBREVIATIONS, ORDINARY
from handlers.rules.text import untelex
from handlers.rules.words import Spoken, Word, spelling

_PREFIXES = (
    ("uy", "ban", "nhan", "dan"), ("so", "noi", "vu"), ("thanh", "pho"), ("don", "vi"), ("ubnd",), ("tinh",), ("tp",), ("snv",),
    ("lanh", "dao"), ("doan",),
)  # fmt: skip
"""What may stand before a name and says nothing more about it."""

_LINKS = frozenset(("cua", "voi", "va", "cho", "o", "tai", "giua", "ve", "cung", "hay", "hoac", "vs", "and", "of", "with", "for", "in"))
"""Connecting words: those left beside a removed name go with it."""

_COMPOUNDS = frozenset((("bao", "cao"), ("quang", "cao"), ("to", "cao"), ("nang", "cao"), ("de", "cao")))
"""Words of two syllables in the middle of which no name begins: "bao cao bang van ban" is not about Cao Bằng."""

_VOWELS = frozenset("aeiouy")
_SHORT = 3          # a word of up to three letters is a code, not a name: only exact, and only without diacritics
_SHORTEST_FUZZY = 5
_LONGEST_FUZZY = 5  # words
_FUZZY_WORDS = 40   # a text longer than this is no question: no guessing in it
_MANY = 8           # initials that more names share say nothing


@dataclass(frozen=True, slots=True)
class Name:
    """What one unit is called: its name and the aliases (codes, short forms, "Lào Cai (cũ)")."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class One:
    """One unit, and the text without it."""

    id: str
    rest: str


@dataclass(frozen=True, slots=True)
class Several:
    """More than one unit could be meant by ``word`` (as typed): ask."""

    ids: tuple[str, ...]
    word: str
    rest: str


@dataclass(frozen=True, slots=True)
class Found:
    """All units named, in the order of the text; the doubtful words; the text without any of them."""

    ids: tuple[str, ...]
    unsure: tuple[Several, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class _Hit:
    """Words ``start`` to ``end`` (exclusive) name these units. ``short``: by a code or initials."""

    start: int
    end: int
    ids: tuple[str, ...]
    short: bool = False


class NameIndex:
    """Finds units in free text. Built once for the units of a year; thousands of them are no burden."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._exact: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._spellings: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        self._initials: dict[str, tuple[str, ...]] = {}
        for name in names:
            for place, text in enumerate((name.name, *name.aliases)):
                for words in _forms(Spoken.of(text).words):
                    self._learn(name.id, words, initials=place == 0)
        keys = sorted(self._exact, key=len, reverse=True)
        self._joined: dict[str, tuple[tuple[str, ...], ...]] = {}
        for key in keys:
            joined = "".join(key)
            if len(joined) >= _SHORTEST_FUZZY and len(key) <= _LONGEST_FUZZY:
                self._joined[joined] = (*self._joined.get(joined, ()), key)
        self._lengths = sorted({len(key) for key in keys}, reverse=True)
        self._vocabulary = frozenset(word for key in keys if len(key) > 1 for word in key)
        self._neighbours: dict[str, tuple[str, ...]] | None = None

    def find(self, text: str) -> One | Several | None:
        """The unit that the text names: the first whole name, else a code or initials, else a name with a typing error."""
        spoken = Spoken.of(text)
        keys = self._mended(spoken)
        hits = list(self._scan(spoken, keys))
        hit = next((hit for hit in hits if not hit.short), hits[0] if hits else None)
        if hit is None:
            hit = next(self._guess(spoken, keys, frozenset()), None)
        if hit is None:
            return None
        rest = _rest(spoken, (hit,))
        if len(hit.ids) == 1:
            return One(hit.ids[0], rest)
        return Several(hit.ids, _typed(spoken, hit), rest)

    def find_all(self, text: str) -> Found:
        """Every unit that the text names, as in a comparison."""
        spoken = Spoken.of(text)
        keys = self._mended(spoken)
        hits = list(self._scan(spoken, keys))
        taken = frozenset(index for hit in hits for index in range(hit.start, hit.end))
        hits = sorted((*hits, *self._guess(spoken, keys, taken)), key=lambda hit: hit.start)
        rest = _rest(spoken, hits)
        sure = tuple(dict.fromkeys(hit.ids[0] for hit in hits if len(hit.ids) == 1))
        unsure = tuple(Several(hit.ids, _typed(spoken, hit), rest) for hit in hits if len(hit.ids) > 1)
        return Found(sure, unsure, rest)

    # Building -----------------------------------------------------------------------------------------------------------------

    def _learn(self, unit_id: str, words: tuple[Word, ...], *, initials: bool) -> None:
        key = tuple(word.key for word in words)
        self._exact[key] = _added(self._exact.get(key, ()), unit_id)
        letters = "".join(word.key[0] for word in words)
        if initials and len(letters) > 1 and letters.isalpha():
            self._initials[letters] = _added(self._initials.get(letters, ()), unit_id)
        known = self._spellings.setdefault(key, [])
        if any(word.marked for word in words):      # an alias typed without diacritics says nothing about them
            known[:] = [typed for typed in known if typed != key]
        elif known:
            return
        known.append(tuple(word.typed for word in words))

    def _neighbourhood(self) -> dict[str, tuple[str, ...]]:
        """Every joined name with each one of its letters taken away: two texts at a distance of one edit share such a form."""
        if self._neighbours is None:
            found: dict[str, tuple[str, ...]] = {}
            for joined in self._joined:
                for form in _lessened(joined):
                    found[form] = (*found.get(form, ()), joined)
            self._neighbours = found
        return self._neighbours

    # Exact --------------------------------------------------------------------------------------------------------------------

    def _mended(self, spoken: Spoken) -> tuple[str, ...]:
        """The words' keys, without leftovers of a telex keyboard."""
        return tuple(
            untelex(word.key, self._vocabulary) if not word.marked and word.key not in self._vocabulary and len(word.key) > 2 else word.key
            for word in spoken.words
        )

    def _scan(self, spoken: Spoken, keys: tuple[str, ...]) -> Iterator[_Hit]:
        place = 0
        while place < len(keys):
            hit = self._at(spoken, keys, place)
            if hit is None:
                place += 1
            else:
                yield hit
                place = hit.end

    def _at(self, spoken: Spoken, keys: tuple[str, ...], place: int) -> _Hit | None:
        """The longest name that begins with this word."""
        for length in self._lengths:
            key = keys[place : place + length]
            if len(key) == length and key in self._exact and self._plausible(spoken, key, place):
                short = length == 1 and len(key[0]) <= _SHORT
                return _Hit(place, place + length, self._exact[key], short)
        word = keys[place]
        for whole in self._joined.get(word, ()):
            if not spoken.words[place].marked:
                return _Hit(place, place + 1, self._exact[whole])
        if word in self._initials and self._means_initials(spoken, place):
            return _Hit(place, place + 1, self._initials[word], short=True)
        return None

    def _plausible(self, spoken: Spoken, key: tuple[str, ...], place: int) -> bool:
        """Whether the typed words can be this name: diacritics that contradict it, and everyday words, are not."""
        words = spoken.words[place : place + len(key)]
        if len(key) == 1:
            if len(key[0]) <= _SHORT:
                return not words[0].marked or any(words[0].typed == typed for (typed,) in self._spellings[key])
            alone = len(spoken.words) == 1 or (place > 0 and any(prefix[-1] == spoken.words[place - 1].key for prefix in _PREFIXES))
            return key[0] not in ORDINARY or alone
        if place and (spoken.words[place - 1].key, key[0]) in _COMPOUNDS:
            return False
        return any(_agrees(words, typed) for typed in self._spellings[key])

    def _means_initials(self, spoken: Spoken, place: int) -> bool:
        word = spoken.words[place]
        if word.key in ABBREVIATIONS or (word.marked and word.typed.replace("đ", "d") != word.key):
            return False
        if len(self._initials[word.key]) > _MANY:
            return False
        if not _VOWELS & set(word.key):
            return True
        typed = spoken.text[word.start : word.end]     # "la", "co": words, unless they stand out as capitals
        return typed.isupper() and not spoken.text.isupper()

    # With typing errors -------------------------------------------------------------------------------------------------------

    def _guess(self, spoken: Spoken, keys: tuple[str, ...], taken: frozenset[int]) -> Iterator[_Hit]:
        if not self._joined or len(keys) > _FUZZY_WORDS:
            return
        longest = min(_LONGEST_FUZZY, self._lengths[0])
        place = 0
        while place < len(keys):
            best: tuple[int, int, _Hit] | None = None
            for length in range(1, longest + 1):
                window = range(place, place + length)
                if place + length > len(keys) or taken & set(window):
                    break
                near, distance = self._near(spoken, keys, place, length)
                if near and (best is None or (distance, -length) < best[:2]):
                    best = (distance, -length, _Hit(place, place + length, near))
            if best is None:
                place += 1
            else:
                yield best[2]
                place = best[2].end

    def _near(self, spoken: Spoken, keys: tuple[str, ...], place: int, length: int) -> tuple[tuple[str, ...], int]:
        """The units whose names lie nearest to these words, within the distance that their length allows, and that distance."""
        window = keys[place : place + length]
        joined = "".join(window)
        if not (_SHORTEST_FUZZY - 1 <= len(joined) <= 40) or any(word.isdecimal() for word in window):
            return (), 0
        if place and (spoken.words[place - 1].key, window[0]) in _COMPOUNDS:
            return (), 0
        limit = 1 if len(joined) < 8 else 2
        best = limit + 1
        ids: tuple[str, ...] = ()
        for candidate in self._candidates(joined, window, limit):
            distance = OSA.distance(joined, candidate, score_cutoff=min(limit, best))
            if distance > min(limit, best):
                continue
            fitting = [key for key in self._joined[candidate] if key != window and _is_slip(window, key)]
            found = tuple(dict.fromkeys(each for key in fitting for each in self._exact[key]))
            if not found:
                continue
            ids = found if distance < best else tuple(dict.fromkeys((*ids, *found)))
            best = distance
        return ids, best

    def _candidates(self, joined: str, window: tuple[str, ...], limit: int) -> Iterable[str]:
        neighbours = self._neighbourhood()
        found = dict.fromkeys(candidate for form in _lessened(joined) for candidate in neighbours.get(form, ()))
        if limit > 1:
            for form in _lessened(joined):
                for smaller in _lessened(form):
                    found |= dict.fromkeys(neighbours.get(smaller, ()))
        return found


def _added(ids: tuple[str, ...], unit_id: str) -> tuple[str, ...]:
    return ids if unit_id in ids else (*ids, unit_id)


def _forms(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """The whole name, and the name without "tỉnh", "UBND" and the like before it."""
    if words:
        yield words
    bare = words[_prefix_length(words) :]
    if bare and len(bare) < len(words):
        yield bare


def _prefix_length(words: tuple[Word, ...]) -> int:
    place = 0
    while True:
        for prefix in _PREFIXES:
            if tuple(word.key for word in words[place : place + len(prefix)]) == prefix:
                place += len(prefix)
                break
        else:
            return place


def _lessened(text: str) -> list[str]:
    return [text, *(text[:place] + text[place + 1 :] for place in range(len(text)))]


def _agrees(words: tuple[Word, ...], name: tuple[str, ...]) -> bool:
    """Whether typed diacritics allow this name: none typed always do; "cáo bằng" is not Cao Bằng, "diễn biến" not Điện Biên."""
    equal = [spelling(word.typed) == spelling(typed) for word, typed in zip(words, name, strict=True)]
    if any(word.marked and word.key == typed for word, typed in zip(words, name, strict=True)):
        return all(word.key == typed for word, typed in zip(words, name, strict=True))
    return any(equal) or not all(word.marked for word in words)


def _is_slip(window: tuple[str, ...], key: tuple[str, ...]) -> bool:
    """Whether the words look like this name mistyped, rather than like ordinary words that resemble it."""
    if len(window) == len(key):
        return not any(word != meant and word in ORDINARY for word, meant in zip(window, key, strict=True))
    return not all(word in ORDINARY or word in key for word in window)


def _typed(spoken: Spoken, hit: _Hit) -> str:
    return spoken.text[spoken.words[hit.start].start : spoken.words[hit.end - 1].end]


def _rest(spoken: Spoken, hits: Iterable[_Hit]) -> str:
    """The text without the names, the prefixes before them, and connecting words that would dangle."""
    taken: set[int] = set()
    keys = spoken.keys
    for hit in hits:
        taken.update(range(hit.start, hit.end))
        place = hit.start
        moved = True
        while moved:
            moved = False
            for prefix in _PREFIXES:
                begin = place - len(prefix)
                if begin >= 0 and keys[begin:place] == prefix:
                    place, moved = begin, True
                    taken.update(range(begin, begin + len(prefix)))
                    break
            if not moved and place and keys[place - 1] in _LINKS:
                place, moved = place - 1, True
                taken.add(place)
    for ends in (range(len(keys)), range(len(keys) - 1, -1, -1)):
        for index in ends:
            if index in taken:
                continue
            if not taken or keys[index] not in _LINKS:
                break
            taken.add(index)
    return spoken.without(taken)
