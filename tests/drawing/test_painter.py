"""Painting: once for all who ask, kept over a restart, and a defect costs the picture, never the answer."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.clock import MovableClock
from bot.drawing import painter as painting
from bot.drawing.font import files
from bot.drawing.painter import PROGRAM, Painter
from bot.drawing.svg import svg
from bot.language import languages
from storage import drawings
from storage.errors import DatabaseFull
from tests.chat import ZONE
from tests.drawing.charts import CHARTS, SEVEN

VI, EN = languages(ZONE)["vi"], languages(ZONE)["en"]
NOW = 1_800_000_000


def painter(folder: Path, program: Path = PROGRAM) -> Painter:
    return Painter(folder / "a.sqlite3.drawn", MovableClock(NOW), program)


def program(folder: Path, text: str) -> Path:
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to the program."""
    seen: list[str] = []
    painted = Painter._painted

    async def counted(self: Painter, drawing: str) -> bytes:
        seen.append(drawing)
        return await painted(self, drawing)

    monkeypatch.setattr(Painter, "_painted", counted)
    return seen


async def test_a_picture_of_the_right_size_is_painted_once_and_kept(tmp_path: Path, runs: list[str]) -> None:
    key = await painter(tmp_path).painted(SEVEN, VI)
    assert key is not None
    png = (tmp_path / "a.sqlite3.drawn" / key).read_bytes()
    assert png.startswith(drawings.SIGNATURE)
    height = ElementTree.fromstring(svg(SEVEN, VI)).get("height")  # noqa: S314
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (1080, int(height or 0))
    assert len(png) < 200_000
    assert await painter(tmp_path).painted(SEVEN, VI) == key     # another program on the same folder: a restart
    assert len(runs) == 1
    assert await painter(tmp_path).painted(SEVEN, EN) != key
    assert len(runs) == 2


async def test_two_who_ask_at_once_get_one_picture(tmp_path: Path, runs: list[str]) -> None:
    one = painter(tmp_path)
    keys = await asyncio.gather(*(one.painted(SEVEN, VI) for _ in range(5)), one.painted(CHARTS["one unit"], VI))
    assert len(set(keys[:5])) == 1
    assert len(set(keys)) == 2
    assert len(runs) == 2


@pytest.mark.parametrize("name", CHARTS)
async def test_every_chart_can_be_painted(name: str, tmp_path: Path) -> None:
    assert await painter(tmp_path).painted(CHARTS[name], VI) is not None


def no_room(*args: object) -> None:
    raise DatabaseFull("no room")


DEFECTS: dict[str, str] = {
    "package": "import nothing_of_the_kind\n",
    "crash": "import os\nos.abort()\n",
    "no picture": "print('hello')\n",
    "hangs": "import time\ntime.sleep(60)\n",
    "never reads": "import sys\nsys.exit(3)\n",
}


@pytest.mark.parametrize("defect", DEFECTS)
async def test_a_defect_of_the_program_gives_no_picture_and_is_told(
    defect: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painting, "PAINT_SECONDS", 0.5 if defect == "hangs" else 20.0)
    broken = painter(tmp_path, program(tmp_path, DEFECTS[defect]))
    assert await broken.painted(SEVEN, VI) is None
    assert "A picture could not be drawn" in caplog.text
    assert list((tmp_path / "a.sqlite3.drawn").glob("*")) == []
    assert await painter(tmp_path).painted(SEVEN, VI) is not None       # nothing of it stays


@pytest.mark.parametrize(("where", "how"), [("keep", no_room), ("use", no_room)])
async def test_a_disk_that_is_full_gives_no_picture(
    where: str, how: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(drawings, where, how)
    assert await painter(tmp_path).painted(SEVEN, VI) is None
    assert "no room" in caplog.text


async def test_when_very_many_are_asked_for_the_others_get_words_at_once(
    tmp_path: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(painting, "MOST_WAITING", 2)
    one = painter(tmp_path)
    names = ["one unit", "nobody", "signs", "one unit"]
    keys = await asyncio.gather(*(one.painted(CHARTS[name], VI) for name in names))
    assert [key is None for key in keys] == [False, False, True, False]
    assert len(runs) == 2
    assert "Too many pictures" in caplog.text
    assert await one.painted(CHARTS["signs"], VI) is not None


async def test_who_stops_waiting_does_not_take_the_picture_from_others(tmp_path: Path, runs: list[str]) -> None:
    one = painter(tmp_path)
    gone, stays = asyncio.create_task(one.painted(SEVEN, VI)), asyncio.create_task(one.painted(SEVEN, VI))
    while not runs:  # noqa: ASYNC110 - the program has been started
        await asyncio.sleep(0.01)
    gone.cancel()
    assert await stays is not None
    assert len(runs) == 1


def test_every_vietnamese_letter_is_painted_as_itself() -> None:
    """Beside the letters of the font's table, what is seen: no two letters look alike, and none like the box of a missing one."""
    import resvg_py

    from tests.drawing.test_font import LETTERS

    fonts = list(map(str, files().values()))

    def look(letter: str) -> bytes:
        text = f'<text x="10" y="60" font-size="40" font-family="Be Vietnam Pro" font-weight="500">{letter}</text>'
        drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="80">{text}</svg>'
        return bytes(resvg_py.svg_to_bytes(svg_string=drawing, skip_system_fonts=True, font_files=fonts))

    box, nothing = look("\u4e00"), look("")
    seen = {letter: look(letter) for letter in LETTERS + LETTERS.upper()}
    assert box not in seen.values()
    assert nothing not in seen.values()
    assert len(set(seen.values())) == len(set(LETTERS + LETTERS.upper()))


def test_a_start_loads_nothing_of_what_draws() -> None:
    """Neither the libraries nor our own drawing before the first picture; and never the painter's library in the bot."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, bot.cli.run, bot.application; print([m for m in sys.modules if 'resvg' in m or 'fontpkg' in m"
         " or m in ('bot.drawing.svg', 'bot.drawing.font', 'html')])"],
        capture_output=True, text=True, check=True, cwd=PROGRAM.parents[2],
    )  # fmt: skip
    assert told.stdout.strip() == "[]"
