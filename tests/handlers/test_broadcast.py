"""Broadcasts, as far as a conversation cannot show them: many recipients, blocked addresses, what happens between two moments."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.channels.base import Blocked, Part, RateLimited, Refused
from handlers import broadcast
from handlers.broadcasting.audience import Audience, resolve
from handlers.broadcasting.composing import BroadcastDialogue
from handlers.broadcasting.due import due_broadcasts
from handlers.broadcasting.naming import hear
from handlers.broadcasting.timing import At, Problem, read_time
from handlers.kit.dialogue import Chosen
from handlers.kit.turn import Outcome, Said
from storage import audit, broadcasts, duties, export, outbox, people
from storage.connection import Snapshot, Transaction, effect
from storage.people import Post
from tests.chat import WITH_BUTTONS, Chat
from tests.handlers.small_cluster import NAMES, ZONE, SmallCluster, at, labels_of, text_of
from tests.transcript import Player, Step

NOW = "2026-11-23 09:00"
DIALOGUE = BroadcastDialogue()


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


async def confirmed(cluster: SmallCluster, text: str, when: str = NOW) -> Outcome:
    """The secretary writes "audience: text" and confirms."""
    shown = await cluster.turn("ha", when, broadcast.handle, text)
    return await cluster.advance("ha", when, DIALOGUE, shown, Chosen("confirm"))


async def look(cluster: SmallCluster, when: str) -> None:
    """The tick of broadcasts."""
    now = at(when)
    await cluster.database.write(await cluster.database.read(lambda read: due_broadcasts(read, now, ZONE)))


async def latest(cluster: SmallCluster) -> broadcasts.Broadcast:
    return (await cluster.database.read(lambda read: broadcasts.latest(read, 1)))[0]


async def letters(cluster: SmallCluster, state: str = "waiting") -> list[tuple[str, str]]:
    """(person, key) of the letters of broadcasts in a state."""
    def rows(read: Snapshot) -> list[tuple[str, str]]:
        query = "SELECT person_id, key FROM outbox WHERE broadcast_id IS NOT NULL AND state = ? ORDER BY id"
        return read.execute(query, (state,)).fetchall()

    return await cluster.database.read(rows)


async def people_of(cluster: SmallCluster) -> list[str]:
    return [person for person, _ in await letters(cluster)]


def settle_all(tx: Transaction, state: str = "sent") -> None:
    tx.execute("UPDATE outbox SET state = ? WHERE broadcast_id IS NOT NULL AND state = 'waiting'", (state,))


# Whom -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("toàn Cụm", {"lan", "thanh", "ngoc", "huy", "anh"}),
        ("tat ca cac don vi", {"lan", "thanh", "ngoc", "huy", "anh"}),
        ("cán bộ", {"lan", "ngoc"}),
        ("lãnh đạo các đơn vị", {"thanh", "huy"}),
        ("quan sát", {"anh"}),
        ("Lạng Sơn", {"lan", "thanh"}),
        ("cán bộ Lạng Sơn, Cao Bằng", {"lan", "ngoc"}),
        ("tinh lang son va cao bang", {"lan", "thanh", "ngoc", "huy"}),
        ("quan sát, Cao Bằng", {"anh", "ngoc", "huy"}),
        ("lanh dao, quan sat", {"thanh", "huy", "anh"}),
        ("officers, Lang Son", {"lan"}),
        ("chưa nộp báo cáo quý 3", {"lan", "thanh", "ngoc", "huy"}),
        ("các đơn vị chưa nộp báo cáo tổng kết", {"lan", "thanh"}),
    ],
)
async def test_an_audience_in_words(cluster: SmallCluster, text: str, whom: set[str]) -> None:
    await cluster.write(effect(duties.complete, "E16:CAO_BANG", "ngoc", at(NOW)))
    await confirmed(cluster, f"{text}: Họp lúc 14h")
    assert set(await people_of(cluster)) == whom


@pytest.mark.parametrize("text", ["Hà Nội", "Lạng Sơn, Hà Nội", "họp với Lạng Sơn ngày mai", "xyz", "14h30", "tham dinh Lang Son"])
async def test_what_names_no_audience_is_not_taken_for_one(cluster: SmallCluster, text: str) -> None:
    assert not (await cluster.database.read(lambda read: hear(cluster._turn(read, "ha", NOW, ""), text))).clear


async def test_an_hour_is_no_audience(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "Ngày mai họp lúc 14:30 tại Sở")
    assert "Gửi thông báo cho ai" in text_of(shown.reply)
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("all"))
    assert "Ngày mai họp lúc 14:30 tại Sở" in text_of(shown.reply)


async def test_one_letter_each_in_the_own_language_whatever_the_reminders(cluster: SmallCluster) -> None:
    await cluster.write(
        effect(people.add_post, Post("post-lan-2", "lan", "CAO_BANG", "officer", "2025-01-01", None), None, 0),
        effect(people.link, "other", "lan-2", "lan", 0),
        effect(people.set_reminders, "thanh", False),
        effect(people.set_language, "huy", "en"),
        effect(people.add_person, "silent", "Chưa đồng ý", "", "vi", 0),
        effect(people.link, "test", "silent", "silent", 0),
        effect(people.add_post, Post("post-silent", "silent", "CAO_BANG", "officer", "2025-01-01", None), None, 0),
    )
    await confirmed(cluster, "toàn Cụm: Họp lúc 14h")
    rows = await cluster.database.read(
        lambda read: read.execute("SELECT person_id, channel, language, lane FROM outbox WHERE broadcast_id IS NOT NULL").fetchall()
    )
    assert {row[0]: row[2] for row in rows} == {"lan": "vi", "thanh": "vi", "ngoc": "vi", "huy": "en", "anh": "vi"}
    assert len(rows) == 5
    assert {row[3] for row in rows} == {"broadcast"}


async def test_who_cannot_be_reached_is_named_by_unit(cluster: SmallCluster) -> None:
    await cluster.write(
        effect(people.mark_blocked, "test", "huy", at(NOW)),
        effect(people.add_person, "moi", "Nông Văn Mới", "", "vi", 0),
        effect(people.consent, "moi", 0),
        effect(people.add_post, Post("post-moi", "moi", "LANG_SON", "officer", "2025-01-01", None), None, 0),
    )
    shown = await cluster.turn("ha", NOW, broadcast.handle, "toàn Cụm: Họp lúc 14h")
    assert "Người nhận: toàn Cụm (4 người, 2 đơn vị)" in text_of(shown.reply)
    assert "Chưa tham gia: Lạng Sơn (1/3), Tuyên Quang" in text_of(shown.reply)
    assert "Đã chặn tin nhắn: Cao Bằng (1/2)" in text_of(shown.reply)
    await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    text = await cluster.ask("ha", NOW, broadcast.handle, f"show {(await latest(cluster)).id}")
    assert "Đang chờ gửi: 4 người · Cao Bằng (1/2), Lạng Sơn (2/3), quan sát" in text
    assert "Đã chặn tin nhắn: 1 người · Cao Bằng (1/2)" in text
    assert "Chưa tham gia: 1 người · Lạng Sơn (1/3), Tuyên Quang" in text


async def test_nobody_reachable_cannot_be_confirmed(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "Tuyên Quang: Họp lúc 14h")
    assert labels_of(shown.reply) == ["Sửa", "Hủy"]
    await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    assert await cluster.database.read(lambda read: broadcasts.latest(read, 1)) == ()


# Ten thousand -----------------------------------------------------------------------------------------------------------------


def _crowd(tx: Transaction, count: int) -> None:
    tx.executemany(
        "INSERT INTO people (id, name, language, consent_at, created_at) VALUES (?, ?, ?, 0, 0)",
        [(f"p{number}", f"Cán bộ {number:05}", "en" if number % 10 == 0 else "vi") for number in range(count)],
    )
    tx.executemany(
        "INSERT INTO accounts (channel, address, person_id, preferred, linked_at) VALUES ('test', ?, ?, 1, 0)",
        [(f"a{number}", f"p{number}") for number in range(count)],
    )
    tx.executemany(
        "INSERT INTO posts (id, person_id, unit_id, role, valid_from) VALUES (?, ?, ?, 'officer', '2025-01-01')",
        [(f"o{number}", f"p{number}", list(NAMES)[number % len(NAMES)]) for number in range(count)],
    )


async def test_ten_thousand_are_one_effect_and_one_commit(cluster: SmallCluster) -> None:
    await cluster.write(effect(_crowd, 10_000))
    shown = await cluster.turn("ha", NOW, broadcast.handle, "toàn Cụm: Họp lúc 14h")
    assert "10.005 người, 3 đơn vị" in text_of(shown.reply)
    done = await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    assert [each.function.__name__ for each in done.effects] == ["add", "send"]
    assert len(await letters(cluster)) == 10_005
    text = await cluster.ask("ha", NOW, broadcast.handle, f"show {(await latest(cluster)).id}")
    assert "Đang chờ gửi: 10.005 người · Cao Bằng, Lạng Sơn, Tuyên Quang, quan sát" in text


async def test_a_scheduled_one_is_as_well(cluster: SmallCluster) -> None:
    await cluster.write(effect(_crowd, 2_000))
    shown = await cluster.turn("ha", NOW, broadcast.handle, "toàn Cụm: Họp lúc 16h")
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("14h"))
    await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    now = at("2026-11-23 14:00")
    effects = await cluster.database.read(lambda read: due_broadcasts(read, now, ZONE))
    assert [each.function.__name__ for each in effects] == ["send"]
    await cluster.write(*effects)
    assert len(await letters(cluster)) == 2_005
    assert await cluster.database.read(lambda read: due_broadcasts(read, now, ZONE)) == ()


# Between confirming and sending ---------------------------------------------------------------------------------------------------


async def test_who_it_is_for_is_decided_when_it_is_sent(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "chưa nộp báo cáo tổng kết: Đề nghị nộp trong tuần")
    assert "(4 người, 2 đơn vị)" in text_of(shown.reply)
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("15h"))
    await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    await cluster.write(
        effect(duties.complete, "E16:CAO_BANG", "ngoc", at("2026-11-23 10:00")),
        effect(people.end_post, "post-thanh", "2026-11-22", None, at("2026-11-23 11:00")),
    )
    await look(cluster, "2026-11-23 14:59")
    assert await letters(cluster) == []
    await look(cluster, "2026-11-23 15:00")
    assert await people_of(cluster) == ["lan"]


async def test_the_erased_get_nothing_any_more(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn: Họp lúc 14h")
    await cluster.write(effect(people.erase, "lan", "2026-11-22", at(NOW)))
    assert await people_of(cluster) == ["thanh"]
    text = await cluster.ask("ha", NOW, broadcast.handle, f"show {(await latest(cluster)).id}")
    assert "Không gửi được: 1 người" in text


async def test_all_have_filed_by_then(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "chưa nộp báo cáo tổng kết: Đề nghị nộp trong tuần")
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("15h"))
    await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    await cluster.write(*(effect(duties.complete, f"E16:{unit}", "ngoc", at("2026-11-23 10:00")) for unit in NAMES))
    await look(cluster, "2026-11-23 15:00")
    await look(cluster, "2026-11-23 15:01")
    assert await letters(cluster) == []
    assert (await latest(cluster)).state == "done"
    [(person, text)] = await cluster.letters()
    assert person == "ha"
    assert "Không còn ai thuộc diện nhận" in text


async def test_late_within_a_day_goes_out_and_says_so_later_it_does_not(cluster: SmallCluster) -> None:
    for back_up, state in (("2026-11-24 06:00", "scheduled"), ("2026-11-24 07:00", "sending"), ("2026-11-24 15:00", "missed")):
        shown = await cluster.turn("ha", NOW, broadcast.handle, "Lạng Sơn: Họp lúc 16h")
        shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("14h"))
        await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
        given = await latest(cluster)
        await look(cluster, back_up)
        assert (await cluster.database.read(lambda read, ident=given.id: broadcasts.broadcast(read, ident))).state == state  # type: ignore[union-attr, misc]
        await cluster.write(effect(_forget))


def _forget(tx: Transaction) -> None:
    for table in ("outbox", "broadcast_recipients", "broadcasts"):
        tx.execute(f"DELETE FROM {table}")  # noqa: S608


async def test_a_late_letter_says_so(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "Lạng Sơn: Họp lúc 16h")
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("14h"))
    await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    await look(cluster, "2026-11-23 17:30")
    assert all("Gửi chậm do hệ thống gián đoạn: hẹn gửi lúc 14:00 23/11/2026." in text for _, text in await cluster.letters())


# Twice ------------------------------------------------------------------------------------------------------------------------


async def test_confirmed_once_however_often_it_is_said(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "Lạng Sơn: Họp lúc 14h")
    await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    again = await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    assert "đã được xác nhận trước đó" in text_of(again.reply)
    assert again.effects == ()
    assert len(await letters(cluster)) == 2


async def test_quiet_hours_that_begin_before_the_confirmation_are_asked_about(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", "2026-11-23 19:59", broadcast.handle, "Lạng Sơn: Họp lúc 8h mai")
    asked = await cluster.advance("ha", "2026-11-23 20:01", DIALOGUE, shown, Chosen("confirm"))
    assert labels_of(asked.reply) == ["Gửi lúc 07:00", "Gửi ngay", "Giờ khác", "Hủy"]
    assert await letters(cluster) == []
    shown = await cluster.advance("ha", "2026-11-23 20:01", DIALOGUE, asked, Chosen("now"))
    assert "ngay khi xác nhận (trong giờ nghỉ)" in text_of(shown.reply)
    await cluster.advance("ha", "2026-11-23 20:02", DIALOGUE, shown, Chosen("confirm"))
    assert len(await letters(cluster)) == 2


async def test_a_time_that_passes_before_the_confirmation_is_asked_again(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "Lạng Sơn: Họp lúc 8h mai")
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("9h30"))
    asked = await cluster.advance("ha", "2026-11-23 09:31", DIALOGUE, shown, Chosen("confirm"))
    assert "Thời điểm này đã qua." in text_of(asked.reply)
    assert "Gửi vào lúc nào" in text_of(asked.reply)


async def test_a_text_too_long_is_told_and_kept_for_shortening(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, f"Lạng Sơn: {'Họp giao ban. ' * 300}")
    assert "tối đa 3.000 ký tự" in text_of(shown.reply)
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("Họp giao ban lúc 14h"))
    assert labels_of(shown.reply)[0] == "Xác nhận"


async def test_two_secretaries_stop_one_message(cluster: SmallCluster) -> None:
    await cluster.write(
        effect(people.add_person, "binh", "Bình", "", "vi", 0),
        effect(people.consent, "binh", 0),
        effect(people.add_post, Post("post-binh", "binh", None, "secretary", "2025-01-01", None), None, 0),
    )
    await confirmed(cluster, "Lạng Sơn: Họp lúc 14h")
    ident = (await latest(cluster)).id
    assert "Đã dừng: 0 người đã nhận, 2 người sẽ không nhận." in await cluster.ask("binh", NOW, broadcast.handle, f"stop {ident}")
    assert "Không còn gì để dừng: đã dừng, 0 người đã nhận." in await cluster.ask("ha", NOW, broadcast.handle, f"stop {ident}")
    assert len(await letters(cluster, "dropped")) == 2
    noted = await cluster.database.read(lambda read: audit.entries(read, subject=f"broadcast:{ident}"))
    assert [(each.action, each.person_id) for each in noted] == [
        ("broadcast.cancel", "binh"), ("broadcast.send", "ha"), ("broadcast.confirm", "ha"),
    ]  # fmt: skip
    assert json.loads(str(noted[-1].after).partition(" · ")[0]) == {"roles": [], "units": ["LANG_SON"], "event": ""}


async def test_a_post_that_has_ended_sends_nothing(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "Lạng Sơn: Họp lúc 14h")
    await cluster.write(effect(people.end_post, "post-ha", "2026-11-22", None, at(NOW)))
    ended = await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("confirm"))
    assert ended.dialogue == "end"
    assert await letters(cluster) == []


# Many units, long ago ---------------------------------------------------------------------------------------------------------------


def _communes(tx: Transaction, count: int) -> None:
    for number in range(count):
        unit = f"XA_{number:03}"
        tx.execute("INSERT INTO units (id, name, sort_key) VALUES (?, ?, ?)", (unit, f"Xã {number:03}", f"xa {number:03}"))
        tx.execute("INSERT INTO memberships (year, unit_id, role) VALUES (2026, ?, 'member')", (unit,))
        tx.execute("INSERT INTO people (id, name, consent_at, created_at) VALUES (?, ?, 0, 0)", (f"x{number}", f"Người {number}"))
        tx.execute("INSERT INTO accounts (channel, address, person_id, linked_at) VALUES ('test', ?, ?, 0)", (f"x{number}", f"x{number}"))
        tx.execute(
            "INSERT INTO posts (id, person_id, unit_id, role, valid_from) VALUES (?, ?, ?, 'officer', '2025-01-01')",
            (f"x{number}", f"x{number}", unit),
        )


async def test_many_units_are_counted_and_paged(cluster: SmallCluster) -> None:
    await cluster.write(effect(_communes, 45))
    await confirmed(cluster, "toàn Cụm: Họp lúc 14h")
    ident = (await latest(cluster)).id
    shown = await cluster.turn("ha", NOW, broadcast.handle, f"show {ident}")
    assert "Đang chờ gửi: 50 người · 48 đơn vị" in text_of(shown.reply)
    assert "Xem theo đơn vị" in labels_of(shown.reply)
    first = text_of((await cluster.turn("ha", NOW, broadcast.handle, f"places {ident} 1")).reply)
    assert "Tuyên Quang · Chưa tham gia" in first
    assert len(first.splitlines()) == 21
    last = await cluster.turn("ha", NOW, broadcast.handle, f"places {ident} 3")
    assert "trang 3/3" in text_of(last.reply)
    assert "Trang sau" not in labels_of(last.reply)


async def test_after_ninety_days_only_the_counts_are_left(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn, Tuyên Quang: Họp lúc 14h")
    await cluster.write(effect(settle_all))
    await look(cluster, "2026-11-23 09:05")
    later = "2027-02-22 09:00"
    await look(cluster, later)
    await cluster.write(effect(outbox.drop_old, at(later)))
    given = await latest(cluster)
    assert (given.body, given.sha256) == ("", None)
    assert json.loads(str(given.counts)) == {"sent": 2, "unreachable": 0}
    text = await cluster.ask("ha", later, broadcast.handle, f"show {given.id}")
    assert "Đã gửi: 2 người" in text
    assert "đã gửi tới 2/2 người" in await cluster.ask("ha", later, broadcast.handle)
    await look(cluster, later)


async def test_the_export_holds_them_with_their_recipients(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn, Tuyên Quang: Họp lúc 14h")
    await cluster.write(effect(settle_all))
    sheets = {sheet.name: sheet for sheet in export.SHEETS}
    assert ",".join(sheets["broadcasts"].columns) == "broadcast,person,confirmed_at,audience,text,file,send_at,state,rounds,counts"
    assert ",".join(sheets["broadcast_recipients"].columns) == "broadcast,unit_id,person,role,state,round"
    told = await cluster.database.read(lambda read: [row[1:] for row in export.rows(read, sheets["broadcast_recipients"])])
    assert told == [("LANG_SON", "lan", "", "sent", 1), ("LANG_SON", "thanh", "", "sent", 1), ("TUYEN_QUANG", "", "", "unreachable", 1)]
    assert len(await cluster.database.read(lambda read: list(export.rows(read, sheets["broadcasts"])))) == 1


async def test_letters_of_a_channel_that_does_not_run_expire(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn: Họp lúc 14h")
    await look(cluster, "2026-11-29 09:00")
    assert (await latest(cluster)).state == "sending"
    await look(cluster, "2026-11-30 09:00")
    assert (await latest(cluster)).state == "done"
    assert len(await letters(cluster, "dropped")) == 2


async def test_the_end_of_one_round_does_not_end_the_next(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn: Họp lúc 14h")
    await cluster.write(effect(settle_all, "failed"))
    ended = await cluster.database.read(lambda read: due_broadcasts(read, at(NOW), ZONE))
    ident = (await latest(cluster)).id
    await cluster.turn("ha", NOW, broadcast.handle, f"resent {ident} 2")
    await cluster.write(*ended)
    assert (await latest(cluster)).state == "sending"
    assert len(await letters(cluster)) == 2


# Through the sender -----------------------------------------------------------------------------------------------------------------


class Sending:
    """The whole application with three people of the sample who are reached by it, and the secretary."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.player = Player(chat)
        self.addresses: dict[str, str] = {}

    async def join(self) -> None:
        for who in ("Lan (cán bộ, Lạng Sơn)", "Thành (lãnh đạo, Lạng Sơn)", "Ngọc (cán bộ, Cao Bằng)", "Hà (thư ký)"):
            await self.player.play(Step("#", f"as {who}", []))
            self.addresses[who.partition(" ")[0]] = self.player.address

    async def says(self, text: str) -> str:
        return "\n".join(await self.player.play(Step(">", text, [])))

    async def chooses(self, label: str) -> str:
        return "\n".join(await self.player.play(Step("*", label, [])))

    def got(self, who: str) -> list[str]:
        return [part.text for part in self.chat.new(self.addresses[who])]


