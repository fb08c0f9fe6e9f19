"""The chat page of production in a real browser: on a narrow phone, with the keyboard alone, in two tabs, and without a network."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, expect

from handlers.kit.message import m
from handlers.kit.reply import say as reply
from handlers.kit.wire import queue_effects
from storage import web_chat
from storage.connection import effect
from tests.web.small_phone import SMALL_PHONE
from tests.web.webchat_world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def world(chat_world: World) -> World:
    return chat_world


@pytest.fixture
async def phone(chromium: Chromium, world: World) -> AsyncIterator[BrowserContext]:
    """A small phone's browser; an error of the page's script, or a look elsewhere, fails the test."""
    context = await chromium.new_context(viewport=SMALL_PHONE, has_touch=True)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("request", lambda request: problems.append(request.url) if not request.url.startswith((world.root, "data:")) else None)
    yield context
    assert problems == []
    await context.close()


@pytest.fixture
async def page(phone: BrowserContext, world: World) -> AsyncIterator[Page]:
    opened = await phone.new_page()
    await opened.goto(f"{world.root}/chat")
    yield opened
    await picture(opened)


async def picture(page: Page, mark: str = "") -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        name = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split()[0] + mark
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def sign_in(page: Page, code: str, name: str = "Nguyễn Văn Tạo") -> None:
    await page.fill("#code", code)
    await page.fill("#name", name)
    await page.click("#door-form button")


async def join(page: Page, world: World, code: str = "") -> None:
    await sign_in(page, code or await world.invitation())
    await page.locator(".choices button", has_text="Đồng ý").click()
    await expect(page.locator(".bubble.bot").last).to_contain_text(re.compile("Đã tham gia|Đã liên kết"))


async def say(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def sober(page: Page) -> None:
    """Nothing wider than the phone, nothing too small for a thumb."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"]
    shown = "[...document.querySelectorAll('button, input:not([type=file]), textarea, summary')].filter(e => e.offsetParent)"
    assert min(await page.evaluate(f"{shown}.map(e => e.offsetHeight)")) >= 44


async def test_sign_in_on_a_small_phone(page: Page, world: World) -> None:
    await expect(page.locator("#door h2")).to_have_text("Đăng nhập")
    await sober(page)
    await picture(page, "-1")
    await sign_in(page, "ABCD")
    await expect(page.locator("#wrong")).to_contain_text("Mã gồm 8")
    await expect(page.locator("#code")).to_be_focused()
    await sign_in(page, "ABCD2345")
    await expect(page.locator("#wrong")).to_contain_text("Còn 4 lần thử")
    await picture(page, "-2")
    await join(page, world)
    await expect(page.locator("#who")).to_contain_text("Nguyễn Văn Tạo")
    await sober(page)
    await picture(page, "-3")
    await page.reload()
    await expect(page.locator("#who")).to_have_text("Nguyễn Văn Tạo · cán bộ, Tuyên Quang")
    await expect(page.locator(".bubble.person").first).to_contain_text("••••••••")
    await say(page, "xep hang")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Xếp hạng năm 2026")
    await expect(page.locator(".waiting")).to_have_count(0)
    await sober(page)


async def test_a_code_in_the_link_fills_its_field_and_leaves_the_address(phone: BrowserContext, world: World) -> None:
    page = await phone.new_page()
    code = await world.invitation()
    await page.goto(f"{world.root}/chat#{code}")
    await expect(page.locator("#code")).to_have_value(code)
    await expect(page.locator("#name")).to_be_focused()
    assert page.url == f"{world.root}/chat"


async def test_a_browser_that_keeps_no_cookies_is_told_so(chromium: Chromium, world: World) -> None:
    context = await chromium.new_context(viewport=SMALL_PHONE, service_workers="block")
    page = await context.new_page()
    await page.route("**/chat/signin", lambda route: route.fulfill(status=200, json={"session": "somewhere"}))
    await page.goto(f"{world.root}/chat")
    await sign_in(page, "ABCD2345")
    await expect(page.locator("#notice")).to_contain_text("không lưu cookie")
    await expect(page.locator("#code")).to_have_value("ABCD2345")
    await context.close()


