"""Blocks, messages and values as JSON text, written straight from the objects: every answer passes here on its way to the outbox.

Building dictionaries for `json` to walk would take half as long again. `handlers.kit.wire` reads the texts again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from handlers.kit.chart import Bar, Chart
from handlers.kit.message import Day, Message, Moment, Number, Value
from handlers.kit.reply import Answer, Block, Choice, Choices, Fields, File, Go, Picture, Table, Text, Typed

quoted = encode_basestring
"""A text as JSON, in one call into C."""

TRUTH = {False: "false", True: "true"}


def block_text(block: Block) -> str:
    match block:
        case Text():
            return f'{{"text":{_message(block.message)},"style":"{block.style}"}}'
        case Fields():
            rows = ",".join([f"[{_message(label)},{_value(value)}]" for label, value in block.rows])
            return f'{{"fields":[{rows}]}}'
        case Table():
            rows = ",".join([f"[{_values(row)}]" for row in block.rows])
            header = ",".join(map(_message, block.header))
            strong = "null" if block.strong is None else block.strong
            return f'{{"table":[{rows}],"align":"{block.align}","header":[{header}],"strong":{strong}}}'
        case Choices():
            return f'{{"choices":{choices_text(block.choices)},"columns":{block.columns}}}'
        case Picture():
            alt, public = _message(block.alt), TRUTH[block.public]
            chart = "" if block.chart is None else f',"chart":{_chart(block.chart)}'
            return f'{{"picture":{quoted(block.sha256)},"type":{quoted(block.media_type)},"alt":{alt},"public":{public}{chart}}}'
        case File():
            caption = _optional(block.caption)
            named = f'"type":{quoted(block.media_type)},"name":{quoted(block.name)}'
            return f'{{"file":{quoted(block.sha256)},{named},"caption":{caption}}}'


def choices_text(choices: Iterable[Choice]) -> str:
    return f"[{','.join(map(_choice, choices))}]"


def _choice(choice: Choice) -> str:
    match choice.action:
        case Go() as go:
            where = f'"go":[{quoted(go.command)},{quoted(go.argument)}]'
        case Answer() as given:
            where = f'"answer":{quoted(given.value)}'
        case Typed():
            where = '"typed":true'
    if choice.says:
        where += f',"says":"{choice.says}"'
    if choice.several:
        where += ',"several":true'
    return f'{{"label":{_message(choice.label)},"numbered":{TRUTH[choice.numbered]},{where}}}'


def _chart(chart: Chart) -> str:
    bars, notes = ",".join(map(_bar, chart.bars)), ",".join(map(_message, chart.notes))
    return f'{{"title":{_message(chart.title)},"subtitle":{_optional(chart.subtitle)},"bars":[{bars}],"notes":[{notes}]}}'


def _bar(bar: Bar) -> str:
    moved = "null" if bar.moved is None else bar.moved
    shown = f"{quoted(bar.rank)},{quoted(bar.name)},{_value(bar.value)}"
    return f"[{shown},{TRUTH[bar.own]},{moved},{_optional(bar.note)},{TRUTH[bar.apart]}]"


def _optional(message: Message | None) -> str:
    return "null" if message is None else _message(message)


def _message(message: Message) -> str:
    text = f'{{"id":{quoted(message.msgid)}'
    if message.values:
        values = ",".join([f'"{name}":{_WRITERS[type(value)](value)}' for name, value in message.values.items()])
        text += f',"v":{{{values}}}'
    if message.plural is not None:
        text += f',"p":{quoted(message.plural)},"c":{message.count}'
    if message.context is not None:
        text += f',"x":{quoted(message.context)}'
    return text + "}"


def _values(values: Iterable[Value]) -> str:
    return ",".join([_WRITERS[type(value)](value) for value in values])


def _value(value: Value) -> str:
    return _WRITERS[type(value)](value)


def _number(number: Number) -> str:
    exact = number.value
    text = str(exact) if isinstance(exact, (Decimal, int)) else f"{exact.numerator}/{exact.denominator}"
    decimals = "null" if number.decimals is None else number.decimals
    return f'{{"n":["{text}",{decimals},{quoted(number.unit)}]}}'


def _moment(moment: Moment) -> str:
    return f'{{"t":[{moment.epoch},"{moment.style}"]}}'


def _day(day: Day) -> str:
    return f'{{"d":["{day.value.isoformat()}","{day.style}"]}}'


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: quoted,
    int: str,
    Message: lambda value: f'{{"m":{_message(value)}}}',
    tuple: lambda value: f'{{"l":[{_values(value)}]}}',
    Number: _number,
    Moment: _moment,
    Day: _day,
    date: lambda value: f'{{"d":["{value.isoformat()}","date"]}}',
}
"""By the exact class of a value, which is quicker than asking for one class after the other."""
