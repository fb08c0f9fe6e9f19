"""The door of the signed pages over HTTP: what opens them, and everything that does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.web.security import WRITES, WRONG_TOKENS
from storage import linking, page_links, people
from storage.connection import effect
from storage.errors import DatabaseBusy
from tests.web.pages_world import LANGSON, LAOCAI, Browser, World, page_of

STRICT = {
    "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip


@pytest.fixture
async def world(cluster: Callable[[], Path]) -> AsyncIterator[World]:
    opened = World(cluster())
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def upload(world: World) -> str:
    """The token of a page of Lạng Sơn's officer."""
    return await world.link("upload", LANGSON, f"duty:{await world.duty('LANG_SON')}")


async def opened(world: World, token: str) -> Browser:
    browser = world.browser()
    answer = await browser.tap(token)
    assert (answer.status, answer.location) == (303, f"../upload/{page_of(token)}")
    return browser


async def test_it_opens_with_a_tap_on_its_button_and_in_that_browser_alone(world: World, upload: str) -> None:
    browser = world.browser()
    page = f"/upload/{page_of(upload)}"
    landing = await browser.get("/p/")
    assert landing.status == 200
    assert ">Mở</button>" in landing.text
    assert (await browser.get(page)).location == "../p/"
    assert (await browser.tap(upload)).location == f"..{page}"
    assert (await browser.get(page)).status == 200
    assert (await browser.tap(upload)).status == 303, "its own browser may come again"
    stranger = world.browser()
    for answer in (await stranger.get(page), await stranger.tap(upload), await stranger.post(page)):
        assert answer.status in (303, 403)
    assert "trình duyệt khác" in (await stranger.tap(upload)).text
    assert (await stranger.get(page)).status == 303
    assert (await browser.get(page)).status == 200, "what others try takes nothing from it"


async def test_looking_previewing_and_asking_for_the_head_open_nothing(world: World, upload: str) -> None:
    for _ in range(5):
        preview = world.browser()
        assert (await preview.get("/p/", User_Agent="TelegramBot (like TwitterBot)", Sec_Fetch_Site="")).status == 200
        assert (await preview.head("/p/")).status == 200
        assert (await preview.get(f"/upload/{page_of(upload)}", Sec_Fetch_Site="cross-site")).status == 303
        assert (await preview.head(f"/upload/{page_of(upload)}")).status == 303
        assert preview.cookies == {}
    assert await world.rows("SELECT opened_at, bound_hash FROM page_links") == [(None, None)]
    assert (await world.browser().tap(upload)).status == 303


async def test_the_landing_page_says_nothing_of_what_is_behind_it(world: World, upload: str) -> None:
    text = (await world.browser().get("/p/")).text
    for word in ("Lạng Sơn", "báo cáo", "Báo cáo", LANGSON):
        assert word not in text


async def test_only_digests_are_kept_and_the_opening_is_noted(world: World, upload: str) -> None:
    browser = await opened(world, upload)
    (secret,) = browser.cookies.values()
    everything = "\n".join(str(row) for row in await world.rows("SELECT * FROM page_links"))
    assert upload not in everything
    assert secret not in everything
    person = await world.person(LANGSON)
    assert await world.rows("SELECT person_id, subject FROM audit WHERE action = 'page.open'") == [(person, "page:upload")]


async def test_expired_revoked_and_unknown_links_have_their_pages(world: World, upload: str) -> None:
    browser = await opened(world, upload)
    await world.application.database.write((effect(page_links.revoke, page_of(upload), world.clock.now()),))
    for answer in (await browser.get(f"/upload/{page_of(upload)}"), await browser.tap(upload)):
        assert answer.status == 410
        assert "không còn hiệu lực" in answer.text
    short = await world.link("upload", LANGSON, f"duty:{await world.duty('LANG_SON')}")
    world.clock.advance(30 * 60 - 1)
    assert (await browser.tap(short)).status == 303
    world.clock.advance(1)
    assert (await browser.get(f"/upload/{page_of(short)}")).status == 410
    for answer in (await browser.tap("x" * 43), await browser.get(f"/upload/{'x' * 43}")):
        assert (answer.status, "không tồn tại" in answer.text) == (404, True)


async def test_the_link_is_pasted_where_no_script_runs(world: World, upload: str) -> None:
    """Alone, as a link of today or of before, or with the whole message around it."""
    pasted = (
        upload, f" {upload}\n", f"{world.public_url}/p/#{upload}", f"{world.public_url}/p/#{upload}.", f"{world.public_url}/p/{upload}",
        f"Nhập cả bảng trên trang web: {world.public_url}/p/#{upload} (có hiệu lực 30 phút)",
    )  # fmt: skip
    browser = world.browser()
    for text in pasted:
        assert (await browser.tap(text)).location == f"../upload/{page_of(upload)}", text
    for text in ("", upload[:-1], upload + "x", "<script>", "đồng chí", f"{world.public_url}/p/", "x" * 4_000):
        answer = await world.browser().tap(text)
        assert (answer.status, "Liên kết chưa đủ" in answer.text, ">Mở</button>" in answer.text) == (422, True, True), text
    assert (await browser.post("/p/open", {"key": upload + " " * 20_000})).status == 413


