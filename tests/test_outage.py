"""The whole application through outages and wrong clocks: what an officer's phone shows in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import pytest

from bot.channels.base import Part, Unreachable
from tests.chat import WITH_BUTTONS, ZONE, Chat
from tests.transcript import Player, Step


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


@pytest.fixture
async def chat(cluster: Callable[[], Path]) -> AsyncIterator[Chat]:
    chat = Chat(cluster(), at("2026-11-26 09:00"), WITH_BUTTONS, "test")
    await chat.open()
    yield chat
    await chat.close()


async def speak_as(chat: Chat, who: str) -> str:
    player = Player(chat)
    await player.play(Step("#", f"as {who}", []))
    return player.address


def unreachable(address: str, part: Part) -> Exception:
    return Unreachable("no route")


def reachable(address: str, part: Part) -> None:
    return None


async def test_four_days_without_the_platform_end_in_one_true_message(chat: Chat) -> None:
    address = await speak_as(chat, "Đức (cán bộ, Lào Cai)")
    await chat.application.tick()
    chat.channel.refuse = unreachable
    await chat.advance(at("2026-11-30 09:00") - chat.clock.now())
    assert chat.new(address) == []
    chat.channel.refuse = reachable
    await chat.advance(600)
    [part] = chat.new(address)
    assert "Hôm nay là hạn cuối" in part.text
    await chat.advance(3_600)
    assert chat.new(address) == []


async def test_a_letter_of_before_the_crash_does_not_arrive_beside_the_digest(chat: Chat) -> None:
    address = await speak_as(chat, "Đức (cán bộ, Lào Cai)")
    await chat.application.tick()
    chat.channel.refuse = unreachable
    await chat.advance(at("2026-11-27 08:10") - chat.clock.now())       # queued, not sent, and the process dies
    chat.channel.refuse = reachable
    await chat.restart(5 * 86_400)
    [part] = chat.new(address)
    assert "Đã quá hạn (chậm 2 ngày)" in part.text
    assert "3 ngày đến hạn" not in part.text


async def test_reminders_do_not_arrive_at_night_when_the_platform_comes_back(chat: Chat) -> None:
    address = await speak_as(chat, "Đức (cán bộ, Lào Cai)")
    await chat.application.tick()
    chat.channel.refuse = unreachable
    await chat.advance(at("2026-11-27 21:00") - chat.clock.now())
    chat.channel.refuse = reachable
    await chat.advance(at("2026-11-30 06:30") - chat.clock.now())
    assert chat.new(address) == []
    await chat.advance(2 * 3_600)
    assert len(chat.new(address)) == 1              # the one of 08:00 stands for the one that never arrived


async def test_an_officer_is_answered_after_the_clock_was_put_right(chat: Chat) -> None:
    address = await speak_as(chat, "Đức (cán bộ, Lào Cai)")
    await chat.application.tick()
    chat.channel.refuse = unreachable
    chat.clock.advance(20 * 86_400)                                     # a wrong clock
    await chat.application.tick()
    assert await chat.say(address, "han") == []
    chat.clock.advance(-20 * 86_400)
    chat.channel.refuse = reachable
    for _ in range(3):
        await chat.advance(600)
    said = chat.new(address)
    assert any("Báo cáo tổng kết năm" in part.text for part in said)
    assert not any("quá hạn (chậm" in part.text and "Kính gửi" in part.text for part in said)
    await chat.advance(at("2026-11-27 08:30") - chat.clock.now())
    [part] = chat.new(address)
    assert "Còn 3 ngày đến hạn" in part.text
