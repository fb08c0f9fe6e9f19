"""Telegram by long polling or by webhook, on our own transport; files go through python-telegram-bot, which is loaded on first use.

Updates are stored before they are confirmed: a kill between the two loses nothing. The token never reaches a log: it stands
in addresses only, and errors are told without them.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.channels import Given
from bot.channels.base import Capabilities, Contact, FileTooLarge, Forgotten, Hook, Inbound, Pace, Part, Receive, Refused, RemoteFile
from bot.channels.telegram_errors import BadRequest, explain, translated
from bot.channels.telegram_polling import POLL_SECONDS, Patience, Polling
from bot.channels.telegram_request import Requests
from bot.channels.telegram_webhook import CHECK_SECONDS, Webhook
from bot.pacing import Pacer
from bot.rendering.split import measure, surely_fits
from bot.settings import DEFAULT_TELEGRAM_API, SettingError
from handlers.kit.message import m

if TYPE_CHECKING:
    from bot.channels.telegram_library import Library

log = logging.getLogger(__name__)

LARGEST_DOWNLOAD = 20 * 1024 * 1024
ACK_SECONDS = 5
CLOSE_SECONDS = 0.3
"""How long acknowledgements on their way may take at the end: without one a button spins a little longer."""

CANNOT_EDIT = ("message to edit not found", "message can't be edited", "message_id_invalid", "there is no text in the message")
OF_CONTENT = ("file", "photo", "document")
"""Words of every refusal that means the id of a file: it is not known (any more), of another bot, or of another kind."""

DATA_BYTES = 64
LARGEST_UPLOAD = 50 * 1024 * 1024
LARGEST_PHOTO = 10 * 1024 * 1024
DOTTED = re.compile(r"\.[a-z]{2}")
LINK = re.compile(r"://|(?<=\w)\.[a-z]{2,}")
"""What Telegram would make a link of, with a preview below the text."""

UNFIT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\"\\/]")

DEAD_AFTER_POLLS = 3
"""A poll that takes longer than this many polls' time is dead; a platform not heard of for twice as long is lost."""


async def configured(given: Given) -> Telegram | None:
    """The channel as the settings want it. Raises SettingError for a webhook that cannot work."""
    settings = given.settings
    if settings.telegram_token is None:
        return None
    pace = None if settings.telegram_pace is None else Pace(*settings.telegram_pace)
    if settings.telegram_webhook is None:
        return Telegram(settings.telegram_token, given.now, settings.telegram_api, pace=pace)
    if settings.web is None:
        raise SettingError(m("THIDUA_TELEGRAM_WEBHOOK needs THIDUA_WEB: host:port where the bot listens behind that address"))
    # A Bot API server of one's own takes plain HTTP too; Telegram's does not.
    if not settings.telegram_webhook.startswith("https://") and settings.telegram_api == DEFAULT_TELEGRAM_API:
        raise SettingError(m("THIDUA_TELEGRAM_WEBHOOK: Telegram posts to https:// addresses only"))
    secret = await given.secret("telegram.webhook")
    return Telegram(
        settings.telegram_token, given.now, settings.telegram_api, webhook=settings.telegram_webhook, secret=secret, pace=pace
    )


