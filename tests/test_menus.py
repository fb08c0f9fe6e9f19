"""Menus of commands: one for all, their own for those who may do more, and a platform that hears of it only when something changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.base import Blocked, RateLimited, Unreachable
from bot.clock import MovableClock
from bot.language import languages
from bot.menus import PAUSE_SECONDS, Menus
from storage import people
from storage.connection import Database, effect
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.test_telegram import channel
from tests.chat import ZONE
from tests.conftest import START

NAME = "web"
"""The sample cluster's people have addresses there."""

SECRETARY = "secretary"


class Shelf:
    """A channel's menus as they were set, and how often."""

    name = NAME

    def __init__(self) -> None:
        self.account = "one"
        self.shown: dict[tuple[str | None, str], list[str]] = {}
        self.calls = 0
        self.pauses: list[float] = []
        self.problems: list[Exception] = []

    async def set_menu(self, address: str | None, language: str, commands: Sequence[tuple[str, str]]) -> None:
        self.calls += 1
        if self.problems:
            raise self.problems.pop(0)
        self.shown[address, language] = [name for name, _ in commands]
        assert all(1 <= len(description) <= 256 for _, description in commands)

    async def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
async def database(cluster: Callable[[], Path]) -> AsyncIterator[Database]:
    opened = await Database.open(cluster())
    yield opened
    await opened.close()


def menus(database: Database, shelf: Shelf) -> Menus:
    return Menus(database, shelf, MovableClock(START), ZONE, languages(ZONE), "vi", shelf.wait)


async def test_all_have_one_menu_and_the_secretary_has_more(database: Database) -> None:
    shelf = Shelf()
    await menus(database, shelf).look()
    assert set(shelf.shown) == {(None, ""), (None, "en"), (SECRETARY, "")}
    everybodys, secretarys = shelf.shown[None, ""], shelf.shown[SECRETARY, ""]
    assert {"viec", "baocao", "xephang", "trogiup"} <= set(everybodys)
    assert "nguoi" in set(secretarys) - set(everybodys)
    assert shelf.shown[None, "en"] == everybodys
    assert set(shelf.pauses) == {PAUSE_SECONDS}


async def test_what_was_set_is_not_set_again_until_a_role_changes(database: Database) -> None:
    shelf = Shelf()
    await menus(database, shelf).look()
    calls = shelf.calls
    await menus(database, shelf).look()
    assert shelf.calls == calls

    def post_of(read: object) -> people.Post:
        person = people.by_account(read, NAME, SECRETARY)  # type: ignore[arg-type]
        assert person is not None
        return people.posts(read, person.id, "2026-11-23")[0]  # type: ignore[arg-type]

    post = await database.read(post_of)
    await database.write((effect(people.end_post, post.id, "2026-11-22", None, START),))
    await menus(database, shelf).look()
    assert shelf.shown[SECRETARY, ""] == []
    again = replace(post, id="again", valid_from="2026-11-23", valid_to=None)
    await database.write((effect(people.add_post, again, None, START),))
    await menus(database, shelf).look()
    assert "nguoi" in shelf.shown[SECRETARY, ""]
    assert shelf.calls == calls + 2


async def test_another_bot_knows_nothing_of_the_menus_of_the_first(database: Database) -> None:
    shelf = Shelf()
    await menus(database, shelf).look()
    other = Shelf()
    other.account = "two"
    await menus(database, other).look()
    assert other.shown == shelf.shown


async def test_a_chat_that_cannot_be_found_is_left_out_and_a_rate_limit_waited_for(database: Database) -> None:
    shelf = Shelf()
    shelf.problems = [RateLimited(7), Blocked("chat not found"), Blocked("chat not found"), Blocked("chat not found")]
    await menus(database, shelf).look()
    assert shelf.shown == {}
    assert shelf.pauses[0] == 7
    calls = shelf.calls
    await menus(database, shelf).look()
    assert shelf.calls == calls


async def test_an_unreachable_platform_is_tried_again_where_it_stopped(database: Database) -> None:
    shelf = Shelf()
    looking = menus(database, shelf)
    shelf.problems = [Unreachable("no network")]
    with pytest.raises(Unreachable):
        await looking.look()
    assert shelf.calls == 1
    await looking.look()
    assert len(shelf.shown) == 3


async def test_telegram_shows_them_by_chat_and_language() -> None:
    async with FakeTelegram() as server:
        server.open_chat(501)
        telegram = channel(server)
        await telegram.set_menu(None, "", (("viec", "Việc của tôi"),))
        await telegram.set_menu(None, "en", (("viec", "My duties"),))
        await telegram.set_menu("501", "", (("viec", "Việc của tôi"), ("nguoi", "Thành viên")))
        assert server.menus[""] == [{"command": "viec", "description": "Việc của tôi"}]
        assert server.menus["en"] == [{"command": "viec", "description": "My duties"}]
        assert [each["command"] for each in server.menus["501"]] == ["viec", "nguoi"]
        await telegram.set_menu("501", "", ())
        assert "501" not in server.menus
        with pytest.raises(Blocked):
            await telegram.set_menu("999", "", (("viec", "Việc của tôi"),))
        assert telegram.account == TOKEN.partition(":")[0]
        await telegram.close()
        assert server.violations == []
