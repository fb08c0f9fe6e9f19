"""The strict Bot API is strict: each of these requests would be refused by Telegram, and the fake notices."""

from __future__ import annotations

import json

import pytest

from tests.channels.botapi import Specification, Upload, read_html

SPECIFICATION = Specification()
GOOD = {"chat_id": "1", "text": "<b>a</b> &lt; b", "parse_mode": "HTML"}


def keyboard(*rows: list[dict[str, object]]) -> dict[str, str]:
    return {"reply_markup": json.dumps({"inline_keyboard": rows})}


BUTTON = {"text": "a", "callback_data": "m:a:0"}


def test_what_is_right_is_let_through() -> None:
    assert SPECIFICATION.check("sendMessage", {**GOOD, **keyboard([BUTTON] * 8)}, {}) == []
    assert SPECIFICATION.check("sendDocument", {"chat_id": "-5"}, {"document": Upload("Báo cáo.pdf", b"1")}) == []
    assert SPECIFICATION.check("getUpdates", {"offset": "5", "timeout": "25", "allowed_updates": '["message"]'}, {}) == []


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("sendMesage", GOOD),
        ("sendMessage", {**GOOD, "colour": "red"}),
        ("sendMessage", {"chat_id": "1"}),
        ("sendMessage", {**GOOD, "message_thread_id": "a"}),
        ("sendMessage", {**GOOD, "protect_content": "True"}),
        ("sendMessage", {**GOOD, "link_preview_options": '{"is_disabled": 1}'}),
        ("sendMessage", {**GOOD, "link_preview_options": '{"off": true}'}),
        ("sendMessage", {**GOOD, "reply_markup": "{"}),
        ("sendMessage", {**GOOD, "text": " "}),
        ("sendMessage", {**GOOD, "text": "<b></b>"}),
        ("sendMessage", {**GOOD, "text": "ă" * 4097}),
        ("sendMessage", {**GOOD, "text": "𝐀" * 2049}),
        ("sendMessage", {**GOOD, "text": "<b>a</b>" * 101}),
        ("sendMessage", {**GOOD, "parse_mode": "Markdown"}),
        ("sendMessage", {**GOOD, **keyboard([])}),
        ("sendMessage", {**GOOD, **keyboard([BUTTON] * 9)}),
        ("sendMessage", {**GOOD, **keyboard(*[[BUTTON]] * 101)}),
        ("sendMessage", {**GOOD, **keyboard([{"text": "a"}])}),
        ("sendMessage", {**GOOD, **keyboard([{"text": "a", "callback_data": "ă" * 33}])}),
        ("sendMessage", {**GOOD, **keyboard([{"text": " ", "callback_data": "a"}])}),
        ("editMessageText", {"text": "a"}),
        ("getUpdates", {"limit": "101"}),
        ("getUpdates", {"allowed_updates": "message"}),
        ("setMyCommands", {"commands": '[{"command": "Viec", "description": "a"}]'}),
        ("setMyCommands", {"commands": '[{"command": "viec", "description": ""}]'}),
        ("setMyCommands", {"commands": "[]", "language_code": "vie"}),
        ("answerCallbackQuery", {"callback_query_id": "a", "text": "a" * 201}),
    ],
)
def test_a_wrong_request_is_noticed(method: str, fields: dict[str, str]) -> None:
    assert SPECIFICATION.check(method, fields, {})


PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("upload", [Upload("b%C3%A1o.png", PNG), Upload("", PNG), Upload("a.png", b""), Upload("a.png", b"GIF")])
def test_a_wrong_upload_is_noticed(upload: Upload) -> None:
    assert SPECIFICATION.check("sendPhoto", {"chat_id": "1"}, {"photo": upload})


@pytest.mark.parametrize(
    "written", ["a < b", "a & b", "a > b", "<b>a", "a</b>", "<b><i>a</b></i>", "<p>a</p>", "a&nbsp;b", '<b class="x">a</b>', "<!-- a -->"]
)
def test_wrong_html_is_noticed(written: str) -> None:
    assert read_html(written)[1]


def test_a_text_is_measured_after_its_markup() -> None:
    assert read_html('<a href="https://t.me/a?b=1&amp;c=2">Điểm</a> &lt; 5') == ("Điểm < 5", [])
