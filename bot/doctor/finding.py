"""Findings: what a check saw, how grave it is, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from bot.doctor.context import Context
from handlers.kit.message import Message

Level = Literal["serious", "warning", "unknown", "note", "fine"]
LEVELS: tuple[Level, ...] = ("serious", "warning", "unknown", "note", "fine")
"""From the gravest down. ``unknown``: it could not be checked; ``note``: nothing is wrong, but the operator should know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check saw. ``mend`` says what to do about it (empty where nothing is to be done)."""

    level: Level
    message: Message
    mend: Message | None = None


Check = Callable[[Context], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that belong together. ``needs`` says what must have been looked up before they run."""

    title: Message
    checks: tuple[Check, ...]
    needs: Literal["nothing", "answers", "database"] = "nothing"


def serious(message: Message, mend: Message) -> Finding:
    return Finding("serious", message, mend)


def warning(message: Message, mend: Message) -> Finding:
    return Finding("warning", message, mend)


def unknown(message: Message, mend: Message | None = None) -> Finding:
    return Finding("unknown", message, mend)


def note(message: Message, mend: Message | None = None) -> Finding:
    return Finding("note", message, mend)


def fine(message: Message) -> Finding:
    return Finding("fine", message)
