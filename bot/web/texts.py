"""What the chat page says itself, by the name its script asks for."""

from __future__ import annotations

from handlers.kit.message import Message, m

PAGE_TEXTS: dict[str, Message] = {
    "title": m("Thi Đua – the emulation cluster's chatbot"),
    "constructed": m("Constructed data – not real figures"),
    "role": m("Speak as"),
    "langson": m("Officer of Lạng Sơn"),
    "laocai": m("Officer of Lào Cai"),
    "secretary": m("Secretary of the cluster"),
    "leader": m("Leader of Lạng Sơn"),
    "stranger": m("Somebody who has not joined"),
    "plain": m("Zalo view (no buttons)"),
    "clock": m("Demo clock"),
    "hour": m("+1 hour"),
    "day": m("+1 day"),
    "next": m("To the next reminder"),
    "log": m("Conversation"),
    "write": m("Message"),
    "placeholder": m("Type a message"),
    "send": m("Send"),
    "attach": m("Attach a file"),
    "lost": m("The connection is lost. Trying again; what was sent is kept."),
    "too_large": m("The file is too large: at most 20 MB."),
    "code": m("Get a demo joining code"),
    "hint_ranking": m("ranking"),
    "hint_tasks": m("my tasks"),
    "hint_deadlines": m("deadlines"),
    "download": m("Download {name}", name="{name}"),
}
