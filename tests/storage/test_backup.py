"""Backups: one consistent copy beside a writer, evidence once for all, rotation of what we made and nothing else, nothing half."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage import backup, files, rotation, settings
from storage.backup import Note, Refused, Stopped
from storage.connection import Database, Transaction, effect
from storage.errors import DatabaseBusy, DatabaseDamaged, DatabaseForeign, StorageError
from storage.rotation import Keep, dated, into_folder, kept

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = int(datetime(2026, 11, 23, 2, 0, tzinfo=ZONE).timestamp())
DAY = 86_400
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "cluster.sqlite3")
    yield opened
    await opened.close()


async def evidence(database: Database, content: bytes) -> str:
    sha256 = files.write_content(database.files, content)
    await database.write((effect(files.add, sha256, "application/pdf", len(content), NOW),))
    return sha256


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def pair(tx: Transaction, number: int) -> None:
    """Two rows that are always equal: a torn copy would tell."""
    settings.put(tx, "a", str(number))
    settings.put(tx, "b", str(number))
    settings.put(tx, f"row{number}", "x" * 3_000)


async def test_a_copy_taken_beside_a_writer_is_one_instant(database: Database, tmp_path: Path) -> None:
    for number in range(400):
        await database.write((effect(pair, number),))
    ended = threading.Event()

    async def writing() -> int:
        number = 400
        while not ended.is_set():
            await database.write((effect(pair, number),))
            number += 1
        return number

    writer = asyncio.create_task(writing())
    try:
        for round_ in range(4):
            target = tmp_path / f"copy{round_}.sqlite3"
            made = await asyncio.to_thread(backup.make, database.path, target, tmp_path / "files", NOW)
            with backup.reading(target) as copy:
                first, second = (copy.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()[0] for name in "ab")
                rows = copy.execute("SELECT COUNT(*) FROM settings WHERE name LIKE 'row%'").fetchone()[0]
                assert (first, rows) == (second, int(first) + 1)
                assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert made.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    finally:
        ended.set()
        assert await writer > 400, "the writer went on"


async def test_a_copy_is_one_file_that_opens_in_a_folder_nobody_may_write(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite3"
    backup.make(database.path, target, tmp_path / "copy.sqlite3.files", NOW)
    with backup.reading(target) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert names(tmp_path) >= {"copy.sqlite3", "copy.sqlite3.json"}
    assert not [name for name in names(tmp_path) if name.startswith(("copy.sqlite3-", "."))]


async def test_evidence_is_copied_once_and_shared_by_the_backups_of_a_folder(database: Database, tmp_path: Path) -> None:
    sha256 = await evidence(database, b"%PDF-1.7 quy 3")
    folder = tmp_path / "backups"
    first = into_folder(database.path, folder, NOW, ZONE, Keep())
    stood = (folder / "files" / sha256).stat()
    await evidence(database, b"%PDF-1.7 nam")
    second = into_folder(database.path, folder, NOW + DAY, ZONE, Keep())
    assert (first.manifest.files, second.manifest.files, second.manifest.files_size) == (1, 2, 26)
    assert (folder / "files" / sha256).stat().st_mtime_ns == stood.st_mtime_ns
    assert (folder / "files" / sha256).read_bytes() == b"%PDF-1.7 quy 3"


async def test_missing_and_changed_evidence_is_told_and_the_rest_is_kept(database: Database, tmp_path: Path) -> None:
    gone, torn, whole = [await evidence(database, content) for content in (b"gone", b"torn", b"whole")]
    (database.files / gone).unlink()
    (database.files / torn).write_bytes(b"torm")
    made = backup.make(database.path, tmp_path / "copy.sqlite3", tmp_path / "kept", NOW)
    assert set(made.missing) == {gone, torn}
    assert names(tmp_path / "kept") == {whole}
    assert backup.manifest_of(tmp_path / "copy.sqlite3") == made


def test_the_newest_of_days_weeks_and_months_is_kept() -> None:
    first = datetime(2026, 1, 1, 2, 0, tzinfo=ZONE)
    instants = [int((first + timedelta(days=day)).timestamp()) for day in range(330)]
    days = sorted(f"{datetime.fromtimestamp(each, ZONE):%m-%d}" for each in kept(instants, ZONE, Keep(7, 4, 12)))
    assert days[-7:] == ["11-20", "11-21", "11-22", "11-23", "11-24", "11-25", "11-26"]
    assert days[:-7] == [
        "01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-08", "11-15",
    ]  # fmt: skip
    assert kept([NOW, NOW + 60, NOW + 61 - DAY, NOW + 60 - DAY], ZONE, Keep(1, 0, 0)) == {NOW, NOW + 60, NOW + 61 - DAY}
    assert kept([], ZONE, Keep()) == set()


async def test_rotation_removes_only_its_own(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    old = await evidence(database, b"old")
    into_folder(database.path, folder, NOW - 3 * DAY, ZONE, Keep(2, 0, 0))
    await database.write((effect(drop_file, old),))
    new = await evidence(database, b"new")
    ours = sorted(each.path.name for each in dated(folder))
    strange = {"notes.txt", "cluster-20200101-020000.sqlite3", "other-20260101-020000.sqlite3", "other-20260101-020000.sqlite3.json"}
    for name in strange - {"other-20260101-020000.sqlite3.json"}:
        (folder / name).write_bytes(b"not ours")
    (folder / "other-20260101-020000.sqlite3.json").write_text("{}", encoding="utf-8")
    (folder / ".cluster-20261101-020000.sqlite3.77.partial").write_bytes(b"of a backup that was killed")
    (folder / "files" / "readme").write_bytes(b"not ours")
    removed = [into_folder(database.path, folder, NOW + day * DAY, ZONE, Keep(2, 0, 0)).removed for day in range(3)]
    assert removed[1:] == [tuple(ours), ("cluster-20261123-020000.sqlite3",)]
    assert names(folder) == strange | {
        "files", ".thidua-backup.lock", "cluster-20261124-020000.sqlite3", "cluster-20261124-020000.sqlite3.json",
        "cluster-20261125-020000.sqlite3", "cluster-20261125-020000.sqlite3.json",
    }  # fmt: skip
    assert {old, new, "readme"} >= names(folder / "files") >= {new, "readme"}


async def test_evidence_that_no_backup_names_any_more_is_let_go(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    old = await evidence(database, b"old")
    into_folder(database.path, folder, NOW, ZONE, Keep(1, 0, 0))
    await database.write((effect(drop_file, old),))
    new = await evidence(database, b"new")
    into_folder(database.path, folder, NOW + DAY, ZONE, Keep(1, 0, 0))
    assert names(folder / "files") == {new}


def drop_file(tx: Transaction, sha256: str) -> None:
    tx.execute("DELETE FROM files WHERE sha256 = ?", (sha256,))


async def test_two_clusters_in_one_folder_do_not_rotate_each_other(database: Database, tmp_path: Path) -> None:
    (tmp_path / "lai-chau").mkdir()
    other = await Database.open(tmp_path / "lai-chau" / "cluster.sqlite3")
    try:
        folder = tmp_path / "backups"
        for day in range(3):
            for source in (database.path, other.path):
                into_folder(source, folder, NOW + day * DAY, ZONE, Keep(1, 0, 0))
    finally:
        await other.close()
    assert sorted(each.manifest.database for each in dated(folder)) == sorted(map(str, (database.path, other.path)))


async def test_two_backups_at_once_into_one_folder_are_refused(database: Database, tmp_path: Path) -> None:
    with rotation._alone(tmp_path), pytest.raises(DatabaseBusy):
        into_folder(database.path, tmp_path, NOW, ZONE, Keep())
    assert dated(tmp_path) == ()


async def test_a_backup_that_is_given_up_leaves_nothing(database: Database, tmp_path: Path) -> None:
    ending = threading.Event()
    ending.set()
    await evidence(database, b"content")
    folder = tmp_path / "backups"
    with pytest.raises(Stopped):
        into_folder(database.path, folder, NOW, ZONE, Keep(), ending)
    assert names(folder) == {".thidua-backup.lock"}


@pytest.mark.parametrize("call", ["os.replace", "_write_synced", "write_content"])
async def test_a_disk_that_fills_up_leaves_the_backup_before(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = tmp_path / "backups" / "copy.sqlite3"
    target.parent.mkdir()
    before = backup.make(database.path, target, tmp_path / "kept", NOW)
    await evidence(database, b"content")

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(f"storage.backup.{call}", full)
        with pytest.raises(Refused, match="No space left"):
            backup.make(database.path, target, tmp_path / "kept", NOW + DAY)
    assert not list(target.parent.glob(".*"))
    with backup.reading(target) as copy:
        backup.check(copy)
    assert backup.manifest_of(target) == before
    assert before.sha256 == backup.digest(target)


LIMITED = """
import resource, sys
from pathlib import Path
from storage import backup
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    backup.make(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[2] + ".files"), 0)
except backup.Refused as error:
    print("refused", error)
    sys.exit(1)
