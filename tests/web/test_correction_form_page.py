"""A filed report corrected in a real browser at 360 px: by touch, by the keyboard alone, without a script, with the network gone."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from storage.duties import Duty
from tests.web.form_world import QUARTER, World
from tests.web.small_phone import SMALL_PHONE

pytestmark = pytest.mark.browser
NTM01, NTM02 = '[name="v.NTM26.NTM01"]', '[name="v.NTM26.NTM02"]'
WHY = "Sở Tài chính rà soát lại"


async def opened(world: World, context: BrowserContext) -> tuple[Page, str, Duty]:
    """An officer of Lào Cai opens the page of his filed report from the chat."""
    person = await world.officer("Nguyễn Minh Đức")
    duty = await world.duty(person, QUARTER)
    page = await context.new_page()
    link = await world.correction(person, duty)
    await page.goto(link)
    if await page.locator("#key").is_visible():      # no script runs
        await page.fill("#key", link)
    await page.get_by_role("button", name="Mở").tap()
    await expect(page.locator("#form")).to_be_visible()
    return page, person, duty


async def picture(page: Page, name: str, *, whole: bool = False) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"correct_{name}.png", full_page=whole)


async def test_by_touch(world: World, phone: BrowserContext) -> None:
    page, person, duty = await opened(world, phone)
    assert await page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"]
    await picture(page, "start")
    await page.fill(NTM01, "50")
    await page.locator(NTM02).tap()
    await expect(page.locator('[id="e-NTM26.NTM01"]')).to_have_text("Sửa: 45 xã → 50 xã")
    await expect(page.locator("#progress")).to_have_text("Đã sửa 1 mục")
    await page.fill(NTM02, "")
    await page.locator(NTM01).tap()
    await expect(page.locator('[id="e-NTM26.NTM02"]')).to_contain_text("Số liệu đã nộp không để trống được")
    await picture(page, "emptied")
    await page.locator('[id="e-NTM26.NTM02"] button').tap()
    await expect(page.locator(NTM02)).to_have_value("2")
    await page.get_by_role("button", name="Xem lại").tap()
    await expect(page.locator("#confirm")).to_contain_text("45 xã → 50 xã")
    assert await page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"]
    heights = await page.evaluate("[...document.querySelectorAll('button, textarea')].map(e => e.offsetHeight)")
    assert min(heights) >= 44
    await picture(page, "review")
    await page.get_by_role("button", name="Xác nhận").tap()
    await expect(page.locator(".asked")).to_contain_text("Cần có lý do")
    await page.fill("#reason", WHY)
    await picture(page, "reason")
    await page.get_by_label("Sửa NTM01").tap()
    await expect(page.locator(NTM01)).to_be_focused()
    await page.fill(NTM01, "51")
    await page.get_by_role("button", name="Xem lại").tap()
    await expect(page.locator("#reason")).to_have_value(WHY)
    await page.get_by_role("button", name="Xác nhận").tap()
    await expect(page.locator("h1")).to_have_text("Đã ghi nhận số liệu sửa")
    await picture(page, "receipt")
    assert (await world.heard(person)).count("Đã ghi nhận số liệu sửa") == 1
    assert (await world.filed(duty))["NTM26.NTM01"] == "51"
    assert await page.evaluate("localStorage.length") == 0


async def test_the_keyboard_alone(world: World, phone: BrowserContext) -> None:
    page, _, duty = await opened(world, phone)
    await _tab_to(page, "v.NTM26.NTM01")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("50")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.name") == "v.NTM26.NTM02", "on to the next field"
    await _tab_to(page, "do", "review")
    await page.keyboard.press("Enter")
    await expect(page.locator("#confirm")).to_contain_text("45 xã → 50 xã")
    await _tab_to(page, "reason")
    await page.keyboard.type(WHY)
    await _tab_to(page, "do", "confirm")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Đã ghi nhận số liệu sửa")
    assert (await world.filed(duty))["NTM26.NTM01"] == "50"


async def _tab_to(page: Page, name: str, value: str = "") -> None:
    for _ in range(200):
        await page.keyboard.press("Tab")
        here = await page.evaluate("[document.activeElement.name, document.activeElement.value]")
        if here[0] == name and value in ("", here[1]):
            return
    raise AssertionError(f"{name} {value} is not reached with the keyboard")


async def test_the_network_is_gone_at_the_confirmation(world: World, phone: BrowserContext) -> None:
    page, person, duty = await opened(world, phone)
    await page.fill(NTM01, "50")
    await page.get_by_role("button", name="Xem lại").tap()
    await page.fill("#reason", WHY)
    await phone.set_offline(True)
    await page.get_by_role("button", name="Xác nhận").tap()
    await expect(page.locator("#state")).to_contain_text("Chưa nhận được trả lời")
    await picture(page, "offline")
    address = page.url
    await page.close()
    await phone.set_offline(False)
    again = await phone.new_page()
    await again.goto(address)
    await expect(again.locator("#reason")).to_have_value(WHY)
    await again.get_by_role("button", name="Xác nhận").tap()
    await expect(again.locator("h1")).to_have_text("Đã ghi nhận số liệu sửa")
    assert (await world.filed(duty))["NTM26.NTM01"] == "50"
    assert (await world.heard(person)).count("Đã ghi nhận số liệu sửa") == 1


async def test_what_is_typed_before_the_scripts_have_arrived_is_taken(world: World, phone: BrowserContext) -> None:
    """A slow line: the page stands and is filled in already."""
    arrived = {"form.js": asyncio.Event(), "form_end.js": asyncio.Event()}

    async def slow(route: Route) -> None:
        await arrived[route.request.url.rpartition("/")[2].partition("?")[0]].wait()
        await route.continue_()

    for name in arrived:
        await phone.route(f"**/{name}*", slow)
    page, person, duty = await opened(world, phone)
    await page.fill(NTM01, "50")
    arrived["form.js"].set()
    await expect(page.locator("#progress")).to_have_text("Đã sửa 1 mục")
    await page.get_by_role("button", name="Xem lại").tap()
    await page.fill("#reason", WHY)
    arrived["form_end.js"].set()
    await page.wait_for_load_state()
    address = page.url
    await page.close()
    again = await phone.new_page()
    await again.goto(address)
    await expect(again.locator("#reason")).to_have_value(WHY)
    await again.get_by_role("button", name="Xác nhận").tap()
    await expect(again.locator("h1")).to_have_text("Đã ghi nhận số liệu sửa")
    assert (await world.filed(duty))["NTM26.NTM01"] == "50"
    assert (await world.heard(person)).count("Đã ghi nhận số liệu sửa") == 1


async def test_two_tabs_a_colleague_and_the_chat(world: World, phone: BrowserContext) -> None:
    first, person, duty = await opened(world, phone)
    second = await phone.new_page()
    await second.goto(first.url)
    await first.fill(NTM01, "50")
    await first.locator(NTM02).focus()
    await expect(first.locator("#progress")).to_have_text("Đã sửa 1 mục")
    await second.fill(NTM01, "52")
    await second.locator(NTM02).focus()
    await expect(second.locator('[id="e-NTM26.NTM01"]')).to_contain_text("vừa được nhập trong cuộc trò chuyện hoặc ở trang khác: 50 xã")
    await picture(second, "clash")
    await second.get_by_role("button", name="Giữ 50 xã").tap()
    await expect(second.locator(NTM01)).to_have_value("50")
    await second.get_by_role("button", name="Xem lại").tap()
    await second.fill("#reason", WHY)
    mai = await world.officer("Giàng Thị Mai")
    for words in ("/sua ntm02 3", "Theo quyết định mới nhất", "xác nhận"):
        await world.say(mai, words)
    await second.get_by_role("button", name="Xác nhận").tap()
    await expect(second.locator(".asked")).to_contain_text("Giàng Thị Mai vừa sửa báo cáo này")
    await expect(second.locator("#reason")).to_have_value(WHY)
    await picture(second, "colleague")
    await second.get_by_role("button", name="Xác nhận").tap()
    await expect(second.locator("h1")).to_have_text("Đã ghi nhận số liệu sửa")
    await first.fill(NTM01, "60")
    await first.locator(NTM02).focus()
    await expect(first.locator("h1")).to_have_text("Đã ghi nhận số liệu sửa")
    await expect(first.locator("#over li")).to_have_text("NTM01: 60")
    filed = await world.filed(duty)
    assert (filed["NTM26.NTM01"], filed["NTM26.NTM02"]) == ("50", "3")
    assert person


async def test_evidence_without_a_script(world: World, phone: BrowserContext) -> None:
    browser = phone.browser
    assert browser is not None
    plain = await browser.new_context(viewport=SMALL_PHONE, has_touch=True, is_mobile=True, java_script_enabled=False)
    page, person, duty = await opened(world, plain)
    await page.locator("#upload").tap()
    await page.set_input_files("#file", files=[{"name": "bien-ban.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}])
    await page.get_by_role("button", name="Gửi").tap()
    await picture(page, "uploaded")
    await page.locator("a.button").tap()
    await expect(page.locator("#files")).to_contain_text("bien-ban.pdf")
    await page.fill(NTM01, "50")
    await page.get_by_role("button", name="Xem lại").tap()
    await picture(page, "no_script", whole=True)
    await page.fill("#reason", WHY)
    await page.get_by_role("button", name="Sửa tiếp").tap()
    await page.get_by_role("button", name="Xem lại").tap()
    await expect(page.locator("#reason")).to_have_value(WHY)
    await page.get_by_role("button", name="Xác nhận").tap()
    await expect(page.locator("h1")).to_have_text("Đã ghi nhận số liệu sửa")
    told = await world.heard(person)
    assert "bien-ban.pdf" in told
    assert (await world.ask("SELECT COUNT(*) FROM evidence e JOIN reports r ON r.id = e.report_id WHERE r.duty_id = ?", duty.id))[0] == 1
    await plain.close()
