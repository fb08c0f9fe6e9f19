"""The page for evidence, offered in the chat: where a channel takes no files, or somebody would rather send them from elsewhere."""

from __future__ import annotations

from dataclasses import replace

from handlers.kit.message import m
from handlers.kit.pages import page
from handlers.kit.reply import Text, say
from handlers.kit.turn import Outcome, Turn, answer
from handlers.reporting.desk import Shut, open_desk
from handlers.rules.text import fold

HERE = m("Files and photos can be sent right here in the chat.")
NO_PAGE = m("Files can be sent on a channel of the bot that takes them, or as photos here. They can also be handed to the secretary.")
WORDS = frozenset(
    ("gui tep", "gui file", "gui tap tin", "tai tep len", "gui minh chung", "gui tai lieu", "tep minh chung", "send files", "upload")
)
"""What asks for the page at any question of a report."""


def asks_for_page(text: str) -> bool:
    return fold(text).strip(" .") in WORDS


def ask_upload(turn: Turn, argument: str) -> Outcome:
    """A page to send files to; ``argument``: the duty, and the item they are for where it is one."""
    duty_id, _, item_id = argument.partition(" ")
    desk = open_desk(turn, duty_id)
    if isinstance(desk, Shut):
        return answer(desk.why)
    item = desk.paper.item(item_id)
    given = page(turn, "upload", f"duty:{duty_id}" if item is None else f"duty:{duty_id} {item.id}")
    if given is None:
        return answer(HERE if turn.place.files else NO_PAGE)
    told = say(
        *((HERE,) if turn.place.files else ()),
        m("Send files for “{title}” on the page: {url}", title=desk.duty.title, url=given.url),
        Text(m("The link is for this person alone and is valid for 30 minutes. It is told here what was received."), "note"),
    )
    return Outcome(replace(told, once=True), (given.effect,))
