"""Numbers, dates and ids as they stand in cells."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plan import values
from bot.plan.values import BadValue


@pytest.mark.parametrize(
    ("text", "number"),
    [("85", "85"), ("885.5", "885.5"), ("885,5", "885.5"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("1.234.567", "1234567"),
     ("1 234,5", "1234.5"), ("-0,25", "-0.25"), ("007", "7"), ("0,125", "0.125"), ("12.345", "12.345"), ("1234,567", "1234.567")],
)  # fmt: skip
def test_numbers_with_point_or_comma(text: str, number: str) -> None:
    assert values.number(text) == number


@pytest.mark.parametrize("text", ["", "abc", "1,2,3", "1.2.3", "1,,2", "7,600", "١٢", "1e5", "nan", "--1", "9" * 30, "1.234.5", "1.234,5,"])
def test_what_is_no_number_or_two_numbers_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        values.number(text)


def test_beside_decimal_commas_a_point_before_three_digits_is_doubtful() -> None:
    assert values.number("7,600", semicolons=True) == "7.600"
    with pytest.raises(BadValue):
        values.number("7.600", semicolons=True)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_every_decimal_reads_back_in_both_spellings(value: Decimal) -> None:
    text = f"{value:f}"
    assert Decimal(values.number(text)) == value
    assert Decimal(values.number(text.replace(".", ","))) == value


@pytest.mark.parametrize(("text", "day"), [("2026-11-30", "2026-11-30"), ("30/11/2026", "2026-11-30"), ("5.3.2024", "2024-03-05")])
def test_dates(text: str, day: str) -> None:
    assert values.day(text) == day


@pytest.mark.parametrize("text", ["2026-02-31", "31/02/2026", "2025-02-29", "2026-13-01", "11/2026", "mai", ""])
def test_impossible_dates(text: str) -> None:
    with pytest.raises(BadValue):
        values.day(text)


@pytest.mark.parametrize("text", ["", "A B", "A:B", "A|B", "A,B", "x" * 65])
def test_ids_that_would_break_other_ids(text: str) -> None:
    with pytest.raises(BadValue):
        values.identifier(text)
