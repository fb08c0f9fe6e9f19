"""Who has his data erased leaves no trace of name or address: not in the tables, and not in the bytes of the file and its log."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from storage import outbox, people, settings
from storage.connection import Database, Snapshot, Transaction, effect
from storage.erasing import forget_the_erased
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step

NAME = "Zznữ Tuyệtdanh"
ADDRESS = "stranger-Zznữ-Tuyệtdanh"


def traces(path: Path, needle: str) -> int:
    """How often the needle stands in the bytes of the file and of its log."""
    log = path.with_name(path.name + "-wal")
    return sum(each.read_bytes().count(needle.encode()) for each in (path, log) if each.exists())


async def joined(path: Path) -> Chat:
    """Somebody has joined, has been asked, has reported, is named to the secretary, and has been reminded."""
    chat = Chat(path, START, WITH_BUTTONS, "test")
    await chat.open()
    player = Player(chat)
    await player.play(Step("#", "as Hà (thư ký)", []))
    said = await chat.say(player.address, "mời cán bộ Lai Châu")
    (code,) = re.findall(r"\bTHDU[A-Z0-9]{4}\b", "\n".join(part.text for part in said))
    await chat.say(ADDRESS, code)
    (told,) = await chat.choose(ADDRESS, "Đồng ý")
    assert NAME in told.text
    for words in ("báo cáo quý 3: ntm01 12, ntm02 1", "xem lại"):
        await chat.say(ADDRESS, words)
    await chat.choose(ADDRESS, "Xác nhận")
    await chat.say(player.address, "/nguoi")
    await chat.advance(86_400)
    return chat


async def test_no_byte_of_the_name_is_left(cluster: Callable[[], Path]) -> None:
    path = cluster()
    chat = await joined(path)
    await chat.say(ADDRESS, "xóa dữ liệu của tôi")
    await chat.choose(ADDRESS, "Xóa")
    await chat.advance(3_600)                       # the last answer to him goes with the hourly sweep
    await chat.close()
    owner = await Database.open(path, owner=True)
    try:
        await owner.fold()
        assert traces(path, "Zznữ") == 0
        assert path.with_name(path.name + "-wal").stat().st_size == 0
    finally:
        await owner.close()


async def test_the_needle_is_found_before(cluster: Callable[[], Path]) -> None:
    """The test above can fail: until he is erased his name is in the file."""
    path = cluster()
    await (await joined(path)).close()
    assert traces(path, "Zznữ") > 0


async def test_what_is_under_way_still_arrives_and_then_goes(cluster: Callable[[], Path]) -> None:
    """His last answer, and what others have not read yet."""
    def letters(read: Snapshot) -> list[tuple[str, str, str]]:
        return read.execute("SELECT address, state, reply FROM outbox WHERE channel = 'x' ORDER BY id").fetchall()

    database = await Database.open(cluster())
    try:
        await database.write((
            effect(people.add_person, "p", NAME, "", "vi", START), effect(people.link, "x", "his", "p", START),
            *(effect(outbox.queue, "x", address, f'"{NAME}"', "vi", START, person_id=person)
              for address, person in (("his", "p"), ("his", None), ("other", None), ("third", None))),
        ))      # fmt: skip
        first = await database.read(lambda read: int(read.execute("SELECT MIN(id) FROM outbox WHERE channel = 'x'").fetchone()[0]))
        await database.write(tuple(effect(outbox.settle, first + place, "sent", None, START) for place in (1, 2)))
        await database.write((effect(people.erase, "p", "2026-11-22", START),))
        named = f'"{NAME}"'
        assert await database.read(letters) == [("his", "waiting", named), ("other", "sent", ""), ("third", "waiting", named)]
        await database.write((effect(outbox.settle, first, "sent", None, START), effect(forget_the_erased, START)))
        assert await database.read(letters) == [("other", "sent", ""), ("third", "waiting", named)]
    finally:
        await database.close()


async def test_what_a_chat_page_tells_of_him_goes_too(cluster: Callable[[], Path]) -> None:
    database = await Database.open(cluster())
    message = (
        "INSERT INTO web_messages (address, author, kind, text, buttons, sha256, name, media_type, protect, at)"
        " VALUES ('other', 'bot', 'text', ?, '[]', '', '', '', 0, ?)"
    )

    def told(tx: Transaction) -> None:
        for text in (f"{NAME} đã tham gia.", "Ngày mai họp."):
            tx.execute(message, (text, START))

    try:
        await database.write((effect(people.add_person, "p", NAME, "", "vi", START), effect(told)))
        await database.write((effect(people.erase, "p", "2026-11-22", START),))
        left = await database.read(lambda read: read.execute("SELECT text FROM web_messages WHERE address = 'other'").fetchall())
        assert left == [("Ngày mai họp.",)]
    finally:
        await database.close()


async def test_the_log_is_folded_by_its_owner_when_nobody_reads(cluster: Callable[[], Path]) -> None:
    """And never where Litestream replicates it."""
    path = cluster()
    log = path.with_name(path.name + "-wal")
    owner = await Database.open(path, owner=True)
    guest = await Database.open(path)
    try:
        await owner.write((effect(settings.put, "a", "b"),))
        await guest.fold()
        assert log.stat().st_size > 0
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT COUNT(*) FROM people").fetchone()
            await owner.write((effect(settings.put, "a", "c"),))
            await owner.fold()
            assert log.stat().st_size > 0
        replica = path.with_name(f".{path.name}-litestream")
        replica.mkdir()
        await owner.fold()
        assert log.stat().st_size > 0
        replica.rmdir()
        await owner.fold()
        assert log.stat().st_size == 0
        await owner.write((effect(settings.put, "a", "d"),))
    finally:
        await guest.close()
        await owner.close()


async def test_a_name_of_one_word_takes_no_other_word_with_it(cluster: Callable[[], Path]) -> None:
    database = await Database.open(cluster())
    told = ('{"verbatim":"An"}', '{"verbatim":"An Giang"}')
    try:
        await database.write((
            effect(people.add_person, "p", "An", "", "vi", START),
            *(effect(outbox.queue, "x", "other", each, "vi", START) for each in told),
        ))      # fmt: skip
        await database.write((effect(_all_sent), effect(people.erase, "p", "2026-11-22", START)))
        left = await database.read(lambda read: read.execute("SELECT reply FROM outbox WHERE channel = 'x' ORDER BY id").fetchall())
        assert left == [("",), (told[1],)]
    finally:
        await database.close()


def _all_sent(tx: Transaction) -> None:
    tx.execute("UPDATE outbox SET state = 'sent' WHERE channel = 'x'")
