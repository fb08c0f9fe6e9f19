"""One nursery and one prepared database for all drills; each drill has its own copy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.drill import cluster
from tests.drill.drill import Drill
from tests.drill.platform import Platform, Rates
from tests.drill.process import Nursery
from tests.drill.zalo import ZaloPlatform

FULL = os.environ.get("DRILL") == "full"
SEED = int(os.environ.get("DRILL_SEED", "7"))

Begin = Callable[..., Drill]
Zalo = Literal["", "polling", "webhook"]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def crowd(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cluster of the drills."""
    path = tmp_path_factory.mktemp("drill") / "crowd.sqlite3"
    asyncio.run(cluster.build(path, sample))
    return path


@pytest.fixture
def begin(crowd: Path, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Begin:
    """``async with begin("name") as drill``; ``rates``: what the platform takes in a second; ``silent``: it prints no line;
    ``webhook``: updates are posted, not polled; ``reminders``: the calendar reminds; ``zalo``: it runs too, by ``polling`` or ``webhook``.
    """

    def make(
        name: str, *, rates: Rates | None = None, silent: bool = False, webhook: bool = False, reminders: bool = False, zalo: Zalo = "",
    ) -> Drill:
        platform = Platform(rates)
        beside = ZaloPlatform(platform, hooked=zalo == "webhook") if zalo else None
        folder = tmp_path_factory.mktemp("drill")
        return Drill(name, SEED, crowd, folder, nursery, platform, beside, silent=silent, webhook=webhook, reminders=reminders)

    return make
