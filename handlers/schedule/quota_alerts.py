"""Warning the organisers of a month's budget of messages: at 70 and 90 per cent, when the forecast says that it will not be enough, when
the platform refuses, and when nearly as many people are written to as its plan allows. Each once a month, never in quiet hours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from handlers.kit.message import Message, m
from handlers.kit.reply import Choice, Choices, Fields, Go, Reply, Text, say
from handlers.kit.wire import queue_effects
from handlers.linking import channel_name
from handlers.rules.deadline import local_day, quiet_until
from handlers.rules.quota import FACT, WARNINGS, Forecast, budgets
from handlers.schedule.alerts import readers
from handlers.schedule.quota_forecast import month
from handlers.schedule.quota_words import outlook, rows, title
from storage import calendar, quota, settings
from storage.connection import Effect, Snapshot, effect

TOLD = "quota.told:"
"""The name under which it is remembered what was told of a channel: "2026-11 70 forecast"."""

USERS_PERCENT = 90


def due_quota(read: Snapshot, now: int, zone: ZoneInfo, facts: Mapping[str, str], channels: Collection[str]) -> tuple[Effect, ...]:
    """The effects of a look at ``now`` (epoch): letters of what was not told yet in this month, and the note that it is told now."""
    today = local_day(now, zone)
    letters: list[Effect] = []
    for budget in budgets(facts):
        stands = month(read, budget, now, zone)
        known = (settings.get(read, TOLD + budget.channel) or "").split()
        told = set(known[1:]) if known[:1] == [quota.month_of(today)] else set()
        fresh = occasions(stands) - told
        if not fresh:
            continue
        if quiet_until(now, calendar.quiet_hours(read, today.year), zone, None) > now:
            return ()
        to = readers(read, today.isoformat(), channels)
        if not to:
            return ()       # told as soon as there is somebody to tell
        mark = " ".join([quota.month_of(today), *sorted(told | fresh)])
        letters.append(effect(settings.put, TOLD + budget.channel, mark))
        reply = _letter(read, stands, fresh)
        for reader in to:
            key = f"{FACT}{budget.channel}:{mark.replace(' ', '+')}:{reader.person_id}"
            menu = hashlib.sha256(key.encode()).hexdigest()[:10]
            letters += queue_effects(
                reply, channel=reader.channel, address=reader.address, language=reader.language, now=now,
                mint=lambda menu=menu: menu, person_id=reader.person_id, lane="broadcast", key=key,    # type: ignore[misc]
            )  # fmt: skip
    return tuple(letters)


def occasions(stands: Forecast) -> set[str]:
    """What is to be told of the month as it stands. One that has passed a higher mark is not told of a lower one."""
    found = {str(percent) for percent in WARNINGS if stands.used_percent >= percent}
    if stands.refused:
        found.add("refused")
    if stands.short:
        found.add("forecast")
    if stands.budget.users and stands.users * 100 >= stands.budget.users * USERS_PERCENT:
        found.add("users")
    return found


def _letter(read: Snapshot, stands: Forecast, fresh: set[str]) -> Reply:
    said: list[Message] = []
    if fresh - {"users"}:
        said += outlook(stands)
    if "users" in fresh:
        said.append(
            m("{count} people were written to on {channel} this month; its plan allows {limit}. Others may have to use Telegram or the chat"
              " page.", count=stands.users, channel=channel_name(stands.budget.channel), limit=stands.budget.users or 0)
        )  # fmt: skip
    return say(
        Text(title(stands.budget), "title"),
        Fields(tuple(rows(read, stands, f"{stands.today:%m/%Y}"))),
        *said,
        Choices((Choice(m("Messages left"), Go("hanmuc")),)),
    )
