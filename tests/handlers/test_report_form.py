"""The form of a whole report: the same checks as in the chat, nothing overwritten unasked, filed once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit.message import Message
from handlers.kit.reply import Reply
from handlers.kit.turn import Outcome, Said, State, Turn
from handlers.reporting.confirming import NOTHING, Confirmed
from handlers.reporting.desk import Desk, Shut, open_desk, save_effects
from handlers.reporting.draft import Entry, Sheet
from handlers.reporting.form import Change, Filling, How, field_text, fill, mark, unanswered
from handlers.reporting.form_filing import file_form
from storage import conversation, reports, targets
from storage.connection import effect
from storage.errors import Conflict
from tests.handlers.reporting_world import ENGLISH, Talk, World

T = TypeVar("T")
M9, ESTIMATE = "E15:LANG_SON", "E16:LANG_SON"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World.open(tmp_path)
    yield opened
    await opened.database.close()


class Form:
    """One officer's page of one duty: what its fields show, and what is sent from it."""

    def __init__(self, world: World, person: str = "lan", duty: str = M9) -> None:
        self.world, self.talk, self.duty = world, world.talk(person), duty
        self.seen: dict[str, str] = {}
        self.revision = 0
        self.filling = Filling.__new__(Filling)

    async def with_desk(self, function: Callable[[Turn, Desk], T]) -> T:
        found: list[T] = []

        def handle(turn: Turn) -> Outcome:
            desk = open_desk(turn, self.duty)
            assert isinstance(desk, Desk), desk
            found.append(function(turn, desk))
            return Outcome(Reply(()))

        await self.world.database.read(lambda read: self.talk.decide(read, Said(""), handle))
        return found[0]

    async def look(self) -> Desk:
        """The page is loaded."""
        desk = await self.with_desk(lambda turn, desk: desk)
        self.seen = {item.id: mark(item, desk.sheet.entries.get(item.id)) for item in desk.paper.items}
        self.revision = desk.revision
        return desk

    async def send(self, *changes: Change) -> Filling:
        """Fields are saved; what the page does not know of its own, it knows from its last look."""

        def decide(turn: Turn, desk: Desk) -> tuple[Filling, tuple[object, ...], Desk]:
            filling = fill(turn, desk, changes)
            return filling, save_effects(turn, desk, filling.sheet), desk

        self.filling, effects, desk = await self.with_desk(decide)
        await self.world.database.write(effects)  # type: ignore[arg-type]
        self.revision = desk.revision + bool(effects)
        return self.filling

    async def type(self, **fields: str) -> Filling:
        """``NTM01="85"``: typed into the field of that code."""
        desk = await self.with_desk(lambda turn, desk: desk)
        ids = {item.code.replace(".", "_"): item.id for item in desk.paper.items}
        return await self.send(*(Change(ids[code], raw, self.seen.get(ids[code], "")) for code, raw in fields.items()))

    async def stored(self) -> dict[str, str | None]:
        desk = await self.with_desk(lambda turn, desk: desk)
        return {item_id.removeprefix("NTM26."): entry.value for item_id, entry in desk.sheet.entries.items()}

    async def confirm(self, seen: int | None = None) -> Confirmed | Message:
        revision = self.revision if seen is None else seen
        done = await self.with_desk(lambda turn, desk: file_form(turn, desk, revision))
        if isinstance(done, Confirmed):
            await self.world.database.write(done.effects)
        return done


def said(filling: Filling, item_id: str) -> str:
    return " ".join(ENGLISH.text(line) for line in filling.questions[item_id].lines)


NTM01, NTM02, NTM04, NGH01 = "NTM26.NTM01", "NTM26.NTM02", "NTM26.NTM04", "NTM26.NGH01"


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


async def test_confirmed_on_the_page_is_filed_once_with_one_letter(world: World) -> None:
    form, chat = Form(world), world.talk("lan")
    await chat.command("baocao", M9)
    await form.type(NTM01="55", NTM02="3")
    done = await form.confirm()
    assert isinstance(done, Confirmed)
    with pytest.raises(Conflict):
        await world.database.write(done.effects)
    read = await world.database.read(lambda read: read.execute("SELECT key, reply FROM outbox").fetchall())
    assert [key for key, _ in read] == [f"form:{done.report_id}:1"]
    assert "Recorded" in read[0][1]
    found = await world.report("LANG_SON", "BC-QUY", "M9")
    assert found is not None
    assert found[0].revision == 1
    assert {name: item.value for name, item in found[1].items() if item.value} == {NTM01: "55", NTM02: "3"}
    assert isinstance(await _shut(form), Shut)
    assert "Recorded" in await chat.say("xem lại") or "filed already" in chat.text


