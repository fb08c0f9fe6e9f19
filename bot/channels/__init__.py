"""Channels: each file is one, and passes the same contract tests. What a channel can do is data (`base.Capabilities`).

A file whose channel an operator can switch on offers ``async def configured(given: Given) -> Channel | None``. The file ``NAME.py`` is
imported only when ``THIDUA_NAME_TOKEN`` or ``THIDUA_NAME`` is set: what is not used costs nothing at the start.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

from bot.channels.base import Channel, Hooked
from bot.settings import SettingError, Settings
from handlers.kit.message import m
from storage.connection import Database


@dataclass(frozen=True, slots=True)
class Given:
    """What a channel is made from. ``now``: the clock, in epoch seconds; ``secret(name)``: minted once and kept in the database.

    ``database``: for a channel whose platform we are ourselves.
    """

    settings: Settings
    now: Callable[[], int]
    secret: Callable[[str], Awaitable[str]]
    database: Database | None = None


def wanted(settings: Settings) -> tuple[str, ...]:
    """The files of this package whose settings are set."""
    found = (each.name for each in pkgutil.iter_modules(__path__) if not each.ispkg)
    return tuple(name for name in found if getattr(settings, f"{name}_token", None) or getattr(settings, name, None))


def load(settings: Settings) -> list[ModuleType]:
    """Import the files of the channels that are wanted."""
    return [importlib.import_module(f"{__name__}.{name}") for name in wanted(settings)]


async def configured(given: Given) -> tuple[Channel, ...]:
    """Every channel that the settings switch on. Raises SettingError where one of them cannot work as it is set."""
    channels = []
    for module in load(given.settings):
        make = getattr(module, "configured", None)
        channel = None if make is None else await make(given)
        if channel is not None:
            channels.append(channel)
    _expect_paths_of_their_own(channels)
    return tuple(channels)


def _expect_paths_of_their_own(channels: Sequence[Channel]) -> None:
    """Two platforms that post to one path could not be told apart. Raises SettingError."""
    whose: dict[str, str] = {}
    for channel in channels:
        for hook in channel.hooks() if isinstance(channel, Hooked) else ():
            first = whose.setdefault(hook.path, channel.name)
            if first != channel.name:
                one, other = (f"THIDUA_{name.upper()}_WEBHOOK" for name in (first, channel.name))
                raise SettingError(
                    m("{one} and {other} have the same path {path}: each needs its own, for example /telegram and /zalo",
                      one=one, other=other, path=hook.path)
                )  # fmt: skip
