"""The report form over HTTP: filled in without a script, saved by one, reviewed and filed once; and everything that can go wrong."""

from __future__ import annotations

import asyncio

import pytest

from handlers.kit.pages import MINUTES
from handlers.reporting.offering import MINUTES as FORM_MINUTES
from storage import people
from storage.connection import effect
from storage.duties import Duty
from storage.errors import DatabaseBusy
from tests.web.form_world import QUARTER, SELF_SCORE, Browser, World


class Hoa:
    """An officer with an open form."""

    def __init__(self, world: World, browser: Browser, person: str, duty: Duty, link: str) -> None:
        self.world, self.browser, self.person, self.duty, self.link = world, browser, person, duty, link


async def opened(world: World, browser: Browser, event: str = QUARTER, unit: str = "LAI_CHAU") -> Hoa:
    (name,) = await world.ask(
        "SELECT p.name FROM people p JOIN posts o ON o.person_id = p.id WHERE o.unit_id = ? AND o.role = 'officer' ORDER BY p.id", unit
    )
    person = await world.officer(name)
    duty = await world.duty(person, event)
    link = await world.link(person, duty)
    assert await browser.open(link) == 200
    return Hoa(world, browser, person, duty, link)


async def test_a_whole_self_score_without_a_script(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser, SELF_SCORE)
    words = browser.words()
    assert "Lai Châu" in words
    assert "Hạn: 17:00" in words
    figures = [name for name in browser.fields() if name.startswith("v.")]
    assert len(figures) >= 30
    assert await browser.submit("save", **{"v.I.1": "8,25", "v.I.2": "2.300", "v.I.3": "58"}) == 200
    assert "Chưa rõ số liệu" in browser.words() or "Đã nhập 3/" in browser.words()
    assert await browser.submit("save", **{"v.I.2": "2300", "v.I.5": "chín mươi"}) == 200
    assert "Đề nghị xem lại các mục sau" in browser.words()
    assert 'value="chín mươi"' in browser.text, "what was typed is not lost"
    assert 'aria-invalid="true"' in browser.text
    draft = await world.draft(hoa.duty)
    assert draft["I.1"] == "8.25"
    assert draft["I.2"] == "2300"
    assert "I.5" not in draft


