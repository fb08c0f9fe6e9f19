"""The page for evidence, offered in the chat: where a channel takes no files, or somebody would rather send them from elsewhere."""

from __future__ import annotations

from dataclasses import replace

from handlers.kit.message import m
from handlers.kit.pages import page
from handlers.kit.reply import Choice, Go, Text, say
from handlers.kit.turn import Outcome, Turn, answer
from handlers.reporting.correction_desk import desk_of, title_of
from handlers.reporting.desk import Shut
from handlers.rules.text import fold

HERE = m("Files and photos can be sent right here in the chat.")
NO_PAGE = m("Files can be sent on a channel of the bot that takes them, or as photos here. They can also be handed to the secretary.")
WORDS = frozenset(
    ("gui tep", "gui file", "gui tap tin", "tai tep len", "gui minh chung", "gui tai lieu", "tep minh chung", "send files", "upload")
)
"""What asks for the page at any question of a report."""


def asks_for_page(text: str) -> bool:
    return fold(text).strip(" .") in WORDS


def other_ways(turn: Turn, command: str, subject: str) -> tuple[Choice, ...]:
    """How files can be sent from a channel that takes none: on a page, where the web side has a public address."""
    if turn.place.files or not turn.facts.get("public_url"):
        return ()
    return (Choice(m("Send files on a page"), Go(command, f"upload {subject}")),)


def ask_upload(turn: Turn, argument: str) -> Outcome:
    """A page to send files to; ``argument``: "duty:ID" or "report:ID", and the item they are for where it is one."""
    subject, _, item_id = argument.partition(" ")
    desk = desk_of(turn, subject)
    if desk is None or isinstance(desk, Shut):
        return answer(m("This report is not asked for any more.") if desk is None else desk.why)
    item = desk.paper.item(item_id)
    given = page(turn, "upload", subject if item is None else f"{subject} {item.id}")
    if given is None:
        return answer(HERE if turn.place.files else NO_PAGE)
    told = say(
        *((HERE,) if turn.place.files else ()),
        m("Send files for “{title}” on the page: {url}", title=title_of(turn, desk), url=given.url),
        Text(m("The link is for this person alone and is valid for 30 minutes. It is told here what was received."), "note"),
    )
    return Outcome(replace(told, once=True), (given.effect,))
