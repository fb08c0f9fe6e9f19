"""A session of the chat page that ends, ends what its browser has opened: nothing can be saved or filed there any more."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from storage import page_links
from storage.connection import effect
from storage.page_links import Kind
from tests.web.test_webchat_end import (
    Opened,
    end_in_my_data,
    end_on_the_page,
    end_the_post,
    erase,
    unlink_from_the_phone,
    wait_too_long,
)  # fmt: skip
from tests.web.webchat_world import Browser, World

LAN = "Hoàng Thị Lan"
FORM = "duty:E16:LANG_SON"


@pytest.fixture
def world(chat_world: World) -> World:
    return chat_world


async def somebody_else_signs_in(world: World, browser: Browser) -> None:
    assert (await browser.sign_in(await world.invitation(), replace=True))[0] == 200


async def a_stranger_signs_in_with_a_code_of_somebody(world: World, browser: Browser) -> None:
    assert (await browser.sign_in(await world.link_code("Đèo Thị Thu Hà"), replace=True))[0] == 200


async def wait_and_tick(world: World, browser: Browser) -> None:
    await wait_too_long(world, browser)
    await world.app.tick()


WAYS = (
    end_on_the_page, end_in_my_data, unlink_from_the_phone, end_the_post, erase, somebody_else_signs_in,
    a_stranger_signs_in_with_a_code_of_somebody, wait_and_tick,
)  # fmt: skip
Way = Callable[[World, Browser], Awaitable[None]]


async def page(world: World, browser: Browser, kind: Kind, subject: str, account: tuple[str, str], name: str = LAN) -> str:
    """A page of hers, opened in the browser: what stands for it in addresses."""
    token, now, person = secrets.token_urlsafe(32), world.clock.now(), await world.person(name)
    await world.database.write((effect(page_links.add, token, kind, person, subject, now, now + 40 * 86_400, account),))
    async with browser.http.post(
        f"{world.root}/p/open", data={"key": token}, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False
    ) as answer:
        assert answer.status == 303
    return page_links.digest(token)


async def kept(world: World) -> str:
    """Everything that a page can change."""
    query = (
        "SELECT (SELECT COUNT(*) FROM revisions) || ' ' || (SELECT COUNT(*) FROM files) || ' ' || (SELECT COUNT(*) FROM corrections)"
        " || (SELECT group_concat(content) FROM drafts) || (SELECT group_concat(revision) FROM reports)"
    )
    return str(await world.ask(query))


async def fields_of(browser: Browser, world: World, address: str) -> dict[str, Any]:
    async with browser.http.get(f"{world.root}{address}", headers={"Accept": "application/json"}) as answer:
        return dict(await answer.json()) if answer.status == 200 else {}


async def try_everything(world: World, browser: Browser, form: str, correction: str, upload: str) -> list[int]:
    """Look at, save, review and file what was open; the statuses."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    found = []
    for path in (f"/form/{form}", f"/review/{form}", f"/form/{correction}", f"/review/{correction}", f"/upload/{upload}"):
        async with browser.http.get(f"{world.root}{path}", headers=headers, allow_redirects=False) as answer:
            found.append(answer.status)
    saved = {"fields": {"I.1": {"raw": "9,9", "seen": ""}}}
    reviewed = {"do": "confirm", "revision": 1, "stamp": "", "reason": "sai"}
    for address in (form, correction):
        for path, body in ((f"/form/{address}", saved), (f"/review/{address}", reviewed)):
            asked = {**headers, "Accept": "application/json"}
            async with browser.http.post(f"{world.root}{path}", json=body, headers=asked) as answer:
                found.append(answer.status)
        data = {"do": "confirm", "revision": "1", "v.I.1": "9,9"}
        async with browser.http.post(f"{world.root}/review/{address}", data=data, headers=headers, allow_redirects=False) as answer:
            found.append(answer.status)
    sent = aiohttp.FormData()
    sent.add_field("item", "")
    sent.add_field("file", BytesIO(b"%PDF-1.7 x"), filename="a.pdf", content_type="application/pdf")
    async with browser.http.post(f"{world.root}/upload/{upload}", data=sent, headers=headers, allow_redirects=False) as answer:
        found.append(answer.status)
    return found


@pytest.mark.parametrize("end", WAYS)
@pytest.mark.parametrize("given_to", ["web", "phone"])
async def test_nothing_can_be_filed_on_a_page_of_a_session_that_has_ended(
    world: World, opened: Opened, end: Way, given_to: str
) -> None:
    browser = opened()
    await browser.join(await world.link_code(LAN))
    account = ("web", browser.session) if given_to == "web" else ("phone", f"phone-{await world.person(LAN)}")
    report = await world.ask("SELECT id FROM reports WHERE unit_id = 'LANG_SON' AND form = 'BC-QUY' ORDER BY id DESC")
    form = await page(world, browser, "form", FORM, account)
    correction = await page(world, browser, "form", f"report:{report} 1", account)
    upload = await page(world, browser, "upload", FORM, account)
    field = {"fields": {"I.1": {"raw": "9,8", "seen": ""}}}
    asked = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}
    async with browser.http.post(f"{world.root}/form/{form}", json=field, headers=asked) as answer:
        assert answer.status == 200      # it can be filled in before
    assert "9.8" in str(await world.ask("SELECT content FROM drafts WHERE duty_id = 'E16:LANG_SON'"))
    await end(world, browser)
    before = await kept(world)
    statuses = await try_everything(world, browser, form, correction, upload)
    assert set(statuses) <= {401, 403, 404, 410}, statuses
    assert await kept(world) == before


async def test_what_somebody_opened_without_a_session_ends_when_another_one_signs_in(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.get("/chat/state")
    await world.link_code(LAN)
    account = ("phone", f"phone-{await world.person(LAN)}")
    form = await page(world, browser, "form", FORM, account)
    assert await fields_of(browser, world, f"/form/{form}")
    await browser.sign_in(await world.link_code(LAN))
    assert await fields_of(browser, world, f"/form/{form}"), "her own sign-in takes nothing from her"
    other = opened()
    await other.get("/chat/state")
    form = await page(world, other, "form", FORM, account)
    await other.sign_in(await world.invitation())
    assert await fields_of(other, world, f"/form/{form}") == {}


async def test_what_another_browser_has_opened_stays_open(world: World, opened: Opened) -> None:
    browser, other = opened(), opened()
    await browser.join(await world.link_code(LAN))
    await other.get("/chat/state")
    account = ("phone", f"phone-{await world.person(LAN)}")
    form = await page(world, other, "form", FORM, account)
    await end_on_the_page(world, browser)
    assert await fields_of(other, world, f"/form/{form}")


async def test_a_page_opened_days_after_the_sign_in_ends_with_the_session_too(world: World, opened: Opened) -> None:
    """The browser's own cookie lives three days, its session a month."""
    browser = opened()
    await browser.join(await world.link_code(LAN))
    browser.http.cookie_jar.clear(lambda cookie: cookie.key == "thidua_browser")
    form = await page(world, browser, "form", FORM, ("phone", f"phone-{await world.person(LAN)}"))
    assert await fields_of(browser, world, f"/form/{form}")
    await end_in_my_data(world, browser)
    assert await fields_of(browser, world, f"/form/{form}") == {}
