"""Reports of another unit, by name: its officers enter and read them; how it stands is told as far as it may be known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from handlers import progress
from handlers.kit.dialogue import Chosen
from handlers.kit.message import Message, Value, m
from handlers.kit.reply import Choice, Choices, Fields, Go, Text
from handlers.kit.turn import Input, Outcome, Said, Turn, answer
from handlers.reporting.choosing import matching
from handlers.reporting.intake import block_of
from handlers.reporting.paper import Paper
from handlers.rules.deadline import due_line
from handlers.rules.names import NameIndex, One, Several
from handlers.rules.period_words import parse_year
from handlers.rules.text import fold
from handlers.schedule import agenda
from handlers.schedule.cut import left_over, nearest
from handlers.scores.score_query import index_of, not_member, ref
from storage import units
from storage.duties import Duty

MOST_SHOWN = 4

_ALL = re.compile(
    r"\b(?:(?:cua|cho|o)\s+)?"
    r"(?:(?:cac|nhung|moi|tat ca)\s+(?:tinh|don vi|xa|phuong)|(?:tinh|don vi|xa)\s+(?:ban|khac)|(?:toan|ca|trong)\s+cum)\b"
)
_OPEN_TO_ALL = m("A report is entered and read by its own officers; ranking, progress and single indicators are open to all members.")
_HIDDEN = m("After a deadline, who has filed and who is missing is told to its own unit and the secretary only.")


def of_all(text: str) -> str | None:
    """The rest of a text that asks for the reports of the others, or of all ("của các tỉnh", "đơn vị khác"); None for any other text."""
    said = fold(text)
    found = _ALL.search(said)
    return None if found is None else f"{said[: found.start()]} {said[found.end() :]}".strip()


def named_in_question(turn: Turn, text: str) -> str | None:
    """The unit that the words beside a command name, where it is not the person's own; its own named with it counts as the own."""
    for index in _indexes(turn):
        match index.find(text):
            case One(id=unit_id):
                return None if unit_id in turn.unit_ids or _own_too(turn, index, text) else unit_id
            case Several(ids=ids):
                return None if set(ids) & set(turn.unit_ids) else ids[0]
    return None


def named_with_figures(turn: Turn, text: str) -> str | None:
    """The unit whose figures a text says it gives ("ntm01 của Sơn La: 23"), where it is not the person's own.

    Only a name that is said to be the owner counts: names stand in the names of indicators too, and short codes among figures say little.
    """
    for index in _indexes(turn):
        found = index.owners(text)
        if found:
            return None if set(found) & set(turn.unit_ids) else found[0]
    return None


def owner_of(turn: Turn, paper: Paper, given: Input | Chosen) -> str | None:
    """The same of an answer to an open question about the paper; None where it names no items of it."""
    if not isinstance(given, Said) or block_of(paper, given.text) is None:
        return None
    return named_with_figures(turn, given.text)


def _indexes(turn: Turn) -> Iterator[NameIndex]:
    """This year's members first; a unit that was merged, or left, is known too."""
    members = units.members(turn.read, turn.today.year)
    yield index_of(members)
    taken = {each.id for each in members}
    yield index_of(tuple(each for each in units.all_units(turn.read) if each.id not in taken))


def _own_too(turn: Turn, index: NameIndex, text: str) -> bool:
    return bool(set(index.find_all(text).ids) & set(turn.unit_ids))


def not_ours(turn: Turn, unit_id: str) -> Outcome:
    """Figures were given for another unit: nothing is taken."""
    name = units.name_of(turn.read, unit_id)
    return answer(
        m("Figures of {unit} are entered by its own officers; nothing was recorded.", unit=name),
        m("A figure typed without the name of a unit counts for the own one."),
    )


def standing(turn: Turn, unit_id: str, text: str) -> Outcome:
    """Where the named report of the other unit stands, and who may read what; without one, all that is being collected."""
    gone = not_member(turn.read, unit_id, turn.today.year)
    if gone is not None:
        return answer(gone, Choices((Choice(m("Progress"), Go("tiendo")),)))
    name = units.name_of(turn.read, unit_id)
    rest = _without(turn, text)
    found = matching(turn, rest, (unit_id,)) if rest else None
    named = () if found is None else _newest((*found.open, *found.done), rest, turn)
    free = agenda.free_days(turn.read)
    rows: list[tuple[Message, Value]] = []
    hidden = False
    every = named or _collected(turn, unit_id)
    shown = nearest(every, turn.now, MOST_SHOWN, lambda duty: duty.effective)
    for duty in shown:
        due = due_line(duty.due, duty.effective, turn.zone, free.names)
        known = progress.sees_names(turn, duty)
        hidden = hidden or not known
        state = m("due {due}; {state}", due=due, state=_state(turn, duty)) if known else m("due {due}", due=due)
        rows.append((agenda.titled(duty.title, duty.year), state))
    notes = [*left_over(every, shown, m("progress of {unit}", unit=name)), Text(_OPEN_TO_ALL, "note")]
    if hidden:
        notes.append(Text(_HIDDEN, "note"))
    choices = Choices(
        (Choice(m("Ranking of {unit}", unit=name), Go("xephang", ref(unit_id))), Choice(m("Progress"), Go("tiendo"))), columns=2
    )  # fmt: skip
    title = Text(m("{unit}: reports", unit=name), "title")
    return answer(title, *((Fields(tuple(rows)),) if rows else (m("No report is being collected now."),)), *notes, choices)


def _without(turn: Turn, text: str) -> str:
    for index in _indexes(turn):
        found = index.find(text)
        if found is not None:
            return found.rest
    return text


def _newest(found: Sequence[Duty], text: str, turn: Turn) -> Sequence[Duty]:
    """Of the same report in several years the last one, where no year was said."""
    if parse_year(text, turn.today) is not None:
        return found
    latest = max((duty.year for duty in found), default=0)
    return [duty for duty in found if duty.year == latest]


def _collected(turn: Turn, unit_id: str) -> Sequence[Duty]:
    """What is being collected, by date."""
    return [duty for each in progress.running(turn) for duty in each.duties if duty.unit_id == unit_id]


def _state(turn: Turn, duty: Duty) -> Message:
    return agenda.done_line(duty, turn.zone) if duty.status == "done" else progress.not_yet(duty, turn)
