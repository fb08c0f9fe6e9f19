"""Which item of a paper a code, a place in the list or a part of a name means."""

from __future__ import annotations

import re

from handlers.reporting.items import ReportItem
from handlers.reporting.paper import Paper
from handlers.rules.text import fold

SHORTEST_NAME = 3
_TEXT_PART = re.compile(r"(?:phan|muc|thuyet minh|tm|part)\s*(\d+)")


def find_code(paper: Paper, text: str) -> ReportItem | None:
    """The item whose code is all that the text says."""
    dense = fold(text).replace(" ", "").replace(".", "")
    found = [item for item in paper.items if fold(item.code).replace(" ", "").replace(".", "") == dense]
    return found[0] if len(found) == 1 and not dense.isdecimal() else None


def find_items(paper: Paper, text: str, *, numbers: bool) -> tuple[ReportItem, ...]:
    """The items that a code, a place in the list (``numbers``) or a part of a name means."""
    said = fold(text)
    dense = said.replace(" ", "").replace(".", "")
    exact = tuple(item for item in paper.items if fold(item.code).replace(" ", "").replace(".", "") == dense)
    if exact or not said:
        return exact
    part = _TEXT_PART.fullmatch(said)
    if part is not None:
        return tuple(item for item in paper.items if item.id == f"narrative:{part[1]}")
    if said.isdecimal():
        place = int(said)
        return (paper.items[place - 1],) if numbers and 1 <= place <= len(paper.items) else ()
    if len(said) < SHORTEST_NAME:
        return ()
    return tuple(item for item in paper.items if said in fold(item.name))
