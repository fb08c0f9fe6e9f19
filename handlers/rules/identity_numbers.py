"""Numbers of identity papers, which are never kept (Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15).

A citizen's number has twelve digits and begins with the code of a province, 001 to 096; it is found in any grouping, also without a word
for it. The nine digits of an older card, or the letter and seven digits of a passport, count only near such a word: figures look like them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from handlers.rules.text import fold_unkept as fold
from handlers.rules.text import visible

_NEAR = 40
"""How many characters may lie between the word and the number."""

_WORD = re.compile(r"\b(?:cccd|cmnd|cmt|can cuoc|chung minh|dinh danh|ho chieu|passport)\b")
_DIGITS = re.compile(r"\d(?:[ .\-_]{0,3}\d)*")
_PASSPORT = re.compile(r"\b[a-z]\d{7}\b")
_GROUP = re.compile(r"\d+")
_LENGTH = 12
_TELEPHONE = 10


def personal_number(text: str) -> bool:
    """Whether ``text`` holds the number of an identity paper."""
    folded = fold(visible(text))
    runs = [(found.start(), found.end(), _GROUP.findall(found[0])) for found in _DIGITS.finditer(folded)]
    runs = [run for run in runs if sum(map(len, run[2])) >= 9 and not _is_a_figure(folded, run[0], run[1])]
    if any(_holds_citizen_number(groups) for _, _, groups in runs):
        return True
    words = [found.span() for found in _WORD.finditer(folded)]
    if not words:
        return False
    numbers = [(start, end) for start, end, groups in runs if _may_be_of_a_card(groups)]
    numbers += [found.span() for found in _PASSPORT.finditer(folded)]
    return any(_stands_near(words, start, end) for start, end in numbers)


def _is_a_figure(text: str, start: int, end: int) -> bool:
    """Whether a decimal part follows, or it is one itself."""
    return bool(re.match(r"[.,]\d", text[end : end + 2])) or bool(re.search(r"\d[.,]$", text[max(0, start - 2) : start]))


def _holds_citizen_number(groups: Sequence[str]) -> bool:
    """Whether groups of digits that follow one another make a citizen's number.

    A single digit does not begin one (a row of figures "0 0 1 …"), and ten digits with a figure behind them are a telephone number.
    """
    for first, group in enumerate(groups):
        if not 3 <= len(group) <= _LENGTH or not "001" <= group[:3] <= "096":
            continue
        length = 0
        for each in groups[first:]:
            length += len(each)
            if length == _TELEPHONE or length >= _LENGTH:
                break
        if length == _LENGTH:
            return True
    return False


def _may_be_of_a_card(groups: Sequence[str]) -> bool:
    """Nine or twelve digits, together or in groups."""
    length = sum(map(len, groups))
    return length in (9, _LENGTH) or any(len(group) in (9, _LENGTH) for group in groups)


def _stands_near(words: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Words stand in their order, so only the neighbours of the number are looked at."""
    place = bisect_left(words, (start, end))
    before = place > 0 and start - words[place - 1][1] <= _NEAR
    after = place < len(words) and words[place][0] - end <= _NEAR
    return before or after