@pytest.fixture
async def sending(cluster_path: Path) -> AsyncIterator[Sending]:
    chat = Chat(cluster_path, at("2026-11-23 09:00"), WITH_BUTTONS, "testbuttons")
    await chat.open()
    world = Sending(chat)
    await world.join()
    yield world
    await chat.close()


@pytest.fixture
def cluster_path(sample: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sample, tmp_path / "cluster.sqlite3"))


async def test_stopped_while_it_runs_reaches_nobody_else(sending: Sending) -> None:
    held = sending.addresses["Ngọc"]
    sending.chat.channel.refuse = lambda address, part: RateLimited(120) if address == held else None
    await sending.says("thông báo cho Lạng Sơn, Cao Bằng: Họp lúc 14h")
    await sending.chooses("Xác nhận")
    assert len(sending.got("Lan")) == 1
    assert "Đang chờ gửi: 1 người · Cao Bằng (1/2)" in await sending.chooses("Kết quả gửi")
    sending.chat.channel.refuse = lambda address, part: None
    assert "Đã dừng: 2 người đã nhận, 1 người sẽ không nhận." in await sending.chooses("Dừng gửi")
    await sending.chat.advance(3_600)
    assert sending.got("Ngọc") == []
    assert "Đã dừng, không gửi: 1 người · Cao Bằng (1/2)" in await sending.chooses("Kết quả gửi")


