"""The report form on a page: `/form/PAGE` to fill in and save, `/review/PAGE` to look through and file; a filed report is corrected
in the same form, where the review shows what changes and asks for the reason.

Plain forms do everything; the script sends the same fields as JSON while somebody types. The draft, or what was begun to correct, is the
one that the chat goes on with, and the functions that take and file it are the chat's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from aiohttp import web

from bot.web import correction_page
from bot.web.deciding import Decision
from bot.web.html import Html
from bot.web.pages import PAGE, UNKNOWN, Bound, Refusal, Site, wants_json
from bot.web.report_form_field import fields_of, spoken
from bot.web.report_form_page import draft_lead, form, over, progress, review, state
from handlers.kit.message import Message, m, verbatim
from handlers.kit.reply import Reply, Text, say
from handlers.kit.turn import Turn
from handlers.reporting.changes import keep, reason_of, whole
from handlers.reporting.confirming import Confirmed
from handlers.reporting.corrected import recorded
from handlers.reporting.correction_desk import CorrectionDesk, desk_of, kept, parts_of
from handlers.reporting.desk import Desk, Shut
from handlers.reporting.form import Change, Filling, How, fill, screened
from handlers.reporting.form_filing import Reviewed, file_correction, file_form
from handlers.reporting.offering import MINUTES
from handlers.reporting.receipt import filed_already
from storage import duties, page_links
from storage.connection import Effect, effect

LONGEST_USE = 12 * 3_600
"""A page that is used is renewed, but no longer than a working day: then the chat gives a new link."""

RENEW_SECONDS = 600
MOST_FIELDS = 400
LONGEST_FIELD = 20_000
LONGEST_REST = 400
HOWS = frozenset({"same", "keep", "reading", "mine", "theirs", "filed"})
REVIEWED = ("do", "revision", "stamp", "reason")
Asking = Literal["form", "review"]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a request: raw texts, marks and reasons by item id, and the button that was pressed; with a review what it showed."""

    raw: Mapping[str, str]
    seen: Mapping[str, str]
    why: Mapping[str, str]
    does: str = ""
    revision: int = -1
    stamp: str = ""
    reason: str = ""

    def changes(self) -> tuple[Change, ...]:
        verb, _, rest = self.does.partition(" ")
        item, _, value = rest.partition(" ")
        return tuple(
            Change(
                each, self.raw.get(each, ""), self.seen.get(each, ""), cast(How, verb) if each == item and verb in HOWS else "said",
                value if each == item else "", self.why.get(each, ""),
            )
            for each in dict.fromkeys((*self.raw, *((item,) if verb in HOWS else ())))
        )  # fmt: skip

    def typed(self) -> dict[str, str]:
        return {**self.raw, **{f"w.{item}": why for item, why in self.why.items()}}


def routes(site: Site) -> list[web.RouteDef]:
    """The form, its saving, its review and its filing."""

    async def shown(request: web.Request) -> web.StreamResponse:
        return await site.open(request, "form", _look(request, "form"))

    async def saved(request: web.Request) -> web.StreamResponse:
        return await site.open(request, "form", _save(request, await _sent(request)))

    async def reviewed(request: web.Request) -> web.StreamResponse:
        return await site.open(request, "form", _look(request, "review"))

    async def confirmed(request: web.Request) -> web.StreamResponse:
        return await site.open(request, "form", _confirm(request, await _sent(request)))

    return [
        web.get(f"/form/{PAGE}", site.guarded(shown)),
        web.post(f"/form/{PAGE}", site.guarded(saved)),
        web.get(f"/review/{PAGE}", site.guarded(reviewed)),
        web.post(f"/review/{PAGE}", site.guarded(confirmed)),
    ]


Decides = Callable[[Turn, Bound], Decision[web.Response]]


def _look(request: web.Request, asking: Asking) -> Decides:
    def look(turn: Turn, bound: Bound) -> Decision[web.Response]:
        desk = _desk(turn, bound)
        if isinstance(desk, web.Response):
            return Decision(_gone(request, desk, bound))
        filling = fill(turn, desk, ())
        renewed = _renewed(turn, bound)
        if wants_json(request):
            return Decision(_told(bound, desk, filling, None), renewed)
        if asking == "form":
            return Decision(form(bound.language, turn, desk, filling, _key(bound), _lead(turn, bound, desk), here=bound.page), renewed)
        if isinstance(desk, CorrectionDesk):
            notes = correction_page.moved(turn, desk, parts_of(bound.link.subject)[2])
            return Decision(correction_page.review(bound.language, turn, desk, here=bound.page, key=_key(bound), notes=notes), renewed)
        return Decision(review(bound.language, turn, desk, here=bound.page, key=_key(bound)), renewed)

    return look


