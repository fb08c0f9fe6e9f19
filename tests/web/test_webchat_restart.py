"""The chat page when the program ends: between what was stored and what was shown, by a signal or by the power switch."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import arrivals
from bot.clock import SystemClock
from storage import invitations
from storage.connection import Database, effect
from storage.errors import DatabaseFull
from tests.web.webchat_world import Browser, World, events

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; from bot.cli import main; sys.exit(main(['run']))"
DYING = """
import os, signal, sys
import storage.hop
class Counting(storage.hop.WorkingConnection):
    left = int(os.environ["DIE_AFTER"])
    def execute(self, statement, *given):
        done = super().execute(statement, *given)
        if statement == "COMMIT" and os.path.exists("armed"):
            Counting.left -= 1
            if Counting.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return done
storage.hop.WorkingConnection = Counting
from bot.cli import main
sys.exit(main(["run"]))
"""
"""`thidua run` that is killed right after a COMMIT, counted from when the file ``armed`` is there."""
SAID = "SELECT key FROM web_messages WHERE author = 'person' AND key LIKE 'message-%' ORDER BY number"


@pytest.fixture
def world(chat_world: World) -> World:
    return chat_world


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    made = Browser(world)
    yield made
    await made.close()


async def test_a_restart_ends_no_session_and_a_stream_goes_on_after_the_last_seen(world: World, browser: Browser) -> None:
    await browser.join(await world.invitation())
    last = (await browser.shown())[-1]["id"]
    stream = await browser.stream(last)
    await stream.content.readline()
    await world.stop()
    assert await events(stream, lambda got: False) == []        # not a word of "ended": the page comes again by itself
    await world.start()
    await browser.say("xep hang")
    fresh = await events(await browser.stream(last), lambda got: len(got) == 2)
    assert "Xếp hạng năm 2026" in fresh[1]["text"]


async def test_what_was_taken_before_the_end_is_answered_after_it(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program ends between the commit of the message and its turn, as can be where many wait."""
    await browser.join(await world.invitation())
    monkeypatch.setattr(arrivals.Arrivals, "take", arrivals.Arrivals._store_soon)
    monkeypatch.setattr(world.app.turns, "_line_up", lambda update, inbound: None)
    assert (await browser.post("/chat/say", {"text": "xep hang", "key": "before-end"}))[0] == 202
    assert await world.ask("SELECT COUNT(*) FROM inbox WHERE state = 'waiting'") == 1
    await world.stop()
    await world.start()
    shown = await browser.shown()
    assert "Xếp hạng năm 2026" in shown[-1]["text"]
    assert (await browser.post("/chat/say", {"text": "xep hang", "key": "before-end"}))[0] == 202
    assert len(await browser.shown()) == len(shown)


