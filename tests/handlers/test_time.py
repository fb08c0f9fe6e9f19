"""Time: downtime of any length, letters that never arrived, clocks that are wrong. One true message, never a flood."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.schedule.reminding import still_wanted
from storage import audit, clock, duties, outbox, people, reminders
from storage.connection import effect
from tests.handlers.small_cluster import ZONE, SmallCluster, at
from tests.handlers.time_world import DAY, SEVEN, START, arrive, settle, waiting


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


# What never arrived ------------------------------------------------------------------------------------------------------------------


async def test_a_letter_that_waited_too_long_is_written_anew_and_says_so(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    [first] = (await cluster.tick(SEVEN))["lan"]
    assert "gửi chậm" not in first
    assert await cluster.tick("2026-11-23 09:59") == {}
    [text] = (await cluster.tick("2026-11-23 10:00"))["lan"]
    assert "Lời nhắc này không gửi được vào giờ dự kiến nên gửi chậm." in text
    assert "Còn 7 ngày" in text
    assert len(await waiting(cluster)) == 1


async def test_two_days_without_the_platform_leave_one_true_letter(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-26 09:00")
    now = at("2026-11-27 08:00")
    while now <= at("2026-11-30 09:00"):
        await cluster.tick_at(now)
        assert len(await waiting(cluster)) <= 1
        now += 900
    [number] = await waiting(cluster)
    [text] = [text for person, text in await cluster.letters() if person == "lan"]
    assert "Hôm nay là hạn cuối" in text
    letter = (await cluster.database.read(lambda read: outbox.letters(read, "test", [number])))[number]
    assert letter.expires_at is not None
    assert now < letter.expires_at <= at("2026-11-30 11:30")


async def test_what_says_today_ends_with_the_deadline(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-27 09:00")
    await cluster.tick("2026-11-30 16:00")
    numbers = await waiting(cluster)
    letters = await cluster.database.read(lambda read: outbox.letters(read, "test", numbers))
    assert [each.expires_at for each in letters.values()] == [at("2026-11-30 17:00") + 1]
    [text] = (await cluster.tick("2026-11-30 17:01"))["lan"]
    assert "quá 17:00 hôm nay" in text


async def test_a_letter_of_before_the_downtime_does_not_come_beside_the_digest(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)                                   # queued, and the process dies
    [text] = (await cluster.tick("2026-12-01 09:00"))["lan"]
    assert "chậm 1 ngày" in text
    assert len(await waiting(cluster)) == 1


async def test_what_was_filed_while_the_letter_waited_is_not_written_again(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await cluster.write(effect(duties.complete, "E16:LANG_SON", "lan", at(SEVEN)))
    assert "lan" not in await cluster.tick("2026-11-23 10:00")
    assert await waiting(cluster) == []


async def test_of_a_letter_about_two_things_only_what_is_open_is_written_anew(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-30 09:00")
    await cluster.tick("2026-12-01 08:00")
    subject = "duty:E16:LANG_SON event:E18"
    assert await cluster.database.read(lambda read: still_wanted(read, subject, "lan", at("2026-12-01 08:01")))
    await cluster.write(effect(duties.complete, "E16:LANG_SON", "lan", at("2026-12-01 08:01")))
    assert not await cluster.database.read(lambda read: still_wanted(read, subject, "lan", at("2026-12-01 08:02")))
    await cluster.write(effect(_drop, "lan"))
    [text] = (await cluster.tick("2026-12-01 08:03"))["lan"]
    assert "Đã quá hạn" not in text
    assert "Còn 30 ngày" in text
    await arrive(cluster)
    assert await cluster.tick("2026-12-01 08:04") == {}


def _drop(tx: object, person: str) -> None:
    tx.execute("UPDATE outbox SET state = 'dropped' WHERE state = 'waiting' AND person_id = ?", (person,))  # type: ignore[attr-defined]


async def test_a_letter_that_the_platform_refuses_is_not_written_again(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster, "failed")
    assert await cluster.tick("2026-11-23 08:05") == {}
    assert await cluster.tick("2026-11-23 10:05") == {}


async def test_a_blocked_address_hands_over_to_the_other_one(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.write(effect(people.link, "other", "lan-2", "lan", 1))
    await cluster.tick(SEVEN)
    await cluster.write(effect(people.mark_blocked, "test", "lan", at(SEVEN)), effect(settle, "blocked"))
    [text] = (await cluster.tick("2026-11-23 08:05"))["lan"]
    assert "gửi chậm" not in text
    assert await cluster.tick("2026-11-23 08:06") == {}


async def test_a_nudge_that_never_arrived_becomes_a_reminder(cluster: SmallCluster) -> None:
    from handlers.schedule import nudging

    await cluster.tick(START)
    await cluster.ask("ha", START, nudging.handle, "E16")
    assert len(await waiting(cluster)) == 1
    [text] = (await cluster.tick("2026-11-20 11:00"))["lan"]
    assert "Còn 10 ngày" in text
    assert "gửi chậm" in text
    assert len(await waiting(cluster)) == 1


# Downtime ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", ["2026-11-23 09:00", "2026-11-25 09:00", "2026-11-30 09:00", "2026-12-22 09:00"])
async def test_after_downtime_of_any_length_one_letter_each(cluster: SmallCluster, back: str) -> None:
    await cluster.tick("2026-11-21 09:00")
    written = await cluster.tick(back)
    assert all(len(texts) == 1 for texts in written.values())
    assert "lan" in written
    await arrive(cluster)
    assert await cluster.tick_at(at(back) + 15) == {}


async def test_a_month_down_tells_nothing_of_what_is_over_or_filed(cluster: SmallCluster) -> None:
    await cluster.tick("2026-03-01 09:00")
    await cluster.write(effect(duties.complete, "E04:LANG_SON", "lan", at("2026-03-01 09:00")))
    assert "lan" not in await cluster.tick("2026-04-01 09:00")


# The clock ---------------------------------------------------------------------------------------------------------------------------


async def test_the_clock_goes_back_a_little_and_nothing_is_said_twice(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    assert "lan" in await cluster.tick(SEVEN)
    await arrive(cluster)
    for when in ("2026-11-23 07:59", "2026-11-23 08:00", "2026-11-23 08:01"):
        assert await cluster.tick(when) == {}


async def test_after_a_digest_the_clock_goes_back_an_hour(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    assert "lan" in await cluster.tick("2026-11-27 08:30")          # 7 and 3 days before
    await arrive(cluster)
    for when in ("2026-11-27 07:15", "2026-11-27 07:30", "2026-11-27 08:15"):
        assert await cluster.tick(when) == {}


async def test_a_clock_that_was_a_week_ahead_silences_nobody(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    [wrong] = (await cluster.tick("2026-12-08 09:00"))["lan"]            # 7 days late, it says
    assert "Đã quá hạn" in wrong
    assert await cluster.tick("2026-11-20 09:30") == {}                 # put right
    noted = await cluster.database.read(lambda read: audit.entries(read, subject="clock:system"))
    assert [each.action for each in noted] == ["clock.back"]
    await arrive(cluster)
    for when, said in ((SEVEN, "Còn 7 ngày"), ("2026-11-27 08:00", "Còn 3 ngày"), ("2026-11-30 08:00", "Hôm nay")):
        [text] = (await cluster.tick(when))["lan"]
        assert said in text
        assert "gửi chậm" not in text
        await arrive(cluster)


async def test_a_clock_that_is_a_year_ahead_is_not_believed_at_once(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    for seconds in (0, 15, 300):
        assert await cluster.tick_at(at("2027-11-20 09:00") + seconds) == {}
    [text] = (await cluster.tick(SEVEN))["lan"] if await cluster.tick("2026-11-20 09:10") == {} else []
    assert "Còn 7 ngày" in text


async def test_a_year_of_downtime_is_believed_after_a_while(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    assert await cluster.tick("2027-11-22 09:00") == {}
    written = await cluster.tick("2027-11-22 09:11")
    assert all(len(texts) == 1 for texts in written.values())
    assert "lan" in written


async def test_a_dead_battery_says_1970_and_then_today(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    assert "lan" in await cluster.tick(SEVEN)
    await arrive(cluster)
    assert await cluster.tick("1970-01-02 09:00") == {}
    assert await cluster.tick("1970-01-02 09:10") == {}
    assert await cluster.tick("2026-11-23 09:00") == {}
    assert await cluster.tick("2026-11-23 09:15") == {}
    assert "lan" in await cluster.tick("2026-11-27 08:00")


async def test_what_a_wrong_clock_wrote_is_put_right(cluster: SmallCluster) -> None:
    now, ahead = at(START), at(START) + 400 * DAY
    for key, created, not_before in (("reply", ahead, ahead), ("planned", now - 60, now + DAY), ("tried", now - 60, now + DAY)):
        await cluster.write(effect(outbox.queue, "test", "lan", "{}", "vi", created, key=key, not_before=not_before))
    await cluster.write(
        effect(_tried, "tried"), effect(reminders.snooze, "lan", "event:E18", ahead), effect(_lock, ahead),
        effect(clock.set_back, now, ahead),
    )  # fmt: skip
    due = "SELECT key FROM outbox WHERE state = 'waiting' AND not_before <= ? ORDER BY key"
    assert await cluster.database.read(lambda read: read.execute(due, (now,)).fetchall()) == [("reply",), ("tried",)]
    assert await cluster.database.read(lambda read: reminders.next_snooze(read, 0)) == now
    locked = "SELECT locked_until FROM wrong_codes"
    assert await cluster.database.read(lambda read: read.execute(locked).fetchone()[0]) == now + clock.LONGEST_LOCK


def _tried(tx: object, key: str) -> None:
    tx.execute("UPDATE outbox SET attempts = 1 WHERE key = ?", (key,))  # type: ignore[attr-defined]


def _lock(tx: object, until: int) -> None:
    tx.execute("INSERT INTO wrong_codes VALUES ('test', 'x', 5, ?, ?)", (until, until))  # type: ignore[attr-defined]


async def test_a_look_that_finds_nothing_writes_nothing(cluster: SmallCluster) -> None:
    from handlers.schedule.reminding import look

    await cluster.tick(START)
    for seconds in (15, 30, 45):
        assert await cluster.database.read(lambda read, seconds=seconds: look(read, at(START) + seconds, ZONE)) == ()
    noted = await cluster.database.read(lambda read: look(read, at(START) + 300, ZONE))
    assert [each.function for each in noted] == [reminders.save_tick]
