"""Figures that are readable but hardly true: each doubt states the fact and asks; none refuses."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from handlers.kit.message import Message, Number, m

TEN_TIMES = 10
"""A figure in the wrong unit of measure (tỷ for triệu, a percentage without its comma) is off by tens."""


def doubts(
    value: Decimal, *, last: Decimal | None, low: Decimal | None, high: Decimal | None, limit: Decimal | None, unit: str, decimals: int,
    plan: Decimal | None = None,
) -> tuple[Message, ...]:  # fmt: skip
    """What is implausible about ``value``: negative, outside ``low``…``high``, above ``limit`` (how many there are in the unit, e.g.
    its communes), ten times or a tenth of ``last`` (the last period's figure; None or 0 compares nothing). Where there is no last figure,
    ten times the year's ``plan`` (early in a year a tenth of it is nothing strange). Empty when nothing is."""

    def shown(figure: Decimal) -> Number:
        return Number(figure, decimals, unit)

    found: list[Message] = []
    if (low is not None and value < low) or (high is not None and value > high):
        if low is not None and high is not None:
            found.append(m("{value} is outside {low} to {high}: is that right?", value=shown(value), low=shown(low), high=shown(high)))
        elif low is not None:
            found.append(m("{value} is below {low}: is that right?", value=shown(value), low=shown(low)))
        elif high is not None:
            found.append(m("{value} is above {high}: is that right?", value=shown(value), high=shown(high)))
    elif value < 0 and low is None:
        found.append(m("{value} is negative: is that right?", value=shown(value)))
    if limit is not None and value > limit:
        found.append(m("{value} is more than there are ({limit}): is that right?", value=shown(value), limit=shown(limit)))
    if last and value and (value > 0) == (last > 0):
        times = abs(Fraction(value) / Fraction(last))
        if times >= TEN_TIMES:
            found.append(m("{times} times the last period's figure ({last}): is the unit of measure right?",
                           times=_times(times), last=shown(last)))
        elif times <= Fraction(1, TEN_TIMES):
            found.append(m("only 1/{times} of the last period's figure ({last}): is the unit of measure right?",
                           times=_times(1 / times), last=shown(last)))
    elif not last and plan and value / plan >= TEN_TIMES:
        found.append(m("{times} times the plan of the year ({plan}): is the unit of measure right?",
                       times=_times(Fraction(value) / Fraction(plan)), plan=Number(plan, None, unit)))
    return tuple(found)


def _times(ratio: Fraction) -> Number:
    rounded = Fraction(round(ratio * 10), 10)
    return Number(rounded, 0 if rounded.denominator == 1 or rounded >= 100 else 1)


def breaks_rule(rule: str, value: Decimal, other: Decimal) -> bool:
    """Whether ``value`` breaks a cross-check such as ``<= NTM01``, where ``other`` is the value of the item named there.

    Raises ValueError for a rule that is neither ``<=`` nor ``>=``.
    """
    sign = rule.split(maxsplit=1)[0] if rule.split() else ""
    if sign == "<=":
        return value > other
    if sign == ">=":
        return value < other
    raise ValueError(f"unknown rule: {rule!r}")
