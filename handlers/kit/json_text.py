"""Blocks, messages and values as JSON text, written straight from the objects: every answer passes here on its way to the outbox.

Building dictionaries for `json` to walk would take half as long again. `handlers.kit.wire` reads the texts again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from handlers.kit.message import Day, Message, Moment, Number, Value
from handlers.kit.reply import Answer, Block, Choice, Choices, Fields, File, Go, Picture, Table, Text, Typed

quoted = json.JSONEncoder(ensure_ascii=False).encode
"""A text as JSON: of a string it is one call into C."""

TRUTH = {False: "false", True: "true"}


def block_text(block: Block) -> str:
    match block:
        case Text():
            return f'{{"text":{_message(block.message)},"style":"{block.style}"}}'
        case Fields():
            rows = ",".join(f"[{_message(label)},{_value(value)}]" for label, value in block.rows)
            return f'{{"fields":[{rows}]}}'
        case Table():
            rows = ",".join(f"[{_values(row)}]" for row in block.rows)
            header = ",".join(map(_message, block.header))
            strong = "null" if block.strong is None else block.strong
            return f'{{"table":[{rows}],"align":"{block.align}","header":[{header}],"strong":{strong}}}'
        case Choices():
            return f'{{"choices":{choices_text(block.choices)},"columns":{block.columns}}}'
        case Picture():
            alt, public = _message(block.alt), TRUTH[block.public]
            return f'{{"picture":{quoted(block.sha256)},"type":{quoted(block.media_type)},"alt":{alt},"public":{public}}}'
        case File():
            caption = "null" if block.caption is None else _message(block.caption)
            named = f'"type":{quoted(block.media_type)},"name":{quoted(block.name)}'
            return f'{{"file":{quoted(block.sha256)},{named},"caption":{caption}}}'


def choices_text(choices: Iterable[Choice]) -> str:
    return f"[{','.join(map(_choice, choices))}]"


def _choice(choice: Choice) -> str:
    match choice.action:
        case Go(command, argument):
            where = f'"go":[{quoted(command)},{quoted(argument)}]'
        case Answer(value):
            where = f'"answer":{quoted(value)}'
        case Typed():
            where = '"typed":true'
    if choice.says:
        where += f',"says":"{choice.says}"'
    if choice.several:
        where += ',"several":true'
    return f'{{"label":{_message(choice.label)},"numbered":{TRUTH[choice.numbered]},{where}}}'


def _message(message: Message) -> str:
    text = f'{{"id":{quoted(message.msgid)}'
    if message.values:
        values = ",".join([f'"{name}":{quoted(value) if type(value) is str else _value(value)}' for name, value in message.values.items()])
        text += f',"v":{{{values}}}'
    if message.plural is not None:
        text += f',"p":{quoted(message.plural)},"c":{message.count}'
    if message.context is not None:
        text += f',"x":{quoted(message.context)}'
    return text + "}"


def _values(values: Iterable[Value]) -> str:
    return ",".join([quoted(value) if type(value) is str else _value(value) for value in values])


def _value(value: Value) -> str:
    match value:
        case str():
            return quoted(value)
        case Message():
            return f'{{"m":{_message(value)}}}'
        case Number():
            exact = value.value
            text = f"{exact.numerator}/{exact.denominator}" if isinstance(exact, Fraction) else str(exact)
            decimals = "null" if value.decimals is None else value.decimals
            return f'{{"n":["{text}",{decimals},{quoted(value.unit)}]}}'
        case int():
            return str(value)
        case tuple():
            return f'{{"l":[{_values(value)}]}}'
        case Moment():
            return f'{{"t":[{value.epoch},"{value.style}"]}}'
        case Day():
            return f'{{"d":["{value.value.isoformat()}","{value.style}"]}}'
        case date():
            return f'{{"d":["{value.isoformat()}","date"]}}'
