"""/thongbao: the secretary writes to many at once, sees what became of it, stops it, or sends it again to who has not got it.

An official message reaches everybody who has agreed to be written to: the switch of reminders does not silence it.
"""

from __future__ import annotations

from handlers.broadcasting.audience import Audience, named, place_name, shares
from handlers.broadcasting.composing import BroadcastDialogue, begin
from handlers.broadcasting.confirming import EXPIRES_SECONDS
from handlers.broadcasting.costing import held
from handlers.broadcasting.letter import attach, letter_of
from handlers.broadcasting.naming import CALLED, hear, hear_with_text
from handlers.broadcasting.preview import opening, people_and_units
from handlers.broadcasting.record import STATES, Record, line, record, remaining, rows, status
from handlers.broadcasting.timing import after_quiet
from handlers.kit.command import ORGANISERS, Command
from handlers.kit.message import Message, Moment, m, verbatim
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Table, Text
from handlers.kit.turn import Outcome, Said, Sent, Turn, answer
from handlers.kit.wire import encode
from handlers.rules.text import clip, fold
from storage import broadcasts, people
from storage.broadcasts import Broadcast
from storage.connection import effect

MOST_LISTED = 5
PAGE = 20
LABEL_CHARS = 38
_COMPOSING = ("soan", "gui", "ra", "viet", "tao", "phat", "send", "compose", "write", "new")


def handle(turn: Turn, argument: str) -> Outcome:
    """The list; or one of: new, show ID, places ID PAGE, stop ID, resend ID, resent ID ROUND; or an audience and a text."""
    word, _, rest = argument.strip().partition(" ")
    match word:
        case "new":
            return begin(turn)
        case "show" | "stop" | "resend" | "resent" | "places":
            ident, _, more = rest.partition(" ")
            given = broadcasts.broadcast(turn.read, ident)
            return _in_words(turn, argument.strip()) if given is None else _about(turn, word, given, more)
        case "":
            said = fold(turn.input.text).split() if isinstance(turn.input, Said) else []
            opens = any(word in _COMPOSING for word in said[:2]) or said[-1:] in (["cho"], ["toi"], ["den"])
            return begin(turn) if opens else _list(turn)
        case _:
            return _in_words(turn, argument.strip())


def _about(turn: Turn, word: str, given: Broadcast, more: str) -> Outcome:
    match word:
        case "stop":
            return _stop(turn, given)
        case "resend":
            return _ask_resend(turn, given)
        case "resent":
            return _resend(turn, given, more)
        case "places":
            return _places(turn, given, more)
        case _:
            return _show(turn, given)


def quick(turn: Turn, text: str) -> Outcome | None:
    """ "thông báo cho Lạng Sơn, Cao Bằng: Ngày mai họp lúc 14h" goes straight to the preview; None for any other text."""
    if not CALLED.match(fold(text)):
        return None
    heard, body = hear_with_text(turn, text)
    return None if heard is None and not body else begin(turn, heard, body)


def file_first(turn: Turn, sent: Sent) -> Outcome | None:
    """A file that an organiser sends out of the blue is to be sent on; its caption may name the audience. An officer's is for a report."""
    if "officer" in turn.roles:
        return None
    found = attach(sent)
    if isinstance(found, Message):
        return answer(found)
    caption = sent.caption.strip()
    if not CALLED.match(fold(caption)):
        return begin(turn, None, caption, found)
    heard, body = hear_with_text(turn, caption)
    return begin(turn, heard, body, found)


def _in_words(turn: Turn, text: str) -> Outcome:
    heard, body = hear_with_text(turn, text)
    if heard is None and not body:
        body = text
    if heard is None and len(body.split()) < 3:
        return begin(turn, hear(turn, text))
    return begin(turn, heard, body)


# What was sent ------------------------------------------------------------------------------------------------------------------


_NEW = Choice(m("Write a message"), Go("thongbao", "new"))


def _list(turn: Turn) -> Outcome:
    found = tuple(record(turn.read, each) for each in broadcasts.latest(turn.read, MOST_LISTED))
    if not found:
        return answer(m("No message has been sent yet."), Choices((_NEW,)))
    choices = [_NEW]
    for each in found:
        given = each.broadcast
        label = verbatim(clip(" ".join(given.body.split()), LABEL_CHARS)) if given.body else m("{when}", when=Moment(given.created_at))
        choices.append(Choice(label, Go("thongbao", f"show {given.id}")))
    return answer(Text(m("Latest messages"), "title"), *(line(each) for each in found), Choices(tuple(choices)))


def _show(turn: Turn, given: Broadcast) -> Outcome:
    each = record(turn.read, given)
    sender = people.person(turn.read, given.created_by)
    facts: list[tuple[Message, Message]] = [(m("Recipients"), Audience.load(given.audience).shown(turn.read))]
    if given.created_by != turn.person.id and sender is not None and sender.name:
        facts.append((m("Sent by"), verbatim(sender.name)))
    now = m("{status}, as of {now}", status=status(each), now=Moment(turn.now, "time")) if given.round else status(each)
    facts.append((m("Status"), now))
    counted = rows(turn.read, each)
    blocks: list[Block] = [Text(m("Message of {when}", when=Moment(given.created_at)), "title")]
    if given.body:
        blocks.append(Text(opening(given.body), "quote"))
    blocks.append(Fields((*facts, *counted)))
    return answer(*blocks, *held(turn, given.id), Choices(_choices(turn, each), columns=2))