async def test_stopped_in_the_middle_of_many(sending: Sending) -> None:
    def crowd(tx: Transaction) -> None:
        for who in (f"m{number}" for number in range(60)):
            tx.execute("INSERT INTO people (id, name, consent_at, created_at) VALUES (?, ?, 0, 0)", (who, f"Người {who}"))
            tx.execute("INSERT INTO accounts (channel, address, person_id, linked_at) VALUES ('testbuttons', ?, ?, 0)", (who, who))
            tx.execute("INSERT INTO posts (id, person_id, role, valid_from) VALUES (?, ?, 'observer', '2026-01-01')", (who, who))

    chat, application = sending.chat, sending.chat.application
    await application.database.write((effect(crowd),))
    gate, begun, send = asyncio.Event(), asyncio.Event(), chat.channel.send

    async def slow(address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        if address.startswith("m"):
            begun.set()
            await gate.wait()
        return await send(address, thread, part, content, replaces)

    await sending.says("thông báo cho quan sát: Họp lúc 14h")
    chat.channel.send = slow  # type: ignore[method-assign]
    address, receive = sending.player.address, application.receiver("testbuttons")
    menu, _ = await chat.choices(address)
    await receive(*chat.letter(address, {"kind": "tap", "menu": menu, "index": 0}))
    running = asyncio.create_task(application.settle())
    await begun.wait()
    (given,) = await application.database.read(lambda read: broadcasts.latest(read, 1))
    await receive(*chat.letter(address, {"kind": "text", "text": f"/thongbao stop {given.id}"}))
    await application.turns.settle()
    gate.set()
    await running
    await application.settle()
    arrived = [len(chat.channel.delivered[f"m{number}"]) for number in range(60)]
    assert set(arrived) <= {0, 1}
    assert 0 < sum(arrived) < 60        # those under way arrive, the others do not
    shown = "\n".join(await sending.player.play(Step(">", f"/thongbao show {given.id}", [])))
    assert f"Đã gửi: {sum(arrived)} người" in shown
    assert f"Đã dừng, không gửi: {60 - sum(arrived)} người" in shown


async def test_blocked_and_failed_are_told_and_sent_again_to_them_alone(sending: Sending) -> None:
    lan, ngoc = sending.addresses["Lan"], sending.addresses["Ngọc"]
    trouble = {ngoc: Blocked("blocked"), lan: Refused("bad")}
    sending.chat.channel.refuse = lambda address, part: trouble.get(address)
    await sending.says("thông báo cho Lạng Sơn, Cao Bằng: Họp lúc 14h")
    await sending.chooses("Xác nhận")
    await sending.chat.advance(60)
    (told,) = sending.got("Hà")
    assert "Đã gửi tới 1/3 người." in told.replace("<b>", "").replace("</b>", "")
    assert "Lạng Sơn (1/2)" in told
    assert "Cao Bằng (1/2)" in told
    await sending.chat.advance(900)
    await sending.chat.advance(900)
    assert sending.got("Hà") == []      # told once: no alert says the same again
    shown = await sending.chooses("Xem chi tiết")
    assert "Không gửi được: 1 người · Lạng Sơn (1/2)" in shown
    assert "Đã chặn tin nhắn: 1 người · Cao Bằng (1/2)" in shown
    assert "[Gửi lại cho nơi chưa nhận được (1)]" in shown      # who has blocked the bot is not reachable now

    sending.chat.channel.refuse = lambda address, part: None
    await sending.chat.application.database.write((effect(people.mark_reached, "testbuttons", ngoc),))
    await sending.says("/thongbao")
    shown = await sending.chooses("Họp lúc 14h")
    assert "[Gửi lại cho nơi chưa nhận được (2)]" in shown
    sending.got("Thành")
    assert "tới 2 người, 2 đơn vị: Cao Bằng, Lạng Sơn?" in await sending.chooses("Gửi lại cho nơi chưa nhận được (2)")
    menu, choices = await sending.chat.choices(sending.player.address)
    assert len(choices) == 2
    await sending.chooses("Xác nhận")
    again = [part.text for part in await sending.chat.tap(sending.player.address, menu, 0)]
    assert "đã được xác nhận trước đó" in again[0]
    assert len(sending.got("Lan")) == 1
    assert len(sending.got("Ngọc")) == 1
    assert sending.got("Thành") == []
    await sending.chat.advance(60)
    assert sending.got("Hà") == []      # nobody failed this time: no further letter


async def test_what_may_have_arrived_is_sent_again_as_repeated(sending: Sending) -> None:
    held = sending.addresses["Ngọc"]
    sending.chat.channel.refuse = lambda address, part: RateLimited(7_200) if address == held else None
    await sending.says("thông báo cho Lạng Sơn, Cao Bằng: Họp lúc 14h")
    await sending.chooses("Xác nhận")

    def given_up(tx: Transaction) -> None:
        (letter_id,) = tx.execute("SELECT id FROM outbox WHERE address = ? AND broadcast_id IS NOT NULL", (held,)).fetchone()
        outbox.settle(tx, letter_id, "failed", None, sending.chat.clock.now(), "unknown: no answer")

    await sending.chat.application.database.write((effect(given_up),))
    sending.chat.channel.refuse = lambda address, part: None
    await sending.chat.advance(7_200)
    assert "Chưa rõ đã đến hay chưa: 1 người · Cao Bằng (1/2)" in await sending.chooses("Xem chi tiết")
    await sending.chooses("Gửi lại cho nơi chưa nhận được (1)")
    await sending.chooses("Xác nhận")
    (repeated,) = sending.got("Ngọc")
    assert repeated.startswith(("(nhắc lại)", "<i>(nhắc lại)"))
    assert len(sending.got("Lan")) == 1


async def test_units_are_picked_by_several_numbers(cluster: SmallCluster) -> None:
    shown = await cluster.turn("ha", NOW, broadcast.handle, "new")
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("units"))
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("1, 3"))
    assert "Đã chọn: Cao Bằng, Tuyên Quang." in text_of(shown.reply)
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Said("1, 9"))
    assert "Chưa rõ" in text_of(shown.reply)
    shown = await cluster.advance("ha", NOW, DIALOGUE, shown, Chosen("done"))
    assert "Người nhận: Cao Bằng, Tuyên Quang." in text_of(shown.reply)


