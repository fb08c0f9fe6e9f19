"""The signed pages in a real browser: on a small phone, and with the keyboard alone."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FileChooser, Page, expect

from bot.demo.world import Demo
from handlers.kit.message import verbatim
from handlers.kit.reply import File, Picture, say
from handlers.kit.wire import queue_effects
from storage import files, page_links
from storage.connection import effect
from tests.web.small_phone import SMALL_PHONE

pytestmark = pytest.mark.browser
TOKEN = "t" * 43
PAGE = page_links.digest(TOKEN)
NUMBERS = itertools.count()
PERSON, ACCOUNT = "langson-canbo", ("webplain", "langson")


@pytest.fixture
async def page(chromium: Browser, demo: tuple[Demo, str]) -> AsyncIterator[Page]:
    """A small phone whose page may load nothing from elsewhere and raise no error."""
    _, address = demo
    opened = await chromium.new_page(viewport=SMALL_PHONE)
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    opened.on("request", lambda request: problems.append(request.url) if not request.url.startswith((address, "data:")) else None)
    yield opened
    assert problems == []
    await opened.close()


async def link(demo: Demo, kind: page_links.Kind, subject: str) -> None:
    now = demo.clock.now()
    await demo.application.database.write((effect(page_links.add, TOKEN, kind, PERSON, subject, now, now + 1800, ACCOUNT),))


async def fits(page: Page) -> None:
    """Nothing is wider than the phone, and what is tapped is large enough for a thumb."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"]
    shown = "[...document.querySelectorAll('button, select, input, a.button')].filter(e => e.offsetParent)"
    assert min(await page.evaluate(f"{shown}.map(e => e.offsetHeight)"), default=44) >= 44
    await picture(page)


async def picture(page: Page) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        name = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split()[0]
        number = next(NUMBERS)
        await page.screenshot(path=Path(folder) / f"{name}_{number}.png", full_page=True)


async def test_files_are_sent_from_a_small_phone(page: Page, demo: tuple[Demo, str], tmp_path: Path) -> None:
    world, address = demo
    await link(world, "upload", "duty:E16:LANG_SON")
    await page.goto(f"{address}/p/#{TOKEN}")
    await fits(page)
    await page.get_by_role("button", name="Mở").click()
    await expect(page.get_by_role("heading", name="Gửi tệp kèm báo cáo")).to_be_visible()
    assert page.url == f"{address}/upload/{PAGE}"
    await fits(page)
    report = tmp_path / "Báo cáo tổng kết năm 2026 đã ký và đóng dấu.pdf"
    report.write_bytes(b"%PDF-1.7\n" + bytes(5_000))
    wrong = tmp_path / "cai-dat.exe"
    wrong.write_bytes(b"MZ")
    await page.get_by_label("Tệp", exact=True).set_input_files([report, wrong])
    await page.get_by_role("button", name="Gửi").click()
    await expect(page.get_by_role("alert")).to_contain_text("cai-dat.exe: loại tệp này không nhận")
    await expect(page.locator(".files")).to_contain_text(report.name)
    await fits(page)
    await page.reload()
    await expect(page.locator(".files li")).to_have_count(1)
    assert page.url == f"{address}/upload/{PAGE}"


async def test_the_key_is_sent_once_and_stands_in_no_address_and_no_history(page: Page, demo: tuple[Demo, str]) -> None:
    world, address = demo
    await link(world, "upload", "duty:E16:LANG_SON")
    asked: list[str] = []
    page.on("request", lambda request: asked.extend((request.url, request.headers.get("referer", ""))))
    await page.goto(f"{address}/p/#{TOKEN}")
    await expect(page.get_by_label("Liên kết trong cuộc trò chuyện")).to_be_hidden()
    assert page.url == f"{address}/p/"
    await page.get_by_role("button", name="Mở").click()
    await expect(page.get_by_role("heading", name="Gửi tệp kèm báo cáo")).to_be_visible()
    await page.go_back()
    assert page.url == f"{address}/p/"
    assert f"{address}/upload/{PAGE}" in asked
    assert [each for each in asked if TOKEN in each.partition("#")[0]] == []


async def test_a_second_link_where_the_door_stands_already(page: Page, demo: tuple[Demo, str]) -> None:
    world, address = demo
    await link(world, "upload", "duty:E16:LANG_SON")
    await page.goto(f"{address}/p/#{'n' * 43}")
    await page.evaluate(f"location.hash = '#{TOKEN}'")
    await expect(page.locator("#key")).to_have_value(TOKEN)
    await page.get_by_role("button", name="Mở").click()
    await expect(page.get_by_role("heading", name="Gửi tệp kèm báo cáo")).to_be_visible()


