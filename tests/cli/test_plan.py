"""thidua plan check, apply, export: what an operator sees."""

from __future__ import annotations

import filecmp
import shutil
import sqlite3
from pathlib import Path

from tests.cli.running import DATA, Run


def edited(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def count(database: Path, statement: str) -> int:
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute(statement).fetchone()[0])
    finally:
        connection.close()


def test_check_creates_no_database_and_says_that_the_plan_is_sound(thidua: Run) -> None:
    ran = thidua("plan", "check", str(DATA / "2024"))
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "Kế hoạch hợp lệ (đã đọc 5 tệp)\n"
    assert not Path("cluster.sqlite3").exists()


def test_applying_says_what_is_added_and_a_second_time_no_change(thidua: Run) -> None:
    first = thidua("plan", "apply", str(DATA / "2024"))
    assert first.status == 0
    assert "+ đơn vị LANG_SON Lạng Sơn" in first.out
    assert thidua("plan", "apply", str(DATA / "2024")).out == "không có thay đổi\n"


def test_an_exported_plan_changes_nothing_and_loses_nothing(thidua: Run, tmp_path: Path) -> None:
    for year in ("2024", "2026", "2025"):
        assert thidua("plan", "apply", str(DATA / year)).status == 0
    for year in ("2024", "2025", "2026"):
        assert thidua("plan", "export", str(tmp_path / year), "--year", year).status == 0
        assert thidua("plan", "apply", str(tmp_path / year), "--remove").out == "không có thay đổi\n"
    Path("cluster.sqlite3").rename("first.sqlite3")
    for rest in ("-wal", "-shm"):
        Path(f"cluster.sqlite3{rest}").unlink(missing_ok=True)
    for year in ("2024", "2026", "2025"):
        assert thidua("plan", "apply", str(tmp_path / year)).status == 0
    for year in ("2024", "2025", "2026"):
        again = tmp_path / f"again-{year}"
        thidua("plan", "export", str(again), "--year", year)
        names = [path.name for path in (tmp_path / year).iterdir()]
        assert filecmp.cmpfiles(tmp_path / year, again, names, shallow=False) == (names, [], [])


def test_every_fact_of_the_sample_survives_the_export(thidua: Run, tmp_path: Path) -> None:
    thidua("plan", "apply", str(DATA / "2026"))
    thidua("plan", "export", str(tmp_path / "out"))
    texts = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert "cluster_membership_status" in texts["units.csv"]
    assert "communes_2025" in texts["units.csv"]
    assert "Điện Biên Phủ" in texts["units.csv"]
    assert "next_phase" in texts["movements.yaml"]
    assert "one line per indicator" in texts["movements.yaml"]
    assert "Luật TĐKT 2022 Điều 93 khoản 2" in texts["criteria.yaml"]
    assert "provincial_council_threshold_flag" in texts["criteria.yaml"]
    assert "rank among 34 provinces and cities" in texts["criteria.yaml"]
    assert "vanban.chinhphu.vn docid=218100" in texts["calendar.yaml"]
    assert "baolaocai.vn post399093" in texts["calendar.yaml"]


def test_nothing_is_removed_without_being_asked(thidua: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "2026", tmp_path / "plan"))
    thidua("plan", "apply", str(folder))
    text = (folder / "calendar.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "calendar.yaml").write_text("".join(line for line in text if "id: E17," not in line), encoding="utf-8")
    kept = thidua("plan", "apply", str(folder))
    assert kept.status == 0
    assert "không có thay đổi" in kept.out
    assert "sự kiện E17 15/12/2026" in kept.out
    assert count(Path("cluster.sqlite3"), "SELECT COUNT(*) FROM duties WHERE event_id = 'E17'") == 7
    gone = thidua("plan", "apply", str(folder), "--remove")
    assert gone.status == 0
    assert "- sự kiện E17" in gone.out
    assert count(Path("cluster.sqlite3"), "SELECT COUNT(*) FROM duties WHERE event_id = 'E17'") == 0
    assert thidua("plan", "apply", str(folder), "--remove").out == "không có thay đổi\n"


def test_what_has_reports_stays_even_with_remove(thidua: Run, tmp_path: Path, sample: Path) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    thidua("plan", "export", str(tmp_path / "plan"), "--year", "2026")
    calendar = tmp_path / "plan" / "calendar.yaml"
    lines = calendar.read_text(encoding="utf-8").splitlines(keepends=True)
    calendar.write_text("".join(line for line in lines if 'id: "E12"' not in line), encoding="utf-8")
    ran = thidua("plan", "apply", str(tmp_path / "plan"), "--remove")
    assert ran.status == 0
    assert "giữ lại vì đã có báo cáo" in ran.out
    assert count(Path("cluster.sqlite3"), "SELECT COUNT(*) FROM duties WHERE event_id = 'E12'") == 7


def test_a_criterion_cannot_silently_stay_beside_a_table_that_adds_up_without_it(thidua: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "2024", tmp_path / "plan"))
    thidua("plan", "apply", str(folder))
    for name in ("targets.csv", "memberships.csv", "units.csv", "movements.yaml"):
        (folder / name).unlink()
    edited(folder, "criteria.yaml", "{id: III.11,", "{id: III.12,")
    refused = thidua("plan", "apply", str(folder))
    assert refused.status == 1
    assert "--remove" in refused.err
    assert thidua("plan", "apply", str(folder), "--remove").status == 0


