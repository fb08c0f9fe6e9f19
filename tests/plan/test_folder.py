"""Plan folders as secretaries' programs write them, and everything that can be wrong with one: a sentence with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.language import Language
from bot.plan.check import check
from bot.plan.content import PlanFolder
from bot.plan.findings import lines

DATA = Path(__file__).parents[2] / "bot" / "demo" / "data"
VIETNAMESE = Language.load("vi")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the plan of 2026, to be spoilt."""
    return Path(shutil.copytree(DATA / "2026", tmp_path / "plan"))


def found(path: Path, *, warnings: bool = False) -> list[str]:
    """What `check` says, in Vietnamese; only errors unless asked for warnings."""
    _, findings = check(path)
    return [VIETNAMESE.text(each.shown) for each in findings if each.warning == warnings]


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first ``old`` in a file; returns the line it stood on."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize("year", ["2024", "2026"])
def test_the_sample_plans_are_sound(year: str) -> None:
    assert found(DATA / year) == []


def test_a_deadline_on_a_weekend_is_a_warning_with_both_dates(folder: Path) -> None:
    assert "calendar.yaml:27: cảnh báo: E12: Chủ nhật, 05/07/2026 không phải ngày làm việc; hạn chuyển sang thứ Hai, 06/07/2026" in found(
        folder, warnings=True
    )


def test_a_note_to_oneself_in_what_officers_read_is_pointed_out(folder: Path) -> None:
    line = spoil(folder, "calendar.yaml", "name: Quốc tế Lao động", 'name: "Quốc tế Lao động (own knowledge, unverified)"')
    place = spoil(folder, "calendar.yaml", 'place: "Cao Bằng"', 'place: "Cao Bằng (giả định)"')
    told = [each for each in found(folder, warnings=True) if "ghi chú" in each]
    assert {each.split(":")[1] for each in told} == {str(place), str(line)}
    assert any("(own knowledge, unverified)" in each for each in told)


