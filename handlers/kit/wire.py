"""Replies and menus as JSON: what stands in the outbox and in the menus table, in no language and for no channel."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from handlers.kit.chart import Bar, Chart
from handlers.kit.json_text import TRUTH, block_text, choices_text
from handlers.kit.message import Day, Message, Moment, Number, Value
from handlers.kit.reply import Action, Answer, Block, Choice, Choices, Fields, File, Go, Picture, Reply, Table, Text, Typed
from storage import conversation, outbox
from storage.connection import Effect, effect

MENU_SECONDS = 90 * 86_400
"""How long a button can be tapped. Rights are checked when it is, and an answer to an older question is refused anyway."""


MOST_KEPT = 1024

_encoded: dict[str, Reply] = {}
"""Replies that were just encoded, by their text: most letters are sent by the program that queued them, a moment later."""


def encode(reply: Reply) -> str:
    """The reply as JSON text."""
    texts = [block_text(block) if reply.once else _written(block) for block in reply.blocks]
    text = (
        f'{{"blocks":[{",".join(texts)}],"replaces":{TRUTH[reply.replaces]},"protect":{TRUTH[reply.protect]},'
        f'"once":{TRUTH[reply.once]}}}'
    )
    if not reply.once:
        if len(_encoded) >= MOST_KEPT:
            _encoded.clear()
        _encoded[text] = reply
    return text


_texts: dict[int, tuple[Block, str]] = {}
"""The JSON of blocks by their identity: an answer that many are given is one object (`storage.memory.remembered`)."""


def _written(block: Block) -> str:
    kept = _texts.get(id(block))
    if kept is not None and kept[0] is block:
        return kept[1]
    text = block_text(block)
    if len(_texts) >= MOST_KEPT:
        _texts.clear()
    _texts[id(block)] = (block, text)
    return text


def encode_blocks(blocks: Iterable[Block]) -> str:
    """Blocks as JSON texts with commas between: what many replies have in common is written once."""
    return ",".join(map(block_text, blocks))


def encode_joined(*blocks: str) -> str:
    """The reply that consists of blocks from `encode_blocks`, as `encode` would write it."""
    return f'{{"blocks":[{",".join(filter(None, blocks))}],"replaces":false,"protect":false,"once":false}}'


def decode(text: str) -> Reply:
    """The reply that `encode` wrote."""
    return _encoded.get(text) or _decoded(text)


def _decoded(text: str) -> Reply:
    document = json.loads(text)
    blocks = tuple(_read_block(block) for block in document["blocks"])
    return Reply(blocks, document["replaces"], document["protect"], document.get("once", False))    # the first release had no `once`


def encode_choices(choices: tuple[Choice, ...]) -> str:
    """The choices of a menu as JSON text."""
    return choices_text(choices)


def _menu_of(reply: Reply, choices: tuple[Choice, ...]) -> str:
    """The menu of a reply. The one block of choices that most replies have is written already."""
    of_choices = [block for block in reply.blocks if isinstance(block, Choices)]
    if reply.once or len(of_choices) != 1:
        return encode_choices(choices)
    text = _written(of_choices[0])      # {"choices":[...],"columns":2}
    return text[len('{"choices":') : text.rindex(',"columns":')]


@lru_cache(maxsize=256)
def decode_choices(text: str) -> tuple[Choice, ...]:
    return tuple(_read_choice(choice) for choice in json.loads(text))


def queue_effects(
    reply: Reply,
    *,
    channel: str,
    address: str,
    language: str,
    now: int,
    mint: Callable[[], str],
    dialogue: str | None = None,
    thread: str | None = None,
    person_id: str | None = None,
    lane: str = "reply",
    key: str | None = None,
    replaces: str | None = None,
    subject: str | None = None,
    not_before: int | None = None,
    expires_at: int | None = None,
) -> tuple[Effect, ...]:
    """The effects that queue a reply to one address, with the menu that its choices mean."""
    effects: list[Effect] = []
    menu_id = None
    choices = reply.choices
    if choices:
        menu_id = mint()
        menu = conversation.Menu(menu_id, channel, address, _menu_of(reply, choices), dialogue, now + MENU_SECONDS)
        effects.append(effect(conversation.save_menu, menu, now))
    effects.append(
        effect(
            outbox.queue, channel, address, encode(reply), language, now, lane=lane, key=key, thread=thread, person_id=person_id,
            menu_id=menu_id, replaces=replaces, subject=subject, not_before=not_before, expires_at=expires_at,
        )
    )  # fmt: skip
    return tuple(effects)


def _read_value(raw: Any) -> Value:
    if not isinstance(raw, dict):
        if isinstance(raw, (str, int)):
            return raw
        raise ValueError(f"not a value: {raw!r}")
    ((kind, content),) = raw.items()
    if kind == "m":
        return _read_message(content)
    if kind == "n":
        text, decimals, unit = content
        return Number(Fraction(text) if "/" in text else Decimal(text), decimals, unit)
    if kind == "d":
        return Day(date.fromisoformat(content[0]), content[1])
    if kind == "t":
        return Moment(content[0], content[1])
    return tuple(_read_value(each) for each in content)


def _read_message(raw: dict[str, Any]) -> Message:
    values = {name: _read_value(value) for name, value in raw.get("v", {}).items()}
    return Message(raw["id"], values, raw.get("p"), raw.get("c"), raw.get("x"))


def _read_choice(raw: dict[str, Any]) -> Choice:
    action: Action = Go(*raw["go"]) if "go" in raw else Answer(raw["answer"]) if "answer" in raw else Typed()
    return Choice(_read_message(raw["label"]), action, raw["numbered"], raw.get("says", ""), raw.get("several", False))


def _read_block(raw: dict[str, Any]) -> Block:
    if "text" in raw:
        return Text(_read_message(raw["text"]), raw["style"])
    if "fields" in raw:
        return Fields(tuple((_read_message(label), _read_value(value)) for label, value in raw["fields"]))
    if "table" in raw:
        rows = tuple(tuple(_read_value(cell) for cell in row) for row in raw["table"])
        return Table(rows, raw["align"], tuple(_read_message(cell) for cell in raw["header"]), raw["strong"])
    if "choices" in raw:
        return Choices(tuple(_read_choice(choice) for choice in raw["choices"]), raw["columns"])
    if "picture" in raw:
        chart = _read_chart(raw["chart"]) if "chart" in raw else None
        return Picture(raw["picture"], raw["type"], _read_message(raw["alt"]), raw.get("public", False), chart)
    return File(raw["file"], raw["type"], raw["name"], _read_optional(raw["caption"]))


def _read_chart(raw: dict[str, Any]) -> Chart:
    bars = tuple(
        Bar(rank, name, _read_value(value), own, moved, _read_optional(note), apart)
        for rank, name, value, own, moved, note, apart in raw["bars"]
    )
    return Chart(_read_message(raw["title"]), _read_optional(raw["subtitle"]), bars, tuple(map(_read_message, raw["notes"])))


def _read_optional(raw: dict[str, Any] | None) -> Message | None:
    return None if raw is None else _read_message(raw)
