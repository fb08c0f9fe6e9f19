"""Lines: what a person types, taps and sends on each channel's phone, and what is seen there.

A line says things as its platform reports them (raw updates, through the channel's own `parse`), and shows what arrived at the platform
over the channel's own `send`: Telegram and Zalo over HTTP at their strict fakes, the page's bubbles, the terminal's lines.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.application import Application
from bot.channels.base import Button, Channel, Part, Receive
from bot.channels.console import Console
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from bot.channels.zalo_updates import key_of
from tests.channels import fake_telegram, fake_zalo
from tests.channels.botapi import Upload, read_html
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.fake_zalo import FakeZalo
from tests.chat import label_among

CHANNELS = ("telegram", "zalo", "web", "console")


class CannotBeSaid(AssertionError):
    """This channel has no such thing; the transcript needs `# only`."""


class Line(Protocol):
    """One channel's end at the people; ``who`` is a transcript's name of somebody ("stranger-An", "lan-officer-lang-son")."""

    channel: Channel

    async def open(self, receive: Receive, application: Application) -> None:
        """What is said goes to ``receive`` from now on."""

    def address(self, who: str) -> str:
        """The person's address on this channel."""

    group: str
    """The address of the group in which people speak, or "" """

    def enter(self, group: str) -> None:
        """From now on people speak in a group, to the bot; with "" in private."""

    def meet(self, who: str) -> None:
        """The person has written here before, so that they may be written to."""

    async def say(self, who: str, text: str) -> None: ...

    async def edit(self, who: str, text: str) -> None:
        """The person edits what they said last."""

    async def tap(self, who: str, label: str) -> None:
        """The person taps the button below the newest message that has buttons."""

    async def send_file(self, who: str, name: str, content: bytes) -> None: ...

    def new(self, who: str) -> list[Part]:
        """What the person sees that was not there when last asked, without markup."""

    async def close(self) -> None:
        """The end of the transcript: nothing the platform forbids was done."""


def display_name(who: str) -> str:
    return who.removeprefix("stranger-").replace("-", " ")


def _number(who: str) -> int:
    return int(hashlib.sha256(who.encode()).hexdigest()[:11], 16)


class ShowingTelegram(FakeTelegram):
    """The fake, with a look at the chats in the order in which messages appear or change."""

    def __init__(self) -> None:
        super().__init__()
        self.appeared: list[tuple[int, int]] = []

    def _send(self, fields: dict[str, str], uploads: dict[str, Upload]) -> dict[str, Any]:
        return self._noted(int(fields["chat_id"]), super()._send(fields, uploads))

    def _edit(self, fields: dict[str, str]) -> dict[str, Any]:
        return self._noted(int(fields["chat_id"]), super()._edit(fields))

    def _noted(self, chat: int, message: dict[str, Any]) -> dict[str, Any]:
        self.appeared.append((chat, int(message["message_id"])))
        return message

    async def handed(self) -> dict[str, Any]:
        """The newest update, as polling would hand it out."""
        return self._updates.pop()

    def clear(self) -> None:
        self.appeared.clear()
        self.messages.clear()
        self.calls.clear()
        self.uploaded.clear()


