"""The chat page against other sites, guesses, floods and strangers; and what a browser keeps of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest

from bot.web import chat
from bot.web.chat_page import ICONS, TEXTS
from bot.web.pages import STATIC
from handlers.kit.message import m
from handlers.kit.reply import say
from handlers.kit.wire import queue_effects
from handlers.schedule.reminding import STEADY
from storage import people, web_chat
from storage.connection import effect
from tests.web.webchat_world import DAY, LIFETIMES, Browser, World

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": "https://evil.example"},
    {"Origin": "null"}, {},
]  # fmt: skip
POSTS = ("/chat/signin", "/chat/signout", "/chat/say", "/chat/tap", "/chat/upload")
READS = ("/chat/messages?after=0", "/chat/events", f"/chat/file/{'0' * 64}")


@pytest.fixture
def world(chat_world: World) -> World:
    return chat_world


@pytest.fixture
async def browser(opened: Callable[[], Browser]) -> Browser:
    return opened()


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", POSTS)
async def test_another_site_can_do_nothing_in_the_name_of_whoever_is_signed_in(
    world: World, browser: Browser, path: str, headers: dict[str, str]
) -> None:
    await browser.join(await world.invitation())
    before = await world.ask("SELECT COUNT(*) FROM inbox")
    browser.headers = headers
    status, _ = await browser.post(path, {"text": "xep hang", "key": "aaaaaaaa", "name": "An Ba", "code": "ABCD2345"})
    assert status == 403
    assert await world.ask("SELECT COUNT(*) FROM inbox") == before
    browser.headers = {"Sec-Fetch-Site": "same-origin"}
    assert (await browser.get("/chat/state"))[1]["session"] == browser.session


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "ă" * 43, "A" * 5_000])
async def test_a_stranger_and_a_made_up_cookie_see_nothing(world: World, browser: Browser, path: str, cookie: str) -> None:
    headers = {"Cookie": f"thidua_chat={cookie}"} if cookie.isascii() and cookie else {}
    assert (await browser.get(path, **headers))[0] == 401


async def test_every_answer_is_strict_and_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World, browser: Browser) -> None:
    await browser.join(await world.invitation())
    pages = ("/chat", "/chat/state", "/chat/messages?after=0", "/chat.webmanifest", "/chat_worker.js", "/chat_offline", "/static/chat.js")
    for path in pages:
        async with browser.http.get(f"{world.root}{path}") as answer:
            assert answer.status == 200, path
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert "*" not in policy
            assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    stream = await browser.stream()
    assert stream.headers["Cache-Control"] == "no-store"
    stream.close()
    again = Browser(world)
    async with again.http.get(f"{world.root}/chat/state") as answer:
        assert {"HttpOnly", "SameSite=Strict"} <= set(answer.headers["Set-Cookie"].split("; "))
    async with again.http.post(
        f"{world.root}/chat/signin", json={"name": "An Thị Ba", "code": await world.invitation()}, headers=again.headers
    ) as answer:
        given = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(given.split("; "))
        secret = given.partition("=")[2].partition(";")[0]
    raw = world.path.read_bytes() + world.path.with_name(world.path.name + "-wal").read_bytes()
    assert secret.encode() not in raw
    await again.close()


async def test_the_pages_parts_come_from_here_only(world: World, browser: Browser) -> None:
    files = [f"/static/{path.name}" for path in STATIC.iterdir() if path.suffix in (".css", ".js") and not path.name.startswith("demo")]
    for path in ("/chat", "/chat_offline", "/chat.webmanifest", "/chat_worker.js", *files):
        _, told = await browser.get(path)
        text = told.decode() if isinstance(told, bytes) else str(told)
        assert re.findall(r"(?:https?:)?//[a-z][\w.-]+\.[a-z]{2,}", text) == [], path


async def test_the_shell_is_the_same_for_everybody(world: World, browser: Browser) -> None:
    stranger = Browser(world)
    _, before = await stranger.get("/chat")
    await stranger.close()
    await browser.join(await world.invitation())
    assert (await browser.get("/chat"))[1] == before


async def test_the_worker_keeps_nothing_of_anybody(world: World, browser: Browser) -> None:
    _, told = await browser.get("/chat_worker.js")
    text = told.decode()
    assert "VERSION" not in text
    kept = re.findall(r'"([^"]+)"', text.partition("KEPT = [")[2].partition("]")[0])
    assert kept == ["chat_offline", "static/chat.css", "static/offline.js", "static/chat_icon_small.png"]
    for path in kept:
        assert (await browser.get(f"/{path}"))[0] == 200
    assert ".put(" not in text


async def test_it_can_be_installed(world: World, browser: Browser) -> None:
    async with browser.http.get(f"{world.root}/chat.webmanifest") as answer:
        assert answer.content_type == "application/manifest+json"
        manifest = await answer.json(content_type=None)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("chat", "chat", "standalone")
    for (name, size, _), icon in zip(ICONS, manifest["icons"], strict=True):
        _, png = await browser.get(f"/{icon['src']}")
        assert png[:8] == b"\x89PNG\r\n\x1a\n", name
        assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (size, size)


async def test_the_root_leads_to_the_chat(world: World, browser: Browser) -> None:
    async with browser.http.get(world.root, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "chat")


async def test_nobody_gets_the_address_of_another_ones_session(world: World, browser: Browser) -> None:
    """The session's name in a request opens nothing: the cookie does."""
    await browser.join(await world.invitation())
    thief = Browser(world)
    thief.session = browser.session
    assert (await thief.get("/chat/messages?after=0"))[0] == 401
    assert (await thief.post("/chat/say", {"text": "xep hang", "key": "aaaaaaaa"}))[0] == 401
    await thief.close()


