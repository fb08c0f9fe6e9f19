"""Whether the running instance is well: what `/healthz` answers and the metrics show. It asks nobody; it looks at what is remembered."""

from __future__ import annotations

from collections.abc import Iterable

from bot.channels.base import Channel, Watched
from bot.counters import Counters

OLDEST_TICK_SECONDS = 60


class Health:
    """Answers for the event loop (by answering), the writer, the tick and each channel.

    ``starting``: nothing is taken yet, though the ports are open; ``stopping``: the program is ending.
    """

    def __init__(self, counters: Counters, channels: Iterable[Channel], *, starting: bool = False) -> None:
        self._counters = counters
        self._watched = {channel.name: channel.contact for channel in channels if isinstance(channel, Watched)}
        self.starting = starting
        self.stopping = False

    def report(self) -> tuple[bool, dict[str, object]]:
        """(all is well, what is told): booleans and ages in seconds only. ``failed`` names what is not well."""
        age = self._counters.tick_age()
        failed = [f"channel:{name}" for name, contact in sorted(self._watched.items()) if contact.lost]
        if self._counters.last_commit_failed:
            failed.append("writer")
        if age >= OLDEST_TICK_SECONDS:
            failed.append("tick")
        if self.starting:
            failed.append("starting")
        if self.stopping:
            failed.append("stopping")
        told: dict[str, object] = {
            "ok": not failed,
            "failed": failed,
            "writer": not self._counters.last_commit_failed,
            "tick_age": round(age, 1),
            "channels": {
                name: {"ok": not contact.lost, "age": round(contact.age, 1)} for name, contact in sorted(self._watched.items())
            },
        }
        return not failed, told