def test_a_difference_to_the_holidays_library_is_a_warning(folder: Path) -> None:
    spoil(folder, "calendar.yaml", "  - {date: 2026-04-30, name: Ngày Chiến thắng}\n", "")
    assert any("30/04/2026 là ngày nghỉ theo thư viện holidays" in each for each in found(folder, warnings=True))
    assert found(folder) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("criteria.yaml", "{id: I.2, ", "{id: I.1, ", "trùng mã tiêu chí I.1"),
        ("criteria.yaml", "{id: B2, ", "{id: B1, ", "trùng mã mục B1"),
        ("criteria.yaml", "rule: ratio_leader}", "rule: ratio_best}", "rule: ratio_best không thuộc"),
        ("criteria.yaml", 'max: 50, unit: "%", rule: ratio_leader', 'max: -50, unit: "%", rule: ratio_leader', "-50 nhỏ hơn 0"),
        ("criteria.yaml", 'name: "Tốc độ tăng trưởng GRDP so với kế hoạch", ', "", "thiếu name"),
        ("criteria.yaml", "per_item: 10}", "per_item: mười}", "mười không phải là số"),
        ("criteria.yaml", "order: [total desc, group I desc", "order: [total desc, nhóm I", "nhóm I không phải thứ tự xếp hạng"),
        ("criteria.yaml", "late_reports: [cham_1_5", "late_reports: [cham_9", "cham_9"),
        ("criteria.yaml", "kind: postponed", "kind: delayed", "kind: delayed không thuộc"),
        ("criteria.yaml", "mode: half_up", "mode: half_even", "mode: half_even không thuộc"),
        ("criteria.yaml", "year: 2026", "year: hai nghìn", "không phải là năm"),
        ("criteria.yaml", "max: 500", "max: =SUM(A1)", "có công thức (=SUM(A1))"),
        ("criteria.yaml", "{min: 80, score: 24}", "{min: 80, score: 44}", "I.4: bậc 3 cho 44 điểm, chỉ được cho từ 0 đến 40"),
        ("criteria.yaml", "{min: 80, score: 24}", "{min: 80, score: -4}", "I.4, bậc 3: score: -4 nhỏ hơn 0"),
        ("criteria.yaml", "{min: 80, score: 24}", "{min: 92, score: 24}", "I.4: bậc 3 không bao giờ đạt tới vì bậc 2 đã bao gồm"),
        ("criteria.yaml", "{min: 80, score: 24}", "{score: 24}", "I.4: bậc 3 phải có một trong hai mục min hoặc max_rank"),
        ("criteria.yaml", "{min: 80, score: 24}", "{max_rank: 8, score: 24}", "I.4: không dùng lẫn bậc theo min với bậc theo max_rank"),
        ("criteria.yaml", "version: 1", "version: 2", "không rõ phiên bản 2"),
        ("calendar.yaml", "timezone: Asia/Ho_Chi_Minh", "timezone: Asia/Ho_Chi_Min", "có phải là Asia/Ho_Chi_Minh không?"),
        ("calendar.yaml", "timezone: Asia/Ho_Chi_Minh", "timezone: giờ Hà Nội", "giờ Hà Nội không phải múi giờ"),
        ("calendar.yaml", '"11:30-13:30"', '"11:30-11:30"', "11:30-11:30 kết thúc đúng lúc bắt đầu"),
        ("calendar.yaml", 'from: "07:30"', 'from: "7 giờ"', "7 giờ không phải là giờ"),
        ("calendar.yaml", "{date: 2026-04-30, name", "{date: 2026-04-30, to: 2026-05-01, name", "chỉ ghi date, hoặc chỉ ghi from và to"),
        ("calendar.yaml", "{date: 2024-03-05, title", "{date: 2024-13-05, title", "không có ngày 2024-13-05"),
        ("calendar.yaml", "\nforms:\n", "\nmẫu:\n", "có asks nhưng tệp không có forms"),
        ("calendar.yaml", "date: 2026-01-15", "date: 2026-02-31", "không có ngày 2026-02-31"),
        ("calendar.yaml", "date: 2026-01-15", "date: 15-01", "15-01 không phải là ngày"),
        ("calendar.yaml", "date: 2026-01-15", "date: 2029-01-15", "sai năm"),
        ("calendar.yaml", "of_year: 2025", "of_year: 2015", "2015 không phù hợp với lịch năm 2026"),
        ("calendar.yaml", "id: E02,", "id: E01,", "trùng mã sự kiện E01"),
        ("calendar.yaml", "who: [lead, deputy]", "who: [boss]", "who: boss không thuộc"),
        ("calendar.yaml", "kind: deadline", "kind: party", "kind: party không thuộc"),
        ("calendar.yaml", "period: year-final", "period: Q5", "period: Q5 không thuộc"),
        ("calendar.yaml", "form: BC-TUCHAM", "form: BC-LA", "biểu mẫu BC-LA không có trong danh mục"),
        ("calendar.yaml", 'time: "08:00"', 'time: "25:00"', "25:00 không phải là giờ"),
        ("calendar.yaml", "remind: [10, 3, 1, 0]", "remind: [10, ba]", "ba không phải số nguyên"),
        ("calendar.yaml", "DK-THIDUA: [targets, files]", "DK-THIDUA: [targets, songs]", "songs không thuộc"),
        ("calendar.yaml", 'done_by: "rsvp E05"', 'done_by: "rsvp E99"', "done_by phải là rsvp"),
        ("movements.yaml", "id: NGHEO\n", "id: NTM\n", "trùng mã phong trào NTM"),
        ("movements.yaml", "{code: NTM02,", "{code: NTM01,", "trùng mã chỉ tiêu NTM.NTM01"),
        ("movements.yaml", 'rule: "<= NTM01"', 'rule: "dưới NTM01"', "dưới NTM01 không phải ràng buộc hợp lệ"),
        ("movements.yaml", 'rule: "<= NTM01"', 'rule: "<= NTM99"', "ràng buộc nêu NTM99"),
        ("movements.yaml", "range: [0, 19]", "range: [19, 0]", "số nhỏ nhất lớn hơn số lớn nhất"),
        ("movements.yaml", "closed_on: 2025-08-26", "closed_on: 2023-08-26", "phong trào kết thúc trước khi phát động"),
        ("movements.yaml", "predecessor: NGHEO\n", "predecessor: NGHEO26\n", "phong trào NGHEO26 kế tiếp chính nó"),
        ("movements.yaml", "unit: xã, kind: stock", "unit: xã, kind: rock", "kind: rock không thuộc"),
        ("movements.yaml", "period: {from: 2021, to: 2025}", "period: {from: 2025, to: 2021}", "giai đoạn kết thúc trước khi bắt đầu"),
        ("memberships.csv", "2024,CAO_BANG,deputy", "2024,CAO_BANG,lead", "năm 2024 có hai Cụm trưởng: LAO_CAI (dòng"),
        ("memberships.csv", "2024,CAO_BANG,deputy", "2024,CAO_BANG,king", "role: king không thuộc"),
        ("memberships.csv", "2024,DIEN_BIEN,member", "2024,CAO_BANG,member", "trùng đơn vị CAO_BANG trong năm 2024"),
        ("memberships.csv", "2024,DIEN_BIEN,member", "2024,,member", "mã để trống"),
        ("memberships.csv", "2024,DIEN_BIEN,member", "2024,HA_NOI,member", "không có đơn vị HA_NOI"),
        ("memberships.csv", "2024,DIEN_BIEN,member", "2024,LAO_CAI_M,member", "Lào Cai (LAO_CAI_M) không tồn tại trong năm 2024"),
        ("memberships.csv", "2024,DIEN_BIEN,member", "24,DIEN_BIEN,member", "24 không phải là năm"),
        ("targets.csv", "2026,CAO_BANG,I.2,2950", "2025,CAO_BANG,I.2,2950", "chỉ tiêu năm 2025 trong thư mục kế hoạch năm 2026"),
        ("targets.csv", "2026,CAO_BANG,I.2,2950", "2026,CAO_BANG,I.1,2950", "trùng CAO_BANG I.1"),
        ("targets.csv", "2026,CAO_BANG,I.2,2950", "2026,CAO_BANG,I.99,2950", "I.99 không phải tiêu chí năm 2026"),
        ("targets.csv", "2026,CAO_BANG,I.2,2950", "2026,HA_GIANG,I.2,2950", "HA_GIANG không phải thành viên của Cụm năm 2026"),
        ("targets.csv", "2026,CAO_BANG,I.2,2950", "2026,CAO_BANG,I.2,nhiều", "nhiều không phải là số"),
        ("targets.csv", "2026,CAO_BANG,XHHT.HT12,84", "2026,CAO_BANG,XHHT.HT12,184", "184 ngoài khoảng từ 0 đến 100"),
        ("targets.csv", "2026,CAO_BANG,NTM26.NTM01,11", "2026,CAO_BANG,NTM26.NTM01,57", "57 ngoài khoảng từ … đến 56"),
        ("targets.csv", "2026,CAO_BANG,I.2,2950", "2026,CAO_BANG,I.2,2950,x", "có 5 ô, nhưng dòng tiêu đề có 4 cột"),
        ("targets.csv", "2026,CAO_BANG,I.2,2950", "2026,CAO_BANG,I.2", "dòng chỉ có 3 ô, thiếu: plan"),
        ("units.csv", "2025-06-30,TUYEN_QUANG,", "2025-06-30,HA_GIANG,", "đơn vị HA_GIANG kế tiếp chính nó"),
        ("units.csv", "04,1945-09-02", "04,1945-09-31", "không có ngày 1945-09-31"),
        ("units.csv", ",sourced,56,", ",sourced,nhiều,", "nhiều không phải số nguyên"),
        ("units.csv", "DIEN_BIEN,Điện Biên,", "DIEN_BIEN,,", "đơn vị DIEN_BIEN chưa có tên"),
        ("units.csv", "SON_LA,Sơn La,", "LANG_SON,Sơn La,", "trùng mã đơn vị LANG_SON"),
        ("units.csv", "2025-06-30,TUYEN_QUANG,", "2025-06-30,NOWHERE,", "không có đơn vị NOWHERE"),
    ],
)
def test_each_fault_is_said_at_its_line(folder: Path, name: str, old: str, new: str, said: str) -> None:
    needed = {"targets.csv": {"units.csv", "memberships.csv", "movements.yaml", "criteria.yaml"}}.get(name, {"units.csv"})
    for path in folder.iterdir():
        if path.name != name and path.name not in needed:
            path.unlink()
    line = spoil(folder, name, old, new)
    errors = found(folder)
    assert any(each.startswith(f"{name}:") and said in each for each in errors), errors
    if name != "memberships.csv" and not any(each in old for each in ("late_reports", "forms", "predecessor")):
        assert any(each.startswith(f"{name}:{line}: ") for each in errors), errors


