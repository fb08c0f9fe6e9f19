"""The form of a whole report on a page: what each field takes, with the checks, questions and answers of the chat.

Pure over (desk, changes). Every change brings what was typed and a mark of what stood in the field when it was last seen, so that a page
left open, a second tab, a colleague or the chat beside it never overwrite each other unasked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Literal

from handlers.kit.dialogue import Chosen
from handlers.kit.message import Message, m
from handlers.kit.turn import Said, Turn
from handlers.reporting.checks import doubts_of, refusal, standing_doubts
from handlers.reporting.correction_desk import CorrectionDesk, written
from handlers.reporting.desk import Desk
from handlers.reporting.draft import Entry, Sheet
from handlers.reporting.filling import advance, nothing_or_none, step_of
from handlers.reporting.intake import Hitch, Taken, accept, take
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import Paper, shown
from handlers.reporting.wording import ago, name_of
from handlers.rules.identity_numbers import personal_number
from handlers.rules.secret_marks import secret_mark
from handlers.rules.text import clip

How = Literal["said", "same", "keep", "reading", "mine", "theirs", "filed"]
Kind = Literal["again", "reading", "doubt", "clash", "why", "empty"]

SECRET = m(
    "A message or file marked as a State secret was not stored. Please send it on paper or through the cipher network,"
    " as the law on the protection of State secrets requires."
)
PERSONAL = m("Identity numbers are not stored here. The message was not kept; please send it again without the number.")
_SHORTEST_REASON = 3
RAW_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Change:
    """A field as it was sent: ``raw`` as typed, ``seen`` the `mark` of what it showed before.

    ``how``: "said", or a question answered: "same" (as last period), "keep" the doubtful ``value``, a "reading", "mine" or "theirs" of
    two answers, "filed" (what was filed first). ``why``: the reason of a changed plan.
    """

    item_id: str
    raw: str
    seen: str
    how: How = "said"
    value: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked back at a field. ``values``: the readings to choose from, or the doubtful value. ``gone``: what was typed must go."""

    kind: Kind
    lines: tuple[Message, ...]
    values: tuple[str, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Filling:
    """After the changes: the sheet, what is asked back by item id, and what else is told by item id (how a spelling was read)."""

    sheet: Sheet
    questions: Mapping[str, Question]
    notes: Mapping[str, tuple[Message, ...]]


def mark(item: ReportItem, entry: Entry | None) -> str:
    """What stands in a field, in short: empty, "none" (not known yet), "=85.5", or the digest of a text."""
    if entry is None or entry.skipped:
        return ""
    if entry.value is None:
        return "none"
    return f"={entry.value}" if item.numeric else _digest(entry.value)


def field_text(item: ReportItem, entry: Entry | None) -> str:
    """What the field holds: a figure as it is typed here, a text, nothing for what is not known."""
    value = None if entry is None else entry.value
    if value is None:
        return ""
    return value.replace(".", ",") if item.numeric and item.kind != "yesno" else value


def fill(turn: Turn, desk: Desk, changes: Iterable[Change]) -> Filling:
    """Take what was changed, in the order of the form; whatever must be asked back stays out and keeps nothing else waiting."""
    paper, sheet = desk.paper, desk.sheet
    order = {item.id: place for place, item in enumerate(paper.items)}
    sent = {each.item_id: _tidied(each) for each in changes}
    known = [(item, each) for each in sent.values() if (item := paper.item(each.item_id)) is not None and item.kind != "file"]
    known.sort(key=lambda pair: (order.get(pair[0].id.removesuffix(PLAN), 0), pair[0].id))
    touched = [(item, each) for item, each in known if not _untouched(item, each)]
    questions: dict[str, Question] = {}
    notes: dict[str, tuple[Message, ...]] = {}
    for place, (item, change) in enumerate(touched, start=1):
        waiting = frozenset(later.id for later, _ in touched[place:])
        sheet, question, told = _taken(turn, desk, sheet, item, change, waiting)
        if question is not None:
            questions[item.id] = question
        if told:
            notes[item.id] = told
    for item_id, lines in unanswered(paper, sheet).items():
        if item_id not in questions:
            questions[item_id] = Question("doubt", lines, (sheet.value(item_id) or "",))
    return Filling(sheet, questions, notes)


def unanswered(paper: Paper, sheet: Sheet) -> dict[str, tuple[Message, ...]]:
    """item id -> doubts about what stands there that nobody has confirmed yet."""
    found = {}
    for item_id, lines in standing_doubts(paper, sheet).items():
        item, entry = paper.item(item_id), sheet.entries[item_id]
        if entry.kept or item is None or entry.value is None:
            continue
        other = sheet.entries.get(item.other)
        if other is not None and other.kept:      # the comparison was confirmed at the item that it is compared with
            apart = frozenset(each.id for each in paper.items if each.other == item_id) | {item.other}
            lines = doubts_of(paper, sheet, item, Decimal(entry.value), apart)
        if lines:
            found[item_id] = lines
    return found


# One field ----------------------------------------------------------------------------------------------------------------------

_Step = tuple[Sheet, Question | None, tuple[Message, ...]]


def _taken(turn: Turn, desk: Desk, sheet: Sheet, item: ReportItem, change: Change, waiting: frozenset[str]) -> _Step:
    if change.how == "theirs":
        return sheet, None, ()
    refused = screened(change.raw) or screened(change.why)
    if refused is not None:
        return sheet, Question("again", (refused,), gone=True), ()
    after, question, told = _put_back(desk, sheet, item, change) or _answered(desk.paper, sheet, item, change, waiting)
    theirs = sheet.entries.get(item.id)
    moved = change.how != "mine" and theirs is not None and theirs.value is not None and change.seen != mark(item, theirs)
    if not moved or theirs is None:
        return after, question, told
    if question is None and mark(item, after.entries.get(item.id)) == mark(item, theirs):
        return sheet, None, ()
    return sheet, Question("clash", (_clash(turn, desk, item, theirs),)), ()


def _clash(turn: Turn, desk: Desk, item: ReportItem, theirs: Entry) -> Message:
    value = shown(item, theirs.value)
    by, at = written(turn, desk, item.id)
    if by is None or by == turn.person.id:
        return m("{code} was entered meanwhile in the chat or on another page: {value}.", code=item.code, value=value)
    name, when = name_of(turn.read, by), ago(turn.now, at)
    return m("{name} has entered {code} meanwhile: {value} ({when}).", name=name, code=item.code, value=value, when=when)


def _put_back(desk: Desk, sheet: Sheet, item: ReportItem, change: Change) -> _Step | None:
    """Of a report that is being corrected: what was filed counts again. A field that is emptied does not say so: it is asked back."""
    filed = desk.filed.sheet.entries.get(item.id) if isinstance(desk, CorrectionDesk) else None
    if filed is None:
        return None
    if change.how == "filed" or (change.how == "said" and not change.raw and filed.value is None):
        return sheet.put(item.id, replace(filed, kept=True)), None, ()
    if change.raw or change.how != "said" or filed.value is None:
        return None
    unknown = m("Not known yet")
    asked = m("A filed figure is not deleted. Where it is not known, please type “{unknown}”.", unknown=unknown) if item.numeric else m(
        "A filed text is not deleted; it can be written anew."
    )
    return sheet, Question("empty", (asked,), (filed.value,)), ()


def _answered(paper: Paper, sheet: Sheet, item: ReportItem, change: Change, waiting: frozenset[str]) -> _Step:
    """The sheet with the change in it, whoever else wrote; or what must be asked back first."""
    if not change.raw and change.how not in ("same", "keep"):
        return sheet.without(item.id), None, ()
    if item.kind == "text":
        move = advance(paper, sheet, "text", {"item": item.id}, Said(change.raw))
        return (sheet, Question("again", move.notes), ()) if move.step else (move.sheet, None, ())
    if item.kind == "yesno" or change.how == "same":
        chosen = "same" if change.how == "same" else change.raw
        move = advance(paper, sheet, step_of(item), {"item": item.id}, Chosen(chosen))
        return (sheet, Question("again", move.notes), ()) if move.step else (move.sheet, None, ())
    taken = _figure(paper, sheet, item, change, waiting)
    if taken.hitch is not None:
        return sheet, _question(paper, sheet, item, taken, taken.hitch, waiting), ()
    if item.id.endswith(PLAN) and paper.item(item.id) not in paper.items:
        return _reasoned(paper, sheet, item, taken, change)
    return taken.sheet, None, taken.notes


def _figure(paper: Paper, sheet: Sheet, item: ReportItem, change: Change, waiting: frozenset[str]) -> Taken:
    either = nothing_or_none(change.raw)
    if either is not None:
        return Taken(sheet, notes=(either,), hitch=Hitch("again", (item.id,), change.raw))
    taken = take(paper, sheet, item, change.raw, waiting)
    if change.how not in ("keep", "reading"):
        return taken
    offered = (*(taken.hitch.values if taken.hitch is not None else ()), sheet.value(item.id))
    value = _decimal(change.value)
    if value is None or change.value not in offered:
        return taken
    if change.how == "reading":
        return accept(paper, sheet, item, value, change.raw, waiting)
    refused = refusal(item, value)
    if refused is not None:
        return Taken(sheet, notes=(refused,), hitch=Hitch("again", (item.id,), change.raw))
    return Taken(advance(paper, sheet, "doubt", {"item": item.id, "values": [change.value]}, Chosen("keep")).sheet)


def _question(paper: Paper, sheet: Sheet, item: ReportItem, taken: Taken, hitch: Hitch, waiting: frozenset[str]) -> Question:
    match hitch.kind:
        case "reading":
            asked = m("The figure is not clear: {typed} can be read in two ways. Please choose one.", typed=clip(hitch.raw, RAW_SHOWN))
            return Question("reading", (asked,), hitch.values)
        case "doubt":
            return Question("doubt", (*taken.notes, *doubts_of(paper, sheet, item, Decimal(hitch.values[0]), waiting)), hitch.values)
        case _:
            return Question("again", taken.notes)


def _reasoned(paper: Paper, sheet: Sheet, item: ReportItem, taken: Taken, change: Change) -> _Step:
    """A changed plan is kept only with its reason."""
    value = taken.sheet.value(item.id)
    if value is None or (item.plan is not None and Decimal(value) == item.plan):
        return sheet.without(item.id), None, taken.notes
    if len(change.why) < _SHORTEST_REASON:
        return sheet, Question("why", (*taken.notes, m("Please give the reason for the change.")), (value,)), ()
    actual: dict[str, str | list[str]] = {"item": item.id.removesuffix(PLAN), "values": [value]}
    kept = advance(paper, sheet, "why", actual, Said(change.why))     # type: ignore[arg-type]
    entry = kept.sheet.entries[item.id]
    return sheet.put(item.id, replace(entry, kept=taken.sheet.entries[item.id].kept)), None, taken.notes


def screened(text: str) -> Message | None:
    """Why a text is not even kept: what the chat screens before its inbox."""
    if secret_mark(text):
        return SECRET
    return PERSONAL if personal_number(text) else None


def _tidied(change: Change) -> Change:
    """As typed, without the browser's own line ends."""
    return replace(change, raw=change.raw.replace("\r\n", "\n").strip(), why=change.why.strip())


def _untouched(item: ReportItem, change: Change) -> bool:
    """Whether the field says what it said before: then nothing is asked of it, whatever stands there by now."""
    if change.how != "said":
        return False
    if change.seen in ("", "none"):
        return change.raw in ("", change.seen)
    if not item.numeric:
        return _digest(change.raw) == change.seen
    return f"={change.raw}" == change.seen or change.raw == change.seen[1:].replace(".", ",")


def _digest(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
