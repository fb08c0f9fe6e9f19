"""What the calendar means today: events with their effective instants, whom they concern, how duties are shown and answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from handlers.kit.message import Day, Message, Moment, Value, m, verbatim
from handlers.kit.reply import Choice, Go
from handlers.rules.deadline import (
    Planned,
    deadline_epoch,
    due_line,
    effective_day,
    lateness,
    local_day,
    reminder_plan,
    time_left,
)
from handlers.rules.text import clip
from storage import calendar, duties, reminders, units
from storage.calendar import Event
from storage.connection import Snapshot
from storage.duties import Duty
from storage.memory import once

LABEL_CHARS = 38
"""How long a title may be on a button."""

STILL_OF_USE = 3_600
"""A reminder of something that has begun is of use for an hour more: the place, the way in."""

RSVP = "rsvp "

ENDS_WITH_YEAR = " năm"
"""A title that only lacks the number: "Báo cáo sơ kết 6 tháng đầu năm"."""


@dataclass(frozen=True, slots=True)
class Free:
    """The holidays: local date (ISO) -> name, and the dates alone."""

    names: Mapping[str, str]
    days: frozenset[date]


@dataclass(frozen=True, slots=True)
class Dated:
    """An event with its instants (epoch): as planned, and moved to a working day where its kind moves (deadlines)."""

    event: Event
    due: int
    effective: int

    @property
    def day(self) -> date:
        return date.fromisoformat(self.event.day)

    @property
    def until(self) -> int:
        """Until when a reminder of it is of use; a deadline stays until it is met."""
        return self.effective + STILL_OF_USE


def instant(dated: Dated) -> int:
    """When it counts (epoch): the order of dates in every answer."""
    return dated.effective


@once
def free_days(read: Snapshot) -> Free:
    """The holidays known."""
    return _free(tuple(calendar.holidays(read).items()))


@lru_cache(maxsize=8)
def _free(holidays: tuple[tuple[str, str], ...]) -> Free:
    return Free(dict(holidays), frozenset(date.fromisoformat(day) for day, _ in holidays))


def dated(event: Event, free: Free, zone: ZoneInfo) -> Dated:
    """The event with its instants."""
    day = date.fromisoformat(event.day)
    end = effective_day(day, free.days) if event.kind == "deadline" else day
    return Dated(event, deadline_epoch(day, event.time, zone), deadline_epoch(end, event.time, zone))


@once
def deadlines(read: Snapshot, zone: ZoneInfo) -> tuple[Dated, ...]:
    """The deadlines and legal dates that stand, by the day they are planned for."""
    free = free_days(read)
    stand = (each for each in calendar.events(read) if each.kind in ("deadline", "legal") and not each.cancelled)
    return tuple(dated(each, free, zone) for each in stand if not _for_nothing(read, each))


def _for_nothing(read: Snapshot, event: Event) -> bool:
    """Whether it asks for the answer to a conference that was called off."""
    conference_id = rsvp_of(event)
    conference = None if conference_id is None else calendar.event(read, conference_id)
    return conference is not None and conference.cancelled


def plan_of(event: Event, free: Free, zone: ZoneInfo) -> tuple[Planned, ...]:
    """When the event reminds."""
    shifts = event.kind == "deadline"
    return reminder_plan(date.fromisoformat(event.day), event.time, event.remind, event.overdue, free.days, zone, shifts=shifts)


def concerns(event: Event, unit_id: str, roles: Mapping[str, str]) -> bool:
    """Whether the event is for the unit; ``roles``: unit id -> lead, deputy, member, of the event's year."""
    role = roles.get(unit_id)
    return "all" in event.who or (role is not None and ("member" in event.who or role in event.who))


def roles_by_year(read: Snapshot, events: Iterable[Event], unit_ids: Sequence[str] = ()) -> dict[int, dict[str, str]]:
    """The memberships of every year that the events are about: of these units, or of all."""
    years = {event.of_year for event in events}
    return {year: units.roles_of(read, year, unit_ids) if unit_ids else units.membership_roles(read, year) for year in years}


def titled(title: str, year: int) -> Message:
    """A title with the emulation year it is about, where it does not say so itself."""
    shown = str(year)
    if shown in title:
        return verbatim(title)
    if title.endswith(ENDS_WITH_YEAR):
        return verbatim(f"{title} {shown}")
    return m("{title}, year {year}", title=verbatim(title), year=shown)


def short(title: str) -> Message:
    """A title for a button."""
    return verbatim(clip(title, LABEL_CHARS))


def due_and_left(duty: Duty, now: int, free: Free, zone: ZoneInfo) -> Message:
    """ "3 days left, due 17:00, Monday, 06/07/2026 (originally …)"."""
    return m(
        "{left}, due {due}", left=time_left(now, duty.effective, zone), due=due_line(duty.due, duty.effective, zone, free.names)
    )


def done_line(duty: Duty, zone: ZoneInfo) -> Message:
    """ "filed at 16:40 05/10/2026", with how late where it was."""
    if duty.done_at is None:
        return m("done")
    when = Moment(duty.done_at)
    done = m("done at {when}", when=when) if duty.form is None else m("filed at {when}", when=when)
    return m("{done}, {late}", done=done, late=late_by(duty, zone)) if duty.done_at > duty.effective else done


