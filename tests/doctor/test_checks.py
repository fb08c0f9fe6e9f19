"""Each check made to say each thing it can say, from a context made by hand."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import lock
from bot.clock import MovableClock
from bot.doctor import (
    configured,
    of_database,
    of_people,
    of_plan,
    of_program,
    of_quota,
    of_time,
    on_disk,
    on_telegram,
    on_the_web,
    on_zalo,
)
from bot.doctor.asking import Answer, Answers
from bot.doctor.context import Context
from bot.doctor.examination import GROUPS
from bot.doctor.finding import Check, Finding
from bot.doctor.reached import reached
from bot.language import languages
from bot.settings import load
from storage import inspection
from tests.channels.fake_telegram import TOKEN
from tests.chat import ZONE
from tests.conftest import START

HOST = "api.telegram.org"
ME = Answer(200, {"username": "thidua_bot", "can_read_all_group_messages": False}, ok=True)


def context(tmp_path: Path, environ: Mapping[str, str] | None = None, **given: Any) -> Context:
    values = {"THIDUA_DATABASE": str(tmp_path / "cluster.sqlite3"), **(environ or {})}
    return Context(load(values), environ or {}, tmp_path / ".env", START, **given)


def said(findings: Iterator[Finding] | Any) -> list[tuple[str, str]]:
    """(level, English text) of each finding; every one has a text and every serious one a mend, in both languages."""
    found = list(findings)
    for each in found:
        for language in languages(ZONE).values():
            assert language.text(each.message)
            assert each.mend is None or language.text(each.mend)
        assert each.mend is not None or each.level in ("note", "fine", "unknown")
    return [(each.level, languages(ZONE)["en"].text(each.message)) for each in found]


# Settings -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "environ", "level", "text"),
    [
        (configured.channels, {}, "serious", "No channel is configured"),
        (configured.channels, {"THIDUA_TELEGRAM_TOKEN": TOKEN, "THIDUA_ZALO_TOKEN": "z"}, "fine", "Telegram, Zalo"),
        (configured.channels, {"THIDUA_WEB": "127.0.0.1:80", "THIDUA_PUBLIC_URL": "https://x.vn"}, "fine", "configured: chat page"),
        (configured.chat_page, {"THIDUA_WEB": "127.0.0.1:80", "THIDUA_PUBLIC_URL": "https://x.vn"}, "fine", "https://x.vn/chat"),
        (configured.chat_page, {"THIDUA_WEB": "127.0.0.1:80", "THIDUA_PUBLIC_URL": "http://x.vn"}, "note", "cannot be installed"),
        (configured.chat_page, {"THIDUA_WEB": "127.0.0.1:80"}, "note", "THIDUA_PUBLIC_URL is not set"),
        (configured.chat_page, {"THIDUA_WEBCHAT": "off"}, "note", "switched off"),
        (configured.token_shape, {"THIDUA_TELEGRAM_TOKEN": TOKEN[:20]}, "warning", "does not look like a token"),
        (configured.webhooks, {"THIDUA_TELEGRAM_WEBHOOK": "http://x.vn", "THIDUA_WEB": "127.0.0.1:8080"}, "serious", "must begin with"),
        (configured.webhooks, {"THIDUA_ZALO_WEBHOOK": "http://x.vn", "THIDUA_WEB": "127.0.0.1:8080"}, "serious", "must begin with https"),
        (configured.webhooks, {"THIDUA_TELEGRAM_WEBHOOK": "https://x.vn:9443", "THIDUA_WEB": "127.0.0.1:8080"}, "serious", "not to 9443"),
        (configured.webhooks, {"THIDUA_TELEGRAM_WEBHOOK": "https://x.vn"}, "serious", "THIDUA_WEB is not"),
        (configured.web_side, {"THIDUA_PUBLIC_URL": "http://x.vn", "THIDUA_WEB": "127.0.0.1:8080"}, "warning", "is not https"),
        (configured.web_side, {"THIDUA_PUBLIC_URL": "https://x.vn"}, "warning", "lead nowhere"),
        (configured.web_side, {"THIDUA_WEB": "127.0.0.1:8080", "THIDUA_METRICS": "127.0.0.1:8080"}, "serious", "are the same address"),
        (configured.web_side, {"THIDUA_METRICS": "0.0.0.0:9100"}, "note", "THIDUA_METRICS listens beyond this machine"),
        (configured.token_in_environment, {"THIDUA_ZALO_TOKEN": "z"}, "note", "thidua demo"),
        (configured.habits, {"THIDUA_TIMEZONE": "Europe/Paris"}, "note", "Europe/Paris"),
        (configured.habits, {"THIDUA_LOG": "DEBUG"}, "note", "writes a lot"),
    ],
)
def test_settings(tmp_path: Path, check: Check, environ: dict[str, str], level: str, text: str) -> None:
    assert [(found, text in told) for found, told in said(check(context(tmp_path, environ)))] == [(level, True)]


def test_sound_settings_are_not_doubted(tmp_path: Path) -> None:
    sound = {"THIDUA_TELEGRAM_TOKEN": TOKEN, "THIDUA_TELEGRAM_WEBHOOK": "https://x.vn", "THIDUA_WEB": "127.0.0.1:8080"}
    assert said(configured.webhooks(context(tmp_path, sound))) == []
    assert said(configured.token_shape(context(tmp_path, sound))) == []


def test_a_misspelt_setting_is_told_with_what_is_meant(tmp_path: Path) -> None:
    given = {"THIDUA_TELEGRAM_TOKN": "environment", "THIDUA_LOG": "environment", "THIDUA_XYZZY_FNORD": ".env"}
    found = list(configured.names(context(tmp_path, given=given)))
    assert [each[0] for each in said(iter(found))] == ["warning", "warning"]
    mends = [languages(ZONE)["en"].text(each.mend) for each in found if each.mend is not None]
    assert mends == ["Perhaps THIDUA_TELEGRAM_TOKEN is meant: rename it.", "Remove it; the README lists the settings."]


@pytest.mark.parametrize(
    ("mode", "folder", "names", "level"),
    [
        (0o644, 0o755, ("THIDUA_TELEGRAM_TOKEN",), "serious"), (0o644, 0o755, ("THIDUA_LOG",), "warning"),
        (0o600, 0o755, ("THIDUA_TELEGRAM_TOKEN",), "fine"), (0o644, 0o700, ("THIDUA_TELEGRAM_TOKEN",), "fine"),
    ],
)  # fmt: skip
def test_who_can_read_the_env_file(tmp_path: Path, mode: int, folder: int, names: tuple[str, ...], level: str) -> None:
    path = tmp_path / ".env"
    path.write_text("", encoding="utf-8")
    path.chmod(mode)
    tmp_path.chmod(folder)
    assert [each[0] for each in said(configured.env_file(context(tmp_path, given=dict.fromkeys(names, str(path)))))] == [level]


def test_a_name_in_two_places_is_told(tmp_path: Path) -> None:
    assert [each[0] for each in said(configured.twice(context(tmp_path, given={"THIDUA_LOG": "both", "THIDUA_WEB": ".env"})))] == ["note"]


# Telegram -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "text"),
    [("name", "cannot be resolved"), ("connection", "cannot be connected to"), ("certificate", "certificate"), ("silence", "in time"),
     ("garbage", "not the API of Telegram")],
)  # fmt: skip
def test_where_the_way_ends(monkeypatch: pytest.MonkeyPatch, problem: Any, text: str) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    ((level, told),) = said(reached(Answers(HOST, problem), "Telegram"))
    assert level == "serious"
    assert text in told
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    assert [each[0] for each in said(reached(Answers(HOST, problem), "Telegram"))] == ["serious", "note"]
    assert said(reached(Answers(HOST), "Telegram")) == [("fine", f"{HOST} answers.")]


def test_each_platform_tells_of_its_way(tmp_path: Path) -> None:
    assert said(on_telegram.way(context(tmp_path, telegram=Answers(HOST))))[0][0] == "fine"
    assert said(on_zalo.way(context(tmp_path, zalo=Answers("z"))))[0][0] == "fine"
    assert said(on_telegram.way(context(tmp_path))) == said(on_zalo.way(context(tmp_path))) == []


@pytest.mark.parametrize(
    ("answers", "level", "text"),
    [
        (None, "note", "Telegram is off"),
        (Answers(HOST, "silence"), "unknown", "were not checked"),
        (Answers(HOST, me=ME), "fine", "https://t.me/thidua_bot"),
        (Answers(HOST, me=Answer(200, {}, ok=True)), "warning", "no user name"),
        (Answers(HOST, me=Answer(401)), "serious", "(401)"),
        (Answers(HOST, me=Answer(404)), "serious", "(404)"),
        (Answers(HOST, me=Answer(429)), "unknown", "(429)"),
        (Answers(HOST, me=Answer(502)), "unknown", "answered 502"),
    ],
)
def test_the_token(tmp_path: Path, answers: Answers | None, level: str, text: str) -> None:
    ((found, told),) = said(on_telegram.token(context(tmp_path, telegram=answers)))
    assert found == level
    assert text in told


WEBHOOK = {"THIDUA_TELEGRAM_WEBHOOK": "https://ours.vn", "THIDUA_WEB": "127.0.0.1:8080"}


@pytest.mark.parametrize(
    ("environ", "url", "holder", "level", "text"),
    [
        ({}, "", None, "fine", "by polling"),
        ({}, "https://other.vn/x", None, "warning", "while these settings poll"),
        ({}, "https://other.vn/x", "1@host", "serious", "officers get no answer"),
        (WEBHOOK, "https://ours.vn/telegram/abc", "1@host", "fine", "ours.vn"),
        (WEBHOOK, "", None, "warning", "not set at Telegram"),
        (WEBHOOK, "", "1@host", "serious", "not set at Telegram"),
        (WEBHOOK, "https://other.vn", "1@host", "serious", "leads to other.vn, not to ours.vn"),
    ],
)
def test_webhook_and_polling(tmp_path: Path, environ: dict[str, str], url: str, holder: str | None, level: str, text: str) -> None:
    answers = Answers(HOST, me=ME, webhook=Answer(200, {"url": url}, ok=True))
    ((found, told),) = said(on_telegram.who_takes_updates(context(tmp_path, environ, telegram=answers, holder=holder)))
    assert found == level
    assert text in told
    assert "abc" not in told, "the path of a webhook may be a key"


def test_what_telegram_met_at_the_webhook(tmp_path: Path) -> None:
    def told(at: int) -> list[tuple[str, str]]:
        info = {"url": "https://ours.vn/secret", "last_error_date": at, "last_error_message": "SSL error"}
        return said(on_telegram.webhook_errors(context(tmp_path, telegram=Answers(HOST, webhook=Answer(200, info, ok=True)))))

    assert told(START - 60)[0][0] == "warning"
    assert "SSL error" in told(START - 60)[0][1]
    assert told(START - 3 * 86_400)[0][0] == "note"


@pytest.mark.parametrize(
    ("count", "holder", "levels"),
    [(0, None, []), (3, None, ["note"]), (500, None, ["warning"]), (3, "1@host", []), (500, "1@host", ["warning"])],
)
def test_what_waits_at_telegram(tmp_path: Path, count: int, holder: str | None, levels: list[str]) -> None:
    answers = Answers(HOST, webhook=Answer(200, {"url": "", "pending_update_count": count}, ok=True))
    assert [each[0] for each in said(on_telegram.waiting(context(tmp_path, telegram=answers, holder=holder)))] == levels


def test_privacy_mode_and_the_country(tmp_path: Path) -> None:
    open_bot = Answers(HOST, me=Answer(200, {"can_read_all_group_messages": True}, ok=True))
    assert [each[0] for each in said(on_telegram.groups(context(tmp_path, telegram=open_bot)))] == ["warning"]
    assert said(on_telegram.groups(context(tmp_path, telegram=Answers(HOST, me=ME)))) == []
    assert [each[0] for each in said(on_telegram.in_viet_nam(context(tmp_path, telegram=Answers(HOST, me=ME))))] == ["note"]


# Zalo and the web side --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        (None, "note"), (Answers("z", "connection"), "unknown"), (Answers("z", me=Answer(200, {"account_name": "bot"}, ok=True)), "fine"),
        (Answers("z", me=Answer(403)), "unknown"), (Answers("z", me=Answer(429)), "serious"), (Answers("z", me=Answer(401)), "serious"),
        (Answers("z", me=Answer(200, {}, "unknown bot")), "serious"),
    ],
)  # fmt: skip
def test_zalos_token(tmp_path: Path, answers: Answers | None, level: str) -> None:
    assert [each[0] for each in said(on_zalo.token(context(tmp_path, zalo=answers)))] == [level]


@pytest.mark.parametrize(
    ("webhook", "url", "levels"),
    [("", "", ["warning"]), ("", "https://other.vn", ["warning", "warning"]), ("https://ours.vn", "https://ours.vn/x", ["fine"]),
     ("https://ours.vn", "", ["warning"]), ("https://ours.vn", "https://other.vn", ["serious"])],
)  # fmt: skip
def test_zalos_webhook(tmp_path: Path, webhook: str, url: str, levels: list[str]) -> None:
    environ = {"THIDUA_ZALO_TOKEN": "z", "THIDUA_ZALO_WEBHOOK": webhook}
    answers = Answers("z", me=Answer(200, ok=True), webhook=Answer(200, {"url": url}, ok=True))
    assert [each[0] for each in said(on_zalo.webhook(context(tmp_path, environ, zalo=answers)))] == levels


@pytest.mark.parametrize(
    ("answers", "holder", "level"),
    [(Answers("x.vn", me=Answer(200)), "1@h", "fine"), (Answers("x.vn", me=Answer(502)), "1@h", "warning"),
     (Answers("x.vn", "certificate"), "1@h", "serious"), (Answers("x.vn", me=Answer(502)), None, "note")],
)  # fmt: skip
def test_the_public_address(tmp_path: Path, answers: Answers, holder: str | None, level: str) -> None:
    environ = {"THIDUA_WEB": "127.0.0.1:8080", "THIDUA_PUBLIC_URL": "https://x.vn"}
    assert [each[0] for each in said(on_the_web.public_address(context(tmp_path, environ, public=answers, holder=holder)))] == [level]


@pytest.mark.parametrize(
    ("answers", "level", "text"),
    [
        (None, None, ""),
        (Answers("127.0.0.1:8080", "connection"), "serious", "does not answer at 127.0.0.1:8080"),
        (Answers("127.0.0.1:8080", me=Answer(200, {"ok": True, "failed": []})), "fine", "it is well"),
        (Answers("127.0.0.1:8080", me=Answer(503, {"ok": False, "failed": ["channel:telegram"]})), "serious", "channel:telegram"),
        (Answers("127.0.0.1:8080", me=Answer(404)), "serious", "404"),
    ],
)
def test_what_the_running_bot_says_of_itself(tmp_path: Path, answers: Answers | None, level: str | None, text: str) -> None:
    found = said(on_the_web.own_health(context(tmp_path, own=answers)))
    assert [each[0] for each in found] == ([] if level is None else [level])
    assert all(text in told for _, told in found)


# Clock ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "level", "text"),
    [(0, "fine", "agrees"), (-9, "fine", "agrees"), (30, "warning", "30 seconds ahead"), (-30, "warning", "30 seconds behind"),
     (61, "serious", "61 seconds ahead"), (-7200, "serious", "7,200 seconds behind")],
)  # fmt: skip
def test_the_clock(tmp_path: Path, ahead: int, level: str, text: str) -> None:
    answers = Answers(HOST, me=ME, date=START, at=START + ahead)
    ((found, told),) = said(of_time.offset(context(tmp_path, telegram=answers)))
    assert found == level
    assert text in told


def test_a_clock_nobody_can_be_asked_about(tmp_path: Path) -> None:
    assert [each[0] for each in said(of_time.offset(context(tmp_path, telegram=Answers(HOST, "name"))))] == ["unknown"]
    assert said(of_time.zone(context(tmp_path)))[0][0] == "fine"


@pytest.mark.parametrize(("answer", "levels"), [("no", ["note"]), ("yes", []), (None, [])])
def test_whether_something_keeps_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, levels: list[str]
) -> None:
    def run(words: list[str], **given: Any) -> SimpleNamespace:
        if answer is None:
            raise subprocess.TimeoutExpired(words, 2)
        return SimpleNamespace(returncode=0, stdout=f"{answer}\n")

    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/timedatectl")
    monkeypatch.setattr(subprocess, "run", run)
    assert [each[0] for each in said(of_time.kept(context(tmp_path)))] == levels
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert said(of_time.kept(context(tmp_path))) == []


# Disk -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("free", "level"), [(50 << 20, "serious"), (500 << 20, "warning"), (20 << 30, "fine")])
def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    assert [each[0] for each in said(on_disk.room(context(tmp_path)))] == [level]


def test_a_disk_without_inodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = SimpleNamespace(f_files=100_000, f_favail=10, f_bavail=9, f_bfree=9, f_blocks=9, f_frsize=1 << 40)
    monkeypatch.setattr(os, "statvfs", lambda path: full)
    assert "serious" in [each[0] for each in said(on_disk.room(context(tmp_path)))]


def test_a_log_that_only_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cluster.sqlite3-wal").write_bytes(b"x" * 4096)
    assert said(on_disk.log_size(context(tmp_path))) == []
    monkeypatch.setattr(on_disk, "LONG_LOG", 1000)
    assert [each[0] for each in said(on_disk.log_size(context(tmp_path)))] == ["warning"]


def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cluster.sqlite3").touch()
    (tmp_path / "cluster.sqlite3.files").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "cluster.sqlite3.files")
    found = said(on_disk.rights(context(tmp_path)))
    assert [(level, "cluster.sqlite3.files" in text) for level, text in found if level == "serious"] == [("serious", True)]


def test_data_that_everybody_can_read(tmp_path: Path) -> None:
    path = tmp_path / "cluster.sqlite3"
    path.touch()
    path.chmod(0o644)
    tmp_path.chmod(0o755)
    assert said(on_disk.privacy(context(tmp_path)))[0][0] == "warning"
    path.chmod(0o640)
    assert said(on_disk.privacy(context(tmp_path)))[0][0] == "fine"
    path.chmod(0o644)
    tmp_path.chmod(0o750)
    assert said(on_disk.privacy(context(tmp_path)))[0][0] == "fine"


def test_where_backups_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(on_disk.backup_place(context(tmp_path))) == []
    (tmp_path / "backups").mkdir()
    set_so = context(tmp_path, {"THIDUA_BACKUP": str(tmp_path / "backups")})
    assert [each[0] for each in said(on_disk.backup_place(set_so))] == ["note"]
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert [each[0] for each in said(on_disk.backup_place(set_so))] == ["serious", "note"]


def test_a_network_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(on_disk.file_system(context(tmp_path))) == []
    monkeypatch.setattr(on_disk, "_kind", lambda folder: "nfs4")
    assert [each[0] for each in said(on_disk.file_system(context(tmp_path)))] == ["serious"]


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


# Plan and people --------------------------------------------------------------------------------------------------------------------


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


# Program --------------------------------------------------------------------------------------------------------------------------


def test_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(of_program.python(context(tmp_path)))[0][0] == "fine"
    assert said(of_program.catalogues(context(tmp_path))) == []
    assert said(of_program.terminal(context(tmp_path))) == []
    assert said(of_program.terminal(context(tmp_path, encoding="ascii")))[0][0] == "note"
    monkeypatch.setattr(of_program, "CATALOGUES", tmp_path)
    assert said(of_program.catalogues(context(tmp_path)))[0][0] == "serious"


def test_packages_beside_their_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tmp_path / "requirements.txt"
    monkeypatch.setattr(of_program, "PINS", pins)
    assert said(of_program.packages(context(tmp_path)))[0][0] == "unknown"
    pins.write_text("aiohttp==0.1 \\\n    --hash=sha256:00\nfuture==1 ; python_full_version < '3.1'\n", encoding="utf-8")
    ((level, text),) = said(of_program.packages(context(tmp_path)))
    assert level == "warning"
    assert "aiohttp" in text
    assert "future" not in text
    assert sys.version_info >= (3, 11)


def test_every_check_is_tested_here() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    names = [f"{check.__module__.rpartition('.')[2]}.{check.__name__}" for group in GROUPS for check in group.checks]
    assert len(names) == len(set(names))
    assert [name for name in names if f"{name}" not in tested] == []
