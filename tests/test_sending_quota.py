"""The sender on a channel with a monthly budget: every message counted with its letter, and who waits when it becomes tight."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels import Given, zalo
from bot.channels.base import Exhausted, OutcomeUnknown, Part, Quota, Refused
from bot.clock import MovableClock
from bot.language import languages
from bot.sender import Sender
from bot.sending.ration import Sifted, rations
from bot.settings import load
from handlers.kit.message import verbatim
from handlers.kit.reply import say
from handlers.kit.wire import encode
from handlers.rules.quota import LEAST_KEPT
from storage import outbox, quota
from storage.connection import Database, effect
from storage.quota import Usage
from tests.chat import WITHOUT_BUTTONS, ZONE, Double
from tests.test_sender import World

NOON = int(datetime(2026, 11, 20, 12, tzinfo=ZONE).timestamp())
TODAY, TURN = date(2026, 11, 20), int(datetime(2026, 12, 1, tzinfo=ZONE).timestamp())


class Counted(World):
    """The channel "test" takes 100 messages a month."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.clock.advance(NOON - self.clock.now())

    def started(self, channel: Double | None = None) -> Sender:
        self.channel.capabilities = replace(WITHOUT_BUTTONS, quota=Quota(100, 50))
        return Sender(
            self.database, channel or self.channel, self.clock, languages(ZONE), lambda *_: self.wanted, channels=("test", "other"),
            moved=self.reached.append, ration=rations((self.channel, self.other), self.clock, ZONE).get((channel or self.channel).name),
        )  # fmt: skip

    async def usage(self, day: date = TODAY) -> Usage:
        return await self.database.read(lambda read: quota.usage(read, "test", day))

    async def spend(self, messages: int, lane: str = "broadcast", day: date = TODAY) -> None:
        await self.database.write((effect(quota.count, "test", "z", lane, day.isoformat(), messages, taken=True),))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Counted]:
    database = await Database.open(tmp_path / "a.sqlite3")
    yield Counted(database)
    await database.close()


async def test_every_message_is_counted_once_by_day_and_lane(world: Counted) -> None:
    await world.queue("trả lời")
    await world.queue("\n".join(["một dòng " * 10] * 40), address="b")
    await world.queue("nhắc", address="c", lane="broadcast")
    await world.drain()
    assert len(world.arrived("b")) == 2
    assert (await world.rows("SELECT day, lane, messages FROM quota_days ORDER BY lane")) == [
        ("2026-11-20", "broadcast", 1), ("2026-11-20", "reply", 3),
    ]  # fmt: skip
    assert ((await world.usage()).used, (await world.usage()).users) == (4, 3)
    assert (await world.usage(date(2026, 12, 1))).used == 0


async def test_a_channel_without_a_budget_counts_nothing(world: Counted) -> None:
    await world.database.write((effect(outbox.queue, "other", "o", encode(say(verbatim("x"))), "vi", world.clock.now()),))
    await world.started(world.other).drain()
    assert world.arrived("o", world.other) == ["x"]
    assert await world.rows("SELECT * FROM quota_days") == []


async def test_what_perhaps_arrived_counts_and_what_was_refused_does_not(world: Counted) -> None:
    world.problems = [OutcomeUnknown("time-out"), Refused("never")]
    await world.queue("một")
    await world.drain()
    assert (await world.usage()).used == 1
    await world.drain(10)
    assert (await world.usage()).used == 1
    assert await world.states() == ["failed"]
    await world.queue("hai", address="b")
    await world.drain()
    assert (await world.usage()).used == 2


