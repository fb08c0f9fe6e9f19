"""argparse that speaks the operator's language: help texts are messages, and its own complaints are translated."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from bot.language import Language
from handlers.kit.message import Message, m

_COMPLAINTS: tuple[tuple[re.Pattern[str], Callable[..., Message]], ...] = (
    (re.compile(r"the following arguments are required: (.*)"), lambda names: m("missing: {names}", names=names)),
    (re.compile(r"unrecognized arguments: (.*)"), lambda words: m("not understood: {words}", words=words)),
    (
        re.compile(r"argument (.*): invalid choice: '?(.*?)'? \(choose from (.*)\)"),
        lambda name, value, allowed: m(
            "{name}: {value} is not one of {allowed}", name=name, value=value, allowed=allowed.replace("'", "")
        ),
    ),
    (
        re.compile(r"argument (.*): invalid int value: '(.*)'"),
        lambda name, value: m("{name}: {value} is not a whole number", name=name, value=value),
    ),
    (re.compile(r"argument .*: invalid year value: '(.*)'"), lambda value: m("{text} is not a year", text=value)),
    (re.compile(r"argument (.*): expected .*"), lambda name: m("{name}: a value is missing", name=name)),
    (re.compile(r"argument (.*): not allowed with argument (.*)"), lambda a, b: m("{a} and {b} exclude each other", a=a, b=b)),
    (re.compile(r"ambiguous option: (.*?) could match (.*)"), lambda word, names: m("{word} may be {names}", word=word, names=names)),
)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose ``description`` and ``help`` may be messages."""

    def __init__(self, *, language: Language, description: Message | str | None = None, **given: Any) -> None:
        self.language = language
        super().__init__(description=self._said(description), add_help=False, **given)
        self.add_argument("-h", "--help", action="help", help=m("show this help"))
        self._positionals.title = language.text(m("arguments"))
        self._optionals.title = language.text(m("options"))

    def add_argument(self, *names: Any, **given: Any) -> argparse.Action:
        """As argparse's; ``help`` may be a message."""
        if "help" in given:
            given["help"] = self._said(given["help"])
        return super().add_argument(*names, **given)

    def subparsers(self, **given: Any) -> Subparsers:
        """The place of commands below this one."""
        def make(**more: Any) -> Parser:
            return Parser(language=self.language, **more)

        maker: Any = make
        action: Any = self.add_subparsers(dest="command", parser_class=maker, action=Subparsers, **given)
        action.language = self.language
        found: Subparsers = action
        return found

    def error(self, message: str) -> NoReturn:
        """Usage and a translated sentence on stderr; exit status 2."""
        usage = self.format_usage().replace("usage:", self.language.text(m("usage:")), 1)
        print(f"{usage}{self.prog}: {self.language.text(_translated(message))}", file=sys.stderr)
        raise SystemExit(2)

    def format_help(self) -> str:
        return super().format_help().replace("usage:", self.language.text(m("usage:")), 1)

    def _said(self, text: Message | str | None) -> str | None:
        if isinstance(text, Message):
            return self.language.text(text).replace("%", "%%")
        return text


class Subparsers(argparse._SubParsersAction):  # type: ignore[type-arg]
    """Commands below a parser; ``summary`` is the line in the help of the one that describes itself."""

    language: Language
    summary: str = ""

    def add_parser(self, name: str, **given: Any) -> Any:
        """As argparse's; ``help`` may be a message, and where there is none the summary stands."""
        text = given.pop("help", None) or self.summary
        if isinstance(text, Message):
            text = self.language.text(text)
        given.setdefault("description", text)
        return super().add_parser(name, help=text.replace("%", "%%"), **given)


def year(text: str) -> int:
    """The type of ``--year``. Raises ValueError for what no calendar has, which SQLite could not even compare."""
    number = int(text)
    if not 1 <= number <= 9999:
        raise ValueError(text)
    return number


def _translated(message: str) -> Message:
    for pattern, build in _COMPLAINTS:
        found = pattern.fullmatch(message)
        if found is not None:
            return build(*found.groups())
    return m("the command line is wrong: {text}", text=message)
