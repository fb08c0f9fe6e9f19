"""python-telegram-bot's transport on aiohttp: many requests side by side on few connections, and failures told apart.

What surely had no effect is `NotSent`; after a time-out, a reset or a server's own error the outcome is `Unknown`. No error carries an
address (the token stands in it) or what people wrote.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import aiohttp
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter
from yarl import URL

from bot.channels.base import Blocked, Migrated, OutcomeUnknown, RateLimited, Refused, SendError, Unreachable

log = logging.getLogger(__name__)
logging.getLogger("telegram").setLevel(logging.WARNING)     # below, the library logs addresses with the token, and all that people write

MOST_BYTES = 21 * 1024 * 1024
"""No answer and no file we take is larger; what is, is not read to its end."""

GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot was kicked", "have no rights to send", "peer_id_invalid")


_URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


class NotSent(NetworkError):
    """The server was not reached: the request surely had no effect."""


class Unknown(NetworkError):
    """The request went out, and no answer came that could be understood: perhaps it had an effect."""


class TooMany(TelegramError):
    """Telegram asks for a pause. (`RetryAfter` of python-telegram-bot warns of its own deprecation whenever it is made.)"""

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many requests (429)")
        self.retry_after = retry_after


def fields(**values: object) -> RequestData:
    """A request without files, of plain values: the library's own objects cost more than everything else in a message's way.

    ``values``: text, numbers, True; lists and dicts go as JSON, None and False not at all.
    """
    given = [(name, value) for name, value in values.items() if value is not None and value is not False]
    return RequestData([RequestParameter(name, _written(value), None) for name, value in given])


def _written(value: object) -> str:
    if value is True:
        return "true"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


class AiohttpRequest(BaseRequest):
    """One pool of connections. ``read_timeout`` in seconds; a call may ask for another one."""

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
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections), cookie_jar=aiohttp.DummyCookieJar()
            )

    async def shutdown(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

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
        await self.initialize()
        assert self._session is not None  # noqa: S101 - initialize has just made it
        waiting = self._read_timeout if read_timeout is DEFAULT_NONE else read_timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout, sock_read=waiting)
        try:
            body = _form(request_data)
            headers = _URLENCODED if isinstance(body, bytes) else None
            async with self._session.request(method, url, data=body, timeout=timeout, headers=headers) as response:
                status, payload = response.status, await _read(response)
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
        if method == "POST":
            _check_answer(status, payload)
        return status, payload if method == "POST" or status < 300 else b"{}"       # a page of some proxy; it may repeat the address


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body. Raises BadRequest for one that is larger than anything we take."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadRequest("file is too big")
    return bytes(body)


def _check_answer(status: int, payload: bytes) -> None:
    """Refuse what is no answer of the Bot API: a proxy's page, half a document, a server that is out of order."""
    if status >= 500:
        raise Unknown(f"the server is out of order ({status})")
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        answer = None
    if status == 413:
        raise BadRequest("Request Entity Too Large: file is too big")
    if 200 <= status < 300:
        if not isinstance(answer, dict) or "result" not in answer:
            raise Unknown("the server's answer could not be understood")
        return
    parameters = answer.get("parameters") or {} if isinstance(answer, dict) else None
    if not isinstance(parameters, dict):
        raise NetworkError(f"the server answered {status} without saying why")
    if isinstance(parameters.get("retry_after"), int | float):
        raise TooMany(float(parameters["retry_after"]))


def _form(request_data: RequestData | None) -> aiohttp.FormData | bytes | None:
    if request_data is None:
        return None
    if not request_data.contains_files:
        # A form is written as a query; yarl does it in C.
        return URL.build(query=request_data.json_parameters).raw_query_string.encode("ascii")
    # Telegram takes file names as they stand, in UTF-8: quoted ones would reach the officer as "b%C3%A1o".
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=media_type)
    return form


def translated(error: Exception) -> SendError:
    """What the failure of a call means for the letter."""
    text = str(error).lower()
    match error:
        case TooMany():
            return RateLimited(error.retry_after)
        case ChatMigrated():
            return Migrated(str(error.new_chat_id))
        case Forbidden():
            return Blocked(str(error))
        case BadRequest():
            return Blocked(str(error)) if any(reason in text for reason in GONE) else Refused(str(error))
        case TimedOut() | Unknown():
            return OutcomeUnknown(str(error))
        case TelegramError():
            return Unreachable(explain(error))
        case _:
            log.error("An answer of Telegram could not be understood: %s", type(error).__name__)
            return OutcomeUnknown("the answer could not be understood")


def explain(error: Exception) -> str:
    """The error in a sentence without addresses, and so without the token."""
    match error:
        case InvalidToken():
            return "the token is not accepted (401/404): check THIDUA_TELEGRAM_TOKEN"
        case Conflict() if "webhook" in str(error).lower():
            return "a webhook was set elsewhere with the same token (409); it is taken away"
        case Conflict():
            return "another program is polling with the same token (409): two instances? Only one of them gets each update"
        case TooMany() | NetworkError():
            return str(error)
        case _:
            return type(error).__name__
