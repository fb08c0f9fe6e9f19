"""A chat for tests: the whole application over a channel that keeps what was sent, with a clock that moves and restarts at will."""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.application import Application
from bot.channels.base import Capabilities, Inbound, Part, Receive, RemoteFile
from bot.clock import MovableClock
from bot.language import Language, languages
from bot.rendering.transcript import transcript_lines
from bot.turns import Minting
from handlers.kit.menu import numbered
from handlers.kit.message import m, verbatim
from handlers.kit.reply import Choice
from handlers.kit.turn import Other, Said, Tapped
from handlers.kit.wire import decode_choices
from storage import conversation, people
from storage.connection import Database
from storage.invitations import ALPHABET

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WITH_BUTTONS = Capabilities(4096, 1024, buttons=True, pictures=True, files=True, edits=True, counts="utf16")
WITHOUT_BUTTONS = Capabilities(2000, 2000, buttons=False, pictures=False, files=False, edits=False)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A part as it arrived, with the message it replaced."""

    part: Part
    replaces: str | None


class Double:
    """A channel without a platform: what is sent is kept by address, what is said is received."""

    def __init__(self, name: str, capabilities: Capabilities) -> None:
        self.name = name
        self.capabilities = capabilities
        self.delivered: dict[str, list[Delivered]] = defaultdict(list)
        self.uploads: dict[str, bytes] = {}
        self.refuse: Callable[[str, Part], Exception | None] = lambda address, part: None
        self._numbers = itertools.count(1)

    def parse(self, payload: str) -> Inbound | None:
        raw = json.loads(payload)
        place, sender = raw.get("place", "private"), raw.get("sender", "")
        common = {"message_id": raw["id"], "display_name": raw["name"], "kind": place, "sender": sender}
        match raw["kind"]:
            case "text":
                return Inbound(raw["address"], Said(raw["text"], raw.get("edited", False)), **common)
            case "tap":
                return Inbound(raw["address"], Tapped(raw["menu"], raw["index"]), **common)
            case "file":
                file = RemoteFile(raw["id"], raw["file"], raw["media_type"], raw["size"], raw.get("caption", ""))
                return Inbound(raw["address"], None, file=file, **common)
            case _:
                return Inbound(raw["address"], Other("unsupported"), **common)

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        problem = self.refuse(address, part)
        if problem is not None:
            raise problem
        assert len(part.text) <= self.capabilities.max_chars
        self.delivered[address].append(Delivered(part, replaces))
        return str(next(self._numbers))

    async def fetch(self, file: RemoteFile) -> bytes:
        return self.uploads[file.id]

    async def acknowledge(self, inbound: Inbound) -> None: ...

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None: ...

    async def close(self) -> None: ...


def counting() -> Minting:
    """Ids, codes and secrets that are the same in every run."""
    numbers, codes, secrets = itertools.count(1), itertools.count(), itertools.count(1)
    return Minting(lambda: f"id{next(numbers):08d}", lambda: _code(next(codes)), lambda: f"secret{next(secrets):037d}")


def _code(number: int) -> str:
    return "THDU" + "".join(ALPHABET[24 + number // 8**place % 8] for place in (3, 2, 1, 0))


class Chat:
    """Conversations of several people with one application."""

    def __init__(self, path: Path, start: int, capabilities: Capabilities, channel: str) -> None:
        self.path = path
        self.clock = MovableClock(start)
        self.channel = Double(channel, capabilities)
        self.minting = counting()
        self.facts: dict[str, str] = {}
        self._keys = itertools.count(1)
        self.languages = languages(ZONE)
        self.language: Language = self.languages["vi"]
        self.application: Application
        self.last_id = ""

    async def open(self) -> None:
        database = await Database.open(self.path)
        self.application = Application(
            database, (self.channel,), self.clock, ZONE, minting=self.minting, facts=self.facts, background=False
        )
        await self.application.start()

    async def close(self) -> None:
        await self.application.stop()

    async def restart(self, down: int = 0) -> None:
        """Closed without farewell, ``down`` seconds long, and opened again on the same database."""
        await self.application.database.close()
        self.clock.advance(down)
        await self.open()
        await self.application.tick()
        await self.application.settle()

    async def say(self, address: str, text: str, **extra: object) -> list[Part]:
        return await self._receive(address, {"kind": "text", "text": text, **extra})

    async def edit(self, address: str, text: str) -> list[Part]:
        """The message said last is edited."""
        return await self.say(address, text, edited=True, id=self.last_id)

    async def send_file(
        self, address: str, name: str, content: bytes, media_type: str = "application/pdf", caption: str = ""
    ) -> list[Part]:
        identity = f"m{next(self._keys)}"
        self.channel.uploads[identity] = content
        message = {"kind": "file", "file": name, "media_type": media_type, "size": len(content), "caption": caption, "id": identity}
        return await self._receive(address, message)

    async def tap(self, address: str, menu: str, index: int, message_id: str = "0") -> list[Part]:
        return await self._receive(address, {"kind": "tap", "menu": menu, "index": index, "id": message_id})

    def place(self, address: str) -> tuple[str, str]:
        """The account: channel and address there."""
        return self.channel.name, address

    group = ""
    """Where it is said, if not in private chats (`tests.conversation` has a group)."""

    def enter(self, group: str) -> None:
        """From now on it is said in a group, or with "" in private."""
        if group:
            raise ValueError("this chat has no group")

    def change(self, channel: str) -> None:
        """Go on on another channel: a chat over a double has this one alone (`tests.conversation` has several)."""
        if channel != self.channel.name:
            raise ValueError(f"this chat is on {self.channel.name} alone, not on {channel}")

    async def choices(self, address: str) -> tuple[str, tuple[Choice, ...]]:
        """The latest menu at the address: its id and choices."""
        menu = await self.application.database.read(lambda read: conversation.latest_menu(read, *self.place(address)))
        return ("", ()) if menu is None else (menu.id, decode_choices(menu.choices))

    async def spoken(self, address: str) -> Language:
        """The language in which this person is answered."""
        person = await self.application.database.read(lambda read: people.by_account(read, *self.place(address)))
        return self.language if person is None else self.languages[person.language]

    async def choose(self, address: str, label: str) -> list[Part]:
        """A tap where there are buttons; its number (or label, where it has none) where there are none."""
        menu_id, choices = await self.choices(address)
        language = await self.spoken(address)
        labels = [language.text(choice.label) for choice in choices]
        index = label_among(label, labels)
        if index is None:
            raise AssertionError(f"no choice {label!r} among {labels}")
        if self.channel.capabilities.buttons:
            return await self.tap(address, menu_id, index)
        number = next((number for number, choice in numbered(choices) if choice is choices[index]), None)
        return await self.say(address, label if number is None else str(number))

    async def advance(self, seconds: int) -> None:
        """The clock moves, hour by hour, with a tick each."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.advance(min(3600, end - self.clock.now()))
            await self.application.tick()
            await self.application.settle()

    def new(self, address: str) -> list[Part]:
        """What has arrived at the address since it was last asked."""
        arrived = [delivered.part for delivered in self.channel.delivered[address]]
        self.channel.delivered[address].clear()
        return arrived

    def letter(self, address: str, message: dict[str, object]) -> tuple[str, str]:
        """A new update of the channel: its key and payload."""
        key = f"k{next(self._keys)}"
        full = {"address": address, "name": address.removeprefix("stranger-").replace("-", " "), "id": key, **message}
        self.last_id = str(full["id"])
        return key, json.dumps(full)

    async def _receive(self, address: str, message: dict[str, object]) -> list[Part]:
        await self.application.receiver(self.channel.name)(*self.letter(address, message))
        await self.application.settle()
        return self.new(address)


