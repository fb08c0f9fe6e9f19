"""What holds for every text an officer may send: nothing that reads input ever fails, loses a figure or invents one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.block import Item, looks_like_block, parse_block
from handlers.rules.dates import DayFound, Impossible, parse_day, parse_period, parse_time, parse_year
from handlers.rules.identity_numbers import personal_number
from handlers.rules.joining_codes import find_code
from handlers.rules.names import Name, NameIndex, One
from handlers.rules.numbers import Ambiguous, Figure, parse_figure
from handlers.rules.secret_marks import secret_mark
from handlers.rules.text import clip, fold, fold_telex, sort_key, strip_courtesy, telex_candidates, untelex, utf16_len

ANYTHING = st.one_of(
    st.text(max_size=80),
    st.text(alphabet=st.characters(), max_size=30),     # also lone surrogates and unassigned characters
    st.text(alphabet="aăâđêôơưàảãáạòoaÀĐÐ0123456789 .,;:/-%()\u0301\u0309\u200b\u00a0\u202e👍🇻🇳", max_size=60),
)
UNITS = st.sampled_from(("xã", "%", "điểm %", "triệu đồng", "tỷ đồng", "nghìn lượt", "m²", "km", "tiêu chí/xã", "đạt/không", ""))
TODAY = date(2026, 11, 23)

PROVINCES = ("Cao Bằng", "Điện Biên", "Hà Giang", "Lai Châu", "Lạng Sơn", "Lào Cai", "Sơn La", "Tuyên Quang", "Yên Bái")
INDEX = NameIndex([Name(name, name, (fold(name).replace(" ", ""),)) for name in PROVINCES])
ITEMS = (
    Item("NTM.NTM01", "NTM01", "Số xã đạt chuẩn nông thôn mới", "xã", 0),
    Item("NTM.NTM04", "NTM04", "Bình quân tiêu chí nông thôn mới/xã", "tiêu chí/xã", 1),
    Item("NTM.NTM06", "NTM06", "Kinh phí huy động xây dựng nông thôn mới", "triệu đồng", 0),
    Item("I.2", "I.2", "Thu ngân sách nhà nước trên địa bàn", "tỷ đồng", 1),
    Item("I.10", "I.10", "Số nhà tạm, nhà dột nát đã xóa", "nhà", 0),
)


KNOWN = frozenset(
    ("xep", "hang", "lao", "cai", "bao", "cao", "lang", "son", "dien", "bien", "tien", "do", "quy", "nam", "ntm")
)


def vietnamese(value: Decimal) -> str:
    """1234.5 as 1.234,5."""
    return f"{value:,f}".replace(",", "_").replace(".", ",").replace("_", ".")


# --- text ---


@given(ANYTHING)
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(ANYTHING)
def test_composed_and_decomposed_letters_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(ANYTHING)
def test_a_folded_text_has_no_marks_and_single_spaces(text: str) -> None:
    folded = fold(text)
    assert not any(unicodedata.category(char) in ("Mn", "Cf", "Cs") for char in folded)
    assert folded == " ".join(folded.split())
    assert "đ" not in folded


@given(ANYTHING)
def test_a_sort_key_can_be_stored_and_ignores_case(text: str) -> None:
    sort_key(text).encode()
    assert sort_key("Hoà " + text) == sort_key("hòa " + text)


@given(st.permutations(PROVINCES))
def test_the_provinces_sort_as_the_alphabet_has_them(names: list[str]) -> None:
    assert sorted(names, key=sort_key) == list(PROVINCES)


@pytest.mark.parametrize(
    "ordered",
    [
        ("ma", "mà", "mả", "mã", "má", "mạ"),
        ("a", "ă", "â", "b"),
        ("da", "đa", "e", "ê", "g"),
        ("o", "ô", "ơ", "p", "u", "ư", "v"),
        ("Lao", "Lao Cai", "Laos"),
    ],
)
def test_letters_come_before_tones(ordered: tuple[str, ...]) -> None:
    assert [sort_key(text) for text in ordered] == sorted({sort_key(text) for text in ordered})


@given(ANYTHING, st.integers(min_value=0, max_value=90))
def test_a_clipped_text_fits_and_is_a_beginning(text: str, limit: int) -> None:
    short = clip(text, limit)
    assert utf16_len(short) <= limit
    assert short == text or text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize("whole", ["e\u0302\u0301", "👨‍👩‍👧", "🇻🇳", "👍🏽"])
@pytest.mark.parametrize("limit", range(1, 14))
def test_no_cut_falls_inside_a_letter_or_a_sign(whole: str, limit: int) -> None:
    assert clip(whole * 8, limit).removesuffix("…") in {whole * count for count in range(9)}


@given(ANYTHING)
def test_a_text_of_known_words_is_never_mended(text: str) -> None:
    known = frozenset(word for word in fold(text).split() if word.isascii() and word.isalnum()) | {"xep", "hang"}
    assert fold(untelex(" ".join(sorted(known)), known)) == fold(" ".join(sorted(known)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("xeps hangj lao cai", "xep hang lao cai"),
        ("baos caos", "bao cao"),
        ("laangj sown", "lang son"),
        ("ddieenj bieen", "dien bien"),
        ("tieens ddooj", "tien do"),
        ("xe61p ha5ng", "xep hang"),
        ("d9ie6n bie6n", "dien bien"),
        ("quy3", "quy3"),
        ("nam2026", "nam2026"),
        ("ntm01 85", "ntm01 85"),
        ("lao cai", "lao cai"),
    ],
)
def test_keyboard_leftovers_are_undone(typed: str, meant: str) -> None:
    assert untelex(typed, KNOWN) == meant
    assert fold_telex(typed) == meant


@pytest.mark.parametrize("word", ["hang", "quang", "nguyen", "laocai", "langson", "85", "", "sfrxj"])
def test_what_is_no_leftover_has_no_candidates(word: str) -> None:
    assert telex_candidates(word) == ()


@given(ANYTHING)
def test_courtesy_never_eats_the_whole_text(text: str) -> None:
    folded = fold(text)
    kept = strip_courtesy(folded)
    assert kept in folded
    assert bool(kept) == bool(folded)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("đồng chí cho tôi hỏi xếp hạng ạ", "xep hang"),
        ("dạ thưa đồng chí cho em xem điểm nhé", "diem"),
        ("dạ 85 xã ạ", "85 xa"),
        ("đã nộp chưa", "da nop chua"),
        ("hội nghị tổng kết", "hoi nghi tong ket"),
        ("phiên họp", "phien hop"),
        ("trợ giúp", "tro giup"),
        ("85 nhà", "85 nha"),
        ("ạ", "a"),
    ],
)
def test_courtesy_goes_and_words_stay(said: str, meant: str) -> None:
    assert strip_courtesy(fold(said)) == meant


# --- figures ---


@given(ANYTHING, UNITS, st.integers(min_value=0, max_value=3))
def test_any_text_gives_an_answer_and_no_figure_is_too_precise(text: str, unit: str, decimals: int) -> None:
    parsed = parse_figure(text, unit, decimals)
    if isinstance(parsed, Figure):
        assert parsed.value.is_finite()
        assert parsed.value == round(parsed.value, decimals)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), UNITS.filter(lambda unit: unit not in ("đạt/không", "")))
def test_a_figure_in_vietnamese_writing_is_read_back_or_asked_about(value: Decimal, unit: str) -> None:
    parsed = parse_figure(vietnamese(value), unit, 2)
    assert value in (parsed.readings if isinstance(parsed, Ambiguous) else (parsed.value,) if isinstance(parsed, Figure) else ())


@given(st.integers(min_value=0, max_value=10**6))
def test_a_billion_is_a_thousand_millions(count: int) -> None:
    assert parse_figure(f"{count} tỷ", "triệu đồng", 0) == Figure(Decimal(count) * 1000)


@given(st.lists(st.tuples(st.sampled_from(ITEMS), st.integers(min_value=0, max_value=10**7)), min_size=1, max_size=8),
       st.sampled_from((", ", "; ", "\n", " ")), st.sampled_from((" ", ": ", "=", " - ")))
def test_a_coded_list_gives_every_figure_to_its_item(pairs: list[tuple[Item, int]], between: str, sign: str) -> None:
    text = between.join(f"{item.code.lower()}{sign}{figure}" for item, figure in pairs)
    block = parse_block(text, ITEMS)
    assert [(entry.item_id, int(entry.raw)) for entry in block.entries] == [(item.id, figure) for item, figure in pairs]
    assert not block.unknown
    assert looks_like_block(text, ITEMS)


@given(ANYTHING)
def test_any_text_may_be_looked_at_as_a_block(text: str) -> None:
    ids = {item.id for item in ITEMS}
    assert {entry.item_id for entry in parse_block(text, ITEMS).entries} <= ids
    looks_like_block(text, ITEMS)


# --- names, days ---


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "capitals": str.upper,
    "without diacritics": fold,
    "in one word": lambda name: fold(name).replace(" ", ""),
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "with its rank": lambda name: f"tỉnh  {name}.",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", PROVINCES)
def test_a_name_is_found_in_every_spelling(name: str, spelling: str) -> None:
    assert INDEX.find(SPELLINGS[spelling](name)) == One(name, "")


@given(ANYTHING)
def test_any_text_may_be_searched_for_names_and_days(text: str) -> None:
    found = INDEX.find_all(text)
    assert set(found.ids) <= set(PROVINCES)
    parse_day(text, TODAY)
    parse_time(text)
    parse_period(text, TODAY)
    year = parse_year(text, TODAY)
    assert year is None or 1900 <= year <= 2100


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)), st.sampled_from(("%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d")))
def test_a_written_day_is_that_day(day: date, form: str) -> None:
    found = parse_day(day.strftime(form), TODAY)
    assert isinstance(found, DayFound)
    assert found.day == day


@given(st.integers(min_value=1, max_value=12), st.integers(min_value=2000, max_value=2099))
def test_the_day_after_the_last_of_a_month_is_impossible(month: int, year: int) -> None:
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    assert isinstance(parse_day(f"{last + 1}/{month}/{year}", TODAY), Impossible)


# --- what must not be stored ---


@given(ANYTHING)
def test_screening_takes_any_text(text: str) -> None:
    code = find_code(text)
    assert code is None or (len(code) == 8 and not set(code) - set("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))
    personal_number(text)
    if "mat" not in fold(text).replace(" ", ""):
        assert secret_mark(text) is None
        assert secret_mark(text, file_name=True) is None


@given(st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=8, max_size=8).filter(lambda code: not code.isdigit()))
def test_every_joining_code_with_a_letter_is_found_behind_start(code: str) -> None:
    assert find_code(f"/start {code}") == code
