"""The network and the platform fail: on sending, on polling, and in what they hand out. Nothing is lost, nothing taken twice."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.channels.fake_telegram import TOKEN
from tests.drill import audit
from tests.drill.cluster import START, seats
from tests.drill.conftest import FULL, SEED, Begin
from tests.drill.drill import Drill
from tests.drill.load import officers
from tests.drill.platform import Fault, Rates, chat_of, now_and_then

DAY = 86_400
SPEED = 50
"""The drills' clock runs so much faster where the sender pauses: a pause of a second is over in 20 ms."""

LOST = (Fault("reset"), Fault("401"), Fault("429"))
UNKNOWN = (Fault("reset", after=True), Fault("hang", after=True), Fault("500"), Fault("500", after=True), Fault("garbage", after=True))
POLLING = (
    Fault("reset"), Fault("reset", after=True), Fault("hang"), Fault("500"), Fault("500", after=True), Fault("garbage", after=True),
    Fault("401"), Fault("429"),
)  # fmt: skip


async def uninterrupted(drill: Drill, done: Callable[[], bool]) -> None:
    await drill.finish(await drill.start(read_timeout=1.5), done)


@pytest.mark.parametrize("faults", [LOST, UNKNOWN], ids=["not sent", "unknown"])
async def test_sending_fails(begin: Begin, faults: tuple[Fault, ...]) -> None:
    plans = officers(seats(40 if FULL else 10), SEED, 5 if FULL else 2)
    async with begin(f"sending meets {', '.join(map(str, faults))}") as drill:
        drill.clock.set(START, SPEED)
        drill.platform.trouble = now_and_then(drill.rng, 0.25, *faults)
        drill.speak(plans)
        await uninterrupted(drill, drill.all_answered(plans))
        doubles = drill.account(plans)
        assert drill.platform.faults
        if faults == LOST:
            assert doubles == 0, "what was surely not sent is no reason for a double"


async def test_polling_fails(begin: Begin) -> None:
    plans = officers(seats(40 if FULL else 10), SEED, 5 if FULL else 2)
    async with begin(f"polling meets {', '.join(map(str, POLLING))}") as drill:
        drill.platform.trouble = now_and_then(drill.rng, 0.4, *POLLING, methods=("getUpdates", "getMe", "getWebhookInfo"))
        drill.speak(plans)
        await uninterrupted(drill, drill.all_answered(plans))
        assert drill.account(plans) == 0
        assert drill.platform.faults


async def test_a_second_poller_takes_turns_with_ours(begin: Begin) -> None:
    plans = officers(seats(20 if FULL else 6), SEED, 3 if FULL else 2)
    async with begin("a second poller (409)") as drill:
        conflicts = 0

        async def rival() -> None:
            nonlocal conflicts
            form = {"timeout": "0", "limit": "1", "allowed_updates": '["message"]'}
            async with aiohttp.ClientSession() as session:
                for _ in itertools.count():
                    async with session.post(f"{drill.platform.root}/bot{TOKEN}/getUpdates", data=form) as response:
                        conflicts += response.status == 200
                    await asyncio.sleep(0.05)

        drill.speak(plans)
        living = await drill.start()
        other = asyncio.create_task(rival())
        done = drill.all_answered(plans)
        await drill.until(done, "all answered")
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
        await drill.finish(living, done)
        drill.note = f"{conflicts} polls of another"
        assert drill.account(plans) == 0
        assert conflicts


