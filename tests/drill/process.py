"""The bot as a process: the code path of `thidua run`, with a clock that can be moved and a heart that stops at a commit of choice.

``python -m tests.drill.process`` imports the bot once and then forks a child for every order that comes as a line of JSON: a start takes a
few milliseconds. What is changed for a drill is changed in the child alone, from outside; the product has no hook.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import IO, Any, Literal

LONGEST_LIFE = 400
"""Seconds after which a child ends itself, should nobody be left to end it."""

LOADED = (
    "bot.cli", "bot.cli.run", "bot.application", "bot.channels.telegram", "bot.channels.zalo", "bot.facts", "bot.lock", "bot.logs",
    "bot.web.server", "apscheduler.executors.asyncio", "apscheduler.triggers.interval", "babel.numbers",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Order:
    """How a process lives. ``die_at``: the COMMIT (counted from 1) at which it kills itself, ``before`` or ``after`` it; 0: never.

    ``hurry``: by how much the channel's pauses after a failure are shortened. ``pace``: THIDUA_TELEGRAM_PACE, empty
    for the bot's own. ``tell_again``: seconds after which a person is told again that nothing can be written.
    ``environment``: further settings.
    """

    database: str
    api: str
    token: str
    clock: str
    log: str
    die_at: int = 0
    die: Literal["before", "after"] = "before"
    busy_timeout_ms: int = 5_000
    tick_seconds: float = 3_600
    hurry: float = 0.005
    read_timeout: float = 1.0
    poll_seconds: int = 1
    pace: str = "off"
    tell_again: float = 600
    environment: tuple[tuple[str, str], ...] = ()


# In the test's process -----------------------------------------------------------------------------------------------------------


class Nursery:
    """The process that forks the bots; one bot lives at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.drill.process"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    async def start(self, order: Order) -> Living:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        pid = int(await asyncio.to_thread(self._process.stdout.readline))
        return Living(pid, self._process.stdout)


class Living:
    """A bot that runs. `kill` it in a finally."""

    def __init__(self, pid: int, news: IO[str]) -> None:
        self.pid = pid
        self._asked = False
        self._end = asyncio.create_task(asyncio.to_thread(news.readline), name=f"end of {pid}")

    @property
    def dead(self) -> bool:
        return self._end.done()

    @property
    def ended_by_itself(self) -> bool:
        """Whether it ended, and not by SIGKILL."""
        return self.dead and self._end.result().strip() != str(-signal.SIGKILL) and not self._asked

    def limit_files(self, size: int | None) -> None:
        """No file of the process grows beyond ``size`` bytes: a disk that is full. None: there is room again."""
        most = resource.RLIM_INFINITY if size is None else size
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    async def kill(self, number: int = signal.SIGKILL) -> int:
        """Send the signal, unless it is dead already, and wait for its end; the exit status, negative for a signal."""
        self._asked = True
        if not self.dead:
            with contextlib.suppress(ProcessLookupError):       # it died a moment ago, and the news is on its way
                os.kill(self.pid, number)
        return await self.ended()

    async def ended(self, within: float | None = None) -> int:
        """Wait for its end. Raises TimeoutError."""
        async with asyncio.timeout(within):
            return int(await asyncio.shield(self._end))


