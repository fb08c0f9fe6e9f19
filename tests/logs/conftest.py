"""Logging set up as a service's, and put back afterwards."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from bot import logs
from tests.channels.fake_telegram import TOKEN
from tests.logs.stream import HOOK_SECRET, Stream


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    """Logging as pytest has it, afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in logs.QUIET}
    hooks = sys.excepthook, threading.excepthook
    yield
    root.handlers[:], root.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logs._hidden.clear()


@pytest.fixture
def written() -> Stream:
    """The log as a service's, at the most talkative level."""
    stream = Stream()
    logs.set_up("DEBUG", (TOKEN,), stream)
    logs.hide(HOOK_SECRET)
    return stream
