"""Polling: updates are confirmed only once they are committed, and whatever the network does, it goes on."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from bot.channels.telegram import Telegram
from bot.channels.telegram_polling import OFFSET_LIVES_SECONDS
from storage.errors import DatabaseBusy
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.listening import Ear, Listening
from tests.channels.loopback import Failure
from tests.channels.test_telegram import CHAT, NOW, REFUSALS, assert_untold, channel

LOGGER = "bot.channels.telegram_polling"


@pytest.fixture
async def server() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake
    assert fake.violations == []


async def test_updates_are_received_in_order_and_confirmed_afterwards(server: FakeTelegram) -> None:
    ear = Ear()
    async with Listening(channel(server, wait=ear.wait), ear) as telegram:
        numbers = [await server.say(CHAT, text) for text in ("một", "hai", "ba")]
        await server.until(lambda: server.confirmed == 5004)
        assert [json.loads(payload)["message"]["message_id"] for _, payload in ear.received] == numbers
        assert [key for key, _ in ear.received] == ["5001", "5002", "5003"]
        assert ear.moves[-1] == "5004"
        assert telegram.username == "thidua_bot"
        assert not telegram.contact.lost
    assert server.violations == []


async def test_an_update_is_confirmed_only_once_it_is_committed(server: FakeTelegram) -> None:
    ear, refusals = Ear(), ["disk full", "disk full"]

    async def full(key: str) -> None:
        assert server.confirmed == 0
        if refusals:
            raise OSError(refusals.pop())

    ear.before = full
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5002)
    assert [key for key, _ in ear.received] == ["5001"]
    assert ear.moves == ["5002"]
    assert ear.pauses == [1.0, 2.0]


async def test_who_writes_while_nothing_can_be_stored_is_heard_too(server: FakeTelegram) -> None:
    """They are told; without that they would wait for whoever came first."""
    ear, tried = Ear(), list[str]()
    later = 0

    async def full(key: str) -> None:
        nonlocal later
        tried.append(key)
        if not later:
            later = await server.say(CHAT + 1, "hai")
        if "5002" not in tried:
            raise OSError("disk full")

    ear.before = full
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5003)
    assert tried == ["5001", "5001", "5002", "5001", "5002"]
    assert [key for key, _ in ear.received] == ["5002", "5001", "5002"]     # that it is stored already is seen by its number


async def test_a_position_that_cannot_be_noted_keeps_nobody_waiting(server: FakeTelegram) -> None:
    """The file is locked just after an update was stored: who writes then must be told so."""
    ear, noted = Ear(), list[str]()

    async def locked(to: str) -> None:
        noted.append(to)
        if len(noted) == 1:
            await server.say(CHAT, "hai")
            raise DatabaseBusy("locked")
        await Ear.moved(ear, to)

    ear.moved = locked  # type: ignore[method-assign]
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.say(CHAT, "một")
        await ear.until(lambda: ear.moves == ["5003"])
    assert [key for key, _ in ear.received] == ["5001", "5002"]
    assert ear.pauses == []


async def test_a_listener_that_ends_before_the_commit_leaves_the_update_with_telegram(server: FakeTelegram) -> None:
    ear, reached = Ear(), asyncio.Event()

    async def killed(key: str) -> None:
        reached.set()
        await asyncio.Event().wait()

    ear.before = killed
    async with Listening(channel(server), ear):
        await server.say(CHAT, "một")
        await asyncio.wait_for(reached.wait(), 10)
    assert (server.confirmed, ear.received, ear.moves) == (0, [], [])
    again = Ear()
    async with Listening(channel(server), again):
        await again.until(lambda: [key for key, _ in again.received] == ["5001"])


async def test_it_goes_on_where_it_was_unless_that_is_long_ago(server: FakeTelegram) -> None:
    for age, offset in ((OFFSET_LIVES_SECONDS - 1, "4000"), (OFFSET_LIVES_SECONDS, None)):
        server.calls.clear()
        async with Listening(channel(server), Ear(("4000", NOW - age))):
            await server.until(lambda: bool(server.called("getUpdates")))
        assert server.called("getUpdates")[0].fields.get("offset") == offset


async def test_after_a_quiet_week_ids_may_start_lower(server: FakeTelegram) -> None:
    """The running bot, too, must let its offset go: a lower id below it would be confirmed unseen."""
    ear, now = Ear(), [NOW]
    async with Listening(Telegram(TOKEN, lambda: now[0], server.root, wait=ear.wait, poll_seconds=0), ear):
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5002)
        now[0] += 8 * 86_400
        await server.until(lambda: "offset" not in server.called("getUpdates")[-1].fields)
        await server.update({"message": {"message_id": 9, "date": 1, "chat": {"id": CHAT, "type": "private"}}}, update_id=17)
        await ear.until(lambda: ear.moves == ["5002", "18"])
    assert [key for key, _ in ear.received] == ["5001", "17"]


async def test_it_starts_without_a_network_and_says_so_once(server: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    server.fail("getMe", *[Failure("reset_before")] * 8, Failure(status=502, body="<html>"), Failure(status=401, description="Who?"))
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5002)
    assert ear.pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    told = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    assert len(told) == 3
    assert "THIDUA_TELEGRAM_TOKEN" in told[2]
    assert_untold(caplog)


async def test_no_server_at_all_is_tried_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    async with Listening(Telegram(TOKEN, lambda: NOW, "http://127.0.0.1:1", wait=ear.wait), ear):
        await ear.until(lambda: len(ear.pauses) >= 9)
    assert ear.pauses[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len([record for record in caplog.records if record.name == LOGGER]) == 1
    assert_untold(caplog)


async def test_polling_survives_every_failure(server: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ear = Ear()
    failures = [failure for failure, _ in REFUSALS]
    server.fail("getUpdates", *failures, Failure(status=409, description="Conflict: terminated by other getUpdates request"))
    server.fail("getUpdates", Failure(kind="garbage", body='{"ok": true, "result": [{"message": {}}, 5]}'))
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5002)
    assert [key for key, _ in ear.received] == ["5001"]
    assert 7 in ear.pauses
    assert len(ear.pauses) == len(failures) + 2
    assert_untold(caplog)


async def test_a_webhook_left_behind_is_taken_away_and_nothing_dropped(server: FakeTelegram) -> None:
    server.webhook = "https://example.org/hook"
    await server.say(CHAT, "một")
    ear = Ear()
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.until(lambda: server.confirmed == 5002)
    assert server.violations == []


async def test_a_lone_surrogate_can_be_stored(server: FakeTelegram) -> None:
    ear = Ear()
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.say(CHAT, "hỏng \ud83d rồi")
        await server.until(lambda: server.confirmed == 5002)
    assert ear.received[0][1].encode()
    assert "hỏng ? rồi" in ear.received[0][1]


async def test_a_second_poller_is_told_and_outlived(server: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    other = Failure(status=409, description="Conflict: terminated by other getUpdates request; make sure that only one bot is running")
    server.fail("getUpdates", other, other, other)
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5002)
    assert ear.pauses == [1.0, 2.0, 4.0]
    told = [record.getMessage() for record in caplog.records if record.name == LOGGER and record.levelno == logging.WARNING]
    assert len(told) == 1
    assert "another program is polling with the same token" in told[0]
    assert server.called("deleteWebhook") == []


async def test_a_webhook_set_elsewhere_meanwhile_is_told_and_taken_away(server: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    async with Listening(channel(server, wait=ear.wait, poll_seconds=0), ear):
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5002)
        server.webhook = "https://elsewhere.example/hook"
        await server.say(CHAT, "hai")
        await server.until(lambda: server.confirmed == 5003)
    assert server.webhook == ""
    assert [key for key, _ in ear.received] == ["5001", "5002"]
    assert "a webhook was set elsewhere with the same token" in caplog.text


async def test_a_token_that_is_not_accepted_is_tried_slowly(server: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    server.fail("getUpdates", *[Failure(status=401, description="Unauthorized")] * 3)
    async with Listening(channel(server, wait=ear.wait), ear):
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5002)
    assert ear.pauses == [60, 60, 60]
    assert "check THIDUA_TELEGRAM_TOKEN" in caplog.text
    assert_untold(caplog)


@pytest.mark.parametrize("silence", ["hang", "drip"])
async def test_a_poll_that_fell_silent_is_cut_and_asked_anew(
    server: FakeTelegram, silence: Literal["hang", "drip"], caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    server.fail("getUpdates", Failure(silence))
    async with Listening(channel(server, wait=ear.wait, longest_poll=0.3), ear) as telegram:
        await server.until(lambda: len(server.called("getUpdates")) == 1)
        await server.say(CHAT, "một")
        await server.until(lambda: server.confirmed == 5002)
        assert not telegram.contact.lost
    assert "the poll fell silent" in caplog.text
