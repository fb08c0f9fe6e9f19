"""The report form as a transcript plays it: figures typed into its fields by code, a look at the whole, and the confirmation."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import aiohttp

from bot.application import Application
from bot.settings import HostPort
from bot.web.server import Server, application
from bot.web.site import routes
from storage import page_links

LINK = re.compile(r"https://\S+?/p/#([A-Za-z0-9_-]{43})")
HEADERS = {"Sec-Fetch-Site": "same-origin"}


class PageForm:
    """One browser; the page that it has open is the one of the link seen last."""

    def __init__(self) -> None:
        self._cookies: aiohttp.CookieJar | None = None
        self.token = ""

    def seen(self, text: str) -> None:
        """A message of the chat, perhaps with a link."""
        for token in LINK.findall(text):
            self.token = token

    @property
    def page(self) -> str:
        """What stands for the link in the addresses of its pages."""
        return page_links.digest(self.token)

    async def play(self, app: Application, text: str) -> list[str]:
        """"I.1 8,2; I.2 2300" is typed into the fields; "xác nhận" looks the whole through and files it ("xác nhận: đếm sót" a correction
        with its reason); "xem lại" only looks; "gửi tệp a.pdf" sends it on the page for files. Gives what the page says."""
        server = Server(application(lambda: (True, {}), pages=routes(app, "http://127.0.0.1")), "test", HostPort("127.0.0.1", 0))
        await server.start()
        self._cookies = self._cookies or aiohttp.CookieJar(unsafe=True)
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}", cookie_jar=self._cookies, headers=HEADERS) as browser:
                await browser.post("/p/open", data={"key": self.token}, allow_redirects=False)
                if text.startswith("gửi tệp "):
                    return await self._send(browser, text.removeprefix("gửi tệp "))
                if text == "xem lại":
                    async with browser.get(f"/review/{self.page}") as answer:
                        return _read(await answer.text())
                word, _, reason = text.partition(": ")
                return await (self._confirm(browser, reason) if word.lower() == "xác nhận" else self._type(browser, text))
        finally:
            await server.close()

    async def _type(self, browser: aiohttp.ClientSession, text: str) -> list[str]:
        found = await self._json(browser, "get", None)
        if "error" in found:
            return [found["error"]]
        fields = found["fields"]
        typed = dict(piece.strip().split(" ", 1) for piece in text.split(";"))
        ids = {each["code"]: item for item, each in reversed(fields.items())}
        sent = {ids[code]: {"raw": raw, "seen": fields[ids[code]]["seen"]} for code, raw in typed.items()}
        told = await self._json(browser, "post", {"fields": sent})
        lines = []
        for code in typed:
            said = told["fields"][ids[code]]
            buttons = " ".join(f"[{label}]" for label, _ in said["buttons"])
            lines += [f"{code}. {line}" for line in (*said["lines"], said["saved"] if not said["lines"] else "", buttons) if line]
        return [*lines, f"{told['progress']} · {told['state']}"]

    async def _send(self, browser: aiohttp.ClientSession, text: str) -> list[str]:
        """"a.pdf, b.jpg" goes through the page for files, with what it is for as the page proposes."""
        async with browser.get(f"/upload/{self.page}") as shown:
            chosen = re.findall(r'value="([^"]*)" selected', await shown.text())
        data = aiohttp.FormData()
        data.add_field("item", chosen[0] if chosen else "")
        for name in text.split(", "):
            data.add_field("file", f"%PDF-1.7 {name}".encode(), filename=name, content_type="application/octet-stream")
        async with browser.post(f"/upload/{self.page}", data=data) as answer:
            notes = re.search(r'class="notes"[^>]*>(.*?)</ul>', await answer.text())
        return [] if notes is None else [unescape(each) for each in re.findall("<li>(.*?)</li>", notes.group(1))]

    async def _confirm(self, browser: aiohttp.ClientSession, reason: str) -> list[str]:
        async with browser.get(f"/review/{self.page}") as answer:
            shown = dict(re.findall(r'name="(revision|stamp)" value="(\w+)"', await answer.text()))
        async with browser.post(f"/review/{self.page}", data={**shown, "do": "confirm", "reason": reason}) as answer:
            return _read(await answer.text())

    async def _json(self, browser: aiohttp.ClientSession, method: str, body: Any) -> Any:
        async with browser.request(method, f"/form/{self.page}", json=body, headers={"Accept": "application/json"}) as answer:
            return await answer.json()


def _read(page: str) -> list[str]:
    """The lines of a page."""
    main = re.sub(r"</dt>\s*<dd[^>]*>", ": ", page[page.index("<main>") :])
    main = re.sub(r"<textarea[^>]*>[^<]*</textarea>|<button.*?</button>", "", main)
    lines = (" ".join(unescape(re.sub(r"<[^>]+>", "", line)).split()) for line in re.split(r"</(?:h1|h2|p|dd|li|label)>", main))
    return [line for line in lines if line]
