"""Opening a file that is not what it should be: each case is told apart, and nothing of the file is changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from storage import settings
from storage.connection import Database, effect
from storage.errors import DatabaseBusy, DatabaseDamaged, DatabaseForeign, DatabaseUnsuited
from storage.hop import WorkingConnection
from storage.migrations import APPLICATION_ID
from tests.storage.released_schemas import build

PAGE = 4096


async def filled(path: Path) -> bytes:
    database = await Database.open(path)
    await database.write([effect(settings.put, f"n{number}", "x" * 500) for number in range(300)])
    await database.close()
    return content(path)


def content(path: Path) -> bytes:
    return path.read_bytes()


def torn(whole: bytes) -> bytes:
    middle = len(whole) // 2 // PAGE * PAGE
    return whole[:middle] + b"\xff" * PAGE * 4 + whole[middle + PAGE * 4 :]


@pytest.mark.parametrize("harm", [torn, lambda whole: whole[: len(whole) // 2], lambda whole: whole[:-PAGE]], ids=["torn", "half", "short"])
async def test_a_damaged_file_is_found_when_looked_through(tmp_path: Path, harm: object) -> None:
    path = tmp_path / "a.sqlite3"
    harmed = harm(await filled(path))  # type: ignore[operator]
    path.write_bytes(harmed)
    with pytest.raises(DatabaseDamaged):
        await Database.open(path, owner=True)
    assert path.read_bytes() == harmed


async def test_looked_through_beside_a_damaged_file_is_read_and_never_written(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    harmed = torn(await filled(path))
    path.write_bytes(harmed)
    database = await Database.open(path, owner=True, beside=True)
    for _ in range(2):
        with pytest.raises(DatabaseDamaged):
            await database.write([effect(settings.put, "after", "1")])
    with pytest.raises(DatabaseDamaged):
        await database.sound()
    await database.close()
    assert path.read_bytes() == harmed


async def test_looked_through_beside_a_sound_file_is_written_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    await filled(path)
    database = await Database.open(path, owner=True, beside=True)
    await database.write([effect(settings.put, "after", "1")])
    await database.sound()
    assert await database.read(lambda read: settings.get(read, "after")) == "1"
    await database.close()


async def test_a_file_to_be_migrated_is_looked_through_first(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, 1)
    harmed = torn(content(path))
    path.write_bytes(harmed)
    with pytest.raises(DatabaseDamaged):
        await Database.open(path, owner=True, beside=True)
    assert path.read_bytes() == harmed


async def test_an_emptied_file_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    await filled(path)
    log = path.with_name("a.sqlite3-wal")
    path.write_bytes(b"")
    log.write_bytes(b"commits that are not in the file yet")
    with pytest.raises(DatabaseDamaged):
        await Database.open(path)
    assert log.read_bytes() == b"commits that are not in the file yet"
    log.unlink()
    await (await Database.open(path)).close()


async def test_an_emptied_file_with_evidence_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    path, evidence = tmp_path / "a.sqlite3", tmp_path / "a.sqlite3.files"
    evidence.mkdir()
    path.touch()
    await (await Database.open(path)).close()
    path.write_bytes(b"")
    (evidence / ("a" * 64)).write_bytes(b"%PDF")
    with pytest.raises(DatabaseDamaged):
        await Database.open(path)
    assert path.read_bytes() == b""


async def test_databases_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    for name, statements in {
        "bookmarks": ("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)",),
        "numbered": ("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)", "PRAGMA user_version = 1"),
        "newer": ("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)", "PRAGMA user_version = 9999"),
        "marked": ("PRAGMA application_id = 1234567",),
    }.items():
        path = tmp_path / f"{name}.sqlite3"
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()
        before = path.read_bytes()
        with pytest.raises(DatabaseForeign):
            await Database.open(path)
        assert path.read_bytes() == before
        assert not path.with_name(f"{path.name}-wal").exists()


async def test_what_replication_keeps_in_the_file_does_not_make_it_foreign(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    await (await Database.open(path)).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    connection.close()
    await (await Database.open(path, owner=True)).close()


async def test_a_folder_that_cannot_hold_a_log_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Network(WorkingConnection):
        def execute(self, sql: str, *given: object) -> sqlite3.Cursor:  # type: ignore[override]
            # What SQLite answers where it can share no memory: the mode stays as it was.
            return super().execute("SELECT 'delete'" if sql == "PRAGMA journal_mode = WAL" else sql, *given)  # type: ignore[arg-type]

    monkeypatch.setattr("storage.hop.WorkingConnection", Network)
    with pytest.raises(DatabaseUnsuited):
        await Database.open(tmp_path / "a.sqlite3")


async def test_a_file_somebody_holds_for_himself_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.opening.BUSY_TIMEOUT_MS", 20)
    path = tmp_path / "a.sqlite3"
    await filled(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseBusy):
        await Database.open(path)
    holder.close()
    await (await Database.open(path, owner=True)).close()


async def test_a_link_leads_to_the_same_log_and_evidence(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path, link = tmp_path / "real" / "a.sqlite3", tmp_path / "link.sqlite3"
    await filled(path)
    link.symlink_to(path)
    database = await Database.open(link)
    assert database.files == tmp_path / "real" / "a.sqlite3.files"
    await database.write((effect(settings.put, "by", "link"),))
    other = await Database.open(path)
    assert await other.read(lambda read: settings.get(read, "by")) == "link"
    await other.close()
    await database.close()


async def test_only_the_holder_of_the_instance_folds_the_log(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    owner, other = await Database.open(path, owner=True), await Database.open(path)
    log = path.with_name("a.sqlite3-wal")
    try:
        for number in range(12):
            await other.write([effect(settings.put, f"{number}-{each}", "x" * 4_000) for each in range(200)])
        assert log.stat().st_size > 2_400 * PAGE
        size = path.stat().st_size
        await owner.write((effect(settings.put, "by", "owner"),))
        assert path.stat().st_size > size + 2_000 * PAGE, "folded with the owner's next commit"
        grown = log.stat().st_size
        await other.write((effect(settings.put, "by", "other"),))
        assert log.stat().st_size == grown, "and begun anew"
    finally:
        await other.close()
        await owner.close()


@pytest.mark.parametrize(("replicated", "pages"), [(False, 1_000), (True, 20_000)])
async def test_where_litestream_replicates_the_log_is_its_to_fold(tmp_path: Path, replicated: bool, pages: int) -> None:
    if replicated:
        (tmp_path / ".a.sqlite3-litestream").mkdir()
    owner, other = await Database.open(tmp_path / "a.sqlite3", owner=True), await Database.open(tmp_path / "a.sqlite3")
    asked = [await each._writer.hop(lambda c: c.execute("PRAGMA wal_autocheckpoint").fetchone()[0]) for each in (owner, other)]
    await other.close()
    await owner.close()
    assert asked == [pages, 0]


BARRED = """
import asyncio, sys
from pathlib import Path
from storage import backup
from storage.connection import Database
from storage.errors import StorageError

