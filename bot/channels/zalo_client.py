"""The Zalo Bot Platform's API, small and typed, on aiohttp: every method it documents (v2.5), its failures told apart.

The token stands in every address, so no error carries one, nor what people wrote. Field names are the platform's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.channels.zalo_verdict import no_webhook, verdict

MOST_BYTES = 21 * 1024 * 1024
"""No answer and no picture we take is larger; what is, is not read to its end."""

TEXT_CHARS = 2000
SECRET_CHARS = range(8, 257)

IDLE = 408


class ZaloError(Exception):
    """A call did not do what was asked. The text names no address and no content."""


class NotReached(ZaloError):
    """The platform was not reached: the call surely had no effect."""


class Unclear(ZaloError):
    """The call went out and no clear answer came (time-out, reset, their internal error): perhaps it had an effect."""


class TokenRefused(ZaloError):
    """The token is not accepted."""


class QuotaSpent(ZaloError):
    """The month's messages are used up (429): nothing more is taken, to anybody."""


class Rejected(ZaloError):
    """The platform understood the call and will not do it; ``code`` and ``description`` are its own."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"refused ({code})")
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Identity:
    """What getMe answers: the bot's id and account name, and its plan."""

    id: str
    account_name: str
    account_type: str
    can_join_groups: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates are sent; ``url`` empty: to nobody, they are polled. ``updated_at`` in milliseconds."""

    url: str
    updated_at: int


class ZaloClient:
    """One token on one server. ``read_timeout``: seconds an answer may take; polling waits its own time on top."""

    def __init__(self, token: str, root: str, *, read_timeout: float = 20.0, connect_timeout: float = 10.0, connections: int = 32) -> None:
        self._base = f"{root.rstrip('/')}/bot{token}"
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def get_me(self) -> Identity:
        """Who we are. Raises TokenRefused for a wrong token."""
        given = _object(await self._call("getMe"))
        return Identity(
            _text(given, "id"), str(given.get("account_name", "")), str(given.get("account_type", "")), given.get("can_join_groups") is True
        )

    async def get_updates(self, seconds: int) -> dict[str, Any] | None:
        """Wait up to ``seconds`` for one update; None when none came. An update is handed out once: there is no offset."""
        try:
            result = await self._call("getUpdates", {"timeout": seconds}, read_timeout=seconds + self._read_timeout)
        except Rejected as error:
            if error.code == IDLE:
                return None
            raise
        return _object(result) if result else None

    async def set_webhook(self, url: str, secret: str) -> Webhook:
        """Have updates sent to ``url`` (https) with the secret (8 to 256 characters) in X-Bot-Api-Secret-Token. Polling gets none then."""
        if len(secret) not in SECRET_CHARS:
            raise ValueError("a webhook secret has 8 to 256 characters")
        return _webhook(await self._call("setWebhook", {"url": url, "secret_token": secret}))

    async def delete_webhook(self) -> Webhook:
        return _webhook(await self._call("deleteWebhook"))

    async def get_webhook_info(self) -> Webhook:
        """Where updates are sent. The platform says in more than one way that they are sent nowhere."""
        answer = _Answer(*await self._posted("getWebhookInfo", {}, self._read_timeout))
        url = answer.result.get("url") if isinstance(answer.result, dict) else None
        return Webhook("", 0) if no_webhook(answer.status, answer.ok, answer.code, url) else _webhook(_result(answer))

    async def send_message(self, chat_id: str, text: str) -> str:
        """Send 1 to 2000 characters as they stand; returns the message's id."""
        return _sent(await self._call("sendMessage", {"chat_id": chat_id, "text": text}))

    async def send_photo(self, chat_id: str, url: str, caption: str = "") -> str:
        """Have the platform fetch a picture from a public address and send it, with up to 2000 characters below."""
        return _sent(await self._call("sendPhoto", {"chat_id": chat_id, "photo": url, **({"caption": caption} if caption else {})}))

    async def send_sticker(self, chat_id: str, sticker: str) -> str:
        return _sent(await self._call("sendSticker", {"chat_id": chat_id, "sticker": sticker}))

    async def send_voice(self, chat_id: str, url: str) -> str:
        """Send an .aac recording by its address, to a private chat only (in a group it seems to work and nothing arrives)."""
        return _sent(await self._call("sendVoice", {"chat_id": chat_id, "voice_url": url}))

    async def send_typing(self, chat_id: str) -> None:
        """Show "typing" for some seconds."""
        await self._call("sendChatAction", {"chat_id": chat_id, "action": "typing"})

    async def download(self, url: str) -> bytes:
        """A picture that somebody sent. Raises Rejected (413) for one that is larger than anything we take."""
        _, body = await self._request("GET", url, None, self._read_timeout)
        return body

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _call(self, method: str, values: Mapping[str, Any] | None = None, *, read_timeout: float | None = None) -> Any:
        return _result(_Answer(*await self._posted(method, values or {}, read_timeout or self._read_timeout)))

    async def _posted(self, method: str, values: Mapping[str, Any], read_timeout: float) -> tuple[int, bytes]:
        return await self._request("POST", f"{self._base}/{method}", dict(values), read_timeout)

    async def _request(self, verb: str, url: str, values: dict[str, Any] | None, read_timeout: float) -> tuple[int, bytes]:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._connections))
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout, sock_read=read_timeout)
        try:
            async with self._session.request(verb, url, json=values, timeout=timeout, allow_redirects=False) as response:
                body = await _read(response)
                if verb == "GET" and response.status != 200:
                    raise Rejected(response.status, "the file is not there")
                return response.status, body
        except aiohttp.ConnectionTimeoutError:
            raise NotReached("the platform was not reached in time") from None
        except aiohttp.ClientConnectorError as error:
            raise NotReached(f"the platform was not reached ({type(error).__name__})") from None
        except (aiohttp.InvalidURL, UnicodeError) as error:
            raise NotReached(f"the request could not be written ({type(error).__name__})") from None
        except TimeoutError:
            raise Unclear("no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unclear(f"the connection broke ({type(error).__name__})") from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > MOST_BYTES:
            raise Rejected(413, "too large")
    return bytes(body)


class _Answer:
    """An answer as it is read: ``ok`` and ``code`` None where no document of the platform says so."""

    def __init__(self, status: int, body: bytes) -> None:
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            given = None
        document = given if isinstance(given, dict) else {}
        ok, code = document.get("ok"), document.get("error_code")
        self.status = status
        self.ok: bool | None = ok if isinstance(ok, bool) else None
        self.code: int | None = code if isinstance(code, int) and not isinstance(code, bool) else None
        self.description = str(document.get("description", ""))[:200]
        self.result: Any = document.get("result")


def _result(answer: _Answer) -> Any:
    """The ``result`` of an answer, or the failure it tells of."""
    code = answer.status if answer.code is None else answer.code
    match verdict(answer.status, answer.ok, answer.code):
        case "done":
            return answer.result
        case "token":
            raise TokenRefused("the token is not accepted")
        case "quota":
            raise QuotaSpent("the month's messages are used up")
        case "disorder":
            raise Unclear(f"the platform is out of order ({code})")
        case "unclear":
            raise Unclear(f"the answer ({answer.status}) could not be understood")
        case "no":
            raise Rejected(IDLE if code < 300 and "timeout" in answer.description.lower() else code, answer.description)


def _object(result: Any) -> dict[str, Any]:
    if not isinstance(result, dict):
        raise Unclear("the answer holds no result")
    return result


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise Unclear(f"the answer has no {name}")
    return value


def _sent(result: Any) -> str:
    return _text(_object(result), "message_id")


def _webhook(result: Any) -> Webhook:
    given = _object(result)
    at = given.get("updated_at")
    return Webhook(str(given.get("url") or ""), at if isinstance(at, int) else 0)
