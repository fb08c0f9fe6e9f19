"""What must not enter the chat: secret marks, personal numbers; and joining codes, which are looked at before the inbox stores a text.

Source: Luật Bảo vệ bí mật nhà nước 117/2025/QH15 (three degrees: Tuyệt mật, Tối mật, Mật); Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15.
The words are common ones too (mật ong, Mặt trận, mật độ, bảo mật), so a mark counts only where marks stand.
"""

from __future__ import annotations

import re
import unicodedata

from handlers.rules.text import fold

_DEGREES = {"tuyet mat": "TUYỆT MẬT", "toi mat": "TỐI MẬT", "mat": "MẬT"}
_BY_WEIGHT = tuple(_DEGREES.values())
_LABEL = re.compile(r"(?:\bdo|\bmuc(?: do)?)(?: bao)? mat\s*[:=\-–]+\W*(tuyet mat|toi mat|mat)\b(?! do\b| ong\b| tran\b)")
_EXACT_LINES = frozenset(("MẬT", "TỐI MẬT", "TUYỆT MẬT", "Mật", "Tối mật", "Tối Mật", "Tuyệt mật", "Tuyệt Mật"))
_ASCII_LINES = frozenset(("TOI MAT", "TUYET MAT"))
_AFTER_MAT = frozenset(("ONG", "ĐỘ", "DO", "MÃ", "MA", "KHẨU", "KHAU", "TRẬN", "TRAN", "THIẾT", "HOA", "BẰNG", "BANG", "HÀNG", "HANG"))
_BEFORE_MAT = frozenset(("BẢO", "BAO", "BÍ", "BI", "CƠ", "CO", "RỈ", "MẬT", "THÂN", "CHÂN", "RA", "CÓ", "BỀ", "BE", "LÀM"))

_ID_WORD = re.compile(
    r"\b(?:cccd|cmnd|cmt|can cuoc|chung minh|dinh danh ca nhan|so dinh danh|ho chieu)\b"
)
_ID_NUMBER = re.compile(r"(?<![\d.,])(?:\d{12}|\d{9}|\d{3}[ .-]\d{3}[ .-]\d{3}(?:[ .-]\d{3})?)(?![\d]|[.,]\d)")
_BARE_ID = re.compile(r"0\d{11}|0\d{2} \d{3} \d{3} \d{3}")
_REACH = 60

_SYMBOL = "[A-HJ-NP-Za-hj-np-z2-9]"
_CODE = re.compile(rf"(?<![\w-])({_SYMBOL}{{4}})[- ]?({_SYMBOL}{{4}})(?![\w-])")
_CODE_WORD = re.compile(r"(?:/start(?:@\w+)?|\bma(?: (?:tham gia|moi|vao cum|kich hoat|gia nhap|so))?(?: (?:la|cua toi(?: la)?))?|\bcode|\bjoin)[\s:=]*$")


def secret_mark(text: str, *, file_name: bool = False) -> str | None:
    """The degree of secrecy that ``text`` is marked with (``MẬT``, ``TỐI MẬT``, ``TUYỆT MẬT``; the highest found), or None.

    In a text a mark stands alone on its line (in capitals or as a title, punctuation around it allowed) or after "Độ mật:". With
    ``file_name`` it is a token of the name in capitals, also without diacritics: "CV_MẬT.docx", "TOI MAT - ke hoach.pdf".
    """
    text = unicodedata.normalize("NFKC", text)
    found = set(_marks_of_name(text)) if file_name else set()
    for line in text.splitlines():
        bare = re.sub(r"^[\W_]+|[\W_]+$", "", line)
        spaced = re.sub(r"\s+", " ", bare)
        if re.fullmatch(r"(?:\w )+\w", spaced):
            spaced = _spread(spaced)
        if spaced in _EXACT_LINES or spaced in _ASCII_LINES:
            found.add(_DEGREES[fold(spaced)])
        found.update(_DEGREES[label] for label in _LABEL.findall(fold(line)))
    return next((degree for degree in _BY_WEIGHT if degree in found), None)


def _spread(line: str) -> str:
    """A mark whose letters are set apart, "M Ậ T", written together."""
    joined = line.replace(" ", "")
    return next((degree for degree in _BY_WEIGHT if degree.replace(" ", "") == joined), line)


def _marks_of_name(name: str) -> list[str]:
    words = re.findall(r"[^\W_]+", re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name))
    found: list[str] = []
    for place, word in enumerate(words):
        if word not in ("MẬT", "MAT"):
            continue
        before = words[place - 1] if place else ""
        after = words[place + 1] if place + 1 < len(words) else ""
        if before in ("TỐI", "TOI"):
            found.append("TỐI MẬT")
        elif before in ("TUYỆT", "TUYET"):
            found.append("TUYỆT MẬT")
        elif before not in _BEFORE_MAT and after not in _AFTER_MAT:
            found.append("MẬT")
    return found


def personal_number(text: str) -> bool:
    """Whether ``text`` holds the number of an identity paper: 12 or 9 digits near a word for one (CCCD, căn cước, CMND, …), or 12
    digits that begin with 0 as the whole message."""
    folded = fold(text)
    if _BARE_ID.fullmatch(folded):
        return True
    numbers = [found.span() for found in _ID_NUMBER.finditer(folded)]
    words = [found.span() for found in _ID_WORD.finditer(folded)]
    return any(start - word_end <= _REACH and word_start - end <= _REACH for start, end in numbers for word_start, word_end in words)


def find_code(text: str) -> str | None:
    """The joining code in ``text`` as eight capital characters, or None.

    Codes use letters and digits without I, O, 0, 1, any case, with a hyphen or space in the middle allowed. So that ordinary words
    are not taken for codes, one counts when it follows ``/start``, "mã" or "mã tham gia", or is the whole message in capitals, or
    holds a digit beside letters.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    whole = _CODE.fullmatch(text)
    if whole is not None and text.upper() == text and _mixed(whole[0], capitals=True):
        return _joined(whole)
    for found in _CODE.finditer(text):
        written = found[0]
        before = fold(text[: found.start()] + "|").removesuffix("|")
        lead = _CODE_WORD.search(before)
        one_word = " " not in written
        if lead is not None and (one_word or _mixed(written)):
            return _joined(found)
        if _mixed(written) and (one_word or found.span() == (0, len(text))):
            return _joined(found)
    return None


def _mixed(written: str, *, capitals: bool = False) -> bool:
    """Whether letters and digits are mixed as in a code; with ``capitals`` letters alone will do. Digits alone are a figure."""
    letters = any(char.isalpha() for char in written)
    return letters and (capitals or any(char.isdigit() for char in written))


def _joined(found: re.Match[str]) -> str:
    return (found[1] + found[2]).upper()