async def test_without_a_script_the_link_is_pasted(chromium: Browser, demo: tuple[Demo, str]) -> None:
    world, address = demo
    await link(world, "upload", "duty:E16:LANG_SON")
    context = await chromium.new_context(java_script_enabled=False, viewport=SMALL_PHONE)
    page = await context.new_page()
    await page.goto(f"{address}/p/#{TOKEN}")
    field = page.get_by_label("Liên kết trong cuộc trò chuyện")
    await field.fill("xin chào")
    await page.get_by_role("button", name="Mở").click()
    await expect(page.get_by_role("alert")).to_contain_text("Liên kết chưa đủ")
    await picture(page)
    await field.fill(f"Gửi tệp qua trang web: {address}/p/#{TOKEN} (hiệu lực 30 phút)")
    await page.get_by_role("button", name="Mở").click()
    await expect(page.get_by_role("heading", name="Gửi tệp kèm báo cáo")).to_be_visible()
    await context.close()


async def test_with_the_keyboard_alone(page: Page, demo: tuple[Demo, str], tmp_path: Path) -> None:
    world, address = demo
    await link(world, "upload", "duty:E16:LANG_SON")
    choosers: asyncio.Queue[FileChooser] = asyncio.Queue()
    page.on("filechooser", choosers.put_nowait)
    await page.goto(f"{address}/p/#{TOKEN}")
    await expect(page.locator("#pasted")).to_be_hidden()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Gửi tệp kèm báo cáo")).to_be_visible()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "item"
    await page.keyboard.type("I.4")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "file"
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    report = tmp_path / "a.pdf"
    report.write_bytes(b"%PDF-1.7\n")
    await page.keyboard.press("Enter")
    async with asyncio.timeout(30):
        await (await choosers.get()).set_files(report)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notes")).to_contain_text("I.4: a.pdf")


async def test_a_letter_with_files_is_read_on_its_page(page: Page, chromium: Browser, demo: tuple[Demo, str]) -> None:
    world, address = demo
    database, now = world.application.database, world.clock.now()
    shown = await page.screenshot()
    sha256 = files.write_content(database.files, shown)
    plain = files.write_content(database.files, b"%PDF-1.7\n")
    letter = say(Picture(sha256, "image/png", verbatim("Ảnh")), File(plain, "application/pdf", "Kết luận.pdf"))
    added = [effect(files.add, name, kind, size, now) for name, kind, size in (
        (sha256, "image/png", len(shown)), (plain, "application/pdf", 9),
    )]  # fmt: skip
    queued = queue_effects(letter, channel=ACCOUNT[0], address=ACCOUNT[1], language="vi", now=now, mint=world.application.minting.opaque)
    await database.write((*added, *queued))
    await link(world, "file", f"{sha256} image/png Ảnh hội nghị.png")
    await page.goto(f"{address}/p/#{TOKEN}")
    await page.get_by_role("button", name="Mở").click()
    await expect(page.locator("img")).to_be_visible()
    assert await page.evaluate("document.images[0].naturalWidth") > 0
    await fits(page)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Tải tệp về").click()
    assert (await download.value).suggested_filename == "Ảnh hội nghị.png"
    assert (await (await download.value).path()).read_bytes() == shown

    other = await chromium.new_context(viewport=SMALL_PHONE)
    elsewhere = await other.new_page()
    await elsewhere.goto(f"{address}/p/#{TOKEN}")
    await elsewhere.get_by_role("button", name="Mở").click()
    await expect(elsewhere.get_by_role("heading", name="Trang này đã được mở ở trình duyệt khác")).to_be_visible()
    await fits(elsewhere)
    await other.close()


async def test_what_is_no_page_is_said_clearly(page: Page, demo: tuple[Demo, str]) -> None:
    world, address = demo
    await page.goto(f"{address}/p/#{'n' * 43}")
    await page.get_by_role("button", name="Mở").click()
    await expect(page.get_by_role("heading", name="Trang này không tồn tại")).to_be_visible()
    await fits(page)
    await link(world, "upload", "duty:E16:LANG_SON")
    await world.application.database.write((effect(page_links.revoke, PAGE, world.clock.now()),))
    await page.goto(f"{address}/p/#{TOKEN}")
    await page.get_by_role("button", name="Mở").click()
    await expect(page.get_by_role("heading", name="Liên kết không còn hiệu lực")).to_be_visible()
    await fits(page)


async def test_a_form_of_another_site_changes_nothing(chromium: Browser, demo: tuple[Demo, str]) -> None:
    """A page elsewhere that posts here, from the browser to which the page belongs."""
    world, address = demo
    await link(world, "upload", "duty:E16:LANG_SON")
    context = await chromium.new_context()
    own = await context.new_page()
    await own.goto(f"{address}/p/#{TOKEN}")
    await own.get_by_role("button", name="Mở").click()
    await expect(own.get_by_role("heading", name="Gửi tệp kèm báo cáo")).to_be_visible()
    evil = await context.new_page()
    form = f"<form method=post action='{address}/upload/{PAGE}' enctype='multipart/form-data'><button>x</button></form>"
    await evil.set_content(form)
    async with evil.expect_response(f"{address}/**") as answered:
        await evil.click("button")
    assert (await answered.value).status == 403
    await context.close()
