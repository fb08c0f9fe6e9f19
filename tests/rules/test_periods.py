"""Titles of periods, and which period stands beside which."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.language import languages
from handlers.rules.periods import ORDER, period_title, previous, same_period_last_year

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def test_the_nearest_period_before_comes_first() -> None:
    assert previous("M9", 2026)[:3] == (("H1", 2026), ("Q1", 2026), ("year-final", 2025))
    assert previous("Q1", 2026)[0] == ("year-final", 2025)
    assert previous("year-final", 2026)[:2] == (("year", 2026), ("year-estimate", 2026))


@pytest.mark.parametrize("period", ORDER)
def test_no_period_stands_before_itself(period: str) -> None:
    assert (period, 2026) not in previous(period, 2026)
    assert len(set(previous(period, 2026))) == len(previous(period, 2026))


def test_an_unknown_period_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        previous("Q7", 2026)


def test_the_same_period_of_a_year_has_three_sources() -> None:
    assert same_period_last_year("H1", 2026) == (("H1", 2025),)
    assert same_period_last_year("year-estimate", 2026) == (("year-final", 2025), ("year", 2025), ("year-estimate", 2025))


def test_titles_name_the_year_without_a_separator() -> None:
    vi = languages(ZONE)["vi"]
    assert [vi.text(period_title(period, 2026)) for period in ("Q1", "H1", "M9", "year-estimate")] == [
        "quý I năm 2026",
        "6 tháng đầu năm 2026",
        "quý III (9 tháng) năm 2026",
        "năm 2026 (ước thực hiện)",
    ]
