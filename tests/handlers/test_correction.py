"""/sua: a filed figure is corrected with a reason, both values stay; a wrong filing is withdrawn or moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.scores import standing
from storage import audit, duties, reports, standings, targets
from storage.connection import effect
from tests.handlers.reporting_world import PHOTO, World, _duty, _event, at, filed

M9 = {"NTM26.NTM01": "60", "NTM26.NTM02": "12", "NTM26.NTM04": "1200", "NTM26.NTM05": "121", "NTM26.NGH01": None}
OWN = {"I.1": "9", "I.2": "13000", "I.15": "20", "I.16": "1", "I.18": "3", "II.7:vu_viec": "0"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Lạng Sơn has filed its half year and, two days late, its third quarter; Sơn La its third quarter."""
    opened = await World.open(tmp_path)
    await opened.database.write(filed("m9", "E15:LANG_SON", "BC-QUY", "M9", M9, "lan", at(2026, 10, 1)))
    await opened.database.write(filed("sl", "E15:SON_LA", "BC-QUY", "M9", M9, "huong", at(2026, 10, 1)))
    yield opened
    await opened.database.close()


async def _revision(world: World, form: str = "BC-QUY", period: str = "M9") -> int:
    found = await world.report("LANG_SON", form, period)
    assert found is not None
    return found[0].revision