class TelegramLine:
    """Messages, edited messages, taps and documents; in a group the bot is mentioned."""

    group = ""

    def __init__(self, platform: ShowingTelegram) -> None:
        self.platform = platform
        platform.clear()
        self._telegram = Telegram(fake_telegram.TOKEN, lambda: 0, platform.root)
        self.channel: Channel = self._telegram
        self._receive: Receive
        self._last: dict[str, int] = {}
        self._read: dict[str, int] = defaultdict(int)

    async def open(self, receive: Receive, application: Application) -> None:
        self._receive = receive
        await self._telegram._learn()

    def address(self, who: str) -> str:
        return str(_number(who))

    def enter(self, group: str) -> None:
        self.group = f"-{_number(group)}" if group else ""
        if group:
            self.platform.messages.setdefault(int(self.group), {})

    def _chat(self, who: str) -> int:
        return int(self.group) if self.group else _number(who)

    def meet(self, who: str) -> None:
        self.platform.messages.setdefault(_number(who), {})

    async def say(self, who: str, text: str) -> None:
        if self.group:
            person = {"id": _number(who), "is_bot": False, "first_name": display_name(who)}
            said = text if text.startswith("/") else f"@{fake_telegram.BOT['username']} {text}"
            self._last[who] = next(self.platform._message_ids)
            message = {"message_id": self._last[who], "date": 1, "from": person, "chat": {"id": int(self.group), "type": "supergroup"}}
            await self.platform.update({"message": {**message, "text": said}})
        else:
            self._last[who] = await self.platform.say(_number(who), text, first=display_name(who), last="")
        await self._handed()

    async def edit(self, who: str, text: str) -> None:
        chat = _number(who)
        person = {"id": chat, "is_bot": False, "first_name": display_name(who)}
        message = {"message_id": self._last[who], "date": 1, "edit_date": 2, "from": person, "chat": {"id": chat, "type": "private"}}
        await self.platform.update({"edited_message": {**message, "text": text}})
        await self._handed()

    async def tap(self, who: str, label: str) -> None:
        chat = self._chat(who)
        for number in reversed([number for at, number in self.platform.appeared if at == chat]):
            rows = self.platform.messages[chat][number].get("reply_markup", {}).get("inline_keyboard", [])
            if rows:
                data = matching(label, {button["text"]: button["callback_data"] for row in rows for button in row})
                await self.platform.press(chat, number, data)
                query = self.platform._updates[-1]["callback_query"]
                query["from"] |= {"id": _number(who), "first_name": display_name(who), "last_name": ""}
                query["message"]["chat"]["type"] = "supergroup" if self.group else "private"
                return await self._handed()
        raise AssertionError(f"no buttons at {who}")

    async def send_file(self, who: str, name: str, content: bytes) -> None:
        document = self.platform.offer_file(name, content)
        self._last[who] = await self.platform.write(_number(who), {"document": document}, display_name(who), "")
        await self._handed()

    def new(self, who: str) -> list[Part]:
        chat, reader = self._chat(who), self.group or who
        mine = [number for at, number in self.platform.appeared if at == chat]
        fresh, self._read[reader] = mine[self._read[reader] :], len(mine)
        return [self._seen(chat, number) for number in fresh]

    def _seen(self, chat: int, number: int) -> Part:
        message = self.platform.messages[chat][number]
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = tuple(tuple(Button(button["text"], button["callback_data"]) for button in row) for row in rows)
        name = self.platform.uploaded[number].name if "document" in message else ""
        kind: Literal["text", "picture", "file"] = "picture" if "photo" in message else "file" if name else "text"
        return Part(kind, read_plain(message.get("text", message.get("caption", ""))), buttons, name=name)

    async def _handed(self) -> None:
        update = await self.platform.handed()
        await self._receive(str(update["update_id"]), json.dumps(update))

    async def close(self) -> None:
        violations = list(self.platform.violations)
        self.platform.violations.clear()
        assert not violations, violations


