"""The instance lock: by whichever road, one holder; named; gone with the process; a clear sentence where it cannot be had."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot import lock
from bot.clock import MovableClock
from bot.language import Language
from storage.database_file import lock_path

ROOT = Path(__file__).parents[1]
HOLD = """
import sys
from pathlib import Path
from bot import lock
held = lock.hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_is_told_who_holds_it_and_since_when(tmp_path: Path) -> None:
    with lock.hold(tmp_path / "a.sqlite3", MovableClock(1_795_402_800)) as held:
        assert not held.unclean
        with pytest.raises(lock.AlreadyRunning) as refused:
            lock.hold(tmp_path / "a.sqlite3")
    assert refused.value.holder == f"{os.getpid()}@{socket.gethostname()}"
    assert refused.value.since == 1_795_402_800
    said = Language.load("vi").text(refused.value.message)
    assert f"{os.getpid()}@" in said
    assert "10:00 23/11/2026" in said
    lock.hold(tmp_path / "a.sqlite3").close()


def test_a_holder_that_has_just_begun_is_named_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter(["", "", "4711@may-chu 1795402800"])
    with lock.hold(tmp_path / "a.sqlite3"):
        monkeypatch.setattr(lock, "_read", lambda handle: next(found))
        with pytest.raises(lock.AlreadyRunning) as refused:
            lock.hold(tmp_path / "a.sqlite3")
    assert (refused.value.holder, refused.value.since) == ("4711@may-chu", 1_795_402_800)


def test_links_and_relative_paths_meet_the_same_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "a.sqlite3"
    real.touch()
    (tmp_path / "link.sqlite3").symlink_to(real)
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path / "real")
    roads = [real, tmp_path / "link.sqlite3", tmp_path / "folder" / "a.sqlite3", Path("a.sqlite3"), Path("../real/./a.sqlite3")]
    with lock.hold(real):
        for road in roads:
            with pytest.raises(lock.AlreadyRunning):
                lock.hold(road)
    with lock.hold(roads[-1]), pytest.raises(lock.AlreadyRunning):
        lock.hold(real)
    with lock.hold(tmp_path / "real" / "b.sqlite3"), lock.hold(real):
        pass


def test_a_killed_holder_blocks_nobody_and_leaves_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(lock.AlreadyRunning) as refused:
            lock.hold(path)
        assert refused.value.holder.startswith(f"{process.pid}@")
        process.kill()
    with lock.hold(path) as held:
        assert held.unclean
    with lock.hold(path) as held:
        assert not held.unclean


@pytest.mark.parametrize("left", [b"", b"\xff\xfe nonsense", b"42@host", b"42@host yesterday"])
def test_any_text_in_the_lock_file_is_borne(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "a.sqlite3.lock"
    path.write_bytes(left)
    with lock.hold(tmp_path / "a.sqlite3") as held:
        path.write_bytes(left)
        with pytest.raises(lock.AlreadyRunning) as refused:
            lock.hold(tmp_path / "a.sqlite3")
        assert refused.value.since is None
        assert held.unclean == bool(left)


def test_a_lock_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite3.lock").mkdir()
    with pytest.raises(lock.LockError) as refused:
        lock.hold(tmp_path / "a.sqlite3")
    said = Language.load("vi").text(refused.value.message)
    assert said.startswith("Không ghi được tệp khóa")
    assert "a.sqlite3.lock" in said


def test_a_full_disk_is_a_sentence_and_gives_the_lock_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("bot.lock.os.pwrite", _full)
        with pytest.raises(lock.LockError, match="cannot be written"):
            lock.hold(tmp_path / "a.sqlite3")
    lock.hold(tmp_path / "a.sqlite3").close()


def _full(handle: int, words: bytes, place: int) -> int:
    raise OSError(28, "No space left on device")


def test_the_demo_holds_the_lock_of_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.cli import demo, main

    refused: list[str] = []

    async def serve(path: Path, *given: object) -> int:
        with pytest.raises(lock.AlreadyRunning) as error:
            lock.hold(path)
        refused.append(error.value.holder)
        return 0

    monkeypatch.setattr(demo, "_serve", serve)
    monkeypatch.delenv("THIDUA_TELEGRAM_TOKEN", raising=False)
    assert main(["demo", "--no-browser"]) == 0
    assert refused == [f"{os.getpid()}@{socket.gethostname()}"]


def test_the_name_of_one_that_was_killed_is_not_taken_for_the_holders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two begin at one instant: the refused one looks before the other has written its name over the old one."""
    database = tmp_path / "t.sqlite3"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    holder = lock_path(database).open("w+")
    fcntl.flock(holder, fcntl.LOCK_EX)
    machine = socket.gethostname()
    holder.write(f"{ended.pid}@{machine} 1")
    holder.flush()

    def write_now(seconds: float) -> None:
        os.pwrite(holder.fileno(), f"{os.getpid()}@{machine} 2".ljust(40).encode(), 0)

    monkeypatch.setattr(lock.time, "sleep", write_now)
    with holder, pytest.raises(lock.AlreadyRunning) as refused:
        lock.hold(database)
    assert (refused.value.holder, refused.value.since) == (f"{os.getpid()}@{machine}", 2)
