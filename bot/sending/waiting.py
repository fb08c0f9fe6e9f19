"""The letters of one lane that wait, in memory, by chat: whose turn it is, in the order they were queued, one at a time to a chat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from storage.outbox import Letter


@dataclass(slots=True)
class Entry:
    """A waiting letter. ``letter``: its content, where it was read already; ``moves``: how often its chat has moved.

    ``answers``: how much the channel had delivered when the outcome of this one was first unknown (None: it never was).
    """

    id: int
    address: str
    letter: Letter | None = None
    moves: int = 0
    answers: int | None = None


class Waiting:
    """Which letter is next. A chat that is busy or held is passed over until `freed` names it."""

    def __init__(self) -> None:
        self._known: dict[int, Entry] = {}
        self._later: list[tuple[int, int]] = []
        self._chats: dict[str, list[int]] = {}
        self._ready: list[tuple[int, str]] = []

    def __len__(self) -> int:
        """All that wait, also what is under way."""
        return len(self._known)

    def __contains__(self, letter_id: object) -> bool:
        return letter_id in self._known

    @property
    def ids(self) -> frozenset[int]:
        """All that wait, also what is under way."""
        return frozenset(self._known)

    def has(self, address: str) -> bool:
        """Whether a letter that is due waits for the chat."""
        return address in self._chats

    @property
    def ready(self) -> int:
        """About how many chats are next; never less than there are."""
        return len(self._ready)

    def add(self, entry: Entry, due: int, now: int) -> None:
        """A letter that was found in the table."""
        self._known[entry.id] = entry
        if due > now:
            heappush(self._later, (due, entry.id))
        else:
            self.back(entry)

    def back(self, entry: Entry) -> None:
        """A letter takes its place among those that are due; the address may be a new one."""
        queued = self._chats.setdefault(entry.address, [])
        heappush(queued, entry.id)
        if queued[0] == entry.id:
            heappush(self._ready, (entry.id, entry.address))

    def come_due(self, now: int) -> None:
        while self._later and self._later[0][0] <= now:
            entry = self._known.get(heappop(self._later)[1])
            if entry is not None:
                self.back(entry)

    def next_due(self) -> int | None:
        """When (epoch) the next of those that are not yet due is."""
        return self._later[0][0] if self._later else None

    def take(self, free: Callable[[str], bool]) -> Entry | None:
        """The next letter whose chat is free, out of the queue; it stays known until it is forgotten."""
        while self._ready:
            letter_id, address = heappop(self._ready)
            queued = self._chats.get(address)
            if queued and queued[0] == letter_id and free(address):
                heappop(queued)
                if not queued:
                    del self._chats[address]
                return self._known[letter_id]
        return None

    def forget(self, entry: Entry) -> None:
        """The letter is settled, or is not ours any more."""
        self._known.pop(entry.id, None)

    def freed(self, address: str) -> bool:
        """The chat may be written to again. Returns whether something waits for it."""
        queued = self._chats.get(address)
        if queued:
            heappush(self._ready, (queued[0], address))
        return bool(queued)

    def move(self, old: str, new: str) -> None:
        """A chat has another address: what waits for it goes there, in its order among what waits there already."""
        for letter_id in self._chats.pop(old, []):
            entry = self._known[letter_id]
            entry.address, entry.letter = new, None     # its content names the old one
            self.back(entry)
        for _, letter_id in self._later:
            later = self._known.get(letter_id)
            if later is not None and later.address == old:
                later.address = new

    def forget_later(self) -> None:
        """What is not yet due is to be found in the table again."""
        for _, letter_id in self._later:
            self._known.pop(letter_id, None)
        self._later.clear()
