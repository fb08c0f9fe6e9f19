"""The pacer on a clock of its own: a platform that counts what it receives never counts too much, and nobody waits longer than needed."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import Pace
from bot.pacing import Lane, Pacer

PACE = Pace(overall=30, private=1, group=20)
ON_THE_WAY = 0.02


@dataclass
class World:
    """Requests take ``ON_THE_WAY`` and a delay (taken from ``late`` in turn) to the platform, and as long back."""

    late: Sequence[float] = (0.0,)
    pace: Pace | None = PACE
    now: float = 100.0
    received: list[tuple[float, str]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pacer = Pacer(self.pace, lambda: self.now, self.sleep)
        self._answers: list[tuple[float, float, str]] = []
        self._delays = itertools.cycle(self.late)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, lane: Lane, address: str) -> None:
        left = self.pacer.take(lane, address)
        arrives = left + ON_THE_WAY + next(self._delays)
        self.received.append((arrives, address))
        heapq.heappush(self._answers, (arrives + ON_THE_WAY, left, address))

    def play(
        self, replies: Sequence[tuple[float, str]] = (), broadcasts: Sequence[str] = (), until: float = 1e9, heard: float | None = None
    ) -> None:
        """Everything leaves as soon as the pacer lets it, replies before broadcasts, one at a time to a chat. ``heard``: so many seconds
        before each reply its question has come."""
        coming, asked, told = sorted(replies), [], list(broadcasts)
        questions = [] if heard is None else [at - heard for at, _ in coming]
        flying: set[str] = set()
        while (coming or asked or told) and self.now < until:
            while questions and questions[0] <= self.now:
                questions.pop(0)
                self.pacer.expect()
            while self._answers and self._answers[0][0] <= self.now:
                _, left, address = heapq.heappop(self._answers)
                self.pacer.answered(left, address)
                flying.discard(address)
            while coming and coming[0][0] <= self.now:
                asked.append(coming.pop(0))
            if not self._leaves("reply", asked, flying) and not self._leaves("broadcast", told, flying):
                waits = [self.pacer.wait("reply") if asked else 9.0, self.pacer.wait("broadcast") if told else 9.0]
                nexts = [coming[0][0]] if coming else []
                nexts += questions[:1]
                nexts += [self._answers[0][0]] if self._answers else []
                chats = [self.pacer.chat_wait(each if isinstance(each, str) else each[1]) for each in (*asked[:3], *told[:3])]
                self.now = min([*nexts, *(self.now + wait for wait in (*waits, *chats) if wait > 0)])

    def _leaves(self, lane: Lane, queue: list, flying: set[str]) -> bool:  # type: ignore[type-arg]
        if self.pacer.wait(lane) > 0:
            return False
        for index, each in enumerate(queue):
            address = each if isinstance(each, str) else each[1]
            if address not in flying and self.pacer.chat_wait(address) <= 0:
                queue.pop(index)
                flying.add(address)
                if lane == "reply":
                    self.waited.append(self.now - each[0])
                self.send(lane, address)
                return True
        return False

    def most(self, seconds: float, address: str | None = None) -> int:
        """The most that the platform receives in any window, half open like a rolling counter's."""
        times = sorted(at for at, to in self.received if address in (None, to))
        most = first = 0
        for index, at in enumerate(times):
            while times[first] <= at - seconds:
                first += 1
            most = max(most, index - first + 1)
        return most


chats = st.sampled_from([str(number) for number in range(1, 9)] + ["-7", "-8"])
arrivals = st.lists(st.tuples(st.floats(100, 130), chats), max_size=60)
delays = st.lists(st.floats(0, 0.09), max_size=12).map(lambda some: [0.0, *some])


@settings(max_examples=40)
@given(replies=arrivals, told=st.lists(chats, max_size=30), strangers=st.integers(0, 200), late=delays)
def test_no_window_is_ever_over_the_limit(replies: list[tuple[float, str]], told: list[str], strangers: int, late: list[float]) -> None:
    world = World(late)
    world.play(replies, [*told, *(str(1000 + number) for number in range(strangers))])
    assert len(world.received) == len(replies) + len(told) + strangers
    assert world.most(1) <= 30
    for address in {address for _, address in world.received}:
        assert world.most(1, address) <= 1
        if address.startswith("-"):
            assert world.most(60, address) <= 20


@settings(max_examples=10)
@given(late=st.lists(st.floats(0, 0.01), max_size=12).map(lambda some: [0.0, *some]))
def test_broadcasts_use_what_is_permitted(late: list[float]) -> None:
    world = World(late)
    world.play(broadcasts=[str(number) for number in range(601)])
    times = sorted(at for at, _ in world.received)
    assert 600 / (times[-1] - times[0]) >= 0.97 * 30
    assert world.most(1) <= 30


def test_broadcasts_leave_evenly() -> None:
    world = World()
    world.play(broadcasts=[str(number) for number in range(90)])
    times = [at for at, _ in world.received]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) < 0.06
    assert sum(abs(gap - gaps[0]) < 0.001 for gap in gaps) > 80