async def test_updates_come_twice_out_of_order_and_a_day_late(begin: Begin) -> None:
    """Within a batch and across batches; what one person says keeps its order, as Telegram's does."""
    plans = officers(seats(40 if FULL else 12), SEED, 5 if FULL else 2)
    async with begin("duplicates, out of order, a day old") as drill:
        past: list[dict[str, Any]] = []
        repeated = 0

        def order(updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
            nonlocal repeated
            again = drill.rng.sample(past, min(len(past), drill.rng.randrange(4))) if updates else []
            repeated += len(again)
            past.extend(updates)
            mixed = _shuffled(updates, drill.rng)
            return [*again, *mixed, *mixed[-1:]]

        drill.platform.order = order
        drill.speak(plans, date=START - DAY)
        await uninterrupted(drill, drill.all_answered(plans))
        drill.note = f"{repeated} repeated from earlier batches"
        assert drill.account(plans) == 0
        assert repeated


def _shuffled(updates: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Another order of the people, the same for each of them."""
    queues: dict[int, list[dict[str, Any]]] = {}
    for update in updates:
        queues.setdefault(chat_of(update), []).append(update)
    mixed = []
    while queues:
        chat = rng.choice(sorted(queues))
        mixed.append(queues[chat].pop(0))
        if not queues[chat]:
            del queues[chat]
    return mixed


@pytest.mark.parametrize("restarted", [False, True] if FULL else [True], ids=lambda value: "restarted" if value else "running")
async def test_numbers_begin_anew_after_a_quiet_week(begin: Begin, restarted: bool) -> None:
    """Telegram's ids restart at random, also below the stored offset; and a day without updates is no reason to stop."""
    first, second, third = (officers(seats(9)[part : part + 3], SEED, 2) for part in (0, 3, 6))
    plans = [*first, *second, *third]
    async with begin(f"ids restart at random ({'after a restart' if restarted else 'while running'})") as drill:
        drill.platform._update_ids = itertools.count(800_000_000)
        living = await drill.start()
        drill.speak(first)
        await drill.until(drill.all_answered(first), "answered")
        drill.clock.advance(DAY)                # an empty day
        drill.speak(second)
        await drill.until(drill.all_answered(second), "answered")
        await drill.until(drill.quiet, "quiet")     # the platform holds nothing of before while it is quiet for a week
        if restarted:
            await drill.end(living)
        drill.clock.advance(6 * DAY + 3600)
        if restarted:
            living = await drill.start()
        await drill.until(lambda: drill.platform.asked_from == 0, "a poll without the offset of last week")
        drill.platform._update_ids = itertools.count(drill.rng.randrange(1_000, 1_000_000))
        drill.speak(third)
        await drill.finish(living, drill.all_answered(plans))
        assert drill.account(plans) == 0


async def test_one_who_blocks_the_bot_is_left_alone_and_welcome_again(begin: Begin) -> None:
    plans = officers(seats(6), SEED, 2, patient=0)
    blocking, others = plans[0], plans[1:]
    async with begin("one blocks the bot (403)") as drill:
        refused = 0

        def trouble(method: str, chat: int) -> Fault | None:
            nonlocal refused
            if method != "sendMessage" or refused:
                return None
            refused += 1
            return Fault("403")

        drill.platform.trouble = trouble
        living = await drill.start()
        drill.platform.open_chat(blocking.seat.chat)
        await drill.platform.say(blocking.seat.chat, "/trogiup")
        drill.updates += 1
        await drill.until(lambda: refused > 0 and _blocked(drill) == [blocking.seat.chat], "the address marked")
        drill.speak(others)
        await drill.until(drill.all_answered(others), "answered")
        assert drill.platform.taken[blocking.seat.chat] == []
        drill.speak([blocking])
        await drill.finish(living, drill.all_answered(plans))
        total, doubles, wrong = audit.replies(drill.platform, plans)
        drill.say(total, doubles)
        assert (wrong, doubles) == ([], 0)
        states = audit.read(drill.database, "SELECT state, COUNT(*) FROM outbox WHERE channel = 'telegram' GROUP BY state ORDER BY 1")
        assert states == [("blocked", 1), ("sent", drill.updates - 1)]
        assert _blocked(drill) == []


def _blocked(drill: Drill) -> list[int]:
    rows = audit.read(drill.database, "SELECT address FROM accounts WHERE channel = 'telegram' AND blocked_at IS NOT NULL")
    return [int(str(address)) for (address,) in rows]


async def test_the_rates_of_the_platform_are_kept(begin: Begin) -> None:
    """Thirty messages a second overall and one a second to a chat, enforced: what is refused is sent later."""
    plans = officers(seats(60 if FULL else 15), SEED, 3 if FULL else 1, patient=0)
    async with begin("rates enforced", rates=Rates()) as drill:
        drill.speak(plans, pause=0)
        await drill.finish(await drill.start(pace=""), drill.all_answered(plans))
        drill.note = f"{drill.platform.refused_by_rate} refused for their rate"
        assert drill.account(plans) == 0
