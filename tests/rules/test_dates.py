"""Days, times, periods and years as officers say them. Today is Monday, 23/11/2026."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.dates import (
    DayFound,
    Impossible,
    PeriodFound,
    RangeFound,
    TimeFound,
    parse_day,
    parse_period,
    parse_time,
    parse_year,
    take_year,
)
from handlers.rules.text import fold

TODAY = date(2026, 11, 23)

DAYS = [
    ("05/03/2024", date(2024, 3, 5)),
    ("5/3/2024", date(2024, 3, 5)),
    ("05-03-2026", date(2026, 3, 5)),
    ("5-3-2026", date(2026, 3, 5)),
    ("30.11.2026", date(2026, 11, 30)),
    ("30/11/26", date(2026, 11, 30)),
    ("2026-12-01", date(2026, 12, 1)),
    ("5/3", date(2027, 3, 5)),              # the nearest one
    ("20/7", date(2026, 7, 20)),
    ("30/11", date(2026, 11, 30)),
    ("ngày 5-3", date(2027, 3, 5)),
    ("ngày 05/03/2024", date(2024, 3, 5)),
    ("trước ngày 30/11", date(2026, 11, 30)),
    ("hôm nay", TODAY),
    ("nay", TODAY),
    ("chiều nay", TODAY),
    ("bữa nay", TODAY),
    ("ngày mai", date(2026, 11, 24)),
    ("mai", date(2026, 11, 24)),
    ("sáng mai", date(2026, 11, 24)),
    ("ngày kia", date(2026, 11, 25)),
    ("hôm qua", date(2026, 11, 22)),
    ("hôm kia", date(2026, 11, 21)),
    ("thứ hai", TODAY),
    ("thứ sáu", date(2026, 11, 27)),
    ("thứ tư", date(2026, 11, 25)),
    ("thứ năm", date(2026, 11, 26)),
    ("thứ bảy", date(2026, 11, 28)),
    ("thứ 6", date(2026, 11, 27)),
    ("thứ 6 tuần sau", date(2026, 12, 4)),
    ("thứ sáu tuần sau", date(2026, 12, 4)),
    ("thứ sáu tuần trước", date(2026, 11, 20)),
    ("thứ hai tới", date(2026, 11, 30)),
    ("thứ sáu tới", date(2026, 11, 27)),
    ("thứ sáu này", date(2026, 11, 27)),
    ("thứ hai tuần này", TODAY),
    ("chủ nhật", date(2026, 11, 29)),
    ("chủ nhật tuần này", date(2026, 11, 29)),
    ("chủ nhật tuần sau", date(2026, 12, 6)),
    ("cn", date(2026, 11, 29)),
    ("CN", date(2026, 11, 29)),
    ("15 tháng 12", date(2026, 12, 15)),
    ("ngày 15 tháng 12 năm 2026", date(2026, 12, 15)),
    ("15 tháng 12/2027", date(2027, 12, 15)),
    ("5 tháng ba", date(2027, 3, 5)),
    ("mùng 8 tháng 3", date(2027, 3, 8)),
    ("ngày 15", date(2026, 12, 15)),        # the next one
    ("ngày 30", date(2026, 11, 30)),
    ("ngày 31", date(2026, 12, 31)),
    ("ngày 23", TODAY),
    ("ngày 15 tháng sau", date(2026, 12, 15)),
    ("ngày 15 tháng này", date(2026, 11, 15)),
    ("thứ sáu, 27/11", date(2026, 11, 27)),
    ("thứ sáu ngày 27/11/2026", date(2026, 11, 27)),
    ("ngày mùng 5 tháng 3", date(2027, 3, 5)),
    ("thứ 6 tuần sau nữa", date(2026, 12, 11)),
    ("3 ngày nữa", date(2026, 11, 26)),
    ("hai tuần nữa", date(2026, 12, 7)),
    ("2 ngày trước", date(2026, 11, 21)),
]


@pytest.mark.parametrize(("text", "day"), DAYS, ids=[text for text, _ in DAYS])
def test_a_day(text: str, day: date) -> None:
    assert parse_day(text, TODAY) == DayFound(day, "")
    assert parse_day(fold(text), TODAY) == DayFound(day, "")
    assert parse_day(text.upper(), TODAY) == DayFound(day, "")


RANGES = [
    ("tuần này", date(2026, 11, 23), date(2026, 11, 29)),
    ("trong tuần", date(2026, 11, 23), date(2026, 11, 29)),
    ("tuần sau", date(2026, 11, 30), date(2026, 12, 6)),
    ("tuần tới", date(2026, 11, 30), date(2026, 12, 6)),
    ("tuần sau nữa", date(2026, 12, 7), date(2026, 12, 13)),
    ("tuần trước", date(2026, 11, 16), date(2026, 11, 22)),
    ("cuối tuần", date(2026, 11, 28), date(2026, 11, 29)),
    ("cuối tuần sau", date(2026, 12, 5), date(2026, 12, 6)),
    ("tháng này", date(2026, 11, 1), date(2026, 11, 30)),
    ("tháng sau", date(2026, 12, 1), date(2026, 12, 31)),
    ("tháng trước", date(2026, 10, 1), date(2026, 10, 31)),
    ("tháng 12", date(2026, 12, 1), date(2026, 12, 31)),
    ("tháng 1", date(2027, 1, 1), date(2027, 1, 31)),
    ("tháng 7", date(2026, 7, 1), date(2026, 7, 31)),
    ("tháng 12/2026", date(2026, 12, 1), date(2026, 12, 31)),
    ("tháng 2 năm 2028", date(2028, 2, 1), date(2028, 2, 29)),
    ("3/2027", date(2027, 3, 1), date(2027, 3, 31)),
    ("tháng mười hai", date(2026, 12, 1), date(2026, 12, 31)),
    ("cuối tháng", date(2026, 11, 21), date(2026, 11, 30)),
    ("cuối tháng 12", date(2026, 12, 21), date(2026, 12, 31)),
    ("đầu tháng sau", date(2026, 12, 1), date(2026, 12, 10)),
    ("giữa tháng 1", date(2027, 1, 11), date(2027, 1, 20)),
    ("7 ngày tới", date(2026, 11, 23), date(2026, 11, 30)),
    ("từ 5/3 đến 10/3", date(2027, 3, 5), date(2027, 3, 10)),
    ("25-30/11", date(2026, 11, 25), date(2026, 11, 30)),
]


@pytest.mark.parametrize(("text", "first", "last"), RANGES, ids=[text for text, _, _ in RANGES])
def test_a_run_of_days(text: str, first: date, last: date) -> None:
    assert parse_day(text, TODAY) == RangeFound(first, last, "")
    assert parse_day(fold(text), TODAY) == RangeFound(first, last, "")


def test_june_and_next_month_differ_only_in_a_diacritic() -> None:
    assert parse_day("tháng sáu", TODAY) == RangeFound(date(2026, 6, 1), date(2026, 6, 30), "")
    assert parse_day("tháng sau", TODAY) == RangeFound(date(2026, 12, 1), date(2026, 12, 31), "")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("31/02", "31/02"), ("5/13", "5/13"), ("họp 31/02/2027", "31/02/2027"), ("29/2", "29/2"),
        ("30/2/2028", "30/2/2028"), ("0/5", "0/5"), ("ngày 32", "ngày 32"), ("tháng 13", "tháng 13"), ("thứ 8", "thứ 8"),
        ("31 tháng 4", "31 tháng 4"), ("hạn ngày 5/13 nhé", "ngày 5/13"), ("13/2026", "13/2026"),
        ("2026-02-30", "2026-02-30"), ("ngày 0", "ngày 0"),
    ],
)  # fmt: skip
def test_a_day_that_does_not_exist_is_said_so(text: str, written: str) -> None:
    assert parse_day(text, TODAY) == Impossible(written)


def test_a_leap_day_without_year_is_taken_where_it_is_near() -> None:
    assert parse_day("29/2", date(2027, 11, 1)) == DayFound(date(2028, 2, 29), "")


@pytest.mark.parametrize(
    ("text", "day", "rest"),
    [
        ("lịch họp thứ sáu tuần sau", date(2026, 12, 4), "lịch họp"),
        ("họp ngày 15/12 nhé", date(2026, 12, 15), "họp nhé"),
        ("hôm nay có việc gì", TODAY, "có việc gì"),
        ("2h chiều mai", date(2026, 11, 24), "2h chiều"),
        ("8 giờ sáng thứ 3", date(2026, 11, 24), "8 giờ sáng"),
        ("nhắc tôi chiều mai", date(2026, 11, 24), "nhắc tôi"),
        ("Lạng Sơn, 5/3/2024: điểm", date(2024, 3, 5), "Lạng Sơn điểm"),
        ("thu6 tuan sau", date(2026, 12, 4), ""),
        ("ngày15", date(2026, 12, 15), ""),
        ("hoom nay", TODAY, ""),
        ("ngayf mai", date(2026, 11, 24), ""),
        ("thuws sau tuaanf sau", date(2026, 12, 4), ""),
    ],
)
def test_the_rest_keeps_its_spelling(text: str, day: date, rest: str) -> None:
    assert parse_day(text, TODAY) == DayFound(day, rest)


@pytest.mark.parametrize(
    "text",
    [
        "", "xếp hạng", "1.2", "I.2 4750", "85", "1.234,5", "đứng thứ hai", "xếp thứ ba", "theo thứ tự", "thủ tục",
        "thu ngân sách", "năm nay", "quý này", "quý 3/2025", "6 tháng đầu năm", "9 tháng", "chị Mai", "Tuấn", "năm 2026",
        "số ba", "🙂", "quý 3", "bao giờ họp", "lạng sơn", "85/100 xã chưa đạt",
    ],
)  # fmt: skip
def test_what_is_no_day(text: str) -> None:
    found = parse_day(text, TODAY)
    assert found is None or (text.startswith("85/100") and not isinstance(found, (DayFound, RangeFound)))


TIMES = [
    ("14h30", time(14, 30), ""), ("14:30", time(14, 30), ""), ("2h chiều", time(14), ""), ("8 giờ sáng", time(8), ""),
    ("8h", time(8), ""), ("8 gio", time(8), ""), ("7g30", time(7, 30), ""), ("9h rưỡi", time(9, 30), ""),
    ("3 giờ kém 15 chiều", time(14, 45), ""), ("12h trưa", time(12), ""), ("12h đêm", time(0), ""),
    ("11h trưa", time(11), ""), ("1h trưa", time(13), ""), ("7 giờ tối", time(19), ""), ("10h đêm", time(22), ""),
    ("14h 30 phút", time(14, 30), ""), ("lúc 17:00", time(17), ""), ("5 pm", None, ""),
    ("17h00 ngày 5/3", time(17), "ngày 5/3"), ("họp lúc 8h sáng mai", time(8), "họp mai"), ("0h", time(0), ""),
    ("23:59", time(23, 59), ""), ("5h pm", time(17), ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "rest"), TIMES, ids=[text for text, _, _ in TIMES])
def test_a_time_of_day(text: str, at: time | None, rest: str) -> None:
    assert parse_time(text) == (None if at is None else TimeFound(at, rest))


@pytest.mark.parametrize("text", ["25h", "8h75", "24:00", "14:60", "99 giờ"])
def test_a_time_that_does_not_exist_is_said_so(text: str) -> None:
    assert parse_time(text) == Impossible(text)


@pytest.mark.parametrize("text", ["", "85 ha", "1.234", "12 hộ", "lịch", "quý 3", "30 học sinh", "5 giải"])
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text) is None


PERIODS = [
    ("quý 1", "Q1", None, ""), ("quý I", "Q1", None, ""), ("quý một", "Q1", None, ""), ("Q1", "Q1", None, ""),
    ("3 tháng đầu năm", "Q1", None, ""), ("quý 2", "H1", None, ""), ("quý II", "H1", None, ""),
    ("6 tháng", "H1", None, ""), ("6 tháng đầu năm", "H1", None, ""), ("sáu tháng đầu năm", "H1", None, ""),
    ("nửa đầu năm", "H1", None, ""), ("sơ kết", "H1", None, ""), ("giữa năm", "H1", None, ""), ("quý 3", "M9", None, ""),
    ("quý III", "M9", None, ""), ("quý ba", "M9", None, ""), ("9 tháng", "M9", None, ""), ("chín tháng", "M9", None, ""),
    ("kỳ 9 tháng", "M9", None, ""), ("quy3", "M9", None, ""), ("quý 4", "year", None, ""), ("quý IV", "year", None, ""),
    ("cả năm", "year", None, ""), ("năm", "year", None, ""), ("12 tháng", "year", None, ""),
    ("6 tháng cuối năm", "year", None, ""), ("nửa cuối năm 2025", "year", 2025, ""), ("tổng kết", "year", None, ""),
    ("ước thực hiện", "year-estimate", None, ""), ("ước", "year-estimate", None, ""),
    ("ước cả năm", "year-estimate", None, ""), ("ước thực hiện cả năm 2026", "year-estimate", 2026, ""),
    ("số liệu chính thức", "year-final", None, ""), ("chính thức", "year-final", None, ""),
    ("số liệu chính thức năm 2025", "year-final", 2025, ""), ("quý 3 năm 2025", "M9", 2025, ""),
    ("quý 3/2025", "M9", 2025, ""), ("Q3 2025", "M9", 2025, ""), ("quý 3 năm ngoái", "M9", 2025, ""),
    ("quý III-2025", "M9", 2025, ""), ("6 tháng đầu năm 2026", "H1", 2026, ""), ("9 tháng năm nay", "M9", 2026, ""),
    ("năm 2025", "year", 2025, ""), ("năm ngoái", "year", 2025, ""), ("quý này", "year", 2026, ""),
    ("quý trước", "M9", 2026, ""), ("báo cáo năm", "year", None, "báo cáo"),
    ("ntm quý 3 lạng sơn", "M9", None, "ntm lạng sơn"), ("bc quy 3", "M9", None, "bc"),
    ("lào cai quý 2 năm nay", "H1", 2026, "lào cai"), ("NTM của quý 1", "Q1", None, "NTM"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "period", "year", "rest"), PERIODS, ids=[text for text, *_ in PERIODS])
def test_a_period(text: str, period: str, year: int | None, rest: str) -> None:
    assert parse_period(text, TODAY) == PeriodFound(period, year, rest)
    assert parse_period(fold(text), TODAY) == PeriodFound(period, year, fold(rest))


@pytest.mark.parametrize(("text", "period"), [("quys 3", "M9"), ("quý3", "M9"), ("caar nawm", "year"), ("9 thangs", "M9")])
def test_a_period_with_leftovers_of_telex(text: str, period: str) -> None:
    assert parse_period(text, TODAY) == PeriodFound(period, None, "")


@pytest.mark.parametrize(
    "text", [
    "", "2024", "lạng sơn", "quỹ 1", "giao ước thi đua", "ky giao uoc", "quỹ vì người nghèo", "quy định", "thứ năm",
    "Việt Nam", "15 tháng 12", "quý 5", "5/3", "tuần này", "nấm", "🙂",
]
)
def test_what_is_no_period(text: str) -> None:
    assert parse_period(text, TODAY) is None


def test_the_quarter_before_the_first_is_last_years_fourth() -> None:
    assert parse_period("quý trước", date(2027, 1, 10)) == PeriodFound("year", 2026, "")


YEARS = [
    ("năm 2024", 2024, ""), ("2024", 2024, ""), ("nam 2024", 2024, ""), ("năm ngoái", 2025, ""), ("năm trước", 2025, ""),
    ("nam ngoai", 2025, ""), ("năm nay", 2026, ""), ("năm sau", 2027, ""), ("năm tới", 2027, ""), ("năm kia", 2024, ""),
    ("năm 25", 2025, ""), ("xếp hạng năm 2024", 2024, "xếp hạng"), ("xep hang 2024", 2024, "xep hang"),
    ("Lào Cai 2024", 2024, "Lào Cai"), ("điểm của năm 2024 nhóm I", 2024, "điểm nhóm I"),
    ("năm 2024, lạng sơn", 2024, "lạng sơn"), ("2024 nhóm II", 2024, "nhóm II"), ("quý 3/2025", 2025, "quý 3"),
    ("nawm ngoais", 2025, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "year", "rest"), YEARS, ids=[text for text, *_ in YEARS])
def test_a_year(text: str, year: int, rest: str) -> None:
    assert take_year(text, TODAY) == (year, rest)
    assert parse_year(text, TODAY) == year


@pytest.mark.parametrize("text", [
    "", "lạng sơn", "2.024", "2024%", "2.024,5", "05/03/2024", "12024", "Việt Nam", "thứ năm sau", "quý 3", "năm",
    "1999 xã", "NTM2024",
])
def test_what_is_no_year(text: str) -> None:
    assert parse_year(text, TODAY) is None
    assert take_year(text, TODAY) == (None, text)


@given(st.dates(date(2020, 1, 1), date(2039, 12, 31)), st.sampled_from([
    "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "ngày %d/%m/%Y", "ngày %d tháng %m năm %Y",
]))
def test_every_written_date_is_read(day: date, style: str) -> None:
    assert parse_day(day.strftime(style), TODAY) == DayFound(day, "")


@given(st.dates(date(2020, 1, 1), date(2039, 12, 31)), st.integers(-170, 170))
def test_a_day_without_year_is_the_nearest(today: date, offset: int) -> None:
    day = today + timedelta(offset)
    if (day.month, day.day) != (2, 29):
        assert parse_day(f"{day.day}/{day.month}", today) == DayFound(day, "")


@given(st.dates(date(2020, 1, 1), date(2039, 12, 31)), st.sampled_from(["2", "3", "4", "5", "6", "7"]))
def test_a_weekday_is_the_next_one(today: date, number: str) -> None:
    found = parse_day(f"thứ {number}", today)
    assert isinstance(found, DayFound)
    assert found.day.weekday() == int(number) - 2
    assert 0 <= (found.day - today).days < 7


@given(st.text(max_size=120))
def test_no_text_is_an_error(text: str) -> None:
    for found in (parse_day(text, TODAY), parse_period(text, TODAY), parse_time(text), parse_year(text, TODAY)):
        assert found is None or found


@pytest.mark.parametrize("text", [
    "1/" * 2000, "thứ " * 1000, "tháng " * 700, "quý " * 1000, "năm " * 1000, "từ " * 1300, "9" * 4000, " trong của" * 400,
])
def test_a_long_text_is_read_without_harm(text: str) -> None:
    assert parse_day(text, TODAY) is None
    assert parse_time(text) is None
    assert parse_year(text, TODAY) is None
