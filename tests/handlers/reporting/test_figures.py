"""Figures as officers type them, one by one and many at once, and what is doubted."""

from __future__ import annotations

import pytest

from tests.handlers.reporting_world import M9, Talk, World


async def test_each_question_shows_the_last_figure_and_one_can_take_it(world: World, lan: Talk) -> None:
    assert "Last period (first six months of 2026): 80 xã" in lan.text
    await lan.say("như kỳ trước")
    assert "NTM02" in lan.text
    await lan.tap("As last period")
    draft = await world.draft(M9)
    assert (draft["NTM26.NTM01"][0], draft["NTM26.NTM02"][0]) == ("80", "10")


async def test_control_words_carry_no_number_where_a_figure_is_awaited(lan: Talk) -> None:
    assert not any(choice.numbered for choice in lan.choices)


async def test_one_is_the_figure_one(world: World, lan: Talk) -> None:
    await lan.say("1")
    assert "only 1/80 of the last period's figure" in lan.text
    await lan.tap("Keep 1")
    assert (await world.draft(M9))["NTM26.NTM01"][0] == "1"


@pytest.mark.parametrize("typed", ["abc", "", "98,5 %", "82 km", "82,5", "1/2", "2026-10-02", "82 hoặc 83", "x" * 4000])
async def test_what_is_no_figure_is_said_and_asked_again(world: World, lan: Talk, typed: str) -> None:
    text = await lan.say(typed)
    assert "not clear" in text
    assert "NTM01" in text
    assert await world.draft(M9) == {}


async def test_a_magnitude_that_cannot_be_is_doubted(lan: Talk) -> None:
    assert "more than there are (65 xã)" in await lan.say("82 triệu")


async def test_a_negative_figure_is_doubted_not_refused(world: World, lan: Talk) -> None:
    assert "negative" in await lan.say("-3")
    assert lan.labels == ["Keep -3", "Enter again"]
    await lan.tap("Enter again")
    assert "NTM01" in lan.text
    assert await world.draft(M9) == {}


async def test_more_communes_than_there_are(lan: Talk) -> None:
    assert "more than there are (65 xã)" in await lan.say("70")


async def test_the_right_figure_can_follow_a_doubt_directly(world: World, lan: Talk) -> None:
    await lan.say("640")
    await lan.say("64")
    assert (await world.draft(M9))["NTM26.NTM01"][0] == "64"
    assert "NTM02" in lan.text


async def test_ntm02_above_ntm01_is_asked_and_marked_when_kept(world: World, lan: Talk) -> None:
    await lan.say("20")
    assert "NTM02 (21) is more than NTM01 (20)" in await lan.say("21")
    await lan.tap("Keep 21")
    await lan.say("xem lại")
    assert "To be checked: NTM02" in lan.text
    assert "21 xã (to be checked)" in lan.text


async def test_the_cross_check_holds_the_other_way_round(lan: Talk) -> None:
    await lan.say("bỏ qua")
    await lan.say("30")
    await lan.say("ntm01 29")
    assert "NTM02 (30) is more than NTM01 (29)" in lan.text


async def test_money_is_read_into_the_unit_of_the_item(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12")
    assert "NTM04" in lan.text
    await lan.say("1,2 tỷ")
    assert (await world.draft(M9))["NTM26.NTM04"][0] == "1200"


async def test_an_ambiguous_figure_is_asked_with_numbers(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12, ntm04 1200")
    assert "NTM05" in lan.text
    await lan.say("1.234")
    assert [choice.numbered for choice in lan.choices] == [True, True]
    await lan.say("2")
    assert "1/97" in lan.text
    await lan.tap("Keep 1")
    assert (await world.draft(M9))["NTM26.NTM05"][0] == "1.234"


async def test_above_a_hundred_percent_is_doubted(world: World, lan: Talk) -> None:
    await lan.say("ngh01 101,5%")
    assert "outside 0" in lan.text
    await lan.tap("Enter again")
    await lan.say("8,53 %")
    assert (await world.draft(M9))["NTM26.NGH01"][0] == "8.53"


async def test_nothing_arose_is_zero_and_not_yet_is_missing(world: World, lan: Talk) -> None:
    await lan.say("bỏ qua")
    await lan.say("chưa có")
    await lan.say("không phát sinh")
    draft = await world.draft(M9)
    assert draft["NTM26.NTM02"][:2] == [None, False]
    assert draft["NTM26.NTM04"][0] == "0"


async def test_as_last_period_without_one(lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12, ntm04 1200, ntm05 121")
    assert "no figure of an earlier period for NGH01" in await lan.say("như kỳ trước")
    assert "NGH01" in lan.text.splitlines()[-3]


async def test_a_pasted_block_leaves_only_the_gaps(world: World, lan: Talk) -> None:
    text = await lan.say("Số xã đạt chuẩn nông thôn mới: 60\nNTM02: 12\nNGH01: 8,5%\nChúc đồng chí khỏe 99")
    assert "3 figures taken" in text
    assert "Chúc đồng chí khỏe 99" in text
    assert "NTM04" in text
    await lan.say("1150")
    await lan.say("121,5")
    assert "Review" in lan.text
    assert await world.values("LANG_SON", "BC-QUY", "M9") == {}


async def test_a_block_stops_at_each_doubt_and_goes_on(world: World, lan: Talk) -> None:
    await lan.say("ntm01 64, ntm02 65, ntm04 999999, ntm05 122")
    assert "NTM02 (65) is more" in lan.text
    await lan.tap("Enter again")
    await lan.say("12")
    assert "NTM04" in lan.text
    assert "909 times" in lan.text
    await lan.tap("Keep")
    draft = await world.draft(M9)
    assert {item: entry[0] for item, entry in draft.items()} == {
        "NTM26.NTM01": "64", "NTM26.NTM02": "12", "NTM26.NTM04": "999999", "NTM26.NTM05": "122",
    }  # fmt: skip
    assert "NGH01" in lan.text


async def test_figures_typed_outside_a_dialogue_open_the_likely_duty(world: World) -> None:
    talk = world.talk("lan")
    text = await talk.say("ntm01 60, ntm02 12")
    assert "Báo cáo nhanh quý III" in text
    assert "NTM04" in text
    assert (await world.draft(M9))["NTM26.NTM02"][0] == "12"


@pytest.mark.parametrize(
    "text",
    ["xếp hạng", "xếp hạng năm 2026", "hạn quý 3", "85", "chào đồng chí", "lạng sơn 2026 thế nào", "xếp hạng ntm01 2026",
     "điểm i.2 lạng sơn", "i.2 lạng sơn năm 2026"],
)  # fmt: skip
async def test_other_words_are_not_claimed(world: World, text: str) -> None:
    talk = world.talk("lan")
    assert await talk.say(text) == ""


async def test_figures_typed_by_a_leader_are_not_entered_and_those_of_nobody_are_not_claimed(world: World) -> None:
    assert "entered by the unit's officers" in await world.talk("thanh").say("ntm01 60")
    assert await world.talk("ha").say("ntm01 60") == ""


async def test_a_code_alone_goes_to_its_item(lan: Talk) -> None:
    assert "NTM04. Kinh phí huy động" in await lan.say("ntm04")
