"""The chat page's channel. What is said and sent stands in the database before it is shown, so it waits for a page that is away.

In production it is ``web``: an address is a session's (`bot.web.chat`). The demo has two of its own making, ``demo`` with buttons and
edits and ``demoplain``, the "Zalo view" without either.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from bot.channels.base import Blocked, Capabilities, Inbound, OutcomeUnknown, Part, Receive, RemoteFile, Unreachable
from bot.screening import screen
from handlers.kit.turn import Other, Said, Tapped
from storage import files, web_chat
from storage.connection import Database, effect
from storage.errors import StorageError
from storage.web_chat import Shown