async def test_a_double_tap_and_a_repeated_update_send_once(sending: Sending) -> None:
    await sending.says("thông báo cho Lạng Sơn: Họp lúc 14h")
    address = sending.player.address
    menu, _ = await sending.chat.choices(address)
    key, payload = sending.chat.letter(address, {"kind": "tap", "menu": menu, "index": 0})
    receive = sending.chat.application.receiver("testbuttons")
    for _ in range(3):
        await receive(key, payload)
    await sending.chat.application.settle()
    await sending.chat.tap(address, menu, 0)
    assert len(sending.got("Lan")) == 1
    assert len(await sending.chat.application.database.read(lambda read: broadcasts.latest(read, 5))) == 1


async def test_a_photo_is_seen_as_a_photo(sending: Sending) -> None:
    await sending.says("thông báo cho Lạng Sơn")
    address = sending.player.address
    parts = await sending.chat.send_file(address, "anh.jpg", b"\xff\xd8\xff sample", "image/jpeg", caption="Sơ đồ chỗ ngồi hội nghị")
    assert [part.kind for part in parts] == ["text", "picture", "text"]
    await sending.chooses("Xác nhận")
    seen = [part.kind for part in sending.chat.new(sending.addresses["Lan"])]
    assert seen == ["text", "picture"]


