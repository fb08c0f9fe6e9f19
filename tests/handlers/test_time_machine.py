"""Any sequence of looks, outages, filings, changed dates and clocks that move forward and back: what is read is true, and said once."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.kit.wire import decode
from handlers.rules.deadline import effective_day, local_day, morning, quiet_until
from handlers.schedule import agenda
from handlers.schedule.planning import apply_replan
from handlers.schedule.reminding import look, still_wanted
from storage import calendar, duties
from storage.connection import Database, Snapshot, effect
from tests.handlers.small_cluster import HOLIDAYS, QUIET, ZONE, SmallCluster, at, text_of

START = at("2026-11-13 09:00")
E16 = "Báo cáo tổng kết năm và Bảng tự chấm điểm, năm 2026"
WEEKDAYS = ("Hai", "Ba", "Tư", "Năm", "Sáu")
OFFICERS = {"lan": "LANG_SON", "ngoc": "CAO_BANG"}
FREE = frozenset(date.fromisoformat(day) for day, _ in HOLIDAYS)

ACTIONS = st.one_of(
    st.tuples(st.just("forward"), st.sampled_from([1, 15, 60, 180, 480, 1440, 4320, 10080])),      # minutes
    st.tuples(st.just("back"), st.sampled_from([1, 5, 60, 420, 1440, 4320])),
    st.tuples(st.just("until"), st.sampled_from([7, 8, 12, 17, 21])),      # the next time that the clock shows this hour
    st.tuples(st.just("until"), st.just(8)),
    st.tuples(st.just("look"), st.just(0)),
    st.tuples(st.just("round"), st.just(0)),
    st.tuples(st.just("round"), st.just(0)),
    st.tuples(st.just("filed on the way"), st.sampled_from([0, 1])),         # between the look and the delivery
    st.tuples(st.just("moved on the way"), st.sampled_from([-3, 0, 1, 4, 9])),
    st.tuples(st.just("deliver"), st.just(0)),
    st.tuples(st.just("file"), st.sampled_from([0, 1])),
    st.tuples(st.just("move"), st.sampled_from([-3, 0, 1, 4, 9])),          # days from the planned date
    st.tuples(st.just("reopen"), st.just(0)),
)


class World:
    """A small cluster with what its officers have read, and the clock that the program sees."""

    def __init__(self, cluster: SmallCluster, path: Path) -> None:
        self.cluster = cluster
        self.path = path
        self.now = START
        self.read: list[tuple[int, str, str]] = []      # when, person, text
        self.told: Counter[tuple[str, str, str]] = Counter()       # person, effective day, how far: of plain reminders

    async def look(self) -> None:
        await self.cluster.database.write(await self.cluster.database.read(lambda read: look(read, self.now, ZONE)))

    async def deliver(self) -> None:
        """The sender's part: what may be sent is read, the rest is dropped."""
        for number, person, subject, expires, reply in await self.cluster.database.read(lambda read: _waiting(read, self.now)):
            wanted = await self.cluster.database.read(lambda read, s=subject, p=person: still_wanted(read, s, p, self.now))  # type: ignore[misc]
            state = "sent" if wanted and self.now < expires else "dropped"
            await self.cluster.write(effect(_settle, number, state))
            if state == "sent":
                text = text_of(decode(reply))
                self.read.append((self.now, person, text))
                await self.check(person, text, subject)

    async def check(self, person: str, text: str, subject: str) -> None:
        """What is read is true, at a good hour, and not said before."""
        assert quiet_until(self.now, QUIET, ZONE, None) == self.now
        for duty_id in re.findall(r"duty:(\S+)", subject):
            duty = await self.cluster.database.read(lambda read, d=duty_id: duties.duty(read, d))  # type: ignore[misc]
            assert duty is not None
            assert duty.status == "open"
            if duty.event_id != "E16":
                continue
            days = (local_day(duty.effective, ZONE) - local_day(self.now, ZONE)).days
            if f"Thay đổi thời hạn: {E16}" in text:
                assert f"Hạn mới: 17:00, thứ {WEEKDAYS[local_day(duty.effective, ZONE).weekday()]}" in text
                continue
            if days > 0:
                assert f"Còn {days} ngày đến hạn: {E16}" in text
            else:
                assert (f"Hôm nay là hạn cuối: {E16}" if self.now <= duty.effective else "Đã quá hạn") in text
            if days < 0:
                assert f"chậm {-days} ngày" in text
            if person in OFFICERS:
                key = (person, local_day(duty.effective, ZONE).isoformat(), f"{days} {self.now > duty.effective}")
                self.told[key] += 1
                assert self.told[key] == 1, (key, text)

    async def move(self, offset: int) -> None:
        event = await self.cluster.database.read(lambda read: calendar.event(read, "E16"))
        assert event is not None
        day = (date(2026, 11, 30) + timedelta(days=offset)).isoformat()
        await self.cluster.write(effect(calendar.save_event, replace(event, day=day)), effect(apply_replan, ZONE, self.now))

    async def file(self, index: int) -> None:
        unit = list(OFFICERS.values())[index]
        duty = await self.cluster.database.read(lambda read: duties.duty(read, f"E16:{unit}"))
        if duty is not None and duty.status == "open":
            await self.cluster.write(effect(duties.complete, duty.id, "x", self.now))

    async def reopen(self) -> None:
        await self.cluster.database.close()
        self.cluster.database = await Database.open(self.path, readers=1)

    async def expected(self, since: int) -> bool:
        """Whether a reminder of E16 that was planned since then comes now, and was not dealt with yet."""
        dealt = "SELECT 1 FROM reminded WHERE event_id = 'E16' AND planned = ?"

        def find(read: Snapshot) -> bool:
            event = calendar.event(read, "E16")
            assert event is not None
            plan = [one.epoch for one in agenda.plan_of(event, agenda.free_days(read), ZONE) if since < one.epoch <= self.now]
            return bool(plan) and read.execute(dealt, (plan[-1],)).fetchone() is None

        return await self.cluster.database.read(find)


