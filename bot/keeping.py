"""A file that somebody gave, in a chat or on a page: its name is screened, its content written and synced before the row that names it."""

from __future__ import annotations

import asyncio

from handlers.kit.turn import Other, Sent
from handlers.rules.secret_marks import secret_mark
from storage import files
from storage.connection import Database, Effect, effect

LARGEST_FILE = 20 * 1024 * 1024


async def keep(
    database: Database, name: str, media_type: str, content: bytes, now: int, caption: str = ""
) -> tuple[Sent | Other, tuple[Effect, ...]]:
    """The file as an input, and the effect that notes it. Of one with a secret mark in its name nothing is kept. Raises DatabaseFull."""
    if secret_mark(name, file_name=True):
        return Other("secret"), ()
    sha256 = await asyncio.to_thread(files.write_content, database.files, content)
    return Sent(sha256, media_type, name, len(content), caption), (effect(files.add, sha256, media_type, len(content), now),)
