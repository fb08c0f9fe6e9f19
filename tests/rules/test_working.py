"""The working of a score: whatever is shown, a pocket calculator comes to the same points."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.language.catalogue import Language
from handlers.rules.scoring import BEST, Entry, Ratio, round_half_up, score_criterion
from handlers.rules.table import Criterion, Direction, Rule
from handlers.rules.working import working

F = Fraction
VI = Language.load("vi", ZoneInfo("Asia/Ho_Chi_Minh"))
_STEP = re.compile(r"(?P<left>[\d.,+−×/()\s-]*[×/][\d.,+−×/()\s-]*?)\s*(?P<sign>[=≈])\s*(?P<right>-?\d[\d.]*(?:,\d+)?)")
RULES: tuple[Rule, ...] = ("ratio", "ratio_leader")


def criterion(rule: Rule, maximum: int = 50, direction: Direction = "up") -> Criterion:
    return Criterion("I.1", "thử", F(maximum), "%", rule, direction)


def said(found: Criterion, entry: Entry | None, leader: Ratio | None = None) -> str:
    return VI.text(working(found, entry, leader, 2))


@pytest.mark.parametrize(
    ("rule", "plan", "actual", "leader", "text"),
    [
        ("ratio", "8000", "7600", None, "7.600/8.000 = 0,95; 50 × 0,95 = 47,5"),
        ("ratio", "8", "8", None, "8/8: đạt kế hoạch, 50 điểm"),
        ("ratio", "8", "-1", None, "-1/8 nhỏ hơn 0: 0 điểm"),
        ("ratio", "0", "5", None, "Chỉ tiêu kế hoạch là 0 nên không tính được tỷ lệ: tạm tính 0 điểm"),
        ("ratio_leader", "8000", "7600", "1.1", "7.600/8.000 = 0,95; dưới kế hoạch: 0,5 × 50 × 0,95 = 23,75"),
        ("ratio_leader", "8", "8", "1.1", "8/8 = 1; đúng kế hoạch: 0,5 × 50 = 25"),
        ("ratio_leader", "8", "8.8", "1.1", "8,8/8 = 1,1; tỷ lệ cao nhất Cụm: 50 điểm"),
        ("ratio_leader", "8", "12", "1.1", "12/8, cao hơn tỷ lệ cao nhất được tính của Cụm: 50 điểm"),
        ("ratio_leader", "8", "9", None, "9/8, vượt kế hoạch; chưa xác định được tỷ lệ cao nhất Cụm: tạm tính 50 điểm"),
    ],
)
def test_what_an_officer_reads(rule: Rule, plan: str, actual: str, leader: str | None, text: str) -> None:
    assert said(criterion(rule), Entry(Decimal(plan), Decimal(actual)), None if leader is None else F(leader)) == text


def test_no_figure_is_too_close_to_the_plan() -> None:
    entry = Entry(Decimal("1000000000"), Decimal("1000000000.0001"))
    assert said(criterion("ratio_leader"), entry, 1 + F(2, 10**13)).endswith("≈ 37,5")


def _value(text: str) -> Fraction:
    """A formula of figures, × / + − and brackets, exactly."""
    tokens: list[str] = re.findall(r"\d+(?:\.\d+)?|[()+*/-]", text.replace(".", "").replace(",", ".").replace("×", "*").replace("−", "-"))
    position = 0

    def peek() -> str:
        return tokens[position] if position < len(tokens) else ""

    def take() -> str:
        nonlocal position
        position += 1
        return tokens[position - 1]

    def atom() -> Fraction:
        token = take()
        if token == "(":
            inner = total()
            take()
            return inner
        return -atom() if token == "-" else F(token)

    def product() -> Fraction:
        found = atom()
        while peek() in ("*", "/"):
            found = found * atom() if take() == "*" else found / atom()
        return found

    def total() -> Fraction:
        found = product()
        while peek() in ("+", "-"):
            found = found + product() if take() == "+" else found - product()
        return found

    return total()


FIGURES = st.decimals(Decimal("-5"), Decimal(20_000), places=3)
PLANS = st.one_of(st.sampled_from((3, 7, 9, 12, 55, 1200)).map(Decimal), st.decimals(Decimal("0.1"), Decimal(9_999), places=2))
LEADERS = st.one_of(st.none(), st.just(BEST), st.fractions(F(9, 10), F(3, 2), max_denominator=5_000))
DIRECTIONS: tuple[Direction, ...] = ("up", "down")


@given(st.sampled_from(RULES), st.sampled_from(DIRECTIONS), st.sampled_from((10, 15, 25, 30, 50)), PLANS, FIGURES, LEADERS)
@example("ratio_leader", "up", 15, Decimal(12), Decimal("11.56"), None)    # the points lie on a half, the quotient does not end
@example("ratio", "up", 30, Decimal(1200), Decimal("183.4"), None)
def test_the_shown_figures_give_the_points(
    rule: Rule, direction: Direction, maximum: int, plan: Decimal, actual: Decimal, leader: Ratio | None
) -> None:
    found, entry = criterion(rule, maximum, direction), Entry(plan, actual)
    points = score_criterion(found, entry, leader, 2).points
    text = said(found, entry, leader)
    for step in _STEP.finditer(text):
        left, right = _value(step["left"]), _value(step["right"])
        if step["sign"] == "=":
            assert left == right, text
        if "×" in step["left"]:
            assert round_half_up(left, 2) == points, text
