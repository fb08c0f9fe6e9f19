"""What was begun to correct: kept beside the report until it is confirmed or given up, the same in the chat and for the form's page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.kit.reply import Fields, Reply
from handlers.kit.turn import Outcome, Said, Turn
from handlers.reporting.changes import keep, stamp, whole
from handlers.reporting.confirming import Confirmed
from handlers.reporting.correction_desk import CorrectionDesk, desk_of, open_correction
from handlers.reporting.desk import Shut
from handlers.reporting.form import Change, fill, mark, unanswered
from handlers.reporting.form_filing import Reviewed, file_correction
from storage import corrections, people, reports
from storage.connection import Effect, effect
from storage.errors import Conflict
from tests.handlers.officer_form import NTM01, NTM02
from tests.handlers.reporting_world import ENGLISH, World, at, filed

FIGURES = {NTM01: "60", NTM02: "12", "NTM26.NTM04": "1200", "NTM26.NTM05": "121", "NTM26.NGH01": None}
WHY = "Đếm sót một xã"
ODD = (
    "55", "5,5", "1.234", "1.234,5", "-3", "0", "85%", "12 xã", "mười hai", "1,2 tỷ", "khoảng 50", "chưa có", "không", "không phát sinh",
    "như kỳ trước", "1e5", "?", "999999999999999999", "0,0001", "61", "60", "6100", "11",
)  # fmt: skip


@pytest.fixture
async def world(world: World) -> World:
    """Lạng Sơn has filed its third quarter."""
    await world.database.write(filed("m9", "E15:LANG_SON", "BC-QUY", "M9", FIGURES, "lan", at(2026, 10, 1)))
    return world


async def desk(world: World, person: str = "lan", *changes: Change) -> CorrectionDesk:
    """The page's desk, after these changes were saved."""
    found: list[CorrectionDesk | Shut] = []

    def handle(turn: Turn) -> Outcome:
        opened = open_correction(turn, "m9")
        assert isinstance(opened, CorrectionDesk), opened
        filling = fill(turn, opened, changes)
        found.append(opened)
        return Outcome(Reply(()), keep(turn, opened.filed, filling.sheet, "")[1] if changes else ())

    talk = world.talk(person)
    outcome = await world.database.read(lambda read: talk.decide(read, Said(""), handle))
    if not changes:
        assert isinstance(found[0], CorrectionDesk)
        return found[0]
    await world.database.write(outcome.effects)
    return await desk(world, person)


async def begun(world: World, person: str = "lan") -> corrections.Begun | None:
    return await world.database.read(lambda read: corrections.begun(read, "m9", person))