async def test_links_of_before_lead_to_the_door_with_their_key(world: World, upload: str) -> None:
    """Also with a full stop that a messenger took for a part of the address, and without the slash that another one left out."""
    browser = world.browser()
    for path in (f"/p/{upload}", f"/p/{upload}.", f"/p/{upload},"):
        answer = await browser.get(path)
        assert (answer.status, answer.location) == (303, f"./#{upload}")
    for path in ("/p/unknown", "/p/%3Cscript%3E", "/p/đ"):
        assert (await browser.get(path)).location == "./"
    assert (await browser.get("/p")).location == "p/"


async def test_a_page_that_was_open_before_addresses_named_digests_goes_on(world: World, upload: str) -> None:
    browser = await opened(world, upload)
    assert (await browser.get(f"/upload/{upload}")).status == 200
    assert (await world.browser().get(f"/upload/{upload}")).status == 303, "to anybody else it opens nothing"


async def test_no_address_that_a_browser_asks_for_holds_the_key(world: World, upload: str) -> None:
    """Neither the log of a proxy nor what a page says of where somebody comes from: the body of one tap is all that carries it."""
    duty = f"duty:{await world.duty('LANG_SON')}"
    keys, asked, browser = [upload], [], world.browser()
    browser.seen = asked
    for kind, paths in (("upload", ("upload",)), ("form", ("form", "review", "upload")), ("file", ("file", "content"))):
        subject = f"{'a' * 64} image/png x.png" if kind == "file" else duty
        keys.append(await world.link(kind, LANGSON, subject))  # type: ignore[arg-type]
        await browser.get("/p/")
        asked.append((await browser.tap(keys[-1])).location)
        for path in paths:
            answer = await browser.get(f"/{path}/{page_of(keys[-1])}")
            asked += [answer.text, *answer.headers.values()]
            asked.append((await browser.post(f"/{path}/{page_of(keys[-1])}", {"do": "save"})).text)
    assert len(asked) > 40
    assert [key for key in keys if any(key in each for each in asked)] == []


async def test_a_token_opens_the_page_of_its_own_kind_alone(world: World, upload: str) -> None:
    browser = await opened(world, upload)
    page = page_of(upload)
    for path in (f"/form/{page}", f"/file/{page}", f"/content/{page}", f"/picture/{upload}.png"):
        assert (await browser.get(path)).status == 404
    picture = await world.link("picture", None, f"{'a' * 64} image/png")
    assert (await browser.tap(picture)).status == 404


@pytest.mark.parametrize("end", ["post", "account", "erased", "unlinked", "all"])
async def test_who_loses_his_post_or_account_has_no_page(world: World, upload: str, end: str) -> None:
    browser = await opened(world, upload)
    person, now = await world.person(LANGSON), world.clock.now()
    match end:
        case "post":
            ((post,),) = await world.rows("SELECT id FROM posts WHERE person_id = ?", person)
            change = effect(people.end_post, post, "2026-11-22", None, now)
        case "account":
            change = effect(_take_account, LANGSON)
        case "erased":
            change = effect(people.erase, person, "2026-11-22", now)
        case "unlinked":
            change = effect(linking.unlink, person, "webplain", LANGSON, now)
        case _:
            change = effect(page_links.revoke_all, person, now)
    await world.application.database.write((change,))
    assert (await browser.get(f"/upload/{page_of(upload)}")).status in (404, 410)
    assert (await browser.tap(upload)).status in (404, 410)


def _take_account(tx: object, address: str) -> None:
    tx.execute("DELETE FROM accounts WHERE channel = 'webplain' AND address = ?", (address,))  # type: ignore[attr-defined]


async def test_a_new_link_ends_the_one_that_nobody_opened(world: World) -> None:
    subject = f"duty:{await world.duty('LANG_SON')}"
    first = await world.link("upload", LANGSON, subject)
    second = await world.link("upload", LANGSON, subject)
    other = await world.link("upload", LAOCAI, f"duty:{await world.duty('LAO_CAI_M')}")
    assert [(await world.browser().tap(token)).status for token in (first, second, other)] == [410, 303, 303]


