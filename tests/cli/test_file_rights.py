"""Whatever the program writes is its owner's alone, under the usual umask of a login and without a service file that sets another."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.service import ROOT, Service, free_port
from tests.storage.released_schemas import build

SAMPLE = ROOT / "bot" / "demo" / "data" / "2026"


def thidua(folder: Path, *words: str) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "THIDUA_DATABASE": str(folder / "a.sqlite3"), "LANG": "C.UTF-8"}
    program = [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())"]
    done = subprocess.run([*program, *words], cwd=folder, env=environ, umask=0o022, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def open_ones(folder: Path) -> dict[str, str]:
    """Everything below the folder that somebody else may read, write or enter."""
    found = {path: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert found
    return {str(path.relative_to(folder)): oct(mode) for path, mode in found.items() if mode & 0o077}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "thidua"
    made.mkdir()
    return made


def test_what_the_commands_write(folder: Path) -> None:
    thidua(folder, "plan", "apply", str(SAMPLE))
    thidua(folder, "plan", "export", "plan")
    thidua(folder, "invite", "-", "secretary")
    thidua(folder, "backup", "backups/")
    thidua(folder, "backup", "one.sqlite3")
    thidua(folder, "export", "out")
    thidua(folder, "restore", "backups/")
    names = {path.name.partition("-2")[0] for path in folder.rglob("*")}
    assert {"a.sqlite3", "a.sqlite3.lock", "backups", "one.sqlite3.json", "out", "reports.csv", "units.csv"} <= names
    assert any(name.startswith("a.sqlite3.before-restore") for name in names)
    assert open_ones(folder) == {}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_copy_that_an_upgrade_puts_aside(folder: Path) -> None:
    build(folder / "a.sqlite3", 11)
    (folder / "a.sqlite3").chmod(0o600)
    thidua(folder, "invite", "-", "secretary")
    assert any(".before-v" in name for name in names(folder))
    assert open_ones(folder) == {}


async def test_what_the_running_bot_writes(folder: Path, sample: Path) -> None:
    """The log and the lock; evidence: see `test_run_pages`, pictures: written by the same function."""
    with closing(sqlite3.connect(sample)) as source, closing(sqlite3.connect(folder / "cluster.sqlite3")) as copy:
        source.backup(copy)
    (folder / "cluster.sqlite3").chmod(0o600)
    port = free_port()
    given = {"THIDUA_WEB": f"127.0.0.1:{port}", "THIDUA_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    async with Service(folder, "import os; os.umask(0o022)", **given) as service:
        await service.running()
        assert {"cluster.sqlite3-wal", "cluster.sqlite3.lock"} <= names(folder)
        assert open_ones(folder) == {}
        assert await service.terminated() == 0
    assert open_ones(folder) == {}


def test_a_copy_made_of_a_database_that_was_open_to_all_is_not(folder: Path, sample: Path) -> None:
    (folder / "a.sqlite3").write_bytes(sample.read_bytes())
    (folder / "a.sqlite3").chmod(0o644)
    thidua(folder, "backup", "backups/")
    assert set(open_ones(folder)) == {"a.sqlite3"}
    thidua(folder, "restore", "backups/")
    assert open_ones(folder) == {}, "a restore leaves nothing open, what it has put aside included"
    (folder / "a.sqlite3").chmod(0o640)
    thidua(folder, "backup", "group.sqlite3")
    assert (folder / "group.sqlite3").stat().st_mode & 0o777 == 0o640, "whom the owner has let in by the group stays in"
