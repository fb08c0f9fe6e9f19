"""The pages of the report form: the table to fill in, the review before it is filed, the receipt, and why a report is shut."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from aiohttp import web

from bot.language import Language
from bot.web.html import Html, page, tag
from bot.web.report_form_field import field, fields_of
from handlers.kit.message import Message, Moment, Value, m, mn
from handlers.kit.reply import Fields, Reply, Text
from handlers.kit.turn import Turn
from handlers.reporting.changes import changed
from handlers.reporting.correction_desk import CorrectionDesk, title_of
from handlers.reporting.desk import Desk, filled, gaps
from handlers.reporting.form import Filling, unanswered
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import label, shown
from handlers.reporting.review import codes
from handlers.reporting.sharing import deadline, shared
from storage import units

STYLES = ("pages.css", "form.css")
SCRIPTS, END_SCRIPTS = ("form.js",), ("form_end.js",)
SCRIPT_TEXTS: Mapping[str, Message] = {
    "saving": m("Saving…"),
    "kept": m("Not sent yet: kept on this device, sent again when the network is back"),
    "unclear": m("To be looked at: {count}"),
    "letters": m("Keyboard: letters"),
    "digits": m("Keyboard: digits"),
    "unsure": m("No answer came, so it is not sure that the report was filed. Please tap Confirm again: it is filed once in any case."),
    "left": m("Kept on this device and never sent:"),
}
"""What the script says by itself; everything else it is told by the server."""


def form(
    language: Language, turn: Turn, desk: Desk, filling: Filling, key: str, lead: list[Html], *, here: str,
    typed: Mapping[str, str] | None = None, given: Mapping[str, str] | None = None,
) -> web.Response:  # fmt: skip
    """The table below its ``lead``. ``typed`` and ``given``: what was sent with the fields that are asked about, and the marks that came
    with it."""
    text, typed, given = language.text, typed or {}, given or {}
    sections = [
        tag("section", *_heading(language, group, members), *(field(language, desk, item, filling, typed, given) for item in members))
        for group, members in _groups(desk)
    ]
    body = tag(
        "form",
        tag("button", text(m("Save")), type="submit", name="do", value="save", class_="first", tabindex=-1, aria_hidden="true"),
        *sections, _files(language, desk, here), _bar(language, turn, desk, filling),
        method="post", action=here, autocomplete="off", novalidate=True, id="form",
        data_key=key, data_review=f"../review/{here}", data_lang=language.code, **script_texts(language),
    )  # fmt: skip
    asked = summary(language, desk, filling if typed else None)
    title = title_of(turn, desk)
    heading = m("Correction of {report}", report=title) if isinstance(desk, CorrectionDesk) else title
    return page(language, heading, *lead, asked, body, styles=STYLES, scripts=SCRIPTS)


def draft_lead(language: Language, turn: Turn, desk: Desk) -> list[Html]:
    """Whose report it is, until when, who has begun it, and what becomes of what is typed."""
    text = language.text
    return [
        tag("p", units.name_of(turn.read, desk.duty.unit_id), class_="unit-name"),
        tag("p", text(deadline(turn, desk.duty))),
        *(tag("p", text(line), class_="note") for line in shared(turn, desk)),
        tag("p", text(m("What is entered is saved as a draft and filed only when it is reviewed and confirmed. Figures can be written as in"
                        " the chat: 1,2 tỷ; không phát sinh; chưa có. What is not known yet stays empty.")), class_="note"),
    ]  # fmt: skip


def summary(language: Language, desk: Desk, filling: Filling | None) -> Html:
    """What is asked back, in one list on top with a link to each field; empty and hidden where there is nothing."""
    questions = {} if filling is None else filling.questions
    links = [
        tag("li", tag("a", f"{item.code}: {language.text(questions[item.id].lines[0])}", href=f"#v-{item.id}"))
        for item in fields_of(desk) if item.id in questions and questions[item.id].lines
    ]  # fmt: skip
    heading = tag("h2", language.text(m("Please look at these fields")))
    return tag("div", heading, tag("ul", *links), id="summary", role="alert", tabindex=-1, hidden=not links)


def progress(desk: Desk, filling: Filling) -> Message:
    if isinstance(desk, CorrectionDesk):
        changes = changed(desk.filed, filling.sheet)
        count = len(changes.entries) + len(changes.files)
        return mn("{count} change", "{count} changes", count)
    done, count = filled(desk.paper, filling.sheet)
    if desk.paper.figures:
        return m("Entered {done}/{count} figures", done=done, count=count)
    return m("Entered {done}/{count}", done=done, count=count)


def state(desk: Desk, at: int | None) -> Message:
    """When the draft was saved last."""
    kept = desk.filed.begun if isinstance(desk, CorrectionDesk) else desk.draft
    if at is None:
        return m("Nothing saved yet") if kept is None else m("Saved at {time}", time=Moment(kept.updated_at, "time"))
    return m("Saved at {time}", time=Moment(at, "time"))


def review(language: Language, turn: Turn, desk: Desk, *, here: str, key: str, note: Message | None = None) -> web.Response:
    """All that will be filed, what is missing, and the one button that files it."""
    text, sheet = language.text, desk.sheet
    done, count = filled(desk.paper, sheet)
    missing = [item for item in desk.paper.figures if item.id in set(gaps(desk.paper, sheet))]
    doubtful = [item for item in desk.paper.items if item.id in unanswered(desk.paper, sheet)]
    lead = [
        tag("p", text(note), class_="asked", role="alert") if note is not None else None,
        tag("p", units.name_of(turn.read, desk.duty.unit_id), class_="unit-name"),
        tag("p", text(deadline(turn, desk.duty))),
        tag("p", text(mn("{done} of {count} figure entered.", "{done} of {count} figures entered.", count, done=done)))
        if desk.paper.figures else None,
        tag("p", text(m("Missing: {codes}", codes=codes(missing))), class_="missing") if missing else None,
        tag("p", text(m("To be checked: {codes}", codes=codes(doubtful))), class_="asked") if doubtful else None,
    ]  # fmt: skip
    rows = {item.id: _rows(language, desk, item, here) for item in desk.paper.items}
    sections = [
        tag("section", *_heading(language, group, members), tag("dl", *(row for item in members for row in rows[item.id])))
        for group, members in _groups(desk)
    ]
    names = [tag("li", file.name) for file in sheet.files]
    files = tag("section", tag("h2", text(m("Files"))), tag("ul", *names)) if names else None
    confirm = tag("button", text(m("Confirm")), type="submit", name="do", value="confirm", class_="main")
    bar = tag(
        "div", tag("p", "", id="state", role="status"),
        tag("div", tag("a", text(m("Correct")), href=f"../form/{here}", class_="button"), None if doubtful else confirm, class_="buttons"),
        class_="bar",
    )  # fmt: skip
    body = tag(
        "form", tag("input", type="hidden", name="revision", value=desk.revision, autocomplete="off"), bar,
        method="post", action=here, id="confirm", autocomplete="off", data_key=key, **script_texts(language),
    )  # fmt: skip
    return page(language, m("Review: {title}", title=desk.duty.title), *lead, *sections, files, body, styles=STYLES, scripts=END_SCRIPTS)


def over(language: Language, reply: Reply, title: Message, key: str, *, filed: bool) -> web.Response:
    """The receipt of a report that is filed, or why it cannot be worked on. The chat is where it goes on."""
    advice = (
        m("The receipt is in the chat too. A filed figure is corrected there with its reason: please type /sua.") if filed
        else m("Please go back to the chat with the bot.")
    )  # fmt: skip
    body = tag("div", *blocks(language, reply), id="over", data_key=key, data_filed="1" if filed else None, **script_texts(language))
    return page(language, title, body, tag("p", language.text(advice), class_="note"), styles=STYLES, scripts=END_SCRIPTS)


def blocks(language: Language, reply: Reply) -> list[Html]:
    """A reply of the chat as it stands on a page: its texts and fields; choices belong to the chat."""
    found = []
    for block in reply.blocks:
        if isinstance(block, Text):
            name = {"title": "h2", "quote": "blockquote"}.get(block.style, "p")
            found.append(tag(name, language.text(block.message), class_="note" if block.style == "note" else None))
        elif isinstance(block, Fields):
            parts = [(tag("dt", language.text(name)), tag("dd", language.value(value))) for name, value in block.rows]
            found.append(tag("dl", *(part for pair in parts for part in pair)))
    return found


# Parts --------------------------------------------------------------------------------------------------------------------------


def _groups(desk: Desk) -> list[tuple[str, list[ReportItem]]]:
    items = [item for item in desk.paper.items if item.kind != "file"]
    return [(group, list(members)) for group, members in groupby(items, key=lambda item: item.group)]


def _heading(language: Language, group: str, members: list[ReportItem]) -> list[Html]:
    if group:
        return [tag("h2", group)]
    return [tag("h2", language.text(m("In words")))] if all(item.kind == "text" for item in members) else []


def _rows(language: Language, desk: Desk, item: ReportItem, here: str) -> list[Html]:
    """An item as it will be filed, with the way back to its field."""
    text, entry = language.text, desk.sheet.entries.get(item.id)
    value: Value = m("not entered") if entry is None or entry.skipped else shown(item, entry.value)
    known = entry is not None and entry.value is not None
    rows = [_pair(language, label(item, 200), value, f"../form/{here}#v-{item.id}", item.code, known=known)]
    plan = desk.sheet.entries.get(item.id + PLAN)
    if plan is not None and plan.value is not None and desk.paper.item(item.id + PLAN) is not None:
        fact = m("{value}. Reason: {reason}", value=shown(item, plan.value), reason=plan.note or "")
        name = m("{code}, changed plan", code=item.code)
        rows.append(_pair(language, name, text(fact), f"../form/{here}#v-{item.id}{PLAN}", text(name), known=True))
    return rows


def _pair(language: Language, name: Message, value: Value, address: str, code: str, *, known: bool) -> Html:
    again = tag("a", language.text(m("Correct")), href=address, class_="again", aria_label=f"{language.text(m('Correct'))} {code}")
    told = tag("dd", language.value(value), class_=None if known else "missing")
    return tag("div", tag("dt", language.text(name)), told, tag("dd", again, class_="way"), class_="pair")


def _files(language: Language, desk: Desk, here: str) -> Html:
    text = language.text
    papers = [item for item in desk.paper.items if item.kind == "file"]
    asked = tag("p", text(m("Please send the files or photos of “{name}”.", name=papers[0].name))) if papers else None
    names = [tag("li", _file_name(desk, file.name, file.item_id)) for file in desk.sheet.files]
    link = tag("a", text(m("Send files or photos")), href=f"../upload/{here}", class_="button", id="upload")
    heading = m("Signed papers") if papers else m("Evidence")
    return tag("section", tag("h2", text(heading)), asked, tag("ul", *names, id="files") if names else None, link)


def _file_name(desk: Desk, name: str, item_id: str) -> str:
    item = desk.paper.item(item_id) if item_id else None
    return name if item is None or item.kind == "file" else f"{item.code}: {name}"


def _bar(language: Language, turn: Turn, desk: Desk, filling: Filling) -> Html:
    at = turn.now if filling.sheet != desk.sheet else None
    return tag(
        "div",
        tag("p", tag("strong", language.text(progress(desk, filling)), id="progress"), " · ",
            tag("span", language.text(state(desk, at)), id="state", role="status"), class_="standing"),
        tag("div",
            tag("button", language.text(m("Save")), type="submit", name="do", value="save", id="save"),
            tag("button", language.text(m("Review")), type="submit", name="do", value="review", class_="main", id="review"),
            class_="buttons"),
        class_="bar",
    )  # fmt: skip


def script_texts(language: Language) -> dict[str, str]:
    return {f"data_{name}": language.text(message) for name, message in SCRIPT_TEXTS.items()}
