"""A report filed by mistake: withdraw it, or move it to another open duty with the same form. Both need a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handlers.kit.dialogue import Chosen
from handlers.kit.message import Message, Value, m
from handlers.kit.reply import Answer, Choice, Choices, Fields, Go, Reply, Text, control_choices, say
from handlers.kit.turn import Input, Json, Outcome, Said, Turn
from handlers.reporting.filed import Filed, report_title
from handlers.reporting.filing import withdraw_effects
from handlers.rules.deadline import time_left
from storage import duties, reports
from storage.duties import Duty

STEPS = frozenset({"mistake", "mistake_why", "mistake_confirm"})
TEXT_STEPS = ("mistake_why",)


@dataclass(frozen=True, slots=True)
class Asked:
    """The step to be asked next."""

    step: str
    answers: Mapping[str, Json]
    notes: tuple[Message, ...] = ()


def before(step: str) -> str:
    """The step that "back" leads to."""
    return {"mistake": "item", "mistake_why": "mistake", "mistake_confirm": "mistake_why"}[step]


def others(turn: Turn, filed: Filed) -> tuple[Duty, ...]:
    """The open duties of the unit with the same form, where the report may belong."""
    report = filed.report
    open_now = duties.open_for(turn.read, report.unit_id, turn.now)
    return tuple(duty for duty in open_now if duty.form == report.form and duty.id != report.duty_id)


def question(turn: Turn, filed: Filed, step: str, answers: Mapping[str, Json]) -> Reply:
    """The open question of one of the steps."""
    title = Text(report_title(turn.read, filed.report), "title")
    to = _to(turn, filed, answers)
    match step:
        case "mistake_why":
            return say(title, _what(to), m("Please give the reason."), control_choices("back", "cancel", numbered=False))
        case "mistake_confirm":
            rows: tuple[tuple[Message, Value], ...] = ((m("Reason"), str(answers.get("reason", ""))),)
            choices = (Choice(m("Confirm"), Answer("confirm"), says="yes"), Choice(m("Cancel"), Answer("cancel"), says="no"))
            return say(title, _what(to), Fields(rows), Choices(choices, columns=2))
        case _:
            listed = [Choice(m("Withdraw it"), Answer("take_back"))]
            listed += [Choice(m("Move it to: {title}", title=duty.title), Answer(f"to:{duty.id}")) for duty in others(turn, filed)]
            return say(title, m("Filed by mistake: what is to be done with it?"), Choices(tuple(listed)), control_choices("back", "cancel"))


def _what(to: Duty | None) -> Message:
    if to is None:
        return m("The report is withdrawn and owed again; its figures stay in the history, and as the draft.")
    return m("The report is moved to: {title}. The earlier one is owed again.", title=to.title)


def _to(turn: Turn, filed: Filed, answers: Mapping[str, Json]) -> Duty | None:
    return next((duty for duty in others(turn, filed) if duty.id == answers.get("to")), None)


def advance(
    turn: Turn, filed: Filed, step: str, answers: Mapping[str, Json], given: Input | Chosen, reason_of: Callable[[str], str | None]
) -> Asked | Outcome:
    """Take an answer. ``reason_of``: the reason in a text, or None when it holds none."""
    value = given.value if isinstance(given, Chosen) else ""
    match step:
        case "mistake" if value == "take_back":
            return Asked("mistake_why", {**answers, "to": ""})
        case "mistake" if value.startswith("to:") and any(duty.id == value[3:] for duty in others(turn, filed)):
            return Asked("mistake_why", {**answers, "to": value[3:]})
        case "mistake_why":
            reason = reason_of(given.text) if isinstance(given, Said) else None
            if reason is None:
                return Asked(step, answers, (m("A correction needs a reason; it cannot be skipped."),))
            return Asked("mistake_confirm", {**answers, "reason": reason})
        case "mistake_confirm" if value == "confirm" and answers.get("reason"):
            return _done(turn, filed, answers)
    return Asked(step, answers, (m("Not clear."),))


def _done(turn: Turn, filed: Filed, answers: Mapping[str, Json]) -> Asked | Outcome:
    to = _to(turn, filed, answers)
    if answers.get("to") and to is None:
        return Asked("mistake", answers, (m("That report is not open any more."),))
    effects = withdraw_effects(turn, filed.report, filed.paper, str(answers["reason"]), to)
    drafted = next((each.args[0].duty_id for each in effects if each.function is reports.save_draft), None)
    if drafted is not None:
        kept = m("Recorded: the report was withdrawn. Its figures stay as the draft, to be corrected and filed again.")
        ways = (
            Choice(m("Continue"), Go("baocao", drafted)), Choice(m("Delete the draft"), Go("baocao", f"drop {drafted}")),
            Choice(m("My duties"), Go("viec")),
        )  # fmt: skip
        return Outcome(say(kept, *_owed(turn, filed), Choices(ways, columns=2)), effects, "end")
    choices = Choices((Choice(m("My duties"), Go("viec")),))
    if to is not None:
        moved = m("Recorded: the report now stands under {title}.", title=to.title)
        return Outcome(say(moved, *_owed(turn, filed), choices), effects, "end")
    withdrawn = m("Recorded: the report was withdrawn. Its figures stay in the history.")
    return Outcome(say(withdrawn, *_owed(turn, filed), choices), effects, "end")


def _owed(turn: Turn, filed: Filed) -> tuple[Message, ...]:
    """That the earlier duty is open again, and how long."""
    duty = None if filed.report.duty_id is None else duties.duty(turn.read, filed.report.duty_id)
    if duty is None:
        return ()
    left = time_left(turn.now, duty.effective, turn.zone)
    return (m("To be filed again: {title} ({left}).", title=duty.title, left=left),)
