"""`thidua backup` and `thidua restore` as an operator meets them."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from bot import lock
from storage.database_file import lock_path
from tests.cli.running import Run
from tests.storage.released_schemas import build

LIVE = Path("cluster.sqlite3")


@pytest.fixture
def live(thidua: Run, sample: Path) -> Path:
    shutil.copy(sample, LIVE)
    return LIVE


def places(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT COUNT(*) FROM invitations").fetchone()[0])
    finally:
        connection.close()


def test_there_and_back(thidua: Run, live: Path) -> None:
    assert thidua("invite", "-", "secretary").status == 0
    made = thidua("backup", "copies/")
    assert (made.status, made.err) == (0, "")
    (copy,) = Path("copies").glob("cluster-*.sqlite3")
    assert f"Đã sao lưu: {copy}" in made.out
    assert thidua("invite", "-", "verifier").status == 0
    back = thidua("restore", "copies")
    assert (back.status, back.err) == (0, "")
    assert "các năm: 2023, 2024, 2025, 2026; đơn vị: 11; cán bộ: 14; báo cáo: 28" in back.out
    assert "Đã phục hồi" in back.out
    assert places(live) == 1
    (aside,) = Path().glob("cluster.sqlite3.before-restore-*")
    assert str(aside) in back.out
    assert places(aside) == 2
    assert thidua("standings", "--year", "2026").out == thidua("standings", "--year", "2026").out != ""


def test_what_came_after_the_backup_is_named_before_it_is_put_aside(thidua: Run, live: Path) -> None:
    thidua("backup", "copy.sqlite3")
    connection = sqlite3.connect(live)
    for unit in ("LANG_SON", "CAO_BANG"):
        connection.execute("UPDATE revisions SET filed_at = 4102444800 WHERE report_id LIKE ?", (f"demo-{unit}-%",))
    connection.execute("UPDATE people SET created_at = 4102444800 WHERE id = 'thuky'")
    filed = connection.execute("SELECT COUNT(*) FROM revisions WHERE filed_at = 4102444800").fetchone()[0]
    connection.commit()
    connection.close()
    for words in (("restore", "copy.sqlite3", "--check"), ("restore", "copy.sqlite3")):
        ran = thidua(*words)
        assert ran.status == 0
        assert f"Không có trong bản sao lưu: {filed} lần nộp hoặc đính chính báo cáo sau đó (Cao Bằng, Lạng Sơn)" in ran.out
        assert "Không có trong bản sao lưu: 1 cán bộ tham gia sau đó" in ran.out


def test_into_one_file_which_a_second_backup_replaces(thidua: Run, live: Path) -> None:
    assert thidua("backup", "copy.sqlite3").status == 0
    thidua("invite", "-", "secretary")
    assert thidua("backup", "copy.sqlite3").status == 0
    assert places(Path("copy.sqlite3")) == 1
    assert {path.name for path in Path().iterdir()} == {"cluster.sqlite3", "copy.sqlite3", "copy.sqlite3.json"}


def test_checking_changes_nothing_and_needs_no_lock(thidua: Run, live: Path) -> None:
    thidua("backup", "copy.sqlite3")
    before = live.read_bytes()
    with lock.hold(live):
        ran = thidua("restore", "copy.sqlite3", "--check")
    assert ran.status == 0
    assert "Bản sao lưu đầy đủ" in ran.out
    assert live.read_bytes() == before
    assert not list(Path().glob("*before*"))


def test_a_running_bot_is_named_and_nothing_is_restored(thidua: Run, live: Path) -> None:
    thidua("backup", "copy.sqlite3")
    before = live.read_bytes()
    with lock.hold(live):
        holder = lock_path(live).read_text(encoding="utf-8").split(" ")[0]
        ran = thidua("restore", "copy.sqlite3")
    assert (ran.status, ran.out) == (1, "")
    assert holder in ran.err
    assert live.read_bytes() == before


@pytest.mark.parametrize("path", ["cluster.sqlite3", "notes.txt", "link.sqlite3"])
def test_what_is_no_backup_is_not_overwritten(thidua: Run, live: Path, path: str) -> None:
    Path("notes.txt").write_text("ours", encoding="utf-8")
    Path("link.sqlite3").symlink_to(live)
    before = Path(path).read_bytes()
    ran = thidua("backup", path)
    assert (ran.status, ran.out) == (1, "")
    assert path in ran.err
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("backup", "nowhere/copy.sqlite3"), 2, "không tồn tại"),
        (("backup", "copies/", "--keep", "7"), 2, "--keep"),
        (("backup", "copies/", "--keep", "0,0,0"), 2, "--keep"),
        (("backup", "copies/", "--keep", "7,4,-1"), 2, "--keep"),
        (("backup",), 2, "PATH"),
        (("restore", "nothing.sqlite3"), 1, "nothing.sqlite3"),
        (("restore", "empty"), 1, "không có bản sao lưu"),
        (("restore", "notes.txt"), 1, "không phải bản sao lưu"),
    ],
)
def test_what_makes_no_sense_is_refused(thidua: Run, live: Path, words: tuple[str, ...], status: int, said: str) -> None:
    Path("empty").mkdir()
    Path("notes.txt").write_text("not a database at all " * 100, encoding="utf-8")
    ran = thidua(*words)
    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err


def test_without_a_database_there_is_nothing_to_back_up(thidua: Run) -> None:
    ran = thidua("backup", "copy.sqlite3")
    assert ran.status == 1
    assert "không có gì để sao lưu" in ran.err
    assert list(Path().iterdir()) == []


def test_a_damaged_backup_is_refused_and_the_database_stands(thidua: Run, live: Path) -> None:
    thidua("backup", "copy.sqlite3")
    copy = Path("copy.sqlite3")
    copy.write_bytes(copy.read_bytes()[:200_000])
    before = live.read_bytes()
    for words in (("restore", "copy.sqlite3"), ("restore", "copy.sqlite3", "--force")):
        ran = thidua(*words)
        assert ran.status == 1
        assert "đã hỏng" in ran.err
    assert live.read_bytes() == before


def test_missing_evidence_is_told_and_restored_only_when_forced(thidua: Run, live: Path) -> None:
    connection = sqlite3.connect(live)
    connection.execute("INSERT INTO files VALUES (?, 'application/pdf', 4, 0)", ("ab" * 32,))
    connection.commit()
    connection.close()
    made = thidua("backup", "copy.sqlite3")
    assert made.status == 0
    assert "1 tệp minh chứng bị thiếu hoặc hỏng: abababababab" in made.err
    refused = thidua("restore", "copy.sqlite3")
    assert refused.status == 1
    assert "--force" in refused.err
    assert thidua("restore", "copy.sqlite3", "--force").status == 0


def test_a_damaged_database_is_told_and_mended_by_a_restore(thidua: Run, live: Path) -> None:
    thidua("backup", "copies/")
    content = live.read_bytes()
    harmed = content[:100] + b"\xff" * 8_000 + content[8_100:]
    live.write_bytes(harmed)
    ran = thidua("standings", "--year", "2026")
    assert ran.status == 1
    assert "thidua restore" in ran.err
    assert live.read_bytes() == harmed
    refused = thidua("backup", "copies/")
    assert refused.status == 1
    assert len(list(Path("copies").glob("*.sqlite3"))) == 1
    assert thidua("restore", "copies/").status == 0
    assert thidua("standings", "--year", "2026").status == 0


def test_a_damaged_database_is_not_served(thidua: Run, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THIDUA_TELEGRAM_TOKEN", "1:token")
    content = live.read_bytes()
    harmed = content[:300_000] + b"\xff" * 8_192 + content[308_192:]
    live.write_bytes(harmed)
    ran = thidua("run")
    assert ran.status == 1
    assert "đã hỏng" in ran.err
    assert live.read_bytes() == harmed


def test_a_command_of_a_newer_version_does_not_upgrade_under_a_running_bot(thidua: Run) -> None:
    build(LIVE, 1)
    before = LIVE.read_bytes()
    with lock.hold(LIVE):
        ran = thidua("standings", "--year", "2026")
        assert ran.status == 1
        assert "phiên bản cũ đang chạy" in ran.err
        assert LIVE.read_bytes() == before
        assert thidua("backup", "copies/").status == 0, "the backup before an upgrade is made all the same"
    assert thidua("standings", "--year", "2026").status == 0
    assert list(Path().glob("cluster.sqlite3.before-v*"))


def test_a_second_instance_is_refused_by_name(thidua: Run, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THIDUA_TELEGRAM_TOKEN", "1:token")
    with lock.hold(live):
        ran = thidua("run")
    assert ran.status == 1
    assert "Đã có một tiến trình khác" in ran.err
    assert ", từ " in ran.err
