"""The chat page in production over HTTP: signing in, talking, several tabs and browsers, and what ends a session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from yarl import URL

from storage import people
from storage.connection import effect
from tests.web.webchat_world import DAY, LIFETIMES, Browser, World, events

Opened = Callable[[], Browser]


@pytest.fixture
def world(chat_world: World) -> World:
    return chat_world


# Signing in -----------------------------------------------------------------------------------------------------------------------


async def test_an_officer_joins_with_a_code_and_asks_and_the_code_is_never_kept(world: World, opened: Opened) -> None:
    browser, code = opened(), await world.invitation()
    status, _ = await browser.sign_in(code, "  Nguyễn   Văn Tạo ")
    assert status == 200
    shown = await browser.shown()
    assert [each["text"] for each in shown if each["author"] == "person"] == ["••••••••"]
    assert "Tuyên Quang" in shown[-1]["text"]
    assert "Đã tham gia: đồng chí Nguyễn Văn Tạo" in (await browser.tap("Đồng ý"))[-1]["text"]
    assert "Xếp hạng năm 2026" in (await browser.say("xep hang"))[-1]["text"]
    _, state = await browser.get("/chat/state")
    assert (state["name"], state["posts"], state["only"], state["joined"]) == ("Nguyễn Văn Tạo", "cán bộ, Tuyên Quang", True, True)
    raw = world.path.read_bytes() + world.path.with_name(world.path.name + "-wal").read_bytes()
    assert code.encode() not in raw


async def test_a_linking_code_makes_it_a_further_account_of_the_same_person(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.link_code("Hoàng Thị Lan"), "Lan")
    owner = await world.database.read(lambda read: people.by_account(read, "web", browser.session))
    assert owner is not None
    assert owner.id == await world.person("Hoàng Thị Lan")
    assert "tên hiển thị “Lan”" in world.phone.delivered[f"phone-{owner.id}"][-1].part.text
    _, state = await browser.get("/chat/state")
    assert (state["name"], state["only"]) == ("Hoàng Thị Lan", False)


@pytest.mark.parametrize(
    ("name", "code", "field"),
    [
        ("An Thị Ba", "ABC", "code"), ("An Thị Ba", "ABCD-123O", "code"), ("An Thị Ba", "", "code"), ("", "ABCD2345", "name"),
        (" \u200b ", "ABCD2345", "name"), ("A" * 81, "ABCD2345", "name"), ("12345", "ABCD2345", "name"),
        ("An 012345678912 CCCD", "ABCD2345", "name"), ("An\u202eBa", "ABCD2345", "name"),
    ],
)  # fmt: skip
async def test_what_is_no_code_or_no_name_is_told_at_its_field_and_not_counted(
    world: World, opened: Opened, name: str, code: str, field: str
) -> None:
    status, told = await opened().sign_in(code, name)
    assert (status, told["field"]) == (422, field)
    assert await world.ask("SELECT COUNT(*) FROM wrong_codes") == 0
    assert await world.ask("SELECT COUNT(*) FROM web_sessions") == 0


async def test_five_wrong_codes_lock_this_browser_for_an_hour_and_no_other(world: World, opened: Opened) -> None:
    guessing, honest, code = opened(), opened(), await world.invitation()
    told = [(await guessing.sign_in("ZZZZ2345"))[1]["error"] for _ in range(6)]
    assert told[0] == "Mã không đúng. Còn 4 lần thử."
    assert "khóa" in told[4]
    assert (await guessing.sign_in(code))[0] == 422
    assert (await honest.sign_in(code))[0] == 200
    assert await world.ask("SELECT COUNT(*) FROM web_sessions") == 1


async def test_a_browser_that_throws_its_cookies_away_is_stopped_by_its_address(world: World, opened: Opened) -> None:
    browser, code = opened(), await world.invitation()
    seen = set()
    for _ in range(25):
        browser.http.cookie_jar.clear()
        seen.add((await browser.sign_in("ZZZZ2345"))[0])
    assert seen == {422, 429}
    assert (await opened().sign_in(code))[0] == 429


async def test_used_and_expired_codes_say_so(world: World, opened: Opened) -> None:
    code = await world.invitation()
    await opened().join(code)
    assert "Mã đã được dùng lúc" in (await opened().sign_in(code))[1]["error"]
    late = await world.invitation()
    world.clock.advance(15 * DAY)
    assert "Mã đã hết hạn" in (await opened().sign_in(late))[1]["error"]


async def test_two_browsers_with_one_code_are_one_person_joined(world: World, opened: Opened) -> None:
    first, second, code = opened(), opened(), await world.invitation()
    assert (await first.sign_in(code))[0] == (await second.sign_in(code, "Ma Thị Yến"))[0] == 200
    await first.tap("Đồng ý")
    assert "Mã đã được dùng" in (await second.tap("Đồng ý"))[-1]["text"]
    assert await world.ask("SELECT COUNT(*) FROM accounts WHERE channel = 'web' AND address = ?", second.session) == 0


async def test_another_ones_code_in_a_running_session_is_asked_about_and_begins_a_new_one(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    before, old = browser.session, {cookie.key: cookie.value for cookie in browser.http.cookie_jar}
    code = await world.link_code("Hoàng Thị Lan")
    browser.session = ""
    status, told = await browser.sign_in(code)
    assert (status, told["ask"]) == (409, True)
    assert "đang đăng nhập với đồng chí Nguyễn Văn Tạo" in told["error"]
    assert "phải có mã mới" in told["error"]
    assert (await browser.get("/chat/state"))[1]["session"] == before
    assert (await browser.sign_in(code, replace=True))[0] == 200
    assert browser.session != before
    new = {cookie.key: cookie.value for cookie in browser.http.cookie_jar}
    assert new["thidua_chat"] != old["thidua_chat"]
    assert all("Tuyên Quang" not in each["text"] for each in await browser.shown())
    assert await world.ask("SELECT COUNT(*) FROM web_messages WHERE address = ?", before) == 0
    stolen = opened()
    stolen.http.cookie_jar.update_cookies(old, response_url=URL(world.root))
    assert (await stolen.get("/chat/messages?after=0"))[0] == 401


async def test_a_stale_page_of_the_one_before_neither_sees_nor_says_anything(world: World, opened: Opened) -> None:
    """Two tabs of one browser: in the one somebody else has signed in since; the other still shows the first person's conversation."""
    browser = opened()
    await browser.join(await world.invitation())
    stale = browser.session
    browser.session = ""
    await browser.sign_in(await world.link_code("Hoàng Thị Lan"), replace=True)
    current, browser.session = browser.session, stale
    for path, body in (("/chat/say", {"text": "xep hang", "key": "aaaaaaaa"}), ("/chat/signout", {})):
        status, told = await browser.post(path, body)
        assert (status, told["ended"]) == (409, True)
    assert (await browser.get("/chat/messages?after=0"))[0] == 409
    assert (await browser.stream()).status == 409
    browser.session = current
    assert (await browser.get("/chat/messages?after=0"))[0] == 200


