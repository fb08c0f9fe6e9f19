"""What an update of Telegram means for us; odd ones mean nothing and harm nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Inbound, RemoteFile
from bot.channels.telegram_updates import parse
from handlers.kit.turn import Other, Said, Tapped
from tests.channels.botapi import Specification

BOT_ID, BOT = 123456789, "thidua_bot"
HOA = {"id": 501, "is_bot": False, "first_name": "Hoa", "last_name": "Nguyễn Thị", "language_code": "vi"}
PRIVATE = {"id": 501, "type": "private"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Cụm"}
OURS = {"message_id": 3, "date": 1, "chat": GROUP, "from": {"id": BOT_ID, "is_bot": True, "first_name": "Thi Đua"}}


def read(content: dict[str, Any], kind: str = "message", **extra: Any) -> Inbound | None:
    message = {"message_id": 9, "date": 1, "from": HOA, "chat": PRIVATE, **content, **extra}
    return parse(json.dumps({"update_id": 1, kind: message}), BOT_ID, BOT)


def said(content: dict[str, Any], **extra: Any) -> str | None:
    inbound = read(content, **extra)
    return None if inbound is None or not isinstance(inbound.input, Said) else inbound.input.text


def test_a_text_with_its_sender() -> None:
    assert read({"text": "xep hang"}) == Inbound(
        "501", Said("xep hang"), "private", message_id="9", display_name="Nguyễn Thị Hoa", language="vi"
    )


def test_an_edited_text_says_so() -> None:
    inbound = read({"text": "86", "edit_date": 2}, "edited_message")
    assert inbound is not None
    assert inbound.input == Said("86", edited=True)


@pytest.mark.parametrize("content", [{"document": {"file_id": "a"}, "caption": "mới"}, {"location": {"latitude": 1, "longitude": 2}}])
def test_an_edit_of_anything_else_files_nothing_again(content: dict[str, Any]) -> None:
    assert read(content, "edited_message") is None


def test_a_tap() -> None:
    message = {"message_id": 4, "date": 0, "chat": PRIVATE}
    query = {"id": "q1", "from": HOA, "chat_instance": "1", "data": "m:id00000001:12", "message": message}
    inbound = parse(json.dumps({"update_id": 1, "callback_query": query}), BOT_ID, BOT)
    assert inbound is not None
    assert (inbound.input, inbound.message_id, inbound.ack, inbound.address) == (Tapped("id00000001", 12), "4", "q1", "501")


@pytest.mark.parametrize("data", [None, "", "m:a", "m::1", "report:5", "m:a:1234", "m:a:1\n"])
def test_a_tap_on_a_button_of_another_age_is_acknowledged_as_a_stale_one(data: str | None) -> None:
    query = {"id": "q1", "from": HOA, "message": {"message_id": 4, "date": 1, "chat": PRIVATE}, **({} if data is None else {"data": data})}
    inbound = parse(json.dumps({"update_id": 1, "callback_query": query}), BOT_ID, BOT)
    assert inbound is not None
    assert (inbound.input, inbound.ack) == (Tapped("", 0), "q1")


@pytest.mark.parametrize(
    ("content", "heard"),
    [
        ({"text": "xếp hạng"}, None),
        ({"text": "/xephang"}, "/xephang"),
        ({"text": "/xephang@thidua_bot Lào Cai"}, "/xephang Lào Cai"),
        ({"text": "/xephang@ThiDua_Bot"}, "/xephang"),
        ({"text": "/xephang@other_bot"}, None),
        ({"text": "/xephang@thidua_bot2"}, None),
        ({"text": "@thidua_bot xếp hạng"}, "xếp hạng"),
        ({"text": "Hỏi @thidua_bot2 xem"}, None),
        ({"text": "xếp hạng", "reply_to_message": OURS}, "xếp hạng"),
        ({"text": "xếp hạng", "reply_to_message": {**OURS, "forum_topic_created": {"name": "a"}}}, None),
        ({"text": "xếp hạng", "reply_to_message": {**OURS, "from": HOA}}, None),
        ({"document": {"file_id": "a"}}, None),
        ({"sticker": {}}, None),
        ({"new_chat_members": [HOA]}, None),
    ],
)
def test_in_a_group_only_what_is_meant_for_us(content: dict[str, Any], heard: str | None) -> None:
    inbound = read(content, chat=GROUP)
    if heard is None:
        assert inbound is None
        return
    assert inbound is not None
    assert (inbound.input, inbound.address, inbound.sender, inbound.kind) == (Said(heard), "-1001", "501", "group")


def test_before_the_own_name_is_known_groups_hear_commands_only() -> None:
    def heard(text: str) -> bool:
        message = {"message_id": 1, "date": 1, "from": HOA, "chat": GROUP, "text": text}
        return parse(json.dumps({"update_id": 1, "message": message}), BOT_ID, "") is not None

    assert (heard("/han"), heard("/han@thidua_bot"), heard("@thidua_bot han"), heard("@")) == (True, False, False, False)


def test_an_anonymous_administrator_is_nobody() -> None:
    """His `from` is the same for all anonymous administrators of all groups: no account may hang on it."""
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    inbound = read({"text": "/tiendo"}, chat=GROUP, **{"from": anonymous, "sender_chat": GROUP})
    assert inbound is not None
    assert inbound.sender == "anonymous"


@pytest.mark.parametrize(
    "message",
    [
        {"from": None}, {"from": {**HOA, "is_bot": True}}, {"chat": {"id": -5, "type": "channel"}}, {"chat": {"id": 5, "type": "sender"}},
    ],
)  # fmt: skip
def test_other_bots_and_channels_are_not_heard(message: dict[str, Any]) -> None:
    assert read({"text": "/han", **message}) is None


def test_a_topic_travels_with_the_message_and_a_plain_answer_has_none() -> None:
    inside = read({"text": "/han", "message_thread_id": 7, "is_topic_message": True}, chat=GROUP)
    answer = read({"text": "/han", "message_thread_id": 7}, chat=GROUP)
    assert inside is not None
    assert answer is not None
    assert (inside.thread, answer.thread) == ("7", None)


def test_a_document_and_the_largest_photo() -> None:
    described = {"file_id": "d", "file_name": "Báo cáo.pdf", "mime_type": "application/pdf", "file_size": 12}
    document = read({"document": described, "caption": "Quý 3"})
    photo = read({"photo": [{"file_id": "s", "file_size": 10, "width": 90}, {"file_id": "l", "file_size": 99, "width": 900}]})
    assert document is not None
    assert photo is not None
    assert document.file == RemoteFile("d", "Báo cáo.pdf", "application/pdf", 12, "Quý 3")
    assert photo.file == RemoteFile("l", "anh.jpg", "image/jpeg", 99, "")


@pytest.mark.parametrize("kind", ["sticker", "voice", "video", "location", "contact", "poll", "checklist"])
def test_what_we_cannot_take_gets_an_answer(kind: str) -> None:
    inbound = read({kind: {}})
    assert inbound is not None
    assert inbound.input == Other("unsupported")


@pytest.mark.parametrize("content", [{"pinned_message": {}}, {"group_chat_created": True}, {}, {"text": 5}, {"text": None}])
def test_what_is_no_message_of_a_person_gets_none(content: dict[str, Any]) -> None:
    assert read(content) is None


# Odd updates ----------------------------------------------------------------------------------------------------------------------

NAMES = sorted({name for kind in ("Update", "Message", "Chat", "User", "CallbackQuery") for name in Specification().types[kind]["fields"]})
TEXTS = st.text(max_size=9) | st.sampled_from(["private", "supergroup", "/han", "@thidua_bot"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6),
    max_leaves=25,
)


def _understood(payload: str) -> None:
    inbound = parse(payload, BOT_ID, BOT)
    if inbound is not None:
        assert inbound.input is not None or inbound.file is not None
        int(inbound.address)
        assert isinstance(inbound.display_name, str)
        assert inbound.message_id is not None
        int(inbound.message_id)


@given(TREES)
def test_any_json_is_understood_or_set_aside(tree: object) -> None:
    _understood(json.dumps(tree))


@given(
    st.sampled_from(["message", "edited_message", "callback_query"]),
    st.sampled_from([PRIVATE, GROUP]),
    st.dictionaries(st.sampled_from(NAMES), TREES, max_size=6),
)
def test_a_message_with_any_odd_fields_is_understood_or_set_aside(kind: str, chat: dict[str, object], odd: dict[str, object]) -> None:
    plain: dict[str, object] = {"message_id": 1, "date": 1, "from": HOA, "chat": chat, "text": "/han"}
    if kind == "callback_query":
        plain = {"id": "q", "from": HOA, "data": "m:a:1", "message": plain}
    _understood(json.dumps({"update_id": 1, kind: {**plain, **odd}}))


NO_NUMBER = '{"message": {"message_id": 1e999, "chat": {"id": 1, "type": "private"}, "from": {"id": 1}, "text": "a"}}'


@pytest.mark.parametrize("payload", ["", "{", "[]", "null", "[" * 100_000, NO_NUMBER])
def test_what_is_no_update_at_all_is_set_aside(payload: str) -> None:
    assert parse(payload, BOT_ID, BOT) is None
