"""Marks of State secrecy: texts of both kinds, as officers send them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.secret_marks import MARKS, secret_mark

MARKED = {
    "MẬT": """
        MẬT
        Mật
        mật
        [MẬT]
        *** MẬT ***
        M Ậ T
        M.Ậ.T
        M-Ậ-T
        m . ậ . t
        MẬT - HỎA TỐC
        HỎA TỐC - MẬT
        MẬT (hỏa tốc, hẹn giờ)
        Mật – Thượng khẩn
        MẬT. Bản số 03
        MAT - HOA TOC
        MẬT/KHẨN
        TÀI LIỆU MẬT
        Tài liệu mật
        VĂN BẢN MẬT
        CÔNG VĂN MẬT: số liệu biên giới
        Báo cáo mật - tình hình
        Gửi đồng chí TÀI LIỆU MẬT của tỉnh
        TAI LIEU MAT
        Độ mật: Mật
        Độ mật Mật
        độ mật mật
        Độ mật - MẬT
        Độ mật là mật
        Mức độ mật: [Mật]
        Dấu chỉ độ mật: MẬT
        Số 12/KH, độ mật: mật, ngày 05/3
        do mat: mat
        Kế hoạch (MẬT) của Ban Chỉ huy
        MẬT - Báo cáo tình hình
        MẬT: báo cáo tình hình
        Báo cáo tình hình – MẬT
    """,
    "TỐI MẬT": """
        TỐI MẬT
        Tối mật
        tối mật
        TỐI  MẬT.
        T Ố I M Ậ T
        T.Ố.I M.Ậ.T
        TOI MAT
        toi mat
        TỐI MẬT - HỎA TỐC
        Độ mật Tối mật
        độ mật: TỐI MẬT
        do mat: toi mat
        Mức độ mật tối mật
        Tài liệu tối mật
        [Tối mật] phương án
        Phương án (Tối mật) năm 2026
    """,
    "TUYỆT MẬT": """
        TUYỆT MẬT
        Tuyệt Mật
        tuyệt mật
        tuyet mat
        [TUYỆT MẬT]
        T U Y Ệ T M Ậ T
        Số 12, độ mật - tuyệt mật
        MẬT/TUYỆT MẬT
        TÀI LIỆU TUYỆT MẬT
    """,
}

ORDINARY = """
    mật ong
    MẬT ONG
    Mật ong bạc hà Hà Giang đạt OCOP 5 sao
    MẬT ONG BẠC HÀ
    mô hình nuôi ong lấy mật
    sản lượng mật 120 tấn
    đường mật
    Mặt trận Tổ quốc
    MẶT TRẬN
    mat tran
    MAT TRAN TO QUOC
    mat
    MAT
    mất
    mặt
    mất điện tối mất
    mật độ
    Mật độ: cao
    MẬT ĐỘ DÂN SỐ
    Độ mật: Mật độ dân số
    độ mật: không
    đo mật độ mật ong
    bảo mật
    BẢO MẬT
    bảo mật: tối mật thì không gửi
    bí mật
    bí mật nhà nước
    BÍ MẬT NHÀ NƯỚC
    Luật Bảo vệ bí mật nhà nước
    Hội nghị phổ biến Luật Bảo vệ bí mật nhà nước
    hội nghị bàn về tài liệu tối mật
    Hội nghị bàn về tài liệu tối mật
    không gửi tài liệu mật qua Zalo
    KHÔNG GỬI TÀI LIỆU MẬT QUA ZALO
    Nghiêm cấm gửi văn bản (MẬT) qua mạng
    tài liệu mật thì nộp ở đâu
    Tài liệu mật nộp thế nào?
    tài liệu mật?
    tai lieu mat roi
    tai lieu mat
    Độ mật gồm tuyệt mật, tối mật, mật
    Ba độ mật: tuyệt mật, tối mật, mật
    mật khẩu là gì
    đổi mật khẩu
    mật mã
    cơ mật
    mật thư
    mật vụ
    thân mật
    gặp mặt thân mật đầu xuân
    Tối mất điện nên nộp chậm
    toi mat dien thoai
    tôi mất sổ rồi
    Cong van mat so 12 chua thay
    ntm01 85
    xếp hạng nhóm I
    M Á T
    format
    thuật ngữ: mật, đường, sữa
    Hoàn thành 100% chỉ tiêu, mất 2 ngày
