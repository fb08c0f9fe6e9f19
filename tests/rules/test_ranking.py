"""Who stands where: shared ranks, ties in the table's order, exclusions, and a year in which all are equal."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.ranking import after_total, change, key_of, needed, rank, total_first
from handlers.rules.scoring import UnitScore, score_year, to_stored
from handlers.rules.table import Exclusion, OrderKey, ScoringTable, parse_order
from tests import sample_year

F = Fraction
ORDER = tuple(parse_order(text) for text in ("total desc", "group I desc", "group III desc", "late_reports asc"))
TABLE = ScoringTable(2026, "thử", F(1000), (), order=ORDER, late_reports=("som",))


def scored(
    one: str, two: str = "0", three: str = "0", late: int = 0, exclusion: Exclusion | None = None, bonus: str = "0"
) -> UnitScore:
    groups = {"I": F(one), "II": F(two), "III": F(three)}
    return UnitScore({}, groups, sum(groups.values(), F(0)), F(bonus), F(0), late, (), exclusion)


def places(scores: dict[str, UnitScore]) -> list[tuple[str, int | None]]:
    return [(place.unit_id, place.rank) for place in rank(TABLE, scores)]


def test_the_sample_year() -> None:
    table = sample_year.table()
    found = rank(table, score_year(table, sample_year.inputs()))
    expected = [(int(row["rank"]), row["unit_id"]) for row in sample_year.expected()]
    assert [(place.rank, place.unit_id) for place in found] == expected


def test_equal_in_everything_is_the_same_rank_and_the_next_is_skipped() -> None:
    scores = {"d": scored("1"), "b": scored("5"), "c": scored("5"), "a": scored("9")}
    assert places(scores) == [("a", 1), ("b", 2), ("c", 2), ("d", 4)]


def test_all_equal_share_the_first_rank() -> None:
    assert places({name: scored("7") for name in "cab"}) == [("a", 1), ("b", 1), ("c", 1)]


def test_equal_units_are_listed_by_name_and_share_the_rank_all_the_same() -> None:
    found = rank(TABLE, {"x": scored("7"), "y": scored("7")}, {"x": "Điện Biên", "y": "Cao Bằng"})
    assert [(place.unit_id, place.rank) for place in found] == [("y", 1), ("x", 1)]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (scored("5", "1"), scored("4", "2")),                                   # group I
        (scored("5", "1", "2"), scored("5", "2", "1")),                         # then group III
        (scored("5", "1", "2", late=0), scored("5", "1", "2", late=1)),         # then fewer late reports
        (scored("4", bonus="2"), scored("5")),                                  # but the total before all
    ],
)
def test_what_decides_at_a_tie(better: UnitScore, worse: UnitScore) -> None:
    assert places({"a": worse, "b": better}) == [("b", 1), ("a", 2)]


def test_exclusions() -> None:
    scores = {
        "hủy": scored("99", exclusion="annulled"),
        "hoãn": scored("98", exclusion="postponed"),
        "cuối": scored("97", exclusion="ranked_last"),
        "không thưởng": scored("96", exclusion="ranked_without_award"),
        "thường": scored("5"),
        "cuối nữa": scored("90", exclusion="ranked_last"),
    }
    assert places(scores) == [("không thưởng", 1), ("thường", 2), ("cuối", 3), ("cuối nữa", 4), ("hoãn", None), ("hủy", None)]


def test_ranked_last_never_shares_with_an_ordinary_unit() -> None:
    assert places({"a": scored("5", exclusion="ranked_last"), "b": scored("5")}) == [("b", 1), ("a", 2)]


POINTS = st.integers(0, 6).map(str)
EXCLUSIONS = st.sampled_from((None, None, None, "ranked_last", "ranked_without_award", "postponed", "annulled"))
SCORES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.builds(scored, POINTS, POINTS, POINTS, st.integers(0, 3), EXCLUSIONS, POINTS), max_size=8
)


def _values(score: UnitScore) -> tuple[Fraction | int, ...]:
    return (score.exclusion != "ranked_last", score.total, score.groups["I"], score.groups["III"], -score.late_reports)


@given(SCORES)
def test_a_rank_is_one_more_than_the_number_of_better_units(scores: dict[str, UnitScore]) -> None:
    found = {place.unit_id: place.rank for place in rank(TABLE, scores)}
    ranked = {name: _values(score) for name, score in scores.items() if score.exclusion not in ("postponed", "annulled")}
    assert found == {
        name: 1 + sum(other > ranked[name] for other in ranked.values()) if name in ranked else None for name in scores
    }  # fmt: skip


@given(SCORES)
def test_the_order_of_the_units_given_changes_nothing(scores: dict[str, UnitScore]) -> None:
    assert rank(TABLE, dict(reversed(scores.items()))) == rank(TABLE, scores)


@given(
    st.builds(scored, POINTS, POINTS, POINTS, st.integers(0, 3), bonus=POINTS),
    st.builds(scored, POINTS, POINTS, POINTS, bonus=POINTS),
)
def test_what_is_needed_is_enough_and_less_is_not(behind: UnitScore, before: UnitScore) -> None:
    def rest(score: UnitScore) -> str:
        return after_total(key_of(TABLE, score) or "")

    if (key_of(TABLE, behind) or "") >= (key_of(TABLE, before) or ""):
        return
    missing = needed(to_stored(behind.total), rest(behind), to_stored(before.total), rest(before))
    step = F(1, 100)
    enough = replace(behind, bonus=behind.bonus + missing.points + (step if missing.more else 0))
    assert dict(places({"behind": enough, "before": before}))["behind"] == 1
    if missing.points > 0 or missing.more:
        less = replace(enough, bonus=enough.bonus - step)
        assert dict(places({"behind": less, "before": before}))["behind"] == 2


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [(3, 1, ("up", 2)), (1, 4, ("down", 3)), (2, 2, ("same", 0)), (None, 2, None), (2, None, None)],
)
def test_change_since_a_snapshot(before: int | None, after: int | None, moved: tuple[str, int] | None) -> None:
    assert change(before, after) == moved


def test_whether_a_gap_in_points_means_something() -> None:
    assert total_first(TABLE)
    assert not total_first(replace(TABLE, order=(OrderKey("group", "I"), OrderKey("total"))))
    assert not total_first(replace(TABLE, order=(OrderKey("total", descending=False),)))
