"""Finds every command: a new one is a file in `handlers/` with a `COMMAND` (or `COMMANDS`), and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import handlers
from handlers.kit.command import Command
from handlers.kit.dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class Registry:
    """All commands by name and alias, and all dialogues by name."""

    commands: tuple[Command, ...]
    by_name: dict[str, Command]
    dialogues: dict[str, Dialogue]


@cache
def registry() -> Registry:
    """The commands of the package, in the order of help; the two that share a name are a ValueError."""
    commands = sorted(_declared(), key=lambda command: (command.order is None, command.order or 0, command.name))
    by_name: dict[str, Command] = {}
    dialogues: dict[str, Dialogue] = {}
    for command in commands:
        for name in filter(None, (command.name, command.alias)):
            if name in by_name:
                raise ValueError(f"two commands are called {name}")
            by_name[name] = command
        for dialogue in command.dialogues:
            if dialogue.name in dialogues:
                raise ValueError(f"two dialogues are called {dialogue.name}")
            dialogues[dialogue.name] = dialogue
    return Registry(tuple(commands), by_name, dialogues)


def _declared() -> Iterator[Command]:
    for found in pkgutil.iter_modules(handlers.__path__):
        if found.ispkg:
            continue
        module = importlib.import_module(f"handlers.{found.name}")
        if hasattr(module, "COMMAND"):
            yield module.COMMAND
        yield from getattr(module, "COMMANDS", ())
