"""The dialogue of a correction: what is wrong, the new value, the reason, from → to, a new revision. Both values stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Message, Value, m
from handlers.kit.reply import CONTROLS, Answer, Choice, Choices, Fields, Go, Reply, Text, control_choices, say
from handlers.kit.turn import Input, Json, Outcome, Said, Sent, State, Turn
from handlers.reporting import mistake
from handlers.reporting.asking import question
from handlers.reporting.draft import Sheet, from_json, to_json
from handlers.reporting.filed import Filed, Locked, open_filed, report_title
from handlers.reporting.filing import correct_effects, place_after
from handlers.reporting.filling import EXPECTS, INNER, Move, advance, begin, item_of, onwards, settle
from handlers.reporting.finding import find_items
from handlers.reporting.intake import block_of, queue_of, unknown_lines, work
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import label, shown
from handlers.reporting.receipt import place_words
from handlers.reporting.wording import ago, name_of
from handlers.rules.period_words import parse_period
from handlers.rules.text import clip, fold
from storage import reports, units

NAME = "correction"
SHORTEST_REASON = 3
CONTROLS_SHOWN = ("back", "cancel")
TEXT_SHOWN = 60
NO_REASON = frozenset(("bo qua", "khong", "khong co", "khong ly do", "none", "skip", "ko", "k"))


@dataclass(frozen=True, slots=True)
class Change:
    """An item with its filed and its new value."""

    item: ReportItem
    before: str | None
    after: str | None


class CorrectionDialogue:
    """Answers: ``report``, ``seen`` (its revision as shown), ``changes`` (a sheet of what is new), ``reason``, and `filling`'s."""

    name = NAME
    version = 1

    def expects(self, state: State) -> Expects:
        if state.step in ("reason", *mistake.TEXT_STEPS):
            return "text"
        return "number" if state.step == "item" else EXPECTS.get(state.step, "choice")

    def ask(self, turn: Turn, state: State) -> Reply:
        filed = open_filed(turn, str(state.answers.get("report", "")))
        if isinstance(filed, Locked):
            return say(filed.why)
        return _question(turn, filed, state.step, state.answers)

    def advance(self, turn: Turn, state: State, given: Input | Chosen) -> Outcome:
        filed = open_filed(turn, str(state.answers.get("report", "")))
        if isinstance(filed, Locked):
            return locked(filed)
        answers = dict(state.answers)
        if isinstance(given, Chosen) and given.value in CONTROLS:
            return _control(turn, filed, state.step, answers, given.value)
        if state.step in mistake.STEPS:
            return _mistaken(turn, filed, state.step, answers, given)
        match state.step:
            case "item":
                return _at_item(turn, filed, answers, given)
            case "reason":
                return _at_reason(turn, filed, answers, given)
            case "confirm":
                return _at_confirm(turn, filed, answers, given)
        return _after(turn, filed, advance(filed.paper, _sheet(filed, answers), state.step, answers, given))


def start(turn: Turn, report_id: str, text: str = "") -> Outcome:
    """Open a filed report; ``text``: the item or the figures named already."""
    filed = open_filed(turn, report_id)
    if isinstance(filed, Locked):
        return locked(filed)
    answers: dict[str, Json] = {"report": report_id, "queue": []}
    if not text:
        return _asking(turn, filed, "item", answers)
    return _at_item(turn, filed, answers, Said(text))


def start_mistake(turn: Turn, report_id: str) -> Outcome:
    """Open a filed report to be withdrawn or moved."""
    filed = open_filed(turn, report_id)
    if isinstance(filed, Locked):
        return locked(filed)
    return _asking(turn, filed, "mistake", {"report": report_id})


def locked(why: Locked) -> Outcome:
    return Outcome(say(why.why, Choices((Choice(m("My duties"), Go("viec")),))), dialogue="end")


# The sheet with its changes -----------------------------------------------------------------------------------------------------


