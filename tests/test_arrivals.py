"""Arrivals: what comes together is decided together, each update with its own decision, and whatever goes wrong nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from bot import arrivals
from bot.arrivals import Arrival, Arrivals, Decided
from bot.channels.base import Inbound
from handlers.kit.turn import Said
from storage import inbox, settings
from storage.connection import Database, Effect, Snapshot, Transaction, effect
from storage.errors import Conflict, DatabaseFull, StorageError


class Now:
    def now(self) -> int:
        return 1_000


def count(tx: Transaction, name: str) -> None:
    """How often the update took effect."""
    settings.put(tx, name, str(int(settings.get(Snapshot(tx), name) or "0") + 1))


def conflict(tx: Transaction, name: str) -> None:
    raise Conflict(name)


class Turns:
    """Decides that each update counts itself. ``deciding`` may do otherwise; what is stored alone is noted, not decided."""

    def __init__(self) -> None:
        self.deciding: Callable[[str], tuple[Effect, ...]] = lambda key: (effect(count, key),)
        self.decisions: list[str] = []
        self.finished: list[str] = []
        self.lined_up: list[tuple[str, Awaitable[Decided] | None]] = []
        self.known: list[str] = []
        self.refused: list[str] = []
        self.stored_before: set[str] = set()

    def busy(self, lane: str) -> bool:
        return lane in self.stored_before

    def decided(self, read: Snapshot, arrival: Arrival, now: int) -> tuple[Effect, ...]:
        self.decisions.append(arrival.key)
        return self.deciding(arrival.key)

    def done(self, arrival: Arrival, outcome: Sequence[object], seconds: float) -> None:
        self.finished.append(arrival.key)

    def stored(self, arrival: Arrival, number: object, deciding: Awaitable[Decided] | None) -> None:
        if isinstance(number, int):
            self.lined_up.append((arrival.key, deciding))
            self.stored_before.add(arrival.lane)
        else:
            self.known.append(arrival.key)

    async def not_stored(self, arrival: Arrival) -> None:
        self.refused.append(arrival.key)


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.turns = Turns()
        self.arrivals = Arrivals(database, Now(), self.turns, lambda: 0.0)

    def come(self, key: str, lane: str | None = None, *, alone: bool = False) -> asyncio.Future[None]:
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane = lane or key
        self.arrivals.take(Arrival("test", key, Inbound(address=lane, input=Said(key)), lane, alone, committed))
        return committed

    async def settled(self) -> None:
        while self.arrivals.under_way:
            await asyncio.gather(*self.arrivals.under_way)

    async def counted(self, *keys: str) -> list[str | None]:
        return await self.database.read(lambda read: [settings.get(read, key) for key in keys])

    async def waiting(self) -> list[str]:
        return [each.key for each in await self.database.read(inbox.waiting)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = World(await Database.open(tmp_path / "t.sqlite3"))
    yield opened
    await opened.database.close()


async def test_what_comes_together_shares_a_snapshot_and_a_commit(world: World) -> None:
    sizes: list[int] = []
    world.database.watch = lambda turns, seconds, failed: sizes.append(turns)
    keys = [str(number) for number in range(10)]
    await asyncio.gather(*(world.come(key) for key in keys))
    await world.settled()
    assert (await world.counted(*keys), sizes) == (["1"] * 10, [10])
    assert (world.turns.decisions, world.turns.finished, await world.waiting()) == (keys, keys, [])


async def test_each_update_has_its_own_decision_however_long_the_readers_are_busy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups that wait for a reader must not be mixed up with those that come after them."""
    monkeypatch.setattr(arrivals, "MOST_TOGETHER", 3)
    monkeypatch.setattr(arrivals, "LONG_SECONDS", 0)
    monkeypatch.setattr(arrivals, "PATIENCE_SECONDS", 60)
    go = threading.Event()
    held = [asyncio.create_task(world.database.read(lambda read: go.wait(10))) for _ in range(2)]
    await asyncio.sleep(0)
    keys = [str(number) for number in range(11)]
    coming = [world.come(key) for key in keys]
    for _ in range(50):
        await asyncio.sleep(0)      # all groups have been formed
    assert world.arrivals._waiting == []
    go.set()
    await asyncio.gather(*held, *coming)
    await world.settled()
    assert await world.counted(*keys) == ["1"] * 11
    assert (sorted(world.turns.finished, key=int), world.turns.lined_up) == (keys, [])