def _save(request: web.Request, sent: Sent) -> Decides:
    def save(turn: Turn, bound: Bound) -> Decision[web.Response]:
        desk = _desk(turn, bound)
        if isinstance(desk, web.Response):
            return Decision(_gone(request, desk, bound))
        filling = fill(turn, desk, sent.changes())
        effects = (*kept(turn, desk, filling.sheet), *_renewed(turn, bound))
        if wants_json(request):
            return Decision(_told(bound, desk, filling, turn.now if filling.sheet != desk.sheet else None), effects)
        asked_now = {item for item in filling.questions if item in sent.raw}
        if asked_now:
            lead = _lead(turn, bound, desk)
            page = form(bound.language, turn, desk, filling, _key(bound), lead, here=bound.page, typed=sent.typed(), given=sent.seen)
            return Decision(page, effects)
        anchor = sent.does.split(" ")[1] if sent.does.count(" ") else ""
        where = f"../review/{bound.page}" if sent.does == "review" else f"../form/{bound.page}" + (f"#r-{anchor}" if anchor else "")
        return Decision(_see(where), effects)

    return save


def _confirm(request: web.Request, sent: Sent) -> Decides:
    def confirm(turn: Turn, bound: Bound) -> Decision[web.Response]:
        desk = _desk(turn, bound)
        if isinstance(desk, web.Response):      # filed already, perhaps by this very tap a moment ago: the receipt stands there
            return Decision(_go(request, f"../form/{bound.page}"))
        if isinstance(desk, CorrectionDesk):
            return _correct(request, turn, bound, desk, sent)
        done = file_form(turn, desk, sent.revision)
        if isinstance(done, Confirmed):
            return Decision(_go(request, f"../form/{bound.page}"), done.effects)
        if wants_json(request):
            return Decision(web.json_response({"error": bound.language.text(done), "again": True}, status=409))
        return Decision(review(bound.language, turn, desk, here=bound.page, key=_key(bound), note=done))

    return confirm


def _correct(request: web.Request, turn: Turn, bound: Bound, desk: CorrectionDesk, sent: Sent) -> Decision[web.Response]:
    """Record the correction that was reviewed; or back to its fields with the reason kept."""
    refused, verb, item = screened(sent.reason) is not None, *sent.does.partition(" ")[::2]
    if verb == "edit":
        reason = "" if refused else reason_of(sent.reason) or desk.filed.reason
        where = f"../form/{bound.page}" + (f"#v-{item}" if desk.paper.item(item) is not None else "")
        return Decision(_see(where), keep(turn, desk.filed, whole(desk.filed), reason)[1])
    done = file_correction(turn, desk, Reviewed(sent.revision, sent.stamp, sent.reason))
    if isinstance(done, Confirmed):
        return Decision(_go(request, f"../form/{bound.page}"), done.effects)
    if wants_json(request):
        return Decision(web.json_response({"error": bound.language.text(done[0]), "again": True}, status=409))
    typed = correction_page.Typed("" if refused else sent.reason, refused)
    page = correction_page.review(bound.language, turn, desk, here=bound.page, key=_key(bound), notes=done, typed=typed)
    return Decision(page)


# What is open -------------------------------------------------------------------------------------------------------------------


def _desk(turn: Turn, bound: Bound) -> Desk | web.Response:
    """The desk of the link's duty or filed report, or the page that says why it is shut: asked anew each time."""
    desk = desk_of(turn, bound.link.subject)
    if desk is None:
        raise Refusal(*UNKNOWN)
    if isinstance(desk, Desk):
        return desk
    reply, title = _shut(turn, bound.link.subject, desk)
    return over(bound.language, reply, title, _key(bound), filed=desk.filed)


