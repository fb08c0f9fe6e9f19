"""Telegram by long polling, through python-telegram-bot's `Bot` on our own transport.

Updates are stored before the next offset confirms them: a kill between the two loses nothing. The token never reaches a log: it stands
in addresses only, and errors are told without them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar

from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, NetworkError
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.channels.base import Capabilities, FileTooLarge, Inbound, Part, Receive, Refused, RemoteFile
from bot.channels.telegram_request import AiohttpRequest, TooMany, explain, translated
from bot.channels.telegram_updates import parse
from bot.rendering.split import measure

log = logging.getLogger(__name__)

POLL_SECONDS = 25
LARGEST_DOWNLOAD = 20 * 1024 * 1024
OFFSET_LIVES_SECONDS = 6 * 86_400
"""Ids restart at random after a quiet week: an older offset could confirm updates that were never seen."""

LONGEST_PAUSE = 60.0
ACK_SECONDS = 5
ALLOWED_UPDATES = ["message", "edited_message", "callback_query"]
CANNOT_EDIT = ("message to edit not found", "message can't be edited", "message_id_invalid", "there is no text in the message")
DATA_BYTES = 64
LARGEST_UPLOAD = 50 * 1024 * 1024
LARGEST_PHOTO = 10 * 1024 * 1024
LINK = re.compile(r"://|\w\.[a-z]{2,}")
"""What Telegram would make a link of, with a preview below the text."""

UNFIT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\"\\/]")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MenuCommand:
    """A command of Telegram's menu; ``descriptions`` by language code, "" for all others."""

    name: str
    descriptions: tuple[tuple[str, str], ...]


