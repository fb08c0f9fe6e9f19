"""The tick: what people are to be told now becomes letters, in one transaction with the note that it was looked at.

A look compares the plan as it stands with what it remembers: which planned reminders were dealt with, which dates people know of, which
letters never arrived. It asks nothing of the time since the last look, so it is right after an hour or a month of downtime, and whatever
the clock does: a planned reminder is dealt with once. Of several that were missed the last one stands for those before it.

A letter says what is true when it is read: it may be sent until that ends (quiet hours, the end of the day, the deadline itself, two
hours after its time). One that was not sent until then is taken back, and the next look writes what is true then, once, and says that it
comes late. In quiet hours nothing is written at all. A look that raced another one is refused by `reminders.save_tick`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from handlers.kit.wire import MENU_SECONDS
from handlers.rules.deadline import Planned, effective_day, is_working_day, local_day, midnight, quiet_until, said_until
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from handlers.schedule.changed_dates import Dates, compare
from handlers.schedule.gathering import Gathering
from handlers.schedule.planning import lapsed
from handlers.schedule.reminder_letter import LATE_AFTER, Item, Writer, expires
from handlers.schedule.unsettled import superseded, unsettled
from storage import calendar, clock, duties, quota, reminders, tellings, units
from storage.connection import Effect, Snapshot, effect
from storage.reminders import Recipient
from storage.tellings import DateSeen, Telling

NOTED_EVERY = 300
"""How often (seconds) a look that found nothing is noted."""

SET_BACK = 600
"""By how much (seconds) the clock must lie behind the last look to be taken for one that was set back."""

LEAP = 60 * 86_400
"""A longer time without a look is believed only when the clock still says so after a while: it may be about to be corrected."""

STEADY = 600
"""How long (seconds) that while is."""

DAY = 86_400

KEEP_TOLD = 120 * 86_400
"""How long after a date it is remembered who was told of it."""


@dataclass(frozen=True, slots=True)
class _Hit:
    """An event to be reminded of now: its last planned reminder stands for those before it."""

    dated: Dated
    planned: Planned
    late: bool
    folded: tuple[tuple[str, int, bool], ...]

    @property
    def marks(self) -> tuple[tuple[str, int, bool], ...]:
        """(event id, planned instant, whether another stands for it) of the reminders that are dealt with."""
        return (*self.folded, (self.dated.event.id, self.planned.epoch, False))


def look(read: Snapshot, now: int, zone: ZoneInfo, *, pages: bool = False) -> tuple[Effect, ...]:
    """The effects of a tick at ``now`` (epoch): letters, what was noticed of the clock, and the note that it was looked.

    ``pages``: reports can also be entered on pages, as the web side has a public address.
    """
    since = reminders.last_tick(read)
    leap = reminders.last_tick(read, reminders.LEAP)
    furthest = max(since or 0, leap or 0)
    if furthest - now > SET_BACK:
        today = local_day(now, zone).isoformat()
        mended = (effect(clock.set_back, now, furthest), effect(quota.set_back, today), effect(reminders.forget_nudges, today))
        return (*mended, effect(reminders.save_tick, now, since))
    if since is not None and doubted(read, now):
        return () if leap is not None else (effect(reminders.note_leap, now, since),)
    effects = (*lapsed(read, now, zone), *due_reminders(read, now, zone, since, pages=pages))
    if effects or since is None or now - since >= NOTED_EVERY:
        return (effect(reminders.save_tick, now, since), *effects)
    return ()


def doubted(read: Snapshot, now: int) -> bool:
    """Whether the clock lies so far ahead of the last look, and has done so for so short a while, that it may be about to be corrected.
    What cannot be taken back waits."""
    since, leap = reminders.last_tick(read), reminders.last_tick(read, reminders.LEAP)
    return since is not None and now - since > LEAP and (leap is None or now - leap < STEADY)


def due_reminders(read: Snapshot, now: int, zone: ZoneInfo, since: int | None, *, pages: bool = False) -> tuple[Effect, ...]:
    """What a look at ``now`` has to write, without the note that it looked. ``since``: the look before; None: this is the first one.

    What was planned before the first look is not reminded of.
    """
    free = agenda.free_days(read)
    quiet = calendar.quiet_hours(read, local_day(now, zone).year)
    every = {event.id: agenda.dated(event, free, zone) for event in calendar.events(read)}
    seen = tellings.newest_dates(read)
    dates = compare(seen, every, tellings.last_number(read))
    hits, passed = _hits(read, now, zone, now if since is None else min(since, now), every, seen, dates, free, quiet)
    if quiet_until(now, quiet, zone, None) > now:
        return (effect(tellings.note_looked, dates.fresh, passed, now),) if not seen and dates.fresh else ()
    open_letters = unsettled(read, now, zone, free, dates, seen, every)
    snoozes = reminders.due_snoozes(read, now)
    if not is_working_day(local_day(now, zone), free.days) and not (
        snoozes or _today(hits, now, zone) or open_letters.urgent(now, _day_ends(now, zone), _working_day_ahead(now, zone, free))
    ):
        # what was missed, and what has time, waits for the working day
        return (effect(tellings.note_looked, dates.fresh, passed, now),) if not seen and dates.fresh else ()
    effects = list(open_letters.effects(now))
    marks = (*passed, *(mark for hit in hits for mark in hit.marks))
    if dates.fresh or marks:
        effects.append(effect(tellings.note_looked, dates.fresh, marks, now))
    if hits or snoozes or open_letters.people:
        only = None if hits else {*open_letters.people, *(wish.person_id for wish in snoozes)}
        found = reminders.recipients(read, local_day(now, zone).isoformat(), only)
        gathering = Gathering(read, now, zone, free, dates.newest, found, pages=pages)
        told = open_letters.gather(gathering, LATE_AFTER)
        for hit in hits:
            gathering.remind(hit.dated, late=hit.late, overdue=hit.planned.kind == "overdue")
        for wish in snoozes:
            gathering.snooze(wish, every, late=now - wish.at > LATE_AFTER)
        older = superseded(read, now, zone, free, dates, every, gathering.people)
        effects += (*told, *older.effects(now), *older.gather(gathering, LATE_AFTER))
        letters = _letters(gathering, now, zone, free, quiet)
        if letters:
            effects.append(effect(tellings.send, letters, now, MENU_SECONDS))
    if snoozes:
        effects.append(effect(reminders.drop_snoozes, now))
    if hits:
        effects.append(effect(tellings.drop_old, now - KEEP_TOLD))
    return tuple(effects)


def letters_in(effects: Sequence[Effect]) -> int:
    """How many letters a look writes."""
    return sum(len(each.args[0]) for each in effects if each.function is tellings.send)


def planned_instants(read: Snapshot, after: int, until: int, zone: ZoneInfo) -> tuple[int, ...]:
    """The instants in (``after``, ``until``] at which a look may find something, in order; quiet hours are passed over."""
    free = agenda.free_days(read)
    quiet = calendar.quiet_hours(read, local_day(after, zone).year)
    found = {planned.epoch for event in calendar.events(read) if not event.cancelled for planned in agenda.plan_of(event, free, zone)}
    snooze = reminders.next_snooze(read, after)
    held = {quiet_until(epoch, quiet, zone, None) for epoch in (*found, *(() if snooze is None else (snooze,))) if epoch > after}
    return tuple(sorted(epoch for epoch in held if epoch <= until))


def still_wanted(read: Snapshot, subject: str, person_id: str | None, now: int) -> bool:
    """Whether a letter about the subjects ("duty:ID", "event:ID", several with a space between) is still true and of use.

    A duty that was fulfilled or cancelled is not, nor an event that was called off, nor a date that has moved since. Of a reminder
    everything must still hold: the next look writes anew what does. Unknown subjects are sent.
    """
    subjects = subject.split()
    told = {} if person_id is None else {each.subject: each for each in tellings.told_to(read, person_id, subjects)}
    if any(each.pending is not None for each in told.values()):
        return all(_holds(read, each, None if each not in told else told[each].pending) for each in subjects)
    return any(_holds(read, each, None) for each in subjects)


def _holds(read: Snapshot, subject: str, number: int | None) -> bool:
    """Whether the subject is still of use, and the date seen of that number is still the plan's."""
    kind, _, ident = subject.partition(":")
    if kind not in ("duty", "event"):
        return True
    seen = None if number is None else tellings.date_seen(read, number)
    event = calendar.event(read, ident.partition(":")[0])
    if seen is not None and seen.cancelled:
        return event is None or event.cancelled
    if event is None or event.cancelled or (seen is not None and (seen.day, seen.time, seen.place) != (event.day, event.time, event.place)):
        return False
    if kind == "event":
        return True
    duty = duties.duty(read, ident)
    year = None if duty is None else units.year(read, duty.year)
    if duty is None or duty.status != "open" or (year is not None and year.closed_at is not None):
        return False
    return seen is None or seen.effective == duty.effective


