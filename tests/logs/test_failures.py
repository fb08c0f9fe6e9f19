"""What the log holds, and what it never holds: whatever people wrote, and every secret, through every way a failure can take."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import logs, turns
from bot.application import Application
from bot.channels.telegram import Telegram
from bot.sending import delivery
from handlers.kit.turn import Turn
from handlers.listening.dispatch import Dispatcher
from storage import outbox
from storage.connection import Effect, Transaction, effect
from storage.errors import DatabaseFull
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.loopback import Failure
from tests.channels.serving import CODE, invite, serving
from tests.conftest import START
from tests.logs.stream import OFFICER, TEXT, Stream, lines, told_nothing

ROOT = Path(__file__).parents[2]


def calls() -> Iterator[tuple[str, ast.Call, set[str]]]:
    """Every call of a logger in our source, with the names of the exceptions that are caught around it."""
    for floor in logs.OWN:
        for path in sorted((ROOT / floor).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
            for node in ast.walk(tree):
                if (
                    isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "logger", "logging")
                    and node.func.attr in ("debug", "info", "warning", "error", "exception", "critical", "log")
                ):  # fmt: skip
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node, caught


def test_events_are_constants_and_no_exception_is_an_argument() -> None:
    found = list(calls())
    assert len(found) > 10
    wrong = []
    for place, call, caught in found:
        constant = bool(call.args) and isinstance(call.args[0], ast.Constant)
        shown = any(isinstance(argument, ast.Name) and argument.id in caught for argument in call.args[1:])
        if not constant or shown:
            wrong.append(place)
    assert wrong == []


@pytest.fixture
async def server() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


@pytest.fixture
async def application(cluster: Callable[[], Path], server: FakeTelegram, written: Stream) -> AsyncIterator[Application]:
    """An officer has joined; the code and his name have gone through every floor."""
    written.loop = asyncio.get_running_loop()
    path = cluster()
    await invite(path)
    async with serving(path, Telegram(TOKEN, lambda: START, server.root)) as running:
        await server.say(OFFICER, f"/start {CODE}")
        await server.answer(OFFICER, "Mã hợp lệ.")
        await server.tap(OFFICER, "Đồng ý")
        await server.answer(OFFICER, "Đã tham gia")
        yield running
    told_nothing(written)


async def logged(written: Stream, event: str, logger: str = "") -> dict[str, Any]:
    """The line with this beginning, of this logger, once it is there."""
    async with asyncio.timeout(10):
        while True:
            written.news.clear()
            found = [line for line in lines(written) if line["event"].startswith(event) and line["logger"].startswith(logger)]
            if found:
                return found[-1]
            await written.news.wait()


async def test_an_ordinary_day_is_quiet(application: Application, server: FakeTelegram, written: Stream) -> None:
    await server.say(OFFICER, TEXT)
    await server.answer(OFFICER, "Chưa rõ")
    assert [line for line in lines(written) if line["level"] in ("WARNING", "ERROR", "CRITICAL")] == []


async def test_a_defect_in_a_handler(
    application: Application, server: FakeTelegram, written: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(self: Dispatcher, turn: Turn) -> tuple[Effect, ...]:
        raise ValueError(f"invalid literal: {turn.input!r} of {turn.display_name} {turn.who!r}")

    monkeypatch.setattr(Dispatcher, "decide", decide)
    await server.say(OFFICER, TEXT)
    line = await logged(written, "A turn")
    assert (line["error"], line["channel"], isinstance(line["update"], int)) == (["ValueError"], "telegram", True)
    assert line["at"][0].endswith(" decide")
    await server.answer(OFFICER, "Hệ thống gặp lỗi")


async def test_an_effect_that_the_database_refuses(
    application: Application, server: FakeTelegram, written: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(tx: Transaction, text: str) -> None:
        tx.execute("INSERT INTO settings (name, value) VALUES (?, NULL)", (text,))

    monkeypatch.setattr(Dispatcher, "decide", lambda self, turn: (effect(refused, TEXT),))
    await server.say(OFFICER, TEXT)
    line = await logged(written, "An effect failed")
    assert line["text"] == "NOT NULL constraint failed: settings.value"


async def test_a_disk_that_is_full(
    application: Application, server: FakeTelegram, written: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(tx: Transaction, *args: object, **given: object) -> None:
        raise DatabaseFull(f"no room for {TEXT}")

    monkeypatch.setattr(Dispatcher, "decide", lambda self, turn: (effect(full),))
    await server.say(OFFICER, TEXT)
    line = await logged(written, "A turn")
    assert line["error"][0] == "DatabaseFull"


async def test_an_update_that_cannot_be_understood(
    application: Application, server: FakeTelegram, written: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(self: Telegram, payload: str) -> None:
        raise KeyError(payload)

    monkeypatch.setattr(Telegram, "parse", parse)
    await server.say(OFFICER, TEXT)
    line = await logged(written, "An update could not be understood")
    assert line["error"] == ["KeyError"]


async def test_a_message_that_cannot_be_screened(
    application: Application, server: FakeTelegram, written: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def screen(inbound: object) -> None:
        raise ValueError(repr(inbound))

    monkeypatch.setattr(turns, "screen", screen)
    await server.say(OFFICER, TEXT)
    assert (await logged(written, "An update could not be screened"))["error"] == ["ValueError"]


async def test_a_letter_that_cannot_be_rendered(
    application: Application, server: FakeTelegram, written: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(reply: object, *args: object) -> None:
        raise ValueError(f"{reply!r} {TEXT}")

    monkeypatch.setattr(delivery, "render", render)
    await server.say(OFFICER, TEXT)
    assert (await logged(written, "A letter is set aside"))["error"] == ["ValueError"]


@pytest.mark.parametrize(
    "failure",
    [
        Failure(description=f"Bad Request: can't parse entities near {TEXT}"),
        Failure(status=403, description=f"Forbidden: {TEXT} blocked the bot"),
        Failure(status=500, body=f"<html>{TEXT} /bot{TOKEN}/sendMessage</html>"),
        Failure("garbage", body=f"{TEXT} {TOKEN}"),
        Failure("reset_before"),
    ],
    ids=["refused", "blocked", "server error", "garbage", "reset"],
)
async def test_a_letter_that_does_not_arrive(
    application: Application, server: FakeTelegram, written: Stream, failure: Failure
) -> None:
    server.fail("sendMessage", failure, failure)
    await server.say(OFFICER, TEXT)
    await logged(written, "", "bot.sending")


async def test_polling_that_fails(application: Application, server: FakeTelegram, written: Stream) -> None:
    server.fail("getUpdates", Failure(status=502, body=f"<html>{TEXT} /bot{TOKEN}/getUpdates</html>"))
    await server.say(OFFICER, TEXT)
    assert "502" in (await logged(written, "Telegram"))["event"]


async def test_a_tick_that_fails(
    application: Application, written: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **given: object) -> None:
        raise ValueError(TEXT)

    await asyncio.wait({task for task in application._tasks if task.get_name() == "first tick"})     # beside it no other begins
    monkeypatch.setattr(outbox, "drop_old", fails)
    monkeypatch.setattr(type(application), "tick", lambda self: fails() or asyncio.sleep(0))
    await application._tick_safely()
    assert (await logged(written, "A tick failed"))["error"] == ["ValueError"]
