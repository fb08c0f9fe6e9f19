"""A command: one capability, declared once. Help, menus, recognition and access checks all come from the declaration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from handlers.kit.dialogue import Dialogue
from handlers.kit.message import Message
from handlers.kit.turn import Outcome, Sent, Turn

Role = Literal["officer", "leader", "verifier", "secretary", "observer", "admin"]

EVERYONE: frozenset[Role] = frozenset({"officer", "leader", "verifier", "secretary", "observer", "admin"})
"""Every role: whoever holds a post."""

ORGANISERS: frozenset[Role] = frozenset({"secretary", "admin"})


@dataclass(frozen=True, slots=True)
class Command:
    """What it is called, who may use it, and what it does.

    - ``name``: ``[a-z0-9]``, Vietnamese without diacritics; ``alias``: the English one.
    - ``summary``: one line for help and menus.
    - ``words``: a message whose text lists, joined by ``|``, the phrases by which free text finds the command. Each language's
      catalogue holds its own. ``{unit}`` and the like do not occur: what stands beside the phrase is the argument.
    - ``examples``: messages that help offers to tap; each must reach this command when typed.
    - ``roles``: who may use it; ``strangers``: also somebody without a post.
    - ``handle(turn, argument)``: ``argument`` is what stood beside the phrase, as typed.
    - ``quick``: a question that is answered in the middle of a dialogue, whose open question is then repeated.
    - ``public``: may be answered in a group.
    - ``claims(turn, text)``: takes free text that is no phrase but is meant for it (a pasted block of figures, a joining code),
      or answers None.
    - ``takes(turn, sent)``: takes a file that was sent outside any dialogue, or answers None.
    - ``order``: its place in help and menus; None hides it there.
    """

    name: str
    alias: str
    summary: Message
    words: Message
    handle: Callable[[Turn, str], Outcome]
    examples: tuple[Message, ...] = ()
    roles: frozenset[Role] = EVERYONE
    strangers: bool = False
    quick: bool = False
    public: bool = False
    claims: Callable[[Turn, str], Outcome | None] | None = None
    takes: Callable[[Turn, Sent], Outcome | None] | None = None
    order: int | None = None
    dialogues: tuple[Dialogue, ...] = ()

    def allows(self, turn: Turn) -> bool:
        """Whether the person may use it now: rights are asked at every use, never remembered."""
        if turn.place.kind == "group" and not self.public:
            return False
        return self.strangers or bool(self.roles & turn.roles)
