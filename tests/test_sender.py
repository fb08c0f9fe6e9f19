"""The sender: what is sent once, what is tried again, and what is set aside. tests/test_sending.py holds lanes, stops and outages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from bot.channels.base import Blocked, Exhausted, Migrated, OutcomeUnknown, RateLimited, Refused, Unreachable
from bot.clock import MovableClock
from bot.language import languages
from bot.sender import Sender
from handlers.kit.message import verbatim
from handlers.kit.reply import Text, say
from handlers.kit.wire import encode
from storage import conversation, outbox, people
from storage.connection import Database, Effect, Snapshot, effect
from tests.chat import WITH_BUTTONS, ZONE, Double

START = 1_000_000
T = TypeVar("T")


class World:
    """A sender over a channel that refuses as told at address "a", once for each error in ``problems``."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = MovableClock(START)
        self.channel, self.other = Double("test", WITH_BUTTONS), Double("other", WITH_BUTTONS)
        self.problems: list[Exception] = []
        self.wanted = True
        self.channel.refuse = lambda address, part: self.problems.pop(0) if self.problems and address == "a" else None
        self.reached: list[str] = []
        self.sender = self.started()

    def started(self, channel: Double | None = None) -> Sender:
        """A sender as after a start."""
        return Sender(
            self.database, channel or self.channel, self.clock, languages(ZONE), lambda *_: self.wanted,
            channels=("test", "other"), moved=self.reached.append,
        )  # fmt: skip

    async def queue(self, *texts: str, address: str = "a", **extra: object) -> None:
        effects: list[Effect] = [
            effect(outbox.queue, "test", address, encode(say(verbatim(text))), "vi", self.clock.now(), **extra)  # type: ignore[arg-type]
            for text in texts
        ]
        await self.database.write(effects)

    async def drain(self, after: int = 0) -> list[str]:
        """What arrives at "a"."""
        self.clock.advance(after)
        await self.sender.drain()
        return self.arrived("a")

    def arrived(self, address: str, channel: Double | None = None) -> list[str]:
        return [delivered.part.text for delivered in (channel or self.channel).delivered.pop(address, [])]

    async def states(self) -> list[str]:
        return [state for (state,) in await self.rows("SELECT state FROM outbox ORDER BY id")]

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        return await self.database.read(lambda read: read.execute(query).fetchall())

    async def person(self, *accounts: tuple[str, str]) -> None:
        """A person "p" with addresses (channel, address), the first one preferred."""
        links = [effect(people.link, channel, address, "p", START) for channel, address in accounts]
        await self.database.write((effect(people.add_person, "p", "Lan", "", "vi", START), *links))


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
    assert world.arrived("b") == ["khác"]
    assert await world.drain(29) == []
    assert await world.drain(1) == ["một", "hai"]
    assert await world.rows("SELECT DISTINCT attempts FROM outbox") == [(0,)]      # the platform's "wait" brings nobody nearer to giving up


async def test_an_unknown_outcome_is_sent_again_and_marked(world: World) -> None:
    world.problems = [OutcomeUnknown("no answer")]
    await world.queue("một")
    assert await world.drain() == []
    assert await world.drain(60) == ["(nhắc lại)\nmột"]


async def test_what_is_unknown_twice_waits_longer_and_is_set_aside_when_others_get_through(world: World) -> None:
    """A platform that takes this letter and never answers would make a double of every try."""
    world.problems = [OutcomeUnknown("no answer")] * 6
    await world.queue("một")
    assert await world.drain() == []
    assert await world.drain(1) == []
    assert await world.drain(4) == []
    assert len(world.problems) == 4
    await world.queue("khác", address="b")
    for pause in (1, 15, 60, 300):
        assert await world.drain(pause) == []
    assert (await world.states(), world.problems) == (["failed", "sent"], [])
    assert world.sender.counts["unknown"] == 5
    assert world.sender.counts["failed"] == 1


async def test_a_platform_that_never_answers_is_not_flooded(world: World) -> None:
    """Alone, it is tried for hours with longer and longer pauses, then set aside and told of, never dropped."""
    world.problems = [OutcomeUnknown("no answer")] * 100
    await world.queue("một")
    for _ in range(24 * 60):
        await world.drain(60)
    assert 100 - len(world.problems) == 10
    assert await world.states() == ["failed"]


async def test_what_surely_was_not_sent_is_tried_for_days(world: World) -> None:
    world.problems = [Unreachable("down")] * 10_000
    await world.queue("một")
    for _ in range(5 * 24):
        await world.drain(3600)
    world.problems.clear()
    assert await world.drain(60) == ["một"]


async def test_what_is_never_reached_is_set_aside_after_a_week(world: World) -> None:
    world.problems = [Unreachable("down")] * 10_000
    await world.queue("một")
    for _ in range(8 * 24):
        await world.drain(3600)
    assert await world.states() == ["failed"]


