"""What must not enter the chat: secret marks, personal numbers; and joining codes, which are looked at before the inbox stores a text.

Source: Luật Bảo vệ bí mật nhà nước 117/2025/QH15 (three degrees: Tuyệt mật, Tối mật, Mật); Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15.
The words are common ones too (mật ong, Mặt trận, mật độ, bảo mật), so a mark counts only where marks stand.
"""

from __future__ import annotations

import re
import unicodedata

from handlers.rules.text import fold_unkept as fold

_DEGREES = {"tuyet mat": "TUYỆT MẬT", "toi mat": "TỐI MẬT", "mat": "MẬT"}
_BY_WEIGHT = tuple(_DEGREES.values())
_LABEL = re.compile(r"(?:\bdo|\bmuc(?: do)?)(?: bao)? mat\s*[:=\-–]+\W*(tuyet mat|toi mat|mat)\b(?! do\b| ong\b| tran\b)")
_EXACT_LINES = frozenset(("MẬT", "TỐI MẬT", "TUYỆT MẬT", "Mật", "Tối mật", "Tối Mật", "Tuyệt mật", "Tuyệt Mật"))
_ASCII_LINES = frozenset(("TOI MAT", "TUYET MAT"))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words beside "mật" (and beside "mặt", "mắt", "mất" written without diacritics) that make it an ordinary word.
_AFTER_MAT = _set(
    "ĐỘ DO ONG MÃ MA KHẨU KHAU THIẾT THIET MÍA THƯ VỤ DANH HOA BANG TRAN HANG DAT NUOC TIEN SAN BAO CHAT VE NGUNG TRAI PHAI"
)
_BEFORE_MAT = _set(
    "BẢO BAO BÍ BI CƠ CO THÂN THAN ĐƯỜNG NƯỚC NUOC RỈ GAP HOP VANG RA DIEM TIEN BE TRUOC THAY DAU CHAN KHUON CAC MOT HAI BA"
)

_ID_WORD = re.compile(r"\b(?:cccd|cmnd|cmt|can cuoc|chung minh|dinh danh ca nhan|so dinh danh)\b")
_ID_NUMBER = re.compile(r"(?<![\d.,])(?:\d{12}|\d{9}|\d{3}[ .-]\d{3}[ .-]\d{3}(?:[ .-]\d{3})?)(?![\d]|[.,]\d)")
_BARE_ID = re.compile(r"0\d{11}|0\d{2} \d{3} \d{3} \d{3}")
_REACH = 40
"""How many characters may lie between the word and the number."""

_SYMBOL = "[A-HJ-NP-Za-hj-np-z2-9]"
_CODE = re.compile(rf"(?<![\w-])({_SYMBOL}{{4}})[- ]?({_SYMBOL}{{4}})(?![\w-])")
_FIGURE = re.compile(r"[A-Za-z]+[2-9]+ [2-9]+")
_CODE_WORD = re.compile(
    r"(?:\bstart(?:@\w+)?|\bma(?: (?:tham gia|moi|vao cum|kich hoat|gia nhap|so))?(?: (?:cua (?:toi|em)))?(?: la)?|\bcode|\bjoin)[\s:=]*$"
)


def unremarkable(text: str) -> bool:
    """Whether one look tells that the text holds neither a mark nor a personal number: nearly every message. False leaves it open.

    However its letters are set, a mark folds to "mat".
    """
    folded = fold(unicodedata.normalize("NFKC", text))
    return "mat" not in folded.replace(" ", "") and _ID_NUMBER.search(folded) is None


def secret_mark(text: str, *, file_name: bool = False) -> str | None:
    """The degree of secrecy that ``text`` is marked with (``MẬT``, ``TỐI MẬT``, ``TUYỆT MẬT``; the highest found), or None.

    In a text a mark stands alone on its line (in capitals or as a title, punctuation around it allowed) or after "Độ mật:". With
    ``file_name`` it is a token of the name in capitals, also without diacritics: "CV_MẬT.docx", "TOI MAT - ke hoach.pdf".
    """
    text = unicodedata.normalize("NFKC", text)
    found: set[str] = set()
    if file_name:
        text = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", text.strip())
        found.update(_marks_of_name(text))
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
    words = re.findall(r"[^\W_]+", name)
    found = [_DEGREES[fold(" ".join(words[:2]))]] if " ".join(words[:2]) in _EXACT_LINES - {"Mật", "MẬT"} else []
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
    are not taken for codes, one counts when it follows ``/start``, "mã" or "mã tham gia", or is the whole message in capitals without
    a space, or mixes letters and digits (with a space in the middle only as the whole message). "ntm2 4755" is a figure, no code.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    for found in _CODE.finditer(text):
        written = found[0]
        letters, digits = any(char.isalpha() for char in written), any(char.isdigit() for char in written)
        whole, spaced = written == text, " " in written
        before = fold(text[: found.start()] + "|").removesuffix("|")  # the bar keeps the space at the end
        if _CODE_WORD.search(before):
            likely = not spaced or digits
        elif letters and digits:
            likely = not spaced or (whole and not _FIGURE.fullmatch(written))
        else:
            likely = letters and whole and not spaced and text.isupper()
        if likely:
            return (found[1] + found[2]).upper()
    return None