async def test_what_another_site_sends_is_refused(world: World, upload: str) -> None:
    browser = await opened(world, upload)
    host = world.root.removeprefix("http://")
    own = (
        {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "", "Origin": f"http://{host}"},
        {"Sec_Fetch_Site": "", "Origin": "https://thidua.example.vn"},
    )  # fmt: skip
    foreign = (
        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Sec_Fetch_Site": "none"}, {"Sec_Fetch_Site": ""},
        {"Sec_Fetch_Site": "", "Origin": "null"}, {"Sec_Fetch_Site": "", "Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "", "Origin": f"https://{host}.evil.example"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "https://thidua.example.vn"},
    )  # fmt: skip
    for headers in foreign:
        for path in ("/p/open", f"/upload/{page_of(upload)}"):
            answer = await browser.post(path, {"key": upload}, **headers)
            assert (answer.status, "bị từ chối" in answer.text) == (403, True), headers
    for headers in own:
        assert (await browser.post("/p/open", {"key": upload}, **headers)).status == 303


async def test_every_answer_has_the_strict_headers(world: World, upload: str) -> None:
    browser = await opened(world, upload)
    stranger = world.browser()
    answers = [
        await browser.get("/p/"), await browser.get(f"/upload/{page_of(upload)}"), await browser.tap(upload),
        await stranger.get(f"/upload/{page_of(upload)}"), await stranger.tap(upload), await browser.get("/p/unknown"),
        await browser.post("/p/open", Sec_Fetch_Site="cross-site"), await browser.get("/static/pages.css"),
        await browser.get("/nowhere"), await browser.get("/static/demo.js"), await browser.head("/p/"),
        await browser.post("/static/pages.css"),
    ]  # fmt: skip
    for answer in answers:
        assert {name: answer.headers.get(name) for name in STRICT if name in answer.headers or answer.status < 404} == {
            name: STRICT[name] for name in STRICT if name in answer.headers or answer.status < 404
        }
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Server"] == "thidua"
    assert [answer.status for answer in answers[-4:]] == [404, 404, 200, 405]


async def test_no_page_names_another_host(world: World, upload: str) -> None:
    browser = await opened(world, upload)
    for path in ("/p/", f"/upload/{page_of(upload)}", "/form/unknown", "/static/pages.css"):
        text = (await browser.get(path)).text
        assert "http:" not in text
        assert "https:" not in text
        assert "//" not in text.replace("/*", "").replace("*/", "")


async def test_the_cookie_is_for_this_site_and_no_script(world: World, upload: str) -> None:
    cookie = (await world.browser().tap(upload)).headers["Set-Cookie"]
    assert cookie.startswith("__Host-thidua_browser=")
    for word in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


async def test_many_wrong_tokens_are_told_to_wait_and_good_ones_open(world: World, upload: str) -> None:
    guesser = world.browser()
    statuses = [(await guesser.tap(f"{number:043d}")).status for number in range(WRONG_TOKENS + 3)]
    assert statuses == [404] * WRONG_TOKENS + [429] * 3
    answer = await guesser.get(f"/picture/{1:043d}.png")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "600")
    assert (await world.browser().tap(upload)).status == 303, "others behind the same address are not shut out"


async def test_too_many_writes_on_one_link_are_told_to_wait(world: World, upload: str) -> None:
    browser = world.browser()
    statuses = [(await browser.tap(upload)).status for _ in range(WRITES + 2)]
    assert statuses == [303] * WRITES + [429] * 2


async def test_two_browsers_tap_at_once_and_one_has_it(world: World, upload: str) -> None:
    browsers = [world.browser() for _ in range(6)]
    statuses = sorted([answer.status for answer in await asyncio.gather(*(browser.tap(upload) for browser in browsers))])
    assert statuses == [303, 403, 403, 403, 403, 403]


async def test_old_links_are_forgotten(world: World, upload: str) -> None:
    world.clock.advance(8 * 86_400)
    await world.application.tick()
    assert await world.rows("SELECT 1 FROM page_links") == []


async def test_a_made_up_cookie_is_not_taken_over(world: World, upload: str) -> None:
    """A cookie that we never gave is not the name of a browser: the one we give is random."""
    browser = world.browser()
    answer = await browser.post("/p/open", {"key": upload}, Cookie="__Host-thidua_browser=short; thidua_browser=x")
    assert answer.status == 303
    assert len(next(iter(browser.cookies.values()))) == 43


async def test_over_tls_a_cookie_of_another_host_is_no_browser(world: World, upload: str) -> None:
    """A sibling host can set a cookie for the whole domain, but none whose name begins with __Host-."""
    planted = "p" * 43
    browser = world.browser()
    browser.cookies["thidua_browser"] = planted
    assert (await browser.tap(upload)).status == 303
    assert browser.cookies["__Host-thidua_browser"] != planted
    attacker = world.browser()
    attacker.cookies["thidua_browser"] = planted
    assert (await attacker.get(f"/upload/{page_of(upload)}")).status == 303
    assert (await attacker.tap(upload)).status == 403


async def test_a_locked_database_is_said_and_opens_nothing(world: World, upload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(effects: object) -> list[object]:
        raise DatabaseBusy("locked")

    browser = world.browser()
    with monkeypatch.context() as patched:
        patched.setattr(world.application.database, "write", busy)
        answer = await browser.tap(upload)
    assert (answer.status, "thử lại sau ít phút" in answer.text) == (503, True)
    assert browser.cookies == {}
    assert (await browser.tap(upload)).status == 303
