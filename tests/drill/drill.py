"""One drill: a platform, a database, a clock, the bots that live and die on them, and officers who write meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import shutil
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.drill import audit
from tests.drill.cluster import START, Seat
from tests.drill.load import Officer, Step, content
from tests.drill.platform import Platform
from tests.drill.process import Living, Nursery, Order, SharedClock
from tests.drill.zalo import HOOK, ZaloPlatform

PATIENCE = 60
"""Seconds in which anything that is waited for must have come to pass."""

OFFICERS_PATIENCE = 300
"""Seconds that an officer waits for an answer: the bot may be killed many times meanwhile."""


def _free_port() -> int:
    """A port of loopback that was free a moment ago; the bot listens there after every start."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Drill:
    """Use it as ``async with``: whatever happens, no process is left behind."""

    def __init__(
        self, name: str, seed: int, database: Path, folder: Path, nursery: Nursery, platform: Platform, zalo: ZaloPlatform | None, *,
        silent: bool, webhook: bool, reminders: bool,
    ) -> None:
        self.name, self.seed, self.platform = name, seed, platform
        self._zalo = zalo
        self.lost_in_flight = 0
        self.web_side = ""
        self.rng = random.Random(f"{name}/{seed}")
        self.database = Path(shutil.copy(database, folder / "drill.sqlite3"))
        if not reminders:
            self._forget_reminders()
        self.clock = SharedClock(folder / "clock.json")
        self.clock.set(START, 1)
        self.kills = 0
        self.updates = 0
        self.note = ""
        self._officers: list[Officer] = []
        self._speaking: list[asyncio.Task[None]] = []
        self._posting: list[asyncio.Task[None]] = []
        self._silent = silent
        self._webhook = webhook
        self._nursery = nursery
        self._log = folder / "bot.log"
        self._living: Living | None = None
        self._asked = 0
        self._order = Order(str(self.database), "", platform.token, str(folder / "clock.json"), str(self._log))
        self._began = time.monotonic()

    async def __aenter__(self) -> Drill:
        await self.platform.__aenter__()
        settings: dict[str, str] = {}
        web_side = self.web_side = f"127.0.0.1:{_free_port()}"
        if self._webhook:
            settings["THIDUA_TELEGRAM_WEBHOOK"] = "https://drill.example/telegram"
            self._posting.append(asyncio.create_task(self.platform.post(f"http://{web_side}"), name="Telegram posts"))
        if self._zalo is not None:
            await self._zalo.__aenter__()
            settings |= {"THIDUA_ZALO_TOKEN": self._zalo.token, "THIDUA_ZALO_API": self._zalo.root}
            if self._zalo.hooked:
                settings["THIDUA_ZALO_WEBHOOK"] = HOOK
                self._posting.append(asyncio.create_task(self._zalo.post(f"http://{web_side}"), name="Zalo posts"))
        if self._posting:
            settings["THIDUA_WEB"] = web_side
        self._order = replace(self._order, api=self.platform.root, environment=tuple(settings.items()))
        return self

    async def __aexit__(self, *error: object) -> None:
        tasks = [*self._speaking, *self._posting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            if self._living is not None and not self._living.dead:
                await self._living.kill()
        finally:
            if self._zalo is not None:
                await self._zalo.__aexit__(*error)
            await self.platform.__aexit__(*error)
        if error[0] is not None and self._log.exists():
            print(self._log.read_text(encoding="utf-8")[-6_000:], file=sys.stderr)      # noqa: T201

    @property
    def zalo(self) -> ZaloPlatform:
        """Zalo, in a drill that has it."""
        assert self._zalo is not None
        return self._zalo

    def _forget_reminders(self) -> None:
        """No event reminds: a load's answers can be told from one another, and a reminder's could not."""
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            connection.execute("UPDATE events SET remind = '[]', overdue = '[]'")

    # Lives --------------------------------------------------------------------------------------------------------------------

    async def start(self, **how: object) -> Living:
        """Start a bot; ``how`` changes its order."""
        assert self._living is None or self._living.dead
        self._asked = self.platform.asked["getMe"]
        self._living = await self._nursery.start(replace(self._order, **how))       # type: ignore[arg-type]
        return self._living

    @property
    def living(self) -> Living:
        """The bot that was started last."""
        assert self._living is not None
        return self._living

    async def until(self, fulfilled: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        """Wait for it. Raises AssertionError when it does not come to pass."""
        assert await self.wait(fulfilled, within), f"not in {within} s: {what}"

    async def until_dead_or(self, living: Living, done: Callable[[], bool]) -> bool:
        """Whether the bot died, as it was ordered to, before everything was done."""
        await self.until(lambda: living.dead or done(), "dead or done")
        if living.dead:
            await self.bury(living)
            return True
        return False

    async def bury(self, living: Living) -> None:
        """After a kill: what the platform was told to forget must be stored, and what was not noted is remembered for the account.

        Zalo's polling hands an update out once: the one in flight may be lost, and is said again by who got no answer.
        """
        assert await living.ended(PATIENCE) == -signal.SIGKILL, "it ended by itself; see its log"
        self.kills += 1
        await asyncio.gather(*(each.left_alone() for each in (self.platform, self._zalo) if each is not None))
        lost = self.platform.forgotten - {int(key) for key in audit.keys(self.database, "telegram")}
        assert not lost, f"acknowledged and lost: {sorted(lost)}"
        self.platform.died(audit.unnoted(self.database))
        if self._zalo is not None:
            flown = self._zalo.handed - audit.keys(self.database, "zalo")
            assert len(flown) <= (0 if self._zalo.hooked else 1), f"acknowledged to Zalo and lost: {sorted(flown)}"
            self.lost_in_flight += len(flown)
            self._zalo.handed -= flown
            for key in flown:
                await self._zalo.write_again(key)

    async def kill(self, living: Living) -> None:
        await living.kill()
        await self.bury(living)

    async def lives(self, kills: int, done: Callable[[], bool], longest: float = 0.8, **how: object) -> None:
        """Kill the bot at random instants, ``kills`` times at most, until what it has to do is done; the last one ends in order.

        A life is up to ``longest`` seconds; every fourth counts from its birth, and so may end while it starts, every fourth from when it
        is up, the others from its first letter: on a slow machine too they die amid their work. ``how`` changes each one's order.
        """
        for number in range(kills):
            living, before = await self.start(**how), len(self.platform.log)
            if number % 4:
                await self.until(self.up, "up")
            if number % 4 > 1:
                await self.until(lambda: len(self.platform.log) > before or done(), "a letter")     # noqa: B023
            finished = await self.wait(done, within=self.rng.uniform(0.01, longest))
            await self.kill(living)
            if finished:
                break
        await self.finish(await self.start(**how), done)

    def up(self) -> bool:
        """Whether the bot that was started last has asked for its name: it is ready to be ended in order, and about to take updates."""
        return self.platform.asked["getMe"] > self._asked

    async def finish(self, living: Living, done: Callable[[], bool]) -> None:
        """Let it do the rest, and end it in order."""
        if not await self.wait(done):
            raise AssertionError("\n".join([f"not done in {PATIENCE} s", *audit.replies(self.platform, self._officers)[2][:20]]))
        await self.until(self.quiet, "quiet")
        await self.end(living)

    async def end(self, living: Living) -> None:
        """End it in order, once it is up."""
        await self.until(self.up, "up")
        assert await living.kill(signal.SIGTERM) == 0

    def quiet(self) -> bool:
        held = self.platform.waiting + (0 if self._zalo is None else self._zalo.waiting)
        return held == 0 and audit.idle(self.database)

    async def wait(self, fulfilled: Callable[[], bool], within: float = PATIENCE) -> bool:
        """Whether it comes to pass; looked at whenever the platform has news."""
        end = time.monotonic() + within
        while not fulfilled():
            if self._living is not None and self._living.ended_by_itself:
                raise AssertionError("the bot ended by itself; see its log")
            left = end - time.monotonic()
            if left <= 0:
                return False
            await self.platform.news(min(left, 0.1))
        return True

    # Officers -----------------------------------------------------------------------------------------------------------------

    def speak(self, officers: Iterable[Officer], pause: float = 0.1, **extra: object) -> None:
        """All of them begin to write, each after his plan; ``pause`` (seconds) is the longest between messages of the impatient."""
        for officer in officers:
            self._officers.append(officer)
            self.open_chat(officer.seat)
            self._speaking.append(asyncio.create_task(self._speak(officer, pause, extra)))

    def open_chat(self, seat: Seat) -> None:
        """The bot may write to him."""
        (self.zalo if seat.channel == "zalo" else self.platform).open_chat(seat.chat)

    def speak_evenly(self, officers: Sequence[Officer], rate: float) -> None:
        """All of them write in turns, nobody waits for answers: so many messages a second, whatever becomes of the bot."""
        for officer in officers:
            self._officers.append(officer)
            self.open_chat(officer.seat)
        self._speaking.append(asyncio.create_task(self._speak_evenly(officers, rate)))

    async def _speak_evenly(self, officers: Sequence[Officer], rate: float) -> None:
        turns = itertools.zip_longest(*([(officer, step) for step in officer.steps] for officer in officers))
        began = time.monotonic()
        for number, (officer, step) in enumerate(each for turn in turns for each in turn if each is not None):
            await asyncio.sleep(began + number / rate - time.monotonic())
            await self._say(officer.seat, step, {})

    async def _speak(self, officer: Officer, pause: float, extra: dict[str, object]) -> None:
        rng = random.Random(f"{self.seed}/{officer.seat.chat}/pauses")
        for number, step in enumerate(officer.steps):
            await self._say(officer.seat, step, extra)
            if officer.patient and number + 1 < len(officer.steps):
                what = f"answer to {step} in chat {officer.seat.chat}"
                await self.until(lambda: self.answered(officer) > number, what, OFFICERS_PATIENCE)      # noqa: B023
            elif pause:
                await asyncio.sleep(rng.uniform(0, pause))

    async def _say(self, seat: Seat, step: Step, extra: dict[str, object]) -> None:
        if seat.channel == "zalo":
            await self.zalo.write(seat.chat, step.said)
        elif step.how == "tap":
            await self.platform.tap(seat.chat, step.said)
        elif step.how == "file":
            offered = self.platform.offer_file(step.said, content(step.said))
            await self.platform.write(seat.chat, {"document": {**offered, "mime_type": "application/pdf"}, **extra})
        else:
            await self.platform.say(seat.chat, step.said, **extra)
        self.updates += 1

    def answered(self, officer: Officer) -> int:
        taken = self.platform.taken[officer.seat.chat]
        return audit.answers(officer.steps, ((0, each.text) for each in taken)).answered

    def spoken(self) -> bool:
        """Whether everybody has said everything; raises what went wrong with one of them."""
        for each in self._speaking:
            if each.done():
                each.result()
        return all(each.done() for each in self._speaking)

    def all_answered(self, officers: Iterable[Officer]) -> Callable[[], bool]:
        left = list(officers)

        def done() -> bool:
            while left and self.answered(left[-1]) == len(left[-1].steps):
                left.pop()
            return self.spoken() and not left

        return done

    # The account --------------------------------------------------------------------------------------------------------------

    def account(self, officers: Sequence[Officer]) -> int:
        """Compare everything with the plan, print the drill's line, and return the doubles. Raises AssertionError with what is wrong."""
        wrong = list(audit.effects(self.database, officers, self.updates, self.clock.now()))
        total, doubles, explained = audit.replies(self.platform, officers)
        wrong += explained
        self.say(total, doubles)
        assert not wrong, "\n".join(wrong[:20])
        assert self.platform.violations + ([] if self._zalo is None else self._zalo.violations) == []
        return doubles

    def say(self, replies: int, doubles: int) -> None:
        if self._silent:
            return
        seconds = time.monotonic() - self._began
        print(                                              # noqa: T201 - this is what a drill is for
            f"drill {self.name}: seed {self.seed}, kills {self.kills}, updates {self.updates}, replies {replies}, doubles {doubles},"
            f" faults {len(self.platform.faults)}{self.note and ', ' + self.note}, {seconds:.1f} s"
        )
