"""What the secretary is told of the data itself: a restore once, failing backups once a day, nothing in quiet hours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from storage import backup, restoring
from storage.backup import Note
from storage.connection import effect
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step

HOUR = 3_600


@pytest.fixture
async def chat(cluster: Callable[[], Path]) -> AsyncIterator[Chat]:
    chat = Chat(cluster(), START, WITH_BUTTONS, "test")
    await chat.open()
    yield chat
    await chat.close()


async def speak_as(chat: Chat, who: str) -> str:
    player = Player(chat)
    await player.play(Step("#", f"as {who}", []))
    return player.address


async def told(chat: Chat, address: str) -> list[str]:
    await chat.application.tick()
    await chat.application.settle()
    return [part.text for part in chat.new(address) if "sao lưu" in part.text.lower() or "phục hồi" in part.text.lower()]


async def failed(chat: Chat) -> None:
    await chat.application.database.write((effect(backup.note, Note(chat.clock.now(), "/b", "the disk is full")),))


async def test_failing_backups_are_told_once_a_day_until_one_is_made(chat: Chat) -> None:
    secretary, officer = await speak_as(chat, "Hà (thư ký)"), await speak_as(chat, "Hoa (cán bộ, Lai Châu)")
    assert await told(chat, secretary) == []
    await failed(chat)
    (said,) = await told(chat, secretary)
    assert said.startswith("Chưa sao lưu được dữ liệu")
    assert "lần thử gần nhất: 08:00 23/11/2026" in said
    assert "the disk is full" not in said
    chat.clock.advance(HOUR)
    await failed(chat)
    assert await told(chat, secretary) == []
    chat.clock.advance(24 * HOUR)
    await failed(chat)
    assert len(await told(chat, secretary)) == 1
    await chat.application.database.write((effect(backup.note, Note(chat.clock.now(), "/b/x")),))
    chat.clock.advance(24 * HOUR)
    assert await told(chat, secretary) == []
    assert await told(chat, officer) == []


async def test_at_night_it_waits_for_the_morning(chat: Chat) -> None:
    secretary = await speak_as(chat, "Hà (thư ký)")
    chat.clock.advance(18 * HOUR)
    await failed(chat)
    assert await told(chat, secretary) == []
    chat.clock.advance(7 * HOUR)
    assert len(await told(chat, secretary)) == 1


async def test_a_restore_is_told_once_and_survives_a_restart(chat: Chat, tmp_path: Path) -> None:
    secretary = await speak_as(chat, "Hà (thư ký)")
    backup.make(chat.path, tmp_path / "copy.sqlite3", tmp_path / "files", START - 6 * HOUR)
    await chat.application.database.close()
    restoring.restore(restoring.inspect(tmp_path / "copy.sqlite3", chat.path), chat.path, START, "x")
    await chat.open()
    (said,) = await told(chat, secretary)
    assert said.startswith("Dữ liệu đã được phục hồi")
    assert "Lúc 08:00 23/11/2026" in said
    assert "về thời điểm 02:00 23/11/2026" in said
    await chat.restart()
    assert await told(chat, secretary) == []
    chat.clock.advance(24 * HOUR)
    assert await told(chat, secretary) == []
