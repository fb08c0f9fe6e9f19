"""What the Bot API takes: the official specification as data (`botapi-10.1.json`), and the limits that it only tells in words."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

SPECIFICATION = Path(__file__).with_name("botapi-10.1.json")
TAGS = {
    "b": "", "strong": "", "i": "", "em": "", "u": "", "ins": "", "s": "", "strike": "", "del": "", "span": "class", "tg-spoiler": "",
    "a": "href", "tg-emoji": "emoji-id", "code": "class", "pre": "", "blockquote": "expandable",
}  # fmt: skip
ENTITIES = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
ACTIONS = {
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
}  # fmt: skip
IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part of a multipart request; the name as it stands in the header."""

    name: str
    content: bytes


class Specification:
    """The methods, types and fields of the Bot API."""

    def __init__(self, path: Path = SPECIFICATION) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        self.methods: dict[str, Any] = document["methods"]
        self.types: dict[str, Any] = document["types"]

    def check(self, method: str, fields: Mapping[str, str], uploads: Mapping[str, Upload]) -> list[str]:
        """Everything that is wrong with a request whose fields are form-encoded."""
        known = self.methods.get(method)
        if known is None:
            return [f"there is no method {method}"]
        wrong = [f"{method} knows no field {name}" for name in {*fields, *uploads} - set(known["fields"])]
        wrong += [f"{method} needs {name}" for name in known["required"] if name not in fields and name not in uploads]
        for name in set(uploads) & set(known["fields"]):
            if "InputFile" not in known["fields"][name]:
                wrong.append(f"{method}.{name} is no file")
        for name in set(fields) & set(known["fields"]):
            kinds = known["fields"][name]
            if not any(self._fits_form(fields[name], kind) for kind in kinds):
                wrong.append(f"{method}.{name} = {fields[name]!r} is none of {kinds}")
        return wrong + (_limits(method, fields, uploads) if not wrong else [])

    def _fits_form(self, written: str, kind: str) -> bool:
        match kind:
            case "String":
                return True
            case "Integer":
                return re.fullmatch(r"-?\d{1,19}", written) is not None
            case "Float":
                return re.fullmatch(r"-?\d+(\.\d+)?", written) is not None
            case "Boolean":
                return written in ("true", "false")
            case "InputFile":
                return False
        try:
            return self._fits(json.loads(written), kind)
        except ValueError:
            return False

    def _fits(self, value: Any, kind: str) -> bool:
        if kind.startswith("Array of "):
            return isinstance(value, list) and all(self._fits(each, kind.removeprefix("Array of ")) for each in value)
        simple: dict[str, Callable[[Any], bool]] = {
            "String": lambda given: isinstance(given, str),
            "Integer": lambda given: type(given) is int,
            "Float": lambda given: type(given) in (int, float),
            "Boolean": lambda given: isinstance(given, bool),
        }
        if kind in simple:
            return simple[kind](value)
        described = self.types[kind]
        if "subtypes" in described:
            return any(self._fits(value, each) for each in described["subtypes"])
        if not isinstance(value, dict) or set(value) - set(described["fields"]) or set(described["required"]) - set(value):
            return False
        if any(value.get(name) != constant for name, constant in described.get("const", {}).items()):
            return False
        return all(any(self._fits(given, each) for each in described["fields"][name]) for name, given in value.items())