async def main():
    try:
        await (await Database.open(Path(sys.argv[1]), owner=True)).close()
        print("opened")
    except StorageError as error:
        print(type(error).__name__, error)

asyncio.run(main())
try:
    print(backup.make(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[2] + ".files"), 0).schema)
except StorageError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("mode_of_file", "mode_of_folder", "said"),
    [
        (0o444, 0o755, ["StorageError attempt to write a readonly database", "1"]),
        (0o644, 0o555, ["StorageError attempt to write a readonly database", "1"]),
        (0o000, 0o755, ["StorageError unable to open database file", "StorageError unable to open database file"]),
    ],
)
def test_what_the_rights_of_the_file_forbid_is_told(tmp_path: Path, mode_of_file: int, mode_of_folder: int, said: list[str]) -> None:
    barring = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]    # root may write everything
    if barring and shutil.which(barring[0]) is None:
        pytest.skip("as root this needs setpriv")
    folder = tmp_path / "barred"
    folder.mkdir()
    build(folder / "a.sqlite3", 1)
    (folder / "a.sqlite3").chmod(mode_of_file)
    folder.chmod(mode_of_folder)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    program = [*barring, sys.executable, "-c", BARRED, str(folder / "a.sqlite3"), str(tmp_path / "copy.sqlite3")]
    ran = subprocess.run(program, capture_output=True, text=True, env=environment, check=False, timeout=60)
    folder.chmod(0o755)
    assert (ran.stdout.splitlines(), ran.stderr) == (said, "")
    assert not list(folder.glob("*.before-v*"))
