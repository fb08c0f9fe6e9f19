"""The public web side: webhooks of the platforms, `/healthz`, later pages. It stands behind a proxy that speaks TLS.

It gives away nothing about itself, reads no more than it must, and leaves no client waiting for ever: a connection that sends no whole
request in time is closed, and beyond `MOST_CONNECTIONS` new ones are closed at once, so that files and the database can still be opened.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import aiohttp.web_response
from aiohttp import web

from bot.channels.base import Hook
from bot.settings import HostPort, SettingError
from handlers.kit.message import m

log = logging.getLogger(__name__)

LARGEST_UPDATE = 1024 * 1024
MOST_CONNECTIONS = 1000
IDLE_SECONDS = 30
"""Also the time that the headers of a request may take."""

BODY_SECONDS = 10
LINGER_SECONDS = 2
FINISH_SECONDS = 1.0
"""How long requests in hand may take once the program ends."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "thidua",
}

# aiohttp names itself and Python with their versions in every answer, also in those that no handler of ours sees.
vars(aiohttp.web_response)["SERVER_SOFTWARE"] = HEADERS["Server"]

# What strangers send is not worth a line each, let alone a traceback; our own failures are logged in `_answer_soberly`.
silent = logging.getLogger(f"{__name__}.http")
silent.setLevel(logging.CRITICAL + 1)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Report = Callable[[], tuple[bool, dict[str, object]]]


def application(report: Report, hooks: Sequence[Hook] = (), pages: Sequence[web.AbstractRouteDef] = ()) -> web.Application:
    """The routes: `/healthz` answers ``report()``, each hook takes what its platform posts, and ``pages`` are whatever else there is."""
    app = web.Application(middlewares=[_answer_soberly], client_max_size=LARGEST_UPDATE)

    async def healthz(request: web.Request) -> web.Response:
        sound, told = report()
        return web.json_response(told, status=200 if sound else 503)

    app.router.add_get("/healthz", healthz)
    for hook in hooks:
        app.router.add_post(hook.path, _posted(hook))
    app.router.add_routes(pages)
    return app


def _posted(hook: Hook) -> Handler:
    async def posted(request: web.Request) -> web.Response:
        if not hook.allowed(request.headers):
            return web.Response(status=401)
        if (request.content_length or 0) > LARGEST_UPDATE:
            return web.Response(status=413)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        return web.Response(status=await hook.take(body))

    return posted


@web.middleware
async def _answer_soberly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Strict headers on every answer; a refusal is its number and nothing more."""
    try:
        response = await handler(request)
    except web.HTTPException as refused:
        response = web.Response(status=refused.status)
        if "Allow" in refused.headers:
            response.headers["Allow"] = refused.headers["Allow"]
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("A request failed")
        response = web.Response(status=500)
    if not response.prepared:
        response.headers.update({name: value for name, value in HEADERS.items() if name not in response.headers})
    return response


class Server:
    """One listening address. `start` it (raises SettingError where it cannot listen), `close` it: requests in hand are finished first."""

    def __init__(self, app: web.Application, setting: str, where: HostPort, most_connections: int = MOST_CONNECTIONS) -> None:
        self._setting = setting
        self._where = where
        self._most = most_connections
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, keepalive_timeout=IDLE_SECONDS, lingering_time=LINGER_SECONDS,
            shutdown_timeout=FINISH_SECONDS, logger=silent,
        )  # fmt: skip
        self._listening: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens, once it does (a test asks for port 0)."""
        assert self._listening is not None  # noqa: S101 - asked after start
        return int(self._listening.sockets[0].getsockname()[1])

    async def start(self) -> None:
        await self._runner.setup()
        try:
            self._listening = await asyncio.get_running_loop().create_server(
                self._connection, self._where.host, self._where.port, reuse_address=True, backlog=1024
            )
        except OSError as error:
            await self._runner.cleanup()
            raise SettingError(
                m(
                    "{name}: {host}:{port} cannot be listened on: it is taken by another program, or not an address of this machine",
                    name=self._setting, host=self._where.host, port=str(self._where.port),
                )
            ) from error

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.close()
        await self._runner.cleanup()

    def _connection(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        assert server is not None  # noqa: S101 - set up before it listens
        return _Refused() if len(server.connections) >= self._most else server()


class _Refused(asyncio.Protocol):
    """One connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
