"""Logs: one line an event on stderr, without tokens, and without what officers write."""

from __future__ import annotations

import logging
import re

TOKEN = re.compile(r"\b\d{5,}:[A-Za-z0-9_-]{20,}")


class WithoutTokens(logging.Formatter):
    """Blanks whatever looks like a bot token, in messages and in tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub("<token>", super().format(record))


def set_up(level: str) -> None:
    """Log to stderr at ``level``; the libraries' own chatter stays quiet below warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(WithoutTokens("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("apscheduler", "aiohttp", "httpx", "httpcore", "telegram", "aiosqlite"):
        logging.getLogger(name).setLevel(logging.WARNING)
