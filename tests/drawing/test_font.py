"""The font has every letter a Vietnamese name can hold, and lines are as wide as they are measured."""

from __future__ import annotations

import unicodedata

import pytest

from bot.drawing.font import INSTEAD, Font, fonts

VOWELS, TONES = "aăâeêioôơuưy", ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
LETTERS = "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES) + "bcdđghklmnpqrstvx"
SIGNS = "0123456789.,;:!?%/()[]<>&“”‘’\"'–-−+=·…²³°\u00a0"


@pytest.mark.parametrize("font", fonts(), ids=["usual", "bold"])
def test_every_letter_with_every_tone_is_there(font: Font) -> None:
    assert len(set(LETTERS)) == 72 + 17
    assert [letter for letter in LETTERS + LETTERS.upper() + "fjwzFJWZ" + SIGNS if not font.has(letter)] == []


def test_what_no_font_has_and_decomposed_letters_are_drawn_as_well_as_can_be() -> None:
    font, _ = fonts()
    assert font.drawable(unicodedata.normalize("NFD", "Điện Biên")) == "Điện Biên"
    assert font.drawable("Sơn\u00a0La\n 👍") == f"Sơn La {INSTEAD}"
    assert not font.has("👍")


@pytest.mark.parametrize("text", ["Ủy ban nhân dân xã Nghĩa Đô", "Ố" * 120, "a " * 80, ""])
def test_no_line_is_wider_than_asked_and_no_word_is_lost(text: str) -> None:
    font, _ = fonts()
    lines = font.lines(text, 40, 300, 99)
    assert all(font.width(line, 40) <= 300 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_what_does_not_fit_ends_with_dots() -> None:
    font, _ = fonts()
    lines = font.lines("Ủy ban nhân dân xã Nghĩa Đô", 40, 200, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert font.width(lines[-1], 40) <= 200


def test_a_bold_line_is_wider() -> None:
    usual, bold = fonts()
    assert 0 < usual.width("Lạng Sơn", 40) < bold.width("Lạng Sơn", 40) < 40 * 8
