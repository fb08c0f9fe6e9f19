"""python-telegram-bot's transport on aiohttp: many requests side by side on few connections, and failures told apart.

What surely did not leave this machine is `NotSent`; a time-out or a reset after the request went out stays unknown.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData


class NotSent(NetworkError):
    """The server was not reached: the request surely had no effect."""


class AiohttpRequest(BaseRequest):
    """One pool of connections. ``read_timeout`` in seconds; a call may ask for a longer one."""

    def __init__(self, connections: int = 64, read_timeout: float = 20.0, connect_timeout: float = 10.0) -> None:
        super().__init__()
        self._connections = connections
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._connections))

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = DEFAULT_NONE,
        write_timeout: Any = DEFAULT_NONE,
        connect_timeout: Any = DEFAULT_NONE,
        pool_timeout: Any = DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        if self._session is None:
            await self.initialize()
        assert self._session is not None  # noqa: S101 - initialize has just made it
        waiting = self._read_timeout if read_timeout is DEFAULT_NONE else read_timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout, sock_read=waiting)
        try:
            async with self._session.request(method, url, data=_form(request_data), timeout=timeout) as response:
                return response.status, await response.read()
        except aiohttp.ConnectionTimeoutError as error:
            raise NotSent("the server was not reached in time") from error
        except aiohttp.ClientConnectorError as error:
            raise NotSent(f"the server was not reached: {type(error).__name__}") from error
        except TimeoutError as error:
            raise TimedOut("no answer in time") from error
        except aiohttp.ClientError as error:
            # The text of aiohttp's errors holds the address, and with it the token.
            raise NetworkError(f"the connection broke: {type(error).__name__}") from None


def _form(request_data: RequestData | None) -> aiohttp.FormData | dict[str, str] | None:
    if request_data is None:
        return None
    if not request_data.contains_files:
        return dict(request_data.json_parameters)
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=media_type)
    return form
