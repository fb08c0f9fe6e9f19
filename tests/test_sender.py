"""The sender: what is sent once, what is tried again, and what is set aside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.base import Blocked, Migrated, OutcomeUnknown, RateLimited, Refused, SendError, Unreachable
from bot.clock import MovableClock
from bot.language import languages
from bot.sender import Sender
from handlers.kit.message import verbatim
from handlers.kit.reply import Text, say
from handlers.kit.wire import encode
from storage import outbox, people
from storage.connection import Database, Effect, effect
from tests.chat import WITH_BUTTONS, ZONE, Double

START = 1_000_000


class World:
    """A sender over a channel that refuses as told, once for each error in ``problems``."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = MovableClock(START)
        self.channel = Double("test", WITH_BUTTONS)
        self.problems: list[SendError] = []
        self.wanted = True
        self.channel.refuse = lambda address, part: self.problems.pop(0) if self.problems and address == "a" else None
        self.sender = Sender(database, self.channel, self.clock, languages(ZONE), lambda *_: self.wanted)

    async def queue(self, *texts: str, address: str = "a", **extra: object) -> None:
        effects: list[Effect] = [
            effect(outbox.queue, "test", address, encode(say(verbatim(text))), "vi", self.clock.now(), **extra)  # type: ignore[arg-type]
            for text in texts
        ]
        await self.database.write(effects)

    async def drain(self, after: int = 0) -> list[str]:
        self.clock.advance(after)
        await self.sender.drain()
        return [delivered.part.text for delivered in self.channel.delivered.pop("a", [])]

    async def states(self) -> list[str]:
        return await self.database.read(lambda read: [row[0] for row in read.execute("SELECT state FROM outbox ORDER BY id")])


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = await Database.open(tmp_path / "a.sqlite3")
    yield World(database)
    await database.close()


async def test_letters_arrive_in_order_and_once(world: World) -> None:
    await world.queue("một", "hai", "ba")
    assert await world.drain() == ["một", "hai", "ba"]
    assert await world.drain(60) == []
    assert await world.states() == ["sent"] * 3


async def test_a_reply_overtakes_a_broadcast(world: World) -> None:
    await world.queue("nhắc", lane="broadcast")
    await world.queue("trả lời")
    assert await world.drain() == ["trả lời", "nhắc"]


async def test_the_same_reminder_is_queued_once(world: World) -> None:
    await world.queue("nhắc", key="k")
    await world.queue("nhắc", key="k")
    assert await world.drain() == ["nhắc"]


async def test_an_unreachable_platform_is_tried_again_and_the_order_kept(world: World) -> None:
    world.problems = [Unreachable("down"), Unreachable("down")]
    await world.queue("một", "hai")
    assert await world.drain() == []
    assert await world.drain(1) == []
    assert await world.drain(2) == ["một", "hai"]


async def test_a_rate_limit_holds_that_chat_only(world: World) -> None:
    world.problems = [RateLimited(30)]
    await world.queue("một", "hai")
    await world.queue("khác", address="b")
    assert await world.drain() == []
    assert [delivered.part.text for delivered in world.channel.delivered["b"]] == ["khác"]
    assert await world.drain(29) == []
    assert await world.drain(1) == ["một", "hai"]


async def test_an_unknown_outcome_is_sent_again_and_marked(world: World) -> None:
    world.problems = [OutcomeUnknown("no answer")]
    await world.queue("một")
    assert await world.drain() == []
    assert await world.drain(60) == ["(nhắc lại)\nmột"]


async def test_a_blocked_address_is_marked(world: World) -> None:
    await world.database.write((effect(people.add_person, "p", "Lan", "", "vi", START), effect(people.link, "test", "a", "p", START)))
    world.problems = [Blocked("blocked by the user")]
    await world.queue("một")
    assert await world.drain() == []
    (account,) = await world.database.read(lambda read: people.accounts(read, "p"))
    assert account.blocked_at == START
    assert await world.states() == ["blocked"]


async def test_a_chat_that_moved_is_followed(world: World) -> None:
    world.problems = [Migrated("b")]
    await world.queue("một")
    await world.drain()
    assert [delivered.part.text for delivered in world.channel.delivered["b"]] == ["một"]


async def test_a_letter_that_is_never_accepted_does_not_block_the_next(world: World) -> None:
    world.problems = [Refused("bad request")]
    await world.queue("một", "hai")
    assert await world.drain() == ["hai"]
    assert await world.states() == ["failed", "sent"]


async def test_a_letter_that_cannot_be_read_is_set_aside(world: World) -> None:
    await world.database.write((effect(outbox.queue, "test", "a", '{"blocks": [{}]}', "vi", START),))
    await world.queue("hai")
    assert await world.drain() == ["hai"]
    assert await world.states() == ["failed", "sent"]


async def test_what_is_no_longer_wanted_or_too_late_is_dropped(world: World) -> None:
    await world.queue("nhắc", subject="duty:x")
    await world.queue("cũ", expires_at=START)
    world.wanted = False
    assert await world.drain() == []
    assert await world.states() == ["dropped", "dropped"]


async def test_only_what_was_not_sent_is_sent_again(world: World) -> None:
    long = "\n".join(f"dòng {number} của một báo cáo dài" for number in range(300))
    await world.database.write((effect(outbox.queue, "test", "a", encode(say(Text(verbatim(long)))), "vi", START),))
    calls = []

    def second_fails(address: str, part: object) -> SendError | None:
        calls.append(part)
        return Unreachable("down") if len(calls) == 2 else None

    world.channel.refuse = second_fails
    first = await world.drain()
    rest = await world.drain(60)
    assert len(first) == 1
    assert [line for text in first + rest for line in text.splitlines()] == long.splitlines()


async def test_a_letter_with_a_code_is_forgotten_once_it_is_sent(world: World) -> None:
    reply = encode(type(say())((Text(verbatim("MA2345KT")),), once=True))
    await world.database.write((effect(outbox.queue, "test", "a", reply, "vi", START),))
    assert await world.drain() == ["MA2345KT"]
    kept = await world.database.read(lambda read: read.execute("SELECT reply, parts FROM outbox").fetchone())
    assert kept == ("", None)
