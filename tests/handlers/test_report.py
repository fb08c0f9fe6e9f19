"""/baocao: from the choice of the duty to the receipt, with everything officers type on the way."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.scores import standing
from storage import audit, duties, people, reports, targets
from storage.connection import effect
from storage.errors import Conflict
from storage.people import Post
from tests.handlers.reporting_world import PHOTO, SCAN, VIETNAMESE, Talk, World, at

M9, ESTIMATE = "E15:LANG_SON", "E16:LANG_SON"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World.open(tmp_path)
    yield opened
    await opened.database.close()


@pytest.fixture
async def lan(world: World) -> Talk:
    """An officer of Lạng Sơn with the quarterly report open at its first question."""
    talk = world.talk("lan")
    await talk.command("baocao", "quý 3")
    return talk


# Choosing -------------------------------------------------------------------------------------------------------------------------


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


# Figures --------------------------------------------------------------------------------------------------------------------------


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


# Many at once ---------------------------------------------------------------------------------------------------------------------


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


# Going back and leaving -----------------------------------------------------------------------------------------------------------


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


# Files ----------------------------------------------------------------------------------------------------------------------------


async def test_a_photo_at_a_figure_is_kept_and_the_question_repeated(world: World, lan: Talk) -> None:
    text = await lan.send(PHOTO, "bang-ke.jpg")
    assert "evidence for NTM01: bang-ke.jpg" in text
    assert "NTM01. Số xã" in text
    assert "kept already" in await lan.send(PHOTO, "bang-ke.jpg")
    assert "not taken" in await lan.send(SCAN, "virus.exe", "application/octet-stream")
    await lan.say("ntm01 60, ntm02 12, ntm04 1200, ntm05 121, ngh01 8,5")
    await lan.tap("Confirm")
    found = await world.report("LANG_SON", "BC-QUY", "M9")
    assert found is not None
    files = await world.database.read(lambda read: reports.evidence(read, found[0].id, 1))
    assert [(file.sha256, file.item_id) for file in files] == [(PHOTO, "NTM26.NTM01")]


# Review, confirmation, receipt ----------------------------------------------------------------------------------------------------


async def test_confirming_files_completes_the_duty_and_drops_the_draft(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12, ntm04 1200, ntm05 121")
    await lan.say("chưa có")
    assert "Missing: NGH01" in lan.text
    text = await lan.tap("Confirm")
    assert text.startswith("Recorded\n")
    for line in ("Unit: Lạng Sơn", "Figures: 4 of 5", "Not yet there: NGH01", "in time (3 days left)"):
        assert line in text
    assert (await world.values("LANG_SON", "BC-QUY", "M9"))["NTM26.NGH01"] is None
    assert await world.draft(M9) == {}
    duty = await world.database.read(lambda read: duties.duty(read, M9))
    assert duty is not None
    assert (duty.status, duty.done_by) == ("done", "lan")
    entries = await world.database.read(lambda read: audit.entries(read, unit_id="LANG_SON"))
    assert "report.file" in {entry.action for entry in entries}


async def test_the_receipt_in_vietnamese(lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12, ntm04 1200, ntm05 121, ngh01 8,5")
    await lan.tap("Confirm")
    assert lan.vietnamese.startswith("Đã ghi nhận\n")
    assert "Đơn vị: Lạng Sơn" in lan.vietnamese
    assert "đúng hạn (còn 3 ngày)" in lan.vietnamese
    assert "[Sửa]" in lan.vietnamese


async def test_a_late_report_is_taken_and_labelled(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12, ntm04 1200, ntm05 121, ngh01 8,5")
    world.now = at(2026, 10, 7, 9)
    text = await lan.tap("Confirm")
    assert "2 days late" in text
    assert "chậm 2 ngày" in lan.vietnamese
    found = await world.report("LANG_SON", "BC-QUY", "M9")
    assert found is not None
    revisions = await world.database.read(lambda read: reports.revisions(read, found[0].id))
    assert revisions[0].days_late == 2
    row = next(row for row in await _rows(world) if row.unit_id == "LANG_SON")
    assert row.late_reports == 1


async def test_a_double_confirm_files_once(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12, ntm04 1200, ntm05 121, ngh01 8,5")
    state = lan.state
    first = await lan.tap("Confirm")
    lan.state, lan.choices = state, ()
    second = await lan.again("confirm")
    assert second == first
    found = await world.report("LANG_SON", "BC-QUY", "M9")
    assert found is not None
    assert found[0].revision == 1


async def test_an_empty_report_is_not_filed(world: World, lan: Talk) -> None:
    await lan.say("xem lại")
    assert "nothing to file" in await lan.tap("Confirm")
    assert await world.report("LANG_SON", "BC-QUY", "M9") is None


async def test_the_review_is_repeated_without_its_figures(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60")
    await lan.say("xem lại")
    whole = lan.text
    for again in (await lan.ask(), await lan.say("abc xyz")):
        assert "Review" in again
        assert "NTM01. " not in again
    assert {"Confirm", "Review"} <= set(lan.labels)
    assert await lan.tap("Review") == whole


async def test_the_review_corrects_by_code_line_place_and_fills_gaps(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60")
    await lan.say("xem lại")
    assert "NTM02. Số xã đạt chuẩn nông thôn mới…: not entered" in lan.text
    await lan.tap("Correct")
    await lan.say("ntm01")
    assert "Entered: 60 xã" in lan.text
    await lan.say("61")
    await lan.tap("Correct")
    await lan.say("ntm01 62")
    assert "NTM01: 60" not in lan.text
    assert "NTM01: 61 xã → 62 xã" in lan.text
    await lan.tap("Correct")
    await lan.say("1")
    assert "Entered: 62 xã" in lan.text
    await lan.say("lùi")
    await lan.tap("Fill the gaps")
    assert "NTM02" in lan.text
    for typed in ("12", "1200", "121", "8,5"):
        await lan.say(typed)
    assert "5 of 5 figures entered" in lan.text
    assert "Fill the gaps" not in lan.labels


# The self-score -------------------------------------------------------------------------------------------------------------------


async def _self_score(world: World) -> Talk:
    talk = world.talk("lan")
    await talk.command("baocao", "tự chấm")
    return talk


async def _rows(world: World) -> tuple[standing.Row, ...]:
    return await world.database.read(lambda read: standing.standings(read, 2026))


async def test_filing_criteria_changes_the_ranking_at_once(world: World) -> None:
    before = {row.unit_id: row.total for row in await _rows(world)}
    talk = await _self_score(world)
    await talk.say("I.1 9, i2 13000")
    for typed in ("28,25", "đạt", "3", "không phát sinh", "Kết quả tốt", "bỏ qua", "bỏ qua"):
        await talk.say(typed)
    text = await talk.tap("Confirm")
    place = re.search(r"Ranking \(provisional\): rank (\d) of 3, ([\d.,]+) points", text)
    assert place is not None, text
    row = next(row for row in await _rows(world) if row.unit_id == "LANG_SON")
    assert str(row.rank) == place[1] == "1"
    assert row.total > before["LANG_SON"]
    assert f"{row.total / 10_000:.2f}" == place[2]
    assert row.missing == ()


async def test_the_computed_deduction_is_never_asked(world: World) -> None:
    talk = await _self_score(world)
    assert "6 figures" in talk.text
    await talk.say("xem lại")
    assert "III.9" not in talk.text


async def test_own_scores_keep_to_their_scale(world: World) -> None:
    talk = await _self_score(world)
    await talk.say("i.1 9, i.2 13000")
    assert "between 0 and 30" in await talk.say("31")
    assert "steps of 0.25" in await talk.say("28,3")
    assert "I.15" in talk.text
    await talk.say("28,25")
    assert (await world.draft(ESTIMATE))["I.15"][0] == "28.25"


async def test_yes_and_no_by_number_word_and_tap(world: World) -> None:
    talk = await _self_score(world)
    await talk.say("i.1 9, i.2 13000, i.15 20")
    assert talk.labels[:3] == ["Met", "Not met", "Not known yet"]
    await talk.say("2")
    assert (await world.draft(ESTIMATE))["I.16"][0] == "0"
    await talk.say("lùi")
    await talk.say("đạt")
    assert (await world.draft(ESTIMATE))["I.16"][0] == "1"


async def test_a_changed_plan_needs_a_reason_and_counts(world: World) -> None:
    talk = await _self_score(world)
    await talk.say("9")
    assert "from 12,800 tỷ đồng to 10,000 tỷ đồng" in await talk.say("kế hoạch 10000")
    assert "reason" in await talk.say("a")
    text = await talk.say("UBND tỉnh điều chỉnh dự toán")
    assert "Plan: 10,000 tỷ đồng" in text
    await talk.say("10000")
    await talk.say("xem lại")
    await talk.tap("Confirm")
    assert (await world.database.read(lambda read: targets.of_unit(read, 2026, "LANG_SON")))["I.2"] == "10000"
    changes = await world.database.read(lambda read: audit.entries(read, subject="item:I.2"))
    assert [(each.before, each.after, each.reason) for each in changes] == [("12800", "10000", "UBND tỉnh điều chỉnh dự toán")]
    assert (await world.values("LANG_SON", "BC-TUCHAM", "year-estimate"))["I.2:plan"] == "10000"


async def test_texts_and_signed_papers(world: World) -> None:
    talk = await _self_score(world)
    await talk.say("i.1 9, i.2 13000, i.15 20")
    for typed in ("1", "3", "0"):
        await talk.say(typed)
    assert "at most 4,000" in await talk.say("á" * 4001)
    await talk.say("xếp hạng tốt")        # at a text everything is text
    await talk.say("bỏ qua")
    await talk.send(SCAN, "bang-cham.pdf", "application/pdf")
    await talk.tap("Done")
    await talk.tap("Confirm")
    values = await world.values("LANG_SON", "BC-TUCHAM", "year-estimate")
    assert values["narrative:1"] == "xếp hạng tốt"
    assert "narrative:2" not in values
    assert values["file:1"] == "bang-cham.pdf"


async def test_registering_plan_figures_makes_them_targets(world: World) -> None:
    duty = duties.Duty("E08:CAO_BANG", "E08", "CAO_BANG", 2026, "DK-THIDUA", "year", at(2026, 10, 20), at(2026, 10, 20), at(2026, 10, 1))
    post = Post("post-ngoc", "ha", "CAO_BANG", "officer", "2026-01-01", None)
    await world.database.write([effect(duties.plan, duty), effect(people.add_post, post, None, world.now)])
    talk = world.talk("ha")
    await talk.command("baocao", "đăng ký")
    assert "Plan for I.1" in talk.text
    assert "a plan of 0" in await talk.say("0")
    await talk.say("8,5")
    await talk.say("xem lại")
    await talk.tap("Confirm")
    assert (await world.database.read(lambda read: targets.of_unit(read, 2026, "CAO_BANG"))) == {"I.1": "8.5"}


# Two officers ---------------------------------------------------------------------------------------------------------------------


async def test_the_second_officer_sees_the_draft_and_goes_on(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12")
    world.now += 600
    minh = world.talk("minh")
    text = await minh.command("baocao", M9)
    assert "Hoàng Thị Lan is entering it (2 of 5 figures so far, 10 minutes ago)" in text
    assert "đang nhập (đã có 2/5 chỉ tiêu, 10 phút trước)" in minh.vietnamese
    assert "NTM04" in text


async def test_the_same_item_by_two_officers_is_asked_not_overwritten(world: World, lan: Talk) -> None:
    minh = world.talk("minh")
    await minh.command("baocao", M9)
    await lan.say("60")
    text = await minh.say("61")
    assert "Hoàng Thị Lan has entered NTM01 meanwhile: 60 xã" in text
    assert (await world.draft(M9))["NTM26.NTM01"][0] == "60"
    await minh.tap("Keep 60")
    assert (await world.draft(M9))["NTM26.NTM01"][0] == "60"
    assert "NTM02" in minh.text
    await lan.say("12")
    await minh.say("13")
    await minh.tap("Take my answer")
    assert (await world.draft(M9))["NTM26.NTM02"][0] == "13"


async def test_an_overtaken_confirmation_is_looked_at_again(world: World, lan: Talk) -> None:
    await lan.say("ntm01 60, ntm02 12, ntm04 1200, ntm05 121, ngh01 8,5")
    minh = world.talk("minh")
    await minh.command("baocao", M9)
    await lan.say("ntm01 61")
    text = await minh.tap("Confirm")
    assert "Hoàng Thị Lan has changed the draft meanwhile" in text
    assert "61 xã" in text
    assert await world.report("LANG_SON", "BC-QUY", "M9") is None
    await minh.tap("Confirm")
    text = await lan.tap("Confirm")
    assert "was filed already: by Vi Đức Minh" in text
    assert "Correct" in lan.labels
    assert (await world.values("LANG_SON", "BC-QUY", "M9"))["NTM26.NTM01"] == "61"


async def test_two_effects_on_one_draft_conflict(world: World) -> None:
    first = reports.Draft(M9, 1, "r", "{}", "lan", world.now)
    await world.database.write([effect(reports.save_draft, first, 0)])
    with pytest.raises(Conflict):
        await world.database.write([effect(reports.save_draft, first, 0)])


async def test_every_text_has_its_vietnamese(lan: Talk) -> None:
    for typed in ("70", "abc", "lùi", "ntm01 60, xyz 5", "xem lại"):
        await lan.say(typed)
        assert lan.vietnamese != lan.text
        assert not re.search(r"\b(the|is|please|figure|last)\b", lan.vietnamese), lan.vietnamese
    assert VIETNAMESE.code == "vi"


async def test_a_report_that_is_filed_already_says_by_whom(world: World) -> None:
    talk = world.talk("minh")
    text = await talk.command("baocao", "6 tháng")
    assert "was filed already: by Hoàng Thị Lan" in text
    await talk.tap("Correct")
    assert talk.state is not None
    assert talk.state.name == "correction"


async def test_an_ambiguous_changed_plan_is_asked_and_still_needs_its_reason(world: World) -> None:
    talk = await _self_score(world)
    await talk.say("9")
    await talk.say("kế hoạch 5.200")
    assert len(talk.choices) == 2
    await talk.say("1")
    assert "from 12,800 tỷ đồng to 5,200 tỷ đồng" in talk.text
    assert "I.2:plan" not in await world.draft(ESTIMATE)
    await talk.say("HĐND tỉnh điều chỉnh")
    assert (await world.draft(ESTIMATE))["I.2:plan"][:3:2] == ["5200", "HĐND tỉnh điều chỉnh"]
    assert "Plan: 5,200" in talk.text


async def test_a_code_alone_goes_to_its_item(lan: Talk) -> None:
    assert "NTM04. Kinh phí huy động" in await lan.say("ntm04")


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