def test_a_sum_that_is_not_1000_is_found_at_its_group_and_its_total(folder: Path) -> None:
    spoil(folder, "criteria.yaml", "max: 50, unit: tỷ đồng", "max: 51, unit: tỷ đồng")
    line = 1 + (folder / "criteria.yaml").read_text(encoding="utf-8").split("  - id: I\n")[0].count("\n")
    assert [each.split(" ")[0] for each in found(folder)] == [f"criteria.yaml:{line}:"]
    spoil(folder, "criteria.yaml", "max_total: 1000", "max_total: 900")
    assert len(found(folder)) == 2


def test_a_calendar_of_another_year_than_the_table_is_pointed_out(folder: Path) -> None:
    spoil(folder, "criteria.yaml", "year: 2026", "year: 2024")
    assert any("kiểm tra lại năm" in each and each.startswith("calendar.yaml:") for each in found(folder, warnings=True))


def test_a_table_of_a_year_without_members_is_of_the_wrong_year(folder: Path) -> None:
    line = spoil(folder, "criteria.yaml", "year: 2026", "year: 2062")
    assert f"criteria.yaml:{line}: sai năm: memberships.csv không có đơn vị thành viên của năm 2062" in found(folder)


@pytest.mark.parametrize("name", ["units.csv", "memberships.csv", "targets.csv"])
def test_a_missing_column_is_named(folder: Path, name: str) -> None:
    first = "unit_id,name_vi" if name == "units.csv" else "year,unit_id"
    line = spoil(folder, name, first, first.replace("unit_id", "unit"))
    assert f"{name}:{line}: thiếu cột unit_id" in found(folder)


