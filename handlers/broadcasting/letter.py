"""The letter that everybody reads, the same for all: headline, text, who sends it, picture or file. The preview shows these very blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from handlers.kit.message import Message, Moment, m, verbatim
from handlers.kit.reply import Block, File, Picture, Reply, Text, say
from handlers.kit.turn import Json, Sent
from handlers.rules.text import utf16_len
from storage import files, people
from storage.broadcasts import Broadcast
from storage.connection import Snapshot

LONGEST = 3_000
"""UTF-16 units of text: with its headline and sender it fits one message of a channel that takes 4,096."""

LARGEST_PICTURE = 10 * 1024 * 1024
"""A larger one goes as a file (Telegram shows pictures up to 10 MB)."""

_PICTURES = frozenset(("image/jpeg", "image/png"))
_SUFFIXES = frozenset(("jpg", "jpeg", "png", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods"))

HEADLINES: dict[str, Message] = {
    "secretary": m("Message of the secretary of the cluster"),
    "admin": m("Message of the administrator of the system"),
}


@dataclass(frozen=True, slots=True)
class Attached:
    """A stored file that goes with the text. ``public``: a picture of public facts, which a platform's servers may fetch."""

    sha256: str
    media_type: str
    name: str
    size: int
    public: bool = False

    def dump(self) -> dict[str, Json]:
        return asdict(self)

    @classmethod
    def load(cls, raw: Json) -> Attached | None:
        if not isinstance(raw, Mapping):
            return None
        return cls(str(raw["sha256"]), str(raw["media_type"]), str(raw["name"]), int(str(raw["size"])), raw.get("public") is True)

    @property
    def is_picture(self) -> bool:
        return self.media_type in _PICTURES and self.size <= LARGEST_PICTURE

    @property
    def block(self) -> Block:
        if self.is_picture:
            return Picture(self.sha256, self.media_type, m("Attached picture: {name}", name=verbatim(self.name)), self.public)
        return File(self.sha256, self.media_type, self.name)


def attach(sent: Sent) -> Attached | Message:
    """The file as an attachment, or why it cannot be one."""
    suffix = sent.name.rsplit(".", 1)[-1].lower() if "." in sent.name else ""
    if suffix not in _SUFFIXES and sent.media_type not in _PICTURES:
        return m("Files of this kind cannot be sent on: please send a JPG or PNG picture, a PDF, Word, Excel or PowerPoint file.")
    if sent.size == 0:
        return m("The file is empty. Please send it again.")
    return Attached(sent.sha256, sent.media_type, sent.name, sent.size)


def too_long(text: str) -> Message | None:
    """Why the text cannot be sent in one message."""
    length = utf16_len(text)
    if length <= LONGEST:
        return None
    return m(
        "The text has {length} characters; at most {limit} fit. Please shorten it, or send it as a Word or PDF file.",
        length=length, limit=LONGEST,
    )  # fmt: skip


def letter(read: Snapshot, signed_as: str, sender: str, body: str, attached: Attached | None, late: int | None = None) -> Reply:
    """``late``: the instant it was to go out, where it goes out late."""
    person = people.person(read, sender)
    name = "" if person is None else person.name
    return say(
        Text(HEADLINES[signed_as], "title"),
        *(() if late is None else (Text(m("Late: it was to be sent at {when}.", when=Moment(late)), "note"),)),
        *((Text(verbatim(body)),) if body else ()),
        *((Text(m("Sent by: {name}", name=verbatim(name)), "note"),) if name else ()),
        *(() if attached is None else (attached.block,)),
    )


def letter_of(read: Snapshot, given: Broadcast, late: int | None = None) -> Reply:
    """The letter of a confirmed broadcast."""
    stored = None if given.sha256 is None else files.find(read, given.sha256)
    attached = None if stored is None else Attached(
        stored.sha256, given.media_type, given.file_name, stored.size, given.public_picture == 1
    )  # fmt: skip
    return letter(read, given.signed_as, given.created_by, given.body, attached, late)
