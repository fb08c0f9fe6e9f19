"""Times of day as officers say them: 14h30, 2h chiều, 8 giờ sáng."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from handlers.rules.words import Spoken


@dataclass(frozen=True, slots=True)
class TimeFound:
    """A time of day, and the text without it."""

    time: time
    rest: str


@dataclass(frozen=True, slots=True)
class Impossible:
    """Written like a day or a time, but the calendar has none such; ``text`` is what was written."""

    text: str


_TIME = re.compile(
    r"(?<![\w.,/])(?:(?:luc|vao|vao luc)\s+)?(?P<hour>\d{1,2})"
    r"(?:\s*(?:h|gio|g)(?![a-z])\s*(?P<minute>\d{2}(?!\d)|ruoi\b)?(?:\s*(?:phut|p|')(?![a-z]))?"
    r"(?:\s*kem\s+(?P<less>\d{1,2})(?:\s*phut)?)?|:(?P<minute2>\d{2})(?!\d)(?::\d{2})?)(?:\s*(?P<part>sang|trua|chieu|toi|dem|am|pm)\b)?"
)


def parse_time(text: str) -> TimeFound | Impossible | None:
    """The time of day that the text names: 14h30, 14:30, 2h chiều, 8 giờ sáng, 9h rưỡi; None when it names none."""
    spoken = Spoken.of(text)
    found = _TIME.search(spoken.flat)
    if found is None:
        return None
    hour, part = int(found["hour"]), found["part"]
    minute_text = found["minute"] or found["minute2"] or "0"
    minute = 30 if minute_text == "ruoi" else int(minute_text)
    if (part in ("chieu", "toi", "pm") and hour < 12) or (part == "trua" and hour < 3):
        hour += 12
    elif part in ("dem", "am") and hour == 12:
        hour = 0
    elif part == "dem" and 8 <= hour < 12:
        hour += 12
    minutes = hour * 60 + minute - int(found["less"] or 0)
    if hour > 23 or minute > 59 or minutes < 0:
        return Impossible(spoken.text[found.start() : found.end()].strip())
    return TimeFound(time(minutes // 60, minutes % 60), spoken.cut(*found.span()))
