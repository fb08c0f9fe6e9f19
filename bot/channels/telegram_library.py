"""python-telegram-bot's `Bot` on our own transport: files, photos, downloads and the webhook go through it.

Imported on first use, in a thread (`Telegram._library`): its classes cost 0.2 s and 15 MB, which polling and texts do not need.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import aiohttp
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, WebhookInfo
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels.base import Part
from bot.channels.telegram_errors import CallFailed, refusal
from bot.channels.telegram_request import Requests, answered


class Library:
    """The calls that need the library's objects; each raises a CallFailed kind."""

    def __init__(self, token: str, root: str, requests: Requests) -> None:
        request = _Request(requests)
        self._bot = Bot(
            token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot", request=request, get_updates_request=request
        )

    async def send_file(
        self, chat: int, topic: int | None, part: Part, content: bytes, name: str | None, *, photo: bool
    ) -> tuple[int, str]:
        """Send a photo or a document; the message's id, and the id under which Telegram has the content now ("": it did not say)."""
        file = InputFile(BytesIO(content), filename=name)
        common: dict[str, Any] = {
            "chat_id": chat, "message_thread_id": topic, "reply_markup": _keyboard(part), "protect_content": part.protect or None,
            "parse_mode": ParseMode.HTML, "caption": part.text or None,
        }  # fmt: skip
        with _our_errors():
            if photo:
                sent = await self._bot.send_photo(photo=file, **common)
                return int(sent.message_id), str(sent.photo[-1].file_id) if sent.photo else ""
            sent = await self._bot.send_document(document=file, **common)
            return int(sent.message_id), str(sent.document.file_id) if sent.document else ""

    async def download(self, file_id: str, largest: int) -> bytes | None:
        """The content of a file; None where it is larger than ``largest`` bytes."""
        with _our_errors():
            remote = await self._bot.get_file(file_id)
            return None if (remote.file_size or 0) > largest else bytes(await remote.download_as_bytearray())

    async def set_webhook(self, url: str, **values: Any) -> None:
        """Have updates posted to ``url``."""
        with _our_errors():
            await self._bot.set_webhook(url, **values)

    async def webhook_info(self) -> WebhookInfo:
        """Where updates are posted to."""
        with _our_errors():
            return await self._bot.get_webhook_info()


class _Request(BaseRequest):
    """The library's transport: our pool."""

    def __init__(self, requests: Requests) -> None:
        super().__init__()
        self._requests = requests

    @property
    def read_timeout(self) -> float:
        return self._requests.read_timeout

    async def initialize(self) -> None:
        """The pool opens by itself."""

    async def shutdown(self) -> None:
        """The pool is closed by the channel."""

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
        waiting = None if read_timeout is DEFAULT_NONE else read_timeout
        status, payload = await self._requests.exchange(method, url, None if request_data is None else _form(request_data), waiting)
        if method == "POST":
            answered(status, payload)
        elif not 200 <= status < 300:
            raise refusal(status, {})       # the page of some proxy; it may repeat the address
        return status, payload


def _form(request_data: RequestData) -> aiohttp.FormData:
    # Telegram takes file names as they stand, in UTF-8: quoted ones would reach the officer as "b%C3%A1o".
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    if request_data.contains_files:
        for name, (file_name, content, media_type) in request_data.multipart_data.items():
            form.add_field(name, content, filename=file_name, content_type=media_type)
    return form


@contextlib.contextmanager
def _our_errors() -> Iterator[None]:
    """The library wraps what its transport raises; its own errors may hold an address, so only their kind is told."""
    try:
        yield
    except TelegramError as error:
        cause = error.__cause__
        raise (cause if isinstance(cause, CallFailed) else CallFailed(type(error).__name__)) from None


def _keyboard(part: Part) -> InlineKeyboardMarkup | None:
    if not part.buttons:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in part.buttons])
