"""Broadcasts, as far as a conversation cannot show them: many recipients, blocked addresses, what happens between two moments."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers import broadcast
from handlers.broadcasting.due import due_broadcasts
from handlers.broadcasting.naming import hear
from handlers.kit.dialogue import Chosen
from handlers.kit.turn import Said
from storage import audit, broadcasts, duties, people
from storage.connection import Transaction, effect
from storage.people import Post
from tests.handlers.broadcast_world import DIALOGUE, NOW, confirmed, latest, letters, look, people_of
from tests.handlers.small_cluster import NAMES, ZONE, SmallCluster, at, labels_of, text_of


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


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
