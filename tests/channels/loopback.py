"""What the fake platforms have in common: a server on loopback that stops itself, calls that fail on demand, and waiting for requests."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Self

from aiohttp import web

PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Failure:
    """What a call meets instead of its answer. ``drip``: one without end; ``reset_after``: the request took effect, its answer is lost."""

    kind: Literal["refuse", "hang", "drip", "garbage", "reset_before", "reset_after"] = "refuse"
    status: int = 400
    description: str = "Bad Request"
    parameters: dict[str, int] = field(default_factory=dict)
    body: str = ""


class Refusal(Exception):
    """The server says no."""

    def __init__(self, description: str, status: int = 400, parameters: dict[str, int] | None = None) -> None:
        super().__init__(description)
        self.description, self.status, self.parameters = description, status, parameters or {}


class Loopback(ABC):
    """A platform's server: ``root`` is its address while the block runs. Its kinds add their routes and what happened so far."""

    def __init__(self) -> None:
        self.root = ""
        self.hanging = 0
        """How many calls were left without an answer."""
        self._failures: dict[str, deque[Failure]] = defaultdict(deque)
        self._news = asyncio.Condition()
        self._ended = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def application(self) -> web.Application:
        """The routes."""

    @abstractmethod
    def happened(self) -> str:
        """For the message of a wait in vain."""

    @abstractmethod
    def refused(self, failure: Failure) -> web.Response:
        """How this platform says no on demand."""

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.root = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        self._ended.set()
        await self._notify()
        assert self._runner is not None
        await self._runner.cleanup()

    async def until(self, fulfilled: Callable[[], bool]) -> None:
        """Wait for requests until the condition holds; an AssertionError when it does not come to pass."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._news:
                await self._news.wait_for(fulfilled)
        except TimeoutError:
            raise AssertionError(f"it did not come to pass; {self.happened()}") from None

    async def left_alone(self) -> None:
        """Wait until nobody is connected: the last requests of a client that was killed come to their end after it."""
        assert self._runner is not None
        assert self._runner.server is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._runner.server.connections:      # noqa: ASYNC110 - aiohttp tells nobody when a client goes
                await asyncio.sleep(0.005)

    def fail(self, method: str, *failures: Failure) -> None:
        """The next calls of the method meet these."""
        self._failures[method].extend(failures)

    async def _failed(self, request: web.Request, failure: Failure) -> web.StreamResponse:
        match failure.kind:
            case "hang":
                self.hanging += 1
                await self._notify()
                await self._ended.wait()
            case "drip":
                response = web.StreamResponse()
                await response.prepare(request)
                while not self._ended.is_set():
                    await response.write(b" ")
                    await asyncio.sleep(0.01)
            case "garbage":
                return web.Response(text=failure.body or '{"ok": true, "resu', status=200)
            case "refuse" if failure.body:
                return web.Response(text=failure.body, status=failure.status, content_type="text/html")
            case "refuse":
                return self.refused(failure)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()
