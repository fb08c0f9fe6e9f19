"""What the log holds, and what it never holds: whatever people wrote, and every secret, through every way a failure can take."""

from __future__ import annotations

import ast
import asyncio
import io
import json
import logging
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
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

ROOT = Path(__file__).parents[1]
SECRET = TOKEN.partition(":")[2]
HOOK_SECRET = "wbhk_A1b2C3d4E5f6G7h8"
OFFICER = 7_700_112_233
TEXT = "Lò Văn Xuyến nộp 987654,321 tỷ"
MARKS = (SECRET, HOOK_SECRET, CODE, "Xuyến", "987654", "Nguyễn", "Hoa", str(OFFICER))


class Stream(io.StringIO):
    """What was written, and word of it to the test's loop, from whichever thread it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    def write(self, text: str) -> int:
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.news.set)
        return super().write(text)


class Terminal(Stream):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    """Logging as pytest has it, afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in logs.QUIET}
    hooks = sys.excepthook, threading.excepthook
    yield
    root.handlers[:], root.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logs._hidden.clear()


@pytest.fixture
def written() -> Stream:
    """The log as a service's, at the most talkative level."""
    stream = Stream()
    logs.set_up("DEBUG", (TOKEN,), stream)
    logs.hide(HOOK_SECRET)
    return stream


def lines(stream: Stream) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def told_nothing(stream: Stream) -> None:
    for mark in MARKS:
        assert mark not in stream.getvalue()


# The form -------------------------------------------------------------------------------------------------------------------------


def test_a_line_is_one_object(written: Stream) -> None:
    logging.getLogger("bot.turns").warning("Two\nlines of %s", "words", extra={"update": 3, "channel": "telegram", "seconds": 0.123456})
    (line,) = lines(written)
    at = datetime.fromisoformat(line.pop("time"))
    assert at.tzinfo == UTC
    assert line == {
        "level": "WARNING", "logger": "bot.turns", "event": "Two lines of words", "channel": "telegram", "update": 3, "seconds": 0.123
    }  # fmt: skip


def test_only_known_fields_pass(written: Stream) -> None:
    logging.getLogger("bot.turns").info("x", extra={"text": TEXT, "letter": 7})
    (line,) = lines(written)
    assert line["letter"] == 7
    told_nothing(written)


def test_an_exception_is_its_types_and_frames(written: Stream) -> None:
    try:
        try:
            int(TEXT)
        except ValueError as error:
            raise RuntimeError(f"could not read {error}") from error
    except RuntimeError:
        logging.getLogger("bot.turns").exception("A turn failed")
    (line,) = lines(written)
    assert line["error"] == ["RuntimeError", "ValueError"]
    assert line["at"][0].startswith("tests/test_logs.py:")
    assert line["at"][0].endswith(" test_an_exception_is_its_types_and_frames")
    told_nothing(written)


def test_sqlites_own_words_are_kept(written: Stream) -> None:
    try:
        with sqlite3.connect(":memory:") as connection:
            connection.execute("SELECT * FROM nowhere")
    except sqlite3.Error:
        logging.getLogger("storage.connection").exception("An effect failed")
    finally:
        connection.close()
    assert lines(written)[0]["text"] == "no such table: nowhere"


def test_content_in_sqlites_words_is_not(written: Stream) -> None:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("SELECT CAST(? AS TEXT) AS name", (TEXT.encode() + b"\xff",)).fetchall()
    except sqlite3.Error:
        logging.getLogger("storage.connection").exception("An effect failed")
    finally:
        connection.close()
    assert lines(written)[0]["text"] == "Could not decode to UTF-8 column 'name'"
    told_nothing(written)


