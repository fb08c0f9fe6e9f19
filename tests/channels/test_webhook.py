"""Telegram's webhook over HTTP: 200 only once an update is committed, and whatever is posted, nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.application import Application
from bot.channels.base import Hooked, Inbound
from bot.channels.telegram import Telegram
from bot.channels.telegram_webhook import HEADER
from bot.settings import HostPort
from bot.turns import Turns
from bot.web import server as web_server
from storage import inbox
from storage.connection import Effect, Snapshot, Written
from storage.errors import Conflict, DatabaseFull
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.loopback import Failure
from tests.channels.serving import CODE, OFFICER, invite, start
from tests.channels.test_telegram import assert_untold
from tests.conftest import START

URL = "https://thidua.example.vn/bot/telegram"
SECRET = "a-secret-of-our-own"


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake
    assert fake.violations == []


@asynccontextmanager
async def hooked(
    path: Path, telegram: FakeTelegram, wait: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[tuple[Application, str]]:
    """The application with a webhook as `thidua run` builds it, and the address where its web side listens."""
    channel = Telegram(TOKEN, lambda: START, telegram.root, webhook=URL, secret=SECRET, wait=wait)
    application = await start(path, channel)
    server = web_server.Server(
        web_server.application(application.health.report, channel.hooks()), "THIDUA_WEB", HostPort("127.0.0.1", 0)
    )
    await server.start()
    await telegram.until(lambda: telegram.webhook == URL)
    try:
        yield application, f"http://127.0.0.1:{server.port}"
    finally:
        await application.stop_taking()
        await server.close()
        await application.stop()


async def post(root: str, body: bytes | str, secret: str | None = SECRET) -> int:
    headers = {} if secret is None else {HEADER: secret}
    async with aiohttp.ClientSession() as session, session.post(f"{root}/bot/telegram", data=body, headers=headers) as answer:
        assert await answer.text() == ""
        return answer.status


def stored(path: Path) -> list[tuple[str, str]]:
    """(key, state) of every update in the file."""
    with sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT key, state FROM inbox ORDER BY id").fetchall()
    connection.close()
    return [(key, state) for key, state in rows]


async def test_an_officer_joins_and_asks(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    await invite(path)
    async with hooked(path, telegram) as (application, root):
        (call,) = telegram.called("setWebhook")
        assert call.fields["secret_token"] == SECRET
        assert set(json.loads(call.fields["allowed_updates"])) == {"message", "edited_message", "callback_query"}
        assert "drop_pending_updates" not in call.fields
        await telegram.say(OFFICER, f"/start {CODE}")
        assert await telegram.deliver(root) == [200]
        await telegram.answer(OFFICER, "Mã hợp lệ.")
        await telegram.tap(OFFICER, "Đồng ý")
        assert await telegram.deliver(root) == [200]
        await telegram.answer(OFFICER, "Đã tham gia: đồng chí Nguyễn Thị Hoa")
        await telegram.say(OFFICER, "xep hang")
        assert await telegram.deliver(root) == [200]
        await telegram.answer(OFFICER, "4. Lạng Sơn")
        await application.settle()
    assert telegram.called("getUpdates") == []
    assert [state for _, state in stored(path)] == ["done"] * 3


async def test_what_is_posted_twice_takes_effect_once(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with hooked(path, telegram) as (application, root):
        await telegram.say(OFFICER, "xin chao")
        body = json.dumps(telegram._updates[0])
        assert await asyncio.gather(*(post(root, body) for _ in range(5))) == [200] * 5
        await telegram.answer(OFFICER, "mã tham gia")
        assert await post(root, body) == 200
        await application.settle()
        assert application.counters.updates["telegram", "duplicate"] == 5
    assert len(telegram.sent(OFFICER)) == 1
    assert stored(path) == [("5001", "done")]


@pytest.mark.parametrize("secret", [None, "", "wrong", "bí mật".encode().decode("latin-1"), SECRET + "x"])
async def test_who_does_not_know_the_secret_is_refused(
    cluster: Callable[[], Path], telegram: FakeTelegram, secret: str | None
) -> None:
    path = cluster()
    async with hooked(path, telegram) as (_, root):
        await telegram.say(OFFICER, "xin chao")
        assert await post(root, json.dumps(telegram._updates[0]), secret) == 401
        assert await post(root, "{", secret) == 401
    assert stored(path) == []


async def test_other_paths_and_methods_do_not_exist(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    async with hooked(cluster(), telegram) as (_, root), aiohttp.ClientSession() as session:
        for path in ("/", "/bot", "/bot/telegram/", "/telegram", f"/bot{TOKEN}", "/bot/telegram/%2e%2e/healthz", "/.env"):
            async with session.post(root + path, headers={HEADER: SECRET}, data=b"{}") as answer:
                assert answer.status == 404, path
        async with session.get(f"{root}/bot/telegram") as answer:
            assert answer.status == 405


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"update_id=1", b'{"update_id": 1'])
async def test_what_is_no_json_is_refused(cluster: Callable[[], Path], telegram: FakeTelegram, body: bytes) -> None:
    path = cluster()
    async with hooked(path, telegram) as (_, root):
        assert await post(root, body) == 400
    assert stored(path) == []


@pytest.mark.parametrize("body", ["[]", "null", "7", "{}", '{"update_id": "7"}', '{"update_id": true}', "[" * 200_000])
async def test_what_has_no_number_is_let_go(cluster: Callable[[], Path], telegram: FakeTelegram, body: str) -> None:
    """It could be kept under no key; refused, it would come again and again before all others."""
    path = cluster()
    async with hooked(path, telegram) as (_, root):
        assert await post(root, body) == 200
    assert stored(path) == []


async def test_what_cannot_be_understood_is_kept_and_done(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with hooked(path, telegram) as (application, root):
        for number, content in enumerate(({}, {"message": 5}, {"message": {"text": "\ud83d"}}, {"poll": {"a": [[[[]]]]}}), start=1):
            assert await post(root, json.dumps({"update_id": number, **content})) == 200
        await application.settle()
    assert stored(path) == [("1", "done"), ("2", "done"), ("3", "done"), ("4", "done")]


async def test_a_body_beyond_1_mb_is_refused(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()

    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    async with hooked(path, telegram) as (_, root), aiohttp.ClientSession() as session:
        for data in (BytesIO(b" " * (web_server.LARGEST_UPDATE + 1)), streamed()):
            try:
                async with session.post(f"{root}/bot/telegram", data=data, headers={HEADER: SECRET}) as answer:
                    assert answer.status == 413
            except aiohttp.ClientConnectionError:
                continue        # it need not hear us out before it closes
    assert stored(path) == []


async def test_while_the_file_is_locked_telegram_keeps_the_update(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with hooked(path, telegram) as (application, root):
        await application.database._writer.hop(lambda connection: connection.execute("PRAGMA busy_timeout = 1").close())
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        await telegram.say(OFFICER, "xin chao")
        assert await telegram.deliver(root) == [503]
        sound, told = application.health.report()
        assert (sound, told["writer"]) == (False, False)
        holder.execute("ROLLBACK")
        holder.close()
        assert await telegram.deliver(root) == [200]
        assert await telegram.deliver(root) == []
        await telegram.answer(OFFICER, "mã tham gia")
        await application.settle()
        assert application.health.report()[0]
    assert stored(path) == [("5001", "done")]
    assert len([text for text in telegram.sent(OFFICER) if "mã tham gia" in text]) == 1


async def test_killed_between_storing_and_answering_it_is_done_once(
    cluster: Callable[[], Path], telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cluster()
    async with hooked(path, telegram) as (application, root):
        write, reached = application.database.write_each, asyncio.Event()

        async def killed(turns: Sequence[Sequence[Effect]]) -> list[Written]:
            """Somebody wrote in between: the update is stored alone, and its turn never comes."""
            if any(each.function is inbox.store_done for effects in turns for each in effects):
                return [Conflict("decide again") for _ in turns]
            result = await write(turns)
            if any(each.function is inbox.store for effects in turns for each in effects):
                reached.set()
                await asyncio.Event().wait()
            return result

        monkeypatch.setattr(application.database, "write_each", killed)
        await telegram.say(OFFICER, "xin chao")
        delivering = asyncio.create_task(telegram.deliver(root))
        await asyncio.wait_for(reached.wait(), 10)
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
    assert stored(path) == [("5001", "waiting")]
    async with hooked(path, telegram) as (application, root):
        await telegram.answer(OFFICER, "mã tham gia")
        assert await telegram.deliver(root) == [200]
        await application.settle()
    assert stored(path) == [("5001", "done")]
    assert len(telegram.sent(OFFICER)) == 1


async def test_many_people_are_taken_side_by_side(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with hooked(path, telegram) as (application, root):
        for chat in range(OFFICER, OFFICER + 100):
            await telegram.say(chat, "xin chao")
        assert await telegram.deliver(root) == [200] * 100
        await telegram.until(lambda: all(telegram.sent(chat) for chat in range(OFFICER, OFFICER + 100)))
        assert application.counters.updates["telegram", "done"] == 100
        batches = application.counters.commit_turns
        assert sum(batches.counts[1:]) > 0      # posts that came together shared a commit
    assert {len(telegram.sent(chat)) for chat in range(OFFICER, OFFICER + 100)} == {1}


async def test_one_persons_updates_are_decided_in_the_order_they_came(
    cluster: Callable[[], Path], telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cluster()
    async with hooked(path, telegram) as (application, _):
        decided: list[str] = []
        decide = Turns._decide

        def noted(self: Turns, read: Snapshot, channel: str, inbound: Inbound, *given: Any) -> Any:
            decided.append(inbound.message_id or "")
            return decide(self, read, channel, inbound, *given)

        monkeypatch.setattr(Turns, "_decide", noted)
        (hook,) = [hook for channel in application.channels if isinstance(channel, Hooked) for hook in channel.hooks()]
        numbers = [str(await telegram.say(OFFICER, text)) for text in ("một", "hai", "ba", "bốn", "năm") * 4]
        bodies = [json.dumps(update).encode() for update in telegram._updates]
        assert await asyncio.gather(*map(hook.take, bodies)) == [200] * 20
        await application.settle()
    assert decided == numbers
    assert [key for key, _ in stored(path)] == [str(5001 + index) for index in range(20)]


async def test_what_was_refused_is_not_overtaken_by_what_the_same_person_sent_later(
    cluster: Callable[[], Path], telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cluster()
    async with hooked(path, telegram) as (application, root):
        receive, full = application.turns.receive, [True]

        async def sometimes(channel: str, key: str, payload: str) -> None:
            if full.pop() if full else False:
                raise DatabaseFull("no space")
            await receive(channel, key, payload)

        monkeypatch.setattr(application.turns, "receive", sometimes)
        for person, text in ((OFFICER, "một"), (OFFICER, "hai"), (OFFICER + 1, "ba")):
            await telegram.say(person, text)
        first, second, other = map(json.dumps, telegram._updates)
        assert await post(root, first) == 503
        assert await post(root, second) == 503
        assert await post(root, other) == 200
        assert await post(root, first) == 200
        assert await post(root, second) == 200
    assert [key for key, _ in stored(path)] == ["5003", "5001", "5002"]


async def test_once_it_stops_telegram_is_asked_to_try_again(cluster: Callable[[], Path], telegram: FakeTelegram) -> None:
    path = cluster()
    async with hooked(path, telegram) as (application, root):
        await application.stop_taking()
        await telegram.say(OFFICER, "xin chao")
        assert await telegram.deliver(root) == [503]
    assert stored(path) == []
    assert telegram.webhook == URL


class Looks:
    """Time between two looks at the webhook passes when the test says so."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self._go = asyncio.Semaphore(0)

    async def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self._go.acquire()

    def pass_time(self) -> None:
        self._go.release()


