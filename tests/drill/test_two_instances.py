"""Two programs started on one database in the same instant: one of them serves, the other says who does, and nothing is done twice."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.cli.service import Service
from tests.consistency import problems
from tests.drill import audit
from tests.drill.conftest import FULL

OFFICER = 7_700_112_233


async def decided(database: Path, updates: int) -> None:
    """Wait until so many updates are stored and decided."""
    async with asyncio.timeout(60):
        while not audit.all_decided(database, updates):     # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)


async def test_one_serves_and_the_other_names_it(sample: Path, tmp_path: Path) -> None:
    """Round after round; each time the one that serves is killed, so that what the next two meet is what a crash leaves behind."""
    database = Path(shutil.copy(sample, tmp_path / "cluster.sqlite3"))
    async with FakeTelegram() as telegram:
        given = {"THIDUA_TELEGRAM_TOKEN": TOKEN, "THIDUA_TELEGRAM_API": telegram.root, "THIDUA_TELEGRAM_PACE": "off"}
        telegram.open_chat(OFFICER)
        rounds = 12 if FULL else 2
        for number in range(1, rounds + 1):
            async with Service(tmp_path, **given) as one, Service(tmp_path, **given) as other:
                ends = {asyncio.create_task(each.process.wait()): each for each in (one, other)}
                done, _ = await asyncio.wait(ends, timeout=60, return_when=asyncio.FIRST_COMPLETED)
                assert len(done) == 1, (one.told, other.told)
                refused = ends[done.pop()]
                serving = other if refused is one else one
                assert await refused.ends() == 1, refused.told
                assert str(serving.process.pid) in refused.told
                await serving.running()
                await telegram.say(OFFICER, "/start")
                await decided(database, number)
                serving.process.kill()
                await serving.process.wait()
                await asyncio.gather(*ends, return_exceptions=True)
        async with Service(tmp_path, **given) as last:
            await last.running()
            await telegram.until(lambda: len(telegram.sent(OFFICER)) >= rounds)
            assert await last.terminated() == 0
        assert telegram.violations == []
    assert len(audit.keys(database, "telegram")) == rounds
    assert problems(database) == []
    print(f"drill two instances at once: {rounds} rounds")      # noqa: T201