async def test_a_photo_with_the_audience_in_its_caption_goes_to_the_preview(sending: Sending) -> None:
    parts = await sending.chat.send_file(
        sending.player.address, "anh.png", b"sample", "image/png", caption="Thông báo cho Lạng Sơn: Sơ đồ chỗ ngồi hội nghị"
    )
    assert [part.kind for part in parts] == ["text", "picture", "text"]
    assert "Sơ đồ chỗ ngồi hội nghị" in parts[0].text
    assert "Người nhận" in parts[2].text


async def test_a_file_too_large_is_told(sending: Sending) -> None:
    await sending.says("thông báo cho Lạng Sơn")
    parts = await sending.chat.send_file(sending.player.address, "ban-do.pdf", b"x" * (20 * 1024 * 1024 + 1))
    assert "Tệp quá lớn" in parts[0].text
    assert "nội dung thông báo" in parts[0].text


async def test_killed_between_confirmation_and_sending_it_goes_out_once(sending: Sending) -> None:
    for who in ("Lan", "Thành"):
        sending.got(who)
    sending.chat.channel.refuse = lambda address, part: RateLimited(30) if address != sending.addresses["Hà"] else None
    await sending.says("thông báo cho Lạng Sơn: Họp lúc 14h")
    await sending.chooses("Xác nhận")
    sending.chat.channel.refuse = lambda address, part: None
    await sending.chat.restart(60)
    await sending.chat.restart(60)
    assert len(sending.got("Lan")) == 1
    assert len(sending.got("Thành")) == 1


