"""The token of another bot on the same database: its updates carry numbers that came before, and none of them is dropped."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.channels.base import bot_of
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from tests.channels import fake_zalo
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.fake_zalo import FakeZalo
from tests.channels.serving import OFFICER, serving
from tests.conftest import START

OTHER = "987654321:AAHanotherbotstokenanotherbotstoken"
CHAT = "6ede9afa66b88fe6d6a9"


def channel(server: FakeTelegram) -> Telegram:
    return Telegram(server.token, lambda: START, server.root)


async def asked_once(server: FakeTelegram, path: Path, confirmed: int) -> None:
    """One person speaks, and is answered once more than before."""
    before = len(server.sent(OFFICER))
    async with serving(path, channel(server)):
        await server.say(OFFICER, "xin chao")
        await server.until(lambda: len(server.sent(OFFICER)) > before and server.confirmed == confirmed)


def offsets(server: FakeTelegram) -> list[Any]:
    return [call.fields.get("offset") for call in server.calls if call.method == "getUpdates"]


def test_a_bot_is_known_by_its_number_also_after_its_token_was_renewed() -> None:
    assert bot_of("123456789:old") == bot_of("123456789:new") == "123456789"
    assert len({bot_of(each) for each in ("123456789:old", "987654321:old", "no colon", "no-number:x", "12:", ":x", "")}) == 7


async def test_the_new_bots_updates_are_answered_though_their_numbers_came_before(cluster: Callable[[], Path]) -> None:
    path = cluster()
    async with FakeTelegram() as first, FakeTelegram(OTHER) as second:
        await asked_once(first, path, 5002)
        await asked_once(second, path, 5002)
        assert offsets(second)[0] is None, "where the other bot's queue stood says nothing of this one's"
        assert first.violations == second.violations == []


async def test_going_back_to_the_first_bot_goes_on_where_it_was_and_answers_nothing_twice(cluster: Callable[[], Path]) -> None:
    path = cluster()
    async with FakeTelegram() as first, FakeTelegram(OTHER) as second:
        await asked_once(first, path, 5002)
        await asked_once(second, path, 5002)
        first.calls.clear()
        again = {"message_id": 1, "date": 1, "from": {"id": OFFICER, "is_bot": False, "first_name": "Hoa"}, "text": "xin chao"}
        await first.update({"message": {**again, "chat": {"id": OFFICER, "type": "private"}}}, update_id=5001)
        await asked_once(first, path, 5003)
        assert offsets(first)[0] == "5002"
        assert len(first.sent(OFFICER)) == 2


def forget_accounts(path: Path, *menus: str) -> None:
    """The database as it was before accounts were kept, with the menus of these bots."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE inbox SET account = ''")
        database.execute("UPDATE channels SET account = ''")
        database.execute("DELETE FROM settings WHERE name LIKE 'menu:%'")
        database.executemany("INSERT INTO settings (name, value) VALUES (?, 'x')", [(f"menu:telegram:{bot}:*",) for bot in menus])


@pytest.mark.parametrize("menus", [(), (bot_of(TOKEN),), (bot_of(OTHER), bot_of(TOKEN))])
async def test_after_the_upgrade_a_repeated_update_is_still_known(cluster: Callable[[], Path], menus: tuple[str, ...]) -> None:
    path = cluster()
    async with FakeTelegram() as server:
        await asked_once(server, path, 5002)
        forget_accounts(path, *menus)
        server.calls.clear()
        again = {"message_id": 1, "date": 1, "from": {"id": OFFICER, "is_bot": False, "first_name": "Hoa"}, "text": "xin chao"}
        await server.update({"message": {**again, "chat": {"id": OFFICER, "type": "private"}}}, update_id=5001)
        await asked_once(server, path, 5003)
        assert offsets(server)[0] == "5002"
        assert len(server.sent(OFFICER)) == 2


async def test_an_upgrade_together_with_another_bot_drops_nothing_of_it(cluster: Callable[[], Path]) -> None:
    path = cluster()
    async with FakeTelegram() as first, FakeTelegram(OTHER) as second:
        await asked_once(first, path, 5002)
        forget_accounts(path, bot_of(TOKEN))
        await asked_once(second, path, 5002)
        assert offsets(second)[0] is None


async def test_on_zalo_alike(cluster: Callable[[], Path]) -> None:
    """It asks anew once what it was given is stored."""
    path = cluster()
    for turn, token in enumerate((fake_zalo.TOKEN, "2459232241454765289:abcDEF", fake_zalo.TOKEN)):
        async with FakeZalo(token) as zalo, serving(path, Zalo(token, zalo.root, poll_seconds=1, read_timeout=0.5)):
            await zalo.event("message.text.received", CHAT, {"text": "/start"}, message_id="same")
            await zalo.event("message.text.received", CHAT, {"text": "/start"}, message_id=f"new {turn}")
            await zalo.answer(CHAT, "mã tham gia")
            await zalo.until(lambda zalo=zalo: not zalo._updates)  # type: ignore[misc]
            asked = len(zalo.called("getUpdates"))
            await zalo.until(lambda zalo=zalo, asked=asked: len(zalo.called("getUpdates")) > asked)  # type: ignore[misc]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT COUNT(*), COUNT(DISTINCT account) FROM inbox WHERE channel = 'zalo'").fetchone() == (5, 2)
