"""A key or column that is misspelt, misplaced or made up is found at its line; a plan is never poorer than its file without a word."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.plan import calendar, criteria, memberships, movements, results, targets, units
from bot.plan.document import Node, Reader
from bot.plan.keys import Keys, nearest
from tests.plan.test_folder import DATA, folder, found, spoil

__all__ = ["folder"]


@pytest.mark.parametrize(
    ("name", "old", "new", "meant"),
    [
        ("calendar.yaml", "remind: [10, 3, 1, 0]", "remnid: [10, 3, 1, 0]", "remnid; có phải là remind"),
        ("calendar.yaml", "remind: [10, 3, 1, 0]", "reminders: [10, 3, 1, 0]", "reminders; có phải là remind"),
        ("calendar.yaml", "overdue: [1, 3]", "over_due: [1, 3]", "over_due; có phải là overdue"),
        ("calendar.yaml", "\nholidays:", "\nholiday:", "holiday; có phải là holidays"),
        ("calendar.yaml", "\nevents:", "\nevent:", "event; có phải là events"),
        ("calendar.yaml", "\nforms:", "\nform:", "form; có phải là forms"),
        ("calendar.yaml", "\nasks:", "\nask:", "ask; có phải là asks"),
        ("calendar.yaml", "quiet: [", "quite: [", "quite; có phải là quiet"),
        ("calendar.yaml", "working_hours: {", "hours: {", "hours; có phải là working_hours"),
        ("calendar.yaml", "timezone: ", "time_zone: ", "time_zone; có phải là timezone"),
        ("calendar.yaml", "who: [member]", "whom: [member]", "whom; có phải là who"),
        ("calendar.yaml", "title: ", "titel: ", "titel; có phải là title"),
        ("calendar.yaml", "of_year: 2025", "ofYear: 2025", "ofYear; có phải là of_year"),
        ("calendar.yaml", "period: year-final", "Period: year-final", "Period; có phải là period"),
        ("calendar.yaml", "done_by: ", "doneby: ", "doneby; có phải là done_by"),
        ("calendar.yaml", "basis: constructed}", "canceled: true}", "canceled; có phải là cancelled"),
        ("calendar.yaml", "{date: 2026-04-30, name: Ngày", "{dat: 2026-04-30, name: Ngày", "dat; có phải là date"),
        ("criteria.yaml", "order: [total", "ordre: [total", "ordre; có phải là order"),
        ("criteria.yaml", "late_reports: [", "late_report: [", "late_report; có phải là late_reports"),
        ("criteria.yaml", "direction: down", "directon: down", "directon; có phải là direction"),
        ("criteria.yaml", "{min: 95, score: 40}", "{mim: 95, score: 40}", "mim; có phải là min"),
        ("criteria.yaml", "per_item: 10}", "peritem: 10}", "peritem; có phải là per_item"),
        ("criteria.yaml", "{late_from: 1, ", "{late_form: 1, ", "late_form; có phải là late_from"),
        ("criteria.yaml", "\nbonus:\n", "\nbonuses:\n", "bonuses; có phải là bonus"),
        ("criteria.yaml", "\nexclusions:", "\nexclusion:", "exclusion; có phải là exclusions"),
        ("criteria.yaml", "rounding: {decimals:", "rounding: {decimal:", "decimal; có phải là decimals"),
        ("criteria.yaml", "max_total:", "maxtotal:", "maxtotal; có phải là max_total"),
        ("movements.yaml", "max_ref: communes", "maxref: communes", "maxref; có phải là max_ref"),
        ("movements.yaml", "range: [0, 19]", "ranges: [0, 19]", "ranges; có phải là range"),
        ("movements.yaml", "  narrative:\n", "  naratives:\n", "naratives; có phải là narrative"),
        ("movements.yaml", "aliases: [", "alias: [", "alias; có phải là aliases"),
        ("movements.yaml", "predecessor: NTM", "predecesor: NTM", "predecesor; có phải là predecessor"),
        ("movements.yaml", "closed_on: ", "closed: ", "closed; có phải là closed_on"),
        ("movements.yaml", "    indicators:\n", "    indicator:\n", "indicator; có phải là indicators"),
        ("calendar.yaml", "year: 2026\n", "year: 2026\nremind: [3]\n", "remind ở đây; khóa này chỉ đặt trong events"),
        ("calendar.yaml", "basis: constructed}", 'quiet: ["20:00-07:00"]}', "quiet ở đây; khóa này chỉ đặt trong working_hours"),
        ("calendar.yaml", "basis: constructed}", "holidays: []}", "holidays ở đây; khóa này chỉ đặt ở cấp ngoài cùng"),
        ("criteria.yaml", "year: 2026\n", "year: 2026\norder: [total]\n", "order ở đây; khóa này chỉ đặt trong ranking"),
        ("units.csv", "valid_from,valid_to,", "valid_from,valid_until,", "cột valid_until; có phải là valid_to"),
        ("units.csv", ",aliases,", ",alias,", "cột alias; có phải là aliases"),
        ("units.csv", ",communes_2025,", ",commune,", "cột commune; có phải là communes"),
        ("memberships.csv", "year,unit_id,role", "year,unit_id,roles", "cột roles; có phải là role"),
        ("targets.csv", "item_id,plan", "item_id,plans", "cột plans; có phải là plan"),
    ],
)
def test_a_slip_is_an_error_with_what_is_meant(folder: Path, name: str, old: str, new: str, meant: str) -> None:
    line = spoil(folder, name, old, new) + new[: new.index(new.strip())].count("\n")
    line += 1 if new.startswith("year: 2026\n") else 0
    assert f"{name}:{line}: không rõ {'' if '.csv' in name else 'khóa '}{meant}" in [
        each.removesuffix(" không?").removesuffix(" của tệp") for each in found(folder)
    ]


def test_what_is_misspelt_is_not_also_missed(folder: Path) -> None:
    spoil(folder, "calendar.yaml", "who: [member]", "whom: [member]")
    spoil(folder, "criteria.yaml", "max_total:", "maxtotal:")
    assert len(found(folder)) == 2


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("calendar.yaml", "basis: constructed}", "người_phụ_trách: Lan}", "không rõ khóa người_phụ_trách, khóa này không có tác dụng"),
        ("calendar.yaml", "basis: constructed}", 'title_en: "Final figures"}', "không rõ khóa title_en, khóa này không có tác dụng"),
        ("calendar.yaml", "name: Ngày Chiến thắng}", "name: Ngày Chiến thắng, source: own}", "không rõ khóa source, không được lưu"),
        ("units.csv", ",admin_seat,", ",khu_vực,", "không rõ cột khu_vực, cột này không có tác dụng; các cột đã biết: unit_id"),
        ("calendar.yaml", "next_lead: LAO_CAI", "nextlead: LAO_CAI", "không rõ khóa nextlead; có phải là next_lead không?"),
        ("calendar.yaml", "remind: [7, 2, 0]", "remind: ", "remind để trống"),
        ("calendar.yaml", "remind: [7, 2, 0], ", "", "E02: thiếu remind: không có nhắc hạn"),
    ],
)
def test_a_remark_of_their_own_is_a_warning_and_stays(folder: Path, name: str, old: str, new: str, said: str) -> None:
    line = spoil(folder, name, old, new)
    assert found(folder) == []
    assert any(each.startswith(f"{name}:{line}: cảnh báo: ") and said in each for each in found(folder, warnings=True))


@pytest.mark.parametrize("year", ["2024", "2025", "2026"])
def test_the_sample_plans_hold_no_strange_key(year: str, tmp_path: Path) -> None:
    path = Path(shutil.copytree(DATA / "2026", tmp_path / "plan"))
    shutil.copytree(DATA / year, path, dirs_exist_ok=True)
    assert not [each for each in found(path, warnings=True) if "không rõ" in each]


def test_every_key_that_is_declared_to_mean_something_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[int, str]] = set()
    original = Reader._node

    def noted(self: Reader, key: str) -> Node | None:
        asked.add((id(self.keys), key))
        return original(self, key)

    monkeypatch.setattr(Reader, "_node", noted)
    assert found(DATA / "2026") == []
    for schema in (calendar.KEYS, criteria.KEYS, movements.KEYS):
        for place, keys in schema.items():
            assert not [(place, key) for key in keys.read if (id(keys), key) not in asked]


@pytest.mark.parametrize(
    "columns", [units.COLUMNS, memberships.COLUMNS, targets.COLUMNS, results.VALUES, results.ADJUSTMENTS], ids=lambda keys: keys.read[-1]
)
def test_a_letter_too_many_or_too_few_is_recognised_in_every_column(columns: Keys) -> None:
    for column in columns.read:
        if len(column) > 3:
            assert nearest(column + "x", columns.known) == column
            assert nearest(column[:-1], columns.known) == column
        assert nearest("xyzzy", columns.known) is None