def _hits(
    read: Snapshot, now: int, zone: ZoneInfo, since: int, every: Mapping[str, Dated], seen: Mapping[str, DateSeen], dates: Dates,
    free: Free, quiet: tuple[str, ...],
) -> tuple[list[_Hit], tuple[tuple[str, int, bool], ...]]:  # fmt: skip
    """What is to be reminded of, and the planned reminders (event id, instant, True) that are passed over: before the first look, or of
    a date that lay in the past when the plan was changed to it. One that was brought forward past a reminder is reminded of at once."""
    done = tellings.reminded(read)
    hits: list[_Hit] = []
    passed: list[tuple[str, int, bool]] = []
    for event_id, each in every.items():
        planned = () if each.event.cancelled else agenda.plan_of(each.event, free, zone)
        come = [one for one in planned if one.epoch <= now]
        if not come or (event_id, come[-1].epoch) in done:
            continue
        last = come[-1]
        if _comes_today(planned, now, zone) and local_day(last.epoch, zone) != local_day(now, zone):
            continue        # what was missed is told with the one of today
        folded = tuple((event_id, one.epoch, True) for one in come[:-1] if (event_id, one.epoch) not in done)
        before = last.epoch <= since and (event_id not in seen or event_id in dates.changed)     # due by the plan's change, not by time
        if before and (not seen or _over(each, now, zone)):
            passed += (*folded, (event_id, last.epoch, True))
        else:
            late = not before and now - quiet_until(last.epoch, quiet, zone, None) > LATE_AFTER
            hits.append(_Hit(each, last, late, folded))
    return hits, tuple(passed)


