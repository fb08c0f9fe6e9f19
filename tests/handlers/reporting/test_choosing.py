"""Which duty is reported, who may, and how one goes back, leaves and comes again."""

from __future__ import annotations

import pytest

from storage import duties, people
from storage.connection import effect
from tests.handlers.reporting_world import ESTIMATE, M9, Talk, World


async def test_the_duty_due_first_stands_first_and_others_units_never(world: World) -> None:
    talk = world.talk("lan")
    text = await talk.command("baocao")
    assert talk.labels == ["Báo cáo nhanh quý III: 3 days left", "Báo cáo tổng kết và Bảng tự chấm điểm: 59 days left"]
    assert "SON_LA" not in text
    assert "another unit" in await talk.command("baocao", "E15:SON_LA")
    assert talk.state is None


@pytest.mark.parametrize(
    ("argument", "title"),
    [("quý 3", "Báo cáo nhanh quý III"), ("ntm", "Báo cáo nhanh quý III"), ("tự chấm", "Bảng tự chấm"), ("9 thang", "quý III"),
     ("tự chấm điểm năm 2026", "Bảng tự chấm")],
)  # fmt: skip
async def test_words_choose_the_duty(world: World, argument: str, title: str) -> None:
    talk = world.talk("lan")
    text = await talk.command("baocao", argument)
    assert title in text.splitlines()[0]
    assert talk.state is not None


async def test_the_only_open_duty_is_opened_at_once(world: World) -> None:
    await world.database.write([effect(duties.cancel, ESTIMATE)])
    talk = world.talk("lan")
    assert "NTM01" in await talk.command("baocao")


async def test_a_wrong_year_names_what_is_open(world: World) -> None:
    talk = world.talk("lan")
    text = await talk.command("baocao", "quý 3 năm 2024")
    assert "2024" in text
    assert "Báo cáo nhanh quý III: 3 days left" in talk.labels
    assert talk.state is None


async def test_a_leader_reads_and_cannot_enter(world: World, lan: Talk) -> None:
    await lan.say("62")
    leader = world.talk("thanh")
    text = await leader.command("baocao")
    assert "1 of 5 entered by Hoàng Thị Lan" in text
    await leader.command("baocao", M9)
    assert leader.state is None


async def test_rights_are_asked_at_every_answer(world: World, lan: Talk) -> None:
    await world.database.write([effect(people.end_post, "post-lan", "2026-10-01", None, world.now)])
    assert "another unit" in await lan.say("82")
    assert lan.state is None
    assert await world.draft(M9) == {}


async def test_a_year_closed_in_between_ends_the_dialogue(world: World, lan: Talk) -> None:
    from storage import standings

    await world.database.write([effect(standings.close_year, 2026, None, world.now)])
    text = await lan.say("82")
    assert "2026 is closed" in text
    assert "Đèo Thị Thu Hà" in text
    assert await world.draft(M9) == {}


async def test_back_asks_the_item_before_with_what_was_entered(lan: Talk) -> None:
    assert "first question" in await lan.say("lùi")
    await lan.say("62")
    text = await lan.say("lùi")
    assert "NTM01" in text
    assert "Entered: 62 xã" in text


async def test_cancel_keeps_the_draft_and_another_time_it_goes_on(world: World, lan: Talk) -> None:
    await lan.say("62")
    text = await lan.say("hủy")
    assert "the draft is kept (1 of 5)" in text
    assert lan.state is None
    again = world.talk("lan")       # a restart, or another channel
    text = await again.command("baocao", M9)
    assert "The draft goes on (1 of 5 figures" in text
    assert "NTM02" in text


async def test_a_draft_is_deleted_only_when_confirmed(world: World, lan: Talk) -> None:
    await lan.say("62")
    await lan.say("hủy")
    await lan.tap("Delete the draft")
    await lan.tap("Keep it")
    assert await world.draft(M9) != {}
    await lan.tap("Delete the draft")
    await lan.tap("Delete the draft")
    assert await world.draft(M9) == {}


async def test_a_repeated_question_changes_nothing(world: World, lan: Talk) -> None:
    await lan.say("62")
    before = await world.draft(M9)
    assert "NTM02" in await lan.ask()
    assert await world.draft(M9) == before


async def test_a_report_that_is_filed_already_says_by_whom(world: World) -> None:
    talk = world.talk("minh")
    text = await talk.command("baocao", "6 tháng")
    assert "was filed already: by Hoàng Thị Lan" in text
    await talk.tap("Correct")
    assert talk.state is not None
    assert talk.state.name == "correction"


async def test_the_period_and_the_figures_in_one_line(world: World) -> None:
    talk = world.talk("lan")
    text = await talk.command("baocao", "quý 3 ntm01 62")
    assert "Báo cáo nhanh quý III" in text
    assert "Not clear" not in text
    assert (await world.draft(M9))["NTM26.NTM01"][0] == "62"


async def test_filed_by_mistake_among_the_words_of_filing(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("baocao", "nhầm", typed="nộp nhầm báo cáo")
    assert "filed by mistake" in talk.text
