"""The dialogue of a report: question by question, or many at once, to the review screen and its confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Message, m, verbatim
from handlers.kit.reply import CONTROLS, Answer, Choice, Choices, Go, Reply, control_choices, say
from handlers.kit.turn import Input, Json, Outcome, Said, Sent, State, Turn
from handlers.reporting import others
from handlers.reporting.asking import question
from handlers.reporting.confirming import confirm
from handlers.reporting.desk import Desk, Shut, filled, open_desk, save_effects
from handlers.reporting.draft import Entry, Sheet
from handlers.reporting.echo import echo
from handlers.reporting.filling import EXPECTS, INNER, Move, advance, begin, item_of, onwards, settle, strings
from handlers.reporting.finding import find_items
from handlers.reporting.intake import block_of, queue_of, read_queue, unknown_lines, work
from handlers.reporting.items import ReportItem
from handlers.reporting.offering import offer, only_page
from handlers.reporting.paper import Paper
from handlers.reporting.receipt import filed_already
from handlers.reporting.review import PAGE, codes, recall, review, some_of
from handlers.reporting.sharing import clash_question, colleague, intro, moved, replaced, shared
from handlers.reporting.uploading import ask_upload, asks_for_page, other_ways
from handlers.rules.period_words import parse_period
from storage import duties, reports
from storage.connection import effect

NAME = "report"
CONTROLS_SHOWN = ("skip", "back", "review", "cancel")


class ReportDialogue:
    """Answers: ``duty``, ``seen`` (the draft revision this officer saw last), ``mode`` ("", gaps, edit), ``page``, and `filling`'s."""

    name = NAME
    version = 1

    def expects(self, state: State) -> Expects:
        return EXPECTS.get(state.step, "number" if state.step == "edit" else "choice")

    def ask(self, turn: Turn, state: State) -> Reply:
        desk = open_desk(turn, str(state.answers.get("duty", "")))
        if isinstance(desk, Shut):
            return say(desk.why)
        if state.step == "review":
            return recall(desk.paper, desk.sheet, desk.duty.title, _page_of(state.answers))
        return _question(turn, desk, desk.sheet, state.step, state.answers)

    def advance(self, turn: Turn, state: State, given: Input | Chosen) -> Outcome:
        desk = open_desk(turn, str(state.answers.get("duty", "")))
        if isinstance(desk, Shut):
            return _shut(turn, str(state.answers.get("duty", "")), desk, confirming=state.step == "review")
        answers = dict(state.answers)
        owner = others.owner_of(turn, desk.paper, given) if self.expects(state) != "text" else None
        if owner is not None:
            return Outcome(others.not_ours(turn, owner).reply + self.ask(turn, state), dialogue=state)
        if isinstance(given, Said) and asks_for_page(given.text):
            found = ask_upload(turn, _evidence(desk, answers))
            return found if found.effects else replace(found, reply=found.reply + self.ask(turn, state))
        if isinstance(given, Chosen) and given.value in CONTROLS:
            return _control(turn, desk, state.step, answers, given.value)
        match state.step:
            case "review":
                return _at_review(turn, desk, answers, given)
            case "edit":
                return _at_edit(turn, desk, answers, given)
            case "drop":
                return _at_drop(turn, desk, answers, given)
            case "clash":
                return _at_clash(turn, desk, answers, given)
        clash = _clash(turn, desk, state.step, answers, given)
        if clash is not None:
            return clash
        return _after(turn, desk, advance(desk.paper, desk.sheet, state.step, answers, given))


def start(turn: Turn, duty_id: str) -> Outcome:
    """Open a duty: its first question, or where the draft stands."""
    desk = open_desk(turn, duty_id)
    if isinstance(desk, Shut):
        return _shut(turn, duty_id, desk)
    answers: dict[str, Json] = {"duty": duty_id, "mode": "", "queue": []}
    offered = offer(turn, desk)
    if offered is None:
        return _next(turn, desk, desk.sheet, answers, None, intro(turn, desk))
    opened = _next(turn, desk, desk.sheet, answers, None, (*intro(turn, desk), offered.line))
    return replace(opened, reply=replace(opened.reply, once=True), effects=(offered.effect, *opened.effects))


