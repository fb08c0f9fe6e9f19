"""Asking the platforms, side by side and for a few seconds only: is it reachable, and what does it say of the bot?

Nothing is changed by it: only getMe and getWebhookInfo are called, never getUpdates, which would interrupt a running bot.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.clock import Clock

Problem = Literal["", "name", "connection", "certificate", "silence", "garbage"]
"""Why there was no answer: the name is not known, nobody listens (or a firewall), TLS is refused, no answer in time, no sense in it."""

NAME_SECONDS = 3.0
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0
MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What one method gave: ``status`` of HTTP (0: none), ``result`` of an ``ok`` answer, else the platform's ``description``.

    ``ok`` and ``code`` (error_code) are None where no document says so. Of /healthz ``result`` is the whole answer.
    """

    status: int = 0
    result: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    ok: bool | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one server said; ``host`` with its port where that is not the usual one.

    ``date`` is the server's clock (epoch), ``at`` ours when it came.
    """

    host: str
    problem: Problem = ""
    me: Answer = Answer()
    webhook: Answer = Answer()
    date: int | None = None
    at: int = 0


def resolve(host: str, port: int) -> bool:
    """Whether the name leads anywhere. In a thread that nobody waits for: a resolver can hang for half a minute."""
    found: list[object] = []

    def look() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError:
            return      # nothing found is the answer

    thread = threading.Thread(target=look, daemon=True, name="doctor resolver")
    thread.start()
    thread.join(NAME_SECONDS)
    return bool(found)


def ask(root: str, token: str | None, clock: Clock) -> Answers:
    """What the server at ``root`` says: of the bot with this token, or (None) of its own health. Raises nothing."""
    parts = urlsplit(root)
    if not resolve(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)):
        return Answers(parts.netloc, "name")
    return asyncio.run(_ask(root, parts.netloc, token, clock))


async def _ask(root: str, host: str, token: str | None, clock: Clock) -> Answers:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=4)) as session:
            if token is None:
                (health, date) = await _call(session, "GET", f"{root}/healthz")
                return Answers(host, "", health, Answer(), date, clock.now())
            calls = [_call(session, "POST", f"{root}/bot{token}/{method}") for method in ("getMe", "getWebhookInfo")]
            (me, date), (webhook, _) = await asyncio.gather(*calls)
            sense = me.status >= 400 or me.ok is not None
            return Answers(host, "" if sense else "garbage", me, webhook, date, clock.now())
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError):
        return Answers(host, "certificate")
    except aiohttp.ClientConnectorDNSError:
        return Answers(host, "name")
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
        return Answers(host, "connection")
    except TimeoutError:
        return Answers(host, "silence")
    except (aiohttp.ClientError, OSError):
        return Answers(host, "garbage")


async def _call(session: Any, method: str, url: str) -> tuple[Answer, int | None]:
    async with session.request(method, url, json=None if method == "GET" else {}, allow_redirects=False) as response:
        body = await response.content.read(MOST_BYTES)
        date = _epoch(response.headers.get("Date", ""))
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            return Answer(response.status), date
        result = answer.get("result", answer if method == "GET" else None)
        kept = result if isinstance(result, dict) else {}
        ok, code = answer.get("ok"), answer.get("error_code")
        return Answer(
            response.status, kept, str(answer.get("description", ""))[:200], ok if isinstance(ok, bool) else None,
            code if isinstance(code, int) and not isinstance(code, bool) else None,
        ), date  # fmt: skip


def _epoch(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (ValueError, OverflowError):
        return None