def _sheet(filed: Filed, answers: Mapping[str, Json]) -> Sheet:
    """What the report will say: the filed figures with the changes over them."""
    sheet = filed.sheet
    changes = from_json(answers.get("changes"))
    for item_id, entry in changes.entries.items():
        sheet = sheet.put(item_id, entry)
    for file in changes.files:
        sheet = sheet.attach(file)
    return sheet


def _changed(filed: Filed, sheet: Sheet) -> Sheet:
    """The part of the sheet that differs from what is filed."""
    entries = {
        item_id: entry for item_id, entry in sheet.entries.items()
        if item_id not in filed.sheet.entries or filed.sheet.value(item_id) != entry.value
    }  # fmt: skip
    return Sheet(entries, tuple(file for file in sheet.files if file not in filed.sheet.files))


def _list(filed: Filed, sheet: Sheet) -> tuple[Change, ...]:
    found = []
    for item_id, entry in _changed(filed, sheet).entries.items():
        item = filed.paper.item(item_id)
        if item is not None and item.kind != "file":
            found.append(Change(item, filed.sheet.value(item_id), entry.value))
    return tuple(found)


# Questions ----------------------------------------------------------------------------------------------------------------------


def _question(turn: Turn, filed: Filed, step: str, answers: Mapping[str, Json]) -> Reply:
    sheet = _sheet(filed, answers)
    if step in mistake.STEPS:
        return mistake.question(turn, filed, step, answers)
    match step:
        case "item":
            example = next((f"{item.code} 85" for item in filed.paper.figures), "TM2")
            return say(
                Text(report_title(turn.read, filed.report), "title"),
                m("What is to be corrected? Please type the code of the item, or the code with the new figure, for example: {example}",
                  example=example),
                Choices((Choice(m("Filed by mistake"), Answer("mistake"), numbered=False),)),
                control_choices("cancel", numbered=False),
            )  # fmt: skip
        case "reason":
            return say(
                *_lines(filed, sheet), m("Please give the reason for the correction."), control_choices("back", "cancel", numbered=False)
            )
        case "confirm":
            choices = (
                Choice(m("Confirm"), Answer("confirm"), says="yes"), Choice(m("Correct more"), Answer("more")),
                Choice(m("Cancel"), Answer("cancel"), says="no"),
            )  # fmt: skip
            reason = (m("Reason"), str(answers.get("reason", "")))
            return say(
                Text(m("Correction of {report}", report=report_title(turn.read, filed.report)), "title"),
                *_lines(filed, sheet), Fields((reason,)), Choices(choices, columns=2),
            )  # fmt: skip
        case _:
            return question(filed.paper, sheet, step, answers, CONTROLS_SHOWN)


def _lines(filed: Filed, sheet: Sheet) -> tuple[Fields | Text, ...]:
    """from → to of every change, and the files that are added."""
    rows: list[tuple[Message, Value]] = [(label(each.item, 40), _arrow(each)) for each in _list(filed, sheet)]
    added = tuple(file.name for file in _changed(filed, sheet).files)
    if added:
        rows.append((m("Files added"), added))
    return (Fields(tuple(rows)),) if rows else ()


def _arrow(change: Change) -> Message:
    return m("{before} → {after}", before=_short(change.item, change.before), after=_short(change.item, change.after))


def _short(item: ReportItem, value: str | None) -> Value:
    if value is None and item.id.endswith(PLAN) and item.plan is not None:
        return shown(item, f"{item.plan:f}")
    read = shown(item, value)
    return clip(read, TEXT_SHOWN) if isinstance(read, str) else read


# Going on -----------------------------------------------------------------------------------------------------------------------


def _asking(turn: Turn, filed: Filed, step: str, answers: Mapping[str, Json], notes: tuple[Message, ...] = ()) -> Outcome:
    state = State(NAME, step, {**answers, "seen": filed.report.revision})
    asked = _question(turn, filed, step, state.answers)
    return Outcome(say(*notes) + asked if notes else asked, (), state)


