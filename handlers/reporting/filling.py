"""The steps that filling in and correcting have in common: one question for each item, and what must be asked back.

Pure over (paper, sheet, step, answers): the owner (report or correction) decides what comes when nothing is open any more, and handles
the control words. Answers used here: ``item``, ``ids``, ``values``, ``raw``, ``queue``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Message, m
from handlers.kit.turn import Input, Json, Said, Sent
from handlers.reporting.draft import Attachment, Entry, Sheet
from handlers.reporting.finding import find_code
from handlers.reporting.intake import Hitch, Pending, Taken, accept, block_of, queue_of, read_queue, take, unknown_lines, work
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import Paper
from handlers.rules.numbers import NotYet, parse_figure
from handlers.rules.text import fold
from handlers.rules.yes_no import read_yes_or_no

LONGEST_TEXT = 4_000

EXPECTS: dict[str, Expects] = {
    "figure": "number", "yesno": "choice", "text": "text", "files": "file", "which": "choice", "reading": "choice", "doubt": "choice",
    "why": "text",
}  # fmt: skip

_ASKED_BACK = frozenset({"which", "reading", "doubt"})
"""Steps that ask about what was typed before: a yes or a no answers that question and is never a figure."""

INNER = _ASKED_BACK | {"why"}
"""Steps in which "back" leads to the item's own question."""

_STEP_OF = {"yesno": "yesno", "text": "text", "file": "files"}
_KEEP = frozenset(("giu nguyen", "de nguyen", "cu de nguyen", "de vay", "cu de vay", "giu so nay", "lay so nay", "keep it"))
"""What keeps a doubtful figure: elsewhere the first of them mean the last period's."""

_BEFORE_FIGURE = re.compile(r"(?P<before>[^0-9]*?[^\W\d_])[\s,.;:!]*(?P<figure>(?:(?<![^\s,;:])[-−])?[0-9].*)", re.DOTALL)
_PLAN_WORDS = re.compile(r"^(?:sua |doi )?(?:ke hoach|chi tieu|kh)\s*(?:[:=]|la)?\s*(?=[\d-])")
_ALLOWED = frozenset(
    ("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "csv", "txt", "zip",
     "jpg", "jpeg", "png", "heic", "webp", "tif", "tiff")
)


@dataclass(frozen=True, slots=True)
class Move:
    """After an answer: the sheet, the step that is open now ("" : none), its answers, and what is to be told first."""

    sheet: Sheet
    step: str
    answers: Mapping[str, Json]
    notes: tuple[Message, ...] = ()


def step_of(item: ReportItem) -> str:
    """The step that asks for the item."""
    return _STEP_OF.get(item.kind, "figure")


