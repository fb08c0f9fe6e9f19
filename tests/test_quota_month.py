"""A month of 3,000 messages, played with the clock: who writes is answered on each of its days, deadlines are reminded of, the secretary's
messages wait when it becomes tight, and the turn of the month lets them go. The program is ended and started again in between."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.channels.base import Capabilities, Exhausted, Part, Quota
from bot.demo.seed import seed
from storage import people, quota
from storage.connection import Database, Snapshot, effect
from storage.outbox import NO_ROOM
from tests.chat import ZONE, Chat

FULL = os.environ.get("DRILL") == "full"
MONTHLY, USERS, ANSWERS = (3_000, 45, 60) if FULL else (750, 12, 14)
"""`make drill` plays the plan as it is; `make test` a quarter of it."""

LIKE_ZALO = Capabilities(2000, 2000, buttons=False, pictures=False, files=False, edits=False, quota=Quota(MONTHLY, 50))
REPORT = "Báo cáo tổng kết năm"
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def at(day: date, hour: int, minute: int = 0) -> int:
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).timestamp())


class Taken(NamedTuple):
    """A message as the platform took it."""

    day: date
    address: str
    text: str


class Month:
    """A chat over a platform that counts by itself and refuses what is beyond its quota; people talk to it day by day."""

    def __init__(self, path: Path, start: int) -> None:
        self.chat = Chat(path, start, LIKE_ZALO, "platform")
        self.chat.channel.refuse = self._take
        self.taken: list[Taken] = []
        self.refused = 0
        self.monthly = MONTHLY
        self.officers: tuple[str, ...] = ()
        self.everybody: tuple[str, ...] = ()

    def _take(self, address: str, part: Part) -> Exception | None:
        day = datetime.fromtimestamp(self.chat.clock.now(), ZONE).date()
        if sum(1 for each in self.taken if each.day.month == day.month) >= self.monthly:
            self.refused += 1
            return Exhausted("Quota exceeded")
        self.taken.append(Taken(day, address, part.text))
        return None

    async def __aenter__(self) -> Month:
        await self.chat.open()
        await self.chat.application.database.write([effect(_join, self.chat.clock.now())])
        self.everybody = tuple(await self.ask(lambda read: _addresses(read, "")))
        self.officers = tuple(await self.ask(lambda read: _addresses(read, "officer")))
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.chat.close()

    async def ask(self, question) -> list[str]:  # type: ignore[no-untyped-def]
        return await self.chat.application.database.read(question)  # type: ignore[no-any-return]

    async def until(self, when: int) -> None:
        self.chat.clock.advance(when - self.chat.clock.now())
        await self.chat.application.tick()
        await self.chat.application.settle()

    async def broadcast(self, text: str) -> list[str]:
        """The secretary writes to everybody; what he is told."""
        told = await self.chat.say(SECRETARY, f"thông báo cho toàn Cụm: {text}")
        return [part.text for part in (*told, *await self.chat.choose(SECRETARY, "Xác nhận"))]

    async def talk(self, count: int) -> None:
        """So many people ask something, at one time; each is answered."""
        receive = self.chat.application.receiver("platform")
        for number in range(count):
            await receive(*self.chat.letter(self.officers[number % len(self.officers)], {"kind": "text", "text": "/ngonngu"}))
        await self.chat.application.settle()

    def on(self, day: date, text: str) -> list[Taken]:
        return [each for each in self.taken if each.day == day and text in each.text]

    async def counted(self, day: date) -> int:
        return await self.chat.application.database.read(lambda read: quota.usage(read, "platform", day).used)

    async def held(self) -> int:
        """Letters of the secretary's messages that wait."""
        query = "SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND error = ? AND broadcast_id IS NOT NULL"
        return await self.chat.application.database.read(lambda read: int(read.execute(query, (NO_ROOM,)).fetchone()[0]))


SECRETARY = "a-secretary"


