"""A raw update of the Zalo Bot Platform, understood: plain JSON in, `Inbound` out. Odd or missing fields give None, never an error.

Bodies come wrapped (``{ok, result: {event_name, message}}``) or flat. There is no update id: event and message id are the key.
"""

from __future__ import annotations

import json
import re
from typing import Any

from bot.channels.base import Inbound, RemoteFile
from handlers.kit.turn import Other, Said
from handlers.rules.text import fold

UNSUPPORTED = ("message.sticker.received", "message.voice.received", "message.unsupported.received")
"""What has no text for us. ``unsupported`` comes for protected senders and holds no content at all: a legitimate event."""

MENTION = re.compile(r"^@\S+(?:\s+|$)")
LONGEST_KEY = 200


def key_of(update: dict[str, Any]) -> str | None:
    """The identity of an update, by which it is dropped when it comes again; None: it has none and cannot be told from others."""
    given = _unwrapped(update)
    message = given.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("message_id"), str) or not message["message_id"]:
        return None
    return f"{_event(given)}:{message['message_id']}"[:LONGEST_KEY]


def parse(payload: str, bot_name: str = "") -> Inbound | None:
    """What the update means for us; ``bot_name`` is by what groups address the bot."""
    try:
        update = json.loads(payload)
        return _understood(_unwrapped(update), bot_name) if isinstance(update, dict) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _unwrapped(update: dict[str, Any]) -> dict[str, Any]:
    result = update.get("result")
    return result if isinstance(result, dict) else update


def _event(given: dict[str, Any]) -> str:
    """The event's name; where it is missing (documented examples of polling) the content tells it."""
    name = given.get("event_name")
    if isinstance(name, str) and name:
        return name
    return "message.image.received" if _picture(given["message"]) else "message.text.received"


def _understood(given: dict[str, Any], bot_name: str) -> Inbound | None:
    message = given["message"]
    sender, chat = message["from"], message["chat"]
    if sender.get("is_bot") is True:
        return None
    address, person = str(chat["id"]), str(sender["id"])
    group = str(chat.get("chat_type", "PRIVATE")).upper() == "GROUP"
    if not address or not person:
        return None
    name = str(sender.get("display_name") or sender.get("first_name") or "")
    number = message.get("message_id")
    common: dict[str, Any] = {
        "kind": "group" if group else "private",
        "sender": person if group else "",
        "message_id": number if isinstance(number, str) else None,
        "display_name": name,
    }
    event, text = _event(given), message.get("text")
    if event == "message.text.received" and isinstance(text, str):
        return Inbound(address, Said(_without_our_name(text, bot_name) if group else text), **common)
    if group:
        return None
    if event == "message.image.received":
        url = _picture(message)
        if not url:
            return Inbound(address, Other("unsupported"), **common)
        caption = message.get("caption") or message.get("text") or ""
        return Inbound(address, None, file=RemoteFile(url, "anh.jpg", "image/jpeg", 0, str(caption)), **common)
    return Inbound(address, Other("unsupported"), **common) if event in UNSUPPORTED else None


def _picture(message: dict[str, Any]) -> str:
    """The address of a picture that was sent; both names of the field occur."""
    for name in ("photo_url", "photo"):
        url = message.get(name)
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            return url
    return ""


def _without_our_name(text: str, bot_name: str) -> str:
    """A group's message holds our name where we were mentioned: the account's ("bot.ThiDua") or as it is shown ("Bot Thi Đua")."""
    ours = "".join(letter for letter in fold(bot_name) if letter.isalnum())
    for at in (place for place, sign in enumerate(text) if sign == "@"):
        said = ""
        for end in range(at + 1, min(len(text), at + 1 + len(bot_name) * 2)):
            said += "".join(letter for letter in fold(text[end]) if letter.isalnum())
            if said == ours and said and not text[end + 1 : end + 2].isalnum():
                return f"{text[:at].rstrip()} {text[end + 1 :].lstrip(' ,:')}".strip()
            if not ours.startswith(said):
                break
    return MENTION.sub("", text, count=1).strip()
