"""Whatever a platform hands us as an update is stored and settled, nothing reaches the loop, and good ones beside it are answered."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.telegram_updates import parse
from tests.channels.test_telegram_updates import BOT, BOT_ID, GROUP, HOA, NAMES, PRIVATE, TREES
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.consistency import problems

KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "poll", "")
DEEP = "[" * 3_000 + "]" * 3_000
HUGE = "ắ" * 100_000


@st.composite
def odd_updates(draw: st.DrawFn) -> str:
    """A raw update: a sound one with odd fields, any JSON, or no JSON at all."""
    shape = draw(st.integers(0, 9))
    if shape == 0:
        return draw(st.text(max_size=40))
    if shape == 1:
        return json.dumps(draw(TREES))
    message: dict[str, Any] = {"message_id": 1, "date": 1, "from": HOA, "chat": draw(st.sampled_from([PRIVATE, GROUP])), "text": "/han"}
    kind = draw(st.sampled_from(KINDS))
    if kind == "callback_query":
        message = {"id": "q", "from": HOA, "data": "m:a:1", "message": message}
    message |= draw(st.dictionaries(st.sampled_from(NAMES), TREES, max_size=5))
    for name in draw(st.lists(st.sampled_from(sorted(message)), max_size=2)):
        message.pop(name, None)
    if shape == 2:
        message["text"] = draw(st.sampled_from([HUGE, "\ud800", "\x00", "\u202e" * 50, "ntm01 " + "9" * 5_000]))
    if shape == 3:
        return json.dumps({"update_id": 1, kind: message})[:-1] + f', "deep": {DEEP}}}'
    return json.dumps({"update_id": draw(st.integers(-(2**70), 2**70)), kind: message})


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(updates=st.lists(odd_updates(), min_size=1, max_size=12))
def test_odd_updates_are_settled_and_good_ones_answered(sample: Path, updates: list[str]) -> None:
    async def play(path: Path) -> tuple[int, list[dict[str, Any]]]:
        unheard: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: unheard.append(context))
        chat = Chat(path, START, WITH_BUTTONS, "telegram")
        chat.channel.parse = lambda payload: parse(payload, BOT_ID, BOT)  # type: ignore[method-assign]
        await chat.open()
        receive = chat.application.receiver("telegram")
        good = [
            json.dumps({"update_id": number, "message": {"message_id": number, "date": 1, "from": {**HOA, "id": 900 + number},
                        "chat": {"id": 900 + number, "type": "private"}, "text": "/start"}})
            for number in range(3)
        ]  # fmt: skip
        payloads = [*updates, *good]
        stored = [payload.encode("utf-8", "replace").decode() for payload in payloads]
        await asyncio.gather(*(receive(f"u{number}", payload) for number, payload in enumerate(stored)))
        await chat.application.settle()
        answered = sum(bool(chat.new(str(900 + number))) for number in range(3))
        await chat.close()
        return answered, unheard

    folder = Path(tempfile.mkdtemp(prefix="thidua-fuzz-"))
    try:
        path = Path(shutil.copy(sample, folder / "fuzz.sqlite3"))
        answered, unheard = asyncio.run(play(path))
        assert (answered, unheard) == (3, [])
        assert problems(path) == []
    finally:
        shutil.rmtree(folder)
