"""The fields of the form on a page: what each takes, asks back and keeps, with the checks of the chat."""

from __future__ import annotations

from handlers.reporting.confirming import Confirmed
from handlers.reporting.form import Change, field_text
from storage import targets
from tests.handlers.officer_form import NGH01, NTM01, NTM02, Form, said
from tests.handlers.reporting_world import ESTIMATE, M9, World


async def test_all_spellings_of_the_chat_are_taken(world: World) -> None:
    form = Form(world)
    filling = await form.type(NTM01="55", NTM02="không phát sinh", NTM04="1,2 tỷ", NTM05="chưa có", NGH01="12,5%")
    assert await form.stored() == {"NTM01": "55", "NTM02": "0", "NTM04": "1200", "NTM05": None, "NGH01": "12.5"}
    assert filling.questions == {}


async def test_each_field_says_what_is_wrong_and_the_others_are_kept(world: World) -> None:
    form = Form(world)
    filling = await form.type(NTM01="năm mươi mấy", NTM02="3", NGH01="12%")
    assert await form.stored() == {"NTM02": "3", "NGH01": "12"}
    assert set(filling.questions) == {NTM01}
    chat = world.talk("lan")
    await chat.command("baocao", M9)
    assert said(filling, NTM01) in await chat.say("năm mươi mấy")


async def test_a_doubt_is_asked_and_kept_only_when_confirmed(world: World) -> None:
    form = Form(world)
    filling = await form.type(NTM01="850")
    assert filling.questions[NTM01].kind == "doubt"
    assert filling.questions[NTM01].values == ("850",)
    assert await form.stored() == {}
    filling = await form.send(Change(NTM01, "850", "", "keep", "850"))
    assert filling.questions == {}
    assert await form.stored() == {"NTM01": "850"}
    assert (await form.with_desk(lambda turn, desk: desk)).sheet.entries[NTM01].kept


async def test_a_cross_check_waits_for_what_is_sent_along(world: World) -> None:
    form = Form(world)
    assert (await form.type(NTM01="10", NTM02="8")).questions == {}
    await form.look()
    filling = await form.type(NTM01="50", NTM02="40")
    assert filling.questions == {}
    await form.look()
    filling = await form.type(NTM01="30")
    assert filling.questions[NTM01].kind == "doubt"
    assert "NTM02" in said(filling, NTM01)
    assert (await form.stored())["NTM01"] == "50"


async def test_what_was_confirmed_at_one_end_is_not_asked_at_the_other(world: World) -> None:
    form = Form(world)
    await form.type(NTM01="50", NTM02="40")
    await form.look()
    await form.send(Change(NTM01, "30", "=50", "keep", "30"))
    assert (await form.send()).questions == {}


async def test_two_readings_are_offered_and_no_others_taken(world: World) -> None:
    form = Form(world)
    item = "NTM26.NTM05"
    filling = await form.type(NTM05="1.234")
    assert filling.questions[item].kind == "reading"
    values = filling.questions[item].values
    assert len(values) == 2
    filling = await form.send(Change(item, "1.234", "", "reading", "999"))
    assert filling.questions[item].kind == "reading"
    filling = await form.send(Change(item, "1.234", "", "reading", values[0]))
    assert item not in filling.questions or filling.questions[item].kind == "doubt"


async def test_only_an_offered_value_can_be_kept(world: World) -> None:
    form = Form(world)
    for value in ("123456", "NaN", "", "1e400", "abc"):
        await form.send(Change(NTM01, "850", "", "keep", value))
        assert await form.stored() == {}
    score = Form(world, duty=ESTIMATE)
    offered = (await score.send(Change("I.15", "1.234", ""))).questions["I.15"]
    assert offered.kind == "reading"
    for value in offered.values:
        assert (await score.send(Change("I.15", "1.234", "", "keep", value))).questions["I.15"].kind == "again", "off the scale"
    await score.send(Change("I.15", "31", "", "keep", "31"))
    assert await score.stored() == {}


