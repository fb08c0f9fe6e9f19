"""/ngonngu: in which language the bot answers this person."""

from __future__ import annotations

from handlers.kit.command import Command
from handlers.kit.message import m, verbatim
from handlers.kit.reply import Choice, Choices, Go, say
from handlers.kit.turn import Outcome, Turn, answer
from handlers.rules.text import fold
from storage import people
from storage.connection import effect

NAMES = {"vi": "Tiếng Việt", "en": "English"}

SPELLINGS = {
    "vi": "vi", "tieng viet": "vi", "viet": "vi", "vietnamese": "vi", "en": "en", "english": "en", "tieng anh": "en", "anh": "en",
}  # fmt: skip


def handle(turn: Turn, argument: str) -> Outcome:
    """Switch to the language named, or offer the choice."""
    code = SPELLINGS.get(fold(argument))
    if code is None or turn.who is None:
        choices = Choices(tuple(Choice(verbatim(name), Go("ngonngu", code)) for code, name in NAMES.items()), columns=2)
        return answer(m("Please choose a language:"), choices)
    chosen = say(m("The bot now answers in English."))
    return Outcome(chosen, (effect(people.set_language, turn.who.id, code),), language=code)


COMMAND = Command(
    name="ngonngu",
    alias="language",
    summary=m("Language"),
    words=m("language|english|speak english|change language|vietnamese"),
    handle=handle,
    order=95,
)
