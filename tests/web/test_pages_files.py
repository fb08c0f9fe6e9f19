"""Files and pictures of letters to a channel that takes none: a page for their reader, or an address for the platform."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.channels.base import Unreachable
from bot.web.downloads import attachment
from handlers.kit.message import m, verbatim
from handlers.kit.reply import File, Picture, Reply, say
from handlers.kit.wire import queue_effects
from storage import files
from storage.connection import effect
from tests.web.pages_world import JPEG, LANGSON, LAOCAI, PDF, PUBLIC, World, key_in, page_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(500)
NAME = "Kết luận họp Cụm số 1.pdf"


@pytest.fixture
async def world(cluster: Callable[[], Path]) -> AsyncIterator[World]:
    opened = World(cluster())
    await opened.open()
    yield opened
    await opened.close()


async def stored(world: World, content: bytes, media_type: str) -> str:
    database = world.application.database
    sha256 = files.write_content(database.files, content)
    await database.write((effect(files.add, sha256, media_type, len(content), world.clock.now()),))
    return sha256


async def send(world: World, address: str, reply: Reply) -> None:
    letter = queue_effects(
        reply, channel="webplain", address=address, language="vi", now=world.clock.now(), mint=world.minting.opaque,
        person_id=await world.person(address),
    )  # fmt: skip
    await world.application.database.write(letter)
    await world.application.settle()


async def file_letter(world: World, name: str = NAME, content: bytes = PDF, media_type: str = "application/pdf") -> str:
    """The key of the page that a letter with a file names."""
    await send(world, LANGSON, say(m("Done"), File(await stored(world, content, media_type), media_type, name)))
    return key_in(world.new(LANGSON))


async def test_a_file_comes_as_name_size_and_a_page_that_gives_it(world: World) -> None:
    sha256 = await stored(world, PDF, "application/pdf")
    await send(world, LANGSON, say(File(sha256, "application/pdf", NAME, verbatim("Kết luận họp."))))
    parts = world.new(LANGSON)
    assert [part.kind for part in parts] == ["text"]
    assert f"{NAME} (3 KB)" in parts[0].text
    token = key_in(parts)
    page_id = page_of(token)
    browser = world.browser()
    assert (await browser.tap(token)).location == f"../file/{page_id}"
    page = await browser.get(f"/file/{page_id}")
    assert NAME in page.text
    assert "3 KB" in page.text
    content = await browser.get(f"/content/{page_id}")
    assert content.body == PDF
    assert content.headers["Content-Type"] == "application/pdf"
    disposition = content.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=\"Ket luan hop Cum so 1.pdf\"; filename*=UTF-8''K%E1%BA%BF")
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert (await browser.get(f"/content/{page_id}", Range="bytes=0-3")).body == PDF[:4]
    stranger = world.browser()
    assert [(await stranger.get(f"/{kind}/{page_id}")).status for kind in ("file", "content")] == [303, 303]
    assert (await stranger.tap(token)).status == 403


async def test_the_link_lives_three_days(world: World) -> None:
    token = await file_letter(world)
    world.clock.advance(3 * 86_400 - 1)
    browser = world.browser()
    assert (await browser.tap(token)).status == 303
    world.clock.advance(1)
    assert (await browser.get(f"/content/{page_of(token)}")).status == 410


async def test_a_file_whose_link_is_over_comes_again_to_its_readers_chat_once(world: World) -> None:
    token = await file_letter(world)
    again, anybody = f"/again/{page_of(token)}", world.browser()
    assert (await anybody.post(again, {"key": token})).status == 410, "not as long as the link is good"
    world.clock.advance(3 * 86_400)
    ended = await anybody.tap(token)
    assert (ended.status, f'action="..{again}"' in ended.text, f'name="key" value="{token}"' in ended.text) == (410, True, True)
    assert NAME not in ended.text
    assert (await anybody.post(again, {"key": token}, Sec_Fetch_Site="cross-site")).status == 403
    assert (await anybody.post(again)).status == 404, "what the log of a proxy shows is not enough"
    assert (await anybody.post(again, {"key": token})).status == 200
    assert (await anybody.post(again, {"key": token})).status == 410
    await world.application.settle()
    parts = world.new(LANGSON)
    assert "Tệp được yêu cầu gửi lại" in parts[0].text
    assert (await world.browser().tap(key_in(parts))).status == 303
    assert (await anybody.tap(token)).status == 410


async def test_the_browser_that_had_the_file_asks_for_it_again_from_its_page(world: World) -> None:
    token = await file_letter(world)
    browser = world.browser()
    await browser.tap(token)
    world.clock.advance(3 * 86_400)
    ended = await browser.get(f"/file/{page_of(token)}")
    assert (ended.status, f'action="../again/{page_of(token)}"' in ended.text, 'name="key"' in ended.text) == (410, True, False)
    assert (await browser.post(f"/again/{page_of(token)}")).status == 200


async def test_each_reader_has_a_link_of_his_own(world: World) -> None:
    mine = await file_letter(world)
    await send(world, LAOCAI, say(File(await stored(world, PDF, "application/pdf"), "application/pdf", NAME)))
    theirs = key_in(world.new(LAOCAI))
    assert mine != theirs
    rows = await world.rows("SELECT person_id, kind FROM page_links ORDER BY person_id")
    assert rows == [(await world.person(LANGSON), "file"), (await world.person(LAOCAI), "file")]


async def test_a_letter_that_is_tried_again_has_the_same_link(world: World) -> None:
    failures = [Unreachable("x")]
    world.channel.refuse = lambda address, part: failures.pop() if failures else None
    await send(world, LANGSON, say(File(await stored(world, PDF, "application/pdf"), "application/pdf", NAME)))
    assert world.new(LANGSON) == []
    kept = await world.rows("SELECT parts FROM outbox WHERE parts IS NOT NULL AND state = 'waiting'")
    (written,) = set(re.findall(r"/p/#([\w-]{43})", str(kept)))
    await world.advance(3600)
    assert key_in(world.new(LANGSON)) == written
    assert await world.rows("SELECT COUNT(*) FROM page_links") == [(1,)]
    assert written not in str(await world.rows("SELECT parts FROM outbox")), "the link is forgotten once it is sent"


async def test_a_letter_that_waited_for_days_gets_a_link_that_is_good(world: World) -> None:
    down = True
    world.channel.refuse = lambda address, part: Unreachable("x") if down else None
    await send(world, LANGSON, say(File(await stored(world, PDF, "application/pdf"), "application/pdf", NAME)))
    world.clock.advance(3 * 86_400 + 3600)
    down = False
    await world.application.tick()
    await world.application.settle()
    assert (await world.browser().tap(key_in(world.new(LANGSON)))).status == 303


async def test_a_picture_of_public_facts_goes_by_its_address(world: World) -> None:
    sha256 = await stored(world, PNG, "image/png")
    await send(world, LANGSON, say(Picture(sha256, "image/png", verbatim("Bảng xếp hạng"), public=True)))
    (part,) = world.new(LANGSON)
    assert (part.kind, part.text, part.sha256) == ("picture", "Bảng xếp hạng", "")
    assert part.url.startswith(f"{PUBLIC}/picture/")
    assert part.url.endswith(".png")
    path = part.url.removeprefix(PUBLIC)
    platform = world.browser()
    platform.headers.clear()
    shown = await platform.get(path)
    assert (shown.status, shown.body, shown.headers["Content-Type"]) == (200, PNG, "image/png")
    assert shown.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert platform.cookies == {}
    assert await world.rows("SELECT person_id, kind FROM page_links") == [(None, "picture")]
    world.clock.advance(86_400)
    assert (await platform.get(path)).status == 410


async def test_any_other_picture_is_for_its_reader_alone(world: World) -> None:
    sha256 = await stored(world, JPEG, "image/jpeg")
    await send(world, LANGSON, say(Picture(sha256, "image/jpeg", verbatim("Ảnh đính kèm"))))
    parts = world.new(LANGSON)
    assert {part.kind for part in parts} == {"text"}
    token, browser = key_in(parts), world.browser()
    await browser.tap(token)
    page = await browser.get(f"/file/{page_of(token)}")
    assert "<img" in page.text
    seen = await browser.get(f"/content/{page_of(token)}?view=1")
    assert (seen.headers["Content-Disposition"], seen.headers["Content-Type"]) == ("inline", "image/jpeg")
    assert (await browser.get(f"/picture/{token}.png")).status == 404


async def test_markup_is_never_shown_only_saved(world: World) -> None:
    odd = (("text/html", "x.html"), ("image/svg+xml", "x.svg"), ("application/xhtml+xml", "x.pdf"), ("nonsense", "x.pdf"))
    for media_type, name in odd:
        token = await file_letter(world, name, b"<script>alert(1)</script>", media_type)
        browser = world.browser()
        await browser.tap(token)
        content = await browser.get(f"/content/{page_of(token)}?view=1")
        assert content.headers["Content-Disposition"].startswith("attachment")
        assert content.headers["Content-Type"] != "text/html"
        assert "default-src 'none'" in content.headers["Content-Security-Policy"]


async def test_a_file_that_is_gone_is_said(world: World) -> None:
    token = await file_letter(world)
    browser = world.browser()
    await browser.tap(token)
    for each in world.application.database.files.iterdir():
        each.unlink()
    assert (await browser.get(f"/content/{page_of(token)}")).status == 410


async def test_without_a_public_address_the_letter_says_where_else(cluster: Callable[[], Path]) -> None:
    world = World(cluster(), public_url="")
    await world.open()
    await send(world, LANGSON, say(File(await stored(world, PDF, "application/pdf"), "application/pdf", NAME)))
    text = "\n".join(part.text for part in world.new(LANGSON))
    assert f"{NAME} (3 KB)" in text
    assert "kênh khác" in text
    assert "http" not in text
    assert await world.rows("SELECT 1 FROM page_links") == []
    await world.close()


@pytest.mark.parametrize(
    ("name", "plain"),
    [("a.pdf", "a.pdf"), ('x"; filename="evil.exe', "x_; filename=_evil.exe"), ("a\r\nSet-Cookie: b", "a__Set-Cookie_ b"),
     ("../../x", "_.._x"), ("Đề án.docx", "De an.docx"), ("", "tep"), ("…", "tep")],
)  # fmt: skip
def test_the_name_to_save_under_is_sober(name: str, plain: str) -> None:
    said = attachment(name)
    found = re.fullmatch(r"attachment; filename=\"([^\"]*)\"; filename\*=UTF-8''[\x21-\x7e]+", said)
    assert found is not None, said
    assert re.sub("[^a-zA-Z0-9.]", "", found.group(1)) == re.sub("[^a-zA-Z0-9.]", "", plain)
