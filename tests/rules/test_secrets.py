"""Secret marks, personal numbers, joining codes: what is caught, and what ordinary words pass."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.secrets import find_code, personal_number, secret_mark, unremarkable

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("MẬT", "MẬT"),
        ("Mật", "MẬT"),
        ("TỐI MẬT", "TỐI MẬT"),
        ("Tối mật", "TỐI MẬT"),
        ("[TUYỆT MẬT]", "TUYỆT MẬT"),
        ("  * TỐI  MẬT. *", "TỐI MẬT"),
        ("M Ậ T", "MẬT"),
        ("TOI MAT", "TỐI MẬT"),
        ("BÁO CÁO\nMẬT\nnội dung", "MẬT"),
        ("MẬT\r\nTUYỆT MẬT", "TUYỆT MẬT"),
        ("Độ mật: Mật", "MẬT"),
        ("độ mật: TỐI MẬT", "TỐI MẬT"),
        ("do mat: toi mat", "TỐI MẬT"),
        ("Số 12, độ mật - tuyệt mật", "TUYỆT MẬT"),
        ("Mức độ mật: [Mật]", "MẬT"),
        (unicodedata.normalize("NFD", "TUYỆT MẬT"), "TUYỆT MẬT"),
        ("mật", None),
        ("mật ong", None),
        ("MẬT ONG", None),
        ("Mặt trận Tổ quốc", None),
        ("MẶT TRẬN", None),
        ("mật độ", None),
        ("Mật độ: cao", None),
        ("bảo mật: tối mật thì không gửi", None),
        ("bí mật", None),
        ("mat tran", None),
        ("MAT", None),
        ("Độ mật: không", None),
        ("Độ mật: Mật độ dân số", None),
        ("Hội nghị bàn về tài liệu tối mật", None),
        ("ntm01 85", None),
        ("", None),
    ],
)
def test_marks_in_a_text(text: str, degree: str | None) -> None:
    assert secret_mark(text) == degree


@pytest.mark.parametrize(
    ("name", "degree"),
    [
        ("CV_MẬT.docx", "MẬT"),
        ("TOI MAT - ke hoach.pdf", "TỐI MẬT"),
        ("[TUYỆT MẬT] x.pdf", "TUYỆT MẬT"),
        ("TUYET_MAT_2026.xlsx", "TUYỆT MẬT"),
        ("cv-12-MAT.pdf", "MẬT"),
        ("MẬT.pdf", "MẬT"),
        ("Mật.pdf", "MẬT"),
        ("Tối mật - kế hoạch.pdf", "TỐI MẬT"),
        ("bảo mật.pdf", None),
        ("BẢO MẬT.pdf", None),
        ("BAO MAT.pdf", None),
        ("MẬT ONG.docx", None),
        ("MẬT ĐỘ DÂN SỐ.docx", None),
        ("MAT TRAN TO QUOC.docx", None),
        ("GAP MAT DAU XUAN.pdf", None),
        ("mat.pdf", None),
        ("FORMAT.pdf", None),
        ("MẬTMÃ.pdf", None),
        ("baocao.pdf", None),
    ],
)
def test_marks_in_a_file_name(name: str, degree: str | None) -> None:
    assert secret_mark(name, file_name=True) == degree


def test_capitals_within_a_sentence_are_no_mark_outside_a_file_name() -> None:
    assert secret_mark("CV_MẬT.docx") is None
    assert secret_mark("Công văn MẬT số 12") is None


@pytest.mark.parametrize(
    "text",
    ["CCCD 001234567890", "căn cước: 001 234 567 890", "so cmnd 123456789 cap 2015", "123456789 (chứng minh nhân dân)", "001234567890",
     "０01234567890", "Số định danh cá nhân 001.234.567.890"],
)
def test_personal_numbers(text: str) -> None:
    assert personal_number(text)


@pytest.mark.parametrize(
    "text",
    ["123456789", "123456789012", "cấp CCCD cho 1234 người", "ntm06 584210", "kinh phí 350.000.000.000 đồng", "cccd", "0123456789",
     "căn cứ kế hoạch số 123456789", "1234567890123 cccd", "cccd" + " x" * 60 + " 123456789"],
)
def test_ordinary_numbers(text: str) -> None:
    assert not personal_number(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ABCD2345", "ABCD2345"),
        ("abcd2345", "ABCD2345"),
        ("ABCD-2345", "ABCD2345"),
        ("abcd 2345", "ABCD2345"),
        ("ABCDEFGH", "ABCDEFGH"),
        ("ABCD-EFGH", "ABCDEFGH"),
        ("/start abcdefgh", "ABCDEFGH"),
        ("/start@thidua_bot ABCDEFGH", "ABCDEFGH"),
        ("mã abcdefgh", "ABCDEFGH"),
        ("ma tham gia: abcd-efgh", "ABCDEFGH"),
        ("Mã tham gia của tôi là abcdefgh", "ABCDEFGH"),
        ("mã 23456789", "23456789"),
        ("Đồng chí vào bằng ABCD2345 nhé", "ABCD2345"),
        ("ＡＢＣＤ２３４５", "ABCD2345"),
        ("abcdefgh", None),
        ("Nguyenva", None),
        ("23456789", None),
        ("2345 6789", None),
        ("ntm2 4755", None),
        ("NTM2 4755", None),
        ("CHUA NHAP", None),
        ("xep hang", None),
        ("ABCD0345", None),
        ("ABCI2345", None),
        ("ABCDE2345", None),
        ("ABCD234", None),
        ("", None),
    ],
)
def test_codes(text: str, code: str | None) -> None:
    assert find_code(text) == code


@given(st.text(ALPHABET, min_size=8, max_size=8))
def test_every_code_is_found_behind_start_however_it_is_typed(code: str) -> None:
    for written in (code, code.lower(), f"{code[:4]}-{code[4:]}"):
        assert find_code(f"/start {written}") == code
        assert find_code(f"Mã tham gia: {written}.") == code


PIECES = st.sampled_from(
    [
        "MẬT", "Mật", "TỐI MẬT", "M Ậ T", "TOI MAT", "độ mật: ", "mat", "CCCD ", "001085012345", "001 085 012 345", "½", "⑫", "０１２",
        "\u200b", "\u0323", "\n",
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join))
def test_a_text_that_one_look_passes_holds_nothing(text: str) -> None:
    if unremarkable(text):
        assert secret_mark(text) is None
        assert not personal_number(text)


@pytest.mark.parametrize("text", ["/xephang", "xếp hạng cao nhất", "ntm01 85, ntm02 12", "Xác nhận", "quý 3 năm 2026", ""])
def test_what_officers_mostly_write_is_passed_by_one_look(text: str) -> None:
    assert unremarkable(text)
