"""An officer's day on Telegram, over HTTP against the strict Bot API: join, ask, report, confirm; and a bot that dies in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.channels.base import Inbound, Part
from bot.channels.telegram import Telegram
from bot.clock import MovableClock
from storage import people
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.loopback import Failure
from tests.channels.serving import CODE, OFFICER, invite, killed, serving, start
from tests.conftest import START

GROUP = -1001


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


async def test_in_a_topic_of_a_group_it_answers_there_and_only_when_addressed(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    server.open_chat(GROUP, 7)
    place = {"chat": {"id": GROUP, "type": "supergroup"}, "message_thread_id": 7, "is_topic_message": True}
    person = {"id": OFFICER, "is_bot": False, "first_name": "Hoa"}
    async with serving(path, channel(server)):
        await join(server)
        for number, text in enumerate(("chào các đồng chí", "/xephang@other_bot", "/xephang@thidua_bot"), start=70):
            await server.update({"message": {"message_id": number, "date": 1, "from": person, "text": text, **place}})
        await server.answer(GROUP, "Xếp hạng năm 2026")
    assert len(server.sent(GROUP)) == 1
    assert [message["message_thread_id"] for message in server.messages[GROUP].values()] == ["7"]


async def test_who_blocks_the_bot_is_noted_and_left_alone(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    application = await start(path, channel(server), background=False)
    server.open_chat(OFFICER)
    receive = application.receiver("telegram")
    await receive("1", update(1, text=f"/start {CODE}"))
    await application.settle()
    (number,) = server.messages[OFFICER]
    data = json.dumps(server.messages[OFFICER][number]["reply_markup"]).partition('"callback_data": "')[2].partition('"')[0]
    tap = {"id": "q", "from": {"id": OFFICER}, "message": {"message_id": number, "chat": {"id": OFFICER, "type": "private"}}, "data": data}
    server.fail("sendMessage", Failure(status=403, description="Forbidden: bot was blocked by the user"))
    await receive("2", json.dumps({"update_id": 2, "callback_query": tap}))
    await application.settle()
    await application.settle()
    person = await application.database.read(lambda read: people.by_account(read, "telegram", str(OFFICER)))
    assert person is not None
    accounts = await application.database.read(lambda read: people.accounts(read, person.id))
    await application.stop()
    assert [account.blocked_at for account in accounts] == [START]
    assert len(server.called("sendMessage")) == 2


def update(number: int, **content: object) -> str:
    """The raw update of a private message."""
    message = {"message_id": number, "date": 1, "from": {"id": OFFICER}, "chat": {"id": OFFICER, "type": "private"}, **content}
    return json.dumps({"update_id": number, "message": message})


class Dying(Telegram):
    """Stores each update first, and stops for ever where its turn begins: nothing is decided."""

    hands_out_once = True

    async def acknowledge(self, inbound: Inbound) -> None:
        await asyncio.Event().wait()


async def test_a_kill_between_storing_and_answering_keeps_the_update(cluster: Callable[[], Path], server: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    async with killed(path, channel(server, Dying)):
        await server.say(OFFICER, f"/start {CODE}")
        await server.until(lambda: server.confirmed == 5002)        # Telegram has forgotten it
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
    async with killed(path, channel(server, Mute)) as mute:
        await server.say(OFFICER, f"/start {CODE}")
        await server.until(lambda: server.confirmed == 5002)
        await mute.turns.settle()
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


@pytest.mark.parametrize(
    ("failure", "repeated"),
    [
        (Failure("reset_after"), True),
        (Failure(status=429, description="Too Many Requests", parameters={"retry_after": 30}), False),
    ],
)
async def test_an_answer_that_failed_is_sent_again(
    cluster: Callable[[], Path], server: FakeTelegram, failure: Failure, repeated: bool
) -> None:
    """Perhaps it arrived: then the second says that it is a repetition. A refusal for a while is waited for."""
    server.fail("sendMessage", failure)
    server.open_chat(OFFICER)
    application = await start(cluster(), channel(server), background=False)
    await application.receiver("telegram")("1", update(1, text="xin chao"))
    await application.settle()
    assert isinstance(application.clock, MovableClock)
    application.clock.advance(29)
    await application.settle()
    application.clock.advance(1)
    await application.settle()
    await application.stop()
    marks = ["(nhắc lại)" in text for text in server.sent(OFFICER)]
    assert marks == ([False, True] if repeated else [False])
    assert len(server.called("sendMessage")) == 2
