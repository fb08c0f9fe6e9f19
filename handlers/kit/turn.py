"""A turn: everything a handler may know while it decides, and what it decides.

A handler reads the snapshot, decides, and returns an `Outcome`: a reply and effects. It never writes, never waits, never looks at a
clock of its own. It may be called twice for one input (when somebody else wrote in between), so it must not remember anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from handlers.kit.reply import Reply, say
from handlers.rules.deadline import local_day
from storage.connection import Effect, Snapshot
from storage.people import Person, Post

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
"""What a dialogue may remember between two turns."""

ChatKind = Literal["private", "group"]


@dataclass(frozen=True, slots=True)
class Said:
    """A text the person wrote. ``edited``: it replaces an earlier message of the chat.

    ``code_hash``: it held a joining code, of which only the digest was kept (`storage.invitations.digest`); the text shows dots there.
    """

    text: str
    edited: bool = False
    code_hash: str = ""


@dataclass(frozen=True, slots=True)
class Tapped:
    """A button pressed: the stored menu it belongs to, and which of its choices (from 0)."""

    menu_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A file the person sent, already stored under its hash. ``problem`` is set when it could not be taken (too large, lost)."""

    sha256: str
    media_type: str
    name: str
    size: int
    caption: str = ""
    problem: Literal["", "too_large", "unavailable", "secret"] = ""


@dataclass(frozen=True, slots=True)
class Other:
    """Something no channel of ours takes: a sticker, a place, a voice message.

    ``secret``: a marked message of which only the fact was kept; ``personal``: one with an identity number; ``added``: a group took the
    bot in.
    """

    kind: Literal["unsupported", "secret", "personal", "added"]


Input = Said | Tapped | Sent | Other


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was said: the channel, its address for answers, and whether others read along."""

    channel: str
    address: str
    kind: ChatKind = "private"
    thread: str | None = None
    message_id: str | None = None      # of the text itself, or of the message that was tapped (an answer may take its place)
    files: bool = True                 # whether files of any kind can be sent and received there, not photos alone
    pictures: bool = False             # whether a picture of the bot's can be seen there, at once or by a link


@dataclass(frozen=True, slots=True)
class Turn:
    """One input of one person at one instant, with a snapshot to read from.

    ``who`` is None for somebody who has not joined (or whose account is unknown). ``mint`` gives a new opaque id, ``mint_code`` a new
    joining code, ``mint_secret`` 43 characters that nobody can guess. ``facts`` are the few settings a handler may mention
    (``public_url``, ``bot_link``); absent where not set.
    """

    read: Snapshot
    now: int
    zone: ZoneInfo
    who: Person | None
    posts: tuple[Post, ...]
    place: Place
    input: Input
    language: str
    mint: Callable[[], str]
    mint_code: Callable[[], str]
    mint_secret: Callable[[], str]
    display_name: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The date in the cluster's zone."""
        return local_day(self.now, self.zone)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset([post.role for post in self.posts])

    @property
    def person(self) -> Person:
        """Who speaks, in handlers that only members reach."""
        if self.who is None:
            raise LookupError("a stranger reached a handler for members")
        return self.who

    @property
    def unit_ids(self) -> tuple[str, ...]:
        """The units the person holds a post in, the first one first."""
        return tuple(dict.fromkeys([post.unit_id for post in self.posts if post.unit_id is not None]))

    @property
    def owner(self) -> str:
        """Whose dialogue it is: the person's on whichever channel, or the address's before a person is known."""
        return f"person:{self.who.id}" if self.who is not None else f"{self.place.channel}:{self.place.address}"


@dataclass(frozen=True, slots=True)
class State:
    """An open dialogue: its name, the step whose question is open, and the answers so far."""

    name: str
    step: str
    answers: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn decides: the reply, the effects in their order, and the dialogue afterwards.

    ``dialogue``: a State opens or advances one, ``"end"`` closes it, ``"keep"`` leaves what is open as it is.
    ``topic``: remembered for a short follow-up ("còn Sơn La?"): the command and its argument with the place of a name left as ``{}``.
    """

    reply: Reply
    effects: tuple[Effect, ...] = ()
    dialogue: State | Literal["keep", "end"] = "keep"
    topic: tuple[str, str] | None = None
    language: str | None = None     # of this reply, where the turn has just changed it


def answer(*content: object, effects: tuple[Effect, ...] = (), topic: tuple[str, str] | None = None, protect: bool = False) -> Outcome:
    """An outcome that only says something (messages and blocks) and leaves any open dialogue as it is."""
    return Outcome(say(*content, protect=protect), effects, topic=topic)  # type: ignore[arg-type]
