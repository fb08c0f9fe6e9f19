"""Planning duties: who owes what by when, from the calendar's deadlines and the memberships of the year they concern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from handlers.rules.deadline import days_late, deadline_epoch, default_opens, effective_day
from handlers.schedule import agenda
from storage import audit, calendar, duties, reports, units
from storage.calendar import Event
from storage.connection import Effect, Snapshot, Transaction, effect
from storage.duties import Duty
from storage.reports import Revision
from storage.units import Unit


def plan_duties(
    events: Iterable[Event],
    memberships: Mapping[int, Mapping[str, str]],
    known: Mapping[str, Unit],
    holidays: frozenset[date],
    zone: ZoneInfo,
) -> tuple[Duty, ...]:
    """The duties that follow from the plan, open ones. Only an event of kind ``deadline`` that was not called off makes any.

    ``memberships``: year -> unit id -> role. ``member`` (and ``all``) are every unit of the event's ``of_year``, lead and deputy
    included. A unit that has ended before the effective day, or begins after it, owes nothing.
    """
    planned: list[Duty] = []
    for event in events:
        if event.kind != "deadline" or event.cancelled:
            continue
        day = date.fromisoformat(event.day)
        effective = effective_day(day, holidays)
        for unit_id, role in sorted(memberships.get(event.of_year, {}).items()):
            unit = known.get(unit_id)
            if unit is None or not _owes(event, role) or not _exists(unit, effective):
                continue
            planned.append(
                Duty(
                    f"{event.id}:{unit_id}", event.id, unit_id, event.of_year, event.form, event.period,
                    deadline_epoch(day, event.time, zone), deadline_epoch(effective, event.time, zone), _opens(event, day, holidays, zone),
                    title=event.title,
                )
            )  # fmt: skip
    return tuple(planned)


def _owes(event: Event, role: str) -> bool:
    return bool({"member", "all"} & set(event.who)) or role in event.who


def _exists(unit: Unit, day: date) -> bool:
    return (unit.valid_to is None or unit.valid_to >= day.isoformat()) and (unit.valid_from is None or unit.valid_from <= day.isoformat())


def _opens(event: Event, day: date, holidays: frozenset[date], zone: ZoneInfo) -> int:
    if event.opens is not None:
        return int(datetime.combine(date.fromisoformat(event.opens), time.min, zone).timestamp())
    return default_opens(day, event.time, event.remind, holidays, zone)


def replan(read: Snapshot, zone: ZoneInfo, now: int) -> tuple[Effect, ...]:
    """The effects that make the stored duties follow the stored plan: new ones, moved ones, and open ones no longer owed.

    What is done stays done. A moved deadline leaves an audit row. Who has filed late and would not have been late by the new date is
    late no more; a deadline brought forward makes nobody late who had filed.
    """
    every = calendar.events(read)
    roles = {year.year: units.membership_roles(read, year.year) for year in units.years(read)}
    known = {unit.id: unit for unit in units.all_units(read)}
    holidays = frozenset(date.fromisoformat(day) for day in calendar.holidays(read))
    wanted = {duty.id: duty for duty in plan_duties(every, roles, known, holidays, zone)}
    stored = {duty.id: duty for year in {*roles, *(event.of_year for event in every)} for duty in duties.of_year(read, year)}
    over = {event.id for event in every if agenda.no_longer_asked(read, event, now, zone)}
    effects: list[Effect] = []
    late = reports.filed_late(read)
    for duty_id, duty in wanted.items():
        old = stored.get(duty_id)
        if old is not None and _same(old, duty) and (old.status != "cancelled" or duty.event_id in over):
            continue
        effects.append(effect(duties.plan, duty))
        effects += _relieved(late.get(duty_id, ()), duty.effective, zone, now)
        if old is not None and old.effective != duty.effective:
            effects.append(
                effect(
                    audit.note, now, None, "duty.move", f"duty:{duty_id}", unit_id=duty.unit_id, year=duty.year,
                    before=str(old.effective), after=str(duty.effective),
                )
            )  # fmt: skip
    gone = (duty for duty in stored.values() if duty.id not in wanted and duty.status == "open")
    effects.extend(effect(duties.cancel, duty.id) for duty in gone)
    return tuple(effects)


def lapsed(read: Snapshot, now: int, zone: ZoneInfo) -> tuple[Effect, ...]:
    """The effects that end what no unit owes any more: the answer to a conference that has begun, or was called off."""
    over = (event for event in calendar.events(read) if agenda.no_longer_asked(read, event, now, zone))
    return tuple(effect(duties.cancel, duty_id) for event in over for duty_id in duties.open_of_event(read, event.id))


def _relieved(revisions: Iterable[Revision], effective: int, zone: ZoneInfo, now: int) -> Iterator[Effect]:
    """What the new date changes in how late a report was filed; a correction is as late as the filing it corrects."""
    days = 0
    for each in revisions:
        days = days if each.kind == "correction" else days_late(effective, each.filed_at, zone)
        if days < each.days_late:
            yield effect(reports.relieve, each, days, now)


def _same(old: Duty, new: Duty) -> bool:
    return (old.year, old.form, old.period, old.due, old.effective, old.opens) == (
        new.year, new.form, new.period, new.due, new.effective, new.opens,
    )  # fmt: skip


def apply_replan(tx: Transaction, zone: ZoneInfo, now: int) -> None:
    """As one effect, after others that change the plan in the same transaction: bring the duties up to date with it."""
    for each in replan(Snapshot(tx), zone, now):
        each.apply(tx)
