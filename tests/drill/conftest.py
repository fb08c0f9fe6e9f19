"""One nursery and one prepared database for all drills; each drill has its own copy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.drill import cluster
from tests.drill.drill import Drill
from tests.drill.platform import Platform, Rates
from tests.drill.process import Nursery

FULL = os.environ.get("DRILL") == "full"
SEED = int(os.environ.get("DRILL_SEED", "7"))
UNITS = 120

Begin = Callable[..., Drill]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def crowd(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cluster of the drills."""
    path = tmp_path_factory.mktemp("drill") / "crowd.sqlite3"
    asyncio.run(cluster.build(path, sample, UNITS))
    return path


@pytest.fixture
def begin(crowd: Path, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Begin:
    """``async with begin("name") as drill``; ``rates``: what the platform takes in a second; ``silent``: it prints no line;
    ``webhook``: updates are posted, not polled; ``reminders``: the calendar reminds."""

    def make(name: str, *, rates: Rates | None = None, silent: bool = False, webhook: bool = False, reminders: bool = False) -> Drill:
        folder = tmp_path_factory.mktemp("drill")
        return Drill(name, SEED, crowd, folder, nursery, Platform(rates), silent=silent, webhook=webhook, reminders=reminders)

    return make