"""


async def test_a_copy_that_outgrows_the_disk_is_refused_and_leaves_nothing(database: Database, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    program = [sys.executable, "-c", LIMITED, str(database.path), str(tmp_path / "b" / "copy.sqlite3"), "40000"]
    ran = await asyncio.to_thread(
        subprocess.run, program, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.startswith("refused")
    assert names(tmp_path / "b") == set()


COPYING = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from storage.rotation import Keep, into_folder
print("begun", flush=True)
for number in range(10_000):
    into_folder(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) + number, ZoneInfo("UTC"), Keep(1, 0, 0))
"""


async def test_killed_at_any_instant_a_folder_holds_whole_backups_only(database: Database, tmp_path: Path) -> None:
    for number in range(20):
        await evidence(database, b"%PDF" + bytes([number]) * 50_000)
    folder, drawn = tmp_path / "backups", random.Random(20_261_124)
    for kill in range(6 if os.environ.get("DRILL") != "full" else 40):
        await asyncio.to_thread(begun_and_killed, [str(database.path), str(folder), str(NOW + kill * 20_000)], drawn.uniform(0, 0.08))
        for each in dated(folder):
            assert backup.digest(each.path) == each.manifest.sha256
            with backup.reading(each.path) as copy:
                named = {row[0] for row in copy.execute("SELECT sha256 FROM files")}
            assert len(named) == 20
            assert all(hashlib.sha256((folder / "files" / each).read_bytes()).hexdigest() == each for each in named)
    last = into_folder(database.path, folder, NOW + 10**8, ZONE, Keep(1, 0, 0))
    assert {name for name in names(folder) if not name.startswith(".thidua")} == {"files", last.path.name, f"{last.path.name}.json"}