def _after(turn: Turn, filed: Filed, move: Move) -> Outcome:
    changes = _changed(filed, move.sheet)
    answers = {**move.answers, "changes": to_json(changes)}
    if move.step:
        return _asking(turn, filed, move.step, answers, move.notes)
    answers = {name: value for name, value in answers.items() if name not in ("item", "ids", "values", "raw")}
    if not changes.entries and not changes.files:
        return _asking(turn, filed, "item", answers, (*move.notes, m("That is what was filed: nothing changes.")))
    return _asking(turn, filed, "confirm" if answers.get("reason") else "reason", answers, move.notes)


def _control(turn: Turn, filed: Filed, step: str, answers: dict[str, Json], control: str) -> Outcome:
    item = item_of(filed.paper, answers)
    match control:
        case "cancel":
            done = m("Stopped. Nothing was changed: what was filed stays as it is.")
            return Outcome(say(done, Choices((Choice(m("My duties"), Go("viec")),))), dialogue="end")
        case "skip" if step in ("reason", "why", *mistake.TEXT_STEPS):
            return _asking(turn, filed, step, answers, (m("A correction needs a reason; it cannot be skipped."),))
        case "skip" if step in INNER:
            return _after(turn, filed, onwards(filed.paper, _sheet(filed, answers), answers))
        case "back":
            if step in mistake.STEPS:
                return _asking(turn, filed, mistake.before(step), answers)
            if step in INNER and item is not None:
                return _asking(turn, filed, *begin(item, answers))
            return _asking(turn, filed, "reason" if step == "confirm" else "item", {**answers, "reason": ""})
        case "review":
            changes = _changed(filed, _sheet(filed, answers))
            if changes.entries or changes.files:
                return _asking(turn, filed, "confirm" if answers.get("reason") else "reason", answers)
            return _asking(turn, filed, step, answers, (m("Nothing was changed yet."),))
    return _asking(turn, filed, step, answers, (m("This step cannot be skipped."),))


