"""The working of a score in words that an officer can check with a pocket calculator.

"7.600/8.000 = 0,95; dưới kế hoạch: 0,5 × 50 × 0,95 = 23,75". A quotient that does not come out even is shown with "≈" and with as many
digits as it takes for the shown figures to give the rounded points.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from handlers.kit.message import Message, Number, m
from handlers.rules.scoring import Entry, Ratio, deducted, exact_points, is_missing, ratio, round_half_up
from handlers.rules.table import Criterion, Tier

HALF = Fraction(1, 2)
DIGITS = range(4, 13)


def working(criterion: Criterion, entry: Entry | None, leader: Ratio | None, decimals: int, *, verified: bool = False) -> Message:
    """How the criterion's points come about, or why it has none yet.

    ``leader``: the best ratio of the cluster. ``verified``: the value was verified (it only matters where the points are given by hand).
    """
    if entry is None or is_missing(criterion, entry):
        return _missing(criterion, entry)
    exact = exact_points(criterion, entry, leader) or Fraction(0)
    points = round_half_up(exact, decimals)
    if criterion.planned:
        return _of_ratio(criterion, entry, leader, points, decimals)
    if criterion.rule == "deduction":
        return _deduction(criterion, entry, points)
    actual = Fraction(entry.actual or 0)
    match criterion.rule:
        case "tiers":
            return _tier(criterion, actual, points)
        case "boolean":
            if actual > 0:
                return m("Achieved: {points} points", points=Number(points))
            return m("Not achieved: {points} points", points=Number(points))
        case "count":
            return _count(criterion, actual, points)
    if verified:
        return m("Given by the verification team: {points} points", points=Number(points))
    return m("The unit's own score: {points} points", points=Number(points))


def _missing(criterion: Criterion, entry: Entry | None) -> Message:
    if criterion.planned and (entry is None or entry.plan is None or entry.plan <= 0):
        if entry is not None and entry.plan is not None and entry.actual is not None:
            return m("The plan figure is {plan}, so there is no ratio to it: counts 0 for now", plan=Number(entry.plan))
        if entry is not None and entry.actual is not None:
            return m("{actual}, but no plan figure yet: counts 0 for now", actual=Number(entry.actual, unit=criterion.unit))
        if entry is not None:
            return m("No plan figure and no result yet: counts 0 for now")
    if entry is not None and entry.plan is not None and criterion.planned:
        return m("No result yet (plan {plan}): counts 0 for now", plan=Number(entry.plan, unit=criterion.unit))
    return m("No result yet: counts 0 for now")


def _of_ratio(criterion: Criterion, entry: Entry, leader: Ratio | None, points: Fraction, decimals: int) -> Message:
    plan, actual, found = Fraction(entry.plan or 0), Fraction(entry.actual or 0), ratio(criterion, entry)
    above, below = (actual, plan) if criterion.direction == "up" else (plan, actual)
    maximum = Number(criterion.max)
    if not isinstance(found, Fraction):
        return m("{actual}, less is better: nothing is better, {max} points", actual=Number(actual), max=maximum)
    if criterion.rule == "ratio":
        if found >= 1:
            return m("{above}/{below} reaches the plan: {max} points", above=Number(above), below=Number(below), max=maximum)
        if found < 0:
            return m("{above}/{below} is below 0: {points} points", above=Number(above), below=Number(below), points=Number(points))
        shown = _digits(found, lambda value: criterion.max * value, points, decimals)
        if shown is None:
            return m(
                "{above}/{below} ≈ {ratio}; {max} × {above}/{below} = {exact} ≈ {points}", above=Number(above), below=Number(below),
                ratio=Number(found, 4), max=maximum, exact=_figure(criterion.max * found), points=Number(points),
            )  # fmt: skip
        return m(
            "{above}/{below} {is_about} {ratio}; {max} × {ratio} {gives} {points}", above=Number(above), below=Number(below),
            is_about=_sign(found == shown), ratio=_figure(shown), max=maximum, gives=_sign(criterion.max * shown == points),
            points=Number(points),
        )  # fmt: skip
    if found == 1:
        return m(
            "{above}/{below} = 1; exactly on plan: 0.5 × {max} = {points}", above=Number(above), below=Number(below), max=maximum,
            points=Number(points),
        )  # fmt: skip
    if found < 1:
        if found < 0:
            return m("{above}/{below} is below 0: {points} points", above=Number(above), below=Number(below), points=Number(points))
        shown = _digits(found, lambda value: HALF * criterion.max * value, points, decimals)
        if shown is None:
            return m(
                "{above}/{below} ≈ {ratio}; below plan: 0.5 × {max} × {above}/{below} = {exact} ≈ {points}", above=Number(above),
                below=Number(below), ratio=Number(found, 4), max=maximum, exact=_figure(HALF * criterion.max * found),
                points=Number(points),
            )  # fmt: skip
        return m(
            "{above}/{below} {is_about} {ratio}; below plan: 0.5 × {max} × {ratio} {gives} {points}", above=Number(above),
            below=Number(below), is_about=_sign(found == shown), ratio=_figure(shown), max=maximum,
            gives=_sign(HALF * criterion.max * shown == points), points=Number(points),
        )  # fmt: skip
    return _above_plan(criterion, above, below, found, leader, points, decimals)


def _above_plan(
    criterion: Criterion, above: Fraction, below: Fraction, found: Fraction, leader: Ratio | None, points: Fraction, decimals: int
) -> Message:
    maximum = Number(criterion.max)
    if leader is None:
        return m(
            "{above}/{below}, above plan; the best ratio of the cluster is not known yet: {max} points for now", above=Number(above),
            below=Number(below), max=maximum,
        )  # fmt: skip
    if found > leader:
        return m(
            "{above}/{below}, above the best ratio that counts in the cluster: {max} points", above=Number(above), below=Number(below),
            max=maximum,
        )  # fmt: skip
    if found == leader:
        shown = round_half_up(found, 4)
        return m(
            "{above}/{below} {is_about} {ratio}; the best of the cluster: {max} points", above=Number(above), below=Number(below),
            is_about=_sign(found == shown), ratio=_figure(shown), max=maximum,
        )  # fmt: skip
    half = HALF * criterion.max
    if not isinstance(leader, Fraction):
        return m(
            "{above}/{below}, above plan; the best unit has 0 and cannot be measured against: 0.5 × {max} = {points}",
            above=Number(above), below=Number(below), max=maximum, points=Number(points),
        )  # fmt: skip
    best = leader
    for digits in DIGITS:
        ratio_shown, best_shown = round_half_up(found, digits), round_half_up(best, digits)
        if best_shown > 1:
            value = half + half * (ratio_shown - 1) / (best_shown - 1)
            if round_half_up(value, decimals) == points:
                break
    else:
        # No shortened quotient gives the points (they lie on a half, or the excess is too small): the ratios as fractions do.
        return m(
            "{above}/{below}; above plan, the best unit has {top}/{under}: "
            "0.5 × {max} + 0.5 × {max} × ({above}/{below} − 1)/({top}/{under} − 1) ≈ {points}",
            above=Number(above), below=Number(below), top=Number(best.numerator), under=Number(best.denominator), max=maximum,
            points=Number(points),
        )  # fmt: skip
    return m(
        "{above}/{below} {is_about} {ratio}; above plan, the best unit has {best}: 0.5 × {max} + 0.5 × {max} × ({ratio} − 1)/({best} − 1)"
        " {gives} {points}",
        above=Number(above), below=Number(below), is_about=_sign(found == ratio_shown), ratio=_figure(ratio_shown),
        best=_figure(best_shown), max=maximum, gives=_sign(value == points), points=Number(points),
    )  # fmt: skip


def _digits(exact: Fraction, product: Callable[[Fraction], Fraction], points: Fraction, decimals: int) -> Fraction | None:
    """The quotient rounded to the fewest digits (from four) with which the shown product gives the points.

    None when no number of digits does: an endless quotient whose product lies exactly on a half (15 × 11,56/24 = 7,225).
    """
    return next(
        (shown for shown in (round_half_up(exact, each) for each in DIGITS) if round_half_up(product(shown), decimals) == points), None
    )


def _figure(value: Fraction) -> Number:
    """A decimal figure with all the digits it has."""
    digits = next(each for each in range(13) if (value * 10**each).denominator == 1)
    return Number(value, digits)


def _sign(exact: bool) -> str:
    return "=" if exact else "≈"


def _tier(criterion: Criterion, actual: Fraction, points: Fraction) -> Message:
    held: Tier | None = next((tier for tier in criterion.tiers if tier.holds(actual)), None)
    if held is None:
        return m("{actual} reaches no step: {points} points", actual=Number(actual), points=Number(points))
    if held.max_rank is not None:
        return m("rank {actual} ≤ {limit}: {points} points", actual=Number(actual), limit=Number(held.max_rank), points=Number(points))
    return m("{actual} ≥ {limit}: {points} points", actual=Number(actual), limit=Number(held.min or 0), points=Number(points))


def _count(criterion: Criterion, actual: Fraction, points: Fraction) -> Message:
    each = criterion.per_item or Fraction(0)
    product = actual * each
    if product > criterion.max:
        return m(
            "{count} × {each} = {product}, at most {max}: {points} points", count=Number(actual), each=Number(each),
            product=Number(product), max=Number(criterion.max), points=Number(points),
        )  # fmt: skip
    gives = _sign(product == points)
    return m("{count} × {each} {gives} {points}", count=Number(actual), each=Number(each), gives=gives, points=Number(points))


def _deduction(criterion: Criterion, entry: Entry, points: Fraction) -> Message:
    events = entry.events or {}
    terms = tuple(
        m("{count} × {each} {what}", count=events[event.code], each=Number(event.points), what=event.name)
        for event in criterion.events
        if events.get(event.code, 0) > 0
    )
    if not terms:
        return m("nothing deducted: {points} points", points=Number(points))
    cost = deducted(criterion, events)
    if criterion.max - cost < points:
        return m(
            "{max} − {cost} ({terms}), at least {points}: {points} points", max=Number(criterion.max), cost=Number(cost), terms=terms,
            points=Number(points),
        )  # fmt: skip
    return m("{max} − {cost} ({terms}) = {points}", max=Number(criterion.max), cost=Number(cost), terms=terms, points=Number(points))
