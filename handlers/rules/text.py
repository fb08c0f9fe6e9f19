"""Vietnamese text: one form for matching, one for sorting, and lengths as the platforms count them.

Matching folds what officers type differently and mean alike: composed and decomposed accents, no accents at all, Ð (U+00D0)
for Đ, hoà and hòa, full-width digits, non-breaking spaces, what a telex or VNI keyboard leaves behind. Babel has no Vietnamese
collation, hence `sort_key`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from handlers.rules.short_texts import remembering

_STROKES = (("đ", "d"), ("Đ", "D"), ("ð", "d"), ("Ð", "D"))
_ELLIPSIS = "…"


class _Without(dict[int, str | None]):
    """Translation table, filled as characters are met: those of some categories go, unless they are white space."""

    def __init__(self, *categories: str) -> None:
        super().__init__()
        self._categories = frozenset(categories)

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        self[code] = found = None if unicodedata.category(char) in self._categories and not char.isspace() else char
        return found


_WITHOUT_MARKS = _Without("Mn", "Me", "Cf", "Cs")
_WITHOUT_CONTROLS = _Without("Cc")


class _Visible(_Without):
    """Also one sign instead of a form that stands for a whole phrase: a text must not grow when it is resolved."""

    def __missing__(self, code: int) -> str | None:
        if len(unicodedata.normalize("NFKC", chr(code))) > _LONGEST_FORM:
            self[code] = "\ufffd"
            return "\ufffd"
        return super().__missing__(code)


_LONGEST_FORM = 4
_WITHOUT_INVISIBLE = _Visible("Cc", "Cf", "Cs")


def _is_trim(char: str) -> bool:
    return char.isspace() or (unicodedata.category(char).startswith("P") and char != "%")


def _trim(text: str) -> str:
    """Without white space and punctuation at both ends; % stays, and a minus or decimal sign stays in front of a digit."""
    start, end = 0, len(text)
    while start < end and _is_trim(text[start]) and not (text[start] in "-,." and text[start + 1 : start + 2].isdigit()):
        start += 1
    while end > start and _is_trim(text[end - 1]):
        end -= 1
    return text[start:end]


def visible(text: str) -> str:
    """``text`` as a reader sees it: compatibility forms resolved, without zero-width, format and control characters; white space stays."""
    return unicodedata.normalize("NFKC", text if text.isascii() and text.isprintable() else text.translate(_WITHOUT_INVISIBLE))


def fold(text: str) -> str:
    """The form in which texts are compared: lower case, without diacritics (đ as d), compatibility forms resolved (full-width
    digits, non-breaking spaces), zero-width and control characters removed, any white space one space, no punctuation around it.

    Folding twice gives the same as folding once.
    """
    return _remembered(text)


def fold_unkept(text: str) -> str:
    """`fold`, for what must not stay in memory (secret marks are looked for with it)."""
    if not text.isascii():
        for _ in range(2):  # casefolding may bring compatibility forms back
            for stroked, plain in _STROKES:
                text = text.replace(stroked, plain)
            text = unicodedata.normalize("NFKD", text).casefold()
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).translate(_WITHOUT_MARKS))
    text = text.lower()
    if not text.isprintable():
        text = text.translate(_WITHOUT_CONTROLS)
    return _trim(" ".join(text.split()))


_remembered = remembering(fold_unkept)


# --- collation ---

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_WEIGHTS = {letter: chr(0x61 + place) for place, letter in enumerate(_ALPHABET)}
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_SHAPES = "\u0302\u0306\u031b"
_BREAK = "\x1f"


def _weight(char: str) -> str:
    """Letters in alphabetical order; digits and signs before them, foreign letters behind."""
    return _WEIGHTS.get(char, char if char < "a" or char > "\xff" else chr(ord(char) + 0x100))


def sort_key(text: str) -> str:
    """A string whose code-point order (Python's ``<``, SQLite's BINARY) is the Vietnamese alphabetical order of ``text``.

    First level: the letters a ă â b c d đ e ê g … ơ … ư … y, spaces before letters. Second level: the tone of each word, in the
    order none, huyền, hỏi, ngã, sắc, nặng, so the place of the tone mark (hoà, hòa) does not matter. Case does not count.
    """
    letters: list[str] = []
    tones: list[str] = []
    for word in unicodedata.normalize("NFKC", text).translate({0xF0: "đ", 0xD0: "đ"}).lower().split():
        if letters:
            letters.append(" ")
        tone = "0"
        base = ""
        for char in unicodedata.normalize("NFD", word):
            if char in _TONES:
                tone = max(tone, _TONES[char])
            elif char in _SHAPES or unicodedata.category(char) not in ("Mn", "Me", "Cf", "Cc", "Cs"):
                base += char
        letters.extend(_weight(char) for char in unicodedata.normalize("NFC", base))
        tones.append(tone)
    return "".join(letters) + _BREAK + "".join(tones)


# --- leftovers of a Vietnamese keyboard ---

_WORD = re.compile(r"[^\W_]+")
_VOWELS = frozenset("aeiouy")
_TELEX_TONES = frozenset("sfrxjz")
_DIGITS = frozenset("0123456789")
_COUNTED = frozenset(("cum", "dot", "ky", "lan", "muc", "nam", "ngay", "phan", "quy", "so", "thang", "top", "trang", "tuan"))
_LONGEST = 14
_DEEPEST = 4
_MOST_TONES = 3
_SYLLABLE = re.compile(
    r"(?:b|ch?|d|gh?|gi|h|kh?|l|m|ngh?|nh|n|ph?|qu|r|s|th|tr|t|v|x)?"
    r"(?:uoi|uou|oai|oay|oao|oeo|uay|uya|uye|uyu|ieu|yeu|a[iouy]?|e[ou]?|i[aeu]?|o[aei]?|u[aeiouy]?|ye?)(?:ch?|m|ng|nh|n|p|t)?"
)


def is_syllable(word: str) -> bool:
    """Whether a folded word has the shape of a Vietnamese syllable. "xep" and "hang" do, "xeps", "laocai" and "docx" do not."""
    return _SYLLABLE.fullmatch(word) is not None


def _undone(word: str) -> Iterator[str]:
    """The words that are one key stroke of telex or VNI shorter; from the end, where most people type the marks."""
    for place in range(len(word) - 1, 0, -1):
        char, before = word[place], word[:place]
        has_vowel = any(letter in _VOWELS for letter in before)
        mark = (
            (char in _TELEX_TONES and has_vowel)
            or (char in "aeo" and char in before)
            or (char == "d" and before[0] == "d")
            or (char == "w" and has_vowel)
            or (char in _DIGITS and (has_vowel or char == "9"))
        )
        if mark:
            yield before + word[place + 1 :]
        elif char == "w":
            yield before + "u" + word[place + 1 :]


def _candidates(word: str) -> Iterator[str]:
    """What a folded word may have been before the marks, fewest marks taken away first."""
    if not word or len(word) > _LONGEST or not word[0].isalpha() or re.search(r"\d{3}", word):
        return
    if word.rstrip("0123456789") in _COUNTED and word[-1] in _DIGITS:
        return  # "quy3" is quarter 3 without its space, and "nam2026" a year: no tone marks
    if sum(char in _TELEX_TONES for char in word[1:]) > _MOST_TONES:
        return  # no Vietnamese word, and every mark more doubles the work
    level = [word]
    for _ in range(_DEEPEST):
        level = list(dict.fromkeys(shorter for longer in level for shorter in _undone(longer)))
        yield from level


def telex_candidates(word: str) -> tuple[str, ...]:
    """The syllables that a folded word may be, if it holds leftovers of telex or VNI: "xeps" → ("xep",). Empty for a word that is
    a syllable as it stands, and where nothing sensible results."""
    if is_syllable(word):
        return ()
    return tuple(dict.fromkeys(candidate for candidate in _candidates(word) if is_syllable(candidate)))


def fold_telex(text: str) -> str:
    """`fold`, and each word that is no Vietnamese syllable is replaced by the first of its `telex_candidates`.

    A guess without a dictionary: foreign words may be hurt ("max" → "ma"). Where the known words are at hand, use `untelex`.
    """
    return _WORD.sub(lambda found: next(iter(telex_candidates(found[0])), found[0]), fold(text))


def untelex(text: str, vocabulary: frozenset[str]) -> str:
    """``text`` with the words mended that hold leftovers of telex or VNI typing: "xeps hangj", "ddieen bieen", "xe61p".

    ``vocabulary`` holds known words as `fold` writes them. A word changes only when it is not known itself and becomes known by
    taking marks away, then it is written as in the vocabulary; all else stays as typed.
    """
    return _WORD.sub(lambda found: _untelexed(found[0], vocabulary), unicodedata.normalize("NFC", text))


def _untelexed(word: str, vocabulary: frozenset[str]) -> str:
    folded = fold(word)
    if folded in vocabulary:
        return word
    return next((candidate for candidate in _candidates(folded) if candidate in vocabulary), word)


# --- courtesy ---

_WHO = r"(?:chung toi|chung em|toi|em|anh|chi|minh|chau|bac|bot|dong chi)"
_NO_QUESTION = r"(?! (?:nghi|dong|vien|thi|nong|phu|cuu|dam|truong)\b)"  # hội nghị, hội đồng, hội viên, …
_BEFORE = re.compile(
    r"(?:thua(?: (?:cac )?(?:dong chi|anh|chi|bac))?|"
    rf"(?:da|vang)(?=,| (?:-?\d|thua|vang|xin|cho|da|nho|phien|{_WHO} (?:muon|can|xin)\b))|"
    r"xin|vui long|lam on|kinh gui|kinh thua|"
    rf"(?:cac )?dong chi(?: oi)?|(?:bot|em|anh|chi|ban|ad|admin|tro ly) oi|bot|(?:xin )?chao (?:bot|em|dong chi)|"
    rf"(?:phien|nho)(?= {_WHO}\b)|de nghi(?= (?:dong chi|bot|cho)\b)|hay(?= (?:cho|giup)\b)|"
    rf"cho {_WHO}(?: (?:duoc )?(?:hoi{_NO_QUESTION}|xem|biet))*(?: ve)?|cho (?:hoi{_NO_QUESTION}|xem|biet)(?: ve)?|"
    rf"(?:{_WHO} )?(?:can|muon) (?:xem|biet|hoi{_NO_QUESTION})(?: ve)?|(?:{_WHO} )?hoi(?= ){_NO_QUESTION}|"
    rf"giup {_WHO}(?: (?:xem|biet))?)(?=[\s,.:;!?]|$)[\s,.:;!?]*"
)
_AFTER = re.compile(
    rf"[\s,.:;!?]*(?<![^\s,.:;!?])(?:a|ah|nhe|(?<!\d )(?<!so )(?<!xoa )nha|voi|(?<!tro )giup(?: {_WHO})?|ho {_WHO}|"
    r"(?:cac )?dong chi(?: oi)?|(?:bot|em|anh|chi|ban) oi|(?:xin )?cam on(?: (?:nhieu|bot|em|anh|chi|dong chi))*|"
    r"vui long|lam on)$"
)


_MOST_COURTESY = 8
_NEAR_END = 60


def strip_courtesy(folded: str) -> str:
    """A folded text without the polite words at its ends ("dong chi", "cho toi hoi", "xin", "nhe", "a"); never empty for a text
    that was not."""
    text = folded
    for _ in range(_MOST_COURTESY):     # nobody is more polite than that, and every round costs time
        shorter = text
        if (found := _BEFORE.match(shorter)) and found.end() < len(shorter):
            shorter = shorter[found.end() :]
        if (found := _AFTER.search(shorter, max(len(shorter) - _NEAR_END, 0))) and found.start() > 0:
            shorter = shorter[: found.start()]
        if shorter == text or not shorter:
            break
        text = shorter
    return text


# --- lengths ---


def utf16_len(text: str) -> int:
    """The length in UTF-16 code units, as Telegram and Zalo count: a character outside the basic plane counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def joins(text: str, place: int) -> bool:
    """Whether the character at ``place`` belongs to the one before it, so that no cut may fall between them. A simple rule:
    combining marks, variation selectors, emoji joined by a zero-width joiner, skin tones, tags, flags in pairs."""
    char, before = text[place], text[place - 1]
    if unicodedata.category(char).startswith("M") or before == "\u200d" or char == "\u200d":
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f" or (before, char) == ("\r", "\n"):
        return True
    flags = 0
    while flags < place and _is_flag(text[place - 1 - flags]):
        flags += 1
    return _is_flag(char) and flags % 2 == 1


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def clip(text: str, limit: int) -> str:
    """``text`` shortened to at most ``limit`` UTF-16 code units. What is cut ends in "…" (counted); the cut falls on a space when
    one is near, and never inside a letter with its marks or a composed emoji."""
    if utf16_len(text) <= limit:
        return text
    if limit < 1:
        return ""
    room, place = limit - 1, 0
    while room >= (width := utf16_len(text[place])):
        room -= width
        place += 1
    while place and joins(text, place):
        place -= 1
    space = text.rfind(" ", 0, place + 1)
    if space > place * 3 // 4:
        place = space
    return text[:place].rstrip() + _ELLIPSIS
