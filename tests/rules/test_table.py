"""What the check of a scoring table finds, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.table import AdjustmentItem, Criterion, Event, Group, OrderKey, ScoringTable, Tier, parse_order, problems
from tests import sample_year

F = Fraction
TIERED = Criterion("I.1", "bậc", F(20), "%", "tiers", tiers=(Tier(F(20), F(90)), Tier(F(10), F(50))))
RANKED = Criterion("I.2", "hạng", F(20), "hạng", "tiers", tiers=(Tier(F(20), max_rank=F(10)), Tier(F(10), max_rank=F(20))))
COUNTED = Criterion("I.3", "đếm", F(30), "lần", "count", per_item=F(10))
REDUCED = Criterion("I.4", "trừ", F(30), "vụ", "deduction", events=(Event("vu", "vụ", F(10)), Event("cham", "chậm", F(5), 1)))


def table(*criteria: Criterion, **changes: object) -> ScoringTable:
    whole = sum((each.max for each in criteria), F(0))
    sound = ScoringTable(2026, "thử", whole, (Group("I", "nhóm", whole, criteria),), late_reports=())
    return replace(sound, **changes)    # type: ignore[arg-type]


def test_the_sample_table_is_sound() -> None:
    found = sample_year.table()
    assert problems(found) == ()
    assert sum(1 for _ in found.criteria) == 37
    assert found.max_total == 1000


def test_a_sound_table_of_every_special_kind() -> None:
    assert problems(table(TIERED, RANKED, COUNTED, REDUCED, late_reports=("cham",))) == ()


@pytest.mark.parametrize(
    "broken",
    [
        lambda: table(COUNTED, max_total=F(31)),
        lambda: table(COUNTED, groups=(Group("I", "nhóm", F(30), (replace(COUNTED, max=F(29)),)),)),
        lambda: table(COUNTED, COUNTED),
        lambda: table(COUNTED, items=(AdjustmentItem("B1", "bonus", "x", F(1)), AdjustmentItem("B1", "bonus", "y", F(1)))),
        lambda: table(COUNTED, items=(AdjustmentItem("B1", "bonus", "x"),)),
        lambda: table(COUNTED, items=(AdjustmentItem("X1", "exclusion", "x"),)),
        lambda: table(COUNTED, order=(OrderKey("group", "IV"),)),
        lambda: table(REDUCED, late_reports=("muon",)),
        lambda: table(replace(TIERED, tiers=())),
        lambda: table(replace(TIERED, tiers=(Tier(F(21), F(90)),))),
        lambda: table(replace(TIERED, tiers=tuple(reversed(TIERED.tiers)))),
        lambda: table(replace(RANKED, tiers=tuple(reversed(RANKED.tiers)))),
        lambda: table(replace(TIERED, tiers=(Tier(F(20)),))),
        lambda: table(replace(COUNTED, per_item=None)),
        lambda: table(replace(REDUCED, events=())),
        lambda: table(replace(REDUCED, floor=F(31))),
        lambda: table(replace(REDUCED, events=(*REDUCED.events, REDUCED.events[0]))),
    ],
)
def test_what_makes_a_table_unusable(broken: Callable[[], ScoringTable]) -> None:
    assert len(problems(broken())) >= 1


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("total desc", OrderKey("total")),
        ("group I desc", OrderKey("group", "I")),
        ("group III asc", OrderKey("group", "III", descending=False)),
        ("late_reports asc", OrderKey("late_reports", descending=False)),
    ],
)
def test_order_keys(text: str, key: OrderKey) -> None:
    assert parse_order(text) == key
    assert str(key) == text


@pytest.mark.parametrize("text", ["", "desc", "group desc", "points desc", "total I desc", "total down", "late_reports I asc"])
def test_order_keys_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_order(text)


@pytest.mark.parametrize(
    ("event", "covered"),
    [
        (Event("a", "", F(1), 1, 5), range(1, 6)),
        (Event("b", "", F(1), 6), range(6, 30)),
        (Event("c", "", F(1), missing=True), range(0)),
        (Event("d", "", F(1)), range(0)),
    ],
)
def test_which_filings_an_event_covers(event: Event, covered: range) -> None:
    assert [days for days in range(30) if event.covers(days)] == list(covered)


@given(st.integers(0, 400))
def test_each_late_report_of_the_sample_table_is_one_event(days: int) -> None:
    events = sample_year.table().criterion("III.9")
    assert events is not None
    assert sum(event.covers(days) for event in events.events) == (1 if days else 0)
