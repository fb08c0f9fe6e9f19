"""A broadcast to three hundred people, killed meanwhile: everybody gets it, twice only in the window, and its result is true."""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Literal

import pytest

from tests.drill import audit
from tests.drill.cluster import ON_ZALO, SECRETARY, START, UNITS, Seat, on_zalo, seats
from tests.drill.conftest import FULL, Begin
from tests.drill.drill import Drill
from tests.drill.platform import Death, Delivery

TEXT = "Đề nghị các đơn vị gửi hồ sơ khen thưởng trước 16h."
EVERYBODY = (*seats(UNITS), *seats(UNITS, second=True), *on_zalo(ON_ZALO))
TICK = 0.3
"""A broadcast that is sent is closed by a tick."""


def prepare(drill: Drill) -> None:
    """The secretary has joined, everybody may be written to, and nobody is on a channel that does not run (as the sample's people are)."""
    with contextlib.closing(sqlite3.connect(drill.database, isolation_level=None)) as connection:
        connection.execute(f"DELETE FROM accounts WHERE NOT {audit.HERE}")      # noqa: S608
        connection.execute(
            "INSERT INTO accounts (channel, address, person_id, linked_at) VALUES ('telegram', ?, ?, ?)",
            (str(SECRETARY.chat), SECRETARY.person_id, START),
        )
    for seat in (*EVERYBODY, SECRETARY):
        drill.open_chat(seat)


def told(drill: Drill, text: str) -> bool:
    """Whether the secretary was told so."""
    return any(text in each.text for each in drill.platform.taken[SECRETARY.chat])


def got(drill: Drill) -> Counter[int]:
    """How often each chat was given the broadcast (its preview apart)."""
    return Counter(each.chat for each in drill.platform.log if isinstance(each, Delivery) and TEXT in each.text and _letter(each))


def _letter(delivery: Delivery) -> bool:
    return delivery.chat != SECRETARY.chat


async def confirm(drill: Drill, audience: str) -> None:
    """The secretary writes it, sees the preview, and confirms; nothing is killed meanwhile."""
    await drill.platform.say(SECRETARY.chat, f"/thongbao {audience}: {TEXT}")
    await drill.until(lambda: told(drill, "Thời điểm gửi: ngay khi xác nhận"), "the preview")
    await drill.platform.tap(SECRETARY.chat, "Xác nhận")


def all_got(drill: Drill, people: tuple[Seat, ...]) -> Callable[[], bool]:
    return lambda: told(drill, "Đang gửi thông báo tới") and set(got(drill)) >= {seat.chat for seat in people}


def unexplained(drill: Drill) -> list[str]:
    """Chats that got it twice without a death that found the letter unnoted."""
    places: dict[int, list[int]] = {}
    for place, each in enumerate(drill.platform.log):
        if isinstance(each, Delivery) and TEXT in each.text and _letter(each):
            places.setdefault(each.chat, []).append(place)
    return [
        f"chat {chat} got it at {first} and {again} of the log, and no death explains it"
        for chat, at in places.items()
        for first, again in itertools.pairwise(at)
        if not any(isinstance(each, Death) and any(where == chat for where, _ in each.unnoted) for each in drill.platform.log[first:again])
    ]


async def ask_for_the_result(drill: Drill) -> Counter[str]:
    """What the secretary reads: people by state."""
    seen = len(drill.platform.taken[SECRETARY.chat])
    await drill.platform.say(SECRETARY.chat, "/thongbao")
    await drill.until(lambda: _newest(drill, seen, "Các thông báo gần đây") is not None, "the list")
    await drill.platform.tap(SECRETARY.chat, "Đề nghị các đơn vị gửi hồ sơ khen…")
    await drill.until(lambda: _newest(drill, seen, "Tình trạng:") is not None, "the result")
    text = _newest(drill, seen, "Tình trạng:") or ""
    return Counter({state: int(count) for state, count in re.findall(r"^([^:\n]+): (\d+) người", text, re.MULTILINE)})


def _newest(drill: Drill, seen: int, words: str) -> str | None:
    return next((each.text for each in drill.platform.taken[SECRETARY.chat][seen:] if words in each.text), None)


async def account(drill: Drill, people: tuple[Seat, ...]) -> None:
    """The last life: the result is asked for, and everything compared."""
    living = await drill.start(tick_seconds=TICK)
    await drill.until(lambda: audit.read(drill.database, "SELECT state FROM broadcasts") == [("done",)], "the broadcast closed")
    result = await ask_for_the_result(drill)
    await drill.until(drill.quiet, "quiet")
    await drill.end(living)
    letters = Counter(str(state) for (state,) in audit.read(drill.database, "SELECT state FROM outbox WHERE broadcast_id IS NOT NULL"))
    assert letters == {"sent": len(people)}
    assert result["Đã gửi"] == len(people), result
    assert set(result) <= {"Đã gửi", "Chưa tham gia"}
    arrived = got(drill)
    assert set(arrived) == {seat.chat for seat in people}
    assert unexplained(drill) == []
    assert list(audit.problems(drill.database, now=drill.clock.now())) == []
    assert drill.platform.violations + drill.zalo.violations == []
    drill.say(arrived.total(), arrived.total() - len(people))