class ZaloLine:
    """Texts and photos; no taps, no edits, no files: a document is photographed. In a group the bot is mentioned."""

    group = ""

    def __init__(self, platform: FakeZalo) -> None:
        self.platform = platform
        platform.texts.clear()
        platform.calls.clear()
        platform.left = fake_zalo.MONTHLY
        self._zalo = Zalo(fake_zalo.TOKEN, platform.root)
        self.channel: Channel = self._zalo
        self._receive: Receive
        self._read: dict[str, int] = defaultdict(int)

    async def open(self, receive: Receive, application: Application) -> None:
        self._receive = receive
        await self._zalo._learn()

    def address(self, who: str) -> str:
        return f"{_number(who):012x}"

    def enter(self, group: str) -> None:
        self.group = f"g{_number(group):011x}" if group else ""

    def meet(self, who: str) -> None:
        self.platform._known.add(self.address(who))

    async def say(self, who: str, text: str) -> None:
        if self.group:
            await self.platform.say(self.group, f"@Bot Thi Đua {text}", sender=self.address(who), name=display_name(who))
        else:
            await self.platform.say(self.address(who), text, name=display_name(who))
        await self._handed()

    async def edit(self, who: str, text: str) -> None:
        raise CannotBeSaid("Zalo does not tell of edits")

    async def tap(self, who: str, label: str) -> None:
        raise CannotBeSaid("Zalo has no buttons")

    async def send_file(self, who: str, name: str, content: bytes) -> None:
        await self.platform.send_picture(self.address(who), content)
        await self._handed()

    def new(self, who: str) -> list[Part]:
        reader = self.group or who
        texts = self.platform.texts[self.group or self.address(who)]
        fresh, self._read[reader] = texts[self._read[reader] :], len(texts)
        return [Part("text", text) for text in fresh]

    async def _handed(self) -> None:
        update = self.platform._updates.pop()
        key = key_of(update)
        assert key is not None
        await self._receive(key, json.dumps(update))

    async def close(self) -> None:
        violations = list(self.platform.violations)
        self.platform.violations.clear()
        assert not violations, violations


class _Terminal(Console):
    """A terminal for each person, on one channel."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = defaultdict(list)
        self._at = ""
        super().__init__("", lambda text: self.lines[self._at].append(text))

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        self._at = address
        return await super().send(address, thread, part, content, replaces)


class ConsoleLine:
    """Lines typed into a terminal."""

    group = ""

    def __init__(self) -> None:
        self._terminal = _Terminal()
        self.channel: Channel = self._terminal
        self._receive: Receive
        self._keys = itertools.count(1)
        self._read: dict[str, int] = defaultdict(int)

    async def open(self, receive: Receive, application: Application) -> None:
        self._receive = receive

    def address(self, who: str) -> str:
        return display_name(who)

    def enter(self, group: str) -> None:
        if group:
            raise CannotBeSaid("a terminal has no groups")

    def meet(self, who: str) -> None: ...

    async def say(self, who: str, text: str) -> None:
        self._terminal.address = self.address(who)
        await self._receive(*self._terminal.typed(text, f"k{next(self._keys)}"))

    async def edit(self, who: str, text: str) -> None:
        raise CannotBeSaid("the terminal has no edits")

    async def tap(self, who: str, label: str) -> None:
        raise CannotBeSaid("the terminal has no buttons")

    async def send_file(self, who: str, name: str, content: bytes) -> None:
        raise CannotBeSaid("the terminal sends no files")

    def new(self, who: str) -> list[Part]:
        lines = self._terminal.lines[self.address(who)]
        fresh, self._read[who] = lines[self._read[who] :], len(lines)
        return [Part("text", text) for text in fresh]

    async def close(self) -> None: ...


@dataclass(slots=True)
class Platforms:
    """The strict fakes, started once and used by many transcripts."""

    telegram: ShowingTelegram = field(default_factory=ShowingTelegram)
    zalo: FakeZalo = field(default_factory=FakeZalo)

    async def __aenter__(self) -> Platforms:
        await self.telegram.__aenter__()
        await self.zalo.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.zalo.__aexit__(*error)
        await self.telegram.__aexit__(*error)

    def line(self, channel: str) -> Line:
        """A fresh line of the channel."""
        made: dict[str, Callable[[], Line]] = {
            "telegram": lambda: TelegramLine(self.telegram), "zalo": lambda: ZaloLine(self.zalo), "web": _web_line, "console": ConsoleLine,
        }  # fmt: skip
        return made[channel]()


def _web_line() -> Line:
    from tests.web_line import WebLine

    return WebLine()


def read_plain(html: str) -> str:
    text, wrong = read_html(html.replace("<blockquote>", "“<blockquote>").replace("</blockquote>", "</blockquote>”"))
    assert not wrong, wrong
    return text


def matching(label: str, buttons: dict[str, str]) -> str:
    """The data of the button; "…" in the label stands for what names the channel."""
    found = label_among(label, list(buttons))
    assert found is not None, f"no button {label!r} among {list(buttons)}"
    return list(buttons.values())[found]