@pytest.mark.parametrize("name", ["criteria.yaml", "units.csv"])
@pytest.mark.parametrize(("content", "said"), [(b"", "tệp trống"), (b"\x00\x01", "không phải tệp văn bản")])
def test_what_cannot_be_read_at_all_is_found_at_the_first_line(folder: Path, name: str, content: bytes, said: str) -> None:
    (folder / name).write_bytes(content)
    assert any(each.startswith(f"{name}:1: ") and said in each for each in found(folder))


def test_broken_yaml_is_found_at_its_line(folder: Path) -> None:
    line = spoil(folder, "calendar.yaml", "{id: E03,", "{id: E03, , :")
    assert any(each.startswith(f"calendar.yaml:{line}: sai cú pháp YAML") for each in found(folder))


def test_a_quote_that_never_closes_is_found_where_it_opens(folder: Path) -> None:
    line = spoil(folder, "units.csv", '"tỉnh Sơn La', '""tỉnh Sơn La')
    assert f"units.csv:{line}: dấu ngoặc kép mở mà không đóng" in found(folder)


def test_quotes_in_the_middle_of_cells_are_found_at_their_line(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text('unit_id,name_vi,note\nA,Một,x"y\nB,Hai,z"w\n', encoding="utf-8")
    assert found(tmp_path) == ["units.csv:2: dấu ngoặc kép không khớp"]


def test_aliases_that_would_unfold_without_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "criteria.yaml").write_text("a: &a [1, 2]\nb: &b [*a, *a]\nc: [*b, *b]\nyear: 2026\n", encoding="utf-8")
    assert any("không dùng tham chiếu YAML" in each for each in found(tmp_path))


def plan_of(path: Path) -> PlanFolder:
    plan, findings = check(path)
    assert [each for each in findings if not each.warning] == []
    return plan


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_and_line_ends_read_the_same(folder: Path, encoding: str, newline: str) -> None:
    before = plan_of(folder)
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_bytes(text.replace("\n", newline).encode(encoding))
    assert plan_of(folder) == before


def test_windows_1258_is_read_with_a_warning(tmp_path: Path) -> None:
    text = "unit_id,name_vi\nDB,Điê\u0323n Biên\n"    # Windows-1258 writes tone marks after the vowel
    (tmp_path / "units.csv").write_bytes(text.encode("cp1258"))
    plan, findings = check(tmp_path)
    assert plan.units is not None
    assert [unit.name for unit in plan.units.units] == ["Điện Biên"]
    assert [(each.line, each.warning) for each in findings] == [(2, True)]