def begun_and_killed(arguments: list[str], seconds: float) -> None:
    program = [sys.executable, "-c", COPYING, *arguments]
    with subprocess.Popen(program, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        threading.Event().wait(seconds)
        process.kill()


async def test_a_damaged_source_gives_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "cluster.sqlite3"
    opened = await Database.open(path)
    await opened.write([effect(settings.put, f"n{number}", "x" * 500) for number in range(500)])
    await opened.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20_000] = b"\xff" * 20_000
    path.write_bytes(content)
    (tmp_path / "b").mkdir()
    with pytest.raises(DatabaseDamaged):
        backup.make(path, tmp_path / "b" / "copy.sqlite3", tmp_path / "b" / "files", NOW)
    assert names(tmp_path / "b") == set()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b""])
def test_what_is_no_database_gives_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.sqlite3").write_bytes(content)
    with pytest.raises(StorageError):
        backup.make(tmp_path / "a.sqlite3", tmp_path / "copy.sqlite3", tmp_path / "files", NOW)
    assert names(tmp_path) == {"a.sqlite3"}


def test_a_database_of_another_program_gives_no_backup(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "places.sqlite3")
    connection.execute("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)")
    connection.close()
    with pytest.raises(DatabaseForeign):
        backup.make(tmp_path / "places.sqlite3", tmp_path / "copy.sqlite3", tmp_path / "files", NOW)


async def test_a_copy_and_its_manifest_are_no_more_open_than_the_database(database: Database, tmp_path: Path) -> None:
    database.path.chmod(0o600)
    backup.make(database.path, tmp_path / "copy.sqlite3", tmp_path / "files", NOW)
    assert (tmp_path / "copy.sqlite3").stat().st_mode & 0o777 == 0o600


async def test_what_was_made_and_what_failed_is_remembered(database: Database) -> None:
    assert await database.read(backup.last) is None
    await database.write((effect(backup.note, Note(NOW, "/b/x", "the disk is full")),))
    assert await database.read(backup.failure) == Note(NOW, "/b/x", "the disk is full")
    await asyncio.to_thread(backup.note_beside, database.path, Note(NOW + 60, "/b/y", missing=2))
    assert await database.read(backup.last) == Note(NOW + 60, "/b/y", missing=2)
    assert await database.read(backup.failure) is None


def test_a_manifest_that_is_not_ours_is_none(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", json.dumps({"format": "thidua backup 1"}), json.dumps({"format": "other", "name": "a"})):
        (tmp_path / "a.json").write_text(text, encoding="utf-8")
        assert backup.manifest_of(tmp_path / "a") is None
