"""Zalo's bots: plain text of 2000 characters, pictures by public address, no buttons, edits, files or menus.

Updates come by webhook, kept by Zalo until we have committed them, or by polling, which hands each out once: it is stored at once, and
the one in flight at a kill is lost. The two exclude each other: with a webhook set, polling is silent for ever.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from bot.channels import Given
from bot.channels.base import (
    Blocked,
    Capabilities,
    Contact,
    Exhausted,
    FileTooLarge,
    Hook,
    Inbound,
    OutcomeUnknown,
    Part,
    Quota,
    Receive,
    Refused,
    RemoteFile,
    SendError,
    Unreachable,
    bot_of,
)  # fmt: skip
from bot.channels.zalo_client import NotReached, QuotaSpent, Rejected, TokenRefused, Unclear, ZaloClient, ZaloError
from bot.channels.zalo_updates import key_of, parse
from bot.settings import DEFAULT_ZALO_API, SettingError
from handlers.kit.message import m

log = logging.getLogger(__name__)

POLL_SECONDS = 30
LONGEST_PAUSE = 60.0
TOKEN_PAUSE = 120.0
"""Between two tries with a token that is not accepted: somebody has to mend it."""

CHECK_SECONDS = 300
"""How often Zalo is asked whether it still posts to us; while polling, whether a webhook was set elsewhere and silences us."""

DEAD_AFTER = 3
HEADER = "X-Bot-Api-Secret-Token"
DEFAULT_PATH = "/zalo"
TAKEN, NOT_JSON, TRY_AGAIN = 200, 400, 503

GONE = ("blocked", "not found", "not exist", "chặn", "không tồn tại")
"""Words by which a refusal means that this person can no longer be written to (no list of codes is published)."""

T = TypeVar("T")


async def configured(given: Given) -> Zalo | None:
    """The channel as the settings want it. Raises SettingError for a webhook that cannot work."""
    settings = given.settings
    if settings.zalo_token is None:
        return None
    quota = None if settings.zalo_quota is None else Quota(*settings.zalo_quota)
    if settings.zalo_webhook is None:
        return Zalo(settings.zalo_token, settings.zalo_api, quota=quota)
    if settings.web is None:
        raise SettingError(m("THIDUA_ZALO_WEBHOOK needs THIDUA_WEB: host:port where the bot listens behind that address"))
    if not settings.zalo_webhook.startswith("https://") and settings.zalo_api == DEFAULT_ZALO_API:
        raise SettingError(m("THIDUA_ZALO_WEBHOOK: Zalo posts to https:// addresses only"))
    secret = await given.secret("zalo.webhook")
    return Zalo(settings.zalo_token, settings.zalo_api, webhook=settings.zalo_webhook, secret=secret, quota=quota)


class Zalo:
    """The channel; with a ``webhook`` (its public address) it is called, otherwise it polls. ``wait`` is asyncio.sleep, or a test's own.

    ``quota``: what the plan of this bot takes in a month (None: no limit is known).
    """

    name = "zalo"
    capabilities = Capabilities(2000, 2000, buttons=False, pictures=False, files=False, edits=False, photo_by_url=True)

    def __init__(
        self,
        token: str,
        root: str = DEFAULT_ZALO_API,
        *,
        webhook: str | None = None,
        secret: str = "",
        quota: Quota | None = None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = POLL_SECONDS,
        read_timeout: float = 20.0,
    ) -> None:
        self.capabilities = replace(type(self).capabilities, quota=quota)
        self.account = bot_of(token)
        self._client = ZaloClient(token, root, read_timeout=read_timeout)
        self._wait = wait
        self._poll_seconds = poll_seconds
        self._secret = secret
        parts = urlsplit(webhook or "")
        self._path = parts.path if parts.path not in ("", "/") else DEFAULT_PATH
        self._url = "" if webhook is None else urlunsplit(parts._replace(path=self._path))
        self._receive: Receive | None = None
        self.hands_out_once = webhook is None
        self.contact = Contact((CHECK_SECONDS if webhook else poll_seconds + read_timeout) * DEAD_AFTER)
        self.bot_name = ""

    def parse(self, payload: str) -> Inbound | None:
        return parse(payload, self.bot_name)

    def hooks(self) -> tuple[Hook, ...]:
        return (Hook(self._path, self._allowed, self._take),) if self._url else ()

    async def listen(
        self, receive: Receive, position: Callable[[], Awaitable[tuple[str, int] | None]], moved: Callable[[str], Awaitable[None]]
    ) -> None:
        if self._url:
            await self._be_called(receive)
        await self._until_it_works(self._learn)
        known = await self._looked_once()
        await asyncio.gather(self._poll(receive), self._watch(self._leave_no_webhook, at_once=not known))

    # By webhook ---------------------------------------------------------------------------------------------------------------

    async def _be_called(self, receive: Receive) -> None:
        """Take what is posted until cancelled. Before and afterwards it is answered with 503, so that Zalo tries again."""
        self._receive = receive
        try:
            await self._until_it_works(self._learn)
            await self._until_it_works(self._register)
            await self._watch(self._look_after)
        finally:
            self._receive = None

    async def _register(self) -> None:
        await self._client.set_webhook(self._url, self._secret)
        self.contact.heard()
        log.info("Zalo posts updates to the webhook")

    async def _look_after(self) -> None:
        """A webhook that is not ours any more is set right: another program has our token, or somebody took it away by hand."""
        now = (await self._client.get_webhook_info()).url
        self.contact.heard()
        if now != self._url:
            log.warning("The webhook of Zalo is not as it was set: another program uses the same token? It is set again")
            await self._register()

    def _allowed(self, headers: Mapping[str, str]) -> bool:
        given = headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        return bool(self._secret) and hmac.compare_digest(given, self._secret.encode())

    async def _take(self, body: bytes) -> int:
        if self._receive is None:
            return TRY_AGAIN
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return NOT_JSON
        try:
            await self._store(self._receive, update)
        except Exception as error:
            log.warning("An update of Zalo could not be stored (%s); it has to be posted again", type(error).__name__)
            return TRY_AGAIN
        self.contact.heard()
        return TAKEN

    # By polling ---------------------------------------------------------------------------------------------------------------

    async def _poll(self, receive: Receive) -> None:
        while True:
            update = await self._until_it_works(lambda: self._client.get_updates(self._poll_seconds))
            self.contact.heard()
            if update is not None:
                await self._until_it_works(lambda: self._store(receive, update))  # noqa: B023

    async def _looked_once(self) -> bool:
        """Take away a webhook before the first poll, if that can be done; what the look meets never keeps polling from starting."""
        try:
            await self._leave_no_webhook()
        except ZaloError as error:
            log.warning("Zalo: whether a webhook is set is not known (%s); polling starts, and it is asked again", type(error).__name__)
            return False
        return True

    async def _leave_no_webhook(self) -> None:
        if (await self._client.get_webhook_info()).url:
            log.warning("Zalo posts to a webhook, so polling gets nothing: the webhook is taken away")
            await self._client.delete_webhook()

    # Both ---------------------------------------------------------------------------------------------------------------------

    async def _learn(self) -> None:
        self.bot_name = (await self._client.get_me()).account_name
        self.contact.heard()

    async def _store(self, receive: Receive, update: Any) -> None:
        """Returns once the update is committed. What has no identity cannot be told from others and is let go."""
        key = key_of(update) if isinstance(update, dict) else None
        if key is None:
            log.warning("Zalo handed out something without a message id; it is let go")
            return
        # A lone surrogate is no text that can be stored.
        await receive(key, json.dumps(update, ensure_ascii=False).encode("utf-8", "replace").decode())

    async def _watch(self, look: Callable[[], Awaitable[None]], *, at_once: bool = False) -> None:
        """Look now and then whether it is still as it was set up; another program with our token changes it silently."""
        if at_once:
            await self._until_it_works(look)
        while True:
            await self._wait(CHECK_SECONDS)
            await self._until_it_works(look)

    async def _until_it_works(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try for ever, with longer and longer pauses; say in the log what is wrong, once a kind."""
        pause, told = 1.0, ""
        while True:
            try:
                return await attempt()
            except Exception as error:
                why = str(error) if isinstance(error, ZaloError) else type(error).__name__
                if why != told:
                    log.warning("Zalo: %s; trying again", why)
                    told = why
                await self._wait(TOKEN_PAUSE if isinstance(error, TokenRefused) else pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    # Outbound -----------------------------------------------------------------------------------------------------------------

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        if (part.kind != "text" and not part.url) or not 1 <= len(part.text) <= self.capabilities.max_chars:
            raise Refused("Zalo takes texts of 1 to 2000 characters, and pictures by their address")
        try:
            if part.url:
                return await self._send_picture(address, part)
            return await self._client.send_message(address, part.text)
        except ZaloError as error:
            raise _translated(error) from None

    async def _send_picture(self, address: str, part: Part) -> str:
        """A picture that the platform cannot fetch or show goes as the text that says the same."""
        try:
            return await self._client.send_photo(address, part.url, part.text)
        except Rejected as error:
            log.warning("Zalo does not take a picture by its address (%s): the text is sent without it", error.code)
            return await self._client.send_message(address, part.text)

    async def fetch(self, file: RemoteFile) -> bytes:
        try:
            return await self._client.download(file.id)
        except Rejected as error:
            if error.code == 413:
                raise FileTooLarge(file.name) from None
            raise Refused("the picture is not there any more") from None
        except ZaloError as error:
            raise _translated(error) from None

    async def acknowledge(self, inbound: Inbound) -> None:
        """There is nothing to tap."""

    async def close(self) -> None:
        await self._client.close()


def _translated(error: ZaloError) -> SendError:
    """What the failure of a call means for the letter."""
    match error:
        case QuotaSpent():
            return Exhausted(str(error))
        case Rejected():
            told = error.description.lower()
            return Blocked(str(error)) if any(word in told for word in GONE) else Refused(str(error))
        case Unclear():
            return OutcomeUnknown(str(error))
        case NotReached() | TokenRefused():
            return Unreachable(str(error))
        case _:
            return OutcomeUnknown("the answer could not be understood")
