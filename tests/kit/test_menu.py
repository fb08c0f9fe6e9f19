"""What is typed instead of a tap: numbers in any writing, labels, beginnings, yes and no; and what must stay a figure or a question."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import languages
from handlers.kit.menu import choose, choose_inside, several
from handlers.kit.menu_numbers import numbers_in
from handlers.kit.message import m, verbatim
from handlers.kit.reply import Answer, Choice

SPOKEN = tuple(languages(ZoneInfo("Asia/Ho_Chi_Minh")).values())
UNITS = tuple(Choice(verbatim(name), Answer(name), several=True) for name in ("Cao Bằng", "Điện Biên", "Lai Châu", "Lạng Sơn"))
ASKED = (
    Choice(m("Confirm"), Answer("confirm"), says="yes"),
    Choice(m("Correct"), Answer("edit")),
    Choice(m("Cancel"), Answer("cancel"), says="no"),
)
SHOWN = (Choice(m("Confirm"), Answer("confirm"), says="yes"), Choice(m("Correct"), Answer("edit"), says="wrong"), ASKED[2])
DOUBTED = (Choice(m("Confirm"), Answer("keep"), says="yes"), Choice(m("Enter again"), Answer("again"), says="wrong"))
MET = (Choice(m("Met"), Answer("1"), says="yes"), Choice(m("Not met"), Answer("0"), says="no"), Choice(m("Not known yet"), Answer("none")))
FIGURE = (Choice(m("Not known yet"), Answer("none"), numbered=False), Choice(m("Cancel"), Answer("cancel"), numbered=False))


def chosen(text: str, choices: tuple[Choice, ...] = UNITS, *, exact: bool = False) -> str | None:
    choice = choose(text, choices, SPOKEN, exact=exact)
    return choice.action.value if choice is not None and isinstance(choice.action, Answer) else None


@pytest.mark.parametrize(
    "text",
    [
        "2", "２", "②", "2️⃣", "(2)", "2.", "2)", "#2", "số 2", "so 2", "chọn 2", "ý 2", "mục 2", "câu 2", "số hai", "chọn câu hai",
        "cái thứ hai", "dạ em chọn số 2 ạ", "2 nhé đồng chí", "phương án 2", "stt 2", "number two", "option 2",
    ],
)  # fmt: skip
def test_a_number_is_heard_in_any_writing(text: str) -> None:
    assert numbers_in(text, SPOKEN) == (2,)
    assert chosen(text) == "Điện Biên"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,3", (1, 3)), ("1 3", (1, 3)), ("1; 3", (1, 3)), ("1 và 3", (1, 3)), ("số 1 với số 3", (1, 3)), ("1-3", (1, 2, 3)),
        ("1 – 3", (1, 2, 3)), ("1 đến 3", (1, 2, 3)), ("từ 1 tới 3", (1, 2, 3)),
        ("1, 2-4", (1, 2, 3, 4)), ("3,3,1", (3, 1)), ("1 to 3", (1, 2, 3)),
    ],
)  # fmt: skip
def test_several_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert numbers_in(text, SPOKEN) == numbers
    assert chosen(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "-2", "14h", "quý 3", "1,2 tỷ", "năm 2026", "2026", "hai", "sáu", "năm", "thứ hai", "thứ 2", "2 xã", "85%", "3-1", "1-99",
        "12/3", "số", "chọn", "số 2 hay số 3", "không", "0,5 điểm", "1 2 ba bốn",
    ],
)  # fmt: skip
def test_what_names_no_number_of_a_list(text: str) -> None:
    assert numbers_in(text, SPOKEN) == ()


@given(st.text(max_size=40))
def test_any_text_gives_numbers_or_none(text: str) -> None:
    assert all(number >= 0 for number in numbers_in(text, SPOKEN))
    choose(text, UNITS, SPOKEN)
    choose_inside(text, UNITS, SPOKEN)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("cao bằng", "Cao Bằng"), ("CAO BANG", "Cao Bằng"), ("dien", "Điện Biên"), ("lạng sơn nhé", "Lạng Sơn"),
        ("cho em lai châu ạ", "Lai Châu"), ("lấy cao bằng", "Cao Bằng"), ("ddieen bieen", "Điện Biên"), ("la", None), ("c", None),
        ("5", None), ("số 9", None), ("hà giang", None),
    ],
)  # fmt: skip
def test_labels_and_their_beginnings(text: str, unit: str | None) -> None:
    assert chosen(text) == unit


@pytest.mark.parametrize("text", ["có", "ok", "oke", "ừ", "vâng", "dạ vâng", "đồng ý", "được", "vâng ạ", "yes", "👍", "Xác nhận", "1"])
def test_a_yes(text: str) -> None:
    assert chosen(text, ASKED) == "confirm"


@pytest.mark.parametrize("text", ["không", "ko", "k", "hok", "thôi", "dạ không", "no", "không đồng ý", "Hủy", "3"])
def test_a_no(text: str) -> None:
    assert chosen(text, ASKED) == "cancel"


@pytest.mark.parametrize("text", ["có", "không", "ok", "k", "vâng", "👍", "1", "chưa", "số 1"])
def test_no_yes_or_no_and_no_number_where_a_figure_or_free_text_is_awaited(text: str) -> None:
    assert chosen(text, FIGURE, exact=True) is None
    assert chosen(text, ASKED, exact=True) is None


@pytest.mark.parametrize("text", ["có", "không", "ok"])
def test_no_yes_where_no_choice_says_it(text: str) -> None:
    assert chosen(text) is None


def test_several_choices_of_which_each_can_be_one_of_several() -> None:
    assert [choice.action for choice in several("1, 3", UNITS, SPOKEN)] == [Answer("Cao Bằng"), Answer("Lai Châu")]
    assert several("1, 9", UNITS, SPOKEN) == ()
    assert several("2", UNITS, SPOKEN) == ()
    assert several("1, 2", ASKED, SPOKEN) == ()


def test_words_inside_one_label() -> None:
    shown = tuple(Choice(verbatim(each), Answer(each)) for each in ("Số vụ tai nạn giao thông", "Tỷ lệ hộ nghèo", "Số hộ thoát nghèo"))

    def inside(text: str) -> bool:
        return choose_inside(text, shown, SPOKEN) is not None

    assert [inside(text) for text in ("giao thông", "tai nan giao tho", "nghèo", "iao thông", "vụ")] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("text", "shown", "doubted", "met"),
    [
        ("dạ đúng rồi ạ", "confirm", "keep", "1"), ("không sai", "confirm", "keep", "1"),
        ("không ạ", "cancel", "again", "0"), ("không phải đâu", "cancel", "again", "0"),
        ("sai rồi", "edit", "again", None), ("chưa đúng", "edit", "again", None), ("em nhầm", "edit", "again", None),
        ("đúng không", None, None, None), ("không, đúng rồi", None, None, None), ("chưa", "cancel", "again", "none"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_corrected_where_that_can_be_chosen(text: str, shown: str | None, doubted: str | None, met: str | None) -> None:
    assert (chosen(text, SHOWN), chosen(text, DOUBTED), chosen(text, MET)) == (shown, doubted, met)
