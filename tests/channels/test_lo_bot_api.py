"""The same conversation against lo-bot-api-emulator, which nobody here wrote: its verdict on shapes and limits of our requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator

from bot.channels.base import Part, RemoteFile
from bot.channels.telegram import Telegram
from tests.channels.serving import CODE, OFFICER, invite, serving
from tests.conftest import START

TOKEN = "123456789:AAHfaketokenfaketokenfaketokenfake0"
PERSON = {"id": OFFICER, "is_bot": False, "first_name": "Hoa", "last_name": "Nguyễn Thị"}
CHAT = {"id": OFFICER, "type": "private"}


class Emulator(LoBotApiEmulator):  # type: ignore[misc]
    """With the username that its getMe lacks, and an ear for what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.root = ""
        self.news = asyncio.Condition()
        self.shown: list[dict[str, Any]] = []

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:
        result = super().validate(method, fields, uploads)
        if method == "getMe":
            return {**result, "username": "thidua_bot"}
        if isinstance(result, dict) and "message_id" in result:
            self.shown.append(result)
        return result

    async def handle(self, request: web.Request) -> web.Response:
        answer: web.Response = await super().handle(request)
        async with self.news:
            self.news.notify_all()
        return answer

    async def until(self, fulfilled: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(fulfilled)

    async def say(self, text: str, answered: str) -> None:
        """Write to the bot and wait for its answer."""
        message = {"message_id": 1000 + len(self.shown), "date": 1, "from": PERSON, "chat": CHAT, "text": text}
        await self.enqueue_update({"message": message}, token=TOKEN)
        await self.until(lambda: any(answered in message.get("text", "") for message in self.shown))

    async def tap(self, label: str, answered: str) -> None:
        """Press the newest button with this label and wait for the answer."""
        found = [
            (message, button["callback_data"])
            for message in self.shown
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
            if button["text"] == label
        ]
        message, data = found[-1]
        tapped = {"message_id": message["message_id"], "date": 1, "chat": CHAT}
        query = {"id": f"q{message['message_id']}", "from": PERSON, "message": tapped, "chat_instance": "1", "data": data}
        await self.enqueue_update({"callback_query": query}, token=TOKEN)
        await self.until(lambda: any(answered in message.get("text", "") for message in self.shown))

    @property
    def refused(self) -> list[dict[str, Any]]:
        return [request for request in self.requests if request["status"] != 200]


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    made = Emulator()
    runner = web.AppRunner(made.app(), access_log=None, shutdown_timeout=1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()
    assert made.refused == []


async def test_an_officer_joins_asks_and_reports(cluster: Callable[[], Path], emulator: Emulator) -> None:
    path = cluster()
    await invite(path)
    async with serving(path, Telegram(TOKEN, lambda: START, emulator.root)):
        await emulator.say(f"/start {CODE}", "Mã hợp lệ.")
        await emulator.tap("Đồng ý", "Đã tham gia: đồng chí Nguyễn Thị Hoa")
        await emulator.say("xep hang", "Xếp hạng năm 2026")
        await emulator.say("/baocao", "GRDP")
        await emulator.say("I.1 9,5, I.2 7600", "Đã nhận 2 số liệu.")
        await emulator.tap("Xem lại", "Đã có 2/36 số liệu.")
        await emulator.tap("Xác nhận", "Đã ghi nhận")
    methods = {request["method"] for request in emulator.requests}
    assert {"getMe", "getUpdates", "sendMessage", "answerCallbackQuery", "setMyCommands"} <= methods


async def test_files_go_both_ways(emulator: Emulator) -> None:
    telegram = Telegram(TOKEN, lambda: START, emulator.root)
    content = b"%PDF-1.7" + bytes(300_000)
    await telegram.send(str(OFFICER), None, Part("file", "Báo cáo &amp; phụ lục", name="Báo cáo quý 3.pdf"), content, None)
    picture = await telegram.send(str(OFFICER), None, Part("picture", "Xếp hạng", name="hang.png"), b"\x89PNG\r\n\x1a\n", None)
    (reference,) = [message["document"]["file_id"] for message in emulator.shown if "document" in message]
    assert await telegram.fetch(RemoteFile(reference, "a.pdf", "application/pdf", len(content))) == content
    assert emulator.assets[reference]["filename"] == "Báo cáo quý 3.pdf"
    assert picture == "2"
    await telegram.close()
