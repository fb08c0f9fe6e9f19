"""The self-score: criteria, points, plans, texts and signed papers."""

from __future__ import annotations

import re

from storage import audit, duties, people, targets
from storage.connection import effect
from storage.people import Post
from tests.handlers.reporting_world import ESTIMATE, SCAN, Talk, World, at


async def _self_score(world: World) -> Talk:
    talk = world.talk("lan")
    await talk.command("baocao", "tự chấm")
    return talk


async def test_filing_criteria_changes_the_ranking_at_once(world: World) -> None:
    before = {row.unit_id: row.total for row in await world.standings()}
    talk = await _self_score(world)
    await talk.say("I.1 9, i2 13000")
    for typed in ("28,25", "đạt", "3", "không phát sinh", "Kết quả tốt", "bỏ qua", "bỏ qua"):
        await talk.say(typed)
    text = await talk.tap("Confirm")
    place = re.search(r"Ranking \(provisional\): rank (\d) of 3, ([\d.,]+) points", text)
    assert place is not None, text
    row = next(row for row in await world.standings() if row.unit_id == "LANG_SON")
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


async def test_a_first_figure_ten_times_its_plan_is_doubted(world: World) -> None:
    talk = await _self_score(world)
    assert "10 times the plan of the year (12,800 tỷ đồng)" in await talk.say("i2 128000")
    assert "I.2" not in await world.draft(ESTIMATE)
