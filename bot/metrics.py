"""`/metrics` in Prometheus' form, on an address of its own: what `bot.counters` counts, and one look at the database and the disk.

No label names a person, a unit or a figure. The library is imported only where THIDUA_METRICS is set.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from bot.application import Application
from bot.channels.base import Watched
from bot.counters import Spread
from handlers.rules.quota import Forecast
from handlers.schedule.quota_forecast import month
from storage import quota
from storage.gauges import Gauges, look


def routes(application: Application) -> tuple[web.AbstractRouteDef, ...]:
    """The page that Prometheus reads."""

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=await scrape(application), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return (web.get("/metrics", metrics),)


async def scrape(application: Application) -> bytes:
    """All figures as they stand now, the database's in one read."""
    now = application.clock.now()
    today = datetime.fromtimestamp(now, application.zone).date().isoformat()
    budgets = tuple(each.budget for each in application.rations.values())
    gauges, months = await application.database.read(
        lambda read: (
            look(read, now, today),
            tuple((month(read, budget, now, application.zone), quota.held(read, budget.channel)) for budget in budgets),
        )
    )
    wal, free = await asyncio.to_thread(_disk, application.database.path)
    registry = CollectorRegistry()
    registry.register(_Look(application, gauges, months, now, wal, free))
    return generate_latest(registry)


def _version() -> str:
    try:
        return version("thidua")
    except PackageNotFoundError:
        return "unknown"    # a checkout that was never installed


def _disk(path: Path) -> tuple[int, int]:
    """(bytes of the write-ahead log, free bytes beside the database)."""
    real = Path(os.path.realpath(path))
    try:
        wal = real.with_name(real.name + "-wal").stat().st_size
    except FileNotFoundError:
        wal = 0
    return wal, shutil.disk_usage(real.parent).free


class _Look(Collector):
    """One scrape."""

    def __init__(
        self, application: Application, gauges: Gauges, months: tuple[tuple[Forecast, int], ...], now: int, wal: int, free: int
    ) -> None:
        self._months = months
        self._application = application
        self._counters = application.counters
        self._gauges = gauges
        self._now = now
        self._wal = wal
        self._free = free

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("thidua", "The program", {"version": _version()})
        yield from self._turns()
        yield from self._queues()
        yield from self._ticks()
        yield from self._channels()
        yield from self._quotas()
        yield from self._sizes()

    def _turns(self) -> Iterator[Metric]:
        updates = CounterMetricFamily("thidua_updates", "Updates by what became of them", labels=("channel", "outcome"))
        for (channel, outcome), count in sorted(self._counters.updates.items()):
            updates.add_metric((channel, outcome), count)
        yield updates
        yield _histogram("thidua_turn_seconds", "From an update taken up to its turn committed", self._counters.turn_seconds)
        yield _histogram("thidua_commit_seconds", "Time of a batch's transaction", self._counters.commit_seconds)
        yield _histogram("thidua_commit_turns", "Turns that shared a transaction", self._counters.commit_turns)
        yield CounterMetricFamily(
            "thidua_commits_failed", "Batches that the file could not take (full, locked)", value=self._counters.commits_failed
        )

    def _queues(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("thidua_inbox_waiting", "Updates stored and not decided", value=self._gauges.inbox_waiting)
        yield GaugeMetricFamily("thidua_inbox_oldest_seconds", "Age of the oldest of them", value=self._age(self._gauges.inbox_oldest))
        waiting = GaugeMetricFamily("thidua_outbox_waiting", "Letters that are not sent yet", labels=("channel", "lane"))
        oldest = GaugeMetricFamily("thidua_outbox_oldest_seconds", "How long the oldest due letter waits", labels=("channel", "lane"))
        for queue in self._gauges.outbox:
            waiting.add_metric((queue.channel, queue.lane), queue.count)
            oldest.add_metric((queue.channel, queue.lane), self._age(queue.oldest))
        yield waiting
        yield oldest
        sent = CounterMetricFamily("thidua_letters", "Letters by what became of an attempt", labels=("channel", "outcome"))
        for name, sender in sorted(self._application.senders.items()):
            for outcome, count in sorted(sender.counts.items()):
                sent.add_metric((name, outcome), count)
        yield sent

    def _ticks(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("thidua_tick_age_seconds", "Since the last tick that succeeded", value=self._counters.tick_age())
        yield GaugeMetricFamily("thidua_tick_seconds", "How long that tick took", value=self._counters.tick_seconds)
        yield CounterMetricFamily("thidua_tick_letters", "Letters that ticks queued", value=self._counters.tick_letters)
        yield CounterMetricFamily("thidua_ticks_failed", "Ticks that failed", value=self._counters.ticks_failed)

    def _channels(self) -> Iterator[Metric]:
        age = GaugeMetricFamily("thidua_channel_contact_age_seconds", "Since a channel's platform was last heard of", labels=("channel",))
        lost = GaugeMetricFamily("thidua_channel_lost", "1: not heard of for too long", labels=("channel",))
        for channel in self._application.channels:
            if isinstance(channel, Watched):
                age.add_metric((channel.name,), channel.contact.age)
                lost.add_metric((channel.name,), float(channel.contact.lost))
        yield age
        yield lost

    def _quotas(self) -> Iterator[Metric]:
        """Of channels whose platform takes a number of messages a month."""
        for name, told, value in (
            ("limit", "Messages that the platform takes in a month", lambda stands: stands.budget.monthly),
            ("used", "Messages that it has taken in this month", lambda stands: stands.used),
            ("expected", "Messages that it will have taken by the end of the month, if all goes on so", lambda stands: stands.expected),
            ("reserve", "Messages kept for answers until then", lambda stands: stands.reserve),
            ("people", "People written to in this month", lambda stands: stands.users),
            ("refused", "1: the platform says that the month is used up", lambda stands: float(stands.refused)),
        ):
            gauge = GaugeMetricFamily(f"thidua_quota_{name}", told, labels=("channel",))
            for stands, _ in self._months:
                gauge.add_metric((stands.budget.channel,), value(stands))
            yield gauge
        held = GaugeMetricFamily("thidua_quota_held", "Letters that wait because the month has no room", labels=("channel",))
        for stands, count in self._months:
            held.add_metric((stands.budget.channel,), count)
        yield held

    def _sizes(self) -> Iterator[Metric]:
        for name, told, value in (
            ("thidua_duties_open", "Duties that are open now", self._gauges.duties_open),
            ("thidua_duties_late", "Open duties past their deadline", self._gauges.duties_late),
            ("thidua_people", "People with a post in force", self._gauges.people),
            ("thidua_addresses_blocked", "Addresses that refuse our messages", self._gauges.blocked),
            ("thidua_database_bytes", "Size of the database", self._gauges.database_bytes),
            ("thidua_wal_bytes", "Size of its write-ahead log", self._wal),
            ("thidua_files_bytes", "Size of the evidence beside it", self._gauges.files_bytes),
            ("thidua_disk_free_bytes", "Free space on its disk", self._free),
        ):
            yield GaugeMetricFamily(name, told, value=value)

    def _age(self, since: int | None) -> float:
        return 0.0 if since is None else float(max(0, self._now - since))


def _histogram(name: str, told: str, spread: Spread) -> HistogramMetricFamily:
    buckets, below = [], 0
    for bound, count in zip((*map(str, spread.bounds), "+Inf"), spread.counts, strict=True):
        below += count
        buckets.append((bound, float(below)))
    return HistogramMetricFamily(name, told, buckets=buckets, sum_value=spread.total)
