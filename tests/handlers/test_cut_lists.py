"""Lists that are cut: what is due in these days stays, and the list says how many are left and what shows them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import deadlines, duties, people, progress, report
from handlers.rules.text import fold
from handlers.schedule.cut import nearest
from storage import people as stored_people
from storage import reports
from storage.connection import effect
from storage.people import Post
from storage.reports import Item
from tests.handlers.small_cluster import EVENTS, SmallCluster, at, event, goes_to, labels_of, text_of

NOW = "2026-11-26 09:00"
LONG_PAST = tuple(
    event(f"E{50 + month}", f"2026-{month:02}-10", "deadline", f"Báo cáo chuyên đề tháng {month}", form="BC-QUY") for month in range(1, 10)
)
DUE = "Báo cáo tổng kết năm và Bảng tự chấm điểm"      # on 30/11


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    """Nine reports that nobody filed for months, and the one that is due in four days."""
    opened = await SmallCluster.open(tmp_path, (*EVENTS, *(replace(each, position=10) for each in LONG_PAST)))
    await opened.tick("2026-11-20 09:00")
    yield opened
    await opened.database.close()


def said(text: str) -> tuple[int, str]:
    """How many are left, and the words that show them."""
    found = re.search(r"Còn (\d+) mục, gõ “([^”]+)” để xem", text)
    assert found is not None, text
    return int(found[1]), found[2]


async def test_my_tasks_keep_what_is_due_now_and_say_how_many_more_there_are(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("lan", NOW, duties.handle)
    text = text_of(outcome.reply)
    assert f"{DUE}, năm 2026: còn 4 ngày" in text
    assert any(label.startswith("Nộp: Báo cáo tổng kết năm") for label in labels_of(outcome.reply))
    count, words = said(text)
    assert text.count("hạn 17:00") + count == 12
    assert fold(words) == "han nop"
    every = await cluster.ask("lan", NOW, deadlines.handle)
    assert all(f"chuyên đề tháng {month}," in every for month in range(1, 10))


async def test_who_has_not_reported_keeps_the_deadline_of_these_days_on_the_first_page(cluster: SmallCluster) -> None:
    asked = await cluster.turn("ha", NOW, progress.handle)
    assert f"{DUE}, năm 2026: đã nộp 0/3, còn 4 ngày" in text_of(asked.reply)
    seen: list[str] = []
    for _ in range(3):
        text = text_of(asked.reply)
        seen += re.findall(r"^(.+?)(?:, năm)? 2026: đã nộp", text, re.MULTILINE)
        if "Còn" in text:
            assert re.search(r"Còn (\d+) hạn nộp khác đang mở", text)[1] == str(12 - len(seen))     # type: ignore[index]
            asked = await cluster.turn("ha", NOW, progress.handle, goes_to(asked.reply, "Trang sau")[1])
    assert len(seen) == len(set(seen)) == 12
    assert not re.search("tháng [1-7]$", "\n".join(seen[:4]), re.MULTILINE)


async def test_the_secretarys_first_screen_says_so_too(cluster: SmallCluster) -> None:
    text = await cluster.ask("ha", NOW, duties.handle)
    assert f"{DUE}, năm 2026: đã nộp 0/3, còn 4 ngày" in text
    assert "Còn 8 hạn nộp khác đang mở: /tiendo" in text


async def test_the_reports_to_choose_from(cluster: SmallCluster) -> None:
    outcome = await cluster.turn("lan", NOW, report.handle)
    assert any(label.startswith(DUE) for label in labels_of(outcome.reply))
    assert said(text_of(outcome.reply)) == (12 - len(labels_of(outcome.reply)), "hạn nộp")


async def test_the_next_deadlines_say_what_shows_the_rest(cluster: SmallCluster) -> None:
    assert said(await cluster.ask("anh", "2026-01-05 09:00", deadlines.handle))[1] == "lịch"


async def test_people_of_one_name(cluster: SmallCluster) -> None:
    for number in range(14):
        person = f"extra{number}"
        await cluster.write(
            effect(stored_people.add_person, person, f"Hoàng Văn {number}", "", "vi", 0),
            effect(stored_people.add_post, Post(f"post-{person}", person, "LANG_SON", "officer", "2025-01-01", None), None, 0),
        )
    outcome = await cluster.turn("ha", NOW, people.handle, "hoàng")
    assert said(text_of(outcome.reply)) == (15 - len(labels_of(outcome.reply)), "danh sách cán bộ")


async def test_many_filed_reports_to_correct(cluster: SmallCluster) -> None:
    from handlers import correction

    for each in LONG_PAST:
        filed = (
            f"r-{each.id}", "LANG_SON", 2026, "BC-QUY", f"Q{each.id}", f"{each.id}:LANG_SON", 0, "filing", (Item("x", "1"),), (), "lan",
            at("2026-10-01 09:00"), 0,
        )  # fmt: skip
        await cluster.write(effect(reports.file, *filed))
    outcome = await cluster.turn("lan", NOW, correction.handle)
    assert said(text_of(outcome.reply))[0] == 9 - len(labels_of(outcome.reply))


@given(st.lists(st.integers(0, 10_000), max_size=30), st.integers(0, 10_000), st.integers(1, 8))
def test_the_nearest_stay_in_their_order(instants: list[int], now: int, most: int) -> None:
    kept = nearest(instants, now, most, lambda each: each)
    assert len(kept) == min(most, len(instants))
    places = iter(instants)
    assert all(each in places for each in kept)     # a subsequence
    assert not kept or max(abs(each - now) for each in kept) <= min(
        (abs(each - now) for each in instants if instants.count(each) > kept.count(each)), default=10_000
    )