async def test_an_upload_survives_the_end_between_its_commit_and_its_turn(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.join(await world.link_code("Hoàng Thị Lan"))
    await browser.say("/baocao")
    monkeypatch.setattr(world.app.turns, "_line_up", lambda update, inbound: None)
    named = {"X-Name": "bao-cao.pdf", "Content-Type": "application/pdf", "X-Key": "upload-end"}
    assert (await browser.post("/chat/upload", data=b"%PDF-1.7", **named))[0] == 202
    await world.stop()
    await world.start()
    assert "bao-cao.pdf" in (await browser.shown())[-1]["text"]


async def test_while_nothing_can_be_written_the_page_is_told_and_tries_again(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.join(await world.invitation())
    before = len(await browser.shown())
    with monkeypatch.context() as patched:

        async def full(self: Database, effects: Any) -> Any:
            raise DatabaseFull("no space left on device")

        patched.setattr(Database, "write", full)
        status, told = await browser.post("/chat/say", {"text": "xep hang", "key": "disk-full"})
        assert (status, "chưa ghi" in told["error"] or "không ghi" in told["error"]) == (503, True)
    assert (await browser.post("/chat/say", {"text": "xep hang", "key": "disk-full"}))[0] == 202
    assert len(await browser.shown()) == before + 2


async def test_before_the_program_listens_a_page_is_told_to_wait(world: World, browser: Browser) -> None:
    await browser.join(await world.invitation())
    await world.app.stop_taking()
    assert (await browser.post("/chat/say", {"text": "xep hang", "key": "too-early"}))[0] == 503


# The program itself, killed -------------------------------------------------------------------------------------------------------


class Running:
    """`thidua run` with the chat page alone, no token and no other channel."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = int(free.getsockname()[1])
        self.path = folder / "cluster.sqlite3"
        self.root = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, die_after: int = 0) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("THIDUA_")}
        environ |= {
            "THIDUA_DATABASE": str(self.path), "THIDUA_WEB": f"127.0.0.1:{self.port}", "THIDUA_PUBLIC_URL": self.root,
            "THIDUA_LOG": "WARNING", "PYTHONPATH": str(ROOT), "DIE_AFTER": str(die_after),
        }  # fmt: skip
        (self.folder / "armed").unlink(missing_ok=True)
        self.process = subprocess.Popen([sys.executable, "-c", DYING if die_after else PROGRAM], cwd=self.folder, env=environ)

    async def ready(self) -> None:
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{self.root}/healthz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(0.05)

    async def outlives(self, browser: Browser, posting: asyncio.Task[None]) -> bool:
        """Whether it is still there once what is posted is answered and nothing waits any more."""
        assert self.process is not None
        while self.process.poll() is None:
            if posting.done() and _waiting(self.path) == 0:
                with contextlib.suppress(aiohttp.ClientError):
                    return (await browser.get("/chat/state"))[0] == 200
            await asyncio.sleep(0.02)
        return False

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)


async def test_killed_again_and_again_no_message_is_lost_or_taken_twice(sample: Path, tmp_path: Path) -> None:
    """SIGKILL while a browser talks; it sends again what was not acknowledged, as the page does."""
    running = Running(tmp_path)
    shutil.copy(sample, running.path)
    database = await Database.open(running.path)
    now = SystemClock().now()
    code = "CHATKKKK"
    await database.write((effect(invitations.add, code, "TUYEN_QUANG", "officer", None, now, now + 86_400),))
    await database.close()
    running.start()
    browser = Browser(running)
    sent = 0
    try:
        await running.ready()
        await browser.get("/chat/state")
        status, told = await browser.post("/chat/signin", {"name": "Nguyễn Văn Tạo", "code": code})
        assert status == 200
        browser.session = told["session"]
        for wait in (0.0, 0.02, 0.05, 0.01):
            keys = [f"message-{sent + number}" for number in range(6)]
            sent += len(keys)
            posting = asyncio.create_task(_until_taken(browser, keys))
            await asyncio.sleep(wait)
            assert running.end(signal.SIGKILL) == -signal.SIGKILL
            running.start()
            await running.ready()
            await posting
        await _settled(running.path)
        assert running.end(signal.SIGTERM) == 0
    finally:
        await browser.close()
        if running.process is not None and running.process.poll() is None:
            running.end(signal.SIGKILL)
    with closing(sqlite3.connect(running.path)) as read:
        said = [row[0] for row in read.execute(SAID)]
        assert sorted(said) == sorted(f"message-{number}" for number in range(sent))
        taken = read.execute("SELECT COUNT(*), COUNT(DISTINCT key) FROM inbox WHERE channel = 'web' AND key LIKE '%:message-%'").fetchone()
        assert taken == (sent, sent)
        assert read.execute("SELECT COUNT(*) FROM inbox WHERE state <> 'done'").fetchone() == (0,)
        answers = read.execute("SELECT COUNT(*) FROM web_messages WHERE author = 'bot' AND text LIKE '%mã%'").fetchone()[0]
        assert answers == sent + 1      # none lost, none twice; one is the notice at the sign-in


async def test_killed_after_each_commit_that_a_message_takes(sample: Path, tmp_path: Path) -> None:
    """Its bubble, its place in the inbox, its turn, its answer on the page, the note that it stands there: after none of them is it lost.

    One commit more each time, until the program outlives the message.
    """
    running = Running(tmp_path)
    shutil.copy(sample, running.path)
    database = await Database.open(running.path)
    now = SystemClock().now()
    await database.write((effect(invitations.add, "CHATKKKK", "TUYEN_QUANG", "officer", None, now, now + 86_400),))
    await database.close()
    browser = Browser(running)
    died, point = True, 0
    running.start(1)
    try:
        await running.ready()
        status, told = await browser.post("/chat/signin", {"name": "Nguyễn Văn Tạo", "code": "CHATKKKK"})
        assert status == 200
        browser.session = told["session"]
        await _settled(running.path)
        while died:
            point += 1
            (tmp_path / "armed").touch()
            posting = asyncio.create_task(_until_taken(browser, [f"message-{point}"]))
            died = not await running.outlives(browser, posting)
            if died:
                running.start(point + 1)        # unharmed until it is armed again
                await running.ready()
            await posting
            await _settled(running.path)
            with closing(sqlite3.connect(running.path)) as read:
                said = read.execute("SELECT COUNT(*) FROM web_messages WHERE key = ?", (f"message-{point}",)).fetchone()
                answers = read.execute("SELECT COUNT(*) FROM web_messages WHERE author = 'bot' AND text LIKE '%mã%'").fetchone()
            assert (said, answers) == ((1,), (point + 1,)), f"killed after commit {point}"
        assert point > 4
    finally:
        await browser.close()
        if running.process is not None and running.process.poll() is None:
            running.end(signal.SIGKILL)


async def _until_taken(browser: Browser, keys: list[str]) -> None:
    for key in keys:
        while True:
            try:
                status, _ = await browser.post("/chat/say", {"text": "tôi cần mã", "key": key})
                if status == 202:
                    break
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


async def _settled(path: Path) -> None:
    async with asyncio.timeout(30):
        while True:
            if not _waiting(path):
                return
            await asyncio.sleep(0.05)


def _waiting(path: Path) -> int:
    """How many updates and letters of the program's database wait."""
    query = "SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'waiting') + (SELECT COUNT(*) FROM outbox WHERE state = 'waiting')"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as read:
        return int(read.execute(query).fetchone()[0])


