"""Joining codes in what somebody typed: they are found before anything is stored, so that only their digest is kept."""

from __future__ import annotations

import re

from handlers.rules.text import fold_unkept as fold
from handlers.rules.text import visible

_SYMBOL = "[A-HJ-NP-Za-hj-np-z2-9]"
_CODE = re.compile(rf"(?<![\w-])({_SYMBOL}{{4}})[- ]?({_SYMBOL}{{4}})(?![\w-])")
_FIGURE = re.compile(r"[A-Za-z]+[2-9]+ [2-9]+")
_WORD_BEFORE = re.compile(
    r"(?:\bstart(?:@\w+)?|\bma(?: (?:tham gia|moi|vao cum|kich hoat|gia nhap|so))?(?: cua (?:toi|em))?(?: la)?|\bcode|\bjoin)[ :=]{0,3}$"
)
_LOOK_BACK = 60
"""The longest phrase before a code, and the name of a bot, are shorter."""


def find_code(text: str) -> str | None:
    """The joining code in ``text`` as eight capital characters, or None.

    Codes use letters and digits without I, O, 0, 1, any case, with a hyphen or space in the middle allowed. So that ordinary words
    are not taken for codes, one counts when it follows ``/start``, "mã" or "mã tham gia", or is the whole message in capitals without
    a space, or mixes letters and digits (with a space in the middle only as the whole message). "ntm2 4755" is a figure, no code.
    """
    text = " ".join(visible(text).split())
    for found in _CODE.finditer(text):
        written = found[0]
        letters, digits = any(char.isalpha() for char in written), any(char.isdigit() for char in written)
        whole, spaced = written == text, " " in written
        if letters and digits and not spaced:
            likely = True
        elif _follows_its_word(text, found.start()):
            likely = not spaced or digits
        elif letters and digits:
            likely = whole and not _FIGURE.fullmatch(written)
        else:
            likely = letters and whole and not spaced and text.isupper()
        if likely:
            return (found[1] + found[2]).upper()
    return None


def _follows_its_word(text: str, start: int) -> bool:
    before = fold(text[max(0, start - _LOOK_BACK) : start] + "|").removesuffix("|")     # the bar keeps the space at the end
    return _WORD_BEFORE.search(before) is not None
