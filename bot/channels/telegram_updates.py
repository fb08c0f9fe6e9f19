"""A raw update of the Bot API, understood: plain JSON in, `Inbound` out. Odd, missing or deeply nested fields give None, never an error."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from bot.channels.base import Inbound, RemoteFile
from handlers.kit.turn import ChatKind, Input, Other, Said, Tapped

TAP = re.compile(r"m:([A-Za-z0-9_-]{1,40}):([0-9]{1,3})")

KINDS: dict[str, ChatKind] = {"private": "private", "group": "group", "supergroup": "group"}

UNSUPPORTED = (
    "sticker", "voice", "video", "video_note", "audio", "animation", "location", "venue", "contact", "poll", "dice", "story", "checklist",
    "paid_media", "game",
)  # fmt: skip


def parse(payload: str, bot_id: int, bot_name: str) -> Inbound | None:
    """What the update means for us; ``bot_name`` is the bot's username, by which groups address it."""
    try:
        update = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(update, dict):
        return None
    try:
        if "callback_query" in update:
            return _tap(update["callback_query"])
        if "message" in update:
            return _message(update["message"], bot_id, bot_name, edited=False)
        if "edited_message" in update:
            return _message(update["edited_message"], bot_id, bot_name, edited=True)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        return None
    return None


def _tap(query: dict[str, Any]) -> Inbound | None:
    message = query["message"]
    found = TAP.fullmatch(query.get("data") or "")
    where = _where(message, query["from"])
    if where is None:
        return None
    tapped = Tapped(found[1], int(found[2])) if found else Tapped("", 0)        # a button of another age: no longer valid
    return Inbound(**where, input=tapped, message_id=str(int(message["message_id"])), ack=str(query["id"]))


def _message(message: dict[str, Any], bot_id: int, bot_name: str, *, edited: bool) -> Inbound | None:
    where = _where(message, message.get("from"))
    if where is None:
        return None
    message_id = str(int(message["message_id"]))
    text = message.get("text")
    if isinstance(text, str):
        if where["kind"] == "group":
            addressed = _addressed(message, text, bot_id, bot_name)
            if addressed is None:
                return None
            text = addressed
        return Inbound(**where, input=Said(_without_our_name(text, bot_name), edited), message_id=message_id)
    if where["kind"] == "group" and not edited and _took_us_in(message, bot_id):
        return Inbound(**where, input=Other("added"), message_id=message_id)
    if where["kind"] == "group" or edited:      # an edited caption files nothing again; a moving position is no message
        return None
    file = _file(message)
    if file is not None:
        return Inbound(**where, input=None, message_id=message_id, file=file)
    given: Input | None = Other("unsupported") if any(kind in message for kind in UNSUPPORTED) else None
    return None if given is None else Inbound(**where, input=given, message_id=message_id)


def _where(message: dict[str, Any], sender: dict[str, Any] | None) -> dict[str, Any] | None:
    """The fields of an Inbound that say where and who. An anonymous administrator or a channel is nobody we may trust."""
    chat = message["chat"]
    kind = KINDS.get(chat["type"])
    if kind is None or sender is None or (sender.get("is_bot") and "sender_chat" not in message):
        return None
    anonymous = "sender_chat" in message
    thread = message.get("message_thread_id") if message.get("is_topic_message") else None
    names = (sender.get("first_name"), sender.get("last_name"))
    # Vietnamese names are written family name first; Telegram's fields hold them the other way round.
    name = " ".join(part.strip() for part in reversed(names) if isinstance(part, str) and part.strip())
    return {
        "address": str(int(chat["id"])),
        "kind": kind,
        "sender": "" if kind == "private" else ("anonymous" if anonymous else str(int(sender["id"]))),
        "thread": None if thread is None else str(int(thread)),
        "display_name": name[:80],
        "language": str(sender.get("language_code") or "")[:8],
    }


def _addressed(message: dict[str, Any], text: str, bot_id: int, bot_name: str) -> str | None:
    """The text, if a group message is for us: a command, our @name, or an answer to a message of ours."""
    answered = message.get("reply_to_message")
    # In a topic every message "answers" the one that opened the topic.
    author = answered.get("from") if isinstance(answered, dict) and "forum_topic_created" not in answered else None
    to_us = isinstance(author, dict) and author.get("id") == bot_id
    if text.startswith("/"):
        _, at, name = text.split(maxsplit=1)[0].partition("@")
        return text if not at or name.lower() == bot_name.lower() else None
    mentioned = bool(bot_name) and _name(bot_name).search(text) is not None
    return text if to_us or mentioned else None


def _took_us_in(message: dict[str, Any], bot_id: int) -> bool:
    """Whether somebody added us to the group, or made one with us in it."""
    members = message.get("new_chat_members")
    added = isinstance(members, list) and any(isinstance(each, dict) and each.get("id") == bot_id for each in members)
    return added or message.get("group_chat_created") is True or message.get("supergroup_chat_created") is True


def _without_our_name(text: str, bot_name: str) -> str:
    if not bot_name:
        return text
    return (_name(bot_name).sub("", text) if "@" in text else text).strip()


@lru_cache(maxsize=8)
def _name(bot_name: str) -> re.Pattern[str]:
    return re.compile(rf"@{re.escape(bot_name)}\b", re.IGNORECASE)


def _file(message: dict[str, Any]) -> RemoteFile | None:
    caption = message.get("caption")
    caption = caption if isinstance(caption, str) else ""
    document = message.get("document")
    if isinstance(document, dict):
        name, media_type = document.get("file_name") or "tep", document.get("mime_type") or "application/octet-stream"
        return RemoteFile(str(document["file_id"]), str(name)[:120], str(media_type)[:100], int(document.get("file_size") or 0), caption)
    photo = message.get("photo")
    if isinstance(photo, list) and photo:
        largest = max(photo, key=lambda size: int(size.get("file_size") or size.get("width") or 0))
        return RemoteFile(str(largest["file_id"]), "anh.jpg", "image/jpeg", int(largest.get("file_size") or 0), caption)
    return None
