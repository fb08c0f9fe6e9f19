"""The seven kinds of rule, one by one and together, and the sample year to the last hundredth."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.scoring import (
    BEST,
    Entry,
    UnitInput,
    exact_points,
    leaders,
    ratio,
    round_half_up,
    score_criterion,
    score_unit,
    score_year,
)
from handlers.rules.table import AdjustmentItem, Criterion, Event, Group, ScoringTable, Tier
from tests import sample_year

F = Fraction
LATE = (
    Event("som", "chậm 1-5 ngày", F(5), 1, 5),
    Event("muon", "chậm trên 5 ngày", F(10), 6),
    Event("khong", "không nộp", F(15), missing=True),
)

RATIO = Criterion("R", "tỷ lệ", F(30), "%", "ratio")
LEADER = Criterion("L", "dẫn đầu", F(50), "%", "ratio_leader")
LEAST = Criterion("D", "càng thấp càng tốt", F(30), "%", "ratio", "down")
LEAST_LEADER = Criterion("E", "thấp nhất dẫn đầu", F(50), "%", "ratio_leader", "down")
TIERS = Criterion("T", "bậc", F(40), "%", "tiers", tiers=(Tier(F(40), F(95)), Tier(F(32), F(90)), Tier(F(12), F(70))))
RANKS = Criterion("K", "hạng", F(30), "hạng", "tiers", tiers=(Tier(F(30), max_rank=F(10)), Tier(F(24), max_rank=F(20))))
YESNO = Criterion("B", "đạt", F(15), "đạt/không", "boolean")
COUNT = Criterion("C", "đếm", F(60), "phong trào", "count", per_item=F(12))
DEDUCT = Criterion("X", "trừ", F(30), "vụ việc", "deduction", events=(Event("a", "vụ", F(10)), Event("b", "lần", F(5))))
REPORTS = Criterion("Y", "báo cáo", F(30), "báo cáo", "deduction", events=LATE)
MANUAL = Criterion("M", "chấm", F(30), "điểm", "manual")
ALL = (RATIO, LEADER, LEAST, LEAST_LEADER, TIERS, RANKS, YESNO, COUNT, DEDUCT, REPORTS, MANUAL)
ITEMS = (
    AdjustmentItem("B1", "bonus", "thưởng", F(5), F(10)),
    AdjustmentItem("B2", "bonus", "thưởng", F(5), F(10)),
    AdjustmentItem("P1", "penalty", "trừ", F(10)),
    AdjustmentItem("X1", "exclusion", "chưa xét", exclusion="postponed"),
)
TABLE = ScoringTable(
    2026, "thử", F(sum(each.max for each in ALL)), (Group("I", "nhóm", F(sum(each.max for each in ALL)), ALL),), ITEMS,
    bonus_cap=F(15), late_reports=("som", "muon"),
)  # fmt: skip


def entry(plan: str | None = None, actual: str | None = None, **events: int) -> Entry:
    return Entry(None if plan is None else Decimal(plan), None if actual is None else Decimal(actual), events or None)


def test_the_sample_year_to_the_last_hundredth() -> None:
    table = sample_year.table()
    scores = score_year(table, sample_year.inputs())
    for row in sample_year.expected():
        score = scores[row["unit_id"]]
        assert {name: score.groups[name] for name in ("I", "II", "III")} == {name: F(row[name]) for name in ("I", "II", "III")}
        for name in ("base", "bonus", "penalty", "total"):
            assert getattr(score, name) == F(row[name]), (row["unit_id"], name)
        assert score.late_reports == int(row["late_reports"])
        assert "|".join(score.missing) == row["missing"]


@pytest.mark.parametrize(
    ("criterion", "given_entry", "points"),
    [
        (RATIO, entry("8", "7.6"), "28.5"),
        (RATIO, entry("8", "8"), "30"),
        (RATIO, entry("8", "9"), "30"),
        (RATIO, entry("9", "7"), "23.33"),
        (RATIO, entry("8", "0"), "0"),
        (RATIO, entry("8", "-1"), "0"),
        (RATIO, entry("0", "5"), None),
        (RATIO, entry("-2", "-1"), None),
        (RATIO, entry(None, "5"), None),
        (RATIO, entry("8", None), None),
        (LEAST, entry("4", "5"), "24"),
        (LEAST, entry("4", "4"), "30"),
        (LEAST, entry("4", "3"), "30"),
        (LEAST, entry("4", "0"), "30"),
        (LEAST, entry("0", "0"), None),
        (TIERS, entry(None, "95"), "40"),
        (TIERS, entry(None, "94.99"), "32"),
        (TIERS, entry(None, "70"), "12"),
        (TIERS, entry(None, "69.99"), "0"),
        (RANKS, entry(None, "1"), "30"),
        (RANKS, entry(None, "10"), "30"),
        (RANKS, entry(None, "11"), "24"),
        (RANKS, entry(None, "21"), "0"),
        (YESNO, entry(None, "1"), "15"),
        (YESNO, entry(None, "0"), "0"),
        (YESNO, entry(), None),
        (COUNT, entry(None, "3"), "36"),
        (COUNT, entry(None, "5"), "60"),
        (COUNT, entry(None, "6"), "60"),
        (COUNT, entry(None, "0"), "0"),
        (DEDUCT, entry(None, None, a=1, b=1), "15"),
        (DEDUCT, entry(None, None, b=2), "20"),
        (DEDUCT, entry(None, None, a=4), "0"),
        (DEDUCT, Entry(events={}), "30"),
        (DEDUCT, Entry(), None),
        (MANUAL, entry(None, "25.25"), "25.25"),
        (MANUAL, entry(None, None), None),
        (MANUAL, None, None),
    ],
)
def test_one_criterion(criterion: Criterion, given_entry: Entry | None, points: str | None) -> None:
    score = score_criterion(criterion, given_entry, None, 2)
    assert score.missing == (points is None)
    assert score.points == F(points or 0)


@pytest.mark.parametrize(
    ("actual", "leader", "points"),
    [
        ("7.6", "1.1", "23.75"),     # below plan: half of the points times the ratio
        ("8", "1.1", "25"),          # exactly on plan: half of the points
        ("8", "1", "25"),            # nobody exceeds the plan
        ("8.4", "1.1", "37.5"),      # halfway between the plan and the best
        ("8.8", "1.1", "50"),        # the best
        ("9.6", "1.1", "50"),        # better than the best: only a postponed unit can be
        ("8.4", None, "50"),         # nobody else known
    ],
)
def test_measured_against_the_best_unit(actual: str, leader: str | None, points: str) -> None:
    assert score_criterion(LEADER, entry("8", actual), None if leader is None else F(leader), 2).points == F(points)


def test_a_unit_that_brought_an_unwanted_figure_to_nothing_is_the_best() -> None:
    given = {
        "không": UnitInput({"E": entry("4", "0")}),
        "hơn": UnitInput({"E": entry("4", "2")}),
        "đúng": UnitInput({"E": entry("4", "4")}),
        "kém": UnitInput({"E": entry("4", "5")}),
    }
    assert leaders(TABLE, given)["E"] == BEST
    scores = {name: score.scores["E"].points for name, score in score_year(TABLE, given).items()}
    assert scores == {"không": 50, "hơn": 25, "đúng": 25, "kém": 20}


def test_who_is_postponed_or_missing_is_not_the_best() -> None:
    given = {
        "a": UnitInput({"L": entry("8", "8.4")}),
        "b": UnitInput({"L": entry("8", "8.8")}),
        "hoãn": UnitInput({"L": entry("8", "12")}, {"X1": 1}),
        "thiếu": UnitInput({"L": entry("0", "99")}),
    }
    assert leaders(TABLE, given)["L"] == F("1.1")
    scores = {name: score.scores["L"].points for name, score in score_year(TABLE, given).items()}
    assert scores == {"a": F("37.5"), "b": 50, "hoãn": 50, "thiếu": 0}


def test_nobody_known_is_no_leader() -> None:
    assert "L" not in leaders(TABLE, {"a": UnitInput()})


@pytest.mark.parametrize(
    ("given_events", "filings", "not_filed", "points", "late"),
    [
        (None, (), 0, 30, 0),
        (None, (0, 0), 0, 30, 0),
        (None, (1, 5, 6), 0, 10, 3),
        (None, (3,), 1, 10, 1),                    # not filed costs, and is no late report
        ({"som": 0}, (1, 9), 2, 30, 0),            # an imported value wins, those beside it are 0
        ({"muon": 1}, (1, 1), 0, 20, 1),
    ],
)
def test_late_reports_are_counted_unless_given(
    given_events: dict[str, int] | None, filings: tuple[int, ...], not_filed: int, points: int, late: int
) -> None:
    entries = {} if given_events is None else {"Y": Entry(events=given_events)}
    score = score_unit(TABLE, UnitInput(entries, {}, filings, not_filed), {})
    assert score.scores["Y"].points == points
    assert not score.scores["Y"].missing
    assert score.late_reports == late


def test_filings_do_not_answer_what_an_officer_is_asked() -> None:
    assert score_unit(TABLE, UnitInput(filings=(1,)), {}).scores["X"].missing


@pytest.mark.parametrize(
    ("counts", "bonus", "penalty"),
    [({}, 0, 0), ({"B1": 1}, 5, 0), ({"B1": 3}, 10, 0), ({"B1": 2, "B2": 2}, 15, 0), ({"P1": 2}, 0, 20), ({"B9": 4}, 0, 0)],
)
def test_bonus_and_penalty(counts: dict[str, int], bonus: int, penalty: int) -> None:
    score = score_unit(TABLE, UnitInput(adjustments=counts), {})
    assert score.bonus == bonus
    assert score.penalty == penalty
    assert score.total == score.base + bonus - penalty


DECIMALS = st.decimals(min_value=-100, max_value=10_000, places=3)
ENTRIES = st.builds(
    Entry,
    st.none() | DECIMALS,
    st.none() | DECIMALS,
    st.none() | st.dictionaries(st.sampled_from(("a", "b", "som", "muon", "khong")), st.integers(0, 9)),
)
INPUTS = st.builds(
    UnitInput,
    st.dictionaries(st.sampled_from([each.id for each in ALL]), ENTRIES),
    st.dictionaries(st.sampled_from([item.id for item in ITEMS]), st.integers(0, 3)),
    st.lists(st.integers(0, 40), max_size=4).map(tuple),
    st.integers(0, 2),
)


@given(st.dictionaries(st.sampled_from("abcdef"), INPUTS, max_size=6))
def test_points_stay_within_the_criterion_and_sums_agree(given_inputs: dict[str, UnitInput]) -> None:
    scores = score_year(TABLE, given_inputs)
    best = leaders(TABLE, given_inputs)
    for unit, score in scores.items():
        assert all(0 <= score.scores[each.id].points <= each.max for each in ALL)
        assert all((found.points * 100).denominator == 1 for found in score.scores.values())
        assert score.base == sum(found.points for found in score.scores.values()) == sum(score.groups.values())
        assert set(score.missing) == {name for name, found in score.scores.items() if found.missing}
        assert score == score_unit(TABLE, given_inputs[unit], best), "one unit alone scores as in the whole year"


@given(st.lists(st.tuples(st.decimals(1, 100, places=2), st.decimals(0, 200, places=2)), min_size=1, max_size=6))
def test_the_best_unit_gets_everything_and_more_never_costs(figures: list[tuple[Decimal, Decimal]]) -> None:
    given_inputs = {str(number): UnitInput({"L": Entry(plan, actual)}) for number, (plan, actual) in enumerate(figures)}
    best = leaders(TABLE, given_inputs)["L"]
    found = sorted(
        ((ratio(LEADER, each.entries["L"]), exact_points(LEADER, each.entries["L"], best)) for each in given_inputs.values()),
        key=lambda pair: pair[0] or 0,
    )
    points = [pair[1] or F(0) for pair in found]
    assert points == sorted(points)
    if best > 1:
        assert points[-1] == LEADER.max


@given(st.fractions(-1000, 1000, max_denominator=100_000), st.integers(0, 4))
def test_rounding_is_decimals_half_up(value: Fraction, decimals: int) -> None:
    assert abs(round_half_up(value, decimals) - value) <= F(1, 2 * 10**decimals)
    exact = Decimal(value.numerator * 10**8 // value.denominator).scaleb(-8)    # any value of eight decimals
    assert round_half_up(F(exact), decimals) == F(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


@pytest.mark.parametrize(("value", "rounded"), [("2.345", "2.35"), ("2.3449999", "2.34"), ("-2.345", "-2.35"), ("0.005", "0.01")])
def test_a_half_goes_away_from_zero(value: str, rounded: str) -> None:
    assert round_half_up(F(value), 2) == F(rounded)


def test_the_table_says_to_how_many_decimals() -> None:
    assert score_unit(replace(TABLE, decimals=0), UnitInput({"R": entry("9", "7")}), {}).scores["R"].points == 23


PLANS = st.decimals(-5, 300, places=2) | st.just(Decimal(0)) | st.none()


@given(
    st.sampled_from(("ratio", "ratio_leader")), st.sampled_from(("up", "down")), st.fractions(0, 300, max_denominator=50),
    st.none() | st.builds(Entry, PLANS, PLANS), st.none() | st.just(BEST) | st.fractions(Fraction(1, 50), 60, max_denominator=900),
    st.integers(0, 4),
)  # fmt: skip
def test_the_score_of_a_ratio_in_whole_numbers_is_the_rounded_exact_one(
    rule: str, direction: str, most: Fraction, entry: Entry | None, leader: Fraction | float | None, decimals: int
) -> None:
    criterion = Criterion("I.1", "", most, "%", rule, direction)  # type: ignore[arg-type]
    exact = exact_points(criterion, entry, leader)
    score = score_criterion(criterion, entry, leader, decimals)
    assert score.missing == (exact is None)
    assert score.points == (0 if exact is None else round_half_up(exact, decimals))
