"""The report form in a real browser at 360 px: by touch, by the keyboard alone, with the network gone, in two tabs, beside the chat."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from storage.duties import Duty
from tests.web.form_world import QUARTER, SELF_SCORE, World
from tests.web.small_phone import SMALL_PHONE

pytestmark = pytest.mark.browser
NTM01, NTM02 = '[name="v.NTM26.NTM01"]', '[name="v.NTM26.NTM02"]'


async def opened(world: World, context: BrowserContext, event: str = QUARTER) -> tuple[Page, str, Duty]:
    """An officer of Lai Châu opens the form from the chat."""
    (name,) = await world.ask(
        "SELECT p.name FROM people p JOIN posts o ON o.person_id = p.id WHERE o.unit_id = 'LAI_CHAU' AND o.role = 'officer' ORDER BY p.id"
    )
    person = await world.officer(name)
    duty = await world.duty(person, event)
    page = await context.new_page()
    link = await world.link(person, duty)
    await page.goto(link)
    if await page.locator("#key").is_visible():      # no script runs
        await page.fill("#key", link)
    await page.get_by_role("button", name="Mở").tap()
    await expect(page.locator("#form")).to_be_visible()
    return page, person, duty


async def picture(page: Page, name: str, *, whole: bool = False) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"form_{name}.png", full_page=whole)


async def test_a_self_score_by_touch(world: World, phone: BrowserContext) -> None:
    page, person, duty = await opened(world, phone, SELF_SCORE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"]
    shown = "[...document.querySelectorAll('button, a.button, input:not([type=hidden],[type=radio]), textarea, summary, .choices label')]"
    heights = await page.evaluate(f"{shown}.filter(e => e.offsetParent && !e.matches('.first')).map(e => e.offsetHeight)")
    assert min(heights) >= 44
    await picture(page, "start")
    await page.locator('[name="v.I.3"]').tap()
    await page.keyboard.type("58")
    await page.locator('[name="v.I.2"]').tap()
    await page.keyboard.type("1,2 nghìn tỷ")
    await page.locator('[name="v.I.1"]').tap()
    await page.keyboard.type("tám phẩy hai")
    await page.locator('[name="v.I.16"]').first.locator("xpath=..").tap()
    await expect(page.locator('[id="e-I.1"]')).to_contain_text("Chưa rõ số liệu")
    await expect(page.locator("#state")).to_contain_text("Đã lưu lúc 08:00")
    await picture(page, "asked")
    await page.get_by_role("button", name="Xem lại").tap()
    await expect(page.locator("#summary")).to_be_visible()
    await picture(page, "summary")
    await page.locator("#summary a").first.tap()
    assert await page.evaluate("document.activeElement.name") == "v.I.1"
    await page.fill('[name="v.I.1"]', "8,2")
    await picture(page, "mended")
    await page.get_by_role("button", name="Xem lại").tap()
    await expect(page.locator("#confirm")).to_be_visible()
    await picture(page, "review", whole=True)
    await picture(page, "review_top")
    await page.get_by_label("Sửa I.4").tap()
    await expect(page.locator('[name="v.I.4"]')).to_be_focused()
    await page.keyboard.type("95,5")
    await page.get_by_role("button", name="Xem lại").tap()
    await expect(page.locator("#confirm")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("95,5%")
    await page.get_by_role("button", name="Xác nhận").tap()
    await expect(page.locator("h1")).to_have_text("Đã ghi nhận")
    await picture(page, "receipt")
    assert (await world.heard(person)).count("Đã ghi nhận") == 1
    assert await world.draft(duty) == {}


async def test_the_keyboard_alone(world: World, phone: BrowserContext) -> None:
    page, _, duty = await opened(world, phone)
    for _ in range(200):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.name") == "v.NTM26.NTM01":
            break
    await page.keyboard.type("12")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.name") == "v.NTM26.NTM02", "on to the next field"
    await page.keyboard.type("1")
    await page.keyboard.press("Shift+Tab")
    await expect(page.locator("#progress")).to_have_text("Đã nhập 2/27 số liệu")
    inputs = await page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]), textarea')].every(e => e.labels.length"
        " && e.getAttribute('aria-describedby').split(' ').every(id => document.getElementById(id)))"
    )
    assert inputs
    draft = await world.draft(duty)
    assert (draft["NTM26.NTM01"], draft["NTM26.NTM02"]) == ("12", "1")


async def test_the_network_goes_and_comes_back(world: World, phone: BrowserContext) -> None:
    page, person, duty = await opened(world, phone)
    link = page.url
    await phone.set_offline(True)
    await page.fill(NTM01, "12")
    await page.locator(NTM02).focus()
    await expect(page.locator("#state")).to_contain_text("Chưa gửi được, đang giữ trên máy này", timeout=15_000)
    await picture(page, "offline")
    assert await world.draft(duty) == {}
    await page.close()
    await phone.set_offline(False)
    again = await phone.new_page()
    await again.goto(link)
    await expect(again.locator(NTM01)).to_have_value("12")
    await expect(again.locator("#progress")).to_have_text("Đã nhập 1/27 số liệu")
    assert (await world.draft(duty))["NTM26.NTM01"] == "12"
    assert await again.evaluate("localStorage.length") == 0
    await phone.set_offline(True)
    await again.fill(NTM02, "1")
    await again.locator(NTM01).focus()
    await expect(again.locator("#state")).to_contain_text("Chưa gửi được", timeout=15_000)
    await phone.set_offline(False)
    await expect(again.locator("#progress")).to_have_text("Đã nhập 2/27 số liệu", timeout=15_000)
    assert person


async def test_kept_figures_of_a_link_that_ended_arrive_with_a_new_one(world: World, phone: BrowserContext) -> None:
    page, person, duty = await opened(world, phone)
    world.clock.advance(13 * 3600)
    await page.fill(NTM01, "12")
    await page.locator(NTM02).focus()
    await expect(page.locator("#state")).to_contain_text(".")
    assert await page.evaluate("localStorage.length") == 1
    await page.goto(await world.link(person, duty))
    await page.get_by_role("button", name="Mở").tap()
    await expect(page.locator(NTM01)).to_have_value("12")
    await expect(page.locator("#progress")).to_have_text("Đã nhập 1/27 số liệu")
    assert (await world.draft(duty))["NTM26.NTM01"] == "12"


async def test_what_was_kept_does_not_overwrite_what_came_since(world: World, phone: BrowserContext) -> None:
    page, person, duty = await opened(world, phone)
    link = page.url
    await phone.set_offline(True)
    await page.fill(NTM01, "12")
    await page.close()
    await phone.set_offline(False)
    await world.say(person, "ntm01 14")
    again = await phone.new_page()
    await again.goto(link)
    await expect(again.locator('[id="e-NTM26.NTM01"]')).to_contain_text("vừa được nhập trong cuộc trò chuyện hoặc ở trang khác: 14 xã")
    await picture(again, "clash")
    await again.get_by_role("button", name="Lấy số vừa nhập").tap()
    await expect(again.locator('[id="e-NTM26.NTM01"]')).to_contain_text("Đã ghi: 12 xã")
    assert (await world.draft(duty))["NTM26.NTM01"] == "12"


async def test_two_tabs_and_the_chat(world: World, phone: BrowserContext) -> None:
    first, person, duty = await opened(world, phone)
    second = await phone.new_page()
    await second.goto(first.url)
    await first.fill(NTM01, "12")
    await first.locator(NTM02).focus()
    await expect(first.locator("#progress")).to_have_text("Đã nhập 1/27 số liệu")
    await second.fill(NTM02, "1")
    await second.locator(NTM01).focus()
    await expect(second.locator("#progress")).to_have_text("Đã nhập 2/27 số liệu")
    await second.locator(NTM02).focus()
    await second.evaluate("dispatchEvent(new Event('focus'))")
    await expect(second.locator(NTM01)).to_have_value("12")
    await world.say(person, "ntm02 2")
    await world.say(person, "xem lại")
    await first.evaluate("document.activeElement.blur(); dispatchEvent(new Event('focus'))")
    await expect(first.locator(NTM02)).to_have_value("2")
    assert "Đã ghi nhận" in await world.say(person, "xác nhận")
    await first.fill(NTM01, "13")
    await first.locator(NTM02).focus()
    await expect(first.locator("h1")).to_have_text("Đã ghi nhận")
    await expect(first.locator("#over")).to_contain_text("chưa gửi được")
    await expect(first.locator("#over li")).to_have_text("NTM01: 13")
    await picture(first, "filed_meanwhile")
    assert await world.draft(duty) == {}


async def test_doubts_readings_and_the_last_period(world: World, phone: BrowserContext) -> None:
    page, _, duty = await opened(world, phone)
    same = page.locator("button.same").first
    item = (await same.get_attribute("value") or "").removeprefix("same ")
    await same.tap()
    await expect(page.locator(f'[id="e-{item}"]')).to_contain_text("Đã ghi:")
    await page.fill(NTM01, "5000")
    await page.locator(NTM02).focus()
    await expect(page.locator('[id="e-NTM26.NTM01"]')).to_contain_text("Giữ 5.000")
    await page.locator(NTM01).scroll_into_view_if_needed()
    await picture(page, "doubt")
    assert "NTM26.NTM01" not in await world.draft(duty)
    await page.get_by_role("button", name="Giữ 5.000").tap()
    await expect(page.locator('[id="e-NTM26.NTM01"]')).to_contain_text("Đã ghi: 5.000 xã")
    assert (await world.draft(duty))["NTM26.NTM01"] == "5000"


async def test_a_changed_plan_a_text_and_evidence(world: World, phone: BrowserContext) -> None:
    page, person, duty = await opened(world, phone, SELF_SCORE)
    row = page.locator('[id="r-I.2"]')
    await row.locator("summary").tap()
    await page.fill('[name="v.I.2:plan"]', "2400")
    await page.locator('[name="w.I.2:plan"]').focus()
    await page.keyboard.press("Tab")
    await expect(page.locator('[id="e-I.2:plan"]')).to_contain_text("lý do")
    await page.fill('[name="w.I.2:plan"]', "HĐND tỉnh giao lại tháng 10")
    await page.locator('[name="v.I.3"]').focus()
    await expect(page.locator('[id="e-I.2:plan"]')).to_contain_text("Đã ghi: 2.400 tỷ đồng. Lý do: HĐND tỉnh giao lại tháng 10")
    await row.scroll_into_view_if_needed()
    await expect(page.locator('[id="k-I.2"]')).to_have_text("Kế hoạch: 2.400 tỷ đồng")
    await picture(page, "plan")
    await page.fill('[name="v.narrative:2"]', "Hoàn thành 18/20 chỉ tiêu.\nThu ngân sách vượt 4%.")
    await page.locator('[name="v.narrative:3"]').fill("MẬT\nKế hoạch số 5")
    await page.locator('[name="v.narrative:4"]').focus()
    await expect(page.locator('[id="e-narrative:3"]')).to_contain_text("bí mật nhà nước", ignore_case=True)
    await expect(page.locator('[name="v.narrative:3"]')).to_have_value("")
    await picture(page, "texts")
    assert "MẬT" not in await page.evaluate("JSON.stringify(localStorage)")
    await page.locator("#upload").tap()
    await page.set_input_files("#file", files=[{"name": "bao-cao-ky.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}])
    await page.get_by_role("button", name="Gửi").tap()
    await picture(page, "uploaded")
    await page.locator("a.button").tap()
    await expect(page.locator("#files")).to_contain_text("bao-cao-ky.pdf")
    await expect(page.locator('[name="v.narrative:2"]')).to_have_value("Hoàn thành 18/20 chỉ tiêu.\nThu ngân sách vượt 4%.")
    draft = await world.draft(duty)
    assert draft["I.2:plan"] == "2400"
    assert person


async def test_dark_and_wide(world: World, phone: BrowserContext) -> None:
    page, _, _ = await opened(world, phone, SELF_SCORE)
    await page.emulate_media(color_scheme="dark")
    await page.fill('[name="v.I.1"]', "nhiều")
    await page.locator('[name="v.I.2"]').focus()
    await expect(page.locator('[id="e-I.1"]')).to_contain_text("Chưa rõ")
    await picture(page, "dark")
    style = "getComputedStyle(document.querySelector('[name=\"v.I.1\"]'))"
    colours = await page.evaluate(f"[{style}.color, {style}.backgroundColor]")
    assert colours[0] != colours[1]
    await page.set_viewport_size({"width": 1280, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 1280
    await picture(page, "wide")


async def test_without_a_script(world: World, phone: BrowserContext) -> None:
    browser = phone.browser
    assert browser is not None
    plain = await browser.new_context(viewport=SMALL_PHONE, has_touch=True, is_mobile=True, java_script_enabled=False)
    page, _, duty = await opened(world, plain)
    await page.fill(NTM01, "12")
    await page.fill(NTM02, "một ít")
    await page.locator(NTM02).press("Enter")
    await expect(page.locator("#summary")).to_contain_text("NTM02")
    await picture(page, "no_script")
    assert (await world.draft(duty))["NTM26.NTM01"] == "12"
    await page.fill(NTM02, "1")
    await page.get_by_role("button", name="Xem lại").tap()
    await page.get_by_role("button", name="Xác nhận").tap()
    await expect(page.locator("h1")).to_have_text("Đã ghi nhận")
    await plain.close()
