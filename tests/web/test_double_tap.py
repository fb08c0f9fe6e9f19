"""Two taps at one place, as an unsteady thumb gives them: the second one presses nothing that has come there meanwhile."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from bot.demo.world import Demo
from tests.web import form_world
from tests.web.small_phone import SMALL_PHONE
from tests.web.test_report_form_page import opened as form_opened
from tests.web.webchat_world import World

pytestmark = pytest.mark.browser

BETWEEN = (0, 50, 100, 200, 300, 400)
"""Milliseconds: what a machine, a nervous thumb and an old phone put between two taps."""


async def double_tap(page: Page, button: Locator, between: int) -> None:
    """Two taps where the button stands now, whatever stands there at the second one."""
    await button.scroll_into_view_if_needed()
    await button.click(trial=True)      # it can be pressed by now
    box = await button.bounding_box()
    assert box is not None
    at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.touchscreen.tap(*at)
    if between:
        await page.wait_for_timeout(between)
    await page.touchscreen.tap(*at)


async def say(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")


def last(page: Page, label: str) -> Locator:
    return page.locator(".bubble.bot").last.get_by_role("button", name=label, exact=True)


@pytest.mark.parametrize(
    ("first", "answered"), [("Xem lại", "Xem lại: "), ("Như kỳ trước", "2/27"), ("Hủy", "Đã dừng")]
)
async def test_in_the_chat_it_presses_no_other_button(chat_world: World, chromium: object, first: str, answered: str) -> None:
    context: BrowserContext = await chromium.new_context(viewport=SMALL_PHONE, has_touch=True, is_mobile=True)  # type: ignore[attr-defined]
    page = await context.new_page()
    await page.goto(f"{chat_world.root}/chat")
    await page.fill("#code", await chat_world.link_code("Tẩn Thị Hoa"))
    await page.fill("#name", "Tẩn Thị Hoa")
    await page.click("#door-form button")
    await page.locator(".choices button", has_text="Đồng ý").click()
    await expect(page.locator(".bubble.bot").last).to_contain_text("Đã liên kết")
    for between in BETWEEN:
        await say(page, "/huy")
        await say(page, "nop bao cao quy 3")
        await expect(last(page, "Bỏ qua")).to_be_visible()
        said = await page.locator(".bubble.person").count()
        await double_tap(page, last(page, first), between)
        await expect(page.locator(".bubble.bot").last).to_contain_text(answered)
        await say(page, "/trogiup")      # whatever a second tap has sent was answered before this
        await expect(page.locator(".bubble.bot").last).to_contain_text("/trogiup: Trợ giúp")
        assert await page.locator(".bubble.person").count() == said + 2, between
        if await chat_world.ask("SELECT COUNT(*) FROM drafts WHERE duty_id = 'E15:LAI_CHAU'"):
            await say(page, "/baocao drop E15:LAI_CHAU")
            await last(page, "Xóa bản nháp").click()
            await expect(page.locator(".bubble.bot").last).to_contain_text("Đã xóa bản nháp")
    await context.close()


async def test_the_choices_of_an_answer_are_on_again_when_it_is_answered_or_has_not_arrived(chat_world: World, chromium: object) -> None:
    context: BrowserContext = await chromium.new_context(viewport=SMALL_PHONE, has_touch=True)  # type: ignore[attr-defined]
    page = await context.new_page()
    await page.goto(f"{chat_world.root}/chat")
    await page.fill("#code", await chat_world.link_code("Tẩn Thị Hoa"))
    await page.fill("#name", "Tẩn Thị Hoa")
    await page.click("#door-form button")
    await page.locator(".choices button", has_text="Đồng ý").click()
    await expect(page.locator(".bubble.bot").last).to_contain_text("Đã liên kết")
    await say(page, "han")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Đang chờ nộp")
    choices = page.locator(f'[data-place="{await page.locator(".bubble.bot").last.get_attribute("data-place")}"] .choices button')
    shown = await choices.count()
    await page.route("**/chat/tap", lambda route: route.fulfill(status=422, json={"error": "Chưa gửi được"}))
    async with page.expect_request("**/chat/tap"):
        await choices.first.click()
        off = await choices.evaluate_all("buttons => buttons.filter(each => each.disabled).length")
    assert off in (0, shown)      # 0: the refusal is there already
    await expect(page.locator("#problem")).to_contain_text("Chưa gửi được")
    await expect(choices.first).to_be_enabled()      # it has not arrived: it can be tapped again
    await page.unroute("**/chat/tap")
    await choices.first.click()
    await expect(page.locator(".bubble.bot .choices button:disabled")).to_have_count(0)      # answered: on again
    await context.close()


async def test_in_the_demo_it_presses_no_other_button(demo: tuple[Demo, str], chromium: object) -> None:
    _, address = demo
    context: BrowserContext = await chromium.new_context(viewport=SMALL_PHONE, has_touch=True)  # type: ignore[attr-defined]
    page = await context.new_page()
    await page.goto(address)
    for between in BETWEEN:
        await say(page, "/huy")
        await say(page, "nop bao cao")
        await expect(last(page, "Bỏ qua")).to_be_visible()
        await double_tap(page, last(page, "Xem lại"), between)
        await expect(page.locator(".bubble.bot").last).to_contain_text("Xem lại: ")
        await say(page, "xem lại")      # still open: nothing was left, nothing filed
        await expect(page.locator(".bubble.bot").last).to_contain_text("Xem lại: ")
        assert await page.locator(".bubble.person", has_text="Hủy").count() == 0, between
    await context.close()


async def test_on_the_form_it_does_not_file_what_it_was_to_review(world: form_world.World, phone: BrowserContext) -> None:
    page, person, _ = await form_opened(world, phone)
    await page.fill('[name="v.NTM26.NTM01"]', "12")
    for between in BETWEEN:
        await double_tap(page, page.get_by_role("button", name="Xem lại"), between)
        await expect(page.locator("#confirm")).to_be_visible()
        await expect(page.locator("#confirm button.main")).to_be_enabled()
        assert await world.ask("SELECT COUNT(*) FROM reports WHERE duty_id = 'E15:LAI_CHAU'") == (0,), between
        await page.go_back()
        await expect(page.locator("#form")).to_be_visible()
    assert "Đã ghi nhận" not in await world.heard(person)