async def test_reviewed_and_filed_once_with_a_receipt_here_and_in_the_chat(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    await browser.submit("review", **{"v.NTM26.NTM01": "12", "v.NTM26.NTM02": "1"})
    while "/review/" not in browser.address:
        keep = next(button for button in browser.buttons() if button.startswith("keep"))
        await browser.submit(keep)
        await browser.submit("review")
    assert "Đã có 2/" in browser.words()
    fields, review = browser.fields(), browser.address
    assert await browser.submit("confirm") == 200
    assert "Đã ghi nhận" in browser.words()
    assert "Số liệu 2/" in browser.words()
    told = await world.heard(hoa.person)
    assert told.count("Đã ghi nhận") == 1
    assert "Đã nộp trên trang web." in told
    receipt = browser.words()
    await browser._post(review, {**fields, "do": "confirm"})
    assert browser.words() == receipt, "a second tap shows the same receipt"
    assert await world.heard(hoa.person) == ""
    (count,) = await world.ask("SELECT COUNT(*) FROM revisions WHERE report_id = (SELECT id FROM reports WHERE duty_id = ?)", hoa.duty.id)
    assert count == 1
    assert "Cần sửa mục nào?" in await world.say(hoa.person, "1"), "the receipt's choices can be answered: the chat has left the report"


async def test_two_taps_at_the_same_instant_file_once(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    await browser.send({"NTM26.NTM01": {"raw": "12", "seen": ""}}, "keep NTM26.NTM01 12")
    await browser.get(browser.address.replace("/form/", "/review/"))
    fields = {**browser.fields(), "do": "confirm"}
    address = browser.address
    await asyncio.gather(*(browser._post(address, fields) for _ in range(6)))
    assert (await world.heard(hoa.person)).count("Đã ghi nhận") == 1
    (count,) = await world.ask("SELECT COUNT(*) FROM revisions WHERE report_id = (SELECT id FROM reports WHERE duty_id = ?)", hoa.duty.id)
    assert count == 1


async def test_begun_in_the_chat_goes_on_here_and_is_confirmed_in_the_chat(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    await world.say(hoa.person, "ntm01 12, ntm02 1")
    await browser.get(browser.address)
    assert browser.fields()["v.NTM26.NTM01"] == "12"
    status, told = await browser.look()
    assert status == 200
    item = next(item for item, each in told["fields"].items() if each["code"] == "HT11")
    status, told = await browser.send({item: {"raw": "62,5", "seen": ""}})
    assert told["fields"][item]["seen"] == "=62.5"
    assert "HT11. " in await world.say(hoa.person, "xem lại")
    assert "Đã ghi nhận" in await world.say(hoa.person, "xác nhận")
    await browser.get(browser.address)
    assert "Đã ghi nhận" in browser.words(), "the page shows the receipt of what was filed in the chat"
    status, told = await browser.send({item: {"raw": "63", "seen": "=62.5"}})
    assert (status, told["over"]) == (409, True)


async def test_a_page_and_the_chat_and_a_second_tab_do_not_overwrite_each_other(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    await world.say(hoa.person, "ntm01 12")
    status, told = await browser.send({"NTM26.NTM01": {"raw": "13", "seen": ""}})
    asked = told["fields"]["NTM26.NTM01"]
    assert (status, asked["kind"]) == (200, "clash")
    assert "NTM01 vừa được nhập trong cuộc trò chuyện hoặc ở trang khác: 12 xã." in asked["lines"]
    assert [does for _, does in asked["buttons"]] == ["theirs NTM26.NTM01", "mine NTM26.NTM01"]
    assert (await world.draft(hoa.duty))["NTM26.NTM01"] == "12"
    await browser.send({"NTM26.NTM01": {"raw": "13", "seen": ""}}, "mine NTM26.NTM01")
    assert (await world.draft(hoa.duty))["NTM26.NTM01"] == "13"


async def test_two_answers_without_a_script(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    await world.say(hoa.person, "ntm01 12")
    for _ in range(2):      # saved again without an answer it is asked again
        await browser.submit("save", **{"v.NTM26.NTM01": "13"})
        assert "vừa được nhập trong cuộc trò chuyện hoặc ở trang khác: 12 xã" in browser.words()
        assert browser.fields()["v.NTM26.NTM01"] == "13"
        assert (await world.draft(hoa.duty))["NTM26.NTM01"] == "12"
    assert {"theirs NTM26.NTM01", "mine NTM26.NTM01"} <= set(browser.buttons())
    await browser.submit("mine NTM26.NTM01")
    assert (await world.draft(hoa.duty))["NTM26.NTM01"] == "13"
    assert "vừa được nhập" not in browser.words()


async def test_rights_are_asked_each_time(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    post = await world.ask("SELECT id FROM posts WHERE person_id = ?", hoa.person)
    await world.app.database.write((effect(people.end_post, post[0], "2026-11-22", None, world.clock.now()),))
    status, told = await browser.send({"NTM26.NTM01": {"raw": "12", "seen": ""}})
    assert status in (404, 409, 410)
    assert told["error"]
    assert await world.draft(hoa.duty) == {}


async def test_filed_by_a_colleague_meanwhile(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    await world.app.database.write((
        effect(people.add_person, "binh", "Giàng A Bình", "", "vi", world.clock.now()), effect(people.consent, "binh", world.clock.now()),
        effect(people.add_post, people.Post("post-binh", "binh", hoa.duty.unit_id, "officer", "2026-01-01", None), None, world.clock.now()),
        effect(people.link, "phone", "binh", "binh", world.clock.now()),
    ))  # fmt: skip
    await world.say("binh", f"/baocao {hoa.duty.id}")
    await world.say("binh", "ntm01 12")
    await world.say("binh", "xem lại")
    await world.say("binh", "xác nhận")
    assert await browser.submit("save", **{"v.NTM26.NTM01": "14"}) == 200
    assert "đã được nộp" in browser.words() or "đã nộp" in browser.words()
    assert "Giàng A Bình" in browser.words()


async def test_another_browser_a_guess_and_another_site_get_nothing(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    other = Browser(world)
    assert await other.get(browser.address) == 200
    assert other.address == f"{world.root}/p/"
    assert "NTM" not in other.text
    assert await other.open(hoa.link) == 403
    await other.close()
    assert (await browser.send({}, address=browser.address[:-1] + "z"))[0] == 404
    browser.headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.send({"NTM26.NTM01": {"raw": "12", "seen": ""}}))[0] == 403
    assert await world.draft(hoa.duty) == {}


async def test_a_page_in_use_is_renewed_and_one_left_alone_ends(world: World, browser: Browser) -> None:
    await opened(world, browser)
    for _ in range(5):
        world.clock.advance((FORM_MINUTES - 10) * 60)
        assert (await browser.look())[0] == 200
    world.clock.advance(FORM_MINUTES * 60)
    status, told = await browser.look()
    assert status == 410
    assert "liên kết mới" in told["error"]
    assert MINUTES < FORM_MINUTES


async def test_a_page_is_not_renewed_for_ever(world: World, browser: Browser) -> None:
    await opened(world, browser)
    statuses = []
    for _ in range(20):
        world.clock.advance(3600)
        statuses.append((await browser.look())[0])
    assert statuses[10] == 200
    assert statuses[-1] == 410


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'{"fields": 3}', b'{"fields": {"I.1": 5, "x": {"raw": 7}}, "do": {"a": 1}}', b'{"fields": {"": 0}}'],
)  # fmt: skip
async def test_odd_requests_change_nothing(world: World, browser: Browser, body: bytes) -> None:
    hoa = await opened(world, browser)
    headers = {**browser.headers, "Accept": "application/json", "Content-Type": "application/json"}
    async with browser.http.post(browser.address, data=body, headers=headers) as answer:
        assert answer.status in (200, 404)
    assert await world.draft(hoa.duty) == {}


async def test_a_file_that_cannot_be_written_loses_nothing(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    hoa = await opened(world, browser)

    async def locked(_: object) -> None:
        raise DatabaseBusy("locked")

    with monkeypatch.context() as patched:
        patched.setattr(world.app.database, "write", locked)
        status, told = await browser.send({"NTM26.NTM01": {"raw": "12", "seen": ""}})
        assert status == 503
        assert told["error"]
        assert await browser.submit("save", **{"v.NTM26.NTM01": "12"}) == 503
    assert await world.draft(hoa.duty) == {}
    assert (await browser.send({"NTM26.NTM01": {"raw": "12", "seen": ""}}))[0] == 200
    assert (await world.draft(hoa.duty))["NTM26.NTM01"] == "12"


async def test_long_texts_and_too_much_at_once(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser, SELF_SCORE)
    text = "Đẩy mạnh thi đua. " * 222      # 3,996 characters
    assert await browser.submit("save", **{"v.narrative:1": text, "v.narrative:2": text + "nữa thêm"}) == 200
    assert (await world.draft(hoa.duty)).get("narrative:1") == text.strip()
    assert "narrative:2" not in await world.draft(hoa.duty)
    assert browser.fields()["v.narrative:2"].strip().endswith("nữa thêm"), "what was refused is still there to be shortened"
    await browser.get(browser.address)
    assert await browser.submit("save", **{"v.narrative:3": "x" * 2_000_000}) == 413


async def test_killed_between_the_filing_and_its_letter(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    await browser.submit("review", **{"v.NTM26.NTM01": "12"})
    fields, review = browser.fields(), browser.address.removeprefix(world.root)
    await browser._post(world.root + review, {**fields, "do": "confirm"})
    await world.server.close()
    await world.app.database.close()      # gone before the letter was sent
    await world.start()
    await browser._post(world.root + review, {**fields, "do": "confirm"})      # who had no answer taps again
    assert "Đã ghi nhận" in browser.words(), "the page is still this browser's"
    assert (await world.heard(hoa.person)).count("Đã ghi nhận") == 1
    assert (await world.ask("SELECT revision FROM reports WHERE duty_id = ?", hoa.duty.id))[0] == 1


async def test_a_person_who_reads_english(world: World, browser: Browser) -> None:
    hoa = await opened(world, browser)
    await world.app.database.write((effect(people.set_language, hoa.person, "en"),))
    await browser.get(browser.address)
    assert "Entered 0/27 figures" in browser.words()
    await browser.submit("save", **{"v.NTM26.NTM01": "5000"})
    assert "Keep 5,000" in browser.words()
    assert 'lang="en"' in browser.text


async def test_what_people_type_is_never_markup(world: World, browser: Browser) -> None:
    await opened(world, browser)
    bad = '"><script>alert(1)</script>'
    await browser.submit("save", **{"v.NTM26.NTM01": bad, f"v.{bad}": bad})
    assert "<script>alert" not in browser.text
    assert browser.fields()["v.NTM26.NTM01"] == bad
