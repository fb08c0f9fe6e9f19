"""Figures as officers type them, doubts about them, cross-checks."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit.message import Number
from handlers.rules.digits import places
from handlers.rules.numbers import (
    Ambiguous,
    Figure,
    NothingArose,
    NotYet,
    Refused,
    SameAsLast,
    breaks_rule,
    doubts,
    parse_figure,
    reading_label,
    reading_question,
    too_precise,
)

MILLIONS, BILLIONS = "triệu đồng", "tỷ đồng"


def D(text: str) -> Decimal:  # noqa: N802
    return Decimal(text)


@pytest.mark.parametrize(
    ("text", "unit", "decimals", "value"),
    [
        ("85", "xã", 0, "85"),
        ("0", "xã", 0, "0"),
        ("-0", "xã", 0, "0"),
        ("85.", "xã", 0, "85"),
        ("85,0", "xã", 0, "85"),
        ("1.234", "xã", 0, "1234"),
        ("1 234", "xã", 0, "1234"),
        ("1.234.567", "m²", 0, "1234567"),
        ("1,234,567", "m²", 0, "1234567"),
        ("1 234 567", "m²", 0, "1234567"),
        ("1\u00a0234\u202f567", "m²", 0, "1234567"),
        ("1234567", "m²", 0, "1234567"),
        ("1.5", "km", 1, "1.5"),
        ("1,5", "km", 1, "1.5"),
        ("1,50", "km", 1, "1.5"),
        (",5", "km", 1, "0.5"),
        ("12.34", "%", 2, "12.34"),
        ("1.234,5", "km", 1, "1234.5"),
        ("1,234.5", "km", 1, "1234.5"),
        ("1.234.567,8", "km", 1, "1234567.8"),
        ("1234,5", "km", 1, "1234.5"),
        ("0,123", "km", 3, "0.123"),
        ("98.567", "%", 3, "98.567"),
        ("１２,５", "km", 1, "12.5"),
        ("-3", "xã", 0, "-3"),
        ("−3", "xã", 0, "-3"),
        ("- 3", "xã", 0, "-3"),
        ("+3", "xã", 0, "3"),
        ("85%", "%", 2, "85"),
        ("98,5 %", "%", 2, "98.5"),
        ("85 phần trăm", "%", 2, "85"),
        ("85% tổng chi", "% tổng chi", 2, "85"),
        ("0,4 điểm %", "điểm %", 2, "0.4"),
        ("0,4 điểm phần trăm", "điểm %", 2, "0.4"),
        ("vẫn 85 xã", "xã", 0, "85"),
        ("số 85", "xã", 0, "85"),
        ("đứng thứ 5", "hạng", 0, "5"),
        ("đã hoàn thành", "đạt/không", 0, "1"),
        ("85 xã", "xã", 0, "85"),
        ("85 XA", "xã", 0, "85"),
        ("412.600 m2", "m²", 0, "412600"),
        ("412.600m²", "m²", 0, "412600"),
        ("12,4 tiêu chí", "tiêu chí/xã", 1, "12.4"),
        ("1.200 lượt", "lượt người", 0, "1200"),
        ("hạng 5", "hạng", 2, "5"),
        ("dạ 85 ạ", "xã", 0, "85"),
        ("= 85", "xã", 0, "85"),
        ("đạt 85%", "%", 2, "85"),
        ("ước đạt 85%", "%", 2, "85"),
        ("3 nghìn", "người", 0, "3000"),
        ("3k", "người", 0, "3000"),
        ("2 triệu", "người", 0, "2000000"),
        ("1,2 tỷ", MILLIONS, 0, "1200"),
        ("1.2 ty", MILLIONS, 0, "1200"),
        ("1,2 tỉ đồng", MILLIONS, 0, "1200"),
        ("350 triệu", BILLIONS, 2, "0.35"),
        ("350tr", MILLIONS, 0, "350"),
        ("350 trđ", MILLIONS, 0, "350"),
        ("350 triệu đồng", MILLIONS, 0, "350"),
        ("1.200 triệu", MILLIONS, 0, "1200"),
        ("1 tỷ 200 triệu", MILLIONS, 0, "1200"),
        ("1 tỷ 200 triệu", BILLIONS, 1, "1.2"),
        ("1,2 nghìn tỷ", BILLIONS, 1, "1200"),
        ("3 trăm triệu", BILLIONS, 1, "0.3"),
        ("350.000.000 đồng", MILLIONS, 0, "350"),
        ("350000000đ", MILLIONS, 0, "350"),
        ("1,2 tỷ USD", "triệu USD", 1, "1200"),
        ("15 nghìn", "nghìn lượt", 1, "15"),
        ("15.300 lượt", "nghìn lượt", 1, "15.3"),
        ("1,2 triệu lượt", "nghìn lượt", 1, "1200"),
        ("999999999999999", "m²", 0, "999999999999999"),
        ("85", "", 0, "85"),
    ],
)
def test_figures(text: str, unit: str, decimals: int, value: str) -> None:
    expected = Figure(D(value))
    assert parse_figure(text, unit, decimals) == expected
    assert parse_figure(unicodedata.normalize("NFD", text), unit, decimals) == expected


def test_a_comma_before_three_digits_of_a_whole_number_is_noted() -> None:
    parsed = parse_figure("1,234", "xã", 0)
    assert isinstance(parsed, Figure)
    assert parsed.value == 1234
    assert parsed.note is not None
    assert parsed.note.values["typed"] == "1,234"
    assert parsed.note.values["value"] == Number(D("1234"), 0)


@pytest.mark.parametrize(
    ("text", "unit", "decimals", "readings"),
    [
        ("1.234", "km", 1, ("1234", "1.234")),
        ("1,234", "km", 2, ("1234", "1.234")),
        ("-1.234", "km", 3, ("-1234", "-1.234")),
        ("12.345 tỷ", BILLIONS, 1, ("12345", "12.345")),
        ("1.234 tỷ", MILLIONS, 0, ("1234000", "1234")),
    ],
)
def test_two_readings_are_asked(text: str, unit: str, decimals: int, readings: tuple[str, ...]) -> None:
    assert parse_figure(text, unit, decimals) == Ambiguous(tuple(map(D, readings)))


@pytest.mark.parametrize("text", ["không phát sinh", "Khong phat sinh", "ko phat sinh", "không có", "0 có", "không", "chưa phát sinh"])
def test_nothing_arose(text: str) -> None:
    assert parse_figure(text, "xã", 0) == NothingArose()


@pytest.mark.parametrize(
    "text",
    ["chưa có", "chua co so lieu", "chưa tổng hợp được", "Chưa báo cáo", "hiện chưa có số liệu ạ", "đang tổng hợp", "không có số liệu"],
)
def test_not_yet(text: str) -> None:
    assert parse_figure(text, "xã", 0) == NotYet()
    assert parse_figure(text, "đạt/không", 0) == NotYet()


@pytest.mark.parametrize("text", ["như kỳ trước", "nhu ky truoc", "như cũ", "giữ nguyên", "nhu truoc", "không thay đổi", "bằng kỳ trước"])
def test_same_as_last(text: str) -> None:
    assert parse_figure(text, "xã", 0) == SameAsLast()


@pytest.mark.parametrize(("text", "value"), [("đạt", 1), ("dat", 1), ("Có", 1), ("yes", 1), ("1", 1), ("không đạt", 0), ("chưa đạt", 0),
                                             ("khong", 0), ("no", 0), ("0", 0), ("đạt ạ", 1)])
def test_met_or_not(text: str, value: int) -> None:
    assert parse_figure(text, "đạt/không", 0) == Figure(Decimal(value))


MARKS = """
    (3) | ①② | ① | 3) | 1) | a. | a) | ³ | 5² | 10⁶ | Ⅳ | ⅳ | IV | ½ | 2½ | 1/2 | ⑴ | ⒈ | ㈠ | ❸ | 3️⃣ | 3⃣ | #3
    № 3 | No. 3 | [3] | {3} | <3>
    （3） | ３） | 1. | 12. | số 3 | thứ 3 | thứ ba | lần 3 | lần thứ 3 | 3: | 3/ | 3- | 3 - | * 3 | • 3 | •3 | 3? | 19? | …3 | 3...
    5‰ | 3# | 3*
    I. | 1st | 3rd | câu 3 | mục 3 | ý 3 | stt 3 | 1a | a1 | (3) xã | (85%) | 85%)
    dạ (3) ạ | thu 3 | ₃ | ㊂ | 🄂 | 1, | 3; | số ③ | ③ xã | 1.) | 1./
    -3- | _3_ | (3 | 3] | ² | hạng 3 | đứng thứ 5 | chọn 3 | cái thứ 3
