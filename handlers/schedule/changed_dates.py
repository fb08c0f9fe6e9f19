"""How a changed date reads: what was told, what holds now. And which of the plan's dates have changed since the last look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from handlers.kit.message import Message, Value, m, verbatim
from handlers.kit.reply import Block, Fields, Text
from handlers.rules.deadline import deadline_epoch, due_line, time_left
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from storage.calendar import Event
from storage.tellings import DateSeen

CANCELLED = '{"cancelled": true}'


@dataclass(frozen=True, slots=True)
class Dates:
    """The plan's dates at a look. ``newest``: event id -> the date seen, ``fresh``: those that were not seen before.

    ``changed``: events that people may have been told another date of (moved, called off, gone from the plan, restored).
    """

    newest: Mapping[str, DateSeen]
    fresh: tuple[DateSeen, ...]
    changed: frozenset[str]


def compare(seen: Mapping[str, DateSeen], every: Mapping[str, Dated], last_number: int) -> Dates:
    """What a look finds changed: ``seen``, the dates of the last look, against ``every`` event of the plan as it stands."""
    newest = dict(seen)
    fresh: list[DateSeen] = []
    changed: set[str] = set()

    def add(one: DateSeen) -> None:
        numbered = replace(one, number=last_number + len(fresh) + 1)
        if one.event_id in seen:
            changed.add(one.event_id)
        fresh.append(numbered)
        newest[one.event_id] = numbered

    for event_id, each in every.items():
        found = date_of(each)
        old = seen.get(event_id)
        if old is None or old.facts != found.facts:
            add(found)
    for event_id, old in seen.items():
        if event_id not in every and not old.cancelled:
            add(replace(old, cancelled=True))
    return Dates(newest, tuple(fresh), frozenset(changed))


def date_of(each: Dated) -> DateSeen:
    """The event's date, without a number yet."""
    event = each.event
    return DateSeen(
        0, event.id, event.of_year, event.kind, event.title, event.day, event.time, event.place, each.effective, event.cancelled
    )


def dated_as(seen: DateSeen, zone: ZoneInfo) -> Dated:
    """An event as it was seen, be it gone from the plan since."""
    event = Event(
        seen.event_id, seen.year, 0, seen.year, "year", seen.day, seen.time, seen.kind, seen.title, (), None, None, seen.place, None, (),
        (), CANCELLED if seen.cancelled else "{}",
    )  # fmt: skip
    return Dated(event, deadline_epoch(date.fromisoformat(seen.day), seen.time, zone), seen.effective)


def changed_date(before: Dated, after: Dated, now: int, zone: ZoneInfo, free: Free, status: Message | None) -> list[Block]:
    """What was told, and what holds now; ``status``: how far the reader's unit is with it."""
    rows: list[tuple[Message, Value]]
    if after.event.cancelled:
        rows = _cancelled(before, zone, free)
    elif before.event.cancelled:
        rows = [(m("Deadline") if _owed(after) else m("Time"), _when(after, now, zone, free)), *_places(None, after)]
    else:
        rows = _moved(before, after, now, zone, free)
    if status is not None:
        rows.append((m("Status"), status))
    return [Text(_title(before, after), "title"), Fields(tuple(rows))]


def _owed(each: Dated) -> bool:
    return each.event.kind == "deadline"


def _title(before: Dated, after: Dated) -> Message:
    title = agenda.titled(after.event.title, after.event.of_year) if _owed(after) else verbatim(after.event.title)
    if after.event.cancelled:
        return m("No longer required: {title}", title=title) if _owed(after) else m("Called off: {title}", title=title)
    if before.event.cancelled:
        return m("Required again: {title}", title=title) if _owed(after) else m("Held after all: {title}", title=title)
    if _owed(after):
        return m("The deadline has changed: {title}", title=title)
    if (before.due, before.event.time) == (after.due, after.event.time):
        return m("The place has changed: {title}", title=title)
    return m("The date has changed: {title}", title=title)


def _cancelled(before: Dated, zone: ZoneInfo, free: Free) -> list[tuple[Message, Value]]:
    return [(m("Deadline as told before") if _owed(before) else m("Time as told before"), agenda.when(before, zone, free))]


def _moved(before: Dated, after: Dated, now: int, zone: ZoneInfo, free: Free) -> list[tuple[Message, Value]]:
    if _owed(after):
        return [
            (m("Deadline before"), due_line(before.due, before.effective, zone, free.names)),
            (m("New deadline"), _when(after, now, zone, free)),
        ]
    if (before.due, before.event.time) == (after.due, after.event.time):
        return [(m("Time"), _when(after, now, zone, free)), *_places(before, after)]
    return [
        (m("Time before"), agenda.when(before, zone, free)),
        (m("New time"), _when(after, now, zone, free)),
        *_places(before, after),
    ]


def _places(before: Dated | None, after: Dated) -> list[tuple[Message, Value]]:
    old = None if before is None else before.event.place
    new = after.event.place
    if before is None or old == new:
        return [(m("Place"), verbatim(new))] if new else []
    if not old:
        return [(m("Place"), verbatim(new or ""))]
    return [(m("Place before"), verbatim(old)), (m("New place"), verbatim(new) if new else m("not yet known"))]


def _when(each: Dated, now: int, zone: ZoneInfo, free: Free) -> Value:
    """When it is, and how far that is from now."""
    when = agenda.when(each, zone, free)
    if each.effective < now and not _owed(each):
        return when
    return m("{when} ({left})", when=when, left=time_left(now, each.effective, zone))
