"""What the doctor says of settings, clock, disk and program; and that every check of his is made to speak."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.doctor import (
    configured,
    of_program,
    of_time,
    on_disk,
)
from bot.doctor.asking import Answers
from bot.doctor.examination import GROUPS
from bot.doctor.finding import Check
from bot.language import languages
from tests.channels.fake_telegram import TOKEN
from tests.chat import ZONE
from tests.conftest import START
from tests.doctor.examining import HOST, ME, context, said

# Settings -------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("check", "environ", "level", "text"),
    [
        (configured.channels, {}, "serious", "No channel is configured"),
        (configured.channels, {"THIDUA_TELEGRAM_TOKEN": TOKEN, "THIDUA_ZALO_TOKEN": "z"}, "fine", "Telegram, Zalo"),
        (configured.channels, {"THIDUA_WEB": "127.0.0.1:80", "THIDUA_PUBLIC_URL": "https://x.vn"}, "fine", "configured: chat page"),
        (configured.chat_page, {"THIDUA_WEB": "127.0.0.1:80", "THIDUA_PUBLIC_URL": "https://x.vn"}, "fine", "https://x.vn/chat"),
        (configured.chat_page, {"THIDUA_WEB": "127.0.0.1:80", "THIDUA_PUBLIC_URL": "http://x.vn"}, "note", "cannot be installed"),
        (configured.chat_page, {"THIDUA_WEB": "127.0.0.1:80"}, "note", "THIDUA_PUBLIC_URL is not set"),
        (configured.chat_page, {"THIDUA_WEBCHAT": "off"}, "note", "switched off"),
        (configured.token_shape, {"THIDUA_TELEGRAM_TOKEN": TOKEN[:20]}, "warning", "does not look like a token"),
        (configured.webhooks, {"THIDUA_TELEGRAM_WEBHOOK": "http://x.vn", "THIDUA_WEB": "127.0.0.1:8080"}, "serious", "must begin with"),
        (configured.webhooks, {"THIDUA_ZALO_WEBHOOK": "http://x.vn", "THIDUA_WEB": "127.0.0.1:8080"}, "serious", "must begin with https"),
        (configured.webhooks, {"THIDUA_TELEGRAM_WEBHOOK": "https://x.vn:9443", "THIDUA_WEB": "127.0.0.1:8080"}, "serious", "not to 9443"),
        (configured.webhooks, {"THIDUA_TELEGRAM_WEBHOOK": "https://x.vn"}, "serious", "THIDUA_WEB is not"),
        (configured.web_side, {"THIDUA_PUBLIC_URL": "http://x.vn", "THIDUA_WEB": "127.0.0.1:8080"}, "warning", "is not https"),
        (configured.web_side, {"THIDUA_PUBLIC_URL": "https://x.vn"}, "warning", "lead nowhere"),
        (configured.web_side, {"THIDUA_WEB": "127.0.0.1:8080", "THIDUA_METRICS": "127.0.0.1:8080"}, "serious", "are the same address"),
        (configured.web_side, {"THIDUA_METRICS": "0.0.0.0:9100"}, "note", "THIDUA_METRICS listens beyond this machine"),
        (configured.token_in_environment, {"THIDUA_ZALO_TOKEN": "z"}, "note", "thidua demo"),
        (configured.habits, {"THIDUA_TIMEZONE": "Europe/Paris"}, "note", "Europe/Paris"),
        (configured.habits, {"THIDUA_LOG": "DEBUG"}, "note", "writes a lot"),
    ],
)
def test_settings(tmp_path: Path, check: Check, environ: dict[str, str], level: str, text: str) -> None:
    assert [(found, text in told) for found, told in said(check(context(tmp_path, environ)))] == [(level, True)]


def test_sound_settings_are_not_doubted(tmp_path: Path) -> None:
    sound = {"THIDUA_TELEGRAM_TOKEN": TOKEN, "THIDUA_TELEGRAM_WEBHOOK": "https://x.vn", "THIDUA_WEB": "127.0.0.1:8080"}
    assert said(configured.webhooks(context(tmp_path, sound))) == []
    assert said(configured.token_shape(context(tmp_path, sound))) == []


def test_a_misspelt_setting_is_told_with_what_is_meant(tmp_path: Path) -> None:
    given = {"THIDUA_TELEGRAM_TOKN": "environment", "THIDUA_LOG": "environment", "THIDUA_XYZZY_FNORD": ".env"}
    found = list(configured.names(context(tmp_path, given=given)))
    assert [each[0] for each in said(iter(found))] == ["warning", "warning"]
    mends = [languages(ZONE)["en"].text(each.mend) for each in found if each.mend is not None]
    assert mends == ["Perhaps THIDUA_TELEGRAM_TOKEN is meant: rename it.", "Remove it; the README lists the settings."]


@pytest.mark.parametrize(
    ("mode", "folder", "names", "level"),
    [
        (0o644, 0o755, ("THIDUA_TELEGRAM_TOKEN",), "serious"), (0o644, 0o755, ("THIDUA_LOG",), "warning"),
        (0o600, 0o755, ("THIDUA_TELEGRAM_TOKEN",), "fine"), (0o644, 0o700, ("THIDUA_TELEGRAM_TOKEN",), "fine"),
    ],
)  # fmt: skip
def test_who_can_read_the_env_file(tmp_path: Path, mode: int, folder: int, names: tuple[str, ...], level: str) -> None:
    path = tmp_path / ".env"
    path.write_text("", encoding="utf-8")
    path.chmod(mode)
    tmp_path.chmod(folder)
    assert [each[0] for each in said(configured.env_file(context(tmp_path, given=dict.fromkeys(names, str(path)))))] == [level]


def test_a_name_in_two_places_is_told(tmp_path: Path) -> None:
    assert [each[0] for each in said(configured.twice(context(tmp_path, given={"THIDUA_LOG": "both", "THIDUA_WEB": ".env"})))] == ["note"]


# Clock ----------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("ahead", "level", "text"),
    [(0, "fine", "agrees"), (-9, "fine", "agrees"), (30, "warning", "30 seconds ahead"), (-30, "warning", "30 seconds behind"),
     (61, "serious", "61 seconds ahead"), (-7200, "serious", "7,200 seconds behind")],
)  # fmt: skip
def test_the_clock(tmp_path: Path, ahead: int, level: str, text: str) -> None:
    answers = Answers(HOST, me=ME, date=START, at=START + ahead)
    ((found, told),) = said(of_time.offset(context(tmp_path, telegram=answers)))
    assert found == level
    assert text in told


def test_a_clock_nobody_can_be_asked_about(tmp_path: Path) -> None:
    assert [each[0] for each in said(of_time.offset(context(tmp_path, telegram=Answers(HOST, "name"))))] == ["unknown"]
    assert said(of_time.zone(context(tmp_path)))[0][0] == "fine"


@pytest.mark.parametrize(("answer", "levels"), [("no", ["note"]), ("yes", []), (None, [])])
def test_whether_something_keeps_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, levels: list[str]
) -> None:
    def run(words: list[str], **given: Any) -> SimpleNamespace:
        if answer is None:
            raise subprocess.TimeoutExpired(words, 2)
        return SimpleNamespace(returncode=0, stdout=f"{answer}\n")

    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/timedatectl")
    monkeypatch.setattr(subprocess, "run", run)
    assert [each[0] for each in said(of_time.kept(context(tmp_path)))] == levels
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert said(of_time.kept(context(tmp_path))) == []


# Disk -----------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("free", "level"), [(50 << 20, "serious"), (500 << 20, "warning"), (20 << 30, "fine")])
def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    assert [each[0] for each in said(on_disk.room(context(tmp_path)))] == [level]


def test_a_disk_without_inodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = SimpleNamespace(f_files=100_000, f_favail=10, f_bavail=9, f_bfree=9, f_blocks=9, f_frsize=1 << 40)
    monkeypatch.setattr(os, "statvfs", lambda path: full)
    assert "serious" in [each[0] for each in said(on_disk.room(context(tmp_path)))]


def test_a_log_that_only_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cluster.sqlite3-wal").write_bytes(b"x" * 4096)
    assert said(on_disk.log_size(context(tmp_path))) == []
    monkeypatch.setattr(on_disk, "LONG_LOG", 1000)
    assert [each[0] for each in said(on_disk.log_size(context(tmp_path)))] == ["warning"]


def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cluster.sqlite3").touch()
    (tmp_path / "cluster.sqlite3.files").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "cluster.sqlite3.files")
    found = said(on_disk.rights(context(tmp_path)))
    assert [(level, "cluster.sqlite3.files" in text) for level, text in found if level == "serious"] == [("serious", True)]


@pytest.fixture
def reachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of tests lies in one that others cannot enter; here it counts as if they could."""
    monkeypatch.setattr(on_disk, "_entered", lambda folder: folder in tmp_path.parents or bool(folder.stat().st_mode & 0o001))


