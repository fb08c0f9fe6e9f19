"""The number of a line in a list, or what else is not meant as a figure: (3), 3), ①, #3, thứ 3, 5², ½, Ⅳ.

Folding makes a plain 3 of most of these, so they must be told before: where a figure is asked they are asked back.
"""

from __future__ import annotations

import re
import unicodedata

LIKELY = 20
"""Beyond it a number with a full stop is the end of a sentence, not the place in a list."""

_KEYCAP = "\u20e3"
_IN_BRACKETS = re.compile(r"[(\[{<]\s*[-−+]?[0-9]|[0-9][.,]*\s*%?\s*[)\]}>]")
_BEHIND = re.compile(r"[0-9][.,]*\s*(?:[:/\\?#*…‰_\-–—]|\.{2,})\s*$")
_IN_FRONT = re.compile(r"^\s*(?:[#№*•▪●◦·✓§&@/\\_>|…‰]|\.{2,}|(?:lan|so) thu\s|lan\s|so\s+(?=[0-9]+$))")
_PLACE = re.compile(r"(?:so\s+)?(?P<number>[0-9]{1,3})\s*[.,;]?")
_ORDINAL = re.compile(r"^(?:dung |xep )?thu\s*[0-9]")


def spelled_out(text: str) -> str:
    """The text with signs that hold a number in themselves written as "(3)": composed away they would be plain figures.

    The square and the cube of a unit stay: m², km³.
    """
    return "".join(
        f"({unicodedata.normalize('NFKC', char)})" if _holds_number(char) and not (place and text[place - 1].isalpha()) else char
        for place, char in enumerate(text)
    )


def is_list_mark(typed: str, folded: str, *, rank: bool) -> bool:
    """Whether ``typed`` (composed after `spelled_out`) is rather a place in a list than a figure. ``folded``: without courtesy.

    ``rank``: the item asks for a rank, and "thứ 3" is one.
    """
    if _KEYCAP in typed or _IN_BRACKETS.search(typed) or _BEHIND.search(typed):
        return True
    front = _IN_FRONT.match(typed.lower()) or _IN_FRONT.match(folded)
    place = _PLACE.fullmatch(typed.lower() if typed[:1].isdigit() else folded)
    if place is not None and place[0] != place["number"]:
        return int(place["number"]) <= LIKELY
    return (front is not None and not folded.startswith("so ")) or (not rank and _ORDINAL.match(folded) is not None)


def _holds_number(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char) in ("No", "Nl")
