"""The folder of drawn pictures: whole or not there, let go when unused or too many, and no part of what a backup keeps."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from storage import backup, drawings, files, uploads
from storage.connection import Database, effect
from storage.errors import DatabaseFull
from storage.uploads import Upload

NOW = 1_800_000_000
KEYS = [f"{number:064x}" for number in range(4)]


def test_a_picture_is_kept_used_and_let_go_when_nobody_asks_for_it(tmp_path: Path) -> None:
    folder = drawings.folder(tmp_path / "a.sqlite3.files")
    assert folder == tmp_path / "a.sqlite3.drawn"
    drawings.drop_old(folder, NOW)       # nothing was drawn yet
    assert not drawings.use(folder, KEYS[0], NOW)
    for key in KEYS[:2]:
        drawings.keep(folder, key, b"png", NOW)
    assert drawings.size(folder, KEYS[0]) == 3
    assert drawings.size(folder, KEYS[2]) == drawings.size(folder, "../x") == 0
    assert drawings.use(folder, KEYS[1], NOW + 10 * 86_400)
    drawings.drop_old(folder, NOW + drawings.KEEP_SECONDS)
    assert [path.name for path in folder.iterdir()] == [KEYS[1]]


def test_of_too_many_the_longest_unused_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "MOST_BYTES", 6)
    for age, key in enumerate(KEYS):
        drawings.keep(tmp_path, key, b"png", NOW - age)
    drawings.drop_old(tmp_path, NOW)
    assert {path.name for path in tmp_path.iterdir()} == set(KEYS[:2])


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DatabaseFull):
        drawings.keep(tmp_path / "drawn", KEYS[0], b"png", NOW)
    assert list((tmp_path / "drawn").iterdir()) == []


def test_an_officers_file_is_shown_before_a_drawn_one(tmp_path: Path) -> None:
    given = tmp_path / "a.sqlite3.files"
    sha256 = files.write_content(given, b"sent")
    drawings.keep(drawings.folder(given), sha256, b"drawn", NOW)
    assert drawings.shown(given, sha256).read_bytes() == b"sent"
    (given / sha256).unlink()
    assert drawings.shown(given, sha256).read_bytes() == b"drawn"


def test_no_backup_takes_a_drawn_picture(tmp_path: Path) -> None:
    asyncio.run(_made(tmp_path / "a.sqlite3"))
    drawings.keep(tmp_path / "a.sqlite3.drawn", KEYS[0], b"png", NOW)
    backup.make(tmp_path / "a.sqlite3", tmp_path / "copy.sqlite3", tmp_path / "files", NOW)
    assert not [path for path in tmp_path.rglob(KEYS[0]) if path.parent.name != "a.sqlite3.drawn"]


async def _made(path: Path) -> None:
    await (await Database.open(path)).close()


async def test_what_a_platform_has_is_known_by_account_kind_and_name(tmp_path: Path) -> None:
    mine = Upload("telegram", "7", "picture", KEYS[1], "")
    database = await Database.open(tmp_path / "a.sqlite3")
    try:
        await database.write((effect(uploads.save, mine, "AgAC", NOW), effect(uploads.save, mine, "AgAD", NOW + 1)))
        others = [
            Upload("telegram", "8", "picture", KEYS[1], ""), Upload("telegram", "7", "file", KEYS[1], ""),
            Upload("telegram", "7", "picture", KEYS[2], ""), Upload("telegram", "7", "picture", KEYS[1], "a.png"),
        ]  # fmt: skip
        found = await database.read(lambda read: [uploads.known(read, each) for each in (mine, *others)])
        assert found == ["AgAD", "", "", "", ""]
        await database.write((effect(uploads.drop_old, NOW + uploads.KEEP_SECONDS),))
        assert await database.read(lambda read: uploads.known(read, mine)) == "AgAD"
        await database.write((effect(uploads.drop_old, NOW + uploads.KEEP_SECONDS + 2),))
        assert await database.read(lambda read: uploads.known(read, mine)) == ""
        await database.write((effect(uploads.save, mine, "AgAE", NOW), effect(uploads.forget, mine)))
        assert await database.read(lambda read: uploads.known(read, mine)) == ""
    finally:
        await database.close()
