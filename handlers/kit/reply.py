"""Replies: blocks of messages that any channel can show. Text, fields, table, choices, picture, file; keep it that small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from handlers.kit.chart import Chart
from handlers.kit.message import Message, Value, m


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph. A ``title`` is shown strong where the channel can, a ``note`` is small print, ``quote`` is someone's words."""

    message: Message
    style: Literal["plain", "title", "note", "quote"] = "plain"


@dataclass(frozen=True, slots=True)
class Fields:
    """Pairs of label and value, one a line: "Hạn: 17:00, thứ Hai, 30/11/2026"."""

    rows: tuple[tuple[Message, Value], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. Where a channel has no tables each row becomes one line, so order the columns as a sentence would.

    ``align`` holds one letter a column: ``<`` text, ``>`` numbers. ``strong`` is the index of the reader's own row.
    """

    rows: tuple[tuple[Value, ...], ...]
    align: str = ""
    header: tuple[Message, ...] = ()
    strong: int | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """Choosing it runs a command, as if ``/command argument`` were typed."""

    command: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Choosing it answers the open question with ``value``."""

    value: str


@dataclass(frozen=True, slots=True)
class Typed:
    """Choosing it is as if its label were typed: the examples of help."""


Action = Go | Answer | Typed

CONFIRM = Answer("confirm")
"""The choice that files or sends: no number that was meant for another list may choose it."""

CONTROLS = ("cancel", "back", "skip", "review")
"""Values of `Answer` that every dialogue knows: Hủy, Lùi, Bỏ qua, Xem lại."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: by a tap, its number, its label, the label without diacritics, or a unique beginning.

    ``numbered`` is False for control words at a step that awaits a number, so that "1" stays the figure 1. ``says``: the choice answers
    its question with yes or no, so that "vâng" or "không" means it (never a yes that destroys something); "wrong": it is for those who
    find that what they see is not right ("sai rồi", "chưa đúng"), and for a mere no if nothing else says no. ``several``: it can be chosen
    together with others of its list, by numbers ("1, 3"), as if their labels were typed with commas between.
    """

    label: Message
    action: Action
    numbered: bool = True
    says: Literal["", "yes", "no", "wrong"] = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """Choices of an answer; ``columns`` is how many stand side by side where there are buttons."""

    choices: tuple[Choice, ...]
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its content hash, with a text that says the same to who cannot see it.

    ``public``: it shows public facts only, so a platform's servers may fetch it; any other goes to its reader alone. ``chart``: it is
    drawn of this when it is sent, and has a hash from then on (`drawn`); where it cannot be shown, the chart is told in words.
    """

    sha256: str
    media_type: str
    alt: Message
    public: bool = False
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file by its content hash, under the name it is saved as."""

    sha256: str
    media_type: str
    name: str
    caption: Message | None = None


Block = Text | Fields | Table | Choices | Picture | File


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot answers. ``replaces``: it takes the place of the message whose button was tapped, where the channel can edit.

    ``protect``: figures that are not public; a channel that can forbids forwarding. ``once``: it holds a secret (a joining code) and is
    forgotten as soon as it is sent.
    """

    blocks: tuple[Block, ...]
    replaces: bool = False
    protect: bool = False
    once: bool = False

    def __add__(self, other: Reply) -> Reply:
        return Reply(self.blocks + other.blocks, self.replaces or other.replaces, self.protect or other.protect, self.once or other.once)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """All choices in the order of their numbers."""
        return tuple(choice for block in self.blocks if isinstance(block, Choices) for choice in block.choices)


def drawn(chart: Chart, alt: Message, *, public: bool = False) -> Picture:
    """A picture that is drawn when it is sent."""
    return Picture("", "image/png", alt, public, chart)


def say(*content: Message | Block, replaces: bool = False, protect: bool = False) -> Reply:
    """A reply of blocks; a bare message becomes a paragraph of its own."""
    blocks = tuple(Text(each) if isinstance(each, Message) else each for each in content)
    return Reply(blocks, replaces, protect)


def control_choices(*names: str, numbered: bool = True) -> Choices:
    """The control words a step offers, side by side: ``control_choices("skip", "back", "cancel")``."""
    return Choices(tuple(Choice(CONTROL_LABELS[name], Answer(name), numbered) for name in names), columns=len(names))


CONTROL_LABELS = {"cancel": m("Cancel"), "back": m("Back"), "skip": m("Skip"), "review": m("Review")}