async def on_the_phone(world: World, name: str, text: str) -> str:
    """What somebody is answered on the telephone."""
    person_id = await world.person(name)
    where = f"phone-{person_id}"
    await world.database.write((effect(people.link, "phone", where, person_id, world.clock.now()),))
    message = {"kind": "text", "text": text, "address": where, "id": text, "name": name}
    await world.app.receiver("phone")(text, json.dumps(message))
    await world.app.settle()
    return world.phone.delivered[where][-1].part.text


async def test_an_invitation_and_a_linking_code_name_the_page(world: World, opened: Opened) -> None:
    invited = await on_the_phone(world, "Đèo Thị Thu Hà", "/nguoi invite TUYEN_QUANG officer")
    code = invited.partition("https://thidua.example.vn/chat#")[2].split()[0]
    assert len(code) == 8
    assert (await opened().sign_in(code))[0] == 200
    linked = await on_the_phone(world, "Đèo Thị Thu Hà", "/lienket code")
    assert "https://thidua.example.vn/chat" in linked
    assert "#" not in linked


async def test_who_has_lost_his_session_signs_in_again_with_a_code_of_the_secretary_as_the_same_person(
    world: World, opened: Opened
) -> None:
    lost, again = opened(), opened()
    await lost.join(await world.invitation(), "Nguyễn Văn Tạo")
    person_id = await world.person("Nguyễn Văn Tạo")
    world.clock.advance(LIFETIMES.idle + 1)
    await world.app.tick()
    told = await on_the_phone(world, "Đèo Thị Thu Hà", f"/nguoi code {person_id}")
    code = next(word for line in told.splitlines() for word in line.split() if len(word) == 8 and word.isascii() and word.isupper())
    assert "Nguyễn Văn Tạo" in (await again.join(code))[-1]["text"]
    assert await world.ask("SELECT person_id FROM accounts WHERE channel = 'web' AND address = ?", again.session) == person_id
    assert await world.ask("SELECT COUNT(*) FROM people WHERE name = 'Nguyễn Văn Tạo'") == 1
    assert await world.ask("SELECT COUNT(*) FROM posts WHERE person_id = ?", person_id) == 1
    secretary = await world.person("Đèo Thị Thu Hà")
    assert "đã đăng nhập bằng mã do đồng chí cấp" in world.phone.delivered[f"phone-{secretary}"][-1].part.text
    assert await world.ask("SELECT person_id FROM audit WHERE action = 'account.code'") == secretary
    world.clock.advance(3_700)
    await world.app.tick()
    preferred = await world.ask("SELECT address FROM accounts WHERE person_id = ? AND preferred = 1", person_id)
    assert preferred == again.session


# Talking --------------------------------------------------------------------------------------------------------------------------


