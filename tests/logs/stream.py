"""The log as it was written, and what must never stand in it."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

from tests.channels.fake_telegram import TOKEN
from tests.channels.serving import CODE

SECRET = TOKEN.partition(":")[2]
HOOK_SECRET = "wbhk_A1b2C3d4E5f6G7h8"
OFFICER = 7_700_112_233
TEXT = "Lò Văn Xuyến nộp 987654,321 tỷ"
MARKS = (SECRET, HOOK_SECRET, CODE, "Xuyến", "987654", "Nguyễn", "Hoa", str(OFFICER))


class Stream(io.StringIO):
    """What was written, and word of it to the test's loop, from whichever thread it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    def write(self, text: str) -> int:
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.news.set)
        return super().write(text)


class Terminal(Stream):
    def isatty(self) -> bool:
        return True


def lines(stream: Stream) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def told_nothing(stream: Stream) -> None:
    for mark in MARKS:
        assert mark not in stream.getvalue()
