"""The chat page in a real browser: join, report, ask, be reminded; on a narrow phone, without buttons, with the keyboard alone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.demo.world import Demo
from tests.web.small_phone import SMALL_PHONE

pytestmark = pytest.mark.browser
Demonstrated = tuple[Demo, str]


@pytest.fixture
async def page(chromium: Browser, demo: Demonstrated) -> AsyncIterator[Page]:
    """The page on a small phone; an error of its script, or a look elsewhere, fails the test."""
    _, address = demo
    opened = await chromium.new_page(viewport=SMALL_PHONE)
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("request", lambda request: problems.append(request.url) if not request.url.startswith((address, "data:")) else None)
    await opened.goto(address)
    yield opened
    assert problems == []
    if folder := os.environ.get("SCREENSHOTS"):
        name = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split()[0]
        await opened.screenshot(path=Path(folder) / f"{name}.png")
    await opened.close()


async def say(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def tap(page: Page, label: str) -> None:
    await page.locator(".choices button", has_text=label).last.click()


async def test_ask_for_the_ranking_on_a_small_phone(page: Page) -> None:
    await say(page, "xep hang lao cai")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Lào Cai: hạng 5/7")
    assert await page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"]
    shown = "[...document.querySelectorAll('button, select, textarea')].filter(e => e.offsetParent)"
    heights = await page.evaluate(f"{shown}.map(e => e.offsetHeight)")
    assert min(heights) >= 44


async def test_a_stranger_joins_with_a_code(page: Page) -> None:
    await page.select_option("#role", "stranger")
    await say(page, "xep hang")
    await expect(page.locator(".bubble.bot").last).to_contain_text("mã tham gia")
    await page.click("#code")
    await expect(page.locator("#text")).not_to_have_value("")
    await page.press("#text", "Enter")
    await expect(page.locator(".bubble.bot").last).to_contain_text("cán bộ, Tuyên Quang")
    await tap(page, "Đồng ý")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Việc của tôi")


async def test_report_and_confirm(page: Page) -> None:
    await say(page, "/baocao")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Báo cáo tổng kết năm")
    await say(page, "I.3 58, I.8 5,2")
    await expect(page.locator(".bubble.bot").last).to_contain_text("2")
    await say(page, "xem lại")
    await tap(page, "Xác nhận")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Đã ghi nhận")


async def test_a_reminder_comes_when_the_clock_moves(page: Page) -> None:
    await expect(page.locator("#now")).to_have_text("08:00 23/11/2026")
    await page.click("[data-by=next]")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Báo cáo tổng kết năm", timeout=15_000)
    await expect(page.locator("#now")).not_to_have_text("08:00 23/11/2026")


async def test_the_zalo_view_has_no_buttons_and_takes_numbers(page: Page) -> None:
    await page.check("#plain")
    await say(page, "việc của tôi")
    await expect(page.locator(".bubble.bot").last).to_contain_text("1. Nộp:")
    assert await page.locator(".choices button").count() == 0
    await say(page, "1")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Báo cáo tổng kết năm")


async def test_the_keyboard_is_enough(page: Page) -> None:
    await page.locator("#text").focus()
    await page.keyboard.type("viec cua toi")
    await page.keyboard.press("Enter")
    await expect(page.locator(".choices button").first).to_be_visible()
    await page.locator(".choices button").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble.person").last).to_contain_text("Nộp:")
    assert await page.get_by_role("log").get_attribute("aria-label") == "Cuộc trò chuyện"
    assert await page.get_by_label("Tin nhắn").is_visible()


async def test_what_a_person_writes_is_never_markup(page: Page) -> None:
    await say(page, "<img src=x onerror=alert(1)><b>đậm</b>")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Chưa rõ")
    assert await page.locator(".bubble img").count() == 0


async def test_a_file_goes_up(page: Page) -> None:
    await say(page, "/baocao")
    await expect(page.locator(".bubble.bot").last).to_contain_text("Báo cáo tổng kết năm")
    await page.set_input_files("#file", files=[{"name": "minh-chung.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}])
    await expect(page.locator(".bubble.bot").last).to_contain_text("minh-chung.pdf")
