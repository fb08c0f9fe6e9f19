"""The questions of filling in and correcting, one for each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from handlers.kit.message import Message, Number, m, verbatim
from handlers.kit.reply import Answer, Block, Choice, Choices, Reply, Text, control_choices, say
from handlers.kit.turn import Json
from handlers.reporting.checks import doubts_of
from handlers.reporting.draft import Sheet
from handlers.reporting.filling import item_of, strings
from handlers.reporting.intake import read_queue
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import Paper, label, shown
from handlers.rules.numbers import Ambiguous, reading_label, reading_question
from handlers.rules.periods import period_title
from handlers.rules.text import clip

GROUP_SHOWN = 70
RAW_SHOWN = 60
TEXT_SHOWN = 200


def question(
    paper: Paper, sheet: Sheet, step: str, answers: Mapping[str, Json], controls: tuple[str, ...], ways: tuple[Choice, ...] = ()
) -> Reply:  # fmt: skip
    """The open question. ``controls``: the control words the owner offers; ``ways``: other ways to send files."""
    item = item_of(paper, answers)
    if step == "which":
        return _which(paper, answers)
    if item is None:
        return say(m("Not clear."), control_choices(*controls, numbered=False))
    match step:
        case "reading":
            return _reading(item, answers)
        case "doubt":
            return _doubt(paper, sheet, item, answers)
        case "why":
            return _why(item, answers)
        case "text":
            return _text(paper, sheet, item, controls, ways)
        case "files":
            return _files(sheet, item, controls, ways)
        case "yesno":
            return _yes_no(paper, sheet, item, controls)
        case _:
            return _figure(paper, sheet, item, controls)


def head(paper: Paper, item: ReportItem) -> list[Block]:
    """Where in the form the item stands, and its name."""
    same = [each for each in paper.items if each.numeric == item.numeric and each.kind != "file"]
    place = next((position for position, each in enumerate(same, start=1) if each.id == item.id), 0)
    group = clip(item.group, GROUP_SHOWN)
    if not place:
        where = verbatim(group)
    elif group:
        where = m("{place}/{count} · {group}", place=place, count=len(same), group=group)
    else:
        where = m("{place}/{count}", place=place, count=len(same))
    return [Text(where, "note"), Text(_title(item), "title")]


def _title(item: ReportItem) -> Message:
    name = label(item, 200)
    return m("{name} ({unit})", name=name, unit=item.unit) if item.unit and item.kind != "yesno" else name


def known(paper: Paper, sheet: Sheet, item: ReportItem) -> list[Message]:
    """What helps to answer: the scale, the plan, the last period's figure."""
    lines = []
    if item.kind == "points" and item.high is not None:
        lines.append(m("Own score: 0 to {max}, in steps of {step}.", max=Number(item.high), step=Number(Decimal("0.25"))))
    if item.plan is not None:
        changed = sheet.value(item.id + PLAN)
        plan = Number(item.plan if changed is None else Decimal(changed), None, item.unit)
        lines.append(m("Plan: {plan}", plan=plan))
    last = paper.last.get(item.id)
    if last is not None:
        title = period_title(last.period, last.year)
        lines.append(m("Last period ({period}): {value}", period=title, value=shown(item, f"{last.value:f}")))
    return lines


def _known(paper: Paper, sheet: Sheet, item: ReportItem) -> list[Block]:
    """The same, and what has been entered already."""
    lines: list[Block] = [Text(line) for line in known(paper, sheet, item)]
    if item.id in sheet.entries and not sheet.entries[item.id].skipped:
        lines.append(Text(m("Entered: {value}", value=shown(item, sheet.value(item.id)))))
    return lines


def _figure(paper: Paper, sheet: Sheet, item: ReportItem, controls: tuple[str, ...]) -> Reply:
    answers = []
    if item.id in paper.last:
        answers.append(Choice(m("As last period"), Answer("same"), numbered=False))
    if "skip" in controls:
        answers.append(Choice(m("Not known yet"), Answer("none"), numbered=False))
    blocks = [*head(paper, item), *_known(paper, sheet, item)]
    if answers:
        blocks.append(Choices(tuple(answers), columns=2))
    return say(*blocks, control_choices(*controls, numbered=False))


