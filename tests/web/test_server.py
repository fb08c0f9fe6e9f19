"""The public web side: what strangers send, however much and however slowly, harms nothing and learns nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.channels.base import Contact, Hook
from bot.counters import Counters
from bot.health import Health
from bot.settings import HostPort, SettingError
from bot.web.server import HEADERS, Server, application
from tests.chat import WITH_BUTTONS, Double

HERE = HostPort("127.0.0.1", 0)


class Watched(Double):
    """A channel whose platform can fall silent."""

    def __init__(self, contact: Contact) -> None:
        super().__init__("somewhere", WITH_BUTTONS)
        self.contact = contact


class World:
    """A server with one hook, on a time of its own."""

    def __init__(self, most_connections: int = 50) -> None:
        self.time = 100.0
        self.counters = Counters(lambda: self.time)
        self.contact = Contact(90, lambda: self.time)
        self.health = Health(self.counters, (Watched(self.contact), Double("silent", WITH_BUTTONS)))
        self.bodies: list[bytes] = []
        self.problem: Exception | None = None
        hook = Hook("/hook", lambda headers: headers.get("X-Key") == "k", self.take)
        self.server = Server(application(self.health.report, (hook,)), "THIDUA_WEB", HERE, most_connections)

    async def take(self, body: bytes) -> int:
        if self.problem is not None:
            raise self.problem
        self.bodies.append(body)
        return 200

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    await made.server.start()
    yield made
    await made.server.close()


async def get(world: World, path: str = "/healthz") -> tuple[int, str, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(world.root + path) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


async def raw(world: World, sent: bytes) -> bytes:
    """What a client gets that writes these bytes and waits for the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.server.port)
    writer.write(sent)
    async with asyncio.timeout(20):
        answer = await reader.read(65536)
    writer.close()
    return answer


# Health ---------------------------------------------------------------------------------------------------------------------------


async def test_a_sound_instance_says_so_in_booleans_and_ages(world: World) -> None:
    world.counters.ticked(0.5, 3)
    world.time += 7
    status, body, _ = await get(world)
    assert status == 200
    assert json.loads(body) == {
        "ok": True, "failed": [], "writer": True, "tick_age": 7.0, "channels": {"somewhere": {"ok": True, "age": 7.0}},
    }  # fmt: skip


async def test_each_ailment_is_named(world: World) -> None:
    world.time += 59
    assert (await get(world))[0] == 200
    world.time += 1
    assert json.loads((await get(world))[1])["failed"] == ["tick"]
    world.counters.ticked(0.1, 0)
    world.time += 31
    assert json.loads((await get(world))[1])["failed"] == ["channel:somewhere"]
    world.contact.heard()
    world.counters.committed(3, 0.1, True)
    status, body, _ = await get(world)
    assert (status, json.loads(body)["failed"]) == (503, ["writer"])
    world.counters.committed(1, 0.1, False)
    assert (await get(world))[0] == 200
    world.health.stopping = True
    assert json.loads((await get(world))[1])["failed"] == ["stopping"]


# Strangers ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz", "/", "/nothing/here", "/%00", "/hook", "/healthz/../x"])
async def test_every_answer_is_sober(world: World, path: str) -> None:
    _, body, headers = await get(world, path)
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert path == "/healthz" or body == ""


GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    b"GET / HTTP/9.9\r\n\r\n",
    b"HALLO\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    b"POST /hook HTTP/1.1\r\nHost: a\r\nX-Key: k\r\nContent-Length: -5\r\n\r\n",
    b"POST /hook HTTP/1.1\r\nHost: a\r\nX-Key: k\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("sent", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_is_refused_without_a_name_or_a_line_in_the_log(
    world: World, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await raw(world, sent)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")) or answer == b""
    assert b"aiohttp" not in answer
    assert b"Python" not in answer
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert world.bodies == []
    assert (await get(world))[0] in (200, 503)


async def test_a_hook_reads_only_whom_it_knows(world: World) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{world.root}/hook", data=b"{}") as answer:
            assert answer.status == 401
        async with session.post(f"{world.root}/hook", data=b"{}", headers={"X-Key": "k"}) as answer:
            assert answer.status == 200
    assert world.bodies == [b"{}"]


async def test_a_defect_is_a_number_outside_and_a_line_inside(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.problem = RuntimeError("an officer's words")
    async with aiohttp.ClientSession() as session, session.post(f"{world.root}/hook", data=b"{}", headers={"X-Key": "k"}) as answer:
        assert (answer.status, await answer.text()) == (500, "")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == ["A request failed"]


async def test_a_body_that_never_comes_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.server.BODY_SECONDS", 0.05)
    answer = await raw(world, b"POST /hook HTTP/1.1\r\nHost: a\r\nX-Key: k\r\nContent-Length: 100\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408")
    assert world.bodies == []


async def test_headers_that_never_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.server.IDLE_SECONDS", 0.05)
    world = World()
    await world.server.start()
    assert await raw(world, b"POST /hook HTTP/1.1\r\nHost: a\r\n") == b""
    assert await raw(world, b"") == b""
    await world.server.close()


async def test_beyond_the_most_connections_new_ones_are_closed_and_old_ones_served() -> None:
    world = World(most_connections=20)
    await world.server.start()
    held = [await asyncio.open_connection("127.0.0.1", world.server.port) for _ in range(20)]
    for _ in range(300):
        assert await raw(world, b"") == b""
    reader, writer = held[0]
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    for _, each in held:
        each.close()
    again = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert any([(await raw(world, again)).startswith(b"HTTP/1.1 200") for _ in range(50)])
    await world.server.close()


async def test_a_port_that_is_taken_is_a_sentence(world: World) -> None:
    other = Server(application(world.health.report), "THIDUA_WEB", HostPort("127.0.0.1", world.server.port))
    with pytest.raises(SettingError) as raised:
        await other.start()
    assert raised.value.message.values["port"] == str(world.server.port)
    await other.close()


async def test_closing_finishes_the_request_in_hand_and_takes_no_other(world: World) -> None:
    going, taken = asyncio.Event(), asyncio.Event()

    async def slowly(body: bytes) -> int:
        taken.set()
        await going.wait()
        return 200

    server = Server(application(world.health.report, (Hook("/hook", lambda headers: True, slowly),)), "THIDUA_WEB", HERE)
    await server.start()
    port = server.port
    async with aiohttp.ClientSession() as session:
        posting = asyncio.create_task(session.post(f"http://127.0.0.1:{port}/hook", data=b"1"))
        await taken.wait()
        closing = asyncio.create_task(server.close())
        await asyncio.sleep(0)
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.post(f"http://127.0.0.1:{port}/hook", data=b"2")
        going.set()
        async with await posting as answer:
            assert answer.status == 200
        await closing
