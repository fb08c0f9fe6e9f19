"""A chart as SVG, for a phone: 1080 px wide, names and figures in letters that a reader of fifty reads at arm's length.

Each line has its name and figure above its bar, so that names of any length and figures with units have room, and nothing touches a bar.
What a colour says, a shape or the weight says too: the own line is framed and bold, a change of rank is an arrow with its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from bot.drawing.font import FAMILY, Font, fonts
from handlers.kit.chart import Bar, Chart
from handlers.kit.language import Language
from handlers.kit.message import Number

WIDTH = 1080
EDGE, INSET = 18, 26
LEFT, RIGHT = EDGE + INSET, WIDTH - EDGE - INSET
TITLE, NAME, NOTE = 52, 46, 35
LINE, NOTE_LINE = 58, 45
BAR, ARROW = 28, 28
MOVED_WIDTH = 132
FIGURE_SHARE = 0.4
"""Of a line. A figure that is longer, with its unit, stands below its name: it is never cut."""

BETWEEN = 28
"""Between a name and its figure, a bar and its arrow."""

INK, FADED, TRACK, OTHERS, OWN, OWN_ROW, UP, DOWN = (
    "#14202e", "#45505c", "#ccd4dd", "#5b8bc2", "#0b3d91", "#e9f1fb", "#176b35", "#a52019",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where values lie on the bars: ``zero``, one ``unit`` and the ``end`` in pixels."""

    zero: float
    unit: float
    end: float

    def at(self, value: Fraction) -> float:
        return self.zero + float(value) * self.unit


def svg(chart: Chart, language: Language) -> str:
    """The picture of a chart in a language; the same chart always gives the same text."""
    usual, bold = fonts()
    drawing = _Drawing(usual, bold)
    drawing.paragraph(language.text(chart.title), bold, TITLE, INK, 5)
    if chart.subtitle is not None:
        drawing.paragraph(language.text(chart.subtitle), usual, NOTE, FADED, 2)
    drawing.y += 16
    _bars(drawing, chart.bars, language)
    drawing.y += 8
    for note in chart.notes:
        drawing.paragraph(language.text(note), usual, NOTE, FADED, 5)
        drawing.y += 6
    return drawing.finished()


class _Drawing:
    """Shapes from the top down; ``y`` is where the next one begins."""

    def __init__(self, usual: Font, bold: Font) -> None:
        self.usual, self.bold = usual, bold
        self.y = 44.0
        self._shapes: list[str] = []

    def text(self, x: float, y: float, text: str, size: int, colour: str, *, bold: bool = False, end: bool = False) -> None:
        """A line whose letters stand on ``y``; ``end``: it ends at ``x``."""
        weight, anchor = ' font-weight="700"' if bold else "", ' text-anchor="end"' if end else ""
        written = escape(text, quote=False)
        self._shapes.append(f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}"{weight}{anchor}>{written}</text>')

    def box(self, x: float, y: float, width: float, height: float, colour: str, radius: int = 0) -> None:
        self._shapes.append(f'<rect x="{x:.1f}" y="{y:.0f}" width="{width:.1f}" height="{height:.0f}" rx="{radius}" fill="{colour}"/>')

    def shape(self, points: Iterator[tuple[float, float]], colour: str) -> None:
        written = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        self._shapes.append(f'<polygon points="{written}" fill="{colour}"/>')

    def paragraph(self, text: str, font: Font, size: int, colour: str, most: int) -> None:
        """Lines over the whole width."""
        for line in font.lines(text, size, RIGHT - LEFT, most):
            self.y += size * 1.35
            self.text(LEFT, self.y - size * 0.3, line, size, colour, bold=font is self.bold)

    def finished(self) -> str:
        height = round(self.y + 36)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="{FAMILY}" font-weight="500">'
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>{"".join(self._shapes)}</svg>'
        )