class Telegram:
    """The channel. ``wait`` is asyncio.sleep, or a test's own; ``read_timeout`` (seconds) is how long an answer may take."""

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
        read_timeout: float = 20.0,
    ) -> None:
        root = api_root.rstrip("/")
        self._requests = AiohttpRequest(read_timeout=read_timeout)
        self._polling = AiohttpRequest(connections=2, read_timeout=poll_seconds + 10)
        self._bot = Bot(
            token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot", request=self._requests, get_updates_request=self._polling
        )
        self._updates_url = f"{root}/bot{token}/getUpdates"
        self._menu = tuple(menu)
        self._now = now
        self._wait = wait
        self._poll_seconds = poll_seconds
        self._id = int(token.partition(":")[0]) if token.partition(":")[0].isdecimal() else 0
        self._acknowledging: set[asyncio.Task[None]] = set()
        self.username = ""
        self.last_poll: float | None = None

    # Inbound ------------------------------------------------------------------------------------------------------------------

    def parse(self, payload: str) -> Inbound | None:
        return parse(payload, self._id, self.username)

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        await self._until_it_works(self._prepare)
        menus = asyncio.create_task(self._set_menus(), name="telegram menus")
        try:
            await self._poll(receive, await self._until_it_works(position), moved)
        finally:
            menus.cancel()
            await asyncio.gather(menus, return_exceptions=True)

    async def _prepare(self) -> None:
        """Learn our own name, leave no webhook behind. A second try changes nothing."""
        await self._bot.initialize()
        self._id, self.username = self._bot.id, self._bot.username or ""
        if (await self._bot.get_webhook_info()).url:
            await self._bot.delete_webhook(drop_pending_updates=False)

    async def _set_menus(self) -> None:
        """The menu of commands in each language. Nobody waits for it, and a refused one keeps nothing from working."""
        for code in sorted({code for command in self._menu for code, _ in command.descriptions}):
            commands = [BotCommand(command.name, dict(command.descriptions)[code][:256]) for command in self._menu]
            try:
                await self._until_it_works(lambda: self._bot.set_my_commands(commands, language_code=code or None), BadRequest)  # noqa: B023
            except BadRequest as error:
                log.warning("Telegram refused the menu of commands: %s", error)

    async def _poll(self, receive: Receive, stored: tuple[str, int] | None, moved: Callable[[str], Awaitable[None]]) -> None:
        offset, since = (None, 0) if stored is None else (int(stored[0]), stored[1])
        while True:
            if self._now() - since >= OFFSET_LIVES_SECONDS:
                offset = None
            updates = await self._until_it_works(lambda: self._get_updates(offset))  # noqa: B023
            self.last_poll = time.monotonic()
            for update in updates:
                # A lone surrogate is no text that can be stored.
                payload = json.dumps(update, ensure_ascii=False).encode("utf-8", "replace").decode()
                await self._until_it_works(lambda: receive(str(update["update_id"]), payload))  # noqa: B023
                offset, since = int(update["update_id"]) + 1, self._now()
            if updates:
                await self._until_it_works(lambda: moved(str(offset)))  # noqa: B023

    async def _get_updates(self, offset: int | None) -> list[dict[str, Any]]:
        values: dict[str, Any] = {"timeout": self._poll_seconds, "limit": 100, "allowed_updates": ALLOWED_UPDATES}
        if offset is not None:
            values["offset"] = offset
        data = RequestData([RequestParameter.from_input(name, value) for name, value in values.items()])
        result = await self._polling.post(self._updates_url, data)
        if not isinstance(result, list):
            raise NetworkError("getUpdates answered something that is no list")
        updates = [update for update in result if isinstance(update, dict) and isinstance(update.get("update_id"), int)]
        if result and not updates:
            raise NetworkError("getUpdates answered something without numbers")
        return updates

    async def _until_it_works(self, attempt: Callable[[], Awaitable[T]], *hopeless: type[Exception]) -> T:
        """Try for ever, with longer and longer pauses; say in the log what is wrong, once a kind. Raises only what is ``hopeless``."""
        pause, told = 1.0, ""
        while True:
            try:
                return await attempt()
            except hopeless:
                raise
            except Exception as error:
                why = explain(error)
                if why != told:
                    log.warning("Telegram: %s; trying again", why)
                    told = why
                await self._wait(error.retry_after if isinstance(error, TooMany) else pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    # Outbound -----------------------------------------------------------------------------------------------------------------

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        _check_limits(part, content, self.capabilities)
        try:
            chat, topic = int(address), None if thread is None else int(thread)
        except ValueError:
            raise Refused("this is no address of Telegram") from None
        try:
            if replaces is not None and replaces.isdecimal() and part.kind == "text" and await self._edit(chat, part, int(replaces)):
                return replaces
            return str(await self._send_new(chat, topic, part, content))
        except Exception as error:
            raise translated(error) from None

    async def _edit(self, chat: int, part: Part, message_id: int) -> bool:
        """Whether the message could be given the new content."""
        try:
            await self._bot.edit_message_text(
                part.text, chat_id=chat, message_id=message_id, parse_mode=ParseMode.HTML, reply_markup=_keyboard(part),
                link_preview_options=_preview(part.text),
            )  # fmt: skip
        except BadRequest as error:
            text = str(error).lower()
            if "message is not modified" in text:
                return True
            if any(reason in text for reason in CANNOT_EDIT):
                return False
            raise
        return True

    async def _send_new(self, chat: int, topic: int | None, part: Part, content: bytes | None) -> int:
        try:
            return await self._send_as(part.kind, chat, topic, part, content)
        except BadRequest as error:
            text = str(error).lower()
            if topic is not None and ("thread not found" in text or "topic_" in text):
                return await self._send_new(chat, None, part, content)      # the topic is gone or closed, the group is not
            if part.kind == "picture" and ("photo_" in text or "image_process" in text):
                return await self._send_as("file", chat, topic, part, content)
            raise

    async def _send_as(self, kind: str, chat: int, topic: int | None, part: Part, content: bytes | None) -> int:
        common: dict[str, Any] = {
            "chat_id": chat, "message_thread_id": topic, "reply_markup": _keyboard(part), "protect_content": part.protect or None,
            "parse_mode": ParseMode.HTML,
        }  # fmt: skip
        if kind == "text":
            message = await self._bot.send_message(text=part.text, link_preview_options=_preview(part.text), **common)
            return int(message.message_id)
        file = InputFile(BytesIO(content or b""), filename=UNFIT_IN_NAMES.sub("_", part.name) or None)
        if kind == "picture" and len(content or b"") <= LARGEST_PHOTO:
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
        except FileTooLarge:
            raise
        except BadRequest as error:
            raise (FileTooLarge(file.name) if "too big" in str(error).lower() else Refused(str(error))) from None
        except Exception as error:
            raise translated(error) from None
        if len(content) > LARGEST_DOWNLOAD:
            raise FileTooLarge(file.name)
        return content

    async def acknowledge(self, inbound: Inbound) -> None:
        """Beside the turn: the answer does not wait for the round trip."""
        if inbound.ack:
            task = asyncio.create_task(self._acknowledge(inbound.ack), name="telegram tap")
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledging.discard)

    async def _acknowledge(self, query_id: str) -> None:
        try:
            await self._bot.answer_callback_query(query_id, read_timeout=ACK_SECONDS)
        except Exception as error:
            log.info("A tap was not acknowledged: %s", explain(error))     # "query is too old" after a restart

    async def close(self) -> None:
        if self._acknowledging:
            _, late = await asyncio.wait(self._acknowledging, timeout=ACK_SECONDS)
            for task in late:
                task.cancel()
        # Not `Bot.shutdown`: it closes nothing when the bot never learned its name.
        await self._requests.shutdown()
        await self._polling.shutdown()


def _keyboard(part: Part) -> InlineKeyboardMarkup | None:
    if not part.buttons:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in part.buttons])


def _preview(text: str) -> LinkPreviewOptions | None:
    """Links stay links, without a picture of the page below."""
    return LinkPreviewOptions(is_disabled=True) if LINK.search(text) else None


def _check_limits(part: Part, content: bytes | None, can: Capabilities) -> None:
    """What python-telegram-bot does not check. Raises Refused: sending it would only be refused later."""
    if measure(part.text, can.counts) > (can.max_chars if part.kind == "text" else can.caption_chars):
        raise Refused("the text is too long")
    if any(len(button.data.encode()) > DATA_BYTES for row in part.buttons for button in row):
        raise Refused("a button's data is too long")
    if sum(map(len, part.buttons)) > can.max_buttons or any(len(row) > can.buttons_per_row for row in part.buttons):
        raise Refused("there are too many buttons")
    if len(content or b"") > LARGEST_UPLOAD:
        raise Refused("the file is larger than Telegram takes")
