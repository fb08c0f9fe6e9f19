"""The rules of a monthly budget of messages: what is reserved for replies, what may still leave, how the month will end. Pure.

Replies are never held: what their pace asks for until the month ends is set aside first. Of the rest, a letter that nobody asked for
leaves when what the weightier classes will need is still there afterwards: deadlines first, then dates, then broadcasts, then niceties.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

DEADLINE, DATE, BROADCAST, NICETY = 1, 2, 3, 4
CLASSES = (DEADLINE, DATE, BROADCAST, NICETY)
"""Of letters that nobody asked for, the weightiest first: a deadline of the reader's own; conferences, legal dates and the organiser's
view; what the secretary sends; alerts, welcomes and all else."""

LEAST_SHARE = 0.1
"""Of a whole month's budget this much is kept for replies, however few there were; of a part of the month its part."""

SPARE_DAYS = 2
"""So many days' replies are kept beside those that are expected: a day of a deadline sees more than the mean, and all in its morning.
Reminders of deadlines alone may take of these."""

LEAST_KEPT = 0.01
"""And this much of the budget until the month's last hour."""

WARNINGS = (70, 90)
"""Per cent of the budget at which the organisers are told."""

KNOWN_DAYS = 3
"""From so many days on, the pace of replies says something about the month."""

TRY_AGAIN_SECONDS = 3_600
"""After a refusal that our own count does not explain, one letter may try again after so long."""

FACT = "quota:"
"""How the fact about the instance begins that names a channel's budget (``quota:zalo`` -> "3000 50 2000")."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a channel's platform takes: ``monthly`` messages of at most ``chars`` characters, to ``users`` people (None: any number)."""

    channel: str
    monthly: int
    users: int | None = None
    chars: int = 2_000

    @property
    def fact(self) -> tuple[str, str]:
        """Its name and text among the facts about the instance."""
        return FACT + self.channel, f"{self.monthly} {self.users or 0} {self.chars}"

    def messages(self, chars: int, pictures: int = 0) -> int:
        """How many messages a text of so many characters takes, a picture with it one more."""
        return max(1, math.ceil(chars / self.chars)) + pictures


def budgets(facts: Mapping[str, str]) -> tuple[Budget, ...]:
    """The budgets among the facts, by channel."""
    found = []
    for name in sorted(each for each in facts if each.startswith(FACT)):
        monthly, users, *chars = map(int, facts[name].split())
        found.append(Budget(name.removeprefix(FACT), monthly, users or None, *chars))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A month as it stands ``today``: ``used`` and ``left`` now, ``reserve`` for replies (with what is ``spare``) and ``planned`` messages
    by class until its end.

    ``pace``: replies a day; ``known``: it was seen long enough to say something. ``expected``: used by the end of the month if all goes
    on so; ``gone_on``: the local day on which nothing would be left (None: not in this month). ``users``: addresses written to this
    month. ``refused``: the platform says that its quota is used up, whatever we counted; ``probes``: one letter may ask again.
    """

    budget: Budget
    today: date
    used: int
    left: int
    reserve: int
    spare: int
    planned: Mapping[int, int]
    pace: float
    known: bool
    expected: int
    gone_on: date | None
    users: int
    refused: bool
    probes: bool

    @property
    def used_percent(self) -> int:
        return self.used * 100 // max(1, self.budget.monthly)

    @property
    def expected_percent(self) -> int:
        return self.expected * 100 // max(1, self.budget.monthly)

    @property
    def short(self) -> bool:
        """Whether the month asks for more than there is, as far as that can be said."""
        return self.refused or self.left == 0 or (self.gone_on is not None and self.known)

    def room(self, weight: int, waiting: Mapping[int, int], under_way: int = 0) -> int:
        """How many letters of a class may still leave; ``waiting``: those that wait now, by class, beside the planned ones."""
        if self.probes:
            return max(0, 1 - under_way)
        weightier = sum(self.planned.get(each, 0) + waiting.get(each, 0) for each in CLASSES if each < weight)
        kept = self.reserve - self.spare if weight == DEADLINE else self.reserve
        return max(0, self.left - kept - under_way - weightier)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def pace_of(replies: int, days: int, replies_today: int) -> float:
    """Replies a day: the mean of the days before today, or of today alone on the first one."""
    return replies / days if days else float(replies_today)


def forecast(
    budget: Budget, *, used: int, pace: float, days: int, planned: Mapping[int, int], users: int, today: date, days_left: float,
    since_refused: int | None = None,
) -> Forecast:  # fmt: skip
    """``pace``: replies a day, of ``days`` days; ``days_left`` of the month, with the rest of today; ``since_refused``: seconds since the
    platform refused with its quota (None: it does not)."""
    month = (next_month(today) - today.replace(day=1)).days
    left = max(0, budget.monthly - used)
    probes = since_refused is not None and left > 0 and since_refused >= TRY_AGAIN_SECONDS
    if since_refused is not None:
        left = 0
    needed = max(math.ceil(pace * days_left), math.ceil(budget.monthly * LEAST_KEPT))
    reserve = max(math.ceil(pace * (days_left + SPARE_DAYS)), math.ceil(budget.monthly * LEAST_SHARE * days_left / month), needed)
    coming = pace * days_left + sum(planned.values())
    gone_on = None
    if left == 0:
        gone_on = today
    elif coming > left:
        gone_on = min(today + timedelta(days=int(left / coming * days_left)), next_month(today) - timedelta(days=1))
    return Forecast(
        budget, today, used, left, reserve, reserve - needed, dict(planned), pace, days >= KNOWN_DAYS, used + math.ceil(coming), gone_on,
        users, since_refused is not None, probes,
    )  # fmt: skip
