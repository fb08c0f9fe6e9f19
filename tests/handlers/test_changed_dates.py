"""Dates that are moved, called off, removed and restored: who knew the old one is told once, nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.schedule.planning import apply_replan
from handlers.schedule.reminding import still_wanted
from storage import calendar, duties, plan, reminders
from storage.connection import effect
from storage.errors import Conflict
from storage.reminders import Attendance
from tests.handlers.small_cluster import HOLIDAYS, ZONE, SmallCluster, at
from tests.handlers.time_world import SEVEN, START, arrive, change, waiting


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


async def test_who_was_told_the_old_date_is_told_the_new_one_once(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster)
    await cluster.write(effect(duties.complete, "E16:CAO_BANG", "ngoc", at(SEVEN)))
    await change(cluster, "2026-11-23 09:00", "E16", day="2026-12-07")
    written = await cluster.tick("2026-11-23 09:01")
    assert set(written) == {"lan", "ha"}                # filed: Ngọc; Hà was told of the unit that nobody has joined
    assert written["lan"] == [
        "Kính gửi đồng chí Hoàng Thị Lan, Lạng Sơn.\n"
        "Thay đổi thời hạn: Báo cáo tổng kết năm và Bảng tự chấm điểm, năm 2026\n"
        "Hạn trước đây: 17:00, thứ Hai, 30/11/2026\nHạn mới: 17:00, thứ Hai, 07/12/2026 (còn 14 ngày)\nTình trạng: chưa nộp"
    ]
    await arrive(cluster)
    assert await cluster.tick("2026-11-23 09:02") == {}
    [text] = (await cluster.tick("2026-11-30 08:00"))["lan"]
    assert "Còn 7 ngày" in text


async def test_moved_and_moved_back_between_two_looks_is_no_news(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster)
    await change(cluster, "2026-11-23 09:00", "E16", day="2026-12-07")
    await change(cluster, "2026-11-23 09:00", "E16", day="2026-11-30")
    assert await cluster.tick("2026-11-23 09:01") == {}


async def test_moved_and_moved_back_before_the_letter_left(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster)
    await change(cluster, "2026-11-23 09:00", "E16", day="2026-12-07")
    assert "lan" in await cluster.tick("2026-11-23 09:01")
    await change(cluster, "2026-11-23 09:02", "E16", day="2026-11-30")
    assert "lan" not in await cluster.tick("2026-11-23 09:03")
    assert await waiting(cluster) == []


async def test_five_dates_changed_are_one_letter(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-30 09:00")
    await cluster.tick("2026-12-01 08:00")
    await arrive(cluster)
    await change(cluster, "2026-12-01 09:00", "E16", day="2026-12-15")
    await change(cluster, "2026-12-01 09:00", "E18", day="2027-01-15")
    [text] = (await cluster.tick("2026-12-01 09:01"))["lan"]
    assert text.count("Thay đổi") == 2
    assert "Thời gian mới: thứ Sáu, 15/01/2027" in text


async def test_a_letter_about_the_old_date_does_not_leave_after_the_change(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)                   # on its way
    await change(cluster, "2026-11-23 08:01", "E16", day="2026-12-07")
    assert not await cluster.database.read(lambda read: still_wanted(read, "duty:E16:LANG_SON", "lan", at(SEVEN) + 60))
    written = await cluster.tick("2026-11-23 08:02")
    assert "30/11/2026" not in written.get("lan", [""])[0]
    assert len(await waiting(cluster)) == len(written.get("lan", ()))


async def test_who_was_not_told_just_gets_the_new_reminders(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await change(cluster, START, "E16", day="2026-12-22")
    assert await cluster.tick("2026-11-20 09:01") == {}
    [text] = (await cluster.tick("2026-12-07 08:00"))["lan"]
    assert "Còn 15 ngày" in text


async def test_brought_forward_past_a_reminder_is_reminded_of_at_once(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await change(cluster, START, "E16", day="2026-11-23")
    [text] = (await cluster.tick("2026-11-20 09:01"))["lan"]
    assert "Còn 3 ngày" in text
    assert "gửi chậm" not in text
    await arrive(cluster)
    assert await cluster.tick("2026-11-20 09:02") == {}


async def test_brought_forward_into_the_past_tells_only_who_knew_of_it(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster)
    await change(cluster, "2026-11-23 09:00", "E16", day="2026-11-20")
    written = await cluster.tick("2026-11-23 09:01")
    assert "Hạn mới: 17:00, thứ Sáu, 20/11/2026 (chậm 3 ngày)" in written["lan"][0]
    assert "thanh" not in written


async def test_a_new_holiday_moves_the_deadline_and_is_told(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster)
    days = (*HOLIDAYS, ("2026-11-30", "Nghỉ bù"))
    await cluster.write(effect(calendar.save_holidays, 2026, days), effect(apply_replan, ZONE, at(SEVEN)))
    [text] = (await cluster.tick("2026-11-23 09:01"))["lan"]
    assert "Hạn mới: 17:00, thứ Ba, 01/12/2026 (hạn gốc 30/11/2026" in text


async def test_a_change_is_not_told_in_quiet_hours(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster)
    await change(cluster, "2026-11-23 12:00", "E16", day="2026-12-07")
    assert await cluster.tick("2026-11-23 12:00") == {}
    assert "lan" in await cluster.tick("2026-11-23 13:30")


async def test_on_a_day_off_only_what_cannot_wait_is_told(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-26 09:00")
    await cluster.tick("2026-11-27 08:00")
    await arrive(cluster)
    await change(cluster, "2026-11-28 09:00", "E16", day="2026-12-14")          # a Saturday; it was due on Monday
    assert "lan" in await cluster.tick("2026-11-28 09:01")
    await arrive(cluster)
    await change(cluster, "2026-11-28 10:00", "E16", day="2026-12-15")
    assert await cluster.tick("2026-11-28 10:01") == {}
    assert "lan" in await cluster.tick("2026-11-30 07:01")


async def test_a_cancelled_conference_is_told_to_who_knew_and_to_who_attends(cluster: SmallCluster) -> None:
    await cluster.tick("2026-03-12 09:00")
    await cluster.write(effect(reminders.save_attendance, Attendance("E05", "LANG_SON", "attend", None, "thanh", at("2026-03-12 09:00"))))
    await change(cluster, "2026-03-12 09:00", "E05", extras='{"cancelled": true}')
    written = await cluster.tick("2026-03-12 09:01")
    assert set(written) == {"thanh"}            # before any reminder: he has answered by himself
    assert "Đã hủy: Hội nghị tổng kết năm 2025" in written["thanh"][0]
    await arrive(cluster)
    assert await cluster.tick("2026-03-13 08:00") == {}
    await change(cluster, "2026-03-13 09:00", "E05", extras="{}")
    [text] = (await cluster.tick("2026-03-13 09:01"))["thanh"]
    assert "Vẫn tổ chức: Hội nghị tổng kết năm 2025" in text
    assert "Đơn vị đã trả lời: Dự" in text


async def test_an_event_taken_out_of_the_plan_is_told_as_called_off(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster)
    await cluster.write(effect(plan.remove_event, "E16"))
    [text] = (await cluster.tick("2026-11-23 09:01"))["lan"]
    assert "Không phải thực hiện nữa: Báo cáo tổng kết năm" in text
    await arrive(cluster)
    assert await cluster.tick("2026-11-27 08:00") == {}
    await change(cluster, "2026-11-27 09:00", "E16")
    [text] = (await cluster.tick("2026-11-27 09:01"))["lan"]
    assert "Thực hiện trở lại: Báo cáo tổng kết năm" in text


async def test_what_changes_after_it_was_over_is_no_news(cluster: SmallCluster) -> None:
    await cluster.tick("2026-03-19 09:00")
    await cluster.tick("2026-03-20 08:00")
    await arrive(cluster)
    await change(cluster, "2026-03-23 09:00", "E05", place="Lạng Sơn")
    assert await cluster.tick("2026-03-23 09:01") == {}


async def test_a_unit_that_left_is_reminded_no_more(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await cluster.write(effect(plan.remove_membership, 2026, "LANG_SON"), effect(apply_replan, ZONE, at(SEVEN)))
    assert not await cluster.database.read(lambda read: still_wanted(read, "duty:E16:LANG_SON", "lan", at(SEVEN)))
    assert "lan" not in await cluster.tick("2026-11-23 10:01")
    assert "lan" not in await cluster.tick("2026-11-30 08:00")


async def test_a_change_during_downtime_and_its_reminder_are_one_letter(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)
    await arrive(cluster)
    await change(cluster, "2026-11-25 09:00", "E16", day="2026-12-04")
    [text] = (await cluster.tick("2026-12-02 09:00"))["lan"]
    assert "Thay đổi thời hạn" in text
    assert "(còn 2 ngày)" in text
    assert text.count("Báo cáo tổng kết năm") == 1


async def test_a_look_that_raced_another_writes_nothing(cluster: SmallCluster) -> None:
    from handlers.schedule.reminding import look

    await cluster.tick(START)
    first, second = [await cluster.database.read(lambda read, s=s: look(read, at(SEVEN) + s, ZONE)) for s in (0, 1)]  # type: ignore[misc]
    await cluster.database.write(first)
    with pytest.raises(Conflict):
        await cluster.database.write(second)
    assert len(await waiting(cluster)) == 1