def late_by(duty: Duty, zone: ZoneInfo) -> Message:
    """How late a fulfilled duty was."""
    at = duty.effective if duty.done_at is None else duty.done_at
    late = lateness(duty.effective, at, zone)
    return late if late.count is not None else m("late on the same day")


def when(each: Dated, zone: ZoneInfo, free: Free) -> Value:
    """When an event is: a deadline with its hour and shift, a meeting with its hour, any other its day."""
    if each.event.kind == "deadline":
        return due_line(each.due, each.effective, zone, free.names)
    if each.event.time is not None:
        return Moment(each.effective, "weekday_time")
    return Day(each.day, "weekday")


def meeting_rows(each: Dated, zone: ZoneInfo, free: Free) -> list[tuple[Message, Value]]:
    """When and where."""
    rows: list[tuple[Message, Value]] = [(m("Time"), when(each, zone, free))]
    if each.event.place:
        rows.append((m("Place"), verbatim(each.event.place)))
    return rows


def rsvp_of(event: Event) -> str | None:
    """The conference whose answer fulfils the event's duty ("rsvp E05"), if one does."""
    return event.done_by.removeprefix(RSVP).strip() if event.done_by is not None and event.done_by.startswith(RSVP) else None


def answered_for(read: Snapshot, event: Event, zone: ZoneInfo) -> Dated | None:
    """The conference that the event's duty is an answer to; None where it is none, or is not in the calendar."""
    conference_id = rsvp_of(event)
    conference = None if conference_id is None else calendar.event(read, conference_id)
    return None if conference is None else dated(conference, free_days(read), zone)


def no_longer_asked(read: Snapshot, event: Event, now: int, zone: ZoneInfo) -> bool:
    """Whether the event asks for the answer to a conference that has begun, or was called off: then nobody owes it any more."""
    conference = answered_for(read, event, zone)
    return conference is not None and (conference.event.cancelled or conference.effective <= now)


def answer_choices(event_id: str, *, numbered: bool = True) -> tuple[Choice, ...]:
    """The answers to a conference."""
    return tuple(Choice(label, Go("du", f"{event_id} {code}"), numbered) for code, label in ANSWER_LABELS.items())


def duty_choices(duty: Duty, event: Event | None, *, named: bool, page: bool = False) -> tuple[Choice, ...]:
    """What fulfils a duty: report, tick, or the answer to a conference. ``named``: several are offered side by side.

    ``page``: the report can also be entered in the table on a page; its link is made when that is chosen.
    """
    if duty.form is not None:
        label = m("Report: {title}", title=short(duty.title)) if named else m("File now")
        in_chat = Choice(label, Go("baocao", duty.event_id))
        return (in_chat, Choice(m("Enter on a page"), Go("baocao", f"page {duty.id}"))) if page else (in_chat,)
    conference = None if event is None else rsvp_of(event)
    if conference is not None:
        if named:
            return (Choice(m("Answer: {title}", title=short(duty.title)), Go("du", conference)),)
        return answer_choices(conference)
    label = m("Done: {title}", title=short(duty.title)) if named else m("Mark as done")
    return (Choice(label, Go("xong", duty.id)),)


def ways_to_fulfil(read: Snapshot, duty: Duty, *, page: bool = False) -> tuple[Choice, ...]:
    """`duty_choices` of one of several duties; its event is read where they hang on it."""
    return duty_choices(duty, None if duty.form is not None else calendar.event(read, duty.event_id), named=True, page=page)


def awaiting(read: Snapshot, unit_id: str, now: int, free: Free, zone: ZoneInfo) -> tuple[Dated, ...]:
    """Conferences ahead that concern the unit, whose reminders have begun, and which it has not answered."""
    today = local_day(now, zone)
    found = []
    ahead = [event for event in calendar.events(read, today.isoformat()) if event.kind == "conference" and not event.cancelled]
    roles = roles_by_year(read, ahead, (unit_id,))
    for event in ahead:
        plan = plan_of(event, free, zone)
        begun = bool(plan) and plan[0].epoch <= now
        each = dated(event, free, zone)
        if (
            begun
            and each.effective > now
            and concerns(event, unit_id, roles[event.of_year])
            and reminders.attendance(read, event.id, unit_id) is None
        ):
            found.append(each)
    return tuple(found)


def met(read: Snapshot, event: Event, unit_id: str) -> bool:
    """Whether the unit has fulfilled its duty of the event."""
    duty = duties.duty(read, f"{event.id}:{unit_id}")
    return duty is not None and duty.status == "done"


def next_deadline(read: Snapshot, now: int, zone: ZoneInfo, *, unit_id: str | None) -> Dated | None:
    """The next deadline ahead (of the unit, where one is given, and not yet met by it), or the next legal date."""
    ahead = [each for each in deadlines(read, zone) if each.effective > now]
    roles = roles_by_year(read, (each.event for each in ahead), () if unit_id is None else (unit_id,))
    found = [
        each
        for each in ahead
        if unit_id is None or (concerns(each.event, unit_id, roles[each.event.of_year]) and not met(read, each.event, unit_id))
    ]
    return min(found, key=lambda each: each.effective, default=None)


ANSWER_LABELS = {"attend": m("Attend"), "absent": m("Not attend"), "substitute": m("Send a substitute")}
