"""A database of every earlier schema, full of rows, is brought to the newest one: nothing is lost, and a failure leaves the old one."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from storage import migrations
from storage.connection import Database
from storage.errors import DatabaseFull, StorageError
from storage.migrations import migrate, numbered, version
from tests.storage.released_schemas import build, rows_of

NEWEST = numbered()[-1][0]
EARLIER = [number for number, _ in numbered()][:-1]
BROKEN = "CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT;\nDELETE FROM report_items;\nINSERT INTO nowhere VALUES (1);\n"


def described(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    return {(kind, name, " ".join(sql.split())) for kind, name, sql in rows}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)


def test_the_numbers_of_migrations_follow_each_other() -> None:
    """Two of one number, made side by side: the second would never be applied to a database that has the first."""
    assert [number for number, _ in numbered()] == list(range(1, NEWEST + 1))


@pytest.mark.parametrize("schema", EARLIER)
async def test_every_earlier_schema_becomes_the_newest_with_all_its_rows(tmp_path: Path, schema: int) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, schema)
    before = read(path)
    old = rows_of(before)
    before.close()
    assert sum(map(len, old.values())) > 2_000
    database = await Database.open(path, owner=True)
    await database.close()
    after = read(path)
    try:
        expected = sqlite3.connect(":memory:")
        expected.executescript(files("storage").joinpath("schema.sql").read_text(encoding="utf-8"))
        assert described(after) == described(expected)
        expected.close()
        assert version(after) == NEWEST
        assert after.execute("PRAGMA foreign_key_check").fetchall() == []
        assert after.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        new = rows_of(after)
        for table, rows in old.items():
            kept = [{name: row[name] for name in row if name in rows[0]} for row in new[table]] if rows else []
            assert sorted(map(repr, kept)) == sorted(map(repr, rows)), table
    finally:
        after.close()


@pytest.mark.parametrize("schema", EARLIER)
async def test_the_old_database_is_kept_beside_and_opens_as_it_was(tmp_path: Path, schema: int) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, schema)
    await (await Database.open(path)).close()
    kept = read(tmp_path / f"a.sqlite3.before-v{NEWEST}")
    assert version(kept) == schema
    assert kept.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    untouched = tmp_path / "untouched.sqlite3"
    build(untouched, schema)
    expected = read(untouched)
    assert rows_of(kept) == rows_of(expected)
    expected.close()
    kept.close()
    assert names(tmp_path) == {"a.sqlite3", f"a.sqlite3.before-v{NEWEST}", "untouched.sqlite3"}


async def test_an_empty_file_and_the_newest_schema_are_not_copied_aside(tmp_path: Path) -> None:
    for _ in range(2):
        await (await Database.open(tmp_path / "a.sqlite3")).close()
    assert names(tmp_path) == {"a.sqlite3"}


async def test_a_migration_that_fails_midway_leaves_the_old_version_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, NEWEST)
    before = read(path)
    old = rows_of(before)
    before.close()
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "numbered", lambda: [*numbered(), (NEWEST + 1, BROKEN)])
        with pytest.raises(StorageError, match="nowhere"):
            await Database.open(path)
    database = await Database.open(path, owner=True)
    await database.close()
    after = read(path)
    assert version(after) == NEWEST
    assert rows_of(after) == old
    after.close()


async def test_a_migration_that_leaves_a_row_without_its_parent_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, NEWEST)
    careless = "DELETE FROM units WHERE id = 'LANG_SON';\n"
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "numbered", lambda: [*numbered(), (NEWEST + 1, careless)])
        with pytest.raises(StorageError, match="without the row of units"):
            await Database.open(path)
    connection = read(path)
    assert connection.execute("SELECT COUNT(*) FROM units WHERE id = 'LANG_SON'").fetchone() == (1,)
    connection.close()


KILLED = """
import os, sqlite3, sys
from pathlib import Path
from storage import migrations
from storage.migrations import migrate, numbered
path, after = Path(sys.argv[1]), int(sys.argv[2])
done = 0
class Dying(sqlite3.Connection):
    def execute(self, sql, *given):
        global done
        if sql.startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE", "COMMIT")):
            done += 1
            if done > after:
                os._exit(9)
        return super().execute(sql, *given)
connection = sqlite3.connect(path, isolation_level=None, factory=Dying)
connection.execute("PRAGMA journal_mode = WAL").fetchone()
migrate(connection, path)
print("whole")
"""


@pytest.mark.parametrize("after", [0, 1, 2, 5, 9])
def test_a_kill_in_the_middle_of_an_upgrade_leaves_one_of_the_versions_whole(tmp_path: Path, after: int) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, 1)
    before = read(path)
    old = rows_of(before)
    before.close()
    program = [sys.executable, "-c", KILLED, str(path), str(after)]
    subprocess.run(program, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, check=False, timeout=60)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert version(connection) in [number for number, _ in numbered()]
        assert len(rows_of(connection)["reports"]) == len(old["reports"])
        assert migrate(connection, path) == NEWEST
        assert len(rows_of(connection)["outbox"]) == len(old["outbox"])
    finally:
        connection.close()


async def test_no_room_for_the_copy_aside_refuses_the_upgrade_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, 1)
    before = path.read_bytes()

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("storage.migrations.os.replace", full)
        with pytest.raises(DatabaseFull):
            await Database.open(path)
    after = read(path)
    assert version(after) == 1
    after.close()
    assert len(before) == path.stat().st_size
    assert [name for name in names(tmp_path) if "before" in name] == []
    await (await Database.open(path)).close()


def test_two_programs_upgrade_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, 1)
    first, second = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    recognised = migrations.recognised

    def overtaken(connection: sqlite3.Connection) -> int:
        current = recognised(connection)
        if connection is second:
            migrate(first)
        return current

    monkeypatch.setattr(migrations, "recognised", overtaken)
    assert migrate(second) == NEWEST
    assert version(second) == NEWEST
    assert second.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    first.close()
    second.close()
