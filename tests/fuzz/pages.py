"""Officers who also work in a browser: pages opened from the chat, typed into, looked through, confirmed with what an old page shows."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.settings import HostPort
from bot.web.server import Server, application
from bot.web.site import routes
from storage import page_links
from tests.fuzz.machine import PEOPLE, SAYINGS, Conversations
from tests.page_form import HEADERS, LINK

OFFICERS = PEOPLE[:3]
ON_A_PAGE, UPLOAD = "Nhập trên trang web", "Gửi tệp qua trang web"
RAW = (
    "85", "12,5", "1.234", "1,2 tỷ", "98,5 %", "-3", "abc", "", "0", "như kỳ trước", "chưa có", "đạt", "x" * 5_000, "<b>&</b>", "MẬT",
    "9" * 40, "mười hai phẩy",
)  # fmt: skip
REASONS = ("nhập nhầm", "", " ", "x" * 5_000, "MẬT")


class Browser:
    """One person's: its cookies, the page opened last, and what its form and its review showed when they were looked at."""

    def __init__(self) -> None:
        self.cookies: aiohttp.CookieJar | None = None
        self.token = ""
        self.fields: dict[str, dict[str, Any]] = {}
        self.review: dict[str, str] = {}

    @property
    def page(self) -> str:
        """What stands for the link in the addresses of its pages."""
        return page_links.digest(self.token)


Work = Callable[[aiohttp.ClientSession, Browser], Awaitable[None]]


