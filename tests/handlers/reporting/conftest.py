"""A cluster whose reports are due, and an officer in the middle of one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.handlers.reporting_world import Talk, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World.open(tmp_path)
    yield opened
    await opened.database.close()


@pytest.fixture
async def lan(world: World) -> Talk:
    """An officer of Lạng Sơn with the quarterly report open at its first question."""
    talk = world.talk("lan")
    await talk.command("baocao", "quý 3")
    return talk
