"""Zalo over HTTP against the strict fake: the client's every method and failure, and the whole bot by polling."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.channels.base import Blocked, Exhausted, FileTooLarge, OutcomeUnknown, Part, Refused, RemoteFile, SendError, Unreachable
from bot.channels.zalo import CHECK_SECONDS, Zalo
from bot.channels.zalo_client import Identity, NotReached, QuotaSpent, Rejected, TokenRefused, Unclear, Webhook, ZaloClient, ZaloError
from bot.clock import MovableClock
from tests.channels.fake_zalo import TOKEN, FakeZalo
from tests.channels.loopback import Failure
from tests.channels.serving import CODE, invite, killed, serving

CHAT = "6ede9afa66b88fe6d6a9"


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZalo]:
    async with FakeZalo() as platform:
        yield platform
        assert platform.violations == []


@pytest.fixture
async def client(zalo: FakeZalo) -> AsyncIterator[ZaloClient]:
    client = ZaloClient(TOKEN, zalo.root, read_timeout=0.5)
    yield client
    await client.close()


async def no_wait(seconds: float) -> None:
    """A pause that takes no time; the long ones between two looks at the webhook last as long as the test."""
    await asyncio.sleep(0 if seconds < CHECK_SECONDS else 3_600)


def channel(zalo: FakeZalo, token: str = TOKEN, **given: object) -> Zalo:
    return Zalo(token, zalo.root, wait=no_wait, poll_seconds=1, read_timeout=0.5, **given)  # type: ignore[arg-type]


# The client -----------------------------------------------------------------------------------------------------------------------


async def test_who_we_are(client: ZaloClient) -> None:
    assert await client.get_me() == Identity("1459232241454765289", "bot.ThiDua", "BASIC", can_join_groups=True)


async def test_the_webhook_is_set_read_and_deleted(client: ZaloClient) -> None:
    assert (await client.get_webhook_info()).url == ""
    assert await client.set_webhook("https://bot.example.vn/zalo", "s" * 32) == Webhook("https://bot.example.vn/zalo", 1_749_538_250_568)
    assert (await client.get_webhook_info()).url == "https://bot.example.vn/zalo"
    assert (await client.delete_webhook()).url == ""


@pytest.mark.parametrize("length", [0, 7, 257])
async def test_a_secret_of_a_wrong_length_is_refused_here(client: ZaloClient, length: int) -> None:
    with pytest.raises(ValueError, match="8 to 256"):
        await client.set_webhook("https://bot.example.vn/zalo", "s" * length)


async def test_every_way_to_send(client: ZaloClient, zalo: FakeZalo) -> None:
    await zalo.say(CHAT, "xin chào")
    ids = {
        await client.send_message(CHAT, "Đã ghi nhận"),
        await client.send_photo(CHAT, "https://bot.example.vn/a.png", "Xếp hạng"),
        await client.send_sticker(CHAT, "0e078a2fb66a5f34067b"),
        await client.send_voice(CHAT, "https://bot.example.vn/a.aac"),
    }
    await client.send_typing(CHAT)
    assert len(ids) == 4
    assert zalo.texts[CHAT] == ["Đã ghi nhận", "Xếp hạng"]
    assert zalo.called("sendChatAction") == [{"chat_id": CHAT, "action": "typing"}]


async def test_an_idle_poll_is_no_failure(client: ZaloClient) -> None:
    assert await client.get_updates(0) is None


async def test_an_idle_poll_told_with_status_408(client: ZaloClient, zalo: FakeZalo) -> None:
    zalo.fail("getUpdates", Failure(status=408, description="Request timeout"))
    assert await client.get_updates(0) is None


async def test_an_update_is_handed_out_once(client: ZaloClient, zalo: FakeZalo) -> None:
    await zalo.say(CHAT, "hạn")
    first = await client.get_updates(1)
    assert first is not None
    assert first["message"]["text"] == "hạn"
    assert await client.get_updates(0) is None


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Failure(status=403, description="Internal error"), Unclear),
        (Failure(status=500, description="Internal"), Unclear),
        (Failure(status=502, body="<html>Bad gateway</html>"), Unclear),
        (Failure("garbage"), Unclear),
        (Failure("garbage", body="[]"), Unclear),
        (Failure("garbage", body='{"ok": true, "result": 5}'), Unclear),
        (Failure("garbage", body='{"ok": true, "result": {}}'), Unclear),
        (Failure("hang"), Unclear),
        (Failure("reset_before"), Unclear),
        (Failure("reset_after"), Unclear),
        (Failure(status=429, description="Quota exceeded"), QuotaSpent),
        (Failure(status=401, description="Unauthorized"), TokenRefused),
        (Failure(status=400, description="Bad"), Rejected),
    ],
)
async def test_failures_are_told_apart(client: ZaloClient, zalo: FakeZalo, failure: Failure, kind: type[ZaloError]) -> None:
    await zalo.say(CHAT, "xin chào")
    zalo.fail("sendMessage", failure)
    with pytest.raises(kind):
        await client.send_message(CHAT, "một")


async def test_a_wrong_token_is_told_also_without_a_document(zalo: FakeZalo) -> None:
    client = ZaloClient("1:wrong", zalo.root)
    with pytest.raises(TokenRefused):
        await client.get_me()
    await client.close()


async def test_a_platform_that_is_not_there() -> None:
    client = ZaloClient(TOKEN, "http://127.0.0.1:9")
    with pytest.raises(NotReached):
        await client.get_me()
    await client.close()


# The channel ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Failure(status=429, description="Quota exceeded"), Exhausted),
        (Failure(status=400, description="User has blocked the bot"), Blocked),
        (Failure(status=400, description="Chat not found"), Blocked),
        (Failure(status=400, description="Text is invalid"), Refused),
        (Failure(status=403, description="Internal error"), OutcomeUnknown),
        (Failure("hang"), OutcomeUnknown),
        (Failure("reset_after"), OutcomeUnknown),
        (Failure(status=401, description="Unauthorized"), Unreachable),
    ],
)
async def test_what_a_failure_means_for_the_letter(zalo: FakeZalo, failure: Failure, kind: type[SendError]) -> None:
    await zalo.say(CHAT, "xin chào")
    ours = channel(zalo)
    zalo.fail("sendMessage", failure)
    with pytest.raises(kind):
        await ours.send(CHAT, None, Part("text", "một"), None, None)
    await ours.close()


@pytest.mark.parametrize("part", [Part("text", ""), Part("text", "a" * 2001), Part("file", "", name="a.pdf")])
async def test_what_zalo_never_takes_is_not_sent(zalo: FakeZalo, part: Part) -> None:
    ours = channel(zalo)
    with pytest.raises(Refused):
        await ours.send(CHAT, None, part, None, None)
    assert zalo.calls == []
    await ours.close()


async def test_a_picture_is_fetched_and_one_that_is_gone_or_too_large_is_not(zalo: FakeZalo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.zalo_client.MOST_BYTES", 100)
    zalo.pictures |= {"a.jpg": b"jpeg", "large.jpg": b"x" * 200}
    ours = channel(zalo)
    assert await ours.fetch(RemoteFile(f"{zalo.root}/picture/a.jpg", "anh.jpg", "image/jpeg", 0)) == b"jpeg"
    with pytest.raises(FileTooLarge):
        await ours.fetch(RemoteFile(f"{zalo.root}/picture/large.jpg", "anh.jpg", "image/jpeg", 0))
    with pytest.raises(Refused):
        await ours.fetch(RemoteFile(f"{zalo.root}/picture/gone.jpg", "anh.jpg", "image/jpeg", 0))
    await ours.close()


# The whole bot --------------------------------------------------------------------------------------------------------------------


async def joined(zalo: FakeZalo) -> None:
    await zalo.say(CHAT, CODE)
    await zalo.answer(CHAT, "Đồng ý")
    await zalo.say(CHAT, "đồng ý")
    await zalo.answer(CHAT, "Đã tham gia")


async def test_an_officer_joins_and_asks_for_the_ranking(zalo: FakeZalo, cluster: Callable[[], Path]) -> None:
    path = cluster()
    await invite(path)
    async with serving(path, channel(zalo)):
        await joined(zalo)
        await zalo.say(CHAT, "xep hang lao cai")
        answer = await zalo.answer(CHAT, "Xếp hạng năm 2026")
    assert "1. " in answer
    assert len(answer.splitlines()) <= 14
    assert "<b>" not in answer


async def test_a_webhook_that_was_left_behind_is_removed_before_polling(zalo: FakeZalo, cluster: Callable[[], Path]) -> None:
    zalo.webhook = "https://old.example.vn/hook"
    path = cluster()
    await invite(path)
    async with serving(path, channel(zalo)):
        await zalo.until(lambda: bool(zalo.called("deleteWebhook")))
        await joined(zalo)


async def test_an_event_that_comes_twice_is_answered_once(zalo: FakeZalo, cluster: Callable[[], Path]) -> None:
    path = cluster()
    async with serving(path, channel(zalo)) as application:
        for _ in range(2):
            await zalo.event("message.text.received", CHAT, {"text": "/start"}, message_id="same")
        await zalo.say(CHAT, "👍")
        await zalo.until(lambda: len(zalo.texts[CHAT]) >= 2)
        await application.settle()
    assert len(zalo.texts[CHAT]) == 2


async def test_what_was_stored_before_a_kill_is_answered_after_it(zalo: FakeZalo, cluster: Callable[[], Path]) -> None:
    path = cluster()
    zalo.fail("sendMessage", *[Failure("hang")] * 3)
    async with killed(path, channel(zalo)) as application:
        await zalo.say(CHAT, "/start")
        await zalo.until(lambda: len(zalo._failures["sendMessage"]) < 3)       # decided, and on its way out
        await application.turns.settle()
    zalo._failures.clear()
    async with serving(path, channel(zalo)) as application:
        assert isinstance(application.clock, MovableClock)
        application.clock.advance(60)       # the unclear outcome of before is tried again after a pause
        await zalo.until(lambda: bool(zalo.texts[CHAT]))


async def test_the_token_never_reaches_the_log(zalo: FakeZalo, cluster: Callable[[], Path], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    zalo.fail("getMe", Failure(status=500), Failure("reset_before"), Failure("garbage"), Failure(status=401))
    zalo.fail("getUpdates", Failure(status=502, body=f"<html>{TOKEN}</html>"), Failure("reset_before"))
    async with serving(cluster(), channel(zalo)):
        await zalo.say(CHAT, "/start")
        await zalo.until(lambda: bool(zalo.texts[CHAT]))
    assert "Zalo" in caplog.text
    assert TOKEN not in caplog.text