def test_a_moved_deadline_moves_its_duties_and_is_remembered(thidua: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "2026", tmp_path / "plan"))
    thidua("plan", "apply", str(folder))
    edited(folder, "calendar.yaml", "date: 2026-12-15", "date: 2026-12-19")
    ran = thidua("plan", "apply", str(folder))
    assert "~ sự kiện E17 19/12/2026 (trước: 15/12/2026)" in ran.out
    monday = 1_797_847_200    # 21/12/2026 17:00 in Viet Nam; the 19th is a Saturday
    assert count(Path("cluster.sqlite3"), "SELECT MIN(effective) FROM duties WHERE event_id = 'E17'") == monday
    assert count(Path("cluster.sqlite3"), "SELECT MAX(effective) FROM duties WHERE event_id = 'E17'") == monday
    assert count(Path("cluster.sqlite3"), "SELECT COUNT(*) FROM audit WHERE action = 'event.move'") == 1


def test_half_a_broken_folder_changes_nothing(thidua: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "2026", tmp_path / "plan"))
    edited(folder, "targets.csv", "2026,CAO_BANG,I.2,2950", "2026,CAO_BANG,I.2,=1+1")
    ran = thidua("plan", "apply", str(folder))
    assert ran.status == 1
    assert "targets.csv:5: plan: có công thức (=1+1)" in ran.err
    assert count(Path("cluster.sqlite3"), "SELECT (SELECT COUNT(*) FROM units) + (SELECT COUNT(*) FROM events)") == 0


def test_a_path_that_does_not_exist_is_a_wrong_command_line(thidua: Run) -> None:
    assert thidua("plan", "check", "nowhere").status == 2
    assert thidua("plan", "apply", "nowhere").status == 2


def test_a_folder_without_plan_files_is_refused(thidua: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = thidua("plan", "check", str(tmp_path / "empty"))
    assert ran.status == 1
    assert "không có tệp kế hoạch nào" in ran.err


def test_there_is_nothing_to_export_from_an_empty_database(thidua: Run, tmp_path: Path) -> None:
    assert thidua("plan", "export", str(tmp_path / "out")).status == 1
    assert thidua("plan", "export", str(tmp_path / "out"), "--year", "1999").status == 1


def test_a_table_that_falls_short_after_a_removal_of_units_is_scored_anew(thidua: Run, tmp_path: Path) -> None:
    thidua("plan", "apply", str(DATA / "2024"))
    folder = tmp_path / "few"
    folder.mkdir()
    rows = (DATA / "2024" / "memberships.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "memberships.csv").write_text("".join(row for row in rows if row != "2024,SON_LA,member\n"), encoding="utf-8")
    ran = thidua("plan", "apply", str(folder), "--remove")
    assert "- 2024: SON_LA (member)" in ran.out
    assert "SON_LA" not in thidua("standings", "--year", "2024", "--csv").out


def test_an_export_never_takes_comments_away_unasked(thidua: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "2026", tmp_path / "plan"))
    thidua("plan", "apply", str(folder))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ran = thidua("plan", "export", str(folder))
    assert (ran.status, ran.out) == (1, "")
    for name in ("units.csv", "memberships.csv", "movements.yaml", "criteria.yaml", "calendar.yaml", "targets.csv"):
        assert f"{folder / name} có ghi chú, xuất kế hoạch vào đây sẽ làm mất ghi chú\n" in ran.err
    assert ran.err.endswith("Chưa ghi tệp nào. Đề nghị chọn thư mục khác, hoặc thêm --force.\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert thidua("plan", "export", str(folder), "--force").status == 0
    assert b"# " not in (folder / "calendar.yaml").read_bytes().splitlines()[0]
    assert thidua("plan", "export", str(folder)).status == 0
    edited(folder, "calendar.yaml", "year: 2026\n", "year: 2026    # đã thống nhất với Cụm phó\n")
    assert str(folder / "calendar.yaml") in thidua("plan", "export", str(folder)).err


def test_a_sign_within_a_text_is_no_comment(thidua: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "2026", tmp_path / "plan"))
    edited(folder, "calendar.yaml", 'title: "Báo cáo nhanh quý I"', 'title: "Báo cáo \\" # nhanh quý I"')
    edited(folder, "units.csv", ",sourced,56,Cao Bằng,", ',sourced,56,"Cao Bằng\n# 2",')
    assert thidua("plan", "apply", str(folder)).status == 0
    assert thidua("plan", "export", str(tmp_path / "out")).status == 0
    assert thidua("plan", "export", str(tmp_path / "out")).status == 0
