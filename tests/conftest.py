"""Shared fixtures: the sample cluster, seeded once and copied for each test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings

from storage.connection import Database
from tests.chat import ZONE

# A slow machine is no failure: tests hold no time limits.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

START = int(datetime(2026, 11, 23, 8, 0, tzinfo=ZONE).timestamp())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expectations of the transcripts; then read the diff")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's cluster as it stands when its clock starts."""
    path = tmp_path_factory.mktemp("sample") / "sample.sqlite3"

    from bot.demo.seed import seed

    async def build() -> None:
        database = await Database.open(path)
        await seed(database, START)
        await database.close()

    asyncio.run(build())
    return path


@pytest.fixture
def cluster(sample: Path, tmp_path: Path) -> Callable[[], Path]:
    """Makes a fresh copy of the sample cluster's database."""

    def copy() -> Path:
        return Path(shutil.copy(sample, tmp_path / "cluster.sqlite3"))

    return copy