class OnPages(Conversations):
    """Chat and pages on the same drafts and corrections."""

    def __init__(self) -> None:
        super().__init__()
        self.chat.facts["public_url"] = "https://thidua.example.vn"
        self.browsers = {who: Browser() for who in OFFICERS}

    @rule(
        who=st.sampled_from(OFFICERS), label=st.sampled_from((ON_A_PAGE, ON_A_PAGE, UPLOAD)),
        words=st.sampled_from(("báo cáo quý 3", "báo cáo quý 1", "báo cáo", "sửa", "sửa báo cáo quý 3", "I.2 4750", "việc của tôi")),
    )  # fmt: skip
    def opens_a_page(self, who: str, label: str, words: str) -> None:
        self.chooses_by_name(who, "Hủy")
        parts = self.run(self.chat.say(self.addresses[who], words))
        menu, choices = self.run(self.chat.choices(self.addresses[who]))
        labels = [self.chat.language.text(choice.label) for choice in choices]
        if label in labels:
            parts += self.run(self.chat.tap(self.addresses[who], menu, labels.index(label)))
        self._remember(who)
        for token in LINK.findall("\n".join(part.text for part in parts)):
            self.browsers[who].token = token

    @rule(who=st.sampled_from(OFFICERS), other=st.sampled_from(OFFICERS))
    def gets_the_link_of_another(self, who: str, other: str) -> None:
        self.browsers[who].token = self.browsers[other].token

    @rule(
        who=st.sampled_from(OFFICERS), entries=st.lists(st.tuples(st.integers(0, 40), st.sampled_from(RAW)), max_size=3),
        afresh=st.booleans(), reason=st.sampled_from((None, *REASONS)),
    )  # fmt: skip
    def types_on_the_page(self, who: str, entries: list[tuple[int, str]], afresh: bool, reason: str | None) -> None:
        async def work(browser: aiohttp.ClientSession, of: Browser) -> None:
            if afresh or not of.fields:
                of.fields = (await self._form(browser, of)).get("fields", {})
            items = sorted(of.fields)
            typed = {items[place % len(items)]: raw for place, raw in entries} if items else {"I.2": "1"}
            fields = {item: {"raw": raw, "seen": of.fields.get(item, {}).get("seen", "")} for item, raw in typed.items()}
            await self._form(browser, of, {"fields": fields} if reason is None else {"fields": fields, "reason": reason})

        self._browse(who, work)

    @rule(who=st.sampled_from(OFFICERS), afresh=st.booleans(), reason=st.sampled_from(REASONS), times=st.integers(1, 2))
    def confirms_on_the_page(self, who: str, afresh: bool, reason: str, times: int) -> None:
        async def work(browser: aiohttp.ClientSession, of: Browser) -> None:
            if afresh or not of.review:
                page = await self._fetched(browser.get(f"/review/{of.page}"))
                of.review = dict(re.findall(r'name="(revision|stamp)" value="(\w+)"', page))
            for _ in range(times):
                await self._fetched(browser.post(f"/review/{of.page}", data={**of.review, "do": "confirm", "reason": reason}))

        self._browse(who, work)

    @rule(
        who=st.sampled_from(OFFICERS), name=st.sampled_from(("a.pdf", "MẬT.docx", "../b.pdf", "x" * 300)), size=st.sampled_from((0, 3_000))
    )  # fmt: skip
    def sends_a_file_on_the_page(self, who: str, name: str, size: int) -> None:
        async def work(browser: aiohttp.ClientSession, of: Browser) -> None:
            shown = await self._fetched(browser.get(f"/upload/{of.page}"))
            data = aiohttp.FormData()
            data.add_field("item", next(iter(re.findall(r'<option value="([^"]*)"', shown)), ""))
            data.add_field("file", b"%PDF-1.7" * size, filename=name, content_type="application/octet-stream")
            await self._fetched(browser.post(f"/upload/{of.page}", data=data))

        self._browse(who, work)

    @rule(who=st.sampled_from(OFFICERS), words=st.sampled_from(("báo cáo quý 3", "báo cáo quý 1", "sửa")), raw=st.sampled_from(RAW[:2]))
    def works_on_the_page_to_the_end(self, who: str, words: str, raw: str) -> None:
        self.opens_a_page(who, ON_A_PAGE, words)
        self.types_on_the_page(who, [(0, raw), (3, "12")], True, REASONS[0])
        self.confirms_on_the_page(who, True, REASONS[0], 1)

    @rule(who=st.sampled_from(OFFICERS), text=st.sampled_from(SAYINGS), raw=st.sampled_from(RAW))
    def types_while_he_says_something(self, who: str, text: str, raw: str) -> None:
        self.types_on_the_page(who, [(0, raw)], True, None)
        self.says(who, text)
        self.types_on_the_page(who, [(0, raw), (1, raw)], False, None)

    # The browser --------------------------------------------------------------------------------------------------------------

    def _browse(self, who: str, work: Work) -> None:
        if not self.browsers[who].token:
            self.opens_a_page(who, ON_A_PAGE, "báo cáo quý 3")
        if self.browsers[who].token:
            self.run(self._at_the_page(self.browsers[who], work))
            self.chat.new(self.addresses[who])

    async def _at_the_page(self, of: Browser, work: Work) -> None:
        site = application(lambda: (True, {}), pages=routes(self.chat.application, "http://127.0.0.1"))
        server = Server(site, "test", HostPort("127.0.0.1", 0))
        await server.start()
        of.cookies = of.cookies or aiohttp.CookieJar(unsafe=True)
        try:
            root = f"http://127.0.0.1:{server.port}"
            async with aiohttp.ClientSession(root, cookie_jar=of.cookies, headers=HEADERS) as browser:
                await self._fetched(browser.post("/p/open", data={"key": of.token}, allow_redirects=False))
                await work(browser, of)
        finally:
            await server.close()
        await self.chat.application.settle()

    async def _form(self, browser: aiohttp.ClientSession, of: Browser, sent: dict[str, Any] | None = None) -> dict[str, Any]:
        method = "get" if sent is None else "post"
        async with browser.request(method, f"/form/{of.page}", json=sent, headers={"Accept": "application/json"}) as answer:
            assert answer.status < 500, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else {}

    async def _fetched(self, asking: Any) -> str:
        async with asking as answer:
            text: str = await answer.text()
            assert answer.status < 500, text
            return text
