"""Gaps in the plan: what must be there before officers can report, be reminded and be ranked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, warning
from bot.plan.content import CalendarPart
from bot.plan.days_off import compare
from bot.plan.findings import Findings
from handlers.kit.message import Day, Message, Number, m, mn
from handlers.rules.deadline import effective_day
from storage import calendar, duties, inspection, scoring_tables, targets, units

NEXT_YEAR_FROM_MONTH = 11
OVERDUE_SHOWN_DAYS = 30
MOST_NAMED = 8
PLANNED_RULES = ("ratio", "ratio_leader")
"""Rules that score an actual against a plan: without a target there are no points."""


def years(context: Context) -> Iterable[Finding]:
    """This year, and from November on the next one."""
    year = context.today.year
    if not units.members(context.read, year):
        yield serious(
            m("No unit is a member in {year}: nobody can report, be reminded or be ranked.", year=str(year)), _apply()
        )
    if context.today.month >= NEXT_YEAR_FROM_MONTH and not units.members(context.read, year + 1):
        yield note(m("The plan of {year} is not there yet.", year=str(year + 1)), _apply())


def members(context: Context) -> Iterable[Finding]:
    """Who leads, who may stand in."""
    for year in _years(context):
        roles = units.membership_roles(context.read, year)
        if roles and "lead" not in roles.values():
            yield warning(
                m("{year}: no unit leads the cluster (role lead).", year=str(year)),
                m("Name it in memberships.csv, then: thidua plan apply FOLDER"),
            )
        elif roles:
            yield fine(mn("{year}: {count} member.", "{year}: {count} members.", len(roles), year=str(year)))


def table(context: Context) -> Iterable[Finding]:
    """The scoring table, and whether its parts give its total."""
    for year in _years(context):
        found = scoring_tables.table(context.read, year)
        if found is None:
            yield warning(
                m("{year}: there is no scoring table, so no scores and no ranking.", year=str(year)),
                m("Add criteria.yaml of that year, then: thidua plan apply FOLDER"),
            )
            continue
        groups, total = sum(Decimal(each.max) for each in found.groups), Decimal(found.max_total)
        criteria = sum(Decimal(each.max) for each in found.criteria)
        for part in {groups, criteria} - {total}:
            yield warning(
                m("{year}: the parts of the scoring table give {sum} points, its total is {total}.", year=str(year), sum=Number(part),
                  total=Number(total)),
                m("Correct criteria.yaml, then: thidua plan apply FOLDER"),
            )  # fmt: skip


def plan_figures(context: Context) -> Iterable[Finding]:
    """Targets without which criteria have no score."""
    for year in _years(context):
        found = scoring_tables.table(context.read, year)
        names = {each.id: each.name for each in units.members(context.read, year)}
        wanted = {each.id for each in found.criteria if each.rule in PLANNED_RULES} if found is not None else set()
        if not wanted or not names:
            continue
        given: dict[str, set[str]] = {unit_id: set() for unit_id in names}
        for unit_id, item_id, _ in targets.of_year(context.read, year):
            if unit_id in given:
                given[unit_id].add(item_id)
        lacking = [names[unit_id] for unit_id, items in given.items() if not wanted & items]
        count = sum(len(wanted - items) for items in given.values())
        if len(lacking) == len(names):
            yield note(
                m("{year}: no unit has plan figures for its criteria yet.", year=str(year)),
                m("They come with the units' reports of targets, or with targets.csv: thidua plan apply FOLDER"),
            )
        elif count:
            yield note(
                mn("{year}: {count} plan figure is missing ({units}).", "{year}: {count} plan figures are missing ({units}).", count,
                   year=str(year), units=_some([names[unit_id] for unit_id, items in given.items() if wanted - items])),
                m("A criterion with a plan scores nothing until its plan figure is there."),
            )  # fmt: skip


def dates(context: Context) -> Iterable[Finding]:
    """The calendar: there, with forms that exist, and its deadlines on working days."""
    days = frozenset(date.fromisoformat(day) for day in calendar.holidays(context.read))
    forms = {each.id for each in calendar.forms(context.read)}
    every = calendar.events(context.read)
    for year in _years(context):
        events = [each for each in every if each.of_year == year]
        if not events:
            yield warning(
                m("{year}: there is no calendar, so nobody is reminded.", year=str(year)),
                m("Add calendar.yaml of that year, then: thidua plan apply FOLDER"),
            )
            continue
        formless = [each.title for each in events if each.kind == "deadline" and each.form is not None and each.form not in forms]
        if formless:
            yield serious(m("{year}: deadlines ask for a form that does not exist: {events}", year=str(year), events=_some(formless)),
                          m("Add the forms to calendar.yaml, then: thidua plan apply FOLDER"))  # fmt: skip
        for each in events:
            day = date.fromisoformat(each.day)
            moved = effective_day(day, days)
            if each.kind == "deadline" and moved != day and day >= context.today:
                yield note(m("{title}: {day} is not a working day; the deadline ends on {effective}.", title=each.title,
                             day=Day(day, "weekday"), effective=Day(moved, "weekday")))  # fmt: skip


def duties_planned(context: Context) -> Iterable[Finding]:
    """Every deadline is owed by somebody."""
    for year in _years(context):
        titles = inspection.unplanned_deadlines(context.read, year)
        if titles:
            yield warning(m("{year}: nobody owes these deadlines: {events}", year=str(year), events=_some(list(titles))),
                          m("Check `who` in calendar.yaml and the members of the year, then: thidua plan apply FOLDER"))  # fmt: skip


def overdue(context: Context) -> Iterable[Finding]:
    """Open duties that are long past, and years that could be closed."""
    current, late = context.today.year, 0
    old: dict[int, int] = {}
    for duty in duties.still_open(context.read):
        if duty.effective >= context.now:
            break
        if duty.year < current - 1:
            old[duty.year] = old.get(duty.year, 0) + 1
        elif context.now - duty.effective > OVERDUE_SHOWN_DAYS * 86_400:
            late += 1
    if late:
        yield note(
            mn("{count} duty is open for more than 30 days.", "{count} duties are open for more than 30 days.", late),
            m("The secretary sees them at /tiendo."),
        )
    for year, count in sorted(old.items()):
        said = mn(
            "{year}: {count} duty is still open, years later.", "{year}: {count} duties are still open, years later.", count, year=str(year)
        )
        yield note(said, m("Close the year, or take the events out of its calendar, if nobody will report any more."))


def days_off(context: Context) -> Iterable[Finding]:
    """Holidays move deadlines and reminders: those of the next year are decided late in this one."""
    known = calendar.holidays(context.read)
    for year in (context.today.year, *((context.today.year + 1,) if context.today.month >= NEXT_YEAR_FROM_MONTH else ())):
        if not any(day.startswith(f"{year}-") for day in known):
            found = warning if year == context.today.year else note
            yield found(
                m("The holidays of {year} are not in the calendar: deadlines may fall on them.", year=str(year)),
                m("Add them to calendar.yaml (Tết by the Government's notice), then: thidua plan apply FOLDER"),
            )


def more_days_off(context: Context) -> Iterable[Finding]:
    """Working days to come that the ``holidays`` library takes for holidays: the same comparison as `thidua plan check` makes."""
    days: list[date] = []
    for year, quiet, extras in calendar.calendar_years(context.read):
        if year in (context.today.year, context.today.year + 1):
            doubts = Findings()
            compare(CalendarPart(year, quiet, (), calendar.holidays_of(context.read, year), None, extras), doubts)
            days += [day for each in doubts.found if isinstance(day := each.message.values.get("day"), date) and day >= context.today]
    if days:
        yield note(
            m("Perhaps holidays that the calendar does not know: {days}", days=tuple(Day(each) for each in days[:MOST_NAMED])),
            m("Compare with the Government's notice; add them to calendar.yaml, then: thidua plan apply FOLDER"),
        )


def hours(context: Context) -> Iterable[Finding]:
    """Without quiet hours a reminder may come at 2 in the morning."""
    if calendar.calendar_years(context.read) and not calendar.quiet_hours(context.read, context.today.year):
        yield note(m("No quiet hours are planned: reminders may come at night."), m("Add working_hours: quiet to calendar.yaml."))


def _years(context: Context) -> list[int]:
    """The years that have members: this one, the one before while it is not closed, and the next one."""
    current = context.today.year
    closed = {each.year for each in units.years(context.read) if each.closed_at is not None}
    wanted = [current, *([current + 1] if context.today.month >= NEXT_YEAR_FROM_MONTH else [])]
    if context.today.month <= 3 and current - 1 not in closed:
        wanted.insert(0, current - 1)
    return [year for year in wanted if units.membership_roles(context.read, year)]


def _apply() -> Message:
    return m("Prepare its folder (the README says how), then: thidua plan apply FOLDER")


def _some(names: list[str]) -> tuple[str, ...]:
    return tuple(names) if len(names) <= MOST_NAMED else (*names[:MOST_NAMED], "…")


GROUP = Group(
    m("Plan"), (years, members, table, plan_figures, dates, duties_planned, days_off, more_days_off, hours, overdue), needs="database"
)
