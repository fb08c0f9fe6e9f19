"""Charts that went wrong once, or could: each is drawn and looked at by what can be measured."""

from __future__ import annotations

from decimal import Decimal

from handlers.kit.chart import Bar, Chart
from handlers.kit.message import Number, m, verbatim


def points(value: str, unit: str = "") -> Number:
    return Number(Decimal(value), 2, unit)


def chart(*bars: Bar, title: str = "Xếp hạng năm 2026 (tạm tính)", notes: tuple[str, ...] = ()) -> Chart:
    return Chart(verbatim(title), verbatim("Số liệu cập nhật đến 16:30 20/11/2026"), bars, tuple(map(verbatim, notes)))


PROVINCES = (
    ("Sơn La", "881.22", 1), ("Điện Biên", "859.21", 0), ("Cao Bằng", "749.79", 2), ("Lạng Sơn", "607.14", -2), ("Lào Cai", "589.58", -1),
    ("Tuyên Quang", "467.00", 0), ("Lai Châu", "404.71", 0),
)  # fmt: skip
SEVEN = chart(
    *(Bar(str(rank), name, points(total), name == "Lạng Sơn", moved) for rank, (name, total, moved) in enumerate(PROVINCES, start=1)),
    notes=("Tính theo thẩm định 179, tự chấm 28 mục; còn 2 đơn vị chưa đủ số liệu.",),
)
LONG = "Ủy ban nhân dân xã Nghĩa Đô, huyện Bảo Yên cũ, tỉnh Lào Cai mới"
CHARTS = {
    "seven provinces": SEVEN,
    "all zero": chart(*(Bar("1", name, points("0")) for name, _, _ in PROVINCES)),
    "one unit": chart(Bar("1", "Sơn La", points("881.22"), own=True)),
    "below zero": chart(Bar("1", "A", points("10")), Bar("2", "B", points("-30"), moved=-1)),
    "only below zero": chart(Bar("1", "A", points("-10")), Bar("2", "B", points("-30"))),
    "nobody": chart(),
    "long names": chart(Bar("1", LONG, points("12345678.90", "triệu đồng"), own=True), Bar("2", "Ố" * 90, points("1"), moved=-3_320)),
    "signs": chart(Bar("1", "A & B <c> \"d\" 'e' ]]>", points("5")), title="Điểm & <hạng>"),
    "what no font has": chart(Bar("1", "Sơn\x0b La\ud83d 👍 ‮", points("5"))),
    "not ranked": chart(Bar("–", "Lai Châu", points("5"), note=m("result annulled")), Bar("–", "Sơn La", verbatim("chưa có số liệu"))),
    "far apart": chart(Bar("1", "A", points("9")), Bar("3321", "B", points("1"), own=True, apart=True)),
}
