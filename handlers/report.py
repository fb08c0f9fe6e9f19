"""/baocao: enter and file the report of a duty, figure by figure or many at once."""

from __future__ import annotations

import re
from dataclasses import replace

from handlers import correction, progress
from handlers.kit.command import Command
from handlers.kit.message import Message, Value, m, verbatim
from handlers.kit.reply import Choice, Choices, Fields, Go, Reply, Text, say
from handlers.kit.turn import Outcome, Said, Turn
from handlers.kit.wire import decode_choices
from handlers.reporting import others
from handlers.reporting.choosing import Chosen, matching
from handlers.reporting.conversation import ReportDialogue, ask_drop, start, start_on_page, start_with
from handlers.reporting.desk import filled, officer_units
from handlers.reporting.draft import loads
from handlers.reporting.paper import load_paper
from handlers.reporting.uploading import ask_upload
from handlers.reporting.whose import asks_for, offered
from handlers.reporting.wording import ago, name_of
from handlers.rules.deadline import local_day, time_left
from handlers.rules.periods import period_title
from handlers.rules.text import fold
from handlers.schedule.cut import left_over, nearest
from storage import conversation, duties, reports
from storage.duties import Duty

MOST_LISTED = 8
REMINDED_SECONDS = 12 * 3_600
"""How long figures without an open report are taken for the one that a reminder was about."""

_HAS_BOTH = re.compile(r"(?s)(?=.*\d)(?=.*[^\W\d_])")


def handle(turn: Turn, argument: str) -> Outcome:
    """Choose the duty (the one named, the only one, or from a list) and open it."""
    argument = argument.strip()
    word, _, rest = argument.partition(" ")
    if word == "drop" and rest:
        return ask_drop(turn, rest)
    if word == "figures" and rest:
        return _typed_before(turn, *rest.partition(" ")[::2])
    if word == "page" and rest:
        return start_on_page(turn, rest) if officer_units(turn) else _reading(turn)
    if word == "upload" and rest:
        return ask_upload(turn, rest if rest.startswith("duty:") else f"duty:{rest}")     # as the buttons of earlier versions say it
    if duties.duty(turn.read, argument) is not None and argument:
        return start(turn, argument) if officer_units(turn) else _reading(turn)
    elsewhere = _of_others(turn, argument) if argument else None
    if elsewhere is not None:
        return elsewhere
    if not officer_units(turn):
        return _reading(turn)
    mine = open_duties(turn)
    if _filed_by_mistake(turn, argument):
        return correction.handle(turn, argument)
    if argument:
        found = matching(turn, argument, officer_units(turn))
        likely = _likely(turn, argument, found.open or mine, alone=False)
        if likely is not None:
            return start_with(turn, likely.id, argument)
        if len(found.open) == 1:
            return start_with(turn, found.open[0].id, argument)
        if found.open:
            return _choose(turn, found.open)
        return _not_open(turn, argument, found, mine)
    if len(mine) == 1:
        return start(turn, mine[0].id)
    return _choose(turn, mine)


def _typed_before(turn: Turn, duty_id: str, text: str) -> Outcome:
    """Figures that were typed before this report was open. Those that name no item are typed again at theirs."""
    if not officer_units(turn):
        return _reading(turn)
    duty = duties.duty(turn.read, duty_id)
    opened = start_with(turn, duty_id, text)
    if duty is None or asks_for(turn, duty, text):
        return opened
    return replace(opened, reply=say(m("“{text}” names no item: please type it at the item it belongs to.", text=text)) + opened.reply)


def _of_others(turn: Turn, argument: str) -> Outcome | None:
    """The answer to words, or figures, about the report of another unit, or of all; None where they are about the own one."""
    if _likely(turn, argument, open_duties(turn), alone=False) is not None:
        owner = others.named_with_figures(turn, argument)
        return None if owner is None else others.not_ours(turn, owner)
    unit_id = others.named_in_question(turn, argument)
    if unit_id is not None:
        return others.standing(turn, unit_id, argument)
    rest = others.of_all(argument)
    return None if rest is None else progress.handle(turn, rest)


def _filed_by_mistake(turn: Turn, argument: str) -> bool:
    """"nộp nhầm báo cáo": the words of filing, but a filing to be taken back."""
    said = fold(f"{turn.input.text if isinstance(turn.input, Said) else ''} {argument}")
    return "nham" in said.split()


def open_duties(turn: Turn) -> tuple[Duty, ...]:
    """What the person may report now, the likeliest (due first) in front."""
    found = [duty for unit_id in officer_units(turn) for duty in duties.open_for(turn.read, unit_id, turn.now) if duty.form is not None]
    return tuple(sorted(found, key=lambda duty: (duty.effective, duty.id)))


def quick_entry(turn: Turn, text: str) -> Outcome | None:
    """Figures typed outside any dialogue ("ntm01 85, ntm02 12") start the likeliest duty; None for any other text."""
    if not _HAS_BOTH.search(text):
        return None
    if not officer_units(turn):
        owed = tuple(duty for unit_id in turn.unit_ids for duty in duties.open_for(turn.read, unit_id, turn.now))
        return None if _likely(turn, text, owed, alone=True) is None else _reading(turn)
    duty = _reminded(turn, text) or _likely(turn, text, open_duties(turn), alone=True)
    owner = others.named_with_figures(turn, text) if duty is not None or _closed_for(turn, text) is not None else None
    if owner is not None:
        return others.not_ours(turn, owner)
    return _closed_for(turn, text) if duty is None else start_with(turn, duty.id, text)


