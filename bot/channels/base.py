"""What every channel is: capabilities as data, a pure parser of raw updates, and a few doors to its platform."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from handlers.kit.turn import ChatKind, Input

Receive = Callable[[str, str], Awaitable[None]]
"""``await receive(key, payload)`` returns once the update is committed: only then may it be acknowledged."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many messages a platform takes: ``overall`` and to one chat (``private``) a second, to one ``group`` a minute.

    A group's address begins with ``group_prefix``.
    """

    overall: int
    private: int
    group: int
    group_prefix: str = "-"


@dataclass(frozen=True, slots=True)
class Quota:
    """How many ``messages`` a platform takes from us in a month, and for how many ``users`` (None: any number)."""

    messages: int
    users: int | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show and take. ``counts``: how its text limit is measured; ``markup``: what its texts are written in.

    ``pace`` None: the channel takes messages as fast as they come; ``quota`` None: as many as there are.
    """

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
    pace: Pace | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A choice to tap; ``data`` is ``m:MENU:INDEX`` (at most 64 bytes)."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a rendered reply, in the channel's markup. A picture has its content's hash, or the ``url`` that shows it.

    ``key``: the same at every attempt to send it, for a channel that can tell a message sent again from a second one. ``known``: the id
    under which the platform has the content already (`Reuses`): nothing is uploaded.
    """

    kind: Literal["text", "picture", "file"]
    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    sha256: str = ""
    media_type: str = ""
    name: str = ""
    protect: bool = False
    url: str = ""
    key: str = field(default="", compare=False)
    known: str = field(default="", compare=False)


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


class Contact:
    """When a channel's platform was last heard of. Silent for more than ``patience`` seconds, the channel counts as lost."""

    def __init__(self, patience: float, now: Callable[[], float] = time.monotonic) -> None:
        self.patience = patience
        self._now = now
        self._heard = now()

    def heard(self) -> None:
        self._heard = self._now()

    @property
    def age(self) -> float:
        """Seconds since the last sign; before the first one, since the start."""
        return self._now() - self._heard

    @property
    def lost(self) -> bool:
        return self.age > self.patience


@dataclass(frozen=True, slots=True)
class Hook:
    """A path of the web side that a platform posts updates to.

    ``allowed(headers)`` is asked before the body is read; ``take(body)`` gives the HTTP status: 200 only once the update is committed.
    """

    path: str
    allowed: Callable[[Mapping[str, str]], bool]
    take: Callable[[bytes], Awaitable[int]]


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


class Forgotten(SendError):
    """The platform does not have (any more) what it was said to know: surely not sent, and the content is needed."""


class Exhausted(SendError):
    """The platform takes nothing more from us to anybody until its quota is renewed: surely not sent."""


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


@runtime_checkable
class Watched(Protocol):
    """A channel whose platform can fall silent."""

    contact: Contact


@runtime_checkable
class Hooked(Protocol):
    """A channel that may be called by its platform (none of its hooks while it polls)."""

    def hooks(self) -> Sequence[Hook]:
        """The paths it answers; they take updates only while it listens."""


@runtime_checkable
class Counted(Protocol):
    """A channel whose platform counts updates for each of its bots. ``account``: which bot we are, known before the platform is asked."""

    @property
    def account(self) -> str: ...


def account_of(channel: Channel) -> str:
    """By which account the channel's updates are known; "" where it has no bot."""
    return channel.account if isinstance(channel, Counted) else ""


def bot_of(token: str) -> str:
    """The bot of a token: the number before its colon, which stays when the token is renewed; else a digest of the whole."""
    number, _, secret = token.partition(":")
    return number if secret and number.isascii() and number.isdecimal() else hashlib.sha256(token.encode()).hexdigest()[:16]


@runtime_checkable
class Redelivers(Protocol):
    """A channel whose platform is asked for updates; with ``redelivers`` it hands out again what was not acknowledged."""

    redelivers: bool


@runtime_checkable
class HandsOutOnce(Protocol):
    """A channel; with ``hands_out_once`` its platform never repeats an update, so each is stored before anything else is done with it."""

    hands_out_once: bool


@runtime_checkable
class Reuses(Protocol):
    """A channel whose platform sends again what was uploaded to it once, by an id of its own (`Part.known`).

    ``account``: whose ids they are; another one cannot use them. ``learned``: (kind, content hash, name) -> id of what was uploaded;
    whoever keeps it takes it out.
    """

    name: str

    @property
    def account(self) -> str: ...

    @property
    def learned(self) -> dict[tuple[str, str, str], str]: ...


@runtime_checkable
class Linked(Protocol):
    """A channel that a link opens, for joining codes. ``link`` is "" as long as it is not known."""

    @property
    def link(self) -> str: ...


@runtime_checkable
class Keeps(Protocol):
    """A channel that is its own platform and keeps what stands there in the database. ``drop_old(tx, now)`` forgets what is old."""

    drop_old: Callable[..., object]


@runtime_checkable
class HasMenu(Protocol):
    """A channel that shows a menu of commands. ``account``: whose menu it is; another one knows nothing of what was set."""

    name: str

    @property
    def account(self) -> str: ...

    async def set_menu(self, address: str | None, language: str, commands: Sequence[tuple[str, str]]) -> None:
        """The (name, description) of a chat's commands, or with None of every chat's in a language ("": all others).

        None at all: the chat's own menu is taken away. Raises a SendError kind.
        """
