"""Deadlines: effective days, lateness, when reminders go out, quiet hours. Pure.

Sources: the plan's reading rules; the shift to the next working day is Bộ luật Dân sự 2015, article 148, clause 5 (a term that ends on a
weekend or holiday ends at the end of the next working day). Instants are UTC epoch seconds, days are local dates.

Days late are calendar days begun after the deadline, read literally: the local midnights between the two. A filing after 17:00 of the
effective day itself is late by 0 days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from handlers.kit.message import Day, Message, Moment, m, mn

DEADLINE_TIME = "17:00"
"""When a deadline without an hour of its own ends."""

REMINDER_TIME = time(8)
"""When reminders go out."""

DEFAULT_OPEN_DAYS = 30
"""How long before its effective day a duty without reminders is open for filing."""

_ONE_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6
_MOST_HOLDS = 40


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder that will go out at ``epoch``: ``offset`` days before (remind) or after (overdue) the effective day."""

    kind: Literal["remind", "overdue"]
    offset: int
    epoch: int


def is_working_day(day: date, holidays: frozenset[date]) -> bool:
    """Whether people are at work on the day: neither a weekend nor a holiday."""
    return day.weekday() < _SATURDAY and day not in holidays


def effective_day(day: date, holidays: frozenset[date]) -> date:
    """The day itself, or the next working day after a weekend or holiday."""
    while not is_working_day(day, holidays):
        day += _ONE_DAY
    return day


def working_day_before(day: date, holidays: frozenset[date]) -> date:
    """The day itself, or the last working day before a weekend or holiday."""
    while not is_working_day(day, holidays):
        day -= _ONE_DAY
    return day


@lru_cache(maxsize=4_096)
def deadline_epoch(day: date, time: str | None, zone: ZoneInfo) -> int:
    """The instant at which the deadline of a day ends; ``time`` is "HH:MM", None 17:00. Raises ValueError for another shape."""
    hour, minute = (time or DEADLINE_TIME).split(":")
    return int(datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=zone).timestamp())


@lru_cache(maxsize=4_096)
def local_day(epoch: int, zone: ZoneInfo) -> date:
    """The local date of an instant."""
    return datetime.fromtimestamp(epoch, zone).date()


def morning(day: date, zone: ZoneInfo) -> int:
    """The instant at which reminders of a day go out."""
    return int(datetime.combine(day, REMINDER_TIME, zone).timestamp())


def midnight(day: date, zone: ZoneInfo) -> int:
    """The instant at which a local day begins."""
    return int(datetime.combine(day, time.min, zone).timestamp())


def days_late(effective: int, filed: int, zone: ZoneInfo) -> int:
    """Calendar days begun after the effective instant: local midnights passed; 0 in time, and later on the same day."""
    return max(0, (local_day(filed, zone) - local_day(effective, zone)).days)


def is_late(effective: int, filed: int) -> bool:
    """Whether it was filed after the effective instant, be it by a second."""
    return filed > effective


def reminder_plan(
    day: date,
    time: str | None,
    remind: Iterable[int],
    overdue: Iterable[int],
    holidays: frozenset[date],
    zone: ZoneInfo,
    *,
    shifts: bool = True,
) -> tuple[Planned, ...]:
    """When an event of ``day`` reminds, at 08:00 each, by date.

    Days are counted from the effective day (from the day itself where ``shifts`` is False: conferences, ceremonies and legal dates do
    not move). A reminder that falls on a non-working day goes out on the working day before; 0 on the effective day itself. An overdue
    step is never sent before the deadline has passed: it then goes out on the working day after. Of two that fall on one day one stays.
    """
    return _planned(day, time, tuple(remind), tuple(overdue), holidays, zone, shifts)


@lru_cache(maxsize=4_096)
def _planned(
    day: date, time: str | None, remind: tuple[int, ...], overdue: tuple[int, ...], holidays: frozenset[date], zone: ZoneInfo, shifts: bool
) -> tuple[Planned, ...]:
    """`reminder_plan`; kept, since every look asks for the whole calendar's."""
    anchor = effective_day(day, holidays) if shifts else day
    end = deadline_epoch(anchor, time, zone)
    planned: dict[date, Planned] = {}
    for offset in sorted(set(remind), reverse=True):
        at = anchor if offset == 0 else working_day_before(anchor - timedelta(days=offset), holidays)
        planned[at] = Planned("remind", offset, morning(at, zone))      # the nearer one takes the place of the farther
    for offset in sorted(set(overdue)):
        at = working_day_before(anchor + timedelta(days=offset), holidays)
        if morning(at, zone) <= end:
            at = effective_day(anchor + timedelta(days=offset), holidays)
        planned[at] = Planned("overdue", offset, morning(at, zone))
    return tuple(sorted(planned.values(), key=lambda each: each.epoch))


