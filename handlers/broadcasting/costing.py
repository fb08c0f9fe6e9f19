"""What a broadcast takes of a month's budget of messages: said in the preview, when it is confirmed and in its result."""

from __future__ import annotations

from handlers.broadcasting.audience import Resolved
from handlers.broadcasting.draft import Draft
from handlers.kit.message import Day, Message, Value, m, mn
from handlers.kit.turn import Turn
from handlers.linking import channel_name
from handlers.rules.quota import BROADCAST, Budget, Forecast, budgets, next_month
from handlers.schedule.quota_forecast import cost, month, month_ends
from storage import quota


def rows(turn: Turn, draft: Draft, found: Resolved) -> list[tuple[Message, Value]]:
    """Beside the recipients: how many messages it takes on each channel that has a budget, and how many are left."""
    return [
        (
            m("Messages on {channel}", channel=channel_name(budget.channel)),
            m("{needed}, {left} left this month", needed=needed, left=stands.left),
        )
        for budget, stands, needed in _taken(turn, draft, found)
    ]


def warnings(turn: Turn, draft: Draft, found: Resolved) -> list[Message]:
    """How many of them will have to wait as it stands now."""
    said = []
    for budget, stands, needed in _taken(turn, draft, found):
        waits = needed - stands.room(BROADCAST, quota.waiting(turn.read, budget.channel))
        if waits > 0:
            said.append(
                mn(
                    "{count} of the messages on {channel} goes another way or waits until {day} (7 days at most): what is left is kept for"
                    " answers and deadlines. Please also tell by phone what is urgent.",
                    "{count} of the messages on {channel} go another way or wait until {day} (7 days at most): what is left is kept for"
                    " answers and deadlines. Please also tell by phone what is urgent.",
                    min(waits, needed), channel=channel_name(budget.channel), day=Day(next_month(turn.today)),
                )
            )  # fmt: skip
    return said


def held(turn: Turn, broadcast_id: str) -> list[Message]:
    """That letters of it wait for room in the month."""
    count = quota.held_of(turn.read, broadcast_id)
    if not count:
        return []
    return [
        mn(
            "{count} person waits because the month has no more messages; it is sent from {day} on, 7 days after sending at the latest.",
            "{count} people wait because the month has no more messages; it is sent from {day} on, 7 days after sending at the latest.",
            count, day=Day(next_month(turn.today)),
        )
    ]  # fmt: skip


def _taken(turn: Turn, draft: Draft, found: Resolved) -> list[tuple[Budget, Forecast, int]]:
    """Each budget that it touches in this month, how the month stands, and how many messages it takes."""
    if draft.at is not None and draft.at >= month_ends(turn.now, turn.zone):
        return []
    taken = []
    for budget in budgets(turn.facts):
        here = sum(1 for each in found.reachable if each.to.channel == budget.channel)
        if here:
            needed = here * cost(budget, draft.text, draft.attached is not None)
            taken.append((budget, month(turn.read, budget, turn.now, turn.zone), needed))
    return taken
