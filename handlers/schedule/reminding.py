"""The tick: what is to be reminded of between the last look and now becomes letters, in one transaction with the look itself.

Only who still owes is reminded. What is due at the same look for one person is one letter. After downtime an event is mentioned once,
as it stands now, and the letter says that it is late. In quiet hours the look itself waits until they are over, so that what it says is
true when it is read. Every letter has a key; a second look that raced the first is refused by `reminders.save_tick`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from handlers.kit.wire import queue_effects
from handlers.rules.deadline import Planned, is_working_day, local_day, quiet_until
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from handlers.schedule.reminder_letter import Item, expires, letter
from storage import calendar, duties, outbox, people, reminders, units
from storage.calendar import Event
from storage.connection import Effect, Snapshot, effect
from storage.duties import Duty
from storage.reminders import Recipient, Snooze

LATE_AFTER = 2 * 3_600
"""From when on a reminder says that it comes late."""


@dataclass(frozen=True, slots=True)
class _Hit:
    """An event to be reminded of now: its last reminder in the window stands for those before it."""

    dated: Dated
    planned: Planned
    late: bool


@dataclass(frozen=True, slots=True)
class _World:
    """What one look reads once."""

    read: Snapshot
    now: int
    zone: ZoneInfo
    free: Free
    recipients: tuple[Recipient, ...]


def due_reminders(read: Snapshot, now: int, zone: ZoneInfo, since: int | None) -> tuple[Effect, ...]:
    """The effects of a look at ``now``: letters for every reminder planned in (``since``, ``now``], and the look itself.

    ``since`` None: the first look, from which on reminders count. Nothing at all in quiet hours.
    """
    if since is None:
        return (effect(reminders.save_tick, now, None),)
    if since >= now:
        return ()
    free = agenda.free_days(read)
    quiet = calendar.quiet_hours(read, local_day(now, zone).year)
    if quiet_until(now, quiet, zone, None) > now:
        return ()
    hits = _hits(read, now, zone, since, free, quiet)
    snoozes = reminders.due_snoozes(read, now)
    today = local_day(now, zone)
    day_off = not is_working_day(today, free.days)
    if hits and day_off and not snoozes and not any(local_day(hit.planned.epoch, zone) == today for hit in hits):
        return ()       # what was missed waits for the working day
    tick = effect(reminders.save_tick, now, since)
    if not hits and not snoozes:
        return (tick,)
    world = _World(read, now, zone, free, reminders.recipients(read, today.isoformat()))
    items: dict[str, list[Item]] = {}
    for hit in hits:
        _collect(world, hit, items)
    for each in snoozes:
        _collect_snooze(world, each, items)
    effects: list[Effect] = [tick]
    for recipient in world.recipients:
        if recipient.person_id in items:
            effects += _queue(world, recipient, items[recipient.person_id])
    effects += [effect(reminders.drop_snooze, each.person_id, each.subject) for each in snoozes]
    return tuple(effects)


def planned_instants(read: Snapshot, after: int, until: int, zone: ZoneInfo) -> tuple[int, ...]:
    """The instants in (``after``, ``until``] at which a look may find something, in order; quiet hours are passed over."""
    free = agenda.free_days(read)
    quiet = calendar.quiet_hours(read, local_day(after, zone).year)
    found = {planned.epoch for event in calendar.events(read) for planned in agenda.plan_of(event, free, zone)}
    snooze = reminders.next_snooze(read, after)
    held = {quiet_until(epoch, quiet, zone, None) for epoch in (*found, *(() if snooze is None else (snooze,))) if epoch > after}
    return tuple(sorted(epoch for epoch in held if epoch <= until))


def still_wanted(read: Snapshot, subject: str, person_id: str | None, now: int) -> bool:
    """Whether a letter about the subjects ("duty:ID", "event:ID", several with a space between) is still of use to the person.

    A duty that was fulfilled or cancelled is not, nor a conference that has begun or that the unit has declined; one that still is
    keeps the whole letter. Unknown subjects are sent.
    """
    return any(_wanted(read, each, now) for each in subject.split())


def _wanted(read: Snapshot, subject: str, now: int) -> bool:
    kind, _, ident = subject.partition(":")
    if kind == "duty":
        duty = duties.duty(read, ident)
        return duty is not None and duty.status == "open"
    if kind == "event":
        return calendar.event(read, ident) is not None
    return True


def _hits(read: Snapshot, now: int, zone: ZoneInfo, since: int, free: Free, quiet: tuple[str, ...]) -> list[_Hit]:
    hits = []
    for event in calendar.events(read):
        planned = [each for each in agenda.plan_of(event, free, zone) if since < each.epoch <= now]
        if planned:
            last = planned[-1]
            late = now - quiet_until(last.epoch, quiet, zone, None) > LATE_AFTER
            hits.append(_Hit(agenda.dated(event, free, zone), last, late))
    return hits


def _collect(world: _World, hit: _Hit, items: dict[str, list[Item]]) -> None:
    """Who hears of the event, added to ``items`` by person."""
    if hit.dated.event.kind == "deadline":
        _collect_duties(world, hit, items)
    elif world.now < expires(hit.dated, world.zone):
        _collect_event(world, hit, items)


def _collect_duties(world: _World, hit: _Hit, items: dict[str, list[Item]]) -> None:
    event = hit.dated.event
    year = units.year(world.read, event.of_year)
    if year is not None and year.closed_at is not None:
        return
    owed = {duty.unit_id: duty for duty in duties.of_event(world.read, event.id) if duty.status == "open"}
    joined: set[str] = set()
    for recipient in world.recipients:
        for unit_id, role in recipient.posts:
            duty = None if unit_id is None else owed.get(unit_id)
            if duty is None or role not in ("officer", "leader"):
                continue
            overdue = world.now > duty.effective
            if role == "officer":
                joined.add(duty.unit_id)
            if (overdue or (role == "officer" and recipient.reminders)) and not _has(items, recipient, f"duty:{duty.id}"):
                item = Item(f"duty:{duty.id}", _mark(hit), hit.dated, hit.late, duty, files=role == "officer")
                items.setdefault(recipient.person_id, []).append(item)
    today = local_day(world.now, world.zone).isoformat()
    silent = [unit_id for unit_id in owed if unit_id not in joined]
    officers = {unit_id: _officers(world, unit_id, today) for unit_id in silent}
    alone = tuple(units.name_of(world.read, unit_id) for unit_id in silent if not officers[unit_id])
    blocked = tuple(units.name_of(world.read, unit_id) for unit_id in silent if officers[unit_id] and _blocked(world, officers[unit_id]))
    if alone or blocked or (owed and hit.planned.kind == "overdue"):
        item = Item(f"event:{event.id}", _mark(hit), hit.dated, hit.late, None, alone=alone, blocked=blocked, missing=len(owed))
        for recipient in world.recipients:
            if recipient.reminders and any(role == "secretary" for _, role in recipient.posts):
                items.setdefault(recipient.person_id, []).append(item)


def _officers(world: _World, unit_id: str, today: str) -> tuple[str, ...]:
    """The officers of a unit who have joined."""
    holders = people.holders(world.read, today, unit_id=unit_id, role="officer")
    return tuple(person.id for person, _ in holders if person.consent_at is not None)


def _blocked(world: _World, officers: tuple[str, ...]) -> bool:
    """Whether they had addresses, all of which refuse our messages now."""
    accounts = [account for person_id in officers for account in people.accounts(world.read, person_id)]
    return bool(accounts) and all(account.blocked_at is not None for account in accounts)


def _collect_event(world: _World, hit: _Hit, items: dict[str, list[Item]]) -> None:
    event = hit.dated.event
    roles = units.membership_roles(world.read, event.of_year)
    answers = reminders.attendances(world.read, event.id)
    for recipient in world.recipients:
        if not recipient.reminders:
            continue
        invited = _invited(event, recipient, roles)
        if not invited and "all" not in event.who:
            continue
        given = {answers[unit_id].answer for unit_id in invited if unit_id in answers}
        if given == {"absent"} and len(invited) == 1:
            continue        # the unit does not attend: nothing to be reminded of
        asks = event.kind == "conference" and bool(invited) and not given and world.now < hit.dated.effective
        item = Item(f"event:{event.id}", _mark(hit), hit.dated, hit.late, None, asks=asks)
        items.setdefault(recipient.person_id, []).append(item)


def _invited(event: Event, recipient: Recipient, roles: Mapping[str, str]) -> tuple[str, ...]:
    return tuple({unit_id: None for unit_id, _ in recipient.posts if unit_id is not None and agenda.concerns(event, unit_id, roles)})


def _collect_snooze(world: _World, snooze: Snooze, items: dict[str, list[Item]]) -> None:
    """A person's own wish to be reminded once more, where it is still of use."""
    recipient = next((each for each in world.recipients if each.person_id == snooze.person_id), None)
    if recipient is None or _has(items, recipient, snooze.subject) or not _wanted(world.read, snooze.subject, world.now):
        return
    kind, _, ident = snooze.subject.partition(":")
    duty: Duty | None = duties.duty(world.read, ident) if kind == "duty" else None
    event = calendar.event(world.read, ident if duty is None else duty.event_id)
    if event is None:
        return
    dated = agenda.dated(event, world.free, world.zone)
    if event.kind == "conference" and world.now > dated.until:
        return
    files = duty is not None and (duty.unit_id, "officer") in recipient.posts
    asks = event.kind == "conference" and any(unit_id is not None for unit_id, _ in recipient.posts)
    mark = f"snooze/{snooze.subject}/{snooze.at}"
    late = world.now - snooze.at > LATE_AFTER
    items.setdefault(recipient.person_id, []).append(Item(snooze.subject, mark, dated, late, duty, files=files, asks=asks))


