"""What takes long says on a terminal what it is at; nothing is written where nobody looks."""

from __future__ import annotations

import io

import pytest

from bot.cli.progress import Progress, working
from bot.language import Language
from handlers.kit.message import m
from tests.cli.running import DATA, Run

VIETNAMESE = Language.load("vi")
READING = m("Reading {file}", file="units.csv")


class Screen(io.StringIO):
    """A stderr that may be a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("terminal", "seconds", "shown"), [(True, 1.9, False), (True, 2.0, True), (False, 60.0, False)])
def test_only_a_terminal_and_only_after_two_seconds(terminal: bool, seconds: float, shown: bool) -> None:
    screen, clock = Screen(terminal=terminal), Seconds()
    progress = Progress(VIETNAMESE, READING, out=screen, clock=clock)
    clock.now = seconds
    progress.draw()
    progress.clear()
    assert screen.getvalue() == ("\r\x1b[KĐang đọc units.csv … 2 giây\r\x1b[K" if shown else "")


def test_one_line_is_rewritten_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    screen, clock = Screen(terminal=True), Seconds()
    progress = Progress(VIETNAMESE, READING, out=screen, clock=clock)
    clock.now = 3.2
    progress.draw()
    clock.now = 4.2
    progress.at(m("Computing the scores of {year}", year="2026"))
    progress.at(m("Reading {file}", file="a/very/long/path/to/results.csv"))
    progress.clear()
    progress.clear()
    lines = screen.getvalue().split("\r\x1b[K")
    assert lines == ["", "Đang đọc units.csv … 3 giây", "Đang tính điểm năm 2026 … 4 gi…"[:28] + "…", "Đang đọc a/very/long/path/to…", ""]
    assert all(len(line) < 30 for line in lines)
    assert "\n" not in screen.getvalue()


def test_the_line_is_gone_when_the_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(terminal=True)
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("bot.cli.progress.PATIENCE", 0.0)

    def fail() -> None:
        with working(VIETNAMESE, READING) as progress:
            progress.draw()
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert screen.getvalue().endswith("\r\x1b[K")
    assert "Đang đọc units.csv" in screen.getvalue()


def test_the_commands_tell_what_they_are_at(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(Progress, "at", lambda self, what: told.append(VIETNAMESE.text(what)))
    assert thidua("plan", "apply", str(DATA / "2024")).status == 0
    assert told[:2] == ["Đang đọc units.csv", "Đang đọc memberships.csv"]
    assert told[-2:] == ["Đang so với kế hoạch hiện hành", "Đang ghi vào cơ sở dữ liệu, cập nhật nhiệm vụ và điểm"]
    told.clear()
    results = DATA / "2024" / "results_2024_constructed.csv"
    assert thidua("results", "import", str(results), "--year", "2024").err == ""
    assert told == [f"Đang đọc {results}", "Đang tính điểm năm 2024", "Đang ghi vào cơ sở dữ liệu"]
