"""A chat over real channels: what is said goes in as the platform's raw updates, and what is seen is what arrived there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.application import Application
from bot.channels.base import Part
from handlers.kit.menu import numbered
from handlers.kit.reply import Choice
from handlers.kit.wire import decode_choices
from storage import conversation
from storage.connection import Database
from tests.chat import WITHOUT_BUTTONS, ZONE, Chat, label_among
from tests.lines import Line


class Conversation(Chat):
    """Conversations of several people with one application that has these lines. They speak on the first one until `change`."""

    def __init__(self, path: Path, start: int, lines: Sequence[Line]) -> None:
        super().__init__(path, start, WITHOUT_BUTTONS, "")
        self.lines = {line.channel.name: line for line in lines}
        self.change(lines[0].channel.name)

    async def open(self) -> None:
        channels = tuple(line.channel for line in self.lines.values())
        database = await Database.open(self.path)
        self.application = Application(database, channels, self.clock, ZONE, minting=self.minting, facts=self.facts, background=False)
        await self.application.start()
        for name, line in self.lines.items():
            await line.open(self.application.receiver(name), self.application)

    async def close(self) -> None:
        for line in self.lines.values():
            await line.close()
        await super().close()

    def change(self, channel: str) -> None:
        self.line = self.lines[channel]
        self.channel = self.line.channel     # type: ignore[assignment]

    def enter(self, group: str) -> None:
        self.group = group
        self.line.enter(group)

    async def choices(self, address: str) -> tuple[str, tuple[Choice, ...]]:
        if not self.group:
            return await super().choices(address)
        where = (self.channel.name, self.line.group)
        menu = await self.application.database.read(lambda read: conversation.latest_menu(read, *where))
        return ("", ()) if menu is None else (menu.id, decode_choices(menu.choices))

    def place(self, address: str) -> tuple[str, str]:
        self.line.meet(address)
        return self.channel.name, self.line.address(address)

    async def say(self, address: str, text: str, **extra: object) -> list[Part]:
        await self.line.say(address, text)
        return await self._answered(address)

    async def edit(self, address: str, text: str) -> list[Part]:
        await self.line.edit(address, text)
        return await self._answered(address)

    async def send_file(
        self, address: str, name: str, content: bytes, media_type: str = "application/pdf", caption: str = ""
    ) -> list[Part]:
        await self.line.send_file(address, name, content)
        return await self._answered(address)

    async def choose(self, address: str, label: str) -> list[Part]:
        """A tap on the button where there are buttons; the number that is shown (or the label, where it has none) where there are none."""
        if self.channel.capabilities.buttons:
            await self.line.tap(address, label)
            return await self._answered(address)
        _, choices = await self.choices(address)
        language = await self.spoken(address)
        labels = [language.text(choice.label) for choice in choices]
        index = label_among(label, labels)
        assert index is not None, f"no choice {label!r} among {labels}"
        number = next((number for number, choice in numbered(choices) if choice is choices[index]), None)
        return await self.say(address, labels[index] if number is None else str(number))

    def new(self, address: str) -> list[Part]:
        return self.line.new(address)

    async def _answered(self, address: str) -> list[Part]:
        await self.application.settle()
        return self.new(address)