def _join(tx: object, now: int) -> None:
    """Everybody of the sample is on the platform, and further officers until there are 45."""
    rows = tx.execute(  # type: ignore[attr-defined]
        "SELECT p.id, o.role FROM people p JOIN posts o ON o.person_id = p.id WHERE o.valid_to IS NULL AND p.consent_at IS NOT NULL"
        " GROUP BY p.id ORDER BY o.role = 'secretary' DESC, p.id"
    ).fetchall()[: USERS // 2]
    tx.execute("DELETE FROM accounts")  # type: ignore[attr-defined]
    for number, (person, role) in enumerate(rows):
        people.link(tx, "platform", SECRETARY if role == "secretary" and number == 0 else f"a{number}", person, now)  # type: ignore[arg-type]
    units = [row[0] for row in tx.execute("SELECT unit_id FROM memberships WHERE year = 2026 ORDER BY unit_id")]  # type: ignore[attr-defined]
    for number in range(USERS - len(rows)):
        person = f"more{number}"
        people.add_person(tx, person, f"Cán bộ {number}", "", "vi", now)  # type: ignore[arg-type]
        people.consent(tx, person, now)  # type: ignore[arg-type]
        people.link(tx, "platform", f"b{number}", person, now)  # type: ignore[arg-type]
        post = people.Post(f"post-{person}", person, units[number % len(units)], "officer", "2026-01-01", None)
        people.add_post(tx, post, None, now)  # type: ignore[arg-type]


def _addresses(read: Snapshot, role: str) -> list[str]:
    rows = read.execute(
        "SELECT DISTINCT a.address FROM accounts a JOIN posts o ON o.person_id = a.person_id WHERE ? IN (o.role, '') ORDER BY a.address",
        (role,),
    )
    return [row[0] for row in rows]


@pytest.fixture(scope="module")
def october(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample cluster as it stands on the last evening of October."""
    path = tmp_path_factory.mktemp("october") / "october.sqlite3"

    async def build() -> None:
        database = await Database.open(path)
        await seed(database, at(FIRST - timedelta(days=1), 20))
        await database.close()

    asyncio.run(build())
    return path


async def test_a_month_of_3000_messages(october: Path, tmp_path: Path) -> None:
    async with Month(Path(shutil.copy(october, tmp_path / "a.sqlite3")), at(FIRST, 7)) as month:
        await _november(month)


async def _november(month: Month) -> None:
    chat = month.chat
    warned: list[str] = []
    sent: dict[str, date] = {}
    for day in (FIRST + timedelta(days=each) for each in range(30)):
        await month.until(at(day, 8))
        if day.weekday() < 5 or day.day % 2:
            text = f"Việc của ngày {day.day} tháng 11."
            warned += [each for each in await month.broadcast(text) if "Khoảng" in each]
            sent[text] = day
        await month.until(at(day, 9))
        before = len(month.taken)
        await month.talk(ANSWERS)
        assert len(month.taken) - before >= ANSWERS, f"not everybody is answered on {day}"
        if day.day in (5, 18, 27, 30):
            # Ended between the commit and the sending: what was asked is answered after the start.
            waits = len(month.taken)
            await chat.application.receiver("platform")(*chat.letter(month.officers[0], {"kind": "text", "text": "/ngonngu"}))
            await chat.application.turns.settle()
            await chat.restart(60)
            assert len(month.taken) == waits + 1
        await month.until(at(day, 15))
    taken = [each for each in month.taken if each.day.month == 11]
    assert month.refused == 0
    assert MONTHLY * 0.9 <= len(taken) <= MONTHLY
    assert await month.counted(LAST) == len(taken), "our count is the platform's"

    # Every officer who owes the report was reminded of it, once on each of the planned days.
    owing = set(await month.ask(_owing))
    assert len(owing) > USERS // 3
    planned = [date(2026, 11, day) for day in (13, 23, 27, 30)]
    for day in planned:
        reminded = Counter(each.address for each in month.on(day, REPORT) if "đến hạn" in each.text or "Hôm nay" in each.text)
        assert {address: reminded[address] for address in owing} == dict.fromkeys(owing, 1), day

    # The last messages of the secretary wait; he was told before he sent them.
    waiting = await month.held()
    assert waiting > 0
    assert warned
    latest = await month.ask(lambda read: [row[0] for row in read.execute("SELECT id FROM broadcasts ORDER BY created_at DESC LIMIT 1")])
    shown = await chat.say(SECRETARY, f"/thongbao show {latest[0]}")
    assert "chưa nhận được vì hạn mức tin nhắn của tháng" in shown[0].text
    taken = [each for each in month.taken if each.day.month == 11]
    titles = Counter(line for each in taken if each.address == SECRETARY for line in each.text.splitlines() if "Hạn mức tin nhắn" in line)
    assert 2 <= titles["Hạn mức tin nhắn Platform"] <= 3     # 70 %, 90 %, and that it will not be enough

    # The month turns: what is younger than a week goes out, all of it, at once.
    await chat.restart(0)
    assert await month.held() == waiting
    await month.until(at(LAST + timedelta(days=1), 0, 1))
    assert await month.held() == 0
    december = [each for each in month.taken if each.day.month == 12 and "Việc của ngày" in each.text]
    assert len(december) == waiting
    await month.until(at(LAST + timedelta(days=1), 8))
    arrived = {text: Counter(each.address for each in month.taken if text in each.text and each.address != SECRETARY) for text in sent}
    for text, day in sent.items():
        assert set(arrived[text].values()) <= {1}, f"{text} came twice"
        if day > LAST - timedelta(days=6):
            assert len(arrived[text]) == len(month.everybody) - 1, f"{text} is lost"


def _owing(read: Snapshot) -> list[str]:
    rows = read.execute(
        "SELECT DISTINCT a.address FROM accounts a JOIN posts o ON o.person_id = a.person_id JOIN duties d ON d.unit_id = o.unit_id"
        " WHERE o.role = 'officer' AND d.event_id = 'E16' AND d.status = 'open' AND d.year = 2026"
    )
    return [row[0] for row in rows]


async def test_a_platform_that_counts_otherwise(october: Path, tmp_path: Path) -> None:
    """Another program uses the same token, say: the platform refuses long before our count says so. Nothing is lost or doubled."""
    async with Month(Path(shutil.copy(october, tmp_path / "a.sqlite3")), at(date(2026, 11, 29), 9)) as month:
        month.monthly = 10
        await month.broadcast("Một thông báo.")
        assert month.refused > 0
        assert len(month.taken) == 10
        refused = month.refused
        await month.talk(3)
        await month.until(at(date(2026, 11, 30), 9))
        assert month.refused <= refused + 3 * 6 + 24, "it is asked now and then, not again and again"
        month.monthly = MONTHLY
        letters = defaultdict(list)
        await month.until(at(date(2026, 12, 1), 0, 1))
        for each in month.taken:
            letters[each.address].append(each.text)
        told = [address for address, texts in letters.items() if any("Một thông báo." in text for text in texts)]
        assert set(told) >= set(month.everybody) - {SECRETARY}
        for address in set(told) - {SECRETARY}:
            assert sum("Một thông báo." in text for text in letters[address]) == 1, address
        assert sum("ngôn ngữ" in text.lower() for texts in letters.values() for text in texts) >= 3, "the answers came after all"
