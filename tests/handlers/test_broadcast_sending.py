"""Broadcasts through the whole application and its sender: stopped, blocked, failed, sent again, killed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.base import Blocked, Part, RateLimited, Refused
from storage import broadcasts, outbox, people
from storage.connection import Transaction, effect
from tests.chat import WITH_BUTTONS, Chat
from tests.handlers.small_cluster import at
from tests.transcript import Player, Step


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