async def test_as_last_period(world: World) -> None:
    form = Form(world)
    await form.send(Change(NTM01, "", "", "same"), Change(NTM02, "như kỳ trước", ""))
    assert await form.stored() == {"NTM01": "80", "NTM02": "10"}
    filling = await form.send(Change(NGH01, "", "", "same"))
    assert filling.questions[NGH01].kind == "again"


async def test_a_field_that_is_emptied_is_not_entered(world: World) -> None:
    form = Form(world)
    await form.type(NTM01="55", NTM02="3")
    await form.look()
    await form.type(NTM01=" ")
    assert await form.stored() == {"NTM02": "3"}


async def test_all_kinds_of_a_self_score(world: World) -> None:
    form = Form(world, duty=ESTIMATE)
    desk = await form.look()
    filling = await form.send(
        Change("I.1", "8,5", ""), Change("I.2", "12800", ""), Change("I.15", "28,25", ""), Change("I.16", "1", ""),
        Change("I.18", "4", ""), Change("II.7:vu_viec", "không có", ""), Change("narrative:1", "Kết quả tốt.\r\nĐã hoàn thành.", ""),
        Change("file:1", "x", ""), Change("nowhere", "1", ""),
    )  # fmt: skip
    assert filling.questions == {}
    stored = await form.stored()
    assert stored["I.15"] == "28.25"
    assert stored["I.16"] == "1"
    assert stored["II.7:vu_viec"] == "0"
    assert stored["narrative:1"] == "Kết quả tốt.\nĐã hoàn thành."
    assert "file:1" not in stored
    after = await form.look()
    item = desk.paper.item("I.1")
    assert item is not None
    assert field_text(item, after.sheet.entries["I.1"]) == "8,5"
    shown = {each.id: field_text(each, after.sheet.entries.get(each.id)) for each in desk.paper.items}
    again = await form.send(*(Change(item_id, text, form.seen[item_id]) for item_id, text in shown.items()))
    assert again.sheet == after.sheet
    assert again.questions == {}


async def test_scores_off_their_scale_and_long_texts_are_refused(world: World) -> None:
    form = Form(world, duty=ESTIMATE)
    filling = await form.send(
        Change("I.15", "31", ""), Change("I.16", "vâng", ""), Change("I.18", "0", ""), Change("narrative:1", "x" * 4001, "")
    )
    refused = ("I.15", "I.16", "I.18", "narrative:1")
    assert {item_id: each.kind for item_id, each in filling.questions.items()} == dict.fromkeys(refused, "again")
    assert "between 0 and 30" in said(filling, "I.15")
    assert await form.stored() == {}


async def test_a_changed_plan_needs_its_reason(world: World) -> None:
    form = Form(world, duty=ESTIMATE)
    filling = await form.send(Change("I.2:plan", "13000", ""), Change("I.2", "12900", ""))
    assert filling.questions["I.2:plan"].kind == "why"
    assert await form.stored() == {"I.2": "12900"}
    filling = await form.send(Change("I.2:plan", "13000", "", why="HĐND tỉnh giao lại"))
    assert filling.questions == {}
    done = await form.confirm()
    assert isinstance(done, Confirmed)
    assert (await world.database.read(lambda read: targets.of_unit(read, 2026, "LANG_SON")))["I.2"] == "13000"


async def test_secrets_and_identity_numbers_are_not_kept(world: World) -> None:
    form = Form(world, duty=ESTIMATE)
    filling = await form.send(Change("narrative:1", "MẬT\nKế hoạch tác chiến", ""), Change("narrative:2", "CCCD 012345678901", ""))
    assert {item_id: each.gone for item_id, each in filling.questions.items()} == {"narrative:1": True, "narrative:2": True}
    assert "State secret" in said(filling, "narrative:1")
    assert await form.stored() == {}
    filling = await form.send(Change("I.2:plan", "13000", "", why="TUYỆT MẬT"))
    assert filling.questions["I.2:plan"].gone
