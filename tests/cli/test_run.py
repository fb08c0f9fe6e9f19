"""`thidua run` from outside: what it listens on, what it says, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from bot import channels
from bot.channels.base import Hooked
from bot.settings import load
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.loopback import Failure
from tests.cli.service import ROOT, Service, free_port

WORDS = "hỏi riêng của một đồng chí"
OFFICER = 7_700_112_233
"""A number that no figure holds by chance."""

URL = "https://thidua.example.vn/hook"


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake
    assert fake.violations == []


@pytest.fixture
def folder(cluster: Callable[[], Path]) -> Path:
    return cluster().parent


def settings(telegram: FakeTelegram, **more: str) -> dict[str, str]:
    return {"THIDUA_TELEGRAM_TOKEN": TOKEN, "THIDUA_TELEGRAM_API": telegram.root, "THIDUA_TELEGRAM_PACE": "off", **more}


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


def assert_silent(told: str) -> None:
    """Neither a token nor a person nor what was written stands in the log."""
    for secret in (TOKEN, TOKEN.partition(":")[2], WORDS, "Hoa", str(OFFICER), "Traceback"):
        assert secret not in told, told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_polls_answers_can_be_watched_and_ends_orderly(folder: Path, telegram: FakeTelegram, number: signal.Signals) -> None:
    web, metrics = free_port(), free_port()
    given = settings(telegram, THIDUA_WEB=f"127.0.0.1:{web}", THIDUA_METRICS=f"127.0.0.1:{metrics}", THIDUA_LOG="DEBUG")
    async with Service(folder, **given) as service:
        await service.running()
        await telegram.say(OFFICER, WORDS)
        await telegram.answer(OFFICER, "mã tham gia")
        await telegram.until(lambda: telegram.confirmed == 5002)
        assert (await get(web, "/healthz"))[0] == 200
        assert (await get(web, "/metrics"))[0] == 404
        status, figures = await get(metrics, "/metrics")
        assert status == 200
        assert 'thidua_updates_total{channel="telegram",outcome="done"} 1.0' in figures
        assert 'thidua_letters_total{channel="telegram",outcome="sent"}' in figures
        for name in ("turn_seconds_bucket", "commit_turns_sum", "tick_age_seconds", "wal_bytes", "people", "duties_open", "info"):
            assert f"thidua_{name}" in figures
        assert_silent(figures)
        assert await service.terminated(number) == 0
    assert_silent(service.told)
    assert (folder / "cluster.sqlite3.lock").read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_ended_while_the_commands_are_loaded_it_ends_orderly(folder: Path, telegram: FakeTelegram, number: signal.Signals) -> None:
    await telegram.say(OFFICER, WORDS)
    async with Service(folder, **settings(telegram)) as service:
        await telegram.until(lambda: bool(telegram.called("getMe")))
        assert await service.terminated(number) == 0
    assert_silent(service.told)
    assert (folder / "cluster.sqlite3.lock").read_text() == ""
    assert telegram.confirmed == 0, "an update was acknowledged that nobody took"


async def test_with_a_webhook_nothing_is_lost_or_doubled_when_it_ends_under_load(folder: Path, telegram: FakeTelegram) -> None:
    web = free_port()
    given = settings(telegram, THIDUA_WEB=f"127.0.0.1:{web}", THIDUA_TELEGRAM_WEBHOOK=URL)
    people = range(OFFICER, OFFICER + 300)
    for person in people:
        await telegram.say(person, "xin chao")
    root = f"http://127.0.0.1:{web}"
    async with Service(folder, **given) as service:
        await service.running()
        await telegram.until(lambda: telegram.webhook == URL)
        delivering = asyncio.create_task(telegram.deliver(root))
        await telegram.until(lambda: sum(len(telegram.sent(person)) for person in people) >= 20)
        assert await service.terminated() == 0
        first = await delivering
    assert set(first) <= {200, 503, 0}
    async with Service(folder, **given) as service:
        await service.running()
        assert set(await telegram.deliver(root)) <= {200}
        await telegram.until(lambda: all(telegram.sent(person) for person in people))
        assert await service.terminated() == 0
    assert {len(telegram.sent(person)) for person in people} == {1}
    assert telegram.webhook == URL
    assert_silent(service.told)
    assert telegram.webhook_secret not in service.told


async def test_while_polling_nothing_is_lost_or_doubled_when_it_ends_under_load(folder: Path, telegram: FakeTelegram) -> None:
    people = range(OFFICER, OFFICER + 300)
    for person in people:
        await telegram.say(person, "xin chao")
    async with Service(folder, **settings(telegram)) as service:
        await telegram.until(lambda: sum(len(telegram.sent(person)) for person in people) >= 20)
        assert await service.terminated() == 0
    async with Service(folder, **settings(telegram)) as service:
        await telegram.until(lambda: all(telegram.sent(person) for person in people))
        await service.running()
        assert await service.terminated() == 0
    assert {len(telegram.sent(person)) for person in people} == {1}


async def test_polling_again_takes_the_webhook_away_and_keeps_the_secret(folder: Path, telegram: FakeTelegram) -> None:
    hooked = settings(telegram, THIDUA_WEB=f"127.0.0.1:{free_port()}", THIDUA_TELEGRAM_WEBHOOK=URL)
    secrets = set()
    for _ in range(2):
        async with Service(folder, **hooked) as service:
            await telegram.until(lambda: telegram.webhook == URL)
            secrets.add(telegram.webhook_secret)
            await service.running()
            assert await service.terminated() == 0
        telegram.webhook = ""
    (secret,) = secrets
    assert len(secret) >= 32
    telegram.webhook = URL
    await telegram.say(OFFICER, "xin chao")
    async with Service(folder, **settings(telegram)) as service:
        await telegram.answer(OFFICER, "mã tham gia")
        assert telegram.webhook == ""
        await service.running()
        assert await service.terminated() == 0


@pytest.mark.parametrize("method", ["sendMessage", "getUpdates", "getMe"])
async def test_a_platform_that_never_answers_does_not_hold_it(folder: Path, telegram: FakeTelegram, method: str) -> None:
    telegram.fail(method, Failure("hang"))
    async with Service(folder, **settings(telegram)) as service:
        await service.running()
        await telegram.say(OFFICER, "xin chao")
        await telegram.until(lambda: bool(telegram.called(method)))
        assert await service.terminated() == 0


async def test_a_turn_that_never_ends_does_not_hold_it(folder: Path, telegram: FakeTelegram) -> None:
    """Its thread sleeps on; only the end of the process ends it."""
    stuck = "import time, bot.turns; bot.turns.Turns._decide = lambda *given: time.sleep(1000)"
    async with Service(folder, stuck, **settings(telegram)) as service:
        await service.running()
        await telegram.say(OFFICER, "xin chao")
        await telegram.until(lambda: telegram.confirmed == 5002)
        assert await service.terminated() == 0
    async with Service(folder, **settings(telegram)) as service:
        await service.running()
        await telegram.answer(OFFICER, "mã tham gia")
        assert await service.terminated() == 0
    assert len(telegram.sent(OFFICER)) == 1


async def test_a_slow_client_of_the_webhook_does_not_hold_it(folder: Path, telegram: FakeTelegram) -> None:
    web = free_port()
    async with Service(folder, **settings(telegram, THIDUA_WEB=f"127.0.0.1:{web}", THIDUA_TELEGRAM_WEBHOOK=URL)) as service:
        await service.running()
        await telegram.until(lambda: telegram.webhook == URL)
        reader, writer = await asyncio.open_connection("127.0.0.1", web)
        secret = f"X-Telegram-Bot-Api-Secret-Token: {telegram.webhook_secret}"
        writer.write(f"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n{secret}\r\n\r\n{{".encode())
        await writer.drain()
        assert await service.terminated() == 0
        assert await reader.read() == b""
        writer.close()


async def test_a_second_signal_ends_it_at_once(folder: Path, telegram: FakeTelegram) -> None:
    telegram.fail("sendMessage", Failure("hang"))
    async with Service(folder, **settings(telegram)) as service:
        await service.running()
        await telegram.say(OFFICER, "xin chao")
        await telegram.until(lambda: bool(telegram.called("sendMessage")))
        service.process.send_signal(signal.SIGTERM)
        await service.says("SIGTERM")
        assert await service.terminated() == 128 + signal.SIGTERM


async def test_it_starts_while_nothing_can_be_reached(folder: Path) -> None:
    async with Service(folder, THIDUA_TELEGRAM_TOKEN=TOKEN, THIDUA_TELEGRAM_API="http://127.0.0.1:1") as service:
        await service.running()
        await service.says("Telegram: the server was not reached")
        assert await service.terminated() == 0
    assert_silent(service.told)


async def test_a_second_instance_is_refused_and_named(folder: Path, telegram: FakeTelegram) -> None:
    async with Service(folder, **settings(telegram)) as first:
        await first.running()
        async with Service(folder, **settings(telegram)) as second:
            assert await second.ends() == 1
        assert str(first.process.pid) in second.told
        assert await first.terminated() == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"THIDUA_TELEGRAM_WEBHOOK": URL}, "THIDUA_WEB"),
        ({"THIDUA_TELEGRAM_WEBHOOK": "http://thidua.example.vn", "THIDUA_WEB": "127.0.0.1:0", "THIDUA_TELEGRAM_API": ""}, "https://"),
        (
            {
                "THIDUA_TELEGRAM_WEBHOOK": "https://thidua.example.vn/hook", "THIDUA_ZALO_WEBHOOK": "https://thidua.example.vn/hook",
                "THIDUA_ZALO_TOKEN": "1:abcdef", "THIDUA_WEB": "127.0.0.1:0",
            },
            "THIDUA_TELEGRAM_WEBHOOK và THIDUA_ZALO_WEBHOOK có cùng đường dẫn /hook",
        ),
        ({"THIDUA_WEB": "TAKEN"}, "THIDUA_WEB: không mở được cổng 127.0.0.1:"),
        ({"THIDUA_METRICS": "TAKEN"}, "THIDUA_METRICS: không mở được cổng 127.0.0.1:"),
        ({"THIDUA_METRICS": "192.0.2.1:9100"}, "THIDUA_METRICS: không mở được cổng 192.0.2.1:9100"),
        ({"THIDUA_METRICS": "yes"}, "THIDUA_METRICS"),
        ({"THIDUA_TELEGRAM_TOKEN": ""}, "THIDUA_TELEGRAM_TOKEN"),
    ],
)
async def test_a_setting_that_cannot_work_is_a_sentence_and_status_2(
    folder: Path, telegram: FakeTelegram, more: dict[str, str], words: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        given = {name: f"127.0.0.1:{port}" if value == "TAKEN" else value for name, value in more.items()}
        if given.get("THIDUA_WEB") == "127.0.0.1:0":
            given["THIDUA_WEB"] = f"127.0.0.1:{free_port()}"
        async with Service(folder, **{**settings(telegram), **given}) as service:
            assert await service.ends() == 2
    assert words in service.told
    assert len(service.told.strip().splitlines()) == 1
    assert telegram.calls == []


async def test_it_polls_while_the_commands_are_loaded_and_answers_once_they_are(folder: Path, telegram: FakeTelegram) -> None:
    gate = folder / "gate"
    os.mkfifo(gate)
    waits = f"import bot.cli.run as r; load = r._load_application; r._load_application = lambda: (open({str(gate)!r}).read(), load())"
    await telegram.say(OFFICER, "một")
    await telegram.say(OFFICER, "xin chào")
    async with Service(folder, waits, **settings(telegram)) as service:
        await telegram.until(lambda: telegram.called("getUpdates") != [])
        assert "Hệ thống đang chạy" not in service.told
        await asyncio.to_thread(gate.write_text, "")
        await service.running()
        await telegram.until(lambda: len(telegram.sent(OFFICER)) == 2)
        await telegram.until(lambda: telegram.confirmed == 5003)
        assert await service.terminated() == 0
    assert telegram.called("getUpdates")[0].fields.get("offset") is None


async def test_a_command_that_cannot_be_loaded_ends_the_program_and_what_came_stays_with_the_platform(
    folder: Path, telegram: FakeTelegram
) -> None:
    await telegram.say(OFFICER, WORDS)
    async with Service(folder, "sys.modules['handlers.ranking'] = None", **settings(telegram)) as service:
        assert await service.ends() == 1
    assert '"The program met a defect"' in service.told
    assert telegram.confirmed == 0
    async with Service(folder, **settings(telegram)) as service:
        await telegram.until(lambda: telegram.confirmed == 5002)
        assert len(telegram.sent(OFFICER)) == 1
        assert await service.terminated() == 0


async def test_systemd_is_told_how_it_goes(folder: Path, telegram: FakeTelegram) -> None:
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.setblocking(False)
        loop = asyncio.get_running_loop()
        async with Service(folder, **settings(telegram), NOTIFY_SOCKET=str(path), WATCHDOG_USEC="200000") as service:
            heard: list[str] = []
            while not {"READY=1", "WATCHDOG=1"} <= set(heard):
                heard.append((await asyncio.wait_for(loop.sock_recv(manager, 100), 30)).decode())
            assert await service.terminated() == 0
        while "STOPPING=1" not in heard:
            heard.append((await asyncio.wait_for(loop.sock_recv(manager, 100), 30)).decode())


def test_what_is_not_set_is_not_imported() -> None:
    assert channels.wanted(load({})) == ()
    assert channels.wanted(load({"THIDUA_TELEGRAM_TOKEN": TOKEN})) == ("telegram",)
    assert channels.wanted(load({"THIDUA_ZALO_TOKEN": "a:b", "THIDUA_WEB": "127.0.0.1:8080"})) == ("web", "zalo")


def test_no_platform_and_no_metrics_are_imported_unless_they_are_wanted() -> None:
    code = (
        "import sys, bot.cli.run, bot.channels, bot.application;"
        " print(sorted({'telegram', 'aiohttp', 'prometheus_client', 'bot.channels.telegram'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_the_first_poll_does_not_need_is_not_imported_before_it() -> None:
    code = (
        "import sys, bot.cli.run, bot.lock, bot.logs, bot.channels.telegram, bot.listening; from bot.language import Language;"
        " Language.load('vi'); late = ('telegram', 'httpx', 'babel', 'bot.channels.telegram_library', 'apscheduler', 'rapidfuzz',"
        " 'bot.application', 'bot.turns', 'bot.sender', 'bot.web', 'handlers.registry', 'handlers.listening', 'handlers.scores');"
        " print([name for name in late if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_each_channel_is_made_from_its_settings() -> None:
    async def secret(name: str) -> str:
        return f"secret of {name}"

    def given(**environ: str) -> channels.Given:
        return channels.Given(load(environ), lambda: 0, secret)

    polling = await channels.configured(given(THIDUA_TELEGRAM_TOKEN=TOKEN))
    hooked = await channels.configured(given(THIDUA_TELEGRAM_TOKEN=TOKEN, THIDUA_TELEGRAM_WEBHOOK=URL, THIDUA_WEB="127.0.0.1:8080"))
    bare = await channels.configured(
        given(THIDUA_TELEGRAM_TOKEN=TOKEN, THIDUA_TELEGRAM_WEBHOOK="https://thidua.example.vn", THIDUA_WEB="127.0.0.1:8080")
    )
    assert [channel.name for channel in (*polling, *hooked, *bare) if isinstance(channel, Hooked)] == ["telegram"] * 3
    paths = [[hook.path for hook in channel.hooks()] for channel in (*polling, *hooked, *bare) if isinstance(channel, Hooked)]
    assert paths == [[], ["/hook"], ["/telegram"]]
    for channel in (*polling, *hooked, *bare):
        await channel.close()