def _has(items: Mapping[str, Sequence[Item]], recipient: Recipient, subject: str) -> bool:
    return any(item.subject == subject for item in items.get(recipient.person_id, ()))


def _mark(hit: _Hit) -> str:
    """The identity of one reminder: a date that moves makes it another one."""
    return f"{hit.dated.event.id}/{hit.planned.kind}{hit.planned.offset}/{hit.planned.epoch}"


def _queue(world: _World, to: Recipient, items: Sequence[Item]) -> tuple[Effect, ...]:
    ordered = sorted(items, key=lambda item: (item.dated.effective, item.subject))
    key = f"reminder:{to.person_id}:{'|'.join(sorted(item.mark for item in ordered))}"
    if outbox.known(world.read, key):
        return ()
    menu_id = hashlib.sha256(key.encode()).hexdigest()[:10]
    ends = [None if item.dated.event.kind == "deadline" else expires(item.dated, world.zone) for item in ordered]
    last = None if None in ends else max(end for end in ends if end is not None)
    return queue_effects(
        letter(world.read, to, ordered, world.now, world.zone, world.free),
        channel=to.channel, address=to.address, language=to.language, now=world.now, mint=lambda: menu_id, person_id=to.person_id,
        lane="broadcast", key=key, subject=" ".join(dict.fromkeys(item.subject for item in ordered)), expires_at=last,
    )  # fmt: skip
