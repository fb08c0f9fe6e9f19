"""The calendar's holidays beside those of the ``holidays`` library: a help for the secretary, never the truth at run time."""

from __future__ import annotations

from datetime import date

from bot.plan.content import CALENDAR, CalendarPart
from bot.plan.findings import Findings
from handlers.kit.message import m


def compare(part: CalendarPart, findings: Findings) -> None:
    """Warn of working days of the calendar's year that the library takes for holidays and the file does not.

    The library knows no compensatory days that are decided later, so what only the file has is not doubted.
    """
    if not part.holidays:
        return
    import holidays  # on first use: its import alone costs 100 ms

    known = holidays.country_holidays("VN", years=[part.year])
    line = min((number for key, number in part.lines.items() if key.startswith("holiday ")), default=0)
    for day, name in sorted(known.items()):
        if isinstance(day, date) and day.weekday() < 5 and day.isoformat() not in part.holidays:
            text = m("{day} is a holiday by the holidays library ({name}) and not in the file", day=day, name=str(name))
            findings.warn(CALENDAR, line, text)
