"""Differences of a year's calendar: events, holidays, forms."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from bot.plan.content import CALENDAR, CalendarPart
from bot.plan.difference import Difference
from handlers.kit.message import Message, m
from storage import audit
from storage import calendar as kept
from storage import plan as removal
from storage.calendar import Event
from storage.connection import Effect, effect


def calendar(difference: Difference, part: CalendarPart) -> None:
    """calendar.yaml. Events of other years' calendars are not touched."""
    old = difference.stored.calendars.get(part.year)
    saved = effect(kept.save_calendar_year, part.year, part.quiet, part.extras)
    if old is None:
        difference.add(CALENDAR, m("calendar of {year}", year=str(part.year)), saved)
    elif (old.quiet, json.loads(old.extras)) != (part.quiet, json.loads(part.extras)):
        difference.change(CALENDAR, m("general rules of the calendar of {year}", year=str(part.year)), saved)
    staying = _events(difference, part, () if old is None else old.events)
    _holidays(difference, part, {} if old is None else dict(old.holidays))
    if part.forms is not None:
        _forms(difference, part, staying)


def _events(difference: Difference, part: CalendarPart, old: tuple[Event, ...]) -> set[str]:
    """Compare events; returns the forms that events of any year will still use."""
    before = {each.id: each for each in old}
    given = {each.id for each in part.events}
    used = {each.form for each in part.events if each.form is not None}
    used |= {
        each.form
        for year, other in difference.stored.calendars.items()
        if year != part.year
        for each in other.events
        if each.form is not None
    }
    for event in part.events:
        if event.id not in before:
            difference.add(CALENDAR, _event(event), effect(kept.save_event, event))
            continue
        previous = before[event.id]
        if _facts(previous) == _facts(event):
            if previous.position != event.position:
                difference.quietly(effect(kept.save_event, event))
            continue
        effects = [effect(kept.save_event, event)]
        effects += _noted(difference, previous, event)
        difference.change(CALENDAR, _event(event, None if previous.day == event.day else previous.day), *effects)
    position = len(part.events)
    for event in old:
        if event.id in given:
            continue
        held = removal.event_is_held(difference.read, event.id)
        removed = effect(audit.note, difference.now, None, "event.remove", f"event:{event.id}", year=event.of_year, before=event.day)
        if not difference.missing(CALENDAR, _event(event), held, effect(removal.remove_event, event.id), removed):
            if event.form is not None:
                used.add(event.form)
            if event.position != position:
                difference.quietly(effect(kept.save_event, replace(event, position=position)))
            position += 1
    return used


def _noted(difference: Difference, previous: Event, event: Event) -> list[Effect]:
    """The audit rows of an event that was moved, given another place, called off or restored."""
    noted = []
    if (previous.day, previous.time, previous.cancelled) != (event.day, event.time, event.cancelled):
        difference.years |= {event.of_year} & difference.stored.tables.keys()      # how late reports are counts in the scores
    if (previous.day, previous.time) != (event.day, event.time):
        noted.append(("event.move", f"{previous.day} {previous.time or ''}".strip(), f"{event.day} {event.time or ''}".strip()))
    if previous.place != event.place:
        noted.append(("event.place", previous.place or "", event.place or ""))
    if previous.cancelled != event.cancelled:
        noted.append(("event.cancel" if event.cancelled else "event.restore", "", event.day))
    return [
        effect(
            audit.note, difference.now, None, action, f"event:{event.id}", year=event.of_year, before=before or None, after=after or None
        )
        for action, before, after in noted
    ]  # fmt: skip


def _facts(event: Event) -> tuple[object, ...]:
    return (replace(event, extras="", position=0), json.loads(event.extras))


def _event(event: Event, before: str | None = None) -> Message:
    day = date.fromisoformat(event.day)
    if before is not None:
        return m("event {id} {day} (before: {before}) {title}", id=event.id, day=day, before=date.fromisoformat(before), title=event.title)
    return m("event {id} {day} {title}", id=event.id, day=day, title=event.title)


def _holidays(difference: Difference, part: CalendarPart, old: dict[str, str]) -> None:
    elsewhere = {
        day: name
        for year, other in difference.stored.calendars.items()
        if year != part.year
        for day, name in other.holidays.items()
    }
    # A day that the neighbouring year's calendar names too stays with the calendar that brought it.
    wanted = {day: name for day, name in part.holidays.items() if day in old or elsewhere.get(day) != name}
    merged = dict(wanted)
    for day, name in old.items():
        what = m("holiday {day} {name}", day=date.fromisoformat(day), name=name)
        if day not in part.holidays and not difference.missing(CALENDAR, what, False):
            merged[day] = name
    for day, name in wanted.items():
        what = m("holiday {day} {name}", day=date.fromisoformat(day), name=name)
        if day not in old:
            difference.add(CALENDAR, what)
        elif old[day] != name:
            difference.change(CALENDAR, what)
    if merged != old:
        difference.years |= {event.of_year for event in part.events} & difference.stored.tables.keys()
        difference.quietly(effect(kept.save_holidays, part.year, tuple(sorted(merged.items()))))


def _forms(difference: Difference, part: CalendarPart, used: set[str]) -> None:
    before = {each.id: each for other in difference.stored.calendars.values() for each in other.forms or ()}
    given = {each.id for each in part.forms or ()}
    for form in part.forms or ():
        what = m("form {id} {name}", id=form.id, name=form.name)
        if form.id not in before:
            difference.add(CALENDAR, what, effect(kept.save_form, form))
        elif before[form.id] != form:
            difference.change(CALENDAR, what, effect(kept.save_form, form))
    for form_id in sorted(before.keys() - given):
        if form_id not in used:
            what = m("form {id} {name}", id=form_id, name=before[form_id].name)
            difference.missing(CALENDAR, what, removal.form_is_held(difference.read, form_id), effect(removal.remove_form, form_id))