def start_on_page(turn: Turn, duty_id: str) -> Outcome:
    """The page of a duty's form alone; its first question where there is no page any more."""
    desk = open_desk(turn, duty_id)
    if isinstance(desk, Shut):
        return _shut(turn, duty_id, desk)
    return only_page(turn, desk) or start(turn, duty_id)


def start_with(turn: Turn, duty_id: str, text: str) -> Outcome:
    """Open a duty with figures typed outside any dialogue."""
    desk = open_desk(turn, duty_id)
    if isinstance(desk, Shut):
        return _shut(turn, duty_id, desk)
    block = block_of(desk.paper, text)
    if block is None:
        return start(turn, duty_id)
    answers: dict[str, Json] = {"duty": duty_id, "mode": "", "queue": []}
    unclear = tuple(line for line in block.unknown if parse_period(line, turn.today) is None)
    notes = unknown_lines(replace(block, unknown=unclear))
    move = settle(desk.paper, work(desk.paper, desk.sheet, queue_of(desk.paper, block), notes), answers)
    return _after(turn, desk, move, (verbatim(desk.duty.title), *shared(turn, desk), *replaced(desk, move.sheet)))


def ask_drop(turn: Turn, duty_id: str) -> Outcome:
    """Ask whether the shared draft is to be deleted."""
    desk = open_desk(turn, duty_id)
    if isinstance(desk, Shut):
        return _shut(turn, duty_id, desk)
    if desk.draft is None:
        return Outcome(say(m("There is no draft of this report.")), dialogue="end")
    state = State(NAME, "drop", {"duty": duty_id, "seen": desk.revision})
    return Outcome(_question(turn, desk, desk.sheet, "drop", state.answers), dialogue=state)


# Where it goes on ---------------------------------------------------------------------------------------------------------------


def _after(turn: Turn, desk: Desk, move: Move, notes: tuple[Message, ...] = ()) -> Outcome:
    """The next question after an answer."""
    notes = (*notes, *move.notes)
    if move.step:
        return _asking(turn, desk, move.sheet, move.step, move.answers, notes)
    answers = dict(move.answers)
    return _next(turn, desk, move.sheet, answers, item_of(desk.paper, answers), notes)


def _next(
    turn: Turn, desk: Desk, sheet: Sheet, answers: dict[str, Json], item: ReportItem | None, notes: tuple[Message, ...]
) -> Outcome:
    mode = answers.get("mode")
    if mode == "edit":
        return _to_review(turn, desk, sheet, answers, notes, _page(desk.paper, item))
    follow = _follow(desk.paper, sheet, item, gaps_only=mode == "gaps")
    if follow is None:
        return _to_review(turn, desk, sheet, answers, notes)
    step, opened = begin(follow, answers)
    return _asking(turn, desk, sheet, step, opened, notes)


def _follow(paper: Paper, sheet: Sheet, item: ReportItem | None, *, gaps_only: bool) -> ReportItem | None:
    """What is asked next: the first open item behind this one, else (not among the gaps, which are gone through once) any before it."""
    place = next((at for at, each in enumerate(paper.items, start=1) if item is not None and each.id == item.id), 0)
    behind, before = paper.items[place:], paper.items[:place]
    if gaps_only:
        return next((each for each in behind if sheet.value(each.id) is None), None)
    return next((each for each in (*behind, *before) if each.id not in sheet.entries), None)


def _to_review(
    turn: Turn, desk: Desk, sheet: Sheet, answers: Mapping[str, Json], notes: tuple[Message, ...] = (), page: int = 1
) -> Outcome:
    kept: dict[str, Json] = {"duty": desk.duty.id, "mode": "", "queue": [], "page": page, "item": answers.get("item", "")}
    return _asking(turn, desk, sheet, "review", kept, notes)


