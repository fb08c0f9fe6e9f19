"""The sender under way: two lanes, many chats, cancelled letters, outages, a file that cannot be written, clocks that jump, stops."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.channels.base import OutcomeUnknown, Unreachable
from bot.language import languages
from bot.pacing import Pacer
from bot.sender import Sender
from bot.sending.lane import AT_ONCE, PAGE
from storage.connection import Database, Effect, Snapshot, effect
from storage.errors import DatabaseFull
from tests.chat import ZONE
from tests.sending_world import START, World

T = TypeVar("T")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = await Database.open(tmp_path / "a.sqlite3")
    made = World(database)
    yield made
    await made.sender.finish(0)
    await database.close()


async def test_a_reply_overtakes_a_broadcast_that_the_platform_is_slow_to_take(world: World) -> None:
    await world.broadcast(500)
    async with world.running():
        await world.channel.until(lambda: len(world.channel.under_way) == AT_ONCE["broadcast"])
        await world.queue("lan", "trả lời")
        world.channel.gates["lan"].set()
        world.sender.wake()
        await world.channel.until(lambda: ("lan", "trả lời") in world.channel.arrived)
    assert len(world.channel.under_way) == AT_ONCE["broadcast"]


async def test_a_slow_chat_keeps_nobody_else(world: World) -> None:
    await world.queue("chậm", "một", "hai")
    async with world.running():
        await world.channel.until(lambda: world.channel.under_way == ["chậm"])
        for number in range(20):
            world.channel.gates[f"n{number}"].set()
            await world.queue(f"n{number}", "nhanh")
        world.sender.wake()
        await world.channel.until(lambda: len(world.channel.arrived) == 20)
        assert world.channel.under_way == ["chậm"]
        world.channel.gates["chậm"].set()
        await world.channel.until(lambda: len(world.channel.arrived) == 22)
    assert world.channel.arrived[-2:] == [("chậm", "một"), ("chậm", "hai")]


async def test_letters_to_one_chat_leave_one_at_a_time_and_in_order(world: World) -> None:
    """Whatever the platform's answers take, and however the lanes mix."""
    dice = random.Random(7)
    at_once: Counter[str] = Counter()

    async def meanwhile(address: str) -> None:
        at_once[address] = max(at_once[address], world.channel.under_way.count(address))
        for _ in range(dice.randrange(8)):
            await asyncio.sleep(0)

    world.channel.open, world.channel.meanwhile = True, meanwhile
    for number in range(300):
        lane = dice.choice(("reply", "broadcast"))
        await world.queue(f"p{dice.randrange(12)}", f"{lane} {number:03}", lane=lane)
    await world.sender.drain()
    assert await world.states() == {"sent": 300}
    assert set(at_once.values()) == {1}
    for address in at_once:
        for lane in ("reply", "broadcast"):
            mine = [text for to, text in world.channel.arrived if to == address and text.startswith(lane)]
            assert mine == sorted(mine)


async def test_all_that_is_due_is_sent_though_every_look_takes_longer_than_a_letter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine: what was under way lands while the other lane is looked through, and the next one to its chat is ready."""
    world.channel.open = True
    reads = world.database.read

    async def read(function: Callable[[Snapshot], T]) -> T:
        found = await reads(function)
        while world.sender.under_way:
            await asyncio.wait(world.sender._flying)
        return found

    monkeypatch.setattr(world.database, "read", read)
    await world.queue("lan", "một", "hai", "ba")
    await world.queue("lan", "nhắc", "nhắc thêm", lane="broadcast")
    await world.sender.drain()
    assert world.channel.arrived == [("lan", text) for text in ("một", "hai", "ba", "nhắc", "nhắc thêm")]
    assert not world.sender.stirred


async def test_what_is_queued_while_the_last_letter_lands_is_sent_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It came in when its own lane had been looked through already."""
    world.channel.open = True
    reads, late = world.database.read, ["hai"]

    async def read(function: Callable[[Snapshot], T]) -> T:
        found = await reads(function)
        if world.channel.arrived and late:
            await world.queue("ngọc", late.pop())
            world.sender.wake()
        return found

    monkeypatch.setattr(world.database, "read", read)
    await world.queue("lan", "một")
    await world.queue("lan", "nhắc", lane="broadcast", subject="duty:1")
    await world.sender.drain()
    assert world.channel.arrived == [("lan", "một"), ("lan", "nhắc"), ("ngọc", "hai")]


async def test_a_reply_to_the_same_chat_overtakes_a_broadcast_that_is_just_being_looked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chat is free again while the broadcasts' lane looks: the next reply is not kept waiting by a reminder."""
    looking, go_on, reads = asyncio.Event(), asyncio.Event(), world.database.read

    async def read(function: Callable[[Snapshot], T]) -> T:
        found = await reads(function)
        if world.channel.under_way:
            looking.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(world.database, "read", read)
    await world.queue("lan", "một", "hai")
    await world.queue("lan", "nhắc", lane="broadcast")
    draining = asyncio.create_task(world.sender.drain())
    await looking.wait()
    world.channel.gates["lan"].set()
    await asyncio.wait(world.sender._flying)
    go_on.set()
    await draining
    assert world.channel.arrived == [("lan", "một"), ("lan", "hai"), ("lan", "nhắc")]


