"""Long texts in pieces that a phone can show: within the limit, nothing lost, and in HTML each piece well-formed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.split import measure, split
from tests.channels.botapi import read_html

LIMIT = 60
WORDS = st.lists(st.sampled_from(["chữ", "&amp;", "&lt;", "\n\n", "\n", " ", "ộ", "😀", "rất dài " * 6, "x" * 70]), min_size=1, max_size=40)


def test_a_short_text_stays_whole() -> None:
    assert split("Đã ghi nhận", LIMIT, "utf16") == ["Đã ghi nhận"]


def test_paragraphs_stay_whole_where_they_can() -> None:
    assert split("a" * 40 + "\n\n" + "b" * 30, LIMIT, "chars") == ["a" * 40, "b" * 30]


def test_a_passage_that_is_divided_is_closed_and_opened_again() -> None:
    assert split("<i>" + "a " * 40 + "</i>", LIMIT, "utf16", html=True) == ["<i>" + "a " * 21 + "a</i>", "<i>" + "a " * 18 + "</i>"]


def test_an_angle_bracket_of_a_plain_text_is_a_sign_like_any_other() -> None:
    assert "".join(split("<b>" + "x" * 100, LIMIT, "chars")) == "<b>" + "x" * 100


@given(st.lists(st.tuples(st.sampled_from(["", "b", "i", "blockquote"]), WORDS), min_size=1, max_size=5))
def test_every_piece_is_well_formed_and_nothing_is_lost(passages: list[tuple[str, list[str]]]) -> None:
    text = "\n\n".join(f"<{tag}>{''.join(words)}</{tag}>" if tag else "".join(words) for tag, words in passages)
    pieces = split(text, LIMIT, "utf16", html=True)
    assert [read_html(piece)[1] for piece in pieces] == [[]] * len(pieces)
    assert all(measure(piece, "utf16") <= LIMIT for piece in pieces)
    assert "".join("".join(read_html(piece)[0] for piece in pieces).split()) == "".join(read_html(text)[0].split())
