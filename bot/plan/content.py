"""A plan as it was read: the storage's own types, with the line each entry stands on. A file that is not there is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.calendar import Event, Form
from storage.movements import Indicator, Movement
from storage.scoring_tables import StoredTable
from storage.units import Unit

UNITS, MEMBERSHIPS, MOVEMENTS = "units.csv", "memberships.csv", "movements.yaml"
CRITERIA, CALENDAR, TARGETS = "criteria.yaml", "calendar.yaml", "targets.csv"
FILES = (UNITS, MEMBERSHIPS, MOVEMENTS, CRITERIA, CALENDAR, TARGETS)
"""The files of a plan folder, in the order in which they are applied."""

ROLES = ("lead", "deputy", "member")

Lines = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UnitsPart:
    """units.csv. ``successions``: (from unit, to unit); ``lines``: unit id -> line."""

    units: tuple[Unit, ...]
    successions: frozenset[tuple[str, str]]
    lines: Lines = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Membership:
    year: int
    unit_id: str
    role: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class MovementsPart:
    """movements.yaml. ``narrative``: the titles of a report's parts, None where the file names none; ``extras``: JSON of the rest."""

    movements: tuple[Movement, ...]
    indicators: tuple[Indicator, ...]
    narrative: tuple[str, ...] | None
    extras: str = "{}"
    lines: Lines = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TablePart:
    """criteria.yaml: the table as it is stored."""

    table: StoredTable
    lines: Lines = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """calendar.yaml. ``holidays``: local date -> name; ``forms`` None: the file has none; ``zone``: the time zone it names."""

    year: int
    quiet: tuple[str, ...]
    events: tuple[Event, ...]
    holidays: Mapping[str, str]
    forms: tuple[Form, ...] | None
    extras: str = "{}"
    lines: Lines = field(default_factory=dict)
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A plan figure as exact decimal text."""

    year: int
    unit_id: str
    item_id: str
    plan: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class PlanFolder:
    """Everything a folder brings. A part is None where its file is absent."""

    units: UnitsPart | None = None
    memberships: tuple[Membership, ...] | None = None
    movements: MovementsPart | None = None
    table: TablePart | None = None
    calendar: CalendarPart | None = None
    targets: tuple[Target, ...] | None = None

    @property
    def empty(self) -> bool:
        parts = (self.units, self.memberships, self.movements, self.table, self.calendar, self.targets)
        return all(part is None for part in parts)
