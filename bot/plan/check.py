"""Checks across the files of a folder, and against what the database already knows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.plan import days_off, marks
from bot.plan.content import CALENDAR, CRITERIA, FILES, MEMBERSHIPS, MOVEMENTS, TARGETS, UNITS, CalendarPart, PlanFolder, Target
from bot.plan.findings import Finding, Findings, Told, nobody
from bot.plan.folder import read_folder
from bot.plan.stored import Stored
from handlers.kit.message import Day, Message, Number, m
from handlers.rules.deadline import effective_day
from handlers.rules.doubts import doubts
from storage.movements import Indicator, Movement
from storage.scoring_tables import StoredCriterion
from storage.units import Unit


def check(
    path: Path, stored: Stored | None = None, zone: ZoneInfo | None = None, told: Told = nobody
) -> tuple[PlanFolder, tuple[Finding, ...]]:
    """Read a folder and find everything that is wrong with it: by itself, and beside what ``stored`` holds (None: an empty database).

    ``zone``: the time zone that the bot keeps. ``told`` hears what the work has come to.
    """
    findings = Findings()
    plan = read_folder(path, findings, told)
    _Check(plan, stored or Stored(), findings, zone).all()
    return plan, findings.ordered(FILES)


class _Check:
    """``broken``: files with errors of their own. What another file says of their entries is not looked at until they are mended:
    a unit that could not be read would be missed in every row that names it."""

    def __init__(self, plan: PlanFolder, stored: Stored, findings: Findings, zone: ZoneInfo | None) -> None:
        self.plan = plan
        self.stored = stored
        self.findings = findings
        self.zone = zone
        self.broken = {each.file for each in findings.found if not each.warning}
        self.without: set[tuple[str, int]] = set()
        self.elsewhere: set[int] = set()
        self.said: set[tuple[str, Message]] = set()
        own = () if plan.units is None else plan.units.units
        self.units: dict[str, Unit] = {each.id: each for each in (*stored.units.units, *own)}
        self.roles: dict[tuple[int, str], str] = {(each.year, each.unit_id): each.role for each in stored.memberships}
        self.roles |= {(each.year, each.unit_id): each.role for each in plan.memberships or ()}
        self.member_years = {year for year, _ in self.roles}

    def all(self) -> None:
        self._years()
        self._units()
        self._memberships()
        self.broken |= {each.file for each in self.findings.found if not each.warning}
        if self.plan.table is not None:
            self._members(CRITERIA, self.plan.table.lines.get("year", 0), self.plan.table.table.year)
        if self.plan.calendar is not None:
            self._calendar(self.plan.calendar)
        for target in self.plan.targets or ():
            self._target(target)

    def _once(self, file: str, line: int, text: Message) -> None:
        """An error of many rows at the first of them: an id that is not known elsewhere is one slip, however often it stands here."""
        if (file, text) not in self.said:
            self.said.add((file, text))
            self.findings.error(file, line, text)

    def _years(self) -> None:
        """Table and calendar are mostly of one year; targets are of a year that one of them brings."""
        table, calendar = self.plan.table, self.plan.calendar
        if not self.broken.isdisjoint((CRITERIA, CALENDAR)):
            return
        if table is not None and calendar is not None and table.table.year != calendar.year:
            other = str(table.table.year)
            text = m("the calendar is of {year}, but {file} is of {other}", year=str(calendar.year), file=CRITERIA, other=other)
            self.findings.warn(CALENDAR, calendar.lines.get("year", 0), text)
        years = ({table.table.year} if table is not None else set()) | ({calendar.year} if calendar is not None else set())
        for target in self.plan.targets or ():
            if years and target.year not in years and target.year not in self.elsewhere:
                self.elsewhere.add(target.year)
                year = "/".join(str(each) for each in sorted(years))
                text = m("targets of {other} in a folder of {year}", other=str(target.year), year=year)
                self.findings.error(TARGETS, target.line, text)

    def _units(self) -> None:
        part = self.plan.units
        if part is None or UNITS in self.broken:
            return
        for before, after in sorted(part.successions):
            for unit_id, other in ((before, after), (after, before)):
                if unit_id not in self.units:
                    self.findings.error(UNITS, part.lines.get(other, 0), m("unit {id} is not known", id=unit_id))

    def _memberships(self) -> None:
        given = {(each.year, each.unit_id) for each in self.plan.memberships or ()}
        for each in self.plan.memberships or ():
            unit = self.units.get(each.unit_id)
            if unit is None and UNITS in self.broken:
                continue
            if unit is None:
                self._once(MEMBERSHIPS, each.line, m("unit {id} is not known", id=each.unit_id))
                continue
            if (unit.valid_to or "9999") < f"{each.year}-01-01" or (unit.valid_from or "") > f"{each.year}-12-31":
                self.findings.error(
                    MEMBERSHIPS, each.line, m("{name} ({id}) does not exist in {year}", name=unit.name, id=unit.id, year=str(each.year))
                )
            if each.role == "lead" and MEMBERSHIPS not in self.broken:
                for other in self.stored.memberships:
                    if other.year == each.year and other.role == "lead" and (other.year, other.unit_id) not in given:
                        self.findings.error(
                            MEMBERSHIPS, each.line,
                            m("{year} has a lead already, {other}, who is not in the file", year=str(each.year), other=other.unit_id),
                        )  # fmt: skip

    def _members(self, file: str, line: int, year: int) -> None:
        if MEMBERSHIPS in self.broken or (file, year) in self.without or year in self.member_years:
            return
        self.without.add((file, year))
        if self.plan.memberships:
            text = m("{file} has no members for {year}: is the year right?", file=MEMBERSHIPS, year=str(year))
            self.findings.error(file, line, text)
        else:
            self.findings.warn(file, line, m("no unit is a member in {year}: nobody is ranked and nobody reports", year=str(year)))

    def _calendar(self, part: CalendarPart) -> None:
        forms = {each.id for calendar in self.stored.calendars.values() for each in calendar.forms or ()}
        forms |= {each.id for each in part.forms or ()}
        elsewhere = {
            event.id: year for year, calendar in self.stored.calendars.items() if year != part.year for event in calendar.events
        }
        if part.zone is not None and self.zone is not None and part.zone != self.zone.key:
            text = m("timezone: {zone}, but the bot keeps {own} (THIDUA_TIMEZONE)", zone=part.zone, own=self.zone.key)
            self.findings.warn(CALENDAR, part.lines.get("timezone", 0), text)
        holidays = frozenset(date.fromisoformat(day) for day in part.holidays)
        holidays |= {date.fromisoformat(day) for calendar in self.stored.calendars.values() for day in calendar.holidays}
        ids = {each.id for each in part.events} | elsewhere.keys()
        for event in part.events:
            line = part.lines.get(event.id, 0)
            if event.id in elsewhere and CALENDAR not in self.broken:
                self.findings.error(
                    CALENDAR, line,
                    m("event {id} belongs to the calendar of {year}; give this one another id", id=event.id, year=str(elsewhere[event.id])),
                )  # fmt: skip
            if event.form is not None and part.forms is None and event.form not in forms and CALENDAR not in self.broken:
                text = m("form {form} is not among the forms", form=event.form)
                self.findings.error(CALENDAR, line, m("{what}: {text}", what=event.id, text=text))
            if event.done_by is not None:
                verb, _, other = event.done_by.partition(" ")
                if verb != "rsvp" or (other not in ids and CALENDAR not in self.broken):
                    self.findings.error(CALENDAR, line, m("{id}: done_by must be rsvp and the id of an event", id=event.id))
            if event.kind == "deadline":
                self._members(CALENDAR, line, event.of_year)
                day = date.fromisoformat(event.day)
                effective = effective_day(day, holidays)
                if effective != day:
                    self.findings.warn(
                        CALENDAR, line,
                        m("{id}: {day} is not a working day; the deadline ends on {effective}", id=event.id, day=Day(day, "weekday"),
                          effective=Day(effective, "weekday")),
                    )  # fmt: skip
        marks.point_out(part, self.findings)
        if CALENDAR not in self.broken:
            days_off.compare(part, self.findings)

    def _target(self, target: Target) -> None:
        if target.year in self.elsewhere:
            return
        unit = self.units.get(target.unit_id)
        if unit is None:
            if UNITS not in self.broken:
                self._once(TARGETS, target.line, m("unit {id} is not known", id=target.unit_id))
            return
        if target.year not in self.member_years:
            if MEMBERSHIPS not in self.broken and (TARGETS, target.year) not in self.without:
                self.without.add((TARGETS, target.year))
                text = m("no unit is a member in {year}: nobody is ranked and nobody reports", year=str(target.year))
                self.findings.error(TARGETS, target.line, text)
        elif (target.year, target.unit_id) not in self.roles and MEMBERSHIPS not in self.broken:
            text = m("{unit} is not a member of the cluster in {year}", unit=target.unit_id, year=str(target.year))
            self._once(TARGETS, target.line, text)
        criterion, indicator, movement = self._criterion(target), *self._indicator(target)
        plan = Decimal(target.plan)
        if criterion is None and indicator is None and not self.broken.isdisjoint((CRITERIA, MOVEMENTS)):
            return
        if criterion is None and indicator is None:
            text = m("{item} is neither a criterion of {year} nor an indicator", item=target.item_id, year=str(target.year))
            self._once(TARGETS, target.line, text)
        elif criterion is not None:
            if plan <= 0 and criterion.rule in ("ratio", "ratio_leader"):
                text = m("with a plan of 0 or less there is no score")
                self.findings.warn(TARGETS, target.line, m("{what}: {text}", what=target.item_id, text=text))
            share = Decimal(100) if criterion.unit == "%" else None
            for doubt in doubts(plan, last=None, low=None, high=share, limit=None, unit=criterion.unit, decimals=2):
                self.findings.warn(TARGETS, target.line, m("{what}: {text}", what=target.item_id, text=doubt))
        elif indicator is not None and movement is not None:
            if not movement.year_from <= target.year <= movement.year_to:
                self.findings.warn(
                    TARGETS, target.line, m("{item}: the movement is not open in {year}", item=target.item_id, year=str(target.year))
                )
            self._range(target, plan, indicator, unit)

    def _criterion(self, target: Target) -> StoredCriterion | None:
        table = self.plan.table if self.plan.table is not None and self.plan.table.table.year == target.year else None
        tables = [each for each in (table, self.stored.tables.get(target.year)) if each is not None]
        return next((each for part in tables for each in part.table.criteria if each.id == target.item_id), None)

    def _indicator(self, target: Target) -> tuple[Indicator | None, Movement | None]:
        parts = [part for part in (self.plan.movements, self.stored.movements) if part is not None]
        indicator = next((each for part in parts for each in part.indicators if each.item_id == target.item_id), None)
        if indicator is None:
            return None, None
        return indicator, next((each for part in parts for each in part.movements if each.id == indicator.movement_id), None)

    def _range(self, target: Target, plan: Decimal, indicator: Indicator, unit: Unit) -> None:
        low = None if indicator.low is None else Decimal(indicator.low)
        high = None if indicator.high is None else Decimal(indicator.high)
        if indicator.max_ref == "communes" and unit.communes is not None:
            high = Decimal(unit.communes) if high is None else min(high, Decimal(unit.communes))
        if (low is not None and plan < low) or (high is not None and plan > high):
            self.findings.error(
                TARGETS, target.line,
                m("{item}: {plan} lies outside {low} to {high}", item=target.item_id, plan=Number(plan),
                  low="…" if low is None else Number(low), high="…" if high is None else Number(high)),
            )  # fmt: skip
