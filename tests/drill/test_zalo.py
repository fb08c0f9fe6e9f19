"""Zalo beside Telegram, killed: by webhook nothing is lost; by polling at most the one update in flight, as the README says."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from datetime import datetime

import pytest

from tests.chat import ZONE
from tests.drill import audit
from tests.drill.cluster import UNITS, on_zalo, seats
from tests.drill.conftest import FULL, SEED, Begin, Zalo
from tests.drill.load import officers
from tests.drill.platform import Delivery, Fault, now_and_then

LOOK = int(datetime(2026, 11, 27, 9, 0, tzinfo=ZONE).timestamp())
"""Three days before the year's report is due, reminders of it go out."""

REPORT = "Báo cáo tổng kết năm"


@pytest.mark.parametrize("zalo", ["webhook", "polling"])
async def test_killed_while_both_channels_are_used(begin: Begin, zalo: Zalo) -> None:
    """Other units on each of the channels; who is on Zalo waits for his answers, as what he says again must keep its order."""
    there, here = on_zalo(24 if FULL else 6), seats(24 if FULL else 6)
    assert len(there) + len(here) < UNITS
    plans = [*officers(there, SEED, 4 if FULL else 2, patient=1), *officers(here, SEED, 4 if FULL else 2)]
    async with begin(f"kills with Telegram and Zalo ({zalo})", zalo=zalo) as drill:
        drill.platform.lag = lambda: drill.rng.uniform(0, 0.03)
        drill.platform.gives_up = lambda: drill.rng.random() < 0.1
        drill.speak(plans)
        await drill.lives(40 if FULL else 4, drill.all_answered(plans), longest=0.8 if FULL else 0.3)
        drill.note = f"{drill.lost_in_flight} lost in flight and said again"
        drill.account(plans)


async def test_who_is_on_two_channels_hears_it_on_one(begin: Begin) -> None:
    """Reminders go to Zalo by choice; to Telegram only for those of whom Zalo says so, never for an answer that did not come."""
    count = 24 if FULL else 9
    both = seats(count)
    zalo = {seat.chat: 200_000 + seat.chat for seat in both}
    gone = {zalo[seat.chat] for seat in both[: count // 3]}
    unclear = {zalo[seat.chat] for seat in both[count // 3 : 2 * count // 3]}
    async with begin("two channels each, reminded while it is killed", reminders=True, zalo="webhook") as drill:
        with contextlib.closing(sqlite3.connect(drill.database, isolation_level=None)) as connection:
            marks = ",".join("?" * count)
            people = [seat.person_id for seat in both]
            connection.execute(f"DELETE FROM accounts WHERE person_id NOT IN ({marks})", people)      # noqa: S608
            for seat in both:
                connection.execute(
                    "INSERT INTO accounts (channel, address, person_id, preferred, linked_at) VALUES ('zalo', ?, ?, 1, 1)",
                    (str(zalo[seat.chat]), seat.person_id),
                )
        for seat in both:
            drill.platform.open_chat(seat.chat)
            drill.zalo.open_chat(zalo[seat.chat])
        drill.zalo.barred |= gone
        lost = now_and_then(drill.rng, 0.7, Fault("reset", after=True), Fault("500", after=True), Fault("garbage", after=True))
        drill.zalo.trouble = lambda method, chat: lost(method, chat) if chat in unclear else None
        drill.clock.set(LOOK, 50)
        drill.platform.lag = lambda: drill.rng.uniform(0, 0.1)

        def reminded() -> Counter[int]:
            """How often each chat was reminded."""
            return Counter(each.chat for each in drill.platform.log if isinstance(each, Delivery) and REPORT in each.text)

        def done() -> bool:
            return all((seat.chat if zalo[seat.chat] in gone else zalo[seat.chat]) in reminded() for seat in both) and drill.quiet()

        await drill.lives(12 if FULL else 3, done, longest=0.5, tick_seconds=0.2, read_timeout=1.5)
        heard = reminded()
        here, there = {seat.chat for seat in both} & set(heard), set(zalo.values()) & set(heard)
        assert here == {seat.chat for seat in both if zalo[seat.chat] in gone}
        assert there == set(zalo.values()) - gone
        rows = audit.read(drill.database, "SELECT person_id, state FROM outbox WHERE key IS NOT NULL")
        assert Counter(state for _, state in rows) == {"sent": count}, rows
        assert len({person for person, _ in rows}) == count
        drill.note = f"{len(here)} by the other channel"
        drill.say(sum(heard.values()), sum(heard.values()) - count)
        assert drill.platform.violations + drill.zalo.violations == []
