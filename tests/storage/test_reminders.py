"""Ticks, snoozes, nudges, answers to conferences, and who can be reached where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import audit, people, reminders
from storage.connection import effect
from storage.errors import Conflict
from storage.people import Post
from storage.reminders import Attendance, Nudge, Snooze
from tests.handlers.small_cluster import SmallCluster

TODAY = "2026-11-23"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


async def test_a_tick_that_began_elsewhere_is_refused(cluster: SmallCluster) -> None:
    await cluster.write(effect(reminders.save_tick, 100, None))
    await cluster.write(effect(reminders.save_tick, 200, 100))
    with pytest.raises(Conflict):
        await cluster.write(effect(reminders.save_tick, 150, 100))
    assert await cluster.database.read(reminders.last_tick) == 200


async def test_a_second_snooze_takes_the_place_of_the_first(cluster: SmallCluster) -> None:
    for at in (500, 900):
        await cluster.write(effect(reminders.snooze, "lan", "duty:E16:LANG_SON", at))
    assert await cluster.database.read(lambda read: reminders.due_snoozes(read, 899)) == ()
    assert await cluster.database.read(lambda read: reminders.due_snoozes(read, 900)) == (Snooze("lan", "duty:E16:LANG_SON", 900),)
    assert await cluster.database.read(lambda read: reminders.next_snooze(read, 0)) == 900
    await cluster.write(effect(reminders.drop_snooze, "lan", "duty:E16:LANG_SON"))
    assert await cluster.database.read(lambda read: reminders.next_snooze(read, 0)) is None


async def test_one_nudge_a_day_for_an_event(cluster: SmallCluster) -> None:
    await cluster.write(effect(reminders.save_nudge, Nudge("E16", TODAY, "ha", 1, 2)))
    with pytest.raises(Conflict):
        await cluster.write(effect(reminders.save_nudge, Nudge("E16", TODAY, "ha", 2, 2)))
    await cluster.write(effect(reminders.save_nudge, Nudge("E15", TODAY, "ha", 3, 1)))
    await cluster.write(effect(reminders.save_nudge, Nudge("E16", "2026-11-24", "ha", 4, 2)))
    kept = await cluster.database.read(lambda read: reminders.nudge(read, "E16", TODAY))
    assert kept == Nudge("E16", TODAY, "ha", 1, 2)


async def test_each_change_of_an_answer_is_kept_in_the_audit_once(cluster: SmallCluster) -> None:
    attend = Attendance("E05", "LANG_SON", "attend", None, "lan", 10)
    await cluster.write(effect(reminders.save_attendance, attend), effect(reminders.save_attendance, attend))
    await cluster.write(effect(reminders.save_attendance, Attendance("E05", "LANG_SON", "substitute", "Nông Văn Bình", "thanh", 20)))
    entries = await cluster.database.read(lambda read: audit.entries(read, subject="event:E05"))
    assert [(each.person_id, each.before, each.after, each.reason) for each in entries] == [
        ("thanh", "attend", "substitute", "Nông Văn Bình"),
        ("lan", None, "attend", None),
    ]


async def test_recipients_are_reached_at_the_preferred_open_address(cluster: SmallCluster) -> None:
    await cluster.write(effect(people.link, "other", "lan-2", "lan", 5))
    assert await _address(cluster, "lan") == ("test", "lan")
    await cluster.write(effect(people.prefer, "lan", "other", "lan-2"))
    assert await _address(cluster, "lan") == ("other", "lan-2")
    await cluster.write(effect(people.mark_blocked, "other", "lan-2", 6))
    assert await _address(cluster, "lan") == ("test", "lan")
    await cluster.write(effect(people.mark_blocked, "test", "lan", 7))
    assert await _address(cluster, "lan") is None


async def test_nobody_without_consent_or_post_is_a_recipient(cluster: SmallCluster) -> None:
    await cluster.write(
        effect(people.add_person, "new", "Lò Văn Quyết", "", "vi", 1),
        effect(people.link, "test", "new", "new", 1),
        effect(people.add_post, Post("post-new", "new", "LANG_SON", "officer", "2026-01-01", None), None, 1),
        effect(people.end_post, "post-ngoc", "2026-11-22", "ha", 2),
    )
    reached = await cluster.database.read(lambda read: {each.person_id for each in reminders.recipients(read, TODAY)})
    assert reached == {"lan", "thanh", "huy", "ha", "anh"}


async def _address(cluster: SmallCluster, person_id: str) -> tuple[str, str] | None:
    every = await cluster.database.read(lambda read: reminders.recipients(read, TODAY))
    return next(((each.channel, each.address) for each in every if each.person_id == person_id), None)