def _at_item(turn: Turn, filed: Filed, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    if isinstance(given, Chosen) and given.value == "mistake":
        return _asking(turn, filed, "mistake", answers)
    if isinstance(given, Sent):
        kept = advance(filed.paper, _sheet(filed, answers), "item", {**answers, "item": ""}, given)
        if not _changed(filed, kept.sheet).files:
            return _asking(turn, filed, "item", answers, kept.notes)
        return _after(turn, filed, replace(kept, step=""))
    if not isinstance(given, Said):
        return _asking(turn, filed, "item", answers, (m("Not clear."),))
    block = block_of(filed.paper, given.text)
    if block is not None:
        unclear = tuple(line for line in block.unknown if parse_period(line, turn.today) is None)      # "quý 3: ntm01 12"
        notes = unknown_lines(replace(block, unknown=unclear))
        taken = work(filed.paper, _sheet(filed, answers), queue_of(filed.paper, block), notes)
        return _after(turn, filed, settle(filed.paper, taken, answers))
    found = find_items(filed.paper, given.text, numbers=True)
    if len(found) == 1:
        return _asking(turn, filed, *begin(found[0], answers))
    if found:
        listed = tuple(label(item) for item in found[:5])
        return _asking(turn, filed, "item", answers, (m("Several items are named so: {items}", items=listed),))
    return _asking(turn, filed, "item", answers, (m("Not clear."),))


def reason_of(text: str) -> str | None:
    """The reason given, or None for a text that is none."""
    said = " ".join(text.split())
    return None if len(said) < SHORTEST_REASON or fold(said) in NO_REASON or not any(each.isalpha() for each in said) else said


def _at_reason(turn: Turn, filed: Filed, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    if isinstance(given, Sent):
        kept = advance(filed.paper, _sheet(filed, answers), "reason", {**answers, "item": ""}, given)
        return _asking(turn, filed, "reason", {**answers, "changes": to_json(_changed(filed, kept.sheet))}, kept.notes)
    reason = reason_of(given.text) if isinstance(given, Said) else None
    if reason is None:
        return _asking(turn, filed, "reason", answers, (m("A correction needs a reason; it cannot be skipped."),))
    return _asking(turn, filed, "confirm", {**answers, "reason": reason})


def _at_confirm(turn: Turn, filed: Filed, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    value = given.value if isinstance(given, Chosen) else ""
    sheet, reason = _sheet(filed, answers), str(answers.get("reason", ""))
    if value == "more":
        return _asking(turn, filed, "item", answers)
    if value != "confirm" or not reason:
        return _asking(turn, filed, "confirm", answers, (m("Not clear."),))
    if answers.get("seen") != filed.report.revision:
        return _overtaken(turn, filed, answers, sheet)
    effects = correct_effects(turn, filed.report, filed.paper, sheet, reason)
    rows: list[tuple[Message, Value]] = [
        (m("Report"), report_title(turn.read, filed.report)), (m("Unit"), units.name_of(turn.read, filed.report.unit_id)),
    ]  # fmt: skip
    place = place_after(turn.read, filed.report.year, filed.report.unit_id, effects) if filed.paper.scored else None
    after: list[tuple[Message, Value]] = [(m("Reason"), reason)]
    if place is not None:
        after.append((m("Ranking (provisional)"), place_words(place)))
    choices = [Choice(m("Correct more"), Go("sua", f"report:{filed.report.id}"))]
    if filed.paper.scored:
        choices.append(Choice(m("See the ranking"), Go("xephang")))
    choices.append(Choice(m("My duties"), Go("viec")))
    receipt = say(
        Text(m("Recorded: correction"), "title"), Fields(tuple(rows)), *_lines(filed, sheet), Fields(tuple(after)),
        Text(m("The earlier figures stay in the history."), "note"), Choices(tuple(choices), columns=2),
    )  # fmt: skip
    return Outcome(receipt, effects, "end")


def _overtaken(turn: Turn, filed: Filed, answers: dict[str, Json], sheet: Sheet) -> Outcome:
    """A colleague has corrected the report meanwhile: say so, show from → to on the newest figures, ask again."""
    newest = reports.revisions(turn.read, filed.report.id)[-1]
    name, when = name_of(turn.read, newest.filed_by), ago(turn.now, newest.filed_at)
    note = m("{name} has corrected this report meanwhile ({when}). Please look at it again.", name=name, when=when)
    seen = answers.get("seen")
    before = reports.items(turn.read, filed.report.id, seen) if isinstance(seen, int) else {}
    moved = []
    for item in filed.paper.figures:
        was, now = before.get(item.id), filed.sheet.value(item.id)
        if was is not None and was.value != now:
            moved.append(m("{code}: {before} → {after}", code=item.code, before=shown(item, was.value), after=shown(item, now)))
    if not _list(filed, sheet) and not _changed(filed, sheet).files:
        return _asking(turn, filed, "item", {**answers, "reason": ""}, (note, *moved, m("That is what was filed: nothing changes.")))
    return _asking(turn, filed, "confirm", answers, (note, *moved))


def _mistaken(turn: Turn, filed: Filed, step: str, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    """Withdrawing and moving: `mistake` decides, this dialogue asks."""
    if answers.get("seen") != filed.report.revision:
        newest = reports.revisions(turn.read, filed.report.id)[-1]
        name, when = name_of(turn.read, newest.filed_by), ago(turn.now, newest.filed_at)
        note = m("{name} has corrected this report meanwhile ({when}). Please look at it again.", name=name, when=when)
        return _asking(turn, filed, step, answers, (note,))
    decided = mistake.advance(turn, filed, step, answers, given, reason_of)
    if isinstance(decided, Outcome):
        return decided
    return _asking(turn, filed, decided.step, decided.answers, decided.notes)


