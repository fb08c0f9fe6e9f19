"""/sua: correct a filed figure with a reason, or take a filing back. What was filed first stays in the history."""

from __future__ import annotations

from handlers.kit.command import Command
from handlers.kit.message import m
from handlers.kit.reply import Choice, Choices, Go, say
from handlers.kit.turn import Outcome, Said, Turn
from handlers.reporting import others
from handlers.reporting.choosing import fitting
from handlers.reporting.correcting import CorrectionDialogue, locked, start, start_mistake
from handlers.reporting.desk import closed_year, officer_units
from handlers.reporting.filed import VERIFIED, Locked, event_title, others_report, report_title
from handlers.reporting.intake import block_of
from handlers.reporting.paper import load_paper
from handlers.reporting.uploading import ask_upload
from handlers.rules.period_words import parse_year
from handlers.rules.periods import period_title
from handlers.rules.text import fold
from handlers.schedule.cut import left_over
from storage import reports
from storage.reports import Report

MOST_LISTED = 8
MISTAKE = ("nop nham", "nham bao cao", "rut bao cao", "rut lai", "filed by mistake", "withdraw")


def handle(turn: Turn, argument: str) -> Outcome:
    """Choose the report (the one named, or from a list of those that may be corrected) and open it."""
    argument = argument.strip()
    if not officer_units(turn):
        return locked(Locked(m("Reports are corrected by the unit's officers.")))
    if argument.startswith("upload report:"):
        return ask_upload(turn, argument.removeprefix("upload "))
    withdraw = _by_mistake(turn, argument)
    word = argument.partition(" ")[2] if argument.startswith("withdraw ") else argument
    if word.startswith("report:"):
        report_id = word.removeprefix("report:")
        return start_mistake(turn, report_id) if withdraw else start(turn, report_id)
    every = tuple(report for unit_id in officer_units(turn) for report in reports.of_unit(turn.read, unit_id))
    ready = tuple(each for each in every if each.review != "closed" and closed_year(turn, each.year) is None)
    if argument and not _says_only_mistake(argument):
        found = fitting(turn, argument, [(each, each.form, event_title(turn.read, each)) for each in every])
        open_ones = tuple(each for each in found if each in ready)
        with_block = _with_items(turn, argument, open_ones or ready)
        other = others.named_with_figures(turn, argument) if with_block else others.named_in_question(turn, argument)
        if with_block is not None and other is None:
            return start(turn, with_block.id, argument)
        if other is not None:
            return locked(Locked(others_report(turn.read, other)))
        if found and not open_ones:
            return locked(Locked(closed_year(turn, found[0].year) or VERIFIED))
        year = parse_year(argument, turn.today)
        closed = None if open_ones or year is None else closed_year(turn, year)
        if closed is not None:
            return locked(Locked(closed))
        if not open_ones:
            fact = m("No filed report fits “{text}”.", text=argument[:40])
            return Outcome(say(fact) + _choose(turn, ready, every, withdraw).reply)
        ready = open_ones
        if len(ready) == 1:
            return start_mistake(turn, ready[0].id) if withdraw else start(turn, ready[0].id)
    return _choose(turn, ready, every, withdraw)


def _by_mistake(turn: Turn, argument: str) -> bool:
    """Whether the words speak of a wrong filing: the phrase itself is no part of the argument."""
    said = fold(f"{turn.input.text} {argument}" if isinstance(turn.input, Said) else argument)
    return any(words in said for words in MISTAKE)


def _says_only_mistake(argument: str) -> bool:
    return fold(argument) in MISTAKE


def _with_items(turn: Turn, text: str, found: tuple[Report, ...]) -> Report | None:
    """The report filed last that asks for the items of a line such as "ntm01 86"."""
    for report in found:
        if block_of(load_paper(turn.read, report.form, report.year, report.period, report.unit_id), text) is not None:
            return report
    return None


def _choose(turn: Turn, ready: tuple[Report, ...], every: tuple[Report, ...], withdraw: bool) -> Outcome:
    if not ready:
        closed = next((closed_year(turn, each.year) for each in every if closed_year(turn, each.year) is not None), None)
        return locked(Locked(closed or m("The unit has not filed any report yet: there is nothing to correct.")))
    if len(ready) == 1 and not withdraw:
        return start(turn, ready[0].id)
    before = "withdraw " if withdraw else ""
    choices = tuple(Choice(report_title(turn.read, each), Go("sua", f"{before}report:{each.id}")) for each in ready[:MOST_LISTED])
    left = left_over(ready, choices, m("correct report {period}", period=period_title(ready[-1].period, ready[-1].year)))
    question = m("Which report was filed by mistake?") if withdraw else m("Which report is to be corrected?")
    return Outcome(say(question, *left, Choices(choices)))


COMMAND = Command(
    name="sua",
    alias="correct",
    summary=m("Correct a filed report"),
    words=m("correct|correction|wrong figure|filed by mistake|withdraw report|correct a report|amend|fix a report"),
    handle=handle,
    examples=(m("correct"), m("filed by mistake")),
    roles=frozenset({"officer", "leader"}),
    order=30,
    dialogues=(CorrectionDialogue(),),
)
