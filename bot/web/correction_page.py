"""The pages of a filed report that is being corrected: what is told above its table, and the review of from → to with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.language import Language
from bot.web.html import Html, page, tag
from bot.web.report_form_page import END_SCRIPTS, STYLES, script_texts
from handlers.kit.message import Message, Moment, m
from handlers.kit.turn import Turn
from handlers.reporting.changes import Change, arrow, changed, listed, stamp, whole
from handlers.reporting.corrected import NEEDS_REASON, UNCHANGED, overtaken
from handlers.reporting.correction_desk import CorrectionDesk
from handlers.reporting.filed import report_title
from handlers.reporting.form import unanswered
from handlers.reporting.items import PLAN
from handlers.reporting.paper import label, shown
from handlers.reporting.review import codes
from handlers.reporting.wording import name_of
from storage import reports, units

LONGEST_REASON = 400
UNSURE = m(
    "No answer came, so it is not sure that the correction was recorded. Please tap Confirm again: it is recorded once in any case."
)


@dataclass(frozen=True, slots=True)
class Typed:
    """The reason as it stands in its field; ``refused``: what was typed there must not be kept, on the device neither."""

    reason: str
    refused: bool = False


def lead(language: Language, turn: Turn, desk: CorrectionDesk, since: int) -> list[Html]:
    """Whose report it is, who filed it and when, and what becomes of what is typed. ``since``: the revision the page was opened over."""
    return [
        tag("p", units.name_of(turn.read, desk.filed.report.unit_id), class_="unit-name"),
        tag("p", language.text(_filed(turn, desk))),
        tag("p", language.text(m(
            "Please change only what is wrong. The filed figures stay in the history; the changes count once they are reviewed, given"
            " a reason and confirmed."
        )), class_="note"),
        *(tag("p", language.text(line), class_="asked") for line in moved(turn, desk, since)),
    ]  # fmt: skip


def moved(turn: Turn, desk: CorrectionDesk, since: int) -> tuple[Message, ...]:
    """What a colleague has corrected since the page was opened over revision ``since``."""
    filed = desk.filed
    by = reports.revisions(turn.read, filed.report.id)[-1].filed_by
    return overtaken(turn, filed, since) if 0 < since < filed.report.revision and by != turn.person.id else ()


def _filed(turn: Turn, desk: CorrectionDesk) -> Message:
    newest = reports.revisions(turn.read, desk.filed.report.id)[-1]
    name, when = name_of(turn.read, newest.filed_by), Moment(newest.filed_at)
    if newest.kind == "correction":
        return m("Filed; last corrected by {name}, {when}.", name=name, when=when)
    return m("Filed by {name}, {when}.", name=name, when=when)


def review(
    language: Language, turn: Turn, desk: CorrectionDesk, *, here: str, key: str, notes: tuple[Message, ...] = (),
    typed: Typed | None = None,
) -> web.Response:  # fmt: skip
    """What changes from what to what, the reason, and the one button that records it. ``typed`` None: the reason that was given before."""
    text, filed = language.text, desk.filed
    sheet = whole(filed)
    doubtful = [item for item in desk.paper.items if item.id in unanswered(desk.paper, desk.sheet)]
    rows = [_row(language, each, sheet.entries[each.item.id].note) for each in listed(filed, sheet)]
    names = [tag("li", file.name) for file in changed(filed, sheet).files]
    told = [tag("p", text(note), class_="line") for note in notes]
    if doubtful:
        told.append(tag("p", text(m("To be checked: {codes}", codes=codes(doubtful))), class_="line"))
    if not rows and not names and UNCHANGED not in notes:
        told.append(tag("p", text(UNCHANGED), class_="line"))
    ready = bool(rows or names) and not doubtful
    bar = tag(
        "div", tag("p", "", id="state", role="status"),
        tag("div", tag("button", text(m("Correct more")), type="submit", name="do", value="edit"),
            tag("button", text(m("Confirm")), type="submit", name="do", value="confirm", class_="main") if ready else None,
            class_="buttons"),
        class_="bar",
    )  # fmt: skip
    body = tag(
        "form",
        tag("input", type="hidden", name="revision", value=filed.report.revision, autocomplete="off"),
        tag("input", type="hidden", name="stamp", value=stamp(filed), autocomplete="off"),
        tag("dl", *rows) if rows else None,
        tag("section", tag("h2", text(m("Files added"))), tag("ul", *names)) if names else None,
        _reason(language, typed or Typed(filed.reason), wrong=NEEDS_REASON in notes) if rows or names else None, bar,
        method="post", action=here, id="confirm", autocomplete="off", data_key=key,
        **script_texts(language) | {"data_unsure": text(UNSURE)},
    )  # fmt: skip
    above = [
        tag("p", units.name_of(turn.read, filed.report.unit_id), class_="unit-name"), tag("p", text(_filed(turn, desk))),
        tag("div", *told, class_="asked", role="alert", id="asked") if told else None,
    ]  # fmt: skip
    title = m("Correction of {report}", report=report_title(turn.read, filed.report))
    return page(language, title, *above, body, styles=STYLES, scripts=END_SCRIPTS)


def _row(language: Language, change: Change, note: str | None) -> Html:
    text, item = language.text, change.item
    if item.kind == "text":
        before = language.value(shown(item, change.before)) if change.before else text(m("none"))
        told = [tag("dd", before, class_="was"), tag("dd", f"→ {change.after or ''}")]
    else:
        reason = m("{value}. Reason: {reason}", value=arrow(change), reason=note) if note and item.id.endswith(PLAN) else arrow(change)
        told = [tag("dd", text(reason))]
    name = f"{text(m('Correct'))} {item.code}"
    again = tag("button", text(m("Correct")), type="submit", name="do", value=f"edit {item.id}", class_="again", aria_label=name)
    return tag("div", tag("dt", text(label(item, 200))), *told, tag("dd", again, class_="way"), class_="pair")


def _reason(language: Language, typed: Typed, *, wrong: bool) -> Html:
    name = language.text(m("Reason for the correction"))
    area = tag(
        "textarea", typed.reason, id="reason", name="reason", rows=2, maxlength=LONGEST_REASON, aria_required="true",
        autofocus=wrong, aria_invalid="true" if wrong else None, aria_describedby="asked" if wrong else None,
        data_refused="1" if typed.refused else None,
    )  # fmt: skip
    return tag("div", tag("label", name, for_="reason"), area, class_="row")     # where it is asked for, the page opens at it
