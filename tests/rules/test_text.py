"""Folding, collation, keyboard leftovers, courtesy, lengths."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.text import clip, fold, sort_key, strip_courtesy, untelex, utf16_len

PROVINCES = ["Cao Bằng", "Điện Biên", "Hà Giang", "Lai Châu", "Lạng Sơn", "Lào Cai", "Sơn La", "Tuyên Quang", "Yên Bái"]
WORDS = "xep hang lao cai bao cao dien bien tien do han nop diem so tuyen quang chua quy thang nam nguoi duoc"
VOCABULARY = frozenset(WORDS.split(" "))
VIETNAMESE = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìòồờùừỳ ĐÐ", max_size=24)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Lào  Cai", "lao cai"),
        ("LÀO\u00a0CAI\n", "lao cai"),
        ("Điện Biên", "dien bien"),
        ("Ðiện Biên", "dien bien"),
        ("\u00f0iện", "dien"),
        ("hoà", "hoa"),
        ("hòa", "hoa"),
        ("Thuỷ/thủy", "thuy/thuy"),
        ("nước", "nuoc"),
        ("ＮＴＭ０１ ８５", "ntm01 85"),
        ("xếp\u200bhạng\ufeff", "xephang"),
        ("  «Xếp hạng?!»  ", "xep hang"),
        ("85%", "85%"),
        ("-3", "-3"),
        ("- ba", "ba"),
        ("m²", "m2"),
        ("một\n\thai", "mot hai"),
        ("...", ""),
        ("", ""),
        ("👍", "👍"),
    ],
)
def test_fold(typed: str, folded: str) -> None:
    assert fold(typed) == folded
    assert fold(unicodedata.normalize("NFD", typed)) == folded


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(VIETNAMESE)
def test_fold_knows_no_composition_and_no_case(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == fold(text.upper())


def test_provinces_are_sorted_as_the_alphabet_has_them() -> None:
    backwards = PROVINCES[::-1]
    assert sorted(backwards, key=sort_key) == PROVINCES
    assert sorted((unicodedata.normalize("NFD", name.upper()) for name in backwards), key=sort_key) == [
        unicodedata.normalize("NFD", name.upper()) for name in PROVINCES
    ]


@pytest.mark.parametrize(
    "ordered",
    [
        ["a", "ă", "â", "b", "c", "d", "đ", "e", "ê", "g", "h", "i", "k", "l", "m", "n", "o", "ô", "ơ", "p", "q", "r", "s", "t", "u", "ư",
         "v", "x", "y"],
        ["ma", "mà", "mả", "mã", "má", "mạ", "măm", "mâm", "mẹ"],
        ["Bản Lang", "Bàn Thạch", "Bản Thạch"],
        ["Hà", "Hà Giang", "Hàm"],
        ["hoà an", "hòa bình", "hoà cát"],
        ["Xã 1", "Xã 2", "Xã A"],
    ],
)
def test_letters_first_tones_second(ordered: list[str]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=sort_key) == ordered


def test_the_old_and_the_new_place_of_a_tone_are_the_same_word() -> None:
    assert sort_key("Hoà Bình") == sort_key("Hòa Bình")
    assert sort_key("Đà") == sort_key("Ðà") == sort_key("đà")


@given(VIETNAMESE)
def test_sort_keys_are_stored_as_text(text: str) -> None:
    assert "\x00" not in sort_key(text)
    assert sort_key(unicodedata.normalize("NFD", text)) == sort_key(text)


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("xeps hangj lao cai", "xep hang lao cai"),
        ("baos caos", "bao cao"),
        ("ddieen bieen", "dien bien"),
        ("tieens ddooj", "tien do"),
        ("hanj nopj", "han nop"),
        ("xe61p ha5n", "xep han"),
        ("d9ie65n", "dien"),
        ("Xeesp hajng?", "xep hang?"),
        ("ddieemr soos, tuyeenf quang", "diem so, tuyen quang"),
        ("nguwowif dduwowcj", "nguoi duoc"),
        ("xep hang", "xep hang"),
        ("quy3 thang9 nam2026", "quy3 thang9 nam2026"),
        ("ntm01 sos", "ntm01 so"),
        ("facebook", "facebook"),
        ("", ""),
    ],
)
def test_untelex(typed: str, mended: str) -> None:
    assert untelex(typed, VOCABULARY) == mended


@given(st.text(max_size=60))
def test_without_a_vocabulary_nothing_is_mended(text: str) -> None:
    assert untelex(text, frozenset()) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("folded", "left"),
    [
        ("dong chi cho toi hoi xep hang a", "xep hang"),
        ("cho em xem diem lao cai voi a", "diem lao cai"),
        ("bot oi, xep hang nhe", "xep hang"),
        ("da thua dong chi, han nop", "han nop"),
        ("xin vui long cho biet tien do", "tien do"),
        ("lam on giup toi xem lich", "lich"),
        ("xep hang giup em nhe, cam on", "xep hang"),
        ("cho anh hoi han", "han"),
        ("toi muon xem lich", "lich"),
        ("hoa binh", "hoa binh"),
        ("dat", "dat"),
        ("danh sach", "danh sach"),
        ("xinh", "xinh"),
        ("tro giup", "tro giup"),
        ("tro giup toi", "tro giup toi"),
        ("dong chi", "dong chi"),
        ("a", "a"),
        ("", ""),
    ],
)
def test_strip_courtesy(folded: str, left: str) -> None:
    assert strip_courtesy(folded) == left


POLITE = ("dong chi", "xin", "a", "nhe", "voi", "cho toi", "hoi", "xem", "giup", "em", "bot oi", "da", "xep", "hang")


@given(st.lists(st.sampled_from(POLITE), max_size=8).map(" ".join))
def test_courtesy_never_empties_a_text_and_is_taken_once(text: str) -> None:
    left = strip_courtesy(text)
    assert bool(left) == bool(text)
    assert left in text
    assert strip_courtesy(left) == left


@pytest.mark.parametrize(("text", "units"), [("", 0), ("Lào", 3), ("👍", 2), ("a👍b", 4), ("\ud800", 1)])
def test_utf16_len(text: str, units: int) -> None:
    assert utf16_len(text) == units


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("Lào Cai", 7, "Lào Cai"),
        ("Lào Cai", 6, "Lào C…"),
        ("Đơn vị Lào Cai", 13, "Đơn vị Lào…"),
        (unicodedata.normalize("NFD", "ệệ"), 5, unicodedata.normalize("NFD", "ệ") + "…"),
        ("👍🏽👍🏽", 6, "👍🏽…"),
        ("👨‍👩‍👧 nhà", 5, "…"),
        ("🇻🇳🇻🇳", 6, "🇻🇳…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("abc", -1, ""),
        ("", 0, ""),
    ],
)
def test_clip(text: str, limit: int, clipped: str) -> None:
    assert clip(text, limit) == clipped


@given(st.text(max_size=40), st.integers(0, 40))
def test_clipped_texts_fit(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert utf16_len(clipped) <= limit
    assert clipped == text or text.startswith(clipped.removesuffix("…"))