async def test_what_is_interrupted_by_the_stop_counts(world: Counted) -> None:
    begun = asyncio.Event()

    async def hang(address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    world.channel.send = hang  # type: ignore[method-assign]
    await world.queue("một")
    draining = asyncio.create_task(world.sender.drain())
    await begun.wait()
    await world.sender.finish(0)
    draining.cancel()
    assert (await world.usage()).used == 1


async def test_when_it_is_tight_deadlines_go_before_dates_before_broadcasts_and_replies_always(world: Counted) -> None:
    # 100 a month: 20 are left, of which some are kept for replies. Days without any are behind us: today's first ones are no pace.
    await world.spend(80, day=TODAY - timedelta(days=9))
    letters = [("nicety", None), ("date", "event:E1"), ("deadline", "duty:E1:X")]
    for number in range(12):
        for text, subject in letters:
            await world.queue(f"{text} {number}", address=f"{text}{number}", lane="broadcast", subject=subject)
    for number in range(8):
        await world.queue("trả lời", address=f"r{number}")
    await world.drain()
    arrived = {text: sum(bool(world.arrived(f"{text}{number}")) for number in range(12)) for text, _ in letters}
    assert arrived["deadline"] >= 8
    assert (arrived["date"], arrived["nicety"]) == (0, 0)
    assert sum(bool(world.arrived(f"r{number}")) for number in range(8)) == 8
    held = await world.rows("SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND error = 'no room'")
    assert held == [(36 - sum(arrived.values()),)]
    assert (await world.usage()).used == 88 + sum(arrived.values())
    await world.drain(TURN - world.clock.now() - 1)
    used = (await world.usage(date(2026, 11, 30))).used
    assert used <= 100
    await world.drain(1)
    assert await world.states() == ["sent"] * 44
    assert (await world.usage(date(2026, 12, 1))).used == 80 + 44 - used


async def test_a_reply_that_is_counted_already_is_not_taken_for_one_that_still_leaves(world: Counted) -> None:
    """Its note is committed before the sender hears of it."""
    kept = math.ceil(100 * LEAST_KEPT)
    await world.spend(100 - kept - 2, day=TODAY - timedelta(days=9))      # room for a reply and a deadline
    await world.queue("trả lời", address="r")
    await world.drain()
    await world.queue("hạn", address="d", lane="broadcast", subject="duty:E1:X")
    (ration,) = rations((world.channel,), world.clock, ZONE).values()
    ((reply,), (deadline,)) = await world.rows("SELECT id FROM outbox ORDER BY id")
    assert await ration.sift(world.database, {deadline}, {deadline}, {reply}) == Sifted()
    await world.queue("trả lời", address="r2")
    ((waiting,),) = await world.rows("SELECT id FROM outbox WHERE address = 'r2'")
    assert (await ration.sift(world.database, {deadline}, {deadline}, {reply, waiting})).held == {deadline}


async def test_what_has_no_room_goes_to_another_channel_of_the_person(world: Counted) -> None:
    await world.person(("test", "a"), ("other", "o"))
    await world.spend(99)
    await world.queue("thông báo", lane="broadcast", person_id="p")
    await world.queue("trả lời")
    assert await world.drain() == ["trả lời"]
    assert world.reached == ["other"]
    await world.started(world.other).drain()
    assert world.arrived("o", world.other) == ["thông báo"]
    assert world.sender.waiting == {"reply": 0, "broadcast": 0}
    assert (world.sender.counts["held"], world.sender.counts["moved"]) == (0, 1)


async def test_a_start_in_between_keeps_what_waits(world: Counted) -> None:
    await world.spend(99)
    await world.queue("thông báo", lane="broadcast")
    assert await world.drain() == []
    world.sender = world.started()
    assert await world.drain() == []
    assert await world.drain(TURN - world.clock.now()) == ["thông báo"]


async def test_a_refusal_is_believed_but_asked_again_and_ends_with_the_month(world: Counted) -> None:
    tried: list[str] = []
    refusing = True

    def refuse(address: str, part: Part) -> Exception | None:
        tried.append(address)
        return Exhausted("quota") if refusing else None

    world.channel.refuse = refuse
    await world.queue("trả lời", address="r")
    for number in range(5):
        await world.queue("nhắc", address=f"b{number}", lane="broadcast", subject="duty:E1:X")
    await world.drain()
    tried.clear()
    await world.drain(599)
    assert tried == []
    await world.drain(3_601)
    assert tried == ["r"], "the reply asks"
    assert (await world.usage()).refused_at is not None
    refusing = False
    tried.clear()
    await world.drain(TURN - world.clock.now())
    assert sorted(tried) == ["b0", "b1", "b2", "b3", "b4", "r"]
    assert (await world.usage(date(2026, 12, 1))).refused_at is None
    assert await world.states() == ["sent"] * 6


async def test_where_no_reply_asks_one_reminder_does_every_hour(world: Counted) -> None:
    tried: list[str] = []
    world.channel.refuse = lambda address, part: tried.append(address) or Exhausted("quota")  # type: ignore[func-returns-value]
    for number in range(5):
        await world.queue("nhắc", address=f"b{number}", lane="broadcast", subject="duty:E1:X")
    await world.drain()
    tried.clear()
    for _ in range(4):
        await world.drain(1_801)
    assert len(tried) == 2
    world.channel.refuse = lambda address, part: None
    await world.drain(3_601)
    await world.drain(3_601)
    assert await world.states() == ["sent"] * 5


async def test_no_pause_is_longer_than_the_month(world: Counted) -> None:
    world.clock.advance(TURN - world.clock.now() - 60)
    world.channel.refuse = lambda address, part: Exhausted("quota")
    await world.queue("trả lời")
    await world.queue("nhắc", address="b", lane="broadcast")
    await world.drain()
    world.channel.refuse = lambda address, part: None
    await world.drain(60)
    assert await world.states() == ["sent", "sent"]


async def test_a_message_that_no_letter_tells_of_is_counted_with_the_next(world: Counted) -> None:
    ration = rations((world.channel, world.other), world.clock, ZONE)["test"]
    ration.beside("x")
    sender = Sender(world.database, world.channel, world.clock, languages(ZONE), lambda *_: True, ration=ration)
    await world.queue("trả lời")
    await sender.drain()
    assert ((await world.usage()).used, (await world.usage()).users) == (2, 2)


async def test_old_counts_are_forgotten(world: Counted) -> None:
    await world.spend(1)
    await world.database.write((effect(quota.drop_old, NOON + 399 * 86_400),))
    assert (await world.usage()).used == 1
    await world.database.write((effect(quota.drop_old, NOON + 402 * 86_400),))
    assert (await world.usage()).used == 0


@pytest.mark.parametrize(("value", "expected"), [("", Quota(3_000, 50)), ("20000", Quota(20_000)), ("off", None)])
async def test_zalos_plan_is_a_setting(value: str, expected: Quota | None) -> None:
    async def secret(name: str) -> str:
        return "x" * 43

    settings = load({"THIDUA_ZALO_TOKEN": "1:abc", "THIDUA_ZALO_QUOTA": value})
    channel = await zalo.configured(Given(settings, lambda: NOON, secret))
    assert channel is not None
    assert channel.capabilities.quota == expected
    assert [each.budget.fact[1] for each in rations([channel], MovableClock(NOON), ZONE).values()] == (
        [] if expected is None else [f"{expected.messages} {expected.users or 0} 2000"]
    )
    await channel.close()