async def test_more_pages_of_one_browser_than_a_few_hold_no_stream(world: World, browser: Browser) -> None:
    await browser.join(await world.invitation())
    streams = []
    for _ in range(6):
        streams.append(await browser.stream(10**9))
        await streams[-1].content.readline()
    for _ in range(200):
        if world.kept.streams(browser.session) == 6:
            break
        await asyncio.sleep(0.01)
    assert (await browser.stream()).status == 429
    for stream in streams:
        stream.close()


async def test_the_demo_has_no_such_page_and_this_one_nothing_of_the_demo(
    world: World, browser: Browser, demo: tuple[object, str]
) -> None:
    for path in ("/chat", "/chat/state", "/chat_worker.js"):
        async with browser.http.get(f"{demo[1]}{path}") as answer:
            assert answer.status == 404
    for path in ("/static/demo.js", "/static/demo.html", "/static/demo.css", "/texts", "/say", "/clock"):
        assert (await browser.get(path))[0] in (404, 405)


async def test_a_browsers_wrong_codes_are_forgotten_the_next_day(world: World, browser: Browser) -> None:
    await browser.sign_in("ZZZZ2345")
    world.clock.advance(DAY + 1)
    await world.app.tick()
    assert await world.ask("SELECT COUNT(*) FROM wrong_codes") == 0


async def test_without_the_channel_there_is_no_page(world: World) -> None:
    class Without:
        channels = (world.phone,)

    assert chat.routes(Without(), world.root) == []      # type: ignore[arg-type]


async def test_what_is_kept_goes_in_time(world: World, browser: Browser) -> None:
    await browser.join(await world.link_code("Hoàng Thị Lan"))
    await browser.say("/lienket")
    await browser.tap("Lấy mã liên kết")
    code = (await browser.shown())[-1]
    assert "Mã liên kết:" in code["text"]
    world.clock.advance(3_700)
    await world.app.tick()
    assert "Mã liên kết:" not in str(await browser.shown())
    assert len(await browser.shown()) > 3
    for _ in range(5):
        world.clock.advance(19 * DAY)
        assert (await browser.get("/chat/messages?after=0"))[0] == 200
    await world.app.tick()
    world.clock.advance(STEADY + 1)      # nothing is forgotten for a clock that has only just leapt
    await world.app.tick()
    oldest = await world.ask("SELECT MIN(at) FROM web_messages")
    assert oldest is None or oldest > world.clock.now() - 90 * DAY


async def test_a_thousand_messages_are_the_most(world: World, browser: Browser) -> None:
    await browser.join(await world.invitation())
    now = world.clock.now()
    shown = [effect(web_chat.show, browser.session, "bot", "text", f"tin {number}", "[]", now) for number in range(1_200)]
    await world.database.write(tuple(shown))
    world.clock.advance(3_700)
    await world.app.tick()
    assert await world.ask("SELECT COUNT(*) FROM web_messages WHERE address = ?", browser.session) == web_chat.MOST_MESSAGES
    latest = await browser.shown()
    assert len(latest) == 200
    assert latest[-1]["text"] == "tin 1199"


async def test_a_reminder_waits_on_the_page_and_nobody_else_gets_it(world: World, browser: Browser) -> None:
    await browser.join(await world.link_code("Hoàng Thị Lan"))
    lan = await world.person("Hoàng Thị Lan")
    await world.database.write((effect(people.prefer, lan, "web", browser.session),))
    before = (await browser.shown())[-1]["id"]
    for _ in range(120):
        world.clock.advance(3_600)
        await world.app.tick()
        await world.app.settle()
    assert any("Còn" in each["text"] or "còn" in each["text"] for each in await browser.shown(before))
    assert await world.ask("SELECT COUNT(*) FROM outbox WHERE channel = 'web' AND state = 'blocked'") == 0


async def test_what_no_browser_can_see_any_more_goes_to_the_telephone(world: World, browser: Browser) -> None:
    await browser.join(await world.link_code("Hoàng Thị Lan"))
    lan = await world.person("Hoàng Thị Lan")
    await world.database.write((effect(people.prefer, lan, "web", browser.session),))
    world.clock.advance(LIFETIMES.idle + 1)
    letter = queue_effects(
        say(m("The code is valid.")), channel="web", address=browser.session, language="vi", now=world.clock.now(),
        mint=world.app.minting.opaque, lane="broadcast", key="reminder", person_id=lan,
    )  # fmt: skip
    await world.database.write(tuple(letter))
    world.app.wake()
    await world.app.settle()
    assert world.phone.delivered[f"phone-{lan}"][-1].part.text == "Mã hợp lệ."
    assert await world.ask("SELECT COUNT(*) FROM web_messages WHERE author = 'bot' AND text = 'Mã hợp lệ.'") == 0
    world.clock.advance(3_700)
    await world.app.tick()
    assert await world.ask("SELECT channel FROM accounts WHERE person_id = ? AND preferred = 1", lan) != "web"


def test_the_page_says_everything_from_the_catalogue() -> None:
    script = "\n".join(path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("chat*.js")))
    named = set(re.findall(r"\btexts\.([a-z_]+)", script)) | set(re.findall(r'"(hint_[a-z]+)"', script))
    assert named <= set(TEXTS)
    quoted = re.findall(r'"[^"\n]*[À-ỹ][^"\n]*"', script)
    assert quoted == []
