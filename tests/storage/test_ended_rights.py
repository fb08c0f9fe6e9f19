"""A restore gives no right back that was taken since the backup: each kind of right, ended in each way there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storage import backup, invitations, linking, people, web_chat
from storage.connection import Database, Effect, effect
from storage.migrations import remove
from storage.people import Post
from storage.restoring import inspect, restore
from tests.storage.test_restoring import wrote

NOW = 1_780_000_000
LATER = NOW + 600
LIVES = web_chat.Lifetimes(86_400, 86_400)


def world() -> tuple[Effect, ...]:
    """Lan with three accounts and two posts, Hoa with one, two codes to join and one to link."""
    return (
        effect(people.add_person, "lan", "Hoàng Thị Lan", "", "vi", NOW),
        effect(people.add_person, "hoa", "Nguyễn Thị Hoa", "", "vi", NOW),
        effect(people.link, "telegram", "1", "lan", NOW),
        effect(people.link, "zalo", "z1", "lan", NOW),
        effect(people.link, "telegram", "2", "hoa", NOW),
        effect(people.add_post, Post("p1", "lan", None, "secretary", "2026-01-01", None), None, NOW),
        effect(people.add_post, Post("p2", "lan", None, "verifier", "2026-01-01", None), None, NOW),
        effect(invitations.add, "ABCD2345", None, "secretary", "lan", NOW, NOW + 10 * 86_400),
        effect(invitations.add, "EFGH2345", None, "observer", "lan", NOW, NOW + 10 * 86_400),
        effect(linking.add, "JKLM2345", "lan", "telegram", "1", NOW, lives=86_400),
        effect(web_chat.open_session, "s", "w1", "Hoa", NOW, LIVES),
        effect(people.link, "web", "w1", "hoa", NOW),
    )


async def restored(tmp_path: Path, *since: Effect, present: bool = True) -> dict[str, Any]:
    """What stands in the database after ``since`` happened behind the backup and the backup was restored."""
    path, copy = tmp_path / "cluster.sqlite3", tmp_path / "copy.sqlite3"
    await wrote(path, *world())
    backup.make(path, copy, tmp_path / "f", NOW)
    if since:
        await wrote(path, *since)
    if not present:
        remove(path)
    restore(inspect(copy, path), path, LATER, "x")
    database = await Database.open(path)
    try:
        return await database.read(
            lambda read: {
                "accounts": {(each.channel, each.address): each.blocked_at
                             for who in ("lan", "hoa") for each in people.accounts(read, who)},
                "posts": dict(read.execute("SELECT id, valid_to FROM posts").fetchall()),
                "codes": {code for code in ("ABCD2345", "EFGH2345") if invitations.digest(code) in
                          {each.code_hash for each in invitations.pending(read, LATER)}},
                "link": linking.by_hash(read, invitations.digest("JKLM2345")),
                "locked": invitations.locked_until(read, "telegram", "9"),
                "session": (session := web_chat.by_secret(read, "s")) is not None and session.lives(LATER),
            }
        )  # fmt: skip
    finally:
        await database.close()


async def test_what_was_not_ended_is_there_again(tmp_path: Path) -> None:
    found = await restored(tmp_path)
    assert found["accounts"] == {("telegram", "1"): None, ("zalo", "z1"): None, ("telegram", "2"): None, ("web", "w1"): None}
    assert found["posts"] == {"p1": None, "p2": None}
    assert found["codes"] == {"ABCD2345", "EFGH2345"}
    assert found["link"] is not None
    assert found["session"]


async def test_on_a_new_machine_nobody_knows_what_was_ended(tmp_path: Path) -> None:
    found = await restored(tmp_path, effect(people.end_post, "p1", "2026-11-24", None, LATER), present=False)
    assert found["posts"] == {"p1": None, "p2": None}


async def test_an_empty_database_in_its_place_takes_nothing_away(tmp_path: Path) -> None:
    path, copy = tmp_path / "cluster.sqlite3", tmp_path / "copy.sqlite3"
    await wrote(path, *world())
    backup.make(path, copy, tmp_path / "f", NOW)
    remove(path)
    await wrote(path, effect(people.add_person, "new", "Lò Văn Tám", "", "vi", NOW))
    restore(inspect(copy, path), path, LATER, "x")
    database = await Database.open(path)
    accounts = await database.read(lambda read: people.accounts(read, "lan"))
    await database.close()
    assert len(accounts) == 2


async def test_an_ended_post_stays_ended(tmp_path: Path) -> None:
    found = await restored(tmp_path, effect(people.end_post, "p1", "2026-11-24", None, LATER))
    assert found["posts"] == {"p1": "2026-11-24", "p2": None}


async def test_an_unlinked_account_stays_away(tmp_path: Path) -> None:
    found = await restored(tmp_path, effect(linking.unlink, "lan", "zalo", "z1", LATER))
    assert ("zalo", "z1") not in found["accounts"]
    assert ("telegram", "1") in found["accounts"]


async def test_an_account_that_belongs_to_somebody_else_by_now_is_not_given_back(tmp_path: Path) -> None:
    found = await restored(
        tmp_path, effect(linking.unlink, "lan", "zalo", "z1", LATER), effect(people.link, "zalo", "z1", "hoa", LATER)
    )
    assert ("zalo", "z1") not in found["accounts"]


async def test_a_blocked_account_stays_blocked(tmp_path: Path) -> None:
    found = await restored(tmp_path, effect(people.mark_blocked, "telegram", "2", LATER))
    assert found["accounts"]["telegram", "2"] == LATER
    assert found["accounts"]["telegram", "1"] is None


@pytest.mark.parametrize(
    "ended",
    [
        effect(invitations.use, invitations.digest("ABCD2345"), "hoa", LATER - 1),
        effect(invitations.end_code, invitations.digest("ABCD2345"), LATER - 1),
    ],
    ids=["used", "seen by others"],
)
async def test_a_joining_code_that_is_no_longer_good_is_not_good_again(tmp_path: Path, ended: Effect) -> None:
    assert (await restored(tmp_path, ended))["codes"] == {"EFGH2345"}


@pytest.mark.parametrize(
    "ended",
    [
        effect(linking.use, invitations.digest("JKLM2345"), "zalo", "z9", LATER - 1),
        effect(linking.end_code, invitations.digest("JKLM2345"), LATER - 1),
        effect(linking.add, "NPQR2345", "lan", "telegram", "1", LATER - 1),
    ],
    ids=["used", "seen by others", "replaced"],
)
async def test_a_linking_code_that_is_no_longer_good_is_not_good_again(tmp_path: Path, ended: Effect) -> None:
    assert (await restored(tmp_path, ended))["link"] is None


async def test_an_address_locked_after_wrong_codes_stays_locked(tmp_path: Path) -> None:
    wrong = [effect(invitations.count_wrong, "telegram", "9", LATER - 1) for _ in range(invitations.TRIES)]
    assert (await restored(tmp_path, *wrong))["locked"] == LATER - 1 + invitations.LOCK_SECONDS


async def test_an_ended_browser_stays_out_and_its_account_with_it(tmp_path: Path) -> None:
    found = await restored(tmp_path, effect(web_chat.end, "w1", LATER))
    assert not found["session"]
    assert ("web", "w1") not in found["accounts"]
