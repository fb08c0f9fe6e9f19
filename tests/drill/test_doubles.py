"""Two officers of one unit confirm the same report at once, each with a double tap, while the process is being killed."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

from tests.drill import audit
from tests.drill.cluster import Seat, seats
from tests.drill.conftest import FULL, Begin
from tests.drill.drill import OFFICERS_PATIENCE, Drill
from tests.drill.platform import Delivery

FILED = "Đã ghi nhận"
TAPS = 4


async def test_two_officers_confirm_at_once_with_double_taps(begin: Begin) -> None:
    count = 40 if FULL else 6
    pairs = list(zip(seats(count), seats(count, second=True), strict=True))
    async with begin("two officers, double taps, killed meanwhile") as drill:
        drill.platform.lag = lambda: drill.rng.uniform(0, 0.03)
        for pair in pairs:
            for seat in pair:
                drill.platform.open_chat(seat.chat)
        speaking = [asyncio.create_task(_both(drill, *pair)) for pair in pairs]
        try:
            await drill.lives(30 if FULL else 5, lambda: all(each.done() for each in speaking), longest=0.6)
        finally:
            for each in speaking:
                each.cancel()
        await asyncio.gather(*speaking)
        _account(drill, pairs)


async def _both(drill: Drill, first: Seat, second: Seat) -> None:
    """One enters figures, both look at the review, and then all taps come at once."""
    await _say(drill, first, "báo cáo quý 3: ht11 50,5, dm01 40", "Đã nhận 2 số liệu.")
    await _say(drill, second, "báo cáo quý 3", "Báo cáo nhanh quý III")
    for seat in (first, second):
        await _say(drill, seat, "xem lại", "Xem lại: Báo cáo nhanh quý III")
    buttons = [(seat, *_button(drill, seat.chat, "Xác nhận")) for seat in (first, second) for _ in range(TAPS // 2)]
    for seat, number, data in buttons:
        await drill.platform.press(seat.chat, number, data)
        drill.updates += 1
    await _told(drill, (first, second), FILED)


async def _say(drill: Drill, seat: Seat, text: str, answer: str) -> None:
    await drill.platform.say(seat.chat, text)
    drill.updates += 1
    await _told(drill, (seat,), answer)


async def _told(drill: Drill, places: tuple[Seat, ...], answer: str) -> None:
    """Wait until one of them has been told so."""
    taken = [drill.platform.taken[seat.chat] for seat in places]
    await drill.until(lambda: any(answer in each.text for chat in taken for each in chat), answer, OFFICERS_PATIENCE)


def _button(drill: Drill, chat: int, label: str) -> tuple[int, str]:
    """The newest message with this button, and what a tap on it sends."""
    for number, message in sorted(drill.platform.messages[chat].items(), reverse=True):
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if button["text"] == label:
                    return number, button["callback_data"]
    raise AssertionError(f"no button {label!r} in chat {chat}")


def _account(drill: Drill, pairs: list[tuple[Seat, Seat]]) -> None:
    wrong = list(audit.problems(drill.database, now=drill.clock.now()))
    filed = doubles = 0
    for first, second in pairs:
        wrong += audit.report(drill.database, first.unit_id, "BC-QUY", "M9", {"HT11": "50.5", "DM01": "40"}, 1)
        arrived = {seat.chat: [each for each in drill.platform.taken[seat.chat] if FILED in each.text] for seat in (first, second)}
        told = [chat for chat, deliveries in arrived.items() if deliveries]
        if len(told) != 1:
            wrong.append(f"{first.unit_id}: {len(told)} chats were told that the report is filed")
        for chat in told:
            filed += 1
            doubles += len(arrived[chat]) - 1
            places = [place for place, each in enumerate(drill.platform.log) if any(each is mine for mine in arrived[chat])]
            for one, again in itertools.pairwise(places):
                between = drill.platform.log[one:again]
                if not any(not isinstance(each, Delivery) and any(where == chat for where, _ in each.unnoted) for each in between):
                    wrong.append(f"chat {chat} was told twice that the report is filed, and no death explains it")
    letters = Counter(str(state) for (state,) in audit.read(drill.database, "SELECT state FROM outbox WHERE channel = 'telegram'"))
    if letters != {"sent": drill.updates}:
        wrong.append(f"for {drill.updates} updates there are letters {dict(letters)}")
    drill.say(filed, doubles)
    assert not wrong, "\n".join(wrong[:20])
    assert drill.platform.violations == []
