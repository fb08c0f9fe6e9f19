"""Letters that never arrived, and dates that people know otherwise than the plan has them now: what a look has to make good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from handlers.rules.deadline import local_day, midnight
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from handlers.schedule.changed_dates import Dates, dated_as
from handlers.schedule.gathering import Gathering
from handlers.schedule.reminder_letter import expires
from storage import reminders, tellings
from storage.connection import Effect, Snapshot, effect
from storage.tellings import DateSeen, Told

SUPERSEDED_AFTER = 900
"""How long (seconds) a letter waits before a newer one takes its place: until then it may be on its way."""

TELLS_NOTHING_MORE = ("failed", None)
"""States of a letter that is not written again: the platform refuses it as it is, or it is forgotten."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A person knows a date of a subject that holds no more."""

    person_id: str
    subject: str
    before: Dated
    after: Dated


@dataclass(frozen=True, slots=True)
class _Again:
    """A reminder that never arrived, and when it was written (epoch)."""

    person_id: str
    subject: str
    dated: Dated
    at: int


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What is to be made good: ``changes`` to be told, letters to be written ``again``, what is settled without a word.

    ``delivered``: some letters were sent since the last look; ``taken_back``: keys of letters that told nothing; ``forgotten``:
    (person, subject) whose date has changed in a way that need not be told.
    """

    changes: tuple[_Change, ...]
    again: tuple[_Again, ...]
    delivered: bool
    taken_back: tuple[str, ...]
    forgotten: tuple[tuple[str, str], ...]

    @property
    def people(self) -> set[str]:
        """Who may have to be written to."""
        return {each.person_id for each in self.changes} | {each.person_id for each in self.again}

    def urgent(self, now: int, today: int, working: int) -> bool:
        """Whether something of it cannot wait for the working day: a changed date before the end of the next one (``working``, epoch),
        or what is written again before the end of ``today``."""
        changed = (each for change in self.changes for each in (change.before, change.after))
        return any(now <= each.effective < working for each in changed) or any(now <= each.dated.effective < today for each in self.again)

    def effects(self, now: int) -> tuple[Effect, ...]:
        """What is written before anything is told anew."""
        delivered = (effect(tellings.note_delivered),) if self.delivered else ()
        taken_back = (effect(tellings.take_back, self.taken_back, now),) if self.taken_back else ()
        return (*delivered, *taken_back)

    def gather(self, gathering: Gathering, late_after: int) -> tuple[Effect, ...]:
        """Add what is to be told; returns what is written of those who are not told."""
        untold = (
            (each.person_id, each.subject)
            for each in self.changes
            if not gathering.changed(each.person_id, each.subject, each.before, each.after)
        )
        forgotten = (*self.forgotten, *untold)
        events = {each.dated.event.id: each.dated for each in self.again}
        for event_id, dated in events.items():
            some = [each for each in self.again if each.dated.event.id == event_id]
            late = max(gathering.now - each.at for each in some) >= late_after
            overdue = gathering.now > dated.effective
            gathering.remind(dated, late=late, overdue=overdue, wanted={(each.person_id, each.subject) for each in some})
        return (effect(tellings.forget, forgotten),) if forgotten else ()


def unsettled(
    read: Snapshot, now: int, zone: ZoneInfo, free: Free, dates: Dates, seen: Mapping[str, DateSeen], every: Mapping[str, Dated]
) -> Unsettled:
    """What the letters and the changed dates ask for; ``seen``: the dates of the last look, ``every`` event of the plan."""
    rows = {(each.person_id, each.subject): each for each in tellings.undelivered(read, now)}
    outdated = _outdated(read, dates)
    if outdated:
        rows |= {(each.person_id, each.subject): each for each in tellings.told_of(read, outdated)}
        untrue = {each.letter for each in rows.values() if each.letter is not None and each.pending in outdated and each.state == "waiting"}
        if untrue:
            rows |= {(each.person_id, each.subject): each for each in tellings.told_in(read, untrue)}
    else:
        untrue = set()
    if not rows and not dates.changed:
        return Unsettled((), (), False, (), ())
    return _Sorting(now, zone, free, dates, every, untrue).sort(read, rows, seen)


def superseded(
    read: Snapshot, now: int, zone: ZoneInfo, free: Free, dates: Dates, every: Mapping[str, Dated], people: Iterable[str]
) -> Unsettled:
    """Letters to people who are written to now that have waited for a while: what they tell goes into the new ones."""
    letters = tellings.waiting_for(read, tuple(people), now - SUPERSEDED_AFTER)
    if not letters:
        return Unsettled((), (), False, (), ())
    rows = {(each.person_id, each.subject): each for each in tellings.told_in(read, letters)}
    return _Sorting(now, zone, free, dates, every, letters).sort(read, rows, {})


def _outdated(read: Snapshot, dates: Dates) -> set[int]:
    """Numbers of the dates of changed events that hold no more."""
    if not dates.changed:
        return set()
    return {number for number, each in tellings.dates_of(read, dates.changed).items() if each.facts != dates.newest[each.event_id].facts}


class _Sorting:
    """Sorts what people were told: what has changed, what never arrived, what needs no word."""

    def __init__(
        self, now: int, zone: ZoneInfo, free: Free, dates: Dates, every: Mapping[str, Dated], untrue: set[str]
    ) -> None:
        self._now = now
        self._zone = zone
        self._free = free
        self._dates = dates
        self._every = every
        self._untrue = untrue
        self._as_told: dict[int, Dated] = {}
        self._changes: list[_Change] = []
        self._again: list[_Again] = []
        self._forgotten: list[tuple[str, str]] = []

    def sort(self, read: Snapshot, rows: Mapping[tuple[str, str], Told], seen: Mapping[str, DateSeen]) -> Unsettled:
        known = tellings.dates_of(read, {_event_id(each.subject) for each in rows.values()})
        taken_back: set[str] = set()
        later = {each.letter for each in rows.values() if self._lost(each) and self._comes_today(_event_id(each.subject))}
        for each in rows.values():
            lost = self._lost(each)
            if lost and each.letter in later:
                continue        # it is told with the reminder that comes today
            if lost and each.letter is not None:
                taken_back.add(each.letter)
            self._row(each, known, lost)
        for event_id in sorted(self._dates.changed & seen.keys()):
            for person_id in _attending(read, seen[event_id]):
                if (person_id, f"event:{event_id}") not in rows:
                    self._change(person_id, f"event:{event_id}", seen[event_id])
        delivered = any(each.state == "sent" for each in rows.values())
        return Unsettled(tuple(self._changes), tuple(self._again), delivered, tuple(sorted(taken_back)), tuple(self._forgotten))

    def _lost(self, each: Told) -> bool:
        """Whether it was told in a letter that did not arrive and will not."""
        if each.letter is None or each.state == "sent":
            return False
        expired = each.expires_at is not None and each.expires_at <= self._now
        return each.state != "waiting" or expired or each.letter in self._untrue

    def _row(self, each: Told, known: Mapping[int, DateSeen], lost: bool) -> None:
        event_id = _event_id(each.subject)
        newest = self._dates.newest.get(event_id)
        if newest is None:
            return
        number = each.pending if each.state == "sent" else each.known
        told = None if number is None else known[number]
        written_no_more = each.letter is not None and each.state in TELLS_NOTHING_MORE
        if told is not None and told.facts != newest.facts:
            if written_no_more:
                self._forgotten.append((each.person_id, each.subject))
            else:
                self._change(each.person_id, each.subject, told)
        elif lost and not written_no_more and event_id in self._every:
            pending = None if each.pending is None else known[each.pending]
            if pending is None or pending.facts == newest.facts or (told is None and self._begun(event_id)):
                self._again.append(_Again(each.person_id, each.subject, self._every[event_id], each.at))

    def _comes_today(self, event_id: str) -> bool:
        """Whether a reminder of the event is still to come on this local day."""
        each = self._every.get(event_id)
        if each is None or each.event.cancelled:
            return False
        end = midnight(local_day(self._now, self._zone) + timedelta(days=1), self._zone)
        return any(self._now < one.epoch < end for one in agenda.plan_of(each.event, self._free, self._zone))

    def _begun(self, event_id: str) -> bool:
        """Whether the reminders of the event, as it is planned now, have begun."""
        event = self._every[event_id].event
        return not event.cancelled and any(one.epoch <= self._now for one in agenda.plan_of(event, self._free, self._zone)[:1])

    def _change(self, person_id: str, subject: str, old: DateSeen) -> None:
        before = self._as_told.setdefault(old.number, dated_as(old, self._zone))
        event_id = _event_id(subject)
        after = self._every.get(event_id)
        if after is None:
            newest = self._dates.newest[event_id]
            after = self._as_told.setdefault(newest.number, dated_as(newest, self._zone))
        if self._over(before) and (after.event.cancelled or self._over(after)):
            self._forgotten.append((person_id, subject))
        else:
            self._changes.append(_Change(person_id, subject, before, after))

    def _over(self, each: Dated) -> bool:
        """Whether nobody needs to be told of it any more: a deadline has passed, an event is over."""
        return self._now > each.effective if each.event.kind == "deadline" else self._now >= expires(each, self._zone)


def _attending(read: Snapshot, seen: DateSeen) -> Iterable[str]:
    """Who has answered a conference for his unit, be it told of by a reminder or not."""
    if seen.kind != "conference":
        return ()
    return [each.person_id for each in reminders.attendances(read, seen.event_id).values() if each.answer != "absent"]


def _event_id(subject: str) -> str:
    """The event of duty:EVENT:UNIT or event:EVENT."""
    return subject.split(":")[1]
