"""Evidence by a page: what is kept, what is refused, and what the chat is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.keeping import LARGEST_FILE
from bot.web.uploads import MOST_FILES, tidy
from storage import page_links, reports
from storage.connection import effect
from storage.errors import DatabaseFull
from tests.web.pages_world import JPEG, LANGSON, PDF, Browser, World, form, key_in, page_of


@pytest.fixture
async def world(cluster: Callable[[], Path]) -> AsyncIterator[World]:
    opened = World(cluster())
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def page(world: World) -> tuple[Browser, str]:
    """An opened page of Lạng Sơn's officer, and its path."""
    token = await world.link("upload", LANGSON, f"duty:{await world.duty('LANG_SON')}")
    browser = world.browser()
    await browser.tap(token)
    return browser, f"/upload/{page_of(token)}"


async def files_of(world: World) -> list[tuple[str, str]]:
    """The draft's files: name and item."""
    drafts = await world.rows("SELECT content FROM drafts")
    return [(name, item) for (content,) in drafts for _, name, item in json.loads(content)["files"]]


def kept(world: World) -> list[str]:
    folder = world.application.database.files
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def told(world: World) -> str:
    await world.application.settle()
    return "\n".join(part.text for part in world.new(LANGSON))


async def test_files_are_attached_and_the_chat_is_told(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    answer = await browser.post(path, form(("Biên bản họp.pdf", PDF, "application/pdf"), ("ảnh.jpg", JPEG, "image/jpeg")))
    assert answer.status == 200
    assert "Biên bản họp.pdf" in answer.text
    assert "ảnh.jpg" in answer.text
    assert await files_of(world) == [("Biên bản họp.pdf", ""), ("ảnh.jpg", "")]
    assert len(kept(world)) == 2
    noted = await world.rows("SELECT media_type, size FROM files ORDER BY size")
    assert noted == [("image/jpeg", len(JPEG)), ("application/pdf", len(PDF))]
    text = await told(world)
    assert "Đã nhận qua trang web cho" in text
    assert "Biên bản họp.pdf, ảnh.jpg" in text
    assert "1. Nhập tiếp" in text


async def test_evidence_for_one_item(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    shown = await browser.get(path)
    item = shown.text.split('<option value="')[2].split('"')[0]
    await browser.post(path, form(("a.pdf", PDF, "application/pdf"), item=item))
    assert await files_of(world) == [("a.pdf", item)]
    assert "làm minh chứng cho" in await told(world)
    assert f'value="{item}" selected' in (await browser.get(f"{path}?item={item}")).text


async def test_the_same_file_twice_is_kept_once_and_told_once(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    await browser.post(path, form(("a.pdf", PDF, "application/pdf")))
    await told(world)
    again = await browser.post(path, form(("a.pdf", PDF, "application/pdf")))
    assert (again.status, "Tệp này đã lưu: a.pdf" in again.text) == (200, True)
    assert await files_of(world) == [("a.pdf", "")]
    assert await told(world) == ""


async def test_two_tabs_send_at_once_and_nothing_is_lost(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    sent = [form((f"{number}.pdf", PDF + bytes([number]), "application/pdf")) for number in range(5)]
    answers = await asyncio.gather(*(browser.post(path, each) for each in sent))
    assert [answer.status for answer in answers] == [200] * 5
    assert sorted(name for name, _ in await files_of(world)) == [f"{number}.pdf" for number in range(5)]


async def test_good_files_are_kept_beside_bad_ones(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    answer = await browser.post(
        path,
        form(
            ("kế hoạch (MẬT).pdf", PDF, "application/pdf"), ("virus.exe", b"MZ", "application/octet-stream"),
            ("trống.pdf", b"", "application/pdf"), ("tốt.pdf", PDF, "application/pdf"),
        ),
    )  # fmt: skip
    assert answer.status == 422
    for words in ("bí mật nhà nước", "virus.exe: loại tệp này không nhận", "trống.pdf: tệp rỗng", "tốt.pdf"):
        assert words in answer.text
    assert await files_of(world) == [("tốt.pdf", "")]
    assert len(kept(world)) == 1
    assert "MẬT" not in await told(world)
    assert "MẬT" not in str(await world.rows("SELECT * FROM audit")) + str(await world.rows("SELECT * FROM outbox"))


async def test_a_file_too_large_is_refused_and_the_rest_taken(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    large = bytes(LARGEST_FILE + 1)
    answer = await browser.post(path, form(("lớn.pdf", large, "application/pdf"), ("nhỏ.pdf", PDF, "application/pdf")))
    assert (answer.status, "tối đa 20 MB" in answer.text) == (422, True)
    assert await files_of(world) == [("nhỏ.pdf", "")]


async def test_nothing_chosen_too_many_and_no_form(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    assert "Chưa chọn tệp nào" in (await browser.post(path, form(("", b"", "application/octet-stream")))).text
    many = [(f"{number}.pdf", PDF + bytes([number]), "application/pdf") for number in range(MOST_FILES + 2)]
    answer = await browser.post(path, form(*many))
    assert "nhiều nhất 10 tệp" in answer.text
    assert len(await files_of(world)) == MOST_FILES
    for body, kind in ((b"x", "text/plain"), (b"garbage", "multipart/form-data; boundary=x"), (b"{}", "application/json")):
        answer = await browser.post(path, body, Content_Type=kind)
        assert answer.status in (400, 410, 422), (kind, answer.status)


async def test_a_form_too_large_as_a_whole(world: World, page: tuple[Browser, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it says its length before or not."""
    browser, path = page
    monkeypatch.setattr("bot.web.uploads.MOST_AT_ONCE", 10_000)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.%s"\r\n\r\n' + bytes(9_000) + b"\r\n"

    async def endless() -> AsyncIterator[bytes]:
        for ending in (b"pdf", b"exe", b"pdf"):
            yield body % ending
        yield b"--x--\r\n"

    kind = "multipart/form-data; boundary=x"
    for given in (endless(), (body % b"pdf") * 2 + b"--x--\r\n"):
        answer = await browser.post(path, given, Content_Type=kind)
        assert (answer.status, "quá lớn" in answer.text) == (413, True)
    assert await files_of(world) == []


async def test_a_sender_that_stops_is_let_go(world: World, page: tuple[Browser, str], monkeypatch: pytest.MonkeyPatch) -> None:
    browser, path = page
    monkeypatch.setattr("bot.web.uploads.CHUNK_SECONDS", 0.05)
    answered = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\nabc'
        await answered.wait()

    try:
        answer = await browser.post(path, stalled(), Content_Type="multipart/form-data; boundary=x")
    finally:
        answered.set()
    assert (answer.status, "Quá thời gian chờ" in answer.text) == (408, True)


async def test_names_are_text(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    answer = await browser.post(path, form(("<img src=x onerror=alert(1)>.pdf", PDF, "application/pdf")))
    assert "<img src=x" not in answer.text
    assert "&lt;img" in answer.text
    assert tidy("..\\..\\etc/passwd.pdf") == "passwd.pdf"
    assert tidy("a\x00\u202eb\n.pdf") == "ab.pdf"
    assert tidy("x" * 500 + ".pdf").endswith(".pdf")
    assert len(tidy("x" * 500 + ".pdf")) <= 120
    assert tidy("///") == "tep"


async def test_a_stranger_sends_nothing(world: World, page: tuple[Browser, str]) -> None:
    _, path = page
    answer = await world.browser().post(path, form(("a.pdf", PDF, "application/pdf")))
    assert (answer.status, answer.location) == (303, "../p/")
    assert (await files_of(world), kept(world)) == ([], [])


async def test_a_link_that_ends_while_the_file_is_on_its_way(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n' + PDF
        await world.application.database.write((effect(page_links.revoke, path.rpartition("/")[2], world.clock.now()),))
        yield b"\r\n--x--\r\n"

    answer = await browser.post(path, body(), Content_Type="multipart/form-data; boundary=x")
    assert answer.status == 410
    assert await files_of(world) == []
    assert await told(world) == ""


async def test_a_report_that_is_gone_takes_no_more(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    await world.application.database.write((effect(_cancel, await world.duty("LANG_SON")),))
    for answer in (await browser.get(path), await browser.post(path, form(("a.pdf", PDF, "application/pdf")))):
        assert (answer.status, "Không gửi thêm" in answer.text) == (410, True)


def _cancel(tx: object, duty_id: str) -> None:
    tx.execute("UPDATE duties SET status = 'cancelled' WHERE id = ?", (duty_id,))  # type: ignore[attr-defined]


async def test_a_full_disk_is_said_and_nothing_recorded(world: World, page: tuple[Browser, str], monkeypatch: pytest.MonkeyPatch) -> None:
    browser, path = page

    def full(folder: Path, content: bytes) -> str:
        raise DatabaseFull("no space")

    monkeypatch.setattr("storage.files.write_content", full)
    answer = await browser.post(path, form(("a.pdf", PDF, "application/pdf")))
    assert (answer.status, "Chưa ghi nhận được" in answer.text) == (503, True)
    assert await files_of(world) == []


async def test_sending_keeps_the_page_open(world: World, page: tuple[Browser, str]) -> None:
    browser, path = page
    world.clock.advance(29 * 60)
    await browser.post(path, form(("a.pdf", PDF, "application/pdf")))
    world.clock.advance(29 * 60)
    assert (await browser.get(path)).status == 200
    world.clock.advance(2 * 60)
    assert (await browser.get(path)).status == 410


async def test_the_chat_gives_the_link_and_asks_its_question_again(world: World) -> None:
    """From the question for files, to the page, and back to the question with what came."""
    duty = await world.duty("LANG_SON")
    given = await world.say(LANGSON, f"/baocao upload {duty}")
    token = key_in(given)
    assert "hiệu lực 30 phút" in given[-1].text
    browser = world.browser()
    await browser.tap(token)
    await world.say(LANGSON, f"/baocao {duty}")
    await browser.post(f"/upload/{page_of(token)}", form(("a.pdf", PDF, "application/pdf")))
    text = await told(world)
    assert "a.pdf" in text
    assert "Nhập tiếp" not in text
    assert "Hoặc gõ:" in text
    stored = await world.rows("SELECT reply, parts FROM outbox WHERE channel = 'webplain'")
    assert token not in str(stored), "a link is forgotten as soon as it is sent"
    assert await world.application.database.read(lambda read: reports.draft(read, duty)) is not None


async def test_without_a_public_address_the_chat_says_how_else(cluster: Callable[[], Path]) -> None:
    world = World(cluster(), public_url="")
    await world.open()
    said = await world.say(LANGSON, f"/baocao upload {await world.duty('LANG_SON')}")
    assert "Kênh này chỉ nhận ảnh" in said[-1].text
    assert await world.rows("SELECT 1 FROM page_links") == []
    await world.close()
