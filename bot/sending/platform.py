"""Whether the platform answers at all. While it does not, one letter at a time tries, so that an outage makes few doubles and no storm."""

from __future__ import annotations

MANY = 3
"""So many chats in a row without any answer: it is not the chats."""

LONGEST_PAUSE = 15


class Platform:
    """One channel's platform, as its answers show it. A refusal is an answer. Instants are epoch seconds."""

    def __init__(self) -> None:
        self.answers = 0
        self._silent: set[str] = set()
        self._pause = 1
        self._next_try = 0
        self._trying = False

    @property
    def down(self) -> bool:
        return len(self._silent) >= MANY

    def may_try(self, now: int) -> bool:
        """Whether a letter may leave: always while the platform answers, one at a time and with pauses while it does not."""
        if self._next_try > now + LONGEST_PAUSE:      # the clock has gone back
            self._next_try = now
        return not self.down or (not self._trying and self._next_try <= now)

    def next_try(self) -> int | None:
        """When (epoch) the next letter may try; None while the platform answers."""
        return self._next_try if self.down else None

    def tries(self) -> None:
        """A letter leaves."""
        self._trying = True

    def ended(self) -> None:
        """A try ended without saying anything about the platform."""
        self._trying = False

    def answered(self) -> bool:
        """There was an answer. True: it had been down."""
        was_down = self.down
        self.answers += 1
        self._silent.clear()
        self._pause, self._trying = 1, False
        return was_down

    def failed(self, address: str, now: int) -> bool:
        """There was none, or the platform was not reached. True: it is down from now on."""
        was_down = self.down
        self._silent.add(address)
        self._trying = False
        if self.down:
            self._next_try = now + self._pause
            self._pause = min(LONGEST_PAUSE, self._pause * 2)
        return self.down and not was_down
