"""Who hears of what at one look: the items of each person's letter, gathered in few reads however many people there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from zoneinfo import ZoneInfo

from handlers.reporting.draft import loads
from handlers.reporting.items import items_of
from handlers.reporting.offering import is_long
from handlers.rules.deadline import local_day
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from handlers.schedule.reminder_letter import Item, expires
from storage import calendar, duties, reminders, units
from storage.connection import Snapshot
from storage.duties import Duty
from storage.reminders import Attendance, Reach, Recipient, Snooze
from storage.tellings import DateSeen

Wanted = Collection[tuple[str, str]] | None
"""(person id, subject) of those who are to hear of it; None: everybody whom it concerns."""


class Gathering:
    """Gathers items: `changed`, `remind` and `snooze` add what each is about. The first item of a person about a subject stays."""

    def __init__(
        self,
        read: Snapshot,
        now: int,
        zone: ZoneInfo,
        free: Free,
        dates: Mapping[str, DateSeen],
        recipients: tuple[Recipient, ...],
        *,
        pages: bool = False,
    ) -> None:
        self._read = read
        self.now = now
        self._zone = zone
        self._free = free
        self._dates = dates
        self.recipients = recipients
        self.names = units.names(read)
        self.entered: dict[str, tuple[int, int]] = {}
        self._items: dict[str, dict[str, Item]] = {}
        self._owed: dict[str, dict[str, Duty]] = {}
        self._memberships: dict[int, Mapping[str, str]] = {}
        self._attendances: dict[str, Mapping[str, Attendance]] = {}
        self._pages = pages
        self._long: dict[tuple[str | None, int], bool] = {}
        self._made: dict[tuple[object, ...], Item] = {}
        self._by_person = {each.person_id: each for each in recipients}
        self._by_unit: dict[str, list[tuple[Recipient, str]]] = {}
        for each in recipients:
            for unit_id, role in each.posts:
                if unit_id is not None:
                    self._by_unit.setdefault(unit_id, []).append((each, role))

    def items(self, person_id: str) -> tuple[Item, ...]:
        """What the person's letter tells: changed dates first, then by date."""
        some = self._items.get(person_id, {}).values()
        if len(some) <= 1:
            return tuple(some)
        return tuple(sorted(some, key=lambda item: (item.before is None, item.dated.effective, item.subject)))

    @property
    def people(self) -> Collection[str]:
        """Who has something to hear."""
        return self._items.keys()

    def _add(self, recipient: Recipient, item: Item, wanted: Wanted = None) -> None:
        if wanted is None or (recipient.person_id, item.subject) in wanted:
            self._items.setdefault(recipient.person_id, {}).setdefault(item.subject, item)

    def remind(self, each: Dated, *, late: bool, overdue: bool, wanted: Wanted = None) -> None:
        """The event is to be reminded of. ``overdue``: the organisers hear how many are missing."""
        if each.event.cancelled:
            return
        if each.event.kind == "deadline":
            self._duties(each, late, overdue, wanted)
        elif self.now < expires(each, self._zone):
            self._event(each, late, wanted)

    def _duties(self, each: Dated, late: bool, overdue: bool, wanted: Wanted) -> None:
        event = each.event
        owed = self._owed_for(event.id, event.of_year)
        for unit_id, duty in owed.items():
            base = Item(f"duty:{duty.id}", self._dates[event.id].number, each, late, duty)
            own = replace(base, files=True)
            passed = self.now > duty.effective
            for recipient, role in self._by_unit.get(unit_id, ()):
                if role == "officer" and (passed or recipient.reminders):
                    self._add(recipient, own, wanted)
                elif role == "leader" and passed:
                    self._add(recipient, base, wanted)
        secretaries = [each for each in self._organisers if wanted is None or (each.person_id, f"event:{event.id}") in wanted]
        if not owed or not secretaries:
            return
        alone, blocked = self._silent(owed)
        if alone or blocked or overdue:
            item = Item(
                f"event:{event.id}", self._dates[event.id].number, each, late, None, alone=alone, blocked=blocked, missing=len(owed)
            )
            for recipient in secretaries:
                self._add(recipient, item)

    @cached_property
    def _organisers(self) -> tuple[Recipient, ...]:
        """Secretaries who want reminders."""
        return tuple(each for each in self.recipients if each.reminders and any(role == "secretary" for _, role in each.posts))

    def _owed_for(self, event_id: str, year: int) -> dict[str, Duty]:
        """unit id -> its open duty; none of a closed year. Notes how far the drafts are."""
        known = self._owed.get(event_id)
        if known is None:
            found = units.year(self._read, year)
            closed = found is not None and found.closed_at is not None
            some = () if closed else duties.of_event(self._read, event_id)
            known = self._owed[event_id] = {duty.unit_id: duty for duty in some if duty.status == "open"}
            for duty_id, content in (duties.drafts(self._read, event_id) if known else {}).items():
                self._count(known[duty_id.partition(":")[2]], content)
        return known

    def paged(self, duty: Duty) -> bool:
        """Whether the duty's report is a table that can be entered on a page: one look for all units."""
        if not self._pages:
            return False
        asks = (duty.form, duty.year)
        if asks not in self._long:
            self._long[asks] = is_long(self._read, duty)
        return self._long[asks]

    def _count(self, duty: Duty, content: str) -> None:
        form = None if duty.form is None else calendar.form(self._read, duty.form)
        if form is None:
            return
        figures = [each for each in items_of(self._read, form, duty.year, duty.unit_id) if each.numeric]
        sheet = loads(content)
        self.entered[duty.id] = (sum(1 for each in figures if sheet.value(each.id) is not None), len(figures))

    def _silent(self, owed: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the units in which nobody has joined, and of those whose every address refuses messages."""
        alone = tuple(self.names.get(unit_id, unit_id) for unit_id in owed if unit_id not in self._reach)
        blocked = tuple(
            self.names.get(unit_id, unit_id)
            for unit_id in owed
            if (found := self._reach.get(unit_id)) is not None and 0 < found.addresses == found.blocked
        )
        return alone, blocked

    @cached_property
    def _reach(self) -> Mapping[str, Reach]:
        return reminders.reach(self._read, local_day(self.now, self._zone).isoformat())

    def _event(self, each: Dated, late: bool, wanted: Wanted) -> None:
        event = each.event
        item = Item(f"event:{event.id}", self._dates[event.id].number, each, late, None)
        asking = replace(item, asks=True)
        roles, answers = self._roles(event.of_year), self._answers(event.id)
        for recipient in self.recipients:
            if not recipient.reminders:
                continue
            invited = _invited(each, recipient, roles)
            if not invited and "all" not in event.who:
                continue
            given = _given(invited, answers)
            if given == {"absent"} and len(invited) == 1:
                continue        # the unit does not attend: nothing to be reminded of
            asks = event.kind == "conference" and bool(invited) and not given and self.now < each.effective
            self._add(recipient, asking if asks else item, wanted)

    def _roles(self, year: int) -> Mapping[str, str]:
        """unit id -> lead, deputy, member, of the year."""
        if year not in self._memberships:
            self._memberships[year] = units.membership_roles(self._read, year)
        return self._memberships[year]

    def _answers(self, event_id: str) -> Mapping[str, Attendance]:
        """unit id -> its answer to the conference."""
        if event_id not in self._attendances:
            self._attendances[event_id] = reminders.attendances(self._read, event_id)
        return self._attendances[event_id]

    def changed(self, person_id: str, subject: str, before: Dated, after: Dated) -> bool:
        """The person was told another date of the subject. Returns whether he is told: he can be, and it still concerns him."""
        recipient = self._by_person.get(person_id)
        if recipient is None:
            return False
        number = self._dates[after.event.id].number
        if subject.startswith("duty:"):
            return self._changed_duty(recipient, subject, number, before, after)
        attends = False
        asks, answered = False, None
        if after.event.kind == "conference":
            roles, answers = self._roles(after.event.of_year), self._answers(after.event.id)
            invited = _invited(after, recipient, roles)
            given = _given(invited or [unit_id for unit_id, _ in recipient.posts if unit_id is not None], answers)
            attends = bool(given - {"absent"})
            if not after.event.cancelled and self.now < after.effective and invited:
                asks, answered = not given, next(iter(sorted(given)), None)
        if not recipient.reminders and not attends:
            return False
        self._add(recipient, self._changed(subject, number, before, after, asks=asks, answered=answered))
        return True

    def _changed(
        self, subject: str, number: int, before: Dated, after: Dated, *, duty: Duty | None = None, files: bool = False, asks: bool = False,
        answered: str | None = None,
    ) -> Item:  # fmt: skip
        """The same item for all who are told the same, so that it is put in words once."""
        told = before.event
        key = (subject, told.day, told.time, told.place, before.effective, told.cancelled, files, asks, answered)
        if key not in self._made:
            self._made[key] = Item(
                subject, number, after, False, duty, files=files, asks=asks, answered=answered, before=before
            )
        return self._made[key]

    def _changed_duty(self, recipient: Recipient, subject: str, number: int, before: Dated, after: Dated) -> bool:
        unit_id = subject.rpartition(":")[2]
        roles = {role for post_unit, role in recipient.posts if post_unit == unit_id}
        if not roles & {"officer", "leader"} or not recipient.reminders:
            return False
        if after.event.cancelled:
            duty = duties.duty(self._read, subject.removeprefix("duty:"))
            if duty is not None and duty.status == "done":
                return False
            self._add(recipient, self._changed(subject, number, before, after))
            return True
        owed = self._owed_for(after.event.id, after.event.of_year).get(unit_id)
        if owed is None:
            return False
        self._add(recipient, self._changed(subject, number, before, after, duty=owed, files="officer" in roles and owed.opens <= self.now))
        return True

    def snooze(self, wish: Snooze, every: Mapping[str, Dated], *, late: bool) -> None:
        """A person's own wish to be reminded once more, where it is still of use."""
        recipient = self._by_person.get(wish.person_id)
        kind, _, ident = wish.subject.partition(":")
        each = every.get(ident.partition(":")[0])
        if recipient is None or each is None or each.event.cancelled:
            return
        duty = None
        if kind == "duty":
            duty = self._owed_for(each.event.id, each.event.of_year).get(ident.partition(":")[2])
            if duty is None:
                return
        elif self.now >= expires(each, self._zone):
            return
        files = duty is not None and (duty.unit_id, "officer") in recipient.posts
        asks = each.event.kind == "conference" and any(unit_id is not None for unit_id, _ in recipient.posts)
        self._add(recipient, Item(wish.subject, self._dates[each.event.id].number, each, late, duty, files=files, asks=asks))


def _invited(each: Dated, recipient: Recipient, roles: Mapping[str, str]) -> list[str]:
    """The recipient's units that are invited."""
    posts = dict.fromkeys(unit_id for unit_id, _ in recipient.posts if unit_id is not None)
    return [unit_id for unit_id in posts if agenda.concerns(each.event, unit_id, roles)]


def _given(invited: Iterable[str], answers: Mapping[str, Attendance]) -> set[str]:
    return {answers[unit_id].answer for unit_id in invited if unit_id in answers}
