"""Telegram by long polling, through python-telegram-bot's `Bot` on our own transport.

Updates are stored before the next offset confirms them: a kill between the two loses nothing. The token never reaches a log: it stands
in addresses only, and errors are told without them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.channels.base import (
    Blocked,
    Capabilities,
    FileTooLarge,
    Inbound,
    Migrated,
    OutcomeUnknown,
    Part,
    RateLimited,
    Receive,
    Refused,
    RemoteFile,
    SendError,
    Unreachable,
)
from bot.channels.telegram_request import AiohttpRequest, NotSent
from bot.channels.telegram_updates import parse
from bot.rendering.split import measure

log = logging.getLogger(__name__)

POLL_SECONDS = 25
LARGEST_DOWNLOAD = 20 * 1024 * 1024
OFFSET_LIVES_SECONDS = 6 * 86_400
"""Ids restart at random after a quiet week: an older offset could confirm updates that were never seen."""

LONGEST_PAUSE = 60.0
ALLOWED_UPDATES = ["message", "edited_message", "callback_query"]
GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot was kicked", "have no rights to send", "peer_id_invalid")
CANNOT_EDIT = ("message to edit not found", "message can't be edited", "message_id_invalid", "there is no text in the message")
DATA_BYTES = 64


@dataclass(frozen=True, slots=True)
class MenuCommand:
    """A command of Telegram's menu; ``descriptions`` by language code, "" for all others."""

    name: str
    descriptions: tuple[tuple[str, str], ...]


class Telegram:
    """The channel. ``wait`` is asyncio.sleep, or a test's own."""

    name = "telegram"
    capabilities = Capabilities(4096, 1024, buttons=True, pictures=True, files=True, edits=True, markup="html", counts="utf16")

    def __init__(
        self,
        token: str,
        now: Callable[[], int],
        api_root: str = "https://api.telegram.org",
        menu: Sequence[MenuCommand] = (),
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = POLL_SECONDS,
    ) -> None:
        root = api_root.rstrip("/")
        self._polling = AiohttpRequest(connections=2, read_timeout=poll_seconds + 10)
        self._bot = Bot(
            token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot", request=AiohttpRequest(), get_updates_request=self._polling
        )
        self._updates_url = f"{root}/bot{token}/getUpdates"
        self._menu = tuple(menu)
        self._now = now
        self._wait = wait
        self._poll_seconds = poll_seconds
        self._id = int(token.partition(":")[0]) if token.partition(":")[0].isdecimal() else 0
        self.username = ""
        self.last_poll: float | None = None

    # Inbound ------------------------------------------------------------------------------------------------------------------

    def parse(self, payload: str) -> Inbound | None:
        return parse(payload, self._id, self.username)

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        await self._until_it_works(self._prepare)
        stored = await position()
        fresh = stored is not None and time.time() - stored[1] < OFFSET_LIVES_SECONDS
        offset = int(stored[0]) if stored is not None and fresh else None
        while True:
            updates = await self._until_it_works(lambda offset=offset: self._get_updates(offset))  # type: ignore[misc]
            self.last_poll = time.monotonic()
            for update in updates:
                await self._until_it_works(lambda update=update: receive(str(update["update_id"]), json.dumps(update, ensure_ascii=False)))  # type: ignore[misc]
                offset = int(update["update_id"]) + 1
            if updates:
                await moved(str(offset))

    async def _prepare(self) -> None:
        """Learn our own name, leave no webhook behind, set the menus. A second try changes nothing."""
        await self._bot.initialize()
        self._id, self.username = self._bot.id, self._bot.username or ""
        if (await self._bot.get_webhook_info()).url:
            await self._bot.delete_webhook(drop_pending_updates=False)
        languages = {code for command in self._menu for code, _ in command.descriptions}
        for code in sorted(languages):
            commands = [BotCommand(command.name, dict(command.descriptions)[code][:256]) for command in self._menu]
            await self._bot.set_my_commands(commands, language_code=code or None)

    async def _get_updates(self, offset: int | None) -> list[dict[str, Any]]:
        values: dict[str, Any] = {"timeout": self._poll_seconds, "limit": 100, "allowed_updates": ALLOWED_UPDATES}
        if offset is not None:
            values["offset"] = offset
        data = RequestData([RequestParameter.from_input(name, value) for name, value in values.items()])
        result = await self._polling.post(self._updates_url, data)
        if not isinstance(result, list):
            raise NetworkError("getUpdates answered something that is no list")
        return [update for update in result if isinstance(update, dict) and isinstance(update.get("update_id"), int)]

    async def _until_it_works(self, attempt: Callable[[], Awaitable[Any]]) -> Any:
        """Try for ever, with longer and longer pauses; say in the log what is wrong, once a kind."""
        pause, told = 1.0, ""
        while True:
            try:
                return await attempt()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                why = _explain(error)
                if why != told:
                    log.warning("Telegram: %s; trying again", why)
                    told = why
                waiting = float(error._retry_after.total_seconds()) if isinstance(error, RetryAfter) else pause
                await self._wait(waiting)
                pause = min(LONGEST_PAUSE, pause * 2)

    # Outbound -----------------------------------------------------------------------------------------------------------------

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        _check_limits(part, self.capabilities)
        try:
            if replaces is not None and part.kind == "text":
                edited = await self._edit(address, part, int(replaces))
                if edited:
                    return replaces
            return str(await self._send_new(address, thread, part, content))
        except TelegramError as error:
            raise _translated(error) from None

    async def _edit(self, address: str, part: Part, message_id: int) -> bool:
        """Whether the message could be given the new content."""
        try:
            await self._bot.edit_message_text(
                part.text, chat_id=int(address), message_id=message_id, parse_mode=ParseMode.HTML, reply_markup=_keyboard(part),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )  # fmt: skip
        except BadRequest as error:
            text = str(error).lower()
            if "message is not modified" in text:
                return True
            if any(reason in text for reason in CANNOT_EDIT):
                return False
            raise
        return True

    async def _send_new(self, address: str, thread: str | None, part: Part, content: bytes | None) -> int:
        common: dict[str, Any] = {
            "chat_id": int(address), "message_thread_id": None if thread is None else int(thread), "reply_markup": _keyboard(part),
            "protect_content": part.protect or None, "parse_mode": ParseMode.HTML,
        }  # fmt: skip
        if part.kind == "text":
            message = await self._bot.send_message(text=part.text, link_preview_options=LinkPreviewOptions(is_disabled=True), **common)
            return int(message.message_id)
        file = InputFile(BytesIO(content or b""), filename=part.name or None)
        if part.kind == "picture":
            message = await self._bot.send_photo(photo=file, caption=part.text or None, **common)
        else:
            message = await self._bot.send_document(document=file, caption=part.text or None, **common)
        return int(message.message_id)

    async def fetch(self, file: RemoteFile) -> bytes:
        try:
            remote = await self._bot.get_file(file.id)
            if (remote.file_size or 0) > LARGEST_DOWNLOAD:
                raise FileTooLarge(file.name)
            content = bytes(await remote.download_as_bytearray())
        except BadRequest as error:
            raise (FileTooLarge(file.name) if "too big" in str(error).lower() else Refused(str(error))) from None
        except TelegramError as error:
            raise _translated(error) from None
        if len(content) > LARGEST_DOWNLOAD:
            raise FileTooLarge(file.name)
        return content

    async def acknowledge(self, inbound: Inbound) -> None:
        if not inbound.ack:
            return
        try:
            await self._bot.answer_callback_query(inbound.ack)
        except TelegramError as error:
            log.info("A tap was not acknowledged: %s", _explain(error))     # "query is too old" after a restart

    async def close(self) -> None:
        await self._bot.shutdown()
        await self._polling.shutdown()


