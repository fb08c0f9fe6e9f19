"""What the doctor says of the database: the file, the plan, the people, the quota."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import lock
from bot.clock import MovableClock
from bot.doctor import (
    of_database,
    of_people,
    of_plan,
    of_quota,
    on_disk,
)
from bot.doctor.context import Context
from bot.doctor.finding import Check, Finding
from bot.language import languages
from storage import backup, inspection, restoring
from tests.chat import ZONE
from tests.conftest import START
from tests.doctor.examining import context, said

# Database -------------------------------------------------------------------------------------------------------------------------

Told = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def told(tmp_path: Path, cluster: Callable[[], Path]) -> Told:
    """What a check says of the sample cluster after the statements were carried out on it."""
    path = cluster()

    def tell(check: Check, *statements: str, **given: Any) -> list[tuple[str, str]]:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()
        at = given.pop("now", START)
        with inspection.reading(path, 10) as read:
            return said(check(replace(context(tmp_path, **given), snapshot=read, now=at)))

    return tell


def test_who_runs(tmp_path: Path) -> None:
    path = tmp_path / "cluster.sqlite3"
    assert said(of_database.running(context(tmp_path)))[0][0] == "note"
    held = lock.hold(path, MovableClock(START))
    ((level, text),) = said(of_database.running(context(tmp_path)))
    assert (level, "08:00 23/11/2026" in text, str(os.getpid()) in text) == ("fine", True, True)
    os.close(held.handle)       # as when it is killed: the words stay
    assert said(of_database.running(context(tmp_path)))[0][0] == "warning"
    lock.hold(path, MovableClock(START)).close()
    assert said(of_database.running(context(tmp_path)))[0][0] == "note"


def test_a_sound_database(told: Told) -> None:
    assert told(of_database.sound) == [("fine", "The database is sound.")]


def test_a_database_too_large_for_the_time(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_database, "SOUND_SECONDS", -1.0)
    monkeypatch.setattr(inspection, "STEPS", 10)
    ((level, text),) = told(of_database.sound)
    assert level == "unknown"
    assert "too large" in text


def test_references_to_nothing(told: Told) -> None:
    ((level, text),) = told(of_database.sound, "PRAGMA foreign_keys = OFF", "DELETE FROM people WHERE id = 'thuky'")
    assert level == "serious"
    assert "posts" in text


@pytest.mark.parametrize(
    ("at", "holder", "level"),
    [(START + 3600, None, "serious"), (START - 3600, "1@h", "serious"), (START - 10, "1@h", "fine"), (START - 3600, None, "note")],
)
def test_the_tick(told: Told, at: int, holder: str | None, level: str) -> None:
    tick = f"INSERT OR REPLACE INTO ticks (name, at) VALUES ('reminders', {at})"  # noqa: S608
    assert [each[0] for each in told(of_database.tick, tick, holder=holder)] == [level]


def test_the_inbox(told: Told) -> None:
    row = "INSERT INTO inbox (channel, key, payload, received_at, state) VALUES ('telegram', '{key}', 'x', {at}, '{state}')"
    assert told(of_database.inbox, row.format(key=1, at=START - 10, state="waiting")) == []
    old = row.format(key=2, at=START - 3600, state="waiting")
    assert [each[0] for each in told(of_database.inbox, old)] == ["note"]
    assert [each[0] for each in told(of_database.inbox, holder="1@h")] == ["serious"]
    assert [each[0] for each in told(of_database.inbox, row.format(key=3, at=START, state="failed"))] == ["note", "warning"]


def test_the_outbox(told: Told) -> None:
    row = (
        "INSERT INTO outbox (channel, address, lane, language, reply, state, not_before, created_at)"
        " VALUES ('telegram', '1', 'reply', 'vi', '', '{state}', {at}, {at})"
    )
    assert told(of_database.outbox)[0][0] == "fine"
    assert told(of_database.outbox, row.format(state="waiting", at=START + 3600))[0][0] == "fine"
    assert [each[0] for each in told(of_database.outbox, row.format(state="waiting", at=START - 3600))] == ["note"]
    assert [each[0] for each in told(of_database.outbox, holder="1@h")] == ["warning"]
    more = (row.format(state="failed", at=START - 60), row.format(state="blocked", at=START - 60))
    assert sorted(each[0] for each in told(of_database.outbox, *more)) == ["note", "note", "warning"]


def test_backups(told: Told) -> None:
    made = (
        "INSERT OR REPLACE INTO settings (name, value) VALUES"
        """ ('backup.{name}', '{{"at": {at}, "path": "/b", "reason": "{why}"}}')"""
    )
    assert [each[0] for each in told(of_database.backups)] == ["warning"]
    assert [each[0] for each in told(of_database.backups, made.format(name="last", at=START - 3600, why=""))] == ["fine"]
    assert [each[0] for each in told(of_database.backups, made.format(name="last", at=START - 5 * 86_400, why=""))] == ["warning"]
    failed = told(of_database.backups, made.format(name="failed", at=START - 60, why="disk full"))
    assert [each[0] for each in failed] == ["serious", "warning"]
    assert "disk full" in failed[0][1]


def test_after_a_restore_the_backup_it_came_from_is_known(tmp_path: Path, cluster: Callable[[], Path]) -> None:
    """By the command, and by a plain copy of the file alike; it is the newest there is until the next one is made."""
    path, copies = cluster(), tmp_path / "copies"
    copies.mkdir()
    backup.make(path, copies / "a.sqlite3", copies / "files", START - 3600)
    restored = tmp_path / "restored.sqlite3"
    restoring.restore(restoring.inspect(copies / "a.sqlite3", restored), restored, START, "x")
    plain = tmp_path / "plain.sqlite3"
    shutil.copy(copies / "a.sqlite3", plain)
    for each in (restored, plain):
        with inspection.reading(each, 10) as read:
            ((level, text),) = said(of_database.backups(replace(context(tmp_path), snapshot=read)))
        assert (level, "07:00 23/11/2026" in text) == ("fine", True), each


def test_a_last_backup_that_everybody_can_read(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_disk, "_entered", lambda folder: True)
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    copy = folder / "cluster-20261123-020000.sqlite3"
    copy.touch(mode=0o600)
    note = json.dumps({"at": START - 60, "path": str(copy), "reason": ""})
    row = f"INSERT OR REPLACE INTO settings (name, value) VALUES ('backup.last', '{note}')"  # noqa: S608
    assert told(of_database.backup_privacy, row) == []
    copy.chmod(0o644)
    ((level, text),) = told(of_database.backup_privacy, row)
    assert (level, copy.name in text) == ("warning", True)
    copy.unlink()
    folder.rmdir()
    assert told(of_database.backup_privacy, row) == []


@pytest.mark.parametrize(("check", "role"), [(of_people.secretary, "secretary"), (of_people.observers, "verifier")])
def test_no_code_is_asked_for_that_is_open_already(told: Told, check: Check, role: str) -> None:
    """Neither for the secretary nor for the verifier; one that is used or over does not count."""
    gone = f"DELETE FROM posts WHERE role = '{role}'"  # noqa: S608
    add = "INSERT INTO invitations (code_hash, role, created_at, expires_at, used_at) VALUES ('{0}', '{1}', 1, {2}, {3})"
    assert "thidua invite" in _mends(told, check, "DELETE FROM invitations", "PRAGMA foreign_keys = OFF", gone)
    for number, (expires, used) in enumerate(((START - 1, "NULL"), (START + 60, "5"))):
        assert f"Run: thidua invite - {role}" in _mends(told, check, add.format(number, role, expires, used))
    assert f"Run: thidua invite - {role}" in _mends(told, check, add.format("u", "officer", START + 60, "NULL"))
    assert f"Run: thidua invite - {role}" not in _mends(told, check, add.format("open", role, START + 86_400, "NULL"))


def test_the_secretarys_open_code_is_told_with_its_end(told: Told) -> None:
    code = f"INSERT INTO invitations (code_hash, role, created_at, expires_at) VALUES ('o', 'secretary', 1, {START + 86_400})"  # noqa: S608
    ((level, text),) = told(of_people.secretary, "PRAGMA foreign_keys = OFF", "DELETE FROM posts WHERE role = 'secretary'", code)
    assert (level, "08:00 24/11/2026" in text) == ("warning", True)


def _mends(told: Told, check: Check, *statements: str) -> str:
    found: list[str] = []

    def noting(context: Context) -> list[Finding]:
        findings = list(check(context))
        found.extend(languages(ZONE)["en"].text(each.mend) for each in findings if each.mend is not None)
        return findings

    told(noting, *statements)
    return "\n".join(found)


def test_files_of_officers(told: Told, tmp_path: Path) -> None:
    folder = tmp_path / "cluster.sqlite3.files"
    folder.mkdir()
    content = b"minh chung"
    sha256 = hashlib.sha256(content).hexdigest()
    row = f"INSERT OR REPLACE INTO files (sha256, media_type, size, created_at) VALUES ('{sha256}', '', {len(content)}, 1)"  # noqa: S608
    assert "serious" in [each[0] for each in told(of_database.evidence, row)]
    (folder / sha256).write_bytes(content)
    (folder / "loose").write_bytes(b"")
    assert sorted(each[0] for each in told(of_database.evidence)) == ["fine", "note"]
    (folder / sha256).write_bytes(b"minh CHUNG")
    assert sorted(each[0] for each in told(of_database.evidence)) == ["note", "serious"]


# Plan and people ------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("check", "statements", "level", "text"),
    [
        (of_plan.years, ("DELETE FROM memberships WHERE year = 2026",), "serious", "No unit is a member in 2026"),
        (of_plan.years, (), "note", "The plan of 2027 is not there yet"),
        (of_plan.members, ("UPDATE memberships SET role = 'member'",), "warning", "no unit leads"),
        (of_plan.members, (), "fine", "7 members"),
        (of_plan.table, ("PRAGMA foreign_keys = OFF", "DELETE FROM scoring_tables WHERE year = 2026"), "warning", "no scoring table"),
        (of_plan.table, ("UPDATE criterion_groups SET max = '999' WHERE year = 2026 AND position = 0",), "warning", "its total is 1,000"),
        (of_plan.plan_figures, ("DELETE FROM targets WHERE year = 2026",), "note", "no unit has plan figures"),
        (of_plan.plan_figures, ("DELETE FROM targets WHERE year = 2026 AND unit_id = 'LANG_SON' AND item_id = 'I.2'",), "note",
         "1 plan figure is missing (Lạng Sơn)"),
        (of_plan.dates, ("PRAGMA foreign_keys = OFF", "DELETE FROM events WHERE of_year = 2026"), "warning", "there is no calendar"),
        (of_plan.dates, ("PRAGMA foreign_keys = OFF", "DELETE FROM forms"), "serious", "a form that does not exist"),
        (of_plan.dates, (), "note", "is not a working day"),
        (of_plan.duties_planned, ("DELETE FROM drafts", "PRAGMA foreign_keys = OFF", "DELETE FROM duties"), "warning", "nobody owes"),
        (of_plan.days_off, ("DELETE FROM holidays WHERE day LIKE '2026-%'",), "warning", "The holidays of 2026"),
        (of_plan.days_off, ("DELETE FROM holidays WHERE day LIKE '2027-%'",), "note", "The holidays of 2027"),
        (of_plan.hours, ("UPDATE calendar_years SET quiet = '[]'",), "note", "at night"),
        (of_plan.overdue, (), "note", "open for more than 30 days"),
        (of_plan.overdue, ("UPDATE duties SET year = 2023 WHERE status = 'open'",), "note", "years later"),
        (of_people.secretary, (), "fine", "1 secretary has joined"),
        (of_people.secretary, ("DELETE FROM posts WHERE role = 'secretary'",), "serious", "No secretary has joined"),
        (of_people.officers, (), "warning", "have no officer who has joined"),
        (of_people.reachable, ("UPDATE accounts SET blocked_at = 1",), "warning", "Lạng Sơn"),
        (of_people.observers, ("DELETE FROM posts WHERE role = 'verifier'",), "note", "No verifier"),
    ],
)  # fmt: skip
def test_plan_and_people(told: Told, check: Check, statements: tuple[str, ...], level: str, text: str) -> None:
    assert [(found, text in told_text) for found, told_text in told(check, *statements) if text in told_text][:1] == [(level, True)]


@pytest.mark.parametrize(
    ("environ", "statements", "levels"),
    [
        ({}, (), []),
        ({"THIDUA_ZALO_TOKEN": "z"}, (), ["fine"]),
        ({"THIDUA_ZALO_TOKEN": "z", "THIDUA_ZALO_QUOTA": "off"}, (), ["note"]),
        ({"THIDUA_ZALO_TOKEN": "z"}, ("INSERT INTO quota_days VALUES ('zalo', '2026-11-20', 'reply', 2700)",), ["warning"]),
        ({"THIDUA_ZALO_TOKEN": "z"}, ("INSERT INTO quota_days VALUES ('zalo', '2026-11-20', 'broadcast', 3000)",), ["serious"]),
        ({"THIDUA_ZALO_TOKEN": "z"}, (f"INSERT INTO quota_spent VALUES ('zalo', '2026-11', {START - 60})",), ["serious"]),  # noqa: S608
        ({"THIDUA_ZALO_TOKEN": "z"}, (f"INSERT INTO quota_spent VALUES ('zalo', '2026-10', {START - 60})",), ["fine"]),  # noqa: S608
        ({"THIDUA_ZALO_TOKEN": "z", "THIDUA_ZALO_QUOTA": "3000 1"},
         ("INSERT INTO quota_users VALUES ('zalo', '2026-11', printf('%064d', 1)), ('zalo', '2026-11', printf('%064d', 2))",),
         ["fine", "warning"]),
    ],
)  # fmt: skip
def test_the_quota_of_zalo(told: Told, environ: dict[str, str], statements: tuple[str, ...], levels: list[str]) -> None:
    assert [level for level, _ in told(of_quota.zalo, *statements, environ=environ)] == levels


def test_holidays_that_only_the_library_knows(told: Told) -> None:
    april = START - 230 * 86_400
    ((level, text),) = told(of_plan.more_days_off, now=april)
    assert level == "note"
    assert "27/04/2026" in text
    assert told(of_plan.more_days_off) == [], "what has passed is not told"


def test_in_january_last_year_is_looked_at_too(told: Told) -> None:
    january = START + 60 * 86_400
    found = told(of_plan.members, "UPDATE memberships SET role = 'member' WHERE year = 2026", now=january)
    assert [text[:5] for _, text in found] == ["2026:"]
