"""Who has reported: who sees which names, and the secretary's reminder to the missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers import progress
from handlers.kit.reply import say
from handlers.schedule import agenda
from storage import duties, people
from storage.connection import effect
from tests.handlers.small_cluster import SmallCluster, at, event, goes_to, labels_of, text_of

NOW = "2026-11-23 09:00"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    await opened.write(
        effect(duties.complete, "E15:LANG_SON", "lan", at("2026-10-05 16:40")),
        effect(duties.complete, "E15:CAO_BANG", "ngoc", at("2026-10-07 09:00")),
    )
    yield opened
    await opened.database.close()


async def test_before_the_deadline_everybody_sees_names(cluster: SmallCluster) -> None:
    for person in ("lan", "thanh", "anh", "ha"):
        assert "Chưa nộp: Cao Bằng, Lạng Sơn, Tuyên Quang" in await cluster.ask(person, NOW, progress.handle, "E16")


async def test_after_it_others_read_a_number(cluster: SmallCluster) -> None:
    text = await cluster.ask("lan", NOW, progress.handle, "quý 3")
    assert "Lạng Sơn: đã nộp 16:40 05/10/2026" in text
    assert "còn 1 đơn vị chưa có số liệu" in text
    assert "Nộp chậm: 1 đơn vị" in text
    assert "Tuyên Quang" not in text
    assert "Cao Bằng" not in text


async def test_the_own_unit_reads_its_own_lateness(cluster: SmallCluster) -> None:
    for person in ("ngoc", "huy"):
        assert "Cao Bằng: đã nộp 09:00 07/10/2026, chậm 2 ngày" in await cluster.ask(person, NOW, progress.handle, "quý 3")


async def test_the_secretary_sees_names_and_units_with_nobody(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("ha", NOW, progress.handle, "quý 3")
    text = text_of(outcome.reply)
    assert "Chưa nộp: Tuyên Quang" in text
    assert "Nộp chậm: Cao Bằng (chậm 2 ngày)" in text
    assert "Chưa có ai tham gia: Tuyên Quang." in text
    assert labels_of(outcome.reply) == ["Nhắc các đơn vị chưa nộp"]


async def test_only_the_missing_are_nudged_and_once_a_day(cluster: SmallCluster) -> None:
    await cluster.write(effect(duties.complete, "E16:CAO_BANG", "ngoc", at(NOW)))
    text = await cluster.ask("ha", NOW, progress.handle, "nudge E16")
    assert "Đã nhắc: Lạng Sơn (Hoàng Thị Lan)." in text
    assert "Chưa nhắc được qua đây: Tuyên Quang." in text
    assert await cluster.ask("ha", NOW, progress.handle, "nudge E16") == "Đã nhắc các đơn vị lúc 09:00 hôm nay; mỗi ngày nhắc một lần."
    [(person, letter)] = await cluster.letters()
    assert person == "lan"
    assert "Thư ký Cụm đề nghị" in letter
    assert "còn 7 ngày" in letter
    assert "Đã nhắc: Lạng Sơn" in await cluster.ask("ha", "2026-11-24 09:00", progress.handle, "nudge E16")


async def test_nobody_but_the_organisers_nudges(cluster: SmallCluster) -> None:
    for person in ("lan", "thanh", "anh"):
        assert await cluster.ask(person, NOW, progress.handle, "nudge E16") == "Chỉ thư ký Cụm gửi lời nhắc này."
    assert await cluster.letters() == []


async def test_a_nudge_before_the_deadline_respects_the_switch(cluster: SmallCluster) -> None:
    await cluster.write(effect(people.set_reminders, "lan", False), effect(people.set_reminders, "ngoc", False))
    text = await cluster.ask("ha", NOW, progress.handle, "nudge E16")
    assert "Chưa nhắc được qua đây: Cao Bằng, Lạng Sơn, Tuyên Quang." in text
    assert "Đã nhắc:" not in text


async def test_a_nudge_at_night_waits_and_says_so(cluster: SmallCluster) -> None:
    assert "lời nhắc sẽ gửi lúc 07:00 24/11/2026" in await cluster.ask("ha", "2026-11-23 21:00", progress.handle, "nudge E16")


async def test_nothing_is_nudged_when_all_have_filed(cluster: SmallCluster) -> None:
    await cluster.write(effect(duties.complete, "E15:TUYEN_QUANG", "ha", at(NOW)))
    assert await cluster.ask("ha", NOW, progress.handle, "nudge E15") == "Các đơn vị đã nộp đủ: Báo cáo nhanh quý III (9 tháng), năm 2026."


async def test_without_a_report_named_what_is_running_is_shown(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("ha", NOW, progress.handle)
    text = text_of(outcome.reply)
    assert "Báo cáo tổng kết năm và Bảng tự chấm điểm, năm 2026: đã nộp 0/3, còn 7 ngày" in text
    assert "Cụm trưởng ban hành Kế hoạch" not in text      # opens in December


async def test_words_that_name_no_report_ask_for_what_is_running(cluster: SmallCluster) -> None:
    assert "đã nộp 0/3, còn 7 ngày" in await cluster.ask("ha", NOW, progress.handle, "hôm nay")


async def test_a_period_without_a_report(cluster: SmallCluster) -> None:
    assert await cluster.ask("ha", NOW, progress.handle, "quý 1") == "Chưa có báo cáo nào theo “quý 1”."


async def test_one_unit_is_asked_about(cluster: SmallCluster) -> None:
    text = await cluster.ask("lan", NOW, progress.handle, "lạng sơn")
    assert text.startswith("Lạng Sơn: tình hình nộp báo cáo")
    assert "Báo cáo tổng kết năm và Bảng tự chấm điểm, năm 2026: chưa nộp" in text


async def test_another_unit_past_its_deadline_is_not_exposed(cluster: SmallCluster) -> None:
    text = await cluster.ask("lan", NOW, progress.handle, "tuyên quang")
    assert "Báo cáo nhanh quý III" not in text
    assert "Báo cáo tổng kết năm và Bảng tự chấm điểm, năm 2026: chưa nộp" in text
    assert "chỉ thông báo cho đơn vị đó và thư ký Cụm" in text
    of_secretary = await cluster.ask("ha", NOW, progress.handle, "tuyên quang")
    assert "Báo cáo nhanh quý III (9 tháng), năm 2026: chưa nộp, chậm 49 ngày" in of_secretary


async def test_open_deadlines_beyond_a_page_are_counted_and_can_be_seen(tmp_path: Path) -> None:
    many = tuple(
        event(f"D{number}", f"2026-12-{number:02}", "deadline", f"Báo cáo chuyên đề {number}", form="BC-QUY", remind=(40,), position=number)
        for number in range(1, 7)
    )
    cluster = await SmallCluster.open(tmp_path, many)
    shown = await cluster.turn("ha", "2026-11-23 09:00", progress.handle)
    first = text_of(shown.reply)
    assert [number for number in range(1, 7) if f"chuyên đề {number}" in first] == [1, 2, 3, 4]
    assert "trang 1/2" in first
    assert "Còn 2 hạn nộp khác đang mở" in first
    command, argument = goes_to(shown.reply, "Trang sau")
    assert command == "tiendo"
    second = await cluster.turn("ha", "2026-11-23 09:00", progress.handle, argument)
    assert [number for number in range(1, 7) if f"chuyên đề {number}" in text_of(second.reply)] == [5, 6]
    assert goes_to(second.reply, "Trang đầu") == ("tiendo", "")
    overview = await cluster.database.read(
        lambda read: say(*progress.overview(cluster._turn(read, "ha", "2026-11-23 09:00", ""), agenda.free_days(read)))
    )
    assert "Còn 2 hạn nộp khác đang mở: /tiendo" in text_of(overview)
    await cluster.database.close()