def test_semicolons_and_decimal_commas(folder: Path) -> None:
    before = plan_of(folder)
    path = folder / "targets.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    path.write_text("\n".join(line.replace(",", ";").replace(".", ".") for line in lines).replace("I,", "I."), encoding="utf-8")
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(";".join([*row.split(";")[:3], row.split(";")[3].replace(".", ",")]) for row in text), encoding="utf-8")
    after = plan_of(folder)
    assert after.targets is not None
    assert before.targets is not None
    assert [(each.unit_id, each.item_id, each.plan) for each in after.targets] == [
        (each.unit_id, each.item_id, each.plan) for each in before.targets
    ]


def test_comments_and_quoted_line_ends_keep_the_line_numbers(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text(
        '# a comment\nunit_id,name_vi,note\n\nA,Một,"two\n# lines"\n# another\nA,Hai,\n', encoding="utf-8"
    )
    assert found(tmp_path) == ["units.csv:7: trùng mã đơn vị A (đã có ở dòng 4)"]


def test_other_files_are_ignored(folder: Path) -> None:
    (folder / "secret.xlsx").write_bytes(b"\x00\x01")
    (folder / "notes.csv").write_text('"', encoding="utf-8")
    assert found(folder) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("criteria.yaml", "rule: ratio}", "rule: ratio, floor: 0}", "floor chỉ có tác dụng với cách chấm deduction"),
        ("criteria.yaml", "rule: manual}", "rule: manual, direction: down}", "direction chỉ có tác dụng với cách chấm theo tỷ lệ"),
        ("criteria.yaml", "{min: 80, score: 24}", "{min: 80, score: 36}", "I.4, bậc 3: bậc dễ đạt hơn lại cho điểm cao hơn"),
        ("criteria.yaml", "per_item: 5, cap: 10}", "per_item: 5, cap: 1}", "B1: mức tối đa thấp hơn điểm của một lần"),
        ("calendar.yaml", 'to: "17:00"', 'to: "16:30"', "hạn không ghi giờ luôn kết thúc lúc 17:00"),
        ("calendar.yaml", "remind: [10, 3, 1, 0]", "remind: [10, 3, 3, 0]", "remind: trùng 3"),
        ("calendar.yaml", "BC-QUY: [movements]", "BC-QUY: []", "E09: biểu mẫu BC-QUY không yêu cầu nội dung nào"),
        ("criteria.yaml", "late_to: 5", "late_to: 8", "III.9: báo cáo chậm 6 ngày được tính cả vào cham_1_5 và cham_tren_5"),
        ("movements.yaml", "predecessor: NGHEO\n    period: {from: 2026", "period: {from: 2025", "NGHEO26.NGH01: trùng mã với NGHEO.NGH01"),
        ("targets.csv", "2026,CAO_BANG,I.14,", "2026,CAO_BANG,I.14,1", "160,80% lớn hơn mức cao nhất 100,00%"),
        ("targets.csv", "2026,CAO_BANG,I.2,2950", "2026,CAO_BANG,I.2,0", "I.2: kế hoạch bằng 0 hoặc âm"),
        ("units.csv", "DIEN_BIEN,Điện Biên,", "DIEN_BIEN,Cao Bằng,", "DIEN_BIEN trùng tên với CAO_BANG"),
    ],
)
def test_what_is_hardly_meant_is_a_warning(folder: Path, name: str, old: str, new: str, said: str) -> None:
    spoil(folder, name, old, new)
    assert found(folder) == []
    assert [each for each in found(folder, warnings=True) if said in each and each.startswith(f"{name}:")]


