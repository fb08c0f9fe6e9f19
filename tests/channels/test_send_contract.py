"""`send` on every channel alike: each kind of failure has one meaning, what has arrived has arrived once, and nothing else is raised."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.base import (
    Blocked,
    Button,
    Capabilities,
    Exhausted,
    Forgotten,
    Migrated,
    OutcomeUnknown,
    Part,
    RateLimited,
    Refused,
    Reuses,
    SendError,
    Unreachable,
)  # fmt: skip
from bot.language import languages
from bot.rendering.parts import render
from bot.rendering.split import measure
from handlers.kit.message import verbatim
from handlers.kit.reply import Choice, Choices, Go, Text, say
from tests.channels.sending import IMPATIENT, TELEGRAM_FAILURES, ZALO_FAILURES, Bench, bench
from tests.chat import ZONE

CHANNELS = ("telegram", "zalo", "web", "console")
VI = languages(ZONE)["vi"]

MEANING: dict[str, type[SendError]] = {
    "refused": Refused, "blocked": Blocked, "gone": Blocked, "migrated": Migrated, "too many": RateLimited, "exhausted": Exhausted,
    "token": Unreachable, "not reached": Unreachable, "no answer": OutcomeUnknown, "reset before": OutcomeUnknown,
    "reset after": OutcomeUnknown, "malformed": OutcomeUnknown, "half an answer": OutcomeUnknown, "out of order": OutcomeUnknown,
    "a proxy's page": OutcomeUnknown,
}  # fmt: skip
"""What each failure means, wherever it happens. A channel whose platform has none of the kind is not asked."""

HAS: dict[str, frozenset[str]] = {
    "telegram": frozenset((*TELEGRAM_FAILURES, "not reached")),
    "zalo": frozenset((*ZALO_FAILURES, "not reached")),
    "web": frozenset(("blocked", "gone", "not reached")),
    "console": frozenset(("not reached",)),
}
TEXT = Part("text", "Đã ghi nhận")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def test_every_failure_is_met_by_some_channel_and_has_a_meaning() -> None:
    assert frozenset().union(*HAS.values()) == frozenset(MEANING)


async def send(here: Bench, part: Part, content: bytes | None = None) -> str:
    return await here.channel.send(here.address, None, part, content, None)


@pytest.mark.parametrize(("name", "how"), [(name, how) for name in CHANNELS for how in sorted(HAS[name])])
async def test_a_failure_means_the_same_everywhere_and_the_next_message_goes_through(name: str, how: str, tmp_path: Path) -> None:
    async with bench(name, tmp_path, read_timeout=IMPATIENT if how == "no answer" else 20.0) as here:
        assert await here.fails(how)
        with pytest.raises(SendError) as raised:
            await send(here, TEXT)
        assert type(raised.value) is MEANING[how]
        assert "123456" not in str(raised.value)      # no token, no address
        if how in ("not reached", "blocked", "gone") and name in ("web", "console"):
            return
        arrived = how == "reset after"
        assert here.seen() == ["Đã ghi nhận"] * arrived
        if how != "not reached":
            assert await send(here, Part("text", "Lần hai"))
            assert here.seen() == [*["Đã ghi nhận"] * arrived, "Lần hai"]


@pytest.mark.parametrize("name", CHANNELS)
async def test_a_text_of_the_longest_size_arrives_whole(name: str, tmp_path: Path) -> None:
    async with bench(name, tmp_path) as here:
        can = here.channel.capabilities
        long = ("Số liệu ố " * can.max_chars)[: min(can.max_chars, 5_000)].strip()
        await send(here, Part("text", long))
        assert here.seen() == [long]


@pytest.mark.parametrize("name", ["telegram", "zalo"])
async def test_a_text_over_the_limit_is_refused_before_it_leaves(name: str, tmp_path: Path) -> None:
    async with bench(name, tmp_path) as here:
        with pytest.raises(Refused):
            await send(here, Part("text", "ố" * (here.channel.capabilities.max_chars + 1)))
        assert here.seen() == []


@pytest.mark.parametrize("name", CHANNELS)
async def test_an_answer_of_any_length_with_many_choices_is_taken_part_by_part(name: str, tmp_path: Path) -> None:
    """What the renderer makes is what the platform takes: texts, graphemes and buttons over every limit."""
    line = "Ủy ban nhân dân xã Nghĩa Đô <b> & “ngoặc” 👩‍👩‍👧 · "
    choices = tuple(Choice(verbatim(f"Đơn vị {number}"), Go("diem", str(number))) for number in range(1, 131))
    reply = say(Text(verbatim(line * 300), "quote"), verbatim("\n".join(line for _ in range(200))), Choices(choices, columns=9))
    async with bench(name, tmp_path) as here:
        can = here.channel.capabilities
        parts = render(reply, VI, can, "menu000001")
        for part in parts:
            assert measure(part.text, can.counts) <= can.max_chars
            await send(here, part)
        seen = here.seen()
        assert len(seen) == len(parts)
        assert "".join("".join(seen).split()).count("NghĩaĐô") == 500
        _can_be_chosen(can, parts)


def _can_be_chosen(can: Capabilities, parts: tuple[Part, ...]) -> None:
    if can.buttons:
        beyond = 130 - can.max_buttons
        assert len(re.findall(r"^\d+\. Đơn vị \d+$", "\n".join(part.text for part in parts), re.MULTILINE)) == max(0, beyond)
        rows = parts[-1].buttons
        assert sum(map(len, rows)) <= can.max_buttons
        assert all(len(row) <= can.buttons_per_row for row in rows)
    else:
        assert "130. Đơn vị 130" in parts[-1].text


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("kind", ["file", "picture"])
async def test_files_and_pictures_arrive_or_are_refused(name: str, kind: str, tmp_path: Path) -> None:
    async with bench(name, tmp_path) as here:
        can = here.channel.capabilities
        part = Part("file" if kind == "file" else "picture", "Bảng điểm", sha256="a" * 64, media_type="image/png", name="bang-diem.png")
        if can.files if kind == "file" else can.pictures:
            await send(here, part, PNG)
            assert len(here.received()) == 1
            if kind == "file":
                assert here.received()[0][0] == "bang-diem.png"
            assert here.seen() == ["Bảng điểm"]
        else:
            with pytest.raises(Refused):
                await send(here, part, b"content")
            assert here.seen() == []


@pytest.mark.parametrize("name", CHANNELS)
async def test_many_messages_at_once_arrive_once_each(name: str, tmp_path: Path) -> None:
    async with bench(name, tmp_path) as here:
        ids = await asyncio.gather(*(send(here, Part("text", f"Tin {number}")) for number in range(40)))
        assert len(set(ids)) == 40
        assert sorted(here.seen()) == sorted(f"Tin {number}" for number in range(40))


@pytest.mark.parametrize("name", CHANNELS)
async def test_closed_in_the_middle_every_message_has_an_outcome(name: str, tmp_path: Path) -> None:
    """Nothing hangs and nothing else than a kind of SendError comes: the sender notes it and tries again after the next start."""
    async with bench(name, tmp_path) as here:
        if not here.hang(5):
            await here.channel.close()
            return
        sending = [asyncio.create_task(send(here, TEXT)) for _ in range(5)]
        await here.held(5)
        await here.channel.close()
        outcomes = await asyncio.wait_for(asyncio.gather(*sending, return_exceptions=True), 10)
        assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown] * 5
        await here.channel.close()


@pytest.mark.parametrize("name", CHANNELS)
async def test_a_message_that_is_cancelled_leaves_the_channel_usable(name: str, tmp_path: Path) -> None:
    async with bench(name, tmp_path) as here:
        if here.hang(1):
            sending = asyncio.create_task(send(here, TEXT))
            await here.held(1)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
        await send(here, Part("text", "Sau đó"))
        assert here.seen() == ["Sau đó"]


@pytest.mark.parametrize("name", CHANNELS)
async def test_buttons_come_where_the_channel_has_them(name: str, tmp_path: Path) -> None:
    async with bench(name, tmp_path) as here:
        buttons = ((Button("Xác nhận", "m:menu000001:0"),),) if here.channel.capabilities.buttons else ()
        assert await send(here, Part("text", "Nộp báo cáo?", buttons=buttons))
        assert here.seen() == ["Nộp báo cáo?"]


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("kind", ["file", "picture"])
async def test_what_was_uploaded_is_sent_again_by_the_platforms_own_id_or_needed_once_more(name: str, kind: str, tmp_path: Path) -> None:
    async with bench(name, tmp_path) as here:
        channel, can = here.channel, here.channel.capabilities
        if not isinstance(channel, Reuses):
            assert not can.pictures or name == "web"       # its own platform: nothing is uploaded there
            return
        part = Part("picture" if kind == "picture" else "file", "Bảng điểm", sha256="a" * 64, media_type="image/png", name="bang-diem.png")
        await send(here, part, PNG)
        assert channel.account
        known = channel.learned.pop((part.kind, part.sha256, part.name))
        assert not channel.learned
        await send(here, replace(part, text="Lần hai", known=known))
        assert here.seen() == ["Bảng điểm", "Lần hai"]
        assert here.received() == [here.received()[0]] * 2
        assert not channel.learned
        for wrong in ("AgACAgUAAxkBAAI", known.replace(*(("photo", "document") if kind == "picture" else ("document", "photo")))):
            with pytest.raises(Forgotten):
                await send(here, replace(part, known=wrong))
        assert len(here.seen()) == 2
