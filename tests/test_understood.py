"""What the inbox keeps of an update: what was understood, whole, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import understood
from bot.channels.base import Inbound, RemoteFile
from bot.channels.telegram_updates import parse
from bot.screening import screen
from handlers.kit.turn import Other, Said, Tapped

WORDS = st.text(max_size=20)
INPUTS = st.one_of(
    st.none(),
    st.builds(Said, WORDS, st.booleans(), WORDS),
    st.builds(Tapped, WORDS, st.integers(0, 99)),
    st.builds(Other, st.sampled_from(("unsupported", "secret", "personal", "added"))),
)
FILES = st.none() | st.builds(RemoteFile, WORDS, WORDS, WORDS, st.integers(0, 10**9), WORDS)
KINDS = st.sampled_from(("private", "group"))
UPDATES = st.builds(Inbound, WORDS, INPUTS, KINDS, WORDS, st.none() | WORDS, st.none() | WORDS, WORDS, WORDS, FILES, WORDS)


@given(UPDATES)
def test_what_is_written_is_read_again(update: Inbound) -> None:
    assert understood.read(understood.write(update)) == update


@pytest.mark.parametrize(
    ("payload", "update"),
    [
        (
            {"address": "7", "input": {"text": "••••••••", "edited": False, "code_hash": "ab"}, "kind": "private", "sender": "",
             "thread": None, "message_id": "3", "display_name": "Lan", "language": "vi", "file": None, "ack": ""},
            Inbound("7", Said("••••••••", code_hash="ab"), message_id="3", display_name="Lan", language="vi"),
        ),
        (
            {"address": "7", "input": {"kind": "secret"}, "kind": "private", "sender": "", "thread": None, "message_id": "3",
             "display_name": "Lan", "language": "vi", "file": None, "ack": ""},
            Inbound("7", Other("secret"), message_id="3", display_name="Lan", language="vi"),
        ),
    ],
)  # fmt: skip
def test_what_an_earlier_version_had_screened_is_read(payload: dict[str, object], update: Inbound) -> None:
    assert understood.read('{"screened":' + json.dumps(payload, ensure_ascii=False) + "}") == update


def test_what_a_platform_wrote_is_left_to_its_channel() -> None:
    assert understood.read('{"update_id": 1, "message": {}}') is None


@pytest.mark.parametrize("name", ["MẬT", "004085012345", "Nguyễn Văn A 004 085 012 345"])
def test_the_name_of_an_account_is_screened_like_a_text(name: str) -> None:
    assert screen(Inbound("7", Said("xếp hạng"), display_name=name)).display_name == ""
    assert screen(Inbound("7", Said("xếp hạng"), display_name="Mật Thị Lan")).display_name == "Mật Thị Lan"


@pytest.mark.parametrize("file", ["anh 004085012345.jpg", "CCCD 123456789.pdf"])
def test_a_file_whose_name_holds_an_identity_number_is_only_a_fact(file: str) -> None:
    assert screen(Inbound("7", None, file=RemoteFile("1", file, "image/jpeg", 5))) == Inbound("7", Other("personal"))


def test_the_message_that_a_file_answers_to_is_not_kept_with_it() -> None:
    chat = {"id": 501, "type": "private"}
    answered = {"message_id": 3, "date": 1, "chat": chat, "text": "TUYỆT MẬT\nkế hoạch phòng thủ"}
    message = {
        "message_id": 9, "date": 1, "chat": chat, "from": {"id": 501, "is_bot": False, "first_name": "Hoa"},
        "document": {"file_id": "a", "file_name": "bao cao.pdf", "mime_type": "application/pdf", "file_size": 5},
        "reply_to_message": answered, "quote": {"text": "kế hoạch phòng thủ", "position": 0},
    }  # fmt: skip
    inbound = parse(json.dumps({"update_id": 1, "message": message}), 1, "thidua_bot")
    assert inbound is not None
    assert "phòng thủ" not in understood.write(screen(inbound))
    assert understood.read(understood.write(inbound)) == inbound
