"""A released program's database under this one: the bot goes on where that one was killed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from storage.migrations import numbered
from tests.chat import WITH_BUTTONS, Chat
from tests.storage.released_schemas import build

JUST_AFTER = 1_795_402_860
"""A minute after what the rows tell of."""


async def test_the_bot_goes_on_with_the_database_of_the_first_release(tmp_path: Path) -> None:
    build(tmp_path / "a.sqlite3", 1)
    connection = sqlite3.connect(tmp_path / "a.sqlite3")
    connection.execute("UPDATE outbox SET channel = 'web', address = 'langson'")
    connection.commit()
    connection.close()
    chat = Chat(tmp_path / "a.sqlite3", JUST_AFTER, WITH_BUTTONS, "web")
    await chat.open()
    try:
        await chat.application.tick()
        await chat.application.settle()
        waited = [delivered.part.text for letters in chat.channel.delivered.values() for delivered in letters]
        assert any("Đã ghi nhận: Báo cáo 9 tháng năm 2026." in text for text in waited)
        chat.new("secretary")
        (ranking,) = await chat.say("secretary", "xếp hạng")
        assert ranking.text.startswith("Xếp hạng năm 2026")
        chat.new("langson")
        (mine,) = await chat.say("langson", "việc của tôi")
        assert "Báo cáo" in mine.text
        version = await chat.application.database.read(lambda read: read.execute("PRAGMA user_version").fetchone()[0])
        assert version == numbered()[-1][0]
    finally:
        await chat.close()
