"""/hanmuc: how many messages a month's budget has left, what will be needed of it, and who waits."""

from __future__ import annotations

from handlers.kit.command import ORGANISERS, Command
from handlers.kit.message import m
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Text
from handlers.kit.turn import Outcome, Turn, answer
from handlers.rules.quota import budgets
from handlers.schedule.quota_forecast import month
from handlers.schedule.quota_words import outlook, rows, title


def handle(turn: Turn, argument: str) -> Outcome:
    """Every channel with a budget; one word where there is none."""
    found = budgets(turn.facts)
    if not found:
        return answer(m("No channel of this system has a monthly limit of messages."))
    blocks: list[object] = []
    for budget in found:
        stands = month(turn.read, budget, turn.now, turn.zone)
        told: Block = Fields(tuple(rows(turn.read, stands, f"{turn.today:%m/%Y}")))
        blocks += [Text(title(budget), "title"), told, *outlook(stands)]
    return answer(*blocks, Choices((Choice(m("Messages sent"), Go("thongbao")),)))


COMMAND = Command(
    name="hanmuc",
    alias="quota",
    summary=m("Monthly messages: used, left, forecast"),
    words=m("quota|message quota|messages left|monthly messages"),
    handle=handle,
    examples=(m("quota"),),
    roles=ORGANISERS,
    quick=True,
    order=49,
)
