"""/huy: leave what is being entered. In a dialogue the dispatcher hands the word to it; here nothing is open."""

from __future__ import annotations

from handlers.kit.command import Command
from handlers.kit.message import m
from handlers.kit.turn import Outcome, Turn, answer


def handle(turn: Turn, argument: str) -> Outcome:
    """Nothing is open: say so."""
    return answer(m("Nothing is being entered at the moment."))


COMMAND = Command(
    name="huy",
    alias="cancel",
    summary=m("Leave what is being entered"),
    words=m("cancel|stop|quit"),
    handle=handle,
    strangers=True,
)
