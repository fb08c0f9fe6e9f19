"""Tables on a narrow phone: each row is one line whose cells follow each other as a sentence would."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.reply import Table


def table_lines(table: Table, cells: Sequence[Sequence[str]]) -> list[tuple[str, bool]]:
    """(line, strong) of each row. A first cell that is a number is a place: "1. Sơn La · 616,97"."""
    lines = []
    for index, row in enumerate(cells):
        shown = [cell for cell in row if cell]
        if len(shown) > 1 and shown[0].isdecimal():
            shown = [f"{shown[0]}. {shown[1]}", *shown[2:]]
        lines.append((" · ".join(shown), index == table.strong))
    return lines
