"""How well what somebody wrote fits the name of an indicator or criterion; abbreviations of the field are written out on both sides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from handlers.rules.text import fold

EXACT, SURE, MAYBE = 100.0, 86.0, 66.0
_CLEAR_LEAD = 6.0
_MOST = 3
_BY_RATIO = 0.55
_LEAST_RATIO = (MAYBE - 100 * (1 - _BY_RATIO)) / _BY_RATIO
"""Below this the sum cannot reach MAYBE, whatever the other measure says."""

_ABBREVIATIONS = {
    "bhtn": "bao hiem that nghiep", "bhxh": "bao hiem xa hoi", "bhyt": "bao hiem y te", "bq": "binh quan",
    "cbccvc": "can bo cong chuc vien chuc", "cchc": "cai cach hanh chinh", "cds": "chuyen doi so", "dn": "doanh nghiep",
    "dtc": "dau tu cong", "dtts": "dan toc thieu so", "dvc": "dich vu cong", "dvctt": "dich vu cong truc tuyen",
    "grdp": "tong san pham tren dia ban", "gtnt": "giao thong nong thon", "gtvt": "giao thong van tai", "hdnd": "hoi dong nhan dan",
    "htx": "hop tac xa", "kp": "kinh phi", "ktxh": "kinh te xa hoi", "ld": "lao dong", "mtqg": "muc tieu quoc gia",
    "mttq": "mat tran to quoc", "nsnn": "ngan sach nha nuoc", "ntm": "nong thon moi", "ntmkm": "nong thon moi kieu mau",
    "ntmnc": "nong thon moi nang cao", "qpan": "quoc phong an ninh", "sl": "so luong", "sxkd": "san xuat kinh doanh",
    "tdkt": "thi dua khen thuong", "ti": "ty", "tl": "ty le", "tngt": "tai nan giao thong", "tthc": "thu tuc hanh chinh",
    "ubnd": "uy ban nhan dan", "xdcb": "xay dung co ban", "xnk": "xuat nhap khau",
}  # fmt: skip
_JOINED = re.compile(r"\b(kt|qp)-(xh|an)\b")
_ADDITION = re.compile(r"\b(?:so voi (?:ke hoach|du toan|cung ky)|giai doan [0-9]{4} [0-9]{4}|chuan [0-9]{4} [0-9]{4})\b")
_NOT_WORD = re.compile(r"[^\w%]+")


def spelled(text: str) -> str:
    """``text`` folded, without punctuation, its abbreviations written out."""
    words = _NOT_WORD.sub(" ", _JOINED.sub(r"\1\2", fold(text))).split()
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


@lru_cache(maxsize=4096)  # names of a plan: the same few hundred in every turn
def name_forms(name: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    """The spelled forms by which a name is found: itself, without its parentheses, without what plans add to it, its aliases."""
    forms = [spelled(form) for form in (name, re.sub(r"\([^)]*\)", " ", name), *aliases)]
    forms += [" ".join(_ADDITION.sub(" ", form).split()) for form in forms]
    return tuple(dict.fromkeys(form for form in forms if form))


@dataclass(frozen=True, slots=True)
class Match:
    """The items a written name may mean, best first; one that is ``sure`` is meant."""

    item_ids: tuple[str, ...]
    score: float
    sure: bool


def _score(written: str, form: str) -> float:
    if written == form:
        return EXACT
    likeness = fuzz.ratio(written, form, score_cutoff=_LEAST_RATIO)
    if not likeness:
        return 0.0
    score = _BY_RATIO * likeness + (1 - _BY_RATIO) * fuzz.token_set_ratio(written, form)
    if {word for word in written.split() if word.isdigit()} - set(form.split()):
        score -= 20
    return min(score, 99.0)


def _holders(written: str, names: tuple[tuple[str, tuple[str, ...]], ...]) -> int:
    """How many items have all the written words in their name: "tỷ lệ hộ nghèo" stands in several, so it means none for sure."""
    words = set(written.split())
    return sum(any(words <= set(form.split()) for form in forms) for _, forms in names)


def match_name(written: str, names: tuple[tuple[str, tuple[str, ...]], ...]) -> Match | None:
    """The items whose forms (`name_forms`) fit ``written``, which is already spelled; None when none does.

    ``names`` pairs item ids with forms. Sure: the same words as exactly one item, or close to one and clearly closer than to the next.
    """
    if len(written) < 3:
        return None
    scored = [(max(_score(written, form) for form in forms), item_id) for item_id, forms in names if forms]
    scored = sorted((pair for pair in scored if pair[0] >= MAYBE), key=lambda pair: -pair[0])
    if not scored:
        return None
    best = scored[0][0]
    second = scored[1][0] if len(scored) > 1 else 0.0
    clear = SURE <= best < EXACT and best - second >= _CLEAR_LEAD and _holders(written, names) < 2
    sure = (best == EXACT and second < EXACT) or clear
    near = tuple(item_id for score, item_id in scored if score >= best - 15)
    return Match(near[:1] if sure else near[:_MOST], best, sure)