async def test_a_held_letter_keeps_its_place_after_a_restart(world: World) -> None:
    world.problems = [Unreachable("down")] * 3
    await world.queue("một")
    await world.drain()
    world.sender = world.started()
    await world.queue("hai")
    assert await world.drain() == []
    world.problems.clear()
    assert await world.drain(1) == ["một", "hai"]


async def test_a_blocked_address_is_marked_until_something_is_taken_there(world: World) -> None:
    await world.person(("test", "a"))
    world.problems = [Blocked("blocked by the user"), Blocked("blocked by the user")]
    await world.queue("một")
    assert await world.drain() == []
    await world.queue("hai")
    assert await world.drain(5) == []
    (account,) = await world.database.read(lambda read: people.accounts(read, "p"))
    assert account.blocked_at == START
    assert await world.states() == ["blocked", "blocked"]
    await world.queue("trả lời")
    assert await world.drain() == ["trả lời"]
    (account,) = await world.database.read(lambda read: people.accounts(read, "p"))
    assert account.blocked_at is None


async def test_reminders_of_a_blocked_address_go_to_the_persons_other_one_and_never_to_both(world: World) -> None:
    await world.person(("test", "a"), ("other", "o"))
    world.problems = [Blocked("blocked by the user")]
    await world.queue("trả lời")
    for number in (1, 2):
        menu = conversation.Menu(f"m{number}", "test", "a", "[]", None, START + 9)
        await world.database.write((effect(conversation.save_menu, menu, START),))
        await world.queue(f"nhắc {number}", lane="broadcast", person_id="p", key=f"k{number}", menu_id=f"m{number}")
    later = conversation.Menu("m3", "other", "o", "[]", None, START + 9)
    await world.database.write((effect(conversation.save_menu, later, START),))
    assert await world.drain() == []
    assert world.reached == ["other"]
    await world.started(world.other).drain()
    assert world.arrived("o", world.other) == ["nhắc 1", "nhắc 2"]
    assert await world.drain(600) == []
    assert await world.states() == ["blocked", "sent", "sent"]      # a reply moves nowhere: it answers where it was asked
    newest = await world.database.read(lambda read: conversation.latest_menu(read, "other", "o"))
    assert newest is not None
    assert newest.id == "m2"


async def test_a_time_out_moves_nothing_to_another_address(world: World) -> None:
    await world.person(("test", "a"), ("other", "o"))
    world.problems = [OutcomeUnknown("no answer"), Unreachable("down")]
    await world.queue("nhắc", lane="broadcast", person_id="p", key="k")
    assert await world.drain() == []
    assert await world.drain(60) == []
    assert await world.drain(600) == ["(nhắc lại)\nnhắc"]
    assert world.reached == []


async def test_a_reminder_that_may_have_arrived_says_so_at_the_other_address(world: World) -> None:
    await world.person(("test", "a"), ("other", "o"))
    world.problems = [OutcomeUnknown("no answer"), Blocked("blocked by the user")]
    await world.queue("nhắc", lane="broadcast", person_id="p", key="k")
    await world.drain()
    await world.drain(60)
    await world.started(world.other).drain()
    assert world.arrived("o", world.other) == ["(nhắc lại)\nnhắc"]


async def test_a_reminder_without_another_address_is_blocked_with_all_that_wait_there(world: World) -> None:
    await world.person(("test", "a"), ("elsewhere", "o"))       # a channel that does not run reaches nobody
    world.problems = [Blocked("blocked by the user")]
    await world.queue("nhắc", "nhắc thêm", lane="broadcast", person_id="p")
    assert await world.drain() == []
    assert await world.states() == ["blocked", "blocked"]


async def test_a_letter_half_of_which_arrived_stays_where_it_is(world: World) -> None:
    await world.person(("test", "a"), ("other", "o"))
    long = "\n".join(f"dòng {number} của một thông báo dài" for number in range(300))
    await world.queue(long, lane="broadcast", person_id="p")
    calls: list[object] = []
    world.channel.refuse = lambda address, part: calls.append(part) or (Blocked("gone") if len(calls) == 2 else None)  # type: ignore[func-returns-value]
    assert len(await world.drain()) == 1
    assert (await world.states(), world.reached) == (["blocked"], [])


async def test_when_the_quota_is_used_up_reminders_go_another_way_and_the_rest_waits(world: World) -> None:
    await world.person(("test", "a"), ("other", "o"))
    world.channel.refuse = lambda address, part: Exhausted("the quota is used up")
    await world.queue("nhắc", lane="broadcast", person_id="p", key="k")
    await world.queue("nhắc", lane="broadcast", address="b")
    await world.queue("trả lời", address="c")
    await world.drain()
    await world.started(world.other).drain()
    assert world.arrived("o", world.other) == ["nhắc"]
    tried: list[str] = []
    world.channel.refuse = lambda address, part: tried.append(address)  # type: ignore[func-returns-value]
    await world.drain(599)
    assert tried == []
    await world.drain(1)
    assert tried == ["c"]
    await world.drain(3000)
    assert tried == ["c", "b"]


