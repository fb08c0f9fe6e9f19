"""Telegram by long polling: each update is stored before the next offset confirms it, and a poll that fell silent is cut."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from bot.channels.base import Contact, Receive
from bot.channels.telegram_errors import Conflict, InvalidToken, NetworkError, TooMany, explain
from bot.channels.telegram_request import Requests
from storage.errors import StorageError

log = logging.getLogger(__name__)

POLL_SECONDS = 25
OFFSET_LIVES_SECONDS = 6 * 86_400
"""Ids restart at random after a quiet week: an older offset could confirm updates that were never seen."""

LONGEST_PAUSE = 60.0
ALLOWED_UPDATES = ["message", "edited_message", "callback_query"]

T = TypeVar("T")


class Patience:
    """Tries until it works. ``wait`` is asyncio.sleep, or a test's own."""

    def __init__(self, wait: Callable[[float], Awaitable[None]]) -> None:
        self._wait = wait

    async def until_it_works(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try for ever, with longer and longer pauses; say in the log what is wrong, once a kind, and when it is over."""
        pause, told = 1.0, ""
        while True:
            try:
                result = await attempt()
            except Exception as error:
                why = explain(error)
                if why != told:
                    log.warning("Telegram: %s; trying again", why)
                    told = why
                if isinstance(error, InvalidToken):
                    pause = LONGEST_PAUSE       # only an operator can mend it
                await self._wait(error.retry_after if isinstance(error, TooMany) else pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            else:
                if told:
                    log.info("Telegram: it works again")
                return result


class Polling:
    """Asks for updates. ``longest`` (seconds) is when a poll counts as dead: its connections are closed and it is asked anew.

    ``call(method, **values)`` calls a method of the Bot API beside the polls.
    """

    def __init__(
        self, call: Callable[..., Awaitable[Any]], url: str, request: Requests, patience: Patience, now: Callable[[], int],
        contact: Contact, *, seconds: int, longest: float,
    ) -> None:  # fmt: skip
        self._call = call
        self._url = url
        self._request = request
        self._patience = patience
        self._now = now
        self._contact = contact
        self._seconds = seconds
        self._longest = longest
        self._hooked_elsewhere = False

    async def prepare(self) -> None:
        """Leave no webhook behind. A second try changes nothing."""
        if (await self._call("getWebhookInfo")).get("url"):
            log.info("Telegram: the webhook is taken away; updates are polled for")
            await self._call("deleteWebhook")

    async def run(self, receive: Receive, stored: tuple[str, int] | None, moved: Callable[[str], Awaitable[None]]) -> None:
        """Take updates until cancelled; ``stored`` is the offset of the last run and when it was noted."""
        keep_trying = self._patience.until_it_works
        offset, since = (None, 0) if stored is None else (int(stored[0]), stored[1])
        while True:
            if self._now() - since >= OFFSET_LIVES_SECONDS:
                offset = None
            updates = await keep_trying(partial(self._take, receive, offset))
            if updates:
                offset, since = int(updates[-1]["update_id"]) + 1, self._now()
                try:
                    await moved(str(offset))
                except StorageError as error:
                    # It only saves a restart some questions. Who writes now must be told that nothing is stored, so they are asked for.
                    log.warning("Telegram: the position cannot be noted yet: %s", type(error).__name__)

    async def _take(self, receive: Receive, offset: int | None) -> list[dict[str, Any]]:
        """Ask once, and have stored what comes. Where it cannot be, the next try asks anew: also those who wrote meanwhile are told."""
        updates = await self._ask(offset)
        self._contact.heard()
        await _receive_together(receive, updates)
        return updates

    async def _ask(self, offset: int | None) -> list[dict[str, Any]]:
        if self._hooked_elsewhere:
            # Somebody set a webhook with our token since we started; it would keep every update from us for ever.
            await self.prepare()
            self._hooked_elsewhere = False
        try:
            async with asyncio.timeout(self._longest):
                return await self._get_updates(offset)
        except Conflict as error:
            self._hooked_elsewhere = "webhook" in str(error).lower()
            raise
        except TimeoutError:
            # A connection that trickles, or one that a middlebox forgot: no time-out of a single read ends it.
            await self._request.close()
            raise NetworkError("the poll fell silent; its connections are closed") from None

    async def _get_updates(self, offset: int | None) -> list[dict[str, Any]]:
        result = await self._request.post(
            self._url, timeout=self._seconds, limit=100, allowed_updates=ALLOWED_UPDATES, offset=offset
        )
        if not isinstance(result, list):
            raise NetworkError("getUpdates answered something that is no list")
        updates = [update for update in result if isinstance(update, dict) and numbered(update)]
        if result and not updates:
            raise NetworkError("getUpdates answered something without numbers")
        return updates


async def _receive_together(receive: Receive, updates: list[dict[str, Any]]) -> None:
    """Store all of them, in their order: the writer puts them into one commit. Raises when one could not be stored.

    Then all come again together, so that a person's later message does not overtake it; those that are stored are known by number.
    """
    stored = await asyncio.gather(*(receive(str(update["update_id"]), written(update)) for update in updates), return_exceptions=True)
    for outcome in stored:
        if isinstance(outcome, BaseException):
            raise outcome


def numbered(update: dict[str, Any]) -> bool:
    """Whether the update has the number by which it is kept."""
    return type(update.get("update_id")) is int


def written(update: dict[str, Any]) -> str:
    """The update as it is stored. A lone surrogate is no text that can be."""
    return _encoded(update).encode("utf-8", "replace").decode()


_encoded = json.JSONEncoder(ensure_ascii=False).encode
