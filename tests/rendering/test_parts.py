"""Rendering keeps every channel's limits, loses no words, and lets no person's text become markup."""

from __future__ import annotations

import html
import re
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Capabilities
from bot.channels.console import Console
from bot.channels.telegram import Telegram
from bot.channels.web import PLAIN, RICH
from bot.language import languages
from bot.rendering.parts import render
from bot.rendering.split import measure, split
from handlers.kit import wire
from handlers.kit.chart import Bar, Chart
from handlers.kit.message import Day, Message, Moment, Number, m, mc, mn, verbatim
from handlers.kit.reply import Answer, Choice, Choices, Fields, File, Go, Picture, Reply, Table, Text, Typed, drawn, say
from handlers.kit.wire import decode, decode_choices, encode, encode_choices
from tests.chat import ZONE

VI = languages(ZONE)["vi"]
ALL: dict[str, Capabilities] = {
    "telegram": Telegram.capabilities, "web": RICH, "webplain": PLAIN, "console": Console.capabilities,
}  # fmt: skip

WORDS = st.text(max_size=300)
VALUES = st.one_of(
    WORDS,
    st.integers(-(10**12), 10**12),
    st.decimals(-(10**9), 10**9, places=3).map(lambda value: Number(value, 2, "%")),
    st.fractions(-(10**40), 10**40, max_denominator=997).map(Number),
    st.dates().map(lambda day: Day(day, "weekday")),
    st.integers(0, 4 * 10**9).map(Moment),
)
MESSAGES = st.one_of(WORDS.map(verbatim), VALUES.map(lambda value: Message("{value}", {"value": value})))
ACTIONS = st.one_of(st.builds(Go, st.just("xephang"), WORDS), st.builds(Answer, WORDS), st.just(Typed()))
BARS = st.builds(
    Bar, WORDS, WORDS, VALUES | MESSAGES, st.booleans(), st.none() | st.integers(-3_320, 3_320), st.none() | MESSAGES, st.booleans()
)
CHARTS = st.builds(
    Chart, MESSAGES, st.none() | MESSAGES, st.lists(BARS, max_size=3).map(tuple), st.lists(MESSAGES, max_size=2).map(tuple)
)
CHOICES = st.lists(
    st.builds(Choice, MESSAGES, ACTIONS, st.booleans()),
    max_size=12,
).map(tuple)
BLOCKS = st.one_of(
    st.builds(Text, MESSAGES, st.sampled_from(["plain", "title", "note", "quote"])),
    st.builds(Fields, st.lists(st.tuples(MESSAGES, VALUES), max_size=5).map(tuple)),
    st.builds(Table, st.lists(st.lists(VALUES, min_size=1, max_size=4).map(tuple), max_size=8).map(tuple)),
    st.builds(Choices, CHOICES, st.integers(1, 3)),
    st.builds(Picture, st.just("a" * 64), st.just("image/png"), MESSAGES),
    st.builds(drawn, CHARTS, MESSAGES, public=st.booleans()),
    st.builds(File, st.just("b" * 64), st.just("application/pdf"), st.just("bao-cao.pdf"), st.none() | MESSAGES),
)
REPLIES = st.builds(Reply, st.lists(BLOCKS, max_size=6).map(tuple), st.booleans(), st.booleans(), st.booleans())


@given(REPLIES)
def test_a_reply_comes_back_from_the_outbox_as_it_went_in(reply: Reply) -> None:
    assert wire._decoded(encode(reply)) == reply    # not from the memory of what was just encoded
    assert decode(encode(reply)) == reply
    assert decode_choices(encode_choices(reply.choices)) == reply.choices


@pytest.mark.parametrize("name", ALL)
@given(reply=REPLIES)
def test_every_part_is_within_the_limits(name: str, reply: Reply) -> None:
    can = ALL[name]
    for part in render(reply, VI, can, "abcdef1234"):
        assert measure(part.text, can.counts) <= (can.max_chars if part.kind == "text" else can.caption_chars)
        assert all(len(button.data.encode()) <= 64 for row in part.buttons for button in row)
        assert not part.buttons or can.buttons
        assert part.kind == "text" or (can.pictures if part.kind == "picture" else can.files)


@given(WORDS)
def test_what_a_person_wrote_is_never_markup(text: str) -> None:
    parts = render(say(verbatim(text), Text(verbatim(text), "title")), VI, RICH, None)
    shown = "".join(part.text for part in parts)
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<b>", "</b>"}
    assert html.unescape(re.sub(r"</?b>", "", shown)).count(text) >= (2 if text.strip() == text and text else 0) or len(parts) > 1


@given(st.text(alphabet="ab c\né\u0301👍", max_size=500), st.integers(20, 60))
def test_a_split_loses_nothing_but_white_space(text: str, limit: int) -> None:
    pieces = split(text, limit, "utf16")
    assert all(measure(piece, "utf16") <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_without_buttons_choices_are_numbered_lines_and_control_words_a_hint() -> None:
    choices = Choices((Choice(m("Report"), Go("baocao")), Choice(m("Cancel"), Answer("cancel"), numbered=False)))
    (part,) = render(say(verbatim("Chọn:"), choices), VI, PLAIN, "x")
    assert part.text == "Chọn:\n\n1. Báo cáo\n\nHoặc gõ: Hủy"


def test_a_long_answer_is_split_between_lines() -> None:
    lines = [f"{number}. Một dòng dài vừa phải để thử việc chia tin" for number in range(200)]
    parts = render(say(verbatim("\n".join(lines))), VI, PLAIN, None)
    assert len(parts) > 1
    assert [line for part in parts for line in part.text.splitlines()[1:]] == lines
    assert [part.text.splitlines()[0] for part in parts] == [f"({place}/{len(parts)})" for place in range(1, len(parts) + 1)]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (Message("{v}", {"v": Number(Decimal("1234.5"), 1)}), "1.234,5"),
        (Message("{v}", {"v": Number(Decimal("98.5"), None, "%")}), "98,5%"),
        (Message("{v}", {"v": Number(Decimal("1200"), None, "triệu đồng")}), "1.200 triệu đồng"),
        (Message("{v}", {"v": Number(Decimal("0.125"), 2)}), "0,13"),
        (Message("{v}", {"v": 3321}), "3.321"),
        (Message("{v}", {"v": ("Lào Cai", "Sơn La")}), "Lào Cai, Sơn La"),
        (mc("no such context", "Report"), "Report"),
        (mn("{count} person holds a post.", "{count} people hold posts.", 3), "3 người đang giữ nhiệm vụ."),
    ],
)
def test_values_are_written_as_officers_write_them(message: Message, text: str) -> None:
    assert VI.text(message) == text


def test_days_and_instants() -> None:
    at = int(datetime(2026, 7, 6, 17, 0, tzinfo=ZONE).timestamp())
    assert VI.value(Day(date(2026, 7, 5), "weekday")) == "Chủ nhật, 05/07/2026"
    assert VI.value(Moment(at, "weekday_time")) == "17:00, thứ Hai, 06/07/2026"
    assert VI.value(Moment(at, "time")) == "17:00"
    assert VI.value(date(2024, 3, 5)) == "05/03/2024"
