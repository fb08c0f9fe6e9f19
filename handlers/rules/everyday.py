"""Everyday Vietnamese, without diacritics: what is no typing error of a name and no initials."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ORDINARY = _set(
    "ai an anh ba bac ban bang bao bi biet bo cac cach can cao cau chi chia cho chu chua chung co con cua cung da dang dau day de den"
    " di diem dinh do don dong du dua dung duoc duong em gi gia giao gio giua hai han hang hay het hien ho hoa hoi hom hon hop ke ket"
    " kha khac khen khi khong kia kinh ky la lai lam lan len lich lien lon luc luon ma mai may minh moi mot muon nam nao nay ngay nghe"
    " nghi ngoai nguoi nha nhac nham nhan nhap nhat nhe nho nhom nhu nhung noi nop phai phan phong qua quan que quy ra rang rat roi sao"
    " sang sap sau se so son sua ta tai tan tang tham thang thanh the thi thoi thu thuc tien tinh to toi tong tra trang tren trong tu"
    " tuan tung va van vao vay ve vi viec voi vua vui xa xem xep xin xong yeu"
)
"""Syllables of everyday Vietnamese: a text that differs from a name by one of them is no typing error."""

ABBREVIATIONS = _set(
    "bb bc cc ct cv dc dk ds dv gd hc hd hs hn kh kt ld nd nn nq ns nv ok pt qd sn tb tc td tk tn tp tt tw tx vb vd vn vs"
)
"""Two letters that officers write for something else: báo cáo, kế hoạch, công văn…"""
