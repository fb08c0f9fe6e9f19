"""Turns: what could not be written is taken up again; what cannot be screened is not kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot import turns
from bot.channels.base import Inbound
from bot.channels.zalo import Zalo
from storage import inbox
from storage.connection import Effect, Snapshot, effect
from tests.chat import WITH_BUTTONS, Chat, Double
from tests.conftest import START
from tests.transcript import Player, Step

LAN = "as Lan (cán bộ, Lạng Sơn)"


@pytest.fixture
async def chat(cluster: Callable[[], Path]) -> AsyncIterator[Chat]:
    opened = Chat(cluster(), START, WITH_BUTTONS, "test")
    await opened.open()
    yield opened
    await opened.close()


async def lan(chat: Chat) -> Player:
    player = Player(chat)
    await player.play(Step("#", LAN, []))
    return player


async def test_a_turn_that_could_not_be_committed_is_taken_up_by_the_next_tick(chat: Chat) -> None:
    player = await lan(chat)
    database = chat.application.database
    payload = json.dumps({"kind": "text", "text": "xep hang", "address": player.address, "name": "Lan", "id": "k"})
    await database.write((effect(inbox.store, "test", "k", payload, START),))
    await database._writer.hop(lambda connection: connection.execute("PRAGMA busy_timeout = 1").close())
    holder = sqlite3.connect(chat.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    await chat.application.turns.resume()
    await chat.application.turns.settle()
    (told,) = chat.new(player.address)
    assert told.text.startswith("Hệ thống tạm thời không ghi được")
    holder.execute("ROLLBACK")
    holder.close()
    await chat.application.tick()
    await chat.application.settle()
    (answered,) = chat.new(player.address)
    assert "Lạng Sơn: hạng 4/7" in answered.text
    waiting = await database.read(inbox.waiting)
    assert waiting == ()


async def test_what_cannot_be_screened_is_not_kept(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    player = await lan(chat)

    def broken(inbound: Inbound) -> Inbound:
        raise RuntimeError("a defect")

    monkeypatch.setattr(turns, "screen", broken)
    (answer,) = await chat.say(player.address, "nội dung có thể là mật")
    assert "Đề nghị đồng chí gõ câu trả lời" in answer.text
    dump = "\n".join(await chat.application.database.read(lambda read: [str(row) for row in read.execute("SELECT * FROM inbox")]))
    assert "nội dung" not in dump


async def test_a_secret_message_and_a_code_never_reach_the_file(chat: Chat) -> None:
    player = await lan(chat)
    await chat.say(player.address, "TUYỆT MẬT\nkế hoạch phòng thủ")
    await chat.say(player.address, "/start QK7MWX2P")
    await chat.close()
    content = chat.path.read_bytes()
    await chat.open()
    assert "kế hoạch phòng thủ".encode() not in content
    assert b"QK7MWX2P" not in content


async def test_a_group_is_answered_in_public_facts_only(chat: Chat) -> None:
    player = await lan(chat)
    group = {"place": "group", "sender": player.address}
    (ranking,) = await chat.say("group", "xep hang", **group)
    assert "Xếp hạng năm 2026" in ranking.text
    for private in ("báo cáo", "ntm01 85, ntm02 12", "/dulieu", "/start"):
        (refused,) = await chat.say("group", private, **group)
        assert "cuộc trò chuyện riêng" in refused.text or "Chưa rõ" in refused.text, private
    (stranger,) = await chat.say("group", "xep hang", place="group", sender="somebody else")
    assert "hạng" not in stranger.text.lower().replace("xếp hạng", "")


@pytest.mark.parametrize("once", [True, False])
async def test_what_a_platform_hands_out_only_once_is_stored_before_it_is_decided(
    cluster: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, once: bool
) -> None:
    """A kill during the decision would lose it: nobody brings it again."""
    monkeypatch.setattr(Double, "hands_out_once", once, raising=False)
    chat = Chat(cluster(), START, WITH_BUTTONS, "test")
    await chat.open()
    player = await lan(chat)
    stored: list[bool] = []
    decide = turns.Turns._decide

    def decided(self: turns.Turns, read: Snapshot, *given: object) -> tuple[Effect, ...]:
        stored.append(inbox.find(read, "test", "k") is not None)
        return decide(self, read, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(turns.Turns, "_decide", decided)
    payload = json.dumps({"kind": "text", "text": "xep hang", "address": player.address, "name": "Lan", "id": "k"})
    await chat.application.receiver("test")("k", payload)
    await chat.application.settle()
    assert stored == [once]
    assert "Lạng Sơn: hạng 4/7" in chat.new(player.address)[0].text
    await chat.close()


def test_zalo_hands_out_once_where_it_is_polled() -> None:
    assert (Zalo("1:x").hands_out_once, Zalo("1:x", webhook="https://bot.example.vn/z", secret="s").hands_out_once) == (True, False)


async def test_settling_waits_for_who_writes_while_the_last_letter_leaves(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for the answer, though its channel was looked through already."""
    sender = chat.application.senders["test"]
    drain, late = sender.drain, [chat.letter("stranger-1", {"kind": "text", "text": "xin chao"})]

    async def drained() -> None:
        await drain()
        if late:
            chat.application.receiver("test")(*late.pop())

    monkeypatch.setattr(sender, "drain", drained)
    await chat.say("stranger-2", "xin chao")
    assert chat.new("stranger-1")