async def test_a_correction_left_for_another_question_goes_on(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 61")
    await talk.command("baocao", "tự chấm")
    world.now += 600
    text = await talk.command("sua", "report:m9")
    assert text.startswith("The correction goes on from where it was left (10 minutes ago).")
    assert "60 xã → 61 xã" in text
    await talk.say(WHY)
    await talk.command("baocao", "tự chấm")
    assert f"Reason: {WHY}" in await talk.command("sua", "ntm02 13")
    await talk.tap("Confirm")
    assert await begun(world) is None
    assert {item: value for item, value in (await world.values("LANG_SON", "BC-QUY", "M9")).items() if item in (NTM01, NTM02)} == {
        NTM01: "61", NTM02: "13",
    }  # fmt: skip


async def test_cancelled_it_is_gone(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 61")
    await talk.say("hủy")
    assert await begun(world) is None
    assert "goes on" not in await talk.command("sua", "report:m9")


async def test_what_was_doubtful_and_filed_is_not_asked_about_again(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 850")
    await talk.tap("Keep 850")
    await talk.say(WHY)
    await talk.tap("Confirm")
    found: list[set[str]] = []

    def handle(turn: Turn) -> Outcome:
        opened = open_correction(turn, "m9")
        assert isinstance(opened, CorrectionDesk)
        each = ((), (Change(NTM02, "13", "=12"),), (Change(NTM01, "851", "=850"),))
        found.extend(set(fill(turn, opened, sent).questions) for sent in each)
        return Outcome(Reply(()))

    await world.database.read(lambda read: world.talk("lan").decide(read, Said(""), handle))
    assert found == [set(), set(), {NTM01}]


async def test_each_officer_has_his_own(world: World) -> None:
    await world.talk("lan").command("sua", "ntm01 61")
    text = await world.talk("minh").command("sua", "report:m9")
    assert "goes on" not in text
    assert (await desk(world, "minh")).sheet.value(NTM01) == "60"
    assert (await desk(world)).sheet.value(NTM01) == "61"


async def test_withdrawn_forgotten_and_erased(world: World) -> None:
    await world.talk("minh").command("sua", "ntm01 62")
    talk = world.talk("lan")
    await talk.command("sua", "ntm01 61")
    await world.database.write([effect(corrections.drop_old, world.now + corrections.KEEP_SECONDS)])
    assert await begun(world) is not None
    await world.database.write([effect(people.erase, "minh", "2026-10-02", world.now)])
    assert await begun(world, "minh") is None
    await talk.command("sua", "withdraw report:m9")
    await talk.tap("Withdraw it")
    await talk.say("Nộp nhầm kỳ")
    await talk.tap("Confirm")
    assert await begun(world) is None
    await world.talk("lan").command("sua", "6 tháng")
    await world.database.write([effect(corrections.drop_old, world.now + corrections.KEEP_SECONDS + 1)])
    assert await world.database.read(lambda read: read.execute("SELECT COUNT(*) FROM corrections").fetchone()[0]) == 0


async def test_two_pages_at_once_are_decided_one_after_the_other(world: World) -> None:
    found: list[tuple[object, ...]] = []
    for value in ("61", "62"):
        def handle(turn: Turn, value: str = value) -> Outcome:
            opened = open_correction(turn, "m9")
            assert isinstance(opened, CorrectionDesk)
            filling = fill(turn, opened, (Change(NTM01, value, "=60"),))
            found.append(keep(turn, opened.filed, filling.sheet, "")[1])
            return Outcome(Reply(()))

        await world.database.read(lambda read, handle=handle: world.talk("lan").decide(read, Said(""), handle))  # type: ignore[misc]
    await world.database.write(found[0])  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        await world.database.write(found[1])  # type: ignore[arg-type]


async def test_exactly_what_was_reviewed_is_recorded_once(world: World) -> None:
    shown = await desk(world, "lan", Change(NTM01, "61", "=60"))
    reviewed = Reviewed(1, stamp(shown.filed), WHY)
    results: list[object] = []

    def handle(turn: Turn) -> Outcome:
        opened = desk_of(turn, "report:m9 1")
        results.append(file_correction(turn, opened, reviewed) if isinstance(opened, CorrectionDesk) else opened)
        return Outcome(Reply(()))

    async def confirmed() -> object:
        await world.database.read(lambda read: world.talk("lan").decide(read, Said(""), handle))
        return results[-1]

    done = await confirmed()
    assert isinstance(done, Confirmed)
    await world.database.write(done.effects)
    with pytest.raises(Conflict):
        await world.database.write(done.effects)
    again = await confirmed()
    assert isinstance(again, Shut)
    assert again.filed, "the same page does not begin another correction"
    kinds = [each.kind for each in await world.database.read(lambda read: reports.revisions(read, "m9"))]
    assert kinds == ["filing", "correction"]


async def test_scores_follow_as_from_the_chat(world: World) -> None:
    talk = world.talk("lan")
    await talk.command("baocao", "tự chấm")
    await talk.say("i.1 9, i.2 12800, i.15 20, i.16 đạt, i.18 3, ii.7 0")
    await talk.say("xem lại")
    await talk.tap("Confirm")
    (report, before) = await world.database.read(
        lambda read: read.execute(
            "SELECT r.id, t.total FROM reports r JOIN totals t ON t.unit_id = r.unit_id AND t.year = r.year"
            " WHERE r.unit_id = 'LANG_SON' AND r.form = 'BC-TUCHAM'"
        ).fetchone()
    )
    effects: list[Effect] = []

    def handle(turn: Turn) -> Outcome:
        opened = open_correction(turn, report)
        assert isinstance(opened, CorrectionDesk)
        filed_anew, kept = keep(turn, opened.filed, fill(turn, opened, (Change("I.15", "25", "=20"),)).sheet, "")
        done = file_correction(turn, replace(opened, filed=filed_anew), Reviewed(1, stamp(filed_anew), WHY))
        assert isinstance(done, Confirmed)
        rows = [row for block in done.reply.blocks if isinstance(block, Fields) for row in block.rows]
        assert any("rank" in ENGLISH.value(value) for _, value in rows)
        effects.extend((*kept, *done.effects))
        return Outcome(Reply(()))

    await world.database.read(lambda read: talk.decide(read, Said(""), handle))
    await world.database.write(effects)
    after = await world.database.read(lambda read: read.execute("SELECT total FROM totals WHERE unit_id = 'LANG_SON'").fetchone()[0])
    assert after == before + 50_000


@pytest.mark.parametrize("raw", ODD)
async def test_a_field_takes_and_asks_what_the_chat_does(world: World, raw: str) -> None:
    for code in ("NTM01", "NTM04", "NTM05", "NGH01"):
        item_id, chat = f"NTM26.{code}", world.talk("lan")
        before = await desk(world, "minh")
        item = before.paper.item(item_id)
        assert item is not None
        changes = (Change(item_id, raw, mark(item, before.sheet.entries.get(item_id))),)
        question = fill_of(world, before, changes)
        await chat.command("sua", "report:m9")
        await chat.say(code.lower())
        await chat.say(raw)
        assert chat.state is not None
        step = chat.state.step if chat.state.answers.get("item") == item_id else ""
        asked = (await question).get(item_id, "")
        assert {"again": "figure"}.get(asked, asked) == step, code
        mine, theirs = (await desk(world, "minh", *changes)).sheet.value(item_id), (await desk(world)).sheet.value(item_id)
        assert mine == theirs, code
        for person in ("lan", "minh"):
            kept = await begun(world, person)
            if kept is not None:
                await world.database.write([effect(corrections.take, "m9", person, kept.revision)])


async def fill_of(world: World, opened: CorrectionDesk, changes: tuple[Change, ...]) -> dict[str, str]:
    """item id -> what kind of question the changes meet."""
    found: dict[str, str] = {}

    def handle(turn: Turn) -> Outcome:
        filling = fill(turn, opened, changes)
        assert not set(unanswered(opened.paper, whole(opened.filed))) & set(opened.filed.changes.entries)
        asked = {item: question for item, question in filling.questions.items() if filling.sheet.value(item) not in question.values}
        found.update({item: question.kind for item, question in asked.items()})      # what is taken is asked about before it is recorded
        return Outcome(Reply(()))

    await world.database.read(lambda read: world.talk("minh").decide(read, Said(""), handle))
    return found
