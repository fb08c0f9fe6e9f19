"""A ranking as a picture: from the folder of pictures beside drawn anew, in turn; and what a repeat uploads to a fake Bot API.

``python -m tests.bench.pictures FOLDER``
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from datetime import date
from pathlib import Path

from bot.application import Application
from bot.channels.telegram import Telegram
from bot.clock import SystemClock
from bot.drawing.painter import Painter
from bot.language import languages
from handlers.kit.chart import Bar, Chart, windows
from handlers.kit.message import verbatim
from handlers.scores.board import Board
from handlers.scores.standing import shown
from storage.connection import Database, Snapshot
from tests.bench import cluster
from tests.channels.fake_telegram import TOKEN, FakeTelegram

TIMES = 5
KEPT_TIMES = 20
OWN = 1_234


def _chart(read: Snapshot) -> Chart:
    """What an officer in the middle of 3,321 units is shown."""
    board = Board(read, date.today().year)  # noqa: DTZ011
    lines = [line for window in windows(cluster.COMMUNES, OWN) for line in board.page(window.start, len(window))]
    bars = tuple(Bar(str(line.rank), line.name, shown(line.total), place == 7, place - 5) for place, line in enumerate(lines))
    return Chart(verbatim("Xếp hạng năm 2026 (tạm tính)"), None, bars, (verbatim("Tính theo số tự chấm; không thiếu số liệu."),))


async def _ratio(chart: Chart, folder: Path) -> dict[str, float]:
    vi, painter = languages(cluster.ZONE)["vi"], Painter(folder, SystemClock())
    drawn, kept = [], []
    for _ in range(TIMES):
        began = time.perf_counter()
        key = await painter.painted(chart, vi)
        drawn.append(time.perf_counter() - began)
        assert key is not None
        for _ in range(KEPT_TIMES):
            began = time.perf_counter()
            assert await painter.painted(chart, vi) == key
            kept.append(time.perf_counter() - began)
        await asyncio.to_thread((folder / key).unlink)
    return {"drawn": statistics.median(drawn) * 1000, "kept": statistics.median(kept) * 1000}


async def _uploads(database: Database) -> list[int]:
    """Bytes uploaded by the bot's answers to three officers of one unit, one after another, who ask for the same picture."""
    async with FakeTelegram() as platform:
        clock = SystemClock()
        telegram = Telegram(TOKEN, clock.now, platform.root)
        application = Application(database, (telegram,), clock, cluster.ZONE, background=False)
        for number in (OWN, OWN + cluster.COMMUNES, OWN + 2 * cluster.COMMUNES):
            await platform.say(int(cluster.address(number)), "/xephang hình")
            update = platform._updates.pop()
            await application.receiver("telegram")(str(update["update_id"]), json.dumps(update))
            await application.settle()
        await telegram.close()
        assert platform.violations == []
        return [sum(len(upload.content) for upload in call.uploads.values()) for call in platform.called("sendPhoto")]


async def main(folder: Path) -> dict[str, object]:
    database = await Database.open(await cluster.copy(cluster.COMMUNES, folder / "pictures.sqlite3"))
    try:
        found = await _ratio(await database.read(_chart), folder / "drawn")
        return {**found, "ratio": found["kept"] / found["drawn"], "uploads": await _uploads(database)}
    finally:
        await database.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
