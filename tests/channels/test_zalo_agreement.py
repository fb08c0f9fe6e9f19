"""What the doctor says of Zalo is what the channel does: both are put to the same answers of the platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.channels.zalo import CHECK_SECONDS, Zalo
from bot.clock import SystemClock
from bot.doctor import on_zalo
from bot.doctor.asking import ask
from tests.channels.fake_zalo import TOKEN, FakeZalo
from tests.channels.loopback import Failure
from tests.channels.serving import CODE, invite, serving
from tests.doctor.examining import context, said

CHAT = "6ede9afa66b88fe6d6a9"
OFTEN = 200
NONE_SET = (
    Failure(status=404, description="Webhook not found"), Failure(status=404, body="<html>Not Found</html>"),
    Failure("garbage", body='{"ok": false, "error_code": 404, "description": "not found"}'),
    Failure("garbage", body='{"ok": true}'), Failure("garbage", body='{"ok": true, "result": {"url": null}}'),
)  # fmt: skip
NOT_KNOWN = (
    Failure(status=500), Failure(status=403, description="Internal error"), Failure(status=429, description="Quota exceeded"),
    Failure("garbage", body="<html>log in</html>"), Failure(status=401, description="Unauthorized"), Failure("reset_before"),
)  # fmt: skip


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZalo]:
    async with FakeZalo() as platform:
        yield platform


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0.01 if seconds < CHECK_SECONDS else 3_600)


async def told(zalo: FakeZalo, tmp_path: Path, token: str = TOKEN) -> list[tuple[str, str]]:
    """What the doctor says of the token and of the webhook."""
    answers = await asyncio.to_thread(ask, zalo.root, token, SystemClock())
    given: Any = context(tmp_path, {"THIDUA_ZALO_TOKEN": token}, zalo=answers)
    return [*said(on_zalo.token(given)), *said(on_zalo.webhook(given))]


@pytest.mark.parametrize("failure", [*NONE_SET, *NOT_KNOWN], ids=repr)
async def test_polling_starts_where_the_webhook_is_not_told(
    zalo: FakeZalo, cluster: Callable[[], Path], tmp_path: Path, failure: Failure
) -> None:
    """getMe shows that the token is good, and nothing that getWebhookInfo meets keeps officers without an answer."""
    path = cluster()
    await invite(path)
    zalo.fail("getWebhookInfo", *[failure] * OFTEN)
    async with serving(path, Zalo(TOKEN, zalo.root, wait=no_wait, poll_seconds=1, read_timeout=0.5)):
        await zalo.say(CHAT, CODE)
        await zalo.answer(CHAT, "Đồng ý")
    found = await told(zalo, tmp_path)
    if failure.kind == "reset_before":
        assert [level for level, _ in found] == ["unknown", "warning"]
        return
    assert found[0] == ("fine", "The token is valid: bot.ThiDua")
    unsure = [text for level, text in found if level == "unknown"]
    assert unsure == ([] if failure in NONE_SET else unsure[:1])
    assert len(unsure) == (failure in NOT_KNOWN)


@pytest.mark.parametrize(
    ("failure", "level", "works"),
    [
        (Failure(status=404, body="<html>Not Found</html>"), "serious", False),
        (Failure(status=401, description="Unauthorized"), "serious", False),
        (Failure("garbage", body='{"ok": false, "error_code": 401, "description": "Unauthorized"}'), "serious", False),
        (Failure(status=500), "unknown", False), (Failure(status=403, description="Internal error"), "unknown", False),
        (Failure("garbage", body='{"ok": false, "error_code": 429, "description": "Quota"}'), "serious", False),
        (Failure("garbage", body="<html>log in</html>"), "unknown", False),
    ],
    ids=repr,
)  # fmt: skip
async def test_the_doctor_calls_no_token_good_by_which_the_channel_does_not_start(
    zalo: FakeZalo, cluster: Callable[[], Path], tmp_path: Path, failure: Failure, level: str, works: bool
) -> None:
    path = cluster()
    zalo.fail("getMe", *[failure] * OFTEN)
    asked = asyncio.Event()

    async def wait(seconds: float) -> None:
        asked.set()
        await asyncio.sleep(3_600)

    async with serving(path, Zalo(TOKEN, zalo.root, wait=wait, poll_seconds=1, read_timeout=0.5)):
        await asked.wait()
        assert bool(zalo.called("getUpdates")) == works
    assert (await told(zalo, tmp_path))[0][0] == level
