"""Which unit a text means: by name, alias, initials or a name with a typing error; two that could be meant are asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from handlers.rules.everyday import ABBREVIATIONS, ORDINARY
from handlers.rules.near_names import LONGEST, NearNames
from handlers.rules.text import untelex
from handlers.rules.words import Spoken, Word, spelling, trimmed

_PREFIXES = (
    ("uy", "ban", "nhan", "dan"), ("so", "noi", "vu"), ("thanh", "pho"), ("don", "vi"), ("ubnd",), ("tinh",), ("tp",), ("snv",),
    ("lanh", "dao"), ("doan",),
)  # fmt: skip
"""What may stand before a name and says nothing more about it."""

_KINDS = (("xa",), ("phuong",), ("dac", "khu"), ("thi", "tran"), ("huyen",), ("thi", "xa"), ("quan",))
"""Kinds of unit that a name may begin with ("xã Tân Lập") and a person may leave out."""

_LINKS = frozenset(("cua", "voi", "va", "cho", "o", "tai", "giua", "ve", "cung", "hay", "hoac", "vs", "and", "of", "with", "for", "in"))
"""Connecting words: those left beside a removed name go with it."""

_OWNING = frozenset(("cua", "cho", "tinh", "xa", "phuong", "vi", "ubnd", "of", "for"))
"""What stands before the name of an owner."""

_COMPOUNDS = frozenset((("bao", "cao"), ("quang", "cao"), ("to", "cao"), ("nang", "cao"), ("de", "cao")))
"""Words of two syllables in the middle of which no name begins: "bao cao bang van ban" is not about Cao Bằng."""

_VOWELS = frozenset("aeiouy")
_SHORT = 3          # a word of up to three letters is a code, not a name: only exact, and only without diacritics
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
        self._spellings: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}
        self._initials: dict[str, tuple[str, ...]] = {}
        for name in names:
            for place, text in enumerate((name.name, *name.aliases)):
                for words in _forms(Spoken.of(text).words):
                    self._learn(name.id, words, initials=place == 0)
        keys = sorted(self._exact, key=len, reverse=True)
        self._nearby = NearNames(keys)
        self._lengths = sorted({len(key) for key in keys}, reverse=True)
        self._vocabulary = frozenset(word for key in keys if len(key) > 1 for word in key)

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

    def owners(self, text: str) -> tuple[str, ...]:
        """The units that the text says something belongs to ("của Sơn La", "tỉnh Sơn La"), by their whole names and without guessing."""
        spoken = Spoken.of(text)
        keys = self._mended(spoken)
        hits = (hit for hit in self._scan(spoken, keys) if not hit.short and len(hit.ids) == 1 and hit.start)
        return tuple(dict.fromkeys(hit.ids[0] for hit in hits if keys[hit.start - 1] in _OWNING))

    # Building -----------------------------------------------------------------------------------------------------------------

    def _learn(self, unit_id: str, words: tuple[Word, ...], *, initials: bool) -> None:
        key = tuple(word.key for word in words)
        self._exact[key] = _added(self._exact.get(key, ()), unit_id)
        letters = "".join(word.key[0] for word in words)
        if initials and len(letters) > 1 and letters.isalpha():
            self._initials[letters] = _added(self._initials.get(letters, ()), unit_id)
        known = self._spellings.setdefault(key, [])
        typed = tuple(word.typed for word in words)
        if typed != key:      # an alias typed without diacritics says nothing about them
            known[:] = [each for each in known if each != (unit_id, key)]
        elif any(each == unit_id for each, _ in known):
            return
        known.append((unit_id, typed))

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
            if len(key) == length and key in self._exact and (ids := self._meant(spoken, key, place)):
                return _Hit(place, place + length, ids, short=length == 1 and len(key[0]) <= _SHORT)
        word = keys[place]
        for whole in self._nearby.joined(word):
            if not spoken.words[place].marked:
                return _Hit(place, place + 1, self._exact[whole])
        if word in self._initials and self._means_initials(spoken, place):
            return _Hit(place, place + 1, self._initials[word], short=True)
        return None

    def _meant(self, spoken: Spoken, key: tuple[str, ...], place: int) -> tuple[str, ...]:
        """The units of this name that the typed words can mean: none for everyday words and diacritics that contradict it."""
        words = spoken.words[place : place + len(key)]
        spellings = self._spellings[key]
        before = spoken.words[place - 1].key if place else ""
        named = any(prefix[-1] == before for prefix in _PREFIXES + _KINDS)
        if len(key) == 1 and key[0] in ORDINARY and len(spoken.words) > 1 and not named:
            return ()
        if (before, key[0]) in _COMPOUNDS:
            return ()
        alike = [unit_id for unit_id, typed in spellings if all(map(_same_spelling, words, typed))]
        if alike and any(word.marked for word in spoken.words):
            return tuple(dict.fromkeys(alike))      # who types diacritics tells Nam Cang from Nậm Cang
        if len(key) == 1 and len(key[0]) <= _SHORT and words[0].marked:
            return ()
        return tuple(dict.fromkeys(unit_id for unit_id, typed in spellings if _agrees(words, typed)))

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
        if not self._lengths or len(keys) > _FUZZY_WORDS:
            return
        longest = min(LONGEST, self._lengths[0])
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
        """The units whose names lie nearest to these words, and the number of errors between."""
        window = keys[place : place + length]
        if window in self._exact or (place and (spoken.words[place - 1].key, window[0]) in _COMPOUNDS):
            return (), 0
        near, distance = self._nearby.near(window)
        return tuple(dict.fromkeys(unit_id for key in near for unit_id in self._exact[key])), distance


def _added(ids: tuple[str, ...], unit_id: str) -> tuple[str, ...]:
    return ids if unit_id in ids else (*ids, unit_id)


def _forms(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """The whole name, and the name without "tỉnh", "UBND", "xã" and the like before it."""
    if words:
        yield words
    bare = words[_prefix_length(words, _PREFIXES + _KINDS) :]
    if bare and len(bare) < len(words):
        yield bare


def _prefix_length(words: tuple[Word, ...], prefixes: tuple[tuple[str, ...], ...]) -> int:
    place = 0
    while True:
        for prefix in prefixes:
            if tuple(word.key for word in words[place : place + len(prefix)]) == prefix:
                place += len(prefix)
                break
        else:
            return place


def _same_spelling(word: Word, typed: str) -> bool:
    return word.typed == typed or spelling(word.typed) == spelling(typed)


def _agrees(words: tuple[Word, ...], name: tuple[str, ...]) -> bool:
    """Whether typed diacritics allow this name: none typed always do; "cáo bằng" is not Cao Bằng, "diễn biến" not Điện Biên."""
    equal = list(map(_same_spelling, words, name))
    if any(word.marked and word.key == typed for word, typed in zip(words, name, strict=True)):
        return all(word.key == typed for word, typed in zip(words, name, strict=True))
    return any(equal) or not all(word.marked for word in words)


def _typed(spoken: Spoken, hit: _Hit) -> str:
    return spoken.text[spoken.words[hit.start].start : spoken.words[hit.end - 1].end]


def _rest(spoken: Spoken, hits: Sequence[_Hit]) -> str:
    """The text without the names, the prefixes before them, and connecting words that would dangle."""
    taken: set[int] = set()
    keys = spoken.keys
    if not hits:
        return trimmed(spoken.text)
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
            if keys[index] not in _LINKS:
                break
            taken.add(index)
    return spoken.without(taken)
