"""The transcript format: a conversation an officer can read and correct.

    # clock 2026-11-23 08:00
    # as Lan (cán bộ, Lạng Sơn)      who speaks from here on; a stranger: "# as stranger An"
    > xep hang                       typed
    < Xếp hạng năm 2026 …            answered; "…" stands for anything, alone in a line for any lines
    * Xác nhận                       chosen: a tap where there are buttons, its number where there are none
    ~ sửa lại                        the last typed message is edited
    ^ bao-cao.pdf                    a file is sent; "^ bao-cao.pdf, if it can": not played where there are no files
    @ +2d                            the clock moves (d, h, m, or a date and time); reminders may come
    ! restart                        the application is closed without farewell and opened again
    ! restart +7d                    the same, and it was closed for a week
    # plan E23: ngày 2027-03-19      the plan is changed and applied beside the running bot (see tests/plan_change.py)
    # pages https://thidua.example    the web side has this public address
    # quota 3000 50: 2150 used       the channel takes 3,000 messages a month to 50 people, of which so many are used
    = NTM01 12; NTM02 1              typed into the report form whose link was given last ("= xác nhận": reviewed and filed there)
    < [Cả bảng] [Xem biểu đồ]?      a choice with "?" is offered where pictures can be seen, and nowhere else
    # on zalo                        from here on the same person speaks on this channel (accounts linked)
    # in group                       from here on it is said in a group, to the bot ("# in private": no more)
    # only telegram web              not played on the other channels: they have no such thing
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from handlers.rules.text import fold
from storage import people, quota, units
from storage.connection import effect
from tests.chat import ZONE, Chat, lines
from tests.page_form import PageForm
from tests.plan_change import change_plan

STEPS = "#>*~^@!="
_WITH_PICTURES = re.compile(r"( ?\[[^\]]*\])\?")
IF_IT_CAN = ", if it can"
ROLES = {
    "cán bộ": "officer", "lãnh đạo": "leader", "thư ký": "secretary", "thẩm định": "verifier", "quan sát": "observer", "quản trị": "admin",
}  # fmt: skip
UNITS = {"d": 86_400, "h": 3_600, "m": 60}


@dataclass(slots=True)
class Step:
    sign: str
    text: str
    expected: list[str]


def read(path: Path) -> list[Step]:
    """The steps of a transcript file. Raises ValueError for a line of no known kind."""
    steps: list[Step] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        sign, text = line[0], line[1:].strip()
        if sign == "<":
            steps[-1].expected.append(text)
        elif sign in STEPS:
            steps.append(Step(sign, text, []))
        else:
            raise ValueError(f"{path.name}:{number}: not a transcript line: {line}")
    return steps


def only(steps: list[Step]) -> tuple[str, ...]:
    """The channels a transcript is limited to; none if it is played on all."""
    found = next((step.text for step in steps if step.sign == "#" and step.text.startswith("only ")), "only")
    return tuple(found.split()[1:])


def changes_channel(steps: list[Step]) -> bool:
    """Whether it says itself on which channels it is played."""
    return any(step.sign == "#" and step.text.startswith("on ") for step in steps)


def start_of(steps: list[Step], default: int) -> int:
    found = next((step.text.removeprefix("clock ") for step in steps if step.sign == "#" and step.text.startswith("clock ")), None)
    return default if found is None else _instant(found)


def write(path: Path, steps: list[Step]) -> None:
    """Write the steps back, a blank line before each input."""
    out: list[str] = []
    for step in steps:
        if out and step.sign != "#":
            out.append("")
        out.append(f"{step.sign} {step.text}")
        out += [f"< {line}" for line in step.expected]
    path.write_text("\n".join(out) + "\n", encoding="utf-8")


class Player:
    """Plays steps on a chat and gives what is read after each."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.address = "stranger"
        self.menus: dict[tuple[str, str], str] = {}
        self._page = PageForm()

    def plays(self, step: Step) -> bool:
        """False for a file that may be left out, on a channel that has none."""
        return not step.text.endswith(IF_IT_CAN) or self.chat.channel.capabilities.files

    def expected(self, step: Step) -> list[str]:
        """The lines to be read on this channel: choices with "?" only where it shows pictures, itself or by a link of ours."""
        can = self.chat.channel.capabilities
        shows = can.pictures or (can.photo_by_url and "public_url" in self.chat.facts and not self.chat.group)
        lines = ((line, _WITH_PICTURES.sub(r"\1" if shows else "", line).strip()) for line in step.expected)
        return [now for line, now in lines if now or not line]

    async def play(self, step: Step) -> list[str]:
        chat, text = self.chat, step.text
        match step.sign:
            case ">":
                parts = await chat.say(self.address, text.replace("\\n", "\n"))
            case "*":
                parts = await chat.choose(self.address, text)
            case "~":
                parts = await chat.edit(self.address, text)
            case "^":
                parts = await chat.send_file(self.address, text.removesuffix(IF_IT_CAN), b"%PDF-1.7 sample")
            case "@":
                await chat.advance(_seconds(text, chat.clock.now()))
                parts = chat.new(self.address)
            case "!":
                await chat.restart(_seconds(found[0], chat.clock.now()) if (found := text.split()[1:]) else 0)
                parts = chat.new(self.address)
            case "=":
                return await self._page.play(chat.application, text)
            case _ if text.startswith("pages "):
                chat.facts["public_url"] = text.removeprefix("pages ").strip()
                return []
            case _ if text.startswith("quota "):
                await self._use_up(*map(int, re.findall(r"\d+", text)))
                return []
            case _ if text.startswith("plan "):
                event_id, _, change = text.removeprefix("plan ").partition(":")
                folder = chat.path.parent / f"change-{chat.clock.now()}"
                await change_plan(chat.application.database, folder, ZONE, chat.clock.now(), {event_id.strip(): change.strip()})
                return []
            case _ if text in ("in group", "in private"):
                chat.enter("group" if text == "in group" else "")
                return []
            case _ if text.startswith("on "):
                await self._change_channel(text.removeprefix("on ").strip())
                parts = chat.new(self.address)
            case _:
                if not text.startswith("as "):
                    return []
                await self._become(text.removeprefix("as ").strip())
                parts = chat.new(self.address)
        for part in parts:
            self._page.seen(part.text)
        where = (chat.channel.name, chat.group or self.address)
        menu, choices = await chat.choices(self.address)
        fresh = menu != self.menus.get(where, "")
        self.menus[where] = menu
        return lines(parts, choices if fresh else (), await chat.spoken(self.address), buttons=chat.channel.capabilities.buttons)

    async def _use_up(self, monthly: int, users: int, used: int) -> None:
        """The channel has a budget, of which so much is used by answers, spread over the days of the month before this one."""
        name, database = self.chat.channel.name, self.chat.application.database
        self.chat.facts["quota:" + name] = f"{monthly} {users} 2000"
        today = datetime.fromtimestamp(self.chat.clock.now(), ZONE).date()
        days = today.day - 1
        for day in range(1, days + 1):
            count = used * day // days - used * (day - 1) // days
            await database.write((effect(quota.count, name, "somebody", "reply", today.replace(day=day).isoformat(), count, taken=True),))

    async def _change_channel(self, channel: str) -> None:
        """The same person (if there is one yet) speaks on another channel, which is linked if it was not."""
        chat = self.chat
        database, before = chat.application.database, chat.place(self.address)
        person = await database.read(lambda read: people.by_account(read, *before))
        chat.change(channel)
        here = chat.place(self.address)
        if person is not None and await database.read(lambda read: people.by_account(read, *here)) is None:
            await database.write((effect(people.link, *here, person.id, chat.clock.now()),))

    async def _become(self, who: str) -> None:
        """Speak as a person of the sample (by the end of the name), or as a new one with the post in brackets."""
        if who.startswith("stranger"):
            self.address = who.replace(" ", "-")
            return
        found = re.fullmatch(r"(.+?)\s*\(([^,)]+)(?:,\s*([^)]+))?\)", who)
        if found is None:
            raise ValueError(f"who is {who!r}? Write: # as Name (vai trò, đơn vị)")
        name, role, unit = found[1], ROLES[found[2].strip()], found[3]
        self.address = f"{fold(name).replace(' ', '-')}-{role}-{fold(unit or '').replace(' ', '-')}"
        database, now = self.chat.application.database, self.chat.clock.now()
        today = datetime.fromtimestamp(now, ZONE).date().isoformat()

        def find(read: object) -> tuple[str | None, str | None]:
            year = int(today[:4])
            year_units = units.members(read, year) or units.members(read, year - 1)  # type: ignore[arg-type]
            unit_id = next((each.id for each in year_units if unit and fold(each.name) == fold(unit)), None)
            held = people.holders(read, today, role=role)  # type: ignore[arg-type]
            person_id = next(
                (person.id for person, post in held if fold(person.name).endswith(fold(name)) and post.unit_id == unit_id), None
            )
            return unit_id, person_id

        unit_id, person_id = await database.read(find)
        effects = []
        if person_id is None:
            person_id = f"p-{self.address}"
            effects.append(effect(people.add_person, person_id, name, "", "vi", now))
            effects.append(effect(people.consent, person_id, now))
            post = people.Post(f"o-{self.address}", person_id, unit_id, role, "2026-01-01", None)
            effects.append(effect(people.add_post, post, None, now))
        here = self.chat.place(self.address)
        effects.append(effect(people.link, *here, person_id, now))
        effects.append(effect(people.prefer, person_id, *here))
        known = await database.read(lambda read: people.by_account(read, *here))
        if known is None:
            await database.write(effects)


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether the lines read are those expected: "…" stands for anything within a line, alone for any lines."""
    if not expected:
        return not actual
    if expected[0] == "…":
        return any(matches(expected[1:], actual[skip:]) for skip in range(len(actual) + 1))
    if not actual:
        return False
    pattern = ".*".join(re.escape(piece) for piece in expected[0].split("…"))
    return re.fullmatch(pattern, actual[0]) is not None and matches(expected[1:], actual[1:])


def _seconds(text: str, now: int) -> int:
    found = re.fullmatch(r"\+(\d+)([dhm])", text)
    if found is not None:
        return int(found[1]) * UNITS[found[2]]
    return _instant(text) - now


def _instant(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE).timestamp())
