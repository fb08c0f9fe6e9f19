"""What could not be delivered is told to the organisers: by unit, once, in one letter, by day, and without a word of what was said."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.channels.base import Blocked
from handlers.kit.message import verbatim
from handlers.kit.reply import say
from handlers.kit.wire import encode
from handlers.schedule.alerts import due_alerts
from storage import outbox, people, undelivered
from storage.connection import Effect, effect
from storage.errors import Conflict
from storage.people import Post
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.handlers.small_cluster import ZONE, SmallCluster, at
from tests.transcript import Player, Step

BLOCKED = "Hệ thống không còn gửi được tin nhắn cho các đồng chí sau (đã chặn hệ thống hoặc tài khoản không còn):"
CHANNELS = ("test", "other")


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    cluster = await SmallCluster.open(tmp_path)
    yield cluster
    await cluster.database.close()


async def look(cluster: SmallCluster, when: str) -> list[tuple[str, str]]:
    """The letters (person, text) that a look writes."""
    before = len(await cluster.letters())
    await cluster.database.write(await effects(cluster, when))
    return (await cluster.letters())[before:]


async def effects(cluster: SmallCluster, when: str) -> tuple[Effect, ...]:
    return await cluster.database.read(lambda read: due_alerts(read, at(when), ZONE, CHANNELS))


async def block(cluster: SmallCluster, person_id: str, when: str) -> None:
    await cluster.write(effect(people.mark_blocked, "test", person_id, at(when)))


async def set_aside(cluster: SmallCluster, person_id: str | None, why: str, when: str, key: str | None = None) -> None:
    letter = encode(say(verbatim("Nội dung riêng.")))
    await cluster.write(effect(outbox.queue, "test", "x", letter, "vi", at(when), person_id=person_id, key=key))
    newest = await cluster.database.read(lambda read: read.execute("SELECT MAX(id) FROM outbox").fetchone()[0])
    await cluster.write(effect(outbox.settle, newest, "failed", None, at(when), why))


async def test_those_who_block_the_bot_are_named_by_unit_in_one_letter(cluster: SmallCluster) -> None:
    await block(cluster, "lan", "2026-11-23 08:00")
    await block(cluster, "huy", "2026-11-23 08:01")
    ((reader, text),) = await look(cluster, "2026-11-23 08:10")
    assert reader == "ha"
    assert text.splitlines() == [
        "Tin nhắn không gửi được",
        BLOCKED,
        "Cao Bằng: đồng chí Đàm Quang Huy",
        "Lạng Sơn: đồng chí Hoàng Thị Lan",
        "Đề nghị liên hệ bằng cách khác. Khi đồng chí nào nhắn lại cho hệ thống, việc gửi tin được nối lại ngay.",
    ]
    assert await look(cluster, "2026-11-23 09:00") == []


async def test_it_waits_until_no_more_comes_but_not_for_ever(cluster: SmallCluster) -> None:
    await block(cluster, "lan", "2026-11-23 08:00")
    assert await look(cluster, "2026-11-23 08:04") == []
    await block(cluster, "huy", "2026-11-23 08:04")
    assert await look(cluster, "2026-11-23 08:08") == []
    await block(cluster, "thanh", "2026-11-23 08:29")
    assert len(await look(cluster, "2026-11-23 08:30")) == 1


async def test_it_waits_for_the_end_of_quiet_hours(cluster: SmallCluster) -> None:
    await block(cluster, "lan", "2026-11-23 21:00")
    assert await look(cluster, "2026-11-23 22:00") == []
    assert await look(cluster, "2026-11-24 06:59") == []
    assert len(await look(cluster, "2026-11-24 07:00")) == 1


async def test_who_has_another_address_is_still_reached(cluster: SmallCluster) -> None:
    await cluster.write(effect(people.link, "other", "lan-2", "lan", 0))
    await cluster.write(effect(people.link, "silent", "lan-3", "lan", 0))      # on a channel that does not run: it reaches nobody
    await block(cluster, "lan", "2026-11-23 08:00")
    assert await look(cluster, "2026-11-23 09:00") == []
    await cluster.write(effect(people.mark_blocked, "other", "lan-2", at("2026-11-23 09:00")))
    assert "đồng chí Hoàng Thị Lan" in (await look(cluster, "2026-11-23 10:00"))[0][1]


async def test_who_came_back_in_between_is_not_told_of_and_is_when_it_happens_again(cluster: SmallCluster) -> None:
    await block(cluster, "lan", "2026-11-23 08:00")
    await cluster.write(effect(people.mark_reached, "test", "lan"))
    assert await look(cluster, "2026-11-23 09:00") == []
    await block(cluster, "lan", "2026-11-23 09:00")
    assert len(await look(cluster, "2026-11-23 10:00")) == 1
    await cluster.write(effect(people.mark_reached, "test", "lan"))
    await block(cluster, "lan", "2026-11-23 11:00")
    assert len(await look(cluster, "2026-11-23 14:00")) == 1


async def test_letters_set_aside_are_told_without_their_content(cluster: SmallCluster) -> None:
    await set_aside(cluster, "lan", "refused: Bad Request: can't parse entities", "2026-11-23 08:00")
    await set_aside(cluster, "lan", "refused: Bad Request: can't parse entities", "2026-11-23 08:00")
    await set_aside(cluster, "ngoc", "defect: KeyError", "2026-11-23 08:00")
    await set_aside(cluster, "anh", "unknown: no answer in time", "2026-11-23 08:00")
    await set_aside(cluster, None, "unreachable: down", "2026-11-23 08:00")
    ((_, text),) = await look(cluster, "2026-11-23 08:10")
    assert text.splitlines() == [
        "Tin nhắn không gửi được",
        "Có 5 tin nhắn không gửi được, hệ thống đã ngừng gửi lại.",
        "Cao Bằng: đồng chí Bế Thị Ngọc (lỗi của hệ thống)",
        "Lạng Sơn: đồng chí Hoàng Thị Lan (ứng dụng nhắn tin không nhận)",
        "Quan sát: đồng chí Phạm Quỳnh Anh (không có phản hồi, có thể đã đến nơi)",
        "Trong đó 1 tin gửi cho người chưa tham gia.",
        "Nguyên nhân được ghi trong nhật ký máy chủ; đề nghị báo quản trị viên.",
    ]
    assert await look(cluster, "2026-11-23 09:00") == []


async def test_the_failure_of_an_alert_makes_no_alert(cluster: SmallCluster) -> None:
    await set_aside(cluster, "ha", "refused: x", "2026-11-23 08:00", key="alert:ha:1")
    assert await effects(cluster, "2026-11-23 09:00") == ()


async def test_secretaries_and_administrators_are_told_each_once(cluster: SmallCluster) -> None:
    await cluster.write(effect(people.add_post, Post("second", "ha", None, "admin", "2026-01-01", None), None, 0))
    await cluster.write(effect(people.add_post, Post("third", "anh", None, "admin", "2026-01-01", None), None, 0))
    await block(cluster, "lan", "2026-11-23 08:00")
    assert sorted(reader for reader, _ in await look(cluster, "2026-11-23 09:00")) == ["anh", "ha"]


async def test_when_nobody_can_be_told_it_is_told_later(cluster: SmallCluster) -> None:
    await block(cluster, "lan", "2026-11-23 08:00")
    await block(cluster, "ha", "2026-11-23 08:00")
    assert await effects(cluster, "2026-11-23 09:00") == ()
    await cluster.write(effect(people.mark_reached, "test", "ha"))
    ((reader, text),) = await look(cluster, "2026-11-23 09:30")
    assert reader == "ha"
    assert "Hoàng Thị Lan" in text
    assert "Hà" not in text.replace("Hệ", "")


async def test_two_looks_that_race_tell_once(cluster: SmallCluster) -> None:
    await block(cluster, "lan", "2026-11-23 08:00")
    first, second = await effects(cluster, "2026-11-23 09:00"), await effects(cluster, "2026-11-23 09:01")
    await cluster.database.write(first)
    with pytest.raises(Conflict):
        await cluster.database.write(second)
    assert len(await cluster.letters()) == 1


async def test_a_clock_that_went_back_hides_nothing(cluster: SmallCluster) -> None:
    await block(cluster, "lan", "2027-11-23 08:00")
    assert len(await look(cluster, "2026-11-23 08:10")) == 1


async def test_what_nobody_was_told_of_is_found_by_an_index(cluster: SmallCluster) -> None:
    """A look every few seconds must not read all that was ever sent."""

    def plans(read: object) -> str:
        seen: list[str] = []
        read.set_trace_callback(seen.append)  # type: ignore[attr-defined]
        undelivered.refusing(read, CHANNELS)  # type: ignore[arg-type]
        undelivered.set_aside(read)  # type: ignore[arg-type]
        read.set_trace_callback(None)  # type: ignore[attr-defined]
        return "\n".join(str(row[3]) for query in seen for row in read.execute(f"EXPLAIN QUERY PLAN {query}"))  # type: ignore[attr-defined]

    told = await cluster.database.read(plans)
    assert "outbox_untold" in told
    assert "accounts_untold" in told
    assert "SCAN outbox\n" not in told + "\n"


async def test_a_cluster_hears_of_one_who_blocks_the_bot_and_of_him_again_when_he_writes(cluster_file: Callable[[], Path]) -> None:
    """The whole way: a refused answer, the tick, the secretary's letter, the return."""
    chat = Chat(cluster_file(), START, WITH_BUTTONS, "test")
    await chat.open()
    addresses = []
    for who in ("Hà (thư ký)", "Lan (cán bộ, Lạng Sơn)"):
        player = Player(chat)
        await player.play(Step("#", f"as {who}", []))
        addresses.append(player.address)
    secretary, officer = addresses
    chat.channel.refuse = lambda address, part: Blocked("blocked by the user") if address == officer else None
    assert await chat.say(officer, "xếp hạng") == []
    chat.new(secretary)
    await chat.advance(3600)
    told = "\n".join(part.text for part in chat.new(secretary))
    assert "Lạng Sơn: đồng chí Hoàng Thị Lan" in told
    assert "xếp hạng" not in told.lower()
    await chat.advance(7200)
    assert not any("không còn gửi được" in part.text for part in chat.new(secretary))
    chat.channel.refuse = lambda address, part: None
    assert await chat.say(officer, "xếp hạng")
    marked = await chat.application.database.read(lambda read: read.execute("SELECT blocked_at FROM accounts").fetchall())
    assert set(marked) == {(None,)}
    await chat.close()


@pytest.fixture
def cluster_file(sample: Path, tmp_path: Path) -> Callable[[], Path]:
    return lambda: Path(shutil.copy(sample, tmp_path / "whole.sqlite3"))
