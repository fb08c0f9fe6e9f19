"""When a broadcast goes out, as the secretary says it: "14h", "sáng mai", "8h thứ Hai", "30 phút nữa"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.kit.message import Message, m, verbatim
from handlers.rules.dates import DayFound, RangeFound, parse_day
from handlers.rules.deadline import local_day, quiet_until
from handlers.rules.text import fold
from handlers.rules.times import Impossible, TimeFound, parse_time
from handlers.schedule.asked_time import no_such_day
from storage import calendar
from storage.connection import Snapshot

FARTHEST_DAYS = 366
MORNING, NOON, AFTERNOON, EVENING = time(8), time(11), time(14), time(19)

_NOW = frozenset(("ngay", "ngay bay gio", "bay gio", "gui ngay", "luon", "gui luon", "now", "send now", "at once"))
_FROM_NOW = re.compile(r"\b(?:sau )?(?P<count>\d{1,3}) ?(?P<unit>phut|tieng|gio|h|minutes?|hours?)(?: (?:nua|from now)\b|$)")
_WEEKDAY = re.compile(r"\b(?:thu ?(?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat|cn)\b(?!.*\d\s?/)")
_LATER = re.compile(r"\bnua\b|\bsau\b|\bfrom now\b")
_WORD = re.compile(r"[^\W_]+")
_AROUND = frozenset((
    "gui", "hen", "luc", "vao", "gio", "phut", "ngay", "thoi", "diem", "dat", "doi", "chuyen", "sang", "thanh", "la", "di", "nhe", "nha",
    "a",
    "giup", "cho", "em", "toi", "thi", "se", "hay", "thong", "bao", "tin", "nay", "khoang", "dung", "buoi", "trua", "chieu", "dem", "som",
    "nua", "sau", "nhu", "the", "vang", "da", "u", "ok", "luon", "lai", "at", "on", "send", "it", "set", "time", "the", "to", "please",
))  # fmt: skip
"""Words around a time that say nothing but that it is one; beyond it, "họp" in "họp 14h" is part of a message."""


@dataclass(frozen=True, slots=True)
class At:
    """An instant (epoch) ahead; None: at once."""

    epoch: int | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no instant, and another one (epoch) that may be meant."""

    why: Message
    instead: int | None = None


def read_time(text: str, now: int, zone: ZoneInfo) -> At | Problem | None:
    """The instant that the text names; None when it names none."""
    said = fold(text).strip(" .")
    if said in _NOW:
        return At(None)
    ahead = _FROM_NOW.search(said)
    if ahead is not None and _LATER.search(said):
        return At(now + int(ahead["count"]) * (60 if ahead["unit"].startswith(("phut", "minute")) else 3_600))
    today = local_day(now, zone)
    day = parse_day(text, today)
    if day is not None and not isinstance(day, (DayFound, RangeFound)):
        return Problem(no_such_day(day))
    if isinstance(day, RangeFound):
        return Problem(m("Please name one day, for example: 8h Monday, 14h 25/12."))
    clock = parse_time(text if day is None else day.rest)
    if isinstance(clock, Impossible):
        return Problem(m("There is no time {time}. Please give another one, such as 14h30.", time=verbatim(clock.text)))
    if day is None and clock is None:
        return None
    at = clock.time if isinstance(clock, TimeFound) else _part_of_day(said)
    wanted = today if day is None else day.day
    if wanted == today and _WEEKDAY.search(said) and instant(wanted, at, zone) <= now:
        wanted += timedelta(days=7)     # "8h thứ Hai", said on a Monday at nine
    return _checked(wanted, at, named=day is not None, now=now, zone=zone)


def beside_time(text: str, today: date) -> tuple[str, ...]:
    """The words (folded) that a text says beside the first time it names: none, where it is a time and nothing else."""
    rest = text
    day = parse_day(rest, today)
    if isinstance(day, (DayFound, RangeFound)):
        rest = day.rest
    elif day is not None:
        rest = rest.replace(day.text, " ")
    clock = parse_time(rest)
    if isinstance(clock, TimeFound):
        rest = clock.rest
    elif clock is not None:
        rest = rest.replace(clock.text, " ")
    said = _FROM_NOW.sub(" ", fold(rest))
    return tuple(word for word in _WORD.findall(said) if word not in _AROUND)


def _part_of_day(said: str) -> time:
    """The hour that goes with a day named without one."""
    words = said.split()
    if "chieu" in words:
        return AFTERNOON
    if "trua" in words:
        return NOON
    return EVENING if re.search(r"\btoi (?:nay|mai|thu|ngay|chu)\b", said) else MORNING


def _checked(day: date, at: time, *, named: bool, now: int, zone: ZoneInfo) -> At | Problem:
    epoch = instant(day, at, zone)
    if epoch > now + FARTHEST_DAYS * 86_400:
        return Problem(m("That is more than a year ahead. Please give a nearer day."))
    if epoch > now:
        return At(epoch)
    instead = None
    if not named:
        afternoon = instant(day, time(at.hour + 12, at.minute), zone) if at.hour < 7 else epoch
        instead = afternoon if afternoon > now else instant(day + timedelta(days=1), at, zone)
    return Problem(m("That time has passed already."), instead)


def instant(day: date, at: time, zone: ZoneInfo) -> int:
    """The epoch of a local time."""
    return int(datetime.combine(day, at, zone).timestamp())


def offered(now: int, zone: ZoneInfo) -> tuple[int, ...]:
    """Instants that are offered on buttons: this afternoon, tomorrow morning, tomorrow afternoon."""
    today = local_day(now, zone)
    tomorrow = today + timedelta(days=1)
    likely = (instant(today, AFTERNOON, zone), instant(tomorrow, MORNING, zone), instant(tomorrow, AFTERNOON, zone))
    return tuple(epoch for epoch in likely if epoch > now + 600)


def after_quiet(read: Snapshot, epoch: int, zone: ZoneInfo) -> int:
    """The first instant from ``epoch`` on outside the quiet hours."""
    return quiet_until(epoch, calendar.quiet_hours(read, local_day(epoch, zone).year), zone, None)