def _asking(
    turn: Turn, desk: Desk, sheet: Sheet, step: str, answers: Mapping[str, Json], notes: tuple[Message, ...] = ()
) -> Outcome:
    """Keep the sheet, open the step and ask its question. The review itself shows what was taken."""
    notes = notes if step == "review" else (*notes, *echo(desk.paper, desk.sheet, sheet))
    effects = save_effects(turn, desk, sheet)
    seen = desk.revision + 1 if effects else desk.revision
    state = State(NAME, step, {**answers, "seen": seen})
    asked = _question(turn, desk, sheet, step, state.answers)
    return Outcome(say(*notes) + asked if notes else asked, effects, state)


def _question(turn: Turn, desk: Desk, sheet: Sheet, step: str, answers: Mapping[str, Json]) -> Reply:
    match step:
        case "review":
            return review(desk.paper, sheet, desk.duty.title, _page_of(answers))
        case "edit":
            which = m(
                "Please type the code of the item, or the code with the new figure, for example: {example}",
                example=_example(desk.paper),
            )
            return say(which, control_choices("back", "cancel", numbered=False))
        case "drop":
            return say(
                m("Delete the draft of “{title}”? What was entered is lost for all officers of the unit.", title=desk.duty.title),
                Choices((Choice(m("Delete the draft"), Answer("drop")), Choice(m("Keep it"), Answer("cancel"), says="no")), columns=2),
            )
        case "clash":
            return clash_question(turn, desk, answers)
        case _:
            ways = other_ways(turn, "baocao", _evidence(desk, answers))
            return question(desk.paper, sheet, step, answers, CONTROLS_SHOWN, ways)


def _evidence(desk: Desk, answers: Mapping[str, Json]) -> str:
    """What files that are sent on a page are for: the duty, and the item that is being asked."""
    return f"duty:{desk.duty.id} {answers.get('item', '')}"


def _page_of(answers: Mapping[str, Json]) -> int:
    page = answers.get("page")
    return page if isinstance(page, int) else 1


def _example(paper: Paper) -> str:
    first = next(iter(paper.figures), None)
    return "TM2" if first is None else f"{first.code} 85"


# Control words ------------------------------------------------------------------------------------------------------------------


def _control(turn: Turn, desk: Desk, step: str, answers: dict[str, Json], control: str) -> Outcome:
    item = item_of(desk.paper, answers)
    match control:
        case "cancel":
            return _leave(turn, desk)
        case "review":
            return _to_review(turn, desk, desk.sheet, answers, _left_open(desk.paper, step, answers), _page(desk.paper, item))
        case "skip" if step in EXPECTS and step not in INNER and item is not None:
            sheet = desk.sheet
            if item.id not in sheet.entries:
                sheet = sheet.put(item.id, Entry(None, skipped=True))
            return _after(turn, desk, onwards(desk.paper, sheet, answers))
        case "skip" if step in INNER and step != "why":
            return _after(turn, desk, onwards(desk.paper, desk.sheet, answers))
        case "back":
            return _back(turn, desk, step, answers, item)
    return _asking(turn, desk, desk.sheet, step, answers, (m("This step cannot be skipped."),))


def _left_open(paper: Paper, step: str, answers: Mapping[str, Json]) -> tuple[Message, ...]:
    """What was typed and is dropped when the review is asked for in the middle of a line of figures."""
    pending = read_queue(answers.get("queue"))
    ids = [*(strings(answers.get("ids"))[:1] if step in ("reading", "doubt") else ()), *(each.item_ids[0] for each in pending)]
    items = [item for item_id in ids if (item := paper.item(item_id)) is not None]
    return (m("Not taken yet: {codes}", codes=codes(items)),) if items else ()


