"""What the web chat keeps: sessions that end with their account, messages that stand once, and what goes in time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import linking, people, web_chat
from storage.connection import Database, effect
from storage.errors import Conflict
from storage.web_chat import Lifetimes

NOW = 1_800_000_000
LIVES = Lifetimes(100, 1_000)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "a.sqlite3")
    await opened.write(
        (
            effect(people.add_person, "p", "An", "", "vi", NOW), effect(people.link, "web", "one", "p", NOW),
            effect(people.add_person, "q", "Ba", "", "vi", NOW),
        )
    )  # fmt: skip
    yield opened
    await opened.close()


async def begin(database: Database, address: str, secret: str) -> None:
    await database.write((effect(web_chat.open_session, secret, address, "An", NOW, LIVES),))


async def alive(database: Database, secret: str, now: int = NOW) -> bool:
    session = await database.read(lambda read: web_chat.by_secret(read, secret))
    return session is not None and session.lives(now)


async def send(
    database: Database, address: str, text: str, now: int = NOW, replaces: int | None = None, key: str | None = None
) -> int | None:
    shown = effect(
        web_chat.deliver, address, "text", text, "[]", now, key=key, sha256="", name="", media_type="", protect=False, replaces=replaces
    )
    (place,) = await database.write((shown,))
    return place if place is None else int(str(place))


async def texts(database: Database, address: str) -> list[str]:
    return [shown.text for shown in await database.read(lambda read: web_chat.after(read, address, 0, 100))]


async def test_nobody_gets_a_session_at_an_address_that_is_somebodys(database: Database) -> None:
    with pytest.raises(Conflict):
        await begin(database, "one", "s")
    await begin(database, "two", "s")
    with pytest.raises(Conflict):
        await begin(database, "two", "t")


async def test_a_session_lives_as_long_as_it_is_used_and_no_longer_than_it_may(database: Database) -> None:
    await begin(database, "two", "s")
    assert await alive(database, "s", NOW + 99)
    assert not await alive(database, "s", NOW + 100)
    assert not await alive(database, "another", NOW)
    for now in range(NOW + 90, NOW + 1_000, 90):
        await database.write((effect(web_chat.seen, "two", now, LIVES),))
    assert await alive(database, "s", NOW + 999)
    assert not await alive(database, "s", NOW + 1_000)


async def test_an_account_that_goes_takes_its_session_and_messages_but_the_last_word_is_shown(database: Database) -> None:
    await begin(database, "two", "s")
    await database.write((effect(people.link, "web", "two", "p", NOW),))
    await send(database, "two", "xếp hạng")
    await database.write((effect(linking.unlink, "p", "web", "two", NOW),))
    assert (await alive(database, "s"), await texts(database, "two")) == (False, [])
    assert await send(database, "two", "Đã hủy liên kết") is not None
    assert await send(database, "two", "nhắc việc") is None
    assert await texts(database, "two") == ["Đã hủy liên kết"]
    with pytest.raises(Conflict):
        await database.write((effect(web_chat.expect_open, "two", NOW),))


async def test_ending_leaves_the_only_account_marked_and_takes_a_further_one(database: Database) -> None:
    await begin(database, "two", "s")
    await begin(database, "three", "t")
    await database.write((effect(people.link, "web", "two", "q", NOW), effect(people.link, "web", "three", "q", NOW)))
    await database.write((effect(web_chat.end_all, "q", NOW + 5),))
    left = await database.read(lambda read: people.accounts(read, "q"))
    assert [each.blocked_at for each in left] == [NOW + 5]
    assert not await alive(database, "s")
    assert not await alive(database, "t")
    assert await send(database, "two", "nhắc việc") is None


async def test_the_same_key_stands_once_and_an_edit_takes_its_place_under_a_new_number(database: Database) -> None:
    await begin(database, "two", "s")
    said = effect(web_chat.show, "two", "person", "text", "một", "[]", NOW, key="k")
    assert len(set(await database.write((said, said)))) == 1
    place = await send(database, "two", "hỏi")
    await send(database, "two", "sau")
    assert await send(database, "two", "đáp", replaces=place) == place
    shown = await database.read(lambda read: web_chat.after(read, "two", 0, 100))
    assert [each.text for each in shown] == ["một", "sau", "đáp"]
    assert shown[-1].place == place
    assert shown[-1].number > shown[-2].number
    assert (await send(database, "two", "đáp lần nữa", replaces=10**6)) not in (place, 10**6)


async def test_a_letter_that_is_sent_again_stands_once(database: Database) -> None:
    await begin(database, "two", "s")
    question = await send(database, "two", "hỏi")
    for _ in range(3):
        assert await send(database, "two", "đáp", replaces=question, key="letter:1:0") == question
        await send(database, "two", "(nhắc lại) tin", key="letter:2:0")
    assert await texts(database, "two") == ["đáp", "(nhắc lại) tin"]


async def test_a_latest_few_are_given_in_their_order(database: Database) -> None:
    await begin(database, "two", "s")
    for number in range(10):
        await send(database, "two", str(number))
    latest = await database.read(lambda read: web_chat.after(read, "two", 0, 3))
    assert [each.text for each in latest] == ["7", "8", "9"]
    assert await database.read(lambda read: web_chat.after(read, "two", latest[-1].number, 3)) == ()


async def test_the_key_of_a_page_is_kept_for_a_day(database: Database) -> None:
    await database.write((effect(web_chat.open_session, "s", "two", "An", NOW, Lifetimes(10**7, 10**7)),))
    await database.write((effect(people.link, "web", "two", "p", NOW),))
    token = "A" * 43
    await send(database, "two", f"Mở https://x.vn/p/#{token} trong 30 phút.")
    await database.write((effect(web_chat.drop_old, NOW + 86_399),))
    assert token in (await texts(database, "two"))[0]
    await database.write((effect(web_chat.drop_old, NOW + 86_400),))
    assert await texts(database, "two") == ["Mở https://x.vn/p/#… trong 30 phút."]


async def test_what_is_over_is_swept_and_nothing_else(database: Database) -> None:
    await begin(database, "two", "s")
    await database.write((effect(people.link, "web", "two", "p", NOW),))
    await send(database, "two", "xếp hạng")
    await database.write((effect(web_chat.drop_old, NOW + 50),))
    assert await texts(database, "two") == ["xếp hạng"]
    assert [each.address for each in await database.read(lambda read: people.accounts(read, "p"))] == ["two"]
    await database.write((effect(web_chat.drop_old, NOW + 100),))
    assert await texts(database, "two") == []
    assert [each.blocked_at for each in await database.read(lambda read: people.accounts(read, "p"))] == [NOW + 100]