async def test_the_keyboard_is_enough(page: Page, world: World) -> None:
    code = await world.link_code("Hoàng Thị Lan")
    await expect(page.locator("#code")).to_be_focused()
    await page.keyboard.type(code.lower())
    await page.keyboard.press("Tab")
    await page.keyboard.type("Lan")
    await page.keyboard.press("Enter")
    await expect(page.locator(".choices button", has_text="Đồng ý")).to_be_visible()
    await page.locator("#log").focus()
    for _ in range(2):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent") == "Đồng ý":
            break
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Đã liên kết: đồng chí Hoàng Thị Lan")
    await page.get_by_label("Tin nhắn").focus()
    await page.keyboard.type("viec cua toi")
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Việc của tôi")
    assert await page.get_by_role("log").get_attribute("aria-label") == "Cuộc trò chuyện"
    await page.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#leave")).to_be_visible()
    await picture(page, "-menu")
    await page.locator("#leave").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#sure")).to_be_visible()
    await picture(page, "-sure")
    await page.keyboard.press("Escape")
    await expect(page.locator("#sure")).to_be_hidden()
    await expect(page.locator("#room")).to_be_visible()
    await page.locator("#leave").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#sure")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#notice")).to_contain_text("Phiên đã kết thúc")
    assert await page.locator(".bubble").count() == 0


async def test_two_tabs_show_the_same_and_both_go_dark_when_one_ends_it(phone: BrowserContext, page: Page, world: World) -> None:
    await join(page, world)
    other = await phone.new_page()
    await other.goto(f"{world.root}/chat")
    await expect(other.locator(".bubble")).to_have_count(await page.locator(".bubble").count())
    await say(page, "xep hang")
    await expect(other.locator(".bubble.bot").last).to_contain_text("Xếp hạng năm 2026")
    await other.locator("summary").click()
    await other.click("#leave")
    await expect(other.locator("#sure-text")).to_contain_text("nơi duy nhất")
    await other.click("#sure-yes")
    await expect(other.locator("#door")).to_be_visible()
    await expect(page.locator("#door")).to_be_visible(timeout=15_000)
    await expect(page.locator("#notice")).to_contain_text("đã kết thúc")
    for each in (page, other):
        assert await each.locator(".bubble").count() == 0
        assert await each.evaluate("localStorage.length") == 0


async def test_a_stale_tab_shows_nothing_once_somebody_else_has_signed_in(phone: BrowserContext, page: Page, world: World) -> None:
    await join(page, world)
    other = await phone.new_page()
    await other.goto(f"{world.root}/chat")
    await other.locator("summary").click()
    await other.click("#other")
    await sign_in(other, await world.link_code("Hoàng Thị Lan"), "Hoàng Thị Lan")
    await expect(other.locator("#sure-text")).to_contain_text("đang đăng nhập với đồng chí Nguyễn Văn Tạo")
    await picture(other, "-ask")
    await other.click("#sure-yes")
    await expect(other.locator(".choices button", has_text="Đồng ý")).to_be_visible()
    await expect(page.locator("#door")).to_be_visible(timeout=15_000)
    assert await page.locator(".bubble").count() == 0


async def test_what_a_person_writes_is_never_markup(page: Page, world: World) -> None:
    await join(page, world)
    await say(page, "<img src=x onerror=alert(1)><b>đậm</b>")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Chưa rõ")
    assert await page.locator(".bubble img").count() == 0


async def test_a_name_is_never_markup(page: Page, world: World) -> None:
    await sign_in(page, await world.invitation(), "<b>An</b> <img src=x>")
    await page.locator(".choices button", has_text="Đồng ý").click()
    await expect(page.locator(".bubble.bot").last).to_contain_text("<b>An</b>")
    assert await page.locator(".bubble img, #who img").count() == 0


