"""Writing YAML that people can read and edit: one entry a line, in flow style, as the plan files are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_BARE = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


class Exact(str):
    """Decimal text that is written as a number, digit by digit."""

    __slots__ = ()


def value(data: Any) -> str:
    """JSON data in flow style; texts always in quotes, so that no "08:00" or "no" turns into something else."""
    if isinstance(data, Exact):
        return str(data)
    if isinstance(data, Mapping):
        return "{" + ", ".join(f"{key(name)}: {value(each)}" for name, each in data.items()) + "}"
    if isinstance(data, (list, tuple)):
        return "[" + ", ".join(value(each) for each in data) + "]"
    return json.dumps(data, ensure_ascii=False)


def key(name: str) -> str:
    """A key, in quotes where it needs them."""
    return name if _BARE_KEY.fullmatch(name) and name.lower() not in _NOT_BARE else json.dumps(name, ensure_ascii=False)


def line(name: str, data: Any, indent: int = 0) -> str:
    """``name: value`` on a line."""
    return f"{' ' * indent}{key(name)}: {value(data)}\n"


def entries(name: str, items: Sequence[Mapping[str, Any]], indent: int = 0) -> str:
    """A list of mappings, one a line."""
    if not items:
        return line(name, [], indent)
    return f"{' ' * indent}{key(name)}:\n" + "".join(f"{' ' * (indent + 2)}- {value(each)}\n" for each in items)


def given(**fields: Any) -> dict[str, Any]:
    """The fields that say something: without None and empty lists and texts."""
    return {name: each for name, each in fields.items() if each is not None and each != "" and each != () and each != []}