def begin(item: ReportItem, answers: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
    """Step and answers that ask for the item."""
    kept = {name: value for name, value in answers.items() if name not in ("ids", "values", "raw")}
    return step_of(item), {**kept, "item": item.id}


def item_of(paper: Paper, answers: Mapping[str, Json]) -> ReportItem | None:
    return paper.item(str(answers.get("item", "")))


def strings(raw: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in raw) if isinstance(raw, list) else ()


def advance(paper: Paper, sheet: Sheet, step: str, answers: Mapping[str, Json], given: Input | Chosen) -> Move:
    """Take an answer at one of the steps above. Control words are the owner's."""
    return _reasoned(paper, _advance(paper, sheet, step, answers, given))


def _advance(paper: Paper, sheet: Sheet, step: str, answers: Mapping[str, Json], given: Input | Chosen) -> Move:
    if isinstance(given, Sent):
        return _sent(paper, sheet, step, answers, given)
    item = item_of(paper, answers)
    if isinstance(given, Said):
        return _said(paper, sheet, step, answers, item, given.text)
    value = given.value if isinstance(given, Chosen) else ""
    if step == "which":
        return _which(paper, sheet, answers, value)
    if item is None:
        return Move(sheet, "", answers)
    match step, value:
        case ("reading", _) if value in strings(answers.get("values")):
            return settle(paper, accept(paper, sheet, item, Decimal(value)), answers)
        case ("doubt", "keep"):
            kept = strings(answers.get("values"))[0]
            return onwards(paper, sheet.put(item.id, Entry(kept, kept=True)), answers)
        case ("doubt", "again"):
            return _ask(item, sheet, answers)
        case ("figure" | "yesno", "same"):
            last = paper.last.get(item.id)
            if last is not None:
                return onwards(paper, sheet.put(item.id, Entry(f"{last.value:f}")), answers)
        case ("figure" | "yesno", "none"):
            return onwards(paper, sheet.put(item.id, Entry(None)), answers)
        case ("yesno", "0" | "1"):
            return onwards(paper, sheet.put(item.id, Entry(value)), answers)
        case ("files", "done"):
            return Move(sheet.put(item.id, Entry("")), "", answers)
    return Move(sheet, step, answers, (m("Not clear."),))


def _said(paper: Paper, sheet: Sheet, step: str, answers: Mapping[str, Json], item: ReportItem | None, text: str) -> Move:
    if step == "text" and item is not None:
        return _text(sheet, item, answers, text)
    if step == "why" and item is not None:
        return _why(paper, sheet, item, answers, text)
    if step in _ASKED_BACK:
        said = read_yes_or_no(text)
        if said is not None:
            if step == "reading" and said in ("no", "wrong") and item is not None:      # neither of the two
                return _ask(item, sheet, answers)
            return Move(sheet, step, answers, (m("Not clear."),))
        if step == "doubt" and fold(text) in _KEEP:
            return _advance(paper, sheet, step, answers, Chosen("keep"))
        text = _corrected(text)
    if step in EXPECTS:
        if item is not None and item.id.endswith(PLAN) and (found := _PLAN_WORDS.match(fold(text))):
            text = fold(text)[found.end() :]        # "kế hoạch 4900" at the question for the plan itself
        plan = _plan_change(paper, item, text) if step == "figure" else None
        if plan is not None:
            return _new_plan(paper, sheet, answers, *plan)
        block = block_of(paper, text)
        if block is not None:
            queue = (*read_queue(answers.get("queue")), *queue_of(paper, block))
            return settle(paper, work(paper, sheet, queue, unknown_lines(block)), {**answers, "queue": []})
        named = find_code(paper, text)
        if named is not None:
            return _ask(named, sheet, answers)
        if step in ("figure", "yesno") and (other := _coded(paper, text)) is not None:
            return _ask(other, sheet, answers)
        either = nothing_or_none(text) if step == "figure" else None
        if either is not None:
            return Move(sheet, step, answers, (either,))
        if item is not None and step in ("figure", "yesno", "doubt", "reading"):
            return settle(paper, _one(paper, sheet, item, text, answers), answers)
    return Move(sheet, step, answers, (m("Not clear."),))


def _corrected(text: str) -> str:
    """The figure of an answer that says first that the one before was wrong: "không, 12 xã", "sai rồi, phải là 12"."""
    found = _BEFORE_FIGURE.fullmatch(text.strip())
    return text if found is None or read_yes_or_no(found["before"]) is None else found["figure"]


def nothing_or_none(text: str) -> Message | None:
    """What is asked back about a bare "không", however politely: it may be the figure 0, or that there is none.

    Behind an item's code, as in a pasted block, it is its figure 0.
    """
    if read_yes_or_no(text) != "no" or isinstance(parse_figure(text, "", 0), NotYet) or "co" in fold(text).split():
        return None
    none = m("Not known yet")
    return m("“{word}” may mean 0, or that the figure is not known. Please type 0 or “{unknown}”.", word=text, unknown=none)


def _coded(paper: Paper, text: str) -> ReportItem | None:
    """The item whose code the text is, and nothing else: it is to be asked next."""
    said = fold(text).replace(" ", "")
    return next((item for item in paper.figures if fold(item.code) == said and any(each.isalpha() for each in said)), None)


def _one(paper: Paper, sheet: Sheet, item: ReportItem, text: str, answers: Mapping[str, Json]) -> Taken:
    waiting = frozenset(item_id for each in read_queue(answers.get("queue")) for item_id in each.item_ids)
    return take(paper, sheet, item, text, waiting)


def settle(paper: Paper, taken: Taken, answers: Mapping[str, Json]) -> Move:
    """Go on from what was taken: the rest of the queue, or the hitch as the open step."""
    if taken.hitch is None:
        left = taken.queue or read_queue(answers.get("queue"))
        if left:
            taken = work(paper, taken.sheet, left, taken.notes)
        if taken.hitch is None:
            return Move(taken.sheet, "", {**answers, "queue": []}, taken.notes)
        answers = {**answers, "queue": [each.to_json() for each in taken.queue]}
    elif taken.queue:
        answers = {**answers, "queue": [each.to_json() for each in taken.queue]}
    step, opened = _open(paper, taken.hitch, answers)
    return Move(taken.sheet, step, opened, taken.notes)


def _open(paper: Paper, hitch: Hitch, answers: Mapping[str, Json]) -> tuple[str, Mapping[str, Json]]:
    item = paper.item(hitch.item_ids[0])
    if hitch.kind == "again" and item is not None:
        return begin(item, answers)
    details: dict[str, Json] = {
        "item": hitch.item_ids[0], "ids": list(hitch.item_ids), "values": list(hitch.values), "raw": hitch.raw
    }  # fmt: skip
    return hitch.kind, {**answers, **details}


def onwards(paper: Paper, sheet: Sheet, answers: Mapping[str, Json], notes: tuple[Message, ...] = ()) -> Move:
    """An item is settled: the rest of the queue, then nothing is open."""
    return settle(paper, Taken(sheet, notes=notes), answers)


def _ask(item: ReportItem, sheet: Sheet, answers: Mapping[str, Json], notes: tuple[Message, ...] = ()) -> Move:
    step, opened = begin(item, answers)
    return Move(sheet, step, opened, notes)


def _which(paper: Paper, sheet: Sheet, answers: Mapping[str, Json], value: str) -> Move:
    if value == "none":
        return onwards(paper, sheet, answers)
    if value not in strings(answers.get("ids")):
        return Move(sheet, "which", answers, (m("Not clear."),))
    queue = (Pending((value,), str(answers.get("raw", ""))), *read_queue(answers.get("queue")))
    return settle(paper, work(paper, sheet, queue), {**answers, "queue": []})


def _text(sheet: Sheet, item: ReportItem, answers: Mapping[str, Json], text: str) -> Move:
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        too_long = m(
            "The text has {length} characters; at most {limit} fit. A longer one can be sent as a file.",
            length=len(text), limit=LONGEST_TEXT,
        )  # fmt: skip
        return Move(sheet, "text", answers, (too_long,))
    if not text:
        return Move(sheet, "text", answers, (m("Not clear."),))
    return Move(sheet.put(item.id, Entry(text)), "", answers)


def _plan_change(paper: Paper, item: ReportItem | None, text: str) -> tuple[ReportItem, str] | None:
    """"kế hoạch 4900" at the question for a criterion's actual: the item of its plan, and the figure as typed."""
    if item is None or not item.criterion or item.kind != "figure":
        return None
    plan = paper.item(item.id + PLAN)
    said = fold(text)
    found = _PLAN_WORDS.match(said)
    return None if plan is None or found is None else (plan, said[found.end() :])


def _new_plan(paper: Paper, sheet: Sheet, answers: Mapping[str, Json], plan: ReportItem, raw: str) -> Move:
    return settle(paper, take(paper, sheet, plan, raw), {**answers, "item": plan.id})


def _reasoned(paper: Paper, move: Move) -> Move:
    """A changed plan is kept only with its reason: without one, that is the next question."""
    asked = {item.id for item in paper.items}
    for item_id, entry in move.sheet.entries.items():
        if item_id.endswith(PLAN) and item_id not in asked and entry.value is not None and entry.note is None:
            sheet = Sheet({name: kept for name, kept in move.sheet.entries.items() if name != item_id}, move.sheet.files)
            return Move(sheet, "why", {**move.answers, "item": item_id.removesuffix(PLAN), "values": [entry.value]}, move.notes)
    return move


def _why(paper: Paper, sheet: Sheet, item: ReportItem, answers: Mapping[str, Json], text: str) -> Move:
    values = strings(answers.get("values"))
    if len(text.strip()) < 3 or not values:
        return Move(sheet, "why", answers, (m("A reason is needed."),))
    return _ask(item, sheet.put(item.id + PLAN, Entry(values[0], note=text.strip())), answers, (m("The changed plan was noted."),))


def taken_kind(name: str, media_type: str) -> bool:
    """Whether files of this kind are evidence: photos, documents, tables."""
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    return media_type.startswith("image/") or suffix in _ALLOWED


def _sent(paper: Paper, sheet: Sheet, step: str, answers: Mapping[str, Json], sent: Sent) -> Move:
    if not taken_kind(sent.name, sent.media_type):
        return Move(sheet, step, answers, (m("Files of this kind are not taken: please send a photo, PDF, Word or Excel file."),))
    item = item_of(paper, answers)
    attached = sheet.attach(Attachment(sent.sha256, sent.name or sent.sha256[:8], "" if item is None else item.id))
    if attached is sheet:
        return Move(sheet, step, answers, (m("This file is kept already: {name}", name=sent.name),))
    if item is None or item.kind == "file":
        note = m("Kept with the report: {name}", name=sent.name)
    else:
        note = m("Kept as evidence for {code}: {name}", code=item.code, name=sent.name)
    return Move(attached, step, answers, (note,))