def _keyboard(part: Part) -> InlineKeyboardMarkup | None:
    if not part.buttons:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in part.buttons])


def _check_limits(part: Part, can: Capabilities) -> None:
    """What python-telegram-bot does not check. Raises Refused: sending it would only be refused later."""
    if measure(part.text, can.counts) > (can.max_chars if part.kind == "text" else can.caption_chars):
        raise Refused("the text is too long")
    if any(len(button.data.encode()) > DATA_BYTES for row in part.buttons for button in row):
        raise Refused("a button's data is too long")
    if sum(map(len, part.buttons)) > can.max_buttons or any(len(row) > can.buttons_per_row for row in part.buttons):
        raise Refused("there are too many buttons")


def _translated(error: TelegramError) -> SendError:
    text = str(error).lower()
    match error:
        case RetryAfter():
            return RateLimited(error._retry_after.total_seconds())
        case ChatMigrated():
            return Migrated(str(error.new_chat_id))
        case Forbidden():
            return Blocked(str(error))
        case BadRequest():
            return Blocked(str(error)) if any(reason in text for reason in GONE) else Refused(str(error))
        case TimedOut():
            return OutcomeUnknown("no answer in time")
        case NotSent() | InvalidToken():
            return Unreachable(_explain(error))
        case NetworkError() if "connection broke" in text:
            return OutcomeUnknown("the connection broke")
        case _:
            return Unreachable(_explain(error))


def _explain(error: Exception) -> str:
    """The error in a sentence without addresses, and so without the token."""
    match error:
        case InvalidToken():
            return "the token is not accepted (401/404): check THIDUA_TELEGRAM_TOKEN"
        case Conflict():
            return "another program is polling with the same token, or a webhook is set (409)"
        case RetryAfter():
            return "too many requests (429)"
        case NotSent() | TimedOut() | NetworkError():
            return str(error)
        case _:
            return type(error).__name__