def _reminded(turn: Turn, text: str) -> Duty | None:
    """The report that the last letter or list is about, if it asks for these figures."""
    shown = conversation.latest_menu(turn.read, turn.place.channel, turn.place.address)
    if shown is None or shown.created_at < turn.now - REMINDED_SECONDS:
        return None
    return _likely(turn, text, offered(turn, decode_choices(shown.choices)), alone=True)


def _closed_for(turn: Turn, text: str) -> Outcome | None:
    """Figures of a report that is filed already (then its screen, with the correction), or that is not open yet; None: of no report."""
    every = [duty for unit_id in officer_units(turn) for duty in duties.of_unit(turn.read, unit_id) if duty.form is not None]
    filed = sorted((duty for duty in every if duty.status == "done"), key=lambda duty: (-duty.effective, duty.id))
    found = _likely(turn, text, tuple(filed), alone=True)
    if found is not None:
        shown = start(turn, found.id)
        return replace(shown, reply=say(m("No open report asks for these figures; the last one that did is filed.")) + shown.reply)
    later = sorted((duty for duty in every if duty.opens > turn.now), key=lambda duty: (duty.effective, duty.id))
    found = _likely(turn, text, tuple(later), alone=True)
    if found is None:
        return None
    fact = m("These figures belong to a report that opens on {day}: {title}.", day=local_day(found.opens, turn.zone), title=found.title)
    return Outcome(say(fact) + _choose(turn, open_duties(turn)).reply)


def _likely(turn: Turn, text: str, among: tuple[Duty, ...], *, alone: bool) -> Duty | None:
    """The duty that asks for most of the items named, the first due of equals."""
    if not _HAS_BOTH.search(text):
        return None
    best: tuple[int, Duty] | None = None
    seen: set[tuple[str | None, int, str]] = set()
    for duty in among:
        asks = (duty.form, duty.year, duty.unit_id)
        if asks in seen:
            continue        # another period of a report that is due before it: it asks for the same
        seen.add(asks)
        count = asks_for(turn, duty, text, alone=alone)
        if count and (best is None or count > best[0]):
            best = (count, duty)
    return None if best is None else best[1]


def _choose(turn: Turn, found: tuple[Duty, ...]) -> Outcome:
    if not found:
        choices = Choices((Choice(m("Correct"), Go("sua")), Choice(m("My duties"), Go("viec"))), columns=2)
        return Outcome(say(m("No report is open for filing now."), choices))
    shown = nearest(found, turn.now, MOST_LISTED, lambda duty: duty.effective)
    choices = Choices(tuple(Choice(_named(turn, duty), Go("baocao", duty.id)) for duty in shown))
    return Outcome(say(m("Which report is it?"), *left_over(found, shown, m("deadlines")), choices))


def _named(turn: Turn, duty: Duty) -> Message:
    return m("{title}: {left}", title=duty.title, left=time_left(turn.now, duty.effective, turn.zone))


def _not_open(turn: Turn, argument: str, found: Chosen, mine: tuple[Duty, ...]) -> Outcome:
    """Nothing open fits: filed already, or not (any more) open; then what is open."""
    if found.done:
        return start(turn, max(found.done, key=lambda duty: duty.effective).id)
    if found.period is not None and found.period[1] is not None:
        fact = m("No report for {period} is open for filing.", period=period_title(found.period[0], found.period[1]))
    else:
        fact = m("No open report fits “{text}”.", text=argument[:40])
    return Outcome(say(fact) + _choose(turn, mine).reply)


def _reading(turn: Turn) -> Outcome:
    """A leader reads where his unit's reports stand."""
    blocks: list[Text | Fields] = [Text(m("Reports are entered by the unit's officers; a leader reads them."))]
    for unit_id in turn.unit_ids:
        for duty in duties.open_for(turn.read, unit_id, turn.now):
            if duty.form is not None:
                blocks += [Text(verbatim(duty.title), "title"), Fields(_state(turn, duty))]
    if len(blocks) == 1:
        blocks.append(Text(m("No report is open for filing now.")))
    reply: Reply = say(*blocks, Choices((Choice(m("My duties"), Go("viec")),)))
    return Outcome(reply)


def _state(turn: Turn, duty: Duty) -> tuple[tuple[Message, Value], ...]:
    left = (m("Deadline"), time_left(turn.now, duty.effective, turn.zone))
    draft = reports.draft(turn.read, duty.id)
    if draft is None or duty.form is None:
        return (left, (m("State"), m("nothing entered yet")))
    paper = load_paper(turn.read, duty.form, duty.year, duty.period, duty.unit_id)
    done, count = filled(paper, loads(draft.content))
    state = m(
        "{done} of {count} entered by {name}, {when}",
        done=done, count=count, name=name_of(turn.read, draft.updated_by), when=ago(turn.now, draft.updated_at),
    )  # fmt: skip
    return (left, (m("State"), state))


COMMAND = Command(
    name="baocao",
    alias="report",
    summary=m("Enter and file a report"),
    words=m("report|file report|enter figures|submit report|file|send a report|file a report|submit a report"),
    handle=handle,
    examples=(m("report"), m("report third quarter")),
    roles=frozenset({"officer", "leader"}),
    claims=quick_entry,
    order=20,
    dialogues=(ReportDialogue(),),
)

__all__ = ["COMMAND", "fold", "quick_entry"]