def label_among(label: str, labels: list[str]) -> int | None:
    """Which label is meant; "…" in it stands for what names the channel."""
    if label in labels or "…" not in label:
        return labels.index(label) if label in labels else None
    pattern = re.compile(".*".join(re.escape(piece) for piece in label.split("…")))
    return next((index for index, each in enumerate(labels) if pattern.fullmatch(each)), None)


def lines(parts: list[Part], choices: tuple[Choice, ...], language: Language, *, buttons: bool) -> list[str]:
    """What a person reads, as a transcript writes it; a file stands in brackets by its name.

    The last line holds the choices that can be seen: the buttons, or what ``choices`` there are if each of them stands in one of the parts.
    """
    asking = parts[-1] if parts else None
    if not buttons:
        asking = next((part for part in reversed(parts) if shows(part.text, choices, language)), asking)
    said = [part.text if buttons or part is asking else _without_choices(part.text) for part in parts]
    texts = [_beside(part, text) for part, text in zip(parts, said, strict=True)]
    if not buttons:
        seen = choices if asking is not None and shows(asking.text, choices, language) else ()
        return transcript_lines(texts, seen, language, buttons=False)
    rows = next((part.buttons for part in reversed(parts) if part.buttons), ())
    read = transcript_lines(texts, (), language, buttons=True)
    return [*read, " ".join(f"[{button.label}]" for row in rows for button in row)] if rows else read


def _beside(part: Part, text: str) -> str:
    """The text with what it belongs to: a picture above it, or a file below."""
    if part.kind == "picture":
        return f"[hình]\n{text}".strip()
    return f"{text}\n[tệp {part.name}]" if part.name else text


def shows(text: str, choices: tuple[Choice, ...], language: Language) -> bool:
    """Whether the text lets a person choose each of them: by its number, or by its word among those to type."""
    written = text.splitlines()
    numbers = {f"{number}. {language.text(choice.label)}" for number, choice in numbered(choices)}
    hint = language.text(m("Or type: {words}", words=verbatim("")))
    words = {word for line in written if line.startswith(hint) for word in line.removeprefix(hint).split(" · ")}
    return bool(choices) and numbers <= set(written) and {language.text(choice.label) for choice in choices if not choice.numbered} <= words


def _without_choices(text: str) -> str:
    """An earlier letter's text without the choices at its end: only those of the latest are shown."""
    paragraphs = text.split("\n\n")
    while paragraphs and all(re.match(r"\d+\. |Hoặc gõ: |Gõ số để chọn:$", line) for line in paragraphs[-1].splitlines()):
        paragraphs.pop()
    return "\n\n".join(paragraphs)
