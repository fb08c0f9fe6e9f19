"""A filed report corrected on the page over HTTP: without a script and by one, confirmed once; and everything that can go wrong."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from storage import page_links, people, standings
from storage.connection import effect
from storage.duties import Duty
from storage.errors import DatabaseBusy
from tests.web.form_world import OWN, QUARTER, SELF_SCORE, Browser, World

NTM01, NTM02, DN01 = "NTM26.NTM01", "NTM26.NTM02", "TT26.DN01"
WHY = "Sở Tài chính rà soát lại"


class Duc:
    """An officer of Lào Cai with the page of his third quarter's report, which is filed."""

    def __init__(self, world: World, browser: Browser, person: str, duty: Duty, link: str) -> None:
        self.world, self.browser, self.person, self.duty, self.link = world, browser, person, duty, link
        self.form = browser.address
        self.review = browser.address.replace("/form/", "/review/")

    async def look(self) -> None:
        await self.browser.get(self.review)

    async def confirm(self, reason: str = WHY) -> int:
        """What the review shows, with the reason typed."""
        await self.look()
        return await self.browser.submit("confirm", reason=reason)


@pytest.fixture
async def duc(world: World, browser: Browser) -> Duc:
    person = await world.officer("Nguyễn Minh Đức")
    duty = await world.duty(person, QUARTER)
    link = await world.correction(person, duty)
    assert await browser.open(link) == 200
    return Duc(world, browser, person, duty, link)


async def colleague(world: World) -> str:
    return await world.officer("Giàng Thị Mai")


async def test_changed_reviewed_with_a_reason_and_recorded_once(duc: Duc) -> None:
    browser, world = duc.browser, duc.world
    assert browser.fields()[f"v.{NTM01}"] == "45"
    assert "Chỉ sửa ô cần sửa" in browser.words()
    assert await browser.submit("review", **{f"v.{NTM01}": "50"}) == 200
    assert "/review/" in browser.address
    assert "45 xã → 50 xã" in browser.words()
    assert (await world.filed(duc.duty))[NTM01] == "45", "nothing counts before it is confirmed"
    fields = browser.fields()
    assert await browser.submit("confirm", reason=WHY) == 200
    assert "Đã ghi nhận số liệu sửa" in browser.words()
    told = await world.heard(duc.person)
    assert told.count("Đã ghi nhận số liệu sửa") == 1
    assert "Đã sửa trên trang web." in told
    receipt = browser.words()
    await browser._post(duc.review, {**fields, "do": "confirm", "reason": WHY})
    assert browser.words() == receipt, "a second tap shows the same receipt"
    assert (await world.revisions(duc.duty))[-2:] == [("filing", duc.person, None), ("correction", duc.person, WHY)]
    assert ((await world.filed(duc.duty))[NTM01], (await world.filed(duc.duty, 1))[NTM01]) == ("50", "45")
    assert await world.heard(duc.person) == ""


async def test_two_taps_at_the_same_instant_record_once(duc: Duc) -> None:
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})
    await duc.look()
    fields = {**duc.browser.fields(), "do": "confirm", "reason": WHY}
    await asyncio.gather(*(duc.browser._post(duc.review, fields) for _ in range(6)))
    assert (await duc.world.heard(duc.person)).count("Đã ghi nhận số liệu sửa") == 1
    assert [kind for kind, _, _ in await duc.world.revisions(duc.duty)] == ["filing", "correction"]


@pytest.mark.parametrize("reason", ["", "  ", "không", "bỏ qua", "12", "k", "-"])
async def test_without_a_reason_nothing_is_changed(duc: Duc, reason: str) -> None:
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})
    assert await duc.confirm(reason) == 200
    assert "Cần có lý do" in duc.browser.words()
    assert "45 xã → 50 xã" in duc.browser.words()
    assert (await duc.world.filed(duc.duty))[NTM01] == "45"
    assert await duc.browser.submit("confirm", reason=WHY) == 200
    assert (await duc.world.filed(duc.duty))[NTM01] == "50"


