"""What became of a broadcast: sent, waiting, blocked, failed, not joined, by unit name; as of now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.broadcasting.audience import Audience, Resolved, Share, resolve, told
from handlers.broadcasting.preview import opening
from handlers.kit.message import Message, Moment, Value, m, mn
from handlers.kit.turn import Turn
from storage import broadcast_recipients
from storage.broadcast_recipients import Count
from storage.broadcasts import Broadcast
from storage.connection import Snapshot

STATES: dict[str, Message] = {
    "sent": m("Sent"),
    "waiting": m("Waiting"),
    "blocked": m("Blocked the bot"),
    "failed": m("Could not be sent"),
    "unknown": m("No answer, may have arrived"),
    "dropped": m("Stopped before sending"),
    "unreachable": m("Not joined"),
}
"""In the order they are shown."""

RESEND_SECONDS = 30 * 86_400
"""How long after its first sending a message may be sent again to those who have not got it."""


@dataclass(frozen=True, slots=True)
class Record:
    """A broadcast with its counts by unit; of one that is long past only the totals are left."""

    broadcast: Broadcast
    counts: tuple[Count, ...]
    totals: dict[str, int]

    @property
    def people(self) -> int:
        """To how many it was sent or tried: without those who have no address."""
        return sum(count for state, count in self.totals.items() if state != "unreachable")

    @property
    def state(self) -> str:
        """Its state as of now: the tick that notes the end of sending may still be on its way."""
        given = self.broadcast.state
        return "done" if given == "sending" and not self.totals.get("waiting") else given

    def places(self, state: str) -> tuple[Share, ...]:
        """Who is in the state, of the people of each unit in all."""
        whole: dict[tuple[str, str], int] = {}
        for each in self.counts:
            whole[each.unit_id, each.role] = whole.get((each.unit_id, each.role), 0) + each.people
        return tuple(
            (each.unit_id, each.role, each.people, whole[each.unit_id, each.role]) for each in self.counts if each.state == state
        )


def record(read: Snapshot, given: Broadcast) -> Record:
    """Count now. A letter that was dropped though nobody stopped it has expired: it could not be sent."""
    if given.counts is not None:
        return Record(given, (), json.loads(given.counts))
    counts = broadcast_recipients.counts(read, given.id)
    if given.state != "cancelled":
        counts = _folded(counts)
    totals: dict[str, int] = {}
    for each in counts:
        totals[each.state] = totals.get(each.state, 0) + each.people
    return Record(given, counts, totals)


def _folded(counts: Sequence[Count]) -> tuple[Count, ...]:
    merged: dict[tuple[str, str, str], int] = {}
    for each in counts:
        state = "failed" if each.state == "dropped" else each.state
        merged[each.unit_id, each.role, state] = merged.get((each.unit_id, each.role, state), 0) + each.people
    return tuple(Count(*place, people) for place, people in merged.items())


def rows(read: Snapshot, each: Record, *states: str) -> list[tuple[Message, Value]]:
    """One row a state: how many people, and their units by name."""
    found: list[tuple[Message, Value]] = []
    for state in states or tuple(STATES):
        count = each.totals.get(state, 0)
        places = each.places(state)
        if not count and not places:
            continue
        people = mn("{count} person", "{count} people", count)
        if not places:
            found.append((STATES[state], people))
        elif count:
            found.append((STATES[state], m("{people} · {places}", people=people, places=told(read, places))))
        else:
            found.append((STATES[state], told(read, places)))
    return found


def status(each: Record) -> Message:
    """In a few words."""
    given, sent = each.broadcast, each.totals.get("sent", 0)
    match each.state:
        case "scheduled":
            return m("to be sent at {when}", when=Moment(given.send_at, "weekday_time"))
        case "sending":
            return m("being sent, {sent} of {people}", sent=sent, people=each.people)
        case "done":
            return m("sent to {sent} of {people}", sent=sent, people=each.people)
        case "missed":
            return m("not sent: the system was down at the time")
        case _:
            return m("stopped, sent to {sent}", sent=sent) if given.round else m("cancelled before sending")


def line(each: Record) -> Message:
    """One line of the list."""
    given = each.broadcast
    if not given.body:
        return m("{when}: {status}", when=Moment(given.created_at), status=status(each))
    return m("{when}: “{text}”, {status}", when=Moment(given.created_at), text=opening(given.body), status=status(each))


def remaining(turn: Turn, given: Broadcast) -> Resolved:
    """Whom sending again would reach: of the audience as it is now, those who have not got it and were meant to (or whose unit had nobody
    then). Nobody, while it is being sent or when it is too old."""
    if given.counts is not None or given.state in ("scheduled",) or (given.state == "cancelled" and not given.round):
        return Resolved((), ())
    if given.started_at is not None and given.started_at < turn.now - RESEND_SECONDS:
        return Resolved((), ())
    found = resolve(turn.read, Audience.load(given.audience), turn.today, given.created_by)
    if given.round == 0:
        return found
    have = broadcast_recipients.reached(turn.read, given.id)
    meant, silent = broadcast_recipients.meant(turn.read, given.id)
    left = tuple(
        each
        for each in found.targets
        if each.to.person_id not in have and (each.to.person_id in meant or each.unit_id in silent) and each.to.address is not None
    )
    return Resolved(left, found.silent)