@pytest.mark.usefixtures("reachable")
def test_data_that_everybody_can_read(tmp_path: Path) -> None:
    path = tmp_path / "cluster.sqlite3"
    path.touch()
    path.chmod(0o644)
    tmp_path.chmod(0o755)
    assert said(on_disk.privacy(context(tmp_path)))[0][0] == "warning"
    path.chmod(0o640)
    assert said(on_disk.privacy(context(tmp_path)))[0][0] == "fine"
    path.chmod(0o644)
    tmp_path.chmod(0o750)
    assert said(on_disk.privacy(context(tmp_path)))[0][0] == "fine"


@pytest.mark.parametrize(
    "name",
    ["cluster.sqlite3-wal", "cluster.sqlite3-shm", "cluster.sqlite3.lock", "cluster.sqlite3.files", "cluster.sqlite3.drawn",
     "cluster.sqlite3.before-v12", "cluster.sqlite3.before-restore-20261123-080000", "backups", "backups/cluster-20261123-020000.sqlite3"],
)  # fmt: skip
@pytest.mark.usefixtures("reachable")
def test_everything_beside_the_database_and_every_backup_is_looked_at(tmp_path: Path, name: str) -> None:
    for folder in ("cluster.sqlite3.files", "cluster.sqlite3.drawn", "backups"):
        (tmp_path / folder).mkdir(mode=0o700)
    (tmp_path / "cluster.sqlite3").touch(mode=0o600)
    path = tmp_path / name
    path.touch(mode=0o600)
    for each in tmp_path.rglob("*"):
        each.chmod(each.stat().st_mode & 0o700)
    tmp_path.chmod(0o755)
    given = context(tmp_path, {"THIDUA_BACKUP": str(tmp_path / "backups")})
    assert said(on_disk.privacy(given)) == [("fine", "The officers' data cannot be read by other users of this machine.")]
    path.chmod(path.stat().st_mode | 0o005)
    if path.parent != tmp_path:
        assert said(on_disk.privacy(given))[0][0] == "fine", "in a folder that others cannot enter"
        path.parent.chmod(0o701)
    ((level, text),) = said(on_disk.privacy(given))
    assert (level, path.name in text) == ("warning", True)