async def _shut(form: Form) -> Desk | Shut:
    found: list[Desk | Shut] = []

    def handle(turn: Turn) -> Outcome:
        found.append(open_desk(turn, form.duty))
        return Outcome(Reply(()))

    await form.world.database.read(lambda read: form.talk.decide(read, Said(""), handle))
    return found[0]


async def test_filing_ends_the_questions_of_the_chat_about_this_report_alone(world: World) -> None:
    form = Form(world)
    await form.type(NTM01="55")

    def opened(duty: str, revision: int) -> object:
        answers = json.dumps({"duty": duty})
        return effect(conversation.save_dialogue, "person:lan", revision, revision + 1, "report", 1, "figure", answers, world.now)

    await world.database.write([opened(ESTIMATE, 0)])  # type: ignore[list-item]
    done = await form.with_desk(lambda turn, desk: file_form(turn, desk, 1))
    assert isinstance(done, Confirmed)
    assert not [each for each in done.effects if each.function is conversation.end_dialogue]
    await world.database.write([opened(M9, 1)])  # type: ignore[list-item]
    await form.confirm()
    stands = await world.database.read(lambda read: conversation.dialogue(read, "person:lan"))
    assert stands is not None
    assert stands.name == ""


async def test_what_moved_on_since_the_review_is_shown_again(world: World) -> None:
    mine, theirs = Form(world), Form(world, "minh")
    await mine.type(NTM01="55")
    await theirs.look()
    await theirs.type(NTM02="4")
    told = await mine.confirm()
    assert isinstance(told, Message)
    assert ENGLISH.text(told) == "Vi Đức Minh has changed the draft meanwhile. Please look at it again."
    told = await theirs.confirm(seen=1)
    assert isinstance(told, Message)
    assert "in the chat or on another page" in ENGLISH.text(told)


async def test_nothing_is_filed_while_a_doubt_stands(world: World) -> None:
    """The chat takes "như kỳ trước" as it is, though 80 communes are more than the 65 there are; the page asks before it files."""
    chat, form = world.talk("lan"), Form(world)
    await chat.command("baocao", M9)
    await chat.say("như kỳ trước")
    desk = await form.look()
    assert set(unanswered(desk.paper, desk.sheet)) == {NTM01}
    told = await form.confirm()
    assert isinstance(told, Message)
    assert ENGLISH.text(told) == "Please confirm or change first what is marked: NTM01"
    await form.send(Change(NTM01, "80", "=80", "keep", "80"))
    assert isinstance(await form.confirm(), Confirmed)


async def test_an_empty_form_is_not_filed(world: World) -> None:
    assert await Form(world).confirm(seen=0) is NOTHING


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


async def test_the_page_is_offered_where_there_is_one(world: World) -> None:
    talk: Talk = world.talk("lan")
    await talk.command("baocao", ESTIMATE)
    assert "https://" not in talk.text
    decide = talk.decide

    def with_pages(read: object, given: object, handle: Callable[[Turn], Outcome]) -> Outcome:
        return decide(read, given, lambda turn: handle(replace(turn, facts={"public_url": "https://thidua.example"})))  # type: ignore[arg-type]

    talk.decide = with_pages  # type: ignore[method-assign, assignment]
    talk.state = None
    await talk.command("baocao", ESTIMATE)
    assert "Nhập cả bảng trên trang web: https://thidua.example/p/secret" in talk.vietnamese
    assert isinstance(talk.state, State)
    row = await world.database.read(lambda read: read.execute("SELECT kind, subject, person_id FROM page_links").fetchone())
    assert tuple(row) == ("form", f"duty:{ESTIMATE}", "lan")
    await talk.command("baocao", M9)
    assert "https://" not in talk.text, "five figures are quicker in the chat"


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