def _bars(drawing: _Drawing, bars: tuple[Bar, ...], language: Language) -> None:
    figures = [language.value(bar.value) for bar in bars]
    ranks = [f"{bar.rank}." if bar.rank.isdecimal() else bar.rank for bar in bars]
    names_from = LEFT + max((drawing.bold.width(drawing.bold.drawable(rank), NAME) for rank in ranks), default=0) + 16
    moved = any(bar.moved is not None for bar in bars)
    scale = _scale([_amount(bar) for bar in bars], RIGHT - (MOVED_WIDTH + BETWEEN if moved else 0))
    for bar, rank, figure in zip(bars, ranks, figures, strict=True):
        if bar.apart:
            drawing.y += 6
            for dot in range(3):
                drawing.box(LEFT + dot * 26, drawing.y, 10, 10, FADED, 5)
            drawing.y += 24
        _bar(drawing, bar, rank, figure, names_from, scale, language)


def _bar(
    drawing: _Drawing, bar: Bar, rank: str, figure: str, names_from: float, scale: _Scale, language: Language
) -> None:
    known = isinstance(bar.value, Number)
    font, figures = drawing.bold if bar.own else drawing.usual, drawing.bold if known else drawing.usual
    figure = "".join(figures.lines(figure, NAME, RIGHT - names_from, 1))
    taken = figures.width(figure, NAME)
    beside = taken <= (RIGHT - names_from) * FIGURE_SHARE
    names = font.lines(bar.name, NAME, RIGHT - names_from - (taken + BETWEEN if beside else 0), 3)
    note = drawing.usual.lines(language.text(bar.note), NOTE, RIGHT - names_from, 2) if bar.note is not None else []
    height = 18 + LINE * (len(names) + (not beside)) + NOTE_LINE * len(note) + (BAR + 24 if known else 14)
    if bar.own:
        drawing.box(EDGE, drawing.y, WIDTH - 2 * EDGE, height, OWN_ROW, 12)
        drawing.box(EDGE, drawing.y, 10, height, OWN, 5)
    y = drawing.y + 12
    colour = OWN if bar.own else INK
    drawing.text(LEFT, y + NAME, drawing.bold.drawable(rank), NAME, colour, bold=True)
    for line in names:
        drawing.text(names_from, y + NAME, line, NAME, colour, bold=bar.own)
        y += LINE
    y += 0 if beside else LINE
    below = drawing.y + 12 + NAME if beside else y + NAME - LINE
    drawing.text(RIGHT, below, figure, NAME, colour if known else FADED, bold=known, end=True)
    for line in note:
        drawing.text(names_from, y + NOTE, line, NOTE, FADED)
        y += NOTE_LINE
    if known:
        y += 8
        _length(drawing, scale, _amount(bar), y, OWN if bar.own else OTHERS)
        _change(drawing, bar.moved, y)
    drawing.y += height + 6


def _length(drawing: _Drawing, scale: _Scale, amount: Fraction, y: float, colour: str) -> None:
    """From the mark of zero, which also a bar of nothing has, to the value."""
    least, most = sorted((scale.zero, scale.at(amount)))
    drawing.box(LEFT, y + BAR - 4, scale.end - LEFT, 4, TRACK)
    if most - least >= 1:
        drawing.box(least, y, most - least, BAR, colour, 4)
    drawing.box(scale.zero - 2, y - 3, 4, BAR + 6, FADED)


def _change(drawing: _Drawing, moved: int | None, y: float) -> None:
    """An arrow with the number of places; for none a dash."""
    if moved is None:
        return
    x, top, bottom = RIGHT - MOVED_WIDTH, y, y + BAR
    if not moved:
        drawing.box(x + 2, y + BAR / 2 - 3, ARROW, 6, FADED)
        return
    colour = UP if moved > 0 else DOWN
    tip, foot = (top, bottom) if moved > 0 else (bottom, top)
    drawing.shape(iter(((x, foot), (x + ARROW + 4, foot), (x + ARROW / 2 + 2, tip))), colour)
    drawing.text(x + ARROW + 16, y + BAR - 1, str(abs(moved)), 38, colour, bold=True)


def _scale(amounts: list[Fraction], end: float) -> _Scale:
    """Bars begin at zero, wherever the least value makes it lie."""
    least, most = min([*amounts, Fraction(0)]), max([*amounts, Fraction(0)])
    unit = (end - LEFT) / float(most - least) if most > least else 0.0
    return _Scale(LEFT - float(least) * unit, unit, end)


def _amount(bar: Bar) -> Fraction:
    return Fraction(bar.value.value) if isinstance(bar.value, Number) else Fraction(0)
