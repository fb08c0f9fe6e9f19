"""A fake Bot API with officers behind it, as a process of its own: much faster than any client, and it keeps the time.

Commands come as JSON lines on stdin and each is answered by one JSON line on stdout; the first line out is the port. A command names
the client's process, so that its CPU time is taken over exactly the span that is counted.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bench.machine import cpu_seconds

CHAT = re.compile(rb'chat_id"?[^\d-]{0,12}(-?\d+)')
OFFSET = re.compile(rb'offset"?[^\d-]{0,12}(-?\d+)')
TIMEOUT = re.compile(rb'timeout"?[^\d-]{0,12}(\d+)')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ME = b'{"ok":true,"result":{"id":7,"is_bot":true,"first_name":"Thi dua","username":"thidua_bot","can_join_groups":true}}'
NO_WEBHOOK = b'{"ok":true,"result":{"url":"","has_custom_certificate":false,"pending_update_count":0}}'
DONE = b'{"ok":true,"result":true}'


@dataclass
class Load:
    """One span of measurement: who speaks, and what was seen."""

    texts: list[list[str]]                     # of each officer in turn: what is said, over and over
    first: int                                 # the first officer's address
    chats: int
    at_once: int                               # officers who wait for an answer at the same time; 0: at a rate
    closed: bool
    counted_from: float = 0.0
    counted: int = 0
    taken: int = 0                             # messages of every kind since then
    latencies: list[float] = field(default_factory=list)
    asked: dict[int, float] = field(default_factory=dict)      # address -> when its question was handed out (0: not yet)
    said: dict[int, int] = field(default_factory=dict)
    resting: deque[int] = field(default_factory=deque)


class Platform:
    """The state that all connections share."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.limit = 0                          # messages in any second; 0: no limit
        self.updates: deque[tuple[int, int, bytes]] = deque()
        self.out: deque[tuple[int, int, bytes]] = deque()       # handed out and not confirmed yet
        self.numbers = itertools.count(1)
        self.load: Load | None = None
        self.poll: tuple[Callable[[bytes], None], asyncio.TimerHandle] | None = None
        self.polled = asyncio.Event()
        self.sent: deque[float] = deque()       # the last second's messages
        self.refused = 0
        self.letters: dict[int, int] = {}       # address -> messages to an officer who had not asked
        self.letter_times: list[float] = []

    # What the client calls -------------------------------------------------------------------------------------------------------

    def answer(self, path: bytes, body: bytes, reply: Callable[[bytes], None]) -> None:
        method = path.rpartition(b"/")[2].partition(b"?")[0].lower()
        if method == b"getupdates":
            self._get_updates(body or path, reply)
        elif method == b"sendmessage":
            reply(self._message(body))
        elif method == b"getme":
            reply(ME)
        elif method == b"getwebhookinfo":
            reply(NO_WEBHOOK)
        else:
            reply(DONE)

    def _get_updates(self, body: bytes, reply: Callable[[bytes], None]) -> None:
        self.polled.set()
        found = OFFSET.search(body)
        if found is not None:
            while self.out and self.out[0][0] < int(found[1]):
                self.out.popleft()
        self.updates.extendleft(reversed(self.out))     # what was not confirmed is handed out again
        self.out.clear()
        self._end_poll()
        if self.updates:
            self._hand_out(reply)
            return
        seconds = TIMEOUT.search(body)
        waiting = int(seconds[1]) if seconds is not None else 0
        self.poll = (reply, asyncio.get_running_loop().call_later(waiting, self._end_poll))

    def _end_poll(self) -> None:
        if self.poll is not None:
            (reply, timer), self.poll = self.poll, None
            timer.cancel()
            reply(b'{"ok":true,"result":[]}')

    def _hand_out(self, reply: Callable[[bytes], None]) -> None:
        some = [self.updates.popleft() for _ in range(min(100, len(self.updates)))]
        self.out.extend(some)
        body = b'{"ok":true,"result":[' + b",".join(update for _, _, update in some) + b"]}"
        load, at = self.load, time.perf_counter() + self.delay
        if load is not None:
            for _, chat, _ in some:
                load.asked[chat] = at
        reply(body)

    def _message(self, body: bytes) -> bytes:
        now = time.perf_counter()
        found = CHAT.search(body)
        if found is None:
            raise ValueError(f"a message without an address: {body[:200]!r}")
        chat = int(found[1])
        if self.limit:
            while self.sent and self.sent[0] <= now - 1:
                self.sent.popleft()
            if len(self.sent) >= self.limit:
                self.refused += 1
                return b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}'
            self.sent.append(now)
        load = self.load
        if load is not None and now >= load.counted_from:
            load.taken += 1
        if load is not None and load.asked.get(chat):
            began = load.asked.pop(chat)
            if now >= load.counted_from:
                load.counted += 1
                load.latencies.append(now - began)
            if load.closed:
                load.resting.append(chat)
                self._speak(load, load.resting.popleft())
            else:
                load.resting.append(chat)
        else:
            self.letters[chat] = self.letters.get(chat, 0) + 1
            self.letter_times.append(now)
        return (
            b'{"ok":true,"result":{"message_id":%d,"from":{"id":7,"is_bot":true,"first_name":"Thi dua","username":"thidua_bot"},'
            b'"chat":{"id":%d,"type":"private","first_name":"An"},"date":1790000000,"text":"x"}}'
        ) % (next(self.numbers), chat)

    # What the officers do --------------------------------------------------------------------------------------------------------

    def _speak(self, load: Load, chat: int) -> None:
        number = next(self.numbers)
        texts = load.texts[(chat - load.first) % len(load.texts)]
        turn = load.said.get(chat, 0)
        load.said[chat] = turn + 1
        text = texts[turn % len(texts)]
        message: dict[str, Any] = {
            "message_id": number, "date": 1790000000, "text": text,
            "from": {"id": chat, "is_bot": False, "first_name": "An", "last_name": "Nguyễn Văn", "language_code": "vi"},
            "chat": {"id": chat, "first_name": "An", "last_name": "Nguyễn Văn", "type": "private"},
        }  # fmt: skip
        if text.startswith("/"):
            message["entities"] = [{"offset": 0, "length": len(text.split()[0]), "type": "bot_command"}]
        load.asked[chat] = 0.0
        self.updates.append((number, chat, json.dumps({"update_id": number, "message": message}).encode()))
        if self.poll is not None:
            (reply, timer), self.poll = self.poll, None
            timer.cancel()
            # What is said in the same instant goes out together, as a busy platform hands it out.
            asyncio.get_running_loop().call_soon(self._hand_out, reply)

    async def run(self, command: dict[str, Any]) -> dict[str, Any]:
        """Officers speak: `at_once` of them wait for an answer at any time, or (``rate``) so many a second begin to speak, evenly or (with
        a ``seed``) at random.
        """
        load = Load(command["texts"], command["first"], command["chats"], command.get("at_once", 0), "rate" not in command)
        load.resting.extend(range(load.first, load.first + load.chats))
        load.counted_from = time.perf_counter() + command["warm"]
        self.load = load
        if load.closed:
            for _ in range(min(load.at_once, load.chats)):
                self._speak(load, load.resting.popleft())
            await asyncio.sleep(command["warm"])
            began, cpu = time.perf_counter(), cpu_seconds(command["pid"])
            load.counted, load.taken, load.counted_from = 0, 0, began
            load.latencies.clear()
            await asyncio.sleep(command["seconds"])
        else:
            start = due = time.perf_counter()
            rng = random.Random(command["seed"]) if "seed" in command else None
            began, cpu = start + command["warm"], 0.0
            while (now := time.perf_counter()) < began + command["seconds"]:
                if now >= began and not cpu:
                    cpu = cpu_seconds(command["pid"])
                while due <= now and load.resting:
                    self._speak(load, load.resting.popleft())
                    due += rng.expovariate(command["rate"]) if rng is not None else 1 / command["rate"]
                await asyncio.sleep(0.002)
        seconds, used, counted, taken = time.perf_counter() - began, cpu_seconds(command["pid"]) - cpu, load.counted, load.taken
        latencies = sorted(load.latencies)
        load.closed = False                     # nobody begins anything new
        self.updates.clear()
        give_up = time.perf_counter() + 20
        while any(load.asked.values()) and time.perf_counter() < give_up:  # noqa: ASYNC110 - a look every 20 ms disturbs least
            await asyncio.sleep(0.02)
        lost = sum(1 for at in load.asked.values() if at)
        self.load = None
        return {
            "rate": counted / seconds, "taken": taken / seconds, "cpu": used / max(1, counted), "count": counted, "unanswered": lost,
            "p50": _share(latencies, 0.5), "p99": _share(latencies, 0.99),
        }  # fmt: skip

    async def letters_of(self, command: dict[str, Any]) -> dict[str, Any]:
        """Wait for messages to officers who did not ask, and tell how evenly they came."""
        give_up = time.perf_counter() + command["seconds"]
        while len(self.letters) < command["count"] and time.perf_counter() < give_up:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        times = self.letter_times
        span = times[-1] - times[0] if len(times) > 1 else 0.0
        return {
            "rate": (len(times) - 1) / span if span else 0.0, "reached": len(self.letters), "messages": len(times), "refused": self.refused
        }  # fmt: skip

    async def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        match command["do"]:
            case "set":
                self.delay, self.limit = command.get("delay", 0.0), command.get("limit", 0)
                self.letters.clear()
                self.letter_times.clear()
                self.sent.clear()
                self.refused = 0
                return {}
            case "expect":
                self.updates.clear()
                self.out.clear()
                self._end_poll()
                self.polled.clear()
                return {}
            case "polled":
                try:
                    async with asyncio.timeout(command["seconds"]):
                        await self.polled.wait()
                except TimeoutError:
                    return {}
                return {"at": time.time()}
            case "run":
                return await self.run(command)
            case "letters":
                return await self.letters_of(command)
        raise ValueError(command["do"])


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection, kept alive."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end]
            found = LENGTH.search(head)
            size = int(found[1]) if found is not None else 0
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            self._platform.answer(head.split(b" ", 2)[1], body, self._reply)

    def _reply(self, body: bytes) -> None:
        status = b"200 OK" if body.startswith(b'{"ok":true') else b"429 Too Many Requests"
        page = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
        if self._platform.delay:
            asyncio.get_running_loop().call_later(self._platform.delay, self._write, page)
        else:
            self._write(page)

    def _write(self, page: bytes) -> None:
        if self._transport is not None:
            self._transport.write(page)


def _share(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


async def main() -> None:
    platform = Platform()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(platform), "127.0.0.1", 0)
    say = sys.stdout
    say.write(f"{server.sockets[0].getsockname()[1]}\n")
    say.flush()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        answer = await platform.obey(json.loads(line))
        say.write(json.dumps(answer) + "\n")
        say.flush()


if __name__ == "__main__":
    asyncio.run(main())
