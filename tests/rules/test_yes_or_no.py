"""A yes or a no as officers type it, with courtesy around; and what only looks like one."""

from __future__ import annotations

import unicodedata

import pytest

from handlers.rules.yes_no import read_yes_or_no

READ = {
    "yes": """
        có | đúng | vâng | ok | phải | dạ | ừ | chuẩn | dạ có | vâng ạ | dạ vâng | đúng rồi ạ | dạ đúng rồi đồng chí ạ | ok em | uh | ừm
        có chứ | không nhầm | không sai | ko sai đâu | không bị nhầm | không phải nhầm | không có sai | chính xác | chuẩn rồi | co
        đồng ý | nhất trí | oke | OK. | Đúng! | 👍 | 👍🏻 | 👍👍 | y | yes | phải rồi | đúng, không nhầm | ddungs | vaang | được rồi | ô kê
        vang a | that is right | dung roi
    """,
    "no": """
        không | ko | k | kg | hok | chưa | dạ không | không ạ | ko ạ | không đâu ạ | thôi | thôi ạ | không phải | ko phải | không được
        không đồng ý | khoong | no | dạ chưa | không nhé | 👎 | chưa ạ | chua | khong | không có | chưa được
    """,
    "wrong": """
        sai | nhầm | sai rồi | nhầm rồi ạ | chưa đúng | không đúng | ko dung | chưa đúng đâu ạ | không chính xác | có sai | có nhầm
        em nhầm | dạ sai | vâng, sai rồi | không, sai rồi | em gõ nhầm | chua dung | k đúng | chưa chuẩn | wrong | not correct | bị nhầm
    """,
    "unclear": """
        đúng không | có không | có đúng không | đúng không ạ | không, đúng rồi | có? | đúng chưa | sai không | ok? | có, sai rồi
    """,
    None: """
        không phát sinh | chưa có số liệu | chưa có gì | không có gì | 85 | có 3 xã | không 12 | như kỳ trước | cô | cố | giữ | nhập lại
        không tham gia | ạ | rồi | em | số liệu | đứng | dừng | dùng | lớn | nhằm | khi nào | là sao | 1 | đồng bào | chưa tổng hợp
        chưa nộp
    """,
}  # fmt: skip
CASES = [(text.strip(), said) for said, block in READ.items() for text in block.replace("\n", "|").split("|") if text.strip()]


@pytest.mark.parametrize(("text", "said"), CASES)
def test_what_is_said(text: str, said: str | None) -> None:
    assert read_yes_or_no(text) == said
    assert read_yes_or_no(unicodedata.normalize("NFD", text.upper())) == said


def test_a_long_text_says_more_than_yes() -> None:
    assert read_yes_or_no("đúng rồi " * 8) is None