class Telegram:
    """The channel; with a ``webhook`` (its public address) it is called, otherwise it polls.

    ``wait`` is asyncio.sleep, or a test's own; ``read_timeout`` (seconds) is how long an answer may take, ``longest_poll`` a whole poll.
    Everything that goes to the server counts in the ``pace``: messages and edits, acknowledged taps and menus (not polls and downloads).
    """

    name = "telegram"
    capabilities = Capabilities(4096, 1024, buttons=True, pictures=True, files=True, edits=True, markup="html", counts="utf16")

    def __init__(
        self,
        token: str,
        now: Callable[[], int],
        api_root: str = "https://api.telegram.org",
        *,
        webhook: str | None = None,
        secret: str = "",
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = POLL_SECONDS,
        read_timeout: float = 20.0,
        longest_poll: float | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.capabilities = replace(self.capabilities, pace=pace)
        self.pacer = Pacer(pace)
        root = api_root.rstrip("/")
        self._requests = Requests(read_timeout=read_timeout)
        self._poll_requests = Requests(connections=2, read_timeout=poll_seconds + 10)
        self._token, self._root = token, root
        self._api = f"{root}/bot{token}"
        self._loaded: Library | None = None
        dead = longest_poll or (poll_seconds + 10) * DEAD_AFTER_POLLS
        self.contact = Contact(CHECK_SECONDS * DEAD_AFTER_POLLS if webhook else dead * 2)
        self._patience = Patience(wait)
        self._polling = Polling(
            self._call, f"{self._api}/getUpdates", self._poll_requests, self._patience, now, self.contact,
            seconds=poll_seconds, longest=dead,
        )  # fmt: skip
        self._webhook = Webhook(self._library, webhook, secret, self._patience, self.contact, wait, self._whose) if webhook else None
        self._id = int(token.partition(":")[0]) if token.partition(":")[0].isdecimal() else 0
        self._acknowledging: set[asyncio.Task[None]] = set()
        self.username = ""
        self.learned: dict[tuple[str, str, str], str] = {}
        self.redelivers = webhook is None

    # Inbound ------------------------------------------------------------------------------------------------------------------

    def parse(self, payload: str) -> Inbound | None:
        return _parser()(payload, self._id, self.username)

    def _whose(self, payload: str) -> str | None:
        inbound = self.parse(payload)
        return None if inbound is None else inbound.address

    def hooks(self) -> tuple[Hook, ...]:
        return () if self._webhook is None else (self._webhook.hook(),)

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        keep_trying = self._patience.until_it_works
        if self._webhook is not None:
            await self._webhook.listen(receive, self._learn)
        await keep_trying(self._learn)
        await keep_trying(self._polling.prepare)
        await self._polling.run(receive, await keep_trying(position), moved)

    async def _learn(self) -> None:
        """Learn our own name. A second try changes nothing."""
        me = await self._call("getMe")
        self._id, self.username = int(me["id"]), str(me.get("username") or "")
        self.contact.heard()

    @property
    def link(self) -> str:
        return self.username and f"https://t.me/{self.username}"

    @property
    def account(self) -> str:
        return str(self._id)

    async def set_menu(self, address: str | None, language: str, commands: Sequence[tuple[str, str]]) -> None:
        await self.pacer.admit("broadcast")
        try:
            scope = None if address is None else {"type": "chat", "chat_id": int(address)}
            menu = [{"command": name, "description": description[:256]} for name, description in commands] or None
            method = "deleteMyCommands" if menu is None else "setMyCommands"
            await self._call(method, commands=menu, scope=scope, language_code=language or None)
        except Exception as error:
            raise translated(error) from None

    # Outbound -----------------------------------------------------------------------------------------------------------------

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        _check_limits(part, content, self.capabilities)
        try:
            chat, topic = int(address), None if thread is None else int(thread)
        except ValueError:
            raise Refused("this is no address of Telegram") from None
        try:
            if replaces is not None and replaces.isdecimal() and part.kind == "text":
                if await self._edit(chat, part, int(replaces)):
                    return replaces
                await self.pacer.admit("reply")     # the edit was a request of its own
            return str(await self._send_new(chat, topic, part, content))
        except Forgotten:
            raise
        except Exception as error:
            raise translated(error) from None

    async def _edit(self, chat: int, part: Part, message_id: int) -> bool:
        """Whether the message could be given the new content."""
        try:
            await self._call(
                "editMessageText", chat_id=chat, message_id=message_id, text=part.text, parse_mode="HTML", reply_markup=_buttons(part),
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
        if kind == "text":
            sent = await self._call(
                "sendMessage", chat_id=chat, message_thread_id=topic, text=part.text, parse_mode="HTML", reply_markup=_buttons(part),
                protect_content=part.protect, link_preview_options=_preview(part.text),
            )  # fmt: skip
            return int(sent["message_id"])
        if part.known:
            return await self._send_known(chat, topic, part)
        library, held = await self._library(), content or b""
        name = UNFIT_IN_NAMES.sub("_", part.name) or None
        photo = kind == "picture" and len(held) <= LARGEST_PHOTO
        message_id, known = await library.send_file(chat, topic, part, held, name, photo=photo)
        if known and photo == (part.kind == "picture"):
            self.learned[part.kind, part.sha256, part.name] = known
        return message_id

    async def _send_known(self, chat: int, topic: int | None, part: Part) -> int:
        """What Telegram has already, by its id. Raises Forgotten where it has not."""
        method = "sendPhoto" if part.kind == "picture" else "sendDocument"
        content: dict[str, Any] = {"photo" if part.kind == "picture" else "document": part.known}
        try:
            sent = await self._call(
                method, chat_id=chat, message_thread_id=topic, caption=part.text or None, parse_mode="HTML", reply_markup=_buttons(part),
                protect_content=part.protect, **content,
            )  # fmt: skip
        except BadRequest as error:
            if any(word in str(error).lower() for word in OF_CONTENT):
                raise Forgotten("Telegram does not have the file any more") from None
            raise
        return int(sent["message_id"])

    async def _library(self) -> Library:
        """python-telegram-bot, imported on first use: its classes cost more than the rest of the start."""
        if self._loaded is None:
            module = await asyncio.to_thread(importlib.import_module, "bot.channels.telegram_library")
            self._loaded = module.Library(self._token, self._root, self._requests)
        return self._loaded

    async def _call(self, method: str, *, read_timeout: float | None = None, **values: object) -> Any:
        """What nearly every answer needs goes through the request object alone, without the library's objects."""
        return await self._requests.post(f"{self._api}/{method}", read_timeout=read_timeout, **values)

    async def fetch(self, file: RemoteFile) -> bytes:
        try:
            content = await (await self._library()).download(file.id, LARGEST_DOWNLOAD)
        except BadRequest as error:
            raise (FileTooLarge(file.name) if "too big" in str(error).lower() else Refused(str(error))) from None
        except Exception as error:
            raise translated(error) from None
        if content is None or len(content) > LARGEST_DOWNLOAD:
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
            async with asyncio.timeout(ACK_SECONDS):
                await self.pacer.admit("reply")
            await self._call("answerCallbackQuery", callback_query_id=query_id, read_timeout=ACK_SECONDS)
        except Exception as error:
            log.info("A tap was not acknowledged: %s", explain(error))     # "query is too old" after a restart

    async def close(self) -> None:
        if self._acknowledging:
            _, late = await asyncio.wait(self._acknowledging, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
        await self._requests.close()
        await self._poll_requests.close()


@cache
def _parser() -> Callable[[str, int, str], Inbound | None]:
    """Imported on first use: it needs the kit of turns, for which the first poll does not wait."""
    from bot.channels.telegram_updates import parse

    return parse


def _buttons(part: Part) -> dict[str, object] | None:
    if not part.buttons:
        return None
    return {"inline_keyboard": [[{"text": button.label, "callback_data": button.data} for button in row] for row in part.buttons]}


def _preview(text: str) -> dict[str, object] | None:
    """Links stay links, without a picture of the page below."""
    # Nearly no text has one, and the marks of one are found faster than the pattern.
    return {"is_disabled": True} if ("://" in text or DOTTED.search(text)) and LINK.search(text) else None


def _check_limits(part: Part, content: bytes | None, can: Capabilities) -> None:
    """What nobody else checks. Raises Refused: sending it would only be refused later."""
    most = can.max_chars if part.kind == "text" else can.caption_chars
    if not surely_fits(part.text, most) and measure(part.text, can.counts) > most:
        raise Refused("the text is too long")
    if any(len(button.data.encode()) > DATA_BYTES for row in part.buttons for button in row):
        raise Refused("a button's data is too long")
    if sum(map(len, part.buttons)) > can.max_buttons or any(len(row) > can.buttons_per_row for row in part.buttons):
        raise Refused("there are too many buttons")
    if len(content or b"") > LARGEST_UPLOAD:
        raise Refused("the file is larger than Telegram takes")
