"""Logs: one line an event on stderr, without tokens, joining codes, names, figures or anything that somebody wrote.

On a terminal a line is for the eye; everywhere else (journald, a container) it is one JSON object: ``time`` (UTC), ``level``, ``logger``,
``event``, the fields of `FIELDS`, and for a failure ``error`` (the types of the exceptions, the cause last) and ``at`` (its frames, the
innermost first). **The text of an exception is not logged**: ``int("mười hai")`` repeats what an officer wrote, an answer of the platform
repeats the message, an error of a connection its address with the token. Only SQLite's own texts are kept; they name tables, not content.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

FIELDS = ("channel", "update", "letter", "broadcast", "lane", "attempts", "status", "count", "seconds", "code")
"""What a line may carry beside its event: ``log.info("…", extra={"update": 3})``. Other names do not pass, so that no text slips in."""

OWN = ("bot", "handlers", "storage")
"""Our loggers. Of all others only the unfilled template of an event is kept: what a library puts into it is not ours to judge."""

QUIET = ("apscheduler", "aiohttp", "httpx", "httpcore", "telegram", "aiosqlite", "asyncio")
PLAIN_TEXTS = "sqlite3"
ROOT = Path(__file__).resolve().parents[1]
MOST_FRAMES = 8
MOST_CAUSES = 5
LONGEST_EVENT = 500

TOKEN = re.compile(r"\b\d{5,}:[A-Za-z0-9_-]{16,}")
CODE = re.compile(r"(?<![A-Za-z0-9_])(?=[A-Z]*[2-9])[A-HJ-NP-Z2-9]{8}(?![A-Za-z0-9_])")
ADDRESS = re.compile(r"\b([a-z]+):-?\d{4,}\b")
URL = re.compile(r"(\bhttps?://[^/\s'\"<>]+)/[^\s'\"<>]*")
PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}

_hidden: set[str] = set()


def hide(*secrets: str | None) -> None:
    """Blank these texts wherever a line would show them: tokens from the settings, secrets that were minted."""
    _hidden.update(secret for secret in secrets if secret is not None and len(secret) >= 8)


def masked(text: str) -> str:
    """The text without tokens, joining codes, addresses of people and paths of URLs (a token, or a page's key, stands in them)."""
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, "<secret>")
    text = URL.sub(r"\1/…", TOKEN.sub("<token>", text))
    return CODE.sub("<code>", ADDRESS.sub(r"\1:…", text))


def set_up(level: str, secrets: Iterable[str | None] = (), stream: TextIO | None = None) -> None:
    """Log to stderr at ``level``, JSON unless it is a terminal; libraries are quiet below warnings. What ends the program is logged too."""
    hide(*secrets)
    out = sys.stderr if stream is None else stream
    handler = _Handler(out)
    handler.setFormatter(ForTheEye() if out.isatty() else OneObject(journal=_is_journal(out)))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    if stream is None:
        sys.excepthook = _uncaught
        threading.excepthook = lambda given: _uncaught(given.exc_type, given.exc_value, given.exc_traceback)


class OneObject(logging.Formatter):
    """A record as one JSON object. ``journal``: with the level in front, as journald wants it (``journalctl -p err`` works then)."""

    def __init__(self, *, journal: bool = False) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"time": at, "level": record.levelname, "logger": record.name, "event": _event(record), **_fields(record), **_error(record)}
        line = json.dumps(told, ensure_ascii=False)
        return f"<{PRIORITIES.get(record.levelno, 6)}>{line}" if self._journal else line


class ForTheEye(logging.Formatter):
    """The same content as one line for a terminal, in local time with its offset."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(timespec="seconds", sep=" ")
        parts = [f"{at} {record.levelname} {record.name}: {_event(record)}"]
        parts += [f"{name}={value}" for name, value in _fields(record).items()]
        error = _error(record)
        if error:
            parts.append(": ".join(filter(None, (" < ".join(error["error"]), error.get("text", "")))))
            parts += [f"at {each}" for each in error["at"][:3]]
        return " · ".join(parts)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A line that cannot be formatted: logging would print its arguments, whatever they hold."""
        broken = logging.LogRecord(record.name, logging.ERROR, record.pathname, record.lineno, "A log line could not be written", (), None)
        try:
            self.stream.write(self.format(broken) + self.terminator)
        except (OSError, ValueError):
            return      # stderr itself has gone


def _event(record: logging.LogRecord) -> str:
    """What happened, on one line. Of a library only the template (asyncio fills in a task's repr, with its exception's text, by itself)."""
    own = record.name.split(".", 1)[0] in OWN
    text = record.getMessage() if own else str(record.msg).strip().split("\n", 1)[0]
    return " ".join(masked(text).split())[:LONGEST_EVENT]


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in FIELDS:
        value = record.__dict__.get(name)
        if isinstance(value, bool | int | float):
            found[name] = round(value, 3) if isinstance(value, float) else value
        elif value is not None:
            found[name] = masked(str(value))[:100]
    return found


def _error(record: logging.LogRecord) -> dict[str, Any]:
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is None:
        return {}
    chain = list(_chain(error))
    told: dict[str, Any] = {"error": [type(each).__name__ for each in chain]}
    texts = [str(each) for each in chain if type(each).__module__ == PLAIN_TEXTS]
    if texts:
        # "Could not decode to UTF-8 column 'name' with text '…'": of a damaged file even SQLite shows content.
        told["text"] = " ".join(masked(texts[0].partition(" with text ")[0]).split())[:LONGEST_EVENT]
    frames = [_frame(each) for failed in (chain[-1], error) for each in reversed(traceback.extract_tb(failed.__traceback__))]
    told["at"] = list(dict.fromkeys(frames))[:MOST_FRAMES]
    return told


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, and what led to it."""
    seen: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if seen is None:
            return
        yield seen
        if isinstance(seen, BaseExceptionGroup):
            seen = seen.exceptions[0]
        else:
            seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def _frame(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    try:
        shown = path.relative_to(ROOT).as_posix()
    except ValueError:
        shown = "/".join(path.parts[-2:])
    if "site-packages" in shown:
        shown = shown.rpartition("site-packages/")[2]
    return f"{shown}:{frame.lineno} {frame.name}"


def _is_journal(stream: TextIO) -> bool:
    """Whether the stream is connected to systemd's journal (it says so in the environment, as device and inode)."""
    given = os.environ.get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return given == f"{status.st_dev}:{status.st_ino}"


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """What nobody caught: Python would print its text."""
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("bot").critical("The program met a defect", exc_info=(kind, error, trace))