async def test_reads_do_not_grow_with_what_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.channel.open = True
    await world.broadcast(1200, subject="duty:x")
    reads = world.counting_reads(monkeypatch)
    await world.sender.drain()
    assert await world.states() == {"sent": 1200}
    assert len(reads) < 1200 / PAGE["broadcast"] + 1200 / AT_ONCE["broadcast"] * 2 + 10
    assert len(world.asked) == 1200


async def test_a_reply_costs_the_same_whatever_waits_for_the_morning(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.channel.open = True
    await world.broadcast(1500, not_before=START + 3600)
    await world.sender.drain()
    assert world.sender.waiting["broadcast"] == 1500
    async with world.running():
        reads = world.counting_reads(monkeypatch)
        await world.queue("lan", "trả lời")
        world.sender.wake()
        await world.channel.until(lambda: len(world.channel.arrived) == 1)
        assert len(reads) <= 4
        world.clock.advance(3600)
        world.sender.wake()
        await world.channel.until(lambda: len(world.channel.arrived) == 1501)


async def test_what_is_cancelled_while_it_waits_in_memory_is_not_sent(world: World) -> None:
    """One that is under way is noted as what it became: sent."""
    await world.broadcast(100)

    def cancel(tx: Any) -> None:
        tx.execute("UPDATE outbox SET state = 'dropped' WHERE state = 'waiting'")

    async with world.running():
        await world.channel.until(lambda: len(world.channel.under_way) == AT_ONCE["broadcast"])
        await world.database.write((effect(cancel),))
        for gate in list(world.channel.gates.values()):
            gate.set()
        await world.channel.until(lambda: not world.channel.under_way)
        await world.sender.finish()
    assert await world.states() == {"sent": AT_ONCE["broadcast"], "dropped": 100 - AT_ONCE["broadcast"]}


async def test_a_dropped_letter_that_failed_stays_dropped(world: World) -> None:
    await world.broadcast(1)

    async def cancel(address: str) -> None:
        await world.database.write((effect(lambda tx: tx.execute("UPDATE outbox SET state = 'dropped'")),))
        raise ZeroDivisionError

    world.channel.meanwhile = cancel
    await world.sender.drain()
    assert await world.states() == {"dropped": 1}


async def test_while_nobody_is_answered_one_letter_at_a_time_tries(world: World) -> None:
    tried: list[str] = []
    down = [True]

    async def meanwhile(address: str) -> None:
        tried.append(address)
        if down[0]:
            raise Unreachable("down")

    world.channel.open, world.channel.meanwhile = True, meanwhile
    await world.broadcast(100)
    await world.sender.drain()
    first = len(tried)
    assert first <= AT_ONCE["broadcast"]
    assert world.sender.down
    for _ in range(60):
        world.clock.advance(1)
        await world.sender.drain()
    assert len(tried) - first <= 8
    down[0] = False
    world.clock.advance(15)
    await world.sender.drain()
    assert not world.sender.down
    assert await world.states() == {"sent": 100}
    assert Counter(address for address, _ in world.channel.arrived).most_common(1)[0][1] == 1


async def test_a_reply_waits_for_no_broadcast_when_the_platform_comes_back(world: World) -> None:
    """The next to try is a reply."""
    tried: list[str] = []

    async def meanwhile(address: str) -> None:
        tried.append(address)
        raise Unreachable("down")

    world.channel.meanwhile = meanwhile
    await world.broadcast(100)
    await world.sender.drain()
    await world.queue("lan", "trả lời")
    world.clock.advance(15)
    await world.sender.drain()
    assert tried[-1] == "lan"


def full(*args: object) -> None:
    raise DatabaseFull("the disk is full")


async def test_what_was_sent_and_cannot_be_noted_is_not_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: nothing more leaves, nothing comes twice, and all goes on when there is room."""
    world.channel.open = True
    await world.queue("lan", "một", "hai")
    write = world.database.write
    disk = [full]

    async def written(effects: Sequence[Effect]) -> list[object]:
        for each in disk:
            each()
        return await write(effects)

    monkeypatch.setattr(world.database, "write", written)
    for _ in range(5):
        await world.sender.drain()
        world.clock.advance(60)
    assert world.channel.arrived == [("lan", "một")]
    disk.clear()
    await world.sender.drain()
    assert world.channel.arrived == [("lan", "một"), ("lan", "hai")]
    assert await world.states() == {"sent": 2}


async def test_what_is_under_way_at_the_end_is_finished_and_noted(world: World) -> None:
    """So an orderly stop makes no doubles; what comes after it is sent after the next start."""
    await world.queue("lan", "một", "hai")
    async with world.running():
        await world.channel.until(lambda: world.channel.under_way == ["lan"])
        ending = asyncio.create_task(world.sender.finish())
        await asyncio.sleep(0)
        world.channel.gates["lan"].set()
        await ending
    assert await world.states() == {"sent": 1, "waiting": 1}
    world.sender = world.started()
    await world.sender.drain()
    assert world.channel.arrived == [("lan", "một"), ("lan", "hai")]


async def test_what_was_about_to_start_at_the_end_does_not_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end waits for what is under way: a letter that starts behind its back would be cut off, and come a second time."""
    asked, go_on, reads = asyncio.Event(), asyncio.Event(), world.database.read

    async def read(function: Callable[[Snapshot], T]) -> T:
        found = await reads(function)
        if world.asked:
            asked.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(world.database, "read", read)
    await world.queue("lan", "một", subject="duty:1")
    task = asyncio.create_task(world.sender.run())
    await asked.wait()
    await world.sender.finish()
    go_on.set()
    await task
    assert world.channel.under_way == []
    world.channel.open = True
    world.sender = world.started()
    await world.sender.drain()
    assert world.channel.arrived == [("lan", "một")]


async def test_what_does_not_end_in_time_is_sent_again_and_says_so(world: World) -> None:
    await world.queue("lan", "một")
    async with world.running():
        await world.channel.until(lambda: world.channel.under_way == ["lan"])
        await world.sender.finish(0)
    world.channel.open = True
    world.sender = world.started()
    await world.sender.drain()
    assert world.channel.arrived == [("lan", "(nhắc lại)\nmột")]


async def test_a_clock_that_goes_back_holds_nothing(world: World) -> None:
    """A pause of a second still takes a second, and a letter that was due is due."""
    world.channel.open = True
    problems = [OutcomeUnknown("no answer")]

    async def meanwhile(address: str) -> None:
        if problems:
            raise problems.pop()

    world.channel.meanwhile = meanwhile
    await world.queue("lan", "một")
    await world.broadcast(1, not_before=START + 60)
    await world.sender.drain()
    world.clock.advance(-90 * 86_400)
    await world.queue("ngọc", "hai")
    await world.sender.drain()
    assert world.channel.arrived == [("ngọc", "hai")]
    world.clock.advance(1)
    await world.sender.drain()
    assert world.channel.arrived[1:] == [("lan", "(nhắc lại)\nmột")]
    world.clock.advance(60)
    await world.sender.drain()
    assert world.channel.arrived[2:] == [("p0", "nhắc")]


async def test_the_wish_is_asked_in_one_read_for_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.channel.open = True
    for number in range(10):
        await world.queue(f"p{number}", "nhắc", lane="broadcast", subject=f"duty:{number % 2}")
    world.unwanted = {"duty:1"}
    reads = world.counting_reads(monkeypatch)
    await world.sender.drain()
    assert len(reads) <= 6
    assert await world.states() == {"sent": 5, "dropped": 5}
    assert world.sender.counts["dropped"] == 5


async def test_a_defect_in_asking_sends_the_reminder(world: World) -> None:
    world.channel.open = True

    def broken(*args: object) -> bool:
        raise ZeroDivisionError

    world.sender = Sender(world.database, world.channel, world.clock, languages(ZONE), broken)
    await world.queue("lan", "nhắc", subject="duty:x")
    await world.sender.drain()
    assert world.channel.arrived == [("lan", "nhắc")]


async def test_a_letter_id_is_never_given_twice(world: World) -> None:
    """The sender follows ids: one that came back would be taken for one that was seen."""
    world.channel.open = True
    async with world.running():
        await world.queue("lan", "một")
        world.sender.wake()
        await world.channel.until(lambda: len(world.channel.arrived) == 1)
        await asyncio.gather(*world.sender._flying)
        await world.database.write((effect(lambda tx: tx.execute("DELETE FROM outbox WHERE state = 'sent'")),))
        await world.queue("lan", "hai")
        world.sender.wake()
        await world.channel.until(lambda: len(world.channel.arrived) == 2)


class Fake:
    """A monotonic clock for the pacer."""

    def __init__(self) -> None:
        self.now = 100.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_several_chats_that_are_told_to_wait_mean_the_whole_bot(world: World) -> None:
    """Then its broadcasts wait, and replies go on."""
    from bot.channels.base import Pace, RateLimited
    from bot.sending import outcome

    fake = Fake()
    world.channel.pacer = Pacer(Pace(30, 1, 20), lambda: fake.now, fake.sleep)  # type: ignore[attr-defined]
    world.channel.open = True
    problems = [RateLimited(7) for _ in range(outcome.WHOLE_BOT_CHATS)]

    async def meanwhile(address: str) -> None:
        fake.now += 0.1
        if problems:
            raise problems.pop()

    world.channel.meanwhile = meanwhile
    world.sender = world.started()
    for number in range(outcome.WHOLE_BOT_CHATS):
        await world.queue(f"n{number}", "trả lời")
    async with world.running():
        await world.channel.until(lambda: not problems)
        await asyncio.gather(*world.sender._flying)
        assert world.sender.pacer.wait("broadcast") > 6
        assert world.sender.pacer.wait("reply") == 0
    assert world.sender.counts["rate_limited"] == outcome.WHOLE_BOT_CHATS
