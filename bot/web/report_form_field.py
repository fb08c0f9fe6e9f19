"""One field of the report form: its name, what helps to fill it, where it is typed, and what is said back at it.

`Spoken` is what is said at a field, once for the page that is built here and once for its script: both show the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.language import Language
from bot.web.html import Html, joined, tag
from handlers.kit.message import Message, Number, Value, m
from handlers.reporting.asking import known
from handlers.reporting.changes import Change, arrow
from handlers.reporting.correction_desk import CorrectionDesk
from handlers.reporting.desk import Desk
from handlers.reporting.draft import Entry
from handlers.reporting.form import Filling, Question, field_text, mark
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import label, shown
from handlers.rules.numbers import reading_label

ROWS = 4


@dataclass(frozen=True, slots=True)
class Spoken:
    """What stands at a field now. ``seen`` is the mark to be sent with the next change, ``buttons`` are (label, what it does).

    ``stands``: what is asked about is saved; else it is not taken until the question is answered. ``gone``: it must not be kept.
    """

    seen: str
    text: str
    saved: str
    kind: str
    lines: tuple[str, ...]
    buttons: tuple[tuple[str, str], ...]
    stands: bool
    gone: bool
    known: str


def fields_of(desk: Desk) -> tuple[ReportItem, ...]:
    """Everything that can be typed into: the items, and behind a criterion's figure its plan."""
    found: list[ReportItem] = []
    for item in desk.paper.items:
        if item.kind != "file":
            found.append(item)
        plan = plan_of(desk, item)
        if plan is not None:
            found.append(plan)
    return tuple(found)


def plan_of(desk: Desk, item: ReportItem) -> ReportItem | None:
    """The field that changes the item's plan; None where there is no plan to change."""
    return desk.paper.item(item.id + PLAN) if item.plan is not None and item.criterion and item.kind == "figure" else None


def spoken(language: Language, desk: Desk, item: ReportItem, filling: Filling) -> Spoken:
    """What is said at the field after the changes."""
    entry = filling.sheet.entries.get(item.id)
    question = filling.questions.get(item.id)
    saved = _saved(language, desk, item, entry)
    told = tuple(language.text(line) for line in (*(question.lines if question else ()), *filling.notes.get(item.id, ())))
    return Spoken(
        mark(item, entry), field_text(item, entry), saved, question.kind if question else "", told,
        _buttons(language, item, question, entry.value if entry is not None else None),
        question is not None and question.kind == "doubt" and entry is not None and entry.value in question.values,
        question is not None and question.gone, " · ".join(language.text(line) for line in known(desk.paper, filling.sheet, item)),
    )  # fmt: skip


def _saved(language: Language, desk: Desk, item: ReportItem, entry: Entry | None) -> str:
    """That it is kept; of a filed report what is changed, and nothing where it stays as it was filed."""
    if entry is None or entry.skipped:
        return ""
    if isinstance(desk, CorrectionDesk):
        filed = desk.filed.sheet.entries.get(item.id)
        if filed is not None and filed.value == entry.value:
            return ""
        change = Change(item, None if filed is None else filed.value, entry.value)
        saved = language.text(m("Changed") if item.kind == "text" else m("Changed: {change}", change=arrow(change)))
    elif item.kind == "text":
        saved = language.text(m("Saved")) if entry.value else ""
    else:
        saved = "" if item.kind == "yesno" else language.text(m("Saved: {value}", value=shown(item, entry.value)))
    return language.text(m("{value}. Reason: {reason}", value=saved, reason=entry.note)) if entry.note else saved


def _buttons(language: Language, item: ReportItem, question: Question | None, stored: str | None) -> tuple[tuple[str, str], ...]:
    if question is None:
        return ()
    found: list[tuple[Message, str]] = []
    match question.kind:
        case "doubt":
            found += [(m("Keep {value}", value=Number(Decimal(value))), f"keep {item.id} {value}") for value in question.values]
        case "reading":
            found += [(reading_label(Decimal(value)), f"reading {item.id} {value}") for value in question.values]
        case "empty":
            filed = m("the text that is there") if item.kind == "text" else shown(item, question.values[0])
            found = [(m("Keep {value}", value=filed), f"filed {item.id}")]
        case "clash":
            theirs: Value = m("the text that is there") if item.kind == "text" else shown(item, stored)
            found = [(m("Keep {value}", value=theirs), f"theirs {item.id}"), (m("Take my answer"), f"mine {item.id}")]
    return tuple((language.text(each), does) for each, does in found)


