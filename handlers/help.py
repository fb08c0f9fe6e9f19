"""/trogiup: what this person can do here, one line each, with examples to tap."""

from __future__ import annotations

from handlers.kit.command import Command
from handlers.kit.message import m, verbatim
from handlers.kit.reply import Choice, Choices, Fields, Typed
from handlers.kit.turn import Outcome, Turn, answer
from handlers.listening import in_group
from handlers.registry import registry
from handlers.start import HOW_TO_JOIN

MOST_EXAMPLES = 4


def handle(turn: Turn, argument: str) -> Outcome:
    """The commands of the person's roles; how to join for a stranger."""
    if turn.place.kind == "group":
        return in_group.once(turn, "trogiup", answer(in_group.HOW_TO_ASK))
    if not turn.posts:
        return answer(HOW_TO_JOIN)
    mine = [command for command in registry().commands if command.order is not None and command.allows(turn)]
    rows = tuple((verbatim(f"/{command.name}"), command.summary) for command in mine)
    examples = [example for command in mine for example in command.examples][:MOST_EXAMPLES]
    return answer(
        m("Please type what is needed in plain words, with or without diacritics, or use:"),
        Fields(rows),
        Choices(tuple(Choice(example, Typed()) for example in examples)),
    )


COMMAND = Command(
    name="trogiup",
    alias="help",
    summary=m("Help and examples"),
    words=m("help|how to use|what can you do|commands|how do I"),
    handle=handle,
    strangers=True,
    quick=True,
    public=True,
    order=90,
)
