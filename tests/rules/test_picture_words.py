"""What asks for a picture, and what only looks like it once the diacritics are gone."""

from __future__ import annotations

import pytest

from handlers.rules.picture_words import take_picture
from handlers.rules.text import fold


@pytest.mark.parametrize(
    ("said", "beside", "left"),
    [
        ("/xephang hình", "hình", ""),
        ("xep hang bang hinh", "bang hinh", ""),
        ("bieu do xep hang", "bieu do", ""),
        ("biểu đồ", "", ""),                                       # the phrase itself
        ("biểu đồ nhóm I", "nhóm I", "nhom i"),
        ("anh xep hang", "anh", ""),
        ("cho xem anh xep hang ntm01", "cho xem anh ntm01", "cho ntm01"),
        ("anh xep hang ntm01", "anh ntm01", "ntm01"),
        ("hình xếp hạng 2025", "hình", ""),
        ("xếp hạng lào cai, gửi ảnh", "lào cai, gửi ảnh", "lao cai,"),
        ("xếp hạng lào cai kèm ảnh nhé", "lào cai kèm ảnh nhé", "lao cai, nhe"),
        ("đồ thị xếp hạng", "đồ thị", ""),
        ("ranking chart", "chart", ""),
        ("", "#criterion:I.2 bang hinh", fold("#criterion:I.2")),     # a choice
    ],
)
def test_it_is_asked_for(said: str, beside: str, left: str) -> None:
    rest, asked = take_picture(fold(beside), said or beside)
    assert asked
    assert " ".join(rest.split()).replace(",", "") == left.replace(",", "")


@pytest.mark.parametrize(
    ("said", "beside"),
    [
        ("xếp hạng", ""),
        ("anh ơi xếp hạng", "anh ơi"),
        ("anh oi xep hang lao cai", "anh oi lao cai"),
        ("tình hình xếp hạng", "tình hình"),
        ("tinh hinh xep hang", "tinh hinh"),
        ("xep hang tieu chi dien hinh tien tien", "tieu chi dien hinh tien tien"),
        ("xếp hạng mô hình nhân rộng", "mô hình nhân rộng"),
        ("xếp hạng số xã đạt chuẩn đô thị", "số xã đạt chuẩn đô thị"),
        ("xep hang do thi", "do thi"),
        ("hinh thuc khen thuong", "hinh thuc khen thuong"),
        ("xếp hạng ảnh hưởng", "ảnh hưởng"),
        ("xếp hạng sông hinh", "sông hinh"),
    ],
)
def test_it_is_not_asked_for(said: str, beside: str) -> None:
    assert take_picture(fold(beside), said) == (fold(beside), False)