def _page(paper: Paper, item: ReportItem | None) -> int:
    """The page of the review on which the item stands."""
    return 1 if item is None or item not in paper.items else paper.items.index(item) // PAGE + 1


def _back(turn: Turn, desk: Desk, step: str, answers: dict[str, Json], item: ReportItem | None) -> Outcome:
    if step in ("edit", "drop") or (answers.get("mode") == "edit" and step not in INNER):
        return _to_review(turn, desk, desk.sheet, answers)
    if item is not None and (step in INNER or step == "clash"):
        opened_step, opened = begin(item, answers)
        return _asking(turn, desk, desk.sheet, opened_step, opened)
    items = desk.paper.items
    place = next((at for at, each in enumerate(items) if item is not None and each.id == item.id), len(items))
    before = items[-1] if step == "review" else items[place - 1] if place > 0 else None
    if before is None:
        return _asking(turn, desk, desk.sheet, step, answers, (m("This is the first question."),))
    opened_step, opened = begin(before, {**answers, "mode": ""})
    return _asking(turn, desk, desk.sheet, opened_step, opened)


def _leave(turn: Turn, desk: Desk) -> Outcome:
    if desk.draft is None:
        return Outcome(say(m("Stopped. Nothing was recorded."), Choices((Choice(m("My duties"), Go("viec")),))), dialogue="end")
    done, count = filled(desk.paper, desk.sheet)
    choices = (
        Choice(m("Continue"), Go("baocao", desk.duty.id)),
        Choice(m("Delete the draft"), Go("baocao", f"drop {desk.duty.id}")),
    )
    return Outcome(
        say(m("Stopped. Not filed yet; the draft is kept ({done} of {count}).", done=done, count=count), Choices(choices, columns=2)),
        dialogue="end",
    )


# Steps of their own -------------------------------------------------------------------------------------------------------------