async def test_a_repeated_update_takes_effect_once(world: World) -> None:
    await asyncio.gather(world.come("a"), world.come("a", "another lane"))
    await world.come("a")
    await world.settled()
    assert (await world.counted("a"), world.turns.known, world.turns.finished) == (["1"], ["a", "a"], ["a"])


async def test_one_persons_updates_keep_their_order_and_wait_for_each_other(world: World) -> None:
    order: list[str] = []
    coming = {key: world.come(key, "lan") for key in ("1", "2", "3")}
    for key, committed in coming.items():
        committed.add_done_callback(lambda _, key=key: order.append(key))  # type: ignore[misc]
    await asyncio.gather(*coming.values())
    await world.settled()
    assert world.turns.decisions == world.turns.finished == order == ["1", "2", "3"]


async def test_where_somebody_wrote_in_between_it_is_stored_and_decided_anew(world: World) -> None:
    world.turns.deciding = lambda key: (effect(count, key), effect(conflict, key)) if key == "b" else (effect(count, key),)
    await asyncio.gather(world.come("a"), world.come("b"), world.come("later", "b"), world.come("c"))
    await world.settled()
    assert await world.counted("a", "b", "c") == ["1", None, "1"]
    assert [key for key, _ in world.turns.lined_up] == await world.waiting() == ["b", "later"]
    assert world.turns.lined_up[0][1] is None


async def test_a_defect_is_kept_with_its_update_and_hurts_nobody_else(world: World) -> None:
    def decide(key: str) -> tuple[Effect, ...]:
        if key == "b":
            raise ZeroDivisionError(key)
        return (effect(count, key),)

    world.turns.deciding = decide
    await asyncio.gather(world.come("a"), world.come("b"), world.come("c"))
    await world.settled()
    assert (await world.counted("a", "c"), await world.waiting()) == (["1", "1"], ["b"])
    ((key, deciding),) = world.turns.lined_up
    assert deciding is not None
    assert isinstance(await deciding, ZeroDivisionError)
    assert (key, world.turns.decisions.count("b")) == ("b", 1)


async def test_a_decision_that_takes_long_is_not_waited_for_and_not_made_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "PATIENCE_SECONDS", 0)
    go = threading.Event()

    def slow(key: str) -> tuple[Effect, ...]:
        go.wait(10)
        return (effect(count, key),)

    world.turns.deciding = slow
    await world.come("a")
    assert await world.waiting() == ["a"], "it could be acknowledged while its decision was still under way"
    go.set()
    await world.settled()
    ((_, deciding),) = world.turns.lined_up
    assert deciding is not None
    found = await deciding
    assert isinstance(found, tuple)
    await world.database.write(found)
    assert (await world.counted("a"), world.turns.decisions) == (["1"], ["a"])


