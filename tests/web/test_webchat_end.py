"""What ends a session of the chat page, and what is seen of it then."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest
from yarl import URL

from storage import linking, people, web_chat
from storage.connection import effect
from tests.web.webchat_world import DAY, LIFETIMES, Browser, World, events

Opened = Callable[[], Browser]


@pytest.fixture
def world(chat_world: World) -> World:
    return chat_world


async def unlink_from_the_phone(world: World, browser: Browser) -> None:
    owner = await world.person("Hoàng Thị Lan")
    where = f"phone-{owner}"
    receive = world.app.receiver("phone")
    for number, text in enumerate((f"/lienket removed web:{browser.session}",)):
        message = {"kind": "text", "text": text, "address": where, "id": f"m{number}", "name": "Lan"}
        await receive(f"p{number}", json.dumps(message))
    await world.app.settle()


async def end_in_my_data(world: World, browser: Browser) -> None:
    owner = await world.person("Hoàng Thị Lan")
    await world.database.write((effect(web_chat.end_all, owner, world.clock.now()),))


async def end_on_the_page(world: World, browser: Browser) -> None:
    assert (await browser.post("/chat/signout", {}))[0] == 200


async def end_the_post(world: World, browser: Browser) -> None:
    owner = await world.person("Hoàng Thị Lan")
    post = await world.ask("SELECT id FROM posts WHERE person_id = ? AND valid_to IS NULL", owner)
    await world.database.write((effect(people.end_post, post, "2026-11-22", None, world.clock.now()),))


async def erase(world: World, browser: Browser) -> None:
    owner = await world.person("Hoàng Thị Lan")
    await world.database.write((effect(people.erase, owner, "2026-11-22", world.clock.now()),))


async def wait_too_long(world: World, browser: Browser) -> None:
    world.clock.advance(LIFETIMES.idle + 1)


@pytest.mark.parametrize("end", [unlink_from_the_phone, end_in_my_data, end_on_the_page, end_the_post, erase, wait_too_long])
async def test_an_open_tab_of_a_session_that_ends_is_told_and_sees_nothing_more(
    world: World, opened: Opened, monkeypatch: pytest.MonkeyPatch, end: Callable[[World, Browser], Awaitable[None]]
) -> None:
    monkeypatch.setattr("bot.web.chat.HEARTBEAT_SECONDS", 0.1)
    browser = opened()
    await browser.join(await world.link_code("Hoàng Thị Lan"))
    cookies = {cookie.key: cookie.value for cookie in browser.http.cookie_jar}
    last = (await browser.shown())[-1]["id"]
    stream = await browser.stream(last)
    await end(world, browser)
    assert (await events(stream, lambda got: False))[-1:] == [{"event": "ended"}]
    browser.http.cookie_jar.update_cookies(cookies, response_url=URL(world.root))
    for path in ("/chat/messages?after=0", "/chat/events"):
        status, told = await browser.get(path)
        assert (status, told["ended"]) == (401, True)
    assert (await browser.post("/chat/say", {"text": "xep hang", "key": "after-end"}))[0] == 401
    assert (await browser.get("/chat/state"))[1]["ended"] is True
    assert await world.ask("SELECT COUNT(*) FROM web_messages WHERE address = ?", browser.session) in (0,) or end is wait_too_long
    await world.app.tick()
    assert await world.ask("SELECT COUNT(*) FROM web_messages WHERE address = ?", browser.session) == 0


async def test_erasing_ones_data_on_the_page_is_confirmed_there_before_it_ends(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    await browser.say("/dulieu")
    await browser.tap("Xóa dữ liệu của tôi")
    stream = await browser.stream((await browser.shown())[-1]["id"])
    shown = next(each for each in reversed(await browser.shown()) if each["buttons"])
    await browser.post("/chat/tap", {"data": shown["buttons"][0][0]["data"], "place": str(shown["place"]), "key": browser.key()})
    got = await events(stream, lambda got: False)
    assert any("Đã xóa dữ liệu" in each.get("text", "") for each in got)
    assert got[-1] == {"event": "ended"}
    assert (await browser.get("/chat/messages?after=0"))[0] == 401


async def test_a_session_that_is_used_lives_on_but_not_for_ever(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    for _ in range(8):
        world.clock.advance(20 * DAY)
        assert (await browser.get("/chat/messages?after=0"))[0] == 200
    world.clock.advance(20 * DAY + 1)
    assert (await browser.get("/chat/messages?after=0"))[0] == 401


async def test_who_never_agreed_is_forgotten_the_next_day(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.sign_in(await world.invitation())
    world.clock.advance(DAY + 1)
    assert (await browser.get("/chat/messages?after=0"))[0] == 401
    await world.app.tick()
    assert await world.ask("SELECT COUNT(*) FROM web_sessions") == 0


async def test_the_only_account_of_somebody_is_marked_when_its_session_ends_and_goes_with_the_next_sign_in(
    world: World, opened: Opened
) -> None:
    browser, again = opened(), opened()
    await browser.join(await world.invitation())
    person = await world.ask("SELECT person_id FROM accounts WHERE address = ?", browser.session)
    await browser.post("/chat/signout", {})
    assert await world.ask("SELECT blocked_at FROM accounts WHERE person_id = ?", person) == world.clock.now()
    code = world._code()
    secretary = ("phone", "phone-secretary")
    await world.database.write((effect(linking.add, code, person, *secretary, world.clock.now(), lives=DAY),))
    await again.join(code)
    assert await world.ask("SELECT person_id FROM accounts WHERE address = ?", again.session) == person
    world.clock.advance(3_700)
    await world.app.tick()
    assert await world.ask("SELECT COUNT(*) FROM accounts WHERE person_id = ?", person) == 1