def _at_review(turn: Turn, desk: Desk, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    if isinstance(given, Said):
        return _named(turn, desk, answers, given.text, "review")
    if isinstance(given, Sent):
        kept = advance(desk.paper, desk.sheet, "review", {**answers, "item": ""}, given)
        return _to_review(turn, desk, kept.sheet, answers, kept.notes)
    value = given.value if isinstance(given, Chosen) else ""
    match value.split(":"):
        case ["confirm"]:
            return _confirm(turn, desk, answers)
        case ["edit"]:
            return _asking(turn, desk, desk.sheet, "edit", answers)
        case ["fill"]:
            return _next(turn, desk, desk.sheet, {**answers, "mode": "gaps"}, None, ())
        case ["page", number] if number.isdecimal():
            return _to_review(turn, desk, desk.sheet, answers, page=int(number))
    return _asking(turn, desk, desk.sheet, "review", answers, (m("Not clear."),))


def _confirm(turn: Turn, desk: Desk, answers: dict[str, Json]) -> Outcome:
    if moved(turn, desk, answers):
        note = m("{name} has changed the draft meanwhile. Please look at it again.", name=colleague(turn, desk))
        return _to_review(turn, desk, desk.sheet, answers, (note,))
    done = confirm(turn, desk)
    if isinstance(done, Message):
        return _asking(turn, desk, desk.sheet, "review", answers, (done,))
    return Outcome(done.reply, done.effects, "end")


def _at_edit(turn: Turn, desk: Desk, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    if isinstance(given, Said):
        return _named(turn, desk, answers, given.text, "edit")
    if isinstance(given, Sent):
        return _at_review(turn, desk, answers, given)
    return _asking(turn, desk, desk.sheet, "edit", answers, (m("Not clear."),))


def _named(turn: Turn, desk: Desk, answers: dict[str, Json], text: str, step: str) -> Outcome:
    """An item named by code, place or name, or a line of figures."""
    answers = {**answers, "mode": "edit"}
    block = block_of(desk.paper, text)
    if block is not None:
        move = settle(desk.paper, work(desk.paper, desk.sheet, queue_of(desk.paper, block), unknown_lines(block)), answers)
        return _after(turn, desk, move, replaced(desk, move.sheet))
    found = find_items(desk.paper, text, numbers=step == "edit")
    if len(found) == 1:
        opened_step, opened = begin(found[0], answers)
        return _asking(turn, desk, desk.sheet, opened_step, opened)
    if found:
        listed = some_of(found)
        return _asking(turn, desk, desk.sheet, step, answers, (m("Several items are named so: {items}", items=listed),))
    outcome = _asking(turn, desk, desk.sheet, step, answers, (m("Not clear."),))
    if step == "review":
        return replace(outcome, reply=say(m("Not clear.")) + recall(desk.paper, desk.sheet, desk.duty.title, _page_of(answers)))
    return outcome


def _at_drop(turn: Turn, desk: Desk, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    if not (isinstance(given, Chosen) and given.value == "drop"):
        return _asking(turn, desk, desk.sheet, "drop", answers, (m("Not clear."),))
    if moved(turn, desk, answers):
        note = m("{name} has changed the draft meanwhile. Please look at it again.", name=colleague(turn, desk))
        return _to_review(turn, desk, desk.sheet, answers, (note,))
    done = say(m("The draft was deleted."), Choices((Choice(m("My duties"), Go("viec")),)))
    return Outcome(done, (effect(reports.drop_draft, desk.duty.id),), "end")


# Two officers at once -----------------------------------------------------------------------------------------------------------


def _clash(turn: Turn, desk: Desk, step: str, answers: dict[str, Json], given: Input | Chosen) -> Outcome | None:
    """A colleague has entered this very item meanwhile: ask which of the two counts."""
    item = item_of(desk.paper, answers)
    if item is None or isinstance(given, Sent) or not moved(turn, desk, answers):
        return None
    theirs = desk.sheet.entries.get(item.id)
    if theirs is None or theirs.skipped or theirs.value is None:
        return None
    if isinstance(given, Said) and block_of(desk.paper, given.text) is not None:
        return None
    mine = advance(desk.paper, desk.sheet, step, answers, given)
    if mine.sheet.value(item.id) == theirs.value and not mine.step:
        return None
    raw = given.text if isinstance(given, Said) else given.value if isinstance(given, Chosen) else ""
    kind = "said" if isinstance(given, Said) else "chosen"
    kept: dict[str, Json] = {**answers, "given": [kind, raw], "asked": step}
    return _asking(turn, desk, desk.sheet, "clash", kept)


def _at_clash(turn: Turn, desk: Desk, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    item = item_of(desk.paper, answers)
    kept = answers.get("given")
    if item is None or not isinstance(given, Chosen) or given.value not in ("theirs", "mine") or not isinstance(kept, list):
        return _asking(turn, desk, desk.sheet, "clash", answers, (m("Not clear."),))
    answers = {name: value for name, value in answers.items() if name not in ("given", "asked")} | {"seen": desk.revision}
    if given.value == "theirs":
        return _after(turn, desk, onwards(desk.paper, desk.sheet, answers))
    kind, raw = str(kept[0]), str(kept[1])
    again: Input | Chosen = Said(raw) if kind == "said" else Chosen(raw)
    return _after(turn, desk, advance(desk.paper, desk.sheet, _asked(item), answers, again))


def _asked(item: ReportItem) -> str:
    return begin(item, {})[0]


def _shut(turn: Turn, duty_id: str, shut: Shut, *, confirming: bool = False) -> Outcome:
    if shut.filed:
        duty = duties.duty(turn.read, duty_id)
        again = None if duty is None else filed_already(turn, duty, confirming=confirming)
        if again is not None:
            return Outcome(again, dialogue="end")
    return Outcome(say(shut.why, Choices((Choice(m("My duties"), Go("viec")),))), dialogue="end")
