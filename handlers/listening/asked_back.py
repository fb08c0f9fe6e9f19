"""What is asked when a number or a figure could mean several things: the open question, or a letter that came after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handlers.kit.message import Message, m, verbatim
from handlers.kit.reply import Answer, Choice, Choices, Go, Reply, Text, say
from handlers.kit.turn import Outcome
from handlers.rules.text import clip
from storage.duties import Duty

SHOWN_CHARS = 40

_TYPED = "typed "
"""How the value of an `Answer` begins that gives the open question a text which was typed before."""


def typed_before(value: str) -> str | None:
    """The text that the choice gives to the open question; None for any other choice."""
    return value.removeprefix(_TYPED) if value.startswith(_TYPED) else None


def is_asked_back(choices: Sequence[Choice]) -> bool:
    """Whether the list asks what was meant: there a number is one of the list, whatever the open question waits for."""
    return any(isinstance(choice.action, Answer) and typed_before(choice.action.value) is not None for choice in choices)


def which(text: str, question: Reply, choice: Choice) -> Outcome:
    """The answer to the open question, or this choice of the letter?"""
    return _asking(m("“{text}” may mean two things. Which one is meant?", text=clip(text, SHOWN_CHARS)), text, question, (choice,))


def whose(text: str, question: Reply, others: Sequence[Duty]) -> Outcome:
    """The answer to the open question, or figures for the report of the letter?"""
    choices = tuple(
        Choice(_labelled(verbatim(duty.title), text), Go("baocao", f"figures {duty.id} {text}")) for duty in others
    )
    return _asking(m("A reminder came in between. Where does “{text}” belong?", text=clip(text, SHOWN_CHARS)), text, question, choices)


def or_part_of_it(answered: Outcome, text: str) -> Outcome:
    """A question was answered in the middle of writing a message. Should it have been a part of that, it need not be typed again."""
    meant = Choice(m("This belongs to the message"), Answer(f"{_TYPED}{text}"), numbered=False)
    return replace(answered, reply=answered.reply + say(Choices((meant,))))


def _asking(asked: Message, text: str, question: Reply, choices: tuple[Choice, ...]) -> Outcome:
    named = next((block.message for block in question.blocks if isinstance(block, Text) and block.style == "title"), None)
    label = m("Answer to the open question") if named is None else _labelled(named, text)
    return Outcome(say(asked, Choices((Choice(label, Answer(f"{_TYPED}{text}")), *choices))))


def _labelled(item: Message, text: str) -> Message:
    return m("{item}: {figure}", item=item, figure=clip(text, SHOWN_CHARS))
