"""Small Vietnamese words that stand around a phrase and mean nothing for it, and those that make another word of it."""

from __future__ import annotations

from collections.abc import Mapping

LEADING = frozenset((
    "của", "cua", "về", "ve", "thì", "xem", "ở", "o", "trong", "các", "cac", "với", "voi", "và", "va", "cho", "như",
    "nhu", "theo", "là", "có", "co", "tôi", "toi", "em", "muốn", "muon", "đang", "dang", "được", "duoc", "đã", "những",
    "nhung", "mình",
))  # fmt: skip
"""Connecting words and pronouns that say nothing at the beginning of what is left over, as typed."""

TRAILING_WORDS = frozenset((
    "rồi", "roi", "mấy", "may", "gì", "gi", "nhỉ", "nhi", "vậy", "vay", "đấy", "đây", "day", "chưa", "chua", "không", "khong", "thì",
    "thi", "với", "voi", "và", "va", "của", "cua", "đi", "di", "nữa", "nua", "có", "co", "thế", "the", "nào", "nao", "được", "duoc", "bot",
))  # fmt: skip
"""The same for one word at the end of it, as typed."""

TRAILING = (
    ("nhu", "the", "nao"), ("la", "bao", "nhieu"), ("la", "the", "nao"), ("la", "khi", "nao"), ("la", "ngay", "nao"), ("don", "vi", "toi"),
    ("don", "vi", "em"), ("don", "vi", "minh"), ("bao", "nhieu"), ("the", "nao"), ("ngay", "nao"), ("hom", "nao"), ("thang", "nao"),
    ("luc", "nao"), ("khi", "nao"), ("bao", "gio"), ("ra", "sao"), ("thi", "sao"), ("la", "ai"), ("la", "gi"), ("la", "may"), ("o", "dau"),
    ("hien", "nay"), ("bay", "gio"), ("duoc", "khong"), ("cua", "toi"), ("cua", "em"), ("cua", "minh"), ("tinh", "toi"), ("tinh", "em"),
    ("tinh", "minh"), ("chung", "toi"), ("chung", "em"),
)  # fmt: skip
"""And for several, folded, the longer first: question words, and "of mine", which a handler assumes anyway."""

PREAMBLES = frozenset((
    ("cho", "biet"), ("cho", "hoi"), ("cho", "xem"), ("xin", "hoi"), ("de", "nghi"), ("giup", "toi"), ("giup", "em"), ("giup", "anh"),
    ("giup", "chi"), ("giup", "minh"), ("cho", "toi"), ("cho", "em"), ("cho", "minh"),
))  # fmt: skip
"""Where the question begins: what stands before these, and before the phrase, is an address ("Kính gửi …, đề nghị cho biết …")."""

SMALL_WORDS = frozenset((
    "cua", "tinh", "nam", "quy", "thang", "la", "bao", "nhieu", "va", "voi", "cho", "o", "thi", "nao", "the", "may", "nhom", "tieu", "chi",
    "don", "vi", "cum", "xa", "ky", "cac", "trong", "bi", "khi", "duoc",
))  # fmt: skip
"""Words that do not make a short question long."""

BETWEEN = frozenset(("vs", "versus"))
"""Phrases of one word that stand between two names."""

OTHER_WORDS: Mapping[str, frozenset[str]] = {
    "lich": frozenset(("su", "thiep", "lam")),
    "han": frozenset(("che", "han", "muc", "quoc", "hep", "ngach")),
    "diem": frozenset(("danh", "tin", "nong", "hen", "cao", "mau", "nghen", "xuyet", "bao", "dan")),
    "sua": frozenset(("chua", "sang", "tuoi", "bot", "soan")),
    "viec": frozenset(("lam", "nay", "do", "kia")),
    "huy": frozenset(("chuong", "dong", "hoai", "diet", "hieu")),
    "nguoi": frozenset(("dan", "ngheo", "lao", "ta", "viet", "cao")),
    "hop": frozenset(("tac", "dong", "le", "ly", "nhat", "phap")),
    "hang": frozenset(("muc", "hoa", "ngay", "thang", "nam", "tuan", "hai")),
    "bo": frozenset(("qua", "noi", "tai", "chinh", "truong")),
}
"""A phrase of one word is another word before these: lịch sử, hạn chế, điểm danh, việc làm, người nghèo."""

OTHER_WORDS_BEFORE: Mapping[str, frozenset[str]] = {
    "lich": frozenset(("am", "duong", "du")),
    "han": frozenset(("gioi", "vo", "hoa", "bo")),
    "diem": frozenset(("thoi", "quan", "uu", "nhuoc", "dac", "dia", "trong", "tam", "cao", "ta")),
    "viec": frozenset(("su", "cong")),
    "nguoi": frozenset(("moi", "con", "nhieu", "may", "bao", "nhung", "so", "mot", "hai")),
    "hop": frozenset(("phu", "tong", "ket", "tich", "truong", "lien", "thich", "cho", "hon")),
    "hang": frozenset(("ngan", "khach", "cua", "mat", "don", "ban", "giao", "nha")),
    "nop": frozenset(("khong", "nan")),
}
"""And behind these: dương lịch, giới hạn, thời điểm, mọi người, tổng hợp, ngân hàng."""

NEGATIONS: Mapping[str, frozenset[str]] = {
    "co": frozenset(("khong", "chang", "chua")),
    "hop": frozenset(("tong", "ket", "phu", "tich", "lien", "thich")),
}
"""A phrase that begins so means nothing behind these: "không có gì" is no question, "tổng hợp gì" no meeting."""
