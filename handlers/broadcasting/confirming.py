"""The confirmation of a broadcast: noted once under its minted id; its letters are queued in that commit, or at its time by the tick."""

from __future__ import annotations

from handlers.broadcasting import costing, preview
from handlers.broadcasting.audience import Audience, resolve
from handlers.broadcasting.draft import Draft
from handlers.broadcasting.letter import letter_of
from handlers.kit.message import Message, Moment, m
from handlers.kit.reply import Choice, Choices, Go, say
from handlers.kit.turn import Outcome, Turn
from handlers.kit.wire import encode
from storage import broadcasts
from storage.broadcasts import Broadcast
from storage.connection import Effect, effect

EXPIRES_SECONDS = 7 * 86_400
"""A letter that could not be sent for so long is not sent any more: its news is old."""


def confirm(turn: Turn, draft: Draft) -> Outcome:
    """Send it now, or note it for its time. The second tap of two finds it noted and sends nothing."""
    if broadcasts.broadcast(turn.read, draft.id) is not None:
        return Outcome(say(m("This message has been confirmed already."), Choices(after(draft.id))), dialogue="end")
    audience = draft.audience or Audience()
    found = resolve(turn.read, audience, turn.today, turn.person.id)
    if not found.reachable:
        return Outcome(preview.full(turn, draft))
    attached = draft.attached
    given = Broadcast(
        draft.id, turn.person.id, turn.now, audience.dump(), draft.text, None if attached is None else attached.sha256,
        "" if attached is None else attached.media_type, "" if attached is None else attached.name, preview.signed_as(turn),
        turn.now if draft.at is None else draft.at, "scheduled", public_picture=int(attached is not None and attached.public),
    )  # fmt: skip
    effects: list[Effect] = [effect(broadcasts.add, given, len(found.reachable))]
    if draft.at is None:
        reply = encode(letter_of(turn.read, given))
        effects.append(
            effect(
                broadcasts.send, given.id, "scheduled", 1, found.targets, found.silent, reply, turn.now, turn.now + EXPIRES_SECONDS,
                turn.person.id,
            )
        )  # fmt: skip
        told: tuple[Message, ...] = (
            m("Recorded. The message is being sent to {count}.", count=preview.people_and_units(found)),
        )
    else:
        told = (
            m("Recorded. The message will be sent at {when}.", when=Moment(draft.at, "weekday_time")),
            m("The recipients are looked up again at that time."),
        )
    return Outcome(say(*told, *costing.warnings(turn, draft, found), Choices(after(draft.id), columns=2)), tuple(effects), "end")


def after(broadcast_id: str) -> tuple[Choice, ...]:
    """What can be done once it is confirmed."""
    return (
        Choice(m("Result of sending"), Go("thongbao", f"show {broadcast_id}")),
        Choice(m("Stop sending"), Go("thongbao", f"stop {broadcast_id}")),
    )
