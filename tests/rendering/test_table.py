"""Tables as lines that hold on a narrow phone; long menus and long answers over several messages."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.zalo import Zalo
from bot.language import languages
from bot.rendering.parts import render
from bot.rendering.table import WIDTH, table_lines
from handlers.kit.menu import choose
from handlers.kit.message import verbatim
from handlers.kit.reply import Choice, Choices, Go, Table, say
from tests.chat import ZONE

VI = languages(ZONE)["vi"]


def lines(*rows: tuple[str, ...]) -> list[str]:
    return [line for line, _ in table_lines(Table(rows), rows)]


def test_a_ranking_is_a_line_a_unit() -> None:
    rows = (("1", "Sơn La", "881,22"), ("10", "Thành phố Hồ Chí Minh", "5,00"))
    assert lines(*rows) == ["1. Sơn La · 881,22", "10. Thành phố Hồ Chí Minh · 5,00"]


def test_a_long_name_keeps_its_figure_together() -> None:
    commune = "Ủy ban nhân dân phường Nguyễn Phúc"
    assert lines(("12", commune, "1.234,50")) == [f"12. {commune}", "   1.234,50"]


def test_a_comparison_names_the_thing_and_sets_the_units_in() -> None:
    row = ("Nhóm I (tối đa 500)", "Lạng Sơn 295,45", "Sơn La 405,90", "Điện Biên 393,90")
    assert lines(row) == ["Nhóm I (tối đa 500)", "   Lạng Sơn 295,45 · Sơn La 405,90", "   Điện Biên 393,90"]


def test_every_line_of_the_own_row_is_strong() -> None:
    rows = (("1", "a" * 30, "b" * 10), ("2", "c", "d"))
    assert [strong for _, strong in table_lines(Table(rows, strong=0), rows)] == [True, True, False]


@given(st.lists(st.lists(st.text(alphabet="ab đ·,1", max_size=50), min_size=1, max_size=5).map(tuple), max_size=5))
def test_no_cell_is_lost_and_no_line_of_several_cells_is_too_long(rows: list[tuple[str, ...]]) -> None:
    table = Table(tuple(rows))
    written = " ".join(line for line, _ in table_lines(table, rows))
    assert all(cell in written for row in rows for cell in row)
    assert all(len(line) <= WIDTH or line.strip() in {cell.strip() for row in rows for cell in row} or re.match(r"\d+\. ", line)
               for line, _ in table_lines(table, rows))  # fmt: skip


def test_a_menu_longer_than_a_message_goes_on_in_the_next_one_with_its_numbers() -> None:
    names = [f"Ủy ban nhân dân xã {number:03} thuộc tỉnh Lạng Sơn" for number in range(1, 100)]
    choices = tuple(Choice(verbatim(name), Go("diem", name)) for name in names)
    parts = render(say(verbatim("Đơn vị nào?"), Choices(choices)), VI, Zalo.capabilities, "menu")
    assert len(parts) > 2
    shown = "\n".join(part.text for part in parts)
    assert [int(found) for found in re.findall(r"^(\d+)\. ", shown, re.MULTILINE)] == list(range(1, 100))
    assert all(len(part.text) <= Zalo.capabilities.max_chars for part in parts)
    assert [part.text.splitlines()[0] for part in parts] == [f"({place}/{len(parts)})" for place in range(1, len(parts) + 1)]
    assert choose("số 77", choices, (VI,)) == choices[76]


def test_a_menu_below_places_is_told_apart_from_them_and_words_stand_in_one_line() -> None:
    ranking = Table((("1", "Sơn La", "881,22"),))
    asked = Choices((Choice(verbatim("Cả bảng"), Go("xephang")), Choice(verbatim("Lùi"), Go("x"), numbered=False)))
    more = Choices((Choice(verbatim("Hủy"), Go("x"), numbered=False),))
    (part,) = render(say(ranking, asked, more), VI, Zalo.capabilities, "menu")
    assert part.text == "1. Sơn La · 881,22\n\nGõ số để chọn:\n1. Cả bảng\n\nHoặc gõ: Lùi · Hủy"
    (plain,) = render(say(verbatim("Chọn:"), asked), VI, Zalo.capabilities, "menu")
    assert plain.text == "Chọn:\n\n1. Cả bảng\n\nHoặc gõ: Lùi"
