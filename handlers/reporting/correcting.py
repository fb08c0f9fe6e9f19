"""The dialogue of a correction: what is wrong, the new value, the reason, from → to, a new revision. Both values stay.

What was begun is the officer's own and lies beside the report (`storage.corrections`): the page of the form goes on with it, and so does
this dialogue when it is opened again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Message, m
from handlers.kit.reply import CONTROLS, Answer, Choice, Choices, Fields, Go, Reply, Text, control_choices, say
from handlers.kit.turn import Input, Json, Outcome, Said, Sent, State, Turn
from handlers.reporting import mistake, others
from handlers.reporting.asking import question
from handlers.reporting.changes import anything, give_up, keep, lines, reason_of, stamp, whole
from handlers.reporting.corrected import NEEDS_REASON, UNCHANGED, overtaken, record
from handlers.reporting.draft import Sheet
from handlers.reporting.filed import Filed, Locked, open_filed, report_title
from handlers.reporting.filling import EXPECTS, INNER, Move, advance, begin, item_of, onwards, settle
from handlers.reporting.finding import find_items
from handlers.reporting.form_filing import CHANGED_MEANWHILE
from handlers.reporting.intake import block_of, queue_of, unknown_lines, work
from handlers.reporting.offering import offer_correction
from handlers.reporting.review import some_of
from handlers.reporting.uploading import ask_upload, asks_for_page, other_ways
from handlers.reporting.wording import ago
from handlers.rules.period_words import parse_period

NAME = "correction"
CONTROLS_SHOWN = ("back", "cancel")
UNCHANGED_FIGURE = m("That is what was filed: nothing changes.")


class CorrectionDialogue:
    """Answers: ``report``, ``seen`` (its revision as shown), ``shown`` (the `stamp` of what was begun), and `filling`'s."""

    name = NAME
    version = 2

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
        if isinstance(given, Said) and asks_for_page(given.text):
            found = ask_upload(turn, _subject(filed, answers))
            return found if found.effects else replace(found, reply=found.reply + self.ask(turn, state))
        owner = others.owner_of(turn, filed.paper, given) if self.expects(state) != "text" else None
        if owner is not None:
            return Outcome(others.not_ours(turn, owner).reply + self.ask(turn, state), dialogue=state)
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
        return _after(turn, filed, advance(filed.paper, whole(filed), state.step, answers, given))


def start(turn: Turn, report_id: str, text: str = "") -> Outcome:
    """Open a filed report, where a correction was begun that one; ``text``: the item or the figures named already."""
    filed = open_filed(turn, report_id)
    if isinstance(filed, Locked):
        return locked(filed)
    answers: dict[str, Json] = {"report": report_id, "queue": []}
    going_on: tuple[Message, ...] = ()
    if filed.begun is not None and anything(filed, whole(filed)):
        going_on = (m("The correction goes on from where it was left ({when}).", when=ago(turn.now, filed.begun.updated_at)),)
    if text:
        opened = _at_item(turn, filed, answers, Said(text))
        return replace(opened, reply=say(*going_on) + opened.reply) if going_on else opened
    opened = _asking(turn, filed, _next_step(filed) if going_on else "item", answers, going_on)
    offered = offer_correction(turn, filed)
    if offered is None:
        return opened
    reply = replace(_below_title(opened.reply, offered.line, len(going_on)), once=True)
    return replace(opened, reply=reply, effects=(offered.effect, *opened.effects))


def _below_title(reply: Reply, line: Message, untitled: int) -> Reply:
    """With the line below its title; at the place ``untitled`` of one that has none."""
    blocks = reply.blocks
    place = next((at for at, each in enumerate(blocks, start=1) if isinstance(each, Text) and each.style == "title"), untitled)
    return replace(reply, blocks=(*blocks[:place], Text(line), *blocks[place:]))


def start_mistake(turn: Turn, report_id: str) -> Outcome:
    """Open a filed report to be withdrawn or moved."""
    filed = open_filed(turn, report_id)
    if isinstance(filed, Locked):
        return locked(filed)
    return _asking(turn, filed, "mistake", {"report": report_id})


def locked(why: Locked) -> Outcome:
    return Outcome(say(why.why, Choices((Choice(m("My duties"), Go("viec")),))), dialogue="end")


