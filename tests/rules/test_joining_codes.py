"""Joining codes: what is found, and what ordinary words pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.joining_codes import find_code

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


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
        ("AB\u200bCD2345", "ABCD2345"),
        ("mã   tham gia  :   abcdefgh", "ABCDEFGH"),
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
