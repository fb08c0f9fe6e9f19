"""The page's server: loopback only, strict headers, caps, and a clock that only goes forward."""

from __future__ import annotations

from io import BytesIO

import aiohttp
import pytest

from bot.demo.world import Demo
from handlers.rules.text import fold

Demonstrated = tuple[Demo, str]


async def letters(demo: Demo, lane: str) -> int:
    """How many letters were ever queued in a lane."""
    query = "SELECT count(*) FROM outbox WHERE lane = ?"
    return int(await demo.application.database.read(lambda read: read.execute(query, (lane,)).fetchone()[0]))


async def test_the_page_and_its_parts_come_from_here_only(demo: Demonstrated) -> None:
    _, address = demo
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        page = await answer.text()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Host": "127.0.0.1.evil.example"}])
async def test_a_foreign_host_or_origin_is_refused(demo: Demonstrated, headers: dict[str, str]) -> None:
    _, address = demo
    async with aiohttp.ClientSession() as session:
        body = {"as": "langson", "view": "web", "text": "xep hang"}
        async with session.post(f"{address}/say", json=body, headers=headers) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/say", {"as": "nobody", "view": "web", "text": "a"}),
        ("/say", {"as": "langson", "view": "telegram", "text": "a"}),
        ("/say", {"as": "langson", "view": "web", "text": "  "}),
        ("/say", ["no", "object"]),
        ("/clock", {"by": -3600}),
        ("/clock", {"by": 10**9}),
        ("/clock", {"by": "yesterday"}),
    ],
)
async def test_what_makes_no_sense_is_refused(demo: Demonstrated, path: str, body: object) -> None:
    _, address = demo
    async with aiohttp.ClientSession() as session, session.post(f"{address}{path}", json=body) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "path", ["/static/demo.py", "/static/..%2fdemo.py", "/attachment/" + "0" * 64, "/attachment/..%2f..%2fdemo.sqlite3"]
)
async def test_nothing_else_is_served(demo: Demonstrated, path: str) -> None:
    _, address = demo
    async with aiohttp.ClientSession() as session, session.get(f"{address}{path}") as answer:
        assert answer.status == 404


async def test_a_message_sent_twice_by_a_shaky_network_is_answered_once(demo: Demonstrated) -> None:
    opened, address = demo
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            body = {"as": "langson", "view": "web", "text": "xep hang", "key": "k1"}
            async with session.post(f"{address}/say", json=body) as answer:
                assert answer.status == 202
    await opened.application.settle()
    assert await letters(opened, "reply") == 1


async def test_an_upload_over_the_limit_is_refused(demo: Demonstrated) -> None:
    _, address = demo
    form = aiohttp.FormData({"as": "langson", "view": "web"})
    form.add_field("file", BytesIO(b"x" * (22 * 1024 * 1024)), filename="to.pdf", content_type="application/pdf")
    async with aiohttp.ClientSession() as session, session.post(f"{address}/upload", data=form) as answer:
        assert answer.status == 413


async def test_the_clock_goes_to_the_next_reminder(demo: Demonstrated) -> None:
    opened, address = demo
    before = opened.clock.now()
    async with aiohttp.ClientSession() as session, session.post(f"{address}/clock", json={"by": "next"}) as answer:
        assert (await answer.json())["now"] > "2026-11-23T08:00"
    assert opened.clock.now() > before
    assert await letters(opened, "broadcast") > 0


async def test_the_texts_of_the_page_are_vietnamese(demo: Demonstrated) -> None:
    _, address = demo
    async with aiohttp.ClientSession() as session, session.get(f"{address}/texts") as answer:
        texts = await answer.json()
    assert fold(texts["hint_ranking"]) == "xep hang"
    assert texts["send"] == "Gửi"
