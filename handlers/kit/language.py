"""The one door through which the kit sees a language: it must recognise what people type in it."""

from __future__ import annotations

from typing import Protocol

from handlers.kit.message import Message, Value


class Language(Protocol):
    """A language the bot speaks; `bot.language` has the real one."""

    code: str

    def text(self, message: Message) -> str:
        """The message in this language, with its values written as the language writes them."""

    def value(self, value: Value) -> str:
        """A value alone."""