def _subject(filed: Filed, answers: Mapping[str, Json]) -> str:
    """What files that are sent on a page are for: the report, and its item that is being asked."""
    return f"report:{filed.report.id} {answers.get('item', '')}"


def _next_step(filed: Filed) -> str:
    """What is asked once something is changed."""
    return "confirm" if filed.reason else "reason"


# Questions ----------------------------------------------------------------------------------------------------------------------


def _question(turn: Turn, filed: Filed, step: str, answers: Mapping[str, Json]) -> Reply:
    sheet = whole(filed)
    if step in mistake.STEPS:
        return mistake.question(turn, filed, step, answers)
    ways = tuple(replace(way, numbered=False) for way in other_ways(turn, "sua", _subject(filed, answers)))
    match step:
        case "item":
            example = next((f"{item.code} 85" for item in filed.paper.figures), "TM2")
            choices = (Choice(m("Filed by mistake"), Answer("mistake"), numbered=False), *ways)
            return say(
                Text(report_title(turn.read, filed.report), "title"),
                m("What is to be corrected? Please type the code of the item, or the code with the new figure, for example: {example}",
                  example=example),
                Choices(choices), control_choices("cancel", numbered=False),
            )  # fmt: skip
        case "reason":
            asked, files = m("Please give the reason for the correction."), (Choices(ways),) if ways else ()
            return say(*lines(filed, sheet), asked, *files, control_choices("back", "cancel", numbered=False))
        case "confirm":
            choices = (
                Choice(m("Confirm"), Answer("confirm"), says="yes"), Choice(m("Correct more"), Answer("more"), says="wrong"),
                Choice(m("Cancel"), Answer("cancel"), says="no"),
            )  # fmt: skip
            return say(
                Text(m("Correction of {report}", report=report_title(turn.read, filed.report)), "title"),
                *lines(filed, sheet), Fields(((m("Reason"), filed.reason),)), Choices(choices, columns=2),
            )  # fmt: skip
        case _:
            return question(filed.paper, sheet, step, answers, CONTROLS_SHOWN, ways)


# Going on -----------------------------------------------------------------------------------------------------------------------


def _asking(
    turn: Turn, filed: Filed, step: str, answers: Mapping[str, Json], notes: tuple[Message, ...] = (), *,
    sheet: Sheet | None = None, reason: str | None = None,
) -> Outcome:  # fmt: skip
    """Keep what is changed now and open the step. ``sheet``, ``reason`` None: as they were."""
    kept, effects = keep(turn, filed, whole(filed) if sheet is None else sheet, filed.reason if reason is None else reason)
    state = State(NAME, step, {**answers, "seen": filed.report.revision, "shown": stamp(kept)})
    asked = _question(turn, kept, step, state.answers)
    return Outcome(say(*notes) + asked if notes else asked, effects, state)


def _after(turn: Turn, filed: Filed, move: Move) -> Outcome:
    if move.step:
        return _asking(turn, filed, move.step, move.answers, move.notes, sheet=move.sheet)
    answers = {name: value for name, value in move.answers.items() if name not in ("item", "ids", "values", "raw")}
    if not anything(filed, move.sheet):
        return _asking(turn, filed, "item", answers, (*move.notes, UNCHANGED_FIGURE), sheet=move.sheet)
    return _asking(turn, filed, _next_step(filed), answers, move.notes, sheet=move.sheet)


def _control(turn: Turn, filed: Filed, step: str, answers: dict[str, Json], control: str) -> Outcome:
    item = item_of(filed.paper, answers)
    match control:
        case "cancel":
            return _leave(turn, filed, answers)
        case "skip" if step in ("reason", "why", *mistake.TEXT_STEPS):
            return _asking(turn, filed, step, answers, (NEEDS_REASON,))
        case "skip" if step in INNER:
            return _after(turn, filed, onwards(filed.paper, whole(filed), answers))
        case "back":
            if step in mistake.STEPS:
                return _asking(turn, filed, mistake.before(step), answers)
            if step in INNER and item is not None:
                return _asking(turn, filed, *begin(item, answers))
            return _asking(turn, filed, "reason" if step == "confirm" else "item", answers, reason="")
        case "review":
            if anything(filed, whole(filed)):
                return _asking(turn, filed, _next_step(filed), answers)
            return _asking(turn, filed, step, answers, (UNCHANGED,))
    return _asking(turn, filed, step, answers, (m("This step cannot be skipped."),))


