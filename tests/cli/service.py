"""`thidua run` as a process of its own, as a service manager sees it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30
KILL_SECONDS = 20
"""Ten are promised; a machine that runs eight test processes at once is slower than a service manager allows for."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Service:
    """The process and what it says; ``prelude`` is run before it starts (a defect to put in).

    Use it as ``async with Service(...)``; it is killed in the end if it still runs.
    """

    def __init__(self, folder: Path, prelude: str = "", **settings: str) -> None:
        self._prelude = prelude or "pass"
        self._folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("THIDUA_")}
        database = str(folder / "cluster.sqlite3")
        self._environ = {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "THIDUA_DATABASE": database, **settings}
        self.told = ""
        self._ended = False
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Service:
        code = f"import sys; from bot.cli import main; {self._prelude}; sys.exit(main(['run']))"
        self.process: Process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, cwd=self._folder, env=self._environ, stdout=PIPE, stderr=asyncio.subprocess.STDOUT
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reading

    async def says(self, words: str) -> None:
        """Wait until it has said so; an AssertionError when it ends before."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS), self._news:
                await self._news.wait_for(lambda: words in self.told or self._ended)
        assert words in self.told, self.told

    async def running(self) -> None:
        await self.says("Hệ thống đang chạy")

    async def ends(self) -> int:
        """Its exit status, once it has ended by itself."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            status = await self.process.wait()
            await self._reading
        return status

    async def terminated(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit status after the signal. It must end before a service manager would kill it."""
        self.process.send_signal(number)
        async with asyncio.timeout(KILL_SECONDS):
            status = await self.process.wait()
        await self._reading
        return status

    async def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            while line := await self.process.stdout.readline():
                await self._tell(line.decode())
        finally:
            self._ended = True
            await self._tell("")

    async def _tell(self, line: str) -> None:
        async with self._news:
            self.told += line
            self._news.notify_all()
