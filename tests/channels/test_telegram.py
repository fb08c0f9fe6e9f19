"""The Telegram channel against a strict Bot API: what it sends, what it survives, and what it never tells."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator

import pytest

from bot.channels.base import (
    Blocked,
    Button,
    FileTooLarge,
    Inbound,
    Migrated,
    OutcomeUnknown,
    Part,
    RateLimited,
    Refused,
    RemoteFile,
    SendError,
    Unreachable,
)
from bot.channels.telegram import Telegram
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.loopback import Failure

NOW = 1_795_000_000
CHAT = 501
GROUP = -1001
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
TEXT = Part("text", "Đã ghi nhận: <b>85</b> &lt; 90")


@pytest.fixture
async def server() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        fake.open_chat(CHAT)
        fake.open_chat(GROUP, 7)
        yield fake


def channel(server: FakeTelegram, **options: object) -> Telegram:
    return Telegram(TOKEN, lambda: NOW, server.root, **options)  # type: ignore[arg-type]


@pytest.fixture
async def telegram(server: FakeTelegram) -> AsyncIterator[Telegram]:
    made = channel(server)
    yield made
    await made.close()
    assert server.violations == []


# Sending --------------------------------------------------------------------------------------------------------------------------


async def test_a_text_with_buttons_arrives_as_it_was_written(server: FakeTelegram, telegram: Telegram) -> None:
    buttons = ((Button("Xác nhận", "m:id00000001:0"), Button("Sửa", "m:id00000001:1")), (Button("Hủy", "m:id00000001:2"),))
    number = await telegram.send(str(CHAT), None, Part("text", TEXT.text, buttons, protect=True), None, None)
    assert server.sent(CHAT) == ["Đã ghi nhận: 85 < 90"]
    assert server.buttons(CHAT, int(number)) == ["Xác nhận", "Sửa", "Hủy"]
    assert server.messages[CHAT][int(number)]["protect_content"] == "true"


async def test_nothing_is_sent_that_an_ordinary_message_does_not_need(server: FakeTelegram, telegram: Telegram) -> None:
    await telegram.send(str(CHAT), None, Part("text", "hạn 30/11/2026, lúc 17:00; đạt 1.234,5"), None, None)
    assert set(server.called("sendMessage")[0].fields) == {"chat_id", "text", "parse_mode"}


async def test_a_link_has_no_preview(server: FakeTelegram, telegram: Telegram) -> None:
    await telegram.send(str(CHAT), None, Part("text", "https://t.me/thidua_bot?start=ABCDEFGH"), None, None)
    assert json.loads(server.called("sendMessage")[0].fields["link_preview_options"]) == {"is_disabled": True}


async def test_an_edit_takes_the_place_of_the_message_and_of_its_buttons(server: FakeTelegram, telegram: Telegram) -> None:
    first = await telegram.send(str(CHAT), None, Part("text", "1", ((Button("Lùi", "m:a:0"),),)), None, None)
    assert await telegram.send(str(CHAT), None, Part("text", "2"), None, first) == first
    assert server.sent(CHAT) == ["2"]
    assert server.buttons(CHAT, int(first)) == []


async def test_an_edit_that_changes_nothing_counts_as_done(server: FakeTelegram, telegram: Telegram) -> None:
    first = await telegram.send(str(CHAT), None, TEXT, None, None)
    assert await telegram.send(str(CHAT), None, TEXT, None, first) == first
    assert len(server.sent(CHAT)) == 1


@pytest.mark.parametrize("obstacle", ["gone", "picture", "another person's"])
async def test_what_cannot_be_edited_is_sent_anew(server: FakeTelegram, telegram: Telegram, obstacle: str) -> None:
    if obstacle == "picture":
        old = await telegram.send(str(CHAT), None, Part("picture", "Ảnh", media_type="image/png", name="a.png"), PNG, None)
    elif obstacle == "gone":
        old = "999"
    else:
        old = str(await server.say(CHAT, "xin chào"))
    new = await telegram.send(str(CHAT), None, TEXT, None, old)
    assert new != old
    assert server.sent(CHAT)[-1] == "Đã ghi nhận: 85 < 90"


async def test_a_picture_is_a_photo_and_a_file_a_document_with_its_vietnamese_name(server: FakeTelegram, telegram: Telegram) -> None:
    photo = await telegram.send(str(CHAT), None, Part("picture", "Xếp hạng & điểm".replace("&", "&amp;"), name="hang.png"), PNG, None)
    name = 'Báo cáo "quý 3"\n2026.pdf'
    file = await telegram.send(str(CHAT), None, Part("file", "", name=name), b"%PDF-1.7", None)
    assert server.uploaded[int(photo)].content == PNG
    assert server.uploaded[int(file)].content == b"%PDF-1.7"
    assert server.uploaded[int(file)].name == "Báo cáo _quý 3__2026.pdf"
    assert server.sent(CHAT) == ["Xếp hạng & điểm", ""]


async def test_a_picture_that_telegram_cannot_show_is_sent_as_a_file(server: FakeTelegram, telegram: Telegram) -> None:
    server.fail("sendPhoto", Failure(description="Bad Request: PHOTO_INVALID_DIMENSIONS"))
    number = await telegram.send(str(CHAT), None, Part("picture", "Bảng", name="bang.png"), PNG, None)
    assert server.uploaded[int(number)].content == PNG
    assert [call.method for call in server.calls] == ["sendPhoto", "sendDocument"]


async def test_a_reply_in_a_topic_stays_there_and_outlives_it(server: FakeTelegram, telegram: Telegram) -> None:
    inside = await telegram.send(str(GROUP), "7", TEXT, None, None)
    outside = await telegram.send(str(GROUP), "8", TEXT, None, None)
    assert server.messages[GROUP][int(inside)]["message_thread_id"] == "7"
    assert "message_thread_id" not in server.messages[GROUP][int(outside)]


@pytest.mark.parametrize(
    "part",
    [
        Part("text", "ă" * 4097),
        Part("text", "𝐀" * 2049),
        Part("file", "a" * 1025, name="a"),
        Part("text", "a", ((Button("b", "m:" + "x" * 63),),)),
        Part("text", "a", (tuple(Button("b", "m:a:0") for _ in range(9)),)),
        Part("text", "a", tuple((Button("b", "m:a:0"),) for _ in range(101))),
    ],
)
async def test_what_breaks_a_limit_is_refused_before_it_leaves(server: FakeTelegram, telegram: Telegram, part: Part) -> None:
    with pytest.raises(Refused):
        await telegram.send(str(CHAT), None, part, b"1", None)
    assert server.calls == []


async def test_the_longest_text_is_taken(server: FakeTelegram, telegram: Telegram) -> None:
    await telegram.send(str(CHAT), None, Part("text", "ộ" * 4096), None, None)
    await telegram.send(str(CHAT), None, Part("text", "𝐀" * 2048), None, None)
    assert list(map(len, server.sent(CHAT))) == [4096, 2048]


@pytest.mark.parametrize("address", ["", "abc", "1.5"])
async def test_an_address_that_is_none_is_refused(telegram: Telegram, address: str) -> None:
    with pytest.raises(Refused):
        await telegram.send(address, None, TEXT, None, None)


# Failures -------------------------------------------------------------------------------------------------------------------------

REFUSALS: list[tuple[Failure, type[SendError]]] = [
    (Failure(status=403, description="Forbidden: bot was blocked by the user"), Blocked),
    (Failure(status=403, description="Forbidden: bot was kicked from the supergroup chat"), Blocked),
    (Failure(description="Bad Request: chat not found"), Blocked),
    (Failure(description="Bad Request: can't parse entities: unsupported start tag"), Refused),
    (Failure(description="Bad Request: message is too long"), Refused),
    (Failure(status=413, description="Request Entity Too Large"), Refused),
    (Failure(status=413, body="<html>too large</html>"), Refused),
    (Failure(status=429, description="Too Many Requests: retry after 7", parameters={"retry_after": 7}), RateLimited),
    (Failure(status=429, body="<html>slow down</html>"), Unreachable),
    (Failure(description="Bad Request: group chat was upgraded", parameters={"migrate_to_chat_id": -100222}), Migrated),
    (Failure(status=401, description="Unauthorized"), Unreachable),
    (Failure(status=404, description="Not Found"), Unreachable),
    (Failure(status=500, description="Internal Server Error"), OutcomeUnknown),
    (Failure(status=502, body="<html>Bad Gateway</html>"), OutcomeUnknown),
    (Failure(kind="garbage"), OutcomeUnknown),
    (Failure(kind="garbage", body="[]"), OutcomeUnknown),
    (Failure(kind="garbage", body='{"ok": true}'), OutcomeUnknown),
    (Failure(kind="garbage", body='{"ok": true, "result": true}'), OutcomeUnknown),
    (Failure(kind="garbage", body='{"ok": true, "result": {"message_id": "x"}}'), OutcomeUnknown),
    (Failure(kind="garbage", body="[" * 100_000), OutcomeUnknown),
    (Failure(kind="reset_before"), OutcomeUnknown),
    (Failure(kind="reset_after"), OutcomeUnknown),
]


@pytest.mark.parametrize(("failure", "meaning"), REFUSALS)
async def test_each_failure_has_its_meaning(
    server: FakeTelegram, telegram: Telegram, failure: Failure, meaning: type[SendError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fail("sendMessage", failure)
    with pytest.raises(SendError) as raised:
        await telegram.send(str(CHAT), None, TEXT, None, None)
    assert type(raised.value) is meaning
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after == 7
    if isinstance(raised.value, Migrated):
        assert raised.value.to == "-100222"
    assert len(server.sent(CHAT)) == (failure.kind == "reset_after")
    assert_untold(caplog, raised.value)


async def test_no_answer_in_time_leaves_the_outcome_unknown(server: FakeTelegram) -> None:
    impatient = channel(server, read_timeout=0.05)
    server.fail("sendMessage", Failure("hang"))
    with pytest.raises(OutcomeUnknown):
        await impatient.send(str(CHAT), None, TEXT, None, None)
    await impatient.close()


@pytest.mark.parametrize("root", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://exa mple"])
async def test_a_server_that_is_not_there_was_surely_not_reached(root: str, caplog: pytest.LogCaptureFixture) -> None:
    telegram = Telegram(TOKEN, lambda: NOW, root)
    with pytest.raises(Unreachable) as raised:
        await telegram.send(str(CHAT), None, TEXT, None, None)
    assert_untold(caplog, raised.value)
    await telegram.close()      # an unclosed session would be a warning, and so an error


async def test_a_page_that_repeats_the_address_tells_nothing(
    server: FakeTelegram, telegram: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = f"<html>The requested URL /bot{TOKEN}/sendMessage was not found</html>"
    for status in (400, 403, 404, 409, 500, 503):
        server.fail("sendMessage", Failure(status=status, body=page))
        with pytest.raises(SendError) as raised:
            await telegram.send(str(CHAT), None, TEXT, None, None)
        assert_untold(caplog, raised.value)


def assert_untold(caplog: pytest.LogCaptureFixture, error: BaseException | None = None) -> None:
    """The token is neither in the log nor in an error."""
    secret = TOKEN.partition(":")[2]
    assert secret not in caplog.text
    assert error is None or secret not in "".join(traceback.format_exception(error)) + repr(error)


# Files ----------------------------------------------------------------------------------------------------------------------------


async def test_a_sent_file_is_fetched(server: FakeTelegram, telegram: Telegram) -> None:
    content = bytes(range(256)) * 2000
    document = server.offer_file("Báo cáo quý 3+.pdf", content)
    assert await telegram.fetch(RemoteFile(document["file_id"], "a", "application/pdf", len(content))) == content


async def test_a_file_beyond_20_mb_is_too_large(server: FakeTelegram, telegram: Telegram) -> None:
    server.offer_file("phim.mp4", bytes(20 * 1024 * 1024 + 1))
    with pytest.raises(FileTooLarge):
        await telegram.fetch(RemoteFile("documents/phim.mp4", "phim.mp4", "video/mp4", 0))


@pytest.mark.parametrize(
    ("method", "failure", "meaning"),
    [
        ("getFile", Failure(description="Bad Request: wrong file_id"), Refused),
        ("getFile", Failure(kind="garbage", body='{"ok": true, "result": {"file_id": "a", "file_unique_id": "b"}}'), OutcomeUnknown),
        ("getFile", Failure(kind="reset_before"), OutcomeUnknown),
        ("download", Failure(status=404, body=f"/file/bot{TOKEN}/a"), Unreachable),
        ("download", Failure(status=503, body="out of order"), Unreachable),
    ],
)
async def test_a_file_that_cannot_be_had(
    server: FakeTelegram, telegram: Telegram, method: str, failure: Failure, meaning: type[SendError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    document = server.offer_file("a.pdf", b"1")
    server.fail(method, failure)
    with pytest.raises(SendError) as raised:
        await telegram.fetch(RemoteFile(document["file_id"], "a.pdf", "application/pdf", 1))
    assert type(raised.value) is meaning
    assert_untold(caplog, raised.value)


# Taps -----------------------------------------------------------------------------------------------------------------------------


async def test_a_tap_is_acknowledged_and_an_old_one_harms_nobody(server: FakeTelegram, telegram: Telegram) -> None:
    query = await server.press(CHAT, 1, "m:a:0")
    server.fail("answerCallbackQuery", Failure(), Failure("garbage"), Failure("reset_before"), Failure("garbage", body='{"ok":true}'))
    for _ in range(5):
        await telegram.acknowledge(Inbound(str(CHAT), None, ack=query))
    await telegram.acknowledge(Inbound(str(CHAT), None, ack="of-last-year"))
    await telegram.acknowledge(Inbound(str(CHAT), None))
    await server.until(lambda: len(server.called("answerCallbackQuery")) == 6)
