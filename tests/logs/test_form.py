"""The form of a line, and what is masked in it whatever is logged."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import logs
from tests.channels.fake_telegram import TOKEN
from tests.channels.serving import CODE
from tests.logs.stream import HOOK_SECRET, OFFICER, TEXT, Stream, Terminal, lines, told_nothing


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
    assert line["at"][0].startswith("tests/logs/test_form.py:")
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
    assert " ERROR bot.turns: A turn failed · update=3 · ValueError · at tests/logs/test_form.py:" in stream.getvalue()
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