async def test_choose_report_item_value_reason_confirm(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua")
    assert len(talk.choices) == 2
    await talk.tap("Báo cáo nhanh quý")
    await talk.say("ntm01")
    assert "Entered: 60 xã" in talk.text
    await talk.say("61")
    assert "60 xã → 61 xã" in talk.text
    await talk.say("Đếm sót một xã")
    assert "Reason: Đếm sót một xã" in talk.text
    assert await _revision(world) == 1
    text = await talk.tap("Confirm")
    assert text.startswith("Recorded: correction")
    assert talk.vietnamese.startswith("Đã ghi nhận")
    assert (await world.values("LANG_SON", "BC-QUY", "M9"))["NTM26.NTM01"] == "61"


async def test_both_values_and_the_reason_stay(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 61, ntm02 13")
    await talk.say("Đếm sót một xã")
    await talk.tap("Confirm")
    old = await world.database.read(lambda read: reports.items(read, "m9", 1))
    new = await world.database.read(lambda read: reports.items(read, "m9", 2))
    assert (old["NTM26.NTM01"].value, new["NTM26.NTM01"].value) == ("60", "61")
    assert new["NTM26.NTM04"].value == "1200"
    last = (await world.database.read(lambda read: reports.revisions(read, "m9")))[-1]
    assert (last.kind, last.filed_by, last.reason) == ("correction", "lan", "Đếm sót một xã")
    entries = await world.database.read(lambda read: audit.entries(read, subject="report:m9"))
    found = {(each.before, each.after) for each in entries if each.action == "report.correct"}
    assert found == {("NTM26.NTM01=60", "NTM26.NTM01=61"), ("NTM26.NTM02=12", "NTM26.NTM02=13")}


@pytest.mark.parametrize("said", ["bỏ qua", "không", "-", "", "12", "k"])
async def test_without_a_reason_nothing_is_changed(world: World, said: str) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 61")
    text = await talk.say(said)
    assert "needs a reason" in text
    assert "60 xã → 61 xã" in text
    assert await _revision(world) == 1


async def test_the_same_checks_hold(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 11")
    assert "NTM02 (12) is more than NTM01 (11)" in talk.text
    await talk.tap("Enter again")
    assert "not clear" in await talk.say("98,5 %")
    assert "more than there are" in await talk.say("6100")
    await talk.say("61")
    assert "60 xã → 61 xã" in talk.text


async def test_the_filed_value_again_changes_nothing(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 60")
    assert "nothing changes" in talk.text
    assert talk.state is not None
    assert talk.state.step == "item"


async def test_another_units_report_is_refused(world: World) -> None:
    talk = world.talk("lan")
    assert "Only the officers of Sơn La" in await talk.command("sua", "report:sl")
    assert "Only the officers of Sơn La" in await talk.command("sua", "sơn la")
    await talk.command("sua")
    assert not any("SON_LA" in label for label in talk.labels)


async def test_a_leader_does_not_correct(world: World) -> None:
    talk = world.talk("thanh")
    assert "officers" in await talk.command("sua")
    await talk.command("sua", "report:m9")
    assert talk.state is None


async def test_a_closed_year_names_the_secretary(world: World) -> None:
    talk = world.talk("lan")
    text = await talk.command("sua", "report:q4")
    assert "2025 is closed" in text
    assert "Đèo Thị Thu Hà" in text
    assert "2025 is closed" in await talk.command("sua", "năm 2025")


async def test_a_year_closed_before_the_confirmation(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 61")
    await talk.say("Đếm sót một xã")
    await world.database.write([effect(standings.close_year, 2026, None, world.now)])
    assert "2026 is closed" in await talk.tap("Confirm")
    assert await _revision(world) == 1


async def test_cancel_leaves_what_was_filed(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 61")
    assert "Nothing was changed" in await talk.say("hủy")
    assert await _revision(world) == 1


async def test_words_choose_the_report(world: World) -> None:
    talk = world.talk("lan")
    assert "6 tháng" in (await talk.command("sua", "6 tháng")).splitlines()[0]
    assert "No filed report" in await talk.command("sua", "quý 1")


async def test_a_file_can_be_added_alone(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "report:m9")
    await talk.send(PHOTO, "cong-van.jpg")
    await talk.say("Bổ sung văn bản")
    await talk.tap("Confirm")
    files = await world.database.read(lambda read: reports.evidence(read, "m9", 2))
    assert [(file.sha256, file.name) for file in files] == [(PHOTO, "cong-van.jpg")]


async def test_a_second_confirmation_does_not_file_again(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 61")
    await talk.say("Đếm sót một xã")
    state = talk.state
    await talk.tap("Confirm")
    talk.state = state
    await talk.again("confirm")
    assert await _revision(world) == 2


async def test_two_at_once_see_each_other(world: World) -> None:
    lan, minh = world.talk("lan"), world.talk("minh")
    await lan.command("sua", "ntm01 61")
    await lan.say("Đếm sót một xã")
    await minh.command("sua", "ntm01 62, ntm02 13")
    await minh.say("Bổ sung hai xã")
    await lan.tap("Confirm")
    text = await minh.tap("Confirm")
    assert "Hoàng Thị Lan has corrected this report meanwhile" in text
    assert "NTM01: 60 xã → 61 xã" in text
    assert "61 xã → 62 xã" in text
    assert await _revision(world) == 2
    await minh.tap("Confirm")
    assert await _revision(world) == 3
    values = await world.values("LANG_SON", "BC-QUY", "M9")
    assert (values["NTM26.NTM01"], values["NTM26.NTM02"]) == ("62", "13")


async def test_correcting_criteria_scores_again(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("baocao", "tự chấm")
    await talk.say("i.1 9, i.2 12800, i.15 20, i.16 đạt, i.18 3, ii.7 0")
    await talk.say("xem lại")
    await talk.tap("Confirm")
    before = await _total(world)
    await talk.command("sua", "i.15 25")
    await talk.say("Chấm lại theo biên bản")
    text = await talk.tap("Confirm")
    assert "Ranking (provisional): rank 1 of 3" in text
    assert await _total(world) == before + 50_000
    assert (await world.database.read(lambda read: targets.of_unit(read, 2026, "LANG_SON")))["I.2"] == "12800"


async def _total(world: World) -> int:
    rows = await world.database.read(lambda read: standing.standings(read, 2026))
    return next(row.total for row in rows if row.unit_id == "LANG_SON")


async def test_final_figures_outdo_the_estimate(world: World) -> None:
    """A correction of the estimate changes no score once the final figures stand."""
    final = [
        _event("E19", "year-final", "2027-01-15", "Số liệu chính thức năm 2026", "BC-TUCHAM"),
        _duty("E19", "LANG_SON", "BC-TUCHAM", "year-final", at(2027, 1, 15, 17), at(2027, 1, 15, 17), at(2026, 10, 1)),
    ]
    await world.database.write(final)
    talk = world.talk("lan")
    for words, score in (("ước", 20), ("chính thức", 22)):
        await talk.command("baocao", words)
        await talk.say(f"i.1 9, i.2 12800, i.15 {score}, i.16 đạt, i.18 3, ii.7 0")
        await talk.say("xem lại")
        await talk.tap("Confirm")
    before = await _total(world)
    await talk.command("sua", "ước")
    await talk.say("i.15 30")
    await talk.say("Chấm lại theo biên bản")
    await talk.tap("Confirm")
    assert (await world.values("LANG_SON", "BC-TUCHAM", "year-estimate"))["I.15"] == "30"
    assert await _total(world) == before
    await talk.command("sua", "chính thức")
    await talk.tap("Filed by mistake")
    await talk.tap("Withdraw it")
    await talk.say("Chưa có xác nhận")
    await talk.tap("Confirm")
    assert await _total(world) == before + 80_000


async def test_a_corrected_plan_figure_is_the_new_target_and_scores_again(world: World) -> None:
    plan = [
        _duty("E08", "LANG_SON", "DK-THIDUA", "year", at(2026, 4, 20, 17), at(2026, 4, 20, 17), at(2026, 4, 1)),
        *filed("dk", "E08:LANG_SON", "DK-THIDUA", "year", {"I.1:plan": "8", "I.2:plan": "12800"}, "lan", at(2026, 4, 20)),
    ]
    await world.database.write(plan)
    talk = world.talk("lan")
    await talk.command("baocao", "tự chấm")
    await talk.say("i.1 8, i.2 6400, i.15 20, i.16 đạt, i.18 3, ii.7 0")
    await talk.say("xem lại")
    await talk.tap("Confirm")
    before = await _total(world)
    await talk.command("sua", "report:dk")
    await talk.say("i.2 6400")
    await talk.say("HĐND tỉnh điều chỉnh dự toán")
    await talk.tap("Confirm")
    assert (await world.database.read(lambda read: targets.of_unit(read, 2026, "LANG_SON")))["I.2"] == "6400"
    assert await _total(world) == before + 250_000


# Filed by mistake -----------------------------------------------------------------------------------------------------------------


async def test_a_wrong_filing_is_withdrawn_with_a_reason_and_owed_again(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "", typed="nộp nhầm")
    assert "filed by mistake" in talk.text
    await talk.tap("Báo cáo nhanh quý")
    await talk.tap("Withdraw it")
    assert "needs a reason" in await talk.say("bỏ qua")
    await talk.say("Nộp nhầm kỳ báo cáo")
    text = await talk.tap("Confirm")
    assert "To be filed again: Báo cáo nhanh quý III (3 days left)" in text
    duty = await world.database.read(lambda read: duties.duty(read, "E15:LANG_SON"))
    assert duty is not None
    assert duty.status == "open"
    report = await world.database.read(lambda read: reports.report(read, "m9"))
    assert report is not None
    assert report.review == "withdrawn"
    assert "withdrawn" in await talk.command("sua", "report:m9")


async def test_a_withdrawn_report_can_be_filed_again(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "withdraw report:m9")
    await talk.tap("Withdraw it")
    await talk.say("Nộp nhầm kỳ báo cáo")
    await talk.tap("Confirm")
    await talk.command("baocao", "quý 3")
    await talk.say("ntm01 59")
    await talk.say("xem lại")
    await talk.tap("Confirm")
    assert (await world.values("LANG_SON", "BC-QUY", "M9"))["NTM26.NTM01"] == "59"
    kinds = [each.kind for each in await world.database.read(lambda read: reports.revisions(read, "m9"))]
    assert kinds == ["filing", "withdrawal", "filing"]


async def test_a_report_moves_to_another_duty_of_its_form(world: World) -> None:
    await world.database.write(
        [
            _event("E09", "Q1", "2026-04-05", "Báo cáo nhanh quý I", "BC-QUY"),
            _duty("E09", "LANG_SON", "BC-QUY", "Q1", at(2026, 4, 6, 17), at(2026, 4, 6, 17), at(2026, 3, 30)),
        ]
    )
    talk = world.talk("lan")
    await talk.command("sua", "report:m9")
    await talk.tap("Filed by mistake")
    assert "Move it to: Báo cáo nhanh quý I" in talk.labels
    await talk.tap("Move it to")
    await talk.say("Chọn nhầm quý")
    text = await talk.tap("Confirm")
    assert "now stands under Báo cáo nhanh quý I" in text
    assert (await world.values("LANG_SON", "BC-QUY", "Q1"))["NTM26.NTM01"] == "60"
    moved = await world.report("LANG_SON", "BC-QUY", "Q1")
    assert moved is not None
    revisions = await world.database.read(lambda read: reports.revisions(read, moved[0].id))
    assert [(each.kind, each.reason) for each in revisions] == [("move", "Chọn nhầm quý")]
    states = await world.database.read(
        lambda read: {each.id: each.status for each in duties.of_unit(read, "LANG_SON") if each.id in ("E09:LANG_SON", "E15:LANG_SON")}
    )
    assert states == {"E09:LANG_SON": "done", "E15:LANG_SON": "open"}


async def test_withdrawing_the_self_score_takes_its_points_away(world: World) -> None:
    before = await _total(world)
    await world.database.write(filed("own", "E16:LANG_SON", "BC-TUCHAM", "year-estimate", OWN, "lan", world.now))
    talk = world.talk("lan")
    await talk.command("sua", "i.15 25")
    await talk.say("Chấm lại theo biên bản")
    await talk.tap("Confirm")
    assert await _total(world) > before
    await talk.command("sua", "withdraw report:own")
    await talk.tap("Withdraw it")
    await talk.say("Số liệu chưa thống nhất")
    await talk.tap("Confirm")
    assert await _total(world) == before
