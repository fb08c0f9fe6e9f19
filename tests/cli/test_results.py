"""thidua results import, standings, export."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from tests.cli.running import DATA, Run

YEAR = DATA / "2024"
RESULTS, ADJUSTMENTS = YEAR / "results_2024_constructed.csv", YEAR / "adjustments_2024_constructed.csv"
HEADER = "unit_id,criterion_id,plan,actual,events\n"


def expected() -> str:
    lines = (YEAR / "expected_scores_2024_constructed.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("#"))


@pytest.fixture
def planned(thidua: Run) -> Run:
    assert thidua("plan", "apply", str(YEAR)).status == 0
    return thidua


def test_the_sample_year_gives_exactly_the_expected_ranking(planned: Run) -> None:
    assert planned("results", "import", str(RESULTS), str(ADJUSTMENTS), "--year", "2024").status == 0
    ran = planned("standings", "--year", "2024", "--csv")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == expected()


def test_semicolons_decimal_commas_bom_and_crlf_read_the_same(planned: Run, tmp_path: Path) -> None:
    for path in (RESULTS, ADJUSTMENTS):
        rows = [row for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) if not row[0].startswith("#")]
        text = "\r\n".join(";".join(cell.replace(".", ",") if cell[:1].isdigit() else cell for cell in row) for row in rows)
        (tmp_path / path.name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert planned("results", "import", str(tmp_path / RESULTS.name), str(tmp_path / ADJUSTMENTS.name), "--year", "2024").err == ""
    assert planned("standings", "--year", "2024", "--csv").out == expected()


def test_a_row_replaces_and_absent_rows_stay(planned: Run, tmp_path: Path) -> None:
    planned("results", "import", str(RESULTS), str(ADJUSTMENTS), "--year", "2024")
    (tmp_path / "late.csv").write_text(HEADER + "CAO_BANG,I.7,2000,2000,\n", encoding="utf-8")
    planned("results", "import", str(tmp_path / "late.csv"), "--year", "2024")
    out = planned("standings", "--year", "2024", "--csv").out
    assert "7,CAO_BANG" not in out
    assert ",838.05,0,\n" in out


def test_self_scores_count_until_there_is_a_verified_value(planned: Run, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(HEADER + "SON_LA,I.16,,đạt,\nSON_LA,II.9,,1,\n", encoding="utf-8")
    (tmp_path / "verified.csv").write_text(HEADER + "SON_LA,I.16,,0,\n", encoding="utf-8")

    def groups() -> list[str]:
        rows = csv.DictReader(planned("standings", "--year", "2024", "--csv").out.splitlines())
        return next([row["I"], row["II"]] for row in rows if row["unit_id"] == "SON_LA")

    assert planned("results", "import", str(tmp_path / "own.csv"), "--year", "2024", "--self").status == 0
    assert groups() == ["10.00", "15.00"]
    assert planned("results", "import", str(tmp_path / "verified.csv"), "--year", "2024").status == 0
    assert groups() == ["0.00", "15.00"]
    assert planned("results", "import", str(tmp_path / "own.csv"), "--year", "2024", "--self").status == 0
    assert groups() == ["0.00", "15.00"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("HA_NOI,I.2,1,1,\n", "không có đơn vị HA_NOI"),
        ("LAO_CAI_M,I.2,1,1,\n", "LAO_CAI_M không phải thành viên của Cụm năm 2024"),
        ("SON_LA,IV.1,1,1,\n", "tiêu chí IV.1 không có trong bảng tiêu chí năm 2024"),
        ("SON_LA,I.15,,31,\n", "31 điểm, chỉ được cho từ 0 đến 30"),
        ("SON_LA,I.15,,29.3,\n", "29,3 điểm không theo bước 0,25"),
        ("SON_LA,I.15,,-1,\n", "chỉ được cho từ 0 đến 30"),
        ("SON_LA,III.2,,-2,\n", "không phải số nguyên từ 0"),
        ("SON_LA,II.3,,0,\n", "không phải số nguyên từ 1"),
        ("SON_LA,I.16,,2,\n", "cần 1 (đạt) hoặc 0"),
        ("SON_LA,I.2,1,abc,\n", "abc không phải là số"),
        ("SON_LA,I.2,1,=A1,\n", "có công thức (=A1)"),
        ('SON_LA,I.2,1,"7,600",\n', "có thể hiểu hai cách"),
        ("SON_LA,II.7,,,vu_viec=-1\n", "-1 không phải số nguyên"),
        ("SON_LA,II.7,,,khac=1\n", "không có mã vụ việc khac"),
        ("SON_LA,I.2,1,1,vu_viec=1\n", "không tính theo vụ việc"),
        ("SON_LA,I.3,1,1,\nSON_LA,I.3,1,2,\n", "trùng SON_LA I.3"),
        ("SON_LA,II.7,,2,\n", "II.7: để trống cột actual; số vụ việc ghi ở cột events, như vu_viec=2"),
        ("SON_LA,II.7,,0,vu_viec=2\n", "II.7: để trống cột actual"),
        ("SON_LA,I.2\n", "dòng chỉ có 2 ô, thiếu: plan, actual, events"),
        ("SON_LA,I.2,1\n", "dòng chỉ có 3 ô, thiếu: actual, events"),
        ("SON_LA,II.7,,\n", "dòng chỉ có 4 ô, thiếu: events"),
        ("SON_LA,I.2,-5,x,\n", "x không phải là số"),
    ],
)
def test_a_bad_row_refuses_all_with_its_line(planned: Run, tmp_path: Path, rows: str, said: str) -> None:
    before = planned("standings", "--year", "2024", "--csv").out
    path = tmp_path / "bad.csv"
    path.write_text(HEADER + "SON_LA,I.1,8,8,\n" + rows, encoding="utf-8")
    ran = planned("results", "import", str(path), "--year", "2024")
    assert ran.status == 1
    assert said in ran.err
    assert ran.err.startswith(f"{path}:{2 + rows.count(chr(10))}: ")
    assert planned("standings", "--year", "2024", "--csv").out == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("unit_id,item_id,count\nSON_LA,B9,1\n", "mục B9 không có trong bảng tiêu chí"),
        ("unit_id,item_id,count\nSON_LA,B1,-1\n", "-1 không phải số nguyên"),
        ("unit_id,item_id,count,from,to\nSON_LA,X1,1,2024-05-01,2024-02-31\n", "không có ngày 2024-02-31"),
        ("unit,thing\nSON_LA,1\n", "cần các cột"),
        ("unit_id,criterion_id,plan,actual\nSON_LA,I.1,8,8\n", "thiếu cột events"),
        ("", "tệp trống"),
        ("unit_id,criterion_id,plan,actual,events\n", "tệp chỉ có dòng tiêu đề"),
        ("unit_id,item_id,count\n", "tệp chỉ có dòng tiêu đề"),
        ("unit_id,criterion_id,plan,actua,events\nSON_LA,I.1,8,8,\n", "không rõ cột actua; có phải là actual không?"),
        ("unit_id,criteron_id,plan,actual,events\nSON_LA,I.1,8,8,\n", "không rõ cột criteron_id; có phải là criterion_id không?"),
        ("unit_id,item_id,count,from,to,reasons\nSON_LA,B1,1,,,\n", "không rõ cột reasons; có phải là reason không?"),
        ("unit_id,item_id,count,from,to\nSON_LA,X1,1,2024-05-01\n", "dòng chỉ có 4 ô, thiếu: to"),
    ],
)
def test_adjustments_and_headers_are_checked(planned: Run, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    ran = planned("results", "import", str(path), "--year", "2024")
    assert ran.status == 1
    assert said in ran.err


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("SON_LA,I.2,0,4000,", "I.2: kế hoạch bằng 0 hoặc âm thì không tính được điểm"),
        ("SON_LA,I.2,-5,4000,", "I.2: kế hoạch: -5,00 tỷ đồng là số âm"),
        ("SON_LA,I.2,5000,-5,", "I.2: -5,00 tỷ đồng là số âm"),
        ("SON_LA,I.14,120,50,", "I.14: kế hoạch: 120,00% lớn hơn mức cao nhất 100,00%"),
        ("SON_LA,I.4,,120,", "I.4: 120,00% lớn hơn mức cao nhất 100,00%"),
        ("SON_LA,I.4,,-5,", "I.4: -5,00% là số âm"),
        ("SON_LA,I.2,5000,500000,", "Gấp 100 lần kế hoạch năm"),
        ("SON_LA,II.3,,64,", "II.3: hạng 64 ngoài bậc cuối (đến hạng 63): không có điểm"),
    ],
)
def test_a_doubtful_row_is_taken_with_a_warning_at_its_line(planned: Run, tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "odd.csv").write_text(HEADER + "SON_LA,I.1,8,8,\n" + row + "\n", encoding="utf-8")
    ran = planned("results", "import", str(tmp_path / "odd.csv"), "--year", "2024")
    assert ran.status == 0
    assert f"{tmp_path / 'odd.csv'}:3: cảnh báo: " in ran.err
    assert said in ran.err
    assert "odd.csv:2:" not in ran.err


def test_an_exclusion_counts_once(planned: Run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("unit_id,item_id,count\nSON_LA,X2,3\nSON_LA,B1,3\n", encoding="utf-8")
    ran = planned("results", "import", str(tmp_path / "x.csv"), "--year", "2024")
    assert ran.err == f"{tmp_path / 'x.csv'}:2: cảnh báo: X2: mục loại trừ chỉ có hoặc không (1 hoặc 0); 3 được hiểu là 1\n"


def test_a_figure_that_an_empty_cell_takes_away_is_named(planned: Run, tmp_path: Path) -> None:
    planned("results", "import", str(RESULTS), "--year", "2024")
    (tmp_path / "empty.csv").write_text(HEADER + "CAO_BANG,I.2,5000,,\nCAO_BANG,I.7,2000,,\n", encoding="utf-8")
    ran = planned("results", "import", str(tmp_path / "empty.csv"), "--year", "2024")
    assert (ran.status, ran.err) == (0, f"{tmp_path / 'empty.csv'}:2: cảnh báo: I.2: số liệu đang có (4.750) sẽ bị xóa\n")


def test_the_sample_results_raise_no_doubt(planned: Run) -> None:
    assert planned("results", "import", str(RESULTS), str(ADJUSTMENTS), "--year", "2024").err == ""
    planned("plan", "apply", str(DATA / "2026"))
    files = [str(DATA / "2026" / name) for name in ("results_2026_partial.csv", "adjustments_2026.csv")]
    assert planned("results", "import", *files, "--year", "2026").err == ""


def test_a_year_without_a_table_is_refused(planned: Run) -> None:
    assert "chưa có bảng tiêu chí năm 2023" in planned("results", "import", str(RESULTS), "--year", "2023").err
    ran = planned("standings", "--year", "2023", "--csv")
    assert (ran.status, ran.out) == (1, "")


def test_an_excluded_unit_keeps_its_row_without_a_rank(planned: Run, tmp_path: Path) -> None:
    planned("results", "import", str(RESULTS), str(ADJUSTMENTS), "--year", "2024")
    (tmp_path / "x.csv").write_text("unit_id,item_id,count,from,to,reason\nLANG_SON,X1,1,2024-12-01,,đang xác minh\n", encoding="utf-8")
    assert planned("results", "import", str(tmp_path / "x.csv"), "--year", "2024").status == 0
    rows = list(csv.DictReader(planned("standings", "--year", "2024", "--csv").out.splitlines()))
    assert [row["rank"] for row in rows if row["unit_id"] == "LANG_SON"] == [""]
    assert len(rows) == 7


def test_publishing_says_so_and_is_remembered(planned: Run, tmp_path: Path) -> None:
    planned("results", "import", str(RESULTS), str(ADJUSTMENTS), "--year", "2024")
    ran = planned("standings", "--year", "2024", "--publish")
    assert ran.out.startswith("Xếp hạng năm 2024 (tạm tính)\n1. Lạng Sơn: 938,85\n")
    assert "Cao Bằng: 818,05 (1 tiêu chí chưa có số liệu)" in ran.out
    planned("export", str(tmp_path / "all"))
    rows = list(csv.DictReader((tmp_path / "all" / "snapshots.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["unit_id"], row["rank"], row["total"]) for row in rows][:1] == [("LANG_SON", "1", "938.85")]


def snapshots(planned: Run, folder: Path) -> int:
    planned("export", str(folder))
    rows = csv.DictReader((folder / "snapshots.csv").read_text(encoding="utf-8").splitlines())
    return len({row["published_at"] for row in rows}) if rows else 0


def test_a_year_without_results_is_not_published(planned: Run, tmp_path: Path) -> None:
    """Every unit would share the first rank with the points that nobody has lost yet."""
    ran = planned("standings", "--year", "2024", "--publish")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "năm 2024 chưa có kết quả nào được báo cáo hoặc nhập vào: chưa có xếp hạng để công bố\n"
    assert snapshots(planned, tmp_path / "all") == 0
    assert planned("standings", "--year", "2024").status == 0


def test_a_ranking_that_has_not_changed_is_published_once(planned: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000
    monkeypatch.setattr("bot.clock.SystemClock.now", lambda self: now)
    planned("results", "import", str(RESULTS), str(ADJUSTMENTS), "--year", "2024")
    assert "Đã công bố bảng xếp hạng." in planned("standings", "--year", "2024", "--publish").out
    now += 3_600
    again = planned("standings", "--year", "2024", "--publish")
    assert (again.status, again.err) == (0, "")
    assert again.out.endswith("Bảng xếp hạng không thay đổi kể từ lần công bố lúc 15:00 15/01/2027: không công bố lại.\n")
    machine = planned("standings", "--year", "2024", "--publish", "--csv")
    assert machine.out == expected()
    assert "không công bố lại" in machine.err
    assert snapshots(planned, tmp_path / "one") == 1
    (tmp_path / "late.csv").write_text(HEADER + "CAO_BANG,I.7,2000,2000,\n", encoding="utf-8")
    planned("results", "import", str(tmp_path / "late.csv"), "--year", "2024")
    assert "Đã công bố bảng xếp hạng." in planned("standings", "--year", "2024", "--publish").out
    assert snapshots(planned, tmp_path / "two") == 2


def test_the_export_has_tested_headers_and_holds_every_revision(thidua: Run, sample: Path, tmp_path: Path) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    assert thidua("export", str(tmp_path / "all")).status == 0
    headers = {path.stem: path.read_text(encoding="utf-8").partition("\n")[0] for path in (tmp_path / "all").iterdir()}
    assert headers["reports"].startswith("unit_id,year,form,period,item_id,revision,value,person,filed_at,reason")
    assert headers["memberships"] == "year,unit_id,role"
    assert headers["targets"] == "year,unit_id,item_id,plan"
    assert headers["values"] == "year,unit_id,criterion_id,basis,plan,actual,events,changed_at"
    assert headers["adjustments"] == "year,unit_id,item_id,basis,count,from,to,reason"
    assert headers["people"] == "person,name,title,language,consent_at,reminders,created_at,erased_at"
    assert headers["audit"] == "at,person,action,subject,unit_id,year,before,after,reason"
    assert headers["duties"].startswith("duty_id,event_id,unit_id,year,form,period,due_at,effective_at,opens_at,status")
    assert not {"accounts", "invitations", "inbox", "outbox", "settings"} & headers.keys()
    reports = list(csv.DictReader((tmp_path / "all" / "reports.csv").read_text(encoding="utf-8").splitlines()))
    corrected = [row for row in reports if (row["unit_id"], row["period"], row["item_id"]) == ("LANG_SON", "M9", "DN26.DN01")]
    assert [row["revision"] for row in corrected] == ["1", "2"]
    assert corrected[1]["reason"]
    assert corrected[0]["filed_at"].endswith("+07:00")


def test_a_year_is_closed_once_nothing_is_awaited_and_is_official_once_nothing_is_missing(planned: Run, tmp_path: Path) -> None:
    assert planned("results", "import", str(RESULTS), str(ADJUSTMENTS), "--year", "2024").status == 0
    closed = planned("standings", "--year", "2024", "--close", "--publish")
    assert (closed.status, "Đã khóa sổ năm 2024." in closed.out, "(tạm tính)" in closed.out) == (0, True, True), "a value is missing"
    rows = csv.DictReader(io.StringIO(planned("standings", "--year", "2024", "--csv").out))
    missing = [f"{row['unit_id']},{criterion},100,100,\n" for row in rows for criterion in row["missing"].split("|") if criterion]
    assert missing
    (tmp_path / "rest.csv").write_text(HEADER + "".join(missing), encoding="utf-8")
    assert planned("results", "import", str(tmp_path / "rest.csv"), "--year", "2024").status == 0
    again = planned("standings", "--year", "2024", "--close", "--publish")
    assert (again.status, "(chính thức)" in again.out) == (0, True), "a year that is closed may be closed again; nothing comes of it"


def test_a_year_whose_reports_are_awaited_is_not_closed(thidua: Run) -> None:
    assert thidua("plan", "apply", str(DATA / "2026")).status == 0
    ran = thidua("standings", "--year", "2026", "--close")
    assert (ran.status, "Chưa khóa sổ năm 2026" in ran.err) == (1, True)
    assert "\n2026,\n" in _years(thidua)


def _years(thidua: Run) -> str:
    assert thidua("export", "out").status == 0
    return Path("out/years.csv").read_text(encoding="utf-8-sig").replace("\r\n", "\n")
