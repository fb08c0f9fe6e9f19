"""An officer's day on Telegram, over HTTP against the strict Bot API: join, ask, report, confirm; and a bot that dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.channels.base import Inbound, Part
from bot.channels.telegram import Telegram
from tests.channels.fake_telegram import TOKEN, Failure, FakeTelegram
from tests.channels.serving import CODE, OFFICER, invite, kill, serving, start
from tests.conftest import START


@pytest.fixture
async def server() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake
    assert fake.violations == []


def channel(server: FakeTelegram, of: type[Telegram] = Telegram) -> Telegram:
    return of(TOKEN, lambda: START, server.root)


async def join(server: FakeTelegram, chat: int = OFFICER) -> None:
    await server.say(chat, f"/start {CODE}", first="Hoa", last="Nguyễn Thị")
    await server.answer(chat, "Mã hợp lệ.")
    await server.tap(chat, "Đồng ý")
    await server.answer(chat, "Đã tham gia: đồng chí Nguyễn Thị Hoa, cán bộ, Lạng Sơn.")


async def test_an_officer_joins_asks_and_reports(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    async with serving(path, channel(server)):
        await server.say(OFFICER, "xin chao")
        await server.answer(OFFICER, "mã tham gia")
        await join(server)

        await server.say(OFFICER, "xep hang")
        ranking = await server.answer(OFFICER, "Xếp hạng năm 2026 (tạm tính")
        assert "4. Lạng Sơn" in ranking
        assert len(ranking.splitlines()) <= 16

        await server.say(OFFICER, "/baocao")
        await server.answer(OFFICER, "I.1. Tốc độ tăng trưởng GRDP")
        await server.say(OFFICER, "I.1 9,5, I.2 7600")
        await server.answer(OFFICER, "Đã nhận 2 số liệu.")
        await server.tap(OFFICER, "Xem lại")
        review = await server.answer(OFFICER, "Đã có 2/36 số liệu.")
        assert "9,5%" in review
        assert "7.600 tỷ đồng" in review
        await server.tap(OFFICER, "Xác nhận")
        receipt = await server.answer(OFFICER, "Đã ghi nhận")
        assert "Lạng Sơn" in receipt

        taps = 3
        await server.until(lambda: len(server.called("answerCallbackQuery")) == taps)
    assert len({call.fields["callback_query_id"] for call in server.called("answerCallbackQuery")}) == taps


async def test_a_stale_tap_changes_nothing_and_says_so(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    async with serving(path, channel(server)):
        await join(server)
        await server.press(OFFICER, 1, "report:17:confirm")
        await server.answer(OFFICER, "Lựa chọn này không còn hiệu lực.")


async def test_a_file_is_fetched_and_one_that_is_too_large_is_told(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    async with serving(path, channel(server)) as application:
        await join(server)
        content = b"%PDF-1.7 " + bytes(200_000)
        await server.write(OFFICER, {"document": {**server.offer_file("minh chứng.pdf", content), "mime_type": "application/pdf"}})
        await server.until(lambda: bool(server.called("getFile")))
        await server.until(lambda: len(server.sent(OFFICER)) >= 3)
        kept = [file.read_bytes() for file in application.database.files.rglob("*") if file.is_file()]
        assert kept == [content]
        told = len(server.sent(OFFICER))
        await server.write(OFFICER, {"document": {"file_id": "x", "file_name": "phim.mp4", "file_size": 30 * 1024 * 1024}})
        await server.until(lambda: len(server.sent(OFFICER)) > told)
        assert "20 MB" in server.sent(OFFICER)[-1]
        assert len(server.called("getFile")) == 1


class Dying(Telegram):
    """Stops for ever where a turn begins: the update is stored, and nothing is decided."""

    async def acknowledge(self, inbound: Inbound) -> None:
        await asyncio.Event().wait()


async def test_a_kill_between_storing_and_answering_keeps_the_update(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    dying = await start(path, channel(server, Dying))
    await server.say(OFFICER, f"/start {CODE}")
    await server.until(lambda: server.confirmed == 5002)        # Telegram has forgotten it
    await kill(dying)
    assert server.sent(OFFICER) == []
    async with serving(path, channel(server)):
        await server.answer(OFFICER, "Mã hợp lệ.")
        await server.tap(OFFICER, "Đồng ý")
        await server.answer(OFFICER, "Đã tham gia")
    assert [text[:10] for text in server.sent(OFFICER)] == ["Mã hợp lệ.", "Đã tham gi"]


class Mute(Telegram):
    """Never gets an answer out."""

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        return await asyncio.Event().wait()     # type: ignore[return-value]


async def test_a_kill_between_deciding_and_sending_keeps_the_answer(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    mute = await start(path, channel(server, Mute))
    await server.say(OFFICER, f"/start {CODE}")
    await server.until(lambda: server.confirmed == 5002)
    await mute.turns.settle()
    await kill(mute)
    async with serving(path, channel(server)):
        await server.answer(OFFICER, "Mã hợp lệ.")
    assert len(server.sent(OFFICER)) == 1


async def test_an_update_that_telegram_repeats_is_answered_once(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    """A kill after the commit and before the next poll: Telegram hands the update out again."""
    path = cluster()
    async with serving(path, channel(server)):
        await server.say(OFFICER, "xin chao")
        await server.answer(OFFICER, "mã tham gia")
        again = {"message_id": 1, "date": 1, "from": {"id": OFFICER, "is_bot": False, "first_name": "Hoa"}, "text": "xin chao"}
        await server.update({"message": {**again, "chat": {"id": OFFICER, "type": "private"}}}, update_id=5001)
        await server.say(OFFICER, "cảm ơn")
        await server.until(lambda: len(server.sent(OFFICER)) == 2 and server.confirmed == 5003)
    assert len(server.sent(OFFICER)) == 2


async def test_an_answer_refused_for_a_moment_arrives_once(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    server.fail("sendMessage", Failure("reset_before"))
    async with serving(cluster(), channel(server)) as application:
        await server.say(OFFICER, "xin chao")
        await server.until(lambda: len(server.called("sendMessage")) == 1)
        assert isinstance(application.clock.now(), int)
        application.clock.advance(60)       # type: ignore[attr-defined]
        await server.answer(OFFICER, "mã tham gia")
    assert len(server.sent(OFFICER)) == 1