def _shut(turn: Turn, subject: str, shut: Shut) -> tuple[Reply, Message]:
    kind, ident, since = parts_of(subject)
    duty = duties.duty(turn.read, ident) if kind == "duty" else None
    told: Reply | None = None
    if shut.filed:
        told = recorded(turn, ident, since) if duty is None else filed_already(turn, duty, confirming=True)
    if told is not None and isinstance(first := told.blocks[0], Text) and first.style == "title":
        return Reply(told.blocks[1:]), first.message
    title = verbatim(duty.title) if duty is not None else m("Page of the emulation bot")
    return say(shut.why) if told is None else told, title


def _lead(turn: Turn, bound: Bound, desk: Desk) -> list[Html]:
    if isinstance(desk, CorrectionDesk):
        return correction_page.lead(bound.language, turn, desk, parts_of(bound.link.subject)[2])
    return draft_lead(bound.language, turn, desk)


def _gone(request: web.Request, page: web.Response, bound: Bound) -> web.Response:
    """For the script: the page has to be loaded anew, and says why."""
    if not wants_json(request):
        return page
    return web.json_response({"error": bound.language.text(m("This report can no longer be entered here.")), "over": True}, status=409)


def _renewed(turn: Turn, bound: Bound) -> tuple[Effect, ...]:
    until = min(turn.now + MINUTES * 60, bound.link.created_at + LONGEST_USE)
    if until - bound.link.expires_at < RENEW_SECONDS:
        return ()
    return (effect(page_links.renew, bound.link.token_hash, until),)


def _key(bound: Bound) -> str:
    """Under which a browser keeps what could not be sent: of this person and this report, and telling neither."""
    return hashlib.sha256(f"{bound.person.id} {bound.link.subject}".encode()).hexdigest()[:24]


# Requests and answers -----------------------------------------------------------------------------------------------------------


async def _sent(request: web.Request) -> Sent:
    """The fields of a plain form, or the same as the script sends them. Raises Refusal for what no page of ours sends."""
    if request.content_type == "application/json":
        try:
            document = await request.json()
        except ValueError:
            raise Refusal(*UNKNOWN) from None
        fields = document.get("fields") if isinstance(document, dict) else None
        pairs = [
            (f"{prefix}.{item}", value)
            for item, each in (fields if isinstance(fields, dict) else {}).items() if isinstance(each, dict)
            for prefix, name in (("v", "raw"), ("s", "seen"), ("w", "why")) if isinstance(value := each.get(name), str)
        ]  # fmt: skip
        pairs += [(name, str(document[name])) for name in REVIEWED if isinstance(document, dict) and name in document]
    else:
        posted = await request.post()
        pairs = [(name, value) for name, value in posted.items() if isinstance(value, str)]
    if len(pairs) > MOST_FIELDS:
        raise Refusal(*UNKNOWN)
    return _sorted(pairs)


def _sorted(pairs: Iterable[tuple[str, str]]) -> Sent:
    kinds: dict[str, dict[str, str]] = {"v": {}, "s": {}, "w": {}}
    rest = dict.fromkeys(REVIEWED, "")
    for name, value in pairs:
        prefix, _, item = name.partition(".")
        if prefix in kinds and item:
            kinds[prefix][item[:80]] = value[:LONGEST_FIELD]
        elif name in rest:
            rest[name] = value[:LONGEST_REST]
    revision = rest["revision"]
    number = int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 10 else -1
    return Sent(kinds["v"], kinds["s"], kinds["w"], rest["do"], number, rest["stamp"], rest["reason"].strip())


def _told(bound: Bound, desk: Desk, filling: Filling, at: int | None) -> web.Response:
    """Every field as it stands now, for the script."""
    fields = {}
    for item in fields_of(desk):
        said = spoken(bound.language, desk, item, filling)
        fields[item.id] = {
            "code": item.code, "seen": said.seen, "text": said.text, "saved": said.saved, "kind": said.kind, "lines": said.lines,
            "buttons": said.buttons, "stands": said.stands, "gone": said.gone, "known": said.known,
        }  # fmt: skip
    text = bound.language.text
    answer = {"fields": fields, "progress": text(progress(desk, filling)), "state": text(state(desk, at))}
    return web.json_response(answer)


def _see(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where})


def _go(request: web.Request, where: str) -> web.Response:
    return web.json_response({"go": where}) if wants_json(request) else _see(where)
