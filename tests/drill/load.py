"""The load: officers who report, correct, ask and confirm. A plan follows from a seed, with the answer that each message must get."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

from tests.drill.cluster import Seat

CODES = ("HT11", "HT12", "DM01", "DM02")
"""Indicators in per cent, with no check against one another."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the officer says, taps, or sends as a file of that name, and the pieces of text that its one answer must hold."""

    said: str
    expects: tuple[str, ...]
    how: Literal["say", "tap", "file"] = "say"

    def answered_by(self, text: str) -> bool:
        return all(piece in text for piece in self.expects)


@dataclass(slots=True)
class Filed:
    """How the unit's report must stand in the end."""

    form: str
    period: str
    values: dict[str, str]
    revisions: int = 1
    file: str = ""


@dataclass(slots=True)
class Officer:
    """One officer's plan. ``patient``: waits for each answer before the next message, and taps; else everything is sent at once."""

    seat: Seat
    patient: bool
    steps: list[Step] = field(default_factory=list)
    filed: list[Filed] = field(default_factory=list)


def officers(seats: tuple[Seat, ...], seed: int, stories: int, *, patient: float = 0.5) -> list[Officer]:
    """Plans for the seats: ``stories`` for each, the first of which is always a report."""
    return [_officer(seat, random.Random(f"{seed}/{seat.chat}"), stories, patient) for seat in seats]


REPORTS = (
    ("báo cáo quý 3", "Báo cáo nhanh quý III (9 tháng)", "BC-QUY", "M9"),
    ("báo cáo 6 tháng", "Báo cáo sơ kết 6 tháng đầu năm", "BC-6THANG", "H1"),
    ("báo cáo quý 1", "Báo cáo nhanh quý I", "BC-QUY", "Q1"),
)
WITH_FILES = ("BC-6THANG",)


def content(file: str) -> bytes:
    """What stands in a file that an officer sends."""
    return f"%PDF-1.7 {file} ".encode() * 50


def _officer(seat: Seat, rng: random.Random, stories: int, patient: float) -> Officer:
    officer = Officer(seat, rng.random() < patient)
    last = _report
    for number in range(stories):
        if number == 0 or (len(officer.filed) < len(REPORTS) and rng.random() < 0.4):
            last = _report
        else:       # never the same twice: two equal answers in a row could not be told from a double
            last = rng.choice([each for each in (_correct, _ask_score, _ask_dates, _ask_ranking) if each is not last])
        last(officer, rng)
    return officer


def _percent(rng: random.Random) -> str:
    return f"{rng.randrange(1_000, 9_900) / 100:.2f}".rstrip("0").rstrip(".").replace(".", ",")


def _stored(percent: str) -> str:
    return percent.replace(",", ".")


def _report(officer: Officer, rng: random.Random) -> None:
    said, title, form, period = REPORTS[len(officer.filed)]
    how: Literal["say", "tap"] = "tap" if officer.patient else "say"
    codes = rng.sample(CODES, 2)
    values = {code: _percent(rng) for code in codes}
    figures = ", ".join(f"{code.lower()} {value}" for code, value in values.items())
    file = f"báo cáo {officer.seat.unit} {period}.pdf" if form in WITH_FILES and officer.seat.channel == "telegram" else ""
    officer.steps += [
        Step(f"{said}: {figures}", (title, "Đã nhận 2 số liệu.")),
        *([Step(file, ("Đã lưu làm minh chứng", file), "file")] if file else []),
        Step("Xem lại", (f"Xem lại: {title}", "Đã có 2/", *(f": {value}%" for value in values.values())), how),
        Step("Xác nhận", ("Đã ghi nhận", title, f"Đơn vị: {officer.seat.unit}", "Số liệu: 2/", *(["Tệp: 1"] if file else [])), how),
    ]
    officer.filed.append(Filed(form, period, {code: _stored(value) for code, value in values.items()}, file=file))


def _correct(officer: Officer, rng: random.Random) -> None:
    filed = officer.filed[-1]
    said, title, _, _ = REPORTS[len(officer.filed) - 1]
    code = rng.choice(sorted(filed.values))
    old, new = filed.values[code].replace(".", ","), _percent(rng)
    if old == new:
        return
    reason = f"nhập nhầm lần {filed.revisions}"
    how: Literal["say", "tap"] = "tap" if officer.patient else "say"
    officer.steps += [
        Step(f"sửa {said}", (title, "Cần sửa mục nào?")),
        Step(f"{code.lower()} {new}", (code, f"{old}% → {new}%", "nêu lý do")),
        Step(reason, (f"{old}% → {new}%", f"Lý do: {reason}")),
        Step("Xác nhận", ("Đã ghi nhận", f"{new}%", officer.seat.unit), how),
    ]
    filed.values[code] = _stored(new)
    filed.revisions += 1


def _ask_score(officer: Officer, rng: random.Random) -> None:
    officer.steps.append(Step("/diem", (f"Điểm năm 2026 của {officer.seat.unit}",)))


def _ask_ranking(officer: Officer, rng: random.Random) -> None:
    officer.steps.append(Step("xếp hạng", ("Xếp hạng năm 2026 (tạm tính", f"{officer.seat.unit}: hạng")))


def _ask_dates(officer: Officer, rng: random.Random) -> None:
    officer.steps.append(Step("hạn", ("Đang chờ nộp",)))
