"""From what was typed to entries: one figure, a line of several, a pasted block. Stops at the first thing that must be asked back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from handlers.kit.message import Message, Number, m, mn
from handlers.kit.turn import Json
from handlers.reporting.checks import doubts_of, refusal
from handlers.reporting.draft import Entry, Sheet
from handlers.reporting.items import ReportItem
from handlers.reporting.paper import Paper
from handlers.rules.block import Block, looks_like_block, parse_block
from handlers.rules.numbers import Ambiguous, Figure, NothingArose, NotYet, Refused, SameAsLast, parse_figure
from handlers.rules.text import clip

UNKNOWN_SHOWN = 3
LINE_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Pending:
    """A figure still to be taken: the item (several: not clear which) and what was typed for it."""

    item_ids: tuple[str, ...]
    raw: str

    def to_json(self) -> list[Json]:
        return [list(self.item_ids), self.raw]


def read_queue(raw: Json) -> tuple[Pending, ...]:
    """The queue of a dialogue's answers."""
    return tuple(
        Pending(tuple(str(item_id) for item_id in each[0]), str(each[1]))
        for each in (raw if isinstance(raw, list) else ())
        if isinstance(each, list) and len(each) == 2 and isinstance(each[0], list)
    )


@dataclass(frozen=True, slots=True)
class Hitch:
    """What must be asked back: ``which`` item, which ``reading``, a ``doubt``, or the item ``again`` (``notes`` say why)."""

    kind: Literal["which", "reading", "doubt", "again"]
    item_ids: tuple[str, ...]
    raw: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """The sheet afterwards, what is left of the queue, what is to be told, and where it had to stop."""

    sheet: Sheet
    queue: tuple[Pending, ...] = ()
    notes: tuple[Message, ...] = ()
    hitch: Hitch | None = None


def text_of(value: Decimal) -> str:
    """A figure as it is stored: plain decimal text."""
    return f"{value:f}"


def block_of(paper: Paper, text: str) -> Block | None:
    """The figures in a text that names items; None for a text that is no block."""
    named = [item.named for item in paper.figures]
    return _told_apart(parse_block(text, named), paper) if looks_like_block(text, named) else None


def _told_apart(block: Block, paper: Paper) -> Block:
    """A line that only resembles one item and gives no figure for it is a line about something else."""
    strange = {
        each.text for each in block.unsure
        if len(each.item_ids) == 1 and (item := paper.item(each.item_ids[0])) is not None
        and isinstance(parse_figure(each.raw, item.unit, item.decimals), Refused)
    }  # fmt: skip
    if not strange:
        return block
    unsure = tuple(each for each in block.unsure if each.text not in strange)
    return replace(block, unknown=(*block.unknown, *(each.text for each in block.unsure if each.text in strange)), unsure=unsure)


def figures_named(items: Sequence[ReportItem], text: str, *, alone: bool) -> int:
    """How many of the items a text outside any dialogue gives a readable figure for; ``alone``: 0 where a line says anything else."""
    named = {item.id: item.named for item in items if item.numeric}
    if not named or not looks_like_block(text, list(named.values())):
        return 0
    block = parse_block(text, list(named.values()))
    if alone and block.unknown and len(text.strip().splitlines()) == 1:
        return 0
    readable = [
        entry for entry in block.entries
        if not isinstance(parse_figure(entry.raw, named[entry.item_id].unit, named[entry.item_id].decimals), Refused)
    ]  # fmt: skip
    return len(readable)


def queue_of(paper: Paper, block: Block) -> tuple[Pending, ...]:
    """The block's figures in the order of the form, so that cross-checks find the item they compare with; unsure lines last."""
    order = {item.id: position for position, item in enumerate(paper.items)}
    latest = {entry.item_id: entry.raw for entry in block.entries}
    clear = [Pending((item_id,), raw) for item_id, raw in sorted(latest.items(), key=lambda pair: order[pair[0]])]
    return (*clear, *(Pending(each.item_ids, each.raw) for each in block.unsure))


def unknown_lines(block: Block) -> tuple[Message, ...]:
    """What of a pasted block was not understood."""
    if not block.unknown:
        return ()
    shown = tuple(f"“{clip(line, LINE_SHOWN)}”" for line in block.unknown[:UNKNOWN_SHOWN])
    return (mn("Not clear: {count} part: {lines}", "Not clear: {count} parts: {lines}", len(block.unknown), lines=shown),)


def work(paper: Paper, sheet: Sheet, queue: Sequence[Pending], notes: tuple[Message, ...] = ()) -> Taken:
    """Take the queue one by one until it is empty or something must be asked back."""
    left = list(queue)
    taken = 0
    while left:
        first = left.pop(0)
        rest = tuple(left)
        if len(first.item_ids) > 1:
            return Taken(sheet, rest, _told(taken, notes), Hitch("which", first.item_ids, first.raw))
        item = paper.item(first.item_ids[0])
        if item is None:
            continue
        waiting = frozenset(item_id for each in rest for item_id in each.item_ids)
        step = take(paper, sheet, item, first.raw, waiting)
        sheet, notes = step.sheet, (*notes, *step.notes)
        if step.hitch is not None:
            return Taken(sheet, rest, _told(taken, notes), step.hitch)
        taken += 1
    return Taken(sheet, (), _told(taken, notes))


def _told(taken: int, notes: tuple[Message, ...]) -> tuple[Message, ...]:
    return (mn("{count} figure taken.", "{count} figures taken.", taken), *notes) if taken > 1 else notes


def take(paper: Paper, sheet: Sheet, item: ReportItem, raw: str, waiting: frozenset[str] = frozenset()) -> Taken:
    """Take one figure as typed."""
    match parse_figure(raw, item.unit, item.decimals):
        case Figure(value=value, note=note):
            return accept(paper, sheet, item, value, raw, waiting, () if note is None else (note,))
        case NothingArose():
            return accept(paper, sheet, item, Decimal(0), raw, waiting)
        case NotYet():
            return Taken(sheet.put(item.id, Entry(None)))
        case SameAsLast():
            last = paper.last.get(item.id)
            if last is None:
                return _again(sheet, item, raw, m("There is no figure of an earlier period for {code}.", code=item.code))
            return Taken(sheet.put(item.id, Entry(text_of(last.value))))
        case Ambiguous(readings=readings):
            return Taken(sheet, hitch=Hitch("reading", (item.id,), raw, tuple(text_of(each) for each in readings)))
        case Refused(message=message):
            return _again(sheet, item, raw, message)


def accept(
    paper: Paper,
    sheet: Sheet,
    item: ReportItem,
    value: Decimal,
    raw: str = "",
    waiting: frozenset[str] = frozenset(),
    notes: tuple[Message, ...] = (),
) -> Taken:
    """Put a value into the sheet unless it is refused or doubtful."""
    refused = refusal(item, value)
    if refused is not None:
        return _again(sheet, item, raw, refused)
    if doubts_of(paper, sheet, item, value, waiting):
        return Taken(sheet, notes=notes, hitch=Hitch("doubt", (item.id,), raw, (text_of(value),)))
    return Taken(sheet.put(item.id, Entry(text_of(value))), notes=notes)


def _again(sheet: Sheet, item: ReportItem, raw: str, why: Message) -> Taken:
    return Taken(sheet, notes=(why,), hitch=Hitch("again", (item.id,), raw))


def figure_shown(item: ReportItem, value: str) -> Number:
    """A figure beside its unit."""
    return Number(Decimal(value), None, item.unit)
