"""Pictures of charts: painted once, kept in a folder beside the database, and given by the hash of what they show."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import logging
import sys
from pathlib import Path
from types import ModuleType

from bot.clock import Clock
from handlers.kit.chart import Chart
from handlers.kit.language import Language
from storage import drawings

log = logging.getLogger(__name__)

VERSION = 1
"""Raise it when the same SVG would be painted in another way."""

PAINT_SECONDS = 20.0
MOST_WAITING = 8
"""Beyond so many, words go at once: whoever waits for a picture holds up the answers of others."""

PROGRAM = Path(__file__).with_name("paint.py")


class NotPainted(Exception):
    """The program did not give a picture."""


class Painter:
    """Paints into one database's folder, one picture at a time: a small server has other things to do."""

    def __init__(self, folder: Path, clock: Clock, program: Path = PROGRAM) -> None:
        self.folder = folder
        self._clock = clock
        self._program = program
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._one = asyncio.Lock()
        self._modules: dict[str, ModuleType] = {}

    async def painted(self, chart: Chart, language: Language) -> str | None:
        """The hash under which the picture lies in the folder; None where it could not be painted (the log says why): its words go instead.

        Who asks for what is being painted already waits for that.
        """
        try:
            drawing: str = (await self._module("svg")).svg(chart, language)
            key = hashlib.sha256(f"{VERSION} {drawing}".encode()).hexdigest()
            if drawings.use(self.folder, key, self._clock.now()):
                return key
            if key not in self._under_way and len(self._under_way) >= MOST_WAITING:
                log.warning("Too many pictures are asked for at once; words go instead of one")
                return None
            await asyncio.shield(self._task(key, drawing))
        except Exception as error:
            log.exception("A picture could not be drawn; its words go instead (%s)", type(error).__name__)
            return None
        return key

    async def _module(self, name: str) -> ModuleType:
        """Imported on first use: a start does not wait for what draws."""
        if name not in self._modules:       # not looked for among those of Python: another thread may be half through importing it
            self._modules[name] = await asyncio.to_thread(importlib.import_module, f"bot.drawing.{name}")
        return self._modules[name]

    def _task(self, key: str, drawing: str) -> asyncio.Task[None]:
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._paint(key, drawing), name="painting")
            task.add_done_callback(lambda done: self._ended(key, done))
        return task

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()        # who waited has told of it; whoever stopped waiting does not care

    async def _paint(self, key: str, drawing: str) -> None:
        async with self._one, asyncio.timeout(PAINT_SECONDS):
            png = await self._painted(drawing)
        await asyncio.to_thread(drawings.keep, self.folder, key, png, self._clock.now())

    async def _painted(self, drawing: str) -> bytes:
        fonts = map(str, (await self._module("font")).files().values())
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(self._program), *fonts, stdin=pipe, stdout=pipe, stderr=pipe
        )
        try:
            png, told = await process.communicate(drawing.encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0 or not png.startswith(drawings.SIGNATURE):
            last = told.decode(errors="replace").strip().splitlines()[-1:] or [f"exit status {process.returncode}"]
            raise NotPainted(last[0])
        return png