@settings(max_examples=15)
@given(st.lists(st.floats(0.4, 2.5), min_size=1, max_size=12))
def test_an_answer_amid_a_broadcast_goes_at_once(gaps: list[float]) -> None:
    """The first one may find the window full and waits for less than the place of one message; after it there is room."""
    world = World()
    instants = itertools.accumulate(gaps, initial=103.0)
    world.play([(at, f"asks{number}") for number, at in enumerate(instants)], [str(number) for number in range(500)], until=150)
    assert world.waited[0] <= 0.04
    assert max(world.waited[1:], default=0.0) <= 0.025
    assert world.most(1) <= 30


def _at_random(rate: float) -> list[float]:
    rng = random.Random(7)
    return list(itertools.takewhile(lambda at: at < 165, itertools.accumulate(iter(lambda: rng.expovariate(rate), None), initial=103.0)))


QUESTIONS = {
    "one a second": ([103.0 + number for number in range(62)], 0.0, 0.0),
    "five a second": ([103 + number / 5 for number in range(310)], 0.0, 0.0),
    "five a second at random": (_at_random(5), 0.01, 0.05),
    "ten a second at random": (_at_random(10), 0.02, 0.07),
    "five at once each second": ([103.0 + number // 5 for number in range(310)], 0.11, 0.15),
}
"""Instants, and how long four of five answers and all but one of fifty may wait: a broadcast's place is a thirtieth of a second."""


@pytest.mark.parametrize(("questions", "usual", "longest"), QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("late", [0.0, 0.005])
def test_answers_and_broadcasts_together_use_what_is_permitted(questions: list[float], usual: float, longest: float, late: float) -> None:
    """The room that is kept for answers is no larger than the answers, and still they find it."""
    rng = random.Random(8)
    world = World([0.0, *(rng.uniform(0, late) for _ in range(97))])
    replies = [(at, f"asks{number}") for number, at in enumerate(questions)]
    world.play(replies, [str(number) for number in range(2_000)], until=165, heard=0.008)
    assert sum(105 <= at < 163 for at, _ in world.received) / 58 >= 0.95 * 30
    assert world.most(1) <= 30
    assert len(world.waited) >= sum(at < 164 for at in questions)
    waited = sorted(world.waited)
    assert waited[len(waited) * 4 // 5] <= usual
    assert waited[len(waited) * 49 // 50] <= longest


def test_an_update_without_an_answer_keeps_its_place_for_a_moment_only() -> None:
    world = World()
    told = [str(number) for number in range(400)]
    world.play(broadcasts=told[:150], until=105)
    for _ in range(12):
        world.pacer.expect()
    world.play(broadcasts=told[150:], until=112)
    assert sum(109 <= at < 112 for at, _ in world.received) / 3 >= 0.97 * 30


def test_an_answer_that_is_expected_finds_room() -> None:
    world = World()
    told = [str(number) for number in range(300)]
    world.play(broadcasts=told, until=104)
    world.pacer.expect()
    for _ in range(300):
        world.now += 0.003
        if world.pacer.wait("broadcast") <= 0:
            world.send("broadcast", told.pop())
        assert world.pacer.wait("reply") <= (0 if world.now > 104.05 else 0.03)


async def test_a_second_message_to_a_chat_waits_for_that_chat_only() -> None:
    world = World()
    await world.pacer.admit("reply", "1")
    await world.pacer.admit("reply", "2")
    assert world.now == 100
    await world.pacer.admit("reply", "1")
    assert 101 < world.now < 101.1


async def test_the_answer_counts_where_it_came_late() -> None:
    """It may have been received only now: the next one keeps its second from then."""
    world = World()
    left = await world.pacer.admit("reply", "1")
    world.now = 100.8
    world.pacer.answered(left, "1")
    assert world.pacer.chat_wait("1") == pytest.approx(1.0)


async def test_a_group_takes_twenty_a_minute_and_keeps_nobody_else() -> None:
    world = World()
    for _ in range(20):
        await world.pacer.admit("broadcast", "-1")
    assert world.now < 125
    assert world.pacer.chat_wait("-1") > 35
    assert world.pacer.chat_wait("2") == 0
    assert world.pacer.wait("reply") == 0


async def test_a_platform_that_has_enough_stops_broadcasts_and_no_answer() -> None:
    world = World()
    world.pacer.pause(5)
    assert world.pacer.wait("reply") == 0
    await world.pacer.admit("broadcast", "1")
    assert world.now == 105


async def test_without_a_pace_nothing_waits() -> None:
    world = World(pace=None)
    world.pacer.pause(5)
    world.pacer.rest("1", 5)
    for _ in range(1000):
        world.pacer.answered(await world.pacer.admit("broadcast", "1"), "1")
    assert world.now == 100


def test_chats_are_forgotten() -> None:
    world = World()
    world.play(broadcasts=[str(number) for number in range(3000)])
    assert len(world.pacer._chats) <= 512