async def test_the_same_message_again_counts_once(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    before = len(await browser.shown())
    await asyncio.gather(*(browser.post("/chat/say", {"text": "xep hang", "key": "k-once-once"}) for _ in range(5)))
    assert len(await browser.shown()) == before + 2


async def test_tabs_of_one_browser_see_the_same_and_a_stream_goes_on_after_the_last_seen(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    shown = await browser.shown()
    one, two = await browser.stream(), await browser.stream(shown[-1]["id"])
    assert [each["id"] for each in await events(one, lambda got: len(got) == len(shown))] == [each["id"] for each in shown]
    await browser.say("xep hang")
    fresh = await events(two, lambda got: len(got) == 2)
    assert [each["author"] for each in fresh] == ["person", "bot"]
    assert "Xếp hạng" in fresh[1]["text"]
    one.close()
    two.close()


async def test_an_answer_takes_the_place_of_the_question(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.link_code("Hoàng Thị Lan"))
    await browser.say("/nhacnho")
    before = {each["place"] for each in await browser.shown()}
    label = next(row[0]["label"] for each in reversed(await browser.shown()) for row in each["buttons"])
    await browser.tap(label)
    after = [each for each in await browser.shown() if each["author"] == "bot"]
    assert all(each["id"] >= each["place"] for each in after)
    assert len({each["place"] for each in after} - before) <= 1


async def test_a_tap_shows_what_stood_on_the_button_and_not_what_the_page_claims(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    shown = next(each for each in reversed(await browser.shown()) if each["buttons"])
    button = shown["buttons"][0][0]
    body = {"data": button["data"], "place": str(shown["place"]), "label": "MẬT: giả mạo", "key": browser.key()}
    assert (await browser.post("/chat/tap", body))[0] == 202
    assert [each["text"] for each in await browser.shown() if each["author"] == "person"][-1] == button["label"]


async def test_a_file_goes_up_is_screened_and_only_seen_on_its_own_page(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.link_code("Hoàng Thị Lan"))
    await browser.say("/baocao")
    named = {"X-Name": "minh%20ch%E1%BB%A9ng.pdf", "Content-Type": "application/pdf"}
    assert (await browser.post("/chat/upload", data=b"%PDF-1.7", **{**named, "X-Key": browser.key()}))[0] == 202
    assert "minh chứng.pdf" in (await browser.shown())[-1]["text"]
    kept = len(list(world.database.files.iterdir()))
    secret = {"X-Name": "CV_M%E1%BA%ACT.docx", "X-Key": browser.key()}
    assert (await browser.post("/chat/upload", data=b"PK secret", **secret))[0] == 202
    shown = await browser.shown()
    assert "bí mật nhà nước" in shown[-1]["text"].lower()
    assert [each["text"] for each in shown if each["author"] == "person"][-1] == "••••••••"
    assert len(list(world.database.files.iterdir())) == kept
    foreign = opened()
    await foreign.join(await world.invitation())
    for sha256 in [path.name for path in world.database.files.iterdir()]:
        assert (await foreign.get(f"/chat/file/{sha256}"))[0] == 404


async def test_a_state_secret_and_an_identity_number_stand_on_no_page_and_in_no_table(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    shown = await browser.say("TUYỆT MẬT\nquân số 12345")
    assert [each["text"] for each in shown if each["author"] == "person"][-1] == "••••••••"
    await browser.say("CCCD của tôi là 012345678912")
    raw = world.path.read_bytes() + world.path.with_name(world.path.name + "-wal").read_bytes()
    assert "quân số 12345".encode() not in raw
    assert b"012345678912" not in raw


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat/say", {"text": " ", "key": "aaaaaaaa"}), ("/chat/say", {"text": "a", "key": "a b"}), ("/chat/say", {"text": "a"}),
        ("/chat/say", ["no", "object"]), ("/chat/tap", {"data": "x", "place": "1", "key": "aaaaaaaa"}),
        ("/chat/tap", {"data": "m:abc:1; drop", "place": "1", "key": "aaaaaaaa"}), ("/chat/signin", []),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(world: World, opened: Opened, path: str, body: object) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    assert (await browser.post(path, body))[0] == 400


async def test_what_is_too_large_is_refused_with_a_sentence(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    status, told = await browser.post("/chat/say", {"text": "a" * 8_001, "key": "aaaaaaaa"})
    assert (status, "8.000 ký tự" in told["error"]) == (413, True)
    assert (await browser.post("/chat/say", data=json.dumps({"text": "a" * 2_000_000, "key": "aaaaaaaa"}).encode()))[0] == 413
    status, told = await browser.post("/chat/upload", data=b"x" * (20 * 1024 * 1024 + 1), **{"X-Key": "aaaaaaab", "X-Name": "a"})
    assert (status, "20 MB" in told["error"]) == (413, True)
    assert (await browser.post("/chat/upload", data=b"", **{"X-Key": "aaaaaaac", "X-Name": "a"}))[0] == 422


async def test_a_session_that_writes_faster_than_anybody_types_waits(world: World, opened: Opened) -> None:
    browser = opened()
    await browser.join(await world.invitation())
    seen = [(await browser.post("/chat/say", {"text": "/huy", "key": browser.key()}))[0] for _ in range(70)]
    assert set(seen) == {202, 429}
    assert await world.ask("SELECT COUNT(*) FROM inbox WHERE channel = 'web'") <= 63
