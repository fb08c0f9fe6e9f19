"""A message that is being written: what its secretary types is never dropped, and no number of another list sends it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from storage import broadcasts
from storage.broadcasts import Broadcast
from tests.chat import WITH_BUTTONS, WITHOUT_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step

FIRST = "Văn phòng Cụm gửi nội dung cũ."
AT_ONCE = "ngay khi xác nhận"

TEXTS = (
    "Đề nghị các đơn vị nộp báo cáo tổng kết trước ngày 28/11. Trân trọng.",
    "Hội nghị giao ban Cụm họp lúc 14h thứ Sáu tại Hội trường B, Sở Nội vụ Lạng Sơn.",
    "Kính mời đại biểu dự Hội nghị tổng kết: 8h00 ngày 20/3/2027, tại thành phố Cao Bằng.",
    "Thư ký Cụm nhắc: hạn nộp hồ sơ khen thưởng là 17h ngày 30/11/2026.",
    "Đơn vị nào chưa nộp báo cáo quý III thì nộp ngay trong hôm nay.",
    "Sáng mai Tổ thẩm định làm việc với Điện Biên, chiều mai làm việc với Sơn La.",
    "Ngày 25/12 nghỉ họp giao ban; lịch mới gửi sau.",
    "Đề nghị rà soát số liệu NTM01 85 xã, NTM02 12 xã trước khi nộp.",
    "Trước 16h hôm nay đề nghị các đồng chí gửi danh sách 5 điển hình tiên tiến.",
    "Căn cứ Công văn số 1234/BNV-BTĐKT ngày 05/10/2026, đề nghị các đơn vị rà soát bảng tự chấm điểm.",
    "Kính gửi các đơn vị\nĐề nghị nộp báo cáo trước thứ Hai tuần sau.\nTrân trọng.",
    "Cuộc họp thứ Tư chuyển sang 8h thứ Năm ngày 26/11.",
    "30 phút nữa mở phòng họp trực tuyến, mã phòng 4521 8899.",
    "Tuần sau Cụm trưởng đi kiểm tra tại Lai Châu, Lào Cai.",
    "Xếp hạng tạm tính quý III đã có, đề nghị các đơn vị xem lại số liệu của mình.",
    "Lịch họp tháng 12: ngày 3 họp trù bị, ngày 10 họp chính thức.",
    "Các đơn vị chưa nộp báo cáo sơ kết 6 tháng khẩn trương hoàn thành trong ngày.",
    "Yêu cầu 100% đơn vị nộp phụ lục 1, 2 và 3.",
    "Đề nghị đồng chí Lan, Sơn La xác nhận tham dự trước 10h sáng mai.",
    "Thông báo: Ngày mai họp trực tuyến lúc 9h30, đường truyền thử từ 8h.",
    "Xin gửi lời cảm ơn các đơn vị đã nộp báo cáo đúng hạn 05/10/2026!",
    "Ai chưa gửi ảnh điển hình tiên tiến, đề nghị gửi trước 12h trưa mai nhé?",
    "De nghi cac don vi nop bao cao truoc ngay 28/11. Tran trong.",
    "Please file the annual report before 30/11. Thank you.",
)
"""As secretaries write them: with days, hours, weekdays, numbers, names of units and words of commands."""


@pytest.fixture(params=["buttons", "numbers"])
async def chat(cluster: Callable[[], Path], request: pytest.FixtureRequest) -> AsyncIterator[Chat]:
    chat = Chat(cluster(), START, WITH_BUTTONS if request.param == "buttons" else WITHOUT_BUTTONS, "test")
    await chat.open()
    yield chat
    await chat.close()


async def as_(chat: Chat, who: str) -> str:
    player = Player(chat)
    await player.play(Step("#", f"as {who}", []))
    return player.address


async def said(chat: Chat, address: str, text: str) -> str:
    return "\n".join(part.text for part in await chat.say(address, text))


async def sent(chat: Chat) -> tuple[Broadcast, ...]:
    return await chat.application.database.read(lambda read: broadcasts.latest(read, 50))


async def preview(chat: Chat, address: str) -> None:
    await said(chat, address, "/huy")
    shown = await said(chat, address, f"/thongbao Lạng Sơn: {FIRST}")
    assert FIRST in shown
    assert AT_ONCE in shown


async def test_a_text_typed_under_a_preview_is_the_text_from_then_on(chat: Chat) -> None:
    await as_(chat, "Lan (cán bộ, Lạng Sơn)")
    ha = await as_(chat, "Hà (thư ký)")
    for text in TEXTS:
        await preview(chat, ha)
        shown = await said(chat, ha, text)
        assert text in shown, text
        assert AT_ONCE in shown, text
        assert "Văn phòng Cụm gửi" in shown, text      # what it replaces is said, and can be had again
        again = await said(chat, ha, "Lấy lại nội dung trước")
        assert f"\n{FIRST}\n" in again, text
    assert await sent(chat) == ()


async def test_a_text_typed_where_something_else_is_asked_is_kept(chat: Chat) -> None:
    await as_(chat, "Lan (cán bộ, Lạng Sơn)")
    ha = await as_(chat, "Hà (thư ký)")
    for text in TEXTS:
        await preview(chat, ha)
        await said(chat, ha, "sửa")
        assert text in await said(chat, ha, text), text

        await preview(chat, ha)
        await said(chat, ha, "hẹn giờ gửi")
        await said(chat, ha, text)
        shown = await said(chat, ha, "nội dung mới của thông báo")
        assert text in shown, text
        assert AT_ONCE in shown, text

        await said(chat, ha, "/huy")
        await said(chat, ha, "/thongbao new")
        told = await said(chat, ha, text)
        assert "Đã ghi nội dung" in told, text
        assert text in await said(chat, ha, "Lạng Sơn"), text
    assert await sent(chat) == ()


async def test_back_and_a_caption_lose_no_text(chat: Chat) -> None:
    await as_(chat, "Lan (cán bộ, Lạng Sơn)")
    ha = await as_(chat, "Hà (thư ký)")
    await preview(chat, ha)
    assert FIRST in await said(chat, ha, "lùi")
    await said(chat, ha, "lùi")
    assert FIRST in await said(chat, ha, "Lạng Sơn")
    assert FIRST in await said(chat, ha, "lấy lại nội dung trước")
    shown = await chat.send_file(ha, "moi.pdf", b"%PDF-1.4 x", caption="Đề nghị xem giấy mời kèm theo.")
    assert any("Đề nghị xem giấy mời kèm theo." in part.text for part in shown)
    assert FIRST in await said(chat, ha, "lấy lại nội dung trước")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("14h", "14:00, thứ Hai, 23/11/2026"), ("gửi lúc 8h sáng mai nhé", "08:00, thứ Ba, 24/11/2026"),
        ("thứ Sáu", "08:00, thứ Sáu, 27/11/2026"), ("hẹn 16h30 ngày 25/12", "16:30, thứ Sáu, 25/12/2026"),
        ("30 phút nữa", "08:30, thứ Hai, 23/11/2026"), ("chuyển sang chiều mai", "14:00, thứ Ba, 24/11/2026"),
    ],
)  # fmt: skip
async def test_what_is_nothing_but_a_time_is_the_time(chat: Chat, text: str, when: str) -> None:
    await as_(chat, "Lan (cán bộ, Lạng Sơn)")
    ha = await as_(chat, "Hà (thư ký)")
    await preview(chat, ha)
    shown = await said(chat, ha, text)
    assert FIRST in shown
    assert when in shown


@pytest.mark.parametrize("text", ["8h gặp mặt", "Lạng Sơn", "abc xyz", "phụ lục 3", "Sở Nội vụ"])
async def test_of_what_may_be_either_it_is_asked(chat: Chat, text: str) -> None:
    await as_(chat, "Lan (cán bộ, Lạng Sơn)")
    ha = await as_(chat, "Hà (thư ký)")
    await preview(chat, ha)
    assert f"“{text}” là phần nào của thông báo?" in await said(chat, ha, text)
    assert FIRST in await said(chat, ha, "giữ nguyên thông báo")
    await said(chat, ha, text)
    shown = await said(chat, ha, "nội dung mới của thông báo")
    assert f"\n{text}\n" in shown


@pytest.mark.parametrize("text", ["họp 14h", "sáng mai nghỉ họp"])
async def test_a_question_that_was_none_need_not_be_typed_again(chat: Chat, text: str) -> None:
    await as_(chat, "Lan (cán bộ, Lạng Sơn)")
    ha = await as_(chat, "Hà (thư ký)")
    await preview(chat, ha)
    assert FIRST in await said(chat, ha, text)
    await said(chat, ha, "đây là nội dung thông báo")
    assert f"\n{text}\n" in await said(chat, ha, "nội dung mới của thông báo")


LISTS = (
    "/nguoi", "/nguoi list", "/lich", "/han", "/tiendo", "/xephang", "/diem Lạng Sơn", "/viec", "/trogiup", "/nhacnho", "/hanmuc",
    "/dulieu", "/thongbao",
)  # fmt: skip
NUMBERS = ("1", "2", "số 1", "(1)", "chọn 3", "9", "1 và 2", "１")


@pytest.mark.parametrize("shown", LISTS)
async def test_no_number_under_another_list_sends_the_message(chat: Chat, shown: str) -> None:
    await as_(chat, "Lan (cán bộ, Lạng Sơn)")
    ha = await as_(chat, "Hà (thư ký)")
    for number in NUMBERS:
        await preview(chat, ha)
        await said(chat, ha, shown)
        await said(chat, ha, number)
        await said(chat, ha, number)
        assert await sent(chat) == (), number


async def test_after_a_list_the_message_is_sent_by_its_word(chat: Chat) -> None:
    await as_(chat, "Lan (cán bộ, Lạng Sơn)")
    ha = await as_(chat, "Hà (thư ký)")
    await preview(chat, ha)
    assert FIRST in await said(chat, ha, "/nguoi")
    assert "Mã tham gia dành cho đơn vị nào" in await said(chat, ha, "1")
    assert "Đã ghi nhận" in await said(chat, ha, "xác nhận")
    assert [each.body for each in await sent(chat)] == [FIRST]