def test_where_backups_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(on_disk.backup_place(context(tmp_path))) == []
    (tmp_path / "backups").mkdir()
    set_so = context(tmp_path, {"THIDUA_BACKUP": str(tmp_path / "backups")})
    assert [each[0] for each in said(on_disk.backup_place(set_so))] == ["note"]
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert [each[0] for each in said(on_disk.backup_place(set_so))] == ["serious", "note"]


def test_a_network_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(on_disk.file_system(context(tmp_path))) == []
    monkeypatch.setattr(on_disk, "_kind", lambda folder: "nfs4")
    assert [each[0] for each in said(on_disk.file_system(context(tmp_path)))] == ["serious"]


# Program --------------------------------------------------------------------------------------------------------------------------

def test_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(of_program.python(context(tmp_path)))[0][0] == "fine"
    assert said(of_program.catalogues(context(tmp_path))) == []
    assert said(of_program.terminal(context(tmp_path))) == []
    assert said(of_program.terminal(context(tmp_path, encoding="ascii")))[0][0] == "note"
    monkeypatch.setattr(of_program, "CATALOGUES", tmp_path)
    assert said(of_program.catalogues(context(tmp_path)))[0][0] == "serious"


def test_packages_beside_their_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tmp_path / "requirements.txt"
    monkeypatch.setattr(of_program, "PINS", pins)
    assert said(of_program.packages(context(tmp_path)))[0][0] == "unknown"
    pins.write_text("aiohttp==0.1 \\\n    --hash=sha256:00\nfuture==1 ; python_full_version < '3.1'\n", encoding="utf-8")
    ((level, text),) = said(of_program.packages(context(tmp_path)))
    assert level == "warning"
    assert "aiohttp" in text
    assert "future" not in text
    assert sys.version_info >= (3, 11)
    monkeypatch.setattr(of_program, "version", lambda name: "1.002.10")
    for pinned, found in (("1.2.10", "fine"), ("1.2.1", "warning"), ("1.20.10", "warning")):
        pins.write_text(f"font=={pinned} \\\n    --hash=sha256:00\n", encoding="utf-8")
        assert said(of_program.packages(context(tmp_path)))[0][0] == found


def test_every_check_is_tested_here() -> None:
    tested = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))
    names = [f"{check.__module__.rpartition('.')[2]}.{check.__name__}" for group in GROUPS for check in group.checks]
    assert len(names) == len(set(names))
    assert [name for name in names if f"{name}" not in tested] == []
