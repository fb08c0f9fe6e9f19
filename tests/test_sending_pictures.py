"""Drawn pictures on their way: painted once, uploaded once, sent again by the platform's own id, and words where there is no picture."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.channels.base import Channel, OutcomeUnknown, Part
from bot.channels.telegram import Telegram
from bot.clock import MovableClock
from bot.drawing.painter import Painter
from bot.language import languages
from bot.sender import Sender
from bot.sending.links import Links
from handlers.kit.message import verbatim
from handlers.kit.reply import Choice, Choices, File, Go, Reply, drawn, say
from handlers.kit.wire import queue_effects
from storage import drawings, files, uploads
from storage.connection import Database, effect
from storage.errors import DatabaseFull
from tests.channels import fake_telegram
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.loopback import Failure
from tests.chat import WITH_BUTTONS, WITHOUT_BUTTONS, ZONE, Double
from tests.drawing.charts import CHARTS, SEVEN

NOW = 1_800_000_000
VI = languages(ZONE)["vi"]
AN, BINH = "501", "502"
REPLY = say(drawn(SEVEN, verbatim("Thứ tự: 1. Sơn La (881,22)")))
PROVISIONAL = "Xếp hạng năm 2026 (tạm tính)"


@dataclass
class World:
    database: Database
    platform: FakeTelegram
    clock: MovableClock

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, token: str = fake_telegram.TOKEN) -> None:
        self.channel = Telegram(token, self.clock.now, self.platform.root)
        self.sender = self.over(self.channel)

    def over(self, channel: Channel, *, program: Path | None = None, public_url: str = "") -> Sender:
        folder = drawings.folder(self.database.files)
        painter = Painter(folder, self.clock) if program is None else Painter(folder, self.clock, program)
        links = Links({"public_url": public_url} if public_url else {}, lambda: "s" * 43, self.clock)
        return Sender(self.database, channel, self.clock, languages(ZONE), lambda *_: True, paint=painter.painted, links=links)

    async def ask(self, address: str = AN, reply: Reply = REPLY, *, sender: Sender | None = None, channel: str = "telegram") -> None:
        """An answer is queued and sent."""
        letter = queue_effects(
            reply, channel=channel, address=address, language="vi", now=self.clock.now(), mint=lambda: f"id{len(self.platform.calls):06d}"
        )
        await self.database.write(letter)
        await (sender or self.sender).drain()

    def photos(self) -> list[tuple[int, str]]:
        """(bytes uploaded, id given) of each photo that was sent."""
        return [
            (sum(len(upload.content) for upload in call.uploads.values()), call.fields.get("photo", ""))
            for call in self.platform.called("sendPhoto")
        ]

    async def states(self) -> list[str]:
        return await self.database.read(lambda read: [row[0] for row in read.execute("SELECT state FROM outbox ORDER BY id")])


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = await Database.open(tmp_path / "a.sqlite3")
    async with FakeTelegram() as platform:
        platform.open_chat(int(AN))
        platform.open_chat(int(BINH))
        made = World(database, platform, MovableClock(NOW))
        yield made
        await made.channel.close()
        assert platform.violations == []
    await database.close()


async def test_a_repeat_uploads_nothing_to_whomever_it_goes_and_after_a_restart(world: World) -> None:
    await world.ask(AN)
    await world.ask(BINH)
    await world.channel.close()
    world.restart()
    await world.ask(AN)
    (first, none), *again = world.photos()
    assert first > 10_000
    assert none == ""
    assert [size for size, _ in again] == [0, 0]
    assert {known for _, known in again} == {"photo-1"}
    assert [upload.content for upload in world.platform.uploaded.values()] == [next(iter(world.platform.uploaded.values())).content] * 3
    assert world.platform.sent(int(AN)) == ["Thứ tự: 1. Sơn La (881,22)"] * 2
    assert await world.states() == ["sent"] * 3


async def test_what_the_platform_has_forgotten_is_uploaded_once_more(world: World) -> None:
    await world.ask()
    world.platform.kept.clear()
    await world.ask()
    await world.ask()
    assert [bool(size) for size, _ in world.photos()] == [True, False, True, False]     # the second try by id was refused
    assert len(world.platform.sent(int(AN))) == 3
    assert await world.states() == ["sent"] * 3


async def test_another_bots_ids_are_not_used(world: World) -> None:
    await world.ask()
    await world.channel.close()
    world.platform.token = "987:other"
    world.restart("987:other")
    await world.ask()
    assert [bool(size) for size, _ in world.photos()] == [True, True]


@pytest.mark.parametrize(
    "refusal",
    [
        "wrong remote file identifier specified: Wrong padding in the string", "wrong file_id or the file is temporarily unavailable",
        "can't use file of type Document as Photo", "PHOTO_INVALID_DIMENSIONS", "FILE_REFERENCE_EXPIRED",
    ],
)
async def test_every_refusal_of_an_id_costs_an_upload_and_no_answer(world: World, refusal: str) -> None:
    await world.ask()
    world.platform.fail("sendPhoto", Failure(description=f"Bad Request: {refusal}"))
    await world.ask()
    assert [bool(size) for size, _ in world.photos()] == [True, False, True]
    assert await world.states() == ["sent"] * 2


async def test_a_blocked_chat_a_pause_and_a_topic_mean_the_same_with_an_id(world: World) -> None:
    await world.ask()
    world.platform.fail("sendPhoto", Failure(status=403, description="Forbidden: bot was blocked by the user"))
    await world.ask(BINH)
    assert await world.states() == ["sent", "blocked"]
    world.platform.fail("sendPhoto", Failure("reset_after"))
    await world.ask()
    assert (await world.states())[-1] == "waiting"
    world.clock.advance(2)
    await world.sender.drain()
    assert [bool(size) for size, _ in world.photos()] == [True, False, False, False]
    assert world.platform.sent(int(AN))[-1] == "Thứ tự: 1. Sơn La (881,22)"
    assert (await world.states())[-1] == "sent"


async def test_an_attached_file_is_uploaded_once_for_all_and_keeps_its_name(world: World) -> None:
    sha256 = files.write_content(world.database.files, b"%PDF-1.7 sample")
    await world.database.write((effect(files.add, sha256, "application/pdf", 15, NOW),))
    for name, address in (("moi.pdf", AN), ("moi.pdf", BINH), ("khac.pdf", AN)):
        await world.ask(address, say(verbatim("Giấy mời"), File(sha256, "application/pdf", name)))
    sent = [(len(call.uploads), call.fields.get("document", "")) for call in world.platform.called("sendDocument")]
    assert sent == [(1, ""), (0, "document-1"), (1, "")]
    assert [upload.name for upload in world.platform.uploaded.values()] == ["moi.pdf", "moi.pdf", "khac.pdf"]


async def test_a_disk_that_cannot_note_the_id_costs_the_next_upload_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise DatabaseFull("no room")

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "save", full)
        await world.ask()
    await world.ask()
    assert [bool(size) for size, _ in world.photos()] == [True, True]
    assert await world.states() == ["sent", "sent"]


async def test_a_picture_that_was_let_go_before_it_left_is_painted_again(world: World) -> None:
    """After a restore: the letter is there with its parts, the folder of pictures is not."""
    world.platform.fail("sendPhoto", Failure("reset_before"))
    await world.ask()
    shutil.rmtree(drawings.folder(world.database.files))
    world.clock.advance(2)
    await world.sender.drain()
    assert await world.states() == ["sent"]
    assert world.platform.sent(int(AN))[-1] == "Thứ tự: 1. Sơn La (881,22)"


@asynccontextmanager
async def words(world: World, channel: Double, **how: object) -> AsyncIterator[list[Part]]:
    arrived: list[Part] = []
    sender = world.over(channel, **how)  # type: ignore[arg-type]
    await world.ask("a", sender=sender, channel=channel.name)
    arrived += [delivered.part for delivered in channel.delivered["a"]]
    yield arrived


async def test_a_defect_of_the_painter_sends_the_words(world: World, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(3)\n", encoding="utf-8")
    async with words(world, Double("test", WITH_BUTTONS), program=broken) as arrived:
        (part,) = arrived
        assert part.kind == "text"
        assert part.text.startswith(PROVISIONAL)
        assert "4. Lạng Sơn · 607,14 · giảm 2 bậc" in part.text
        assert "Tính theo thẩm định 179" in part.text


async def test_a_channel_without_pictures_gets_the_words_and_nothing_is_painted(world: World) -> None:
    async with words(world, Double("test", WITHOUT_BUTTONS)) as arrived:
        (part,) = arrived
        assert part.text.startswith(PROVISIONAL)
    assert not drawings.folder(world.database.files).exists()


async def test_an_outcome_that_is_unknown_is_marked_and_keeps_its_picture(world: World) -> None:
    channel = Double("test", WITH_BUTTONS)
    problems: list[Exception] = [OutcomeUnknown("no answer")]
    channel.refuse = lambda address, part: problems.pop() if problems else None
    sender = world.over(channel)
    await world.ask("a", sender=sender, channel="test")
    world.clock.advance(5)
    await sender.drain()
    parts = [delivered.part for delivered in channel.delivered["a"]]
    assert [part.kind for part in parts] == ["text", "picture"]
    assert parts[0].text == "(nhắc lại)"


async def test_choices_below_a_picture_stand_in_a_message_of_their_own(world: World) -> None:
    more = Choices((Choice(verbatim("Cả bảng"), Go("xephang", "trang 1")),))
    await world.ask(AN, REPLY + say(more))
    assert [call.method for call in world.platform.calls][-2:] == ["sendPhoto", "sendMessage"]


async def test_a_letter_of_the_last_release_and_one_kept_with_its_parts_are_still_sent(world: World) -> None:
    """The JSON of a picture without a chart, and of parts that know of no drawn pictures."""
    sha256 = files.write_content(world.database.files, b"\x89PNG\r\n\x1a\n" + bytes(50))
    await world.database.write((effect(files.add, sha256, "image/png", 58, NOW),))
    picture = {"picture": sha256, "type": "image/png", "alt": {"id": "Cancel"}, "public": False}
    old = {"blocks": [picture], "replaces": False, "protect": False}
    part = {"kind": "picture", "text": "Hủy", "buttons": [], "sha256": sha256, "media_type": "image/png", "name": "", "protect": False}
    for kept in (None, json.dumps({"parts": [part], "ids": [None], "unknown": 0, "links": {}})):
        await world.database.write((effect(_put, json.dumps(old), kept),))
    world.sender.look_again()
    await world.sender.drain()
    assert world.platform.sent(int(AN)) == ["Hủy", "Hủy"]
    assert [bool(size) for size, _ in world.photos()] == [True, False]


def _put(tx: object, reply: str, parts: str | None) -> None:
    tx.execute(  # type: ignore[attr-defined]
        "INSERT INTO outbox (channel, address, lane, reply, language, parts, not_before, created_at)"
        " VALUES ('telegram', ?, 'reply', ?, 'vi', ?, ?, ?)", (AN, reply, parts, NOW, NOW),
    )  # fmt: skip


async def test_what_is_not_ranked_and_what_has_no_figure_is_told_in_words_too(world: World) -> None:
    channel = Double("test", WITHOUT_BUTTONS)
    await world.ask("a", say(drawn(CHARTS["not ranked"], verbatim("x"))), sender=world.over(channel), channel="test")
    assert channel.delivered["a"][0].part.text.splitlines()[-2:] == ["– Lai Châu · 5,00 · hủy kết quả", "– Sơn La · chưa có số liệu"]
