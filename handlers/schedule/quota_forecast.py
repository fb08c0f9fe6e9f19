"""How a channel's month of messages stands and will end: what was counted, the pace of replies, what is planned until its end."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from handlers.broadcasting.audience import Audience, resolve
from handlers.rules.deadline import Planned, local_day, midnight
from handlers.rules.quota import BROADCAST, DATE, DEADLINE, Budget, Forecast, forecast, next_month, pace_of
from handlers.rules.text import utf16_len
from handlers.schedule import agenda
from storage import broadcasts, calendar, duties, quota, reminders, units
from storage.connection import Snapshot
from storage.reminders import Recipient

Days = set[tuple[str, str]]
"""(person id, local date) of letters: one a day to each person."""

BESIDE_TEXT = 160
"""About how many characters headline and sender take beside the text of a broadcast."""


def month_ends(now: int, zone: ZoneInfo) -> int:
    """When (epoch) the local month turns."""
    return midnight(next_month(local_day(now, zone)), zone)


def planned(read: Snapshot, budget: Budget, now: int, zone: ZoneInfo) -> Mapping[int, int]:
    """Class -> messages that reminders and scheduled broadcasts will make on the channel until the month ends.

    Roughly: one a day to each person whom an open duty or a date concerns; a letter with a deadline in it counts as one of deadlines.
    """
    end = month_ends(now, zone)
    here = quota.people(read, budget.channel)
    found = reminders.recipients(read, local_day(now, zone).isoformat(), here) if here else ()
    people = [each for each in found if each.channel == budget.channel]
    if not people:
        return {}
    free = agenda.free_days(read)
    deadlines: Days = set()
    dates: Days = set()
    roles: dict[int, Mapping[str, str]] = {}
    for event in calendar.events(read):
        plan = () if event.cancelled else agenda.plan_of(event, free, zone)
        coming = [each for each in plan if now < each.epoch < end]
        if not coming:
            continue
        if event.kind == "deadline":
            deadlines |= _of_deadline(read, event.id, event.of_year, coming, people, zone)
            continue
        if event.of_year not in roles:
            roles[event.of_year] = units.membership_roles(read, event.of_year)
        for each in people:
            invited = any(unit is not None and agenda.concerns(event, unit, roles[event.of_year]) for unit, _ in each.posts)
            if each.reminders and (invited or "all" in event.who):
                dates |= {(each.person_id, local_day(one.epoch, zone).isoformat()) for one in coming}
    return {DEADLINE: len(deadlines), DATE: len(dates - deadlines), BROADCAST: _scheduled(read, budget, now, end, zone)}


def _of_deadline(
    read: Snapshot, event_id: str, year: int, coming: list[Planned], people: list[Recipient], zone: ZoneInfo
) -> Days:
    """To the officers of units that owe it; once it is overdue to their leaders too."""
    found = units.year(read, year)
    if found is not None and found.closed_at is not None:
        return set()
    owing = {each.unit_id for each in duties.of_event(read, event_id) if each.status == "open"}
    days: Days = set()
    for one in coming:
        told = ("officer", "leader") if one.kind == "overdue" else ("officer",)
        day = local_day(one.epoch, zone).isoformat()
        days |= {(each.person_id, day) for each in people if any(unit in owing and role in told for unit, role in each.posts)}
    return days


def _scheduled(read: Snapshot, budget: Budget, now: int, end: int, zone: ZoneInfo) -> int:
    """Messages of the broadcasts that go out before ``end``."""
    messages = 0
    for each in broadcasts.due(read, end - 1):
        to = resolve(read, Audience.load(each.audience), local_day(now, zone), each.created_by).reachable
        here = sum(1 for target in to if target.to.channel == budget.channel)
        messages += here * cost(budget, each.body, each.sha256 is not None)
    return messages


def cost(budget: Budget, body: str, attached: bool) -> int:
    """About how many messages a broadcast takes for each reader."""
    return budget.messages(utf16_len(body) + BESIDE_TEXT, int(attached))


def month(read: Snapshot, budget: Budget, now: int, zone: ZoneInfo, coming: Mapping[int, int] | None = None) -> Forecast:
    """The channel's month as it stands at ``now``. ``coming``: what `planned` said a while ago."""
    today = local_day(now, zone)
    usage = quota.usage(read, budget.channel, today)
    return forecast(
        budget, used=usage.used, pace=pace_of(usage.replies, usage.days, usage.replies_today), days=usage.days,
        planned=planned(read, budget, now, zone) if coming is None else coming, users=usage.users, today=today,
        days_left=(month_ends(now, zone) - now) / 86_400,
        since_refused=None if usage.refused_at is None else max(0, now - usage.refused_at),
    )  # fmt: skip
