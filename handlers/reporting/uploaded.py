"""Evidence that came through a page: attached by the rules of the chat, which is told and goes on with its question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.kit.message import Message, m, verbatim
from handlers.kit.reply import Choice, Choices, Reply, say
from handlers.kit.turn import Sent, State, Turn
from handlers.kit.wire import queue_effects
from handlers.listening.open_dialogue import standing_of
from handlers.reporting.asking import question
from handlers.reporting.conversation import CONTROLS_SHOWN, ReportDialogue
from handlers.reporting.correction_desk import CorrectionDesk, kept, title_of, way_back
from handlers.reporting.desk import Desk
from handlers.reporting.draft import Sheet
from handlers.reporting.filling import EXPECTS, advance
from handlers.reporting.form_filing import chat_left
from handlers.reporting.items import ReportItem
from handlers.reporting.review import recall
from storage.connection import Effect


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of the files: a sentence for each in their order, and what must be committed for it to be true."""

    notes: tuple[Message, ...]
    effects: tuple[Effect, ...]


def attach(turn: Turn, desk: Desk, item: ReportItem | None, files: Sequence[Sent]) -> Uploaded:
    """Put stored files into the draft, by the very rules of the chat, and tell the chat that gave the link."""
    sheet = desk.sheet
    notes: list[Message] = []
    names: list[str] = []
    for sent in files:
        move = advance(desk.paper, sheet, "files", {"item": "" if item is None else item.id}, sent)
        if move.sheet is not sheet:
            names.append(sent.name)
        sheet = move.sheet
        notes += move.notes
    effects = kept(turn, desk, sheet)
    return Uploaded(tuple(notes), (*effects, *_letter(turn, desk, sheet, item, names)) if effects else ())


def _letter(turn: Turn, desk: Desk, sheet: Sheet, item: ReportItem | None, names: Sequence[str]) -> tuple[Effect, ...]:
    """What was received, and where the report goes on: the open question once more, or a way back into it."""
    if not turn.place.channel:
        return ()
    told = tuple(verbatim(name) for name in names)
    if item is None or item.kind == "file":
        received = m("Received on the page for “{title}”: {names}", title=title_of(turn, desk), names=told)
    else:
        received = m("Received on the page as evidence for {code}: {names}", code=item.code, names=told)
    standing = standing_of(turn, {ReportDialogue.name: ReportDialogue()})
    correcting = isinstance(desk, CorrectionDesk)
    asked = None if correcting else _asked_again(desk, sheet, standing.state)
    going_on = say(Choices((Choice(m("Correct more") if correcting else m("Continue"), way_back(desk)),)))
    of = f"{desk.filed.report.id}:{turn.now}" if isinstance(desk, CorrectionDesk) else desk.duty.id
    letter = queue_effects(
        say(received) + (asked or going_on), channel=turn.place.channel, address=turn.place.address, language=turn.language, now=turn.now,
        mint=turn.mint, dialogue=standing.mark if asked else None, person_id=turn.person.id, key=f"upload:{of}:{desk.revision + 1}",
    )  # fmt: skip
    # what was begun to correct lies beside the chat's question: with the files the next one is another, and "Continue" asks it
    return (*(chat_left(turn, desk) if correcting else ()), *letter)


def _asked_again(desk: Desk, sheet: Sheet, state: State | None) -> Reply | None:
    """The question that is open in the chat about this very report."""
    if state is None or state.name != ReportDialogue.name or state.answers.get("duty") != desk.duty.id:
        return None
    if state.step in EXPECTS:
        return question(desk.paper, sheet, state.step, state.answers, CONTROLS_SHOWN)
    if state.step == "review":
        number = state.answers.get("page")
        return recall(desk.paper, sheet, desk.duty.title, number if isinstance(number, int) else 1)
    return None
