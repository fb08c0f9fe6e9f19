"""Deadlines, the calendar, the first screen, answers to conferences and ticked duties."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from handlers import calendar_view, conference, deadlines, done, progress
from handlers import duties as first_screen
from handlers.kit.dialogue import Chosen
from handlers.kit.turn import Said
from handlers.schedule.planning import apply_replan
from storage import calendar, duties, reminders
from storage.connection import effect
from tests.handlers.small_cluster import ZONE, SmallCluster, at, goes_to, labels_of, text_of

NOW = "2026-11-23 09:00"
MARCH = "2026-03-10 09:00"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    for event_id in ("E04", "E12", "E15"):
        await opened.write(effect(duties.complete, f"{event_id}:CAO_BANG", "ngoc", at("2026-03-05 10:00")))
    yield opened
    await opened.database.close()


async def test_the_open_duty_with_time_left_and_the_next_dates(cluster: SmallCluster) -> None:
    text = await cluster.ask("ngoc", NOW, deadlines.handle)
    assert "Báo cáo tổng kết năm và Bảng tự chấm điểm, năm 2026: còn 7 ngày, hạn 17:00, thứ Hai, 30/11/2026" in text
    assert "Cụm trưởng ban hành Kế hoạch, năm 2026: còn 17 ngày" in text       # Cao Bằng leads
    assert "Cụm trưởng ban hành" not in await cluster.ask("lan", NOW, deadlines.handle)


async def test_both_dates_of_a_moved_deadline(cluster: SmallCluster) -> None:
    text = await cluster.ask("lan", NOW, deadlines.handle, "sơ kết 6 tháng")
    assert "Báo cáo sơ kết 6 tháng đầu năm 2026: chậm 140 ngày, hạn 17:00, thứ Hai, 06/07/2026 (hạn gốc 05/07/2026 là Chủ nhật)" in text


@pytest.mark.parametrize("asked", ["05/07/2026", "06/07/2026", "tháng 7"])
async def test_a_moved_deadline_is_found_under_both_dates(cluster: SmallCluster, asked: str) -> None:
    assert "06/07/2026 (hạn gốc 05/07/2026" in await cluster.ask("lan", NOW, deadlines.handle, asked)


async def test_a_fulfilled_duty_says_since_when(cluster: SmallCluster) -> None:
    assert "17:00, thứ Hai, 05/10/2026; đã nộp 10:00 05/03/2026" in await cluster.ask("ngoc", NOW, deadlines.handle, "quý 3")


async def test_a_day_without_a_deadline_names_the_next_one(cluster: SmallCluster) -> None:
    text = await cluster.ask("lan", NOW, deadlines.handle, "thứ sáu tuần sau")
    assert text.startswith("Không có hạn nào vào thứ Sáu, 04/12/2026.")
    assert "17:00, thứ Hai, 30/11/2026" in text


@pytest.mark.parametrize("asked", ["31/02", "5/13", "30/2/2026"])
@pytest.mark.parametrize("handle", [deadlines.handle, calendar_view.handle])
async def test_an_impossible_day_is_called_so(cluster: SmallCluster, handle: object, asked: str) -> None:
    assert await cluster.ask("lan", NOW, handle, asked) == f"Không có ngày “{asked}”. Đề nghị gửi ngày khác, ví dụ 15/12."  # type: ignore[arg-type]


async def test_the_calendar_shows_every_kind_and_pages(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("ha", NOW, calendar_view.handle)
    assert "thứ Năm, 31/12/2026: Hạn cuối nhận hồ sơ" in text_of(outcome.reply)
    later = await cluster.ask("ha", NOW, calendar_view.handle, goes_to(outcome.reply, "Xa hơn")[1])
    assert "08:00, thứ Sáu, 12/03/2027: Hội nghị tổng kết năm 2026" in later


async def test_a_meeting_asked_for_is_the_next_one_with_its_answers(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("lan", NOW, calendar_view.handle, "", said="khi nào họp")
    assert text_of(outcome.reply) == "08:00, thứ Sáu, 12/03/2027: Hội nghị tổng kết năm 2026"
    assert labels_of(outcome.reply)[:3] == ["Dự", "Không dự", "Cử người thay"]


async def test_the_secretary_has_no_unit_to_answer_for(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("ha", NOW, calendar_view.handle, "", said="khi nào họp")
    assert "Dự" not in labels_of(outcome.reply)


async def test_an_answer_is_noted_and_fulfils_its_duty(cluster: SmallCluster) -> None:
    text = await cluster.ask("lan", MARCH, conference.handle, "E05 attend")
    assert "Đã ghi nhận." in text
    assert "Lạng Sơn: dự." in text
    duty = await cluster.database.read(lambda read: duties.duty(read, "E04:LANG_SON"))
    assert duty is not None
    assert (duty.status, duty.done_by) == ("done", "lan")
    assert "Lạng Sơn: không dự." in await cluster.ask("thanh", MARCH, conference.handle, "E05 absent")
    noted = await cluster.database.read(lambda read: reminders.attendance(read, "E05", "LANG_SON"))
    assert noted is not None
    assert noted.answer == "absent"


async def test_a_substitute_is_asked_for_by_name(cluster: SmallCluster) -> None:
    asked = await cluster.turn("lan", MARCH, conference.handle, "E05 substitute")
    unclear = await cluster.advance("lan", MARCH, conference.SUBSTITUTE, asked, Said("1"))
    assert text_of(unclear.reply).startswith("Chưa rõ.")
    given = await cluster.advance("lan", MARCH, conference.SUBSTITUTE, unclear, Said("Nông Văn Bình, Phó Giám đốc Sở"))
    assert "Lạng Sơn: cử người dự thay là Nông Văn Bình, Phó Giám đốc Sở." in text_of(given.reply)
    assert given.dialogue == "end"


async def test_leaving_the_question_changes_nothing(cluster: SmallCluster) -> None:
    asked = await cluster.turn("lan", MARCH, conference.handle, "E05 substitute")
    left = await cluster.advance("lan", MARCH, conference.SUBSTITUTE, asked, Chosen("cancel"))
    assert left.dialogue == "end"
    assert await cluster.database.read(lambda read: reminders.attendances(read, "E05")) == {}


async def test_a_conference_that_has_begun_takes_no_answer(cluster: SmallCluster) -> None:
    text = await cluster.ask("lan", "2026-03-20 08:00", conference.handle, "E05 attend")
    assert text == "Hội nghị tổng kết năm 2025 đã bắt đầu lúc 08:00 20/03/2026; không cần trả lời nữa."
    assert await cluster.database.read(lambda read: reminders.attendances(read, "E05")) == {}


async def test_what_a_conference_that_is_over_asked_for_is_owed_no_more(cluster: SmallCluster) -> None:
    before = "2026-03-19 16:00"
    assert "chậm 9 ngày" in await cluster.ask("lan", before, first_screen.handle)
    await cluster.tick(before)
    written = await cluster.tick("2026-03-20 08:00")
    assert not any("Xác nhận đại biểu" in text for texts in written.values() for text in texts)
    for when in ("2026-03-20 08:01", "2026-03-21 09:00", "2026-07-15 09:00"):
        for person in ("lan", "thanh", "ha"):
            for handle in (first_screen.handle, deadlines.handle):
                text = await cluster.ask(person, when, handle)
                assert "Xác nhận đại biểu" not in text
        assert "Xác nhận đại biểu" not in await cluster.ask("ha", when, progress.handle)
        await cluster.tick(when)
    asked = await cluster.ask("ha", "2026-07-15 09:00", progress.handle, "E04")
    assert asked == (
        "Xác nhận đại biểu Hội nghị tổng kết năm 2025\nĐã trả lời: Cao Bằng\nTình trạng: đã kết thúc, không cần trả lời nữa"
    )
    assert await cluster.ask("lan", "2026-07-15 09:00", done.handle, "E04:LANG_SON") == (
        "Không còn yêu cầu: Xác nhận đại biểu Hội nghị tổng kết năm 2025."
    )


async def test_a_conference_that_is_called_off_asks_for_nothing_and_a_later_one_does_again(cluster: SmallCluster) -> None:
    event = await cluster.database.read(lambda read: calendar.event(read, "E05"))
    assert event is not None
    owed = "Xác nhận đại biểu"
    await cluster.write(effect(calendar.save_event, replace(event, extras='{"cancelled": true}')), effect(apply_replan, ZONE, at(MARCH)))
    await cluster.tick(MARCH)
    assert owed not in await cluster.ask("lan", MARCH, first_screen.handle)
    await cluster.write(effect(apply_replan, ZONE, at(MARCH)))      # another change of the plan brings it not back
    assert owed not in await cluster.ask("lan", MARCH, first_screen.handle)
    await cluster.write(effect(calendar.save_event, replace(event, day="2026-04-15")), effect(apply_replan, ZONE, at("2026-03-21 09:00")))
    await cluster.tick("2026-03-21 09:00")
    assert owed in await cluster.ask("lan", "2026-03-21 09:00", first_screen.handle)


async def test_a_duty_without_a_form_is_ticked_after_a_question(cluster: SmallCluster) -> None:
    asked = await cluster.turn("ngoc", "2026-12-04 09:00", done.handle, "E07:CAO_BANG")
    assert text_of(asked.reply).startswith("Việc này đã hoàn thành?")
    command, argument = goes_to(asked.reply, "Xác nhận")
    assert command == "xong"
    assert "Đã ghi nhận" in await cluster.ask("ngoc", "2026-12-04 09:00", done.handle, argument)
    assert "Đã ghi nhận trước đó" in await cluster.ask("ngoc", "2026-12-04 09:05", done.handle, argument)


async def test_nobody_ticks_another_units_duty_nor_one_with_a_form(cluster: SmallCluster) -> None:
    assert await cluster.ask("lan", NOW, done.handle, "E07:CAO_BANG confirm") == "Việc này không thuộc đơn vị của đồng chí."
    await cluster.turn("lan", NOW, done.handle, "E16:LANG_SON confirm")
    duty = await cluster.database.read(lambda read: duties.duty(read, "E16:LANG_SON"))
    assert duty is not None
    assert duty.status == "open"


async def test_the_first_screen_of_an_officer(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("lan", NOW, first_screen.handle)
    text = text_of(outcome.reply)
    assert text.startswith("Việc của tôi\nĐồng chí Hoàng Thị Lan: cán bộ, Lạng Sơn")
    assert text.index("chậm 140 ngày") < text.index("chậm 49 ngày") < text.index("còn 7 ngày")
    assert goes_to(outcome.reply, "Nộp: Báo cáo nhanh quý III (9 tháng)") == ("baocao", "E15")


async def test_the_first_screen_of_a_leader_only_reads(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("huy", NOW, first_screen.handle)
    assert "còn 7 ngày" in text_of(outcome.reply)
    assert labels_of(outcome.reply) == ["Các hạn khác"]


async def test_the_first_screen_of_the_secretary(cluster: SmallCluster) -> None:
    text = await cluster.ask("ha", NOW, first_screen.handle)
    assert "Báo cáo nhanh quý III (9 tháng), năm 2026: đã nộp 1/3, chậm 49 ngày" in text
    assert "Chưa có ai tham gia: Tuyên Quang. Mời bằng lệnh /nguoi." in text


async def test_with_nothing_open_the_next_date_is_shown(cluster: SmallCluster) -> None:
    await cluster.write(effect(duties.complete, "E16:CAO_BANG", "ngoc", at(NOW)))
    text = await cluster.ask("ngoc", NOW, first_screen.handle)
    assert "Hiện không có việc nào đến hạn." in text
    assert "Cụm trưởng ban hành Kế hoạch, năm 2026: 17:00, thứ Năm, 10/12/2026" in text


async def test_a_conference_waits_for_an_answer_on_the_first_screen(cluster: SmallCluster) -> None:
    assert "Chờ trả lời: Hội nghị tổng kết năm 2025" in await cluster.ask("ngoc", MARCH, first_screen.handle)
    await cluster.turn("ngoc", MARCH, conference.handle, "E05 attend")
    assert "Chờ trả lời" not in await cluster.ask("ngoc", MARCH, first_screen.handle)