async def test_a_secret_reason_is_refused_and_not_kept(duc: Duc) -> None:
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})
    for reason in ("MẬT\nKế hoạch tác-chiến", "Theo CCCD 012345678901"):
        await duc.confirm(reason)
        assert reason.split()[-1] not in duc.browser.text
        assert 'data-refused="1"' in duc.browser.text
        await duc.look()
        await duc.browser.submit("edit", reason=reason)
        assert await duc.world.ask("SELECT reason FROM corrections") == ("",)
    assert (await duc.world.filed(duc.duty))[NTM01] == "45"


async def test_nothing_changed_cannot_be_confirmed(duc: Duc) -> None:
    await duc.look()
    assert "Chưa có nội dung nào được sửa" in duc.browser.words()
    assert "confirm" not in duc.browser.buttons()
    await duc.browser.submit("confirm", reason=WHY)
    await duc.browser.get(duc.form)
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})
    await duc.browser.submit("save", **{f"v.{NTM01}": "45"})
    await duc.confirm()
    assert "Chưa có nội dung nào được sửa" in duc.browser.words()
    assert [kind for kind, _, _ in await duc.world.revisions(duc.duty)] == ["filing"]


async def test_the_same_checks_hold(duc: Duc) -> None:
    _, told = await duc.browser.send({NTM01: {"raw": "2", "seen": "=45"}, NTM02: {"raw": "nhiều", "seen": "=2"}})
    assert (told["fields"][NTM01]["kind"], told["fields"][NTM02]["kind"]) == ("doubt", "again")
    assert told["progress"] == "Đã sửa 0 mục"
    _, told = await duc.browser.send({NTM01: {"raw": "2", "seen": "=45"}}, f"keep {NTM01} 2")
    assert told["fields"][NTM01]["saved"] == "Sửa: 45 xã → 2 xã"
    assert told["progress"] == "Đã sửa 1 mục"
    assert not [each["kind"] for each in told["fields"].values() if each["kind"]], "what was filed is not doubted again"


async def test_an_emptied_field_is_asked_back(duc: Duc) -> None:
    await duc.browser.submit("save", **{f"v.{NTM01}": ""})
    assert "Số liệu đã nộp không để trống được" in duc.browser.words()
    assert f"filed {NTM01}" in duc.browser.buttons()
    await duc.browser.submit(f"filed {NTM01}")
    assert duc.browser.fields()[f"v.{NTM01}"] == "45"
    await duc.browser.submit("save", **{f"v.{NTM01}": "chưa có"})
    await duc.confirm()
    assert (await duc.world.filed(duc.duty))[NTM01] is None


async def test_begun_in_the_chat_goes_on_here_and_is_confirmed_in_the_chat(duc: Duc) -> None:
    world, browser = duc.world, duc.browser
    await world.say(duc.person, "ntm01 50")
    await browser.get(duc.form)
    assert browser.fields()[f"v.{NTM01}"] == "50"
    await browser.send({NTM02: {"raw": "3", "seen": "=2"}})
    assert "2 xã → 3 xã" in await world.say(duc.person, WHY), "the chat shows what the page has changed"
    await browser.send({NTM02: {"raw": "4", "seen": "=3"}})
    said = await world.say(duc.person, "xác nhận")
    assert "Nội dung sửa vừa thay đổi" in said
    assert "2 xã → 4 xã" in said
    assert "Đã ghi nhận số liệu sửa" in await world.say(duc.person, "xác nhận")
    await browser.get(duc.form)
    assert "Đã ghi nhận số liệu sửa" in browser.words()
    status, told = await browser.send({NTM02: {"raw": "5", "seen": "=4"}}, address=duc.form)
    assert (status, told["over"]) == (409, True)
    assert await world.ask("SELECT 1 FROM corrections") is None


async def test_what_the_chat_gives_up_after_the_page_went_on_is_kept(duc: Duc) -> None:
    await duc.browser.send({NTM01: {"raw": "50", "seen": "=45"}})
    assert "nội dung vừa nhập trên trang web vẫn được giữ" in await duc.world.say(duc.person, "hủy")
    await duc.browser.get(duc.form)
    assert duc.browser.fields()[f"v.{NTM01}"] == "50"
    assert "45 xã → 50 xã" in await duc.world.say(duc.person, "/sua quý 3")
    assert "Không có thay đổi" in await duc.world.say(duc.person, "hủy")
    await duc.browser.get(duc.form)
    assert duc.browser.fields()[f"v.{NTM01}"] == "45"


