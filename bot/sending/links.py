"""What a letter to a channel that takes no files says of a file instead: its size."""

from __future__ import annotations

from bot.channels.base import Capabilities
from bot.rendering import Link
from handlers.kit.reply import File, Picture, Reply
from storage import files
from storage.connection import Snapshot


def links_of(read: Snapshot, reply: Reply, can: Capabilities) -> dict[int, Link]:
    """By the index of their block: the files and pictures that the channel cannot show."""
    found: dict[int, Link] = {}
    for index, block in enumerate(reply.blocks):
        if isinstance(block, (File, Picture)) and not shown_directly(block, can):
            stored = files.find(read, block.sha256)
            found[index] = Link(0 if stored is None else stored.size)
    return found


def shown_directly(block: File | Picture, can: Capabilities) -> bool:
    return can.pictures if isinstance(block, Picture) else can.files
