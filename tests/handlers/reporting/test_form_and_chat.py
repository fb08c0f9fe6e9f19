"""The form on a page beside the chat and a colleague: the same answers, and nothing overwritten unasked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporting.draft import Entry, Sheet
from handlers.reporting.form import Change, How, fill, mark, unanswered
from storage import reports
from storage.connection import effect
from tests.handlers.officer_form import NTM01, Form, said
from tests.handlers.reporting_world import ENGLISH, ESTIMATE, M9, World


async def test_fields_that_were_not_touched_overwrite_nothing(world: World) -> None:
    """A plain form sends everything it shows; a colleague has entered something meanwhile."""
    mine, theirs = Form(world), Form(world, "minh")
    await mine.type(NTM01="55", NTM05="12,5")
    await mine.look()
    await theirs.look()
    await theirs.type(NTM01="60", NTM02="4")
    filling = await mine.type(NTM01="55", NTM02="", NTM04="1200", NTM05="12,5", NGH01="")
    assert filling.questions == {}
    assert await mine.stored() == {"NTM01": "60", "NTM02": "4", "NTM04": "1200", "NTM05": "12.5"}


async def test_two_answers_to_one_field_are_asked_about(world: World) -> None:
    mine, theirs = Form(world), Form(world, "minh")
    await mine.look()
    await theirs.type(NTM01="60")
    filling = await mine.type(NTM01="55")
    assert filling.questions[NTM01].kind == "clash"
    assert "Vi Đức Minh has entered NTM01 meanwhile: 60 xã" in said(filling, NTM01)
    assert (await mine.stored())["NTM01"] == "60"
    assert (await mine.send(Change(NTM01, "55", "", "theirs"))).questions == {}
    assert (await mine.stored())["NTM01"] == "60"
    assert (await mine.send(Change(NTM01, "55", "", "mine"))).questions == {}
    assert (await mine.stored())["NTM01"] == "55"
    assert (await mine.type(NTM01="55")).questions == {}, "the same value is no clash"


async def test_the_chat_beside_the_page(world: World) -> None:
    """One draft: the chat goes on with what the page saved, and the page notices what the chat took."""
    form, chat = Form(world), world.talk("lan")
    await chat.command("baocao", M9)
    await form.look()
    await form.type(NTM02="3")
    assert "3/5" in await chat.say("55"), "what the page saved is not asked again"
    filling = await form.type(NTM01="57")
    assert filling.questions[NTM01].kind == "clash"
    assert "in the chat or on another page" in said(filling, NTM01)
    text = await chat.say("xem lại")
    assert "55" in text
    assert "3 xã" in text


ODD = (
    "55", "5,5", "5.5", "1.234", "1,234", "1.234,5", "1 234", "-3", "- 3", "+7", "0", "00", "85%", "85 %", "12 xã", "12xa", "mười hai",
    "1,2 tỷ", "1 tỷ 200 triệu", "1200tr", "khoảng 50", "50-60", "50/65", "chưa có", "chưa có số liệu", "không", "không phát sinh", "k ps",
    "như kỳ trước", "nhu ky truoc", "1e5", "１２", "12。5", "N/A", "?", "...", "٣", "999999999999999999", "0,0001", "5,", ",5", "5.5.5",
    "1,2,3", "2026", "5 5", "½",
)  # fmt: skip


@pytest.mark.parametrize("raw", ODD)
async def test_a_field_takes_and_asks_what_the_chat_does(world: World, raw: str) -> None:
    for code in ("NTM01", "NTM04", "NTM05", "NGH01"):
        form, chat = Form(world, "minh"), world.talk("lan")
        await form.look()
        filling = await form.with_desk(
            lambda turn, desk, code=code: fill(turn, desk, (Change(f"NTM26.{code}", raw, mark(desk.paper.items[0], None)),))  # type: ignore[misc]
        )
        await chat.command("baocao", M9)
        await chat.say(code.lower())
        assert chat.state is not None
        assert chat.state.answers["item"] == f"NTM26.{code}"
        await chat.say(raw)
        question = filling.questions.get(f"NTM26.{code}")
        if question is not None and question.kind == "doubt" and filling.sheet.value(f"NTM26.{code}") in question.values:
            question = None      # it is taken: what stands is asked about before it is filed, in the chat by the review's mark
        step = chat.state.step if chat.state.answers.get("item") == f"NTM26.{code}" else ""
        assert ("" if question is None else {"again": "figure"}.get(question.kind, question.kind)) == step, code
        desk = await form.look()
        stored = desk.sheet.entries.get(f"NTM26.{code}")
        mine = filling.sheet.entries.get(f"NTM26.{code}")
        assert (stored and (stored.value, stored.skipped)) == (mine and (mine.value, mine.skipped)), code
        if question is not None and question.kind != "reading":
            assert all(ENGLISH.text(line) in chat.text for line in question.lines)
        await world.database.write([effect(reports.drop_draft, M9)])


async def test_whatever_is_sent_only_the_fields_meant_change(world: World) -> None:
    """Untouched fields stay, and what somebody else has entered unseen goes only where the page said "mine"."""
    desk = await Form(world, duty=ESTIMATE).look()
    fields = [item for item in desk.paper.items if item.kind != "file"]
    ids = [item.id for item in fields] + ["I.2:plan", "nowhere", "file:1"]
    values = st.sampled_from([None, "0", "1", "5", "8.25", "30", "12800"])
    entries = st.dictionaries(st.sampled_from([item.id for item in fields if item.numeric]), st.builds(Entry, values, st.booleans()))
    raws = st.sampled_from(["", "0", "1", "5", "8,25", "8.25", "99999", "chưa có", "như kỳ trước", "abc", "none", "MẬT", "1.234", " 30 "])
    hows: st.SearchStrategy[How] = st.sampled_from(["said", "said", "said", "same", "keep", "reading", "mine", "theirs"])
    marks = st.sampled_from(["", "none", "=0", "=1", "=5", "=8.25", "=30", "=12800"])
    changes = st.lists(st.builds(Change, st.sampled_from(ids), raws, marks, hows, raws, st.sampled_from(["", "vì"])), max_size=6)

    @given(entries, changes)
    def check(before: dict[str, Entry], sent: list[Change]) -> None:
        sheet = Sheet(before)
        filling = fill(None, replace(desk, sheet=sheet), sent)  # type: ignore[arg-type]
        meant = {each.item_id: each for each in sent}
        for item_id in {*before, *filling.sheet.entries}:
            was, now = before.get(item_id), filling.sheet.entries.get(item_id)
            if was == now:
                continue
            assert item_id in meant
            item = desk.paper.item(item_id)
            assert item is not None
            assert now is None or now.value != "NaN"
            if was is not None and was.value is not None and meant[item_id].seen != mark(item, was):
                assert meant[item_id].how == "mine"
        again = fill(None, replace(desk, sheet=filling.sheet), ())  # type: ignore[arg-type]
        assert again.sheet == filling.sheet
        assert set(again.questions) == set(unanswered(desk.paper, filling.sheet))

    check()