# When -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("14h", "2026-11-23 14:00"), ("14h30", "2026-11-23 14:30"), ("2h chiều", "2026-11-23 14:00"), ("sáng mai", "2026-11-24 08:00"),
        ("chiều mai", "2026-11-24 14:00"), ("8h thứ Hai", "2026-11-30 08:00"), ("thứ Ba", "2026-11-24 08:00"),
        ("7h30 ngày 25/12", "2026-12-25 07:30"), ("25/12 lúc 7h30", "2026-12-25 07:30"), ("30 phút nữa", "2026-11-23 09:30"),
        ("2 tiếng nữa", "2026-11-23 11:00"), ("sau 1 giờ nữa", "2026-11-23 10:00"), ("14h ngày mai", "2026-11-24 14:00"),
        ("chiều nay", "2026-11-23 14:00"), ("9h01", "2026-11-23 09:01"), ("hẹn gửi lúc 16h chiều mai", "2026-11-24 16:00"),
    ],
)  # fmt: skip
def test_a_time_in_words(said: str, expected: str) -> None:
    found = read_time(said, at(NOW), ZONE)
    assert isinstance(found, At)
    assert found.epoch is not None
    assert datetime.fromtimestamp(found.epoch, ZONE).strftime("%Y-%m-%d %H:%M") == expected