def _leave(turn: Turn, filed: Filed, answers: Mapping[str, Json]) -> Outcome:
    """What this chat has shown is given up; what was entered on the page since then is not."""
    going = Choice(m("My duties"), Go("viec"))
    if filed.begun is not None and answers.get("shown") != stamp(filed):
        kept = m("Stopped. What was filed stays as it is; what was entered on the page meanwhile is kept there.")
        again = Choice(m("Correct more"), Go("sua", f"report:{filed.report.id}"))
        return Outcome(say(kept, Choices((again, going), columns=2)), dialogue="end")
    done = m("Stopped. Nothing was changed: what was filed stays as it is.")
    return Outcome(say(done, Choices((going,))), give_up(filed), "end")


def _at_item(turn: Turn, filed: Filed, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    if isinstance(given, Chosen) and given.value == "mistake":
        return _asking(turn, filed, "mistake", answers)
    if isinstance(given, Sent):
        kept = advance(filed.paper, whole(filed), "item", {**answers, "item": ""}, given)
        if kept.sheet.files == whole(filed).files:
            return _asking(turn, filed, "item", answers, kept.notes)
        return _after(turn, filed, replace(kept, step=""))
    if not isinstance(given, Said):
        return _asking(turn, filed, "item", answers, (m("Not clear."),))
    block = block_of(filed.paper, given.text)
    if block is not None:
        unclear = tuple(line for line in block.unknown if parse_period(line, turn.today) is None)      # "quý 3: ntm01 12"
        notes = unknown_lines(replace(block, unknown=unclear))
        taken = work(filed.paper, whole(filed), queue_of(filed.paper, block), notes)
        return _after(turn, filed, settle(filed.paper, taken, answers))
    found = find_items(filed.paper, given.text, numbers=True)
    if len(found) == 1:
        return _asking(turn, filed, *begin(found[0], answers))
    if found:
        named = some_of(found)
        return _asking(turn, filed, "item", answers, (m("Several items are named so: {items}", items=named),))
    return _asking(turn, filed, "item", answers, (m("Not clear."),))


def _at_reason(turn: Turn, filed: Filed, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    if isinstance(given, Sent):
        kept = advance(filed.paper, whole(filed), "reason", {**answers, "item": ""}, given)
        return _asking(turn, filed, "reason", answers, kept.notes, sheet=kept.sheet)
    reason = reason_of(given.text) if isinstance(given, Said) else None
    if reason is None:
        return _asking(turn, filed, "reason", answers, (NEEDS_REASON,))
    return _asking(turn, filed, "confirm", answers, reason=reason)


def _at_confirm(turn: Turn, filed: Filed, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    value = given.value if isinstance(given, Chosen) else ""
    if value == "more":
        return _asking(turn, filed, "item", answers)
    if value != "confirm":
        return _asking(turn, filed, "confirm", answers, (m("Not clear."),))
    seen = answers.get("seen")
    notes = overtaken(turn, filed, seen) if isinstance(seen, int) and seen != filed.report.revision else ()
    if not notes and answers.get("shown") != stamp(filed):
        notes = (CHANGED_MEANWHILE,)
    if not anything(filed, whole(filed)):
        return _asking(turn, filed, "item", answers, (*notes, UNCHANGED_FIGURE), reason="")
    if notes or not filed.reason:
        return _asking(turn, filed, _next_step(filed), answers, notes)
    done = record(turn, filed, filed.reason)
    return Outcome(done.reply, done.effects, "end")


def _mistaken(turn: Turn, filed: Filed, step: str, answers: dict[str, Json], given: Input | Chosen) -> Outcome:
    """Withdrawing and moving: `mistake` decides, this dialogue asks."""
    seen = answers.get("seen")
    if isinstance(seen, int) and seen != filed.report.revision:
        return _asking(turn, filed, step, answers, overtaken(turn, filed, seen)[:1])
    decided = mistake.advance(turn, filed, step, answers, given, reason_of)
    if isinstance(decided, Outcome):
        return decided
    return _asking(turn, filed, decided.step, decided.answers, decided.notes)
