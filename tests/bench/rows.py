"""The rows of the table: each measures its two sides in turn, A B A B, and gives the median of the ratios."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from handlers.kit.message import verbatim
from handlers.kit.reply import say
from handlers.kit.wire import encode
from storage import outbox
from storage.connection import Database, effect
from tests.bench import cluster, machine, questions
from tests.bench.programs import HERE, Talk, figures, started

PERMITTED = 30
OFF = {"THIDUA_TELEGRAM_PACE": "off"}
PACED = {"THIDUA_TELEGRAM_PACE": f"{PERMITTED} 1 20"}
OFFICERS = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. ``met`` None: not measured, and ``figure`` says why."""

    name: str
    goal: str
    figure: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Bench:
    """How long and how often: ``seconds`` a run, ``times`` each side."""

    talk: Talk
    seconds: float
    times: int

    async def loaded(self, name: str, texts: list[list[str]], *, delay: float = 0.0, at_once: int = 64) -> dict[str, Any]:
        """A program answers as many questions as it can."""
        async with self._program(name, OFF, delay=delay) as pid:
            return await self.talk.ask(
                "run", pid=pid, texts=texts, first=cluster.FIRST_ADDRESS, chats=OFFICERS, at_once=at_once, warm=1.5, seconds=self.seconds
            )

    @asynccontextmanager
    async def _program(
        self, name: str, settings: dict[str, str], *, delay: float = 0.0, limit: int = 0, database: Callable[[Path], Any] | None = None
    ) -> AsyncIterator[int]:
        with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
            await self.talk.ask("set", delay=delay, limit=limit)
            path = None if database is None else await database(Path(folder))
            async with started(name, self.talk, Path(folder), settings, path) as (pid, _):
                yield pid
            told = (Path(folder) / f"{name}.log").read_text(encoding="utf-8")
            if name == "ours" and ("ERROR" in told or "Traceback" in told):
                raise RuntimeError(f"thidua reported a failure:\n{told[-2000:]}")

    # The rows --------------------------------------------------------------------------------------------------------------------

    async def rankings(self) -> list[Row]:
        """Whole /xephang beside an echo, and what each costs in CPU time."""
        ours, ptb = await self._in_turn("ours", "ptb", questions.RANKING)
        aiogram = await self.loaded("aiogram", questions.RANKING)
        rates = _ratios(ours, ptb, "rate")
        cpus = _ratios(ours, ptb, "cpu")
        rate, cpu = statistics.median(rates), statistics.median(cpus)
        echo = _middle(ptb, "rate")
        return [
            Row(
                "whole /xephang (3,321 units) round trips/s ÷ bare PTB echo", "≥ 1.8 (2.5)",
                f"{rate:.2f} ({_middle(ours, 'rate'):.0f}/s ÷ {echo:.0f}/s; aiogram echo {aiogram['rate'] / echo:.2f})", rate >= 1.8,
            ),
            Row(
                "the same, CPU per update ÷ bare PTB echo's", "≤ 0.60",
                f"{cpu:.2f} ({_middle(ours, 'cpu') * 1000:.2f} ms ÷ {_middle(ptb, 'cpu') * 1000:.2f} ms)", cpu <= 0.6,
            ),
        ]  # fmt: skip

    async def mix(self) -> list[Row]:
        """Reports, rankings and the rest at 100 ms round trip."""
        ours, ptb = [], []
        for _ in range(self.times):
            ours.append(await self.loaded("ours", questions.mix(), delay=0.1, at_once=512))
            ptb.append(await self.loaded("ptb", questions.mix(), delay=0.1, at_once=64))
        ratio = statistics.median(_ratios(ours, ptb, "rate"))
        late = []
        for _ in range(self.times):
            async with self._program("ours", OFF, delay=0.1) as pid:
                late.append(
                    await self.talk.ask(
                        "run", pid=pid, texts=questions.mix(), first=cluster.FIRST_ADDRESS, chats=OFFICERS, rate=300, warm=1.5,
                        seconds=self.seconds,
                    )
                )  # fmt: skip
        p99 = _middle(late, "p99") * 1000
        return [
            Row(
                "mix 10 % reports / 60 % rankings / 30 % other, 100 ms round trip ÷ bare PTB echo", "≥ 50",
                f"{ratio:.0f} ({_middle(ours, 'rate'):.0f}/s ÷ {_middle(ptb, 'rate'):.1f}/s)", ratio >= 50,
            ),
            Row(
                "the same at 300/s: p99 from the update received to the request sent", "< 50 ms",
                f"{p99:.0f} ms (median {_middle(late, 'p50') * 1000:.0f} ms, {_middle(late, 'rate'):.0f}/s)",
                p99 < 50 and _middle(late, "rate") > 285,
            ),
        ]  # fmt: skip

    async def overload(self) -> list[Row]:
        """2,000 officers who all wait, beside 64."""
        few, many = [], []
        async with self._program("ours", OFF) as pid:
            for _ in range(self.times):
                for at_once, found in ((64, few), (OFFICERS, many)):
                    found.append(
                        await self.talk.ask(
                            "run", pid=pid, texts=questions.RANKING, first=cluster.FIRST_ADDRESS, chats=OFFICERS, at_once=at_once, warm=1.5,
                            seconds=self.seconds,
                        )
                    )  # fmt: skip
        ratio = statistics.median(_ratios(many, few, "rate"))
        lost = sum(each["unanswered"] for each in (*few, *many))
        told = f"{ratio:.2f} ({_middle(many, 'rate'):.0f}/s ÷ {_middle(few, 'rate'):.0f}/s{f'; {lost} UNANSWERED' if lost else ''})"
        return [Row("throughput with 2,000 officers at once ÷ without overload", "≥ 0.9", told, ratio >= 0.9 and not lost)]

    async def reports(self) -> list[Row]:
        """Durable reports beside raw commits, on this disk and on one whose fsync takes a millisecond longer."""
        count = "300" if self.times == 3 else "1000"
        rows = []
        both = (("durable reports/s with 64 waiting ÷ raw sqlite3 commits/s", "≥ 2", 2), ("the same, fsync slowed by 1 ms", "≥ 15", 15))
        for name, goal, least in both:
            with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
                environment: dict[str, str] = {}
                if least == 15:
                    shim = await _slow_fsync(Path(folder))
                    if shim is None:
                        rows.append(Row(name, goal, "not measured: slowing fsync needs a C compiler (cc)", None))
                        continue
                    environment = {"LD_PRELOAD": str(shim)}
                found = await figures("reports", folder, count, environment=environment)
            for kind, what in (("received", "received: stored, and only then acknowledged"), ("filed", "filed: the whole report")):
                ratio = found[f"{kind}_ratio"]
                told = f"{ratio:.1f} ({found[kind]:.0f}/s ÷ {found['raw']:.0f}/s)"
                rows.append(Row(f"{name}; {what}", goal, told, ratio >= least))
        return rows

    async def standings(self) -> list[Row]:
        with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
            found = await figures("standing_rows", folder)
        told = f"{found['ratio']:.2f} ({found['ms']:.2f} ms with 3,321 units)"
        return [Row("rank of one unit + top 10: 3,321 units ÷ 34 units", "≤ 3", told, found["ratio"] <= 3)]

    async def reading(self) -> list[Row]:
        with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
            found = await figures("reading", folder, str(self.seconds / 2))
        told = f"{found['ratio']:.2f} ({found['ours']:.1f} ms ÷ {found['shared']:.1f} ms)"
        return [Row("read p99 beside a busy writer ÷ on a shared connection", "≤ 0.5", told, found["ratio"] <= 0.5)]

    async def importing(self) -> list[Row]:
        with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
            found = await figures("importing", folder, str(min(self.times, 3)))
        told = f"{found['ratio']:.1f} ({found['seconds']:.1f} s with 3,321 units)"
        return [Row("results import without adjustments: 3,321 ÷ 124 units, CPU", "≤ 35", told, found["ratio"] <= 35)]

    async def broadcasts(self) -> list[Row]:
        """Letters to many at the permitted rate, nothing else going on."""
        rows = []
        count = int(PERMITTED * self.seconds * 2)
        for delay in (0.0, 0.15):
            async def queued(folder: Path) -> Path:
                path = await cluster.copy(cluster.COMMUNES, folder / "bench.sqlite3")
                await _queue(path, count)
                return path

            async with self._program("ours", PACED, delay=delay, limit=PERMITTED, database=queued):
                found = await self.talk.ask("letters", count=count, seconds=self.seconds * 4 + 20)
            ratio, lost = found["rate"] / PERMITTED, count - found["reached"]
            doubled = found["messages"] - found["reached"]
            told = f"{ratio:.3f} ({found['rate']:.1f}/s; {found['refused']} × 429, {lost} lost, {doubled} doubled)"
            sound = not found["refused"] and not lost and not doubled
            name = f"broadcast rate ÷ permitted rate, {delay * 1000:.0f} ms round trip"
            rows.append(Row(name, "≥ 0.97, no 429, none lost", told, ratio >= 0.97 and sound))
        return rows

    async def interactive(self) -> list[Row]:
        """Ten questions a second, beside a broadcast and without one: long enough that a ninety-ninth of a hundred is not the one odd
        moment, and begun when the start with its first look at what is due is over."""
        idle, beside = [], []
        refused = 0
        for _ in range(self.times):
            with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
                path = await cluster.copy(cluster.COMMUNES, Path(folder) / "bench.sqlite3")
                await self.talk.ask("set", delay=0.0, limit=PERMITTED)
                async with started("ours", self.talk, Path(folder), PACED, path) as (pid, _):
                    asked = {
                        "pid": pid, "texts": questions.RANKING, "first": cluster.FIRST_ADDRESS, "chats": OFFICERS, "rate": 10, "warm": 2,
                        "seconds": self.seconds * 3.5,
                    }  # fmt: skip
                    await asyncio.sleep(2)
                    idle.append(await self.talk.ask("run", **asked))
                    await _queue(path, int(PERMITTED * (self.seconds * 3.5 + 5)))
                    beside.append(await self.talk.ask("run", **asked))
                    refused += (await self.talk.ask("letters", count=0, seconds=0))["refused"]
        ratio = statistics.median(_ratios(beside, idle, "p99"))
        told = f"{ratio:.1f} ({_middle(beside, 'p99') * 1000:.0f} ms ÷ {_middle(idle, 'p99') * 1000:.0f} ms; {refused} × 429)"
        return [Row("interactive p99 during a broadcast ÷ idle", "≤ 2", told, ratio <= 2)]

    async def together(self) -> list[Row]:
        """Five questions a second at random instants beside a broadcast: what answers and letters come to, and how long an answer takes."""
        found, refused = [], 0
        for number in range(self.times):
            with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
                path = await cluster.copy(cluster.COMMUNES, Path(folder) / "bench.sqlite3")
                await _queue(path, int(PERMITTED * (self.seconds * 3.5 + 10)))
                await self.talk.ask("set", delay=0.0, limit=PERMITTED)
                async with started("ours", self.talk, Path(folder), PACED, path) as (pid, _):
                    found.append(
                        await self.talk.ask(
                            "run", pid=pid, texts=questions.RANKING, first=cluster.FIRST_ADDRESS, chats=OFFICERS, rate=5, seed=number,
                            warm=4, seconds=self.seconds * 3.5,
                        )
                    )  # fmt: skip
                    refused += (await self.talk.ask("letters", count=0, seconds=0))["refused"]
        ratio, lost = _middle(found, "taken") / PERMITTED, sum(each["unanswered"] for each in found)
        told = (
            f"{ratio:.3f} ({_middle(found, 'taken'):.1f}/s, {_middle(found, 'rate'):.1f} of them answers, p99"
            f" {_middle(found, 'p99') * 1000:.0f} ms; {refused} × 429, {lost} unanswered)"
        )
        sound = not refused and not lost
        name = "broadcast beside five questions a second: all messages ÷ permitted rate"
        return [Row(name, "≥ 0.95, no 429", told, ratio >= 0.95 and sound)]

    async def pictures(self) -> list[Row]:
        """The ranking as an officer of a commune is shown it, and three who ask for it."""
        with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
            found = await figures("pictures", folder)
        first, *again = found["uploads"]
        told = f"{found['ratio']:.4f} ({found['kept']:.2f} ms ÷ {found['drawn']:.0f} ms)"
        uploaded = f"{sum(again)} bytes in {len(again)} repeats (the first: {first})"
        return [
            Row("picture from the cache ÷ drawn", "≤ 0.01", told, found["ratio"] <= 0.01),
            Row("the same: a repeat uploads nothing", "0 bytes", uploaded, first > 0 and len(again) == 2 and not any(again)),
        ]

    async def starting(self) -> list[Row]:
        """From the start of the process to its first poll, and the most memory it has once it needs no more."""
        took: dict[str, list[float]] = {"ours": [], "ptb": []}
        memory: dict[str, list[float]] = {"ours": [], "ptb": []}
        await self.talk.ask("set")
        for _ in range(self.times + 2):
            for name in took:
                with tempfile.TemporaryDirectory(dir=cluster.CACHE) as folder:
                    async with started(name, self.talk, Path(folder), OFF) as (pid, seconds):
                        took[name].append(seconds)
                        memory[name].append(await _most_memory(pid))
        time_ratio = statistics.median(o / p for o, p in zip(took["ours"], took["ptb"], strict=True))
        memory_ratio = statistics.median(o / p for o, p in zip(memory["ours"], memory["ptb"], strict=True))
        seconds = [statistics.median(took[name]) for name in ("ours", "ptb")]
        megabytes = [statistics.median(memory[name]) for name in ("ours", "ptb")]
        of_time = f"{time_ratio:.2f} ({seconds[0]:.2f} s ÷ {seconds[1]:.2f} s)"
        of_memory = f"{memory_ratio:.2f} ({megabytes[0]:.0f} MB ÷ {megabytes[1]:.0f} MB)"
        return [
            Row("start-up time ÷ bare PTB echo's", "≤ 1.5", of_time, time_ratio <= 1.5),
            Row("memory ÷ bare PTB echo's", "≤ 1.5", of_memory, memory_ratio <= 1.5),
        ]

    async def _in_turn(self, one: str, other: str, texts: list[list[str]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        ones, others = [], []
        for _ in range(self.times):
            ones.append(await self.loaded(one, texts))
            others.append(await self.loaded(other, texts))
        return ones, others

    def groups(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """The rows in the order of the table, by the name under which they can be asked for alone."""
        for name in (
            "rankings", "mix", "overload", "reports", "standings", "reading", "importing", "broadcasts", "interactive", "together",
            "pictures", "starting",
        ):  # fmt: skip
            yield name, getattr(self, name)


async def _most_memory(pid: int) -> float:
    """In MB; a program may go on loading after its first poll."""
    most, now = 0.0, machine.peak_memory(pid)
    while now > most:
        most = now
        await asyncio.sleep(1)
        now = machine.peak_memory(pid)
    return most


async def _queue(path: Path, count: int) -> None:
    """A broadcast's letters, to officers who ask nothing meanwhile. A short transaction beside a running bot, as other commands make."""
    now, reply = SystemClock().now(), encode(say(verbatim("Kính gửi đồng chí: Cụm họp sơ kết lúc 08:00 ngày mai.")))
    database = await Database.open(path)
    try:
        await database.write(
            [
                effect(outbox.queue, "telegram", cluster.address(number), reply, "vi", now, lane="broadcast", person_id=f"p{number}")
                for number in range(OFFICERS, OFFICERS + count)
            ]
        )
    finally:
        await database.close()


async def _slow_fsync(folder: Path) -> Path | None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    made = folder / "slow_fsync.so"
    process = await asyncio.create_subprocess_exec(compiler, "-shared", "-fPIC", "-o", str(made), str(HERE / "slow_fsync.c"), "-ldl")
    return made if await process.wait() == 0 else None


def _ratios(ones: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]], name: str) -> list[float]:
    return [one[name] / other[name] if other[name] else 0.0 for one, other in zip(ones, others, strict=True)]


def _middle(found: Sequence[dict[str, Any]], name: str) -> float:
    return float(statistics.median(each[name] for each in found))
