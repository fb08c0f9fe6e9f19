"""What readers keep of what they have read: as long as their snapshot lasts (`once`), or longer under a key that names a version of it.

Neither can be stale.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R", bound=sqlite3.Connection)
T = TypeVar("T")

MOST = 16_384
_NOTHING = object()

_by_connection: dict[int, dict[Hashable, Any]] = {}
"""The readers of one database share one."""


def attach(connection: sqlite3.Connection, memory: dict[Hashable, Any]) -> None:
    """From now on `remembered` keeps what this connection reads in ``memory``."""
    _by_connection[id(connection)] = memory


def detach(connection: sqlite3.Connection) -> None:
    """The connection is about to be closed."""
    _by_connection.pop(id(connection), None)


_of_snapshots: dict[int, dict[Hashable, Any]] = {}
"""What was read on the snapshots that are open, by their connections."""


def begin(connection: sqlite3.Connection) -> None:
    """The reader's snapshot begins."""
    _of_snapshots[id(connection)] = {}


def end(connection: sqlite3.Connection) -> None:
    """The reader's snapshot is about to end."""
    _of_snapshots.pop(id(connection), None)


def once(function: Callable[Concatenate[R, P], T]) -> Callable[Concatenate[R, P], T]:
    """The reading function, which reads the same but once on a snapshot: nothing moves under it, and turns that come together share one.

    What it returns depends on the snapshot and its arguments alone, and nobody may change it. On any other connection than a reader's it
    is read each time.
    """

    @wraps(function)
    def reading(read: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        memory = _of_snapshots.get(id(read))
        if memory is None or kwargs:
            return function(read, *args, **kwargs)
        key = (function, args)
        found = memory.get(key, _NOTHING)
        if found is _NOTHING:
            memory[key] = found = function(read, *args, **kwargs)
        return cast(T, found)

    return reading


def remembered(read: sqlite3.Connection, key: Hashable, find: Callable[[], T]) -> T:
    """What ``find`` reads, kept under a key that names a version of it: a revision that moves in the transaction that changes it.

    On any other connection than a reader's (the writer's, whose transaction may yet be rolled back) it is read each time.
    """
    memory = _by_connection.get(id(read))
    if memory is None:
        return find()
    found = memory.get(key, _NOTHING)
    if found is _NOTHING:
        found = find()
        if len(memory) >= MOST:
            memory.clear()      # another reader's thread may do the same meanwhile: nobody looks at it twice
        memory[key] = found
    return cast(T, found)


def current(read: sqlite3.Connection, name: Hashable, version: Hashable, make: Callable[[], T]) -> T:
    """One value under a name, of the version that was asked for last; `remembered` is for what may pile up, this for what is large.

    On any other connection than a reader's it is made each time.
    """
    memory = _by_connection.get(id(read))
    if memory is None:
        return make()
    found = memory.get(name)
    if found is None or found[0] != version:
        memory[name] = found = (version, make())
    return cast(T, found[1])
