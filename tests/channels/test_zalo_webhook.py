"""Zalo's webhook over HTTP: 200 only once an update is committed; wrong secrets, repeated and broken posts change nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.application import Application
from bot.channels import Given, configured
from bot.channels.zalo import CHECK_SECONDS, HEADER, Zalo
from bot.settings import HostPort, SettingError, Settings, load
from bot.web import server as web_server
from storage import inbox
from storage.connection import Effect, Written
from storage.errors import DatabaseFull
from tests.channels.fake_zalo import TOKEN, FakeZalo
from tests.channels.serving import CODE, invite, start
from tests.conftest import START

CHAT = "6ede9afa66b88fe6d6a9"
SECRET = "a-secret-of-our-own"


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZalo]:
    async with FakeZalo() as platform:
        yield platform
        assert platform.violations == []


@asynccontextmanager
async def hooked(path: Path, zalo: FakeZalo) -> AsyncIterator[Application]:
    """The application with a webhook as `thidua run` builds it; the fake posts straight to where the web side listens."""
    looks = asyncio.Event()

    async def wait(seconds: float) -> None:
        if seconds >= CHECK_SECONDS:
            await looks.wait()
            looks.clear()
        await asyncio.sleep(0)

    channel = Zalo(TOKEN, zalo.root, webhook="http://127.0.0.1:1/bot/zalo", secret=SECRET, wait=wait, read_timeout=2)
    server = web_server.Server(
        web_server.application(lambda: (True, {}), channel.hooks()), "THIDUA_WEB", HostPort("127.0.0.1", 0)
    )
    await server.start()
    channel._url = f"http://127.0.0.1:{server.port}/bot/zalo"
    application = await start(path, channel)
    application.look_again = looks.set  # type: ignore[attr-defined]
    try:
        await zalo.until(lambda: zalo.webhook == channel._url)
        yield application
    finally:
        await application.stop_taking()
        await server.close()
        await application.stop()


def update(text: str, number: str = "m1") -> dict[str, Any]:
    sender = {"id": CHAT, "display_name": "Nguyễn Thị Hoa", "is_bot": False}
    message = {"from": sender, "chat": {"id": CHAT, "chat_type": "PRIVATE"}, "text": text, "message_id": number, "date": 1}
    return {"event_name": "message.text.received", "message": message}


async def post(zalo: FakeZalo, body: bytes | str, headers: dict[str, str] | None = None) -> int:
    given = {HEADER: SECRET} if headers is None else headers
    async with aiohttp.ClientSession() as session, session.post(zalo.webhook, data=body, headers=given) as answer:
        assert await answer.text() == ""
        return answer.status


async def test_an_officer_joins_and_asks(cluster: Callable[[], Path], zalo: FakeZalo) -> None:
    path = cluster()
    await invite(path)
    async with hooked(path, zalo):
        await zalo.say(CHAT, f"Mã của tôi: {CODE}")
        await zalo.answer(CHAT, "Mã hợp lệ.")
        await zalo.say(CHAT, "1")
        await zalo.answer(CHAT, "Đã tham gia: đồng chí Nguyễn Thị Hoa")
        await zalo.say(CHAT, "xep hang")
        await zalo.answer(CHAT, "4. Lạng Sơn")
    assert zalo.called("getUpdates") == []


@pytest.mark.parametrize("wrapped", [True, False])
async def test_what_is_posted_twice_takes_effect_once(cluster: Callable[[], Path], zalo: FakeZalo, wrapped: bool) -> None:
    async with hooked(cluster(), zalo) as application:
        zalo._known.add(CHAT)
        statuses = [await zalo.post(update("xin chao"), wrapped=wrapped) for _ in range(3)]
        await zalo.answer(CHAT, "mã tham gia")
        await application.settle()
    assert statuses == [[200]] * 3
    assert len(zalo.texts[CHAT]) == 1


@pytest.mark.parametrize("headers", [{}, {HEADER: ""}, {HEADER: "wrong"}, {HEADER: "ă"}, {"X-Telegram-Bot-Api-Secret-Token": SECRET}])
async def test_a_wrong_secret_reaches_nothing(cluster: Callable[[], Path], zalo: FakeZalo, headers: dict[str, str]) -> None:
    async with hooked(cluster(), zalo) as application:
        assert await post(zalo, json.dumps(update("xin chao")), headers) == 401
        assert await application.database.read(lambda read: inbox.waiting(read)) == ()
    assert zalo.texts[CHAT] == []


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, b"\xff\xfe"])
async def test_what_is_no_json_is_refused(cluster: Callable[[], Path], zalo: FakeZalo, body: bytes | str) -> None:
    async with hooked(cluster(), zalo):
        assert await post(zalo, body) == 400


@pytest.mark.parametrize("body", ["[]", "null", "{}", '{"ok": true, "result": {"event_name": "message.text.received"}}'])
async def test_what_has_no_identity_is_let_go(cluster: Callable[[], Path], zalo: FakeZalo, body: str) -> None:
    async with hooked(cluster(), zalo):
        assert await post(zalo, body) == 200


async def test_while_the_database_refuses_zalo_keeps_the_update(
    cluster: Callable[[], Path], zalo: FakeZalo, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hooked(cluster(), zalo) as application:
        zalo._known.add(CHAT)
        writes, full = application.database.write_each, [True]

        async def write(turns: Sequence[Sequence[Effect]]) -> list[Written]:
            return [DatabaseFull("no space") for _ in turns] if full[0] else await writes(turns)

        monkeypatch.setattr(application.database, "write_each", write)
        assert await post(zalo, json.dumps(update("xin chao"))) == 503
        full[0] = False
        assert await post(zalo, json.dumps(update("xin chao"))) == 200
        await zalo.answer(CHAT, "mã tham gia")
        await application.settle()
    assert sum("mã tham gia" in text for text in zalo.texts[CHAT]) == 1


async def test_a_webhook_that_another_program_changed_is_set_right(cluster: Callable[[], Path], zalo: FakeZalo) -> None:
    async with hooked(cluster(), zalo) as application:
        ours = zalo.webhook
        zalo.webhook = "https://elsewhere.example.vn/"
        application.look_again()  # type: ignore[attr-defined]
        await zalo.until(lambda: zalo.webhook == ours)
    assert len(zalo.called("setWebhook")) == 2


async def test_after_the_end_zalo_is_asked_to_try_again(cluster: Callable[[], Path], zalo: FakeZalo) -> None:
    channel = Zalo(TOKEN, zalo.root, webhook="http://127.0.0.1:1/zalo", secret=SECRET)
    (hook,) = channel.hooks()
    assert await hook.take(json.dumps(update("hạn")).encode()) == 503
    await channel.close()


def settings(**given: str) -> Settings:
    return load({f"THIDUA_{name}": value for name, value in given.items()})


async def secret(name: str) -> str:
    return f"secret of {name}"


async def test_settings_choose_between_webhook_and_polling() -> None:
    polls = await configured(Given(settings(ZALO_TOKEN=TOKEN), lambda: START, secret))
    called = await configured(
        Given(settings(ZALO_TOKEN=TOKEN, ZALO_WEBHOOK="https://thidua.example.vn", WEB="127.0.0.1:8080"), lambda: START, secret)
    )
    ((polling,), (hooked_one,)) = polls, called
    assert isinstance(polling, Zalo)
    assert isinstance(hooked_one, Zalo)
    assert polling.hooks() == ()
    assert [hook.path for hook in hooked_one.hooks()] == ["/zalo"]
    for channel in (polling, hooked_one):
        await channel.close()


@pytest.mark.parametrize("given", [{"ZALO_WEBHOOK": "https://thidua.example.vn"}, {"ZALO_WEBHOOK": "http://a.vn", "WEB": "127.0.0.1:1"}])
async def test_a_webhook_that_cannot_work_is_told(given: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="THIDUA_ZALO_WEBHOOK"):
        await configured(Given(settings(ZALO_TOKEN=TOKEN, **given), lambda: START, secret))