async def test_another_question_of_the_chat_loses_nothing(duc: Duc) -> None:
    await duc.browser.send({NTM01: {"raw": "50", "seen": "=45"}})
    await duc.world.say(duc.person, "/baocao tự chấm")
    await duc.confirm()
    assert "Đã ghi nhận số liệu sửa" in duc.browser.words()
    assert "I.1" in await duc.world.say(duc.person, "xem lại"), "the other question is still open"


async def test_a_colleague_corrects_meanwhile(duc: Duc) -> None:
    world, browser = duc.world, duc.browser
    await browser.submit("save", **{f"v.{NTM02}": "3"})
    await duc.look()
    shown = browser.fields()
    mai = await colleague(world)
    await world.say(mai, "/sua ntm01 51")
    await world.say(mai, "Theo quyết định mới nhất")
    await world.say(mai, "xác nhận")
    await browser._post(duc.review, {**shown, "do": "confirm", "reason": WHY})
    assert "Đồng chí Giàng Thị Mai vừa sửa báo cáo này" in browser.words()
    assert "NTM01: 45 xã → 51 xã" in browser.words()
    assert browser.fields()["reason"] == WHY, "what was typed is not lost"
    assert (await world.filed(duc.duty))[NTM02] == "2"
    _, told = await browser.send({NTM01: {"raw": "50", "seen": "=45"}}, address=duc.form)
    assert told["fields"][NTM01]["kind"] == "clash"
    assert "Đồng chí Giàng Thị Mai vừa nhập NTM01: 51 xã" in told["fields"][NTM01]["lines"][0]
    await browser.send({NTM01: {"raw": "50", "seen": "=45"}}, f"theirs {NTM01}", address=duc.form)
    await duc.confirm()
    assert {item: (await world.filed(duc.duty))[item] for item in (NTM01, NTM02)} == {NTM01: "51", NTM02: "3"}
    assert [kind for kind, _, _ in await world.revisions(duc.duty)] == ["filing", "correction", "correction"]


async def test_two_tabs_do_not_overwrite_each_other(duc: Duc) -> None:
    await duc.browser.send({NTM01: {"raw": "50", "seen": "=45"}})
    _, told = await duc.browser.send({NTM01: {"raw": "51", "seen": "=45"}})
    assert told["fields"][NTM01]["kind"] == "clash"
    assert "vừa được nhập trong cuộc trò chuyện hoặc ở trang khác: 50 xã" in told["fields"][NTM01]["lines"][0]
    await duc.look()
    shown = duc.browser.fields()
    await duc.browser.send({NTM02: {"raw": "3", "seen": "=2"}}, address=duc.form)
    await duc.browser._post(duc.review, {**shown, "do": "confirm", "reason": WHY})
    assert "Nội dung sửa vừa thay đổi" in duc.browser.words()
    assert (await duc.world.filed(duc.duty))[NTM01] == "45"


async def test_a_closed_year_a_lost_post_and_a_withdrawn_report(duc: Duc) -> None:
    world, browser = duc.world, duc.browser
    await browser.submit("save", **{f"v.{NTM01}": "50"})
    await duc.look()
    shown = {**browser.fields(), "do": "confirm", "reason": WHY}
    await world.app.database.write((effect(standings.close_year, 2026, None, world.clock.now()),))
    await browser._post(duc.review, shown)
    assert "Năm 2026 đã khóa sổ" in browser.words()
    assert (await world.filed(duc.duty))[NTM01] == "45"
    post = await world.ask("SELECT id FROM posts WHERE person_id = ?", duc.person)
    await world.app.database.write((effect(people.end_post, post[0], "2026-11-22", None, world.clock.now()),))
    assert await browser._post(duc.review, shown) == 410


async def test_a_report_withdrawn_in_the_chat_is_not_corrected_here(duc: Duc) -> None:
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})
    (report,) = await duc.world.ask("SELECT id FROM reports WHERE duty_id = ?", duc.duty.id)
    for words in (f"/sua withdraw report:{report}", "1", "Nộp nhầm kỳ", "xác nhận"):
        await duc.world.say(duc.person, words)
    await duc.confirm()
    assert "Báo cáo này đã rút" in duc.browser.words()
    assert await duc.world.ask("SELECT 1 FROM corrections") is None