class _Reader(HTMLParser):
    """The text of a message in Telegram's HTML, and what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.text: list[str] = []
        self.entities = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = " ".join(name for name, _ in attrs)
        if tag not in TAGS or names not in ("", TAGS[tag]):
            self.wrong.append(f"Telegram knows no <{tag} {names}>")
        if tag == "blockquote" and "blockquote" in self.open:
            self.wrong.append("a blockquote within a blockquote")
        self.open.append(tag)
        self.entities += 1

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.wrong.append("a comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def read_html(written: str) -> tuple[str, list[str]]:
    """(text after entities, what is wrong) of a text in HTML; every <, > and & that is no markup must be written as an entity."""
    reader = _Reader()
    reader.feed(written)
    reader.close()
    wrong = reader.wrong + [f"<{tag}> stays open" for tag in reader.open]
    bare = re.sub(r"</?[a-z][a-z-]*(?: [^<>]*)?>", "", ENTITIES.sub("", written))
    wrong += [f"a bare {sign!r}" for sign in "<>&" if sign in bare]
    if reader.entities > 100:
        wrong.append("more than 100 entities")
    return "".join(reader.text), wrong


def units(text: str) -> int:
    """UTF-16 units after NFC."""
    return len(unicodedata.normalize("NFC", text).encode("utf-16-le")) // 2


def _limits(method: str, fields: Mapping[str, str], uploads: Mapping[str, Upload]) -> list[str]:
    """What the specification tells in words only (PLATFORMS: "limits that PTB does not check")."""
    wrong = [*_texts(method, fields), *_buttons(fields), *_uploads(uploads)]
    if not 1 <= int(fields.get("limit", "100")) <= 100 or not 0 <= int(fields.get("timeout", "0")) <= 50:
        wrong.append("getUpdates asks for too much")
    if method == "setMyCommands":
        commands = json.loads(fields["commands"])
        if len(commands) > 100 or len({command["command"] for command in commands}) < len(commands):
            wrong.append("too many commands, or one twice")
        wrong += [
            f"no command of Telegram's: {command}"
            for command in commands
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) or not 1 <= len(command["description"]) <= 256
        ]
        if not re.fullmatch(r"|[a-z]{2}", fields.get("language_code", "")):
            wrong.append(f"no language: {fields['language_code']}")
    if method == "answerCallbackQuery" and len(fields.get("text", "")) > 200:
        wrong.append("a callback answer of more than 200 characters")
    if method == "editMessageText" and not ({"chat_id", "message_id"} <= set(fields) or "inline_message_id" in fields):
        wrong.append("editMessageText without a message")
    return wrong


def _texts(method: str, fields: Mapping[str, str]) -> list[str]:
    wrong = []
    if fields.get("parse_mode", "HTML") != "HTML":
        wrong.append("a markup that we do not write")
    for name, limit in (("text", 4096), ("caption", 1024)):
        if method == "answerCallbackQuery" or name not in fields:
            continue
        plain, bad = read_html(fields[name]) if fields.get("parse_mode") == "HTML" else (fields[name], [])
        wrong += bad
        if units(plain) > limit or (name == "text" and not plain.strip()):
            wrong.append(f"a {name} of {units(plain)} units")
    return wrong


def _buttons(fields: Mapping[str, str]) -> list[str]:
    rows = json.loads(fields.get("reply_markup", "{}")).get("inline_keyboard", [])
    wrong = [f"a row of {len(row)} buttons" for row in rows if not 1 <= len(row) <= 8]
    if sum(map(len, rows)) > 100:
        wrong.append("more than 100 buttons")
    for button in (button for row in rows for button in row):
        if len(set(button) & ACTIONS) != 1 or not button["text"].strip():
            wrong.append(f"no button: {button}")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            wrong.append(f"callback data of {len(button['callback_data'].encode())} bytes")
    return wrong


def _uploads(uploads: Mapping[str, Upload]) -> list[str]:
    wrong = []
    for name, upload in uploads.items():
        limit = (10 if name == "photo" else 50) * 1024 * 1024
        if not 1 <= len(upload.content) <= limit:
            wrong.append(f"a {name} of {len(upload.content)} bytes")
        if not upload.name or re.search(r"%[0-9A-F]{2}|[\x00-\x1f/\\]", upload.name):
            wrong.append(f"a file named {upload.name!r}")
        if name == "photo" and not upload.content.startswith(IMAGES):
            wrong.append("a photo that is no picture")
    return wrong
