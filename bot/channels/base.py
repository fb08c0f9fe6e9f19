"""What every channel is: capabilities as data, a pure parser of raw updates, and a few doors to its platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from handlers.kit.turn import ChatKind, Input

Receive = Callable[[str, str], Awaitable[None]]
"""``await receive(key, payload)`` returns once the update is committed: only then may it be acknowledged."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show and take. ``counts``: how its text limit is measured; ``markup``: what its texts are written in."""

    max_chars: int
    caption_chars: int
    buttons: bool
    pictures: bool
    files: bool
    edits: bool
    markup: Literal["plain", "html"] = "plain"
    counts: Literal["chars", "utf16"] = "chars"
    photo_by_url: bool = False
    buttons_per_row: int = 8
    max_buttons: int = 100


@dataclass(frozen=True, slots=True)
class Button:
    """A choice to tap; ``data`` is ``m:MENU:INDEX`` (at most 64 bytes)."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a rendered reply, in the channel's markup."""

    kind: Literal["text", "picture", "file"]
    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    sha256: str = ""
    media_type: str = ""
    name: str = ""
    protect: bool = False


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file the person sent, still on the platform."""

    id: str
    name: str
    media_type: str
    size: int
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A raw update, understood. ``file`` is fetched before the turn; ``ack`` is what the platform wants back for a tap."""

    address: str
    input: Input | None
    kind: ChatKind = "private"
    sender: str = ""                   # who speaks, where that is not the address (a group)
    thread: str | None = None
    message_id: str | None = None
    display_name: str = ""
    language: str = ""
    file: RemoteFile | None = None
    ack: str = ""


class SendError(Exception):
    """A message was not delivered, or it is not known whether it was."""


class Blocked(SendError):
    """The person refuses our messages, or the account is gone."""


class RateLimited(SendError):
    """Too many messages; this chat waits ``retry_after`` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"wait {retry_after} s")
        self.retry_after = retry_after


class Migrated(SendError):
    """The chat has another address now."""

    def __init__(self, to: str) -> None:
        super().__init__(f"moved to {to}")
        self.to = to


class Unreachable(SendError):
    """The platform was not reached: surely not sent."""


class OutcomeUnknown(SendError):
    """A time-out after the request was handed over: perhaps sent."""


class Refused(SendError):
    """The platform will never accept this message."""


class FileTooLarge(SendError):
    """The file is larger than the channel or the bot takes."""


class Channel(Protocol):
    """A way to officers' phones. ``send`` returns the platform's id of the message and raises a SendError kind otherwise."""

    name: str
    capabilities: Capabilities

    def parse(self, payload: str) -> Inbound | None:
        """Understand a raw update (pure). None: nothing for us."""

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        """Deliver one part; ``replaces`` is the message whose place it takes, where the channel can edit."""

    async def fetch(self, file: RemoteFile) -> bytes:
        """The content of a file the person sent. Raises a SendError kind."""

    async def acknowledge(self, inbound: Inbound) -> None:
        """Tell the platform that a tap was taken. Never raises."""

    async def listen(
        self,
        receive: Receive,
        position: Callable[[], Awaitable[tuple[str, int] | None]],
        moved: Callable[[str], Awaitable[None]],
    ) -> None:
        """Take updates until cancelled; survives having no network."""

    async def close(self) -> None:
        """Let go of connections."""
