"""What runs on a server: the container's first process, and the program with nothing but what requirements.txt names."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.service import ROOT, free_port

DEPLOY = ROOT / "deploy"

Starts = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Starts]:
    """The container's first process over a `thidua` that is this shell script."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(DEPLOY / "container.sh", tmp_path)
    program = tmp_path / ".venv" / "bin" / "thidua"

    def start(script: str, *words: str) -> subprocess.Popen[str]:
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        given = words or ("run",)
        started.append(
            subprocess.Popen(
                [str(tmp_path / "container.sh"), *given], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
            )
        )
        return started[-1]

    started: list[subprocess.Popen[str]] = []
    yield start
    for each in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(each.pid, signal.SIGKILL)
        each.communicate()


STAYS = "trap 'echo told; exit {0}' TERM; echo up; sleep 300 & wait $!; exit 9"


def test_a_wrong_setting_is_not_started_again(container: Starts) -> None:
    """It stays until it is stopped, and has named the setting: `restart: unless-stopped` has nothing to start again."""
    held = container("echo 'THIDUA_WEB: expected host:port' >&2; exit 2")
    assert held.stderr is not None
    said = [held.stderr.readline(), held.stderr.readline()]
    assert "THIDUA_WEB" in said[0]
    assert "Not started again" in said[1]
    assert held.poll() is None
    held.terminate()
    assert held.wait(10) == 2


@pytest.mark.parametrize("status", [0, 1, 3, 137])
def test_every_other_end_is_the_containers_own(container: Starts, status: int) -> None:
    assert container(f"exit {status}").wait(10) == status


@pytest.mark.parametrize("status", [0, 1])
def test_a_signal_reaches_the_bot_and_its_end_is_waited_for(container: Starts, status: int) -> None:
    running = container(STAYS.format(status))
    assert running.stdout is not None
    assert running.stdout.readline() == "up\n"
    running.terminate()
    assert running.stdout.readline() == "told\n"
    assert running.wait(10) == status


def test_other_commands_are_handed_on_with_their_end_and_their_input(container: Starts) -> None:
    assert container('[ "$*" = "plan apply /plan" ] && exit 2', "plan", "apply", "/plan").wait(10) == 2
    asked = container('[ "$*" = "doctor" ] && exit 1', "doctor")
    assert asked.wait(10) == 1


DEVELOPMENT = """
import importlib.abc, importlib.metadata, re, sys
pinned = {re.sub("[-_.]+", "-", name).lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", open(sys.argv.pop(1)).read(), re.M)}
mine = {re.sub("[-_.]+", "-", each.metadata["Name"]).lower(): each for each in importlib.metadata.distributions()}
given = {file.parts[0].removesuffix(".py") for name, each in mine.items() if name in pinned for file in each.files or ()}
other = {file.parts[0].removesuffix(".py") for name, each in mine.items() if name not in pinned | {"thidua"} for file in each.files or ()}

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in other - given:
            raise ModuleNotFoundError(f"{name} is for development only", name=name)

sys.meta_path.insert(0, Absent())
assert {"pytest", "hypothesis", "mypy"} <= other - given
from bot.cli import main
sys.exit(main())
"""
"""Runs the program where nothing that requirements.txt does not name can be imported."""


def test_what_requirements_txt_names_is_enough(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "THIDUA_DATABASE": str(tmp_path / "a.sqlite3"), "LANG": "C.UTF-8"}

    def thidua(*words: str, **more: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-c", DEVELOPMENT, str(ROOT / "requirements.txt"), *words]
        return subprocess.Popen(program, cwd=tmp_path, env=environ | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    sample = ROOT / "bot" / "demo" / "data" / "2026"
    for words in (
        ("plan", "check", str(sample)), ("plan", "apply", str(sample)), ("plan", "export", "plan"), ("invite", "-", "secretary"),
        ("standings", "--year", "2026"), ("export", "out"), ("backup", "backups/"), ("restore", "--check", "backups/"),
    ):  # fmt: skip
        done = thidua(*words)
        said, _ = done.communicate(timeout=120)
        assert done.returncode == 0, (words, said)
    given = {"THIDUA_WEB": f"127.0.0.1:{free_port()}", "THIDUA_PUBLIC_URL": "http://127.0.0.1", "THIDUA_BACKUP": "nightly"}
    bot = thidua("run", **given)
    assert bot.stdout is not None
    heard = next((line for line in bot.stdout if "Hệ thống đang chạy" in line or "Traceback" in line), "")
    bot.send_signal(signal.SIGTERM)
    rest, _ = bot.communicate(timeout=60)
    assert ("Hệ thống đang chạy" in heard, bot.returncode) == (True, 0), heard + rest
