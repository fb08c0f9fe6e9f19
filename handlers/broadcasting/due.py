"""The tick of broadcasts: those whose time has come become letters, those that were sent are closed, old ones keep only their counts."""

from __future__ import annotations

import hashlib
import json
from zoneinfo import ZoneInfo

from handlers.broadcasting.audience import Audience, resolve
from handlers.broadcasting.confirming import EXPIRES_SECONDS
from handlers.broadcasting.letter import letter_of
from handlers.broadcasting.preview import opening
from handlers.broadcasting.record import Record, record, rows
from handlers.broadcasting.timing import after_quiet
from handlers.kit.command import ORGANISERS
from handlers.kit.message import Moment, m
from handlers.kit.reply import Choice, Choices, Fields, Go, Reply, Text, say
from handlers.kit.wire import encode, queue_effects
from handlers.rules.deadline import local_day
from storage import broadcasts, people
from storage.broadcasts import Broadcast
from storage.connection import Effect, Snapshot, effect

LATE_AFTER = 2 * 3_600
"""From when on a letter says that it comes late; it then waits for the end of quiet hours as well."""

MISSED_AFTER = 24 * 3_600
"""What is later than this is not sent by itself: its news may be wrong by now. The sender is told, and can send it with one tap."""


def due_broadcasts(read: Snapshot, now: int, zone: ZoneInfo) -> tuple[Effect, ...]:
    """The effects of a look at ``now``, for one commit. A look that raced another is refused by `broadcasts.send` (Conflict)."""
    effects: list[Effect] = []
    for given in broadcasts.due(read, now):
        effects += _launch(read, given, now, zone)
    for given in broadcasts.finished(read, now):
        effects.append(effect(broadcasts.end, given.id, "done", now))
        effects += _result(read, given, now, zone)
    for given in broadcasts.outdated(read, now):
        effects.append(effect(broadcasts.reduce, given.id, json.dumps(record(read, given).totals)))
    return tuple(effects)


def _launch(read: Snapshot, given: Broadcast, now: int, zone: ZoneInfo) -> list[Effect]:
    late = now - given.send_at
    if late > MISSED_AFTER:
        told = say(
            Text(m("A message was not sent"), "title"),
            Text(opening(given.body), "quote"),
            m("It was to be sent at {when}, but the system was down.", when=Moment(given.send_at, "weekday_time")),
            Choices((Choice(m("See the message"), Go("thongbao", f"show {given.id}")),)),
        )
        return [effect(broadcasts.end, given.id, "missed", now), *_tell(read, given, told, "missed", now, zone)]
    if late > LATE_AFTER and after_quiet(read, now, zone) > now:
        return []
    found = resolve(read, Audience.load(given.audience), local_day(now, zone), given.created_by)
    reply = encode(letter_of(read, given, given.send_at if late > LATE_AFTER else None))
    return [effect(broadcasts.send, given.id, "scheduled", 1, found.targets, found.silent, reply, now, now + EXPIRES_SECONDS)]


def _result(read: Snapshot, given: Broadcast, now: int, zone: ZoneInfo) -> tuple[Effect, ...]:
    """One short letter to the sender, where it went out in his absence or not everybody got it; else he knows enough."""
    each = record(read, given)
    failed = sum(each.totals.get(state, 0) for state in ("blocked", "failed", "unknown"))
    scheduled = given.round == 1 and given.send_at > given.created_at
    if not failed and not scheduled:
        return ()
    told = _tell(read, given, result(read, each), f"result:{given.round}", now, zone)
    if not told or given.signed_as != "secretary":      # what refuses our messages is for the secretary to know, whoever sent this
        return told
    return (*told, effect(broadcasts.mark_told, given.id))


def result(read: Snapshot, each: Record) -> Reply:
    """How it ended, with the units that have not got it."""
    given, sent = each.broadcast, each.totals.get("sent", 0)
    told = m("Sent to {sent} of {people}.", sent=sent, people=each.people) if each.people else m("Nobody was left to send it to.")
    missing = rows(read, each, "blocked", "failed", "unknown", "unreachable")
    return say(
        Text(m("Result of sending"), "title"),
        Text(opening(given.body), "quote"),
        told,
        *((Fields(tuple(missing)),) if missing else ()),
        Choices((Choice(m("See the details"), Go("thongbao", f"show {given.id}")),)),
    )


def _tell(read: Snapshot, given: Broadcast, reply: Reply, what: str, now: int, zone: ZoneInfo) -> tuple[Effect, ...]:
    """A letter to who confirmed it, while he still is an organiser and can be reached."""
    person = people.person(read, given.created_by)
    posts = people.posts(read, given.created_by, local_day(now, zone).isoformat())
    open_accounts = [each for each in people.accounts(read, given.created_by) if each.blocked_at is None]
    if person is None or not open_accounts or not any(post.role in ORGANISERS for post in posts):
        return ()
    key = f"broadcast-{what}:{given.id}"
    menu_id = hashlib.sha256(key.encode()).hexdigest()[:10]
    return queue_effects(
        reply, channel=open_accounts[0].channel, address=open_accounts[0].address, language=person.language, now=now,
        mint=lambda: menu_id, person_id=person.id, lane="broadcast", key=key, not_before=after_quiet(read, now, zone),
    )  # fmt: skip
