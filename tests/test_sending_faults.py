"""Whatever the platform, the file and the clock do: each letter arrives, in its order, and twice only where nobody could know."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import OutcomeUnknown, Part, RateLimited, Refused, Unreachable
from bot.clock import MovableClock
from bot.language import languages
from bot.sender import Sender
from handlers.kit.message import verbatim
from handlers.kit.reply import say
from handlers.kit.wire import encode
from storage import outbox
from storage.connection import Database, Effect, effect
from storage.errors import DatabaseFull
from tests.chat import WITH_BUTTONS, ZONE, Double

START = 1_795_000_000
SETTLED_AFTER = 40

FAULTS = ("down", "wait", "lost", "answer lost", "refused", "full")
step = st.one_of(
    st.tuples(st.just("queue"), st.sampled_from("abcde"), st.sampled_from(("reply", "broadcast"))),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS), st.integers(1, 4)),
    st.tuples(st.just("drain"), st.integers(0, 90), st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
    st.tuples(st.just("clock"), st.sampled_from((-86_400, -30, 3_600, 86_400)), st.just(0)),
)


@dataclass
class Platform(Double):
    """``faults`` are met one after another by attempts; ``doubtful`` are the letters whose first copy may have arrived unnoticed."""

    faults: list[str] = field(default_factory=list)
    arrived: list[tuple[str, str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    doubtful: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__("test", WITH_BUTTONS)
        self._ids = itertools.count(1)

    async def send(self, address: str, thread: str | None, part: Part, content: bytes | None, replaces: str | None) -> str:
        letter = part.text.split("\n")[-1]
        fault = self.faults.pop(0) if self.faults and self.faults[0] != "full" else ""
        match fault:
            case "down":
                raise Unreachable("down")
            case "wait":
                raise RateLimited(3)
            case "lost":
                raise OutcomeUnknown("no answer")
            case "refused":
                self.refused.add(letter)
                raise Refused("bad request")
        self.arrived.append((address, letter))
        if fault == "answer lost":
            self.doubtful[letter] += 1
            raise OutcomeUnknown("no answer")
        return str(next(self._ids))


async def play(steps: Sequence[tuple[str, object, object]], folder: Path) -> None:
    database = await Database.open(folder / "a.sqlite3")
    write = database.write
    platform, clock = Platform(), MovableClock(START)

    async def sometimes_full(effects: Sequence[Effect]) -> list[object]:
        if platform.faults and platform.faults[0] == "full":
            platform.faults.pop(0)
            raise DatabaseFull("the disk is full")
        return await write(effects)

    database.write = sometimes_full  # type: ignore[method-assign]

    def started() -> Sender:
        return Sender(database, platform, clock, languages(ZONE), lambda *_: True)

    sender, queued = started(), list[tuple[str, str, str]]()
    for kind, first, second in steps:
        match kind:
            case "queue":
                lane, text = str(second), f"{first}{second}{len(queued):03}"
                queued.append((str(first), lane, text))
                letter = effect(outbox.queue, "test", str(first), encode(say(verbatim(text))), "vi", clock.now(), lane=lane)
                await write((letter,))
            case "fault":
                platform.faults += [str(first)] * int(str(second))
            case "drain":
                clock.advance(int(str(first)))
                await sender.drain()
            case "clock":
                clock.advance(int(str(first)))
            case "restart":
                platform.faults = [each for each in platform.faults if each != "full"]
                await sender.finish(0)
                sender = started()
    platform.faults.clear()
    for _ in range(SETTLED_AFTER):
        clock.advance(600)
        await sender.drain()
    ends = await database.read(lambda read: read.execute("SELECT state, COALESCE(error, '') FROM outbox ORDER BY id").fetchall())
    await database.close()
    check(queued, platform, [(state, error.partition(":")[0]) for state, error in ends])


def check(queued: Sequence[tuple[str, str, str]], platform: Platform, ends: Sequence[tuple[str, str]]) -> None:
    assert set(ends) <= {("sent", ""), ("failed", "refused"), ("failed", "unknown")}
    copies = Counter(letter for _, letter in platform.arrived)
    for (address, lane, letter), (state, why) in zip(queued, ends, strict=True):
        assert copies[letter] >= 1 or state == "failed", "at least once"
        assert (why == "refused") == (letter in platform.refused)
        assert copies[letter] <= 1 + platform.doubtful[letter], "doubled only where the answer was lost"
        assert all(to == address for to, each in platform.arrived if each == letter), lane
    for address, lane in {(address, lane) for address, lane, _ in queued}:
        firsts = list(dict.fromkeys(letter for to, letter in platform.arrived if to == address and letter.startswith(f"{address}{lane}")))
        assert firsts == sorted(firsts), "in order"


@settings(max_examples=25, deadline=None)
@given(st.lists(step, min_size=4, max_size=40))
def test_every_letter_arrives_in_order_whatever_happens(steps: list[tuple[str, object, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(steps, Path(folder)))