def test_a_calendar_without_holidays_says_so(folder: Path) -> None:
    text = (folder / "calendar.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition("holidays:")
    (folder / "calendar.yaml").write_text(before + "history:" + rest.partition("history:")[2], encoding="utf-8")
    assert any("lịch không có ngày nghỉ lễ" in each for each in found(folder, warnings=True))


def test_another_zone_than_the_bots_is_pointed_out(folder: Path) -> None:
    line = spoil(folder, "calendar.yaml", "timezone: Asia/Ho_Chi_Minh", "timezone: Asia/Bangkok")
    _, findings = check(folder, None, ZoneInfo("Asia/Ho_Chi_Minh"))
    assert [(each.line, each.warning) for each in findings if "timezone" in each.message.msgid] == [(line, True)]
    assert not [each for each in check(DATA / "2026", None, ZoneInfo("Asia/Ho_Chi_Minh"))[1] if "timezone" in each.message.msgid]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("units.csv", "unit_id,name_vi", "id,name_vi"),
        ("units.csv", "SON_LA,Sơn La,", "SON_LA,,"),
        ("units.csv", '"tỉnh Sơn La', '""tỉnh Sơn La'),
        ("memberships.csv", "2026,SON_LA,", "26,SON_LA,"),
        ("memberships.csv", "year,unit_id,role", "year,unit_id"),
        ("memberships.csv", "2026,SON_LA,lead", "2026,SON_LA,Lead"),
        ("memberships.csv", "2026,SON_LA,lead", "2026,SONLA,lead"),
        ("movements.yaml", "{code: NTM01,", "{code: NTM 01,"),
        ("movements.yaml", "version: 1", "version: [1"),
        ("criteria.yaml", "{id: I.2, ", "{id: I 2, "),
        ("criteria.yaml", "version: 1", "version: [1"),
        ("calendar.yaml", "{id: E05, of_year: 2025", "{id: E05, of_year: xx"),
        ("calendar.yaml", "year: 2026\n", "year: 2062\n"),
        ("calendar.yaml", "year: 2026\n", "year: 2026\nyear: 2025\n"),
        ("calendar.yaml", "BC-QUY: [movements]", "BC-QÚY: [movements]"),
        ("movements.yaml", "period: {from: 2021, to: 2025}", "period: 2021-2025"),
        ("movements.yaml", "period: {from: 2021, to: 2025}", "period:"),
        ("calendar.yaml", 'BC-QUY: "Báo cáo nhanh quý"', "BC-QUY:"),
    ],
)
def test_a_broken_file_gives_its_own_errors_and_none_that_follow_from_them(folder: Path, name: str, old: str, new: str) -> None:
    spoil(folder, name, old, new)
    errors = found(folder)
    assert 1 <= len(errors) <= 2, errors
    assert all(each.startswith(name) for each in errors), errors


@pytest.mark.parametrize(("name", "refused"), [("units.csv", True), ("memberships.csv", True), ("targets.csv", False)])
def test_a_file_of_a_header_alone_is_pointed_out(folder: Path, name: str, refused: bool) -> None:
    lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    header = next(index for index, line in enumerate(lines) if not line.startswith("#"))
    (folder / name).write_text("".join(lines[: header + 1]), encoding="utf-8")
    place = f"{name}:{header + 1}: " + ("" if refused else "cảnh báo: ")
    assert place + "tệp chỉ có dòng tiêu đề, không có dòng dữ liệu" in found(folder, warnings=not refused)


def test_a_file_larger_than_any_plan_is_refused_unread(folder: Path) -> None:
    with (folder / "units.csv").open("ab") as file:
        file.truncate(61_500_000)
    with (folder / "calendar.yaml").open("ab") as file:
        file.truncate(1_000_001)
    errors = found(folder)
    assert errors == ["units.csv: tệp 61,5 MB, quá lớn: tối đa 16 MB", "calendar.yaml: tệp 1,0 MB, quá lớn: tối đa 1 MB"]


def test_the_same_slip_in_thousands_of_rows_is_shown_a_hundred_times(folder: Path) -> None:
    path = folder / "targets.csv"
    path.write_text("year,unit_id,item_id,plan\n" + "".join(f"2026,CAO_BANG,I.2,x{row}\n" for row in range(500)), encoding="utf-8")
    shown = [VIETNAMESE.text(each) for each in lines([each for each in check(folder)[1] if not each.warning])]
    assert shown[0].startswith("targets.csv:2: ")
    assert (len(shown), shown[-1]) == (101, "  … và 400 mục khác")


def test_an_id_that_is_not_known_is_said_once_a_file(folder: Path) -> None:
    path = folder / "units.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("\nSON_LA,", "\nSONLA,"), encoding="utf-8")
    assert [each.partition(":")[0] + each.rpartition(":")[2] for each in found(folder)] == [
        "memberships.csv không có đơn vị SON_LA", "targets.csv không có đơn vị SON_LA",
    ]  # fmt: skip
