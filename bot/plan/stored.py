"""The plan as the database holds it, in the same shape as a folder that was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.plan.content import CalendarPart, Membership, MovementsPart, PlanFolder, TablePart, Target, UnitsPart
from storage import calendar, movements, scoring_tables, settings, targets, units
from storage.connection import Snapshot
from storage.movements import Indicator

MOVEMENTS_EXTRAS = "plan.movements"
"""The setting that keeps what movements.yaml says beyond movements and narrative, as JSON."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything the database knows of the plans of all years; ``tables`` and ``calendars`` by year."""

    units: UnitsPart = field(default_factory=lambda: UnitsPart((), frozenset()))
    memberships: tuple[Membership, ...] = ()
    movements: MovementsPart = field(default_factory=lambda: MovementsPart((), (), ()))
    tables: dict[int, TablePart] = field(default_factory=dict)
    calendars: dict[int, CalendarPart] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()

    @property
    def years(self) -> tuple[int, ...]:
        """The years that have a table or a calendar, the newest first."""
        return tuple(sorted({*self.tables, *self.calendars}, reverse=True))

    def folder(self, year: int | None = None) -> PlanFolder:
        """What an export of that year holds; None: the newest table and the newest calendar, be they of different years.

        Units, memberships and movements go with every year.
        """
        table = self.tables.get(max(self.tables, default=0) if year is None else year)
        calendar = self.calendars.get(max(self.calendars, default=0) if year is None else year)
        years = {part.table.year for part in (table,) if part is not None} | {part.year for part in (calendar,) if part is not None}
        return PlanFolder(
            self.units, self.memberships, self.movements, table, calendar, tuple(each for each in self.targets if each.year in years)
        )


def load(read: Snapshot) -> Stored:
    """Read every plan."""
    known = units.all_units(read)
    numbers = sorted(each.year for each in units.years(read))
    every = movements.all_movements(read)
    indicators: tuple[Indicator, ...] = tuple(each for movement in every for each in movements.indicators(read, movement.id))
    part = MovementsPart(
        every, indicators, tuple(title for _, title in movements.narrative_parts(read)), settings.get(read, MOVEMENTS_EXTRAS) or "{}"
    )
    tables = {year: TablePart(table) for year in numbers if (table := scoring_tables.table(read, year)) is not None}
    forms = calendar.forms(read)
    events = calendar.events(read)
    calendars = {
        year: CalendarPart(
            year,
            quiet,
            tuple(sorted((each for each in events if each.calendar_year == year), key=lambda each: (each.position, each.id))),
            calendar.holidays_of(read, year),
            forms,
            extras,
        )
        for year, quiet, extras in calendar.calendar_years(read)
    }
    return Stored(
        UnitsPart(known, frozenset((each.id, other) for each in known for other in units.successors(read, each.id))),
        tuple(Membership(year, *row) for year in numbers for row in units.membership_roles(read, year).items()),
        part,
        tables,
        calendars,
        tuple(Target(year, *row) for year in numbers for row in targets.of_year(read, year)),
    )
