"""What a wrong clock has written, once it is set back: nothing that opens a door stays open for it, and nothing waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from storage import clock, conversation, invitations, linking, page_links, people, quota, web_chat
from storage.connection import Database, effect
from storage.web_chat import Lifetimes

NOW = 1_795_000_000
MINUTE, HOUR, DAY = 60, 3_600, 86_400
AHEAD = [11 * MINUTE, DAY, 365 * DAY]
INVITED, LINKED = "THDU2222", "THDU3333"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "a.sqlite3")
    await opened.write([effect(people.add_person, "lan", "Lan", "", "vi", NOW), effect(people.link, "zalo", "z", "lan", NOW)])
    yield opened
    await opened.close()


async def page(database: Database, token: str) -> page_links.PageLink:
    found = await database.read(lambda read: page_links.by_token(read, token))
    assert found is not None
    return found


async def session(database: Database, secret: str) -> web_chat.Session:
    found = await database.read(lambda read: web_chat.by_secret(read, secret))
    assert found is not None
    return found


@pytest.mark.parametrize("ahead", AHEAD)
async def test_links_and_codes_live_no_longer_for_it(database: Database, ahead: int) -> None:
    wrong = NOW + ahead
    await database.write(
        [
            effect(page_links.add, "form", "form", "lan", "duty:x", wrong, wrong + 2 * HOUR),
            effect(page_links.add, "before", "file", "lan", "file", NOW - HOUR, NOW + 71 * HOUR),
            effect(page_links.add, "renewed", "upload", "lan", "duty:y", NOW - HOUR, NOW + HOUR),
            effect(page_links.renew, page_links.digest("renewed"), wrong + 2 * HOUR),
            effect(invitations.add, INVITED, None, "observer", None, wrong, wrong + 14 * DAY),
            effect(linking.add, LINKED, "lan", "zalo", "z", wrong),
            effect(conversation.save_topic, "lan", "xephang", "", wrong),
            effect(clock.set_back, NOW, wrong),
        ]
    )
    form = await page(database, "form")
    assert (form.created_at, form.expires_at) == (NOW, NOW + 2 * HOUR)
    assert (await page(database, "before")).expires_at == NOW + 71 * HOUR
    assert (await page(database, "renewed")).expires_at <= NOW + clock.LONGEST_PAGE
    invited = await database.read(lambda read: invitations.by_hash(read, invitations.digest(INVITED)))
    assert invited is not None
    assert invited.expires_at == NOW + 14 * DAY
    linked = await database.read(lambda read: linking.by_hash(read, invitations.digest(LINKED)))
    assert linked is not None
    assert NOW < linked.expires_at <= NOW + linking.LIVES_SECONDS
    ((asked,),) = await database.read(lambda read: read.execute("SELECT at FROM topics").fetchall())
    assert asked == NOW


@pytest.mark.parametrize("ahead", AHEAD)
async def test_sessions_end_as_long_after_their_use_as_they_were_to(database: Database, ahead: int) -> None:
    wrong, lives = NOW + ahead, Lifetimes(7 * DAY, 30 * DAY)
    await database.write(
        [
            effect(web_chat.open_session, "new", "one", "An", wrong, lives),
            effect(web_chat.open_session, "used", "two", "An", NOW - DAY, lives),
            effect(web_chat.open_session, "idle", "three", "An", NOW - DAY, lives),
            effect(web_chat.seen, "two", wrong, lives),
            effect(clock.set_back, NOW, wrong),
        ]
    )
    new, used, idle = [await session(database, each) for each in ("new", "used", "idle")]
    assert (new.created_at, new.expires_at, new.ends_at) == (NOW, NOW + 7 * DAY, NOW + 30 * DAY)
    assert (used.seen_at, used.expires_at, used.ends_at) == (NOW, NOW + 7 * DAY, NOW + 29 * DAY)
    assert (idle.expires_at, idle.ends_at) == (NOW + 6 * DAY, NOW + 29 * DAY)


async def test_what_was_sent_in_a_month_to_come_counts_in_this_one(database: Database) -> None:
    today, wrong = date(2026, 11, 23), "2027-11-24"
    sent = [("2026-11-23", "reply", 3), ("2026-11-24", "reply", 2), (wrong, "reply", 4), (wrong, "broadcast", 5)]
    await database.write(
        [
            *(effect(quota.count, "zalo", f"{day}{lane}", lane, day, messages, taken=True) for day, lane, messages in sent),
            effect(quota.note_refused, "zalo", "2027-11", NOW),
            effect(quota.set_back, today.isoformat()),
            effect(quota.set_back, today.isoformat()),
        ]
    )
    stands = await database.read(lambda read: quota.usage(read, "zalo", today))
    assert (stands.used, stands.users, stands.replies_today, stands.refused_at) == (14, 4, 9, NOW)
    assert (await database.read(lambda read: quota.usage(read, "zalo", date(2027, 11, 24)))).used == 0