def _choices(turn: Turn, each: Record) -> tuple[Choice, ...]:
    given, choices = each.broadcast, []
    if each.state in ("scheduled", "sending"):
        choices += [Choice(m("Stop sending"), Go("thongbao", f"stop {given.id}"))]
    if each.state == "sending":
        choices += [Choice(m("Look again"), Go("thongbao", f"show {given.id}"))]
    if each.state in ("done", "cancelled", "missed") and (left := remaining(turn, given)).reachable:
        label = m("Send at once") if not given.round else m("Send again to {count} without it", count=len(left.reachable))
        choices.append(Choice(label, Go("thongbao", f"resend {given.id}")))
    if any(len(each.places(state)) > PAGE for state in STATES):
        choices.append(Choice(m("By unit"), Go("thongbao", f"places {given.id} 1")))
    choices.append(Choice(m("Latest messages"), Go("thongbao")))
    return tuple(choices)


def _places(turn: Turn, given: Broadcast, page: str) -> Outcome:
    """Who has not got it first, unit by unit."""
    each = record(turn.read, given)
    order = ("failed", "unknown", "blocked", "unreachable", "waiting", "dropped", "sent")
    every = [(place, state) for state in order for place in each.places(state)]
    number = max(1, int("".join(filter(str.isdecimal, page)) or "1"))
    shown = every[(number - 1) * PAGE : number * PAGE]
    if not shown:
        return _show(turn, given)
    table = tuple((*shares(turn.read, (place,)), STATES[state]) for place, state in shown)
    choices = [Choice(m("Back to the result"), Go("thongbao", f"show {given.id}"))]
    if number * PAGE < len(every):
        choices.insert(0, Choice(m("Next page"), Go("thongbao", f"places {given.id} {number + 1}")))
    pages = -(-len(every) // PAGE)
    title = Text(m("By unit, page {page} of {pages}", page=number, pages=pages), "title")
    return answer(title, Table(table), Choices(tuple(choices), columns=2))


# Stopping and sending again -------------------------------------------------------------------------------------------------------


def _stop(turn: Turn, given: Broadcast) -> Outcome:
    """No question first: what is stopped can be sent again, what is sent cannot be taken back."""
    each = record(turn.read, given)
    if each.state not in ("scheduled", "sending"):
        return answer(m("There is nothing to stop: {status}.", status=status(each)), Choices((_result(given),)))
    stopped = effect(broadcasts.cancel, given.id, turn.person.id, turn.now)
    if each.state == "scheduled":
        return answer(m("Stopped: the message will not be sent."), Choices((_NEW,)), effects=(stopped,))
    told = m(
        "Stopped: {sent} have it, {left} will not get it.", sent=each.totals.get("sent", 0), left=each.totals.get("waiting", 0)
    )
    under_way = m("What is under way at this moment may still arrive.")
    return answer(told, under_way, Choices((_result(given),)), effects=(stopped,))


def _result(given: Broadcast) -> Choice:
    return Choice(m("Result of sending"), Go("thongbao", f"show {given.id}"))


def _ask_resend(turn: Turn, given: Broadcast) -> Outcome:
    left = remaining(turn, given)
    if not left.reachable or record(turn.read, given).state not in ("done", "cancelled", "missed"):
        return answer(m("Nobody who can be reached is without it."), Choices((_result(given),)))
    places = tuple(place_name(turn.read, each.unit_id, each.role) for each in left.places())
    asked = m("Send “{text}” to {count}: {places}?", text=opening(given.body), count=people_and_units(left), places=named(places))
    if given.round:
        asked = m("Send “{text}” again to {count}: {places}?", text=opening(given.body), count=people_and_units(left), places=named(places))
    confirm = Choice(m("Confirm"), Go("thongbao", f"resent {given.id} {given.round + 1}"), says="yes")
    return answer(asked, Choices((confirm, Choice(m("Cancel"), Go("thongbao", f"show {given.id}"), says="no")), columns=2))


def _resend(turn: Turn, given: Broadcast, round_: str) -> Outcome:
    """``round_`` is the one that was asked about: the second tap of two finds it begun."""
    if round_ != str(given.round + 1) or record(turn.read, given).state not in ("done", "cancelled", "missed"):
        return answer(m("This message has been confirmed already."), Choices((_result(given),)))
    left = remaining(turn, given)
    if not left.reachable:
        return answer(m("Nobody who can be reached is without it."), Choices((_result(given),)))
    at = after_quiet(turn.read, turn.now, turn.zone)
    sent = effect(
        broadcasts.send, given.id, given.state, given.round + 1, left.targets, left.silent, encode(letter_of(turn.read, given)), turn.now,
        turn.now + EXPIRES_SECONDS, turn.person.id, at,
    )  # fmt: skip
    told = [m("Recorded. The message is being sent to {count}.", count=people_and_units(left))]
    if at > turn.now:
        told.append(m("Quiet hours: it goes out at {when}.", when=Moment(at)))
    return answer(*told, Choices((_result(given),)), effects=(sent,))


COMMAND = Command(
    name="thongbao",
    alias="broadcast",
    summary=m("Messages to the units: write, see the result"),
    words=m("broadcast|send a broadcast|send a message|write a message|messages sent|announcement|send an announcement"),
    handle=handle,
    examples=(m("write a message"),),
    roles=ORGANISERS,
    claims=quick,
    takes=file_first,
    order=48,
    dialogues=(BroadcastDialogue(),),
)
