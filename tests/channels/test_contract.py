"""What every channel keeps, however many there will be: a new one is added to `CHANNELS` and must pass."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Channel, Hooked, Inbound, Watched
from bot.channels.console import Console
from bot.channels.telegram import Telegram
from bot.channels.web import PLAIN, RICH, Web
from bot.channels.web_kept import Kept
from bot.channels.zalo import Zalo
from handlers.kit.turn import Said
from storage.web_chat import Lifetimes

TOKEN = "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi"

CHANNELS: dict[str, Callable[[], Channel]] = {
    "console": lambda: Console("an", lambda text: None),
    "telegram": lambda: Telegram(TOKEN, lambda: 0),
    "demo": lambda: Web("web", RICH, lambda: 0),
    "web": lambda: Kept(None, lambda: 0, Lifetimes(1, 1)),      # type: ignore[arg-type]  # nothing here is written
    "webplain": lambda: Web("webplain", PLAIN, lambda: 0),
    "zalo": lambda: Zalo(TOKEN),
}

MESSAGES = {
    "console": {"address": "an", "text": "xep hang", "id": "1"},
    "telegram": {
        "update_id": 1,
        "message": {
            "message_id": 1, "date": 0, "text": "xep hang", "chat": {"id": 5, "type": "private"},
            "from": {"id": 5, "is_bot": False, "first_name": "An"},
        },
    },
    "demo": {"kind": "text", "address": "an", "text": "xep hang", "id": "1"},
    "web": {"kind": "text", "address": "an", "text": "xep hang", "id": "1"},
    "webplain": {"kind": "text", "address": "an", "text": "xep hang", "id": "1"},
    "zalo": {
        "event_name": "message.text.received",
        "message": {
            "message_id": "1", "date": 0, "text": "xep hang", "chat": {"id": "an", "chat_type": "PRIVATE"},
            "from": {"id": "an", "display_name": "An", "is_bot": False},
        },
    },
}  # fmt: skip

KEYS = ("kind", "address", "text", "id", "message", "chat")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=12,
)


@pytest.fixture(params=CHANNELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_text_is_understood(name: str) -> None:
    inbound = CHANNELS[name]().parse(json.dumps(MESSAGES[name]))
    assert isinstance(inbound, Inbound)
    assert inbound.input == Said("xep hang")
    assert inbound.kind == "private"
    assert inbound.message_id == "1"


def test_reading_an_update_twice_gives_the_same(name: str) -> None:
    channel, payload = CHANNELS[name](), json.dumps(MESSAGES[name])
    assert channel.parse(payload) == channel.parse(payload)


@pytest.mark.parametrize("which", CHANNELS)
@given(content=JSON)
def test_odd_updates_are_nothing_for_us_and_no_error(which: str, content: object) -> None:
    inbound = CHANNELS[which]().parse(json.dumps(content))
    assert inbound is None or isinstance(inbound, Inbound)


@pytest.mark.parametrize("payload", ["", "{", "null", "[]", '"text"', "[" * 100_000])
def test_broken_json_is_nothing_for_us(name: str, payload: str) -> None:
    assert CHANNELS[name]().parse(payload) is None


def test_capabilities_are_usable(name: str) -> None:
    can = CHANNELS[name]().capabilities
    assert can.max_chars >= 500
    assert 0 < can.caption_chars <= can.max_chars
    assert can.max_buttons >= 1
    assert can.buttons_per_row >= 1


async def test_a_tap_without_anything_to_acknowledge_is_fine_and_closing_twice_too(name: str) -> None:
    channel = CHANNELS[name]()
    await channel.acknowledge(Inbound("an", Said("xep hang")))
    await channel.close()
    await channel.close()


HOOKED: dict[str, Callable[[], Channel]] = {
    "telegram": lambda: Telegram(TOKEN, lambda: 0, webhook="https://thidua.example.vn/hook", secret="x" * 43),
}


@pytest.mark.parametrize("which", HOOKED)
async def test_a_hook_knows_its_platform_and_takes_nothing_before_the_channel_listens(which: str) -> None:
    channel = HOOKED[which]()
    assert isinstance(channel, Hooked)
    hooks = channel.hooks()
    assert len(hooks) == 1
    for hook in hooks:
        assert hook.path.startswith("/")
        assert not hook.allowed({})
        assert await hook.take(json.dumps(MESSAGES[which]).encode()) == 503
    await channel.close()
    plain = CHANNELS[which]()
    assert isinstance(plain, Hooked)
    assert list(plain.hooks()) == []
    await plain.close()


def test_what_can_fall_silent_is_not_lost_when_it_begins(name: str) -> None:
    channel = CHANNELS[name]()
    assert not isinstance(channel, Watched) or (not channel.contact.lost and channel.contact.patience > 0)