async def test_a_chat_that_moved_is_followed_with_all_that_waits_in_order(world: World) -> None:
    world.channel.refuse = lambda address, part: Migrated("b") if address == "a" else None
    await world.queue("một", "hai")
    await world.queue("nhắc", lane="broadcast")
    await world.queue("mai", not_before=START + 600)
    await world.drain()
    assert world.arrived("b") == ["một", "hai", "nhắc"]
    await world.drain(600)
    assert world.arrived("b") == ["mai"]


async def test_nothing_goes_to_the_new_address_before_what_waited_at_the_old_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The move stands in the table already, and what waits in memory does not know of it yet."""
    read, write = world.database.read, world.database.write
    reads: list[object] = []
    moved, looked = asyncio.Event(), asyncio.Event()

    async def reading(function: Callable[[Snapshot], T]) -> T:
        reads.append(function)
        if len(reads) == 2:     # the broadcasts' lane looks
            await moved.wait()
            found = await read(function)
            asyncio.get_running_loop().call_soon(looked.set)
            return found
        return await read(function)

    async def writing(effects: Sequence[Effect]) -> list[object]:
        results = await write(effects)
        if any(each.function is people.move_address for each in effects):
            moved.set()
            await looked.wait()
        return results

    monkeypatch.setattr(world.database, "read", reading)
    monkeypatch.setattr(world.database, "write", writing)
    world.channel.refuse = lambda address, part: Migrated("b") if address == "a" else None
    await world.queue("một", "hai")
    await world.queue("nhắc", lane="broadcast")
    await world.drain()
    assert world.arrived("b") == ["một", "hai", "nhắc"]


async def test_chats_that_move_in_a_circle_do_not_keep_the_sender(world: World) -> None:
    world.channel.refuse = lambda address, part: Migrated("b" if address == "a" else "a")
    await world.queue("một")
    await world.drain()
    assert await world.states() == ["failed"]


async def test_a_defect_of_a_channel_sets_its_letter_aside_and_keeps_nobody(world: World) -> None:
    world.problems = [ZeroDivisionError("a defect")]
    await world.queue("một", "hai")
    await world.queue("khác", address="b")
    assert await world.drain() == ["hai"]
    assert world.arrived("b") == ["khác"]
    assert await world.rows("SELECT state, error FROM outbox WHERE id = 1") == [("failed", "defect: ZeroDivisionError")]


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
    letter = encode(say(Text(verbatim(long))))
    await world.database.write((effect(outbox.queue, "test", "a", letter, "vi", START, subject="duty:x", expires_at=START + 9),))
    calls = []

    def second_fails(address: str, part: object) -> Unreachable | None:
        calls.append(part)
        return Unreachable("down") if len(calls) == 2 else None

    world.channel.refuse = second_fails
    first = await world.drain()
    world.wanted = False        # not asked of a letter of which half has arrived
    rest = await world.drain(60)
    assert len(first) == 1
    assert [line for text in first + rest for line in text.splitlines()[1:]] == long.splitlines()
    assert [text.splitlines()[0] for text in first + rest] == ["(1/3)", "(2/3)", "(3/3)"]


async def test_a_letter_with_a_code_is_forgotten_once_it_is_sent(world: World) -> None:
    reply = encode(type(say())((Text(verbatim("MA2345KT")),), once=True))
    await world.database.write((effect(outbox.queue, "test", "a", reply, "vi", START),))
    assert await world.drain() == ["MA2345KT"]
    kept = await world.database.read(lambda read: read.execute("SELECT reply, parts FROM outbox").fetchone())
    assert kept == ("", None)


async def test_each_part_is_noted_before_the_next_one_leaves(world: World) -> None:
    """After a kill only the part under way can come twice."""
    long = "\n".join(f"dòng {number} của một báo cáo dài" for number in range(300))
    await world.queue(long)
    noted: list[object] = []

    async def send(*args: object) -> str:
        ((parts,),) = await world.rows("SELECT parts FROM outbox")
        noted.append(None if parts is None else json.loads(str(parts))["ids"])
        return f"id{len(noted)}"

    world.channel.send = send  # type: ignore[assignment, method-assign]
    await world.sender.drain()
    assert noted[:2] == [None, ["id1", *[None] * (len(noted) - 1)]]
    ((kept,),) = await world.rows("SELECT parts FROM outbox")
    assert json.loads(str(kept))["ids"] == [f"id{number + 1}" for number in range(len(noted))]


@pytest.mark.parametrize("parts", ["{", "[]", '{"ids": ["1"]}', '{"parts": [{"kind": "text"}], "ids": [null], "unknown": 0}'])
async def test_an_attempt_that_cannot_be_read_is_one_of_which_nothing_is_known(world: World, parts: str) -> None:
    await world.queue("một", lane="broadcast")
    await world.database.write((effect(outbox.keep_parts, 1, parts),))
    await world.queue("hai")
    assert await world.drain() == ["hai", "(nhắc lại)\nmột"]