def field(language: Language, desk: Desk, item: ReportItem, filling: Filling, typed: Mapping[str, str], given: Mapping[str, str]) -> Html:
    """The row of an item. ``typed``: what was sent and is not taken yet, ``given``: the marks that came with it."""
    said = spoken(language, desk, item, filling)
    seen = given.get(item.id, said.seen) if said.kind == "clash" else said.seen
    value = typed.get(item.id, said.text) if said.kind and not said.gone else said.text
    described = f"k-{item.id} e-{item.id}" if said.known else f"e-{item.id}"
    name = language.text(label(item, 200))
    hint = tag("p", said.known, class_="known", id=f"k-{item.id}") if said.known else None
    row = [_input(language, desk, item, said, value, described, name, hint), _hidden(item, seen), answer(item, said)]
    plan = plan_of(desk, item)
    if plan is not None:
        row.append(_plan(language, desk, plan, filling, typed, given))
    return tag("div", *row, class_="row", id=f"r-{item.id}", data_item=item.id)


def _hidden(item: ReportItem, seen: str) -> Html:
    return tag("input", type="hidden", name=f"s.{item.id}", value=seen, autocomplete="off")


def _input(
    language: Language, desk: Desk, item: ReportItem, said: Spoken, value: str, described: str, name: str, hint: Html | None
) -> Html:  # fmt: skip
    where, called, wrong = f"v-{item.id}", f"v.{item.id}", said.kind in ("again", "reading", "doubt", "clash", "why", "empty")
    if item.kind == "yesno":
        answers = ((m("Met"), "1"), (m("Not met"), "0"), (m("Not known yet"), "none"))
        chosen = "none" if said.seen == "none" else value
        choices = [
            tag("label", tag("input", type="radio", name=called, value=each, checked=chosen == each, aria_describedby=described),
                tag("span", language.text(text)))
            for text, each in answers
        ]  # fmt: skip
        return tag("fieldset", tag("legend", name), hint, tag("div", *choices, class_="choices"), id=where)
    if item.kind == "text":
        area = tag("textarea", value, id=where, name=called, rows=ROWS, aria_describedby=described, aria_invalid="true" if wrong else None)
        return joined(tag("label", name, for_=where), hint, area)
    entry = tag(
        "input", type="text", id=where, name=called, value=value, inputmode="decimal", autocomplete="off", autocapitalize="off",
        spellcheck="false", maxlength=80, aria_describedby=described, aria_invalid="true" if wrong else None,
    )  # fmt: skip
    same = _same(language, item) if item.id in desk.paper.last else None
    unit = tag("span", item.unit, class_="unit") if item.unit else None
    return joined(tag("label", name, for_=where), hint, tag("div", entry, unit, same, class_="entry"))


def _same(language: Language, item: ReportItem) -> Html:
    return tag("button", language.text(m("As last period")), type="submit", name="do", value=f"same {item.id}", class_="same")


def answer(item: ReportItem, said: Spoken) -> Html:
    """What is said back at the field; the script fills the same element anew."""
    lines = [tag("p", line, class_="line") for line in said.lines]
    buttons = [tag("button", text, type="submit", name="do", value=does) for text, does in said.buttons]
    saved = tag("p", said.saved, class_="saved") if said.saved else None
    asked = tag("div", *lines, tag("div", *buttons, class_="buttons") if buttons else None, class_="asked") if lines else None
    return tag("div", asked, saved, id=f"e-{item.id}", class_="answer", aria_live="polite", data_kind=said.kind or None)


def _plan(
    language: Language, desk: Desk, plan: ReportItem, filling: Filling, typed: Mapping[str, str], given: Mapping[str, str]
) -> Html:
    said = spoken(language, desk, plan, filling)
    value = typed.get(plan.id, said.text) if said.kind and not said.gone else said.text
    seen = given.get(plan.id, said.seen) if said.kind == "clash" else said.seen
    where, why = f"v-{plan.id}", f"w-{plan.id}"
    entry = tag(
        "input", type="text", id=where, name=f"v.{plan.id}", value=value, inputmode="decimal", autocomplete="off", maxlength=80,
        aria_describedby=f"e-{plan.id}", aria_invalid="true" if said.kind else None,
    )  # fmt: skip
    stands = filling.sheet.entries.get(plan.id)
    told = "" if stands is None else stands.note or ""
    reason = tag(
        "input", type="text", id=why, name=f"w.{plan.id}", autocomplete="off", maxlength=400, aria_describedby=f"e-{plan.id}",
        value=typed.get(f"w.{plan.id}", told) if said.kind and not said.gone else told,
    )  # fmt: skip
    unit = tag("span", plan.unit, class_="unit") if plan.unit else None
    return tag(
        "details",
        tag("summary", language.text(m("Change the plan"))),
        tag("div",
            tag("label", language.text(m("New plan for {code}", code=plan.code)), for_=where), tag("div", entry, unit, class_="entry"),
            tag("label", language.text(m("Reason for the change")), for_=why), reason,
            _hidden(plan, seen), answer(plan, said), class_="plan", data_item=plan.id),
        open=bool(said.kind or said.text),
    )  # fmt: skip
