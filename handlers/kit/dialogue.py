"""Dialogues: several questions in a row that survive a restart and a change of channel.

The state is a row (name, version, step, answers); a dialogue is a pure function from it and one input to the next state, a reply and
effects. The dispatcher knows the control words and quick questions; a dialogue sees only what is meant for it.
"""

from __future__ import annotations

from typing import Literal, Protocol

from handlers.kit.reply import Reply
from handlers.kit.turn import Input, Outcome, State, Turn

Expects = Literal["choice", "number", "text", "file", "prose"]
"""What a step waits for. At ``text``, free text is never taken for a quick question; at ``number``, control words carry no numbers."""


class Dialogue(Protocol):
    """A conversation with a name that is unique among all commands."""

    name: str
    version: int    # raise it when stored states of the old shape can no longer be continued: they are then ended politely

    def expects(self, state: State) -> Expects:
        """What the open question waits for."""

    def ask(self, turn: Turn, state: State) -> Reply:
        """The open question again, as after a quick question or a stale tap."""

    def advance(self, turn: Turn, state: State, given: Input | Chosen) -> Outcome:
        """Take an answer. What is not understood is answered with "Chưa rõ" and the question; the state stays."""


class Chosen:
    """A choice made, however it was made (tap, number, label): the value of its `Answer`, or a control word."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Chosen({self.value!r})"
