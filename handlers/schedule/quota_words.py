"""How a month of messages is put into words, the same in /hanmuc and in the warnings."""

from __future__ import annotations

from handlers.kit.message import Day, Message, Number, Value, m, mn
from handlers.linking import channel_name
from handlers.rules.quota import BROADCAST, DATE, DEADLINE, Budget, Forecast, next_month
from storage import quota
from storage.connection import Snapshot

PLANNED: dict[int, Message] = {
    DEADLINE: m("deadline reminders"), DATE: m("reminders of conferences and dates"), BROADCAST: m("scheduled messages")
}


def title(budget: Budget) -> Message:
    return m("Monthly messages on {channel}", channel=channel_name(budget.channel))


def rows(read: Snapshot, stands: Forecast, month: str) -> list[tuple[Message, Value]]:
    """The figures; ``month`` as people write it (11/2026)."""
    budget = stands.budget
    used = m(
        "{used} of {monthly} ({percent}), {left} left", used=stands.used, monthly=budget.monthly, percent=_percent(stands.used_percent),
        left=stands.left,
    )  # fmt: skip
    found: list[tuple[Message, Value]] = [(m("Used in {month}", month=month), used)]
    if stands.known:
        found.append((m("Answers to officers"), m("about {count} a day", count=round(stands.pace))))
    found.append((m("Kept for answers until the end of the month"), messages(min(stands.reserve, stands.left))))
    coming = tuple(
        m("{what}: {count}", what=label, count=stands.planned[weight]) for weight, label in PLANNED.items() if stands.planned.get(weight)
    )
    if coming:
        found.append((m("Planned until the end of the month"), coming))
    expected = m("about {count} ({percent})", count=stands.expected, percent=_percent(stands.expected_percent))
    found.append((m("Forecast for the whole month"), expected if stands.known else m("not known yet, after {days} days", days=3)))
    people: Value = m("{count} of {limit}", count=stands.users, limit=budget.users) if budget.users else stands.users
    found.append((m("People written to this month"), people))
    held = quota.held(read, budget.channel)
    if held:
        found.append((m("Waiting for the next month"), messages(held)))
    return found


def outlook(stands: Forecast) -> list[Message]:
    """What it means, and what is done about it."""
    channel, turn = channel_name(stands.budget.channel), Day(next_month(stands.today))
    if stands.refused or stands.left == 0:
        return [
            m("{channel} takes no more messages this month. Until {day} what is urgent goes another way: Telegram, the chat page or by"
              " phone.", channel=channel, day=turn),
            ORDER,
        ]  # fmt: skip
    if stands.short and stands.gone_on is not None:
        return [
            m("At this pace the messages will be used up about {day}. Until {turn} some messages will have to wait.",
              day=Day(stands.gone_on), turn=turn),
            ORDER,
            m("Please send only what is necessary by /thongbao, or ask officers to link Telegram or the chat page (/lienket)."),
        ]  # fmt: skip
    if stands.known:
        return [m("At this pace the messages will last until the end of the month.")]
    return []


ORDER = m("Answers to officers always go out first, then reminders of deadlines, then those of conferences and dates, then messages of the"
          " secretary.")  # fmt: skip


def messages(count: int) -> Message:
    return mn("{count} message", "{count} messages", count)


def _percent(value: int) -> Number:
    return Number(value, unit="%")
