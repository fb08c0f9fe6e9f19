"""Restoring: checked first, one rename, killed at every step without a mix; what stood there is kept; who was erased stays erased."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from storage import audit, backup, files, page_links, people, restoring, settings, web_chat
from storage.connection import Database, Effect, effect
from storage.errors import DatabaseBusy, DatabaseDamaged, DatabaseForeign, StorageError
from storage.migrations import numbered, remove
from storage.restoring import inspect, newest_in, restore
from tests.storage.released_schemas import build

NOW = 1_795_402_800
ROOT = Path(__file__).parents[2]
STEPS = ("files", "prepared", "folded", "kept", "cleared", "replaced")


async def wrote(path: Path, *effects: Effect) -> None:
    database = await Database.open(path)
    await database.write(effects)
    await database.close()


async def said(path: Path, name: str = "state") -> str | None:
    database = await Database.open(path, owner=True)
    try:
        return await database.read(lambda read: settings.get(read, name))
    finally:
        await database.close()


async def clusters(tmp_path: Path, content: bytes = b"") -> tuple[Path, Path]:
    """A database that has moved on since its backup; and the backup."""
    path, copy = tmp_path / "live" / "cluster.sqlite3", tmp_path / "copies" / "copy.sqlite3"
    path.parent.mkdir()
    copy.parent.mkdir()
    await wrote(path, effect(settings.put, "state", "old"))
    if content:
        database = await Database.open(path)
        sha256 = files.write_content(database.files, content)
        await database.write((effect(files.add, sha256, "application/pdf", len(content), NOW),))
        await database.close()
    backup.make(path, copy, copy.with_name("copy.sqlite3.files"), NOW)
    await wrote(path, effect(settings.put, "state", "new"))
    return path, copy


async def test_the_copy_takes_the_place_and_what_stood_there_is_kept(tmp_path: Path) -> None:
    path, copy = await clusters(tmp_path)
    aside = restore(inspect(copy, path), path, NOW + 60, "20261123")
    assert aside == path.with_name("cluster.sqlite3.before-restore-20261123")
    assert (await said(path), await said(aside)) == ("old", "new")
    database = await Database.open(path)
    (entry,) = await database.read(lambda read: audit.entries(read, subject="database:"))
    assert (entry.at, entry.person_id, entry.action, entry.after) == (NOW + 60, None, "database.restore", str(NOW))
    assert await database.read(backup.restored) == backup.Restored(NOW + 60, NOW)
    await database.close()
    assert restore(inspect(copy, path), path, NOW, "20261123") == path.with_name("cluster.sqlite3.before-restore-20261123-2")


async def test_into_an_empty_place_with_its_evidence(tmp_path: Path) -> None:
    path, copy = await clusters(tmp_path, b"%PDF-1.7 minh chung")
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    contents = inspect(copy, path)
    assert (contents.files, contents.missing, contents.changed) == (1, (), False)
    assert restore(contents, path, NOW, "x") is None
    assert [each.read_bytes() for each in (path.parent / "cluster.sqlite3.files").iterdir()] == [b"%PDF-1.7 minh chung"]


async def test_evidence_beside_the_present_database_counts_and_torn_one_is_mended(tmp_path: Path) -> None:
    path, copy = await clusters(tmp_path, b"%PDF-1.7 minh chung")
    (kept,) = (path.parent / "cluster.sqlite3.files").iterdir()
    kept.write_bytes(b"%PDF-1.7 minh chunG")
    restore(inspect(copy, path), path, NOW, "x")
    assert kept.read_bytes() == b"%PDF-1.7 minh chung"
    shutil.rmtree(copy.with_name("copy.sqlite3.files"))
    assert inspect(copy, path).missing == ()
    kept.unlink()
    assert inspect(copy, path).missing == (kept.name,)


async def test_a_copy_with_one_letter_changed_is_told(tmp_path: Path) -> None:
    path, copy = await clusters(tmp_path)
    content = copy.read_bytes()
    assert content.count(b"stateold") == 1
    copy.write_bytes(content.replace(b"stateold", b"stateolt"))
    assert inspect(copy, path).changed


async def test_damaged_foreign_empty_and_newer_copies_are_refused(tmp_path: Path) -> None:
    path, copy = await clusters(tmp_path)
    whole = copy.read_bytes()
    for torn in (whole[: len(whole) // 2], whole[:8192] + b"\xff" * 40_000 + whole[48_192:]):
        copy.write_bytes(torn)
        with pytest.raises(DatabaseDamaged):
            inspect(copy, path)
    copy.write_bytes(b"")
    with pytest.raises(DatabaseDamaged):
        inspect(copy, path)
    copy.write_bytes(b"something else" * 1000)
    with pytest.raises(DatabaseForeign):
        inspect(copy, path)
    copy.write_bytes(whole)
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    with pytest.raises(StorageError, match="newer program"):
        inspect(copy, path)
    assert await said(path) == "new"


async def test_looking_through_a_copy_writes_nothing(tmp_path: Path) -> None:
    path, copy = await clusters(tmp_path)
    before = touched(tmp_path)
    inspect(copy, path)
    assert touched(tmp_path) == before


def touched(folder: Path) -> dict[Path, int]:
    return {each: each.stat().st_mtime_ns for each in folder.rglob("*")}


async def test_a_copy_with_a_log_of_its_own_is_read_with_it(tmp_path: Path) -> None:
    """What a plain `cp` of a stopped but not closed database brings."""
    path, _ = await clusters(tmp_path)
    killed = tmp_path / "cp.sqlite3"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA wal_autocheckpoint = 0")
    holder.execute("UPDATE settings SET value = 'in the log' WHERE name = 'state'")
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{killed}{suffix}")
    holder.close()
    restore(inspect(killed, path), path, NOW, "x")
    assert await said(path) == "in the log"


async def test_while_a_command_has_it_open_nothing_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "EXCLUSIVE_WAIT_MS", 20)
    path, copy = await clusters(tmp_path)
    database = await Database.open(path)
    with pytest.raises(DatabaseBusy):
        restore(inspect(copy, path), path, NOW, "x")
    await database.write((effect(settings.put, "state", "newer"),))
    await database.close()
    assert await said(path) == "newer"
    assert {each.name for each in path.parent.iterdir()} == {"cluster.sqlite3"}


@pytest.mark.parametrize("harm", ["torn", "no database", "emptied"])
async def test_a_damaged_database_is_kept_as_it_is_with_its_log(tmp_path: Path, harm: str) -> None:
    path, copy = await clusters(tmp_path)
    content = path.read_bytes()
    harmed = {"torn": content[:4096] + b"\xff" * (len(content) - 4096), "no database": b"garbage " * 2000, "emptied": b""}[harm]
    path.write_bytes(harmed)
    path.with_name("cluster.sqlite3-wal").write_bytes(b"a log nobody can read")
    aside = restore(inspect(copy, path), path, NOW, "x")
    assert aside is not None
    assert aside.read_bytes() == harmed
    assert await said(path) == "old"


async def test_who_was_erased_since_stays_erased(tmp_path: Path) -> None:
    path, copy = tmp_path / "cluster.sqlite3", tmp_path / "copy.sqlite3"
    await wrote(path, effect(people.add_person, "lan", "Hoàng Thị Lan", "Chuyên viên", "vi", NOW))
    backup.make(path, copy, tmp_path / "f", NOW)
    await wrote(path, effect(people.erase, "lan", "2026-11-23", NOW + 5))
    restore(inspect(copy, path), path, NOW + 60, "x")
    database = await Database.open(path)
    person = await database.read(lambda read: people.person(read, "lan"))
    await database.close()
    assert person is None or person.name == ""
    assert "Hoàng Thị Lan".encode() not in path.read_bytes()


async def opened(path: Path, *secrets: str) -> list[bool]:
    """Whether each session, then each page, still opens something; those of ``secrets``."""
    database = await Database.open(path)
    try:
        return await database.read(
            lambda read: [
                *((found := web_chat.by_secret(read, each)) is not None and found.lives(NOW + 90) for each in secrets),
                *((link := page_links.by_token(read, each)) is not None and link.alive(NOW + 90) for each in secrets),
            ]
        )
    finally:
        await database.close()


async def test_a_browser_and_a_page_that_were_ended_since_stay_ended(tmp_path: Path) -> None:
    path, copy = tmp_path / "cluster.sqlite3", tmp_path / "copy.sqlite3"
    lives = web_chat.Lifetimes(86_400, 86_400)
    await wrote(
        path, effect(people.add_person, "lan", "Hoàng Thị Lan", "Chuyên viên", "vi", NOW), effect(people.link, "telegram", "1", "lan", NOW),
        *(effect(web_chat.open_session, each, f"at {each}", "Lan", NOW, lives) for each in ("kept", "ended")),
        *(effect(people.link, "web", f"at {each}", "lan", NOW) for each in ("kept", "ended")),
        *(effect(page_links.add, each, "file", "lan", f"a{each} text/plain", NOW, NOW + 86_400) for each in ("kept", "ended")),
    )  # fmt: skip
    backup.make(path, copy, tmp_path / "f", NOW)
    await wrote(path, effect(web_chat.end, "at ended", NOW + 5), effect(page_links.revoke, page_links.digest("ended"), NOW + 5))
    assert await opened(copy, "kept", "ended") == [True, True, True, True]

    restore(inspect(copy, path), path, NOW + 60, "x")
    assert await opened(path, "kept", "ended") == [True, False, True, False]
    database = await Database.open(path)
    accounts = await database.read(lambda read: people.accounts(read, "lan"))
    await database.close()
    assert {(each.channel, each.address) for each in accounts} == {("telegram", "1"), ("web", "at kept")}

    remove(path)
    restore(inspect(copy, path), path, NOW + 60, "y")     # on a new machine nobody knows what was ended
    assert await opened(path, "kept", "ended") == [True, True, True, True]


async def test_replies_of_long_ago_are_dropped_and_other_letters_wait_on(tmp_path: Path) -> None:
    path, old = tmp_path / "cluster.sqlite3", tmp_path / "old.sqlite3"
    build(old, 1)
    before, after = (sqlite3.connect(each) for each in (old, path))
    waiting = before.execute("SELECT lane, created_at FROM outbox WHERE state = 'waiting' ORDER BY lane").fetchall()
    assert [lane for lane, _ in waiting] == ["broadcast", "reply"]
    after.close()
    path.unlink()
    restore(inspect(old, path), path, NOW + 3_600, "x")
    read = sqlite3.connect(path)
    assert read.execute("SELECT lane FROM outbox WHERE state = 'waiting' ORDER BY lane").fetchall() == [("broadcast",), ("reply",)]
    read.close()
    restore(inspect(old, path), path, NOW + 3 * 86_400, "x")
    read = sqlite3.connect(path)
    assert read.execute("SELECT lane, state, error FROM outbox WHERE lane = 'reply'").fetchall() == [("reply", "dropped", "restored")]
    assert read.execute("SELECT COUNT(*) FROM inbox WHERE state = 'waiting'").fetchone() == (1,)
    read.close()
    before.close()


@pytest.mark.parametrize("schema", [number for number, _ in numbered()])
async def test_a_backup_of_every_schema_is_restored_and_brought_to_the_newest(tmp_path: Path, schema: int) -> None:
    path, old = tmp_path / "cluster.sqlite3", tmp_path / "old.sqlite3"
    build(old, schema)
    contents = inspect(old, path)
    assert (contents.schema, contents.reports, contents.units) == (schema, 28, 11)
    restore(contents, path, NOW, "x")
    database = await Database.open(path, owner=True)
    assert await database.read(lambda read: read.execute("PRAGMA user_version").fetchone()[0]) == numbered()[-1][0]
    await database.close()


DYING = """
import os, sys
from pathlib import Path
from storage.restoring import inspect, restore
path, copy, step = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
restore(inspect(copy, path), path, 0, "x", at=lambda reached: os._exit(9) if reached == step else None)
"""


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_there_is_the_old_or_the_new_one(tmp_path: Path, step: str) -> None:
    path, copy = await clusters(tmp_path, b"%PDF-1.7")
    # The killed bot's log still lies there, with a commit that the file does not hold yet.
    leave_log(path)
    assert path.with_name("cluster.sqlite3-wal").stat().st_size > 0
    assert ended([sys.executable, "-c", DYING, str(path), str(copy), step]) == 9
    assert await said(path) == ("old" if step == "replaced" else "in the log")
    aside = path.with_name("cluster.sqlite3.before-restore-x")
    assert aside.exists() == (step in ("kept", "cleared", "replaced"))
    restore(inspect(copy, path), path, NOW, "again")
    assert await said(path) == "old"
    if aside.exists():
        assert await said(aside) == "in the log"
    assert not list(path.parent.glob("*.restoring*"))


def ended(program: list[str]) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(program, env=environment, check=False, timeout=60).returncode


def leave_log(path: Path) -> None:
    """A process that commits into the log and is killed."""
    program = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute(\"UPDATE settings SET value = 'in the log' WHERE name = 'state'\"); os._exit(9)"
    )
    assert ended([sys.executable, "-c", program, str(path)]) == 9


@pytest.mark.parametrize("call", ["storage.restoring.os.replace", "storage.restoring.write_content", "storage.restoring.sqlite3.connect"])
async def test_a_disk_that_fills_up_leaves_what_stood_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path, copy = await clusters(tmp_path, b"%PDF-1.7")
    (path.parent / "cluster.sqlite3.files" / os.listdir(path.parent / "cluster.sqlite3.files")[0]).unlink()
    contents = inspect(copy, path)

    def full(*given: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(call, full)
        with pytest.raises((OSError, StorageError), match="No space left"):
            restore(contents, path, NOW, "x")
    assert await said(path) == "new"
    assert not list(path.parent.glob("*.restoring*"))


async def test_the_newest_of_a_folder_is_of_this_database(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    from storage.rotation import Keep, into_folder

    path, _ = await clusters(tmp_path)
    other, folder = tmp_path / "other.sqlite3", tmp_path / "backups"
    await wrote(other, effect(settings.put, "state", "other"))
    order: Sequence[tuple[Path, int]] = ((path, 0), (path, 60), (other, 120))
    made = [into_folder(each, folder, NOW + later, ZoneInfo("UTC"), Keep()).path for each, later in order]
    assert newest_in(folder, path) == made[1]
    assert newest_in(folder, other) == made[2]
    with pytest.raises(StorageError, match="several databases"):
        newest_in(folder, tmp_path / "third.sqlite3")
    (tmp_path / "empty").mkdir()
    assert newest_in(tmp_path / "empty", path) is None
