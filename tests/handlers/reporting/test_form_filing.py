"""The form on a page: offered where there is one, filed once, never past a doubt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from handlers.kit.message import Message
from handlers.kit.reply import Reply
from handlers.kit.turn import Outcome, Said, State, Turn
from handlers.reporting.confirming import NOTHING, Confirmed
from handlers.reporting.desk import Desk, Shut, open_desk
from handlers.reporting.form import Change, unanswered
from handlers.reporting.form_filing import file_form
from storage import conversation
from storage.connection import effect
from storage.errors import Conflict
from tests.handlers.officer_form import NTM01, NTM02, Form
from tests.handlers.reporting_world import ENGLISH, ESTIMATE, M9, Talk, World


def with_pages(talk: Talk) -> Talk:
    """From here on the web side has a public address."""
    decide = talk.decide

    def decided(read: object, given: object, handle: Callable[[Turn], Outcome]) -> Outcome:
        return decide(read, given, lambda turn: handle(replace(turn, facts={"public_url": "https://thidua.example"})))  # type: ignore[arg-type]

    talk.decide = decided  # type: ignore[method-assign, assignment]
    return talk


async def test_the_page_is_offered_where_there_is_one(world: World) -> None:
    talk: Talk = world.talk("lan")
    await talk.command("baocao", ESTIMATE)
    assert "https://" not in talk.text
    with_pages(talk)
    talk.state = None
    await talk.command("baocao", ESTIMATE)
    assert "Nhập cả bảng trên trang web: https://thidua.example/p/#secret" in talk.vietnamese
    assert isinstance(talk.state, State)
    row = await world.database.read(lambda read: read.execute("SELECT kind, subject, person_id FROM page_links").fetchone())
    assert tuple(row) == ("form", f"duty:{ESTIMATE}", "lan")
    await talk.command("baocao", M9)
    assert "https://" not in talk.text, "five figures are quicker in the chat"


async def test_the_page_chosen_in_a_list_comes_alone(world: World) -> None:
    talk = with_pages(world.talk("lan"))
    assert "https://thidua.example/p/#secret" in await talk.command("baocao", f"page {ESTIMATE}")
    assert talk.state is None, "no question is opened in the chat"
    assert talk.labels == ["Enter it here", "My duties"]
    plain = world.talk("lan")
    assert "I.1" in await plain.command("baocao", f"page {ESTIMATE}"), "without an address it is entered in the chat"
    assert "https://" not in plain.text
    assert "another unit" in await talk.command("baocao", "page E16:SON_LA")
    assert "a leader reads" in await with_pages(world.talk("thanh")).command("baocao", f"page {ESTIMATE}")
    assert "filed already" in await talk.command("baocao", "page E12:LANG_SON")
    links = await world.database.read(lambda read: read.execute("SELECT COUNT(*) FROM page_links").fetchone()[0])
    assert links == 1


async def test_a_correction_is_offered_the_page_as_a_report_is(world: World) -> None:
    plain = world.talk("lan")
    await plain.command("baocao", ESTIMATE)
    await plain.say("i.1 9, i.2 12800, i.15 20, i.16 đạt, i.18 3, ii.7 0")
    await plain.say("xem lại")
    await plain.tap("Confirm")
    assert "https://" not in await plain.command("sua", "tự chấm")
    talk = with_pages(world.talk("lan"))
    await talk.command("sua", "tự chấm")
    assert "Sửa cả bảng trên trang web: https://thidua.example/p/#secret" in talk.vietnamese
    (report,) = await world.database.read(lambda read: read.execute("SELECT id FROM reports WHERE form = 'BC-TUCHAM'").fetchone())
    row = await world.database.read(lambda read: read.execute("SELECT kind, subject, person_id FROM page_links").fetchone())
    assert tuple(row) == ("form", f"report:{report} 1", "lan")


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