async def test_an_ended_link_and_another_browser(duc: Duc) -> None:
    other = Browser(duc.world)
    assert await other.open(duc.link) == 403
    await other.close()
    page = duc.form.rpartition("/")[2]
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})
    await duc.world.app.database.write((effect(page_links.revoke, page, duc.world.clock.now()),))
    assert await duc.confirm() == 410
    assert await duc.browser.open(await duc.world.correction(duc.person, duc.duty)) == 200
    assert duc.browser.fields()[f"v.{NTM01}"] == "50", "what was begun is there with the next link"


async def test_a_file_that_cannot_be_written_loses_nothing(duc: Duc, monkeypatch: pytest.MonkeyPatch) -> None:
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})

    async def locked(_: object) -> None:
        raise DatabaseBusy("locked")

    with monkeypatch.context() as patched:
        patched.setattr(duc.world.app.database, "write", locked)
        assert await duc.confirm() == 503
    assert (await duc.world.filed(duc.duty))[NTM01] == "45"
    await duc.confirm()
    assert (await duc.world.filed(duc.duty))[NTM01] == "50"


async def test_a_person_who_reads_english_and_a_reason_that_looks_like_markup(duc: Duc) -> None:
    await duc.world.app.database.write((effect(people.set_language, duc.person, "en"),))
    await duc.browser.get(duc.form)
    assert "Please change only what is wrong" in duc.browser.words()
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})
    assert "1 change · Saved at" in duc.browser.words()
    await duc.confirm("k")
    assert "A correction needs a reason" in duc.browser.words()
    bad = 'Rà soát "><script>alert(1)</script>'
    await duc.browser.submit("confirm", reason=bad)
    assert "<script>alert" not in duc.browser.text
    assert bad in duc.browser.words()
    assert (await duc.world.revisions(duc.duty))[-1][2] == bad


@pytest.mark.parametrize("does", ["edit NTM26.NTM01\r\nSet-Cookie: a=b", "edit nowhere", "edit", "confirm x", "", "filed NTM26.NTM01"])
async def test_odd_buttons_change_nothing(duc: Duc, does: str) -> None:
    await duc.browser.submit("save", **{f"v.{NTM01}": "50"})
    for body in ({"do": does, "reason": "không"}, {"do": does, "revision": "1e9", "stamp": "x" * 900, "reason": WHY}):
        assert await duc.browser._post(duc.review, body) == 200
    assert [kind for kind, _, _ in await duc.world.revisions(duc.duty)] == ["filing"]


async def test_killed_between_the_correction_and_its_letter(duc: Duc) -> None:
    world, browser = duc.world, duc.browser
    await browser.submit("save", **{f"v.{NTM01}": "50"})
    await duc.look()
    shown, path = {**browser.fields(), "do": "confirm", "reason": WHY}, duc.review.removeprefix(world.root)
    await browser._post(world.root + path, shown)
    await world.server.close()
    await world.app.database.close()      # gone before the letter was sent
    await world.start()
    await browser._post(world.root + path, shown)      # who had no answer taps again
    assert "Đã ghi nhận số liệu sửa" in browser.words()
    assert (await world.heard(duc.person)).count("Đã ghi nhận số liệu sửa") == 1
    assert [kind for kind, _, _ in await world.revisions(duc.duty)] == ["filing", "correction"]


# A self-score, and evidence -----------------------------------------------------------------------------------------------------


async def huong(world: World, browser: Browser) -> Duc:
    """An officer of Sơn La with the page of her self-score, which is filed."""
    person = await world.officer("Cầm Thị Hương")
    duty = await world.duty(person, SELF_SCORE)
    link = await world.correction(person, duty)
    assert await browser.open(link) == 200
    return Duc(world, browser, person, duty, link)


