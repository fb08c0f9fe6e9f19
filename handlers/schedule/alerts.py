"""Telling the organisers what could not be delivered: by unit and person, in one letter, without a word of what was to be said.

The sender marks addresses and sets letters aside; a tick looks at what nobody was told of. It waits until no more comes for a while, so
that a broadcast to many makes one letter, and for the end of quiet hours. Letter and mark are one transaction: nothing is told twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from handlers.kit.message import Message, Value, m, mn, verbatim
from handlers.kit.reply import Block, Fields, Reply, Text, say
from handlers.kit.roles import ROLE_LABELS
from handlers.kit.wire import queue_effects
from handlers.rules.deadline import local_day, quiet_until
from storage import calendar, people, undelivered, units
from storage.connection import Effect, Snapshot, effect
from storage.undelivered import ALERT, Refusing, SetAside

CALM = 300
"""Seconds without anything new before it is told."""

PATIENCE = 1_800
"""The longest wait (seconds) for that calm."""

MOST_ROWS = 20
TOLD = ("secretary", "admin")

REASONS: Mapping[str, Message] = {
    "refused": m("the messaging app does not accept it"),
    "unknown": m("no answer came; it may have arrived"),
    "unreachable": m("the messaging app was out of reach for days"),
    "quota": m("the quota of messages is used up"),
    "defect": m("an error of the system"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    person_id: str
    language: str
    channel: str
    address: str


def due_alerts(read: Snapshot, now: int, zone: ZoneInfo, channels: Collection[str]) -> tuple[Effect, ...]:
    """The effects of a look at ``now`` (epoch): a letter to every secretary and administrator who can be reached, and the marks.

    ``channels``: the names of those that run; an address on another one reaches nobody.
    """
    refusing, aside = undelivered.refusing(read, channels), undelivered.set_aside(read)
    instants = [*(each.at for each in refusing), *(each.at for each in aside)]
    if not instants or not _calm(instants, now):
        return ()
    today = local_day(now, zone)
    if quiet_until(now, calendar.quiet_hours(read, today.year), zone, None) > now:
        return ()
    marks = effect(undelivered.told, [(each.channel, each.address) for each in refusing], [each.letter_id for each in aside])
    reply = _letter(read, [each for each in refusing if not each.elsewhere], aside, today.isoformat())
    if reply is None:
        return (marks,)
    told = readers(read, today.isoformat(), channels)
    if not told:
        return ()       # told as soon as there is somebody to tell
    occasion = repr(([(each.channel, each.address, each.at) for each in refusing], [each.letter_id for each in aside]))
    digest = hashlib.sha256(occasion.encode()).hexdigest()[:12]
    letters: list[Effect] = []
    for reader in told:
        letters += queue_effects(
            reply, channel=reader.channel, address=reader.address, language=reader.language, now=now, mint=lambda: digest,
            person_id=reader.person_id, lane="broadcast", key=f"{ALERT}{reader.person_id}:{digest}",
        )  # fmt: skip
    return (marks, *letters)


def _calm(instants: Sequence[int], now: int) -> bool:
    """Whether nothing new has come for a while, or the oldest has waited long. An instant ahead is of a clock that has gone back."""
    past = [each for each in instants if each <= now]
    return not past or max(past) <= now - CALM or min(past) <= now - PATIENCE


def _letter(read: Snapshot, refusing: Sequence[Refusing], aside: Sequence[SetAside], today: str) -> Reply | None:
    blocks: list[Message | Block] = []
    if refusing:
        gone = _by_unit(read, ((each.person_id, None) for each in refusing), today)
        blocks += [
            m("These comrades take no messages of the system any more: the bot is blocked, or the account is gone."),
            *_rows(gone),
            m("Please tell them another way. As soon as one of them writes to the bot again, messages go out as before."),
        ]
    if aside:
        known = [(each.person_id, REASONS.get(each.why, REASONS["defect"])) for each in aside if each.person_id is not None]
        blocks.append(
            mn(
                "{count} message could not be delivered and was set aside.",
                "{count} messages could not be delivered and were set aside.",
                len(aside),
            )
        )
        blocks += _rows(_by_unit(read, known, today))
        strangers = len(aside) - len(known)
        if strangers:
            blocks.append(
                mn("{count} of them was to somebody who has not joined.", "{count} of them were to people who have not joined.", strangers)
            )
        if any(each.why == "defect" for each in aside):
            blocks.append(m("The server's log says what went wrong; please let the administrator know."))
    return say(Text(m("Not delivered"), "title"), *blocks) if blocks else None


def _by_unit(read: Snapshot, whom: Iterable[tuple[str, Message | None]], today: str) -> dict[Message, list[Value]]:
    """Place -> "comrade …", each once, by the order of units; a reason stands behind the name."""
    found: dict[tuple[str, Message], list[Value]] = {}
    for person_id, why in whom:
        person = people.person(read, person_id)
        if person is None or person.erased_at is not None:
            continue
        named = m("comrade {name}", name=verbatim(person.name))
        line = named if why is None else m("{who} ({why})", who=named, why=why)
        for place in _places(read, person_id, today):
            lines = found.setdefault(place, [])
            if line not in lines:
                lines.append(line)
    return {place: found[order, place] for order, place in sorted(found, key=lambda each: each[0])}


def _places(read: Snapshot, person_id: str, today: str) -> list[tuple[str, Message]]:
    """(order, name) of each unit or role of the person; somebody without a post stands last."""
    places: dict[tuple[str, Message], None] = {}
    for post in people.posts(read, person_id, today):
        if post.unit_id is not None:
            places["0" + post.unit_id, verbatim(units.name_of(read, post.unit_id))] = None
        else:
            places["1" + post.role, ROLE_LABELS[post.role]] = None
    return list(places) or [("2", m("Without a post"))]


def _rows(found: Mapping[Message, Sequence[Value]]) -> list[Block]:
    rows = [(place, tuple(lines)) for place, lines in found.items()]
    blocks: list[Block] = [Fields(tuple(rows[:MOST_ROWS]))] if rows else []
    if len(rows) > MOST_ROWS:
        blocks.append(Text(mn("and {count} more unit", "and {count} more units", len(rows) - MOST_ROWS), "note"))
    return blocks


def readers(read: Snapshot, today: str, channels: Collection[str] | None = None) -> list[Reader]:
    """Secretaries and administrators with an address that takes messages (on one of the channels, where they are given), each once."""
    found: dict[str, Reader] = {}
    for role in TOLD:
        for person, _ in people.holders(read, today, role=role):
            accounts = (each for each in people.accounts(read, person.id) if each.blocked_at is None)
            account = next((each for each in accounts if channels is None or each.channel in channels), None)
            if account is not None and person.consent_at is not None:
                found.setdefault(person.id, Reader(person.id, person.language, account.channel, account.address))
    return list(found.values())
