"""The tick: who is reminded of what and when, once; what is held, merged, folded, snoozed and dropped."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from handlers import reminders as command
from handlers.reporting.draft import Entry, Sheet, dumps
from handlers.schedule.reminding import look, planned_instants, still_wanted
from storage import calendar, duties, movements, people, reminders, reports
from storage.calendar import Form
from storage.connection import effect
from storage.errors import Conflict
from storage.movements import Indicator, Movement
from storage.reminders import Attendance
from storage.reports import Draft
from tests.handlers.small_cluster import ZONE, SmallCluster, at, event

START = "2026-11-20 09:00"
SEVEN = "2026-11-23 08:00"      # seven days before E16


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


async def test_the_first_look_reminds_of_nothing(cluster: SmallCluster) -> None:
    assert await cluster.tick(SEVEN) == {}
    assert await cluster.tick(SEVEN) == {}


async def test_officers_who_owe_are_reminded_once(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    written = await cluster.tick(SEVEN)
    assert set(written) == {"lan", "ngoc", "ha"}
    assert written["lan"] == [
        "Kính gửi đồng chí Hoàng Thị Lan, Lạng Sơn.\n"
        "Còn 7 ngày đến hạn: Báo cáo tổng kết năm và Bảng tự chấm điểm, năm 2026\n"
        "Hạn: 17:00, thứ Hai, 30/11/2026\nTình trạng: chưa nộp"
    ]
    assert await cluster.tick("2026-11-23 08:01") == {}


async def test_who_has_filed_is_reminded_no_more(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.write(effect(duties.complete, "E16:LANG_SON", "lan", at("2026-11-20 10:00")))
    assert "lan" not in await cluster.tick(SEVEN)


async def test_a_letter_in_hand_is_dropped_once_the_duty_is_done(cluster: SmallCluster) -> None:
    async def wanted() -> bool:
        return await cluster.database.read(lambda read: still_wanted(read, "duty:E16:LANG_SON", "lan", at(SEVEN)))

    assert await wanted()
    await cluster.write(effect(duties.complete, "E16:LANG_SON", "lan", at(SEVEN)))
    assert not await wanted()
    assert await cluster.database.read(lambda read: still_wanted(read, "duty:E16:LANG_SON duty:E15:LANG_SON", "lan", at(SEVEN)))


async def test_the_secretary_hears_of_units_with_nobody_joined(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    [text] = (await cluster.tick(SEVEN))["ha"]
    assert "Chưa có ai tham gia, đề nghị thông báo bằng cách khác: Tuyên Quang" in text


async def test_a_leader_is_told_only_when_it_is_overdue(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-27 09:00")
    assert "thanh" not in await cluster.tick("2026-11-30 08:00")
    [text] = (await cluster.tick("2026-12-01 08:00"))["thanh"]
    assert "Đã quá hạn (chậm 1 ngày): Báo cáo tổng kết năm" in text


async def test_switched_off_means_no_reminder_but_for_what_is_overdue(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.write(effect(people.set_reminders, "lan", False))
    assert "lan" not in await cluster.tick(SEVEN)
    assert "lan" not in await cluster.tick("2026-11-30 08:00")
    [text] = (await cluster.tick("2026-12-01 08:00"))["lan"]
    assert "chậm 1 ngày" in text
    assert "Chiến sĩ thi đua toàn quốc" not in text     # a legal date of the same morning


async def test_two_things_due_at_one_look_are_one_letter(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-30 09:00")
    [text] = (await cluster.tick("2026-12-01 08:00"))["lan"]
    assert "Đã quá hạn (chậm 1 ngày)" in text
    assert "Còn 30 ngày: Hạn cuối nhận hồ sơ Chiến sĩ thi đua toàn quốc" in text


async def test_after_downtime_one_late_letter_says_how_it_stands_now(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    written = await cluster.tick("2026-12-02 10:00")       # missed: 7, 3, 0 days before, 1 day after
    [text] = written["lan"]
    assert "Lời nhắc này không gửi được vào giờ dự kiến nên gửi chậm." in text
    assert text.count("Báo cáo tổng kết năm") == 1
    assert "chậm 2 ngày" in text
    assert await cluster.tick("2026-12-02 11:00") == {}


async def test_a_conference_missed_in_downtime_is_not_mentioned(cluster: SmallCluster) -> None:
    await cluster.tick("2026-03-18 09:00")
    assert all("Hội nghị tổng kết năm 2025\n" not in text for texts in (await cluster.tick("2026-03-23 10:00")).values() for text in texts)


async def test_quiet_hours_hold_until_the_morning(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    assert await cluster.tick("2026-11-23 21:00") == {}
    assert await cluster.tick("2026-11-24 07:00") == {}     # a holiday
    [text] = (await cluster.tick("2026-11-25 07:00"))["lan"]
    assert "Còn 5 ngày" in text


async def test_what_was_missed_waits_for_the_working_day(cluster: SmallCluster) -> None:
    await cluster.tick("2026-11-26 09:00")
    assert await cluster.tick("2026-11-28 10:00") == {}     # a Saturday
    assert await cluster.tick("2026-11-30 07:00") == {}     # the one of 08:00 stands for it
    assert "lan" in await cluster.tick("2026-11-30 08:00")


async def test_two_looks_at_once_write_one_letter(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    first = await cluster.database.read(lambda read: look(read, at(SEVEN), ZONE))
    second = await cluster.database.read(lambda read: look(read, at(SEVEN) + 60, ZONE))
    await cluster.database.write(first)
    with pytest.raises(Conflict):
        await cluster.database.write(second)
    assert len([person for person, _ in await cluster.letters() if person == "lan"]) == 1


async def test_a_conference_asks_until_the_unit_has_answered(cluster: SmallCluster) -> None:
    await cluster.tick("2026-03-12 09:00")
    written = await cluster.tick("2026-03-13 08:00")
    assert set(written) == {"lan", "thanh", "ngoc", "huy", "ha", "anh"}
    assert "Đề nghị đồng chí trả lời đơn vị có dự hay không." in written["lan"][0]
    assert "trả lời đơn vị" not in written["anh"][0]
    await cluster.write(effect(reminders.save_attendance, Attendance("E05", "LANG_SON", "attend", None, "lan", at("2026-03-13 09:00"))))
    await cluster.write(effect(reminders.save_attendance, Attendance("E05", "CAO_BANG", "absent", None, "ngoc", at("2026-03-13 09:00"))))
    later = await cluster.tick("2026-03-17 08:00")
    assert "trả lời đơn vị" not in later["lan"][0]
    assert "ngoc" not in later


async def test_on_the_day_of_a_conference_at_eight(cluster: SmallCluster) -> None:
    await cluster.tick("2026-03-19 09:00")
    [text] = (await cluster.tick("2026-03-20 08:00"))["lan"]
    assert "Hôm nay: Hội nghị tổng kết năm 2025" in text
    assert "Địa điểm: Cao Bằng" in text


async def test_a_snooze_comes_at_its_hour_and_once(cluster: SmallCluster) -> None:
    await cluster.tick(SEVEN)
    said = await cluster.ask("lan", SEVEN, command.again, "duty:E16:LANG_SON later")
    assert said == "Sẽ nhắc lại lúc 14:00 hôm nay."
    assert await cluster.tick("2026-11-23 13:59") == {}
    assert set(await cluster.tick("2026-11-23 14:00")) == {"lan"}
    assert await cluster.tick("2026-11-23 15:00") == {}


async def test_a_snooze_of_what_was_filed_meanwhile_says_nothing(cluster: SmallCluster) -> None:
    await cluster.tick(SEVEN)
    assert await cluster.ask("lan", SEVEN, command.again, "duty:E16:LANG_SON tomorrow") == (
        "Ngày mai là ngày nghỉ. Sẽ nhắc lại lúc 08:00, thứ Tư, 25/11/2026."
    )
    await cluster.write(effect(duties.complete, "E16:LANG_SON", "lan", at("2026-11-23 09:00")))
    assert await cluster.tick("2026-11-25 08:00") == {}
    refused = await cluster.ask("lan", "2026-11-25 09:00", command.again, "duty:E16:LANG_SON later")
    assert refused == "Việc này đã hoàn thành, không cần nhắc nữa."


async def test_nobody_snoozes_the_duty_of_another_unit(cluster: SmallCluster) -> None:
    assert await cluster.ask("ngoc", SEVEN, command.again, "duty:E16:LANG_SON later") == "Không còn việc nào cần nhắc."


async def test_late_in_the_evening_later_means_tomorrow_and_says_so(cluster: SmallCluster) -> None:
    said = await cluster.ask("lan", "2026-11-25 18:00", command.again, "duty:E16:LANG_SON later")
    assert said == "Sẽ nhắc lại lúc 07:00, thứ Năm, 26/11/2026."


@pytest.mark.parametrize(
    ("asked_at", "wish", "promised"),
    [
        ("2026-11-27 16:00", "tomorrow", "Ngày mai là ngày nghỉ. Sẽ nhắc lại lúc 08:00, thứ Hai, 30/11/2026."),      # a Friday
        ("2026-11-28 09:00", "tomorrow", "Ngày mai là ngày nghỉ. Sẽ nhắc lại lúc 08:00, thứ Hai, 30/11/2026."),      # a Saturday
        ("2026-11-29 09:00", "tomorrow", "Sẽ nhắc lại lúc 08:00, thứ Hai, 30/11/2026."),                             # a Sunday
        ("2026-11-27 18:30", "later", "Ngày mai là ngày nghỉ. Sẽ nhắc lại lúc 08:00, thứ Hai, 30/11/2026."),
        ("2026-11-23 18:30", "later", "Ngày mai là ngày nghỉ. Sẽ nhắc lại lúc 08:00, thứ Tư, 25/11/2026."),          # a holiday follows
        ("2026-04-29 09:00", "tomorrow", "Ngày mai là ngày nghỉ. Sẽ nhắc lại lúc 08:00, thứ Hai, 04/05/2026."),      # two, and a weekend
    ],
)
async def test_tomorrow_morning_is_a_working_morning_and_its_date_is_said(
    cluster: SmallCluster, asked_at: str, wish: str, promised: str
) -> None:
    await cluster.tick("2026-11-23 08:00")
    assert await cluster.ask("lan", asked_at, command.again, f"duty:E16:LANG_SON {wish}") == promised


async def test_what_happens_on_the_day_off_is_reminded_of_before_it(cluster: SmallCluster) -> None:
    conference = await cluster.database.read(lambda read: calendar.event(read, "E05"))
    assert conference is not None
    await cluster.write(effect(calendar.save_event, replace(conference, day="2026-03-21")))      # a Saturday
    said = await cluster.ask("lan", "2026-03-20 10:00", command.again, "event:E05 tomorrow")
    assert said == "Sẽ nhắc lại lúc 08:00, thứ Bảy, 21/03/2026."


async def test_a_blocked_address_gets_nothing(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.write(effect(people.mark_blocked, "test", "lan", at(START)))
    written = await cluster.tick(SEVEN)
    assert "lan" not in written
    assert "Không gửi được qua đây, đề nghị thông báo bằng cách khác: Lạng Sơn" in written["ha"][0]
    assert "Chưa có ai tham gia, đề nghị thông báo bằng cách khác: Tuyên Quang" in written["ha"][0]


async def test_a_closed_year_is_not_reminded_of(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.write(effect(_close, 2026))
    assert "lan" not in await cluster.tick(SEVEN)


def _close(tx: object, year: int) -> None:
    tx.execute("UPDATE years SET closed_at = 1 WHERE year = ?", (year,))  # type: ignore[attr-defined]


async def test_the_status_counts_the_figures_of_the_draft(cluster: SmallCluster) -> None:
    sheet = Sheet({"NTM26.A": Entry("5"), "NTM26.B": Entry(None)})
    await cluster.write(
        effect(calendar.save_form, Form("BC-TUCHAM", "Báo cáo", ("movements",))),
        effect(movements.save_movement, Movement("NTM26", 1, "Nông thôn mới", (), 2026, 2030)),
        *(effect(movements.save_indicator, Indicator("NTM26", code, i, code, "xã", "stock", "up", 0)) for i, code in enumerate("ABC")),
        effect(reports.save_draft, Draft("E16:LANG_SON", 0, "r1", dumps(sheet), "lan", 1), 0),
    )
    await cluster.tick(START)
    [text] = (await cluster.tick(SEVEN))["lan"]
    assert "Tình trạng: chưa nộp (đã có số liệu 1 trong 3 chỉ tiêu)" in text


async def test_a_moved_date_reminds_again(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    assert "lan" in await cluster.tick(SEVEN)
    moved = event("E16", "2026-12-02", "deadline", "Báo cáo tổng kết năm và Bảng tự chấm điểm", form="BC-TUCHAM", remind=(7, 0))
    await cluster.write(effect(calendar.save_event, moved))
    assert "lan" in await cluster.tick("2026-11-25 08:00")


async def test_the_next_instants_pass_over_quiet_hours(cluster: SmallCluster) -> None:
    instants = await cluster.database.read(lambda read: planned_instants(read, at(START), at("2026-11-30 12:00"), ZONE))
    assert instants == (at(SEVEN), at("2026-11-27 08:00"), at("2026-11-30 08:00"))


async def test_the_letter_offers_to_file_and_to_be_reminded_later(cluster: SmallCluster) -> None:
    await cluster.tick(START)
    await cluster.tick(SEVEN)

    def menu(read: object) -> list[object]:
        query = "SELECT m.choices FROM outbox o JOIN menus m ON m.id = o.menu_id WHERE o.person_id = 'lan'"
        row = read.execute(query).fetchone()  # type: ignore[attr-defined]
        return [choice["go"] for choice in json.loads(row[0])]

    assert await cluster.database.read(menu) == [
        ["baocao", "E16"], ["nhac", "duty:E16:LANG_SON later"], ["nhac", "duty:E16:LANG_SON tomorrow"],
    ]  # fmt: skip


async def test_the_switch(cluster: SmallCluster) -> None:
    off = await cluster.ask("lan", SEVEN, command.handle, said="tắt nhắc")
    assert off == "Đã tắt nhắc. Riêng việc quá hạn của đơn vị mình vẫn được nhắc."
    assert "Đã tắt nhắc." in await cluster.ask("lan", SEVEN, command.handle, said="nhắc nhở")
    assert "Đã bật nhắc." in await cluster.ask("lan", SEVEN, command.handle, "on")
    assert "Đang bật nhắc" in await cluster.ask("lan", SEVEN, command.handle)
