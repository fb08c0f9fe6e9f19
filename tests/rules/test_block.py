"""Many figures in one message."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.block import Block, Entry, Item, Unsure, looks_like_block, parse_block

ITEMS = (
    Item("NTM26.NTM01", "NTM01", "Số xã đạt chuẩn nông thôn mới", "xã", 0),
    Item("NTM26.NTM02", "NTM02", "Số xã đạt chuẩn nông thôn mới nâng cao", "xã", 0),
    Item("NTM26.NTM05", "NTM05", "Số sản phẩm OCOP từ 3 sao trở lên", "sản phẩm", 0),
    Item("NGHEO26.NGH01", "NGH01", "Tỷ lệ hộ nghèo đa chiều", "%", 2),
    Item("NGHEO26.NGH03", "NGH03", "Số hộ thoát nghèo", "hộ", 0),
    Item("NGHEO26.NGH04", "NGH04", "Tỷ lệ hộ nghèo đồng bào dân tộc thiểu số", "%", 2),
    Item("HATANG.HT02", "HT02", "Số công trình, dự án trọng điểm hoàn thành đúng tiến độ", "công trình", 0),
    Item("I.2", "I.2", "Thu ngân sách nhà nước trên địa bàn so với dự toán", "tỷ đồng", 2),
    Item("I.2:plan", "I.2", "Kế hoạch thu ngân sách nhà nước", "tỷ đồng", 2),
    Item("I.10", "I.10", "Số căn nhà ở xã hội hoàn thành so với kế hoạch", "căn", 0),
    Item("I.16", "I.16", "Hoàn thành chỉ tiêu tuyển chọn, gọi công dân nhập ngũ", "đạt/không", 0),
    Item("II.3", "II.3", "Xếp hạng chỉ số cải cách hành chính (PAR INDEX)", "hạng", 0),
    Item("II.7:vu_viec", "II.7", "vụ việc bị kết luận vi phạm", "vụ việc", 0),
    Item("III.5", "III.5", "Tỷ lệ khen thưởng tập thể nhỏ, người lao động trực tiếp, hộ gia đình", "%", 2),
    Item("III.9:cham_1_5", "III.9", "báo cáo chậm 1-5 ngày", "báo cáo", 0),
    Item("III.9:cham_tren_5", "III.9", "báo cáo chậm trên 5 ngày", "báo cáo", 0),
)


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("ntm01 85, ntm02 12", [("NTM26.NTM01", "85"), ("NTM26.NTM02", "12")]),
        ("ntm01: 85; ntm02=12", [("NTM26.NTM01", "85"), ("NTM26.NTM02", "12")]),
        ("ntm01 85,ntm02 12,ntm05 3", [("NTM26.NTM01", "85"), ("NTM26.NTM02", "12"), ("NTM26.NTM05", "3")]),
        ("ntm01 85\nntm02 12", [("NTM26.NTM01", "85"), ("NTM26.NTM02", "12")]),
        ("ntm 01 85 ntm 02 12", [("NTM26.NTM01", "85"), ("NTM26.NTM02", "12")]),
        ("ntm1 85 và ntm2 12.", [("NTM26.NTM01", "85"), ("NTM26.NTM02", "12")]),
        ("NTM01 - 85", [("NTM26.NTM01", "85")]),
        ("NTM01 -> 85", [("NTM26.NTM01", "85")]),
        ("ntm01-85", [("NTM26.NTM01", "85")]),
        ("ntm01 -3", [("NTM26.NTM01", "-3")]),
        ("ＮＴＭ０１　８５", [("NTM26.NTM01", "85")]),
        ("NTM26.NTM01 85", [("NTM26.NTM01", "85")]),
        ("ntm01 1.234,5, ntm02 12", [("NTM26.NTM01", "1.234,5"), ("NTM26.NTM02", "12")]),
        ("ntm02 12 xã", [("NTM26.NTM02", "12 xã")]),
        ("ntm01 chưa có, ntm02 như kỳ trước", [("NTM26.NTM01", "chưa có"), ("NTM26.NTM02", "như kỳ trước")]),
        ("ntm01 85, ntm01 86", [("NTM26.NTM01", "85"), ("NTM26.NTM01", "86")]),
        ("I.2 4750", [("I.2", "4750")]),
        ("i2 4750", [("I.2", "4750")]),
        ("i 2 4.750,5 tỷ", [("I.2", "4.750,5 tỷ")]),
        ("I.2:plan 5000", [("I.2:plan", "5000")]),
        ("I.2 kế hoạch 5000", [("I.2:plan", "5000")]),
        ("I.2 KH: 5000, i2 4750", [("I.2:plan", "5000"), ("I.2", "4750")]),
        ("1/ ntm01: 85", [("NTM26.NTM01", "85")]),
        ("① ntm01: 85", [("NTM26.NTM01", "85")]),
        ("ntm01 ③", [("NTM26.NTM01", "(3)")]),
        ("ntm01 5²", [("NTM26.NTM01", "5(2)")]),
        ("II.3: 12", [("II.3", "12")]),
        ("I.10 2.200", [("I.10", "2.200")]),
        ("iii 5 30", [("III.5", "30")]),
        ("i.16 đạt", [("I.16", "đạt")]),
        ("ii.7 1", [("II.7:vu_viec", "1")]),
        ("II.7:vu_viec 1", [("II.7:vu_viec", "1")]),
        ("III.9 báo cáo chậm trên 5 ngày: 2", [("III.9:cham_tren_5", "2")]),
        ("Số xã đạt chuẩn NTM: 85", [("NTM26.NTM01", "85")]),
        ("Số xã đạt chuẩn NTM nâng cao: 12", [("NTM26.NTM02", "12")]),
        ("so xa dat chuan ntm nang cao 12", [("NTM26.NTM02", "12")]),
        ("- Số hộ thoát nghèo: 1.234 hộ", [("NGHEO26.NGH03", "1.234 hộ")]),
        ("Số hộ thoát nghèo chưa có", [("NGHEO26.NGH03", "chưa có")]),
        ("1. Số xã đạt chuẩn nông thôn mới: 85\n2) Số hộ thoát nghèo 12", [("NTM26.NTM01", "85"), ("NGHEO26.NGH03", "12")]),
        ("Số hộ thoát nghèo: 12; tỷ lệ hộ nghèo đa chiều 12,4%", [("NGHEO26.NGH03", "12"), ("NGHEO26.NGH01", "12,4%")]),
        ("tỷ lệ hộ nghèo đồng bào DTTS: 20,5", [("NGHEO26.NGH04", "20,5")]),
        ("Thu NSNN trên địa bàn: 4750", [("I.2", "4750")]),
        ("số sản phẩm OCOP từ 3 sao trở lên 178", [("NTM26.NTM05", "178")]),
        ("Số công trình, dự án trọng điểm hoàn thành đúng tiến độ: 4", [("HATANG.HT02", "4")]),
        (
            "Số công trình, dự án trọng điểm hoàn thành đúng tiến độ: 4, số hộ thoát nghèo: 12",
            [("HATANG.HT02", "4"), ("NGHEO26.NGH03", "12")],
        ),
        ("HT02 Số công trình, dự án trọng điểm hoàn thành đúng tiến độ: 4", [("HATANG.HT02", "4")]),
        ("NTM01 Số xã đạt chuẩn NTM: 85", [("NTM26.NTM01", "85")]),
        ("NTM01 (số xã đạt chuẩn NTM) 85", [("NTM26.NTM01", "85")]),
        ("1\tNTM01\tSố xã đạt chuẩn NTM\txã\t85", [("NTM26.NTM01", "85")]),
        ("| NTM01 | 85 |\n| NTM02 | 12 |", [("NTM26.NTM01", "85"), ("NTM26.NTM02", "12")]),
        ("ntm01 85, số hộ thoát nghèo 12", [("NTM26.NTM01", "85"), ("NGHEO26.NGH03", "12")]),
    ],
)
def test_entries(text: str, entries: list[tuple[str, str]]) -> None:
    for written in (text, unicodedata.normalize("NFD", text)):
        block = parse_block(written, ITEMS)
        assert [(entry.item_id, entry.raw) for entry in block.entries] == entries
        assert block.unknown == ()
        assert block.unsure == ()
        assert looks_like_block(written, ITEMS)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("85", ("85",)),
        ("ntm99 3", ("ntm99 3",)),
        ("NTM01", ("NTM01",)),
        ("xin chào", ("xin chào",)),
        ("quý I 2026", ("quý I 2026",)),
        ("", ()),
        ("\n \n---\n", ()),
    ],
)
def test_not_understood(text: str, unknown: tuple[str, ...]) -> None:
    assert parse_block(text, ITEMS) == Block((), unknown, ())


def test_what_is_not_understood_stands_beside_what_is() -> None:
    block = parse_block("Kính gửi bot, số liệu quý 3: ntm01 85\nvài dòng khác\nntm02", ITEMS)
    assert block.entries == (Entry("NTM26.NTM01", "85"),)
    assert block.unknown == ("Kính gửi bot, số liệu quý 3", "vài dòng khác", "ntm02")


@pytest.mark.parametrize(
    ("text", "item_ids", "raw"),
    [
        ("tỷ lệ hộ nghèo: 12", ("NGHEO26.NGH01", "NGHEO26.NGH04"), "12"),
        ("số xã NTM: 12", ("NTM26.NTM01", "NTM26.NTM02"), "12"),
        ("III.9 2", ("III.9:cham_1_5", "III.9:cham_tren_5"), "2"),
    ],
)
def test_unsure(text: str, item_ids: tuple[str, ...], raw: str) -> None:
    assert parse_block(text, ITEMS) == Block((), (), (Unsure(text, item_ids, raw),))


def test_a_greeting_before_a_name_is_no_part_of_it() -> None:
    block = parse_block("Kính gửi bot, số hộ thoát nghèo: 12, ntm05 3", ITEMS)
    assert block.entries == (Entry("NGHEO26.NGH03", "12"), Entry("NTM26.NTM05", "3"))
    assert block.unknown == ("Kính gửi bot",)


def test_two_items_of_one_code_and_name_are_asked() -> None:
    twins = (Item("A.X01", "X01", "Số nhà", "nhà", 0), Item("B.X01", "X01", "Số nhà", "nhà", 0))
    assert parse_block("x01 5", twins).unsure == (Unsure("x01 5", ("A.X01", "B.X01"), "5"),)
    assert parse_block("số nhà: 5", twins).unsure == (Unsure("số nhà: 5", ("A.X01", "B.X01"), "5"),)
    assert parse_block("B.X01 5", twins).entries == (Entry("B.X01", "5"),)


def test_aliases_are_names_too() -> None:
    items = (Item("A.Z01", "Z01", "Một tên rất dài", "xã", 0, ("xã sạch",)),)
    assert parse_block("xã sạch 7", items).entries == (Entry("A.Z01", "7"),)


@pytest.mark.parametrize(
    "text", ["85", "1.234", "xin chào", "NTM01", "ntm01 là gì", "xep hang quy 3", "diem lao cai 2026", "hạn 15/12", "12 13", "", "ntm99 3"]
)
def test_no_block(text: str) -> None:
    assert not looks_like_block(text, ITEMS)


def test_a_value_that_is_none_is_kept_for_the_answer_but_makes_no_block() -> None:
    assert parse_block("ntm01 abc", ITEMS).entries == (Entry("NTM26.NTM01", "abc"),)
    assert not looks_like_block("ntm01 abc", ITEMS)


VALUES = st.sampled_from(["85", "1.234", "1.234,5", "-3", "12 xã", "chưa có", "85%"])


@given(st.lists(st.tuples(st.sampled_from([item for item in ITEMS if item.code[:3] in ("NTM", "NGH")]), VALUES), min_size=1, max_size=8),
       st.sampled_from([", ", "; ", "\n", " ; "]), st.sampled_from([" ", ": ", " = ", " : "]))
def test_every_list_of_codes_is_read_whole(pairs: list[tuple[Item, str]], between: str, tie: str) -> None:
    text = between.join(f"{item.code}{tie}{value}" for item, value in pairs)
    assert parse_block(text, ITEMS) == Block(tuple(Entry(item.id, value) for item, value in pairs), (), ())


@given(st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    block = parse_block(text, ITEMS)
    known = {item.id for item in ITEMS}
    assert {entry.item_id for entry in block.entries} <= known
    assert all(1 <= len(unsure.item_ids) <= 3 and set(unsure.item_ids) <= known for unsure in block.unsure)
