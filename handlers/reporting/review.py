"""The review screen: what will be filed, gaps and doubts marked, long ones in pages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from handlers.kit.message import Message, Value, m, mn, verbatim
from handlers.kit.reply import Answer, Block, Choice, Choices, Fields, Reply, Text, say
from handlers.reporting.checks import standing_doubts
from handlers.reporting.desk import filled, gaps
from handlers.reporting.draft import Sheet
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import Paper, label, shown
from handlers.rules.text import clip

PAGE = 14
NAME = 34
WORDS = 50
GROUP = 60
CODES = 8
NAMED = 5


def pages(paper: Paper) -> int:
    return max(1, -(-len(paper.items) // PAGE))


def review(paper: Paper, sheet: Sheet, title: str, page: int) -> Reply:
    """One page of what was entered, with the choices."""
    page = min(max(page, 1), pages(paper))
    doubtful = standing_doubts(paper, sheet)
    done, count = filled(paper, sheet)
    blocks: list[Block] = [Text(m("Review: {title}", title=title), "title"), Text(_summary(paper, done, count))]
    missing = [each for each in (paper.item(item_id) for item_id in gaps(paper, sheet)) if each is not None and each.numeric]
    if missing:
        blocks.append(Text(m("Missing: {codes}", codes=codes(missing))))
    if doubtful:
        items = [each for each in (paper.item(item_id) for item_id in doubtful) if each is not None]
        blocks.append(Text(m("To be checked: {codes}", codes=codes(items))))
    lines = paper.items[(page - 1) * PAGE : page * PAGE]
    for group, members in groupby(lines, key=lambda item: item.group):
        if group:
            blocks.append(Text(verbatim(clip(group, GROUP)), "note"))
        blocks.append(Fields(tuple(row for item in members for row in _rows(item, sheet, item.id in doubtful))))
    if pages(paper) > 1:
        blocks.append(Text(m("Page {page} of {count}", page=page, count=pages(paper)), "note"))
    return say(*blocks, _choices(paper, sheet, page))


def recall(paper: Paper, sheet: Sheet, title: str, page: int) -> Reply:
    """The review's question without its figures: those were shown already, and a quick answer in between is not to bury them."""
    done, count = filled(paper, sheet)
    choices = _choices(paper, sheet, min(max(page, 1), pages(paper)))
    whole = Choice(m("Review"), Answer("review"))
    return say(
        Text(m("Review: {title}", title=title), "title"), Text(_summary(paper, done, count)),
        Choices((*choices.choices[:-1], whole, choices.choices[-1]), columns=2),
    )  # fmt: skip


def _summary(paper: Paper, done: int, count: int) -> Message:
    if paper.figures:
        return mn("{done} of {count} figure entered.", "{done} of {count} figures entered.", count, done=done)
    return mn("{done} of {count} part entered.", "{done} of {count} parts entered.", count, done=done)


def codes(items: list[ReportItem]) -> tuple[Value, ...]:
    """The codes, of many the first ones and how many more."""
    names: tuple[Value, ...] = tuple(dict.fromkeys(item.code for item in items))
    if len(names) <= CODES:
        return names
    return (*names[:CODES], m("and {count} more", count=len(names) - CODES))


def some_of(items: Sequence[ReportItem]) -> tuple[Message, ...]:
    """They by code and name, of many the first ones and how many more."""
    names = tuple(label(item) for item in items[:NAMED])
    return names if len(items) <= NAMED else (*names, m("and {count} more", count=len(items) - NAMED))


def _rows(item: ReportItem, sheet: Sheet, doubtful: bool) -> list[tuple[Message, Value]]:
    rows = [(label(item, NAME), _value(item, sheet, doubtful))]
    plan = sheet.value(item.id + PLAN)
    if plan is not None:
        rows.append((m("{code}, changed plan", code=item.code), shown(item, plan)))
    return rows


def _value(item: ReportItem, sheet: Sheet, doubtful: bool) -> Value:
    entry = sheet.entries.get(item.id)
    if item.kind == "file":
        names = tuple(file.name for file in sheet.files if file.item_id in ("", item.id))
        return names or m("none")
    if entry is None or entry.skipped:
        return m("not entered")
    if item.kind == "text":
        return clip(entry.value or "", WORDS)
    value = shown(item, entry.value)
    files = sum(1 for file in sheet.files if file.item_id == item.id)
    if files:
        value = mn("{value}, {count} file", "{value}, {count} files", files, value=value)
    return m("{value} (to be checked)", value=value) if doubtful else value


def _choices(paper: Paper, sheet: Sheet, page: int) -> Choices:
    choices = [Choice(m("Confirm"), Answer("confirm"), says="yes"), Choice(m("Correct"), Answer("edit"), says="wrong")]
    if gaps(paper, sheet):
        choices.append(Choice(m("Fill the gaps"), Answer("fill")))
    if page < pages(paper):
        choices.append(Choice(m("Next page"), Answer(f"page:{page + 1}")))
    elif page > 1:
        choices.append(Choice(m("First page"), Answer("page:1")))
    choices.append(Choice(m("Cancel"), Answer("cancel"), says="no"))
    return Choices(tuple(choices), columns=2)
