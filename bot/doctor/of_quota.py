"""The monthly budget of messages: how much of it is used, and whether it will be enough."""

from __future__ import annotations

from collections.abc import Iterable

from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, warning
from handlers.kit.message import Number, m
from handlers.rules.quota import WARNINGS, Budget
from handlers.schedule.quota_forecast import month


def zalo(context: Context) -> Iterable[Finding]:
    """What the program has counted itself; messages that went out by another program with the same token are not in it."""
    settings = context.settings
    if settings.zalo_token is None:
        return
    if settings.zalo_quota is None:
        yield note(m("No monthly limit of Zalo's messages is set (THIDUA_ZALO_QUOTA=off): nothing is held back."))
        return
    monthly, users = settings.zalo_quota
    stands = month(context.read, Budget("zalo", monthly, users), context.now, settings.zone)
    used = m(
        "{used} of {monthly} messages of Zalo's month are used ({percent}), {people} people were written to.",
        used=stands.used, monthly=monthly, percent=Number(stands.used_percent, unit="%"), people=stands.users,
    )  # fmt: skip
    mend = m("Ask officers to link Telegram or the chat page (/lienket), or take a larger plan and set THIDUA_ZALO_QUOTA to it.")
    if stands.refused or stands.left == 0:
        yield serious(m("Zalo takes no more messages this month; {used}", used=used), mend)
    elif stands.short or stands.used_percent >= WARNINGS[-1]:
        yield warning(m("Zalo's messages will hardly last until the end of the month: {used}", used=used), mend)
    else:
        yield fine(used)
    if users is not None and stands.users > users:
        yield warning(
            m("More people are written to on Zalo than the plan allows: {people} of {limit}.", people=stands.users, limit=users), mend
        )


GROUP = Group(m("Quota of messages"), (zalo,), needs="database")
