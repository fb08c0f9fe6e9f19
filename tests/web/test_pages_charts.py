"""A drawn ranking on Zalo: the official one is fetched by the platform, the provisional one opens for its reader alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from handlers.kit.message import verbatim
from handlers.kit.reply import drawn, say
from storage import drawings
from tests.channels.fake_zalo import FakeZalo
from tests.drawing.charts import SEVEN
from tests.web import test_pages_zalo
from tests.web.pages_world import LANGSON, key_in, page_of
from tests.web.pages_world import World as Pages

ALT = verbatim("Thứ tự: 1. Sơn La (881,22)")


@pytest.fixture
async def zalo(cluster: Callable[[], Path]) -> AsyncIterator[test_pages_zalo.World]:
    async with FakeZalo() as platform:
        platform.fetches_pictures = True
        opened = test_pages_zalo.World(cluster(), platform)
        await opened.open()
        yield opened
        await opened.close()
        assert platform.violations == []


@pytest.fixture
async def pages(cluster: Callable[[], Path]) -> AsyncIterator[Pages]:
    opened = Pages(cluster())
    await opened.open()
    yield opened
    await opened.close()


async def test_the_official_ranking_is_fetched_and_shown_with_its_words_below(zalo: test_pages_zalo.World) -> None:
    await zalo.send(say(drawn(SEVEN, ALT, public=True)))
    ((url, shown),) = zalo.zalo.photos[test_pages_zalo.CHAT]
    assert url.endswith(".png")
    assert shown.startswith(drawings.SIGNATURE)
    assert [values.get("caption") for method, values in zalo.zalo.calls if method == "sendPhoto"] == ["Thứ tự: 1. Sơn La (881,22)"]


async def test_the_provisional_one_is_told_in_words_with_a_link_for_its_reader(zalo: test_pages_zalo.World) -> None:
    await zalo.send(say(drawn(SEVEN, ALT)))
    assert zalo.zalo.photos[test_pages_zalo.CHAT] == []
    (text,) = zalo.zalo.texts[test_pages_zalo.CHAT]
    assert "4. Lạng Sơn · 607,14 · giảm 2 bậc" in text
    assert text.splitlines()[-1].startswith(f"Xem biểu đồ (dành riêng cho đồng chí): http://127.0.0.1:{zalo.port}/p/#")


async def test_the_link_opens_the_picture_for_the_browser_that_tapped_and_for_no_other(pages: Pages) -> None:
    await pages.say(LANGSON, "xếp hạng")
    parts = await pages.choose(LANGSON, "Xem biểu đồ")
    token, browser = key_in(parts), pages.browser()
    page = page_of(token)
    assert (await pages.browser().get(f"/content/{page}?view=1")).status == 303      # to the page whose button binds it
    assert (await browser.tap(token)).status == 303
    assert (await pages.browser().tap(token)).status == 403
    shown = await browser.get(f"/file/{page}")
    assert f"../content/{page}?view=1" in shown.text
    content = await browser.get(f"/content/{page}?view=1")
    assert content.status == 200
    assert content.headers["Content-Type"] == "image/png"
    assert content.body.startswith(drawings.SIGNATURE)


async def test_a_picture_that_was_let_go_ends_its_link(pages: Pages) -> None:
    await pages.say(LANGSON, "xếp hạng")
    token = key_in(await pages.choose(LANGSON, "Xem biểu đồ"))
    page, browser = page_of(token), pages.browser()
    await browser.tap(token)
    for path in drawings.folder(pages.application.database.files).iterdir():
        path.unlink()
    assert (await browser.get(f"/file/{page}")).status == 410
    assert (await browser.get(f"/content/{page}?view=1")).status == 410