async def test_where_many_wait_all_are_stored_before_they_are_decided(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then they can be acknowledged: what one person has said since goes with what he said before."""
    monkeypatch.setattr(arrivals, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(arrivals, "MOST_TOGETHER", 3)
    monkeypatch.setattr(arrivals, "LONG_SECONDS", 60)       # one reader is left for this test
    monkeypatch.setattr(arrivals, "PATIENCE_SECONDS", 60)
    go = threading.Event()

    def slow(key: str) -> tuple[Effect, ...]:
        go.wait(10)
        return (effect(count, key),)

    world.turns.deciding = slow
    keys = [str(number) for number in range(10)]
    coming = [world.come(key, "lan" if key in "58" else None) for key in keys]
    await asyncio.gather(*coming)
    assert await world.waiting() == ["0", "1", "2", "3", "4", "5", "8", "6", "7", "9"]
    go.set()
    await world.settled()
    assert (await world.counted(*keys), await world.waiting(), world.turns.lined_up) == (["1"] * 10, [], [])
    assert world.turns.finished.index("5") < world.turns.finished.index("8")


async def test_what_was_stored_first_is_not_stored_again_when_its_turn_does_not_come(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conflict, a defect, a repetition, and somebody's file between his messages."""
    monkeypatch.setattr(arrivals, "MOST_AT_ONCE", 0)

    def decide(key: str) -> tuple[Effect, ...]:
        if key == "defect":
            raise ZeroDivisionError(key)
        return (effect(count, key), effect(conflict, key)) if key == "conflict" else (effect(count, key),)

    world.turns.deciding = decide
    coming = [world.come(key) for key in ("conflict", "defect", "a")]
    coming += [world.come("a", "another lane"), world.come("after", "conflict")]
    coming += [world.come("1", "lan"), world.come("file", "lan", alone=True), world.come("2", "lan")]
    await asyncio.gather(*coming)
    await world.settled()
    assert (sorted(world.turns.finished), world.turns.known) == (["1", "a"], ["a"])
    assert sorted(key for key, _ in world.turns.lined_up) == sorted(await world.waiting()) == ["2", "after", "conflict", "defect", "file"]
    lined_up = [key for key, _ in world.turns.lined_up]
    assert lined_up.index("conflict") < lined_up.index("after")
    assert lined_up.index("file") < lined_up.index("2")
    assert world.turns.decisions.count("defect") == 1


async def test_where_many_wait_and_none_can_be_stored_all_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MOST_AT_ONCE", 0)

    async def full(turns: Sequence[Sequence[Effect]]) -> list[list[object] | Exception]:
        return [DatabaseFull("no space") for _ in turns]

    with monkeypatch.context() as patched:
        patched.setattr(world.database, "write_each", full)
        coming = [world.come("1", "lan"), world.come("2", "lan"), world.come("3")]
        outcomes = await asyncio.gather(*coming, return_exceptions=True)
        await world.settled()
    assert all(isinstance(each, StorageError) for each in outcomes)
    assert sorted(world.turns.refused) == ["1", "2", "3"]
    await asyncio.gather(*(world.come(key, lane) for key, lane in (("1", "lan"), ("2", "lan"), ("3", None))))
    await world.settled()
    assert await world.counted("1", "2", "3") == ["1"] * 3


async def test_what_must_be_stored_alone_and_what_follows_it_come_in_order(world: World) -> None:
    lan = (world.come("1", "lan"), world.come("file", "lan", alone=True), world.come("2", "lan"))
    await asyncio.gather(*lan, world.come("other", alone=True))
    await world.settled()
    assert world.turns.finished == ["1"]
    assert [key for key, _ in world.turns.lined_up if key != "other"] == ["file", "2"]
    assert sorted(await world.waiting()) == ["2", "file", "other"]


async def test_what_is_being_stored_is_not_overtaken(world: World) -> None:
    """A file takes longer: what its sender writes below it must not be decided before."""
    coming = [world.come("file", "lan", alone=True), world.come("1", "lan")]
    await asyncio.sleep(0)
    coming += [world.come("2", "lan"), world.come("other")]
    await asyncio.gather(*coming)
    await world.settled()
    assert ([key for key, _ in world.turns.lined_up], world.turns.finished) == (["file", "1", "2"], ["other"])


async def test_what_cannot_be_stored_is_refused_together_with_what_follows_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(turns: Sequence[Sequence[Effect]]) -> list[list[object] | Exception]:
        return [DatabaseFull("no space") for _ in turns]

    with monkeypatch.context() as patched:
        patched.setattr(world.database, "write_each", full)
        coming = [world.come("1", "lan"), world.come("2", "lan"), world.come("3"), world.come("4", alone=True)]
        outcomes = await asyncio.gather(*coming, return_exceptions=True)
        await world.settled()
    assert all(isinstance(each, StorageError) for each in outcomes)
    assert (sorted(world.turns.refused), world.turns.lined_up) == (["1", "3", "4"], [])
    await asyncio.gather(*(world.come(key, lane) for key, lane in (("1", "lan"), ("2", "lan"), ("3", None), ("4", None))))
    await world.settled()
    assert await world.counted("1", "2", "3", "4") == ["1"] * 4


async def test_nobody_waits_for_ever_when_the_reader_breaks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(function: object) -> object:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(world.database, "read", broken)
        await asyncio.gather(world.come("a"), world.come("b"))
        await world.settled()
    assert await world.waiting() == ["a", "b"]
