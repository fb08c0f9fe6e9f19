"""Nothing lost, nothing twice: double taps, repeated updates, restarts, a full disk, a locked file, defects, platforms that refuse."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.base import Blocked, OutcomeUnknown, Part, SendError
from handlers.kit.turn import Outcome, Turn
from handlers.registry import registry
from storage import inbox, people, reports
from storage.connection import Effect, Written, effect
from storage.errors import DatabaseBusy, StorageError
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step

NOT_STORED = "Hệ thống tạm thời không ghi được, chưa ghi nhận gì."
DEFECT = "Hệ thống gặp lỗi, chưa ghi nhận gì. Đề nghị đồng chí thử lại."
Database = Callable[[], Path]


@pytest.fixture
async def chat(cluster: Database) -> AsyncIterator[Chat]:
    chat = Chat(cluster(), START, WITH_BUTTONS, "test")
    await chat.open()
    yield chat
    await chat.close()


async def speak_as(chat: Chat, who: str) -> str:
    """The address of a person of the sample."""
    player = Player(chat)
    await player.play(Step("#", f"as {who}", []))
    return player.address


async def at_review(chat: Chat, who: str, text: str) -> str:
    """A person who has typed figures and sees the review screen."""
    address = await speak_as(chat, who)
    await chat.say(address, text)
    parts = await chat.say(address, "xem lại")
    assert "Xác nhận" in labels(parts)
    return address


def labels(parts: list[Part]) -> list[str]:
    return [button.label for part in parts for row in part.buttons for button in row]


def texts(parts: list[Part]) -> str:
    return "\n".join(part.text for part in parts)


async def revisions(chat: Chat, unit_id: str, form: str, period: str) -> int:
    """How often the unit has filed the report of 2026."""

    def count(read: object) -> int:
        report = reports.find(read, unit_id, 2026, form, period)  # type: ignore[arg-type]
        return 0 if report is None else len(reports.revisions(read, report.id))  # type: ignore[arg-type]

    return await chat.application.database.read(count)


async def state_of_last_update(chat: Chat) -> str:
    newest = "SELECT state FROM inbox ORDER BY id DESC LIMIT 1"
    return await chat.application.database.read(lambda read: str(read.execute(newest).fetchone()[0]))


async def confirmation(chat: Chat, address: str) -> str:
    """The payload of a tap on Xác nhận."""
    menu, choices = await chat.choices(address)
    index = [chat.language.text(choice.label) for choice in choices].index("Xác nhận")
    return json.dumps({"address": address, "name": address, "id": "0", "kind": "tap", "menu": menu, "index": index})


def said(address: str, text: str) -> str:
    return json.dumps({"address": address, "name": address, "id": "m1", "kind": "text", "text": text})


async def test_a_double_tap_files_once_and_the_second_is_told(chat: Chat) -> None:
    address = await at_review(chat, "Hoa (cán bộ, Lai Châu)", "báo cáo quý 3: ntm01 12")
    tap = await confirmation(chat, address)
    receive = chat.application.receiver("test")
    await asyncio.gather(receive("tap-1", tap), receive("tap-2", tap))
    await chat.application.settle()
    first, second = chat.new(address)
    assert first.text.startswith("Đã ghi nhận")
    assert not second.text.startswith("Đã ghi nhận")
    assert "đã được trả lời" in second.text
    assert await revisions(chat, "LAI_CHAU", "BC-QUY", "M9") == 1


async def test_the_same_update_twice_is_answered_once(chat: Chat) -> None:
    address = await speak_as(chat, "Hoa (cán bộ, Lai Châu)")
    receive = chat.application.receiver("test")
    payload = said(address, "xếp hạng")
    await receive("update-7", payload)
    await receive("update-7", payload)
    await chat.application.settle()
    await receive("update-7", payload)
    await chat.application.settle()
    assert len(chat.new(address)) == 1


async def test_what_was_stored_before_the_end_is_answered_after_the_restart(chat: Chat) -> None:
    address = await speak_as(chat, "Hoa (cán bộ, Lai Châu)")
    stored = effect(inbox.store, "test", "update-8", said(address, "ntm01 12"), START)
    await chat.application.database.write((stored,))
    assert chat.new(address) == []
    await chat.restart()
    assert "1/27" in texts(chat.new(address))
    await chat.restart()
    assert chat.new(address) == [], "a turn is taken once"
    assert "Đã có 1/27 số liệu" in texts(await chat.say(address, "xem lại"))


async def test_a_locked_database_is_told_and_keeps_what_stood(chat: Chat) -> None:
    address = await at_review(chat, "Hoa (cán bộ, Lai Châu)", "báo cáo quý 3: ntm01 12")
    await chat.application.database._writer.hop(lambda connection: connection.execute("PRAGMA busy_timeout = 0"))
    other = sqlite3.connect(chat.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError):
            await chat.choose(address, "Xác nhận")
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert texts(chat.new(address)).startswith(NOT_STORED)
    assert await revisions(chat, "LAI_CHAU", "BC-QUY", "M9") == 0
    assert texts(await chat.choose(address, "Xác nhận")).startswith("Đã ghi nhận")
    assert await revisions(chat, "LAI_CHAU", "BC-QUY", "M9") == 1


async def test_a_full_disk_is_told_and_keeps_what_stood(chat: Chat) -> None:
    address = await at_review(chat, "Hoa (cán bộ, Lai Châu)", "báo cáo 6 tháng: ntm01 12")
    await chat.say(address, "sửa")
    assert "TM2" in texts(await chat.say(address, "TM2"))
    writer = chat.application.database._writer
    pages = await writer.hop(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    await writer.hop(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall())
    long = "Kết quả đạt được trong sáu tháng. " * 100
    for _ in range(20):     # free pages are used up first
        try:
            await chat.say(address, long)
            await chat.say(address, "TM2")
        except StorageError:
            break
    else:
        pytest.fail("the disk was never full")
    assert texts(chat.new(address)).startswith(NOT_STORED)
    await writer.hop(lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchall())
    assert "Đã có 1/27 số liệu" in texts(await chat.say(address, "xem lại"))
    await chat.say(address, "trang đầu")
    assert "NTM01. Số xã đạt chuẩn nông thôn mới: 12 xã" in texts(await chat.say(address, "trang sau"))
    assert (await chat.application.database.read(lambda read: read.execute("PRAGMA quick_check").fetchone()[0])) == "ok"


async def test_a_disk_that_is_full_when_a_file_comes_is_told_and_the_file_is_kept_later(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    address = await speak_as(chat, "Hoa (cán bộ, Lai Châu)")
    await chat.say(address, "báo cáo 6 tháng")
    with monkeypatch.context() as patched:
        patched.setattr("storage.files.os.fsync", full)
        assert texts(await chat.send_file(address, "bao-cao.pdf", b"%PDF-1.7 bao cao")).startswith(NOT_STORED)
        await chat.application.tick()
        await chat.application.settle()
    assert list(chat.application.database.files.rglob("*")) == []
    await chat.application.tick()
    await chat.application.settle()
    assert texts(chat.new(address)).startswith("Đã lưu làm minh chứng cho HT11: bao-cao.pdf")
    assert [path.read_bytes() for path in chat.application.database.files.iterdir()] == [b"%PDF-1.7 bao cao"]


async def test_what_could_not_be_decided_is_taken_up_before_what_comes_after(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    address = await speak_as(chat, "Hoa (cán bộ, Lai Châu)")
    await chat.say(address, "báo cáo quý 3")
    database = chat.application.database
    write = database.write_each

    async def locked(turns: Sequence[Sequence[Effect]]) -> list[Written]:
        """What comes can be stored, its turn cannot be committed."""
        if any(each.function in (inbox.finish, inbox.store_done) for effects in turns for each in effects):
            return [DatabaseBusy("locked") for _ in turns]
        return await write(turns)

    with monkeypatch.context() as patched:
        patched.setattr(database, "write_each", locked)
        assert texts(await chat.say(address, "61,2")).startswith(NOT_STORED)
    heads = [part.text.splitlines()[:2] for part in await chat.say(address, "74")]
    assert [(recorded.split(": ")[-1], question.split(" ")[0]) for recorded, question in heads] == [("61,2%", "2/27"), ("74%", "3/27")]
    await chat.restart()
    assert chat.new(address) == [], "each is taken once"
    review = texts(await chat.say(address, "xem lại"))
    assert "HT11. Tỷ lệ trường đạt chuẩn quốc gia: 61,2%" in review
    assert "74%" in review


async def test_a_defect_is_excused_set_aside_and_over_with_the_next_message(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(turn: Turn, argument: str) -> Outcome:
        raise ZeroDivisionError(argument)

    address = await speak_as(chat, "Lan (cán bộ, Lạng Sơn)")
    commands = registry().by_name
    with monkeypatch.context() as patched:
        patched.setitem(commands, "xephang", replace(commands["xephang"], handle=broken))
        assert texts(await chat.say(address, "xếp hạng")) == DEFECT
        assert await state_of_last_update(chat) == "failed"
    await chat.restart()
    assert chat.new(address) == [], "it does not come back"
    assert "Xếp hạng năm 2026" in texts(await chat.say(address, "xếp hạng"))
    assert await state_of_last_update(chat) == "done"


async def test_an_address_that_refuses_us_is_marked_and_gets_no_reminders(chat: Chat) -> None:
    address = await speak_as(chat, "Lan (cán bộ, Lạng Sơn)")
    tried: list[str] = []

    def refuse(to: str, part: Part) -> SendError:
        tried.append(to)
        return Blocked("blocked by the user")

    chat.channel.refuse = refuse
    assert await chat.say(address, "xếp hạng") == []

    def blocked(read: object) -> bool:
        return read.execute("SELECT blocked_at FROM accounts WHERE address = ?", (address,)).fetchone()[0] is not None  # type: ignore[attr-defined]

    assert await chat.application.database.read(blocked)
    assert tried == [address]
    await chat.advance(8 * 86_400)
    assert address not in tried[1:]


async def test_a_message_of_unknown_outcome_is_sent_once_more_and_marked(chat: Chat) -> None:
    address = await speak_as(chat, "Lan (cán bộ, Lạng Sơn)")
    failures = iter([OutcomeUnknown("timed out")])
    chat.channel.refuse = lambda to, part: next(failures, None)
    assert await chat.say(address, "xếp hạng") == []
    chat.clock.advance(5)
    await chat.application.settle()
    (again,) = chat.new(address)
    assert again.text.startswith("(nhắc lại)")
    assert "Xếp hạng năm 2026" in again.text
    chat.clock.advance(600)
    await chat.application.settle()
    assert chat.new(address) == []


async def test_two_officers_confirm_at_the_same_instant(chat: Chat) -> None:
    first = await at_review(chat, "Đức (cán bộ, Lào Cai)", "báo cáo tổng kết: I.1 8,1")
    second = await speak_as(chat, "Mai (cán bộ, Lào Cai)")
    await chat.say(second, "báo cáo tổng kết")
    await chat.say(second, "xem lại")
    taps = [await confirmation(chat, first), await confirmation(chat, second)]
    receive = chat.application.receiver("test")
    await asyncio.gather(*(receive(f"confirm-{number}", tap) for number, tap in enumerate(taps)))
    await chat.application.settle()
    answers = [texts(chat.new(address)) for address in (first, second)]
    assert sum(answer.startswith("Đã ghi nhận") for answer in answers) == 1
    assert sum("đã nộp" in answer and not answer.startswith("Đã ghi nhận") for answer in answers) == 1
    assert await revisions(chat, "LAO_CAI_M", "BC-TUCHAM", "year-estimate") == 1


async def test_four_thousand_characters_fit_and_one_more_is_told(chat: Chat) -> None:
    address = await at_review(chat, "Hoa (cán bộ, Lai Châu)", "báo cáo 6 tháng: ntm01 12")
    await chat.say(address, "sửa")
    await chat.say(address, "TM2")
    longest = ("Phong trào thi đua được triển khai đến cơ sở. " * 100)[:3_999] + "."
    assert "tối đa" in texts(await chat.say(address, longest + "."))
    assert "Xem lại" in texts(await chat.say(address, longest))
    await chat.choose(address, "Xác nhận")

    def kept(read: object) -> str | None:
        report = reports.find(read, "LAI_CHAU", 2026, "BC-6THANG", "H1")  # type: ignore[arg-type]
        assert report is not None
        return reports.items(read, report.id, report.revision)["narrative:2"].value  # type: ignore[arg-type]

    assert await chat.application.database.read(kept) == longest


async def test_a_file_over_twenty_megabytes_is_refused_and_the_question_asked_again(chat: Chat) -> None:
    address = await speak_as(chat, "Hoa (cán bộ, Lai Châu)")
    await chat.say(address, "báo cáo 6 tháng")
    answer = texts(await chat.send_file(address, "bao-cao.pdf", bytes(20 * 1024 * 1024 + 1)))
    assert "Tệp quá lớn: tối đa 20 MB" in answer
    assert "HT11" in answer
    assert not chat.application.database.files.exists() or not any(chat.application.database.files.rglob("*"))
    assert "Đã lưu" in texts(await chat.send_file(address, "bao-cao.pdf", b"%PDF-1.7 bao cao"))


async def test_people_are_known_by_their_account_after_a_restart(chat: Chat) -> None:
    address = await speak_as(chat, "Lan (cán bộ, Lạng Sơn)")
    await chat.restart()
    known = await chat.application.database.read(lambda read: people.by_account(read, "test", address))
    assert known is not None
    assert known.name == "Hoàng Thị Lan"
