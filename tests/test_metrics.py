"""The metrics: what a scrape tells agrees with what happened, is read by Prometheus' own parser, and names nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.channels.base import Quota, Unreachable
from bot.counters import Counters, Spread
from bot.metrics import scrape
from storage import inbox
from storage.connection import effect
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START

LABELS = {"channel", "outcome", "lane", "le", "version"}


@pytest.fixture
async def chat(cluster: Callable[[], Path]) -> AsyncIterator[Chat]:
    opened = Chat(cluster(), START, WITH_BUTTONS, "test")
    await opened.open()
    yield opened
    await opened.close()


async def figures(chat: Chat) -> dict[tuple[str, str], float]:
    """(name, its labels' values) -> value, of one scrape."""
    text = (await scrape(chat.application)).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            assert set(sample.labels) <= LABELS
            found[sample.name, ",".join(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


async def test_a_scrape_tells_what_happened(chat: Chat) -> None:
    await chat.application.tick()
    before = await figures(chat)
    await chat.say("an", "xin chao")
    await chat.say("an", "TUYỆT MẬT\nnội dung")
    again = chat.letter("an", {"kind": "text", "text": "xin chao"})
    for _ in range(3):
        await chat.application.receiver("test")(*again)
    await chat.application.settle()
    after = await figures(chat)
    assert after["thidua_updates_total", "test,done"] == 3
    assert after["thidua_updates_total", "test,duplicate"] == 2
    assert after["thidua_updates_total", "test,screened"] == 1
    assert after["thidua_turn_seconds_count", ""] == 3
    assert after["thidua_turn_seconds_bucket", "+Inf"] == 3
    assert after["thidua_letters_total", "test,sent"] == 3
    assert after["thidua_commit_turns_count", ""] > before["thidua_commit_turns_count", ""]
    assert after["thidua_commits_failed_total", ""] == 0
    assert after["thidua_inbox_waiting", ""] == 0
    assert 0 <= after["thidua_tick_age_seconds", ""] < 60
    for name in ("people", "duties_open", "database_bytes", "wal_bytes", "disk_free_bytes"):
        assert after[f"thidua_{name}", ""] > 0, name


async def test_what_waits_is_told_with_its_age(chat: Chat) -> None:
    chat.channel.refuse = lambda address, part: Unreachable("no network")
    await chat.say("an", "xin chao")
    payload = chat.letter("an", {"kind": "text", "text": "xin chao"})[1]
    await chat.application.database.write((effect(inbox.store, "test", "late", payload, START - 90),))
    chat.clock.advance(600)
    found = await figures(chat)
    assert found["thidua_outbox_waiting", "test,reply"] == 1
    assert 590 <= found["thidua_outbox_oldest_seconds", "test,reply"] <= 600
    assert found["thidua_inbox_waiting", ""] == 1
    assert found["thidua_inbox_oldest_seconds", ""] == 690


async def test_a_duty_past_its_deadline_is_late(chat: Chat) -> None:
    before = await figures(chat)
    chat.clock.advance(400 * 86_400)
    after = await figures(chat)
    assert after["thidua_duties_late", ""] > before["thidua_duties_late", ""]
    assert after["thidua_duties_late", ""] <= after["thidua_duties_open", ""]


def test_a_spread_counts_each_value_once() -> None:
    spread = Spread((1, 10))
    for value in (0.5, 1, 1.5, 10, 11):
        spread.add(value)
    assert (spread.counts, spread.total) == ([2, 2, 1], 24)


def test_the_age_of_a_tick_runs_from_the_start_and_then_from_the_last() -> None:
    now = 5.0
    counters = Counters(lambda: now)
    now = 12.0
    assert counters.tick_age() == 7
    counters.ticked(0.5, 2)
    now = 15.0
    assert counters.tick_age() == 3


async def test_the_month_of_a_channel_with_a_budget(cluster: Callable[[], Path]) -> None:
    chat = Chat(cluster(), START, replace(WITH_BUTTONS, quota=Quota(100, 50)), "test")
    await chat.open()
    try:
        for _ in range(3):
            await chat.say("an", "xin chao")
        found = await figures(chat)
        assert [found[f"thidua_quota_{name}", "test"] for name in ("limit", "used", "people", "held", "refused")] == [100, 3, 1, 0, 0]
        assert found["thidua_quota_reserve", "test"] > 0
        assert found["thidua_quota_expected", "test"] >= 3
    finally:
        await chat.close()
