"""A group in which the bot is addressed: what is public is answered there, everything else belongs into the private chat."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step

PRIVATE = "Đề nghị đồng chí hỏi nội dung này trong cuộc trò chuyện riêng với hệ thống."

SAID = {
    "/xephang lạng sơn": "Lạng Sơn: hạng",
    "xep hang": "Xếp hạng năm 2026",
    "/viec": PRIVATE,
    "dữ liệu của tôi": PRIVATE,
    "báo cáo quý 3": PRIVATE,
    "/thongbao": PRIVATE,
    "thông báo cho toàn cụm: họp lúc 14h": PRIVATE,
    "mời cán bộ Lạng Sơn": PRIVATE,
    "chiều nay ai đi ăn cơm không": "Chưa rõ.",
    "NTM01: 85": "Chưa rõ.",
}


@pytest.mark.parametrize("text", SAID)
def test_a_group_reads_public_answers_only(text: str, sample: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(sample, tmp_path / "cluster.sqlite3"))

    async def play() -> str:
        chat = Chat(database, START, WITH_BUTTONS, "testbuttons")
        await chat.open()
        try:
            player = Player(chat)
            await player.play(Step("#", "as Lan (cán bộ, Lạng Sơn)", []))
            parts = await chat.say("group-1", text, place="group", sender=player.address)
            return "\n".join(part.text for part in parts)
        finally:
            await chat.close()

    assert SAID[text] in asyncio.run(play())
