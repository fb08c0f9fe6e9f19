"""What an update of Zalo means for us; odd ones mean nothing and harm nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Inbound, RemoteFile
from bot.channels.zalo_updates import key_of, parse
from handlers.kit.turn import Other, Said

HOA = {"id": "e4ea2cd5189df1c3a88c", "display_name": "Nguyễn Thị Hoa", "is_bot": False}
PRIVATE = {"id": "e4ea2cd5189df1c3a88c", "chat_type": "PRIVATE"}
GROUP = {"id": "g777", "chat_type": "GROUP"}


def update(content: dict[str, Any], event: str | None = "message.text.received", **extra: Any) -> dict[str, Any]:
    message = {"from": HOA, "chat": PRIVATE, "message_id": "16f6366b", "date": 1766619597466, **content, **extra}
    return {"message": message} if event is None else {"event_name": event, "message": message}


def read(content: dict[str, Any], event: str | None = "message.text.received", **extra: Any) -> Inbound | None:
    return parse(json.dumps(update(content, event, **extra)), "bot.ThiDua")


def test_a_text_with_its_sender() -> None:
    assert read({"text": "xep hang"}) == Inbound(
        HOA["id"], Said("xep hang"), "private", message_id="16f6366b", display_name="Nguyễn Thị Hoa"
    )


def test_wrapped_and_flat_bodies_mean_the_same() -> None:
    flat = update({"text": "hạn"})
    wrapped = {"ok": True, "result": flat}
    assert parse(json.dumps(wrapped)) == parse(json.dumps(flat))
    assert key_of(wrapped) == key_of(flat) == "message.text.received:16f6366b"


def test_an_update_without_its_event_is_known_by_its_content() -> None:
    assert read({"text": "hạn"}, event=None) == read({"text": "hạn"})
    picture = read({"photo": "https://zalo.example/a.jpg"}, event=None)
    assert picture is not None
    assert picture.file is not None


@pytest.mark.parametrize("field", ["photo", "photo_url"])
def test_a_picture_under_either_name(field: str) -> None:
    inbound = read({field: "https://zalo.example/a.jpg", "caption": "Quý 3"}, "message.image.received")
    assert inbound is not None
    assert inbound.file == RemoteFile("https://zalo.example/a.jpg", "anh.jpg", "image/jpeg", 0, "Quý 3")


@pytest.mark.parametrize("address", [None, 5, "", "file:///etc/passwd", "javascript:1"])
def test_a_picture_without_an_address_gets_an_answer(address: object) -> None:
    inbound = read({"photo": address}, "message.image.received")
    assert inbound is not None
    assert (inbound.file, inbound.input) == (None, Other("unsupported"))


@pytest.mark.parametrize("event", ["message.sticker.received", "message.voice.received", "message.unsupported.received"])
def test_what_has_no_text_for_us_gets_an_answer(event: str) -> None:
    inbound = read({}, event)
    assert inbound is not None
    assert inbound.input == Other("unsupported")


@pytest.mark.parametrize("text", ["@bot.ThiDua xếp hạng", "@BOT.thidua  xếp hạng", "@Bot xếp hạng", "xếp hạng"])
def test_in_a_group_the_mention_is_no_part_of_the_question(text: str) -> None:
    inbound = read({"text": text}, chat=GROUP)
    assert inbound is not None
    assert (inbound.input, inbound.kind, inbound.address, inbound.sender) == (Said("xếp hạng"), "group", "g777", HOA["id"])


def test_in_a_group_pictures_and_stickers_are_chatter() -> None:
    assert read({"photo": "https://zalo.example/a.jpg"}, "message.image.received", chat=GROUP) is None
    assert read({}, "message.sticker.received", chat=GROUP) is None


def test_other_bots_are_not_heard() -> None:
    assert read({"text": "hạn"}, **{"from": {**HOA, "is_bot": True}}) is None


def test_an_event_of_another_age_is_nothing() -> None:
    assert read({"text": "hạn"}, "message.reaction.received") is None


@pytest.mark.parametrize("number", [None, 5, "", [1]])
def test_an_update_without_a_message_id_has_no_key(number: object) -> None:
    assert key_of(update({"text": "hạn"}, message_id=number)) is None


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["PRIVATE", "GROUP", "https://a"])
NAMES = ("ok", "result", "event_name", "message", "from", "chat", "id", "chat_type", "text", "photo", "caption", "message_id", "is_bot")
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6), max_leaves=25
)


@given(TREES, st.dictionaries(st.sampled_from(NAMES), TREES, max_size=5))
def test_any_json_is_understood_or_set_aside(tree: object, odd: dict[str, object]) -> None:
    for given_update in (tree, update({"text": "hạn"}, **odd), {"ok": True, "result": tree}):
        inbound = parse(json.dumps(given_update), "bot.ThiDua")
        if inbound is not None:
            assert inbound.input is not None or inbound.file is not None
            assert inbound.address
        if isinstance(given_update, dict):
            key = key_of(given_update)
            assert key is None or isinstance(key, str)


@pytest.mark.parametrize("payload", ["", "{", "[]", "null", "[" * 100_000, '{"result": []}'])
def test_what_is_no_update_at_all_is_set_aside(payload: str) -> None:
    assert parse(payload) is None
