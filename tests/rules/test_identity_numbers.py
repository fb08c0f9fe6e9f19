"""Numbers of identity papers: found in any grouping; figures, dates and telephone numbers are left alone."""

from __future__ import annotations

import pytest

from handlers.rules.identity_numbers import personal_number


@pytest.mark.parametrize(
    "text",
    [
        "CCCD 001234567890",
        "căn cước: 001 234 567 890",
        "so cmnd 123456789 cap 2015",
        "123456789 (chứng minh nhân dân)",
        "001234567890",
        "０01234567890",
        "Số định danh cá nhân 001.234.567.890",
        "đồng chí Hoàng Thị Mai, 004085012345, Cao Bằng",
        "004 085 012345",
        "0040 8501 2345",
        "004-085-012-345",
        "004085 012345",
        "004.085.012345",
        "004_085_012_345",
        "mã 004085012345 năm sinh 1985",
        "004085012345 1985",
        "cccd 0 0 4 0 8 5 0 1 2 3 4 5",
        "00408\u200b5012345",
        "hộ chiếu B1234567",
        "cmnd: 123 456 789",
        "thẻ căn cước 004085012345.",
    ],
)
def test_personal_numbers(text: str) -> None:
    assert personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "123456789",
        "123456789012",
        "cấp CCCD cho 1234 người",
        "ntm06 584210",
        "kinh phí 350.000.000.000 đồng",
        "cccd",
        "0123456789",
        "0912345678",
        "0912 345 678 12",
        "0912345678 0987654321",
        "điện thoại 0362.345.678, 0987.654.321",
        "căn cứ kế hoạch số 123456789",
        "1234567890123 cccd",
        "cccd" + " x" * 60 + " 123456789",
        "0 0 1 5 3 2 1 2 0 0 1 4",
        "ntm01 85, ntm02 12, ht01 012",
        "I.1 4750 I.2 3200 I.3 1200",
        "QĐ 015/2024/12345",
        "05/03/2024 14:30",
        "B1234567",
        "12.650.000.000.000",
        "",
    ],
)
def test_ordinary_numbers(text: str) -> None:
    assert not personal_number(text)
