"""What the bot says in a group, where others read along: who it may be and how often, and that everything else is for the private chat."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from handlers.kit.message import m, verbatim
from handlers.kit.reply import Choice, Choices, Go, Reply, Typed, say
from handlers.kit.turn import Outcome, Turn
from storage import conversation, invitations, linking
from storage.connection import effect

QUIET_SECONDS = 10 * 60
"""How long a person is not told again that something was not clear or is for the private chat: the month's quota is not for talk."""

SILENT = Outcome(Reply(()))

HOW_TO_ASK = m(
    "In this group the bot answers when it is mentioned or replied to, with public facts only: ranking, calendar, deadlines, progress."
    " Reports and figures of a unit belong in the private chat with the bot."
)


def owner(turn: Turn) -> str:
    """Whose short follow-ups ("còn Sơn La?") a topic serves: in a group each person has one of his own there."""
    return f"group/{turn.owner}/{turn.place.channel}:{turn.place.address}" if turn.place.kind == "group" else turn.owner


def public(turn: Turn) -> Turn:
    """The turn as of a member who has no unit and no task: what others may read is all that a handler then finds."""
    return replace(turn, posts=()) if turn.place.kind == "group" else turn


def private_only(turn: Turn, command: str) -> Outcome:
    """The way to the private chat, with a link that opens it at ``command`` where the channel has one."""
    link = turn.facts.get(f"{turn.place.channel}_link", "")
    told = (m("Private chat: {link}", link=verbatim(f"{link}?start={command}")),) if link else ()
    return once(turn, command, Outcome(say(m("Please ask this in the private chat with the bot."), *told)))


def once(turn: Turn, about: str, outcome: Outcome) -> Outcome:
    """The outcome, or silence where this person was told the same ``about`` in this group a short while ago."""
    key = f"{owner(turn)}#{about}"
    if conversation.topic(turn.read, key, turn.now - QUIET_SECONDS) is not None:
        return SILENT
    return replace(outcome, effects=(*outcome.effects, effect(conversation.save_topic, key, "", "", turn.now)))


def shown(reply: Reply, public_commands: Collection[str]) -> Reply:
    """The reply without the choices that would only lead to the private chat."""
    blocks = tuple(
        replace(block, choices=tuple(choice for choice in block.choices if _may_stand(choice, public_commands)))
        if isinstance(block, Choices)
        else block
        for block in reply.blocks
    )
    return replace(reply, blocks=tuple(block for block in blocks if not isinstance(block, Choices) or block.choices))


def _may_stand(choice: Choice, public_commands: Collection[str]) -> bool:
    return isinstance(choice.action, Typed) or (isinstance(choice.action, Go) and choice.action.command in public_commands)


def code_shown(turn: Turn, code_hash: str) -> Outcome:
    """A code that a group has read is no secret any more. The answer is the same for one that never was: nothing can be tried out here."""
    ended = (effect(invitations.end_code, code_hash, turn.now), effect(linking.end_code, code_hash, turn.now))
    return Outcome(
        say(
            m(
                "A code belongs in the private chat only. One that was sent in a group is no longer valid:"
                " please ask the secretary of the cluster for a new one."
            )
        ),
        ended,
    )
