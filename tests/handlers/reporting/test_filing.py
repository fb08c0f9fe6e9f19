"""From the files behind it over the review to the receipt."""

from __future__ import annotations

import re

from storage import audit, duties, reports
from tests.handlers.reporting_world import M9, PHOTO, SCAN, VIETNAMESE, Talk, World, at


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
    row = next(row for row in await world.standings() if row.unit_id == "LANG_SON")
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


async def test_every_text_has_its_vietnamese(lan: Talk) -> None:
    for typed in ("70", "abc", "lùi", "ntm01 60, xyz 5", "xem lại"):
        await lan.say(typed)
        assert lan.vietnamese != lan.text
        assert not re.search(r"\b(the|is|please|figure|last)\b", lan.vietnamese), lan.vietnamese
    assert VIETNAMESE.code == "vi"