"""


def lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


@pytest.mark.parametrize(("degree", "text"), [(degree, text) for degree, block in MARKED.items() for text in lines(block)])
def test_a_marked_text_is_known(degree: str, text: str) -> None:
    assert secret_mark(text) == degree
    assert secret_mark(f"Kính gửi đồng chí\n{text}\nnội dung") == degree
    assert secret_mark(unicodedata.normalize("NFD", text)) == degree


@pytest.mark.parametrize("text", lines(ORDINARY))
def test_an_ordinary_text_is_passed(text: str) -> None:
    assert secret_mark(text) is None


@pytest.mark.parametrize("text", ["M\u200bẬ\u200dT", "\u202eMẬT\u202c", "M\u00adẬT", "ＭẬＴ", "MẬT\u2060", "Độ\u200b mật: T\ufeffối mật"])
def test_what_cannot_be_seen_hides_no_mark(text: str) -> None:
    assert secret_mark(text) is not None


def test_of_two_degrees_on_a_line_the_higher_counts() -> None:
    assert secret_mark("nội dung\r\nMẬT - TUYỆT MẬT") == "TUYỆT MẬT"


@pytest.mark.parametrize(
    ("name", "degree"),
    [
        ("CV_MẬT.docx", "MẬT"),
        ("cv_mật.docx", "MẬT"),
        ("M.Ậ.T.docx", "MẬT"),
        ("TOI MAT - ke hoach.pdf", "TỐI MẬT"),
        ("toi_mat.pdf", "TỐI MẬT"),
        ("ke hoach-tuyet-mat.docx", "TUYỆT MẬT"),
        ("[TUYỆT MẬT] x.pdf", "TUYỆT MẬT"),
        ("TUYET_MAT_2026.xlsx", "TUYỆT MẬT"),
        ("cv-12-MAT.pdf", "MẬT"),
        ("tai_lieu_mat.pdf", "MẬT"),
        ("tài liệu mật.docx", "MẬT"),
        ("MẬT.pdf", "MẬT"),
        ("Mật.pdf", "MẬT"),
        ("MẬT\u200b.pdf", "MẬT"),
        ("Tối mật - kế hoạch.pdf", "TỐI MẬT"),
        ("bảo mật.pdf", None),
        ("BẢO MẬT.pdf", None),
        ("BAO MAT.pdf", None),
        ("MẬT ONG.docx", None),
        ("mật ong bạc hà.jpg", None),
        ("MẬT ĐỘ DÂN SỐ.docx", None),
        ("MAT TRAN TO QUOC.docx", None),
        ("mat_tran.docx", None),
        ("GAP MAT DAU XUAN.pdf", None),
        ("Luật Bảo vệ bí mật nhà nước.pdf", None),
        ("mat.pdf", None),
        ("FORMAT.pdf", None),
        ("MẬTMÃ.pdf", None),
        ("baocao.pdf", None),
        ("", None),
    ],
)
def test_marks_in_a_file_name(name: str, degree: str | None) -> None:
    assert secret_mark(name, file_name=True) == degree


def test_a_word_in_capitals_within_a_sentence_is_no_mark_outside_a_file_name() -> None:
    assert secret_mark("CV_MẬT.docx") is None
    assert secret_mark("Công văn MẬT số 12") is None


@given(st.text(max_size=200))
def test_any_text_has_a_degree_or_none(text: str) -> None:
    assert secret_mark(text) in (*MARKS, None)
    assert secret_mark(text, file_name=True) in (*MARKS, None)
