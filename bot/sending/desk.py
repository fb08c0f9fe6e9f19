"""Where every letter of a channel is: in a lane, under way, or back again; and which of them may leave now."""

from __future__ import annotations

from collections.abc import Mapping

from bot.pacing import Lane, Pacer
from bot.sending.chats import Chats
from bot.sending.lane import LetterLane
from bot.sending.platform import Platform
from bot.sending.waiting import Entry
from handlers.schedule.reminding import LEAP, STEADY
from storage.connection import Database


class Desk:
    """Both lanes of a channel over its chats. ``broadcasts_from``: no broadcast leaves before (epoch; a quota)."""

    def __init__(self, database: Database, channel: str, pacer: Pacer) -> None:
        self.pacer = pacer
        self.chats = Chats(pacer)
        self.platform = Platform()
        self.lanes: Mapping[Lane, LetterLane] = {
            "reply": LetterLane(database, channel, "reply", pacer, self.chats),
            "broadcast": LetterLane(database, channel, "broadcast", pacer, self.chats),
        }
        self.broadcasts_from = self._believed_from = 0
        self._seen_at = 0
        self._left = 0

    @property
    def stirs(self) -> int:
        """Grows with all that may make a letter ready in either lane: who saw it grow while they looked through them looks again."""
        return self._left + sum(lane.stirs for lane in self.lanes.values())

    def wake(self) -> None:
        for lane in self.lanes.values():
            lane.wake()

    def look_again(self) -> None:
        for lane in self.lanes.values():
            lane.look_again()

    async def look(self, lane: LetterLane, now: int) -> None:
        """Bring the lane up to date."""
        if now < self._seen_at:
            self._clock_went_back(self._seen_at - now)
        elif self._seen_at and now - self._seen_at > LEAP:
            # It may be about to be corrected: what seems to have lapsed by now may yet be in time.
            self._believed_from = now + STEADY
        self._seen_at = now
        for address in self.chats.release(now):
            self._freed(address)
        await lane.look(now)

    def pause(self, lane: LetterLane) -> float:
        """Seconds until the pace lets a letter of the lane go. A broadcast waits for the replies that wait."""
        pause = self.pacer.wait(lane.name)
        if lane.name == "broadcast" and self.lanes["reply"].waiting.ready:
            replies = self.pacer.wait("reply")
            pause = max(pause, replies + 0.001 if replies > 0 else 0.0)
        return pause

    def take(self, lane: LetterLane, now: int) -> list[Entry]:
        """Letters whose turn it is. Their chats are busy until `settle` or `put_back`."""
        most = lane.places if self.pacer.pace is None else min(lane.places, 1)
        if lane.name == "broadcast" and max(self.broadcasts_from, self._believed_from) > now:
            most = 0

        def free(address: str) -> bool:
            overtaken = lane.name == "broadcast" and self.lanes["reply"].waiting.has(address)     # it is freed again when that one leaves
            return not overtaken and self.chats.free(address, now)

        entries: list[Entry] = []
        while len(entries) < most and self.platform.may_try(now):
            entry = lane.waiting.take(free)
            if entry is None:
                break
            self.chats.occupy(entry.address)
            lane.taken.add(entry.id)
            self.platform.tries()
            entries.append(entry)
        return entries

    def settle(self, lane: LetterLane, entry: Entry) -> None:
        """The letter is settled, or is not this channel's any more."""
        lane.forget(entry)
        self._leave(entry.address)

    def put_back(self, lane: LetterLane, entry: Entry, address: str | None = None) -> None:
        """The letter waits again (at ``address``, where the chat has moved), and is read afresh when its turn comes."""
        old, entry.letter = entry.address, None
        entry.address = old if address is None else address
        lane.taken.discard(entry.id)
        lane.waiting.back(entry)
        self._leave(old)
        if address is not None:
            self._freed(address)

    def hold_back(self, lane: LetterLane, entry: Entry, until: int, now: int) -> None:
        """The letter waits until then (epoch), and is read afresh; others to its chat may go before it."""
        entry.letter = None
        lane.taken.discard(entry.id)
        lane.waiting.add(entry, until, now)
        self._leave(entry.address)

    def move_chat(self, old: str, new: str) -> None:
        """All that waits for the chat goes to its new address, which was occupied before the table told anybody of the move."""
        self.chats.leave(new)
        for lane in self.lanes.values():
            lane.waiting.move(old, new)

    def answered(self) -> bool:
        """The platform has answered. True: it had not before, and what was held for that goes on."""
        back = self.platform.answered()
        if back:
            for address in self.chats.release_silent():
                self._freed(address)
            for lane in self.lanes.values():
                lane.stir()
        return back

    def _leave(self, address: str) -> None:
        self._left += 1
        self.platform.ended()
        self.chats.leave(address)
        self._freed(address)

    def _freed(self, address: str) -> None:
        for lane in self.lanes.values():
            if lane.waiting.freed(address) or lane.waiting.ready:
                lane.stir()

    def _clock_went_back(self, seconds: int) -> None:
        """What was to happen in a while still happens in that while; what is not yet due is read again."""
        self.chats.clock_went_back(seconds)
        self.broadcasts_from -= seconds
        self._believed_from = 0
        for lane in self.lanes.values():
            lane.waiting.forget_later()
        self.look_again()
