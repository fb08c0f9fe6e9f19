"""Tables on a narrow phone without a monospaced letter: each row is one line whose cells follow each other as a sentence would.

A row that a phone would break somewhere is broken between its cells; what belongs to the row above is set in.
"""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.reply import Table

WIDTH = 36
"""Letters of the usual size that a phone of 360 px shows in one line of a chat bubble."""

BETWEEN = " · "
SET_IN = "   "
NO_PLACE = "–"
"""What a row shows in the place of a number: it is ranked nowhere."""


def table_lines(table: Table, cells: Sequence[Sequence[str]]) -> list[tuple[str, bool]]:
    """(line, strong) of each row, of a long one several. A first cell that is a number is a place: "1. Sơn La · 616,97"."""
    lines = []
    for index, row in enumerate(cells):
        shown = [cell for cell in row if cell]
        if len(shown) > 1 and shown[0].isdecimal():
            shown = [f"{shown[0]}. {shown[1]}", *shown[2:]]
        elif len(shown) > 1 and shown[0] == NO_PLACE:
            shown = [f"{NO_PLACE} {shown[1]}", *shown[2:]]
        lines += [(line, index == table.strong) for line in _row(shown)]
    return lines


def has_places(table: Table) -> bool:
    """Whether its rows begin with numbers of their own."""
    return any(row and isinstance(row[0], (str, int)) and str(row[0]).isdecimal() for row in table.rows)


def _row(cells: list[str]) -> list[str]:
    """The cells in as few lines as hold them whole. Of a row that needs several the first cell, which says what it is, stands alone."""
    whole = BETWEEN.join(cells)
    if len(whole) <= WIDTH or len(cells) < 2:
        return [whole]
    lines = [cells[0], SET_IN + cells[1]]
    for cell in cells[2:]:
        longer = lines[-1] + BETWEEN + cell
        if len(longer) <= WIDTH:
            lines[-1] = longer
        else:
            lines.append(SET_IN + cell)
    return lines
