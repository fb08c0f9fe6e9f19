"""Whoever has their data erased leaves no trace of name or address: not in the tables, and not in the bytes of the file and its log."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from storage import erasing, outbox, people, settings, web_chat
from storage.connection import Database, Snapshot, Transaction, effect
from storage.erasing import forget_the_erased
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step

NAME = "Zznữ Tuyệtdanh"
ADDRESS = "stranger-Zznữ-Tuyệtdanh"


def traces(path: Path, needle: str) -> int:
    """How often the needle stands in the bytes of the file and of its log."""
    log = path.with_name(path.name + "-wal")
    return sum(each.read_bytes().count(needle.encode()) for each in (path, log) if each.exists())


async def joined(path: Path) -> Chat:
    """Somebody has joined, has been asked, has reported, is named to the secretary, and has been reminded."""
    chat = Chat(path, START, WITH_BUTTONS, "test")
    await chat.open()
    player = Player(chat)
    await player.play(Step("#", "as Hà (thư ký)", []))
    said = await chat.say(player.address, "mời cán bộ Lai Châu")
    (code,) = re.findall(r"\bTHDU[A-Z0-9]{4}\b", "\n".join(part.text for part in said))
    await chat.say(ADDRESS, code)
    (told,) = await chat.choose(ADDRESS, "Đồng ý")
    assert NAME in told.text
    for words in ("báo cáo quý 3: ntm01 12, ntm02 1", "xem lại"):
        await chat.say(ADDRESS, words)
    await chat.choose(ADDRESS, "Xác nhận")
    await chat.say(player.address, "/nguoi")
    await chat.advance(86_400)
    return chat


async def test_no_byte_of_the_name_is_left(cluster: Callable[[], Path]) -> None:
    path = cluster()
    chat = await joined(path)
    await chat.say(ADDRESS, "xóa dữ liệu của tôi")
    await chat.choose(ADDRESS, "Xóa")
    await chat.advance(3_600)                       # the last answer to him goes with the hourly sweep
    await chat.close()
    owner = await Database.open(path, owner=True)
    try:
        await owner.fold()
        assert traces(path, "Zznữ") == 0
        assert path.with_name(path.name + "-wal").stat().st_size == 0
    finally:
        await owner.close()


async def test_the_needle_is_found_before(cluster: Callable[[], Path]) -> None:
    """The test above can fail: until he is erased his name is in the file."""
    path = cluster()
    await (await joined(path)).close()
    assert traces(path, "Zznữ") > 0


async def test_what_is_under_way_still_arrives_and_then_goes(cluster: Callable[[], Path]) -> None:
    """Their last answer stays until it has left; what others are told, also what they have not read yet, names them no more."""
    def letters(read: Snapshot) -> list[tuple[str, str, str]]:
        return read.execute("SELECT address, state, reply FROM outbox WHERE channel = 'x' ORDER BY id").fetchall()

    database = await Database.open(cluster())
    try:
        await database.write((
            effect(people.add_person, "p", NAME, "", "vi", START), effect(people.link, "x", "his", "p", START),
            *(effect(outbox.queue, "x", address, f'"{NAME}"', "vi", START, person_id=person)
              for address, person in (("his", "p"), ("his", None), ("other", None), ("third", None))),
        ))      # fmt: skip
        first = await database.read(lambda read: int(read.execute("SELECT MIN(id) FROM outbox WHERE channel = 'x'").fetchone()[0]))
        await database.write(tuple(effect(outbox.settle, first + place, "sent", None, START) for place in (1, 2)))
        await database.write((effect(people.erase, "p", "2026-11-22", START),))
        named, blank = f'"{NAME}"', '"…"'
        assert await database.read(letters) == [("his", "waiting", named), ("other", "sent", blank), ("third", "waiting", blank)]
        await database.write((effect(outbox.settle, first, "sent", None, START), effect(forget_the_erased, START)))
        assert await database.read(letters) == [("other", "sent", blank), ("third", "waiting", blank)]
    finally:
        await database.close()


async def test_what_is_noted_of_a_letter_on_its_way_does_not_bring_the_name_back(cluster: Callable[[], Path]) -> None:
    """The sender holds the letter in memory as it was: what it notes afterwards is which parts have arrived, not what they said."""
    database = await Database.open(cluster())

    def kept(*ids: str | None) -> str:
        return json.dumps({"parts": [{"text": f"{NAME} đã tham gia."}, {"text": "b"}], "ids": ids, "unknown": 0}, ensure_ascii=False)

    async def parts(letter: int) -> str | None:
        return await database.read(lambda read: read.execute("SELECT parts FROM outbox WHERE id = ?", (letter,)).fetchone()[0])

    try:
        await database.write((
            effect(people.add_person, "p", NAME, "", "vi", START),
            *(effect(outbox.queue, "x", "other", f'"{NAME}"', "vi", START) for _ in range(2)),
        ))      # fmt: skip
        first = await database.read(lambda read: int(read.execute("SELECT MIN(id) FROM outbox WHERE channel = 'x'").fetchone()[0]))
        await database.write((effect(outbox.keep_parts, first, kept("1", None)), effect(people.erase, "p", "2026-11-22", START)))
        await database.write((effect(outbox.settle, first, "sent", kept("1", "2"), START),))
        await database.write((effect(outbox.postpone, first + 1, kept("1", None), START + 9, "wait", attempt=True),))
        noted, later = await parts(first), await parts(first + 1)
        assert noted is not None
        assert json.loads(noted)["ids"] == ["1", "2"]
        assert json.loads(noted)["parts"][0]["text"] == "… đã tham gia."
        assert later is None
    finally:
        await database.close()


async def test_what_a_chat_page_tells_of_them_names_them_no_more(cluster: Callable[[], Path]) -> None:
    database = await Database.open(cluster())

    def told(tx: Transaction) -> None:
        for text in (f"{NAME} đã tham gia.", f"{NAME}h đã tham gia.", "Ngày mai họp."):
            tx.execute(SHOWN, (None, text, START))

    try:
        await database.write((effect(people.add_person, "p", NAME, "", "vi", START), effect(told)))
        await database.write((effect(people.erase, "p", "2026-11-22", START),))
        left = await database.read(lambda read: read.execute("SELECT text FROM web_messages WHERE address = 'other'").fetchall())
        assert left == [("… đã tham gia.",), (f"{NAME}h đã tham gia.",), ("Ngày mai họp.",)]
    finally:
        await database.close()


SHOWN = (
    "INSERT INTO web_messages (address, author, key, kind, text, buttons, sha256, name, media_type, protect, at)"
    " VALUES ('other', 'bot', ?, 'text', ?, '[]', '', '', '', 0, ?)"
)


async def test_every_name_they_ever_had_goes_from_wherever_it_stands(cluster: Callable[[], Path]) -> None:
    """Former names too; in menus, open questions, messages, the audit; names of others that hold one of theirs stay whole."""
    former, other = "Zznữ Hoàng", "Zznữ Hoàng Anh"
    path = cluster()
    database = await Database.open(path)

    def stands(tx: Transaction) -> None:
        tx.execute(
            "INSERT INTO menus (id, channel, address, choices, created_at, expires_at) VALUES ('m1', 'x', 'other', ?, 0, 9)",
            (json.dumps([{"label": former}, {"label": other}], ensure_ascii=False),),
        )
        tx.execute(
            "INSERT INTO dialogues (owner, name, version, revision, step, answers, updated_at) VALUES ('x:other', 'n', 1, 1, 's', ?, 0)",
            (json.dumps({"who": former}, ensure_ascii=False),),
        )
        tx.execute("INSERT INTO topics (owner, command, argument, at) VALUES ('x:other', 'nguoi', ?, 0)", (former,))
        tx.execute(
            "INSERT INTO broadcasts (id, created_by, created_at, audience, body, signed_as, send_at, state)"
            " VALUES ('b', 'q', 0, '{}', ?, 'secretary', 0, 'done')", (f"Mời {former}, {other} phát biểu.",),
        )  # fmt: skip
        tx.execute("INSERT INTO audit (at, action, subject, reason) VALUES (0, 'report.correct', 'report:1', ?)", (f"theo {former}",))

    try:
        await database.write((
            effect(people.add_person, "p", former, "", "vi", START), effect(people.add_person, "q", other, "", "vi", START),
            effect(web_chat.open_session, "s", "w", "Zznữ Lúctrước", START, web_chat.Lifetimes(9, 9)),
            effect(people.link, "web", "w", "p", START),
            effect(stands), effect(people.rename, "p", NAME, "", START),
        ))      # fmt: skip
        await database.write((effect(people.erase, "p", "2026-11-22", START),))
        body = await database.read(lambda read: read.execute("SELECT body FROM broadcasts WHERE id = 'b'").fetchone()[0])
        assert body == f"Mời …, {other} phát biểu."
    finally:
        await database.close()
    owner = await Database.open(path, owner=True)
    await owner.fold()
    await owner.close()
    assert traces(path, "Tuyệtdanh") == traces(path, "Lúctrước") == 0
    assert traces(path, former) == traces(path, other) > 0


async def test_a_name_that_somebody_else_has_as_well_stays_theirs(cluster: Callable[[], Path]) -> None:
    database = await Database.open(cluster())
    try:
        await database.write((
            effect(people.add_person, "p", NAME, "", "vi", START), effect(people.add_person, "q", NAME, "", "vi", START),
            effect(outbox.queue, "x", "other", f'"{NAME}"', "vi", START),
        ))      # fmt: skip
        await database.write((effect(people.erase, "p", "2026-11-22", START),))
        left = await database.read(lambda read: read.execute("SELECT reply FROM outbox WHERE channel = 'x'").fetchone()[0])
        assert left == f'"{NAME}"'
    finally:
        await database.close()


NAMELESS = {
    "identities, kinds, states, dates, addresses, digests, codes of the plan": """
        settings.name files.sha256 files.media_type audit.person_id audit.action audit.subject audit.unit_id inbox.channel inbox.key
        inbox.state inbox.account channels.channel channels.account channels.position outbox.key outbox.channel outbox.address
        outbox.thread outbox.person_id outbox.lane outbox.language outbox.menu_id outbox.replaces outbox.subject outbox.state
        outbox.error outbox.broadcast_id menus.id menus.channel menus.address menus.dialogue dialogues.owner dialogues.name
        dialogues.step topics.owner topics.command people.id people.language accounts.channel accounts.address accounts.person_id
        posts.id posts.person_id posts.unit_id posts.role posts.valid_from posts.valid_to invitations.code_hash invitations.unit_id
        invitations.role invitations.created_by invitations.used_by link_codes.code_hash link_codes.person_id link_codes.channel
        link_codes.address wrong_codes.channel wrong_codes.address duties.id duties.unit_id duties.form duties.period duties.event_id
        duties.done_by duties.status drafts.duty_id drafts.report_id drafts.updated_by reports.id reports.unit_id reports.form
        reports.review reports.period reports.duty_id revisions.report_id revisions.filed_by revisions.kind snoozes.person_id
        snoozes.subject nudges.event_id nudges.day nudges.person_id attendances.event_id attendances.unit_id attendances.answer
        attendances.person_id broadcasts.id broadcasts.created_by broadcasts.audience broadcasts.sha256 broadcasts.media_type
        broadcasts.signed_as broadcasts.state broadcasts.counts broadcast_recipients.broadcast_id broadcast_recipients.unit_id
        broadcast_recipients.person_id broadcast_recipients.role broadcast_recipients.state told.person_id told.subject told.letter
        page_links.token_hash page_links.kind page_links.person_id page_links.channel page_links.address page_links.bound_hash
        web_sessions.address web_sessions.secret_hash web_sessions.browser_hash web_messages.address web_messages.author
        web_messages.key web_messages.kind web_messages.sha256 web_messages.media_type quota_days.channel quota_days.day
        quota_users.channel quota_users.month quota_users.address_hash quota_days.lane quota_spent.month quota_spent.channel
        uploads.channel uploads.account uploads.kind uploads.sha256 uploads.remote_id corrections.person_id corrections.report_id
    """,
    "the plan, the cluster and its results, without people": """
        settings.value units.* successions.* years.* memberships.* movements.* indicators.* narrative_parts.* scoring_tables.*
        criterion_groups.* criteria.* adjustment_items.* targets.* calendar_years.* events.* holidays.* forms.* criterion_values.*
        adjustments.* leaders.* scores.* totals.* year_totals.* group_points.* snapshots.* snapshot_totals.* snapshot_points.*
        ticks.* dates_seen.* reminded.*
    """,
    "the unit's report, which stays as it was filed or drafted": """
        drafts.content revisions.reason corrections.reason report_items.* evidence.* corrections.content uploads.name
        page_links.subject
    """,
    "gone with the person, their account or their turn": "people.name people.title web_sessions.name inbox.payload",
}


def test_each_column_of_text_is_searched_or_told_why_not(cluster: Callable[[], Path]) -> None:
    """A new table has to say where it stands."""
    told = {each for reason in NAMELESS.values() for each in reason.split()}
    searched = {f"{table}.{column}" for table, _, columns in erasing._TEXTS for column in columns}
    with contextlib.closing(sqlite3.connect(cluster())) as read:
        tables = [row[0] for row in read.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        columns = {
            f"{table}.{row[1]}" for table in tables for row in read.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"
        }
    untold = {each for each in columns - searched - told if f"{each.partition('.')[0]}.*" not in told}
    assert untold == set()
    assert {each for each in told if not each.endswith(".*")} - columns == set()


async def test_the_log_is_folded_by_its_owner_when_nobody_reads(cluster: Callable[[], Path]) -> None:
    """And never where Litestream replicates it."""
    path = cluster()
    log = path.with_name(path.name + "-wal")
    owner = await Database.open(path, owner=True)
    guest = await Database.open(path)
    try:
        await owner.write((effect(settings.put, "a", "b"),))
        await guest.fold()
        assert log.stat().st_size > 0
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT COUNT(*) FROM people").fetchone()
            await owner.write((effect(settings.put, "a", "c"),))
            await owner.fold()
            assert log.stat().st_size > 0
        replica = path.with_name(f".{path.name}-litestream")
        replica.mkdir()
        await owner.fold()
        assert log.stat().st_size > 0
        replica.rmdir()
        await owner.fold()
        assert log.stat().st_size == 0
        await owner.write((effect(settings.put, "a", "d"),))
    finally:
        await guest.close()
        await owner.close()


async def test_a_name_of_one_word_goes_and_takes_no_other_word_with_it(cluster: Callable[[], Path]) -> None:
    database = await Database.open(cluster())
    told = ('{"verbatim":"An"}', '{"verbatim":"An Giang"}', '{"text":"An toàn giao thông"}')

    def shown(tx: Transaction) -> None:
        first = tx.execute("SELECT MIN(id) FROM outbox WHERE channel = 'web'").fetchone()[0]
        tx.execute(SHOWN, (f"letter:{first}:0", "An đã tham gia.", START))
        tx.execute(SHOWN, (f"letter:{first + 1}:0", "An Giang", START))

    try:
        await database.write((
            effect(people.add_person, "p", "An", "", "vi", START),
            *(effect(outbox.queue, "web", "other", each, "vi", START) for each in told),
        ))      # fmt: skip
        await database.write((effect(shown), effect(people.rename, "p", "Bình", "", START)))
        await database.write((effect(people.erase, "p", "2026-11-22", START),))
        left = await database.read(lambda read: read.execute("SELECT reply FROM outbox WHERE channel = 'web' ORDER BY id").fetchall())
        page = await database.read(lambda read: read.execute("SELECT text FROM web_messages WHERE address = 'other'").fetchall())
        assert [row[0] for row in left] == ['{"verbatim":"…"}', *told[1:]]
        assert page == [("An Giang",)]
    finally:
        await database.close()
