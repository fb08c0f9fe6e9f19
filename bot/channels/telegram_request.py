"""Calls of the Bot API on aiohttp: many requests side by side on few connections, and failures told apart (`telegram_errors`).

Texts, edits, menus and polls go from here as plain forms; what needs the library's objects reaches the same pool through
`telegram_library`.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import aiohttp
from yarl import URL

from bot.channels.telegram_errors import BadRequest, NotSent, TimedOut, Unknown, refusal

logging.getLogger("telegram").setLevel(logging.WARNING)     # below, the library logs addresses with the token, and all that people write

MOST_BYTES = 21 * 1024 * 1024
"""No answer and no file we take is larger; what is, is not read to its end."""

_URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


class Requests:
    """One pool of connections. ``read_timeout`` in seconds; a call may ask for another one."""

    def __init__(self, connections: int = 64, read_timeout: float = 20.0, connect_timeout: float = 10.0) -> None:
        self._connections = connections
        self.read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def post(self, url: str, *, read_timeout: float | None = None, **values: object) -> Any:
        """Call a method and return its ``result``. Raises a CallFailed kind.

        ``values``: text, numbers, True; lists and dicts go as JSON, None and False not at all.
        """
        given = {name: _written(value) for name, value in values.items() if value is not None and value is not False}
        # A form is written as a query; yarl does it in C.
        body = URL.build(query=given).raw_query_string.encode("ascii")
        status, payload = await self.exchange("POST", url, body, read_timeout)
        return answered(status, payload)["result"]

    async def exchange(
        self, method: str, url: str, body: aiohttp.FormData | bytes | None, read_timeout: float | None = None
    ) -> tuple[int, bytes]:
        """One request and its answer, whatever it says. Raises NotSent, Unknown or TimedOut where there is none."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections), cookie_jar=aiohttp.DummyCookieJar()
            )
        waiting = self.read_timeout if read_timeout is None else read_timeout
        timeout = self._timeouts.get(waiting)
        if timeout is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout, sock_read=waiting)
            self._timeouts[waiting] = timeout       # two or three different ones
        try:
            headers = _URLENCODED if isinstance(body, bytes) else None
            async with self._session.request(method, url, data=body, timeout=timeout, headers=headers) as response:
                return response.status, await _read(response)
        except aiohttp.ConnectionTimeoutError:
            raise NotSent("the server was not reached in time") from None
        except aiohttp.ClientConnectorError as error:
            raise NotSent(f"the server was not reached ({type(error).__name__})") from None
        except (aiohttp.InvalidURL, UnicodeError) as error:
            raise NotSent(f"the request could not be written ({type(error).__name__})") from None
        except TimeoutError:
            raise TimedOut("no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            # The text of aiohttp's errors may hold the address.
            raise Unknown(f"the connection broke ({type(error).__name__})") from None


def answered(status: int, payload: bytes) -> dict[str, Any]:
    """The answer of a method. Raises a CallFailed kind; also for what is no answer of the Bot API: a proxy's page, half a document."""
    if status >= 500:
        raise Unknown(f"the server is out of order ({status})")
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        answer = None
    if status == 413:
        raise BadRequest("Request Entity Too Large: file is too big")
    if not 200 <= status < 300:
        raise refusal(status, answer)
    if not isinstance(answer, dict) or "result" not in answer:
        raise Unknown("the server's answer could not be understood")
    return answer


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body. Raises BadRequest for one that is larger than anything we take."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadRequest("file is too big")
    return bytes(body)


def _written(value: object) -> str:
    if value is True:
        return "true"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
