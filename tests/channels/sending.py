"""Each channel with its platform's double, as the contract of sending needs it: somebody who reads, and a platform that fails on demand."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Protocol

from bot.channels.base import Channel
from bot.channels.console import Console
from bot.channels.telegram import Telegram
from bot.channels.web_kept import Kept
from bot.channels.zalo import Zalo
from storage import web_chat
from storage.connection import Database, Effect, effect
from storage.errors import DatabaseBusy
from storage.web_chat import Lifetimes
from tests.channels import fake_telegram, fake_zalo
from tests.channels.botapi import read_html
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.fake_zalo import FakeZalo
from tests.channels.loopback import Failure

NOW = 1_800_000_000
NOWHERE = "http://127.0.0.1:9"
PATIENT, IMPATIENT = 20.0, 0.2
"""Seconds an answer may take."""

TELEGRAM_FAILURES: dict[str, Failure] = {
    "refused": Failure(description="Bad Request: can't parse entities: unsupported start tag"),
    "blocked": Failure(status=403, description="Forbidden: bot was blocked by the user"),
    "gone": Failure(description="Bad Request: chat not found"),
    "migrated": Failure(description="Bad Request: group chat was upgraded", parameters={"migrate_to_chat_id": -100222}),
    "too many": Failure(status=429, description="Too Many Requests: retry after 7", parameters={"retry_after": 7}),
    "token": Failure(status=401, description="Unauthorized"),
    "no answer": Failure("hang"),
    "reset before": Failure("reset_before"),
    "reset after": Failure("reset_after"),
    "malformed": Failure("garbage"),
    "half an answer": Failure("garbage", body='{"ok": true}'),
    "out of order": Failure(status=500, description="Internal Server Error"),
    "a proxy's page": Failure(status=502, body="<html>Bad Gateway</html>"),
}

ZALO_FAILURES: dict[str, Failure] = {
    "refused": Failure(status=400, description="Text is invalid"),
    "blocked": Failure(status=400, description="User has blocked the bot"),
    "gone": Failure(status=400, description="Chat not found"),
    "exhausted": Failure(status=429, description="Quota exceeded"),
    "token": Failure(status=401, description="Unauthorized"),
    "no answer": Failure("hang"),
    "reset before": Failure("reset_before"),
    "reset after": Failure("reset_after"),
    "malformed": Failure("garbage"),
    "half an answer": Failure("garbage", body='{"ok": true}'),
    "out of order": Failure(status=500, description="Internal"),
    "a proxy's page": Failure(status=502, body="<html>Bad Gateway</html>"),
}


class Bench(Protocol):
    """A channel and the one who reads at ``address``."""

    channel: Channel
    address: str

    async def fails(self, how: str) -> bool:
        """The next message meets this failure; False where the platform has none of the kind."""

    def seen(self) -> list[str]:
        """The texts that stand there, without markup."""

    def received(self) -> list[tuple[str, bytes]]:
        """(name, content) of the files and pictures that stand there."""

    def hang(self, times: int) -> bool:
        """The next messages get no answer; False where the platform cannot keep anybody waiting."""

    async def held(self, times: int) -> None:
        """Wait until so many messages have come to the platform and hang there."""


class OnTelegram:
    address = "501"

    def __init__(self, platform: FakeTelegram, read_timeout: float) -> None:
        self.platform = platform
        self.channel: Channel = Telegram(fake_telegram.TOKEN, lambda: NOW, platform.root, read_timeout=read_timeout)
        platform.open_chat(int(self.address))

    async def fails(self, how: str) -> bool:
        if how == "not reached":
            self.channel = Telegram(fake_telegram.TOKEN, lambda: NOW, NOWHERE)
            return True
        if how not in TELEGRAM_FAILURES:
            return False
        self.platform.fail("sendMessage", TELEGRAM_FAILURES[how])
        return True

    def seen(self) -> list[str]:
        return self.platform.sent(int(self.address))

    def received(self) -> list[tuple[str, bytes]]:
        return [(upload.name, upload.content) for _, upload in sorted(self.platform.uploaded.items())]

    def hang(self, times: int) -> bool:
        self.platform.fail("sendMessage", *(Failure("hang") for _ in range(times)))
        return True

    async def held(self, times: int) -> None:
        await self.platform.until(lambda: self.platform.hanging >= times)


class OnZalo:
    address = "an"

    def __init__(self, platform: FakeZalo, read_timeout: float) -> None:
        self.platform = platform
        self.channel: Channel = Zalo(fake_zalo.TOKEN, platform.root, read_timeout=read_timeout)
        platform._known.add(self.address)

    async def fails(self, how: str) -> bool:
        if how == "not reached":
            self.channel = Zalo(fake_zalo.TOKEN, NOWHERE)
            return True
        if how not in ZALO_FAILURES:
            return False
        self.platform.fail("sendMessage", ZALO_FAILURES[how])
        return True

    def seen(self) -> list[str]:
        return list(self.platform.texts[self.address])

    def received(self) -> list[tuple[str, bytes]]:
        return []

    def hang(self, times: int) -> bool:
        self.platform.fail("sendMessage", *(Failure("hang") for _ in range(times)))
        return True

    async def held(self, times: int) -> None:
        await self.platform.until(lambda: self.platform.hanging >= times)


class _Locked:
    """A database whose file cannot be written at the moment."""

    async def write(self, effects: tuple[Effect, ...]) -> None:
        raise DatabaseBusy("the file is locked")


class OnThePage:
    address = "a1"

    def __init__(self, database: Database, path: Path) -> None:
        self._database, self._path = database, path
        self.channel: Channel = Kept(database, lambda: NOW, Lifetimes(86_400, 86_400))

    async def fails(self, how: str) -> bool:
        if how in ("blocked", "gone"):
            await self._database.write((effect(web_chat.end, self.address, NOW),))
            return True
        if how == "not reached":
            self.channel = Kept(_Locked(), lambda: NOW, Lifetimes(86_400, 86_400))     # type: ignore[arg-type]
            return True
        return False

    def seen(self) -> list[str]:
        return [read_html(text)[0] for text, _ in self._shown()]

    def received(self) -> list[tuple[str, bytes]]:
        return [(name, b"") for _, name in self._shown() if name]

    def _shown(self) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(self._path)) as file:
            return list(file.execute("SELECT text, name FROM web_messages WHERE address = ? ORDER BY rowid", (self.address,)))

    def hang(self, times: int) -> bool:
        return False

    async def held(self, times: int) -> None:
        raise AssertionError("nothing hangs here")


class InATerminal:
    address = "an"

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._gone = False
        self.channel: Channel = Console(self.address, self._show)

    def _show(self, text: str) -> None:
        if self._gone:
            raise BrokenPipeError
        self._lines.append(text)

    async def fails(self, how: str) -> bool:
        self._gone = how == "not reached"
        return self._gone

    def seen(self) -> list[str]:
        return list(self._lines)

    def received(self) -> list[tuple[str, bytes]]:
        return []

    def hang(self, times: int) -> bool:
        return False

    async def held(self, times: int) -> None:
        raise AssertionError("nothing hangs here")


@asynccontextmanager
async def bench(name: str, folder: Path, *, read_timeout: float = PATIENT) -> AsyncIterator[Bench]:
    """The channel's bench. At the end its platform must have seen nothing that it forbids."""
    match name:
        case "telegram":
            async with FakeTelegram() as telegram:
                on_telegram = OnTelegram(telegram, read_timeout)
                try:
                    yield on_telegram
                finally:
                    await on_telegram.channel.close()
                assert telegram.violations == []
        case "zalo":
            async with FakeZalo() as zalo:
                on_zalo = OnZalo(zalo, read_timeout)
                try:
                    yield on_zalo
                finally:
                    await on_zalo.channel.close()
                assert zalo.violations == []
        case "web":
            database = await Database.open(folder / "web.sqlite3")
            try:
                page = OnThePage(database, folder / "web.sqlite3")
                opened = effect(web_chat.open_session, "s" * 43, page.address, "An", NOW, Lifetimes(86_400, 86_400))
                await database.write((opened,))
                yield page
                await page.channel.close()
            finally:
                await database.close()
        case _:
            yield InATerminal()
