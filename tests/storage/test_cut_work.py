"""The log of a bot that was killed amid real work, cut anywhere: what is left is a state from which it goes on, with nothing half done.

Reports with a file, broadcasts, links between accounts, signed pages and erased people: every table that a turn writes to is in it.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from bot.application import random_minting
from storage import page_links
from storage import people as people_stored
from storage.connection import effect
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.consistency import problems
from tests.transcript import Player, Step

ROUNDS = 150 if os.environ.get("DRILL") == "full" else 8
TABLES = ("reports", "revisions", "evidence", "broadcasts", "broadcast_recipients", "page_links", "menus", "outbox", "inbox", "audit")


async def worked(path: Path) -> Chat:
    """Everybody has been busy, and nothing was folded into the file."""
    chat = Chat(path, START, WITH_BUTTONS, "test")
    await chat.open()
    player = Player(chat)
    people = {}
    for who in ("Hà (thư ký)", "Hoa (cán bộ, Lai Châu)", "Đức (cán bộ, Lào Cai)"):
        await player.play(Step("#", f"as {who}", []))
        people[who[:3].strip()] = player.address
    await chat.say(people["Hoa"], "báo cáo quý 3: ntm01 12, ntm02 1")
    await chat.say(people["Hoa"], "xem lại")
    await chat.choose(people["Hoa"], "Xác nhận")
    await chat.say(people["Hoa"], "báo cáo 6 tháng: ntm01 12")
    await chat.send_file(people["Hoa"], "minh-chung.pdf", b"%PDF-1.7 minh chung")
    await chat.say(people["Hoa"], "xem lại")
    await chat.choose(people["Hoa"], "Xác nhận")
    await chat.say(people["Hà"], "/thongbao toàn Cụm: Ngày mai họp lúc 14h.")
    await chat.choose(people["Hà"], "Xác nhận")
    said = await chat.say(people["Đức"], "/lienket code")
    (code,) = re.findall(r"\bTHDU[A-Z0-9]{4}\b", "\n".join(part.text for part in said))
    await chat.say("stranger-hai", code)
    await chat.choose("stranger-hai", "Đồng ý")
    await chat.say(people["Hoa"], "xóa dữ liệu của tôi")
    await chat.choose(people["Hoa"], "Xóa")
    await chat.advance(8 * 86_400)
    person = await chat.application.database.read(lambda read: people_stored.by_account(read, "test", people["Đức"]))
    assert person is not None
    for number in range(5):
        link = effect(page_links.add, f"token{number}", "form", person.id, "duty:E16:LAO_CAI", chat.clock.now(), chat.clock.now() + 600)
        await chat.application.database.write((link,))
    return chat


async def count(chat: Chat, table: str) -> int:
    return await chat.application.database.read(lambda read: int(read.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]))     # noqa: S608


async def test_cut_anywhere_it_goes_on(cluster: Callable[[], Path], tmp_path: Path) -> None:
    drawn = random.Random(20_261_124)
    path = cluster()
    chat = await worked(path)
    try:
        kept = tmp_path / "killed"
        kept.mkdir()
        for each in (path, path.with_name(path.name + "-wal")):
            shutil.copy(each, kept / each.name)
        shutil.copytree(path.with_name(path.name + ".files"), kept / (path.name + ".files"))
        for table in TABLES:
            assert await count(chat, table) > 0, table
    finally:
        await chat.close()
    log = kept / (path.name + "-wal")
    size = log.stat().st_size
    assert size > 500_000
    decided = []
    for number in range(ROUNDS):
        folder = shutil.copytree(kept, tmp_path / str(number))
        with (folder / log.name).open("r+b") as cut:
            cut.truncate(drawn.randrange(size))
        after = Chat(folder / path.name, START + 9 * 86_400, WITH_BUTTONS, "test")
        after.minting = random_minting()        # the tests' own counts from one again
        after.channel.uploads |= chat.channel.uploads
        await after.open()
        try:
            await after.application.settle()
            await after.application.tick()
            await after.application.settle()
            decided.append(await count(after, "audit"))
        finally:
            await after.close()
        assert problems(folder / path.name, now=after.clock.now()) == [], number
        shutil.rmtree(folder)
    assert len(set(decided)) > 2, "cuts fell on different turns"
