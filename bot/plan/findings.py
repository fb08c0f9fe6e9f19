"""What is wrong with a file: one finding a line, with the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from handlers.kit.message import Message, m


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
    def refused(self) -> bool:
        """Whether anything found is more than a warning."""
        return any(not each.warning for each in self.found)

    def ordered(self, files: tuple[str, ...] = ()) -> tuple[Finding, ...]:
        """By file (in the order given, others after) and line."""
        return tuple(
            sorted(self.found, key=lambda each: (files.index(each.file) if each.file in files else len(files), each.file, each.line))
        )
