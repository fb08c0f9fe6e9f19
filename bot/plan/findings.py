"""What is wrong with a file: one finding a line, with the place where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from handlers.kit.message import Message, m, mn

Told = Callable[[Message], None]
"""Hears what the work has come to."""

MOST_SHOWN = 100
"""Findings of one file that are shown one by one: the same slip in each of thousands of rows is one slip."""


def nobody(at: Message) -> None:
    """Nobody is told."""



@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend. ``line`` counts from 1; 0: the file as a whole. A warning does not refuse the file."""

    file: str
    line: int
    message: Message
    warning: bool = False

    @property
    def shown(self) -> Message:
        """``file:line: message``, as one message."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        if self.warning:
            return m("{place}: warning: {text}", place=place, text=self.message)
        return m("{place}: {text}", place=place, text=self.message)


@dataclass(slots=True)
class Findings:
    """Collects what is found while files are read."""

    found: list[Finding] = field(default_factory=list)

    def error(self, file: str, line: int, message: Message) -> None:
        self.found.append(Finding(file, line, message))

    def warn(self, file: str, line: int, message: Message) -> None:
        self.found.append(Finding(file, line, message, warning=True))

    @property
    def errors(self) -> int:
        """How many of what was found are more than warnings."""
        return sum(not each.warning for each in self.found)

    @property
    def refused(self) -> bool:
        return self.errors > 0

    def ordered(self, files: tuple[str, ...] = ()) -> tuple[Finding, ...]:
        """By file (in the order given, others after) and line."""
        return tuple(
            sorted(self.found, key=lambda each: (files.index(each.file) if each.file in files else len(files), each.file, each.line))
        )


def lines(findings: Sequence[Finding]) -> Iterator[Message]:
    """The findings line by line; of a file that has very many the first ones, errors before warnings, and how many more there are."""
    for file in dict.fromkeys(each.file for each in findings):
        own = [each for each in findings if each.file == file]
        if len(own) > MOST_SHOWN:
            errors = [each for each in own if not each.warning]
            shown = {id(each) for each in [*errors, *(each for each in own if each.warning)][:MOST_SHOWN]}
            yield from (each.shown for each in own if id(each) in shown)
            yield mn("  … and {count} more", "  … and {count} more", len(own) - MOST_SHOWN)
        else:
            yield from (each.shown for each in own)
