"""A yes or a no as people type it: "vâng ạ", "dạ không phải đâu", "chưa đúng", "sai rồi", "không nhầm". Read in one way for every question.

"Không" beside another word is not what it is alone: "không sai" agrees, "không đúng" does not, "đúng không" asks. What holds any other
word ("không phát sinh", "có 3 xã") is no yes or no at all.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from handlers.rules.short_texts import remembering
from handlers.rules.text import fold, strip_courtesy, untelex
from handlers.rules.words import Spoken

Said = Literal["yes", "no", "wrong", "unclear"]
"""``wrong``: that something is not right, which is more than a no. ``unclear``: such words alone, but against each other, or a question."""

LONGEST = 60
"""Characters. Who writes more says something else too."""


def _words(text: str) -> frozenset[str]:
    """Folded words, those of a phrase joined by "_"."""
    return frozenset(each.replace("_", " ") for each in text.split())


_POLITE = _words("da vang u uh um uhm yeah yep")
"""A yes alone; before anything else they only greet it: "dạ không"."""

_LIGHT = _words("co duoc phai")
"""A yes alone and behind a "không" its object; before a judgement they say nothing: "có đúng", "không phải nhầm"."""

_YES = _words("ok okay okey oke oki okie o_ke dong_y nhat_tri chap_nhan xac_nhan duyet yes y sure agreed all_right 👍 👌 ✅ ✔")
_RIGHT = _words("dung chuan chinh_xac hop_ly chac_chan khop right correct exact exactly true")
_WRONG = _words("sai nham nham_lan lam_lan lon wrong incorrect mistake mistaken false")
_NOT = _words("khong ko k kg kh khg hok hong chua chang cha dung_co no nope not dont n")
_STOP = _words("thoi khoi khong_can not_now 👎 ❌")
_AROUND = _words(
    "roi a ah nhe nha nhi ma chu dau day do the vay luon het ca qua that han la bi he nay em toi minh anh chi dong_chi thua xin cam_on van"
    " cu so_lieu so_nay con_so it is that this the it's thats please thanks rat hoan_toan lai nua bot oi nhap go don_vi don_vi_tinh"
)
_ALL = (_POLITE, _LIGHT, _YES, _RIGHT, _WRONG, _NOT, _STOP, _AROUND)
_KNOWN = frozenset[str]().union(*_ALL)
_JUDGES = _RIGHT | _WRONG
_PHRASES = tuple(sorted((each.split() for each in _KNOWN if " " in each), key=len, reverse=True))
_VOCABULARY = frozenset(word for each in _KNOWN for word in each.split() if word.isascii())

_BREAK = "|"
_BREAKS = frozenset(",.;:!…–—-")
_TOKEN = re.compile(r"[^\W_]+(?:'[a-z]+)?|\S")
_OTHERWISE = frozenset((
    "cố", "cơ", "cỏ", "cô", "cờ", "cọ", "cớ", "đừng", "đứng", "dựng", "dùng", "dừng", "phái", "lớn", "lợn", "nhắm", "nhằm", "khổng",
    "khống",
))  # fmt: skip
"""Other words that are the same without their marks."""

_NO_FIGURES = re.compile(r"\bco so\b")
"""Behind a "chưa" or a "không" that is an answer of its own: the figure is not known."""


@remembering
def read_yes_or_no(text: str) -> Said | None:
    """What the text says, if a yes or a no is all that it says; None for any other text."""
    if len(text) > LONGEST:
        return None
    said = fold(text)
    if _NO_FIGURES.search(said) or any(word.typed in _OTHERWISE for word in Spoken.of(text).words):
        return None
    tokens = _tokens(said) or _tokens(strip_courtesy(said))
    if not tokens:
        return None
    return "unclear" if "?" in text else _meaning(tokens)


def _tokens(said: str) -> tuple[str, ...] | None:
    """The words and breaks of a folded text, phrases as one; None where one is no word of a yes or a no."""
    words = _TOKEN.findall("".join(char for char in said if unicodedata.category(char) != "Sk"))      # without skin tones
    found: list[str] = []
    at = 0
    while at < len(words):
        phrase = next((each for each in _PHRASES if words[at : at + len(each)] == each), words[at : at + 1])
        at += len(phrase)
        word = " ".join(phrase)
        if word in _BREAKS:
            found.append(_BREAK)
            continue
        if word not in _KNOWN and (word := untelex(word, _VOCABULARY)) not in _KNOWN:
            return None
        found.append(word)
    return tuple(found) if any(word not in _AROUND and word != _BREAK for word in found) else None


def _meaning(tokens: tuple[str, ...]) -> Said:
    said: list[Said] = []
    denied = False
    for place, word in enumerate(tokens):
        rest = [each for each in tokens[place + 1 :] if each not in _AROUND]
        after = rest[0] if rest else _BREAK
        if word in _NOT:
            if said and tokens[place - 1] != _BREAK and set(rest) <= {_BREAK}:
                return "unclear"      # "đúng không"
            denied = True
        elif word == _BREAK and denied:
            said.append("no")
            denied = False
        elif word in _LIGHT and (after in _JUDGES or (denied and after in _LIGHT)):
            continue
        elif word in _JUDGES:
            said.append("yes" if (word in _RIGHT) != denied else "wrong")
            denied = False
        elif word in _LIGHT | _YES:
            said.append("no" if denied else "yes")
            denied = False
        elif word in _STOP:
            said.append("no")
    if denied:
        said.append("no")
    return _one_of(set(said)) if said else "yes"


def _one_of(kinds: set[Said]) -> Said:
    if kinds == {"no", "wrong"}:
        return "wrong"
    return kinds.pop() if len(kinds) == 1 else "unclear"
