"""Effective days, lateness, reminder plans and quiet hours."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import languages
from handlers.kit.message import Message
from handlers.rules.deadline import (
    days_late,
    deadline_epoch,
    default_opens,
    due_line,
    effective_day,
    is_late,
    is_working_day,
    local_day,
    quiet_until,
    reminder_plan,
    time_left,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TET = frozenset(date(2027, 2, day) for day in range(5, 12))
QUIET = ("11:30-13:30", "20:00-07:00")
NONE: frozenset[date] = frozenset()


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


def vi(message: Message) -> str:
    return languages(ZONE)["vi"].text(message)


def plan(
    day: str, remind: tuple[int, ...], overdue: tuple[int, ...] = (), holidays: frozenset[date] = NONE, *, shifts: bool = True
) -> list[str]:
    planned = reminder_plan(date.fromisoformat(day), None, remind, overdue, holidays, ZONE, shifts=shifts)
    return [f"{each.kind}{each.offset} {datetime.fromtimestamp(each.epoch, ZONE):%Y-%m-%d %H:%M}" for each in planned]


def test_a_sunday_moves_to_monday() -> None:
    assert effective_day(date(2026, 7, 5), NONE) == date(2026, 7, 6)


def test_tet_moves_over_the_weekend_after_it() -> None:
    assert effective_day(date(2027, 2, 6), TET) == date(2027, 2, 12)


def test_a_deadline_ends_at_17_unless_it_has_an_hour() -> None:
    assert deadline_epoch(date(2026, 11, 30), None, ZONE) == at("2026-11-30 17:00")
    assert deadline_epoch(date(2026, 11, 30), "09:30", ZONE) == at("2026-11-30 09:30")


@pytest.mark.parametrize(
    ("filed", "late", "days"),
    [
        ("2026-11-30 17:00:00", False, 0),
        ("2026-11-30 17:00:01", True, 0),
        ("2026-11-30 23:59:59", True, 0),
        ("2026-12-01 00:00:00", True, 1),
        ("2026-12-02 10:00:00", True, 2),
    ],
)
def test_days_late_are_calendar_days_begun(filed: str, late: bool, days: int) -> None:
    effective = at("2026-11-30 17:00")
    assert is_late(effective, at(filed)) is late
    assert days_late(effective, at(filed), ZONE) == days


def test_reminders_count_from_the_effective_day_and_go_out_at_eight() -> None:
    # 05/07/2026 is a Sunday: effective 06/07. 10 before: 26/06; 3 before: Friday 03/07; 1 before: Sunday -> Friday 03/07, merged with 3.
    assert plan("2026-07-05", (10, 3, 1, 0), (1, 3, 7)) == [
        "remind10 2026-06-26 08:00",
        "remind1 2026-07-03 08:00",
        "remind0 2026-07-06 08:00",
        "overdue1 2026-07-07 08:00",
        "overdue3 2026-07-09 08:00",
        "overdue7 2026-07-13 08:00",
    ]


def test_a_reminder_in_tet_goes_out_before_tet() -> None:
    assert plan("2027-02-12", (3, 1, 0), holidays=TET) == ["remind1 2027-02-04 08:00", "remind0 2027-02-12 08:00"]


def test_an_overdue_step_never_comes_before_the_deadline() -> None:
    # Deadline on a Friday: one day after is a Saturday, whose working day before is the deadline's own morning.
    assert plan("2026-12-04", (0,), (1, 3)) == ["remind0 2026-12-04 08:00", "overdue3 2026-12-07 08:00"]


def test_what_does_not_move_reminds_on_its_own_day_be_it_a_sunday() -> None:
    assert plan("2026-07-05", (1, 0), shifts=False) == ["remind1 2026-07-03 08:00", "remind0 2026-07-05 08:00"]


def test_a_duty_opens_with_its_first_reminder() -> None:
    # 15 days before 30/11/2026 is a Sunday: Friday 13/11.
    assert default_opens(date(2026, 11, 30), None, (15, 7), NONE, ZONE) == at("2026-11-13 08:00")
    assert default_opens(date(2026, 11, 30), None, (), NONE, ZONE) == at("2026-10-31 08:00")


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-25 08:00", "2026-11-25 08:00"),
        ("2026-11-25 11:29", "2026-11-25 11:29"),
        ("2026-11-25 11:30", "2026-11-25 13:30"),
        ("2026-11-25 13:30", "2026-11-25 13:30"),
        ("2026-11-25 20:00", "2026-11-26 07:00"),
        ("2026-11-26 03:00", "2026-11-26 07:00"),
        ("2026-11-27 21:00", "2026-11-30 08:00"),
        ("2026-11-28 10:00", "2026-11-30 08:00"),
    ],
)
def test_quiet_hours_hold_until_they_end(moment: str, until: str) -> None:
    assert quiet_until(at(moment), QUIET, ZONE, NONE) == at(until)


def test_a_day_off_is_no_reason_to_wait_for_what_happens_on_it() -> None:
    assert quiet_until(at("2026-11-28 10:00"), QUIET, ZONE, None) == at("2026-11-28 10:00")
    assert quiet_until(at("2026-11-27 21:00"), QUIET, ZONE, None) == at("2026-11-28 07:00")


def test_hours_that_are_always_quiet_hold_nothing() -> None:
    assert quiet_until(at("2026-11-25 08:00"), ("00:00-12:00", "12:00-24:00"), ZONE, NONE) == at("2026-11-25 08:00")


def test_quiet_spans_that_touch_are_one() -> None:
    assert quiet_until(at("2026-11-25 21:00"), ("20:00-24:00", "00:00-07:00"), ZONE, NONE) == at("2026-11-26 07:00")


def test_time_left_in_words() -> None:
    effective = at("2026-11-30 17:00")
    assert vi(time_left(at("2026-11-27 23:00"), effective, ZONE)) == "còn 3 ngày"
    assert vi(time_left(at("2026-11-30 17:00"), effective, ZONE)) == "hôm nay, 17:00"
    assert vi(time_left(at("2026-11-30 18:00"), effective, ZONE)) == "quá 17:00 hôm nay, chưa tính là ngày chậm"
    assert vi(time_left(at("2026-12-02 08:00"), effective, ZONE)) == "chậm 2 ngày"


def test_both_dates_are_shown_when_a_deadline_moves() -> None:
    weekend = due_line(at("2026-07-05 17:00"), at("2026-07-06 17:00"), ZONE)
    assert vi(weekend) == "17:00, thứ Hai, 06/07/2026 (hạn gốc 05/07/2026 là Chủ nhật)"
    moved = due_line(at("2026-11-24 17:00"), at("2026-11-25 17:00"), ZONE, {"2026-11-24": "Ngày Văn hóa Việt Nam"})
    assert vi(moved) == "17:00, thứ Tư, 25/11/2026 (hạn gốc 24/11/2026 là ngày nghỉ: Ngày Văn hóa Việt Nam)"
    assert vi(due_line(at("2026-11-30 17:00"), at("2026-11-30 17:00"), ZONE)) == "17:00, thứ Hai, 30/11/2026"


DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
OFFSETS = st.frozensets(st.integers(0, 90), max_size=6)
STEPS = st.frozensets(st.integers(1, 30), max_size=5)
FREE = st.frozensets(st.dates(date(2025, 12, 1), date(2026, 3, 1)), max_size=20)


@given(day=DAYS, holidays=FREE)
def test_the_effective_day_is_the_first_working_day(day: date, holidays: frozenset[date]) -> None:
    moved = effective_day(day, holidays)
    assert is_working_day(moved, holidays)
    assert all(not is_working_day(day + timedelta(days=gone), holidays) for gone in range((moved - day).days))


@given(day=st.dates(date(2025, 12, 1), date(2026, 3, 1)), remind=OFFSETS, overdue=STEPS, holidays=FREE)
def test_a_plan_reminds_on_working_days_in_order_and_never_scolds_early(
    day: date, remind: frozenset[int], overdue: frozenset[int], holidays: frozenset[date]
) -> None:
    planned = reminder_plan(day, None, remind, overdue, holidays, ZONE)
    end = deadline_epoch(effective_day(day, holidays), None, ZONE)
    days = [local_day(each.epoch, ZONE) for each in planned]
    assert days == sorted(set(days))
    assert all(is_working_day(each, holidays) for each in days)
    assert all((each.epoch > end) == (each.kind == "overdue") for each in planned)
    assert bool(planned) == bool(remind or overdue)


@given(moment=st.integers(at("2026-01-01 00:00"), at("2026-12-31 00:00")), holidays=FREE)
def test_held_once_is_held_enough(moment: int, holidays: frozenset[date]) -> None:
    until = quiet_until(moment, QUIET, ZONE, holidays)
    assert until >= moment
    assert quiet_until(until, QUIET, ZONE, holidays) == until
