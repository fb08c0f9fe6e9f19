"""Every transcript on every channel: the same conversation, the same words."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import START
from tests.conversation import Conversation
from tests.lines import CHANNELS, Platforms
from tests.transcript import Player, changes_channel, matches, only, read, start_of, write

FOLDER = Path(__file__).parent / "transcripts"
TRANSCRIPTS = {path.relative_to(FOLDER).with_suffix("").as_posix(): path for path in sorted(FOLDER.rglob("*.txt"))}
ALL = "all"
"""The form of a transcript that changes the channel: an application with all of them."""

LIMITED: dict[str, tuple[str, ...]] = {
    "broadcast/file_first": ("telegram", "web",),
    "broadcast/with_a_file": ("telegram", "web",),
    "correct/block_and_file": ("telegram", "web",),
    "group/codes_and_secrets": ("telegram", "zalo",),
    "group/public_facts": ("telegram", "zalo",),
    "group/talk": ("telegram", "zalo",),
    "group/two_at_once": ("telegram", "zalo",),
    "ranking/a_chart_in_words": ("zalo", "console"),
    "ranking/as_a_chart": ("telegram", "web"),
    "report/edited_message": ("telegram",),
    "report/evidence": ("telegram", "web",),
    "report/narrative_and_file": ("telegram", "web",),
    "report/photo_instead_of_figure": ("telegram", "zalo", "web",),
    "words/edited_message": ("telegram",),
}
"""What is not played everywhere, and where it is. That a channel cannot do something is the only reason to add to this."""


def forms(path: Path) -> tuple[str, ...]:
    steps = read(path)
    return (ALL,) if changes_channel(steps) else only(steps) or CHANNELS


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def platforms(loop: asyncio.Runner) -> Iterator[Platforms]:
    """The fakes, for all transcripts."""
    platforms = loop.run(Platforms().__aenter__())
    yield platforms
    loop.run(platforms.__aexit__())


@pytest.fixture(scope="module")
def unvisited(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample cluster, whose people use another page than the one under test: what they see here is what a transcript gives them."""
    path = Path(shutil.copy(sample, tmp_path_factory.mktemp("unvisited") / "cluster.sqlite3"))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE accounts SET channel = 'elsewhere-' || channel")
    return path


@pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name, path in TRANSCRIPTS.items() for form in forms(path)]
)
def test_transcript(
    name: str, form: str, unvisited: Path, tmp_path: Path, request: pytest.FixtureRequest, loop: asyncio.Runner, platforms: Platforms
) -> None:
    path = TRANSCRIPTS[name]
    steps = read(path)
    update = bool(request.config.getoption("--update")) and form == forms(path)[0]
    database = Path(shutil.copy(unvisited, tmp_path / "cluster.sqlite3"))
    lines = [platforms.line(channel) for channel in (CHANNELS if form == ALL else (form,))]

    async def play() -> list[str]:
        chat = Conversation(database, start_of(steps, START), lines)
        await chat.open()
        wrong = []
        try:
            player = Player(chat)
            for step in filter(player.plays, steps):
                actual = await player.play(step)
                expected = player.expected(step)
                if update and not (expected and matches(expected, actual)):
                    step.expected = actual
                elif not matches(expected, actual):
                    told = [f"{step.sign} {step.text}", "  expected:", *expected, "  read:", *actual]
                    wrong.append("\n    ".join(told))
        finally:
            await chat.close()
        return wrong

    wrong = loop.run(play())
    if update:
        write(path, steps)
    assert not wrong, "\n".join(wrong)


def test_there_are_enough_transcripts_and_the_limited_ones_are_listed() -> None:
    assert len(TRANSCRIPTS) >= 120
    assert sum(changes_channel(read(path)) for path in TRANSCRIPTS.values()) >= 1
    assert {name: found for name, path in TRANSCRIPTS.items() if (found := only(read(path)))} == LIMITED
