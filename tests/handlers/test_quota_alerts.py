"""Warnings of the monthly budget: each once a month, never at night, to the organisers alone; and what a month is expected to take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.rules.quota import BROADCAST, DATE, DEADLINE, Budget
from handlers.schedule.quota_alerts import due_quota
from handlers.schedule.quota_forecast import planned
from storage import quota
from storage.connection import effect
from tests.handlers.broadcast_world import confirmed
from tests.handlers.small_cluster import ZONE, SmallCluster, at
from tests.handlers.time_world import arrive, change

BUDGET = Budget("test", 1_000, 10)
FACTS = dict([BUDGET.fact])


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


async def use(cluster: SmallCluster, day: str, messages: int, *, lane: str = "broadcast", address: str = "a") -> None:
    await cluster.write(effect(quota.count, "test", address, lane, day, messages, taken=True))


async def look(cluster: SmallCluster, when: str) -> list[str]:
    """What a look writes, to whom it may be; only the secretary is told."""
    before = len(await cluster.letters())
    await cluster.database.write(await cluster.database.read(lambda read: due_quota(read, at(when), ZONE, FACTS, ("test",))))
    letters = (await cluster.letters())[before:]
    assert {person for person, _ in letters} <= {"ha"}
    return [text for _, text in letters]


async def test_seventy_and_ninety_are_told_once_each_in_a_month(cluster: SmallCluster) -> None:
    await use(cluster, "2026-11-02", 699)
    assert await look(cluster, "2026-11-03 09:00") == []
    await use(cluster, "2026-11-03", 1)
    (told,) = await look(cluster, "2026-11-03 09:00")
    assert "Đã dùng trong tháng 11/2026: 700 trên 1.000 tin (70%), còn 300 tin" in told
    assert await look(cluster, "2026-11-03 10:00") == []
    await use(cluster, "2026-11-03", 200)
    assert await look(cluster, "2026-11-03 22:00") == [], "not at night"
    (told,) = await look(cluster, "2026-11-04 09:00")
    assert "(90%)" in told
    assert await look(cluster, "2026-11-30 09:00") == []
    await use(cluster, "2026-12-01", 950)
    (told,) = await look(cluster, "2026-12-02 09:00")
    assert "tháng 12/2026" in told, "a new month: one letter for both marks"


async def test_a_forecast_that_is_too_short_is_told_before_it_happens(cluster: SmallCluster) -> None:
    for day in ("01", "02", "03", "04", "05"):
        await use(cluster, f"2026-11-{day}", 60, lane="reply")
    (told,) = await look(cluster, "2026-11-06 09:00")
    assert "hạn mức sẽ hết vào khoảng ngày 17/11/2026" in told
    assert await look(cluster, "2026-11-07 09:00") == []


async def test_a_refusal_and_too_many_people_are_told(cluster: SmallCluster) -> None:
    await cluster.write(effect(quota.note_refused, "test", "2026-11", at("2026-11-06 09:00")))
    (told,) = await look(cluster, "2026-11-06 09:05")
    assert "không nhận thêm tin trong tháng này" in told
    for number in range(9):
        await use(cluster, "2026-11-06", 1, address=f"a{number}")
    (told,) = await look(cluster, "2026-11-06 10:05")
    assert "đã có 9 người được nhắn" in told


async def test_what_is_planned_until_the_month_ends(cluster: SmallCluster) -> None:
    def ask(when: str) -> object:
        return cluster.database.read(lambda read: planned(read, BUDGET, at(when), ZONE))

    # E16 reminds on 13, 23, 27 and 30 November, the two officers who have joined; nothing else happens in November but the first
    # reminder of E18, on 1 December, and those of E07 are for the lead alone, in December.
    assert await ask("2026-11-01 09:00") == {DEADLINE: 8, DATE: 0, BROADCAST: 0}  # type: ignore[misc]
    assert await ask("2026-11-27 09:00") == {DEADLINE: 2, DATE: 0, BROADCAST: 0}  # type: ignore[misc]
    await confirmed(cluster, "toàn Cụm, 8h 30/11: Ngày mai họp", "2026-11-27 09:00")
    await change(cluster, "2026-11-27 09:30", "E16", day="2027-01-29")
    found = await ask("2026-11-27 10:00")  # type: ignore[misc]
    assert found[DEADLINE] == 0


async def test_all_reminders_of_a_day_are_one_message_to_each_person(cluster: SmallCluster) -> None:
    """A deadline, a conference and a legal date on one morning."""
    await cluster.tick("2026-11-20 09:00")
    await change(cluster, "2026-11-20 09:10", "E18", day="2026-11-30")
    await change(cluster, "2026-11-20 09:20", "E23", day="2026-11-30")
    await cluster.tick("2026-11-20 09:30")
    await arrive(cluster)
    written = await cluster.tick("2026-11-23 08:00")
    assert {person: len(letters) for person, letters in written.items()} == dict.fromkeys(written, 1)
    (lan,) = written["lan"]
    assert all(title in lan for title in ("Báo cáo tổng kết năm", "Chiến sĩ thi đua toàn quốc", "Hội nghị tổng kết năm 2026"))
    assert len(lan) < BUDGET.chars, "which is one message there"
    await arrive(cluster)
    for hour in range(9, 20):
        assert await cluster.tick(f"2026-11-23 {hour:02}:00") == {}