"""


@pytest.mark.parametrize("text", [each.strip() for each in MARKS.replace("\n", "|").split("|") if each.strip()])
def test_the_mark_of_a_list_is_no_figure(text: str) -> None:
    for unit, decimals in (("xã", 0), ("%", 2), (MILLIONS, 0)):
        assert isinstance(parse_figure(text, unit, decimals), Refused)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("12 xã.", "xã", "12"), ("85!", "xã", "85"), ("“85”", "xã", "85"), ("là 12", "xã", "12"), ("20", "xã", "20"),
        ("thứ 3", "hạng", "3"),
        ("5m²", "m²", "5"), ("5 ㎡", "m²", "5"), ("7 m³", "m³", "7"), ("5 km²", "km²", "5"), ("tổng số 12", "xã", "12"),
        ("21.", "xã", "21"),
    ],
)  # fmt: skip
def test_a_figure_with_signs_around_is_one(text: str, unit: str, value: str) -> None:
    assert parse_figure(text, unit, 0) == Figure(D(value))


EXACT = "The figure is not clear: {typed}. Please give one exact figure."
UNIT = "The figure is not clear: {typed}. The unit is {unit}."
ONE = "The figure is not clear: {typed}. Please give one figure, for example {example}."
EMPTY = "The figure is not clear: please give one figure, for example {example}."
WHOLE = "The figure is not clear: {value} is not a whole number. This item takes whole numbers."
PLACES = "The figure is not clear: {value} has too many decimals. Decimals allowed: {count}."


@pytest.mark.parametrize(
    ("text", "unit", "decimals", "msgid"),
    [
        ("", "xã", 0, EMPTY),
        (" . ", "xã", 0, EMPTY),
        ("1" * 41, "xã", 0, EMPTY),
        ("abc", "xã", 0, ONE),
        ("👍", "xã", 0, ONE),
        ("NaN", "xã", 0, ONE),
        ("inf", "xã", 0, ONE),
        ("hai mươi", "xã", 0, ONE),
        ("khoảng", "xã", 0, ONE),
        ("٣", "xã", 0, ONE),
        ("1e5", "xã", 0, EXACT),
        ("12 13", "xã", 0, EXACT),
        ("12, 13", "xã", 0, EXACT),
        ("khoảng 85", "xã", 0, EXACT),
        ("~85", "xã", 0, EXACT),
        ("trên 85", "xã", 0, EXACT),
        ("85-90", "xã", 0, EXACT),
        ("85 đến 90", "xã", 0, EXACT),
        ("85/99", "xã", 0, EXACT),
        ("1.2.3", "km", 1, EXACT),
        ("12.03.2026", "km", 1, EXACT),
        ("1,2,3", "km", 1, EXACT),
        ("1.234,567,8", "km", 1, EXACT),
        ("1 tỷ 2", BILLIONS, 1, EXACT),
        ("1tr2", MILLIONS, 0, EXACT),
        ("200 triệu 1 tỷ", MILLIONS, 0, EXACT),
        ("1 tỷ 1200 triệu", MILLIONS, 0, EXACT),
        ("1000000000000000", "m²", 0, EXACT),
        ("85%", "xã", 0, UNIT),
        ("85 hộ", "xã", 0, UNIT),
        ("1,2 tỷ", "xã", 0, UNIT),
        ("5 triệu", "%", 2, UNIT),
        ("1,2 tỷ đồng", "triệu USD", 1, UNIT),
        ("3%", "điểm %", 2, UNIT),
        ("1.5", "xã", 0, WHOLE),
        ("35 đồng", MILLIONS, 0, WHOLE),
        ("98,567", "%", 2, PLACES),
        ("98.567", "%", 2, PLACES),
        ("350 triệu", BILLIONS, 1, PLACES),
        ("abc", "đạt/không", 0, 'The figure is not clear: answer "Met" or "Not met".'),
        ("85", "đạt/không", 0, 'The figure is not clear: answer "Met" or "Not met".'),
        ("85 xã", "", 0, "The figure is not clear: {typed}. Please give the figure alone."),
    ],
)
def test_refused(text: str, unit: str, decimals: int, msgid: str) -> None:
    parsed = parse_figure(text, unit, decimals)
    assert isinstance(parsed, Refused)
    assert parsed.message.msgid == msgid


def test_a_refusal_names_what_is_allowed() -> None:
    wrong_unit = parse_figure("85 hộ", "xã", 0)
    precise = parse_figure("98,567", "%", 2)
    assert isinstance(wrong_unit, Refused)
    assert isinstance(precise, Refused)
    assert dict(wrong_unit.message.values) == {"typed": "85 hộ", "unit": "xã"}
    assert precise.message.values["count"] == 2


@given(st.text(max_size=50), st.sampled_from(["xã", "%", MILLIONS, "đạt/không", "", "m²"]), st.integers(0, 3))
def test_any_text_has_an_outcome_within_the_item_s_decimals(text: str, unit: str, decimals: int) -> None:
    parsed = parse_figure(text, unit, decimals)
    assert isinstance(parsed, Figure | NothingArose | NotYet | SameAsLast | Ambiguous | Refused)
    if isinstance(parsed, Figure):
        assert places(parsed.value) <= decimals


@given(st.integers(-(10**12), 10**12), st.integers(0, 3))
def test_a_figure_survives_every_way_of_writing_it(units: int, decimals: int) -> None:
    value = Decimal(units).scaleb(-decimals)
    english = f"{value:,f}"
    vietnamese = english.translate(str.maketrans(",.", ".,"))
    for written in (english, vietnamese):
        parsed = parse_figure(written, "km", decimals)
        if isinstance(parsed, Ambiguous):
            assert value in parsed.readings
        else:
            assert isinstance(parsed, Figure)
            assert parsed.value == value


@given(st.integers(1, 10**6))
def test_magnitudes_are_exact(units: int) -> None:
    assert parse_figure(f"{units} triệu", MILLIONS, 0) == Figure(Decimal(units))
    assert parse_figure(f"{units} triệu", BILLIONS, 3) == Figure(Decimal(units).scaleb(-3).normalize())


def test_readings_are_told_apart_in_words() -> None:
    assert reading_label(D("1234")).values == {"thousands": "1", "rest": "234"}
    assert reading_label(D("1005")).values == {"thousands": "1", "rest": "005"}
    assert reading_label(D("1.234")).values == {"whole": "1", "fraction": "234"}
    assert reading_label(D("1234000")).values == {"value": Number(D("1234000"))}
    question = reading_question(" 1.234 ", Ambiguous((D("1234"), D("1.234"))))
    assert question.values["typed"] == "1.234"
    assert question.values["first"] == reading_label(D("1234"))
    assert question.values["second"] == reading_label(D("1.234"))


@pytest.mark.parametrize(("value", "decimals", "fits"), [("1.5", 1, True), ("1.50", 1, True), ("100", 0, True), ("1E+3", 0, True),
                                                         ("1.5", 0, False), ("1.234", 2, False)])
def test_too_precise(value: str, decimals: int, fits: bool) -> None:
    assert (too_precise(D(value), decimals) is None) is fits


def doubted(value: str, **given: str) -> list[str]:
    bounds: dict[str, D | None] = {"last": None, "low": None, "high": None, "limit": None}
    bounds |= {name: D(bound) for name, bound in given.items()}
    found = doubts(D(value), unit="xã", decimals=0, **bounds)
    return [message.msgid.partition(":")[0] for message in found]


TENFOLD = "{times} times the last period's figure ({last})"
TENFOLD_PLAN = "{times} times the plan of the year ({plan})"
TENTH = "only 1/{times} of the last period's figure ({last})"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({"value": "85"}, []),
        ({"value": "85", "last": "80", "low": "0", "high": "100", "limit": "99"}, []),
        ({"value": "-3"}, ["{value} is negative"]),
        ({"value": "-3", "low": "-5"}, []),
        ({"value": "-3", "low": "0"}, ["{value} is below {low}"]),
        ({"value": "120", "low": "0", "high": "100"}, ["{value} is outside {low} to {high}"]),
        ({"value": "120", "high": "100"}, ["{value} is above {high}"]),
        ({"value": "100", "limit": "99"}, ["{value} is more than there are ({limit})"]),
        ({"value": "850", "last": "85"}, [TENFOLD]),
        ({"value": "849", "last": "85"}, []),
        ({"value": "8.5", "last": "85"}, [TENTH]),
        ({"value": "8.6", "last": "85"}, []),
        ({"value": "850", "last": "0"}, []),
        ({"value": "0", "last": "85"}, []),
        ({"value": "85", "plan": "8.5"}, [TENFOLD_PLAN]),
        ({"value": "84.9", "plan": "8.5"}, []),
        ({"value": "85", "plan": "8.5", "last": "80"}, []),
        ({"value": "85", "plan": "8.5", "last": "8.5"}, [TENFOLD]),
        ({"value": "85", "plan": "8.5", "last": "0"}, [TENFOLD_PLAN]),
        ({"value": "0.5", "plan": "85"}, []),
        ({"value": "85", "plan": "0"}, []),
        ({"value": "-85", "plan": "8.5"}, ["{value} is negative"]),
        ({"value": "8500", "last": "85", "high": "100", "limit": "99"},
         ["{value} is above {high}", "{value} is more than there are ({limit})", TENFOLD]),
    ],
)
def test_doubts(case: dict[str, str], expected: list[str]) -> None:
    assert doubted(**case) == expected


def test_a_doubt_tells_how_many_times_and_the_last_figure() -> None:
    (message,) = doubts(D("1046"), last=D("85"), low=None, high=None, limit=None, unit="xã", decimals=0)
    times = message.values["times"]
    assert isinstance(times, Number)
    assert (times.value, times.decimals) == (D("12.3"), 1)
    assert message.values["last"] == Number(D("85"), 0, "xã")


@pytest.mark.parametrize(
    ("rule", "value", "other", "broken"),
    [("<= NTM01", "85", "85", False), ("<= NTM01", "86", "85", True), (">= NTM01", "85", "85", False), (">= NTM01", "84", "85", True),
     ("<=", "86", "85", True)],
)
def test_cross_checks(rule: str, value: str, other: str, broken: bool) -> None:
    assert breaks_rule(rule, D(value), D(other)) is broken


@pytest.mark.parametrize("rule", ["", "< NTM01", "NTM01"])
def test_an_unknown_cross_check_is_an_error(rule: str) -> None:
    with pytest.raises(ValueError, match="unknown rule"):
        breaks_rule(rule, D("1"), D("1"))
