"""Every transcript, with buttons and without: the same conversation, the same words."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.chat import WITH_BUTTONS, WITHOUT_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, matches, only, read, start_of, write

FOLDER = Path(__file__).parent / "transcripts"
TRANSCRIPTS = sorted(FOLDER.rglob("*.txt"))
VARIANTS = {"buttons": WITH_BUTTONS, "plain": WITHOUT_BUTTONS}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def test_transcript(path: Path, variant: str, sample: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    steps = read(path)
    if only(steps) not in (None, variant):
        pytest.skip(f"only {only(steps)}")
    update = bool(request.config.getoption("--update")) and (variant == "buttons" or only(steps) is not None)
    database = Path(shutil.copy(sample, tmp_path / "cluster.sqlite3"))

    async def play() -> list[str]:
        chat = Chat(database, start_of(steps, START), VARIANTS[variant], f"test{variant}")
        await chat.open()
        wrong = []
        try:
            player = Player(chat)
            for step in steps:
                actual = await player.play(step)
                if update and not (step.expected and matches(step.expected, actual)):
                    step.expected = actual
                elif not matches(step.expected, actual):
                    told = [f"{step.sign} {step.text}", "  expected:", *step.expected, "  read:", *actual]
                    wrong.append("\n    ".join(told))
        finally:
            await chat.close()
        return wrong

    wrong = asyncio.run(play())
    if update:
        write(path, steps)
    assert not wrong, "\n".join(wrong)


def test_there_are_enough_transcripts_and_the_limited_ones_are_few() -> None:
    limited = [path.name for path in TRANSCRIPTS if only(read(path)) is not None]
    assert len(TRANSCRIPTS) >= 60
    assert len(limited) <= 6, limited