async def test_a_self_score_with_a_plan_a_text_and_a_choice(world: World, browser: Browser) -> None:
    page = await huong(world, browser)
    fields = browser.fields()
    assert fields["v.I.16"] in ("0", "1")
    changes = {"v.I.16": str(1 - int(fields["v.I.16"])), "v.narrative:1": "Viết lại phần này.", "v.I.2:plan": "7000"}
    await browser.submit("save", **changes)
    assert "lý do" in browser.words(), "a changed plan needs a reason of its own"
    await browser.submit("review", **{**changes, "w.I.2:plan": "HĐND tỉnh giao lại"})
    assert "/review/" in browser.address
    words = browser.words()
    assert "7.000 tỷ đồng. Lý do: HĐND tỉnh giao lại" in words
    assert "→ Viết lại phần này." in words
    assert "Đạt → Không đạt" in words or "Không đạt → Đạt" in words
    await browser.submit("confirm", reason=WHY)
    assert "Xếp hạng (tạm tính)" in browser.words()
    filed = await world.filed(page.duty)
    assert (filed["I.16"], filed["narrative:1"], filed["I.2:plan"]) == (changes["v.I.16"], "Viết lại phần này.", "7000")


async def test_a_filed_text_is_not_emptied(world: World, browser: Browser) -> None:
    page = await huong(world, browser)
    text = browser.fields()["v.narrative:1"]
    await browser.submit("save", **{"v.narrative:1": " "})
    assert "Nội dung đã nộp không để trống được" in browser.words()
    await browser.submit("filed narrative:1")
    assert browser.fields()["v.narrative:1"] == text
    await page.look()
    assert "Chưa có nội dung nào được sửa" in browser.words()


async def sent(world: World, browser: Browser, address: str, item: str, *names: str, content: bytes = b"%PDF-1.7 x") -> str:
    """What the page for files says."""
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("item", item)
    for name in names:
        form.add_field("file", content, filename=name, content_type="application/octet-stream")
    async with browser.http.post(address, data=form, headers=OWN) as answer:
        browser.text = await answer.text()
    return browser.words()


async def test_evidence_is_added_by_the_form_and_by_a_link_of_its_own(duc: Duc) -> None:
    world, browser = duc.world, duc.browser
    upload = duc.form.replace("/form/", "/upload/")
    assert "Đã lưu làm minh chứng cho NTM01: bien-ban.pdf" in await sent(world, browser, upload, NTM01, "bien-ban.pdf")
    assert "Tệp này đã lưu: bien-ban.pdf" in await sent(world, browser, upload, NTM01, "bien-ban.pdf")
    assert "không nhận" in await sent(world, browser, upload, "", "virus.exe")
    assert "bí mật nhà nước" in (await sent(world, browser, upload, "", "MẬT.pdf")).lower()
    told = await world.heard(duc.person)
    assert "bien-ban.pdf" in told
    said = await world.say(duc.person, "1")
    assert "Tệp bổ sung: bien-ban.pdf" in said, "the choice below the letter goes on with the correction"
    assert "upload" not in said
    link = await world.say(duc.person, "gửi tệp")
    second = Browser(world)
    assert await second.open(next(word for word in link.split() if "/p/" in word)) == 200
    await sent(world, second, second.address, "", "phu-luc.xlsx")
    await second.close()
    await world.say(duc.person, "/sua quý 3")
    await world.say(duc.person, WHY)
    assert "bien-ban.pdf, phu-luc.xlsx" in await world.say(duc.person, "xác nhận")
    rows = await world.ask(
        "SELECT group_concat(item_id || '=' || name, ' ') FROM (SELECT * FROM evidence e JOIN reports r ON r.id = e.report_id"
        " AND r.revision = e.revision WHERE r.duty_id = ? ORDER BY item_id)", duc.duty.id,
    )  # fmt: skip
    assert rows[0] == f"{NTM01}=bien-ban.pdf file:1=phu-luc.xlsx"
    assert "Nội dung sửa này đã được ghi nhận" in await sent(world, browser, upload, "", "tre.pdf")


async def test_evidence_is_not_taken_for_a_closed_year(duc: Duc) -> None:
    world = duc.world
    await world.app.database.write((effect(standings.close_year, 2026, None, world.clock.now()),))
    assert "đã khóa sổ" in await sent(world, duc.browser, duc.form.replace("/form/", "/upload/"), "", "bien-ban.pdf")
    assert await world.ask("SELECT 1 FROM corrections") is None
