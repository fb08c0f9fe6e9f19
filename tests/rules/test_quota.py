"""The rules of a monthly budget of messages: replies first, then deadlines, dates, broadcasts, niceties."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.quota import BROADCAST, CLASSES, DATE, DEADLINE, NICETY, Budget, Forecast, budgets, forecast, next_month, pace_of

ZALO = Budget("zalo", 3_000, 50)
MIDDLE = date(2026, 11, 16)


def stands(used: int = 0, pace: float = 0.0, days: int = 15, planned: dict[int, int] | None = None, **given: object) -> Forecast:
    values: dict[str, object] = {"users": 1, "today": MIDDLE, "days_left": 15.0, **given}
    return forecast(ZALO, used=used, pace=pace, days=days, planned=planned or {}, **values)  # type: ignore[arg-type]


def test_a_budget_is_a_fact_of_the_instance() -> None:
    paid = Budget("other", 20_000, None, 1_000)
    facts = dict([ZALO.fact, paid.fact, ("public_url", "https://x.vn")])
    assert facts["quota:zalo"] == "3000 50 2000"
    assert budgets(facts) == (paid, ZALO)
    assert budgets({}) == ()


def test_what_a_long_text_takes() -> None:
    assert [ZALO.messages(chars) for chars in (0, 1, 2_000, 2_001, 4_100)] == [1, 1, 1, 2, 3]
    assert ZALO.messages(100, pictures=1) == 2


def test_a_month_that_is_enough() -> None:
    month = stands(used=600, pace=40, planned={DEADLINE: 50, DATE: 20})
    assert (month.left, month.reserve, month.expected, month.gone_on) == (2_400, 680, 1_270, None)
    assert (month.used_percent, month.expected_percent, month.short) == (20, 42, False)
    assert month.room(DEADLINE, {}) == 1_800, "deadlines may take of the spare"
    assert month.room(DATE, {DEADLINE: 10}) == 1_660
    assert month.room(BROADCAST, {DEADLINE: 10, BROADCAST: 500}, under_way=3) == 1_637


def test_a_month_that_is_short_names_the_day() -> None:
    month = stands(used=2_400, pace=80)
    assert (month.short, month.gone_on, month.expected) == (True, date(2026, 11, 23), 3_600)
    assert [month.room(each, {}) for each in CLASSES] == [0, 0, 0, 0]
    assert not stands(used=2_400, pace=80, days=2).short, "two days say nothing yet"
    assert stands(used=3_000).short


def test_something_is_kept_for_replies_however_few_there_were() -> None:
    assert stands().reserve == 150
    assert stands(days_left=30.0).reserve == 300
    assert stands(days_left=0.1).reserve == 30


def test_after_a_refusal_one_letter_asks_again_now_and_then() -> None:
    assert [stands(since_refused=0).room(each, {}) for each in CLASSES] == [0, 0, 0, 0]
    again = stands(since_refused=3_600)
    assert (again.short, again.refused, again.room(NICETY, {DEADLINE: 9}), again.room(DEADLINE, {}, 1)) == (True, True, 1, 0)
    assert stands(used=3_000, since_refused=3_600).room(DEADLINE, {}) == 0, "our own count explains it"


@given(
    st.integers(0, 3_500), st.floats(0, 500), st.floats(0.01, 31), st.dictionaries(st.sampled_from(CLASSES), st.integers(0, 900)),
    st.dictionaries(st.sampled_from(CLASSES), st.integers(0, 900)), st.integers(0, 50),
)  # fmt: skip
def test_what_is_weightier_has_never_less_room_and_replies_keep_theirs(
    used: int, pace: float, left: float, planned: dict[int, int], waiting: dict[int, int], flying: int
) -> None:
    month = stands(used=used, pace=pace, planned=planned, days_left=left)
    rooms = [month.room(each, waiting, flying) for each in CLASSES]
    assert rooms == sorted(rooms, reverse=True)
    assert all(room == 0 or month.left - room - flying >= month.reserve for room in rooms[1:])
    assert rooms[0] == 0 or month.left - rooms[0] - flying >= pace * left
    assert month.expected >= month.used


@pytest.mark.parametrize(("day", "first"), [("2026-11-30", "2026-12-01"), ("2026-12-31", "2027-01-01"), ("2028-02-29", "2028-03-01")])
def test_the_turn_of_the_month(day: str, first: str) -> None:
    assert next_month(date.fromisoformat(day)) == date.fromisoformat(first)


def test_the_pace_of_replies() -> None:
    assert pace_of(280, 28, 100) == 10
    assert pace_of(0, 0, 7) == 7