def _waiting(read: Snapshot, now: int) -> list[tuple[int, str, str, int, str]]:
    """What the sender would take up: a letter of a time that has not come (the clock was set back) waits for the next look."""
    return read.execute(
        "SELECT id, person_id, subject, expires_at, reply FROM outbox WHERE state = 'waiting' AND not_before <= ? ORDER BY id", (now,)
    ).fetchall()


def _settle(tx: object, number: int, state: str) -> None:
    tx.execute("UPDATE outbox SET state = ?, sent_at = 1 WHERE id = ?", (state, number))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("time")

    async def make() -> None:
        cluster = await SmallCluster.open(folder)
        await cluster.database.close()

    asyncio.run(make())
    return folder / "small.sqlite3"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(actions=st.lists(ACTIONS, min_size=5, max_size=30))
def test_whatever_happens_what_is_read_is_true_and_said_once(template: Path, actions: list[tuple[str, int]]) -> None:
    asyncio.run(_play(template, actions))


async def _play(template: Path, actions: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(template, Path(folder) / "small.sqlite3"))
        world = World(SmallCluster(await Database.open(path, readers=1)), path)
        try:
            await world.look()
            for action, given_value in actions:
                match action:
                    case "forward":
                        world.now += given_value * 60
                    case "back":
                        world.now -= given_value * 60
                    case "until":
                        world.now = _next_hour(world.now, given_value)
                    case "round":
                        await world.look()
                        await world.deliver()
                    case "filed on the way" | "moved on the way":
                        world.now = _next_hour(world.now, 8)
                        await world.look()
                        await (world.file if action == "filed on the way" else world.move)(given_value)
                        await world.deliver()
                    case "look":
                        await world.look()
                    case "deliver":
                        await world.deliver()
                    case "file":
                        await world.file(given_value)
                    case "move":
                        await world.move(given_value)
                    case _:
                        await world.reopen()
            await _quiet_end(world)
        finally:
            await world.cluster.database.close()


def _next_hour(now: int, hour: int) -> int:
    found = morning(local_day(now, ZONE), ZONE) + (hour - 8) * 3_600
    return found if found > now else found + 86_400


async def _quiet_end(world: World) -> None:
    """From here on all goes well: every reminder that is still to come reaches every officer who still owes."""
    end = max(local_day(world.now, ZONE), date(2026, 12, 9)) + timedelta(days=12)
    day = effective_day(local_day(world.now, ZONE) + timedelta(days=1), FREE)
    world.now = morning(day, ZONE) + 3_600
    for _ in range(3):          # what waited, what was undelivered, a clock that was put right
        await world.look()
        await world.deliver()
        world.now += 20
    while local_day(world.now, ZONE) < end:
        since = world.now
        world.now += 86_400
        owing = [
            person
            for person, unit in OFFICERS.items()
            if (duty := await world.cluster.database.read(lambda read, u=unit: duties.duty(read, f"E16:{u}"))) and duty.status == "open"  # type: ignore[misc]
        ]
        expected = await world.expected(since)
        await world.look()
        await world.deliver()
        if expected:
            today = {person for when, person, text in world.read if when == world.now and E16 in text}
            assert set(owing) <= today
    on_the_way = "SELECT COUNT(*) FROM told WHERE letter IS NOT NULL"
    assert await world.cluster.database.read(lambda read: read.execute(on_the_way).fetchone()[0]) <= 6