def _yes_no(paper: Paper, sheet: Sheet, item: ReportItem, controls: tuple[str, ...]) -> Reply:
    choices = [Choice(m("Met"), Answer("1"), says="yes"), Choice(m("Not met"), Answer("0"), says="no")]
    if "skip" in controls:
        choices.append(Choice(m("Not known yet"), Answer("none")))
    blocks = [*head(paper, item), *_known(paper, sheet, item), Choices(tuple(choices), columns=2)]
    return say(*blocks, control_choices(*controls, numbered=False))


def _text(paper: Paper, sheet: Sheet, item: ReportItem, controls: tuple[str, ...], ways: tuple[Choice, ...]) -> Reply:
    blocks = head(paper, item)
    entered = sheet.value(item.id)
    if entered:
        blocks.append(Text(verbatim(clip(entered, TEXT_SHOWN)), "quote"))
    blocks.append(Text(m("Please write two or three sentences; a longer text can be sent as a file.")))
    if ways:
        blocks.append(Choices(tuple(replace(way, numbered=False) for way in ways)))     # a number is an answer here
    return say(*blocks, control_choices(*controls, numbered=False))


def _files(sheet: Sheet, item: ReportItem, controls: tuple[str, ...], ways: tuple[Choice, ...]) -> Reply:
    names = tuple(each.name for each in sheet.files if each.item_id in ("", item.id))
    if names:
        asked, choices = m("Received: {names}. More files can be sent.", names=names), (Choice(m("Done"), Answer("done")), *ways)
    else:
        asked, choices = m("Please send the files or photos of “{name}”.", name=item.name), ways
    offered = (Choices(choices),) if choices else ()
    return say(Text(m("Signed papers"), "title"), asked, *offered, control_choices(*controls, numbered=False))


def _which(paper: Paper, answers: Mapping[str, Json]) -> Reply:
    raw = clip(str(answers.get("raw", "")), RAW_SHOWN)
    choices = []
    for item_id in strings(answers.get("ids")):
        item = paper.item(item_id)
        if item is not None:
            choices.append(Choice(label(item), Answer(item_id)))
    choices.append(Choice(m("None of these"), Answer("none"), says="wrong"))
    return say(m("Which item is meant by “{raw}”?", raw=raw), Choices(tuple(choices)))


def _reading(item: ReportItem, answers: Mapping[str, Json]) -> Reply:
    raw = clip(str(answers.get("raw", "")), RAW_SHOWN)
    values = strings(answers.get("values"))
    readings = tuple(Decimal(value) for value in values)
    choices = tuple(Choice(reading_label(reading), Answer(value)) for reading, value in zip(readings, values, strict=True))
    return say(Text(label(item), "title"), reading_question(raw, Ambiguous(readings)), Choices(choices))


def _doubt(paper: Paper, sheet: Sheet, item: ReportItem, answers: Mapping[str, Json]) -> Reply:
    value = strings(answers.get("values"))[0]
    waiting = frozenset(item_id for each in read_queue(answers.get("queue")) for item_id in each.item_ids)
    lines = [Text(line) for line in doubts_of(paper, sheet, item, Decimal(value), waiting)]
    choices = (
        Choice(m("Keep {value}", value=Number(Decimal(value))), Answer("keep"), says="yes"),
        Choice(m("Enter again"), Answer("again"), says="wrong"),
    )
    return say(Text(label(item), "title"), *lines, Choices(choices, columns=2))


def _why(item: ReportItem, answers: Mapping[str, Json]) -> Reply:
    value = strings(answers.get("values"))[:1]
    before = Number(item.plan, None, item.unit) if item.plan is not None else m("none")
    after = Number(Decimal(value[0]), None, item.unit) if value else m("none")
    return say(
        m("{code}: the plan changes from {before} to {after}.", code=item.code, before=before, after=after),
        m("Please give the reason for the change."), control_choices("back", "cancel", numbered=False),
    )  # fmt: skip
