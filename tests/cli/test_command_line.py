"""What every command has in common: exit statuses, language, settings, a database that cannot be used."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import DATA, Run

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[ABCDEFGHJKLMNPQRSTUVWXYZ2-9]{8}\n")


def test_the_real_program_prints_the_expected_ranking(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "THIDUA_DATABASE": str(tmp_path / "a.sqlite3")}

    def thidua(*words: str) -> subprocess.CompletedProcess[bytes]:
        program = [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())"]
        return subprocess.run([*program, *words], cwd=tmp_path, env=environ, capture_output=True, check=False)

    folder = DATA / "2024"
    assert thidua("plan", "apply", str(folder)).returncode == 0
    files = [str(folder / f"{name}_2024_constructed.csv") for name in ("results", "adjustments")]
    assert thidua("results", "import", *files, "--year", "2024").returncode == 0
    expected = (folder / "expected_scores_2024_constructed.csv").read_bytes().split(b"\n", 1)[1]
    assert thidua("standings", "--year", "2024", "--csv").stdout == expected


@pytest.mark.parametrize(
    "words", [("nonsense",), (), ("plan",), ("standings",), ("standings", "--year", "x"), ("results", "import", "--year", "1")]
)
def test_a_wrong_command_line_ends_with_2_and_a_vietnamese_sentence(thidua: Run, words: tuple[str, ...]) -> None:
    ran = thidua(*words)
    assert ran.status == 2
    assert "cách dùng" in ran.err + ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("standings", "--year", "1" + "0" * 30), "0 không phải là năm"),
        (("results", "import", "x.csv", "--year", "0"), "0 không phải là năm"),
        (("plan", "export", "out", "--year", "1" + "0" * 30), "0 không phải là năm"),
        (("invite", "-", "secretary", "--year", "-5"), "-5 không phải là năm"),
        (("demo", "--port", "65536"), "--port: từ 0 đến 65535"),
        (("demo", "--port", "-1"), "--port: từ 0 đến 65535"),
    ],
)
def test_numbers_that_can_be_no_year_or_port_end_with_2(thidua: Run, words: tuple[str, ...], said: str) -> None:
    ran = thidua(*words)
    assert ran.status == 2
    assert said in ran.err


def test_help_lists_every_command(thidua: Run) -> None:
    ran = thidua("--help")
    assert ran.status == 0
    for name in ("run", "demo", "console", "plan", "results", "standings", "invite", "export"):
        assert f"\n    {name}" in ran.out


def test_english_is_a_setting(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THIDUA_LANGUAGE", "en")
    assert "missing: --year" in thidua("standings").err
    monkeypatch.delenv("THIDUA_LANGUAGE")
    Path(".env").write_text("THIDUA_LANGUAGE=en\n", encoding="utf-8")
    assert "missing: --year" in thidua("standings").err


@pytest.mark.parametrize(
    ("name", "value"),
    [("THIDUA_TIMEZONE", "Mars/Base"), ("THIDUA_LANGUAGE", "fr"), ("THIDUA_WEB", "8080"), ("THIDUA_METRICS", "x:99999"),
     ("THIDUA_LOG", "LOUD"), ("THIDUA_DATABASE", "/nowhere/at/all.sqlite3"), ("THIDUA_TELEGRAM_API", "telegram")],
)  # fmt: skip
def test_a_bad_setting_is_named_and_ends_with_2(thidua: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    ran = thidua("standings", "--year", "2024")
    assert ran.status == 2
    assert name in ran.err
    assert value in ran.err


def test_a_broken_line_of_the_env_file_is_named(thidua: Run) -> None:
    Path(".env").write_text("# ours\nTHIDUA_LOG=INFO\nnonsense\n", encoding="utf-8")
    ran = thidua("standings", "--year", "2024")
    assert ran.status == 2
    assert "dòng 3" in ran.err


def test_a_file_that_is_no_database_is_refused(thidua: Run) -> None:
    Path("cluster.sqlite3").write_bytes(b"this is not a database at all" * 40)
    ran = thidua("standings", "--year", "2024")
    assert ran.status == 1
    assert "không phải cơ sở dữ liệu" in ran.err


def test_a_database_of_a_newer_program_is_refused(thidua: Run) -> None:
    connection = sqlite3.connect("cluster.sqlite3")
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    ran = thidua("plan", "apply", str(DATA / "2024"))
    assert ran.status == 1
    assert "phiên bản mới hơn" in ran.err


def test_a_locked_database_is_reported_and_nothing_changes(thidua: Run, sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    monkeypatch.setattr("storage.opening.BUSY_TIMEOUT_MS", 50)
    other = sqlite3.connect("cluster.sqlite3", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        ran = thidua("invite", "-", "secretary")
    finally:
        other.close()
    assert ran.status == 1
    assert "đang được chương trình khác sử dụng" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("unit", ["LANG_SON", "Lạng Sơn", "lang son", "tỉnh Lạng Sơn"])
def test_a_code_is_alone_on_stdout(thidua: Run, sample: Path, unit: str) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    ran = thidua("invite", unit, "officer", "--year", "2026")
    assert ran.status == 0
    assert CODE.fullmatch(ran.out)
    assert "Lạng Sơn" in ran.err
    assert ran.out.strip().encode() not in Path("cluster.sqlite3").read_bytes()


def test_the_name_is_looked_up_in_its_year(thidua: Run, sample: Path, tmp_path: Path) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    for year, unit_id in (("2024", "LAO_CAI"), ("2026", "LAO_CAI_M")):
        thidua("invite", "Lào Cai", "leader", "--year", year)
        connection = sqlite3.connect("cluster.sqlite3")
        assert connection.execute("SELECT COUNT(*) FROM invitations WHERE unit_id = ?", (unit_id,)).fetchone() == (1,)
        connection.close()


def test_invitations_that_make_no_sense_are_refused(thidua: Run, sample: Path) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    ambiguous = thidua("invite", "LC", "officer", "--year", "2026")
    assert (ambiguous.status, ambiguous.out) == (1, "")
    assert "LAI_CHAU" in ambiguous.err
    assert "LAO_CAI_M" in ambiguous.err
    assert thidua("invite", "Hà Nội", "officer", "--year", "2026").status == 1
    assert thidua("invite", "-", "officer").status == 2
    assert thidua("invite", "LANG_SON", "secretary").status == 2
    assert thidua("invite", "LANG_SON", "king").status == 2
    assert thidua("invite", "LANG_SON", "officer", "--days", "0").status == 2
    assert CODE.fullmatch(thidua("invite", "-", "secretary").out)
