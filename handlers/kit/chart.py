"""A chart: what a picture draws, as data. `bot.drawing` draws it; where none can be shown, `bot.rendering.charts` says it in words."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit.message import Message, Value

MOST_BARS = 10
"""What a phone shows of one picture so that it can still be read."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line: its ``rank`` as it is shown, whose it is, and a Number (its bar's length) or a text in place of one.

    ``own``: the reader's. ``moved``: places gained (lost: below 0) since the last time; None: nothing to compare with. ``note``: what is
    special about it. ``apart``: others stand between it and the line before.
    """

    rank: str
    name: str
    value: Value
    own: bool = False
    moved: int | None = None
    note: Message | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under a title; ``subtitle``: of when the figures are; ``notes``: what must be known beside them."""

    title: Message
    subtitle: Message | None
    bars: tuple[Bar, ...]
    notes: tuple[Message, ...] = ()


def windows(count: int, own: int | None, most: int = MOST_BARS) -> tuple[range, ...]:
    """Which places (from 0) of so many are shown: all of a few; of many the first ones, and the ``own`` with its neighbours."""
    if count <= most:
        return (range(count),)
    half = most // 2
    if own is None or own < most - half // 2:
        return (range(most),)
    start = min(own - half // 2, count - half)
    return range(half), range(start, start + half)