async def test_a_webhook_that_was_set_elsewhere_is_set_again_and_a_failed_delivery_told(
    cluster: Callable[[], Path], telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    looks = Looks()
    async with hooked(cluster(), telegram, looks.wait):

        async def look() -> None:
            asked = len(telegram.called("getWebhookInfo"))
            looks.pass_time()
            await telegram.until(lambda: len(telegram.called("getWebhookInfo")) > asked)

        telegram.webhook_state |= {"last_error_date": START, "last_error_message": "Wrong response from the webhook: 502 Bad Gateway"}
        await look()
        await look()
        assert len(telegram.called("setWebhook")) == 1
        telegram.webhook = "https://elsewhere.example/hook"
        await look()
        await telegram.until(lambda: telegram.webhook == URL)
        telegram.webhook_state |= {"allowed_updates": ["message"]}
        await look()
        await telegram.until(lambda: len(telegram.called("setWebhook")) == 3)
        # Another copy of the database set the same address with a secret of its own.
        telegram.webhook_secret = "another"
        telegram.webhook_state |= {"last_error_date": START + 5, "last_error_message": "Wrong response from the webhook: 401 Unauthorized"}
        await look()
        await telegram.until(lambda: telegram.webhook_secret == SECRET)
    told = [record.getMessage() for record in caplog.records]
    assert len([text for text in told if "502 Bad Gateway" in text]) == 1
    assert len([text for text in told if "It is set again" in text]) == 3
    assert looks.pauses[:2] == [60, 300]


async def test_it_starts_while_telegram_cannot_be_reached_and_takes_what_is_posted(
    cluster: Callable[[], Path], telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.fail("setWebhook", Failure("reset_before"), Failure(status=401, description="Unauthorized"))
    telegram.fail("getMe", Failure("reset_before"))

    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0 if seconds <= 60 else 3600)

    path = cluster()
    async with hooked(path, telegram, at_once) as (_, root):
        await telegram.say(OFFICER, "xin chao")
        assert await telegram.deliver(root) == [200]
        await telegram.answer(OFFICER, "mã tham gia")
    assert len(telegram.called("setWebhook")) == 3
    assert_untold(caplog)
    assert SECRET not in caplog.text
