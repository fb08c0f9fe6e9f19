"""Units as officers write them."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.names import Found, Name, NameIndex, One, Several
from handlers.rules.text import fold

SAMPLE = Path(__file__).parents[2] / "bot" / "demo" / "data" / "2026" / "units.csv"


def province(unit_id: str, name: str, *aliases: str) -> Name:
    return Name(unit_id, name, (f"tỉnh {name}", f"UBND tỉnh {name}", *aliases))


CAO_BANG = province("CAO_BANG", "Cao Bằng", "cao bang", "caobang", "cb")
DIEN_BIEN = province("DIEN_BIEN", "Điện Biên", "dien bien", "dienbien", "đb", "db")
LAI_CHAU = province("LAI_CHAU", "Lai Châu", "lai chau", "laichau", "lch")
LANG_SON = province("LANG_SON", "Lạng Sơn", "lang son", "langson", "ls", "xứ Lạng")
SON_LA = province("SON_LA", "Sơn La", "son la", "sonla", "sl")
TUYEN_QUANG = province("TUYEN_QUANG", "Tuyên Quang", "tq", "Tuyên Quang (mới)", "Hà Giang mới")
LAO_CAI = province("LAO_CAI_M", "Lào Cai", "lao cai", "laocai", "lca", "Lào Cai (mới)", "Yên Bái mới")
OLD_LAO_CAI = province("LAO_CAI", "Lào Cai", "lao cai", "laocai", "lca", "Lào Cai (cũ)")
HA_GIANG = province("HA_GIANG", "Hà Giang", "ha giang", "hg")

CLUSTER = NameIndex([CAO_BANG, DIEN_BIEN, LAI_CHAU, LANG_SON, SON_LA, TUYEN_QUANG, LAO_CAI])
BOTH_LAO_CAI = NameIndex([OLD_LAO_CAI, LAO_CAI, SON_LA])

ONE = [
    ("Lào Cai", "LAO_CAI_M", ""),
    ("lao cai", "LAO_CAI_M", ""),
    ("laocai", "LAO_CAI_M", ""),
    ("LAOCAI", "LAO_CAI_M", ""),
    ("LCA", "LAO_CAI_M", ""),
    ("lch", "LAI_CHAU", ""),
    ("ls", "LANG_SON", ""),
    ("LS", "LANG_SON", ""),
    ("cb", "CAO_BANG", ""),
    ("TQ", "TUYEN_QUANG", ""),
    ("ĐB", "DIEN_BIEN", ""),
    ("sl", "SON_LA", ""),
    ("xứ Lạng", "LANG_SON", ""),
    ("Hà Giang mới", "TUYEN_QUANG", ""),
    ("Lào Cai (mới)", "LAO_CAI_M", ""),
    ("tỉnh Lào Cai", "LAO_CAI_M", ""),
    ("UBND tỉnh Cao Bằng", "CAO_BANG", ""),
    ("Ủy ban nhân dân tỉnh Sơn La", "SON_LA", ""),
    ("sở nội vụ tỉnh điện biên", "DIEN_BIEN", ""),
    ("xep hang lao cai", "LAO_CAI_M", "xep hang"),
    ("điểm của tỉnh Sơn La quý 3", "SON_LA", "điểm quý 3"),
    ("NTM quý 3 của Lạng Sơn", "LANG_SON", "NTM quý 3"),
    ("năm 2024, Cao Bằng", "CAO_BANG", "năm 2024"),
    ("Lạng Sơn đã nộp chưa?", "LANG_SON", "đã nộp chưa"),
    ("với lạng sơn", "LANG_SON", ""),
    ("diem i.2 dien bien", "DIEN_BIEN", "diem i.2"),
    ("cán bộ Lai Châu", "LAI_CHAU", "cán bộ"),
    ("cb lạng sơn", "LANG_SON", "cb"),
    # leftovers of telex
    ("lajng sown", "LANG_SON", ""),
    ("lafo cai", "LAO_CAI_M", ""),
    ("ddieejn bieen", "DIEN_BIEN", ""),
    # typing errors
    ("lang sonn", "LANG_SON", ""),
    ("lao cay", "LAO_CAI_M", ""),
    ("dien bein", "DIEN_BIEN", ""),
    ("cao bnag", "CAO_BANG", ""),
    ("cao bagn", "CAO_BANG", ""),
    ("tuyen qaung", "TUYEN_QUANG", ""),
    ("tuyenquag", "TUYEN_QUANG", ""),
    ("langsonn", "LANG_SON", ""),
    ("lai chauu", "LAI_CHAU", ""),
    ("lai hcau", "LAI_CHAU", ""),
    ("sonn la", "SON_LA", ""),
    ("xep hang lang sonn nam 2024", "LANG_SON", "xep hang nam 2024"),
    ("lạng sờn", "LANG_SON", ""),
    # diacritics
    ("Lạng Sợn", "LANG_SON", ""),
    ("Lang Sơn", "LANG_SON", ""),
    ("bao cao cao bang", "CAO_BANG", "bao cao"),
    ("báo cáo Cao Bằng", "CAO_BANG", "báo cáo"),
]


@pytest.mark.parametrize(("text", "unit_id", "rest"), ONE, ids=[text for text, _, _ in ONE])
def test_text_names_one_unit(text: str, unit_id: str, rest: str) -> None:
    assert CLUSTER.find(text) == One(unit_id, rest)


ORDINARY = [
    "", "   ", "🙂", "???", "2024", "85", "cao nhất", "sơn", "la gì", "là gì", "so sánh", "bằng nhau", "biên giới",
    "điện", "lạng", "diễn biến phức tạp", "báo cáo bằng văn bản", "bao cao bang van ban", "hơn là", "hon la", "còn là",
    "con la", "còn sơn là", "cao đẳng", "ai chưa nộp", "đồng bào", "lsx", "tls", "quan ls2",
    "hôm nay có việc gì không", "sàng lọc", "lao động", "cán bộ", "thôn bản", "tất cả các tỉnh", "xếp hạng nhóm I",
    "la", "co", "cả cụm", "tuyên truyền", "chất lượng cao", "kế hoạch", "lãi cao", "tuyen quan", "nop lai chua",
    "hello world",
]  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_name_nothing(text: str) -> None:
    assert CLUSTER.find(text) is None
    assert CLUSTER.find_all(text) == Found((), (), " ".join(text.split()).strip("?"))


@pytest.mark.parametrize("text", ["LC", "lc", "xếp hạng LC", "lc quý 3"])
def test_initials_of_two_units_are_asked_about(text: str) -> None:
    found = CLUSTER.find(text)
    assert isinstance(found, Several)
    assert set(found.ids) == {"LAI_CHAU", "LAO_CAI_M"}
    assert found.word.lower() == "lc"
    assert found.rest == text.lower().replace("lc", "").replace("xếp hạng", "xếp hạng").strip()


def test_initials_of_one_unit_name_it() -> None:
    index = NameIndex([Name("PT", "Phú Thọ"), Name("HB", "Hòa Bình"), Name("LA", "Long An")])
    assert index.find("HB quý 3") == One("HB", "quý 3")
    assert index.find("điểm hb") == One("HB", "điểm")
    assert index.find("điểm LA") == One("LA", "điểm")
    assert index.find("la gi") is None          # a word, unless it stands out as capitals
    assert index.find("LA GI") is None
    assert index.find("pt") is None             # what officers write for "phong trào"


def test_a_name_that_lies_between_two_is_asked_about() -> None:
    index = NameIndex([Name("TH", "Thanh Hải"), Name("TL", "Thanh Hà")])
    assert index.find("thanh ha") == One("TL", "")
    found = NameIndex([Name("A", "Tân Lập"), Name("B", "Tân Lạc")]).find("tan lak")
    assert found == Several(("A", "B"), "tan lak", "")


def test_two_units_of_one_name_are_asked_about_unless_an_alias_decides() -> None:
    assert BOTH_LAO_CAI.find("lao cai 2025") == Several(("LAO_CAI", "LAO_CAI_M"), "lao cai", "2025")
    assert BOTH_LAO_CAI.find("Lào Cai (cũ)") == One("LAO_CAI", "")
    assert BOTH_LAO_CAI.find("điểm lào cai mới") == One("LAO_CAI_M", "điểm")
    assert BOTH_LAO_CAI.find("lao cai cu") == One("LAO_CAI", "")


@pytest.mark.parametrize(
    ("text", "ids", "rest"),
    [
        ("so sánh lạng sơn với cao bằng và sơn la", ("LANG_SON", "CAO_BANG", "SON_LA"), "so sánh"),
        ("so sanh lang son voi cao bang", ("LANG_SON", "CAO_BANG"), "so sanh"),
        ("lang sonn voi cao bnag", ("LANG_SON", "CAO_BANG"), ""),
        ("ls, cb, sl", ("LANG_SON", "CAO_BANG", "SON_LA"), ""),
        ("ls cb năm 2024", ("LANG_SON", "CAO_BANG"), "năm 2024"),
        ("giữa tỉnh Lạng Sơn và tỉnh Cao Bằng nhóm II", ("LANG_SON", "CAO_BANG"), "nhóm II"),
        ("lạng sơn vs LÀO CAI vs laichau", ("LANG_SON", "LAO_CAI_M", "LAI_CHAU"), ""),
        ("lạng sơn, lang son, ls", ("LANG_SON",), ""),
        ("lạng sơn la", ("LANG_SON",), "la"),
        ("Lang Son with Cao Bang", ("LANG_SON", "CAO_BANG"), ""),
        ("nhóm III", (), "nhóm III"),
    ],
)
def test_a_comparison_names_all_in_order(text: str, ids: tuple[str, ...], rest: str) -> None:
    assert CLUSTER.find_all(text) == Found(ids, (), rest)


def test_a_comparison_keeps_what_is_doubtful() -> None:
    assert CLUSTER.find_all("so sánh LS với LC") == Found(("LANG_SON",), (Several(("LAI_CHAU", "LAO_CAI_M"), "LC", "so sánh"),), "so sánh")


def test_communes_of_one_name_and_their_kinds() -> None:
    index = NameIndex([
        Name("1", "xã Tân Lập"), Name("2", "phường Tân Lập"), Name("3", "xã Tân Lập Đông"), Name("4", "xã Sơn"),
    ])
    assert index.find("tân lập") == Several(("1", "2"), "tân lập", "")
    assert index.find("điểm phường tân lập") == One("2", "điểm")
    assert index.find("xa tan lap dong") == One("3", "")
    assert index.find("sơn") == One("4", "")
    assert index.find("núi sơn rất cao") is None
    assert index.find("xã Sơn quý 3") == One("4", "quý 3")


def test_thousands_of_communes_are_told_apart() -> None:
    first = ("Tân", "Phú", "Mường", "Chiềng", "Nậm", "Bản", "Thượng", "Hạ", "Vĩnh", "Yên", "Đông", "Tây", "Nam", "Bắc", "Trung")
    second = ("Lợi", "Hưng", "Khương", "Lát", "Cang", "Phìn", "Hồ", "Giang", "Thịnh", "Đức", "Quế", "Xuân", "Ngọc", "Thạch", "Kim")
    third = ("", " Một", " Hai", " Ba", " Bốn", " Năm", " Sáu", " Bảy", " Tám", " Chín", " Mười", " Thượng", " Hạ", " Trung", " Ngoài")
    names = [f"{a} {b}{c}" for a in first for b in second for c in third][:3321]
    index = NameIndex(Name(str(place), name) for place, name in enumerate(names))
    for place in range(0, 3321, 97):
        assert index.find(f"điểm xã {names[place]}") == One(str(place), "điểm xã")
    assert index.find("điểm xã Nam Cang") == One(str(names.index("Nam Cang")), "điểm xã")
    found = index.find("nam cang")
    assert isinstance(found, Several)
    assert set(found.ids) == {str(names.index("Nam Cang")), str(names.index("Nậm Cang"))}
    assert index.find("muong khuongg bay") == One(str(names.index("Mường Khương Bảy")), "")
    assert index.find("hôm nay có việc gì không") is None


def _sample_units() -> list[Name]:
    lines = [line for line in SAMPLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [Name(row["unit_id"], row["name_vi"], tuple(row["aliases"].split("|"))) for row in csv.DictReader(lines)]


def test_every_alias_of_the_sample_year_leads_to_its_unit() -> None:
    members = [name for name in _sample_units() if name.id not in ("HA_GIANG", "LAO_CAI", "TUYEN_QUANG_OLD", "YEN_BAI")]
    assert len(members) == 7
    index = NameIndex(members)
    for name in members:
        for alias in (name.name, *name.aliases):
            for text in (alias, alias.lower(), alias.upper(), fold(alias)):
                assert index.find(text) == One(name.id, ""), text
                assert index.find(f"điểm của {text} quý 3") == One(name.id, "điểm quý 3"), text


def test_old_and_new_units_of_the_sample_are_told_apart_where_the_text_does() -> None:
    index = NameIndex(_sample_units())
    assert index.find("Lào Cai (cũ)") == One("LAO_CAI", "")
    assert index.find("Lào Cai (mới)") == One("LAO_CAI_M", "")
    assert index.find("Tuyên Quang (cũ)") == One("TUYEN_QUANG_OLD", "")
    assert index.find("Yên Bái") == One("YEN_BAI", "")
    both = index.find("Tuyên Quang")
    assert isinstance(both, Several)
    assert set(both.ids) == {"TUYEN_QUANG", "TUYEN_QUANG_OLD"}


def test_an_empty_index_finds_nothing() -> None:
    assert NameIndex([]).find("Lào Cai") is None
    assert NameIndex([]).find_all("Lào Cai và Sơn La").ids == ()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_letters_are_alike(form: str) -> None:
    assert CLUSTER.find(unicodedata.normalize(form, "điểm của Điện Biên")) == One("DIEN_BIEN", "điểm")  # type: ignore[arg-type]


def test_a_long_text_is_searched_but_not_guessed_in() -> None:
    assert CLUSTER.find("kết quả " * 500 + "Lạng Sơn") == One("LANG_SON", ("kết quả " * 500).strip())
    assert CLUSTER.find("lang sonn " * 500) is None


@given(st.text(max_size=80))
def test_no_text_is_an_error(text: str) -> None:
    found = CLUSTER.find(text)
    every = CLUSTER.find_all(text)
    assert (found is None) == (not every.ids and not every.unsure)


@given(
    st.sampled_from(["điểm", "xếp hạng", "báo cáo quý 3", ""]),
    st.sampled_from([
        ("CAO_BANG", "Cao Bằng"), ("SON_LA", "Sơn La"), ("LANG_SON", "Lạng Sơn"), ("LAI_CHAU", "Lai Châu"),
        ("DIEN_BIEN", "Điện Biên"),
    ]),
    st.sampled_from([str.upper, str.lower, str.title]),
)
def test_case_and_place_do_not_matter(before: str, unit: tuple[str, str], case: object) -> None:
    written = case(unit[1])  # type: ignore[operator]
    assert CLUSTER.find(f"{before} {written}") == One(unit[0], before)
    assert CLUSTER.find(f"{written} {before}") == One(unit[0], before)
