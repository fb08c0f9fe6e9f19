"""When a broadcast is to go, in an officer's words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from handlers.broadcasting.audience import Audience, resolve
from handlers.broadcasting.timing import At, Problem, read_time
from tests.handlers.broadcast_world import NOW
from tests.handlers.small_cluster import ZONE, SmallCluster, at


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("14h", "2026-11-23 14:00"), ("14h30", "2026-11-23 14:30"), ("2h chiều", "2026-11-23 14:00"), ("sáng mai", "2026-11-24 08:00"),
        ("chiều mai", "2026-11-24 14:00"), ("8h thứ Hai", "2026-11-30 08:00"), ("thứ Ba", "2026-11-24 08:00"),
        ("7h30 ngày 25/12", "2026-12-25 07:30"), ("25/12 lúc 7h30", "2026-12-25 07:30"), ("30 phút nữa", "2026-11-23 09:30"),
        ("2 tiếng nữa", "2026-11-23 11:00"), ("sau 1 giờ nữa", "2026-11-23 10:00"), ("14h ngày mai", "2026-11-24 14:00"),
        ("chiều nay", "2026-11-23 14:00"), ("9h01", "2026-11-23 09:01"), ("hẹn gửi lúc 16h chiều mai", "2026-11-24 16:00"),
    ],
)  # fmt: skip
def test_a_time_in_words(said: str, expected: str) -> None:
    found = read_time(said, at(NOW), ZONE)
    assert isinstance(found, At)
    assert found.epoch is not None
    assert datetime.fromtimestamp(found.epoch, ZONE).strftime("%Y-%m-%d %H:%M") == expected


@pytest.mark.parametrize(("said", "instead"), [("8h", "2026-11-24 08:00"), ("2h", "2026-11-23 14:00"), ("9h", "2026-11-24 09:00")])
def test_a_time_that_has_passed_is_asked_again(said: str, instead: str) -> None:
    found = read_time(said, at(NOW), ZONE)
    assert isinstance(found, Problem)
    assert found.instead == at(instead)


@pytest.mark.parametrize("said", ["31/02", "tuần sau", "25h", "8h sáng nay", "hôm qua", "22/11/2026", "25/12/2030"])
def test_what_is_no_instant_is_said(said: str) -> None:
    found = read_time(said, at(NOW), ZONE)
    assert isinstance(found, Problem)
    assert found.instead is None


@pytest.mark.parametrize("said", ["khi nào xong", "abc", "14", "sớm nhé"])
def test_what_names_no_time_is_none(said: str) -> None:
    assert read_time(said, at(NOW), ZONE) is None


async def test_at_once_in_words(cluster: SmallCluster) -> None:
    assert read_time("gửi ngay", at(NOW), ZONE) == At(None)
    found = await cluster.database.read(lambda read: resolve(read, Audience(), datetime.fromtimestamp(at(NOW), ZONE).date(), "ha"))
    assert {each.to.person_id for each in found.targets} == {"lan", "thanh", "ngoc", "huy", "anh"}