async def test_three_hundred_are_told_while_it_is_killed(begin: Begin) -> None:
    async with begin("a broadcast to 300, killed meanwhile", zalo="webhook") as drill:
        prepare(drill)
        drill.platform.lag = lambda: drill.rng.uniform(0, 0.08)
        living = await drill.start()
        await confirm(drill, "toàn Cụm")
        await drill.until(lambda: told(drill, "Đang gửi thông báo tới 300 người"), "confirmed")
        await drill.kill(living)
        await drill.lives(25 if FULL else 4, lambda: all_got(drill, EVERYBODY)() and drill.quiet(), longest=0.4 if FULL else 0.3)
        await account(drill, EVERYBODY)


async def killed_at(begin: Begin, number: int, die: Literal["before", "after"]) -> bool:
    """A broadcast to four people, killed at this commit after its preview. Whether there was such a commit."""
    people = tuple(seat for seat in EVERYBODY if seat.unit_id in ("D127", "D128"))
    async with begin(f"a broadcast, kill {die} commit {number}", silent=True, zalo="webhook") as drill:
        prepare(drill)
        living = await drill.start()
        await drill.platform.say(SECRETARY.chat, f"/thongbao Mường Drill 127, Mường Drill 128: {TEXT}")
        await drill.until(lambda: told(drill, "Thời điểm gửi: ngay khi xác nhận") and drill.quiet(), "the preview")
        await drill.end(living)
        await drill.platform.tap(SECRETARY.chat, "Xác nhận")
        done = lambda: all_got(drill, people)() and drill.quiet()       # noqa: E731
        living = await drill.start(die_at=number, die=die)
        died = await drill.until_dead_or(living, done)
        if died:
            await drill.finish(await drill.start(), done)
        else:
            await drill.kill(living)        # its commit may yet come
        await account(drill, people)
    return died


@pytest.mark.parametrize("die", ["before", "after"])
async def test_a_broadcast_is_killed_at_every_commit(begin: Begin, die: Literal["before", "after"]) -> None:
    """At each of its commits, one broadcast after the other; the short form takes some of them."""
    kills = 0
    for number in range(1, 60) if FULL else (3, 5):
        if not await killed_at(begin, number, die):
            break
        kills += 1
    print(f"drill a broadcast, kill {die} every commit: kills {kills}, one a broadcast")      # noqa: T201
    assert kills >= (6 if FULL else 1), "a broadcast and its letters have more commits than this"


async def test_it_is_stopped_while_it_is_killed(begin: Begin) -> None:
    """What was not sent when it was stopped never is; who got it is counted, or lies in the window of a death."""
    async with begin("a broadcast stopped, killed meanwhile", zalo="webhook") as drill:
        prepare(drill)
        drill.platform.lag = lambda: drill.rng.uniform(0.02, 0.2)
        living = await drill.start(pace="30 1 20")
        await confirm(drill, "toàn Cụm")
        await drill.until(lambda: len(got(drill)) >= 20, "under way")
        await drill.kill(living)
        living = await drill.start(pace="30 1 20")
        await drill.until(lambda: told(drill, "Đang gửi thông báo tới 300 người"), "confirmed")
        await drill.platform.tap(SECRETARY.chat, "Dừng gửi")
        await drill.wait(lambda: _state(drill) == "cancelled", within=drill.rng.uniform(0.05, 0.6))
        await drill.kill(living)
        done = lambda: told(drill, "Đã dừng") and drill.quiet()       # noqa: E731
        await drill.lives(10 if FULL else 2, done, longest=0.3)
        stopped = got(drill)
        living = await drill.start(tick_seconds=TICK)
        result = await ask_for_the_result(drill)
        await drill.until(drill.quiet, "quiet")
        await drill.end(living)
        assert got(drill) == stopped, "it went on after it was stopped"
        noted = {int(str(address)): str(state) for address, state in audit.read(
            drill.database, "SELECT address, state FROM outbox WHERE broadcast_id IS NOT NULL"
        )}      # fmt: skip
        sent = {chat for chat, state in noted.items() if state == "sent"}
        assert Counter(noted.values()) == {"sent": len(sent), "dropped": len(EVERYBODY) - len(sent)}
        assert 0 < len(sent) < len(EVERYBODY)
        assert sent <= set(stopped)
        unnoted = {chat for each in drill.platform.log if isinstance(each, Death) for chat, _ in each.unnoted}
        assert set(stopped) - sent <= unnoted, "got and dropped, and no death explains it"
        assert (result["Đã gửi"], unexplained(drill)) == (len(sent), [])
        assert list(audit.problems(drill.database, now=drill.clock.now())) == []
        drill.note = f"{len(sent)} sent, {len(set(stopped) - sent)} more in the window"
        drill.say(stopped.total(), stopped.total() - len(stopped))


def _state(drill: Drill) -> str:
    return str(audit.read(drill.database, "SELECT state FROM broadcasts")[0][0])