def _over(each: Dated, now: int, zone: ZoneInfo) -> bool:
    return now > each.effective if each.event.kind == "deadline" else now >= expires(each, zone)


def _comes_today(planned: Sequence[Planned], now: int, zone: ZoneInfo) -> bool:
    """Whether a reminder is still to come on this local day."""
    return any(one.epoch > now and local_day(one.epoch, zone) == local_day(now, zone) for one in planned)


def _today(hits: Sequence[_Hit], now: int, zone: ZoneInfo) -> bool:
    """Whether one of them was planned for this very day."""
    return any(local_day(hit.planned.epoch, zone) == local_day(now, zone) for hit in hits)


def _day_ends(now: int, zone: ZoneInfo) -> int:
    """The end (epoch) of the local day."""
    return midnight(local_day(now, zone) + timedelta(days=1), zone)


def _working_day_ahead(now: int, zone: ZoneInfo, free: Free) -> int:
    """The end (epoch) of the next working day: what happens until then cannot wait for it."""
    day: date = effective_day(local_day(now, zone), free.days)
    return midnight(day + timedelta(days=1), zone)


def _letters(gathering: Gathering, now: int, zone: ZoneInfo, free: Free, quiet: tuple[str, ...]) -> tuple[Telling, ...]:
    """One letter to each person who has something to hear."""
    writer = Writer(now, zone, free, gathering.names, gathering.entered, gathering.paged)
    until = said_until(now, quiet, zone)
    letters = []
    for recipient in gathering.recipients:
        items = gathering.items(recipient.person_id)
        if items:
            letters.append(_letter(writer, recipient, items, now, min(until, *_ends(items, now, zone))))
    return tuple(letters)


def _ends(items: Sequence[Item], now: int, zone: ZoneInfo) -> list[int]:
    """When what the items say is true no more: it comes late without saying so, the deadline has passed, the event is over."""
    found = [now + (DAY if any(item.late for item in items) else LATE_AFTER)]
    for item in items:
        end = item.dated.effective + 1 if item.dated.event.kind == "deadline" else expires(item.dated, zone)
        if end > now:
            found.append(end)
    return found


def _letter(writer: Writer, to: Recipient, items: Sequence[Item], now: int, expires_at: int) -> Telling:
    reply, choices = writer.letter(to, items)
    subjects = tuple((item.subject, item.date) for item in items)
    key = f"reminder:{to.person_id}:{now}:{'|'.join(f'{subject}@{number}' for subject, number in subjects)}"
    menu_id = hashlib.sha256(key.encode()).hexdigest()[:10] if choices is not None else None
    return Telling(
        key, to.person_id, to.channel, to.address, to.language, reply, choices, menu_id, subjects, now, expires_at
    )