class SharedClock:
    """A file says what time it is: ``at`` (epoch) when the machine's clock read ``since``, running ``speed`` times as fast."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def set(self, at: float, speed: float) -> None:
        other = self._path.with_suffix(".new")
        other.write_text(json.dumps([at, time.time(), speed]), encoding="utf-8")
        other.replace(self._path)

    def advance(self, seconds: float) -> None:
        at, since, speed = json.loads(self._path.read_text(encoding="utf-8"))
        self.set(at + (time.time() - since) * speed + seconds, speed)

    def now(self) -> int:
        return int(self.exactly())

    def exactly(self) -> float:
        at, since, speed = json.loads(self._path.read_text(encoding="utf-8"))
        return float(at + (time.time() - since) * speed)


# In the nursery and its children ----------------------------------------------------------------------------------------------------


def main() -> None:
    """Fork a child for every order, and say its number and then how it ended."""
    _import_the_bot()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            status = 70
            try:
                status = _live(Order(**json.loads(line)))
            finally:
                os._exit(status)
        print(pid, flush=True)                              # noqa: T201 - the protocol
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)        # noqa: T201


def _import_the_bot() -> None:
    """All that `thidua run` loads, so that the children have it. It starts no thread and opens no connection."""
    for name in LOADED:
        importlib.import_module(name)
    from handlers.registry import registry

    registry()


def _live(order: Order) -> int:
    signal.alarm(LONGEST_LIFE)
    log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name in [name for name in os.environ if name.startswith("THIDUA_")]:
        del os.environ[name]
    os.environ |= {"THIDUA_DATABASE": order.database, "THIDUA_TELEGRAM_TOKEN": order.token, "THIDUA_TELEGRAM_API": order.api}
    os.environ |= {"THIDUA_TELEGRAM_PACE": order.pace, **dict(order.environment)}
    os.chdir(Path(order.database).parent)
    _arrange(order)
    from bot.cli import main as thidua

    return thidua(["run"])


def _arrange(order: Order) -> None:
    """Change what the drill changes: the clock, the ticks, the patience, and the heart."""
    import bot.application
    import bot.channels.telegram
    import bot.channels.zalo
    import bot.clock
    import bot.turns
    import storage.hop
    import storage.opening

    class Clock(SharedClock):
        def __init__(self) -> None:
            super().__init__(Path(order.clock))

    async def _in_a_hurry(seconds: float) -> None:
        await asyncio.sleep(seconds * order.hurry)

    made = bot.channels.telegram.Telegram.__init__
    longest = order.poll_seconds + order.read_timeout

    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        hurried = {"wait": _in_a_hurry, "read_timeout": order.read_timeout, "poll_seconds": order.poll_seconds, "longest_poll": longest}
        made(self, *args, **{**kwargs, **hurried})

    made_zalo = bot.channels.zalo.Zalo.__init__

    def make_zalo(self: Any, *args: Any, **kwargs: Any) -> None:
        made_zalo(self, *args, **{**kwargs, "wait": _in_a_hurry, "read_timeout": order.read_timeout, "poll_seconds": order.poll_seconds})

    bot.channels.telegram.Telegram.__init__ = make          # type: ignore[method-assign]
    bot.channels.zalo.Zalo.__init__ = make_zalo             # type: ignore[method-assign]
    bot.clock.SystemClock = Clock                           # type: ignore[assignment,misc]
    show_to_apscheduler(Clock().exactly)
    bot.application.TICK_SECONDS = order.tick_seconds       # type: ignore[assignment]
    storage.opening.BUSY_TIMEOUT_MS = order.busy_timeout_ms
    bot.turns.TELL_AGAIN_SECONDS = order.tell_again         # type: ignore[assignment]
    if order.die_at:
        _mortal(order)


def show_to_apscheduler(wall: Callable[[], float]) -> None:
    """Its wall clock is this one from now on."""

    class Shown(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Shown:
            return cls.fromtimestamp(wall(), tz)

    for name in ("apscheduler.schedulers.base", "apscheduler.executors.base", "apscheduler.triggers.interval"):
        importlib.import_module(name).datetime = Shown      # type: ignore[attr-defined]


def _mortal(order: Order) -> None:
    """Every connection of the program's from now on counts its commits and dies at the one that was ordered."""
    import storage.hop

    left = order.die_at

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()                                      # it comes at once, but not before this line

    class Mortal(storage.hop.WorkingConnection):
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            return super().execute(sql, *args) if sql.strip().rstrip(";").upper() != "COMMIT" else self._at_commit(sql)

        def _at_commit(self, sql: str) -> sqlite3.Cursor:
            nonlocal left
            left -= 1
            if left == 0 and order.die == "before":
                die()
            done = super().execute(sql)
            if left == 0:
                die()
            return done

    storage.hop.WorkingConnection = Mortal                  # type: ignore[misc]


if __name__ == "__main__":
    main()
