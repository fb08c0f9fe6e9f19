"""Running the command line in-process, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main

DATA = Path(__file__).parents[2] / "bot" / "demo" / "data"


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    out: str
    err: str


Run = Callable[..., Ran]


def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """A function that runs ``thidua ARGS…`` in an empty folder, in Vietnamese."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    for name in ("THIDUA_LANGUAGE", "THIDUA_TIMEZONE", "THIDUA_TELEGRAM_TOKEN", "THIDUA_WEB", "THIDUA_METRICS", "THIDUA_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("THIDUA_DATABASE", str(home / "cluster.sqlite3"))

    def run(*words: str) -> Ran:
        capfdbinary.readouterr()
        status = main(list(words))
        out, err = capfdbinary.readouterr()
        return Ran(status, out.decode(), err.decode())

    return run
