"""Linking codes: one at a time, once, for ten minutes; accounts are never taken over, and the last one stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import linking, people
from storage.connection import Database, Effect, effect
from storage.errors import Conflict
from storage.invitations import digest

NOW = 1_000_000
CODE, OTHER = "THDU2222", "THDU3333"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "a.sqlite3")
    for name in ("lan", "hoa"):
        await database.write(
            (effect(people.add_person, name, name, "", "vi", NOW), effect(people.link, "telegram", f"t-{name}", name, NOW))
        )
    await database.write((effect(linking.add, CODE, "lan", "telegram", "t-lan", NOW),))
    yield database
    await database.close()


def using(code: str = CODE, address: str = "z-lan", at: int = NOW + 60) -> tuple[Effect, ...]:
    return (effect(linking.use, digest(code), "zalo", address, at),)


async def owner(database: Database, channel: str, address: str) -> str | None:
    person = await database.read(lambda read: people.by_account(read, channel, address))
    return None if person is None else person.id


async def test_a_code_links_once(database: Database) -> None:
    await database.write(using())
    assert await owner(database, "zalo", "z-lan") == "lan"
    with pytest.raises(Conflict):
        await database.write(using(address="z-thief"))
    assert await owner(database, "zalo", "z-thief") is None


async def test_a_code_that_has_ended_links_nothing(database: Database) -> None:
    with pytest.raises(Conflict):
        await database.write(using(at=NOW + linking.LIVES_SECONDS))
    assert await owner(database, "zalo", "z-lan") is None


async def test_a_new_code_ends_the_one_before(database: Database) -> None:
    await database.write((effect(linking.add, OTHER, "lan", "telegram", "t-lan", NOW + 1),))
    with pytest.raises(Conflict):
        await database.write(using())
    await database.write(using(OTHER))
    assert await owner(database, "zalo", "z-lan") == "lan"


async def test_an_account_of_somebody_is_never_taken_over_and_the_code_stays_good(database: Database) -> None:
    with pytest.raises(Conflict):
        await database.write((effect(linking.use, digest(CODE), "telegram", "t-hoa", NOW + 60),))
    assert await owner(database, "telegram", "t-hoa") == "hoa"
    await database.write(using())


async def test_unlinking_moves_the_reminders_and_leaves_the_last_account(database: Database) -> None:
    await database.write(using())
    await database.write((effect(linking.unlink, "lan", "telegram", "t-lan", NOW + 70),))
    (left,) = await database.read(lambda read: people.accounts(read, "lan"))
    assert (left.channel, left.preferred) == ("zalo", True)
    for channel, address in (("zalo", "z-lan"), ("telegram", "t-hoa")):
        with pytest.raises(Conflict):
            await database.write((effect(linking.unlink, "lan", channel, address, NOW + 80),))


async def test_old_codes_are_forgotten(database: Database) -> None:
    await database.write((effect(linking.drop_old, NOW + linking.LIVES_SECONDS + 86_401),))
    assert await database.read(lambda read: linking.by_hash(read, digest(CODE))) is None