def default_opens(day: date, time: str | None, remind: Iterable[int], holidays: frozenset[date], zone: ZoneInfo) -> int:
    """From when a duty is open for filing: its first reminder, or 30 days before its effective day where it has none."""
    planned = reminder_plan(day, time, remind, (), holidays, zone)
    if planned:
        return planned[0].epoch
    return morning(effective_day(day, holidays) - timedelta(days=DEFAULT_OPEN_DAYS), zone)


def quiet_until(epoch: int, quiet: tuple[str, ...], zone: ZoneInfo, holidays: frozenset[date] | None) -> int:
    """The first instant from ``epoch`` on at which a reminder may be sent.

    ``quiet`` holds spans "HH:MM-HH:MM", which may go over midnight; the first minute is quiet, the last is not. Weekends and
    ``holidays`` are quiet as a whole, until 08:00 of the next working day; None: every day is as good as another (a reminder of
    something that happens on this very day). Spans that leave no free minute hold nothing.
    """
    spans = [(_minutes(start), _minutes(end)) for start, end in (span.split("-") for span in quiet)]
    at = datetime.fromtimestamp(epoch, zone)
    held = at
    for _ in range(_MOST_HOLDS):
        later = _after_quiet(held, spans)
        if holidays is not None and not is_working_day(later.date(), holidays):
            later = datetime.combine(effective_day(later.date(), holidays), REMINDER_TIME, zone)
        if later == held:
            return epoch if held == at else int(held.timestamp())
        held = later
    return epoch


def said_until(now: int, quiet: tuple[str, ...], zone: ZoneInfo) -> int:
    """Until when what is said of days at ``now`` can be sent (epoch, not included): the next quiet hours begin, or the local day ends."""
    at = datetime.fromtimestamp(now, zone)
    ends = [midnight(at.date() + _ONE_DAY, zone)]
    for span in quiet:
        minute = _minutes(span.split("-")[0])
        if minute < 24 * 60:
            start = int(datetime.combine(at.date(), time(minute // 60, minute % 60), zone).timestamp())
            ends += [start] if start > now else []
    return min(ends)


def _after_quiet(at: datetime, spans: list[tuple[int, int]]) -> datetime:
    minute = at.hour * 60 + at.minute
    for start, end in spans:
        inside = start <= minute < end if start <= end else minute >= start or minute < end
        if inside:
            day = at.date() + timedelta(days=(end == 24 * 60) or (start > end and minute >= start))
            return datetime.combine(day, time(end // 60 % 24, end % 60), at.tzinfo)
    return at


def _minutes(text: str) -> int:
    hour, minute = text.strip().split(":")
    return int(hour) * 60 + int(minute)


def time_left(now: int, effective: int, zone: ZoneInfo) -> Message:
    """How far the deadline is: "3 days left", "today, 17:00", "2 days late"."""
    days = (local_day(effective, zone) - local_day(now, zone)).days
    if days > 0:
        return mn("{count} day left", "{count} days left", days)
    if not is_late(effective, now):
        return m("today, {time}", time=Moment(effective, "time"))
    return lateness(effective, now, zone)


def lateness(effective: int, filed: int, zone: ZoneInfo) -> Message:
    """How late: "2 days late", or since which hour of the same day."""
    days = days_late(effective, filed, zone)
    if days == 0:
        return m("past {time} today, not yet counted as a day late", time=Moment(effective, "time"))
    return mn("{count} day late", "{count} days late", days)


def due_line(due: int, effective: int, zone: ZoneInfo, holidays: Mapping[str, str] | None = None) -> Message:
    """The deadline with its weekday, and the original date with the reason where it was moved.

    ``holidays``: local date (ISO) -> name, to name the holiday that moved it.
    """
    original = local_day(due, zone)
    if original == local_day(effective, zone):
        return m("{moment}", moment=Moment(effective, "weekday_time"))
    return m(
        "{moment} (originally {day}, {reason})",
        moment=Moment(effective, "weekday_time"),
        day=Day(original),
        reason=_reason(original, holidays or {}),
    )


def _reason(day: date, holidays: Mapping[str, str]) -> Message:
    name = holidays.get(day.isoformat())
    if name:
        return m("a holiday: {name}", name=name)
    if day.weekday() == _SATURDAY:
        return m("a Saturday")
    if day.weekday() == _SUNDAY:
        return m("a Sunday")
    return m("a holiday")
