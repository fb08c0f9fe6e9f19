"""Telegram by webhook: an update is answered with 200 only once it is committed; until then Telegram keeps it and posts it again.

Telegram may post up to ``MOST_CONNECTIONS`` updates at once, and promises an order only by their numbers; turns of one person run in the
order in which their updates were committed. What is posted twice is known by its number and changes nothing.
"""

from __future__ import annotations

import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from bot.channels.base import Contact, Hook, Receive
from bot.channels.telegram_polling import ALLOWED_UPDATES, Patience, numbered, written

if TYPE_CHECKING:
    from telegram import WebhookInfo

    from bot.channels.telegram_library import Library

log = logging.getLogger(__name__)

HEADER = "X-Telegram-Bot-Api-Secret-Token"
DEFAULT_PATH = "/telegram"
MOST_CONNECTIONS = 100
FIRST_CHECK_SECONDS, CHECK_SECONDS = 60, 300
"""How often Telegram is asked whether it still posts to us, and what went wrong."""

HOLD_SECONDS = 60
"""How long what a person sends waits for what he sent before and what could not be stored."""

TAKEN, NOT_JSON, TRY_AGAIN = 200, 400, 503


class Webhook:
    """Registers the address with Telegram, looks after it, and takes what is posted. ``wait`` is asyncio.sleep, or a test's own."""

    def __init__(
        self,
        library: Callable[[], Awaitable[Library]],
        url: str,
        secret: str,
        patience: Patience,
        contact: Contact,
        wait: Callable[[float], Awaitable[None]],
        whose: Callable[[str], str | None],
    ) -> None:
        parts = urlsplit(url)
        self.path = parts.path if parts.path not in ("", "/") else DEFAULT_PATH
        self.url = urlunsplit(parts._replace(path=self.path))
        self._library = library
        self._secret = secret
        self._patience = patience
        self._contact = contact
        self._wait = wait
        self._receive: Receive | None = None
        self._whose = whose
        self._last_error = 0
        self._refused: dict[str, tuple[int, float]] = {}
        """address -> (the first update of his that could not be stored, when): a later one must not overtake it."""

    def hook(self) -> Hook:
        return Hook(self.path, self._allowed, self._take)

    async def listen(self, receive: Receive, learn: Callable[[], Awaitable[None]]) -> None:
        """Take what is posted until cancelled. Before and afterwards it is answered with 503, so that Telegram keeps it.

        ``learn`` asks Telegram for our name; what is posted meanwhile is taken all the same.
        """
        self._receive = receive
        try:
            await self._patience.until_it_works(learn)
            await self._patience.until_it_works(self._register)
            pause = FIRST_CHECK_SECONDS
            while True:
                await self._wait(pause)
                await self._patience.until_it_works(self._check)
                pause = CHECK_SECONDS
        finally:
            self._receive = None

    async def _register(self) -> None:
        await (await self._library()).set_webhook(
            self.url, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES, max_connections=MOST_CONNECTIONS
        )
        self._contact.heard()
        log.info("Telegram posts updates to the webhook")

    async def _check(self) -> None:
        """Ask Telegram where it posts to; what is not ours (a second instance, a restored copy with another secret) is set right."""
        info = await (await self._library()).webhook_info()
        self._contact.heard()
        problem = self._new_problem(info)
        if problem:
            log.warning("Telegram could not deliver to the webhook: %s", problem, extra={"count": info.pending_update_count})
        ours = (
            info.url == self.url
            and info.max_connections in (None, MOST_CONNECTIONS)
            and set(info.allowed_updates or ALLOWED_UPDATES) == set(ALLOWED_UPDATES)
        )
        if not ours or "401" in problem:
            log.warning("The webhook is not as it was set: another program uses the same token? It is set again")
            await self._register()

    def _new_problem(self, info: WebhookInfo) -> str:
        """Why a delivery failed since the last look, in Telegram's words (a status, a certificate: they name no person); "" if none did."""
        at = 0 if info.last_error_date is None else int(info.last_error_date.timestamp())
        if at <= self._last_error:
            return ""
        self._last_error = at
        return info.last_error_message or "no reason given"

    def _allowed(self, headers: Mapping[str, str]) -> bool:
        given = headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._secret.encode())

    async def _take(self, body: bytes) -> int:
        receive = self._receive
        if receive is None:
            return TRY_AGAIN
        try:
            update = json.loads(body)
            payload = written(update)
        except ValueError:
            return NOT_JSON
        except RecursionError:
            update, payload = None, ""
        if not isinstance(update, dict) or not numbered(update):
            log.warning("Telegram posted something without a number; it is let go")     # it would come again for a day
            return TAKEN
        number = int(update["update_id"])
        if self._refused and self._overtakes(number, payload):
            return TRY_AGAIN
        try:
            await receive(str(number), payload)
        except Exception as error:
            log.warning("An update could not be stored (%s); Telegram keeps it", type(error).__name__)
            address = self._whose(payload)
            if address is not None:
                first, _ = self._refused.get(address, (number, 0.0))
                self._refused[address] = min(first, number), time.monotonic()
            return TRY_AGAIN
        self._contact.heard()
        return TAKEN

    def _overtakes(self, number: int, payload: str) -> bool:
        """Whether an earlier update of the same person was refused a short while ago and has not come again."""
        now = time.monotonic()
        self._refused = {address: held for address, held in self._refused.items() if held[1] > now - HOLD_SECONDS}
        address = self._whose(payload)
        if address is None or address not in self._refused:
            return False
        if number > self._refused[address][0]:
            return True
        del self._refused[address]
        return False
