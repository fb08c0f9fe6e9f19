"""Two officers of a unit at one report."""

from __future__ import annotations

import pytest

from storage import reports
from storage.connection import effect
from storage.errors import Conflict
from tests.handlers.reporting_world import M9, Talk, World


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
