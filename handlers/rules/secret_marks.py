"""Marks of State secrecy: MẬT, TỐI MẬT, TUYỆT MẬT where a mark stands.

Source: Luật Bảo vệ bí mật nhà nước 117/2025/QH15 (three degrees). The words are ordinary ones too (mật ong, Mặt trận, mật độ, bảo mật,
bí mật nhà nước), so they count only alone on a line, as the heading of a document, set apart in capitals, behind "Độ mật", or in the name
of a file. In doubt a text counts as marked: its sender is told and can write it differently; what was stored cannot be taken back.

A text is cut into words once, so the cost grows with its length alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from handlers.rules.text import fold_unkept as fold
from handlers.rules.text import visible

MARKS = ("TUYỆT MẬT", "TỐI MẬT", "MẬT")
"""The highest degree first."""

_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"\s+|[_-]")
"""What lies between two words that belong together, in a text or in the name of a file."""
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_URGENT = _set("hoa toc khan thuong hen gio ban so quyen")
"""What stands beside a mark on its line: HỎA TỐC, THƯỢNG KHẨN, HẸN GIỜ, Bản số."""

_PAPERS = frozenset(
    ("tai lieu", "van ban", "cong van", "bao cao", "ho so", "ke hoach", "phuong an", "to trinh", "dien", "du thao", "chi thi", "bien ban")
)
_LAW = _set("khong cam luat neu khi quy nghi thong huong bao pho tap gom theo the nao dau gi duoc chua")
"""Words of a sentence about secrets rather than of a secret ("không gửi …", "Luật Bảo vệ …", "… nộp ở đâu")."""

_ORDINARY_AFTER = _set("độ ong khẩu mã thiết mía thư vụ danh hoa báo đàm ngữ đường ngọt lệnh")
_ORDINARY_BEFORE = _set("bảo bí cơ thân đường nước rỉ chim viên sữa túi trữ trăng ong")
_ASCII_AFTER = _ORDINARY_AFTER | _set("do khau ma thiet mia thu bang tran hang dat nuoc tien san bao chat ve ngung trai phai troi dien")
_ASCII_BEFORE = _ORDINARY_BEFORE | _set(
    "bao bi co than nuoc ri gap hop vang ra diem tien be truoc thay dau chan khuon cac mot hai ba khong da bi lam"
)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as written, and what stands between it and its neighbours."""

    text: str
    before: str
    after: str

    @property
    def folded(self) -> str:
        return fold(self.text)

    @property
    def capitals(self) -> bool:
        return self.text.isupper()

    @property
    def ascii(self) -> bool:
        return self.text.isascii()

    @property
    def is_mat(self) -> bool:
        """Mật, or what may be it without diacritics (also mất, mặt, mắt); not "mặt" itself."""
        return self.text.lower() in ("mật", "mat")

    @property
    def raises(self) -> str:
        """The degree that "mật" has behind this word, "" where it changes nothing."""
        lower = self.text.lower()
        return "TỐI MẬT" if lower in ("tối", "toi") else "TUYỆT MẬT" if lower in ("tuyệt", "tuyet") else ""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a degree is written: the words ``[start, end)``."""

    degree: str
    start: int
    end: int


def secret_mark(text: str, *, file_name: bool = False) -> str | None:
    """The degree of secrecy that ``text`` is marked with (of the first line that has one, the highest there), or None.

    With ``file_name`` a mark is a word of the name: "CV_MẬT.docx", "toi mat - ke hoach.pdf", "tài liệu mật.docx".
    """
    text = unicodedata.normalize("NFC", visible(text))
    if "mat" not in re.sub(r"[\W_]+", "", fold(text)):
        return None
    if file_name:
        return _highest(_in_name(_words(_EXTENSION.sub("", text.strip()))))
    return next((degree for line in text.splitlines() if (degree := _highest(_in_line(line))) is not None), None)


def _highest(found: Sequence[str]) -> str | None:
    return next((degree for degree in MARKS if degree in found), None)


def _words(line: str) -> list[_Word]:
    """The words of a line. Letters set apart ("M Ậ T", "T.Ố.I M.Ậ.T") are written together first."""
    found = [each.span() for each in _WORD.finditer(line)]
    groups: list[tuple[str, int, int]] = []
    spread: list[tuple[int, int]] = []
    for start, end in [*found, (len(line), len(line))]:
        if end - start == 1 and line[start].isalpha():
            spread.append((start, end))
            continue
        if len(spread) >= 3:
            groups += _together(line, spread)
        else:
            groups += [(line[a:b], a, b) for a, b in spread]
        spread = []
        if end > start:
            groups.append((line[start:end], start, end))
    edges = [0, *(edge for _, start, end in groups for edge in (start, end)), len(line)]
    gaps = [line[edges[2 * index] : edges[2 * index + 1]] for index in range(len(groups) + 1)]
    return [_Word(text, gaps[index], gaps[index + 1]) for index, (text, _, _) in enumerate(groups)]


def _together(line: str, letters: Sequence[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """Single letters as the words they spell; "tối mật" and "tuyệt mật" as two."""
    spelt = "".join(line[start:end] for start, end in letters)
    start, end = letters[0][0], letters[-1][1]
    for raised in ("tối", "tuyệt"):
        if spelt.lower() == raised + "mật":
            middle = letters[len(raised)][0]
            return [(spelt[: len(raised)], start, middle), (spelt[len(raised) :], middle, end)]
    return [(spelt, start, end)]


def _marks(words: Sequence[_Word]) -> list[_Mark]:
    """Each place where a degree could be meant; whether it is one, its surroundings tell."""
    found = []
    for index, word in enumerate(words):
        if word.is_mat:
            raised = words[index - 1].raises if index else ""
            found.append(_Mark(raised or "MẬT", index - bool(raised), index + 1))
    return found


def _is_ordinary(words: Sequence[_Word], mark: _Mark) -> bool:
    """Whether the neighbours make it an ordinary word: mật ong, bảo mật, and without diacritics mặt trận, gặp mặt, mất điện."""
    plain = all(word.ascii for word in words[mark.start : mark.end])
    after = words[mark.end].text.lower() if mark.end < len(words) and _JOINED.fullmatch(words[mark.end].before) else ""
    before = words[mark.start - 1].text.lower() if mark.start and _JOINED.fullmatch(words[mark.start].before) else ""
    return after in (_ASCII_AFTER if plain else _ORDINARY_AFTER) or before in (_ASCII_BEFORE if plain else _ORDINARY_BEFORE)


def _in_line(line: str) -> list[str]:
    words = _words(line)
    marks = [mark for mark in _marks(words) if not _is_ordinary(words, mark)]
    if not marks:
        return []
    if len({mark.degree for mark in marks}) == len(MARKS) and not _alone(words, marks):
        return []   # the three degrees one after another: somebody explains them
    if _alone(words, marks) or _labelled(words, marks):
        return [mark.degree for mark in marks]
    if "?" in line or _about_the_law(words, marks):
        return []
    return [mark.degree for mark in marks if _set_apart(words, mark) or _heads_a_paper(words, mark)]


def _about_the_law(words: Sequence[_Word], marks: Sequence[_Mark]) -> bool:
    inside = {index for mark in marks for index in range(mark.start, mark.end)}
    others = [word.folded for index, word in enumerate(words) if index not in inside]
    phrases = {f"{first} {second}" for first, second in pairwise(others)}
    return any(word in _LAW for word in others if word != "bao") or "bao ve" in phrases or "thong tu" in phrases


def _alone(words: Sequence[_Word], marks: Sequence[_Mark]) -> bool:
    """Nothing but marks on the line, and what goes with one (urgency, the number of the copy). "MAT" alone may also mean something else."""
    inside = {index for mark in marks for index in range(mark.start, mark.end)}
    others = [word for index, word in enumerate(words) if index not in inside]
    if any(word.folded not in _URGENT and not word.text.isdigit() for word in others):
        return False
    sure = any(mark.degree != "MẬT" or not words[mark.end - 1].ascii for mark in marks)
    return sure or any(word.folded in _URGENT for word in others)


def _labelled(words: Sequence[_Word], marks: Sequence[_Mark]) -> bool:
    """"Độ mật: Mật", "mức độ mật tối mật", "dấu chỉ độ mật là MẬT"; not "mật độ", "đo mật độ"."""
    for mark in marks:
        label = mark.start - 1
        if label >= 0 and words[label].folded in ("la", "ghi"):
            label -= 1
        if label < 1 or not words[label].is_mat or words[label - 1].text.lower() not in ("độ", "do", "mức", "muc"):
            continue
        written = words[label].text.isascii() and words[mark.end - 1].ascii
        if not written or mark.degree != "MẬT" or re.search(r"[:=–-]", words[label].after):
            return True
    return False


def _set_apart(words: Sequence[_Word], mark: _Mark) -> bool:
    """In capitals and in brackets, or in capitals with a dash, a bar or a colon between it and the rest of the line."""
    first, last = words[mark.start], words[mark.end - 1]
    title = mark.degree != "MẬT" and first.text.istitle()
    if last.ascii or not (last.capitals or title):
        return False
    if first.before.rstrip().endswith(("(", "[", "{", "«", "<")) and last.after.lstrip().startswith((")", "]", "}", "»", ">")):
        return True
    if not last.capitals:
        return False
    begins = mark.start == 0 and re.match(r"\s*[-–—|/:]", last.after) is not None
    ends = mark.end == len(words) and re.search(r"(\s[-–—]|[|/])\s*\W*$", first.before) is not None
    return begins or ends


def _heads_a_paper(words: Sequence[_Word], mark: _Mark) -> bool:
    """TÀI LIỆU MẬT, Công văn tối mật: such a heading alone, before a colon or dash, or in capitals amid a line."""
    for length in (1, 2):
        start = mark.start - length
        if start < 0 or " ".join(word.folded for word in words[start : mark.start]) not in _PAPERS:
            continue
        plain = all(word.ascii for word in words[mark.start : mark.end])
        capitals = all(word.capitals for word in words[start : mark.end])
        if plain and not capitals:
            return False    # "tai lieu mat": it may have been lost
        ends = mark.end == len(words) or re.match(r"\s*[:–—|\-(]", words[mark.end - 1].after) is not None
        return (start == 0 and ends) or (capitals and not all(word.capitals for word in words))
    return False


def _in_name(words: Sequence[_Word]) -> list[str]:
    found = []
    for mark in _marks(words):
        if _is_ordinary(words, mark):
            continue
        last = words[mark.end - 1]
        before = " ".join(word.folded for word in words[max(0, mark.start - 2) : mark.start])
        if last.capitals or not last.ascii or mark.degree != "MẬT" or before in _PAPERS or before.endswith(("do mat", "muc mat")):
            found.append(mark.degree)
    return found
