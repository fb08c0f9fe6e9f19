"""The report form served on loopback over the sample cluster, an officer with a telephone, and browsers that hold a link to it."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.application import Application
from bot.clock import MovableClock
from bot.settings import HostPort
from bot.web.server import Server, application
from bot.web.site import routes
from storage import duties, people, reports
from storage.connection import Database, effect
from storage.duties import Duty
from tests.chat import WITHOUT_BUTTONS, ZONE, Double, counting
from tests.conftest import START

SELF_SCORE, QUARTER = "E16", "E15"
OWN = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}
_LINK = re.compile(r"https?://\S+/p/#[A-Za-z0-9_-]{43}")


def _link_in(said: str) -> str:
    found = _LINK.search(said)
    assert found is not None, said
    return found[0]


class World:
    """The application with one telephone channel, and its pages under a path of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = MovableClock(START)
        self.phone = Double("phone", WITHOUT_BUTTONS)
        self._keys = itertools.count(1)

    async def start(self, port: int = 0) -> None:
        database = await Database.open(self.path)
        self.facts: dict[str, str] = {}
        self.app = Application(database, (self.phone,), self.clock, ZONE, minting=counting(), facts=self.facts, background=False)
        made = routes(self.app, "http://127.0.0.1")
        self.server = Server(application(lambda: (True, {}), pages=made), "THIDUA_WEB", HostPort("127.0.0.1", port))
        await self.server.start()
        self.root = f"http://127.0.0.1:{self.server.port}"
        self.facts["public_url"] = self.root
        await self.app.start()

    async def stop(self) -> None:
        await self.server.close()
        await self.app.stop()

    async def officer(self, name: str) -> str:
        """The person's id, with a telephone under the same address."""
        person = str((await self.ask("SELECT id FROM people WHERE name = ?", name))[0])
        if await self.ask("SELECT 1 FROM accounts WHERE channel = 'phone' AND address = ?", person) is None:
            await self.app.database.write((effect(people.link, "phone", person, person, self.clock.now()),))
        return person

    async def ask(self, query: str, *values: object) -> Any:
        return await self.app.database.read(lambda read: read.execute(query, values).fetchone())

    async def say(self, person: str, text: str) -> str:
        """What the chat answers."""
        key = f"m{next(self._keys)}"
        message = {"kind": "text", "text": text, "address": person, "name": "", "id": key}
        await self.app.receiver("phone")(key, json.dumps(message))
        return await self.heard(person)

    async def heard(self, person: str) -> str:
        """What has arrived in the chat since it was last asked."""
        await self.app.settle()
        arrived = [each.part.text for each in self.phone.delivered[person]]
        self.phone.delivered[person].clear()
        return "\n".join(arrived)

    async def link(self, person: str, duty: Duty) -> str:
        """The address that the chat gives for a report; the question stays open there."""
        return _link_in(await self.say(person, f"/baocao {duty.id}"))

    async def correction(self, person: str, duty: Duty) -> str:
        """The address that the chat gives for correcting the filed report of a duty."""
        (report,) = await self.ask("SELECT id FROM reports WHERE duty_id = ?", duty.id)
        return _link_in(await self.say(person, f"/sua report:{report}"))

    async def filed(self, duty: Duty, revision: int | None = None) -> dict[str, str | None]:
        """Item id -> value of the report's newest revision, or of another one."""
        (report, newest) = await self.ask("SELECT id, revision FROM reports WHERE duty_id = ?", duty.id)
        found = await self.app.database.read(lambda read: reports.items(read, report, revision or newest))
        return {item_id: item.value for item_id, item in found.items()}

    async def revisions(self, duty: Duty) -> list[tuple[str, str | None, str | None]]:
        """Kind, person and reason of the report's revisions."""
        (report,) = await self.ask("SELECT id FROM reports WHERE duty_id = ?", duty.id)
        found = await self.app.database.read(lambda read: reports.revisions(read, report))
        return [(each.kind, each.filed_by, each.reason) for each in found]

    async def duty(self, person: str, event: str) -> Duty:
        (unit,) = await self.ask("SELECT unit_id FROM posts WHERE person_id = ? AND role = 'officer'", person)
        found = await self.app.database.read(lambda read: duties.duty(read, f"{event}:{unit}"))
        assert found is not None
        return found

    async def draft(self, duty: Duty) -> dict[str, Any]:
        found = await self.app.database.read(lambda read: reports.draft(read, duty.id))
        return {} if found is None else {item: entry[0] for item, entry in json.loads(found.content)["entries"].items()}


@dataclass
class Browser:
    """A browser without a screen or a script: plain forms and cookies; or the requests of the script."""

    world: World
    headers: dict[str, str] = field(default_factory=lambda: dict(OWN))

    def __post_init__(self) -> None:
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.text = ""
        self.address = ""

    async def close(self) -> None:
        await self.http.close()

    async def get(self, address: str) -> int:
        async with self.http.get(address, headers=self.headers) as answer:
            self.text, self.address = await answer.text(), str(answer.url)
            return answer.status

    async def open(self, link: str) -> int:
        """The link, and the tap on its button."""
        root, _, key = link.partition("#")
        await self.get(root)
        return await self._post(f"{root}open", {"key": key})

    async def submit(self, does: str, **fields: str) -> int:
        """The form as it stands with these fields typed over, and one of its buttons."""
        given = self.fields() | fields | {"do": does}
        return await self._post(self.address, given)

    async def _post(self, address: str, fields: dict[str, str]) -> int:
        headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
        async with self.http.post(address, data=BytesIO(urlencode(fields).encode()), headers=headers) as answer:
            self.text, self.address = await answer.text(), str(answer.url)
            return answer.status

    async def send(self, fields: dict[str, Any], does: str = "", address: str = "") -> tuple[int, dict[str, Any]]:
        """As the script does."""
        body = {"fields": fields, "do": does}
        async with self.http.post(address or self.address, json=body, headers={**self.headers, **JSON}) as answer:
            return answer.status, await answer.json()

    async def look(self) -> tuple[int, dict[str, Any]]:
        async with self.http.get(self.address, headers={**self.headers, **JSON}) as answer:
            return answer.status, await answer.json()

    def fields(self) -> dict[str, str]:
        """What the page's fields hold, as a browser would send them."""
        found = {}
        for tag in re.findall(r"<input [^>]*>", self.text):
            named = dict(re.findall(r' ([a-z-]+)="([^"]*)"', tag))
            if "name" in named and (named.get("type") != "radio" or " checked" in tag):
                found[unescape(named["name"])] = unescape(named.get("value", ""))
        for name, content in re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>([^<]*)</textarea>', self.text):
            found[unescape(name)] = unescape(content)
        return found

    def buttons(self) -> list[str]:
        return [unescape(value) for value in re.findall(r'<button [^>]*name="do" value="([^"]*)"', self.text)]

    def words(self) -> str:
        """The page as it is read."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())
