"""Groups over the real channels: the bot is silent until it is addressed, says public facts only, and survives what groups do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.application import Application
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from bot.clock import MovableClock
from storage import people
from storage.connection import Database, effect
from tests.channels import fake_telegram, fake_zalo
from tests.channels.fake_telegram import BOT, FakeTelegram
from tests.channels.fake_zalo import FakeZalo
from tests.channels.loopback import Failure
from tests.chat import ZONE
from tests.conftest import START

GROUP, SUPERGROUP = -500, -1001
LAN, HUONG, STRANGER = 9001, 9002, 9999
NAMED = f"@{BOT['username']}"
PRIVATE = "Đề nghị đồng chí hỏi nội dung này trong cuộc trò chuyện riêng với hệ thống."
PEOPLE = {"Hoàng Thị Lan": str(LAN), "Cầm Thị Hương": str(HUONG)}
"""Officers of the sample (Lạng Sơn, Sơn La) and their addresses here."""


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        fake.open_chat(GROUP)
        yield fake
    assert fake.violations == []


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZalo]:
    async with FakeZalo() as fake:
        yield fake
    assert fake.violations == []


class Serving:
    """The application on one channel, taking updates in the background, with its officers linked."""

    def __init__(self, path: Path, channel: Telegram | Zalo) -> None:
        self.path, self.channel = path, channel

    async def __aenter__(self) -> Application:
        database = await Database.open(self.path)
        with closing(sqlite3.connect(self.path)) as file:
            ids = {name: file.execute("SELECT id FROM people WHERE name = ?", (name,)).fetchone()[0] for name in PEOPLE}
        await database.write(tuple(effect(people.link, self.channel.name, PEOPLE[name], ids[name], START) for name in PEOPLE))
        facts = {"telegram_link": "https://t.me/thidua_bot"}
        self.application = Application(database, (self.channel,), MovableClock(START), ZONE, facts=facts)
        await self.application.start()
        return self.application

    async def __aexit__(self, *error: object) -> None:
        await self.application.stop()


def on_telegram(path: Path, server: FakeTelegram) -> Serving:
    return Serving(path, Telegram(fake_telegram.TOKEN, lambda: START, server.root))


def message(number: int, person: int, content: dict[str, Any], chat: int = GROUP) -> dict[str, Any]:
    kind = "group" if chat == GROUP else "supergroup"
    sender = {"id": person, "is_bot": False, "first_name": "An"}
    return {"message_id": number, "date": 1, "from": sender, "chat": {"id": chat, "type": kind, "title": "Cụm"}, **content}


async def say(server: FakeTelegram, person: int, text: str, chat: int = GROUP, **extra: Any) -> int:
    number = next(server._message_ids)
    server.messages[chat][number] = {"message_id": number, "text": text}
    await server.update({"message": message(number, person, {"text": text, **extra}, chat)})
    return number


# Telegram ---------------------------------------------------------------------------------------------------------------------


async def test_telegram_answers_commands_mentions_and_replies_only(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with on_telegram(path, telegram):
        await say(telegram, LAN, "xếp hạng")
        await say(telegram, LAN, "/xephang@another_bot")
        await say(telegram, LAN, f"{NAMED} xếp hạng")
        first = await telegram.answer(GROUP, "Xếp hạng năm 2026")
        ours = max(number for number, each in telegram.messages[GROUP].items() if each.get("from") == BOT)
        await say(telegram, HUONG, "còn sơn la", reply_to_message={"message_id": ours, "date": 1, "from": BOT})
        await say(telegram, HUONG, "/xephang 2024")
        await telegram.answer(GROUP, "Xếp hạng năm 2024")
    assert "Lạng Sơn: hạng" not in first        # the asker's own unit is for the private chat
    assert len(telegram.sent(GROUP)) == 3


async def test_what_is_not_for_us_is_not_kept(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with on_telegram(path, telegram):
        await say(telegram, LAN, "toi nay hop kin o nha khach")
        await say(telegram, LAN, f"{NAMED} xếp hạng")
        await telegram.answer(GROUP, "Xếp hạng năm 2026")
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("SELECT count(*) FROM inbox").fetchone() == (2,)
        written = [part for part in path.parent.glob(path.name + "*") if part.is_file()]
        assert path.with_name(path.name + "-wal") in written
        assert not any(b"nha khach" in part.read_bytes() for part in written)


async def test_personal_questions_get_the_link_to_the_private_chat_and_are_answered_there(
    cluster: Callable[[], Path], telegram: FakeTelegram
) -> None:  # fmt: skip
    path = cluster()
    async with on_telegram(path, telegram):
        await say(telegram, LAN, "/viec")
        told = await telegram.answer(GROUP, PRIVATE)
        assert told.splitlines()[-1] == "Trò chuyện riêng: https://t.me/thidua_bot?start=viec"
        await telegram.say(LAN, "/start viec")
        await telegram.answer(LAN, "Đồng chí Hoàng Thị Lan: cán bộ, Lạng Sơn")
    assert len(telegram.sent(GROUP)) == 1


async def test_a_dialogue_of_the_private_chat_goes_on_there_while_the_group_asks(
    cluster: Callable[[], Path], telegram: FakeTelegram
) -> None:  # fmt: skip
    path = cluster()
    async with on_telegram(path, telegram):
        await telegram.say(LAN, "nộp báo cáo năm")
        await telegram.answer(LAN, "I.1. Tốc độ tăng trưởng GRDP")
        before = len(telegram.sent(LAN))
        await say(telegram, LAN, f"{NAMED} 9,5")
        await telegram.answer(GROUP, "Chưa rõ.")
        await say(telegram, LAN, f"{NAMED} hủy")
        await say(telegram, LAN, f"{NAMED} xếp hạng")
        await telegram.answer(GROUP, "Xếp hạng năm 2026")
        await telegram.say(LAN, "9,5")
        await telegram.answer(LAN, "I.2.", before)
    assert not any("GRDP" in text for text in telegram.sent(GROUP))


async def test_two_people_tap_below_one_list(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with on_telegram(path, telegram):
        await say(telegram, LAN, f"{NAMED} xếp hạng LC")
        await telegram.answer(GROUP, "“LC” là đơn vị nào?")
        number = max(telegram.messages[GROUP])
        rows = telegram.messages[GROUP][number]["reply_markup"]["inline_keyboard"]
        data = {button["text"]: button["callback_data"] for row in rows for button in row}
        for person, label in ((HUONG, "Lào Cai"), (LAN, "Lai Châu"), (STRANGER, "Lai Châu")):
            query = f"q{len(telegram._queries) + 1}"
            telegram._queries.add(query)
            pressed = {"id": query, "from": {"id": person, "is_bot": False, "first_name": "An"}, "chat_instance": "1", "data": data[label]}
            shown = {"message_id": number, "date": 1, "chat": {"id": GROUP, "type": "group"}, "from": BOT}
            await telegram.update({"callback_query": {**pressed, "message": shown}})
        await telegram.answer(GROUP, PRIVATE)
    said = telegram.sent(GROUP)
    assert any(text.startswith("Xếp hạng") and "Lào Cai: hạng" in text for text in said)
    assert any(text.startswith("Xếp hạng") and "Lai Châu: hạng" in text for text in said)


@pytest.mark.parametrize("news", [{"new_chat_members": [{**BOT}]}, {"group_chat_created": True}])
async def test_taken_into_a_group_it_says_once_how_to_ask(
    news: dict[str, Any], cluster: Callable[[], Path], telegram: FakeTelegram
) -> None:  # fmt: skip
    path = cluster()
    async with on_telegram(path, telegram):
        await telegram.update({"message": message(1, STRANGER, news)})
        await telegram.answer(GROUP, "Trong nhóm này, hệ thống trả lời khi được nhắc tên")
        other = {"id": 77, "is_bot": False, "first_name": "Bình"}
        for content in ({"new_chat_members": [other]}, {"left_chat_member": other}, {"new_chat_title": "Cụm thi đua 2026"}):
            await telegram.update({"message": message(2, STRANGER, content)})
        await say(telegram, LAN, "/xephang")
        await telegram.answer(GROUP, "Xếp hạng năm 2026")
    assert len(telegram.sent(GROUP)) == 2


async def test_a_group_that_becomes_a_supergroup_is_answered_there(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with on_telegram(path, telegram):
        telegram.open_chat(SUPERGROUP)
        why = "Bad Request: group chat was upgraded to a supergroup chat"
        telegram.fail("sendMessage", Failure(description=why, parameters={"migrate_to_chat_id": SUPERGROUP}))
        await telegram.update({"message": message(1, LAN, {"migrate_to_chat_id": SUPERGROUP})})
        await say(telegram, LAN, f"{NAMED} xếp hạng LC")
        await telegram.answer(SUPERGROUP, "“LC” là đơn vị nào?")
        await say(telegram, LAN, f"{NAMED} 2", SUPERGROUP)      # the list has moved with its group
        await telegram.answer(SUPERGROUP, "Lào Cai: hạng")
    assert telegram.sent(GROUP) == []


async def test_thrown_out_it_is_silent_and_taken_in_again_it_answers(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with on_telegram(path, telegram) as application:
        telegram.fail("sendMessage", Failure(status=403, description="Forbidden: bot was kicked from the group chat"))
        await say(telegram, LAN, "/xephang")
        await telegram.until(lambda: len(telegram.called("sendMessage")) == 1)
        await telegram.update({"message": message(50, LAN, {"left_chat_member": BOT})})
        await telegram.update({"message": message(51, LAN, {"new_chat_members": [BOT]})})
        await telegram.answer(GROUP, "Trong nhóm này")
        await say(telegram, LAN, "/xephang")
        await telegram.answer(GROUP, "Xếp hạng năm 2026")
        await application.tick()
    assert len(telegram.called("sendMessage")) == 3       # nobody was told about a group


async def test_an_edited_question_of_a_group_is_not_answered_again(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with on_telegram(path, telegram):
        number = await say(telegram, LAN, f"{NAMED} xếp hạng")
        await telegram.answer(GROUP, "Xếp hạng năm 2026")
        await telegram.update({"edited_message": message(number, LAN, {"text": f"{NAMED} xếp hạng 2024", "edit_date": 2})})
        await say(telegram, LAN, "/han")
        await telegram.answer(GROUP, "Các hạn tiếp theo")
    assert len(telegram.sent(GROUP)) == 2


# Zalo -------------------------------------------------------------------------------------------------------------------------

ZALO_GROUP = "g777"


def on_zalo(path: Path, platform: FakeZalo) -> Serving:
    return Serving(path, Zalo(fake_zalo.TOKEN, platform.root, poll_seconds=1))


@pytest.mark.parametrize(
    "text", ["@Bot Thi Đua xếp hạng", "@bot.ThiDua xếp hạng", "xếp hạng @Bot Thi Đua", "@Bot Thi Đua: xếp hạng", "xếp hạng"]
)
async def test_zalo_answers_in_a_group_however_it_is_mentioned(text: str, cluster: Callable[[], Path], zalo: FakeZalo) -> None:
    path = cluster()
    async with on_zalo(path, zalo):
        await zalo.say(ZALO_GROUP, text, sender=str(LAN))
        answer = await zalo.answer(ZALO_GROUP, "Xếp hạng năm 2026")
    assert "1. Sơn La · 881,22" in answer
    assert len(zalo.texts[ZALO_GROUP]) == 1


async def test_on_zalo_each_persons_number_means_his_own_list(cluster: Callable[[], Path], zalo: FakeZalo) -> None:
    path = cluster()
    async with on_zalo(path, zalo):
        await zalo.say(ZALO_GROUP, "@Bot Thi Đua xếp hạng LC", sender=str(LAN))
        await zalo.answer(ZALO_GROUP, "“LC” là đơn vị nào?")
        await zalo.say(ZALO_GROUP, "@Bot Thi Đua xếp hạng 2024", sender=str(HUONG))
        await zalo.answer(ZALO_GROUP, "Xếp hạng năm 2024")
        await zalo.say(ZALO_GROUP, "@Bot Thi Đua 2", sender=str(LAN))
        await zalo.answer(ZALO_GROUP, "Lào Cai: hạng")


async def test_talk_in_a_zalo_group_costs_little_of_the_quota(cluster: Callable[[], Path], zalo: FakeZalo) -> None:
    path = cluster()
    before = zalo.left
    async with on_zalo(path, zalo):
        for number in range(20):
            await zalo.say(ZALO_GROUP, f"@Bot Thi Đua hay quá nhỉ {number}", sender=str(LAN))
        await zalo.event("message.sticker.received", ZALO_GROUP, {"sticker": "1"}, sender=str(LAN))
        await zalo.say(ZALO_GROUP, "@Bot Thi Đua xếp hạng", sender=str(LAN))
        await zalo.answer(ZALO_GROUP, "Xếp hạng năm 2026")
    assert before - zalo.left == 2


async def test_a_code_in_a_zalo_group_is_burned_and_not_kept(cluster: Callable[[], Path], zalo: FakeZalo) -> None:
    path = cluster()
    async with on_zalo(path, zalo):
        await zalo.say(ZALO_GROUP, "@Bot Thi Đua THDU2345", sender="8888", name="An")
        await zalo.answer(ZALO_GROUP, "Mã đã gửi vào nhóm không còn hiệu lực")
        with closing(sqlite3.connect(path)) as file:
            stored = json.dumps([list(row) for table in ("inbox", "outbox") for row in file.execute(f"SELECT * FROM {table}")], default=str)  # noqa: S608
    assert "THDU2345" not in stored