@pytest.mark.parametrize(("said", "instead"), [("8h", "2026-11-24 08:00"), ("2h", "2026-11-23 14:00"), ("9h", "2026-11-24 09:00")])
def test_a_time_that_has_passed_is_asked_again(said: str, instead: str) -> None:
    found = read_time(said, at(NOW), ZONE)
    assert isinstance(found, Problem)
    assert found.instead == at(instead)


@pytest.mark.parametrize("said", ["31/02", "tuần sau", "25h", "8h sáng nay", "hôm qua", "22/11/2026", "25/12/2030"])
def test_what_is_no_instant_is_said(said: str) -> None:
    found = read_time(said, at(NOW), ZONE)
    assert isinstance(found, Problem)
    assert found.instead is None


@pytest.mark.parametrize("said", ["khi nào xong", "abc", "14", "sớm nhé"])
def test_what_names_no_time_is_none(said: str) -> None:
    assert read_time(said, at(NOW), ZONE) is None


async def test_at_once_in_words(cluster: SmallCluster) -> None:
    assert read_time("gửi ngay", at(NOW), ZONE) == At(None)
    found = await cluster.database.read(lambda read: resolve(read, Audience(), datetime.fromtimestamp(at(NOW), ZONE).date(), "ha"))
    assert {each.to.person_id for each in found.targets} == {"lan", "thanh", "ngoc", "huy", "anh"}