class Talkative(Exception):
    """An exception that tells what it was given in every way there is."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.add_note(text)
        self.text = text

    def __repr__(self) -> str:
        return self.text


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: ExceptionGroup(TEXT, [error])], ids=["plain", "group"])
@pytest.mark.parametrize(
    "error",
    [ValueError(TEXT), KeyError(TEXT), OSError(5, TEXT, f"/tmp/{TEXT}"), UnicodeDecodeError("utf-8", TEXT.encode(), 0, 1, TEXT),
     Talkative(TEXT), AssertionError(TEXT), StopAsyncIteration(TEXT), json.JSONDecodeError(TEXT, TEXT, 0)],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_no_exception_tells_what_it_was_given(written: Stream, error: Exception, wrap: Callable[[Exception], Exception]) -> None:
    try:
        raise wrap(error)
    except Exception:
        logging.getLogger("handlers.report").exception("A turn failed")
    assert lines(written)[0]["error"][-1] == type(error).__name__
    told_nothing(written)


def test_on_a_terminal_a_line_is_for_the_eye() -> None:
    stream = Terminal()
    logs.set_up("INFO", (), stream)
    try:
        int(TEXT)
    except ValueError:
        logging.getLogger("bot.turns").exception("A turn failed", extra={"update": 3})
    assert stream.getvalue().count("\n") == 1
    assert " ERROR bot.turns: A turn failed · update=3 · ValueError · at tests/test_logs.py:" in stream.getvalue()
    told_nothing(stream)


def test_journald_is_told_the_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "journal").open("w+", encoding="utf-8") as stream:
        status = (tmp_path / "journal").stat()
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        logs.set_up("INFO", (), stream)
        logging.getLogger("bot").error("x")
        stream.seek(0)
        line = stream.read()
    assert line.startswith('<3>{"time"')


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"https://api.telegram.org/bot{TOKEN}/getMe", "https://api.telegram.org/…"),
        (f"bot {TOKEN}.", "bot <token>."),
        (f"secret {HOOK_SECRET}", "secret <secret>"),
        (f"code {CODE} used", "code <code> used"),
        ("telegram:900123 belongs to another person", "telegram:… belongs to another person"),
        ("update 5001 at 2026-11-24T08:00:00, EXTERNAL WARNINGS", "update 5001 at 2026-11-24T08:00:00, EXTERNAL WARNINGS"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    logs.hide(HOOK_SECRET, None, "")
    assert logs.masked(text) == masked


def test_a_line_that_cannot_be_written_shows_no_arguments(written: Stream) -> None:
    (handler,) = (each for each in logging.getLogger().handlers if isinstance(each, logs._Handler))
    handler.handle(logging.LogRecord("bot.turns", logging.INFO, __file__, 1, "%d", (TEXT,), None))
    assert lines(written)[0]["event"] == "A log line could not be written"
    told_nothing(written)


def test_libraries_are_quiet_and_fill_in_nothing(written: Stream) -> None:
    logging.getLogger("telegram.ext").info("text %s", TEXT)
    logging.getLogger("aiohttp.server").error("Error handling request %s", TEXT)
    (line,) = lines(written)
    assert line["event"] == "Error handling request %s"
    told_nothing(written)


async def test_a_task_nobody_waited_for(written: Stream) -> None:
    async def fails() -> None:
        raise ValueError(TEXT)

    task = asyncio.create_task(fails(), name=f"turns telegram:{OFFICER}")
    await asyncio.wait([task])
    del task
    import gc

    gc.collect()
    (line,) = lines(written)
    assert (line["event"], line["error"]) == ("Task exception was never retrieved", ["ValueError"])
    told_nothing(written)


def test_what_ends_the_program_is_told_soberly(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO")
    error = ValueError(TEXT)
    sys.excepthook(ValueError, error, None)
    threading.excepthook(threading.ExceptHookArgs((ValueError, error, None, None)))
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["level"], line["error"]) for line in told] == [("CRITICAL", ["ValueError"])] * 2
    assert "Xuyến" not in str(told)


# What reaches it ------------------------------------------------------------------------------------------------------------------


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

    monkeypatch.setattr(outbox, "drop_old", fails)
    monkeypatch.setattr(type(application), "tick", lambda self: fails() or asyncio.sleep(0))
    await application._tick_safely()
    assert (await logged(written, "A tick failed"))["error"] == ["ValueError"]
