"""Menus of commands: one for all, and menus of their own for those who may do more (secretaries, verifiers, administrators).

What was set is remembered, so that a platform hears of a menu only when it or somebody's role has changed. Nobody waits for it: it goes
slowly, beside everything else, and a chat that cannot be found is left out.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.channels.base import Blocked, HasMenu, RateLimited, Refused, SendError
from bot.clock import Clock
from bot.language import Language
from handlers.kit.command import Command
from handlers.registry import registry
from storage import people, settings
from storage.connection import Database, Snapshot, effect

log = logging.getLogger(__name__)

OWN = ("verifier", "secretary", "admin")
"""The roles with menus of their own."""

LOOK_SECONDS = 60
PAUSE_SECONDS = 1.5
"""Between two menus: they count against the platform's rate like messages."""

Commands = tuple[tuple[str, str], ...]
EVERYBODY = "*"


class Menus:
    """Keeps the menus of one channel as they should be. ``wait`` is asyncio.sleep, or a test's own."""

    def __init__(
        self,
        database: Database,
        channel: HasMenu,
        clock: Clock,
        zone: ZoneInfo,
        languages: Mapping[str, Language],
        default_language: str,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._channel = channel
        self._clock = clock
        self._zone = zone
        self._languages = languages
        self._default_language = default_language
        self._wait = wait

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            try:
                await self.look()
            except SendError as error:
                log.debug("A menu was not set: %s; it is tried again", type(error).__name__, extra={"channel": self._channel.name})
            except Exception:
                log.exception("The menus of %s could not be looked after; it goes on", self._channel.name)
            await self._wait(LOOK_SECONDS)

    async def look(self) -> None:
        """Set what is not yet as it should be. Raises a SendError kind when the platform cannot be reached: the next look goes on."""
        prefix = f"menu:{self._channel.name}:{self._channel.account}:"
        wanted, remembered = await self._database.read(lambda read: (self._wanted(read), settings.beginning(read, prefix)))
        for place in sorted(set(wanted) | set(remembered)):
            commands = wanted.get(place, ())
            digest = hashlib.sha256(repr(commands).encode()).hexdigest()[:16]
            if (digest if commands else None) == remembered.get(place):
                continue
            await self._set(place, commands)
            note = effect(settings.put, prefix + place, digest) if commands else effect(settings.forget, prefix + place)
            await self._database.write((note,))
            await self._wait(PAUSE_SECONDS)

    async def _set(self, place: str, commands: Commands) -> None:
        """``place`` is a chat's address, or ``*`` and a language: everybody's menu."""
        everybodys = place.startswith(EVERYBODY)
        address, language = (None, place.removeprefix(EVERYBODY)) if everybodys else (place, "")
        while True:
            try:
                await self._channel.set_menu(address, language, commands)
            except RateLimited as error:
                await self._wait(error.retry_after)
            except (Blocked, Refused) as error:
                log.info("A menu is left out: %s", type(error).__name__, extra={"channel": self._channel.name})
                return
            else:
                return

    def _wanted(self, read: Snapshot) -> dict[str, Commands]:
        shown = [command for command in registry().commands if command.order is not None]
        everybodys = [command for command in shown if command.strangers or "officer" in command.roles]
        found = {
            EVERYBODY + ("" if code == self._default_language else code): _told(everybodys, language)
            for code, language in self._languages.items()
        }
        today = datetime.fromtimestamp(self._clock.now(), self._zone).date().isoformat()
        for (address, code), roles in people.addresses_with(read, self._channel.name, OWN, today).items():
            language = self._languages.get(code) or self._languages[self._default_language]
            found[address] = _told([command for command in shown if command.strangers or roles & command.roles], language)
        return found


def _told(commands: list[Command], language: Language) -> Commands:
    return tuple((command.name, language.text(command.summary)) for command in commands)
