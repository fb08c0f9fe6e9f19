"""A chart in words: for a channel that shows no pictures, and when one could not be drawn."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.kit.chart import Bar, Chart
from handlers.kit.message import Message, Value, m
from handlers.kit.reply import Block, Table, Text


def in_words(chart: Chart) -> Iterator[Block]:
    """The same facts as blocks of text."""
    yield Text(chart.title, "title")
    if chart.subtitle is not None:
        yield Text(chart.subtitle, "note")
    own = next((place for place, bar in enumerate(chart.bars) if bar.own), None)
    yield Table(tuple(map(_row, chart.bars)), "><><", strong=own)
    yield from map(Text, chart.notes)


def _row(bar: Bar) -> tuple[Value, ...]:
    special = bar.note if bar.note is not None else _change(bar.moved)
    return (bar.rank, bar.name, bar.value, *(() if special is None else (special,)))


def _change(moved: int | None) -> Message | None:
    if not moved:
        return None
    return m("up {count}", count=moved) if moved > 0 else m("down {count}", count=-moved)
