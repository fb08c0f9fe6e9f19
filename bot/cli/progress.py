"""What takes longer than two seconds says on a terminal what it is at: one line on stderr, rewritten, and gone when it ends."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from bot.language import Language
from handlers.kit.message import Message, m

PATIENCE = 2.0
"""Seconds during which nothing is said."""

EVERY = 1.0
_CLEAR = "\r\x1b[K"


class Progress:
    """The line. ``clock``: seconds that only grow. Nothing is ever written to what is not a terminal."""

    def __init__(
        self, language: Language, what: Message, *, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._language = language
        self._what = what
        self._out = sys.stderr if out is None else out
        self._clock = clock
        self._began = clock()
        self._shown = False
        self._lock = threading.Lock()

    def at(self, what: Message) -> None:
        """The work has come to something else."""
        self._what = what
        self.draw()

    def draw(self) -> None:
        """Write the line anew, once the work has taken long enough."""
        seconds = self._clock() - self._began
        if seconds < PATIENCE or not self._out.isatty():
            return
        text = self._language.text(m("{what} … {seconds} s", what=self._what, seconds=int(seconds)))
        width = shutil.get_terminal_size().columns - 1
        with self._lock:
            self._shown = True
            self._out.write(_CLEAR + (text if len(text) <= width else text[: width - 1] + "…"))
            self._out.flush()

    def clear(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._shown:
                self._out.write(_CLEAR)
                self._out.flush()
                self._shown = False


@contextmanager
def working(language: Language, what: Message) -> Iterator[Progress]:
    """Show how long the work inside has been going on, and what it is at (`Progress.at`, also from other threads)."""
    progress, done = Progress(language, what), threading.Event()

    def keep_drawing() -> None:
        while not done.wait(EVERY):
            progress.draw()

    drawing = threading.Thread(target=keep_drawing, name="progress", daemon=True)
    drawing.start()
    try:
        yield progress
    finally:
        done.set()
        drawing.join()
        progress.clear()