async def test_a_file_goes_up_and_a_large_one_is_refused_at_once(page: Page, world: World) -> None:
    await join(page, world, await world.link_code("Hoàng Thị Lan"))
    await say(page, "/baocao")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Báo cáo tổng kết năm")
    await page.set_input_files("#file", files=[{"name": "minh chứng.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}])
    await expect(page.locator(".bubble.bot").last).to_contain_text("minh chứng.pdf")
    await page.evaluate(
        "() => { const given = new DataTransfer(); given.items.add(new File([new Uint8Array(20 * 1024 * 1024 + 1)], 'to.pdf'));"
        " const field = document.getElementById('file'); field.files = given.files; field.dispatchEvent(new Event('change')); }"
    )
    await expect(page.locator("#problem")).to_contain_text("20 MB")


async def test_too_long_a_message_comes_back_into_its_field(page: Page, world: World) -> None:
    await join(page, world)
    await say(page, "số liệu " * 1_100)
    await expect(page.locator("#problem")).to_contain_text("8.000 ký tự")
    assert len(await page.input_value("#text")) > 8_000


async def test_a_lost_network_is_said_and_what_was_written_goes_when_it_is_back(phone: BrowserContext, page: Page, world: World) -> None:
    await join(page, world)
    await phone.set_offline(True)
    await say(page, "xep hang")
    await expect(page.locator("#lost")).to_be_visible()
    await expect(page.locator(".bubble.waiting")).to_contain_text("đang gửi")
    await picture(page, "-lost")
    await phone.set_offline(False)
    await expect(page.locator(".bubble.bot").last).to_contain_text("Xếp hạng năm 2026", timeout=15_000)
    await expect(page.locator("#lost")).to_be_hidden()
    await expect(page.locator(".bubble.person", has_text="xep hang")).to_have_count(1)


async def test_a_page_that_is_open_while_the_program_restarts_goes_on_by_itself(page: Page, world: World) -> None:
    await join(page, world)
    count = await page.locator(".bubble").count()
    await world.stop()
    await expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    await say(page, "xep hang")
    await world.start()
    await expect(page.locator(".bubble.bot").last).to_contain_text("Xếp hạng năm 2026", timeout=20_000)
    await expect(page.locator("#lost")).to_be_hidden()
    await expect(page.locator(".bubble")).to_have_count(count + 2)


async def test_an_address_in_an_answer_can_be_tapped(page: Page, world: World) -> None:
    await join(page, world)
    address = await page.evaluate("state.session")
    text = f"Mở trang: {world.root}/p/#abc. Hết."
    await world.database.write((effect(web_chat.show, address, "bot", "text", text, "[]", world.clock.now()),))
    world.kept.wake(address)
    link = page.locator(".bubble.bot a")
    await expect(link).to_have_attribute("href", f"{world.root}/p/#abc")
    assert await link.get_attribute("rel") == "noopener noreferrer"


async def test_an_installed_page_without_a_network_says_so_and_holds_nothing(phone: BrowserContext, page: Page, world: World) -> None:
    await join(page, world)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    cached = await page.evaluate(
        "(async () => { const all = []; for (const name of await caches.keys())"
        " for (const request of await (await caches.open(name)).keys()) all.push(new URL(request.url).pathname); return all.sort(); })()"
    )
    assert cached == ["/chat_offline", "/static/chat.css", "/static/chat_icon_small.png", "/static/offline.js"]
    await phone.set_offline(True)
    offline = await phone.new_page()
    await offline.goto(f"{world.root}/chat")
    await expect(offline.locator("h1")).to_have_text("Không có kết nối")
    assert "Nguyễn Văn Tạo" not in await offline.content()
    await picture(offline, "-offline")
    await phone.set_offline(False)
    # The page comes back by itself.
    await expect(offline.locator("#who")).to_contain_text("Nguyễn Văn Tạo", timeout=15_000)


async def test_what_came_while_nobody_looked_is_counted_and_marked(page: Page, world: World) -> None:
    await join(page, world)
    await page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    address = await page.evaluate("state.session")
    for number in range(2):
        letter = queue_effects(
            reply(m("The code is valid.")), channel="web", address=address, language="vi", now=world.clock.now(),
            mint=world.app.minting.opaque, lane="broadcast", key=f"r{number}",
        )  # fmt: skip
        await world.database.write(tuple(letter))
    world.app.wake()
    await expect(page).to_have_title(re.compile(r"\(2\) Thi Đua"), timeout=10_000)
    await page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    title = await page.title()
    assert not title.startswith("(")


async def test_messages_that_are_new_since_the_last_visit_stand_below_a_line(phone: BrowserContext, page: Page, world: World) -> None:
    await join(page, world)
    await page.goto("about:blank")
    address = await world.ask("SELECT address FROM web_sessions")
    await world.database.write((effect(web_chat.show, address, "bot", "text", "Nhắc việc", "[]", world.clock.now()),))
    await page.goto(f"{world.root}/chat")
    await expect(page.locator(".fresh")).to_have_text("Tin mới")
    assert "Nhắc việc" in await page.evaluate("document.querySelector('.fresh').nextElementSibling.textContent")
