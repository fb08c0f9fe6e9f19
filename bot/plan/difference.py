"""The difference between a folder and the database, as it is being worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.plan.findings import Findings
from bot.plan.stored import Stored
from handlers.kit.message import Message, m
from storage.connection import Effect, Snapshot

Sign = Literal["add", "change", "remove", "keep"]
MARKS: dict[Sign, str] = {"add": "+", "change": "~", "remove": "-", "keep": "="}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is added, changed or removed; or kept although the file lacks it."""

    file: str
    sign: Sign
    what: Message

    @property
    def shown(self) -> Message:
        return m("{mark} {what}", mark=MARKS[self.sign], what=self.what)


@dataclass(slots=True)
class Difference:
    """Collects changes. ``years``: those whose scores must be computed anew. Removals come after everything else, the last one first."""

    read: Snapshot
    stored: Stored
    findings: Findings
    remove: bool
    now: int
    changes: list[Change] = field(default_factory=list)
    years: set[int] = field(default_factory=set)
    _effects: list[Effect] = field(default_factory=list)
    _removals: list[Effect] = field(default_factory=list)

    def add(self, file: str, what: Message, *effects: Effect) -> None:
        self.changes.append(Change(file, "add", what))
        self._effects += effects

    def change(self, file: str, what: Message, *effects: Effect) -> None:
        self.changes.append(Change(file, "change", what))
        self._effects += effects

    def quietly(self, *effects: Effect) -> None:
        """An effect that changes nothing an officer would call a change (the order of entries)."""
        self._effects += effects

    def missing(self, file: str, what: Message, held: bool, *effects: Effect) -> bool:
        """The file lacks an entry that the database has. True when it is removed."""
        if not self.remove:
            self.changes.append(Change(file, "keep", m("{what} (not in the file; --remove takes it away)", what=what)))
        elif held:
            self.changes.append(Change(file, "keep", m("{what} (not in the file; kept, since there are reports)", what=what)))
        else:
            self.changes.append(Change(file, "remove", what))
            self._removals = [*effects, *self._removals]
            return True
        return False

    @property
    def effects(self) -> tuple[Effect, ...]:
        return (*self._effects, *self._removals)

    @property
    def changed(self) -> bool:
        """Whether anything is added, changed or removed."""
        return any(each.sign != "keep" for each in self.changes)

    def count(self, sign: Sign) -> int:
        return sum(each.sign == sign for each in self.changes)
